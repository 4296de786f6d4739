"""The layout as ``format.py`` draws it, read here without any of tocsin's own code."""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import zstandard
from archive_samples import build, content, contents_of

from tocsin.archive import Archive


def payloads(path: Path, kind: int) -> Iterator[tuple[int, int, bytes]]:
    """(first position, count, payload) of every block in a file."""
    data = path.read_bytes()
    while data:
        fields = struct.unpack_from("<4sHHIQII32sI", data)
        magic, version, found, count, first, raw, stored, digest, crc = fields
        assert (magic, version, found) == (b"TCSB", 1, kind)
        assert crc == zlib.crc32(data[:60])
        assert hashlib.sha256(data[64 : 64 + stored]).digest() == digest
        payload = zstandard.ZstdDecompressor().decompress(data[64 : 64 + stored])
        assert len(payload) == raw
        yield first, count, payload
        data = data[64 + stored :]


def test_the_ledger_reads_as_described(tmp_path: Path) -> None:
    build(tmp_path, (3, 2))
    head, seq = bytes(32), 0
    for first, count, payload in payloads(tmp_path / "ledger" / "00000001.log", 2):
        lines = payload.decode().splitlines()
        assert (first, count) == (seq, len(lines))
        for line in lines:
            prev, body = line.split(" ", 1)
            assert bytes.fromhex(prev) == head
            assert json.loads(body)["seq"] == seq
            head = hashlib.sha256(head + body.encode()).digest()
            seq += 1
    with Archive.open(tmp_path) as archive:
        assert (archive.head, archive.next_seq) == (head, seq)


def test_a_segment_reads_as_described_and_fits_the_ledger(tmp_path: Path) -> None:
    build(tmp_path, (3, 2))
    committed: dict[int, Any] = {}
    for _, _, payload in payloads(tmp_path / "ledger" / "00000001.log", 2):
        for line in payload.decode().splitlines():
            entry = json.loads(line[65:])
            committed[entry["seq"]] = entry["payload"].get("commitment")
    found = []
    for first, count, payload in payloads(tmp_path / "segments" / "00000001.seg", 1):
        at = 24 * count
        for offset, length, salt in struct.iter_unpack("<II16s", payload[:at]):
            body = payload[at : at + length]
            assert hashlib.sha256(salt + body).hexdigest() == committed[first + offset]
            found.append((first + offset, body))
            at += length
    assert found == [(seq, content(seq)) for seq in range(1, 6)] == contents_of(tmp_path)
