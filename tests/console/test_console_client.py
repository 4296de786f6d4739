"""The Python client against the real API, and against desks that fail."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from console_support_stream import (
    ACTIONS,
    BASE,
    POSTS,
    TOKENS,
    at,
    client_of,
    desk_of,
    post,
    project_in,
    read_by_hand,
)
from joined_support import put_actions

from tocsin import client as package
from tocsin.client import (
    ApiFailed,
    ApiRefused,
    Change,
    Client,
    Conflict,
    Invalid,
    Locked,
    NotAllowed,
    NotFound,
    NotSignedIn,
    Patience,
    TooOften,
)
from tocsin.client.listening import parsed
from tocsin.console.desk import ConsoleDesk
from tocsin.errors import EnvironmentFailed, UsageError

DOCS = Path(__file__).resolve().parents[2] / "docs" / "api.md"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleDesk]:
    project = project_in(tmp_path_factory.mktemp("client"), POSTS)
    read_by_hand(project)
    put_actions(project, *ACTIONS)
    made = desk_of(project)
    yield made
    made.close()


def software(desk: ConsoleDesk, name: str = "analyst") -> Client:
    """The client, talking to the application without a socket."""
    inside = client_of(desk)

    def answer(request: httpx.Request) -> httpx.Response:
        found = inside.request(
            request.method,
            str(request.url),
            content=request.read(),
            headers={k: v for k, v in request.headers.items() if k != "host"},
        )
        # unpacked already, so it must not say that it is packed
        told = {k: v for k, v in found.headers.items() if k != "content-encoding"}
        return httpx.Response(found.status_code, headers=told, content=found.content)

    return Client(BASE, TOKENS[name], transport=httpx.MockTransport(answer))


def test_what_stands_and_the_pages_of_a_list(desk: ConsoleDesk) -> None:
    with software(desk) as api:
        assert {one["warning"] for one in api.situations()} == {"bbbbbbbbbbbb"}
        assert api.now()["situations"][0]["level"] == "alert"
        assert [one["id"] for one in api.warnings()] == ["aaaaaaaaaaaa", "bbbbbbbbbbbb"]
        assert list(api.warnings("watch")) == []
        assert api.warning("bbbbbbbbbbbb")["newest"]["place"] == "Aford market"
        assert api.replay(at(31))["situations"][0]["warning"] == "aaaaaaaaaaaa"
        assert len(list(api.pages("readings", limit=10))) == len(POSTS)
        found = list(api.readings(since=at(10), until=at(12).isoformat(), channel="town_1"))
        assert [one["id"] for one in found] == ["town_1/10"]


def test_a_decision_and_who_was_faster(desk: ConsoleDesk) -> None:
    with software(desk) as api:
        made = api.decide("bbbbbbbbbbbb", "acknowledge", seen=0)
        assert (made["kind"], made["by"]) == ("warning_acknowledge", "analyst")
        with pytest.raises(Conflict, match="since you looked"):
            api.decide("bbbbbbbbbbbb", "confirm", seen=0)


def test_posts_go_in_parts_and_lines_count_over_all(
    desk: ConsoleDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tocsin.client.client.MOST_POSTS", 3)
    said: list[dict[str, Any]] = [post(n, 1) for n in range(1000, 1008)]
    said[4] = {"id": "x"}
    with software(desk) as api:
        taken = api.ingest(iter(said))
        assert (taken["taken"], [one["line"] for one in taken["refused"]]) == (7, [5])
        assert api.ingest(said)["unchanged"] == 7
        assert api.ingest([]) == {
            "taken": 0, "versions": 0, "unchanged": 0, "erased": 0, "refused": []
        }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "act", "kind"),
    [
        ("reader", lambda api: api.ingest([post(1, 1)]), NotAllowed),
        ("viewer", lambda api: api.decide("aaaaaaaaaaaa", "confirm"), NotAllowed),
        ("viewer", lambda api: api.warning("no/such"), NotFound),
        ("viewer", lambda api: api.get("readings", limit=0), Invalid),
        ("viewer", lambda api: api.replay("soon"), Invalid),
    ],
)
def test_refusals_have_a_type(
    desk: ConsoleDesk, name: str, act: Callable[[Client], Any], kind: type[ApiRefused]
) -> None:
    with software(desk, name) as api, pytest.raises(kind) as told:
        act(api)
    assert told.value.detail
    assert told.value.status in (403, 404, 422)
    assert isinstance(told.value, UsageError)


# -- desks that fail ---------------------------------------------------------------------------


class Desk:
    """Answers what it was told to, one after the other, and remembers what was asked."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []
        self.waited: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def client(self, tries: int = 3) -> Client:
        patience = Patience(tries=tries, sleep=self.waited.append)
        return Client(BASE, "secret", patience, httpx.MockTransport(self))


def problem(status: int, **headers: str) -> httpx.Response:
    said = {"type": "about:blank", "title": "No", "status": status, "detail": "why"}
    head = {"content-type": "application/problem+json", **headers}
    return httpx.Response(status, content=json.dumps(said), headers=head)


