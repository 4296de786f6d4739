"""Server-Sent Events, read line by line; a stream that breaks off is taken up where it was."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import httpx

from tocsin.client.calling import raise_for
from tocsin.client.forms import Change
from tocsin.client.refusals import ApiFailed

PATH: Final = "/api/v1/stream"
SILENT_S: Final = 45.0
"""Three heartbeats: a stream that is silent for longer is dead."""
AGAIN_S: Final = 3.0


def changes(http: httpx.Client, last: str, sleep: Callable[[float], None]) -> Iterator[Change]:
    """Changes for as long as they are asked for.

    Raises:
        ApiRefused: the token holds no more, or the desk is locked.
    """
    while True:
        try:
            for change in _once(http, last):
                last = change.id
                yield change
        except (httpx.TransportError, ApiFailed):
            pass  # the desk is being started anew, or the network is gone: it may come back
        sleep(AGAIN_S)


def _once(http: httpx.Client, last: str) -> Iterator[Change]:
    headers = {"accept": "text/event-stream", **({"last-event-id": last} if last else {})}
    timeout = httpx.Timeout(10.0, read=SILENT_S)
    with http.stream("GET", PATH, headers=headers, timeout=timeout) as answer:
        if not answer.is_success:
            answer.read()
            raise_for(answer)
        yield from parsed(answer.iter_lines())


def parsed(lines: Iterable[str]) -> Iterator[Change]:
    """The events ``change`` among lines; others, and what breaks off, are passed over."""
    said: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(":")
            said[name] = value.removeprefix(" ")
            continue
        if said.get("event") == "change":
            data = json.loads(said["data"])
            yield Change(said.get("id", ""), int(data["position"]), tuple(data["warnings"]))
        said = {}
