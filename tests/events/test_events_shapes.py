"""Each format gives the right event: when, since when known, where, and what it counts as."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from event_rows import ACLED_COLUMNS, acled, arvig, read, read_all, scad, table, ucdp
from tocsin.events import DEFAULT_LAG, SHAPES, read_events
from tocsin.model import MobEvent, Violence


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file to write."""
    return tmp_path / "events.csv"


def test_acled_of_today(path: Path) -> None:
    (event,) = read(path, "\ufeff" + acled({}))
    assert event.id == "acled:XXX1"
    assert event.event_time == datetime(2023, 1, 31, 12, tzinfo=UTC)
    assert event.known_at == datetime.fromtimestamp(1676000000, UTC)
    assert (event.latitude, event.longitude) == (10.5, 20.25)
    assert (event.kind, event.violence) == ("Mob violence", Violence.RIOT)
    assert event.target == "Northern Group (Nowhere)"
    assert (event.place, event.precision_hours, event.precision_km) == ("Middle Town", 12.0, 5.0)


@pytest.mark.parametrize("written", ["2023-01-31", "31 January 2023", "31-Jan-23", "31 Jan 2023"])
def test_acled_dates(path: Path, written: str) -> None:
    (event,) = read(path, acled({"event_date": written}))
    assert event.event_time.date().isoformat() == "2023-01-31"


def test_acled_of_former_years(path: Path) -> None:
    columns = "data_id,iso3,event_id_no_cnty,event_date,time_precision,event_type,actor1,inter1,"
    columns += "latitude,longitude,location,actor2"
    row = ["7", "XXX", "12", "3 March 2017", "2", "Riots/Protests", "Rioters (Nowhere)"]
    for inter, violence in (("5", Violence.RIOT), ("6", Violence.PROTEST), ("3", Violence.OTHER)):
        line = ",".join([*row, inter, "1.5", "2.5", "Old Town", "Civilians (Nowhere)"])
        (event,) = read(path, f"{columns}\n{line}\n")
        assert event.id == "acled:XXX-12"
        assert event.violence is violence
        assert event.precision_hours == 84.0
        assert event.known_at == event.event_time + DEFAULT_LAG
        assert event.target == "Civilians (Nowhere)"


def test_acled_without_codes_is_told_by_the_actor(path: Path) -> None:
    rows = [{"event_type": "Riots/Protests", "sub_event_type": "", "inter1": ""}]
    rows.append({**rows[0], "actor1": "Protesters (Nowhere)"})
    rows.append({**rows[0], "actor1": "Somebody"})
    kinds = [event.violence for event in read(path, acled(*rows))]
    assert kinds == [Violence.RIOT, Violence.PROTEST, Violence.OTHER]


@pytest.mark.parametrize(
    ("event_type", "detail", "inter", "violence"),
    [
        ("Riots", "Violent demonstration", "5", Violence.RIOT),
        ("Protests", "Peaceful protest", "6", Violence.PROTEST),
        ("Protests", "Protest with intervention", "Protesters", Violence.PROTEST),
        ("Protests", "Excessive force against protesters", "6", Violence.PROTEST),
        ("Violence against civilians", "Attack", "Rioters", Violence.RIOT),
        ("Violence against civilians", "Attack", "Civilians", Violence.ASSAULT),
        ("Violence against civilians", "Attack", "Political militia", Violence.ARMED),
        ("Strategic developments", "Looting/property destruction", "5", Violence.RIOT),
        ("Strategic developments", "Looting/property destruction", "7", Violence.CLANDESTINE),
        ("Strategic developments", "Looting/property destruction", "2", Violence.ARMED),
        ("Strategic developments", "Agreement", "1", Violence.OTHER),
        ("Battles", "Armed clash", "1", Violence.ARMED),
        ("Battle-No change of territory", "", "1", Violence.ARMED),
        ("Explosions/Remote violence", "Grenade", "3", Violence.ARMED),
        ("Something new", "", "9", Violence.OTHER),
    ],
)
def test_what_acled_events_count_as(
    path: Path, event_type: str, detail: str, inter: str, violence: Violence
) -> None:
    row = {"event_type": event_type, "sub_event_type": detail, "inter1": inter}
    (event,) = read(path, acled(row))
    assert event.violence is violence
    assert event.kind == (detail or event_type)


def test_a_peaceful_protest_is_never_violence() -> None:
    assert not Violence.PROTEST.is_violence
    assert not Violence.PROTEST.is_mob_violence
    assert not Violence.OTHER.is_violence
    assert not Violence.ARMED.is_mob_violence
    assert all(
        sort.is_mob_violence
        for sort in (Violence.RIOT, Violence.ASSAULT, Violence.ARSON, Violence.CLANDESTINE)
    )


def test_acled_in_other_delimiters(path: Path) -> None:
    row = {"event_id_cnty": "X1", "event_date": "2023-01-31", "event_type": "Riots"}
    row |= {"latitude": "1", "longitude": "2", "location": "A, B"}
    for delimiter in ";\t":
        (event,) = read(path, table(ACLED_COLUMNS, [row], delimiter))
        assert event.place == "A, B"


def test_ucdp_with_and_without_its_header(path: Path) -> None:
    rows = ucdp({}, {"id": "700002"})
    with_header = read(path, rows)
    assert read(path, rows.partition("\n")[2]) == with_header
    assert read(path, rows.partition("\n")[2], forced="ucdp") == with_header
    event = with_header[0]
    assert event.id == "ucdp:700001"
    assert event.known_at == datetime(2019, 3, 6, tzinfo=UTC)
    assert (event.violence, event.kind) == (Violence.ARMED, "one-sided violence")
    assert (event.target, event.precision_km) == ("Civilians", 25.0)


