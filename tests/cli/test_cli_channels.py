"""What the desk can ask about channels: their record, and who posts together."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_support import call

from posts_support import post_line

CALL = "Рыбинск, сегодня в 20:00 все к рынку, выгоним узбеков из города"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two channels that post the same together, others in their own time, and one call."""
    folder = tmp_path_factory.mktemp("channels")
    rows = []
    for text in range(8):
        words = f"Новость номер {text} о городе и людях, читайте сегодня"
        rows.append(post_line(200 * text, words, channel="left", id=f"{text}"))
        rows.append(post_line(200 * text + 2, words, channel="right", id=f"{text}"))
        for n in range(4):
            minute = 200 * text + 31 + 37 * n
            rows.append(post_line(minute, words, channel=f"own_{n}", id=f"{text}"))
    rows.append(post_line(1650, CALL, channel="left", id="call"))
    rows.append(post_line(6000, "Погода завтра хорошая", channel="own_1", id="late"))
    posts, events = folder / "posts.jsonl", folder / "events.csv"
    posts.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows))
    events.write_text(
        "id,event_time,known_at,latitude,longitude,kind,place\n"
        "e1,2024-03-05T18:00:00+00:00,2024-03-06T00:00:00+00:00,58.05,38.83,Mob violence,Rybinsk\n"
    )
    project = folder / "desk"
    assert call("init", project, "--key-file", folder / "desk.key").code == 0
    assert call("ingest", posts, "--project", project).code == 0
    assert call("run", "--project", project, "--workers", 1).code == 0
    assert call("events", "import", events, "--project", project).code == 0
    return project


def test_a_channels_record(desk: Path) -> None:
    found = json.loads(call("channels", "show", "left", "--project", desk, "--json").out)
    assert found["posts"] == 9
    assert found["languages"] == [["ru", 9]]
    assert (found["calls"], found["calls_over"]) == (1, 1)
    assert found["calls_followed_by_an_event"] == 1
    assert found["chance_of_so_long_a_silence"] is None
    assert "followed" in call("channels", "show", "left", "--project", desk).out


def test_a_record_as_it_was_knows_nothing_of_later(desk: Path) -> None:
    at = ("--as-of", "2024-03-05T12:00:00+00:00")
    found = json.loads(call("channels", "show", "left", "--project", desk, *at, "--json").out)
    assert (found["calls"], found["calls_over"]) == (1, 0)


def test_who_posts_together(desk: Path) -> None:
    at = ("--as-of", "2024-03-06T00:00:00+00:00")
    told = call("channels", "coordination", "--project", desk, *at, "--json").out
    (edge,) = [json.loads(line) for line in told.splitlines()]
    assert (edge["one"], edge["other"], edge["together"], edge["one_first"]) == (
        "left",
        "right",
        8,
        1.0,
    )
    assert edge["examples"][-1] == ["left/7", "right/7"]
    assert "→" in call("channels", "coordination", "--project", desk, *at).out
    weighty = call("channels", "coordination", "--project", desk, *at, "--edge-weight", 9)
    assert "no channels that post together" in weighty.out


def test_a_channel_that_is_not_there(desk: Path) -> None:
    done = call("channels", "show", "nobody", "--project", desk)
    assert done.code == 2
    assert "no posts of nobody" in done.err
