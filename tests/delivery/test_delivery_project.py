"""A project's warnings as messages, its lists, its outbox over a rebuild, and the commands."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from cli_support import call, project_in
from delivery_builders import T0, Receiver, action, released

from tocsin import wire
from tocsin.clock import ReplayClock, SystemClock
from tocsin.delivery.cap import Earlier
from tocsin.engines import addresses, delivering
from tocsin.engines.addresses import read_lists
from tocsin.engines.delivering import (
    action_from,
    carrier_options,
    compose_options,
    deliver_once,
    messages_for,
    occasions,
    open_outbox,
    rest,
    sent_before,
    town_of,
)
from tocsin.engines.indexing import Indexer
from tocsin.engines.outbox import append_receipts, log_receipts
from tocsin.engines.project import Project
from tocsin.errors import RecordRefused, UsageError
from tocsin.model import (
    Action,
    Level,
    Message,
    Place,
    PlacePrecision,
    Receipt,
    ReceiptKind,
    SituationKey,
    WarningAction,
)
from tocsin.plugins import DELIVERIES
from tocsin.settings import Settings
from tocsin.store.outbox import receipts_about

TOWN = Place("geonames:1", "Aford", 43.0, 47.5, "RU", 90_000, "Europe/Moscow")
HAMLET = Place("geonames:2", "Smallford", 43.1, 47.6, "RU", 600, "Europe/Moscow")


class Gazetteer:
    """Two places, as the real one answers."""

    def __init__(self, *places: Place) -> None:
        self._places = places or (TOWN, HAMLET)

    def place(self, place_id: str) -> Place:
        return {one.id: one for one in self._places}[place_id]

    def near(self, _lat: float, _lon: float, _km: float) -> Sequence[Place]:
        return self._places


GAZETTEER: Any = Gazetteer()
LISTS: dict[str, Any] = {
    "recipients": [
        {"id": "one", "kind": "folder", "address": "/", "languages": ["ru", "en"]},
        {
            "id": "two",
            "kind": "folder",
            "address": "/",
            "least": "alarm",
            "clearance": {"place": "venue", "wording": "partner"},
            "areas": [{"name": "A", "latitude": 43, "longitude": 47, "radius_km": 90}],
            "communities": ["migrants"],
        },
    ],
    "staff": [{"id": "ana", "kind": "folder", "address": "/"}],
}


def desk_with(folder: Path, *actions: WarningAction) -> Project:
    """A project whose ledger holds these warning actions."""
    path = project_in(folder)
    text = (path / "tocsin.toml").read_text(encoding="utf-8")
    more = '\n[delivery]\nsender = "desk@example.org"\n'
    (path / "tocsin.toml").write_text(text + more, encoding="utf-8")
    desk = Project.open(path)
    with desk.writing() as (archive, store):
        for one in actions:
            archive.append_entry("warning", {**wire.warning_line(one), "run": 0})
        archive.flush()
        Indexer(store).catch_up(archive)
    return desk


def lists_in(folder: Path) -> Path:
    """The lists, everybody with a folder of their own."""
    forms = {
        name: [{**one, "address": str(folder / str(one["id"]))} for one in people]
        for name, people in LISTS.items()
    }
    path = folder / "lists.yaml"
    path.write_text(yaml.safe_dump(forms), encoding="utf-8")
    return path


def messages_of(desk: Project, lists: Path, number: int, **how: Any) -> tuple[Message, ...]:
    with desk.reading() as store:
        life = occasions(store, "a1b2c3d4e5f6", GAZETTEER)
        people = list(read_lists(lists).recipients.values())
        return messages_for(store, (life, number), people, compose_options(desk.settings, **how))


def enqueue(desk: Project, made: tuple[Message, ...]) -> None:
    """As a release by two people does; its time is the tests' own."""
    with desk.reading() as store:
        open_outbox(desk, store, SystemClock()).enqueue(made, released(made))


