"""Erasing evidence: salt and content are destroyed, a tombstone stays, and the chain verifies.

In this order, each step on the disk before the next:

1. ``archive/erasing`` names the position the ledger entry will have;
2. the ledger entry ``erasure`` says who erases what, when and why;
3. every file with contents to go is written anew beside itself and renamed into its place,
   with tombstones; then the old file's bytes are overwritten, as far as the disk allows it;
4. sealed originals likewise; 5. ``archive/erasing`` is removed.

Killed before 2 nothing is erased; killed later, the next opening for writing does 3 to 5 again.
What an overwritten file leaves on a disk that copies on write (SSD, btrfs, snapshots, backups)
no program can reach: encrypt the disk.

The payload of an ``erasure`` entry, positions as runs ``[first, count]``:

    {"at", "by", "items", "positions": [[first, count], …], "reason", "what"}
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from tocsin.archive import disk
from tocsin.archive.blocks import Block, BlockFiles
from tocsin.archive.format import (
    HEADER_BYTES,
    TOMBSTONES_VERSION,
    BlockKind,
    pack_contents,
    seal,
    tombstone,
    unpack_contents,
)

ERASURE: Final = "erasure"
"""The kind of a ledger entry that says what was erased."""
MARK: Final = "erasing"
BESIDE: Final = ".new"


@dataclass(frozen=True, slots=True)
class ErasureOrder:
    """Who wants what erased, and why.

    Args:
        at: ISO 8601, UTC.
        what: in plain words; names a post, a channel or a class, never a pseudonym, which
            the ledger would keep for ever.
    """

    by: str
    at: str
    reason: str
    what: str


def erasure_payload(order: ErasureOrder, positions: Iterable[int]) -> dict[str, Any]:
    """The ledger entry's payload."""
    rows = runs(positions)
    return {
        "at": order.at,
        "by": order.by,
        "items": sum(count for _, count in rows),
        "positions": rows,
        "reason": order.reason,
        "what": order.what,
    }


def runs(positions: Iterable[int]) -> list[list[int]]:
    """Positions as ``[first, count]``, rising."""
    rows: list[list[int]] = []
    for seq in sorted(set(positions)):
        if rows and seq == rows[-1][0] + rows[-1][1]:
            rows[-1][1] += 1
        else:
            rows.append([seq, 1])
    return rows


def positions_of(payload: Mapping[str, Any]) -> list[int]:
    """The positions that an ``erasure`` entry names, rising."""
    return [seq for first, count in payload["positions"] for seq in range(first, first + count)]


def affected(segments: BlockFiles, positions: Iterable[int]) -> dict[int, set[int]]:
    """Positions by the index of the content block that holds them."""
    found: dict[int, set[int]] = {}
    for seq in positions:
        found.setdefault(segments.index_of(seq), set()).add(seq)
    return found


def destroy(segments: BlockFiles, positions: Iterable[int]) -> int:
    """Put tombstones in the place of contents; returns how many files were written anew.

    Positions that are tombstones already, or have no content, change nothing.

    Raises:
        ArchiveDamaged: a block with contents to go is not what was written.
        OSError: it could not be written; the old file stands.
    """
    wanted = {segments.blocks[i]: seqs for i, seqs in affected(segments, positions).items()}
    by_file: dict[Path, list[Block]] = {}
    for block in segments.blocks:
        by_file.setdefault(block.path, []).append(block)
    written = 0
    for path, blocks in by_file.items():
        mine = {block: seqs for block in blocks if _has(block, seqs := wanted.get(block, set()))}
        if mine:
            _rewrite(path, blocks, mine)
            written += 1
    return written


def _has(block: Block, seqs: set[int]) -> bool:
    """Whether a block still holds the content of one of ``seqs``."""
    if not seqs:
        return False
    records = unpack_contents(block.header, block.payload())
    return any(record.seq in seqs and not record.erased for record in records)


def _rewrite(path: Path, blocks: Sequence[Block], wanted: Mapping[Block, set[int]]) -> None:
    def parts() -> Iterator[bytes]:
        for block in blocks:
            yield _without(block, wanted[block]) if block in wanted else _as_it_lies(block)

    replace_file(path, parts())


def _as_it_lies(block: Block) -> bytes:
    with block.path.open("rb") as file:
        file.seek(block.offset)
        return file.read(HEADER_BYTES + block.header.stored)


def _without(block: Block, seqs: set[int]) -> bytes:
    records = [
        tombstone(record.seq) if record.seq in seqs else record
        for record in unpack_contents(block.header, block.payload())
    ]
    payload = pack_contents(records)
    first, count = block.header.first_seq, len(records)
    return seal(BlockKind.CONTENT, first, count, payload, TOMBSTONES_VERSION)


def replace_file(path: Path, parts: Iterable[bytes]) -> None:
    """Write a file beside, fsync, rename it into place, then overwrite the old bytes.

    Killed at any moment, ``path`` is the old file or the new one, whole.

    Raises:
        OSError: it could not be written; the old file stands.
    """
    beside = path.with_name(path.name + BESIDE)
    beside.unlink(missing_ok=True)
    try:
        disk.write_new(beside, parts)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    with path.open("rb+") as old:
        beside.replace(path)
        disk.sync_folder(path.parent)
        _overwrite(old)


def _overwrite(file: BinaryIO) -> None:
    left = file.seek(0, os.SEEK_END)
    file.seek(0)
    while left:
        left -= file.write(bytes(min(left, 1 << 20)))
    file.flush()
    os.fsync(file.fileno())


def set_mark(archive: Path, seq: int) -> None:
    """Say that the entry at ``seq`` is an erasure to be finished."""
    path = archive / MARK
    path.unlink(missing_ok=True)
    disk.write_new(path, [b"%d" % seq])
    disk.sync_folder(archive)


def mark_of(archive: Path) -> int | None:
    """The position of an erasure that was begun; None: there is none.

    A mark that was cut short in writing names nothing: its entry was never begun.
    """
    try:
        text = (archive / MARK).read_bytes()
    except FileNotFoundError:
        return None
    return int(text) if text.isdigit() else -1


def clear_mark(archive: Path) -> None:
    """The erasure is finished."""
    (archive / MARK).unlink(missing_ok=True)
    disk.sync_folder(archive)