def test_ucdp_spans(path: Path) -> None:
    rows = [
        {"date_prec": "2", "date_end": "2019-03-07"},
        {"date_prec": "4", "date_end": "2019-03-31", "date_start": "2019-03-01"},
        {"date_prec": "5"},
    ]
    days, month, year = read(path, ucdp(*rows))
    assert (days.event_time, days.precision_hours) == (datetime(2019, 3, 6, tzinfo=UTC), 48.0)
    assert month.precision_hours == 31 * 12
    assert year.precision_hours == 365 * 12
    # what may have happened until the end of the span is not known before that
    assert all(
        event.known_at >= event.event_time + timedelta(hours=event.precision_hours)
        for event in (days, month, year)
    )


def test_ucdp_without_a_source_date(path: Path) -> None:
    other = {"source_date": "", "type_of_violence": "2", "side_b": "Armed Group B"}
    wrong = {"source_date": "2019-02-31; 2019-03-09"}
    lagging, dated = read(path, ucdp(other, wrong), known_after=timedelta(days=3))
    assert lagging.known_at == lagging.event_time + timedelta(days=3)
    assert lagging.target == "Armed Group B"
    assert dated.known_at == datetime(2019, 3, 10, tzinfo=UTC)


def test_scad(path: Path) -> None:
    rows = [
        {},
        {"sublocal": "2", "etype": "2", "location_precision": "No"},
        {"eventid": "900002", "etype": "9.0", "elocal": "Unknown", "locnum": "-99"},
        {"eventid": "900003", "etype": "-9", "startdate": "5-Mar-08"},
    ]
    riot, march, armed, unknown = read(path, scad(*rows))
    assert riot.id == "scad:900001-1"
    assert riot.event_time == datetime(1990, 1, 28, 12, tzinfo=UTC)
    assert (riot.violence, riot.kind) == (Violence.RIOT, "spontaneous violent riot")
    assert (riot.place, riot.precision_km) == ("River Town", 10.0)
    assert (march.id, march.violence, march.precision_km) == (
        "scad:900001-2",
        Violence.PROTEST,
        500.0,
    )
    assert (armed.violence, armed.place, armed.precision_km) == (Violence.ARMED, None, 500.0)
    assert (unknown.violence, unknown.event_time.year) == (Violence.OTHER, 2008)


def test_scad_dates_by_their_parts(path: Path) -> None:
    header, row = scad({"startdate": "1/2/1990"}).splitlines()
    for parts, day in (("1990,2,1", "1990-02-01"), ("-99,2,1", None), ("1990,2,30", None)):
        good, refused = read_all(path, f"{header},styr,stmo,stday\n{row},{parts}\n")
        assert [event.event_time.date().isoformat() for event in good] == [day] * len(good)
        assert len(refused) == (day is None)


def test_scad_names_no_person(path: Path) -> None:
    (event,) = read(path, scad({}))
    assert "Somebody" not in repr(event)


def test_arvig_packed_and_plain(tmp_path: Path) -> None:
    content = arvig({}, {"category_en": "", "category_de": "Kundgebung/Demo"})
    plain = read(tmp_path / "a.csv", content)
    assert read(tmp_path / "a.csv.gz", gzip.compress(content.encode())) == plain
    arson, march = plain
    assert (arson.violence, arson.kind, arson.target) == (Violence.ARSON, "arson", "refugees")
    assert arson.known_at == arson.event_time + timedelta(days=14)
    assert march.violence is Violence.PROTEST


@pytest.mark.parametrize(
    ("category", "violence"),
    [
        ("assault", Violence.ASSAULT),
        ("miscellaneous attack & assault", Violence.ASSAULT),
        ("arson & miscellaneous attack", Violence.ARSON),
        ("demonstration & miscellaneous attack", Violence.CLANDESTINE),
        ("suspicion", Violence.OTHER),
    ],
)
def test_several_categories(path: Path, category: str, violence: Violence) -> None:
    (event,) = read(path, arvig({"category_en": category}))
    assert (event.violence, event.kind) == (violence, category)


def test_rows_without_ids_are_told_apart_and_stay_the_same(path: Path) -> None:
    one = read(path, arvig({}, {"location": "Oberdorf"}, {}))
    assert len({event.id for event in one}) == 3
    other = read(path, arvig({"location": "Oberdorf"}, {}, {}))
    assert {event.id for event in other} == {event.id for event in one}


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_every_format_is_described(name: str) -> None:
    shape = SHAPES[name]
    assert shape.name == name
    assert shape.summary
    assert shape.needed


def test_the_files_of_the_data_folder(data_folder: Path) -> None:
    folder = data_folder / "events"
    if not folder.is_dir():
        pytest.skip(f"no {folder}")
    for name, count, riots in (
        ("arvig-germany-2014-2017.csv.gz", 6918, 0),
        ("scad-latin-america-1990-2010.csv", 4082, 749),
    ):
        found = list(read_events(folder / name))
        good = [one for one in found if isinstance(one, MobEvent)]
        assert len(good) == len(found) == count
        assert len({event.id for event in good}) == count
        assert sum(event.violence is Violence.RIOT for event in good) == riots
