"""The desk's state to and from bytes: JSON, zstd."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
import zstandard

from tocsin.model import Action, HorizonRisk, Level, SituationKey, WarningAction
from tocsin.warnings.files import Closed, WarningFile

FORMAT = 2
Row = Mapping[str, Any]
Files = Mapping[SituationKey, WarningFile]
ClosedFiles = Mapping[SituationKey, Closed]


def dump(files: Files, closed: ClosedFiles) -> bytes:
    """The state as zstd-compressed JSON, keys in order."""
    state = {
        "format": FORMAT,
        "open": [files[key] for key in sorted(files)],
        "closed": [(key, closed[key]) for key in sorted(closed)],
    }
    raw = orjson.dumps(state, default=_sorted)
    return zstandard.ZstdCompressor(level=3).compress(raw)


def load(data: bytes) -> tuple[dict[SituationKey, WarningFile], dict[SituationKey, Closed]]:
    """The state that ``dump`` wrote.

    Raises:
        ValueError: the bytes are of another format.
    """
    state = orjson.loads(zstandard.ZstdDecompressor().decompress(data))
    if state.get("format") != FORMAT:
        raise ValueError(f"not a warning desk snapshot of format {FORMAT}")
    files = [_file(row) for row in state["open"]]
    closed = {
        SituationKey(**key): Closed(datetime.fromisoformat(row["at"]), frozenset(row["seen"]))
        for key, row in state["closed"]
    }
    return {file.action.key: file for file in files}, closed


def _sorted(value: object) -> list[str]:
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(f"not part of a snapshot: {type(value).__name__}")


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _file(row: Row) -> WarningFile:
    return WarningFile(
        action=_action(row["action"]),
        seen=frozenset(row["seen"]),
        told=frozenset(row["told"]),
        posts=row["posts"],
        last_new=datetime.fromisoformat(row["last_new"]),
        until=_moment(row["until"]),
        below_since=_moment(row["below_since"]),
        unsaid=row["unsaid"],
        list_post=row["list_post"],
        disturbed_at=_moment(row["disturbed_at"]),
        acknowledged=Level(row["acknowledged"]),
        escalated=row["escalated"],
    )


def _action(row: Row) -> WarningAction:
    return WarningAction(
        **{
            **row,
            "action": Action(row["action"]),
            "issued_at": datetime.fromisoformat(row["issued_at"]),
            "level": Level(row["level"]),
            "key": SituationKey(**row["key"]),
            "interval": (row["interval"][0], row["interval"][1]),
            "window_start": _moment(row["window_start"]),
            "window_end": _moment(row["window_end"]),
            "posts": tuple(row["posts"]),
            "why": tuple(row["why"]),
            "unseen": tuple(row["unseen"]),
            "outlook": tuple(
                HorizonRisk(r["horizon_h"], r["probability"], (r["interval"][0], r["interval"][1]))
                for r in row["outlook"]
            ),
            "shares": tuple((name, share) for name, share in row["shares"]),
        }
    )
