"""The review queue: what waits, labels for all copies, disagreement, breaks, export."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from cli_support import call
from console_support_rumours import POSTS, Town, Written, ref, town
from sqlalchemy import text

from tocsin.archive import Archive
from tocsin.console.actions import review as actions
from tocsin.console.facts.review import LABELS
from tocsin.engines.desk import log_decisions
from tocsin.errors import Overtaken
from tocsin.model import Decision, DecisionKind
from tocsin.store import schema
from tocsin.store.store import add_rows
from tocsin.store.waiting import alarming

WAITING = [0, 1, 3, 4]
"""Post 2 is a copy of 0; the others alarm too little."""


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Town]:
    with town(tmp_path / "town") as found:
        yield found


def _queue(at: Town, **asked: object) -> list[str]:
    return [one["id"] for one in at.ana.json("/review", **asked)["items"]]


def _refs(*numbers: int) -> list[str]:
    return [ref(number) for number in numbers]


def test_the_most_alarming_come_first_and_copies_once(at: Town) -> None:
    items = at.ana.json("/review")["items"]
    # Of copies that alarm alike the newest stands for all.
    assert [one["id"] for one in items] == _refs(2, 1, 3, 4)
    assert [one["copies"] for one in items] == [1, 0, 0, 0]
    assert _queue(at, least=0.5) == _refs(2, 1)


def test_one_label_holds_for_all_copies(at: Town) -> None:
    body = {"items": [{"id": ref(0), "label": "threat"}, {"id": ref(3), "label": "harmless"}]}
    done = at.ana.post("/review/labels", body)
    assert (done.status_code, done.json()["labelled"]) == (201, 2)
    assert _queue(at) == _refs(1, 4)
    assert at.ana.json("/review")["labelled"] == 2


def test_labels_of_one_form_are_written_by_one_writer(
    at: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    whole = Archive.open

    def counted(*arguments: object, **more: object) -> Archive:
        opened.append(more.get("writable"))
        return whole(*arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Archive, "open", counted)
    form = {"item": [f"threat {ref(0)}", "", f"calm {ref(3)}"], "tick": [ref(4)], "every": "calm"}
    done = at.ana.send("/review/labels", **form)
    assert done.headers["location"] == "/review?show=waiting&least=0.3"
    assert opened == [True]
    assert _queue(at) == _refs(1)


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({}, "Choose a label for at least"),
        ({"every": "threat"}, "Tick the posts"),
        ({"item": [f"nonsense {ref(0)}"]}, "say one of"),
        ({"item": [f"threat {ref(0)}", "threat town_news/999"]}, "town_news/999"),
    ],
)
def test_what_cannot_be_labelled_labels_nothing(
    at: Town, form: dict[str, object], why: str
) -> None:
    done = at.ana.send("/review/labels", **form)
    assert done.status_code == 422
    assert why in done.text
    assert len(_queue(at)) == len(WAITING)


def test_a_second_person_does_not_see_the_first_ones_label_until_both_have_one(at: Town) -> None:
    at.ana.post("/review/labels", {"items": [{"id": ref(0), "label": "threat"}]})
    (one,) = at.ben.json("/review", show="others")["items"]
    assert (one["id"], one["said"]) == (ref(0), [])
    assert at.ana.json("/review", show="others")["items"] == []
    assert at.ben.json("/review")["disputed"] == 0
    at.ben.post("/review/labels", {"items": [{"id": ref(2), "label": "reported"}]})
    (disputed,) = at.ben.json("/review", show="disputed")["items"]
    assert [(s["by"], s["label"]) for s in disputed["said"]] == [
        ("ana", "threat"),
        ("ben", "reported"),
    ]
    assert "only reports" in at.ben.page("/review", show="disputed")
    at.ben.post("/review/labels", {"items": [{"id": ref(0), "label": "threat"}]})
    assert at.ben.json("/review", show="disputed")["items"] == []


def test_posts_that_warnings_rest_on_wait_although_they_alarm_less(at: Town) -> None:
    body = orjson.dumps({"posts": [ref(5)]}).decode()
    row = {"seq": 10**6, "id": "0123456789ab", "action": "issue", "issued_at": at.desk.clock.now()}
    more = {"level": "alert", "place_id": "geonames:1", "target": "traders", "body": body}
    with at.desk.store.writing() as connection:
        add_rows(connection, schema.warnings, [{**row, **more}])
    items = at.ana.json("/review")["items"]
    assert [one["id"] for one in items] == _refs(2, 1, 3, 4, 5)
    assert items[-1]["named_by"] == ["0123456789ab"]
    # The cursor goes on through both parts.
    ids, cursor = [], ""
    while cursor is not None:
        part = at.ana.json("/review", limit=1, cursor=cursor)
        ids += [one["id"] for one in part["items"]]
        cursor = part["next"]
    assert ids == _refs(2, 1, 3, 4, 5)


def test_the_queue_is_for_analysts(at: Town) -> None:
    assert at.vera.get("/review").status_code == 403
    assert at.vera.get("/api/v1/review").status_code == 403
    body = {"items": [{"id": ref(0), "label": "threat"}]}
    assert at.vera.post("/review/labels", body).status_code == 403


def test_the_page_works_without_a_script_and_by_keys(at: Town) -> None:
    page = at.ana.page("/review")
    for number, name in enumerate(LABELS, 1):
        assert f'name="every" value="{name}" data-press="{number}"' in page
    assert page.count("data-review") == len(WAITING)
    assert f'<option value="threat {ref(1)}">' in page
    assert "onclick" not in page


def test_a_break_is_proposed_to_whoever_saw_much_and_only_they_see_how_much(
    at: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "BREAK_AFTER", 8)
    assert "Time for a break" not in at.ana.page("/review")
    assert "Time for a break" in at.ana.page("/review")
    assert "shown 4 posts" in at.ben.page("/review")
    assert at.ana.send("/review/break").status_code == 303
    after = at.ana.page("/review")
    assert "Time for a break" not in after
    assert "shown 12 posts" in after


def test_labels_are_exported_with_their_texts(at: Town, tmp_path: Path) -> None:
    none = call("review", "export", "--project", at.project.folder)
    assert (none.code, none.out) == (0, "")
    assert "no labels yet" in none.err
    for label in ("threat", "expulsion"):  # the newest of one person counts
        at.ana.post("/review/labels", {"items": [{"id": ref(0), "label": label}]})
    at.ben.post("/review/labels", {"items": [{"id": ref(6), "label": "calm"}]})
    out = tmp_path / "labels.jsonl"
    assert call("review", "export", "--project", at.project.folder, "--out", out).code == 0
    lines = [orjson.loads(line) for line in out.read_bytes().splitlines()]
    assert [(one["id"], one["label"], one["by"], one["lang"]) for one in lines] == [
        (ref(0), "expulsion", "ana", "ru"),
        (ref(6), "calm", "ben", "ru"),
    ]
    assert lines[0]["text"] == POSTS[0].text
    assert set(lines[0]) == {"id", "posted_at", "text", "lang", "label", "by", "at"}


def test_of_several_decisions_none_is_written_if_one_is_overtaken(at: Town) -> None:
    now = at.desk.clock.now()
    made = [Decision(DecisionKind.POST_LABEL, ref(n), "calm", "ana", now) for n in (0, 1)]
    log_decisions(at.project, made[1:])
    with pytest.raises(Overtaken):
        log_decisions(at.project, made, seen=0)
    assert at.ana.json("/review")["labelled"] == 1


def test_a_queue_longer_than_a_window_goes_on(tmp_path: Path) -> None:
    many = [Written(f"Пост {n}", f"r{n}", 0.5) for n in range(450)]
    with town(tmp_path / "many", many) as at:
        labels = [{"id": f"town_news/{n}", "label": "harmless"} for n in range(20, 450)]
        assert at.ana.post("/review/labels", {"items": labels}).status_code == 201
        assert _queue(at) == [f"town_news/{n}" for n in range(19, -1, -1)]


def test_the_queue_is_read_by_an_index(at: Town) -> None:
    query = alarming(0.3, (0.9, 100))
    with at.desk.store.reading() as connection:
        said = query.compile(connection, compile_kwargs={"literal_binds": True})
        plan = [row[3] for row in connection.execute(text(f"EXPLAIN QUERY PLAN {said}"))]
    assert any("readings_by_alarm" in line for line in plan), plan
    assert any("COVERING INDEX sightings_by_digest" in line for line in plan), plan
    tables = ("posts", "readings", "sightings")
    assert not any(line == f"SCAN {name}" for line in plan for name in tables), plan
