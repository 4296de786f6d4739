"""The parts of a rate at some points and one moment, from what was known then.

A snapshot decays every known event to the moment; a geometry says how far points lie from the
places of events. Both together give one row per part (``Basis.terms``) and one column per point.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import expm1, pi

import numpy as np
import numpy.typing as npt

from tocsin.risk.distance import EARTH_RADIUS_KM
from tocsin.risk.kernels import BASE_TERMS, Basis
from tocsin.risk.past_events import EventColumns, Floats, unit_vectors

FEW_EVENTS, FEW_DAYS = 1 / 12, 30.0
"""Gamma prior of a region's long-run rate: one event a year, as firm as a month; never zero."""

LEVEL_PRIOR_DAYS = 3.0
"""Days at the long-run rate that are added to the level's window."""

CUT = 12.0
"""An event is forgotten by a kernel after this many of its scales: exp(−12) is 6 in a million."""


@dataclass(frozen=True, slots=True)
class PlaceTable:
    """The places of a region, where they are known beforehand (never from later events).

    Args:
        degrees: (latitude, longitude) of each.
        exposure: what the risk is thought to grow with, such as inhabitants; same length.
    """

    degrees: tuple[tuple[float, float], ...]
    exposure: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.degrees or len(self.degrees) != len(self.exposure):
            raise ValueError("a table of places needs places, and one exposure for each")
        if min(self.exposure) < 0 or sum(self.exposure) <= 0:
            raise ValueError("exposures must not be negative, nor all zero")


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """What was known at one moment.

    Args:
        day: the moment, days since 1970.
        places: number of places, seen or not yet.
        level: events of a counted kind per day in the whole region.
        level_events: events the level rests on, each by its decay.
        shares: decayed events by place, counted kinds and all kinds, shape (2, seen places).
        excited: decayed events by place for each kernel, shape (kinds, kernels, seen places).
    """

    day: float
    places: float
    level: float
    level_events: float
    shares: Floats
    excited: Floats


def snapshot(columns: EventColumns, basis: Basis, day: float, places: int | None) -> Snapshot:
    """Every event known at ``day``, decayed to it; ``places``: how many there are, if known."""
    known = columns.known_by(day)
    age = day - columns.happened[:known]
    spot, counted = columns.spot[:known], columns.counted[:known]
    seen = int(spot.max()) + 1 if known else 0
    level, level_events = _level(columns, basis, day, known)
    decayed = np.exp(-age / basis.share_days)
    of_spots = [np.bincount(spot, by, minlength=seen) for by in (decayed * counted, decayed)]
    shares = np.stack(of_spots).astype(np.float64)
    excited = np.zeros((len(basis.kinds), len(basis.kernel_days), seen))
    for place, scale in enumerate(basis.kernel_days):
        recent = np.flatnonzero(age < CUT * scale)
        slots = columns.kind[recent] * seen + spot[recent]
        size = len(basis.kinds) * seen
        rows = np.bincount(slots, weights=np.exp(-age[recent] / scale), minlength=size)
        excited[:, place, :] = rows.reshape(len(basis.kinds), seen)
    return Snapshot(day, places or _places(spot, seen), level, level_events, shares, excited)


def _level(columns: EventColumns, basis: Basis, day: float, known: int) -> tuple[float, float]:
    """Events per day, and how many they rest on.

    Exponential moving average, drawn towards the long-run rate by a Gamma prior. Its window is
    as long as the history covers it, scale · (1 − exp(−span / scale)), and as much of it as is
    reported by now: with delays D, ∫ exp(−a / scale) / scale · P(D ≤ a) da = E[exp(−D / scale)].
    """
    scale, chosen = basis.level_days, columns.counted[:known]
    happened = columns.happened[:known]
    age = (day - happened)[chosen]
    span = day - float(happened.min()) if known else 0.0
    long_run = (age.size + FEW_EVENTS) / (span + FEW_DAYS)
    if not age.size:
        return long_run, 0.0
    delay = columns.known[:known][chosen] - happened[chosen]
    window = scale * -expm1(-span / scale) * float(np.exp(-delay / scale).mean())
    events = float(np.exp(-age / scale).sum())
    return (events + long_run * LEVEL_PRIOR_DAYS) / (window + LEVEL_PRIOR_DAYS), events


def _places(spot: npt.NDArray[np.int64], seen: int) -> float:
    """Places there may be: those seen over Good's (1953) estimate of the coverage."""
    times = np.bincount(spot, minlength=seen)
    once = int((times == 1).sum())
    return (seen + 1) * (spot.size + 2) / (spot.size - once + 1)


@dataclass(frozen=True, slots=True, eq=False)
class Geometry:
    """How points lie to the places of events.

    Args:
        exposed: share of the region's exposure at each point, shape (points,); NaN: unknown.
        same: 1 where a place of events is the point's own, shape (points, spots).
        region: weight of a place of events for the point, itself included, same shape.
        neighbours: the same without itself.
    """

    exposed: Floats
    same: Floats
    region: Floats
    neighbours: Floats


