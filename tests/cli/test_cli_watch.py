"""``tocsin sources`` and ``tocsin watch``, as a person calls them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import orjson
import pytest
from cli_support import call, project_in
from joined_support import at_desk, joined_desk
from pytest_httpserver import HTTPServer

from tocsin.cli.stop import Stop
from tocsin.clock import SystemClock
from tocsin.delivery import Parcel
from tocsin.engines.desk import desk_box
from tocsin.engines.live_sources import build_sources
from tocsin.engines.project import Project
from tocsin.engines.source_tables import SourceTable
from tocsin.engines.watch import Watch
from tocsin.errors import DeskLocked
from tocsin.model import Action, Level, SituationKey, StaffMember, WarningAction

RSS = (
    '<rss version="2.0"><channel><title>t</title><item><guid>a</guid><title>Fair</title>'
    "<description>On Sunday by the river</description></item></channel></rss>"
)


def lines(text: str) -> list[dict[str, object]]:
    return [orjson.loads(line) for line in text.splitlines()]


@pytest.mark.usefixtures("loopback")
def test_from_nothing_to_the_first_feed(tmp_path: Path, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/rss").respond_with_data(RSS)
    desk, url = project_in(tmp_path), httpserver.url_for("/rss")
    assert "no live sources yet" in call("watch", desk).err
    added = call("sources", "add", "feed", "town", url, "--private", "--project", desk)
    assert (added.code, added.out.splitlines()[0]) == (0, f"added feed town: {url}")
    tried = call("sources", "test", "town", "--project", desk)
    assert (tried.code, tried.out) == (0, "town answers: 1 posts, newest without a date\n")
    assert "not looked at yet" in call("sources", "--project", desk).out
    watched = call("watch", desk, "--once")
    assert watched.code == 0, watched
    assert "town  taken: 1 new, 0 edited" in watched.out
    assert call("watch", desk, "--once", "--json").out == ""
    row = lines(call("sources", "list", "--project", desk, "--json").out)[0]
    assert (row["name"], row["state"], row["failures"]) == ("town", "well", 0)
    assert "ok  source town: feed, well" in call("check", "--project", desk).out
    assert call("sources", "gone", "--project", desk, "--json").out == ""
    removed = call("sources", "remove", "town", "--project", desk)
    assert removed.code == 0
    assert not (desk / "watch" / "town.json").exists()
    assert call("sources", "list", "--project", desk, "--json").out == ""


@pytest.mark.usefixtures("loopback")
def test_a_source_that_fails_is_told_and_ends_once_with_3(
    tmp_path: Path, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/rss").respond_with_data(RSS)
    httpserver.expect_request("/bad").respond_with_data(status=500)
    desk = project_in(tmp_path)
    for name in ("rss", "bad"):
        url = httpserver.url_for(f"/{name}")
        call("sources", "add", "feed", name, url, "--private", "--project", desk)
    call("sources", "add", "telegram", "tg", "@town_chat", "--project", desk)
    watched = call("watch", desk, "--once", "--json")
    assert watched.code == 3
    found = {(str(one["source"]), str(one["what"])) for one in lines(watched.out)}
    assert found >= {("rss", "taken"), ("bad", "failed"), ("tg", "failed")}
    for _ in range(2):
        watched = call("watch", desk, "--once")
    assert "bad  silent: source bad fails: it never answered" in watched.out
    checked = call("check", "--project", desk)
    assert checked.code == 1
    assert "!!  source bad:" in checked.out
    tried = call("sources", "test", "bad", "--project", desk, "--json")
    assert (tried.code, lines(tried.out)[0]["ok"]) == (3, False)
    assert call("sources", "test", "bad", "--project", desk).code == 3


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("add", "fax", "a", "x"), "no kind 'fax'"),
        (("add", "feed", "a/b", "https://x.example/"), "must be letters"),
        (("add", "feed", "a", "x.example"), "no web address"),
        (("add", "telegram", "a", "https://t.me/+AbC"), "invite link"),
        (("remove", "a"), "no source is called 'a'"),
        (("test", "a"), "no source is called 'a'"),
        (("login",), "tocsin"),
    ],
)
def test_bad_usage_is_one_line(tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    desk = project_in(tmp_path)
    done = call("sources", *arguments, "--project", desk)
    assert done.code == 2
    assert says in done.err
    assert call("sources", "--project", desk).out.startswith("no live sources yet")


def test_a_folder_is_watched_and_refusals_are_told(tmp_path: Path) -> None:
    desk = project_in(tmp_path)
    box = tmp_path / "box"
    box.mkdir()
    post = {"id": "1", "channel": "c", "posted_at": "2024-03-04T09:00:00Z", "text": "Fair"}
    (box / "a.jsonl").write_bytes(orjson.dumps(post) + b"\nnot json\n")
    (box / "b.json").write_text("nothing known")
    call("sources", "add", "folder", "box", box, "--project", desk)
    assert call("watch", desk, "--once", "--json").out == ""
    found = lines(call("watch", desk, "--once", "--json").out)
    assert [one["what"] for one in found] == ["refused", "refused", "taken"]
    assert call("watch", desk, "--once", "--json").out == ""


def _watched_desk(folder: Path, *delivery: str) -> Project:
    """A desk with an alarm that nobody has answered, somebody on duty, and a source."""
    now = SystemClock().now()
    alarm = WarningAction(
        id="0123456789ab",
        action=Action.ISSUE,
        issued_at=now,
        level=Level.ALARM,
        key=SituationKey("geonames:1", "Jews"),
        probability=0.1,
        interval=(0.05, 0.2),
        base_rate=0.002,
        horizon_h=24,
        place="Aford market",
        latitude=43.0,
        longitude=47.5,
        window_start=None,
        window_end=None,
        target="Jews",
        rumour=None,
        posts=("town/1",),
        why=("A call to gather",),
    )
    desk = joined_desk(folder, alarm, delivery=delivery)
    desk_box(desk).change(lambda lists: replace(lists, staff=(StaffMember("ana", ("ntfy://a",)),)))
    box = folder / "box"
    box.mkdir()
    post = {"id": "1", "channel": "c", "posted_at": "2024-03-04T09:00:00Z", "text": "Fair"}
    (box / "a.jsonl").write_bytes(orjson.dumps(post) + b"\n")
    assert at_desk(desk, "sources", "add", "folder", "box", box).code == 0
    return desk


def test_a_watch_pages_whoever_is_on_duty_and_signs_what_it_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = _watched_desk(tmp_path)
    before = len(list((desk.folder / "heads").glob("*.json")))
    for _ in range(3):  # a folder is read once it has been seen unchanged
        assert at_desk(desk, "watch", "--once").code == 0
    assert len(list((desk.folder / "heads").glob("*.json"))) > before
    assert at_desk(desk, "verify").code == 0
    (page,) = lines(at_desk(desk, "outbox", "list", "--json").out)
    assert (page["to"], page["page"], page["state"]) == ("ana", True, "waiting")
    rang: list[str] = []

    class Phone:
        def send(self, parcel: Parcel) -> str:
            rang.append(parcel.recipient.address)
            return "taken"

    monkeypatch.setattr("tocsin.cli.watch.load_carriers", lambda _: {"push": Phone()})
    done = at_desk(desk, "watch", "--once", "--deliver")
    assert (done.code, rang) == (0, ["ntfy://a"])
    assert "delivered  ana" in done.out


def test_a_watch_goes_on_where_nobody_can_be_paged_and_ends_where_the_desk_is_locked(
    tmp_path: Path,
) -> None:
    desk = _watched_desk(tmp_path)
    key = tmp_path / "desk.desk.key"
    key.rename(tmp_path / "away")
    done = at_desk(desk, "watch", "--once")
    assert (done.code, "NOBODY IS PAGED" in done.err) == (0, True)
    (tmp_path / "away").rename(key)
    project = Project.open(desk.folder)
    supervisor = Watch(project, [], SystemClock())
    assert at_desk(desk, "lock").code == 1
    with pytest.raises(DeskLocked):
        supervisor.round()


def test_without_an_account_telegram_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "telethon", SimpleNamespace())
    desk = project_in(tmp_path)
    assert "set telegram.account_file" in call("sources", "login", "--project", desk).err
    settings = desk / "tocsin.toml"
    before = settings.read_text()
    for account, says in ((desk / "a.toml", "outside the project"), (tmp_path / "a.toml", "read")):
        settings.write_text(f'{before}[telegram]\naccount_file = "{account}"\n')
        assert says in call("sources", "login", "--project", desk).err
    (tmp_path / "a.toml").write_text('api_id = 1\napi_hash = "x"\n')
    (tmp_path / "a.toml").chmod(0o600)
    project = Project.open(desk)
    tables = [
        SourceTable("telegram", name, channel=f"@{name}") for name in ("one_news", "two_news")
    ]
    found = build_sources(project, tables)
    assert [one.kind for one in found] == ["telegram", "telegram"]


def test_a_stop_is_remembered_and_a_second_interrupt_breaks_off() -> None:
    with Stop.on_signals() as stop:
        assert not stop.wait(timedelta(0))
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.wait(timedelta(seconds=5))
        assert stop.code == 0
        with pytest.raises(KeyboardInterrupt):
            stop.ask(signal.SIGINT, None)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_signals_end_it_cleanly(tmp_path: Path, number: int, code: int) -> None:
    desk = project_in(tmp_path)
    (tmp_path / "box").mkdir()
    call("sources", "add", "folder", "box", tmp_path / "box", "--project", desk)
    command = [sys.executable, "-m", "tocsin", "watch", str(desk)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as running:
        state = desk / "watch" / "box.json"
        end = time.monotonic() + 120
        while not state.exists() and running.poll() is None and time.monotonic() < end:
            os.sched_yield()
        running.send_signal(number)
        _, err = running.communicate(timeout=120)
    assert running.returncode == code, err
    assert "stopped; what was done is kept" in err
