"""The reconstruction: no cheating in the wording, warned in time, wherever the call is moved."""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import capparser
import pytest
from cli_support import call as command
from mailbox_support import Box, server

from tocsin.demo.render import ZONE, exports, wordings
from tocsin.demo.report import EVENTS, lead
from tocsin.demo.run import DemoResult, run_demo

HOUR = timedelta(hours=1)
QUARTER = timedelta(minutes=15)
NEAR_AIRPORT = (42.817, 47.652)


def _run(folder: Path, call_at: datetime | None = None) -> DemoResult:
    source = folder / "exports"
    source.mkdir()
    for name, content in exports(call_at).items():
        (source / name).write_bytes(content)
    return run_demo(source, folder / "desk", datetime(2026, 1, 1, tzinfo=ZONE), lambda _: None)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> DemoResult:
    return _run(tmp_path_factory.mktemp("demo"))


def _day(line: dict[str, Any]) -> int:
    return _at(line).astimezone(ZONE).day


def _at(line: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(line["issued_at"])


def _raised(result: DemoResult, place: str, *levels: str) -> list[dict[str, Any]]:
    return [
        line
        for line in result.warnings
        if line["action"] in ("issue", "update")
        and place in line["place"]
        and line["level"] in levels
    ]


def test_the_package_carries_the_rendered_exports() -> None:
    folder = files("tocsin.demo") / "exports"
    for name, content in exports().items():
        assert (folder / name).read_bytes() == content, f"{name}: python -m tocsin.demo.render"


def test_the_call_names_neither_group_nor_threat() -> None:
    _, posts = wordings()
    call = next(post for post in posts if post.get("call"))
    said = call["text"].lower()
    for word in ("евре", "израил", "беженц", "иуде", "выгн", "бить", "смерт", "угроз"):
        assert word not in said
    assert datetime.fromisoformat(call["at"]).strftime("%d %H:%M") == "29 10:30"
    assert "not firm" in call["note"]


def test_ordinary_life_denials_and_calm_are_at_least_as_many() -> None:
    _, posts = wordings()
    calm = sum(post["kind"] in ("ordinary", "denial", "calm") for post in posts)
    rumour = sum(
        post["kind"] in ("rumour", "hostile", "call", "call_other", "uptake", "forward")
        for post in posts
    )
    assert calm >= rumour >= 20


@pytest.mark.parametrize("place", ["Khasavyurt", "Makhachkala"])
def test_a_watch_or_more_on_28_october(result: DemoResult, place: str) -> None:
    raised = _raised(result, place, "watch", "alert", "alarm")
    assert [line for line in raised if _day(line) == 28]


@pytest.mark.parametrize("hour", [(10, 30), (8, 0), (11, 45)])
def test_an_alert_for_the_airport_within_a_quarter_of_an_hour(
    tmp_path: Path, result: DemoResult, hour: tuple[int, int]
) -> None:
    call_at = datetime(2023, 10, 29, *hour, tzinfo=ZONE)
    moved = result if hour == (10, 30) else _run(tmp_path, call_at)
    alerts = [
        line
        for line in _raised(moved, "airport", "alert", "alarm")
        if call_at <= _at(line) <= call_at + QUARTER
    ]
    assert alerts
    first = alerts[0]
    assert (first["lat"], first["lon"]) == pytest.approx(NEAR_AIRPORT, abs=0.02)
    assert first["inherited"]
    assert first["target"] in ("Jews", "Israelis")
    called = datetime.fromisoformat(first["window_start"]).astimezone(ZONE)
    assert (called.day, called.hour, called.minute) == (29, 19, 0)
    assert first["posts"]
    assert not first["calibrated"]


def test_khasavyurt_raises_makhachkala_within_the_hour(result: DemoResult) -> None:
    """Reports of the crowd there, corroborated, reach the next town before the night is over."""
    reports = sorted(post["at"] for post in wordings()[1] if post["kind"] == "report")
    of_the_night = [at for at in reports if "2023-10-28T20" <= at < "2023-10-29T02"]
    known = datetime.fromisoformat(of_the_night[1])  # the second one corroborates
    raised = [
        line
        for line in result.warnings
        if "Makhachkala" in line["place"]
        and known <= _at(line) <= known + HOUR
        and any("reported nearby" in why for why in line["why"])
    ]
    assert raised
    same = [line for line in result.warnings if line["id"] == raised[0]["id"]]
    before = [line for line in same if _at(line) < _at(raised[0])]
    assert raised[0]["probability"] > before[-1]["probability"]


def test_the_archive_verifies(result: DemoResult) -> None:
    assert not result.archive.problems
    assert result.posts == len(wordings()[1])


def test_lead_is_measured_against_the_reported_events(result: DemoResult) -> None:
    airport = EVENTS[-1]
    assert lead(result.warnings, airport, "alert") != "none before it"
    assert lead([], airport, "watch") == "none before it"


def test_the_command_prints_what_a_person_wants_to_see() -> None:
    done = command("demo")
    assert done.code == 0
    for words in ("RECONSTRUCTION", "first seen", "ALERT", "airport", "not firm", "h ", "before"):
        assert words in done.out
    for words in ("call community security", "EXERCISE ONLY", "УЧЕНИЕ", "аэропорт", "as CAP 1.2: "):
        assert words in done.out
    lines = command("demo", "--json").out.splitlines()
    assert all(line.startswith("{") for line in lines)


@pytest.mark.usefixtures("loopback")
def test_the_demo_can_be_kept_looked_at_and_its_alert_sent_as_a_drill(tmp_path: Path) -> None:
    kept, box = tmp_path / "kept", Box()
    with server(box) as port:
        done = command("demo", "--keep", kept, "--drill-to", f"127.0.0.1:{port}")
    assert done.code == 0, done
    assert "taken by the mail server" in done.err
    (mail,) = box.mails
    assert mail["X-Tocsin-Drill"] == "yes"
    assert mail["Subject"].startswith("УЧЕНИЕ")
    (attached,) = mail.iter_attachments()
    cap = (kept / "told" / "warning.cap.xml").read_text(encoding="utf-8")
    assert attached.get_content().decode() == cap
    alert = capparser.parse(stringXML=cap)
    assert (alert.status[0], alert.msgType[0]) == ("Test", "Alert")
    assert "airport" in command("warnings", "--project", kept).out
    listed = command("release", "list", "--project", kept).out
    assert ("DRILL" in listed, "released" in listed) == (True, True)
    assert command("verify", "--project", kept).code == 0


@pytest.mark.parametrize("where", ["example.org:25", "127.0.0.1", "10.0.0.1:2525", ":1"])
def test_a_drill_of_the_demo_stays_on_this_machine(where: str) -> None:
    done = command("demo", "--drill-to", where)
    assert (done.code, "on this machine alone" in done.err) == (2, True)


@pytest.mark.usefixtures("loopback")
def test_where_nobody_listens_the_demo_says_so() -> None:
    done = command("demo", "--drill-to", "127.0.0.1:1")
    assert done.code == 3
    assert "the mail server was not reached" in done.err
