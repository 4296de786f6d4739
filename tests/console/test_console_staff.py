"""Recipients, the rota with drills and shift log, the outbox."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from console_support_staff import (
    ADDRESS,
    NIGHT,
    NOW,
    WARNING,
    Desk,
    bare_desk,
    put_lists,
    queue,
    recipient,
    warned_desk,
)
from joined_support import GAZETTEER

from tocsin.console.actions import warnings as release_actions
from tocsin.delivery import State
from tocsin.desk.rota import gaps, stretches
from tocsin.engines.desk import desk_box
from tocsin.model import Duty, Rota, RotaChange
from tocsin.store import Store, outbox

FORM = {"id": "r9", "kind": "mail", "address": "new@example.org", "languages": "ru, en"}
COUNTS = {"dead": 2, "waiting": 1, "delivered": 1, "dropped": 1}
HARMS = {"right": "readers", "wrong": "traders", "cancelled": "those who go"}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = bare_desk(tmp_path)
    put_lists(made, [recipient("r1", secret="a key", communities=("Group A",))], ("ana", "ben"))
    return made


def changes(desk: Desk) -> list[tuple[str, str]]:
    """(list, who) of every change that the ledger knows."""
    with Store.at(desk.project.store_path) as store, store.reading() as connection:
        query = "SELECT subject, by FROM decisions WHERE kind = 'lists_changed' ORDER BY seq"
        return [(row.subject, row.by) for row in connection.exec_driver_sql(query)]


# -- recipients


def test_addresses_are_for_releasers_and_keys_for_nobody(desk: Desk) -> None:
    seen = {who: desk.by(who).get("/recipients") for who in ("vic", "ana", "rea")}
    assert seen["vic"].status_code == 403
    assert ADDRESS not in seen["ana"].text
    assert ADDRESS in seen["rea"].text
    page = desk.by("rea").get("/recipients?change=r1")
    assert 'name="keep"' in page.text
    for answer in (*seen.values(), page):
        assert "a key" not in answer.text
    (row,) = (
        desk.software("ana", desk.account("ana").role).get("/api/v1/recipients").json()["items"]
    )
    assert (row["id"], row["least"], row["communities"]) == ("r1", "alert", ["Group A"])
    assert not {"address", "name", "secret"} & set(row)
    assert (
        desk.software("vic", desk.account("vic").role).get("/api/v1/recipients").status_code == 403
    )


def test_a_releaser_adds_changes_and_removes_and_the_ledger_says_who(desk: Desk) -> None:
    rea = desk.by("rea")
    more = {"communities": "Group A\n Group B \n", "areas": "Aford,43,47.5,30", "place": "venue"}
    assert rea.post("/recipients", **FORM, **more).status_code == 303
    made = desk.lists().recipients[1]
    assert (made.id, made.name, made.languages) == ("r9", "r9", ("ru", "en"))
    assert made.communities == ("Group A", "Group B")
    assert (made.areas[0].radius_km, made.clearance.place.value) == (30.0, "venue")
    kept = {"id": "r1", "kind": "mail", "address": "other@example.org", "keep": "true"}
    assert rea.post("/recipients", **kept).status_code == 303
    assert (desk.lists().recipients[0].address, desk.lists().recipients[0].secret) == (
        "other@example.org",
        "a key",
    )
    assert rea.post("/recipients/remove", id="r9").status_code == 303
    assert [one.id for one in desk.lists().recipients] == ["r1"]
    assert rea.post("/recipients/remove", id="r9").status_code == 404
    assert changes(desk) == [("recipients", "rea")] * 3
    assert desk.files_with(b"new@example.org") == [], "lists are encrypted, the log names nobody"
    assert b"r9" not in desk.project.audit_path.read_bytes()


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"areas": "Aford"}, "NAME,LAT,LON,KM"),
        ({"least": "panic"}, "least"),
        ({"kind": "folder", "address": "/etc"}, "on the machine itself"),
        ({"address": ""}, "address"),
    ],
)
def test_what_is_no_recipient_is_refused(desk: Desk, more: dict[str, str], says: str) -> None:
    answer = desk.by("rea").post("/recipients", **(FORM | more))
    assert (answer.status_code, says in answer.text) == (422, True), answer.text
    assert (len(desk.lists().recipients), changes(desk)) == (1, [])
    assert desk.by("ana").post("/recipients", **FORM).status_code == 403


# -- rota


def test_stretches_follow_each_other_and_gaps_are_those_of_nobody() -> None:
    duty = Duty((4,), time(20), time(8), ("ana",))
    instead = RotaChange(
        NIGHT + timedelta(hours=1), NIGHT + timedelta(hours=2, minutes=7), ("ben",)
    )
    rota = Rota((duty,), (instead,), "Europe/Moscow")
    start, end = NIGHT - timedelta(days=1), NIGHT + timedelta(days=1)
    found = list(stretches(rota, start, end))
    assert [people for _, _, people in found] == [(), ("ana",), ("ben",), ("ana",), ()]
    assert (found[0][0], found[-1][1]) == (start, end)
    assert all(before[1] == after[0] for before, after in pairwise(found))
    assert found[1][0] == datetime(2024, 3, 1, 17, tzinfo=UTC), "20:00 in Moscow"
    assert found[2][1] == instead.end, "to the minute"
    assert list(gaps(rota, start, end)) == [found[0][:2], found[-1][:2]]


def test_who_is_on_duty_and_a_swapped_shift_taken_back(desk: Desk) -> None:
    client = desk.software("ana", desk.account("ana").role)
    now = client.get("/api/v1/rota/now").json()
    assert (now["on_duty"], now["called"]) == (["ana", "ben"], ["ana", "ben"])
    rea = desk.by("rea")
    asked = {
        "start": "2024-03-01T22:00",
        "end": "2024-03-02T06:00",
        "people": "ben",
        "reason": "ill",
    }
    assert rea.post("/rota/swap", **asked).status_code == 303
    now = client.get("/api/v1/rota/now").json()
    assert (now["on_duty"], now["then"]) == (["ben"], ["ana", "ben"])
    assert now["until"] == "2024-03-02T06:00:00+00:00"
    page = desk.by("ana").get("/rota")
    assert "ill" in page.text
    assert "/rota/undo" not in page.text, "an analyst looks"
    (change,) = desk.lists().rota.changes
    gone = {"start": change.start.isoformat(), "end": change.end.isoformat()}
    assert rea.post("/rota/undo", **gone).status_code == 303
    assert rea.post("/rota/undo", **gone).status_code == 404
    assert client.get("/api/v1/rota/now").json()["on_duty"] == ["ana", "ben"]
    assert changes(desk) == [("rota", "rea")] * 2


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"people": "zoe"}, "on no staff list"),
        ({"people": " , "}, "no people"),
        ({"end": "2024-03-01T21:00"}, "ends before"),
        ({"start": "2024-02-01T20:00", "end": "2024-02-01T22:00"}, "has passed"),
        ({"start": "soon"}, "say from"),
    ],
)
def test_a_swap_that_helps_nobody_is_refused(desk: Desk, more: dict[str, str], says: str) -> None:
    asked = {"start": "2024-03-01T22:00", "end": "2024-03-02T06:00", "people": "ben", **more}
    answer = desk.by("rea").post("/rota/swap", **asked)
    assert (answer.status_code, says in answer.text) == (422, True), answer.text
    assert desk.by("ana").post("/rota/swap", **asked).status_code == 403
    assert desk.lists().rota.changes == ()


def test_gaps_and_strangers_in_the_rota_are_said(desk: Desk) -> None:
    def lame(lists: Any) -> Any:
        duty = Duty((0,), time(8), time(20), ("ana", "zoe"))
        return replace(lists, rota=Rota((duty,)))

    desk_box(desk.project).change(lame)
    page = desk.by("ana").get("/rota").text
    assert "zoe is in the rota and on no staff list" in page
    assert "Nobody is on duty" in page
    assert desk.by("vic").get("/rota").status_code == 403


def test_notes_are_kept_encrypted_and_stand_in_the_log_and_the_brief(desk: Desk) -> None:
    ana, text = desk.by("ana"), "The bakery was called twice"
    assert ana.post("/rota/notes", text=text, handover="true").status_code == 303
    assert ana.post("/rota/notes", text="  ").status_code == 422
    (note,) = desk.lists().notes
    assert (note.by, note.text, note.handover, note.at) == ("ana", text, True, NOW)
    assert desk.files_with(text.encode()) == []
    assert text in ana.get("/rota").text
    desk.clock.advance(NOW + timedelta(hours=1))
    brief = ana.get("/rota/brief")
    assert text in brief.text
    assert "sha256-" in brief.headers["content-security-policy"]
    assert "unsafe" not in brief.headers["content-security-policy"]
    assert desk.by("vic").get("/rota/brief").status_code == 403
    desk.clock.advance(NOW + timedelta(days=3))
    assert text not in desk.by("ana").get("/rota").text


def test_a_drill_is_started_from_a_warning_and_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release_actions, "_atlas", lambda: GAZETTEER)
    desk = warned_desk(tmp_path)
    ana, rea = desk.by("ana"), desk.by("rea")
    assert "No drill was ever done" in ana.get("/rota").text
    client = desk.software("ana", desk.account("ana").role)
    harms = {f"if_{name}": said for name, said in HARMS.items()}
    wish = {"to": ["r1"], "drill": True, **harms}
    shown = client.post(f"/api/v1/warnings/{WARNING}/releases", json=wish).json()
    digests = [one["digest"] for one in shown["messages"]]
    client.post(f"/api/v1/warnings/{WARNING}/releases", json={**wish, "digests": digests})
    found = client.get("/api/v1/drills").json()
    (drill,) = found["waiting"]
    assert (drill["warning"], found["due"]) == (WARNING, True)
    assert WARNING in ana.get("/outbox").text
    (waits,) = client.get("/api/v1/outbox/waiting").json()["releases"]
    assert (waits["release"], waits["for"], waits["drill"]) == (drill["id"], "approval", True)
    assert rea.post(f"/warnings/{WARNING}/release/{drill['id']}/approve").status_code == 303
    found = client.get("/api/v1/drills").json()
    assert (found["due"], found["waiting"], len(found["done"])) == (False, [], 1)
    assert client.get("/api/v1/outbox/waiting").json()["releases"] == []
    (message,) = client.get("/api/v1/outbox").json()["items"]
    assert (message["to"], message["drill"], message["state"]) == ("r1", True, "waiting")
    page = ana.get("/rota").text
    assert "The next drill is due by" in page
    desk.clock.advance(NOW + timedelta(days=100))
    assert "A drill is due" in desk.by("ana").get("/rota").text


# -- outbox


def test_dead_letters_come_first_and_a_releaser_sends_them_again(tmp_path: Path) -> None:
    desk = warned_desk(tmp_path)
    states = (State.DELIVERED, State.DEAD, State.WAITING, State.DEAD, State.DROPPED)
    keys = [queue(desk, n, state, f"r{n}") for n, state in enumerate(states, 1)]
    client = desk.software("ana", desk.account("ana").role)
    first = client.get("/api/v1/outbox?limit=3").json()
    rest = client.get(f"/api/v1/outbox?limit=3&cursor={first['next']}").json()
    assert [one["to"] for one in first["items"] + rest["items"]] == ["r4", "r2", "r3", "r1", "r5"]
    assert (first["counts"], rest["next"]) == (COUNTS, None)
    assert [one["to"] for one in client.get("/api/v1/outbox?state=dead").json()["items"]] == [
        "r4",
        "r2",
    ]
    assert client.get("/api/v1/outbox?cursor=x").status_code == 422
    page = desk.by("ana").get("/outbox")
    assert "text 1" not in page.text, "who and what became of it, never the words"
    assert "/outbox/retry" not in page.text
    assert desk.by("ana").post("/outbox/retry", key=keys[1]).status_code == 403
    assert desk.by("vic").get("/outbox").status_code == 403
    rea = desk.by("rea")
    assert rea.post("/outbox/retry", key=keys[1]).status_code == 303
    assert rea.post("/outbox/retry", key=keys[0]).status_code == 422, "no dead letter"
    assert outbox.counts(desk.console.store) == {**COUNTS, "dead": 1, "waiting": 2}
    assert rea.post("/outbox/retry", every="true").status_code == 303
    assert rea.post("/outbox/retry", every="true").status_code == 422, "there are no more"
    again = desk.software("rea", desk.account("rea").role).post("/api/v1/outbox/retries", json={})
    assert again.status_code == 422
