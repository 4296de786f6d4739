"""Who looked at what, when: ``DIR/audit.log``, one line each, chained by digests.

    <prev: 64 hex digits> <canonical JSON of {"account", "at", "by", "seq", "what", "words"}>\\n
    digest(line) = SHA-256(prev as 32 bytes ‖ the JSON)

A file of its own and not the ledger: questions are many, the ledger is written by one process at
a time (asking would have to wait for an ingest), and how long the log is kept is another matter
than how long evidence is. What ties both together: with each decision the ledger notes how long
the log was and its head, so that cutting off or rewriting what stood before the newest decision
is seen. What came after it is only as safe as the file.

Never a post's text: command, ids and names of options are noted, values of free text are not.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, Final

import orjson

from tocsin import system
from tocsin.errors import EnvironmentFailed

FILE_NAME: Final = "audit.log"
GENESIS: Final = bytes(32)
_PREV_HEX: Final = 64
_TAIL_BYTES: Final = 1 << 16
SEARCHED_BYTES: Final = 8 << 20
"""Looked through for one answer of :func:`newest`: some 30,000 entries."""
LONGEST_WORD: Final = 80
"""Longer words of a command are cut: nobody's text is kept by accident."""


@dataclass(frozen=True, slots=True)
class Look:
    """One use of the desk.

    Args:
        what: ``query``, ``view`` (of raw evidence), ``export``, ``change`` …
        words: the command and what it named; no free text.
        by: the name given with ``--as``, else the project's operator.
        account: of the operating system.
    """

    what: str
    words: tuple[str, ...]
    by: str
    account: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Head:
    """How far a log has come."""

    lines: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something is amiss with the log, in plain words."""

    line: int
    problem: str


def append(path: Path, look: Look) -> Head:
    """Write one line, on the disk when this returns; others may write at the same time.

    Raises:
        EnvironmentFailed: it could not be written; what was to be shown is not.
    """
    try:
        fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | system.BINARY, 0o600)
        try:
            system.lock(fd, wait=True)
            return _written(fd, look)
        finally:
            os.close(fd)
    except OSError as error:
        reason = error.strerror or str(error)
        raise EnvironmentFailed(
            f"{path}: {reason}; nothing is shown that cannot be logged: check the disk"
        ) from error


def _written(fd: int, look: Look) -> Head:
    last = _last_line(fd)
    head = GENESIS if last is None else _digest(last)
    seq = 0 if last is None else _number(last) + 1
    words = [word[:LONGEST_WORD] for word in look.words]
    said: dict[str, Any] = {"account": look.account, "at": look.at.isoformat(), "by": look.by}
    said |= {"seq": seq, "what": look.what, "words": words}
    line = head.hex().encode() + b" " + orjson.dumps(said, option=orjson.OPT_SORT_KEYS)
    size = os.fstat(fd).st_size
    whole = size == 0 or system.read_at(fd, 1, size - 1) == b"\n"
    # A kill may have left half a line; it is kept, on a line of its own, and verify names it.
    os.write(fd, (b"" if whole else b"\n") + line + b"\n")
    os.fsync(fd)
    return Head(seq + 1, _digest(line))


def _last_line(fd: int) -> bytes | None:
    """The newest whole entry; None in an empty log."""
    size = os.fstat(fd).st_size
    start = max(0, size - _TAIL_BYTES)
    lines = system.read_at(fd, size - start, start).split(b"\n")
    return next((line for line in reversed(lines) if _parsed(line) is not None), None)


def _digest(line: bytes) -> bytes:
    prev = bytes.fromhex(line[:_PREV_HEX].decode("ascii"))
    return sha256(prev + line[_PREV_HEX + 1 :]).digest()


def _number(line: bytes) -> int:
    parsed = _parsed(line)
    return -1 if parsed is None else int(parsed["seq"])


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        bytes.fromhex(line[:_PREV_HEX].decode("ascii"))
        form = orjson.loads(line[_PREV_HEX + 1 :])
    except (ValueError, UnicodeDecodeError):
        return None
    sound = isinstance(form, dict) and isinstance(form.get("seq"), int)
    return form if sound and line[_PREV_HEX : _PREV_HEX + 1] == b" " else None


def entries(path: Path) -> Iterator[dict[str, Any]]:
    """What was logged, oldest first; lines that are none are passed over (see :func:`check`)."""
    for line in _lines(path):
        form = _parsed(line)
        if form is not None:
            yield form


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            for line in file:
                yield line.removesuffix(b"\n")
    except FileNotFoundError:
        return
    except OSError as error:
        raise EnvironmentFailed(f"{path}: {error.strerror}; check the disk") from error


@dataclass(frozen=True, slots=True)
class Stretch:
    """Part of a log, read from its end.

    Args:
        rows: the newest first.
        before: position of the oldest byte that was looked at: what is older lies before it;
            None: the beginning was reached.
    """

    rows: tuple[dict[str, Any], ...]
    before: int | None


def newest(
    path: Path, before: int | None, most: int, wanted: Callable[[Mapping[str, Any]], bool]
) -> Stretch:
    """The newest entries that are wanted; the file is read in blocks from its end.

    Args:
        before: ``Stretch.before`` of the answer before; None: from the end.
        most: so many rows at most. Of a long stretch without any that is wanted it stops after
            ``SEARCHED_BYTES``, with fewer rows and a place to go on from.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            end = size if before is None else min(before, size)
            return _newest(file, end, most, wanted)
    except FileNotFoundError:
        return Stretch((), None)
    except OSError as error:
        raise EnvironmentFailed(f"{path}: {error.strerror}; check the disk") from error


