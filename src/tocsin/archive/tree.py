"""The Merkle tree over all ledger entries (RFC 6962 section 2.1, RFC 9162 section 2.1).

    leaf(entry)  = SHA-256(0x00 ‖ canonical JSON body of the entry)
    node(l, r)   = SHA-256(0x01 ‖ l ‖ r)
    root of none = SHA-256("")

The body is the JSON after the first 65 bytes of a ledger line, as it lies on the disk (see
``format``); ``prev`` is no part of it, for the tree orders the entries by itself.

Every entry is a leaf: evidence, captures, warnings, people's decisions, tree heads. The body of
an ``evidence`` entry holds commitment = SHA-256(salt ‖ content) and never the content, so a leaf
is H(salt ‖ evidence) with its identity bound to it. Salt and content can be destroyed and every
proof still verifies; nobody can guess a content from its leaf, for 16 random bytes are missing.

A hash is 32 bytes throughout; a proof is a tuple of hashes, from the leaf upwards.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
_PAIR: Final = 2 * HASH_BYTES

Proof = tuple[bytes, ...]


def leaf_hash(body: bytes) -> bytes:
    """SHA-256(0x00 ‖ body)."""
    return hashlib.sha256(b"\x00" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def split_point(size: int) -> int:
    """Leaves in the left half of a tree: the largest power of two below ``size`` (at least 2)."""
    return 1 << (size - 1).bit_length() - 1


class Frontier:
    """A tree that only grows: the roots of its complete subtrees, largest first.

    Keeps log2(size) hashes and none of the leaves; for proofs use :class:`Tree`.

    Args:
        size: leaves so far.
        peaks: one hash for each binary digit 1 of ``size``, highest first.
    """

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        if len(peaks) != size.bit_count():
            raise ValueError(f"a tree of {size} leaves has {size.bit_count()} peaks")
        self.size = size
        self.peaks = list(peaks)

    def add(self, leaf: bytes) -> None:
        """One more leaf hash."""
        carry = self.size
        while carry & 1:
            leaf = node_hash(self.peaks.pop(), leaf)
            carry >>= 1
        self.peaks.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """The tree's root as it stands."""
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root


