"""A project's warnings as messages, its lists, its outbox over a rebuild, and the commands."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest
from cli_support import call, project_in
from delivery_builders import T0, Receiver, action
from joined_support import (
    GAZETTEER,
    HAMLET,
    HARMS,
    TownsGazetteer,
    at_desk,
    joined_desk,
    propose,
    put_actions,
    put_recipients,
    released_by_two,
    use_towns,
)

from tocsin import wire
from tocsin.clock import ReplayClock, SystemClock
from tocsin.engines.delivering import (
    LONGEST_REST,
    RoundOptions,
    Rounds,
    carrier_options,
    open_outbox,
)
from tocsin.engines.desk import desk_box
from tocsin.engines.outbox import append_receipts, log_receipts
from tocsin.engines.project import Project
from tocsin.engines.wording import action_from, town_of
from tocsin.errors import UsageError
from tocsin.model import (
    Action,
    Area,
    Audience,
    Clearance,
    Level,
    PlacePrecision,
    Receipt,
    ReceiptKind,
    Recipient,
    SituationKey,
)
from tocsin.plugins import DELIVERIES
from tocsin.settings import Settings
from tocsin.store.outbox import receipts_about

W = "a1b2c3d4e5f6"


def people(folder: Path) -> tuple[Recipient, Recipient]:
    """Everybody with a folder of their own."""
    return (
        Recipient("one", "one", "folder", str(folder / "one"), languages=("ru", "en")),
        Recipient(
            "two",
            "two",
            "folder",
            str(folder / "two"),
            areas=(Area("A", 43, 47, 90),),
            communities=("migrants",),
            least=Level.ALARM,
            clearance=Clearance(PlacePrecision.VENUE, Audience.PARTNER),
        ),
    )


def desk_with(folder: Path, *actions: Any) -> Project:
    """A project with these warning actions and two recipients."""
    desk = joined_desk(folder, *actions)
    put_recipients(desk, *people(folder))
    return desk


@pytest.fixture(autouse=True)
def _own_places_and_deliveries(monkeypatch: pytest.MonkeyPatch) -> None:
    from tocsin.cli import deliver
    from tocsin.delivery import folder

    use_towns(monkeypatch)
    monkeypatch.setattr(deliver, "load_carriers", lambda options: {"folder": folder.build(options)})


def test_the_ways_out_are_entry_points() -> None:
    import importlib
    import tomllib

    root = Path(__file__).resolve().parents[2]
    offered = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    named = offered["project"]["entry-points"][DELIVERIES]
    assert set(named) == {"mail", "webhook", "push", "folder"}
    for target in named.values():
        module, _, function = target.partition(":")
        build = getattr(importlib.import_module(module), function)
        assert callable(build(carrier_options(Settings({"delivery.sender": "a@b.org"}))).send)


def test_a_warning_reads_back_from_its_line() -> None:
    one = action(calibrated=True, unseen=("x",), inherited=True)
    assert action_from(wire.warning_line(one)) == one


def test_a_town_is_no_venue_and_not_too_small() -> None:
    assert town_of(action(key=SituationKey("geonames:1", "x")), GAZETTEER).name == "Aford"
    assert town_of(action(key=SituationKey("geonames:2", "x")), GAZETTEER).name == "Aford"
    assert town_of(action(key=SituationKey("added:12 Some Lane", "x")), GAZETTEER).name == "Aford"
    lonely: Any = TownsGazetteer(HAMLET)
    assert town_of(action(key=SituationKey("nowhere", "x")), lonely).name == "Smallford"
    monkey: Any = type("None", (), {"place": GAZETTEER.place, "near": lambda *_: ()})()
    assert town_of(action(key=SituationKey("added:x", "x")), monkey).radius_km == 100.0


def test_from_a_warning_to_files_receipts_and_a_chain(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, action(1))
    shown = released_by_two(desk, W, "--all", *HARMS)
    assert "to one, in ru:" in shown.out
    assert "to two" not in shown.out, "an alert is below what two wants to be told of"
    put_actions(desk, action(2, level=Level.ALARM))
    released_by_two(desk, W, "--to", "two", *HARMS)
    put_actions(desk, action(3, level=Level.ALARM, action=Action.CANCEL))
    released_by_two(desk, W)
    done = at_desk(desk, "deliver", "--once")
    assert (done.code, done.out.count("delivered")) == (0, 5), done
    caps = {
        name: sorted(
            (path.read_text("utf-8") for path in (tmp_path / name).glob("*.cap.xml")),
            key=lambda text: _between(text, "identifier"),
        )
        for name in ("one", "two")
    }
    kinds = {name: [_between(text, "msgType") for text in texts] for name, texts in caps.items()}
    assert kinds == {"one": ["Alert", "Update", "Cancel"], "two": ["Alert", "Cancel"]}
    assert [text.count("desk@example.org,") for text in caps["one"]] == [0, 1, 2]
    assert [text.count("desk@example.org,") for text in caps["two"]] == [0, 1]
    assert (tmp_path / "one" / "feed.atom").is_file()
    listed = at_desk(desk, "outbox", "list", "--json")
    forms = [orjson.loads(line) for line in listed.out.splitlines()]
    assert {(one["state"], *one["released_by"]) for one in forms} == {("delivered", "ana", "ben")}
    assert str(tmp_path) not in listed.out
    with desk.reading() as store:
        assert len(receipts_about(store, W)) == 5
        assert log_receipts(desk, store) == 0
    assert "untold" not in at_desk(desk, "release", "list", "--json").out


def _between(text: str, tag: str) -> str:
    return text.partition(f"<{tag}>")[2].partition("<")[0]


def test_receipts_wait_while_another_writes(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, action(1))
    released_by_two(desk, W, "--to", "one", *HARMS)
    options = RoundOptions({"folder": Receiver()}, lambda: GAZETTEER)
    with desk.reading() as store:
        rounds = Rounds(desk, store, SystemClock(), options)
        with desk.writing():
            done = rounds.round(lambda _: None)
        assert done.receipts is None
        assert log_receipts(desk, store) == 1
        assert rounds.rest() == LONGEST_REST


def test_dead_letters_are_listed_and_put_back(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, action(1))
    released_by_two(desk, W, "--to", "one", *HARMS)
    put_recipients(desk)
    given_up = at_desk(desk, "deliver", "--once", "--json")
    assert given_up.code == 1
    assert "in no list" in given_up.out
    assert "dead" in at_desk(desk, "outbox", "--dead").out
    assert at_desk(desk, "outbox", "retry").code == 2
    assert at_desk(desk, "outbox", "retry", "--all").out.startswith("put back: 1")
    assert at_desk(desk, "outbox", "retry", "--all").code == 2
    put_recipients(desk, *people(tmp_path))
    assert at_desk(desk, "deliver", "--once").code == 0
    assert at_desk(desk, "outbox", "list", "--dead").out == "no dead letters\n"


def test_a_drill_is_sent_alone_and_marked(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, action(1))
    released_by_two(desk, W, "--to", "one", *HARMS)
    released_by_two(desk, W, "--to", "one", *HARMS, "--drill")
    sent = at_desk(desk, "deliver", "--once", "--drill")
    assert (sent.code, sent.out.count("drill, warning")) == (0, 1)
    (text,) = (tmp_path / "one").glob("*.txt")
    assert text.read_text(encoding="utf-8").startswith("УЧЕНИЕ")
    put_actions(desk, action(2))
    again = propose(desk, W, "--drill", "--number", 1)
    assert "new to nobody" in again.err
    assert "<msgType>Update" not in text.read_text(encoding="utf-8")
    assert propose(desk, W, "--drill").code == 0, "the update goes to who got the first drill"


def test_the_outbox_outlives_a_rebuild(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, action(1))
    released_by_two(desk, W, "--to", "one", *HARMS)
    rebuilt = at_desk(desk, "rebuild", "--json")
    assert rebuilt.code == 0, rebuilt
    assert orjson.loads(rebuilt.out)["outbox_lost"] is False
    assert at_desk(desk, "deliver", "--once").out.count("delivered") == 1
    at_desk(desk, "rebuild")
    assert at_desk(desk, "deliver", "--once").out == ""


def test_if_the_outbox_is_lost_what_was_delivered_is_not_sent_and_the_rest_is(
    tmp_path: Path,
) -> None:
    desk = desk_with(tmp_path, action(1, level=Level.ALARM))
    released_by_two(desk, W, "--to", "one", *HARMS)
    assert at_desk(desk, "deliver", "--once").out.count("delivered") == 1
    released_by_two(desk, W, "--to", "two", *HARMS)
    for path in desk.folder.glob("store.db*"):
        path.unlink()
    with desk.writing():
        pass
    assert "the outbox is empty" in at_desk(desk, "outbox", "list").out
    sent = at_desk(desk, "deliver", "--once")
    assert sent.out.startswith("delivered  two")
    assert sent.out.count("delivered") == 1


def test_people_write_receipts_too(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, action(1))
    phoned = Receipt("a1b2c3d4e5f6", 1, "one", T0, ReceiptKind.CALLED, note="told", by="ana")
    with desk.writing() as (archive, store):
        append_receipts(archive, store, [phoned])
        (row,) = receipts_about(store, "a1b2c3d4e5f6")
        assert (row["kind"], row["at"]) == ("called", T0)


def test_a_cap_file_is_previewed_and_nothing_is_sent(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, action(1), action(2, action=Action.CANCEL))
    out = tmp_path / "preview.xml"
    where = ("--project", desk.folder, "--out", out)
    refused = call("cap", "a1b2c3d4e5f6", *where)
    assert (refused.code, "--number" in refused.err) == (2, True)
    made = call(
        "cap", "a1b2c3d4e5f6", *where, "--number", "1", "--language", "ru", "--venue", "--drill"
    )
    assert made.code == 0, made
    text = out.read_text(encoding="utf-8")
    assert "<language>ru</language>" in text
    assert "<status>Test</status>" in text
    assert "аэропорт" in text
    assert call("cap", "nosuch", *where).code == 2
    assert call("cap", "a1b2c3d4e5f6", *where, "--number", "9").code == 2
    assert call("outbox", "list", "--project", desk.folder).out == "the outbox is empty\n"


def test_nothing_is_sent_by_a_desk_without_a_sender(tmp_path: Path) -> None:
    path = project_in(tmp_path)
    done = call("deliver", "--once", "--project", path)
    assert (done.code, "delivery.sender" in done.err) == (2, True)
    assert call("outbox", "--project", path).out == "the outbox is empty\n"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_it_goes_on_until_it_is_told_to_stop(tmp_path: Path, number: int, code: int) -> None:
    desk = desk_with(tmp_path, action(1))
    command = [sys.executable, "-m", "tocsin", "deliver", "--project", str(desk.folder)]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONUNBUFFERED": "1"}
    running = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
    try:
        released_by_two(desk, W, "--to", "one", *HARMS)
        assert running.stdout is not None
        assert running.stdout.readline().startswith("delivered  one"), "released while it ran"
        running.send_signal(number)
        assert running.wait(30) == code
    finally:
        running.kill()
        running.communicate()


def test_no_file_of_recipients_passes_the_allow_list(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, action(1))
    assert at_desk(desk, "deliver", "--once", "--recipients", tmp_path / "x").code == 2
    with pytest.raises(UsageError, match=r"no setting 'delivery\.recipients'"):
        Settings({"delivery.recipients": "x"})


def test_who_left_the_list_or_was_never_on_it_gets_nothing(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, action(1))
    released_by_two(desk, W, "--to", "one", *HARMS)
    desk_box(desk).change(lambda lists: dataclasses.replace(lists, recipients=()))
    sent = at_desk(desk, "deliver", "--once")
    assert (sent.code, "in no list" in sent.out) == (1, True)
    assert not (tmp_path / "one").exists()


def test_a_password_comes_from_a_file_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text("word\n")
    said = {"delivery.sender": "a@b.org", "delivery.mail_password_file": str(path)}
    options = carrier_options(Settings(said))
    assert options.mail.password == "word"
    assert "word" not in repr(options)
    path.unlink()
    with pytest.raises(UsageError, match="mail_password_file"):
        carrier_options(Settings(said))


def test_a_clock_of_its_own_is_all_an_outbox_needs(tmp_path: Path) -> None:
    desk = desk_with(tmp_path)
    with desk.reading() as store:
        assert open_outbox(desk, store, ReplayClock(T0)).retry([]) == ()
