"""Past events and observed signs behind a place: as of a moment, and never by themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tocsin.engines.slow import SlowRisk, past_event
from tocsin.indicators import starter_set
from tocsin.model import (
    Decision,
    DecisionKind,
    MobEvent,
    PlaceMention,
    Role,
    Violence,
)

NOW = datetime(2024, 6, 1, tzinfo=UTC)
DERBENT = PlaceMention(
    "geonames:566532", "Derbent", 42.06, 48.29, Role.MENTIONED, 0.9, "Europe/Moscow"
)
FAR = PlaceMention("geonames:2643743", "London", 51.5, -0.13, Role.MENTIONED, 0.9, "Europe/London")


def event(days_ago: float, violence: Violence = Violence.RIOT, **more: object) -> MobEvent:
    at = NOW - timedelta(days=days_ago)
    said: dict[str, object] = {
        "id": f"e{days_ago}",
        "event_time": at,
        "known_at": at + timedelta(hours=6),
        "latitude": 42.06,
        "longitude": 48.29,
        "kind": "Mob violence",
        "precision_hours": 12.0,
        "violence": violence,
        "place": "Derbent",
        **more,
    }
    return MobEvent(**said)  # type: ignore[arg-type]


def history() -> list[MobEvent]:
    return [event(days) for days in (2, 40, 90, 200, 300)]


def test_nothing_known_asks_nobody() -> None:
    assert SlowRisk().is_empty
    assert SlowRisk([event(3, Violence.PROTEST)]).is_empty
    assert SlowRisk()(DERBENT, "Group A", NOW) == (1.0, 0.0, ())


def test_a_place_where_it_happened_stands_higher_than_one_far_away() -> None:
    slow = SlowRisk(history())
    here, spread, terms = slow(DERBENT, "Group A", NOW)
    there, _, none = slow(FAR, "Group A", NOW)
    assert here > there
    assert spread > 0
    assert [term.name for term in terms] == ["contagion"]
    assert none == ()


def test_what_was_not_known_yet_changes_nothing() -> None:
    slow = SlowRisk([*history(), event(1, id="late", known_at=NOW + timedelta(days=20))])
    assert slow(DERBENT, "Group A", NOW) == SlowRisk(history())(DERBENT, "Group A", NOW)
    before = NOW - timedelta(days=400)
    assert slow(DERBENT, "Group A", before) == (1.0, 0.0, ())


def test_contagion_fades() -> None:
    slow = SlowRisk(history())
    soon = slow(DERBENT, "Group A", NOW)[2]
    later = slow(DERBENT, "Group A", NOW + timedelta(days=60))[2]
    assert soon
    assert not later or later[0].share < soon[0].share


@pytest.mark.parametrize(("days", "counts"), [(-1, True), (1, False)])
def test_a_sign_counts_from_when_a_person_saw_it(days: float, counts: bool) -> None:
    sign = starter_set()[0].id
    value = (
        '{"status":"observed","place":"country:RU","group":"","evidence":["one/1"],'
        '"reliability":"B","credibility":2,"seen_at":"2024-05-30T00:00:00+00:00"}'
    )
    at = NOW + timedelta(days=days)
    seen = Decision(DecisionKind.INDICATOR_STATUS, sign, value, "ana", at, "seen")
    slow = SlowRisk((), [seen])
    assert not slow.is_empty
    assert bool(slow(DERBENT, "Group A", NOW)[2]) is counts
    assert slow(FAR, "Group A", NOW)[2] == ()


def test_an_event_without_a_name_is_known_by_its_position() -> None:
    assert past_event(event(2, place=None)).place == "42.06 48.29"
