"""How the archive lies on disk: this page is the format's specification.

    archive/
      lock                     held (flock; on Windows a locked byte) by the one process that writes
      segments/00000001.seg    content blocks: salts and contents
      ledger/00000001.log      ledger blocks: the hash-chained entries

A file is a row of blocks and nothing else; a new file begins once one has reached
64 MiB. A block is a header of 64 bytes (little-endian) and a zstd frame:

    offset  size  field
         0     4  magic       b"TCSB"
         4     2  version     1; 2 in a content block with tombstones
         6     2  kind        1 content, 2 ledger
         8     4  count       records in the block
        12     8  first_seq   ledger position of the first record
        20     4  raw         bytes of the payload, decompressed
        24     4  stored      bytes of the payload as it lies here
        28    32  sha256      of the payload as it lies here
        60     4  crc32       of the 60 bytes above

The payload of a **ledger block** is ``count`` lines, their positions rising by one:

    <prev: 64 hex digits> <canonical JSON of {"kind", "payload", "seq"}>\\n
    digest(entry) = SHA-256(prev as 32 bytes ‖ the JSON, without the line's end)

``prev`` is the digest of the entry before, 32 zero bytes for the first. Canonical JSON is
UTF-8 without spaces, keys sorted. An entry of kind ``evidence`` has the payload

    {"capture", "commitment", "identity": {"channel", "message_id", "source", "version"},
     "original"}
    commitment = SHA-256(salt ‖ content)    original = SHA-256(salt ‖ bytes as found)

The payload of a **content block** is a table of ``count`` rows of 24 bytes (position minus
``first_seq``: u32; length of the content: u32; salt: 16 bytes), then the contents end to end.
A row whose length is 0xFFFFFFFF is a **tombstone**: salt (16 zero bytes) and content were
destroyed, it has no bytes after the table. Blocks with one are of version 2.

What follows from this layout:

- A batch is one content block (none, if the batch holds no evidence) and one ledger block
  over the same positions. The content block is on disk before its ledger block is written,
  and the ledger block is the commit point: content without one was never archived.
- The chain covers commitments, never content or salts, and no ledger entry refers to a
  block. A salt and its content can be destroyed, and the chain still verifies.
- Erasure is the only thing that rewrites a file of content blocks (``archive/erasure.py``).
  An entry of kind ``erasure`` says first what is to go; a file ``erasing`` beside the lock
  holds that entry's position as decimal digits until it is gone, so that a killed erasure
  is finished when the archive is next opened for writing.
- The chain shows a change to anyone who knows a later head. Who can rewrite every entry up
  to the last can also recompute it: write the head down elsewhere.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, NamedTuple

import orjson
import zstandard

MAGIC: Final = b"TCSB"
VERSION: Final = 1
TOMBSTONES_VERSION: Final = 2
GENESIS: Final = bytes(32)
"""What the first entry is chained to."""
SALT_BYTES: Final = 16
ZSTD_LEVEL: Final = 3

_FIELDS: Final = struct.Struct("<4sHHIQII32s")
_CRC: Final = struct.Struct("<I")
_ROW: Final = struct.Struct("<II16s")
_ERASED: Final = 0xFFFFFFFF
_PREV_HEX: Final = 64
HEADER_BYTES: Final = _FIELDS.size + _CRC.size


class BlockKind(IntEnum):
    """What a block holds."""

    CONTENT = 1
    LEDGER = 2


_KINDS: Final = frozenset(BlockKind)
_VERSIONS: Final = frozenset({VERSION, TOMBSTONES_VERSION})


class NewerFormat(ValueError):
    """A block that a later version of tocsin wrote."""


@dataclass(frozen=True, slots=True)
class Header:
    """The first 64 bytes of a block; lengths are in bytes."""

    kind: BlockKind
    count: int
    first_seq: int
    raw: int
    stored: int
    sha256: bytes

    @property
    def end_seq(self) -> int:
        """The position after the last one: of ledger blocks only, whose positions are dense."""
        return self.first_seq + self.count


class ContentRecord(NamedTuple):
    """One row of a content block; of a tombstone, salt and content are empty."""

    seq: int
    salt: bytes
    content: bytes

    @property
    def erased(self) -> bool:
        """It is a tombstone."""
        return not self.salt


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One link of the chain.

    Args:
        seq: its place in the ledger, from 0.
        kind: ``evidence``, ``capture``, ``run``, ``decision`` …
        payload: JSON values only.
        prev: digest of the entry before.
        digest: SHA-256(prev ‖ canonical JSON of kind, payload and seq).
    """

    seq: int
    kind: str
    payload: Mapping[str, Any]
    prev: bytes
    digest: bytes


def seal(
    kind: BlockKind, first_seq: int, count: int, payload: bytes, version: int = VERSION
) -> bytes:
    """A whole block as it goes to disk; ``version`` TOMBSTONES_VERSION where it has some."""
    stored = zstandard.ZstdCompressor(level=ZSTD_LEVEL).compress(payload)
    digest = hashlib.sha256(stored).digest()
    fields = _FIELDS.pack(MAGIC, version, kind, count, first_seq, len(payload), len(stored), digest)
    return fields + _CRC.pack(zlib.crc32(fields)) + stored


