"""CAP 1.2: every message conforms, and an independent reader reads the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import capparser
import pytest
from cap_conformance import NS, breaches
from delivery_builders import T0, TOWN, action, occasion, options, recipient
from hypothesis import given
from hypothesis import strategies as st

from tocsin.delivery.cap import CapOptions, Earlier, cap_time, certainty, identifier, urgency
from tocsin.delivery.compose import compose
from tocsin.delivery.wording import Occasion, Town
from tocsin.errors import UsageError
from tocsin.model import (
    Action,
    Area,
    Clearance,
    Level,
    Message,
    PlacePrecision,
    SituationKey,
    Verification,
)

CLEARED = Clearance(place=PlacePrecision.VENUE)
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
SHARES = st.floats(0, 1, allow_nan=False)
WORDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40).filter(str.strip)


@st.composite
def occasions(draw: st.DrawFn) -> Occasion:
    at = draw(MOMENTS)
    start = draw(st.none() | st.integers(-48, 200).map(lambda h: at + timedelta(hours=h)))
    end = None if start is None else start + timedelta(hours=draw(st.integers(0, 30)))
    probability = draw(SHARES)
    made = action(
        issued_at=at,
        action=draw(st.sampled_from(Action)),
        level=draw(st.sampled_from(Level)),
        probability=probability,
        interval=(probability / 2, (1 + probability) / 2),
        window_start=start,
        window_end=draw(st.sampled_from([end, None])),
        target=draw(WORDS),
        place=draw(WORDS),
        latitude=draw(st.floats(-90, 90)),
        longitude=draw(st.floats(-180, 180)),
        calibrated=draw(st.booleans()),
        called=draw(st.booleans()),
        inherited=draw(st.booleans()),
        zone=draw(st.sampled_from(["Europe/Moscow", "no/where", "UTC"])),
        horizon_h=draw(st.sampled_from([6, 24, 72])),
        unseen=("a", "b", "c", "d")[: draw(st.integers(0, 4))],
    )
    town = Town(draw(WORDS), draw(st.floats(-90, 90)), draw(st.floats(-180, 180)))
    status = draw(st.none() | st.sampled_from(Verification))
    return Occasion(draw(st.integers(1, 99)), made, town, status)


@given(
    occasions(),
    st.sampled_from([("en",), ("ru",), ("ru", "en"), ("en", "ru", "en"), ("zz",)]),
    st.booleans(),
    st.booleans(),
    st.integers(0, 3),
    st.text(min_size=1, max_size=20),
)
def test_every_message_conforms(
    one: Occasion,
    languages: tuple[str, ...],
    private: bool,
    drill: bool,
    before: int,
    name: str,
) -> None:
    reader = recipient(
        "r", name=f"x{name}", languages=languages, least=Level.NONE, clearance=CLEARED
    )
    earlier = [
        Earlier(n + 100, one.action.issued_at - timedelta(hours=9 - n)) for n in range(before)
    ]
    how = options(scope="Private" if private else "Restricted", drill=drill)
    made = compose(one, reader, earlier, how)
    ends = one.action.action in (Action.CANCEL, Action.EXPIRE)
    assert (made is None) == (ends and not before)
    if made is not None:
        assert breaches(made.cap) == []
        assert len(made.subject) <= 160
        assert "\n" not in made.subject


def _made(number: int = 1, earlier: Sequence[Earlier] = (), **more: Any) -> Message:
    made = compose(occasion(number, **more), recipient("r", least=Level.NONE), earlier, options())
    assert made is not None
    return made


def _info(cap: str) -> ET.Element:
    found = ET.fromstring(cap.encode()).find(f"{NS}info")
    assert found is not None
    return found


def test_an_independent_reader_reads_the_same() -> None:
    reader = recipient("r", languages=("en", "ru"))
    made = compose(occasion(calibrated=True), reader, (), options())
    assert made is not None
    alert = capparser.parse(stringXML=made.cap)
    assert alert.identifier[0] == identifier("a1b2c3d4e5f6", 1, "r")
    assert alert.sender[0] == "desk@example.org"
    assert alert.sent[0] == "2024-05-01T09:00:00-00:00"
    assert (alert.status[0], alert.msgType[0], alert.scope[0]) == ("Actual", "Alert", "Restricted")
    assert alert.restriction[0] == "For the recipient and those who must act; not for publication."
    english, russian = alert.info[0]
    assert (english.language[0], russian.language[0]) == ("en", "ru")
    for info in (english, russian):
        assert _one(info.category) == "Security"
        assert info.urgency[0] == "Expected"
        assert info.severity[0] == "Moderate"
        assert info.certainty[0] == "Possible"
        assert info.onset[0] == "2024-05-01T16:00:00-00:00"
        assert info.expires[0] == "2024-05-01T23:00:00-00:00"
        parameters = {p.valueName[0]: p.value[0] for p in info.parameter[0]}
        assert parameters["probability"] == "0.120"
    assert english.headline[0] == made.subject
    (area,) = english.area[0]
    assert _one(area.circle) == "43.0,47.6 15"
    assert russian.area[0][0].areaDesc[0] == "Афорд и окрестности"


def _one(value: Any) -> Any:
    """capparser gives a lone child as itself, several as a list."""
    return value[0][0] if isinstance(value[0], list) else value[0]


def test_update_and_cancel_refer_to_all_before() -> None:
    first = _made(1)
    second = _made(2, [Earlier(1, T0)])
    third = _made(3, [Earlier(1, T0), Earlier(2, T0 + timedelta(minutes=10))], action=Action.CANCEL)
    alerts = [capparser.parse(stringXML=one.cap) for one in (first, second, third)]
    assert [alert.msgType[0] for alert in alerts] == ["Alert", "Update", "Cancel"]
    names = [",".join((a.sender[0], a.identifier[0], a.sent[0])) for a in alerts]
    assert alerts[0].references[0] is None
    assert alerts[1].references[0] == names[0]
    assert alerts[2].references[0].split() == names[:2]
    assert len(set(names)) == 3


def test_the_first_that_somebody_is_told_is_an_alert_whatever_it_was_for_us() -> None:
    assert "<msgType>Alert</msgType>" in _made(4, action=Action.UPDATE).cap


def test_an_end_is_no_all_clear() -> None:
    made = _made(2, [Earlier(1, T0)], action=Action.EXPIRE)
    info = _info(made.cap)
    assert "<msgType>Update</msgType>" in made.cap
    assert info.findtext(f"{NS}urgency") == "Past"
    assert info.findtext(f"{NS}responseType") == "None"
    assert "does not mean that all is calm" in made.text


def test_private_names_the_recipient_and_nobody_else() -> None:
    reader = recipient("r", name="Town desk")
    made = compose(occasion(), reader, (), options(scope="Private"))
    assert made is not None
    assert '<addresses>"Town desk"</addresses>' in made.cap
    assert "restriction" not in made.cap
    assert "x.org" not in made.cap


def test_a_drill_is_a_test_wherever_one_looks() -> None:
    made = compose(occasion(), recipient(languages=("en", "ru")), (), options(drill=True))
    assert made is not None
    assert "<status>Test</status>" in made.cap
    assert made.subject.startswith("EXERCISE ONLY")
    assert made.drill
    for info in ET.fromstring(made.cap.encode()).iter(f"{NS}info"):
        assert (info.findtext(f"{NS}headline") or "").startswith(("EXERCISE", "УЧЕНИЕ"))
        instruction = info.findtext(f"{NS}instruction") or ""
        assert "exercise" in instruction or "учение" in instruction


@pytest.mark.parametrize(
    ("probability", "calibrated", "word"),
    [
        (0.51, True, "Likely"),
        (0.5, True, "Possible"),
        (0.01, True, "Possible"),
        (0.009, True, "Unlikely"),
        (0.99, False, "Possible"),
        (0.001, False, "Possible"),
    ],
)
def test_certainty(probability: float, calibrated: bool, word: str) -> None:
    assert certainty(probability, calibrated=calibrated) == word


@pytest.mark.parametrize(
    ("hours", "word"), [(-1, "Immediate"), (1, "Immediate"), (2, "Expected"), (25, "Future")]
)
def test_urgency(hours: int, word: str) -> None:
    start = T0 + timedelta(hours=hours)
    assert urgency(action(window_start=start, window_end=start + timedelta(hours=3))) == word
    assert urgency(action(window_start=None, window_end=None)) == "Unknown"
    over = T0 - timedelta(hours=1)
    assert urgency(action(window_start=over - timedelta(hours=1), window_end=over)) == "Past"


def test_no_number_leaves_where_none_is_calibrated() -> None:
    cap = _made(probability=0.123456).cap
    assert "0.123" not in cap
    assert "12 %" not in cap
    assert "probability" not in cap
    assert "Not calibrated here" in cap


def test_the_spot_is_for_those_who_are_cleared() -> None:
    assert "43.0,47.6 15" in _made().cap
    cleared = recipient("r", clearance=CLEARED)
    made = compose(occasion(), cleared, (), options())
    assert made is not None
    assert "43.09,47.65 2" in made.cap
    assert "Aford, airport" in made.text


def test_of_a_list_each_is_told_their_own_row() -> None:
    """One warning, two places: the id is shared, the rows are not."""
    near = Occasion(1, action(place="Aford", key=SituationKey("geonames:1", "migrants")), TOWN)
    far_town = Town("Beeford", 50.0, 20.0)
    far = Occasion(2, action(place="Beeford", key=SituationKey("geonames:2", "migrants")), far_town)
    here = recipient("here", areas=(Area("Aford", 43.0, 47.5, 20.0),))
    there = recipient("there", areas=(Area("Beeford", 50.1, 20.1, 20.0),))
    told = {
        one.id: [m for o in (near, far) if (m := compose(o, one, (), options()))]
        for one in (here, there)
    }
    assert [len(messages) for messages in told.values()] == [1, 1]
    assert "Beeford" not in told["here"][0].cap + told["here"][0].text
    assert "Aford" not in told["there"][0].cap + told["there"][0].text


def test_whom_it_concerns() -> None:
    def told(**more: Any) -> bool:
        return compose(occasion(), recipient(**more), (), options()) is not None

    assert told()
    assert not told(least=Level.ALARM)
    assert not told(communities=("Roma",))
    assert told(communities=("Roma", "migrants"))


def test_an_update_follows_to_whoever_was_told_before_though_the_level_fell() -> None:
    lower = occasion(2, level=Level.WATCH)
    assert compose(lower, recipient(), (), options()) is None
    assert compose(lower, recipient(), [Earlier(1, T0)], options()) is not None


def test_identifiers_differ_by_recipient_and_drill() -> None:
    names = {
        identifier("w 1,<&", 1, who, drill=drill) for who in ("a", "b") for drill in (True, False)
    }
    assert len(names) == 4
    assert not any(set(" ,<&") & set(name) for name in names)
    assert cap_time(datetime(2024, 1, 1, 5, 0, 0, 999, tzinfo=UTC)) == "2024-01-01T05:00:00-00:00"


@pytest.mark.parametrize("sender", ["", "two words", "a,b", "a<b", "a&b"])
def test_a_sender_that_cannot_stand_in_cap_is_refused(sender: str) -> None:
    with pytest.raises(UsageError, match=r"delivery\.sender"):
        CapOptions(sender, "x")


def test_public_is_refused() -> None:
    with pytest.raises(UsageError, match="Restricted or Private"):
        CapOptions("a@b.org", "x", "Public")


def test_the_checker_itself_finds_what_is_wrong() -> None:
    good = _made().cap
    for old, new in (
        ("-00:00</sent>", "Z</sent>"),
        ("<scope>Restricted", "<scope>Public"),
        ("<category>Security", "<category>Unrest"),
        ("<msgType>Alert", "<msgType>Update"),
        ("<urgency>Expected</urgency>", ""),
        ("43.0,47.6 15", "47.6 43.0 15"),
    ):
        assert old in good
        assert breaches(good.replace(old, new)), new
    swapped = good.replace("<status>Actual</status>", "").replace(
        "<incidents>", "<status>Actual</status><incidents>"
    )
    assert "alert: order" in breaches(swapped)