class Map:
    """Distances between points and places of events, and what they are divided by.

    A kernel is divided by its sum over the table's places, so that what one event adds to all
    places sums to one; without a table by the number of places under it, 2π scale² / place_km2.
    """

    def __init__(self, spots: Floats, basis: Basis, table: PlaceTable | None) -> None:
        self.basis, self._spots = basis, spots
        flat = 2 * pi / basis.place_km2
        self._around = np.full(len(spots), max(1.0, flat * basis.region_km**2))
        self._beside = np.full(len(spots), max(1.0, flat * basis.neighbour_km**2))
        self.points = unit_vectors(table.degrees) if table else spots
        self._own: Geometry | None = None
        self._exposure = np.array(table.exposure) / sum(table.exposure) if table else None
        for number in range(len(spots) if table else 0):
            apart = _km(self.points, spots[number : number + 1])[:, 0]
            near = np.exp(-apart / basis.neighbour_km)
            self._around[number] = max(1.0, float(np.exp(-apart / basis.region_km).sum()))
            self._beside[number] = max(1.0, float(near[apart > basis.same_km].sum()))

    def at(self, points: Floats, seen: int) -> Geometry:
        """How ``points`` (unit vectors) lie to the ``seen`` places first known."""
        apart = _km(points, self._spots[:seen])
        same = apart <= self.basis.same_km
        beside = np.exp(-apart / self.basis.neighbour_km) / self._beside[:seen]
        return Geometry(
            exposed=self._exposed(points),
            same=same.astype(np.float64),
            region=np.exp(-apart / self.basis.region_km) / self._around[:seen],
            neighbours=np.where(same, 0.0, beside),
        )

    def own(self, seen: int) -> Geometry:
        """How the map's own ``points`` lie; computed once."""
        if self._own is None:
            self._own = self.at(self.points, len(self._spots))
        own = self._own
        return Geometry(
            own.exposed, own.same[:, :seen], own.region[:, :seen], own.neighbours[:, :seen]
        )

    def nearest(self, points: Floats) -> npt.NDArray[np.int64]:
        """Which of the map's own points each is; −1 where none is within ``same_km``."""
        if not len(points):
            return np.zeros(0, dtype=np.int64)
        apart = _km(points, self.points)
        return np.where(apart.min(axis=1) <= self.basis.same_km, apart.argmin(axis=1), -1).astype(
            np.int64
        )

    def _exposed(self, points: Floats) -> Floats:
        if self._exposure is None:
            return np.full(len(points), np.nan)
        apart = _km(points, self.points)
        nearest = apart.argmin(axis=1)
        found = apart[np.arange(len(points)), nearest] <= self.basis.same_km
        return np.where(found, self._exposure[nearest], np.nan)


def point(latitude: float, longitude: float) -> Floats:
    """One point as a unit vector, shape (1, 3)."""
    return unit_vectors([(latitude, longitude)])


def parts(now: Snapshot, basis: Basis, where: Geometry, days: float) -> Floats:
    """Events expected within ``days`` through each part at weight 1, shape (terms, points).

    Contagion counts what known events are followed by, not what those are followed by in turn.
    """
    even = np.full(len(where.exposed), 1.0 / now.places)
    exposed = np.where(np.isnan(where.exposed), even, where.exposed)
    totals = now.shares.sum(axis=1)[:, None] + basis.share_prior
    smoothed = now.shares / totals
    spread = basis.share_prior / totals * even
    share = smoothed @ where.same.T + spread
    region = smoothed @ where.region.T + spread
    base = np.stack([even, exposed, share[0], share[1], region[0], region[1]])
    assert len(base) == len(BASE_TERMS)
    return np.concatenate([base * (now.level * days), _contagion(now, basis, where, days)])


def sums(now: Snapshot, basis: Basis, days: float) -> Floats:
    """The same, summed over all places of the region, shape (terms,)."""
    scales = np.array(basis.kernel_days)
    through = now.excited.sum(axis=2) * -np.expm1(-days / scales)
    return np.concatenate([np.full(len(BASE_TERMS), now.level * days), through.ravel()])


def _contagion(now: Snapshot, basis: Basis, where: Geometry, days: float) -> Floats:
    rows: list[Floats] = []
    last = len(basis.kernel_days) - 1
    for kind in range(len(basis.kinds)):
        for place, scale in enumerate(basis.kernel_days):
            lies = where.neighbours if place == last else where.same
            rows.append(lies @ now.excited[kind, place] * -expm1(-days / scale))
    return np.stack(rows)


def _km(points: Floats, others: Floats) -> Floats:
    """Great-circle kilometres, shape (points, others); from the chord, exact when near."""
    chord = np.sqrt(((points[:, None, :] - others[None, :, :]) ** 2).sum(axis=2))
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.minimum(1.0, chord / 2)))
