"""Small archives, the same bytes every time, and ways to tamper with them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import orjson

from tocsin.archive import Archive, LedgerEntry, Options
from tocsin.archive.blocks import Block, files, scan
from tocsin.archive.format import (
    BlockKind,
    ContentRecord,
    entry_bytes,
    entry_digest,
    entry_line,
    ledger_lines,
    pack_contents,
    parse_line,
    seal,
    unpack_contents,
)
from tocsin.model import Evidence, Identity


def seeded_salts() -> Callable[[int], bytes]:
    """Salts that are the same in every run."""
    drawn = 0

    def draw(size: int) -> bytes:
        nonlocal drawn
        drawn += 1
        return hashlib.sha256(f"salt {drawn}".encode()).digest()[:size]

    return draw


def options(block_bytes: int = 1 << 20, file_bytes: int = 64 << 20) -> Options:
    return Options(block_bytes, file_bytes, seeded_salts())


def identity(number: int, channel: str = "town_news") -> Identity:
    return Identity("table", channel, str(number), 1)


def content(number: int, channel: str = "town_news") -> bytes:
    fields = {"channel": channel, "id": str(number), "text": f"the market opens at {number}"}
    return orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)


def put(archive: Archive, numbers: Iterable[int], capture: int = 0) -> list[Evidence]:
    """Archive one item per number."""
    return [
        archive.append_evidence(identity(n), content(n), b"raw %d" % n, capture) for n in numbers
    ]


def build(folder: Path, batches: Sequence[int] = (5, 5, 5), file_bytes: int = 64 << 20) -> Archive:
    """An archive of a capture entry and one flushed batch of items per number; closed."""
    archive = Archive.create(folder, options(file_bytes=file_bytes))
    archive.append_entry("capture", {"operator": "desk"})
    number = 1
    for size in batches:
        put(archive, range(number, number + size))
        number += size
        archive.flush()
    archive.close()
    return archive


def blocks(folder: Path, kind: BlockKind) -> list[Block]:
    return [
        part for path in files(folder, kind) for part in scan(path, kind) if isinstance(part, Block)
    ]


def block_bytes(block: Block) -> bytes:
    return block.path.read_bytes()[block.offset : block.end]


def replace(block: Block, new: bytes) -> None:
    """Put other bytes in the place of a block."""
    data = block.path.read_bytes()
    block.path.write_bytes(data[: block.offset] + new + data[block.end :])


def flip(path: Path, offset: int) -> None:
    data = bytearray(path.read_bytes())
    data[offset] ^= 0x20
    path.write_bytes(bytes(data))


def rewrite_lines(block: Block, change: Callable[[list[bytes]], list[bytes]]) -> None:
    """Change the lines of a ledger block and make its checksum right again."""
    lines = change(ledger_lines(block.payload()))
    payload = b"\n".join([*lines, b""])
    replace(block, seal(BlockKind.LEDGER, block.header.first_seq, block.header.count, payload))


def rewrite_contents(
    block: Block, change: Callable[[list[ContentRecord]], list[ContentRecord]]
) -> None:
    """Change the records of a content block and make its checksum right again."""
    records = change(unpack_contents(block.header, block.payload()))
    first = block.header.first_seq
    # Rows are positions relative to the first record's: keep it so when records move.
    payload = pack_contents([ContentRecord(first, b"\0" * 16, b""), *records])[24:]
    replace(block, seal(BlockKind.CONTENT, first, len(records), payload))


def altered_line(line: bytes, **changes: object) -> bytes:
    """A ledger line with another payload and the digest of the entry before kept."""
    entry = parse_line(line)
    return entry_line(entry.prev, entry_bytes(entry.seq, entry.kind, {**entry.payload, **changes}))


def rechain(lines: list[bytes]) -> list[bytes]:
    """The lines with every ``prev`` computed anew after the first."""
    done: list[bytes] = []
    prev = parse_line(lines[0]).prev
    for line in lines:
        entry = parse_line(line)
        body = entry_bytes(entry.seq, entry.kind, entry.payload)
        done.append(entry_line(prev, body))
        prev = entry_digest(prev, body)
    return done


def contents_of(folder: Path) -> list[tuple[int, bytes]]:
    """(position, content) of everything archived."""
    with Archive.open(folder) as archive:
        return [(i.seq, i.content) for i in archive.items() if isinstance(i, Evidence)]


def entries_of(folder: Path) -> list[LedgerEntry]:
    with Archive.open(folder) as archive:
        return list(archive.entries())
