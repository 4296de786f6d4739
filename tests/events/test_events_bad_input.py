"""Files that are wrong: one clear line each, and the good rows are kept."""

from __future__ import annotations

import gzip
import os
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_rows import acled, arvig, read, read_all, scad, ucdp
from tocsin.errors import EnvironmentFailed, RecordRefused, UsageError
from tocsin.events import lines as event_lines
from tocsin.events import read_events

_PLAIN = "event_time,latitude,longitude\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file to write."""
    return tmp_path / "events.csv"


def _whole_file(path: Path, content: bytes, **how: str) -> str:
    path.write_bytes(content)
    with pytest.raises(RecordRefused) as refused:
        list(read_events(path, **how))  # type: ignore[arg-type]
    line = str(refused.value)
    assert line.startswith(f"{path}: ")
    assert "\n" not in line
    return line


def test_files_that_hold_nothing(path: Path, tmp_path: Path) -> None:
    for content in (b"", b"\n\n  \n"):
        assert "is empty" in _whole_file(path, content)
    for missing in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(RecordRefused, match="no such file"):
            list(read_events(missing))


def test_files_of_another_kind(path: Path) -> None:
    assert "UTF-16" in _whole_file(path, acled({}).encode("utf-16"))
    assert "UTF-16" in _whole_file(path, acled({}).encode("utf-16-le"))
    assert "packed" in _whole_file(path, b"PK\x03\x04rest")
    assert "no header" in _whole_file(path, b"<html>\n")
    assert "no header" in _whole_file(path, b"a,b,c\n1,2,3\n")
    assert "zero byte" in _whole_file(path, b"event_\0date,latitude\n")
    assert "CSV" in _whole_file(path, b'"a"b,c\n')


def test_missing_columns_are_named(path: Path) -> None:
    line = _whole_file(path, b"event_id_cnty,event_date,latitude,longitude\n")
    assert "acled is nearest, and lacks event_type" in line
    line = _whole_file(path, b"event_time,latitude,longitude\n", forced="scad")
    assert "lacks eventid, startdate, etype" in line


def test_one_column_twice(path: Path) -> None:
    assert "two columns are called 'latitude'" in _whole_file(
        path, b"event_time,latitude,longitude,Latitude\n"
    )


def test_wrong_calls(path: Path) -> None:
    path.write_text(_PLAIN)
    with pytest.raises(UsageError, match="known: acled, arvig, plain, scad, ucdp"):
        list(read_events(path, forced="gdelt"))
    with pytest.raises(UsageError, match="0 or more"):
        list(read_events(path, known_after=timedelta(days=-1)))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything")
def test_a_file_that_may_not_be_read(path: Path) -> None:
    path.write_text(_PLAIN)
    path.chmod(0)
    with pytest.raises(EnvironmentFailed):
        list(read_events(path))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"event_date": "31-Feb-2023"}, "not in the calendar"),
        ({"event_date": "31-Foo-2023"}, "not in the calendar"),
        ({"event_date": "2023-02-31"}, "not in the calendar"),
        ({"event_date": "yesterday"}, "cannot be read"),
        ({"event_date": "1066-10-14"}, "outside the years"),
        ({"event_date": ""}, "no event_date"),
        ({"latitude": "91"}, "latitude is off the globe"),
        ({"longitude": "-181"}, "longitude is off the globe"),
        ({"latitude": "north"}, "latitude is not a number"),
        ({"latitude": "inf"}, "latitude is not a number"),
        ({"latitude": "NA"}, "no latitude"),
        ({"latitude": "0", "longitude": "0.0"}, "0, 0"),
        ({"event_id_cnty": ""}, "no event_id_cnty"),
        ({"event_type": ""}, "no event_type"),
        ({"timestamp": "soon"}, "timestamp is not a number"),
        ({"timestamp": "99999999999"}, "timestamp is no time"),
        ({"time_precision": "1.5"}, "not a whole number"),
        ({"location": "x" * 501}, "over 500 characters"),
    ],
)
def test_one_wrong_row_costs_no_other(path: Path, change: dict[str, str], problem: str) -> None:
    good, refused = read_all(path, acled({}, change, {"event_id_cnty": "XXX3"}))
    assert [event.id for event in good] == ["acled:XXX1", "acled:XXX3"]
    (line,) = refused
    assert problem in line
    # each row is two lines long, for its note has a line break
    assert line.startswith(f"{path}: line 4: ")


