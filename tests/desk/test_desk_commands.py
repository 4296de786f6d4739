"""The people side from the command line: every path, every refusal."""

from __future__ import annotations

import json
import time
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.main
from cli_support import Outcome, call
from desk_builders import action, after, desk_in
from joined_support import put_actions, use_towns

from tocsin import wire
from tocsin.cli.commands import app_with
from tocsin.clock import SystemClock
from tocsin.engines.desk import desk_box
from tocsin.engines.paging import (
    CHAT,
    all_raised,
    desk_pages,
    raised_from,
    staff_address,
    standing,
)
from tocsin.engines.project import Project
from tocsin.errors import DeskLocked, EnvironmentFailed
from tocsin.model import Action, Level

W = "0123456789ab"
HARMS = ("--if-right", "readers", "--if-wrong", "traders", "--if-cancelled", "those who go")


def rows(done: Outcome) -> list[dict[str, Any]]:
    assert done.code in (0, 1), done
    return [json.loads(line) for line in done.out.splitlines()]


@pytest.fixture(autouse=True)
def _towns(monkeypatch: pytest.MonkeyPatch) -> None:
    use_towns(monkeypatch)


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    return desk_in(tmp_path, action())


def at(project: Path, *words: Any) -> Outcome:
    return call(*words, "--project", project)


def _propose(desk: Path, *more: Any, by: str = "ana", to: str = "r1") -> Outcome:
    return at(desk, "release", "propose", W, "--to", to, *HARMS, "--as", by, *more)


# lists -------------------------------------------------------------------------------------------


def test_lists_are_added_to_shown_imported_and_shortened(desk: Path, tmp_path: Path) -> None:
    more = ("--area", "A,43,47,10", "--secret", "sign", "--language", "ru", "--as", "ana")
    where = ("--kind", "webhook", "--address", "https://example.org/x")
    assert at(desk, "recipients", "add", "r3", *where, *more).code == 0
    listed = rows(at(desk, "recipients", "list", "--json"))
    assert [row["id"] for row in listed] == ["r1", "r2", "r3"]
    assert (listed[2]["secret"], listed[2]["areas"][0]["radius_km"]) == ("set", 10.0)
    assert "r3" in at(desk, "recipients", "list").out
    assert listed[2]["least"] == "alert"
    again = tmp_path / "again.jsonl"
    again.write_text(at(desk, "recipients", "list", "--json").out)
    assert at(desk, "recipients", "import", again, "--as", "ana").code == 0
    assert desk_box(Project.open(desk)).read().recipients[2].secret == "sign"
    again.write_text(again.read_text().replace('"r3"', '"r4"'))
    assert "write its secret out" in at(desk, "recipients", "import", again, "--as", "ana").err
    assert at(desk, "recipients", "remove", "R3", "--as", "ana").code == 0
    assert at(desk, "recipients", "remove", "r3", "--as", "ana").code == 2
    file = tmp_path / "staff.jsonl"
    file.write_text('{"handle": "ben", "push": ["ntfy://b"]}\n\n{"handle": "eva"}\n')
    assert "2 staff taken in" in at(desk, "staff", "import", file, "--as", "ana").out
    file.write_text('{"handle": "x"}\nnonsense\n')
    bad = at(desk, "staff", "import", file, "--as", "ana")
    assert (bad.code, "line 2: not JSON" in bad.err) == (2, True)
    file.write_text('{"handle": "x"}\n{"name": "y"}\n')
    assert "line 2: unknown field" in at(desk, "staff", "import", file, "--as", "ana").err
    assert [row["handle"] for row in rows(at(desk, "staff", "list", "--json"))] == ["ben", "eva"]
    assert at(desk, "staff", "import", tmp_path / "none", "--as", "ana").code == 2
    site = ("--community", "Group A", "--place", "Aford", "--lat", 43.0, "--as", "ana")
    assert at(desk, "sites", "add", "school", *site).code == 0
    assert rows(at(desk, "sites", "list", "--json"))[0]["latitude"] == 43.0


def test_wrong_lines_are_refused_by_name(desk: Path) -> None:
    where = ("--kind", "mail", "--address", "a@example.org")
    for more, says in (
        (("--area", "A"), "--area A"),
        (("--least", "panic"), "least is 'panic'; write it as one of none, watch, alert, alarm"),
        (("--precision", "home"), "place is 'home'"),
    ):
        done = at(desk, "recipients", "add", "r5", *where, *more, "--as", "ana")
        assert (done.code, says in done.err) == (2, True), done
    assert at(desk, "recipients", "add", "r5", *where).code == 2, "needs --as"
    assert at(desk, "staff", "add", "x", "--quiet", "late", "--as", "ana").code == 2
    assert at(desk, "staff", "add", "x", "--quiet", "a-b", "--as", "ana").code == 2
    assert at(desk, "staff", "add", "x", "--zone", "Mars/Base", "--as", "ana").code == 2
    assert "no sites" in at(desk, "sites", "list").out