@pytest.fixture(autouse=True)
def _own_places_and_deliveries(monkeypatch: pytest.MonkeyPatch) -> None:
    from tocsin.cli import deliver
    from tocsin.delivery import folder

    monkeypatch.setattr(deliver, "load_gazetteer", lambda: GAZETTEER)
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
    lonely: Any = Gazetteer(HAMLET)
    assert town_of(action(key=SituationKey("nowhere", "x")), lonely).name == "Smallford"
    monkey: Any = type("None", (), {"place": GAZETTEER.place, "near": lambda *_: ()})()
    assert town_of(action(key=SituationKey("added:x", "x")), monkey).radius_km == 100.0


def test_from_a_warning_to_files_receipts_and_a_chain(tmp_path: Path) -> None:
    desk = desk_with(
        tmp_path, action(1), action(2, level=Level.ALARM), action(3, action=Action.CANCEL)
    )
    lists = lists_in(tmp_path)
    first = messages_of(desk, lists, 1)
    assert [one.recipient for one in first] == ["one"]
    enqueue(desk, first)
    second = messages_of(desk, lists, 2)
    assert ["<msgType>Update" in one.cap for one in second] == [True, False]
    enqueue(desk, second)
    third = messages_of(desk, lists, 3)
    assert [one.kind for one in third] == [Action.CANCEL, Action.CANCEL]
    assert third[0].cap.count("desk@example.org,") == 2
    assert third[1].cap.count("desk@example.org,") == 1
    done = call("deliver", "--once", "--project", desk.folder, "--recipients", lists)
    assert (done.code, done.out.count("delivered")) == (0, 3), done
    assert len(list((tmp_path / "one").glob("*.cap.xml"))) == 2
    assert (tmp_path / "one" / "feed.atom").is_file()
    listed = call("outbox", "list", "--json", "--project", desk.folder)
    forms = [orjson.loads(line) for line in listed.out.splitlines()]
    assert [(one["to"], one["state"], one["released_by"]) for one in forms] == [
        ("one", "delivered", ["ana", "ben"]),
        ("one", "delivered", ["ana", "ben"]),
        ("two", "delivered", ["ana", "ben"]),
    ]
    assert str(tmp_path) not in listed.out
    with desk.reading() as store:
        assert len(receipts_about(store, "a1b2c3d4e5f6")) == 3
        assert log_receipts(desk, store) == 0


def test_receipts_wait_while_another_writes(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, action(1))
    made = messages_of(desk, lists_in(tmp_path), 1)
    enqueue(desk, made)
    book = read_lists(tmp_path / "lists.yaml").book()
    with desk.reading() as store:
        box = open_outbox(desk, store, SystemClock())
        with desk.writing():
            done = deliver_once(desk, store, (box, {"folder": Receiver()}, book), lambda _: None)
        assert done.receipts is None
        assert log_receipts(desk, store) == 1
        assert rest(store, T0) == delivering.LONGEST_REST


def test_dead_letters_are_listed_and_put_back(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, action(1))
    lists = lists_in(tmp_path)
    enqueue(desk, messages_of(desk, lists, 1))
    nobody = tmp_path / "nobody.yaml"
    nobody.write_text("recipients: []\n")
    where = ("--project", desk.folder)
    given_up = call("deliver", "--once", "--json", *where, "--recipients", nobody)
    assert given_up.code == 1
    assert "in no list" in given_up.out
    assert "dead" in call("outbox", "--dead", *where).out
    assert call("outbox", "retry", *where).code == 2
    assert call("outbox", "retry", "--all", *where).out.startswith("put back: 1")
    assert call("outbox", "retry", "--all", *where).code == 2
    assert call("deliver", "--once", *where, "--recipients", lists).code == 0
    assert call("outbox", "list", "--dead", *where).out == "no dead letters\n"


