"""Opening files that may be anything: the head, bounded lines, why nothing can be read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from tocsin.errors import EnvironmentFailed, RecordRefused
from tocsin.sources.refusals import refuse_file

HEAD_BYTES = 65_536
UTF8_MARK = b"\xef\xbb\xbf"
PARQUET_MAGIC = b"PAR1"

_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_ZIP = b"PK\x03\x04"
_PACKED = (b"\x1f\x8b", _ZIP, b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ")


def read_head(path: Path) -> bytes:
    """The first 64 KiB of a file that is there, is a file, and is not empty.

    Raises:
        RecordRefused: there is no such file, or it is a folder, something not a file, or empty.
        EnvironmentFailed: the system will not let us read it.
    """
    try:
        if path.is_dir():
            raise _a_folder(path)
        if path.exists() and not path.is_file():
            raise refuse_file(path, "this is not a file", "name a file")
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
    except (FileNotFoundError, ValueError) as error:
        raise refuse_file(path, "there is no such file", "check the name") from error
    except OSError as error:
        raise EnvironmentFailed(f"{path}: cannot be read: {error.strerror}") from error
    if not head:
        raise refuse_file(path, "the file is empty", "export it again")
    return head


def _a_folder(path: Path) -> RecordRefused:
    inside = path / "result.json"
    advice = f"name {inside}" if inside.is_file() else "name the files in it"
    return refuse_file(path, "this is a folder, not a file", advice)


def is_zip_head(head: bytes) -> bool:
    """Whether a file begins as a zip does."""
    return head.startswith(_ZIP)


def is_zip(path: Path) -> bool:
    """Whether a file is a zip by its first bytes."""
    with path.open("rb") as stream:
        return is_zip_head(stream.read(len(_ZIP)))


def is_utf16(head: bytes) -> bool:
    """Whether text is stored in 16 bits: by its mark, or by zeros in every other place alone."""
    if head.startswith(_UTF16_MARKS):
        return True
    fewer, more = sorted((head[::2].count(0), head[1::2].count(0)))
    return more * 10 > len(head) and fewer * 20 < more


def is_text(head: bytes) -> bool:
    """Whether this can be text in UTF-8 at all; a stray zero byte does not decide it."""
    return not (head.startswith(_PACKED) or is_utf16(head) or head.count(0) * 10 > len(head))


def why_unreadable(path: Path, head: bytes, expected: str) -> RecordRefused:
    """The refusal of a file that holds nothing of ``expected``, with the advice that fits it."""
    start = head.removeprefix(UTF8_MARK).lstrip()[:512]
    if head.startswith(_PACKED):
        return refuse_file(path, "the file is compressed", "unpack it first")
    if is_utf16(head):
        advice = f"convert it to UTF-8: iconv -f UTF-16 -t UTF-8 {path.name}"
        return refuse_file(path, "the text is UTF-16, not UTF-8", advice)
    if start.startswith(b"["):
        advice = f"write one object per line: jq -c '.[]' {path.name}"
        return refuse_file(path, "the file is one JSON array", advice)
    if start[:1] == b"<":
        advice = "if it is a Telegram export, name its folder, or export as machine-readable JSON"
        return refuse_file(path, "the file is HTML or XML", advice)
    return refuse_file(path, f"this is not {expected}", "name the format with --format")


def bounded_lines(stream: BinaryIO, limit: int) -> Iterator[bytes]:
    """The lines of ``stream``, each as soon as it is there, none ever longer in memory.

    A line over ``limit`` bytes comes out cut to ``limit + 1``, which is how its reader knows;
    the rest of it is passed over.
    """
    while line := stream.readline(limit + 1):
        yield line
        if len(line) > limit and not line.endswith(b"\n"):
            _pass_over_line(stream)


def _pass_over_line(stream: BinaryIO) -> None:
    while piece := stream.readline(HEAD_BYTES):
        if piece.endswith(b"\n"):
            return
