"""The plain shape: little is needed, nothing is lost on the way out and in again."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_rows import read, read_all
from tocsin.events import event_form, event_from_form
from tocsin.events.plain import COLUMNS, violence_of
from tocsin.model import MobEvent, Violence


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file to write."""
    return tmp_path / "events.csv"


def test_three_columns_are_enough(path: Path) -> None:
    (event,) = read(path, "event_time,latitude,longitude\n2023-10-29,42.5,47.5\n")
    assert event.event_time == datetime(2023, 10, 29, 12, tzinfo=UTC)
    assert event.known_at == event.event_time + timedelta(days=14)
    assert (event.precision_hours, event.violence) == (12.0, Violence.RIOT)
    assert event.id.startswith("plain:")


def test_moments_and_what_is_stated(path: Path) -> None:
    header = "id,event_time,known_at,latitude,longitude,kind,precision_hours,precision_km\n"
    rows = "a,2023-10-29T19:00+03:00,2023-11-02,1,2,Arson,,3\nb,2023-10-29 19:00,,1,2,march,6,\n"
    told, silent = read(path, header + rows, known_after=timedelta(0))
    assert told.event_time == datetime(2023, 10, 29, 16, tzinfo=UTC)
    assert told.known_at == datetime(2023, 11, 3, tzinfo=UTC)
    assert (told.violence, told.precision_hours, told.precision_km) == (Violence.ARSON, 1.0, 3.0)
    assert silent.event_time == datetime(2023, 10, 29, 19, tzinfo=UTC)
    assert silent.known_at == silent.event_time + timedelta(hours=6)
    assert silent.violence is Violence.PROTEST


def test_nothing_is_known_before_it_happened(path: Path) -> None:
    rows = "event_time,latitude,longitude,known_at\n2023-10-29,1,2,2023-01-01T00:00:00Z\n"
    (event,) = read(path, rows, known_after=timedelta(days=99))
    assert event.known_at == event.event_time + timedelta(hours=12)


@pytest.mark.parametrize(
    ("column", "value", "problem"),
    [
        ("precision_hours", "-1", "precision_hours"),
        ("precision_hours", "99999", "precision_hours"),
        ("precision_km", "-1", "precision_km"),
        ("violence", "bad", "violence is not a known sort"),
        ("known_at", "soonish", "a time that cannot be read"),
    ],
)
def test_wrong_values(path: Path, column: str, value: str, problem: str) -> None:
    rows = f"event_time,latitude,longitude,{column}\n2023-10-29,1,2,{value}\n"
    good, refused = read_all(path, rows)
    assert not good
    assert problem in refused[0]


def test_times_at_the_edge_of_the_calendar(path: Path) -> None:
    rows = "event_time,latitude,longitude\n0001-01-01T00:00:00+14:00,1,2\n9999-12-31,1,2\n"
    good, refused = read_all(path, rows)
    assert not good
    assert len(refused) == 2


def test_kinds() -> None:
    assert violence_of("Violent demonstration") is Violence.RIOT
    assert violence_of("peaceful protest") is Violence.PROTEST
    assert violence_of("something else") is Violence.OTHER
    assert all(violence_of(sort.value) is sort for sort in Violence)


def test_json_lines(path: Path) -> None:
    line = b'{"event_time":"2023-10-29T16:00:00Z","latitude":42.5,"longitude":47,"place":"Town"}'
    (event,) = read(path, b"\xef\xbb\xbf" + line)
    assert (event.place, event.longitude) == ("Town", 47.0)


_ABSENT = {"", "na", "n/a", "nan", "null", "none"}
_words = (
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=30)
    .map(lambda text: " ".join(text.split()))
    .filter(lambda text: text.lower() not in _ABSENT)
)
_moments = st.timedeltas(timedelta(0), timedelta(days=198 * 365)).map(
    lambda since: datetime(1900, 1, 2, tzinfo=UTC) + since
)


@st.composite
def events(draw: st.DrawFn) -> MobEvent:
    """Any event that a reader could have made."""
    event_time = draw(_moments)
    half_width = draw(st.floats(0, 24 * 366))
    lag = draw(st.timedeltas(timedelta(0), timedelta(days=300)))
    return MobEvent(
        id=draw(_words),
        event_time=event_time,
        known_at=event_time + timedelta(hours=half_width) + lag,
        latitude=draw(st.floats(-90, 90).filter(bool)),
        longitude=draw(st.floats(-180, 180)),
        kind=draw(_words),
        precision_hours=half_width,
        place=draw(st.none() | _words),
        target=draw(st.none() | _words),
        violence=draw(st.sampled_from(Violence)),
        source=draw(_words),
        precision_km=draw(st.none() | st.floats(0, 1000)),
    )


@given(st.lists(events(), min_size=1, max_size=4), st.booleans())
def test_what_is_listed_can_be_read_again(
    tmp_path_factory: pytest.TempPathFactory, made: list[MobEvent], as_json: bool
) -> None:
    forms = [event_form(event) for event in made]
    assert [event_from_form(form) for form in forms] == made
    if as_json:
        content = b"".join(orjson.dumps(form) + b"\n" for form in forms)
    else:
        out = io.StringIO()
        writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(forms)
        content = out.getvalue().encode()
    path = tmp_path_factory.mktemp("plain") / "a"
    assert read(path, content) == made
