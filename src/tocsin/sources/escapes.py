r"""Telegram Desktop writes control characters as ``\x0B``, which JSON does not know.

Here they become ``\u000B`` while the bytes stream by. Backslashes are read in pairs from the
left, so the text ``\\x0B`` (a backslash, then "x0B") stays what it is, also where two chunks meet.
"""

from __future__ import annotations

import re
from typing import BinaryIO

from tocsin.sources.files import HEAD_BYTES, UTF8_MARK

_ESCAPE = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|.)", re.DOTALL)
_OPEN_ENDS = (rb"", rb"x", rb"x[0-9A-Fa-f]")


class RepairedEscapes:
    """A readable stream of bytes with the ``\\xHH`` escapes of another one made valid JSON.

    A byte order mark at the start is left out.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._held = b""
        self._started = False

    def read(self, size: int = HEAD_BYTES) -> bytes:
        """The next bytes (about ``size``, at most three times as many); b"" at the end."""
        while size:
            fresh = self._stream.read(size)
            chunk = self._held + fresh
            if not self._started:
                chunk, self._started = chunk.removeprefix(UTF8_MARK), True
            self._held = b""
            if not fresh:
                return chunk
            held = _open_escape(chunk)
            if held:
                chunk, self._held = chunk[:-held], chunk[-held:]
            if chunk:
                return _repaired(chunk)
        return b""


def _repaired(chunk: bytes) -> bytes:
    return _ESCAPE.sub(_valid, chunk) if rb"\x" in chunk else chunk


def _valid(escape: re.Match[bytes]) -> bytes:
    return rb"\u00" + escape[1] if escape[1] else escape[0]


def _open_escape(chunk: bytes) -> int:
    """How many bytes at the end of ``chunk`` are the beginning of an escape: 0 to 3."""
    for length, pattern in enumerate(_OPEN_ENDS):
        cut = len(chunk) - length
        if cut > 0 and re.fullmatch(pattern, chunk[cut:]):
            body = chunk[:cut]
            if (cut - len(body.rstrip(b"\\"))) % 2:
                return length + 1
    return 0
