"""Every command as a person uses it."""

from __future__ import annotations

import json
from pathlib import Path

import orjson
import pytest
from cli_support import call, project_in

from posts_support import post_line, written
from streams_support import mixed
from tocsin.errors import EXIT_INTERRUPTED
from tocsin.settings import SETTINGS


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the test streams ingested and run."""
    folder = tmp_path_factory.mktemp("desk")
    path = folder / "posts.jsonl"
    written(path, mixed())
    project = project_in(folder)
    assert call("ingest", path, "--project", project).code == 0
    done = call("run", "--workers", 0, "--project", project)
    assert done.code == 0, done
    assert "posts processed" in done.out
    return project


def _json_rows(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_help_teaches() -> None:
    assert "tocsin demo" in call("--help").out
    assert "Private chats are refused" in call("ingest", "--help").out
    assert call("--version").out.startswith("tocsin ")


def test_bad_usage_is_exit_2() -> None:
    assert call("nosuch").code == 2
    assert call("ingest", "--map").code == 2
    assert call("replay", "x", "--from", "yesterday").code == 2


def test_outside_a_project_it_says_how_to_start(tmp_path: Path) -> None:
    done = call("run", "--project", tmp_path)
    assert done.code == 2
    assert "tocsin init" in done.err
    assert call("ingest", "--project", tmp_path).code == 2


def test_init_without_a_terminal_marks_the_unanswered(tmp_path: Path) -> None:
    done = call("init", tmp_path / "a", "--key-file", tmp_path / "k", "--purpose", "warn N")
    assert done.code == 0
    assert "unanswered: legal basis" in done.err
    assert "unanswered: purpose" not in done.err
    settings = (tmp_path / "a" / "tocsin.toml").read_text()
    assert 'purpose = "warn N"' in settings
    assert 'release = "two"' in settings
    assert (tmp_path / "k").stat().st_mode & 0o077 == 0


def test_init_refuses_what_it_would_spoil(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    assert call("init", project).code == 2
    assert call("init", tmp_path / "b", "--key-file", tmp_path / "b" / "key").code == 2
    (tmp_path / "file").write_text("")
    assert call("init", tmp_path / "file").code == 2
    key = ("--key-file", tmp_path / "c.key")
    assert call("init", tmp_path / "c", "--release", "three", *key).code == 2


def test_warnings_are_listed_shown_and_decided(desk: Path) -> None:
    rows = _json_rows(call("warnings", "--json", "--project", desk).out)
    assert rows
    name = str(rows[0]["id"])
    assert name in call("warnings", "--project", desk).out
    shown = call("warnings", "show", name, "--project", desk)
    assert "not calibrated here" in shown.out
    assert "not seen here" in shown.out
    assert call("warnings", "confirm", name, "--project", desk).code == 2, "needs --as"
    assert call("warnings", "dismiss", name, "--as", "a1", "--project", desk).code == 2
    for word, more in (
        ("acknowledge", ()),
        ("dismiss", ("--reason", "old news")),
        ("outcome", ("did_not",)),
    ):
        arguments = ("warnings", word, name, *more, "--as", "a1", "--project", desk)
        assert call(*arguments).code == 0, word
    life = call("warnings", "show", name, "--project", desk).out
    assert "warning_dismiss: dismissed, by a1  old news" in life
    assert call("warnings", "outcome", name, "maybe", "--as", "a", "--project", desk).code == 2
    assert call("warnings", "show", "nosuch", "--project", desk).code == 2
    assert call("warnings", "--level", "panic", "--project", desk).code == 2
    assert call("warnings", "--level", "alert", "--project", desk).code == 0
    assert call("warnings", "show", name, "--json", "--project", desk).out.startswith("{")


def test_rumours_are_listed_shown_and_given_a_status(desk: Path) -> None:
    rows = _json_rows(call("rumours", "--json", "--limit", 5, "--project", desk).out)
    name = str(rows[0]["id"])
    assert rows[0]["status"] == "new"
    status = ("rumours", "status", name, "confirmed_false", "--as", "a1", "--project", desk)
    assert call(*status).code == 0
    assert "confirmed_false" in call("rumours", "show", name, "--project", desk).out
    assert call("rumours", "--live", "--project", desk).code == 0
    shown = json.loads(call("rumours", "show", name, "--json", "--project", desk).out)
    assert len(shown["sightings"]) == rows[0]["posts"]
    assert call("rumours", "status", name, "nonsense", "--as", "a", "--project", desk).code == 2
    assert call("rumours", "status", "none", "new", "--as", "a", "--project", desk).code == 2
    assert call("rumours", "show", "none", "--project", desk).code == 2


def test_channels_are_listed_and_imported(desk: Path, tmp_path: Path) -> None:
    table = tmp_path / "channels.csv"
    table.write_text("channel,home_place,subscribers,as_of\nquiet,Kostroma,1200,2024-01-01\n")
    assert call("channels", "import", table, "--project", desk).code == 0
    rows = {row["channel"]: row for row in _json_rows(_channels(desk))}
    assert rows["quiet"]["home_place"] == "Kostroma"
    assert rows["quiet"]["unread"] is None, "nothing came from it: unknown, not zero"
    table.write_text("channel,home\nquiet,Kostroma\n")
    done = call("channels", "import", table, "--project", desk)
    assert done.code == 2
    assert "unknown column 'home'" in done.err


def _channels(desk: Path) -> str:
    return call("channels", "--json", "--project", desk).out


def test_verify_finds_what_was_changed(desk: Path, tmp_path: Path) -> None:
    import shutil

    assert call("verify", "--project", desk).code == 0
    copy = tmp_path / "copy"
    shutil.copytree(desk, copy)
    segment = next((copy / "archive" / "segments").iterdir())
    content = bytearray(segment.read_bytes())
    content[len(content) // 2] ^= 1
    segment.write_bytes(content)
    done = call("verify", "--project", copy)
    assert done.code == 1
    assert json.loads(call("verify", "--json", "--project", copy).out)["problems"]


def test_rebuild_says_that_all_is_as_before(desk: Path) -> None:
    done = call("rebuild", "--workers", 0, "--project", desk)
    assert done.code == 0
    assert "every recorded warning would be given again" in done.out
    assert json.loads(call("rebuild", "--workers", 0, "--json", "--project", desk).out)["runs"] == 1


def test_check_looks_at_everything(desk: Path, tmp_path: Path) -> None:
    done = call("check", "--project", desk)
    assert done.code == 0, done
    assert "pseudonym key" in done.out
    assert call("check", "--project", tmp_path).code == 0
    rows = _json_rows(call("check", "--settings", "--json").out)
    assert len(rows) == len(SETTINGS)
    (desk.parent / "desk.key").rename(desk.parent / "away")
    lost = call("check", "--json", "--project", desk)
    (desk.parent / "away").rename(desk.parent / "desk.key")
    assert lost.code == 1


def test_read_answers_each_line() -> None:
    posts = [
        post_line(1, "Сегодня в 18:00 все к рынку, выгоним мигрантов из Рыбинска"),
        post_line(2, "Завтра в Рыбинске дождь"),
        post_line(3, "Täna on ilus ilm ja me läheme parki jalutama"),
        post_line(4, ""),
    ]
    done = call("read", stdin=b"".join(orjson.dumps(post) + b"\n" for post in posts))
    assert done.code == 0
    rows = _json_rows(done.out)
    keys = [
        "id",
        "lang",
        "read",
        "alarm",
        "acts",
        "act_scores",
        "frame",
        "target",
        "places",
        "event_time",
        "deadline",
        "calls",
    ]
    assert all(list(row) == keys for row in rows)
    assert [row["id"] for row in rows] == ["1", "2", "3", "4"]
    assert rows[0]["target"] == "migrants"
    assert rows[0]["calls"]
    assert [row["alarm"] for row in rows[2:]] == [None, None], "unread is not harmless"
    assert [row["read"] for row in rows[2:]] == ["unsupported", "unsupported"]


def test_read_keeps_going_past_a_bad_line() -> None:
    lines = orjson.dumps(post_line(1, "Погода")) + b"\nnonsense\n" + orjson.dumps({"id": 1}) + b"\n"
    done = call("read", stdin=lines)
    assert done.code == 2
    assert len(done.out.splitlines()) == 1
    assert done.err.count("refused: ") == 2


def test_cluster_needs_only_id_and_text() -> None:
    texts = [
        "В городе закрыли мост на ремонт",
        "Погода завтра ясная",
        "В городе закрыли мост на ремонт!",
    ]
    lines = b"".join(orjson.dumps({"id": n, "text": t}) + b"\n" for n, t in enumerate(texts))
    done = call("cluster", stdin=lines)
    assert done.code == 0
    rows = _json_rows(done.out)
    assert [row["id"] for row in rows] == ["0", "1", "2"]
    assert rows[0]["rumour"] == rows[2]["rumour"] != rows[1]["rumour"]


def test_replay_writes_the_designed_keys(tmp_path: Path) -> None:
    path = tmp_path / "posts.jsonl"
    written(path, mixed())
    out = tmp_path / "warnings.jsonl"
    done = call("replay", path, "--out", out, "--workers", 0, "--to", "2024-10-12T00:00:00")
    assert done.code == 0
    assert "posts replayed" in done.err
    rows = _json_rows(out.read_text())
    designed = [
        "id",
        "action",
        "issued_at",
        "level",
        "probability",
        "interval",
        "base_rate",
        "horizon_h",
        "place",
        "lat",
        "lon",
        "window_start",
        "window_end",
        "target",
        "rumour",
        "posts",
        "why",
    ]
    assert rows
    assert all(list(row)[: len(designed)] == designed for row in rows)
    assert {row["action"] for row in rows} <= {"issue", "update", "cancel", "expire"}
    later = call("replay", path, "--workers", 0, "--from", "2030-01-01")
    assert later.code == 0
    assert not later.out


def test_an_interrupt_is_exit_130(monkeypatch: pytest.MonkeyPatch, desk: Path) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tocsin.cli.warnings.warnings_now", interrupted)
    assert call("warnings", "--project", desk).code == EXIT_INTERRUPTED


def test_a_crash_is_exit_3_in_one_line(monkeypatch: pytest.MonkeyPatch, desk: Path) -> None:
    def crash(*_: object) -> None:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr("tocsin.cli.warnings.warnings_now", crash)
    done = call("warnings", "--project", desk)
    assert done.code == 3
    assert done.err.startswith("tocsin: crashed (ZeroDivisionError")
    assert "Traceback" not in done.err
