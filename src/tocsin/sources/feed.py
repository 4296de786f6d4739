"""RSS and Atom, live: conditional GET at polite intervals, entries as posts.

feedparser is given bytes alone, never an address or a file name, and its tree of an entry is
read by ``feed_entry``.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx

from tocsin.clock import as_utc
from tocsin.errors import RecordRefused, SourceFailed
from tocsin.model import RawItem
from tocsin.sources.feed_entry import FEED, EntryPlace, read_entry, shared_ids
from tocsin.sources.fetch import Fetched
from tocsin.sources.live import Origin, Polled, State
from tocsin.sources.refusals import Unfit, refuse

MAX_ENTRIES = 1_000
_LONGEST_WAIT = timedelta(days=1)
"""However long a server asks us to wait: a desk that asks once a day still notices."""
_BUSY = frozenset({httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE})
_PERIODS = {"hourly": 60, "daily": 1_440, "weekly": 10_080, "monthly": 43_200, "yearly": 525_600}


class Fetches(Protocol):
    """What a feed asks a ``fetch.Fetcher``."""

    def get(self, url: str, headers: Mapping[str, str]) -> Fetched:
        """The document, or Unfit."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


@dataclass(frozen=True, slots=True)
class FeedOptions:
    """How a feed is read.

    Args:
        every: the usual time between two looks; a longer one that the feed asks for wins.
        max_text: characters; an entry with a longer text is refused.
    """

    every: timedelta = timedelta(minutes=15)
    max_text: int = 1_000_000


class Feed:
    """One RSS or Atom feed; its name is the channel of its posts."""

    kind = FEED

    def __init__(self, name: str, url: str, fetcher: Fetches, options: FeedOptions) -> None:
        self.name = name
        self.lane = urlsplit(url).netloc.lower()
        self._url = url
        self._fetcher = fetcher
        self._options = options

    def poll(self, state: State, now: datetime) -> Polled:
        """Ask once; nothing new is an answer too.

        Raises:
            SourceFailed: no answer, an answer that is no feed, or "not now" with the time it
                named.
        """
        asked = self._validators(state)
        try:
            answer = self._fetcher.get(self._url, asked)
        except Unfit as unfit:
            raise SourceFailed(self.name, unfit.problem, unfit.advice) from unfit
        if answer.status == httpx.codes.NOT_MODIFIED and asked:
            return Polled((), dict(state), next_at=self._next(state.get("pause_minutes"), now))
        if answer.status != httpx.codes.OK:
            raise self._refusal(answer, now)
        return self._read(answer, now)

    def close(self) -> None:
        """Let go of the connections."""
        self._fetcher.close()

    def _validators(self, state: State) -> dict[str, str]:
        if state.get("url") != self._url:  # another address since: its tags mean nothing here
            return {}
        named = {"If-None-Match": state.get("etag"), "If-Modified-Since": state.get("modified")}
        return {key: value for key, value in named.items() if isinstance(value, str) and value}

    def _refusal(self, answer: Fetched, now: datetime) -> SourceFailed:
        status = answer.status
        wait = retry_after(answer.headers.get("retry-after"), now) if status in _BUSY else None
        advice = "it will be asked again"
        if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            advice = "only feeds that everybody can read are read; look at it in a browser"
        elif status in (httpx.codes.NOT_FOUND, httpx.codes.GONE):
            advice = "look for its new address, then remove this source and add that one"
        return SourceFailed(self.name, f"the server answered {status}", advice, wait)

    def _read(self, answer: Fetched, now: datetime) -> Polled:
        parsed = self._parsed(answer)
        entries = [dict(entry) for entry in parsed.get("entries") or ()]
        pause = _pause_minutes(dict(parsed.get("feed") or {}))
        state = {
            "url": self._url,
            "etag": answer.headers.get("etag", "")[:1_024],
            "modified": answer.headers.get("last-modified", "")[:1_024],
            "pause_minutes": pause,
        }
        return Polled(
            items=tuple(self._items(entries[:MAX_ENTRIES])),
            state=state,
            next_at=self._next(pause, now),
            notes=tuple(self._notes(answer, len(entries), pause)),
            origin=Origin(self._url, hashlib.sha256(answer.body).hexdigest()),
        )

    def _parsed(self, answer: Fetched) -> Mapping[str, Any]:
        found = parse(answer.body, answer.headers)
        if not found.get("version") and not found.get("entries"):
            raise SourceFailed(
                self.name,
                "the answer is no RSS or Atom feed",
                "look at the address in a browser; a page often names its feed",
            )
        return found

    def _items(self, entries: list[dict[str, Any]]) -> Iterator[RawItem | RecordRefused]:
        place = EntryPlace(self.name, shared_ids(entries), self._options.max_text)
        for number, entry in enumerate(entries, 1):
            record = f"entry {number}"
            try:
                yield read_entry(entry, place, record)
            except Unfit as unfit:
                yield refuse(self.name, record, unfit)

    def _notes(self, answer: Fetched, entries: int, pause: float | None) -> Iterator[str]:
        if answer.moved:
            yield f"has moved for good to {answer.url}; change its url in tocsin.toml"
        if entries > MAX_ENTRIES:
            yield f"holds {entries:,} entries; the first {MAX_ENTRIES:,} were read"
        if pause is not None and timedelta(minutes=pause) > self._options.every:
            yield f"asks to be read every {pause:.0f} minutes, so it is"

    def _next(self, pause: Any, now: datetime) -> datetime:
        asked = timedelta(minutes=pause) if isinstance(pause, int | float) else timedelta()
        return now + max(self._options.every, min(asked, _LONGEST_WAIT))


def parse(body: bytes, headers: Mapping[str, str]) -> Mapping[str, Any]:
    """feedparser's reading of ``body``; of what it cannot read at all, nothing."""
    import feedparser

    told = {"content-type": headers.get("content-type", "application/xml")}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # as a stream: bytes are tried as the name of a file first
            found: Mapping[str, Any] = feedparser.parse(
                io.BytesIO(body),
                response_headers=told,
                sanitize_html=False,
                resolve_relative_uris=False,
            )
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError):
        return {}
    return found


def retry_after(said: str | None, now: datetime) -> datetime | None:
    """When a server allows the next request: seconds or an HTTP date, at most a day ahead."""
    if not said:
        return None
    said = said.strip()
    try:
        if said.isascii() and said.isdigit():
            moment = now + timedelta(seconds=min(int(said[:9]), 10**9))
        else:
            moment = as_utc(parsedate_to_datetime(said))
    except (ValueError, OverflowError):
        return None
    return min(max(moment, now), now + _LONGEST_WAIT)


def _pause_minutes(feed: Mapping[str, Any]) -> float | None:
    """The time between two looks that a feed asks for: RSS ``ttl``, or the syndication module."""
    ttl = feed.get("ttl")
    if isinstance(ttl, str) and ttl.strip().isascii() and ttl.strip().isdigit():
        return float(ttl.strip()[:9])
    period = _PERIODS.get(str(feed.get("sy_updateperiod", "")).strip().lower())
    times = str(feed.get("sy_updatefrequency", "1")).strip()
    if period is None or not (times.isascii() and times.isdigit()) or int(times[:9]) == 0:
        return None
    return period / int(times[:9])
