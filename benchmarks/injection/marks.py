"""Warnings against the truth of synthetic streams."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from injection.episodes import Episode
from tocsin.risk import haversine_km

WITHIN_KM = 30.0
BINS = 10

Line = Mapping[str, Any]


@dataclass(frozen=True)
class Mark:
    """What one stream raised.

    Args:
        warned: a warning of any level at its place before the hour.
        alerted: an alert or alarm rests on its posts, at least by half, wherever it points.
        lead_h: hours from the first alert at its place to the called hour; None: none before it.
        in_time: at least half of the time between the first call and the hour was left.
    """

    id: str
    kind: str
    warned: bool
    alerted: bool
    lead_h: float | None
    in_time: bool


def mark_streams(streams: Iterable[Episode], lines: Sequence[Line]) -> list[Mark]:
    """One mark a stream; a warning belongs to the stream whose posts it rests on."""
    of_stream = _by_stream(lines)
    return [_mark(stream, of_stream.get(stream.id, [])) for stream in streams]


def _by_stream(lines: Sequence[Line]) -> dict[str, list[Line]]:
    found: dict[str, list[Line]] = {}
    for line in lines:
        if line["action"] not in ("issue", "update"):
            continue
        for name in {_stream(ref) for ref in line["posts"]}:
            if name is not None:
                found.setdefault(name, []).append(line)
    return found


def _stream(ref: str) -> str | None:
    return ref.split("_")[1] if ref.startswith("synthetic_") else None


def _mark(stream: Episode, lines: Sequence[Line]) -> Mark:
    alerts = [line for line in lines if line["level"] != "watch" and _mostly_of(line, stream)]
    if stream.event_at is None or stream.called_at is None:
        return Mark(stream.id, stream.kind, bool(lines), bool(alerts), None, in_time=False)
    event = stream.event_at
    here = [line for line in lines if near(line, stream) and _at(line) < event]
    first = min((_at(line) for line in here if line["level"] != "watch"), default=None)
    half = stream.called_at + (event - stream.called_at) / 2
    return Mark(
        id=stream.id,
        kind=stream.kind,
        warned=bool(here),
        alerted=bool(alerts),
        lead_h=None if first is None else round((event - first) / timedelta(hours=1), 2),
        in_time=first is not None and first <= half,
    )


def _mostly_of(line: Line, stream: Episode) -> bool:
    """At least half of the posts it rests on are the stream's; else it is another's alert."""
    own = sum(_stream(ref) == stream.id for ref in line["posts"])
    return 2 * own >= len(line["posts"])


def reliability(pairs: Sequence[tuple[float, bool]]) -> dict[str, Any]:
    """Told probabilities against what happened within their horizon, in ten bins.

    Returns the expected calibration error (mean gap, weighted by bin) and each bin's count,
    mean probability and share of events.
    """
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for p, happened in pairs:
        bins[min(BINS - 1, int(p * BINS))].append((p, happened))
    rows = [
        (len(b), sum(p for p, _ in b) / len(b), sum(h for _, h in b) / len(b)) for b in bins if b
    ]
    error = sum(n * abs(p - share) for n, p, share in rows) / max(1, len(pairs))
    return {
        "calibration error": round(error, 4),
        "bins": [[n, round(p, 3), round(s, 3)] for n, p, s in rows],
    }


def outcomes(streams: Iterable[Episode], lines: Sequence[Line]) -> list[tuple[float, bool]]:
    """(told probability, whether the violence came within its horizon) of each action told."""
    of_stream = _by_stream(lines)
    pairs = []
    for stream in streams:
        for line in of_stream.get(stream.id, []):
            until = _at(line) + timedelta(hours=line["horizon_h"])
            came = (
                stream.occurs
                and stream.event_at is not None
                and near(line, stream)
                and _at(line) <= stream.event_at <= until
            )
            if stream.event_at is None or _at(line) <= stream.event_at:
                pairs.append((float(line["probability"]), came))
    return pairs


def near(line: Line, stream: Episode) -> bool:
    """The warning points to within ``WITHIN_KM`` of the stream's town."""
    town = stream.town
    return haversine_km(line["lat"], line["lon"], town.latitude, town.longitude) <= WITHIN_KM


def _at(line: Line) -> datetime:
    return datetime.fromisoformat(line["issued_at"])
