"""Replay: what stood at a minute, and nothing that came later."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from console_support_stream import (
    ACTIONS,
    HOUR,
    START,
    at,
    client_of,
    desk_of,
    full_project,
    post,
    project_in,
    signed_in,
)
from sqlalchemy import delete, select, update

from tocsin.console.desk import ConsoleDesk
from tocsin.console.facts.replay import replay, window_of
from tocsin.console.moments import Window, moment_of
from tocsin.console.roles import Role
from tocsin.engines.project import Project
from tocsin.errors import UsageError
from tocsin.store import schema

MOMENTS = (-1, 0, 19.99, 20, 30, 33.5, 36, 41, 41.3, 44, 46, 48, 53, 61, 71, 90)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return full_project(tmp_path_factory.mktemp("replay"))


@pytest.fixture(scope="module")
def desk(project: Project) -> Iterator[ConsoleDesk]:
    made = desk_of(project)
    yield made
    made.close()


def looked(desk: ConsoleDesk, hours: float, role: Role = Role.ANALYST) -> dict[str, Any]:
    return replay(desk, Window(START, START + 72 * HOUR, at(hours)), role)


def cut(project: Project, folder: Path, moment: datetime) -> ConsoleDesk:
    """A desk whose store has never seen what came after a moment."""
    copy = folder / "cut"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(project.folder, copy)
    desk = ConsoleDesk(Project(copy, project.settings))
    p, later = schema.posts.c, schema.posts.c.known_at > moment
    with desk.store.writing() as connection:
        gone = select(p.seq).where(later)
        for table in (schema.readings, schema.sightings):
            connection.execute(delete(table).where(table.c.seq.in_(gone)))
        connection.execute(delete(schema.posts).where(later))
        for table, column in (
            (schema.warnings, schema.warnings.c.issued_at),
            (schema.decisions, schema.decisions.c.at),
            (schema.observations, schema.observations.c.at),
        ):
            connection.execute(delete(table).where(column > moment))
        connection.execute(  # what is counted up over all time must not be asked
            update(schema.rumours).values(posts=1, texts=1, pace=0, last_seen=moment, live=False)
        )
    return desk


@pytest.mark.parametrize("hours", MOMENTS)
def test_a_moment_shows_what_a_store_cut_there_shows(
    project: Project, desk: ConsoleDesk, tmp_path: Path, hours: float
) -> None:
    whole = looked(desk, hours)
    shorter = cut(project, tmp_path, at(hours))
    assert whole == looked(shorter, hours)
    shorter.close()
    told = [m for m in _moments(whole) if m not in (START, START + 72 * HOUR)]
    assert all(m <= at(hours) for m in told)


def _moments(value: Any, key: str = "") -> Iterator[datetime]:
    """All moments at which something happened; called hours and answers due lie ahead."""
    if key in ("window_start", "window_end", "answer_by"):
        return
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _moments(one, name)
    elif isinstance(value, list):
        for one in value:
            yield from _moments(one)
    elif isinstance(value, str) and value[:5] == "2024-":
        yield datetime.fromisoformat(value)


def test_what_stood_was_said_and_decided(desk: ConsoleDesk) -> None:
    before, after = looked(desk, 41.1), looked(desk, 41.3)
    (first, second) = before["situations"]
    assert (first["warning"], first["level"], first["answer"]) == ("aaaaaaaaaaaa", "alarm", None)
    assert second["warning"] == "bbbbbbbbbbbb"
    assert [said["level"] for said in first["life"]] == ["watch", "alert", "alarm"]
    assert first["minutes_left"] == 8 * 60 - 6
    answered = {row["warning"]: row["answer"] for row in after["situations"]}
    assert answered["aaaaaaaaaaaa"]["by"] == "ana"
    assert {row["kind"] for row in after["decisions"]} == {"rumour_merge", "warning_acknowledge"}
    assert not [row for row in looked(desk, 53)["situations"] if row["warning"] == "aaaaaaaaaaaa"]
    assert looked(desk, 19.9)["situations"] == []


def test_marks_are_the_windows_actions_up_to_the_moment(desk: ConsoleDesk) -> None:
    marks = looked(desk, 36)["marks"]
    assert [(one["warning"][:1], one["action"]) for one in marks] == [
        ("a", "issue"),
        ("a", "update"),
        ("b", "issue"),
    ]
    assert marks[0]["share"] == pytest.approx(20 / 72, abs=1e-4)


def test_rumours_grow_under_the_merges_and_splits_of_their_time(desk: ConsoleDesk) -> None:
    def last(hours: float) -> dict[str, int]:
        return {row["rumour"]: row["posts_24h"] for row in looked(desk, hours)["rumours"]}

    alone, merged, apart = last(34.9), last(35.1), last(47.1)
    assert "r1" not in merged
    assert merged["r0"] > alone["r0"]
    assert sum(apart.values()) <= 24
    assert any(len(name) == 12 for name in apart), "the split made one of its own"
    status = {hours: looked(desk, hours)["rumours"][0]["status"] for hours in (44.9, 45.1)}
    assert status == {44.9: "new", 45.1: "probably_false"}


def test_what_vanished_later_was_still_there(desk: ConsoleDesk) -> None:
    def gone(hours: float) -> list[str | None]:
        return [
            p["gone_at"] for p in looked(desk, hours)["posts"]["items"] if p["id"] == "town_0/42"
        ]

    assert gone(42.9) == [None]
    assert gone(43.5)[0]


def test_an_edit_is_seen_from_when_it_was_made(desk: ConsoleDesk) -> None:
    def words(hours: float) -> list[str]:
        shown = looked(desk, hours)["posts"]["items"]
        return [one["text"] for one in shown if one["id"] == "town_2/20"]

    assert words(22) == ["words of post 20"]
    assert words(40.6) == ["another wording"]


def test_what_was_not_seen(desk: ConsoleDesk) -> None:
    def silent(hours: float) -> list[str]:
        return [one["source"] for one in looked(desk, hours)["coverage"]["silent"]]

    assert [silent(hours) for hours in (24, 26, 51, 56)] == [[], ["feed one"], [], ["feed two"]]
    seen = looked(desk, 30)["coverage"]
    assert (seen["posts_24h"], seen["unread_24h"]) == (24, 3)


def test_viewers_see_posts_without_contacts(tmp_path: Path) -> None:
    project = project_in(tmp_path, [post(1, 1, text="call +7 900 123-45-67 tonight")])
    desk = desk_of(project)
    (seen,) = looked(desk, 2, Role.VIEWER)["posts"]["items"]
    assert "900" not in seen["text"]
    assert "900" in looked(desk, 2)["posts"]["items"][0]["text"]
    desk.close()


# -- window ------------------------------------------------------------------------------------


def test_the_window_lies_around_the_newest_warning(desk: ConsoleDesk) -> None:
    newest = ACTIONS[-2].issued_at
    usual = window_of(desk)
    assert usual.at == newest
    assert usual.length == 48 * HOUR
    assert usual.start < newest < usual.end
    assert window_of(desk, at(40)) == Window(usual.start, usual.end, at(40))
    far = window_of(desk, at(2000))
    assert far.start < far.at < far.end


def test_a_moment_outside_moves_the_window(desk: ConsoleDesk) -> None:
    window = window_of(desk, at(12), at(0), at(10))
    assert (window.start, window.end) == (at(2), at(12))
    window = window_of(desk, at(-1), at(0), at(10))
    assert (window.start, window.end) == (at(-1), at(9))


@pytest.mark.parametrize(("start", "end"), [(5, 5), (6, 5), (0, 24 * 400)])
def test_a_window_that_is_none_is_refused(desk: ConsoleDesk, start: float, end: float) -> None:
    with pytest.raises(UsageError, match="window"):
        window_of(desk, None, at(start), at(end))


def test_an_empty_desk_has_a_window_too(tmp_path: Path) -> None:
    desk = desk_of(project_in(tmp_path))
    window = window_of(desk)
    assert window.at == desk.clock.now()
    assert replay(desk, window, Role.VIEWER)["situations"] == []
    desk.close()


@pytest.mark.parametrize(
    "said",
    ["2023-10-29T07:31:00Z", "2023-10-29T10:31:00+03:00", "2023-10-29T10:31:00 03:00",
     "2023-10-29T07:31", " 2023-10-29 07:31 "],
)  # fmt: skip
def test_moments_are_read_as_people_and_forms_write_them(said: str) -> None:
    assert moment_of(said, "at") == datetime(2023, 10, 29, 7, 31, tzinfo=UTC)


@pytest.mark.parametrize("said", ["", "soon", "0001-01-01T00:00:00Z", "9999-12-31T00:00", "\x00"])
def test_what_is_no_moment_is_refused(said: str) -> None:
    with pytest.raises(UsageError, match="at:"):
        moment_of(said, "at")


# -- page and API ------------------------------------------------------------------------------


def test_page_and_api_show_the_same(desk: ConsoleDesk) -> None:
    moment = {"at": at(41.3).isoformat()}
    shown = client_of(desk, "analyst").get("/api/v1/replay", params=moment).json()
    page = signed_in(desk).get("/replay", params=moment)
    assert page.status_code == 200
    for row in shown["situations"]:
        assert f'href="/warnings/{row["warning"]}"' in page.text
    for one in shown["posts"]["items"]:
        assert one["text"] in page.text
    assert page.text.count("<circle") == len(shown["marks"])
    assert "<style" not in page.text
    assert " style=" not in page.text
    assert 'class="post veil"' in page.text


def test_the_slider_works_without_javascript(desk: ConsoleDesk) -> None:
    browser = signed_in(desk)
    said = {"from": at(0).isoformat(), "to": at(72).isoformat(), "minute": "2478"}
    page = browser.get("/replay", params=said)
    assert "2024-03-02 17:18 UTC" in page.text
    assert f'value="{at(41.3 - 1).isoformat()}"' in page.text, "a step back by an hour"
    assert 'type="range"' in page.text
    assert 'label for="minute"' in page.text


def test_dragging_swaps_the_part_alone_and_names_its_address(desk: ConsoleDesk) -> None:
    said = {"from": at(0).isoformat(), "to": at(72).isoformat(), "minute": "60"}
    part = signed_in(desk).get("/replay", params=said, headers={"hx-request": "true"})
    assert "<html" not in part.text
    assert "2024-03-01 01:00 UTC" in part.text
    assert part.headers["hx-replace-url"].startswith("/replay?at=2024-03-01T01:00:00Z&from=")


def test_russian_and_nobody(desk: ConsoleDesk) -> None:
    page = signed_in(desk, "viewer").get("/replay", headers={"accept-language": "ru"})
    assert "Как всё выглядело тогда" in page.text
    assert client_of(desk).get("/replay").status_code == 303
    assert client_of(desk).get("/api/v1/replay").status_code == 401


@pytest.mark.parametrize(
    "said", [{"at": "x"}, {"from": "2024-01-02", "to": "2024-01-01"}, {"at": "1" * 50}]
)
def test_wrong_questions_are_told(desk: ConsoleDesk, said: dict[str, str]) -> None:
    answer = client_of(desk, "viewer").get("/api/v1/replay", params=said)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert signed_in(desk).get("/replay", params=said).status_code == 422


def test_looking_is_noted_as_a_view(desk: ConsoleDesk) -> None:
    client_of(desk, "viewer").get("/api/v1/replay", params={"at": at(3).isoformat()})
    line = desk.project.audit_path.read_text(encoding="utf-8").splitlines()[-1]
    assert '"what":"view"' in line
    assert "2024-03-01" not in line.partition("words")[2]


def test_the_same_words_for_every_length() -> None:
    assert Window(at(0), at(10), at(5)).share(at(20)) == 1.0
    assert Window(at(0), at(10), at(5)).length == timedelta(hours=10)
