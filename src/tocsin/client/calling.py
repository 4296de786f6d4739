"""One request after another: the token, trying again, refusals as exceptions."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx

from tocsin.client.refusals import KINDS, ApiFailed, ApiRefused

_LONGEST_WAIT_S: Final = 60.0
_FIRST_WAIT_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How a client waits.

    Args:
        timeout_s: for an answer.
        tries: of a request that the desk could not answer (503), in all.
        sleep: waits so many seconds.
    """

    timeout_s: float = 30.0
    tries: int = 5
    sleep: Callable[[float], None] = time.sleep


class Calls:
    """Requests to one desk."""

    def __init__(self, http: httpx.Client, patience: Patience) -> None:
        self.http = http
        self._patience = patience

    def json(self, method: str, path: str, **words: Any) -> Any:
        """What the desk answers.

        A request that it could not answer now (503) is sent again after ``Retry-After``; so is a
        GET, or a request with an ``Idempotency-Key``, that did not reach it.

        Raises:
            ApiRefused, ApiFailed: see :mod:`tocsin.client.refusals`.
        """
        again = method == "GET" or "idempotency-key" in (words.get("headers") or {})
        for number in range(1, self._patience.tries + 1):
            last = number == self._patience.tries
            try:
                answer = self.http.request(method, path, **words)
            except httpx.TransportError as error:
                if last or not again:
                    raise ApiFailed(0, f"{self.http.base_url}: {error}") from error
                self._patience.sleep(_wait({}, number))
                continue
            if answer.status_code != 503 or last:
                break
            self._patience.sleep(_wait(answer.headers, number))
        raise_for(answer)
        return answer.json()


def _wait(headers: Mapping[str, str], number: int) -> float:
    said = headers.get("retry-after", "")
    wait = float(said) if said.isdecimal() else _FIRST_WAIT_S * 2 ** (number - 1)
    return min(wait, _LONGEST_WAIT_S)


def raise_for(answer: httpx.Response) -> None:
    """Nothing for an answer that is one.

    Raises:
        ApiRefused, ApiFailed: the desk refused or failed.
    """
    if answer.is_success:
        return
    said = _problem(answer)
    title, detail = str(said.get("title", "")), str(said.get("detail", ""))
    if answer.status_code >= 500:
        raise ApiFailed(answer.status_code, f"{answer.status_code} {title}: {detail}")
    wait = answer.headers.get("retry-after", "")
    kind = KINDS.get(answer.status_code, ApiRefused)
    raise kind(answer.status_code, title, detail, float(wait) if wait.isdecimal() else None)


def _problem(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        said = answer.json()
    except ValueError:
        said = None
    return said if isinstance(said, dict) else {"detail": answer.text[:200].strip()}
