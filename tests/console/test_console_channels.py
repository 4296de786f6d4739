"""Channels: the list, one of them, its posts; quick, by role, and never by author."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import pytest
from cli_support import call
from console_support_places import Town, desk_project
from sqlalchemy import text

from posts_support import post_line
from tocsin.console.facts import channels as facts
from tocsin.console.kept import store_mark
from tocsin.console.roles import Role
from tocsin.store.lists import channel_counts, channel_spans, channel_unread

ODD = "<i>odd</i>/x"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return Town(desk_project(tmp_path_factory.mktemp("channels")))


def test_the_list_has_posts_unread_size_and_what_is_known(town: Town) -> None:
    found = town.json("/channels")
    rows = {row["channel"]: row for row in found["items"]}
    assert [row["posts"] for row in found["items"][:2]] == [10, 9]
    assert (rows["left"]["subscribers"], rows["left"]["reliability"]) == (1200, "B")
    assert rows["left"]["as_of"] == "2024-03-01T00:00:00+00:00"
    assert rows["right"]["subscribers"] is None  # unknown, never zero
    assert (rows["pictures"]["unread"], rows["left"]["unread"]) == (1, 0)
    assert (rows["quiet_one"]["posts"], rows["quiet_one"]["unread"]) == (0, None)
    assert rows["right"]["last"] == "2024-03-05T10:30:00+00:00"
    assert rows["right"]["silent_since"] == "2024-03-05T10:30:00+00:00"
    assert rows["right"]["silence_chance"] < facts.UNLIKELY
    assert rows["own_1"]["silent_since"] is None
    assert found["unread_counted"] is True
    assert found["counted_at"] is not None


def test_the_list_is_what_the_command_line_prints(town: Town) -> None:
    printed = call("channels", "--json", "--project", town.project.folder).out.splitlines()
    rows = [json.loads(line) for line in printed]
    ours = town.walk("/channels", limit=2)
    assert [row["channel"] for row in ours] == [row["channel"] for row in rows]
    assert [row["posts"] for row in ours] == [row["posts"] for row in rows]
    assert [row["unread"] for row in ours] == [row["unread"] for row in rows]


def test_a_channel_none_of_whose_posts_was_tried_is_unknown_not_read(tmp_path: Path) -> None:
    project = tmp_path / "desk"
    posts = tmp_path / "posts.jsonl"
    posts.write_text(json.dumps(post_line(1, "words")))
    assert call("init", project, "--key-file", tmp_path / "desk.key").code == 0
    assert call("ingest", posts, "--project", project).code == 0
    (row,) = [json.loads(x) for x in call("channels", "--json", "-p", project).out.splitlines()]
    assert (row["posts"], row["unread"]) == (1, None)


def test_the_page_lists_finds_and_escapes(town: Town) -> None:
    page = town.page("/channels")
    assert "left_public" in page
    assert "<i>odd" not in page
    assert f"/channels/{quote(ODD, safe='')}" in page
    found = town.page("/channels?name=yaroslavl")
    assert "quiet_one" in found
    assert "own_1" not in found


def test_one_channel_has_the_record_that_the_command_line_shows(town: Town) -> None:
    found = town.json("/channels/left")
    words = ("channels", "show", "left", "--json", "--project", town.project.folder)
    assert found["record"] == json.loads(call(*words).out)
    assert found["record"]["calls_followed_by_an_event"] == 1
    (edge,) = found["together"]
    assert (edge["one"], edge["other"], edge["together"]) == ("left", "right", 8)
    assert town.json("/channels/own_1")["together"] == []


def test_a_channel_that_is_only_known_of_has_a_page(town: Town) -> None:
    found = town.json("/channels/quiet_one")
    assert (found["posts"], found["record"], found["record_made"]) == (False, None, True)
    assert "Yaroslavl" in town.page("/channels/quiet_one")


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_hostile_name_and_a_hostile_post_are_text(town: Town, language: str) -> None:
    page = town.page(f"/channels/{quote(ODD, safe='')}", "analyst", language)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<i>odd" not in page
    assert 'class="post veil"' in page


def test_posts_come_newest_first_and_each_once(town: Town) -> None:
    rows = town.walk("/channels/right/posts", limit=3)
    times = [row["posted_at"] for row in rows]
    assert times == sorted(times, reverse=True)
    assert len({row["id"] for row in rows}) == len(rows) == 10
    assert {row["channel"] for row in rows} == {"right"}
    assert [row["id"] for row in town.walk(f"/channels/{quote(ODD, safe='')}/posts")] == [
        f"{ODD}/1"
    ]
    page = town.page("/channels/own_0")
    assert 'rel="next"' not in page


def test_only_the_newest_version_is_shown(tmp_path: Path) -> None:
    town = Town(desk_project(tmp_path))
    again = tmp_path / "again.jsonl"
    more = {"channel": "right", "edited_at": "2024-03-05T11:00:00+00:00"}
    again.write_text(json.dumps(post_line(1710, "reworded", **{**more, "id": "phone"})))
    before = town.json("/channels")["items"][0]["posts"]
    assert call("ingest", again, "--project", town.project.folder).code == 0
    rows = town.walk("/channels/right/posts", "analyst", limit=4)
    assert [row["text"] for row in rows if row["id"] == "right/phone"] == ["reworded"]
    after = town.json("/channels")["items"][0]["posts"]
    assert after == before + 1  # what is kept is counted anew when something was indexed


def test_viewers_see_no_contacts(town: Town) -> None:
    for role, shown in (("viewer", False), ("analyst", True)):
        (row,) = [r for r in town.walk("/channels/right/posts", role) if r["id"] == "right/phone"]
        assert ("123-45-67" in row["text"]) is shown
        assert ("123-45-67" in town.page("/channels/right", role)) is shown


def test_nothing_says_who_wrote_it(town: Town) -> None:
    row = town.json("/channels/right/posts")["items"][0]
    assert not {"author", "from", "from_id", "user", "sender"} & row.keys()
    answer = town.api("analyst").get("/api/v1/channels/right/posts", params={"author": "x"})
    assert len(answer.json()["items"]) == 10  # asked for an author: nothing is chosen by it


def test_looking_at_posts_is_in_the_audit_log_as_a_view(town: Town) -> None:
    town.page("/channels/right", "analyst")
    last = town.project.audit_path.read_text().splitlines()[-1]
    assert '"what":"view","words":["GET","/channels/right"]' in last


@pytest.mark.parametrize("path", ["/channels/nobody", "/channels/nobody/posts", "/channels/"])
def test_what_is_not_there(town: Town, path: str) -> None:
    assert town.api("viewer").get(f"/api/v1{path}").status_code == 404
    assert town.browser("viewer").get("/channels/nobody").status_code == 404


@pytest.mark.parametrize("cursor", ["x", "1", "-" + "9" * 17 + ".1", "1.2.3", "-1.x", "1.-1"])
def test_a_cursor_of_another_list_is_refused(town: Town, cursor: str) -> None:
    client = town.api("viewer")
    answer = client.get("/api/v1/channels/right/posts", params={"cursor": cursor})
    assert answer.status_code == 422
    assert client.get("/channels/right", params={"cursor": cursor}).status_code == 422
    assert client.get("/api/v1/channels", params={"cursor": "no such"}).status_code == 422


def test_counts_and_posts_go_over_an_index(town: Town) -> None:
    plans = {
        "SELECT channel, count(*), min(posted_at), max(posted_at) FROM posts GROUP BY channel": (
            "COVERING INDEX posts_by_channel"
        ),
        "SELECT * FROM posts WHERE channel = 'x' ORDER BY posted_at DESC, seq DESC LIMIT 9": (
            "INDEX posts_by_channel (channel=?)"
        ),
    }
    with town.desk.store.reading() as connection:
        for query, expected in plans.items():
            plan = " ".join(
                str(row) for row in connection.execute(text(f"EXPLAIN QUERY PLAN {query}"))
            )
            assert expected in plan
            assert "TEMP B-TREE" not in plan


def test_counts_agree_with_one_another(town: Town) -> None:
    store = town.desk.store
    spans = channel_spans(store)
    unread = channel_unread(store, [row["channel"] for row in spans])
    assert channel_counts(store) == [{**row, "unread": unread[row["channel"]]} for row in spans]


def test_a_list_is_kept_while_nothing_new_is_indexed(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.json("/channels")
    mark = store_mark(town.desk.store)
    assert mark == store_mark(town.desk.store)
    calls: list[int] = []
    monkeypatch.setattr(facts, "channel_spans", lambda _store: calls.append(1))
    facts.channel_list(town.desk)
    assert not calls
    assert facts.channel_posts(town.desk, "left", Role.VIEWER, ("", 1))["next"] is not None
