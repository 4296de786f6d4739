"""What was said of the ledger at some time and is kept in a file: heads, parts, anchors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from tocsin.archive import disk
from tocsin.archive.anchors import (
    ANCHOR_SUFFIX,
    Anchor,
    Method,
    Subject,
    anchor_from,
    subject_from,
    subject_name,
)
from tocsin.archive.heads import TreeHead, head_files
from tocsin.errors import UsageError

_METHODS: Final = {".tsr": Method.RFC3161, ".ots": Method.OPENTIMESTAMPS}


@dataclass(frozen=True, slots=True)
class Claim:
    """A root that part of the ledger must have.

    Args:
        subject: a signed head, or a part.
        where: file or ledger entry, for people.
        anchor: the time stamp of it, if that is what the file holds.
        brought: it was named on the command line, so it comes from elsewhere.
        seq: position of the ledger entry that holds it; None: a file.
    """

    subject: Subject
    where: str
    anchor: Anchor | None = None
    brought: bool = False
    seq: int | None = None

    @property
    def head(self) -> TreeHead | None:
        """The signed head, if it is about one."""
        return self.subject if isinstance(self.subject, TreeHead) else None

    @property
    def name(self) -> str:
        """For people: ``head-1000``."""
        return subject_name(self.subject)


def read_claim(path: Path, *, brought: bool = False) -> Claim:
    """A head, part or anchor from its file.

    A bare ``NAME.tsr`` or ``NAME.ots`` needs the message that was stamped, ``NAME.json``, beside
    it (``NAME-of-the-authority`` shares its beginning).

    Raises:
        UsageError: the file holds none of them.
        EnvironmentFailed: it cannot be read.
    """
    with disk.plain_failures("the head", path):
        data = path.read_bytes()
        method = _METHODS.get(path.suffix)
        message = path.with_suffix(".json").read_bytes() if method else data
    try:
        fields = orjson.loads(message)
        if method is not None:
            anchor = Anchor("", "", "", fields, method, data)
            return Claim(anchor.subject, str(path), anchor, brought)
        return _claim_in(fields, str(path), brought=brought)
    except (ValueError, TypeError):
        raise UsageError(
            f"{path}: no signed tree head and no anchor; it may be cut short or changed"
        ) from None


def _claim_in(fields: Any, where: str, *, brought: bool) -> Claim:
    if isinstance(fields, dict) and "response" in fields:
        anchor = anchor_from(fields)
        return Claim(anchor.subject, where, anchor, brought)
    return Claim(subject_from(fields), where, None, brought)


def claim_files(head_folders: Iterable[Path], anchor_folders: Iterable[Path]) -> list[Path]:
    """Every file in these folders that holds a claim."""
    heads = [path for folder in head_folders for path in head_files(folder)]
    anchors = [p for folder in anchor_folders for p in sorted(folder.glob(f"*{ANCHOR_SUFFIX}"))]
    return [*heads, *anchors]
