"""Certificates of a time-stamp response put into the order that DER asks for.

``openssl ts`` and authorities built on it send the signer's certificate first, whatever the
order of a DER set would be, and the strict reader we use refuses that. The order is covered by
no signature, so putting it right changes nothing that is checked. What is stored stays as it came.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

_CERTIFICATES: Final = 0xA0
_LONG_FORM: Final = 0x80


def with_sorted_certificates(response: bytes) -> bytes:
    """The response (RFC 3161, section 2.4.2) with its certificates in order, or as it is.

    What cannot be followed is left alone: the reader says what is wrong with it.
    """
    try:
        first, end = _certificates(response)
        parts = [response[at:after] for at, _, after in _elements(response, first, end)]
    except (IndexError, ValueError, StopIteration):
        return response
    return response[:first] + b"".join(sorted(parts)) + response[end:]


def _certificates(data: bytes) -> tuple[int, int]:
    """Where the certificates begin and end: response, token, [0], SignedData, its [0]."""
    first, end = 0, len(data)
    for index in (0, 1, 1, 0):
        _, first, end = list(_elements(data, first, end))[index]
    found = (e for e in _elements(data, first, end) if data[e[0]] == _CERTIFICATES)
    _, first, end = next(found)
    return first, end


def _elements(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """(where it begins, where its content begins, where it ends) of each element in a range."""
    while at < end:
        length, content = data[at + 1], at + 2
        if length & _LONG_FORM:
            content += length & ~_LONG_FORM
            length = int.from_bytes(data[at + 2 : content], "big")
        if content + length > end:
            raise ValueError("an element is longer than what it lies in")
        yield at, content, content + length
        at = content + length
