"""The quick way through a batch in which nothing is amiss.

Nearly every batch is sound, and this finds that out in one pass without making an object of
each line. Where anything at all is not as it should be it says so and no more; the careful
checks (``check_chain``, ``check_contents``) then look at the same batch and name what it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import orjson

from tocsin.archive.blocks import Block
from tocsin.archive.evidence import EVIDENCE
from tocsin.archive.format import (
    ContentRecord,
    LedgerEntry,
    ledger_lines,
    parse_line,
    unpack_contents,
)
from tocsin.errors import ArchiveDamaged

_PREV_HEX: Final = 64
_BODY: Final = _PREV_HEX + 1


@dataclass(frozen=True, slots=True)
class SoundBlock:
    """What a sound batch holds.

    Args:
        first: its first entry, whose link to the entry before is still to be checked.
        last: its last entry.
        items: evidence entries.
        leaves: hashes of all its entries in the Merkle tree, end to end.
        others: the entries that are not evidence.
        sealed: evidence whose original is sealed beside the archive.
    """

    first: LedgerEntry
    last: LedgerEntry
    items: int
    leaves: bytes
    others: tuple[LedgerEntry, ...]
    sealed: tuple[LedgerEntry, ...]


def check_batch(block: Block, contents: Sequence[Block]) -> SoundBlock | None:
    """A ledger block with the content blocks of its batch, if all is sound; None: look closely.

    Raises:
        EnvironmentFailed: a file cannot be read.
    """
    try:
        lines = ledger_lines(block.payload())
        if len(lines) != block.header.count:
            return None
        return _Pass(block.header.first_seq, _records(contents)).through(lines)
    except (ArchiveDamaged, ValueError, KeyError, TypeError, AttributeError):
        return None


class _Amiss(ValueError):
    """Something is not as it should be."""


class _Pass:
    def __init__(self, first_seq: int, contents: Iterator[ContentRecord]) -> None:
        self._first_seq = first_seq
        self._contents = contents
        self._others: list[LedgerEntry] = []
        self._sealed: list[LedgerEntry] = []
        self._items = 0

    def through(self, lines: Sequence[bytes]) -> SoundBlock:
        leaves = []
        expected = lines[0][:_PREV_HEX]
        for seq, line in enumerate(lines, start=self._first_seq):
            prev, body = line[:_PREV_HEX], line[_BODY:]
            if prev != expected or line[_PREV_HEX:_BODY] != b" ":
                raise _Amiss
            expected = sha256(bytes.fromhex(prev.decode()) + body).hexdigest().encode()
            leaves.append(sha256(b"\x00" + body).digest())
            self._take(seq, orjson.loads(body), line)
        if next(self._contents, None) is not None:
            raise _Amiss
        first, last = parse_line(lines[0]), parse_line(lines[-1])
        others, sealed = tuple(self._others), tuple(self._sealed)
        return SoundBlock(first, last, self._items, b"".join(leaves), others, sealed)

    def _take(self, seq: int, fields: Any, line: bytes) -> None:
        if fields["seq"] != seq:
            raise _Amiss
        if fields["kind"] != EVIDENCE:
            self._others.append(parse_line(line))
            return
        self._items += 1
        record = next(self._contents, None)
        if record is None or record.seq != seq:
            raise _Amiss
        if "sealed" in fields["payload"]:
            self._sealed.append(parse_line(line))
        if sha256(record.salt + record.content).hexdigest() != fields["payload"]["commitment"]:
            raise _Amiss


def _records(blocks: Sequence[Block]) -> Iterator[ContentRecord]:
    """All content records, as they lie."""
    for block in blocks:
        yield from unpack_contents(block.header, block.payload())