def test_a_lost_key_is_said_and_no_new_one_is_made(desk: Path) -> None:
    key = desk.parent / "desk.desk.key"
    key.rename(desk.parent / "away")
    done = at(desk, "recipients", "list")
    assert done.code == 3
    assert "bring it back" in done.err
    assert not key.exists()
    with pytest.raises(EnvironmentFailed):
        desk_box(Project.open(desk))


# rota, call card, shift --------------------------------------------------------------------------


def _staffed(desk: Path) -> None:
    for name in ("ana", "ben"):
        push = ("--push", f"ntfy://x/{name}", "--chat", f"slack://{name}")
        assert at(desk, "staff", "add", name, *push, "--as", "ana").code == 0
    duty = ("--duty", "mon-sun 08:00-20:00 ana,ben", "--duty", "sat-fri 20:00-08:00 ben,ana")
    more = ("--zone", "Europe/Moscow", "--escalate", 10, "--as", "ana")
    assert at(desk, "rota", "set", *duty, *more).code == 0


def test_the_rota_from_the_command_line(desk: Path) -> None:
    _staffed(desk)
    shown = at(desk, "rota", "show")
    assert "mon tue wed thu fri sat sun  20:00-08:00  ben, ana" in shown.out
    assert "nobody on duty" not in shown.err
    noon = ("--at", "2024-03-01T12:00:00+03:00")
    (who,) = rows(at(desk, "rota", "who", *noon, "--json"))
    assert who["duty"] == ["ana", "ben"]
    instead = ("--instead", "2024-03-01T10:00 2024-03-01T14:00 zoe", "--as", "ana")
    assert at(desk, "rota", "set", *instead).code == 0
    assert "on duty: zoe" in at(desk, "rota", "who", *noon).out
    assert "zoe is in the rota and on no staff list" in at(desk, "rota", "show").err
    assert json.loads(at(desk, "rota", "show", "--json").out)["escalate_minutes"] == 10
    for bad in (
        ("--duty", "always ana"),
        ("--duty", "mon-sun 08:00-20:00 ,"),
        ("--instead", "2024-03-02T10:00 2024-03-01T14:00 zoe"),
        ("--zone", "Mars/X"),
    ):
        assert at(desk, "rota", "set", *bad, "--as", "ana").code == 2
    assert at(desk, "rota", "who", "--at", "noon").code == 2


def test_an_alarm_pages_until_the_acknowledge_command(tmp_path: Path) -> None:
    now = SystemClock().now()
    minutes = (now - after(0)).total_seconds() / 60
    desk = desk_in(tmp_path, action(level=Level.ALARM, minutes=minutes - 12))
    _staffed(desk)
    project = Project.open(desk)
    with project.reading() as store:
        pages = desk_pages(store, desk_box(project).read(), now, "desk")
    assert {page.staff for page in pages} == {"ana", "ana/chat", "ben", "ben/chat"}
    assert "tocsin warnings acknowledge" in pages[0].text
    assert {page.number for page in pages} == {1}
    assert len(rows(at(desk, "rota", "who", "--json"))[0]["pages"]) == 2
    assert "next, if nobody answers" in at(desk, "rota", "who").out
    assert at(desk, "warnings", "acknowledge", W, "--as", "ben").code == 0
    assert rows(at(desk, "rota", "who", "--json"))[0]["next"] is None


def test_where_pages_go(desk: Path) -> None:
    _staffed(desk)
    staff = desk_box(Project.open(desk)).read().staff
    loud, quiet = staff_address(staff, "ana"), staff_address(staff, "ana" + CHAT)
    assert loud is not None
    assert quiet is not None
    assert (loud.address, quiet.address) == ("ntfy://x/ana", "slack://ana")
    assert at(desk, "staff", "add", "eva", "--chat", "slack://eva", "--as", "ana").code == 0
    chat_alone = staff_address(desk_box(Project.open(desk)).read().staff, "eva")
    assert chat_alone is not None
    assert chat_alone.address == "slack://eva", "better than not at all"
    assert staff_address(staff, "zoe") is None