class Tree:
    """A tree with all its complete subtrees: roots at any size, and proofs.

    Takes 64 bytes of memory a leaf, and one hash a leaf to build.
    """

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self._levels = [bytearray()]
        self.extend(leaves)

    @property
    def size(self) -> int:
        """Leaves so far."""
        return len(self._levels[0]) // HASH_BYTES

    def extend(self, leaves: Iterable[bytes]) -> None:
        """More leaf hashes, in order."""
        self._levels[0] += b"".join(leaves)
        level = 0
        while len(self._levels[level]) >= _PAIR:
            if level + 1 == len(self._levels):
                self._levels.append(bytearray())
            self._complete(level)
            level += 1

    def _complete(self, level: int) -> None:
        """Hash the pairs of a level that have become whole."""
        below, above = self._levels[level], self._levels[level + 1]
        first = 2 * len(above)
        end = len(below) // _PAIR * _PAIR
        sha256 = hashlib.sha256
        above += b"".join(
            [sha256(b"\x01" + below[at : at + _PAIR]).digest() for at in range(first, end, _PAIR)]
        )

    def leaf(self, index: int) -> bytes:
        """The leaf hash at ``index``, from 0."""
        self._check(0 <= index < self.size, index)
        return self._subtree(0, index)

    def root(self, size: int | None = None) -> bytes:
        """The root over the first ``size`` leaves; None: over all."""
        return self.part_root(0, self.size if size is None else size)

    def part_root(self, first: int, end: int) -> bytes:
        """The root of a tree of its own over the leaves from ``first`` to before ``end``.

        Quick where ``first`` is 0; else up to one hash a leaf.
        """
        self._check(0 <= first <= end <= self.size, end)
        return self._range(first, end) if end > first else EMPTY_ROOT

    def inclusion(self, index: int, size: int | None = None) -> Proof:
        """The proof that leaf ``index`` is in the tree of the first ``size`` leaves."""
        return self.part_inclusion(index, 0, self.size if size is None else size)

    def part_inclusion(self, index: int, first: int, end: int) -> Proof:
        """The proof that leaf ``index`` is in the part from ``first`` to before ``end``.

        Check it with the position ``index - first`` and the size ``end - first``.
        """
        self._check(0 <= first <= index < end <= self.size, index)
        proof: list[bytes] = []
        while end - first > 1:
            middle = first + split_point(end - first)
            if index < middle:
                proof.append(self._range(middle, end))
                end = middle
            else:
                proof.append(self._range(first, middle))
                first = middle
        return tuple(reversed(proof))

    def consistency(self, old: int, size: int | None = None) -> Proof:
        """The proof that the tree of ``old`` leaves is the beginning of that of ``size``.

        Empty where there is nothing to prove: ``old`` is 0 or ``size``.
        """
        end = self.size if size is None else size
        self._check(0 <= old <= end <= self.size, old)
        if old in (0, end):
            return ()
        proof: list[bytes] = []
        first, whole = 0, True
        while old != end:
            middle = first + split_point(end - first)
            if old <= middle:
                proof.append(self._range(middle, end))
                end = middle
            else:
                proof.append(self._range(first, middle))
                first, whole = middle, False
        if not whole:
            proof.append(self._range(first, end))
        return tuple(reversed(proof))

    def _range(self, first: int, end: int) -> bytes:
        """The root over a range of at least one leaf."""
        size = end - first
        if size & (size - 1) == 0 and first % size == 0:
            return self._subtree(size.bit_length() - 1, first // size)
        middle = first + split_point(size)
        return node_hash(self._range(first, middle), self._range(middle, end))

    def _subtree(self, level: int, index: int) -> bytes:
        at = index * HASH_BYTES
        return bytes(self._levels[level][at : at + HASH_BYTES])

    def _check(self, fits: bool, what: int) -> None:
        if not fits:
            raise ValueError(f"{what} does not fit a tree of {self.size} leaves")


def inclusion_root(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes | None:
    """The root that an inclusion proof leads to (RFC 9162 section 2.1.3.2).

    None where the proof's length does not fit ``index`` and ``size``.
    """
    if not 0 <= index < size:
        return None
    at, last, root = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return None
        if at & 1 or at == last:
            root = node_hash(sibling, root)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        at, last = at >> 1, last >> 1
    return root if last == 0 else None


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """Whether ``leaf`` stands at ``index`` in the tree of ``size`` leaves with this root."""
    return inclusion_root(leaf, index, size, proof) == root


def verify_consistency(
    old: tuple[int, bytes], new: tuple[int, bytes], proof: Sequence[bytes]
) -> bool:
    """Whether one tree is the beginning of another (RFC 9162 section 2.1.4.2).

    Args:
        old: size and root of the earlier tree.
        new: size and root of the later one.
    """
    (old_size, old_root), (new_size, new_root) = old, new
    if not 0 <= old_size <= new_size:
        return False
    if old_size == new_size:
        return old_root == new_root and not proof
    if old_size == 0:
        return old_root == EMPTY_ROOT and not proof
    path = list(proof)
    if old_size & (old_size - 1) == 0:  # the old root is a subtree, and not said again
        path.insert(0, old_root)
    if not path:
        return False
    return _climb(old_size, new_size, path) == (old_root, new_root)


def _climb(old_size: int, new_size: int, path: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """Both roots that a consistency proof leads to; None where its length does not fit."""
    at, last = old_size - 1, new_size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old_root = new_root = path[0]
    for sibling in path[1:]:
        if last == 0:
            return None
        if at & 1 or at == last:
            old_root = node_hash(sibling, old_root)
            new_root = node_hash(sibling, new_root)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new_root = node_hash(new_root, sibling)
        at, last = at >> 1, last >> 1
    return (old_root, new_root) if last == 0 else None
