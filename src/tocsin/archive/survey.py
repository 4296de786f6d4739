"""What lies in an archive's files, sound or not: the ground that ``verify`` walks on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from tocsin.archive.blocks import Block, Gap, files, numbered, place, scan
from tocsin.archive.findings import KEEP, REOPEN, RESTORE, Problem, ProblemKind, span
from tocsin.archive.format import (
    BlockKind,
    ContentRecord,
    LedgerEntry,
    decompress,
    is_sound,
    ledger_lines,
    parse_line,
    split_line,
    unpack_contents,
)
from tocsin.archive.tree import leaf_hash


@dataclass(frozen=True, slots=True)
class Survey:
    """The blocks of one kind by position, each once, and what is wrong with how they lie."""

    blocks: tuple[Block, ...]
    problems: tuple[Problem, ...]


def survey(archive: Path, kind: BlockKind) -> Survey:
    """Look at every header of a kind; payloads are read only where blocks lie out of order."""
    paths = files(archive, kind)
    problems = list(_missing_files(archive, kind, paths))
    found: list[Block] = []
    for path in paths:
        for part in scan(path, kind):
            if isinstance(part, Block):
                found.append(part)
            else:
                problems.append(_gap_problem(part, last=path == paths[-1]))
    blocks, disorder = _in_order(found)
    return Survey(tuple(blocks), (*problems, *disorder))


def _in_order(found: Sequence[Block]) -> tuple[list[Block], list[Problem]]:
    kept, repeated = _once(sorted(found, key=lambda block: block.header.first_seq))
    problems = [_about(ProblemKind.INSERTED, block) for block in repeated]
    lying = [block for block in found if block not in set(repeated)]
    moved = (lies for lies, belongs in zip(lying, kept, strict=True) if lies != belongs)
    return kept, [*problems, *(_about(ProblemKind.REORDERED, block) for block in moved)]


def _missing_files(archive: Path, kind: BlockKind, paths: Sequence[Path]) -> Iterator[Problem]:
    last = int(paths[-1].stem) if paths else 0
    for number in range(1, last + 1):
        path = numbered(archive, kind, number)
        if path not in paths:
            yield Problem(ProblemKind.MISSING, place(path), None, RESTORE)


def _gap_problem(gap: Gap, *, last: bool) -> Problem:
    if gap.torn:
        return Problem(ProblemKind.TRUNCATED, gap.where, None, REOPEN if last else RESTORE)
    return Problem(ProblemKind.DAMAGED, gap.where, None, RESTORE)


def _once(blocks: Iterable[Block]) -> tuple[list[Block], list[Block]]:
    """(the first block of each position, the others)."""
    kept: list[Block] = []
    others: list[Block] = []
    for block in blocks:
        repeats = bool(kept) and kept[-1].header.first_seq == block.header.first_seq
        (others if repeats else kept).append(block)
    return kept, others


def _about(kind: ProblemKind, block: Block) -> Problem:
    return Problem(kind, block.where, span(block_names(block)), KEEP)


def block_names(block: Block) -> list[str | None]:
    """The items in a block, as far as it can be read."""
    if block.header.kind is BlockKind.LEDGER:
        return [entry_name(entry) for entry in read_entries(block).entries]
    return [content_name(record) for record in read_contents(block).records]


def entry_name(entry: LedgerEntry) -> str | None:
    """``channel/id v1`` of an evidence entry; None for any other."""
    match entry.payload.get("identity"):
        case {"channel": channel, "message_id": message_id, "version": version}:
            return f"{channel}/{message_id} v{version}"
    return None


def content_name(record: ContentRecord) -> str | None:
    """``channel/id`` as a content gives it itself; None where it does not."""
    try:
        fields = orjson.loads(record.content)
    except ValueError:
        return None
    match fields:
        case {"channel": str(channel), "id": str(message_id)}:
            return f"{channel}/{message_id}"
    return None


@dataclass(frozen=True, slots=True)
class ReadEntries:
    """A ledger block as far as it can be read.

    Args:
        sound: the checksum is right.
        unreadable: lines that are no entry; None: nothing could be read.
        leaves: the entries' hashes in the Merkle tree.
    """

    entries: tuple[LedgerEntry, ...]
    sound: bool
    unreadable: int | None
    leaves: tuple[bytes, ...] = ()


def read_entries(block: Block) -> ReadEntries:
    """Read a ledger block even if its checksum is wrong, so that the sound lines count."""
    stored = block.stored()
    sound = is_sound(block.header, stored)
    try:
        lines = ledger_lines(decompress(block.header, stored))
    except ValueError:
        return ReadEntries((), sound=False, unreadable=None)
    entries: list[LedgerEntry] = []
    leaves: list[bytes] = []
    for line in lines:
        try:
            entries.append(parse_line(line))
        except ValueError:
            continue
        leaves.append(leaf_hash(split_line(line)[1]))
    return ReadEntries(tuple(entries), sound, len(lines) - len(entries), tuple(leaves))


@dataclass(frozen=True, slots=True)
class ReadContents:
    """A content block as far as it can be read.

    Args:
        sound: the checksum is right.
        readable: it could be taken apart.
    """

    records: tuple[ContentRecord, ...]
    sound: bool
    readable: bool


def read_contents(block: Block) -> ReadContents:
    """Read a content block even if its checksum is wrong, so that the sound records count."""
    stored = block.stored()
    sound = is_sound(block.header, stored)
    try:
        records = unpack_contents(block.header, decompress(block.header, stored))
    except ValueError:
        return ReadContents((), sound=False, readable=False)
    return ReadContents(tuple(records), sound, readable=True)