def test_levels_count_from_when_they_were_reached() -> None:
    told = [
        action(minutes=0, level=Level.ALERT),
        action(minutes=10, level=Level.ALARM, what=Action.UPDATE),
        action(minutes=20, level=Level.ALARM, what=Action.UPDATE),
        action(minutes=30, level=Level.ALERT, what=Action.UPDATE),
        action(minutes=40, level=Level.ALARM, what=Action.UPDATE),
        action(minutes=50, level=Level.ALARM, what=Action.EXPIRE),
    ]
    lines = [wire.warning_line(one) for one in told]
    found = [raised_from(lines[:n]) for n in range(1, 7)]
    sinces = [one.since for one in found if one is not None]
    assert sinces == [after(n) for n in (0, 10, 10, 10, 40, 40)]
    assert found[-1] is not None
    assert found[-1].until == after(50)
    assert raised_from([]) is None


def test_a_call_card_is_written_shown_and_used(desk: Path) -> None:
    assert "no card" in at(desk, "call-card", "show", W).err
    calls = ("--call", "elder|+7 000|ru|after eight", "--call", "school", "--not", "police|leaks")
    card = ("--community", "Group A", "--place", "Aford", *calls, "--as", "ana")
    assert at(desk, "call-card", "set", *card).code == 0
    shown = at(desk, "call-card", "show", W).out
    assert "1. call elder  +7 000  (ru)  after eight" in shown
    assert "do NOT call police: leaks" in shown
    assert "say (en):" in shown
    assert "say (ru):" in shown
    who = ("--who", "elder", "--result", "answered, closes", "--as", "ana")
    assert at(desk, "call", "log", W, *who).code == 0
    assert "done " in at(desk, "call-card", "show", W).out
    (row,) = rows(at(desk, "call", "list", "--json"))
    assert (row["recipient"], row["kind"], row["by"]) == ("elder", "called", "ana")
    known = ("--place", "Aford", "--community", "Group A", "--language", "ru", "--drill")
    form = json.loads(at(desk, "call-card", "show", *known, "--json").out)
    assert form["scripts"]["ru"].startswith("Это учебная проверка")
    assert "elder" in at(desk, "call-card", "list").out
    assert len(rows(at(desk, "call-card", "list", "--json"))) == 1
    for bad in (
        ("call-card", "show"),
        ("call-card", "show", "nosuch"),
        ("call-card", "set", "--community", "x", "--as", "a"),
        ("call-card", "set", "--community", "x", "--call", "|1", "--as", "a"),
        ("call-card", "set", "--community", "x", "--call", "a", "--not", "b", "--as", "a"),
        ("call", "log", "nosuch", *who),
        ("call", "log", W, "--who", " ", "--result", "x", "--as", "a"),
    ):
        assert at(desk, *bad).code == 2, bad


def test_the_shift_log_is_handed_over_in_the_brief(desk: Path, tmp_path: Path) -> None:
    note = ("shift", "note", "feed of town is slow", "--handover", "--as", "ana")
    assert at(desk, *note).code == 0
    assert at(desk, "shift", "note", "tea", "--as", "ana").code == 0
    assert at(desk, "shift", "note", " ", "--as", "ana").code == 2
    assert len(rows(at(desk, "shift", "show", "--json"))) == 2
    assert len(rows(at(desk, "shift", "show", "--handover", "--json"))) == 1
    page, sheet = tmp_path / "brief.html", tmp_path / "brief.xlsx"
    since = ("--since", "2024-03-01T00:00:00")
    done = at(desk, "brief", "--html", page, "--xlsx", sheet, *since)
    assert done.code == 0, done
    assert "Handover notes: 1" in done.out
    assert "feed of town is slow" in page.read_text()
    assert "tea" not in page.read_text()
    assert sheet.read_bytes()[:2] == b"PK"
    assert at(desk, "brief", "--html", tmp_path / "no" / "x.html").code == 3


# lock, audit, purpose, year ----------------------------------------------------------------------

