"""Rumours on the console: the list, one of them, and what people decide about it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_support import call
from console_support_rumours import PHONE, Town, ref, rumour_id, town
from sqlalchemy import text

from tocsin.model import Verification
from tocsin.store.rumours import Wanted, in_order
from tocsin.store.suggestions import keep_likeliest

BRIDGE, MUSEUM, HOCKEY = map(rumour_id, ("bridge", "museum", "hockey"))


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Town]:
    with town(tmp_path / "town") as found:
        yield found


def _listed(at: Town, **asked: Any) -> list[str]:
    return [one["id"] for one in at.vera.json("/rumours", **asked)["items"]]


def test_the_list_has_those_with_most_posts_first_and_says_how_they_grew(at: Town) -> None:
    rows = at.vera.json("/rumours", least=2)["items"]
    assert [(row["id"], row["posts"]) for row in rows] == [(BRIDGE, 3), (MUSEUM, 2)]
    assert rows[0]["languages"] == ["ru"]
    assert rows[0]["towns"] == ["Aford"]
    points = [float(point.split(",")[1]) for point in rows[0]["growth"].split()]
    assert len(points) == 4
    assert points == sorted(points, reverse=True)  # it only rises: y is counted downwards
    page = at.vera.page("/rumours")
    assert f'points="{rows[0]["growth"]}"' in page
    assert "style=" not in page


def test_filters_and_cursor_of_the_list(at: Town) -> None:
    everything = _listed(at, least=1)
    assert len(everything) == 5
    assert HOCKEY in everything
    assert HOCKEY not in _listed(at, least=1, live=True)
    parts, cursor = [], ""
    while True:
        part = at.vera.json("/rumours", least=1, limit=2, cursor=cursor)
        parts += [one["id"] for one in part["items"]]
        if part["next"] is None:
            break
        cursor = part["next"]
    assert parts == everything
    assert at.vera.get("/api/v1/rumours", cursor="nonsense").status_code == 422


def test_a_status_is_set_with_a_reason_and_found_by_it(at: Town) -> None:
    seen = at.ana.json(f"/rumours/{MUSEUM}")["seen"]
    done = at.ana.send(
        f"/rumours/{MUSEUM}/decide",
        verb="status",
        value="probably_false",
        reason="asked the museum",
        seen=seen,
    )
    assert (done.status_code, done.headers["location"]) == (303, f"/rumours/{MUSEUM}")
    found = at.ana.json(f"/rumours/{MUSEUM}")
    assert found["status"] == "probably_false"
    assert [(d["by"], d["reason"]) for d in found["decisions"]] == [("ana", "asked the museum")]
    assert _listed(at, least=1, status="probably_false") == [MUSEUM]
    assert MUSEUM not in _listed(at, least=1, status="new")
    page = at.ana.page(f"/rumours/{MUSEUM}")
    assert "asked the museum" in page
    assert "Status set." in page


def test_of_two_who_decide_at_once_one_is_told(at: Town) -> None:
    seen = at.ana.json(f"/rumours/{BRIDGE}")["seen"]
    first = {"verb": "status", "value": "confirmed_false", "seen": seen}
    assert at.ana.post(f"/rumours/{BRIDGE}/decisions", first).status_code == 201
    late = at.ben.post(f"/rumours/{BRIDGE}/decisions", {**first, "value": "confirmed_true"})
    assert late.status_code == 409
    assert "ana has decided" in late.json()["detail"]
    assert at.ben.json(f"/rumours/{BRIDGE}")["status"] == "confirmed_false"


def test_a_suggestion_is_accepted_and_the_merge_taken_back(at: Town) -> None:
    _suggest(at)
    (one,) = at.ana.json(f"/rumours/{BRIDGE}")["suggestions"]
    assert (one["rumour"], one["probability"], one["posts"]) == (MUSEUM, 0.4, 2)
    seen = at.ana.json(f"/rumours/{BRIDGE}")["seen"]
    done = at.ana.send(f"/rumours/{MUSEUM}/decide", verb="merge", value=BRIDGE, seen=seen)
    assert done.headers["location"] == f"/rumours/{BRIDGE}"
    merged = at.ana.json(f"/rumours/{MUSEUM}")
    assert (merged["id"], merged["posts"], merged["merged"]) == (BRIDGE, 5, [MUSEUM])
    assert merged["suggestions"] == []
    assert merged["undo"] == [{"rumour": MUSEUM, "into": BRIDGE}]
    assert _listed(at, least=2) == [BRIDGE]
    again = at.ana.send(f"/rumours/{MUSEUM}/decide", verb="unmerge", seen=merged["seen"])
    assert again.status_code == 303
    assert [row["posts"] for row in at.ana.json("/rumours", least=2)["items"]] == [3, 2]


def test_a_suggestion_is_rejected_for_good(at: Town) -> None:
    _suggest(at)
    body = {"verb": "dismiss", "value": MUSEUM}
    assert at.ana.post(f"/rumours/{BRIDGE}/decisions", body).status_code == 201
    assert at.ana.json(f"/rumours/{BRIDGE}")["suggestions"] == []


def test_ticked_posts_become_a_rumour_of_their_own(at: Town) -> None:
    done = at.ana.send(f"/rumours/{BRIDGE}/decide", verb="split", ref=[ref(1)], seen=0)
    new = done.headers["location"].rpartition("/")[2]
    assert [one["id"] for one in at.ana.json(f"/rumours/{new}")["items"]] == [ref(1)]
    assert [one["id"] for one in at.ana.json(f"/rumours/{BRIDGE}")["items"]] == [ref(0), ref(2)]
    none = at.ana.send(f"/rumours/{MUSEUM}/decide", verb="split", seen=0)
    assert none.status_code == 422
    assert "at least one post" in none.text


def test_wordings_are_counted_and_posts_are_read_on(at: Town) -> None:
    found = at.vera.json(f"/rumours/{BRIDGE}", limit=2)
    assert [(one["posts"], one["channels"]) for one in found["wordings"]] == [(2, 2), (1, 1)]
    assert [one["id"] for one in found["items"]] == [ref(0), ref(1)]
    rest = at.vera.json(f"/rumours/{BRIDGE}", limit=2, cursor=found["next"])
    assert [one["id"] for one in rest["items"]] == [ref(2)]
    assert rest["next"] is None
    assert found["days"] == [{"at": "2024-03-04", "posts": 3, "late": 0}]


def test_a_viewer_sees_no_phone_numbers_and_decides_nothing(at: Town) -> None:
    for path in ("/rumours", f"/rumours/{MUSEUM}", f"/api/v1/rumours/{MUSEUM}"):
        assert PHONE not in at.vera.get(path).text, path
    assert PHONE in at.ana.page(f"/rumours/{MUSEUM}")
    body = {"verb": "status", "value": "confirmed_true"}
    assert at.vera.post(f"/rumours/{MUSEUM}/decisions", body).status_code == 403
    page = at.vera.page(f"/rumours/{MUSEUM}")
    assert f"/rumours/{MUSEUM}/decide" not in page


def test_the_spread_is_a_picture_and_a_timeline(at: Town) -> None:
    svg = at.vera.get(f"/rumours/{BRIDGE}/spread.svg")
    assert svg.headers["content-type"].startswith("image/svg+xml")
    assert svg.text.startswith("<svg")
    told = at.vera.json(f"/rumours/{BRIDGE}/timeline")
    assert (told["posts"], told["first"]["channel"]) == (3, "town_news")


def test_what_is_erased_is_not_shown_again_from_memory(at: Town) -> None:
    assert "натюрморты" in at.ana.page(f"/rumours/{MUSEUM}")
    for number in (3, 4):
        answer = call(
            "erase",
            ref(number),
            "--as",
            "ana",
            "--reason",
            "asked",
            "--project",
            at.project.folder,
            "--yes",
        )
        assert answer.code == 0, answer
    assert "натюрморты" not in at.ana.page(f"/rumours/{MUSEUM}")


def test_what_is_not_there_is_said(at: Town) -> None:
    for path in ("/rumours/0123", "/rumours/0123/spread.svg", "/api/v1/rumours/0123/timeline"):
        assert at.vera.get(path).status_code == 404, path
    assert at.ana.post("/rumours/0123/decisions", {"verb": "unmerge"}).status_code == 404
    alone = at.ana.post(f"/rumours/{BRIDGE}/decisions", {"verb": "unmerge"})
    assert alone.status_code == 422


@pytest.mark.parametrize("live", [False, True])
def test_the_list_is_read_by_an_index(at: Town, live: bool) -> None:
    query = in_order(Wanted(25, live, Verification.NEW, 2, (10, "f")), (10, "f"))
    with at.desk.store.reading() as connection:
        said = query.compile(connection, compile_kwargs={"literal_binds": True})
        plan = [row[3] for row in connection.execute(text(f"EXPLAIN QUERY PLAN {said}"))]
    index = "rumours_live_in_order" if live else "rumours_in_order"
    assert any(f"USING INDEX {index}" in line for line in plan), plan
    assert not any("TEMP B-TREE" in line for line in plan), plan


def _suggest(at: Town) -> None:
    rumour, other = sorted((BRIDGE, MUSEUM))
    row = {"rumour": rumour, "other": other, "ref": ref(0), "probability": 0.4}
    with at.desk.store.writing() as connection:
        keep_likeliest(connection, [row])
