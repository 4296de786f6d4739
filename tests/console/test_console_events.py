"""Past events: filters, versions, a map, and what is only reported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from cli_support import call
from console_support_places import EVENTS, Town, desk_project

from tocsin.engines.events import events_known
from tocsin.store.events import EventFilter, count_events, events_newest_first


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return Town(desk_project(tmp_path_factory.mktemp("events")))


def _ids(town: Town, **asked: Any) -> list[str]:
    return [row["id"] for row in town.walk("/events", limit=2, **asked)]


def test_the_latest_first_and_each_once(town: Town) -> None:
    assert _ids(town) == ["e1", "e2", "e3", "e4"]
    assert count_events(town.desk.store) == 4
    first = town.json("/events")["items"][0]
    assert (first["violence"], first["mob_violence"], first["km"]) == ("riot", True, None)


@pytest.mark.parametrize(
    ("asked", "ids"),
    [
        ({"from": "2022-01-01", "to": "2024-01-01"}, ["e2", "e3"]),
        ({"known_by": "2023-05-05"}, ["e3", "e4"]),
        ({"violence": "arson"}, ["e4"]),
        ({"near": "58.0,38.8", "within_km": 30}, ["e1", "e3"]),
        ({"near": "58.0,38.8", "within_km": 30, "violence": "riot"}, ["e1"]),
        ({"near": "58.0,38.8", "within_km": 5_000}, ["e1", "e2", "e3", "e4"]),
        ({"words": "group b"}, ["e2"]),
        ({"words": "LONDON"}, ["e4"]),
        ({"words": "nowhere"}, []),
        ({"words": "violence"}, ["e1", "e2"]),  # the kind, not the name of a column
        ({"words": 'mob"'}, []),
    ],
)
def test_filters(town: Town, asked: dict[str, Any], ids: list[str]) -> None:
    assert _ids(town, **asked) == ids


def test_a_changed_event_counts_in_its_newest_version_and_was_otherwise_then(
    tmp_path: Path,
) -> None:
    town = Town(desk_project(tmp_path))
    changed = tmp_path / "changed.csv"
    changed.write_text(EVENTS.splitlines()[0] + "\n" + (
        "e2,2023-05-02T18:00:00+00:00,2024-03-07T00:00:00+00:00,57.62,39.87,Arson,Yaroslavl,Group B"
    ))  # fmt: skip
    assert call("events", "import", changed, "--project", town.project.folder).code == 0
    store = town.desk.store
    assert _ids(town, violence="arson") == ["e2", "e4"]
    assert _ids(town, **{"from": "2023-05-01", "to": "2023-05-02"}) == []
    then = _ids(town, known_by="2024-01-01", **{"from": "2023-05-01", "to": "2023-05-02"})
    assert then == ["e2"]
    for wanted in (EventFilter(), EventFilter(latitudes=(57.0, 57.9))):
        ours = [orjson.loads(body)["id"] for *_, body in events_newest_first(store, wanted)]
        assert ours == [one.id for one in events_known(store, wanted)][::-1]


@pytest.mark.parametrize(
    "asked",
    [
        {"from": "spring"},
        {"to": "0001-01-01T00:00:00+14:00"},
        {"near": "here"},
        {"near": "91,0"},
        {"near": "nan,nan"},
        {"near": "1,2,3"},
        {"within_km": "nan"},
        {"within_km": -1},
        {"violence": "x"},
        {"cursor": "1.2"},
        {"cursor": "-" + "9" * 17 + ".1.1"},
        {"limit": 0},
    ],
)
def test_what_is_asked_wrongly_is_refused(town: Town, asked: dict[str, Any]) -> None:
    answer = town.api("viewer").get("/api/v1/events", params=asked)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    if "limit" not in asked:
        assert town.browser("viewer").get("/events", params=asked).status_code == 422


def test_the_map_has_longitude_first_and_the_same_filters(town: Town) -> None:
    found = town.json("/events.geojson", violence="arson")
    (feature,) = found["features"]
    assert feature["geometry"] == {"type": "Point", "coordinates": [-0.12, 51.5]}
    assert feature["properties"]["id"] == "e4"
    assert len(town.json("/events.geojson")["features"]) == 4


def test_what_is_reported_as_in_progress_is_told_by_role(town: Town) -> None:
    (told,) = [
        row for row in town.json("/events/provisional")["items"] if row["warning"] == "0123456789ab"
    ]
    assert (told["by"], told["target"]) == ("channels", "Uzbeks")
    words = ("--role", "monitor", "--place", "Rybinsk", "--seen", "violence", "--grade", "B2")
    done = call("report", "add", *words, "--as", "ana", "--project", town.project.folder)
    assert done.code == 0, done
    assert {row["by"] for row in town.json("/events/provisional")["items"]} == {"channels"}
    ground = town.json("/events/provisional", "analyst")["items"][0]
    assert (ground["by"], ground["grade"], ground["role"]) == ("ground", "B2", "monitor")
    assert "Reported as in progress" in town.page("/events", "analyst")


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_page_says_where_events_come_from_and_escapes(town: Town, language: str) -> None:
    page = town.page("/events?words=London&violence=arson", language=language)
    assert "tocsin events import" in page
    assert "<b>London" not in page
    assert "&lt;b&gt;London" in page
    assert "Yaroslavl" not in page
    assert "/api/v1/events.geojson?violence=arson&amp;words=London" in page