NO_PROJECT = {"demo", "init", "read", "cluster", "replay", "backtest"}
OPENS = {"lock", "unlock"}
SPECIFIC: dict[tuple[str, ...], tuple[str, ...]] = {
    ("ingest",): ("posts.jsonl",),
    ("explain",): ("town/1",),
    ("export",): ("x", "--out", "x.zip", "--level", "internal", "--as", "x"),
    ("erase",): ("town/1", "--as", "x", "--reason", "x"),
    ("tips", "add"): ("--agree", "--text", "x"),
    ("rumours", "status"): ("x", "new", "--as", "x"),
    ("warnings", "outcome"): (W, "did_not", "--as", "x"),
    ("call-card", "set"): ("--community", "x", "--call", "x", "--as", "x"),
}
"""Arguments where made-up ones are refused before the project is looked for."""
REFUSE_FIRST = {"places add", "channels import"}
"""Refuse the made-up file before they look for the project."""
NEED_NONE = {
    ("archive", "pull"),
    ("places", "explain"),
    ("places", "search"),
    ("restore",),
    ("seal", "keys"),
}
"""Need no project, and show nothing of one that is locked."""


@cache
def _whole() -> Any:
    return typer.main.get_command(app_with())


def _commands() -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []

    def walk(command: Any, path: tuple[str, ...]) -> None:
        if hasattr(command, "commands"):
            if path and getattr(command, "invoke_without_command", False):
                found.append(path)
            for name, below in command.commands.items():
                walk(below, (*path, name))
        else:
            found.append(path)

    walk(_whole(), ())
    return sorted(found)


def _filled(path: tuple[str, ...]) -> list[str]:
    """A command with something in the place of everything it needs."""
    if path in SPECIFIC:
        return [*path, *SPECIFIC[path]]
    command = _whole()
    for name in path:
        command = command.commands[name]
    words = list(path)
    for parameter in command.params:
        if parameter.required or (parameter.name == "path" and parameter.nargs == -1):
            value = "2024" if "year" in parameter.name else "1" if "alpha" in path else "x"
            if parameter.param_type_name == "option":
                words += [parameter.opts[0], value]
            else:
                words.append(value)
        elif parameter.name in ("by", "who", "reason"):
            words += [parameter.opts[0], "x"]
    return words


