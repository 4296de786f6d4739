"""Asking a server of somebody else: patiently, and never for more than a small answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import httpx

from tocsin.errors import EnvironmentFailed

MOST_BYTES: Final = 1 << 20
"""An answer longer than this is no time stamp."""

_LATER: Final = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Patience:
    """How often to ask again.

    Args:
        waits: seconds before each further attempt.
        sleep: waits that long; tests pass one that does not.
    """

    waits: tuple[float, ...]
    sleep: Callable[[float], None]


def ask(client: httpx.Client, request: httpx.Request, patience: Patience) -> bytes:
    """The body of the answer; asked again where that may help.

    Raises:
        EnvironmentFailed: no usable answer after the last attempt.
    """
    for wait in (*patience.waits, None):
        try:
            return _once(client, request)
        except EnvironmentFailed as error:
            if wait is None or not isinstance(error, _TryLater):
                raise
            patience.sleep(wait)
    raise AssertionError("the last attempt returns or raises")


class _TryLater(EnvironmentFailed):
    """The same question may be answered in a while."""


def _once(client: httpx.Client, request: httpx.Request) -> bytes:
    url = str(request.url)
    try:
        answer = client.send(request, stream=True)
        try:
            body = _body(answer, url)
        finally:
            answer.close()
    except httpx.HTTPError as error:
        reason = str(error) or type(error).__name__
        raise _TryLater(f"{url}: no answer ({reason}); try again later") from error
    if answer.status_code in _LATER:
        raise _TryLater(f"{url}: answered {answer.status_code}; try again later")
    if not answer.is_success:
        raise EnvironmentFailed(f"{url}: answered {answer.status_code}; check the address")
    return body


def _body(answer: httpx.Response, url: str) -> bytes:
    parts, size = [], 0
    for part in answer.iter_bytes():
        parts.append(part)
        size += len(part)
        if size > MOST_BYTES:
            raise EnvironmentFailed(f"{url}: answers with more than 1 MB; that is no time stamp")
    return b"".join(parts)
