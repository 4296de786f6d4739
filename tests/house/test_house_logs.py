"""The log: what happened, in numbers. No post, name or address above debug."""

from __future__ import annotations

import ast
import io
import logging
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import orjson
import pytest
from cli_support import call, project_in
from hypothesis import given
from hypothesis import strategies as st

import tocsin
from tocsin import logs
from tocsin.errors import UsageError
from tocsin.logs import EVENTS, FIELDS, LEVELS, Log, configure, only_allowed, places_of
from tocsin.settings import Settings

SOURCE = Path(tocsin.__file__).parent
CANARY = "kestrel-9931"
Lines = Callable[[], list[dict[str, Any]]]


pytestmark = pytest.mark.usefixtures("log_restored")


def settings(level: str, shape: str = "json") -> Settings:
    return Settings({"log.level": level, "log.format": shape})


def written(level: str, shape: str = "json") -> tuple[io.StringIO, Lines]:
    stream = io.StringIO()
    configure(settings(level, shape), stream)
    return stream, lambda: [orjson.loads(line) for line in stream.getvalue().splitlines()]


# -- what is on the lists ------------------------------------------------------------------------


def calls() -> Iterable[tuple[Path, ast.Call]]:
    """Every line of ours that is written to the log, wherever it stands."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                on = node.func.value
                if isinstance(on, ast.Name) and on.id == "_LOG" and node.func.attr in LEVELS:
                    yield path, node


def test_every_line_of_ours_says_an_event_of_the_list() -> None:
    said = set()
    for path, node in calls():
        (event,) = node.args
        assert isinstance(event, ast.Constant), f"{path}: {ast.unparse(node)}"
        assert event.value in EVENTS, f"{path}: {event.value!r}"
        said.add(event.value)
        named = {keyword.arg for keyword in node.keywords} - {None}
        assert named <= set(FIELDS), f"{path}: {named - set(FIELDS)}"
    assert said >= set(EVENTS) - {"crashed", "request answered", "delivery round ended"}


def test_nothing_writes_to_a_log_but_through_this_one() -> None:
    for path in SOURCE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert path.name == "logs.py" or "getLogger" not in text, path
        assert path.name == "logs.py" or "import logging" not in text, path


# -- what is left out ----------------------------------------------------------------------------


@given(
    event=st.one_of(st.sampled_from(sorted(EVENTS)), st.text()),
    level=st.sampled_from([one for one in LEVELS if one != "debug"]),
    fields=st.dictionaries(
        st.one_of(st.sampled_from(sorted(FIELDS)), st.text(min_size=1)),
        st.one_of(st.text(), st.integers(), st.lists(st.text()), st.none()),
    ),
)
def test_no_line_above_debug_carries_free_text(
    event: str, level: str, fields: dict[str, Any]
) -> None:
    line = {**fields, "event": event, "level": level}
    found = only_allowed(None, level, dict(line))
    assert found["event"] in {*EVENTS, logs._ELSEWHERE}
    for name, value in found.items():
        if name not in ("event", "level", "at", "part", "left_out"):
            assert name in FIELDS
            assert isinstance(value, int) or " " not in value.replace(" < ", "")


def test_a_text_in_an_allowed_field_is_left_out_and_counted() -> None:
    _, lines = written("info")
    Log("tocsin.x").info("run ended", posts=3, route=f"meet at {CANARY}", author=CANARY)
    (line,) = lines()
    assert (line["event"], line["posts"], line["left_out"]) == ("run ended", 3, 2)
    assert CANARY not in str(line)
    assert line["at"].endswith("Z")


def test_what_other_parts_say_stands_at_debug_alone() -> None:
    stream, lines = written("info")
    try:
        raise ValueError(f"meet at {CANARY}")  # noqa: TRY301
    except ValueError:
        logging.getLogger("httpx").exception("asked %s", f"https://{CANARY}.example")
    (line,) = lines()
    assert CANARY not in stream.getvalue()
    assert (line["part"], line["event"]) == ("httpx", logs._ELSEWHERE)
    assert line["error"] == "ValueError"
    assert line["where"].startswith("house/test_house_logs.py:")
    _, lines = written("debug")
    logging.getLogger("httpx").debug("asked %s", CANARY)
    assert lines()[0]["said"] == f"asked {CANARY}"


def test_a_crash_is_told_by_kind_and_place_and_whole_at_debug() -> None:
    with pytest.raises(RuntimeError) as crash:
        raise RuntimeError(CANARY)
    stream, lines = written("info")
    Log("tocsin.x").crashed(crash.value)
    assert CANARY not in stream.getvalue()
    (line,) = lines()
    assert (line["error"], line["where"]) == ("RuntimeError", places_of(crash.value))
    assert line["where"].startswith("house/test_house_logs.py:")
    _, lines = written("debug")
    Log("tocsin.x").crashed(crash.value)
    first, second = lines()
    assert CANARY not in str(first)
    assert CANARY in second["said"]


# -- how it is set up ----------------------------------------------------------------------------


def test_people_get_lines_for_people() -> None:
    stream, _ = written("info", "human")
    Log("tocsin.x").info("run ended", posts=3)
    line = stream.getvalue()
    assert "run ended" in line
    assert "posts=3" in line
    assert not line.startswith("{")
    assert "\x1b" not in line


@pytest.mark.parametrize("terminal", [True, False])
def test_json_where_no_terminal_is(terminal: bool) -> None:
    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return terminal

    stream = Screen()
    configure(settings("info", "auto"), stream)
    Log("tocsin.x").info("run ended", posts=3)
    assert stream.getvalue().startswith("{") is not terminal


def test_set_up_again_the_last_one_holds() -> None:
    first, _ = written("info")
    _, lines = written("warning")
    Log("tocsin.x").info("run ended")
    Log("tocsin.x").warning("not run")
    assert first.getvalue() == ""
    assert [line["event"] for line in lines()] == ["not run"]


def test_lines_go_to_what_is_stderr_when_they_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    configure(settings("info"))
    later = io.StringIO()
    monkeypatch.setattr(sys, "stderr", later)
    Log("tocsin.x").info("run ended")
    assert "run ended" in later.getvalue()


@pytest.mark.parametrize(("level", "shape"), [("loud", "json"), ("info", "xml")])
def test_no_such_level_or_form_is_refused_by_name(level: str, shape: str) -> None:
    with pytest.raises(UsageError, match="is one of"):
        configure(settings(level, shape))


# -- whole commands ------------------------------------------------------------------------------


def test_commands_log_what_they_did_and_never_what_was_said(
    tmp_path: Path, write_posts: Callable[..., Path]
) -> None:
    project, folder = project_in(tmp_path), tmp_path / "inbox"
    posts = [
        {
            "id": str(number),
            "channel": f"chan_{CANARY}",
            "posted_at": "2024-10-10T08:20:00Z",
            "text": f"The bridge {CANARY} {number} is closed",
            "author": f"Ana {CANARY}",
        }
        for number in range(3)
    ]
    assert call("ingest", write_posts(posts[:2]), "--project", project).code == 0
    asked = ("--project", project, "--log-level", "info", "--log-format", "json")
    ran = call("run", "--workers", "0", *asked)
    assert ran.code == 0, ran
    said = [orjson.loads(line) for line in ran.err.splitlines() if line.startswith("{")]
    assert [line["event"] for line in said] == ["run begun", "checkpoint written", "run ended"]
    assert (said[0]["posts"], said[2]["posts"]) == (2, 2)
    folder.mkdir()
    assert call("sources", "add", "folder", "box", folder, "--project", project).code == 0
    (folder / "more.jsonl").write_bytes(orjson.dumps(posts[2]) + b"\n")
    figures = tmp_path / "watch.prom"
    watched = call("watch", "--once", "--metrics-file", figures, *asked)
    assert watched.code == 0, watched
    events = [orjson.loads(line)["event"] for line in watched.err.splitlines() if line[:1] == "{"]
    assert "watching" in events
    assert "round ended" in events
    delivered = call("deliver", "--once", *asked)
    assert delivered.code in (0, 2), delivered
    for heard in (ran.err, watched.err, delivered.err, figures.read_text()):
        assert CANARY not in heard
    told = figures.read_text()
    assert "tocsin_watch_rounds_total 1.0" in told
    assert 'tocsin_source_failures{source="box"} 0.0' in told


def test_a_level_nobody_knows_ends_with_one_line(tmp_path: Path) -> None:
    done = call("run", "--project", project_in(tmp_path), "--log-level", "loud")
    assert done.code == 2
    assert "log.level is one of debug, info, warning, error" in done.err