def test_no_command_shows_or_sends_while_the_desk_is_locked(
    desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for slow in ("_reads_a_post", "_compares_texts"):  # models, nothing of a project
        monkeypatch.setattr(f"tocsin.engines.checking.{slow}", str)
    assert at(desk, "lock").code == 1, "no passphrase was set: said, and locked all the same"
    refused: dict[str, str] = {}
    for path in _commands():
        if path[0] in NO_PROJECT | OPENS or path in NEED_NONE:
            continue
        done = call(*_filled(path), "--project", desk)
        assert W not in done.out
        said = done.out if path == ("check",) else done.err
        if "this desk is locked" not in said:
            refused[" ".join(path)] = f"{done.code} {said}"
    assert set(refused) <= REFUSE_FIRST, refused
    assert at(desk, "unlock").code == 0
    assert at(desk, "warnings").code == 0


def test_lock_takes_the_keys_away_in_seconds_and_unlock_brings_them_back(desk: Path) -> None:
    assert at(desk, "tips", "add", "--agree", "--text", "leaflets by the river").code == 0
    names = ("desk.key", "desk.desk.key", "desk.tips.key", "desk-signing.pem")
    keys = [desk.parent / name for name in names]
    before = [key.read_bytes() for key in keys]
    extra = desk.parent / "session"
    extra.write_bytes(b"session of a live source")
    settings = desk / "tocsin.toml"
    settings.write_text(settings.read_text() + f'\n[desk]\nlock_also = ["{extra}"]\n')
    said = b"four words of nothing\n"
    prepare = ("lock", "--prepare", "--passphrase-stdin", "--project", desk)
    assert call(*prepare, stdin=b"short\n").code == 2
    assert call(*prepare, stdin=said).code == 0
    opened = Project.open(desk)
    start = time.monotonic()
    assert at(desk, "lock").code == 0
    assert time.monotonic() - start < 5.0
    assert not any(key.exists() for key in (*keys, extra))
    for path in desk.rglob("*"):
        if path.is_file():
            assert before[0].strip() not in path.read_bytes()
    with pytest.raises(DeskLocked):
        opened.pseudonymiser()
    assert at(desk, "lock").code == 0, "again, after a kill"
    assert call(*prepare, stdin=said).code == 2
    unlock = ("unlock", "--passphrase-stdin", "--project", desk)
    assert call("unlock", "--project", desk).code == 2, "no terminal to ask at"
    assert call(*unlock, stdin=b"wrong words of nothing\n").code == 2
    assert not keys[0].exists()
    assert call(*unlock, stdin=said).code == 0
    assert [key.read_bytes() for key in keys] == before
    assert extra.read_bytes() == b"session of a live source"
    assert call(*unlock, stdin=said).code == 2, "not locked"
    assert [row["id"] for row in rows(at(desk, "recipients", "list", "--json"))] == ["r1", "r2"]


@pytest.mark.parametrize("step", range(1, 9))
def test_a_kill_within_lock_loses_no_key(
    desk: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    keys = [desk.parent / "desk.key", desk.parent / "desk.desk.key"]
    before = [key.read_bytes() for key in keys]
    said = b"four words of nothing\n"
    assert call("lock", "--prepare", "--passphrase-stdin", "--project", desk, stdin=said).code == 0
    import os

    whole, left = os.fsync, [step]

    def dies(fd: int) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise KeyboardInterrupt
        whole(fd)

    monkeypatch.setattr("os.fsync", dies)
    at(desk, "lock")
    monkeypatch.setattr("os.fsync", whole)
    assert "locked" in at(desk, "warnings").err
    assert at(desk, "lock").code == 0
    assert sorted(path.name for path in desk.parent.iterdir() if "key" in path.name) == []
    assert call("unlock", "--passphrase-stdin", "--project", desk, stdin=said).code == 0
    assert [key.read_bytes() for key in keys] == before


def test_every_use_of_the_desk_is_in_its_audit_log(desk: Path) -> None:
    before = len(rows(at(desk, "audit", "show", "--limit", 999, "--json")))
    dismiss = ("warnings", "dismiss", W, "--reason", "Ivanov said so", "--as", "ana")
    for words in (("warnings",), ("rumours",), ("explain", "town/1"), dismiss):
        at(desk, *words)
    logged = rows(at(desk, "audit", "show", "--limit", 999, "--json"))
    new = logged[before:]
    assert [row["what"] for row in new[:4]] == ["query", "query", "view", "change"]
    assert new[3]["by"] == "ana"
    assert "Ivanov" not in (desk / "audit.log").read_text()
    assert at(desk, "audit", "verify").code == 0
    assert "explain" in at(desk, "audit", "show", "--what", "view").out
    lines = (desk / "audit.log").read_text().splitlines(keepends=True)
    (desk / "audit.log").write_text("".join(lines[1:]))
    assert at(desk, "audit", "verify").code == 1
    assert json.loads(at(desk, "audit", "verify", "--json").out)["problems"]


def test_the_purpose_is_shown_as_it_was_answered(tmp_path: Path) -> None:
    key = ("--key-file", tmp_path / "k.key")
    assert call("init", tmp_path / "d", "--purpose", "warn N", *key).code == 0
    desk = tmp_path / "d"
    assert "purpose: warn N" in at(desk, "purpose").out
    settings = desk / "tocsin.toml"
    settings.write_text(settings.read_text().replace("warn N", "watch people"))
    assert "now says: watch people" in at(desk, "purpose").out
    answers = {row["question"]: row for row in rows(at(desk, "purpose", "--json"))}
    assert answers["purpose"]["answer"] == "warn N"
    settings.unlink()
    assert at(desk, "purpose").code == 2


def test_the_year_in_counts(desk: Path, tmp_path: Path) -> None:
    now = SystemClock().now().year
    assert _propose(desk).code == 0
    assert at(desk, "release", "approve", W, "--as", "ben").code == 0
    assert at(desk, "warnings", "outcome", W, "did_not", "--as", "ana").code == 0
    assert at(desk, "call", "log", W, "--who", "x", "--result", "y", "--as", "ana").code == 0
    page = tmp_path / "year.html"
    counted = rows(at(desk, "report-year", now, "--html", page, "--json"))
    found = {row["what"]: row["count"] for row in counted}
    assert found["releases outside the desk"] == 1
    assert found["receipts: called"] == 1
    assert found["warning outcome: did_not"] == 1
    assert "r1" not in page.read_text()
    earlier = {r["what"]: r["count"] for r in rows(at(desk, "report-year", 2024, "--json"))}
    assert earlier["warnings, issue: alert"] == 1
    assert at(desk, "report-year", 0).code == 2


def test_a_warning_that_ended_waits_for_its_outcome(desk: Path) -> None:
    put_actions(Project.open(desk), action(minutes=400, what=Action.EXPIRE))
    assert len(json.loads(at(desk, "brief", "--json").out)["Outcome due"]) == 1
    assert at(desk, "warnings", "outcome", W, "did_not", "--as", "ana").code == 0
    assert json.loads(at(desk, "brief", "--json").out)["Outcome due"] == []
    with Project.open(desk).reading() as store:
        assert all_raised(standing(store)) == []
