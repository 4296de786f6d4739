"""What ``verify`` compares the ledger with, beside the ledger itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class VerifyOptions:
    """How to verify; without any of it the ledger is compared with itself alone.

    Args:
        heads: heads or anchors that were kept elsewhere (``--head``).
        head_folders: where signed heads lie.
        anchor_folders: where anchors lie.
        keys: files of pinned public keys; each must be one that the ledger announced.
        roots: PEM files with root certificates of time-stamp authorities.
    """

    heads: tuple[Path, ...] = ()
    head_folders: tuple[Path, ...] = ()
    anchor_folders: tuple[Path, ...] = ()
    keys: tuple[Path, ...] = ()
    roots: tuple[Path, ...] = ()
