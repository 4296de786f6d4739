"""Which places were named when, kept in a few bytes a mention while posts are replayed.

The baselines see the same posts through this table, and nothing else of them.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt
import yaml

from tocsin.backtest.alarms import Floats, Ints, Site
from tocsin.model import Enriched, Frame, Reading
from tocsin.reading.gazetteer import distances_km

_KEYWORD, _CALL = 1, 2


class Mentions:
    """Places named by posts, in the order of the replay.

    Args:
        place_p: resolutions less certain than this are ignored.
    """

    def __init__(self, place_p: float) -> None:
        self._place_p = place_p
        self._index: dict[str, int] = {}
        self._times = array("d")
        self._sites_at = array("l")
        self._flags = array("B")
        self.sites: list[Site] = []
        self.calls: dict[str, datetime] = {}
        """When a post that calls people together was first known, by evidence id."""
        self.first: datetime | None = None
        self.last: datetime | None = None
        self.posts = 0

    def observe(self, enriched: Enriched, reading: Reading, _rumour: str) -> None:
        """Take note of one post; suits ``ReplayOptions.observer``."""
        at = enriched.post.known_at
        self.posts += 1
        self.first = self.first or at
        self.last = at if self.last is None else max(self.last, at)
        called = bool(reading.calls) and reading.frame is Frame.ASSERTED
        if called:
            self.calls.setdefault(enriched.post.ref, at)
        named = {
            place.place_id: Site(place.place_id, place.name, place.latitude, place.longitude)
            for place in reading.places
            if not place.is_area and place.p >= self._place_p
        }
        if not named:
            return
        flags = _KEYWORD * has_keyword(enriched.text) + _CALL * called
        for site in named.values():
            self._add(site, at, flags)

    def _add(self, site: Site, at: datetime, flags: int) -> None:
        index = self._index.setdefault(site.id, len(self._index))
        if index == len(self.sites):
            self.sites.append(site)
        self._times.append(at.timestamp())
        self._sites_at.append(index)
        self._flags.append(flags)

    @property
    def times(self) -> Floats:
        """When each mention was known, seconds since 1970, shape (n,)."""
        return np.array(self._times, dtype=np.float64)

    @property
    def site(self) -> Ints:
        """Which site each mention names, shape (n,)."""
        return np.array(self._sites_at, dtype=np.int64)

    @property
    def keyword(self) -> npt.NDArray[np.bool_]:
        """Whether the post has a keyword, shape (n,)."""
        return (np.array(self._flags, dtype=np.uint8) & _KEYWORD) > 0

    def seen(self) -> SeenPosts:
        """The table as it stands, to be asked what was near an event."""
        called = (np.array(self._flags, dtype=np.uint8) & _CALL) > 0
        return SeenPosts(self.sites, self.times, self.site, called)


class SeenPosts:
    """Answers what posts were near a point before a moment."""

    def __init__(
        self, sites: Sequence[Site], times: Floats, site: Ints, called: npt.NDArray[np.bool_]
    ) -> None:
        self._lats = np.array([one.latitude for one in sites], dtype=np.float64)
        self._lons = np.array([one.longitude for one in sites], dtype=np.float64)
        self._all = _by_site(site, times, len(sites))
        self._called = _by_site(site[called], times[called], len(sites))

    def any_post(self, point: tuple[float, float], km: float, span: tuple[float, float]) -> bool:
        """Whether a post named a place within ``km`` in ``span`` (seconds, ends included)."""
        return self._first(self._all, point, km, span) is not None

    def first_call(
        self, point: tuple[float, float], km: float, span: tuple[float, float]
    ) -> float | None:
        """When the first call to gather within ``km`` was known in ``span``; None: never."""
        return self._first(self._called, point, km, span)

    def _first(
        self,
        times: Sequence[Floats],
        point: tuple[float, float],
        km: float,
        span: tuple[float, float],
    ) -> float | None:
        near = np.flatnonzero(distances_km(self._lats, self._lons, *point) <= km)
        first: float | None = None
        for site in near.tolist():
            at = int(np.searchsorted(times[site], span[0]))
            if at < len(times[site]) and times[site][at] <= span[1]:
                found = float(times[site][at])
                first = found if first is None else min(first, found)
        return first


def _by_site(site: Ints, times: Floats, count: int) -> list[Floats]:
    order = np.lexsort((times, site))
    bounds = np.searchsorted(site[order], np.arange(count + 1))
    return [times[order[bounds[i] : bounds[i + 1]]] for i in range(count)]


def has_keyword(text: str) -> bool:
    """Whether a text has a word that begins like one of the committed list."""
    return _keywords().search(text.casefold().replace("ё", "е")) is not None


@cache
def _keywords() -> re.Pattern[str]:
    content = files("tocsin.backtest").joinpath("keywords.yaml").read_text(encoding="utf-8")
    lists: Mapping[str, Mapping[str, str]] = yaml.safe_load(content)
    stems = {stem for words in lists.values() for line in words.values() for stem in line.split()}
    longest_first = sorted(stems, key=lambda stem: (-len(stem), stem))
    # Arabic writes "and", "so", "the" and "by" as one word with what follows.
    return re.compile(r"\b(?:[وفبل]?(?:ال)?)(?:" + "|".join(map(re.escape, longest_first)) + ")")
