"""Proofs about single entries, in the form that leaves the archive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.archive.archive import Archive
from tocsin.archive.heads import TREE_HEAD, TreeHead, head_from
from tocsin.archive.signing_keys import SIGNING_KEY, KeyAnnouncement, announcement_from
from tocsin.archive.tree import Proof, Tree, leaf_hash, verify_consistency, verify_inclusion


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """That an entry stands at its place in the first ``size`` entries.

    Args:
        seq: the entry's position.
        size: entries of the tree.
        path: hashes from the leaf upwards, 32 bytes each.
    """

    seq: int
    size: int
    path: Proof

    def holds(self, body: bytes, root: bytes) -> bool:
        """Whether the entry with this canonical JSON leads to the root of a head."""
        return verify_inclusion(leaf_hash(body), self.seq, self.size, self.path, root)

    def form(self) -> dict[str, Any]:
        """``{"path": [hex], "seq", "size"}``."""
        return {"path": _hex(self.path), "seq": self.seq, "size": self.size}


@dataclass(frozen=True, slots=True)
class ConsistencyProof:
    """That the first ``old`` entries of a tree are the tree of that size.

    Args:
        path: hashes of 32 bytes; none where there is nothing to prove.
    """

    old: int
    size: int
    path: Proof

    def holds(self, old_root: bytes, root: bytes) -> bool:
        """Whether it leads to the roots of both heads."""
        return verify_consistency((self.old, old_root), (self.size, root), self.path)

    def form(self) -> dict[str, Any]:
        """``{"old", "path": [hex], "size"}``."""
        return {"old": self.old, "path": _hex(self.path), "size": self.size}


def _hex(path: Proof) -> list[str]:
    return [node.hex() for node in path]


def tree_of(archive: Archive) -> Tree:
    """The tree over all durable entries; about three seconds for a million.

    Raises:
        ArchiveDamaged: a ledger block is not what was written.
    """
    return Tree(leaf_hash(body) for body in archive.bodies())


def prove_inclusion(tree: Tree, seq: int, size: int | None = None) -> InclusionProof:
    """The proof for entry ``seq`` in the first ``size`` entries; None: in all."""
    whole = tree.size if size is None else size
    return InclusionProof(seq, whole, tree.inclusion(seq, whole))


def prove_consistency(tree: Tree, old: int, size: int | None = None) -> ConsistencyProof:
    """The proof from the tree of ``old`` entries to that of ``size``; None: to all."""
    whole = tree.size if size is None else size
    return ConsistencyProof(old, whole, tree.consistency(old, whole))


def heads_of(archive: Archive) -> list[TreeHead]:
    """The heads in the ledger, oldest first, unchecked (that is what ``verify`` is for)."""
    return [head_from(payload) for payload in _payloads(archive, TREE_HEAD)]


def keys_of(archive: Archive) -> list[KeyAnnouncement]:
    """The announcements of signing keys in the ledger, oldest first, unchecked."""
    return [announcement_from(payload) for payload in _payloads(archive, SIGNING_KEY)]


def _payloads(archive: Archive, kind: str) -> list[Mapping[str, Any]]:
    return [entry.payload for entry in archive.entries() if entry.kind == kind]