def test_a_drill_is_sent_alone_and_marked(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, action(1))
    lists = lists_in(tmp_path)
    enqueue(desk, messages_of(desk, lists, 1))
    enqueue(desk, messages_of(desk, lists, 1, drill=True))
    sent = call("deliver", "--once", "--drill", "--project", desk.folder, "--recipients", lists)
    assert (sent.code, sent.out.count("drill, warning")) == (0, 1)
    (text,) = (tmp_path / "one").glob("*.txt")
    assert text.read_text(encoding="utf-8").startswith("УЧЕНИЕ")
    with desk.reading() as store:
        life = occasions(store, "a1b2c3d4e5f6", GAZETTEER)
        later = dataclasses.replace(life[0], number=2)
        assert sent_before(store, later, life, drill=True) == {"one": [Earlier(1, T0)]}
        assert sent_before(store, later, life, drill=False) == {"one": [Earlier(1, T0)]}


def test_the_outbox_outlives_a_rebuild(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, action(1))
    lists = lists_in(tmp_path)
    enqueue(desk, messages_of(desk, lists, 1))
    rebuilt = call("rebuild", "--project", desk.folder, "--json")
    assert rebuilt.code == 0, rebuilt
    assert orjson.loads(rebuilt.out)["outbox_lost"] is False
    where = ("--project", desk.folder, "--recipients", lists)
    assert call("deliver", "--once", *where).out.count("delivered") == 1
    call("rebuild", "--project", desk.folder)
    assert call("deliver", "--once", *where).out == ""


def test_what_the_ledger_has_as_delivered_is_not_sent_though_the_outbox_is_lost(
    tmp_path: Path,
) -> None:
    desk = desk_with(tmp_path, action(1))
    lists = lists_in(tmp_path)
    made = messages_of(desk, lists, 1)
    enqueue(desk, made)
    call("deliver", "--once", "--project", desk.folder, "--recipients", lists)
    for path in desk.folder.glob("store.db*"):
        path.unlink()
    with desk.writing():
        pass
    enqueue(desk, made)
    assert call("outbox", "list", "--project", desk.folder).out == "the outbox is empty\n"


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


def test_nothing_is_sent_by_a_desk_without_sender_or_lists(tmp_path: Path) -> None:
    path = project_in(tmp_path)
    assert "--recipients FILE" in call("deliver", "--once", "--project", path).err
    lists = lists_in(tmp_path)
    done = call("deliver", "--once", "--project", path, "--recipients", lists)
    assert (done.code, "delivery.sender" in done.err) == (2, True)
    assert call("outbox", "--project", path).out == "the outbox is empty\n"


def test_lists_are_read(tmp_path: Path) -> None:
    lists = read_lists(lists_in(tmp_path))
    two = lists.recipients["two"]
    assert (two.least, two.clearance.place) == (Level.ALARM, PlacePrecision.VENUE)
    assert two.areas[0].radius_km == 90
    assert lists.book().staff("ana") is not None
    assert lists.book().recipient("ana") is None
    assert lists.book().staff("one") is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[", "the whole file"),
        ("- a\n", "something else than recipients and staff"),
        ("people: []\n", "something else"),
        ("recipients: [{id: a, kind: mail}]\n", "recipients 1: wrong: address is missing"),
        ("recipients: [{id: a, kind: mail, address: b, phone: 1}]\n", "unknown field 'phone'"),
        ("staff: [{id: a, kind: m, address: b, least: loud}]\n", "staff 1: wrong"),
        (
            "staff: [{id: a, kind: m, address: b}, {id: a, kind: m, address: b}]\n",
            "a is there twice",
        ),
        ("recipients: [{id: a, kind: m, address: b, clearance: {place: x}}]\n", "wrong"),
    ],
)
def test_lists_that_are_wrong_are_refused(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "lists.yaml"
    path.write_text(text)
    with pytest.raises(RecordRefused, match=r"docs/delivery\.md") as error:
        read_lists(path)
    assert says in str(error.value)
    assert addresses.read_lists is read_lists


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
