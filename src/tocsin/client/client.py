"""The client: one method for what is done most, ``get`` and ``pages`` for everything else."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from secrets import token_urlsafe
from typing import Any, Final, Self
from urllib.parse import quote

import httpx

from tocsin.client.calling import Calls, Patience
from tocsin.client.forms import (
    Change,
    Decided,
    PostToSend,
    Reading,
    Situation,
    Taken,
    WarningLine,
)
from tocsin.client.listening import changes
from tocsin.errors import UsageError

MOST_POSTS: Final = 10_000
"""Posts of one request; more are sent in parts."""
_ROOT: Final = "/api/v1"

Json = dict[str, Any]
Moment = datetime | str | None


class Client:
    """A desk's API.

    Args:
        url: of the console, e.g. ``https://desk.example.org``.
        token: made on the page of people.
        patience: how long to wait, how often to try.
        transport: another way to the desk, as for tests.

    Raises:
        UsageError: the address is none.
    """

    def __init__(
        self,
        url: str,
        token: str,
        patience: Patience | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        if not url.startswith(("http://", "https://")):
            raise UsageError(f"{url}: write the whole address, as https://desk.example.org")
        self._patience = patience or Patience()
        http = httpx.Client(
            base_url=url,
            headers={"authorization": f"Bearer {token}", "accept": "application/json"},
            timeout=self._patience.timeout_s,
            transport=transport,
        )
        self._calls = Calls(http, self._patience)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection."""
        self._calls.http.close()

    # -- anything ------------------------------------------------------------------------------

    def get(self, path: str, **words: Any) -> Any:
        """What ``GET /api/v1/PATH`` answers; None among the words means: not said."""
        return self._calls.json("GET", _path(path), params=_said(words))

    def post(self, path: str, body: Any) -> Any:
        """What ``POST /api/v1/PATH`` answers to a JSON body."""
        return self._calls.json("POST", _path(path), json=body)

    def pages(self, path: str, **words: Any) -> Iterator[Any]:
        """The lines of a list, one by one, however many answers it takes."""
        cursor: str | None = None
        while True:
            answer = self.get(path, **words, cursor=cursor)
            yield from answer["items"]
            cursor = answer.get("next")
            if not cursor:
                return

    # -- warnings ------------------------------------------------------------------------------

    def now(self) -> Json:
        """What stands, what waits for a person, what is not seen."""
        found: Json = self.get("now")
        return found

    def situations(self) -> list[Situation]:
        """Situations with a warning that stands, what waits for a person first."""
        return list(self.pages("situations"))

    def warnings(self, level: str | None = None) -> Iterator[WarningLine]:
        """Warnings, the newest first; ``level``: watch, alert or alarm."""
        yield from self.pages("warnings", level=level)

    def warning(self, name: str) -> Json:
        """One warning with its life, reasons, posts, decisions and releases."""
        found: Json = self.get(f"warnings/{quote(name, safe='')}")
        return found

    def decide(
        self, warning: str, verb: str, *, value: str = "", reason: str = "", seen: int | None = None
    ) -> Decided:
        """Acknowledge, confirm, dismiss, or record the outcome.

        Args:
            verb: ``acknowledge``, ``confirm``, ``dismiss`` (with a reason), ``outcome`` (a value).
            seen: of the warning as you have it; then the desk refuses if somebody was faster.

        Raises:
            Conflict: somebody was.
        """
        body = {"verb": verb, "value": value, "reason": reason, "seen": seen}
        made: Decided = self.post(f"warnings/{quote(warning, safe='')}/decisions", body)
        return made

    def replay(self, at: Moment = None) -> Json:
        """The desk as it stood at a moment; None: at the newest warning."""
        found: Json = self.get("replay", at=_iso(at))
        return found

    # -- posts ---------------------------------------------------------------------------------

    def ingest(self, posts: Iterable[PostToSend | Mapping[str, Any]], live: bool = False) -> Taken:
        """Hand posts over, in parts of 10,000; each part may safely be sent again.

        Args:
            live: collected just now: known from now on, and not from when they were posted.

        Returns:
            All parts together; lines of refused posts count over all of them.
        """
        whole: Taken = {"taken": 0, "versions": 0, "unchanged": 0, "erased": 0, "refused": []}
        found, sent = iter(posts), 0
        while part := list(islice(found, MOST_POSTS)):
            taken = self._send(part, live)
            for one in taken["refused"]:
                whole["refused"].append({**one, "line": one["line"] + sent})
            whole["taken"] += taken["taken"]
            whole["versions"] += taken["versions"]
            whole["unchanged"] += taken["unchanged"]
            whole["erased"] += taken["erased"]
            sent += len(part)
        return whole

    def _send(self, part: list[PostToSend | Mapping[str, Any]], live: bool) -> Taken:
        lines = "".join(json.dumps(post, ensure_ascii=False) + "\n" for post in part)
        headers = {"content-type": "application/x-ndjson", "idempotency-key": token_urlsafe(18)}
        words = {"params": _said({"live": live or None}), "headers": headers}
        taken: Taken = self._calls.json("POST", _path("posts"), content=lines.encode(), **words)
        return taken

    def readings(
        self, since: Moment = None, until: Moment = None, channel: str | None = None
    ) -> Iterator[Reading]:
        """What was read in posts, the newest first.

        Args:
            since, until: of when they were known: from ``since`` on, and before ``until``.
        """
        yield from self.pages(
            "readings", since=_iso(since), until=_iso(until), channel=channel, limit=500
        )

    # -- live ----------------------------------------------------------------------------------

    def stream(self, last: str = "") -> Iterator[Change]:
        """Changes as they come, for as long as you take them; what breaks off is taken up again.

        Args:
            last: id of the change you saw last.

        Raises:
            ApiRefused: the token holds no more, or the desk is locked.
        """
        yield from changes(self._calls.http, last, self._patience.sleep)


def _path(path: str) -> str:
    return f"{_ROOT}/{path.lstrip('/')}"


def _said(words: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in words.items() if value is not None}


def _iso(moment: Moment) -> str | None:
    return moment.isoformat() if isinstance(moment, datetime) else moment
