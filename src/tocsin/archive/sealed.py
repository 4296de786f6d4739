"""Where sealed originals lie: one file for each capture, DIR/sealed/<position of the capture>.

A file is a row of records and nothing else:

    offset  size  field
         0     4  magic    b"TCSO"
         4     4  length   of what follows, in bytes (little-endian)
         8     …  sealed   as ``archive/sealing.py`` describes

The evidence entry of an item holds the SHA-256 of ``sealed``, which is also how a record is
found. It is the original of one *item* that is sealed, not the source file: one item can be opened
without the others and erased without them, and it is what the ledger's salted commitment
``original`` is about. Records are on the disk before their entries; one without an entry was
never confirmed. Erasure writes a file anew without the records to go.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Final

from tocsin.archive import disk
from tocsin.archive.erasure import replace_file
from tocsin.archive.evidence import EVIDENCE
from tocsin.archive.findings import RESTORE, UNFINISHED, Findings, ProblemKind
from tocsin.archive.format import LedgerEntry
from tocsin.archive.survey import entry_name

FOLDER: Final = "sealed"
_HEAD: Final = struct.Struct("<4sI")
_MAGIC: Final = b"TCSO"


def folder_beside(archive: Path) -> Path:
    """Where the sealed originals of an archive lie."""
    return archive.parent / FOLDER


def file_of(folder: Path, capture: int) -> Path:
    """The file of one capture."""
    return folder / f"{capture:012d}.sealed"


def digest_of(sealed: bytes) -> str:
    """What the ledger says of a record: hex SHA-256."""
    return hashlib.sha256(sealed).hexdigest()


class SealedWriter:
    """Adds records to the file of one capture."""

    def __init__(self, folder: Path, capture: int) -> None:
        disk.make_folder(folder)
        self._path = file_of(folder, capture)
        # A capture this far on in the ledger is new: what lies here, a killed ingest left.
        self._path.unlink(missing_ok=True)
        self._size = 0
        self._waiting: list[bytes] = []

    def add(self, sealed: bytes) -> str:
        """Take one record; returns its digest."""
        self._waiting.append(_HEAD.pack(_MAGIC, len(sealed)) + sealed)
        return digest_of(sealed)

    def flush(self) -> None:
        """Bring what was added to the disk.

        Raises:
            EnvironmentFailed: it could not be written.
        """
        data = b"".join(self._waiting)
        if not data:
            return
        with disk.plain_failures("the originals could not be sealed", self._path):
            disk.append(self._path, self._size, data)
        self._size += len(data)
        self._waiting = []


def records(path: Path) -> Iterator[bytes]:
    """The sealed records of a file, one at a time, as far as it is whole; none without a file."""
    if not path.is_file():
        return
    with disk.plain_failures("the sealed originals", path), path.open("rb") as file:
        while len(head := file.read(_HEAD.size)) == _HEAD.size:
            magic, length = _HEAD.unpack(head)
            sealed = file.read(length)
            if magic != _MAGIC or len(sealed) != length:
                return
            yield sealed


def whole_bytes(file: BinaryIO) -> int:
    """How much of an open file is whole records: what follows is being written."""
    end, size = 0, file.seek(0, os.SEEK_END)
    while end + _HEAD.size <= size:
        file.seek(end)
        magic, length = _HEAD.unpack(file.read(_HEAD.size))
        if magic != _MAGIC or end + _HEAD.size + length > size:
            break
        end += _HEAD.size + length
    return end


def find(folder: Path, capture: int, digest: str) -> bytes | None:
    """The record with a digest; None where it is not there or was altered."""
    found = (one for one in records(file_of(folder, capture)) if digest_of(one) == digest)
    return next(found, None)


def destroy(folder: Path, digests: Mapping[int, Collection[str]]) -> None:
    """Erase records: capture → digests of what is to go. Done again, it changes nothing.

    Raises:
        OSError: a file could not be written; it stands as it was.
    """
    for capture, gone in digests.items():
        path = file_of(folder, capture)
        if any(digest_of(one) in gone for one in records(path)):
            kept = (one for one in records(path) if digest_of(one) not in gone)
            replace_file(path, (_HEAD.pack(_MAGIC, len(one)) + one for one in kept))


class SealedCheck:
    """Are all sealed originals there that the ledger names, and as they were sealed?"""

    def __init__(self, folder: Path, findings: Findings) -> None:
        self._folder = folder
        self._findings = findings
        self._named: dict[int, dict[str, tuple[int, str | None]]] = {}

    def note(self, entry: LedgerEntry) -> None:
        """Take note of an entry, of any kind; those that name a sealed original count."""
        match entry.payload:
            case {"sealed": str(digest), "capture": int(capture)} if entry.kind == EVIDENCE:
                self._named.setdefault(capture, {})[digest] = (entry.seq, entry_name(entry))

    def finish(self, erased: Collection[int]) -> None:
        """Report what is missing or altered, and what is there although it was erased."""
        for capture, named in sorted(self._named.items()):
            path = file_of(self._folder, capture)
            there = {digest_of(one) for one in records(path)}
            for digest, (seq, name) in named.items():
                where = f"{FOLDER}/{path.name}: original of entry {seq}"
                if seq in erased:
                    if digest in there:
                        self._findings.add(ProblemKind.UNFINISHED, where, name, UNFINISHED)
                elif digest not in there:
                    self._findings.add(ProblemKind.MISSING, where, name, RESTORE)
