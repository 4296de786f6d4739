"""Posts handed over by other software → archive and store, by the same way as an export's."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import Any, Final

import orjson

from tocsin import __version__
from tocsin.clock import Clock
from tocsin.engines.ingest import IngestOptions, IngestSummary, open_ingest
from tocsin.engines.project import Project
from tocsin.errors import RecordRefused, UsageError
from tocsin.model import CaptureRecord, RawItem
from tocsin.sources import ReadOptions
from tocsin.sources.columns import REQUIRED
from tocsin.sources.files import UTF8_MARK
from tocsin.sources.json_lines import read_posts_stream
from tocsin.sources.live import stamped

MOST_POSTS: Final = 10_000
"""Posts of one request."""
_NAME: Final = "posts"
_OF_COMMAND: Final = ", or say which it is: --map"
"""What a refusal advises on the command line alone."""


@dataclass(frozen=True, slots=True)
class Handed:
    """Posts as they were handed over.

    Args:
        body: JSON Lines, or one JSON array of objects.
        by: handle noted with the capture.
        live: they were collected just now, and count as known from now on; else, as those of an
            export, from when they were posted.
    """

    body: bytes
    by: str
    live: bool = False


@dataclass(frozen=True, slots=True)
class TakenPosts:
    """What came of it; ``refused`` are those that could not be taken in."""

    summary: IngestSummary
    refused: tuple[RecordRefused, ...]


def take_posts(project: Project, handed: Handed, clock: Clock) -> TakenPosts:
    """Archive and index the good ones; all of it is on the disk when this returns.

    Raises:
        UsageError: nothing in it, too many, or an array that cannot be read.
        Locked: another tocsin is writing; nothing was taken, the same may be sent again.
    """
    records = list(_records(handed.body))
    refused = tuple(one for one in records if isinstance(one, RecordRefused))
    good = [one for one in records if isinstance(one, RawItem)]
    if not good:
        return TakenPosts(IngestSummary(), refused)
    now = clock.now()
    capture = CaptureRecord(
        source_digest=sha256(handed.body).hexdigest(),
        source_name="POST /api/v1/posts",
        captured_at=now,
        method="live:api" if handed.live else "import",
        operator=handed.by,
        collector=f"tocsin/{__version__} api",
    )
    with project.writing() as (archive, store):
        intake = open_ingest(project, archive, store)
        options = IngestOptions(read=ReadOptions())
        summary = intake.take_live(stamped(good, now) if handed.live else good, capture, options)
    return TakenPosts(summary, refused)


def _records(body: bytes) -> Iterable[RawItem | RecordRefused]:
    lines = list(islice(_lines(body), MOST_POSTS + 1))
    if len(lines) > MOST_POSTS:
        raise UsageError(f"over {MOST_POSTS:,} posts; send them in parts")
    if not any(map(bytes.strip, lines)):
        raise UsageError("no post in it; send JSON Lines, or a JSON array of posts")
    return read_posts_stream(lines, ReadOptions(), REQUIRED, _NAME)


def _lines(body: bytes) -> Iterator[bytes]:
    """A line for each post; of an array, each element as one."""
    if not body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"["):
        return iter(body.splitlines())
    return map(orjson.dumps, _elements(body))


def _elements(body: bytes) -> list[Any]:
    try:
        found: list[Any] = orjson.loads(body.removeprefix(UTF8_MARK))
        json.loads(body, object_pairs_hook=_once)
    except RecursionError:
        raise UsageError("not a JSON array that can be read: nested too deep") from None
    except ValueError as error:
        raise UsageError(f"not a JSON array that can be read: {str(error)[:120]}") from None
    return found


def _once(pairs: list[tuple[str, Any]]) -> None:
    # of two equal keys the later would win without a word: one post could say two things
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("one key stands twice in an object")


def refusals(refused: Iterable[RecordRefused]) -> list[dict[str, Any]]:
    """Each as ``{"line", "problem", "advice"}``, lines counted from 1."""
    return [
        {
            "line": int(number) if (number := one.record.rpartition(" ")[2]).isdecimal() else 0,
            "problem": one.problem,
            "advice": one.advice.partition(_OF_COMMAND)[0],
        }
        for one in refused
    ]


def digest_of(handed: Handed) -> str:
    """By which two requests are known as the same."""
    return sha256(orjson.dumps([handed.live]) + handed.body).hexdigest()