DONE = httpx.Response(200, json={"taken": 1, "versions": 0, "unchanged": 0, "erased": 0,
                                 "refused": []})  # fmt: skip


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, NotSignedIn), (403, NotAllowed), (404, NotFound), (409, Conflict), (413, Invalid),
     (422, Invalid), (423, Locked), (429, TooOften), (405, ApiRefused)],
)  # fmt: skip
def test_each_status_is_a_type(status: int, kind: type[ApiRefused]) -> None:
    desk = Desk(problem(status, **{"retry-after": "7"}))
    with desk.client() as api, pytest.raises(ApiRefused) as told:
        api.now()
    assert type(told.value) is kind
    assert (told.value.status, told.value.title, told.value.retry_after_s) == (status, "No", 7.0)
    assert desk.waited == []


def test_busy_is_tried_again_after_what_was_said() -> None:
    desk = Desk(problem(503, **{"retry-after": "5"}), problem(503), DONE)
    with desk.client() as api:
        assert api.ingest([post(1, 1)])["taken"] == 1
    assert desk.waited == [5.0, 2.0]
    keys = {request.headers["idempotency-key"] for request in desk.asked}
    assert len(keys) == 1
    assert desk.asked[0].read() == desk.asked[2].read()
    assert desk.asked[0].headers["authorization"] == "Bearer secret"


def test_patience_ends() -> None:
    desk = Desk(*[problem(503) for _ in range(3)])
    with desk.client() as api, pytest.raises(ApiFailed, match="503"):
        api.now()
    assert len(desk.asked) == 3


def test_a_decision_that_may_have_arrived_is_not_sent_twice() -> None:
    lost = httpx.ReadTimeout("no answer")
    desk = Desk(lost, DONE)
    with desk.client() as api, pytest.raises(ApiFailed) as told:
        api.decide("w", "confirm")
    assert (len(desk.asked), told.value.status) == (1, 0)
    assert isinstance(told.value, EnvironmentFailed)
    desk = Desk(lost, DONE)
    with desk.client() as api:
        assert api.get("now")["taken"] == 1


def test_what_is_no_problem_json_is_told_all_the_same() -> None:
    desk = Desk(httpx.Response(502, text="<html>bad gateway"), httpx.Response(404, text="[]"))
    with desk.client() as api:
        with pytest.raises(ApiFailed, match="bad gateway"):
            api.now()
        with pytest.raises(NotFound):
            api.now()


def test_the_address_is_whole() -> None:
    with pytest.raises(UsageError, match="https://"):
        Client("desk.example.org", "x")


# -- live --------------------------------------------------------------------------------------


def told(number: int) -> str:
    said = json.dumps({"position": number, "warnings": ["w1"]})
    return f"retry: 3000\n: open\n\nid: {number}.0.0\nevent: change\ndata: {said}\n\n"


def test_a_stream_goes_on_where_it_broke_off() -> None:
    cut = told(2).rpartition("\n\n")[0].rpartition("\n\n")[0] + "\n\nid: 9.0.0\nevent: change\n"
    desk = Desk(
        httpx.Response(200, text=told(1) + cut),
        httpx.ConnectError("gone"),
        problem(503),
        httpx.Response(200, text=told(2)),
        problem(401),
    )
    found: list[Change] = []
    with desk.client() as api, pytest.raises(NotSignedIn):
        found.extend(api.stream("0.0.0"))
    # extend keeps nothing of what raised; ask again by hand
    desk.answers = [httpx.Response(200, text=told(1)), httpx.Response(200, text=told(2))]
    with desk.client() as api:
        changes = api.stream()
        found = [next(changes), next(changes)]
    assert [one.position for one in found] == [1, 2]
    assert found[0].warnings == ("w1",)
    last = [request.headers.get("last-event-id") for request in desk.asked]
    assert last == ["0.0.0", "1.0.0", "1.0.0", "1.0.0", "2.0.0", None, "1.0.0"]


def test_other_events_and_comments_are_passed_over() -> None:
    lines = [
        "event: other",
        "data: {}",
        "",
        ": beat",
        "",
        "data: {}",
        "",
        *told(3).splitlines(),
        "",
    ]
    assert [one.position for one in parsed(lines)] == [3]


# -- docs --------------------------------------------------------------------------------------


def test_everything_exported_is_there_and_sorted() -> None:
    assert list(package.__all__) == sorted(package.__all__)
    assert all(hasattr(package, name) for name in package.__all__)


def test_the_page_of_docs_names_what_is_there(desk: ConsoleDesk) -> None:
    text = DOCS.read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert blocks
    for block in blocks:
        compile(block, "docs/api.md", "exec")
        for name in re.findall(r"\bdesk\.(\w+)\(", block):
            assert hasattr(Client, name), name
    paths = set(client_of(desk).app.openapi()["paths"])  # type: ignore[attr-defined]
    named = set(re.findall(r"/api/v1/[a-z]+", text)) - {"/api/v1/openapi"}
    assert named <= {path.split("{")[0].rstrip("/") for path in paths}
