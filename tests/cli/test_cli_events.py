"""``tocsin events`` as a person uses it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_support import call, project_in

_TABLE = """id,event_time,known_at,latitude,longitude,kind,place,target
a,2023-10-28,2023-10-29,43.25,46.59,mob violence,Lower Town,north people
b,2023-10-29T16:00Z,,42.98,47.5,riot,Harbour,north people
c,2023-10-30,,55.75,37.62,peaceful protest,Far City,
"""


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A project with three events."""
    project = project_in(tmp_path)
    (tmp_path / "list.csv").write_text(_TABLE)
    done = call("events", "import", tmp_path / "list.csv", "--project", project)
    assert done.code == 0, done
    assert "3 new" in done.out
    assert "of these mob violence: 2 (riot 2, protest 1)" in done.out
    return project


def _ids(*arguments: object) -> list[str]:
    done = call(*arguments, "--json")
    assert done.code == 0, done
    return [json.loads(line)["id"] for line in done.out.splitlines()]


def test_nothing_yet(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    assert "tocsin events import FILE" in call("events", "--project", project).out
    assert _ids("events", "--project", project) == []


def test_listed_the_latest_first(desk: Path) -> None:
    done = call("events", "--project", desk)
    rows = done.out.splitlines()
    assert rows[1].startswith("2023-10-30  ")
    assert rows[2].startswith("2023-10-29 16:00 ")
    assert rows[3].startswith("2023-10-28  ")
    assert _ids("events", "--project", desk) == ["c", "b", "a"]
    assert _ids("events", "--project", desk, "list") == ["c", "b", "a"]


def test_how_sure_a_time_is_stands_beside_it(desk: Path, tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text(
        "event_time,latitude,longitude,precision_hours\n2023-12-01,1,2,84\n"
    )
    call("events", "import", tmp_path / "b.csv", "--project", desk)
    assert "±3.5 d " in call("events", "--project", desk).out


def test_asked_by_place_time_and_what_was_known(desk: Path) -> None:
    asked = ("events", "list", "--project", desk)
    assert _ids(*asked, "--near", "42.98,47.5", "--within", 10) == ["b"]
    assert _ids(*asked, "--near", "42.98,47.5", "--within", 200) == ["b", "a"]
    assert _ids(*asked, "--from", "2023-10-29", "--to", "2023-10-30") == ["b"]
    assert _ids(*asked, "--known-by", "2023-10-30") == ["a"]
    limited = call(*asked, "--limit", 1)
    assert "1 of 3 shown" in limited.err
    assert "Far City" in limited.out


def test_what_is_printed_can_be_imported(desk: Path, tmp_path: Path) -> None:
    printed = tmp_path / "printed.jsonl"
    printed.write_text(call("events", "--json", "--project", desk).out)
    done = call("events", "import", printed, "--json", "--project", desk)
    assert json.loads(done.out) == {
        "file": str(printed),
        "added": 0,
        "versions": 0,
        "unchanged": 3,
        "refused": [],
        "violence": {"riot": 2, "protest": 1},
    }
    other = project_in(tmp_path / "other")
    assert call("events", "import", printed, "--project", other).code == 0
    assert _ids("events", "--project", other) == ["c", "b", "a"]


def test_a_changed_row_is_told(desk: Path, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(_TABLE.replace("Harbour", "Old Harbour"))
    done = call("events", "import", tmp_path / "list.csv", "--project", desk)
    assert "0 new, 1 changed, 2 already here" in done.out


def test_wrong_rows_end_in_exit_2_and_the_good_ones_are_kept(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    mixed = tmp_path / "mixed.csv"
    mixed.write_text(_TABLE + "".join(f"w{n},2023-02-31,,1,2,,,\n" for n in range(25)))
    done = call("events", "import", mixed, tmp_path / "none.csv", "--project", project)
    assert done.code == 2
    assert "3 new, 25 refused" in done.out
    assert f"refused: {mixed}: line 5: a date that is not in the calendar" in done.err
    assert "refused: 5 more in" in done.err
    assert "none.csv: the whole file: there is no such file; check the name" in done.err
    assert "0 new, 1 refused" in done.out
    assert len(_ids("events", "--project", project)) == 3


@pytest.mark.parametrize(
    "arguments",
    [
        ("list", "--near", "here"),
        ("list", "--near", "91,0"),
        ("list", "--near", "1,2,3"),
        ("list", "--near", "nan,2"),
        ("list", "--from", "yesterday"),
        ("import", "x.csv", "--format", "gdelt"),
        ("import", "x.csv", "--known-after", "-1"),
        ("import", "x.csv", "--known-after", "nan"),
        ("import",),
    ],
)
def test_bad_usage(desk: Path, arguments: tuple[str, ...]) -> None:
    done = call("events", *arguments, "--project", desk)
    assert done.code == 2
    assert done.err
