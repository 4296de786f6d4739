"""Every way out of the desk, enumerated: none sends anything that two people did not release.

First what the source shows: who may connect, who calls whom. Then attempts: by the command line,
by the library's public interface, by writing into the outbox. Each is followed by a real round of
delivery that would carry it out, and the last test shows that the same round sends what is
released.
"""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from desk_builders import action, recipient
from joined_support import (
    GAZETTEER,
    HARMS,
    at_desk,
    joined_desk,
    propose,
    put_actions,
    put_recipients,
    released_by_two,
    say_so,
    use_towns,
)

import tocsin
from tocsin.clock import SystemClock
from tocsin.delivery import Parcel, Queued
from tocsin.engines.delivering import RoundOptions, Rounds, open_outbox
from tocsin.engines.outbox import StoreQueue, queued
from tocsin.engines.project import Project
from tocsin.engines.release import Told
from tocsin.engines.wording import ProjectWording
from tocsin.errors import TocsinError
from tocsin.model import Action, DecisionKind, DeskPage, Level, Message, Release
from tocsin.store import outbox as rows
from tocsin.store.lists import warning_life

SOURCE = Path(tocsin.__file__).parent
W = "0123456789ab"

# -- what the source shows -------------------------------------------------------------------------

NETWORK = {"socket", "smtplib", "httpx", "apprise", "urllib", "requests", "http", "ftplib"}
MAY_CONNECT = {
    "delivery/connecting.py": "webhooks, below the outbox",
    "delivery/mail.py": "mail, below the outbox",
    "delivery/push.py": "push, below the outbox",
    "delivery/webhook.py": "webhooks, below the outbox",
    "archive/anchors.py": "digests of the ledger alone, to a time-stamp authority",
    "archive/asking.py": "the same",
    "archive/timestamps_ots.py": "the same",
    "archive/timestamps_rfc3161.py": "the same",
    "cli/anchor.py": "the same",
    "engines/anchors.py": "the same",
    "reading/gazetteer_file.py": "the name of a file, quoted",
    "reading/second.py": "a reader on this machine; off by default",
    "sources/addresses.py": "live sources, which are asked and told nothing",
    "sources/feed.py": "the same",
    "sources/fetch.py": "the same",
    "cli/stop.py": "a pair of sockets of its own, over which a signal wakes who waits",
    "cli/demo_console.py": "asks which port of this machine is free",
    "client/calling.py": "other software's way in: to the address of a desk's API that it is given",
    "client/client.py": "the same",
    "client/listening.py": "the same",
    "console/facts/places.py": "addresses of the console's own pages, quoted",
    "console/headers.py": "the names of statuses",
    "console/pages/events.py": "addresses of the console's own pages, quoted",
    "console/pages/replay.py": "the same",
    "console/pages/review.py": "the same",
    "console/pages/search.py": "the same",
    "console/problems.py": "the same",
    "console/render.py": "the same",
}


def _modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(SOURCE.rglob("*.py")):
        name = path.relative_to(SOURCE).as_posix()
        if not name.startswith("store/migrations/"):
            yield name, ast.parse(path.read_text(encoding="utf-8"))