def _newest(
    file: BinaryIO, end: int, most: int, wanted: Callable[[Mapping[str, Any]], bool]
) -> Stretch:
    rows: list[dict[str, Any]] = []
    until = max(0, end - SEARCHED_BYTES)
    for at, line in _backwards(file, end):
        form = _parsed(line)
        if form is not None and wanted(form):
            rows.append(form)
        if at > 0 and (len(rows) >= most or at <= until):
            return Stretch(tuple(rows), at)
    return Stretch(tuple(rows), None)


def _backwards(file: BinaryIO, end: int) -> Iterator[tuple[int, bytes]]:
    """Lines before a position, the last first, each with where it begins."""
    rest, at = b"", end
    while at > 0:
        size = min(_TAIL_BYTES, at)
        at -= size
        file.seek(at)
        rest = file.read(size) + rest
        cut = 0 if at == 0 else rest.find(b"\n") + 1  # what is before it begins further up
        if at > 0 and cut == 0:
            continue
        begins = at + len(rest)
        for line in reversed(rest[cut:].splitlines(keepends=True)):
            begins -= len(line)
            yield begins, line.removesuffix(b"\n")
        rest = rest[:cut]


def head_of(path: Path) -> Head:
    """How far the log has come; only its end is read."""
    try:
        with path.open("rb") as file:
            last = _last_line(file.fileno())
    except FileNotFoundError:
        return Head(0, GENESIS)
    except OSError as error:
        raise EnvironmentFailed(f"{path}: {error.strerror}; check the disk") from error
    return Head(0, GENESIS) if last is None else Head(_number(last) + 1, _digest(last))


def check(path: Path, anchors: Iterable[Mapping[str, Any]] = ()) -> list[Trouble]:
    """Everything amiss: changed, missing, reordered, cut off.

    Args:
        anchors: what the ledger noted, as ``{"lines", "head"}``.
    """
    noted = list(anchors)
    asked = {anchor["lines"] for anchor in noted}
    troubles: list[Trouble] = []
    heads: dict[int, str] = {0: GENESIS.hex()}
    prev, count = GENESIS, 0
    for number, line in enumerate(_lines(path), 1):
        form = _parsed(line)
        if form is None:
            troubles.append(Trouble(number, "not an entry: half-written or changed"))
            continue
        if line[:_PREV_HEX] != prev.hex().encode() or form["seq"] != count:
            troubles.append(Trouble(number, "does not follow the line before it"))
        prev, count = _digest(line), form["seq"] + 1
        if count in asked:
            heads[count] = prev.hex()
    for anchor in noted:
        if heads.get(anchor["lines"]) != anchor["head"]:
            said = f"the ledger saw {anchor['lines']} lines here with another end"
            troubles.append(Trouble(count, f"{said}: cut off or rewritten"))
    return troubles
