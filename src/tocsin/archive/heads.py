"""Signed tree heads: what the ledger was at one size, said so that it can be held to it.

    {"at", "key", "root", "signature", "size"}

``root`` is the Merkle root (see ``tree``) over the first ``size`` ledger entries, ``at`` when it
was signed (ISO 8601, UTC), ``key`` the id of the key, ``signature`` Ed25519 (hex) over the
canonical JSON of the other four. A head is a ledger entry of kind ``tree_head``, which covers the
entries before it and not itself, and the file ``DIR/heads/<size>.json``: exactly its canonical
JSON, without a line's end, so that the file is also what a time stamp is made of.

Whoever keeps a copy of a head elsewhere can show, at any later time, whether the archive still
begins with the same entries, even if everything after was rewritten and chained anew.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson

from tocsin.archive import disk
from tocsin.archive.format import canonical
from tocsin.archive.signing_keys import SigningKey, signature_fits
from tocsin.archive.tree import HASH_BYTES
from tocsin.errors import UsageError

TREE_HEAD: Final = "tree_head"
"""The kind of the ledger entry that holds a head."""
HEADS_FOLDER: Final = "heads"

_FILE_NAME: Final = re.compile(r"[0-9]+\.json")


@dataclass(frozen=True, slots=True)
class TreeHead:
    """A signed tree head.

    Args:
        size: ledger entries covered, from the first on.
        root: Merkle root over them, 32 bytes.
        at: when it was signed, ISO 8601 in UTC.
        key: id of the key that signed.
        signature: Ed25519, 64 bytes.
    """

    size: int
    root: bytes
    at: str
    key: str
    signature: bytes

    def signed(self) -> bytes:
        """What the signature covers."""
        return _signed(self.size, self.root, self.at, self.key)

    def fits(self, public: bytes) -> bool:
        """Whether the key of 32 bytes signed this head."""
        return signature_fits(public, self.signature, self.signed())

    def form(self) -> dict[str, Any]:
        """The payload of its ledger entry."""
        return {
            "at": self.at,
            "key": self.key,
            "root": self.root.hex(),
            "signature": self.signature.hex(),
            "size": self.size,
        }

    def file_bytes(self) -> bytes:
        """The head's file: its canonical JSON and nothing else. Anchors stamp these bytes."""
        return canonical(self.form())


def _signed(size: int, root: bytes, at: str, key: str) -> bytes:
    return canonical({"at": at, "key": key, "root": root.hex(), "size": size})


def sign_head(key: SigningKey, size: int, root: bytes, at: datetime) -> TreeHead:
    """A head over the first ``size`` entries, signed."""
    moment = utc_text(at)
    return TreeHead(size, root, moment, key.id, key.sign(_signed(size, root, moment, key.id)))


def utc_text(at: datetime) -> str:
    """A moment as heads, keys and anchors write it: ISO 8601 in UTC."""
    return at.astimezone(UTC).isoformat()


def head_from(payload: Mapping[str, Any]) -> TreeHead:
    """The inverse of :meth:`TreeHead.form`.

    Raises:
        ValueError: the payload is no tree head.
    """
    match payload:
        case {
            "size": int(size),
            "root": str(root),
            "at": str(at),
            "key": str(key),
            "signature": str(signature),
        } if size >= 0 and len(root) == 2 * HASH_BYTES:
            return TreeHead(size, bytes.fromhex(root), at, key, bytes.fromhex(signature))
    raise ValueError("not a tree head")


def read_head(path: Path) -> TreeHead:
    """A head from its file.

    Raises:
        UsageError: the file holds no head.
        EnvironmentFailed: it cannot be read.
    """
    with disk.plain_failures("the tree head", path):
        data = path.read_bytes()
    try:
        return head_from(orjson.loads(data))
    except (ValueError, TypeError):
        raise UsageError(f"{path}: no signed tree head; it may be cut short") from None


def write_head(folder: Path, head: TreeHead) -> Path:
    """Write ``<size>.json`` into a folder, made if it is not there; the same again is nothing.

    Raises:
        EnvironmentFailed: it cannot be written.
    """
    path = folder / f"{head.size}.json"
    disk.put_file(path, head.file_bytes())
    return path


def head_files(folder: Path) -> list[Path]:
    """The head files in a folder, by size; none where there is no folder."""
    found = [p for p in folder.glob("*.json") if _FILE_NAME.fullmatch(p.name)]
    return sorted(found, key=lambda path: int(path.stem))
