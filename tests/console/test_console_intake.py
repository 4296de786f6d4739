"""Posts handed over by software, and what was read in them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest
from console_support_stream import NOW, POSTS, at, client_of, desk_of, post, project_in, signed_in
from console_support_stream import read_by_hand as read_all
from engine_support import contents, ingest_file
from fastapi.testclient import TestClient
from sqlalchemy import select

from tocsin.archive import Archive, LedgerEntry, verify
from tocsin.console import desk as desk_module
from tocsin.console.desk import ConsoleDesk
from tocsin.console.idempotency import Answers
from tocsin.errors import Locked, Overtaken
from tocsin.store import schema

PATH = "/api/v1/posts"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[ConsoleDesk]:
    made = desk_of(project_in(tmp_path))
    yield made
    made.close()


@pytest.fixture
def feeder(desk: ConsoleDesk) -> TestClient:
    return client_of(desk, "analyst")


def lines(*posts: dict[str, Any] | str) -> bytes:
    return b"".join(
        (one.encode() if isinstance(one, str) else orjson.dumps(one)) + b"\n" for one in posts
    )


def rows(desk: ConsoleDesk) -> list[dict[str, Any]]:
    with desk.store.reading() as connection:
        return [dict(row) for row in connection.execute(select(schema.posts)).mappings()]


def test_it_is_what_ingest_takes(tmp_path: Path, desk: ConsoleDesk, feeder: TestClient) -> None:
    said = [
        post(1, 1, forward_from="A. Person", url="https://example.org/1", media=["photo"]),
        post(2, 2, author="somebody", edited_at=at(3).isoformat(), views=5),
    ]
    assert feeder.post(PATH, content=lines(*said)).json()["taken"] == 2
    (tmp_path / "other").mkdir()
    other = project_in(tmp_path / "other")
    path = tmp_path / "posts.jsonl"
    path.write_bytes(lines(*said))
    ingest_file(other, path)
    assert contents(desk.project)["posts"] == contents(other)["posts"]
    kept = "".join(row["extra"] for row in rows(desk))
    assert "Person" not in kept
    assert "somebody" not in kept
    assert not verify(desk.project.archive_folder).problems


def test_an_array_and_lines_are_the_same(desk: ConsoleDesk, feeder: TestClient) -> None:
    assert feeder.post(PATH, json=[post(1, 1), post(2, 2)]).json()["taken"] == 2
    again = feeder.post(PATH, content=b"\xef\xbb\xbf" + lines(post(1, 1), post(2, 2))).json()
    assert (again["taken"], again["unchanged"]) == (0, 2)
    edited = feeder.post(PATH, json=[post(1, 1, text="other words")]).json()
    assert (edited["taken"], edited["versions"]) == (0, 1)
    assert len(rows(desk)) == 3


def test_the_refused_are_told_by_line_and_the_good_kept(
    desk: ConsoleDesk, feeder: TestClient
) -> None:
    wrong = [
        '{"id":"9"}',
        "not json",
        orjson.dumps({**post(3, 3), "channel": "https://t.me/joinchat/abc"}).decode(),
        '{"id":"4","id":"5"}',
        orjson.dumps({**post(6, 6), "posted_at": "soon"}).decode(),
    ]
    answer = feeder.post(PATH, content=lines(post(1, 1), "", *wrong, post(2, 2)))
    assert answer.status_code == 207
    said = answer.json()
    assert said["taken"] == 2
    assert [one["line"] for one in said["refused"]] == [3, 4, 5, 6, 7]
    assert "invite link" in said["refused"][2]["problem"]
    assert all(one["advice"] and "--map" not in one["advice"] for one in said["refused"])
    assert len(rows(desk)) == 2
    array = feeder.post(PATH, json=[post(7, 7), 5, None])
    assert [one["line"] for one in array.json()["refused"]] == [2, 3]


@pytest.mark.parametrize(
    "body",
    [b"", b" \n\n", b"[]", b"[{", b'[{"id":1,"id":2}]', b"[" * 100_000, b'["\xff"]'],
)
def test_a_request_that_is_nothing_is_refused_whole(feeder: TestClient, body: bytes) -> None:
    answer = feeder.post(PATH, content=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_ten_thousand_and_no_more(desk: ConsoleDesk, feeder: TestClient) -> None:
    many = b'{"id":1}\n' * 10_001
    answer = feeder.post(PATH, content=many)
    assert (answer.status_code, "10,000" in answer.json()["detail"]) == (422, True)
    assert feeder.post(PATH, content=many[9:]).status_code == 207
    assert rows(desk) == []


def test_live_posts_are_known_from_now_on(desk: ConsoleDesk, feeder: TestClient) -> None:
    feeder.post(PATH, json=[post(1, 1)])
    feeder.post(PATH, json=[post(2, 2)], params={"live": True})
    known = {row["message_id"]: row["known_at"] for row in rows(desk)}
    assert known == {"1": at(1), "2": NOW}


def test_who_handed_them_over_is_in_the_ledger(desk: ConsoleDesk, feeder: TestClient) -> None:
    feeder.post(PATH, json=[post(1, 1)])
    with Archive.open(desk.project.archive_folder) as archive:
        captures = [one.payload for one in archive.items(0) if isinstance(one, LedgerEntry)]
    assert captures[0]["operator"] == "analyst"
    assert captures[0]["collector"].endswith(" api")


# -- who may -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "status"), [("", 401), ("viewer", 403), ("reader", 403)])
def test_role_and_scope_are_needed(desk: ConsoleDesk, name: str, status: int) -> None:
    assert client_of(desk, name).post(PATH, json=[post(1, 1)]).status_code == status
    assert rows(desk) == []


def test_a_browser_shows_that_it_means_it(desk: ConsoleDesk) -> None:
    browser = signed_in(desk)
    assert browser.post(PATH, json=[post(1, 1)]).status_code == 403
    (session,) = desk.sessions._open.values()
    said = {"x-csrf-token": session.csrf}
    assert browser.post(PATH, json=[post(1, 1)], headers=said).status_code == 200


# -- the same again ----------------------------------------------------------------------------


def test_the_same_key_gives_the_same_answer(desk: ConsoleDesk, feeder: TestClient) -> None:
    head = {"idempotency-key": "k1"}
    first = feeder.post(PATH, json=[post(1, 1)], headers=head)
    again = feeder.post(PATH, json=[post(1, 1)], headers=head)
    assert again.json() == first.json()
    assert again.json()["taken"] == 1
    other = feeder.post(PATH, json=[post(2, 2)], headers=head)
    assert (other.status_code, other.json()["status"]) == (409, 409)
    assert feeder.post(PATH, json=[post(1, 1)], headers=head, params={"live": 1}).status_code == 409
    assert client_of(desk, "admin").post(PATH, json=[post(2, 2)], headers=head).status_code == 200
    assert len(rows(desk)) == 2


def test_while_it_is_being_done_the_same_waits_and_a_failure_frees_the_key() -> None:
    answers, begun, go = Answers(), threading.Event(), threading.Event()

    def slow() -> dict[str, Any]:
        begun.set()
        go.wait(5)
        return {"taken": 1}

    thread = threading.Thread(target=lambda: answers.once(("a", "k"), "d", slow))
    thread.start()
    begun.wait(5)
    with pytest.raises(Locked):
        answers.once(("a", "k"), "d", dict)
    with pytest.raises(Overtaken):
        answers.once(("a", "k"), "other", dict)
    go.set()
    thread.join(5)
    assert answers.once(("a", "k"), "d", dict) == {"taken": 1}

    def fails() -> dict[str, Any]:
        raise Locked("busy")

    with pytest.raises(Locked):
        answers.once(("a", "new"), "d", fails)
    assert answers.once(("a", "new"), "other", lambda: {"taken": 2}) == {"taken": 2}


def test_only_so_many_answers_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tocsin.console.idempotency.MOST", 3)
    answers = Answers()
    for number in range(10):
        answers.once(("a", str(number)), "d", partial(dict, taken=number))
    assert len(answers._known) == 3
    assert answers.once(("a", "9"), "d", dict) == {"taken": 9}


def test_while_another_tocsin_writes_it_is_said_when_to_come_again(
    desk: ConsoleDesk, feeder: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_module, "PATIENCE_S", 0.0)
    monkeypatch.setattr(desk_module.patiently, "__defaults__", (0.0,))
    with desk.project.writing():
        answer = feeder.post(PATH, json=[post(1, 1)], headers={"idempotency-key": "k"})
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    again = feeder.post(PATH, json=[post(1, 1)], headers={"idempotency-key": "k"})
    assert again.json()["taken"] == 1


# -- readings ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def read_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleDesk]:
    project = project_in(tmp_path_factory.mktemp("read"), [*POSTS[:30], post(100, 7), post(103, 7)])
    read_all(project)
    made = desk_of(project)
    yield made
    made.close()


def walked(client: TestClient, **words: Any) -> list[dict[str, Any]]:
    found, cursor = [], ""
    while cursor is not None:
        answer = client.get("/api/v1/readings", params={**words, "cursor": cursor}).json()
        found += answer["items"]
        cursor = answer["next"]
    return found


@pytest.mark.parametrize("limit", [1, 7, 32, 500])
def test_readings_come_newest_first_each_once(read_desk: ConsoleDesk, limit: int) -> None:
    found = walked(client_of(read_desk, "viewer"), limit=limit)
    assert len(found) == len({one["id"] for one in found}) == 32
    moments = [one["known_at"] for one in found]
    assert moments == sorted(moments, reverse=True)
    assert found[0]["acts"] == ["allegation"]
    assert "text" not in found[0]
    assert "spans" not in found[0]


def test_readings_of_a_time_and_a_channel(read_desk: ConsoleDesk) -> None:
    client = client_of(read_desk, "viewer")
    found = walked(client, since=at(5).isoformat(), until="2024-03-01T08:00:00Z", limit=2)
    assert {one["id"] for one in found} == {
        "town_2/5",
        "town_0/6",
        "town_1/7",
        "town_1/100",
        "town_1/103",
    }
    channel = walked(client, channel="town_1", limit=3)
    assert len(channel) == 12
    assert {one["channel"] for one in channel} == {"town_1"}
    assert walked(client, channel="nowhere") == []


def test_posts_that_nobody_has_read_yet_are_not_among_them(read_desk: ConsoleDesk) -> None:
    before = len(walked(client_of(read_desk, "viewer"), limit=500))
    client_of(read_desk, "analyst").post(PATH, json=[post(999, 1)])
    assert len(walked(client_of(read_desk, "viewer"), limit=500)) == before


@pytest.mark.parametrize(
    "words",
    [{"cursor": "x"}, {"cursor": "999999"}, {"since": "soon"}, {"limit": 0}, {"limit": 501}],
)
def test_wrong_questions_are_told(read_desk: ConsoleDesk, words: dict[str, Any]) -> None:
    answer = client_of(read_desk, "viewer").get("/api/v1/readings", params=words)
    assert answer.status_code == 422
    assert answer.json()["detail"]


def test_moments_are_in_utc(read_desk: ConsoleDesk) -> None:
    (one,) = client_of(read_desk, "viewer").get("/api/v1/readings?limit=1").json()["items"]
    assert datetime.fromisoformat(one["known_at"]) == datetime(2024, 3, 2, 5, tzinfo=UTC)
