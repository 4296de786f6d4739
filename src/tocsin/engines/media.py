"""Words for posts that came as a picture or a voice alone: typed by a person, or read by machine.

Either is a new version of the post, bound to it by its identity and by the ledger position that
its capture record names; it counts from when the words were there, never from when the post was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from tocsin import __version__, wire
from tocsin.archive import Archive
from tocsin.archive.format import canonical
from tocsin.engines.indexing import Indexer
from tocsin.engines.ingest import file_digest
from tocsin.errors import UsageError
from tocsin.model import TIP_SOURCE, Identity
from tocsin.sources.ocr import Words
from tocsin.store import Store
from tocsin.store.lists import newest_post
from tocsin.store.media import add_proposal, unread_media

BY_PERSON = "transcribed by a person"
BY_MACHINE = "machine-read"
MAX_TEXT = 20_000
_SOURCE = {BY_PERSON: "transcript", BY_MACHINE: "ocr"}
_KEPT = ("media", "venue", "is_forward", "forward_from", "forward_posted_at", "reply_to", "url")
"""What a transcript takes over from its post; counts and edits are those of the post alone."""

_PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif"})


@dataclass(frozen=True, slots=True)
class Transcript:
    """Words for one post.

    Args:
        post: evidence id.
        by: who typed them, or the operator of the machine.
        confidence: of machine-read words, 0 to 1.
        lang: ISO 639-1, where it is said.
    """

    post: str
    text: str
    by: str
    at: datetime
    origin: str = BY_PERSON
    confidence: float | None = None
    lang: str = ""


def add_transcript(archive: Archive, store: Store, transcript: Transcript) -> int:
    """Archive the words as the post's newest version; returns the number of that version.

    Words that the post has already are kept in front.

    Raises:
        UsageError: no such post, no words or too many, or the same words again.
    """
    row = _post(store, transcript.post)
    words = transcript.text.strip()
    if not 0 < len(words) <= MAX_TEXT or "\x00" in words:
        raise UsageError(f"a transcript has 1 to {MAX_TEXT:,} characters and no NUL")
    if words in row["text"]:
        raise UsageError(f"{transcript.post}: has these words already; nothing was added")
    content = _content(row, transcript, "\n".join(filter(None, (row["text"], words))))
    capture = archive.append_entry("capture", _capture(row["seq"], transcript))
    version = int(row["version"]) + 1
    identity = Identity(content["source"], row["channel"], row["message_id"], version)
    archive.append_evidence(identity, canonical(content), words.encode(), capture)
    _settle(archive, store)
    return version


def _post(store: Store, ref: str) -> dict[str, Any]:
    channel, _, number = ref.rpartition("/")
    row = newest_post(store, channel, number)
    if row is None:
        raise UsageError(f"no post {ref} in this project; write it as channel/id")
    return row


def _content(row: dict[str, Any], transcript: Transcript, text: str) -> dict[str, Any]:
    extra = orjson.loads(row["extra"])
    # What is added to a tip stays a tip.
    source = TIP_SOURCE if row["source"] == TIP_SOURCE else _SOURCE[transcript.origin]
    content = {
        **{name: extra[name] for name in _KEPT if name in extra},
        "captured_at": wire.iso(transcript.at),
        "channel": row["channel"],
        "id": row["message_id"],
        "origin": transcript.origin,
        "posted_at": wire.iso(row["posted_at"]),
        "source": source,
        "text": text,
    }
    if transcript.confidence is not None:
        content["confidence"] = round(transcript.confidence, 3)
    if transcript.lang:
        content["lang"] = transcript.lang
    return content


def _capture(of: int, transcript: Transcript) -> dict[str, Any]:
    return {
        "source_digest": "",  # a bare digest of a short text could be guessed once it is erased
        "source_name": transcript.post,
        "captured_at": wire.iso(transcript.at),
        "method": transcript.origin,
        "operator": transcript.by,
        "collector": f"tocsin/{__version__} media",
        "of": of,
    }


def _settle(archive: Archive, store: Store) -> None:
    archive.flush()
    Indexer(store).catch_up(archive)


# -- read by machine -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MachineReading:
    """How pictures are read.

    Args:
        read: a picture file → its words and how sure the machine is; None: no words found.
        least: confidence from which the words count; below it they are a proposal.
        operator: noted with the capture.
    """

    read: Callable[[Path], Words | None]
    least: float
    operator: str = ""


def read_pictures(
    opened: tuple[Archive, Store], paths: Iterable[Path], how: MachineReading, at: datetime
) -> Iterator[Transcript]:
    """Read the pictures of unread posts among these files, found by their digest.

    Yields:
        What was read, each archived or noted as a proposal when it comes out (``confidence`` tells
        which).
    """
    archive, store = opened
    waiting = {
        digest: row["post"] for row in unread_media(store) for digest in reversed(row["digests"])
    }
    for path in _pictures(paths):
        post = waiting.get(file_digest(path))
        words = how.read(path) if post is not None else None
        if post is None or words is None:
            continue
        found = Transcript(
            post, words.text, how.operator or "unnamed", at, BY_MACHINE, words.confidence
        )
        if words.confidence >= how.least:
            add_transcript(archive, store, found)
        else:
            _propose(store, found)
        yield found


def _propose(store: Store, found: Transcript) -> None:
    """In the store alone: words that may be wrong are no evidence, nothing in the ledger could be
    erased, and the picture can be read again.
    """
    channel, _, number = found.post.rpartition("/")
    body = {
        "text": found.text,
        "confidence": round(found.confidence or 0.0, 3),
        "by": found.by,
        "at": wire.iso(found.at),
    }
    add_proposal(store, channel, number, body)


def _pictures(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (one for one in inside if one.suffix.lower() in _PICTURES and one.is_file())
