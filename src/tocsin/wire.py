"""The forms that leave the program: Reading, WarningAction and friends as JSON-ready dicts.

DESIGN section 5 fixes the keys; tests compare them. Times are ISO 8601 in UTC with offset.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from tocsin.model import (
    ChannelProfile,
    Credibility,
    Decision,
    EventTime,
    FieldReport,
    GatheringCall,
    Grade,
    Opinion,
    Phase,
    PlaceMention,
    Reading,
    Reliability,
    Rumour,
    Seen,
    Span,
    Suggestion,
    WarningAction,
)

Json = dict[str, Any]


def iso(moment: datetime | None) -> str | None:
    """``2023-10-29T16:00:00+00:00``; None stays None."""
    return None if moment is None else moment.astimezone(UTC).isoformat()


def reading_line(reading: Reading, post_id: str) -> Json:
    """One line of ``tocsin read``."""
    return {
        "id": post_id,
        "lang": reading.lang,
        "read": reading.read.value,
        "alarm": None if reading.alarm is None else round(reading.alarm, 4),
        "acts": [act.value for act in reading.acts],
        "act_scores": {act.value: round(score, 4) for act, score in reading.act_scores.items()},
        "frame": reading.frame.value,
        "target": None if reading.target is None else reading.target.group,
        "places": [place_form(place) for place in reading.places],
        "event_time": None if reading.event_time is None else time_form(reading.event_time),
        "deadline": None if reading.deadline is None else time_form(reading.deadline),
        "calls": [call_form(call) for call in reading.calls],
    }


def reading_body(reading: Reading) -> Json:
    """Everything of a Reading that the store keeps beside its columns."""
    return {
        **reading_line(reading, reading.ref),
        "signals": sorted(signal.value for signal in reading.signals),
        "spans": [span_form(span) for span in reading.spans],
        **(
            {"opinions": [opinion_form(one) for one in reading.opinions]}
            if reading.opinions
            else {}
        ),
    }


def opinion_form(opinion: Opinion) -> Json:
    """What another reader makes of a post."""
    return {
        "by": opinion.by,
        "alarm": opinion.alarm,
        "acts": [act.value for act in opinion.acts],
        "frame": None if opinion.frame is None else opinion.frame.value,
        "note": opinion.note,
    }


def place_form(place: PlaceMention) -> Json:
    """A place of a reading."""
    return {
        "name": place.name,
        "lat": place.latitude,
        "lon": place.longitude,
        "role": place.role.value,
        "venue": None if place.venue is None else place.venue.value,
        "p": round(place.p, 4),
    }


def time_form(when: EventTime) -> Json:
    """An event time of a reading."""
    return {
        "start": iso(when.start),
        "end": iso(when.end),
        "granularity": when.granularity.value,
    }


def call_form(call: GatheringCall) -> Json:
    """A gathering call; place and time may be unknown."""
    place, when = call.place, call.time
    return {
        "place": None if place is None else place.name,
        "lat": None if place is None else place.latitude,
        "lon": None if place is None else place.longitude,
        "venue": None if place is None or place.venue is None else place.venue.value,
        "start": None if when is None else iso(when.start),
        "end": None if when is None else iso(when.end),
        "granularity": None if when is None else when.granularity.value,
    }


def span_form(span: Span) -> list[Any]:
    """A span as ``[start, end, kind, cue]``."""
    return [span.start, span.end, span.kind, span.cue]


def warning_line(action: WarningAction) -> Json:
    """One line of ``tocsin replay``: DESIGN section 5's keys first, then ours."""
    return {
        "id": action.id,
        "action": action.action.value,
        "issued_at": iso(action.issued_at),
        "level": action.level.word,
        "probability": round(action.probability, 6),
        "interval": [round(bound, 6) for bound in action.interval],
        "base_rate": action.base_rate,
        "horizon_h": action.horizon_h,
        "place": action.place,
        "lat": action.latitude,
        "lon": action.longitude,
        "window_start": iso(action.window_start),
        "window_end": iso(action.window_end),
        "target": action.target,
        "rumour": action.rumour,
        "posts": list(action.posts),
        "why": list(action.why),
        "unseen": list(action.unseen),
        "inherited": action.inherited,
        "calibrated": action.calibrated,
        "place_id": action.key.place_id,
        "called": action.called,
        "zone": action.zone,
        "escalation": action.escalation,
        "outlook": [
            {
                "horizon_h": risk.horizon_h,
                "probability": round(risk.probability, 6),
                "interval": [round(bound, 6) for bound in risk.interval],
            }
            for risk in action.outlook
        ],
        "shares": [[name, round(share, 4)] for name, share in action.shares],
    }