def test_wrong_rows_of_the_other_formats(path: Path) -> None:
    for content, problem in (
        (ucdp({"type_of_violence": "4"}), "not 1, 2 or 3"),
        (ucdp({"date_end": "2019-03-01"}), "ends before it begins"),
        (scad({"etype": "11"}), "not one of 1 to 10"),
        (arvig({"category_en": "assault & rumour"}), "category"),
        (arvig({"category_en": "", "category_de": "NA"}), "no category_en"),
    ):
        good, refused = read_all(path, content)
        assert not good
        assert problem in refused[0]


def test_another_encoding_costs_only_the_rows_it_breaks(path: Path) -> None:
    content = acled({"location": "Größenstadt"}, {"event_id_cnty": "XXX2"}).encode("cp1252")
    good, refused = read_all(path, content)
    assert [event.id for event in good] == ["acled:XXX2"]
    assert "line 2: not valid UTF-8; save the table as UTF-8" in refused[0]


def test_control_characters_are_taken_out(path: Path) -> None:
    (event,) = read(path, acled({"location": "Lower\x1b[31m\x8dTown\tEast"}))
    assert event.place == "Lower[31mTown East"


def test_a_stray_quote_costs_one_line(path: Path) -> None:
    good, refused = read_all(path, _PLAIN + '"2023-01-01,1,2\n2023-01-02,1,2\n2023-01-03,1,2\n')
    assert [event.event_time.day for event in good] == [2, 3]
    assert "line 2: a quote is opened and not closed" in refused[0]


def test_stray_quotes_far_apart_do_not_pair_up(path: Path) -> None:
    rows = ['"2023-01-01,1,2', *["2023-01-02,1,2"] * 2000] * 3
    good, refused = read_all(path, _PLAIN + "\n".join(rows))
    assert (len(good), len(refused)) == (6000, 3)


def test_zero_bytes_and_long_lines(path: Path) -> None:
    huge = b"2023-01-02,1," + b"2" * (event_lines._LINE_BYTES + 10)
    rows = [b"2023-01-01,1,\0002", huge, b"2023-01-03,1,2", b"2023-01-04,1", b"2023-01-05,1,2,3"]
    good, refused = read_all(path, _PLAIN.encode() + b"\n".join(rows))
    assert [event.event_time.day for event in good] == [3]
    assert ["zero byte" in refused[0], "over 1,048,576 bytes" in refused[1]] == [True, True]
    assert "2 fields under 3 columns" in refused[2]
    assert len(refused) == 4


def test_a_file_that_was_cut_off(path: Path) -> None:
    whole = acled({}, {"event_id_cnty": "XXX2"})
    for left_out, problem in ((200, "fields under 31 columns"), (22, "quote is opened")):
        good, refused = read_all(path, whole[:-left_out])
        assert [event.id for event in good] == ["acled:XXX1"]
        assert problem in refused[0]
    packed = gzip.compress("".join([_PLAIN, "2023-01-01,1,2\n" * 90_000]).encode(), 1)
    good, refused = read_all(path, packed[: len(packed) // 2])
    assert good
    assert refused == [
        f"{path}: its end: the file ends in the middle of its compressed data; download it again"
    ]


def test_wrong_lines_of_json(path: Path) -> None:
    fine = '{"event_time":"2023-01-01","latitude":1,"longitude":2.5,"place":null}'
    wrong = ["[1]", "{", '{"event_time":true}', '{"event_time":{}}', '"x"']
    good, refused = read_all(path, "\n".join([fine, *wrong, "", fine]))
    assert len(good) == 2
    assert [line.partition("line ")[2][:1] for line in refused] == list("23456")


def test_a_broken_packed_file_of_json(path: Path) -> None:
    line = b'{"event_time":"2023-01-01","latitude":1,"longitude":2.5}\n'
    packed = gzip.compress(line * 90_000, 1)
    good, refused = read_all(path, packed[: len(packed) // 2])
    assert good
    assert "compressed data" in refused[0]


@given(st.binary(max_size=200), st.booleans())
def test_whatever_comes_is_answered(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, headed: bool
) -> None:
    path = tmp_path_factory.mktemp("any") / "a.csv"
    path.write_bytes(_PLAIN.encode() + content if headed else content)
    try:
        found = list(read_events(path))
    except RecordRefused as refused:
        found = [refused]
    assert all("\n" not in str(one) for one in found if isinstance(one, RecordRefused))


@given(st.lists(st.sampled_from(['"', ",", "a", "\n", "1", " "]), max_size=60).map("".join))
def test_rows_keep_the_number_of_their_line(text: str) -> None:
    found = list(event_lines.CsvRows(iter(text.encode().split(b"\n")), ",", 1))
    numbers = [number for number, _ in found]
    assert numbers == sorted(set(numbers))
    assert all(text.split("\n")[number - 1].strip() for number in numbers)