def read_header(data: bytes) -> Header | None:
    """The header at the start of ``data``; None where there is none or it is damaged.

    Raises:
        NewerFormat: a sound header of a later version.
    """
    fields, crc = data[: _FIELDS.size], data[_FIELDS.size : HEADER_BYTES]
    if len(data) < HEADER_BYTES or crc != _CRC.pack(zlib.crc32(fields)):
        return None
    magic, version, kind, *rest = _FIELDS.unpack(fields)
    if magic != MAGIC:
        return None
    if version not in _VERSIONS or kind not in _KINDS:
        raise NewerFormat(f"block format {version}, kind {kind}")
    header = Header(BlockKind(kind), *rest)
    # Every record takes a byte at least: a larger count is no count.
    return header if 0 < header.count <= header.raw else None


def is_sound(header: Header, stored: bytes) -> bool:
    """Whether the payload is the one the header was written for."""
    return len(stored) == header.stored and hashlib.sha256(stored).digest() == header.sha256


def decompress(header: Header, stored: bytes) -> bytes:
    """The payload of a block.

    Raises:
        ValueError: it is not a zstd frame of the length the header states.
    """
    try:
        if zstandard.frame_content_size(stored) != header.raw:
            raise ValueError("its length is not the one in the header")
        return zstandard.ZstdDecompressor().decompress(stored)
    except zstandard.ZstdError as error:
        raise ValueError("it does not decompress") from error


def pack_contents(records: Sequence[ContentRecord]) -> bytes:
    """The payload of a content block; ``records`` in rising order, at least one."""
    first = records[0].seq
    rows = [_row(record, first) for record in records]
    return b"".join([*rows, *(record.content for record in records)])


def _row(record: ContentRecord, first: int) -> bytes:
    length = _ERASED if record.erased else len(record.content)
    return _ROW.pack(record.seq - first, length, record.salt)  # pads an empty salt with zeros


def unpack_contents(header: Header, payload: bytes) -> list[ContentRecord]:
    """The records of a content block, as they lie there.

    Raises:
        ValueError: the table does not fit the payload.
    """
    at = header.count * _ROW.size
    if len(payload) < at:
        raise ValueError("it is shorter than its table")
    records = []
    for offset, length, salt in _ROW.iter_unpack(payload[:at]):
        if length == _ERASED:
            records.append(tombstone(header.first_seq + offset))
            continue
        records.append(ContentRecord(header.first_seq + offset, salt, payload[at : at + length]))
        at += length
    if at != len(payload):
        raise ValueError("its table does not fit its contents")
    return records


def tombstone(seq: int) -> ContentRecord:
    """What is left in a content block of an erased item."""
    return ContentRecord(seq, b"", b"")


def canonical(value: Mapping[str, Any]) -> bytes:
    """Canonical JSON: UTF-8, no spaces, keys sorted.

    Raises:
        TypeError: something in it is not a JSON value.
    """
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def entry_bytes(seq: int, kind: str, payload: Mapping[str, Any]) -> bytes:
    """What an entry's digest covers beside ``prev``."""
    return canonical({"kind": kind, "payload": payload, "seq": seq})


def entry_digest(prev: bytes, body: bytes) -> bytes:
    """SHA-256(prev ‖ canonical JSON)."""
    return hashlib.sha256(prev + body).digest()


def entry_line(prev: bytes, body: bytes) -> bytes:
    """An entry as it stands in a ledger block, without the line's end."""
    return prev.hex().encode() + b" " + body


def split_line(line: bytes) -> tuple[bytes, bytes]:
    """(prev, canonical JSON) of a line.

    Raises:
        ValueError: it does not begin with 64 hex digits and a space.
    """
    if line[_PREV_HEX : _PREV_HEX + 1] != b" ":
        raise ValueError("a line without the digest of the entry before it")
    return bytes.fromhex(line[:_PREV_HEX].decode("ascii")), line[_PREV_HEX + 1 :]


def line_body(line: bytes) -> Any:
    """The JSON of a line, parsed, without its digests: the quick way through a sound block."""
    return orjson.loads(line[_PREV_HEX + 1 :])


def parse_line(line: bytes) -> LedgerEntry:
    """The entry on a line, its digest computed anew.

    Raises:
        ValueError: the line is not an entry.
    """
    prev, body = split_line(line)
    fields = orjson.loads(body)
    match fields:
        case {"seq": int(seq), "kind": str(kind), "payload": dict(payload)}:
            return LedgerEntry(seq, kind, payload, prev, entry_digest(prev, body))
    raise ValueError("a line that is not an entry")


def ledger_lines(payload: bytes) -> list[bytes]:
    """The lines of a ledger block's payload."""
    return payload.split(b"\n")[:-1]


def commitment(salt: bytes, content: bytes) -> bytes:
    """SHA-256(salt ‖ content)."""
    return hashlib.sha256(salt + content).digest()