def rumour_line(rumour: Rumour, phase: Phase | None = None) -> Json:
    """One line of ``tocsin rumours``; ``phase`` is null where no moment was asked about."""
    return {
        "id": rumour.id,
        "posts": rumour.posts,
        "texts": rumour.texts,
        "first_seen": iso(rumour.first_seen),
        "last_seen": iso(rumour.last_seen),
        "first_ref": rumour.first_ref,
        "phase": None if phase is None else phase.value,
        "revived_at": iso(rumour.revived_at),
        "live": rumour.live,
        "status": rumour.status.value,
    }


def suggestion_line(suggestion: Suggestion) -> Json:
    """One line of ``tocsin rumours suggestions``."""
    return {
        "rumour": suggestion.rumour,
        "other": suggestion.other,
        "probability": round(suggestion.probability, 4),
        "ref": suggestion.ref,
    }


def decision_form(decision: Decision) -> Json:
    """A person's decision as the ledger keeps it."""
    return {
        "kind": decision.kind.value,
        "subject": decision.subject,
        "value": decision.value,
        "by": decision.by,
        "at": iso(decision.at),
        "reason": decision.reason,
    }


def report_form(report: FieldReport) -> Json:
    """A report from the ground as the ledger keeps it and ``tocsin report --json`` prints it."""
    return {
        "id": report.id,
        "received_at": iso(report.received_at),
        "seen_at": iso(report.seen_at),
        "role": report.role,
        "place_id": report.place_id,
        "place": report.place,
        "lat": report.latitude,
        "lon": report.longitude,
        "seen": report.seen.value,
        "text": report.text,
        "grade": str(report.grade),
        "group": report.group,
        "by": report.by,
    }


def report_from_form(form: Json) -> FieldReport:
    """The inverse of :func:`report_form`."""
    received, seen = moment(form["received_at"]), moment(form["seen_at"])
    assert received is not None
    assert seen is not None
    letter, digit = form["grade"]
    return FieldReport(
        id=form["id"],
        received_at=received,
        seen_at=seen,
        role=form["role"],
        place_id=form["place_id"],
        place=form["place"],
        latitude=form["lat"],
        longitude=form["lon"],
        seen=Seen(form["seen"]),
        text=form["text"],
        grade=Grade(Reliability(letter), Credibility(int(digit))),
        group=form["group"],
        by=form["by"],
    )


def profile_form(profile: ChannelProfile) -> Json:
    """A channel as the ledger keeps it and ``tocsin channels --json`` prints it."""
    return {
        "channel": profile.channel,
        "name": profile.name,
        "home_place": profile.home_place,
        "time_zone": profile.time_zone,
        "languages": list(profile.languages),
        "subscribers": profile.subscribers,
        "as_of": iso(profile.as_of),
        "reliability": profile.reliability,
        "created_at": iso(profile.created_at),
    }


def profile_from_form(form: Json) -> ChannelProfile:
    """The inverse of :func:`profile_form`."""
    languages: Sequence[str] = form.get("languages") or ()
    return ChannelProfile(
        channel=form["channel"],
        name=form.get("name"),
        home_place=form.get("home_place"),
        time_zone=form.get("time_zone"),
        languages=tuple(languages),
        subscribers=form.get("subscribers"),
        as_of=moment(form.get("as_of")),
        reliability=form.get("reliability") or "F",
        created_at=moment(form.get("created_at")),
    )


def moment(text: str | None) -> datetime | None:
    """An ISO 8601 time as an aware datetime in UTC; naive is UTC; None stays None.

    Raises:
        ValueError: the text is not a time.
    """
    if text is None or text == "":
        return None
    parsed = datetime.fromisoformat(text)
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