def _imported(tree: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def test_who_can_open_a_connection_is_known() -> None:
    connect = {name for name, tree in _modules() if _imported(tree) & NETWORK}
    assert connect == set(MAY_CONNECT)


CALLERS = {
    "deliver_one": {"engines/delivering.py"},
    "enqueue": {"engines/released.py"},
    "page_desk": {"engines/delivering.py"},
    "queue_released": {
        "engines/delivering.py",
        "cli/release.py",
        "console/actions/warnings.py",
    },
    "load_carriers": {"cli/deliver.py", "cli/watch.py"},
    "MailCarrier": {"delivery/mail.py", "demo/drill.py"},
    "renew": {"delivery/outbox.py", "engines/outbox.py"},
    "carry_over": {"engines/rebuild.py"},
    "AddressBook": {"engines/addresses.py"},
    "parcel_of": {"delivery/outbox.py"},
    "Parcel": {"delivery/carrier.py"},
}
"""Steps on the way out → who takes them; whatever is added here needs the release rule too."""


def test_who_takes_a_step_on_the_way_out_is_known() -> None:
    found: dict[str, set[str]] = {name: set() for name in CALLERS}
    for module, tree in _modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                called = node.func
                name = getattr(called, "attr", getattr(called, "id", ""))
                if name in found:
                    found[name].add(module)
    assert found == CALLERS


SENDS = ("send", "deliver", "enqueue", "push", "post", "publish", "notify", "transmit", "mail")
BELOW = "tocsin.delivery."
"""Below the outbox: what a carrier is handed was checked there; see tests/delivery."""


NEED_FLINK = {f"tocsin.engines.flink.{name}" for name in ("functions", "job")}
"""Operators: they know pages, posts and batches, and no message."""


def _public_functions() -> list[tuple[str, Any]]:
    found = []
    for package in ("cli", "demo", "desk", "engines", "delivery"):
        for module in pkgutil.walk_packages([str(SOURCE / package)], f"tocsin.{package}."):
            if module.name in NEED_FLINK and find_spec("pyflink") is None:
                continue
            loaded = importlib.import_module(module.name)
            for name, value in vars(loaded).items():
                if getattr(value, "__module__", None) != loaded.__name__ or name.startswith("_"):
                    continue
                if inspect.isfunction(value):
                    found.append((f"{loaded.__name__}.{name}", value))
                elif inspect.isclass(value):
                    found += [
                        (f"{loaded.__name__}.{name}.{n}", method)
                        for n, method in vars(value).items()
                        if inspect.isfunction(method) and not n.startswith("_")
                    ]
    return found


def test_no_function_takes_a_message_onwards_without_its_release() -> None:
    """The library's way out: whoever takes messages to send also takes the release of them."""
    functions = _public_functions()
    assert len(functions) > 300
    for name, function in functions:
        if name.startswith(BELOW) and not name.startswith(f"{BELOW}outbox"):
            continue
        if any(name.rpartition(".")[2].startswith(word) for word in SENDS):
            hints = get_type_hints(function)
            takes = {str(hint) for key, hint in hints.items() if key != "return"}
            carries = any(f".{Message.__name__}" in hint for hint in takes)
            assert not carries or any("Release" in hint for hint in takes), name


# -- attempts --------------------------------------------------------------------------------------


class Spy:
    """Whatever way out, it comes here."""

    def __init__(self) -> None:
        self.taken: list[Parcel] = []

    def send(self, parcel: Parcel) -> str:
        self.taken.append(parcel)
        return "taken"


def _round(desk: Project) -> list[Parcel]:
    """A real round of delivery; what it would have sent outside."""
    spy = Spy()
    carriers = dict.fromkeys(("folder", "mail", "webhook", "push"), spy)
    with desk.reading() as store:
        rounds = Rounds(desk, store, SystemClock(), RoundOptions(carriers, lambda: GAZETTEER))
        rounds.round(lambda _: None)
    return [one for one in spy.taken if one.kind != "page"]


def _desk(folder: Path, level: Level = Level.ALERT) -> Project:
    desk = joined_desk(folder, action(level=level))
    put_recipients(desk, recipient("r1"), recipient("r2"))
    return desk


@pytest.fixture(autouse=True)
def _towns(monkeypatch: pytest.MonkeyPatch) -> None:
    use_towns(monkeypatch)


def _message(desk: Project, to: str = "r1") -> Message:
    with desk.reading() as store:
        told = Told(warning_life(store, W), 1)
        made = ProjectWording(store, desk.settings, lambda: GAZETTEER)(told, recipient(to))
    assert made is not None
    return made


def _forged(message: Message) -> Release:
    now, digests = SystemClock().now(), (message.digest,)
    return Release(W, 1, message.level, ("ana", "ben"), now, "said", digests)


def _now() -> datetime:
    return SystemClock().now() - timedelta(seconds=1)


def _decide(desk: Project, kind: DecisionKind, value: str, by: str) -> None:
    say_so(desk, kind, W, value, by, _now())


def _proposal_id(desk: Project) -> str:
    import json

    return str(
        json.loads(at_desk(desk, "release", "list", "--json").out.splitlines()[0])["release"]
    )


def one_person(desk: Project) -> None:
    assert propose(desk, W, "--to", "r1", *HARMS).code == 0


def one_person_twice(desk: Project) -> None:
    one_person(desk)
    for name in ("ana", " ANA ", "\u0430n\u0430", "\u00c1na", "a\u200bna"):
        assert at_desk(desk, "release", "approve", W, "--as", name).code == 2
        _decide(desk, DecisionKind.RELEASE_APPROVE, _proposal_id(desk), name)


def alone_though_no_alarm(desk: Project) -> None:
    assert propose(desk, W, "--to", "r1", *HARMS, "--alone").code == 2


def a_stranger(desk: Project) -> None:
    for name in ("ana", "ben"):
        assert at_desk(desk, "staff", "add", name, "--as", "ana").code == 0
    one_person(desk)
    assert at_desk(desk, "release", "approve", W, "--as", "zoe").code == 2


def another_proposal_approved(desk: Project) -> None:
    one_person(desk)
    _decide(desk, DecisionKind.RELEASE_APPROVE, "0" * 12, "ben")


def approved_about_another_warning(desk: Project) -> None:
    one_person(desk)
    name = _proposal_id(desk)
    say_so(desk, DecisionKind.RELEASE_APPROVE, "another", name, "ben", _now())


def reviewed_and_not_approved(desk: Project) -> None:
    one_person(desk)
    assert at_desk(desk, "release", "review", W, "--as", "ben").code == 2
    _decide(desk, DecisionKind.RELEASE_REVIEW, f"{_proposal_id(desk)} stands", "ben")


def fewer_people_set_afterwards(desk: Project) -> None:
    one_person(desk)
    _set(desk, "people = 2", "people = 1")


def no_people_set(desk: Project) -> None:
    _set(desk, "people = 2", "people = 0")
    assert propose(desk, W, "--to", "r1", *HARMS).code == 2


def _set(desk: Project, old: str, new: str) -> None:
    path = desk.folder / "tocsin.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def withdrawn_before_it_went(desk: Project) -> None:
    released_by_two(desk, W, "--to", "r1", *HARMS)
    words = ("release", "review", W, "--withdraw", "--reason", "wrong town", "--as", "eva")
    assert at_desk(desk, *words).code == 0


def withdrawn_and_put_back(desk: Project) -> None:
    withdrawn_before_it_went(desk)
    assert _round(desk) == []
    assert at_desk(desk, "outbox", "retry", "--all").code == 0


def left_the_list(desk: Project) -> None:
    released_by_two(desk, W, "--to", "r1", *HARMS)
    put_recipients(desk)


def old_news_approved(desk: Project) -> None:
    one_person(desk)
    put_actions(desk, action(minutes=60, what=Action.CANCEL))
    done = at_desk(desk, "release", "approve", W, "--as", "ben")
    assert (done.code, "has ended since (cancel)" in done.err) == (2, True)


def through_the_outbox(desk: Project) -> None:
    message = _message(desk)
    with desk.reading() as store:
        open_outbox(desk, store, SystemClock()).enqueue([message], _forged(message))


def through_the_queue(desk: Project) -> None:
    message, now = _message(desk), _now()
    with desk.reading() as store:
        StoreQueue(store).add([Queued(0, message, _forged(message), now, now)])


def through_the_queue_without_a_release(desk: Project) -> None:
    message, now = _message(desk), _now()
    with desk.reading() as store:
        StoreQueue(store).add([Queued(0, message, None, now, now)])


def other_words_in_a_released_row(desk: Project) -> None:
    released_by_two(desk, W, "--to", "r1", *HARMS)
    with desk.reading() as store:
        (row,) = rows.rows(store)
        entry = queued(row)
        assert isinstance(entry.content, Message)
        changed = dataclasses.replace(entry.content, text="other words")
        forged = dataclasses.replace(entry, content=changed, release=_forged(changed))
        assert StoreQueue(store).renew([forged]) == (changed.key,)


def another_recipient_in_a_released_row(desk: Project) -> None:
    released_by_two(desk, W, "--to", "r1", *HARMS)
    with desk.reading() as store:
        (row,) = rows.rows(store)
        body = row["body"].replace('"recipient":"r1"', '"recipient":"r2"')
        assert body != row["body"]
        rows.renew(store, {**row, "body": body})


def a_drill_made_real_in_its_row(desk: Project) -> None:
    released_by_two(desk, W, "--to", "r1", *HARMS, "--drill")
    with desk.reading() as store:
        (row,) = rows.rows(store)
        body = row["body"].replace('"drill":true', '"drill":false')
        assert body != row["body"]
        rows.renew(store, {**row, "body": body})


def a_page_to_somebody_outside(desk: Project) -> None:
    page = DeskPage("r1", W, 1, Level.ALERT, 0, "words", "words")
    with desk.reading() as store:
        open_outbox(desk, store, SystemClock()).page_desk([page])


ATTEMPTS: tuple[Callable[[Project], None], ...] = (
    one_person,
    one_person_twice,
    alone_though_no_alarm,
    a_stranger,
    another_proposal_approved,
    approved_about_another_warning,
    reviewed_and_not_approved,
    fewer_people_set_afterwards,
    no_people_set,
    withdrawn_before_it_went,
    withdrawn_and_put_back,
    left_the_list,
    old_news_approved,
    through_the_outbox,
    through_the_queue,
    through_the_queue_without_a_release,
    other_words_in_a_released_row,
    another_recipient_in_a_released_row,
    a_drill_made_real_in_its_row,
    a_page_to_somebody_outside,
)


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda one: one.__name__)
def test_nothing_goes_out(tmp_path: Path, attempt: Callable[[Project], None]) -> None:
    desk = _desk(tmp_path)
    attempt(desk)
    for _ in range(2):
        try:
            assert _round(Project.open(desk.folder)) == []
        except TocsinError:
            assert attempt is no_people_set
    with desk.reading() as store:
        assert not [row for row in rows.rows(store, rows.DELIVERED) if row["line"][:3] == "to:"]


def test_the_same_round_sends_what_two_people_released(tmp_path: Path) -> None:
    desk = _desk(tmp_path)
    released_by_two(desk, W, "--to", "r1", *HARMS)
    (sent,) = _round(desk)
    assert (sent.recipient.id, sent.warning, sent.drill) == ("r1", W, False)
    assert _round(desk) == []


def test_an_alarm_that_one_person_released_goes_at_once(tmp_path: Path) -> None:
    desk = _desk(tmp_path, Level.ALARM)
    assert "review due" in propose(desk, W, "--to", "r1", *HARMS, "--alone").out
    assert [one.recipient.id for one in _round(desk)] == ["r1"]
