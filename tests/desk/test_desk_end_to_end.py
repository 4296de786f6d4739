"""From an alert to its outcome: proposed, approved by a second person, delivered, followed up."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from desk_builders import EVERY_DAY, NIGHT, action, after
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
from mailbox_support import Box, server
from pytest_httpserver import HTTPServer

from tocsin.archive import Archive, verify
from tocsin.clock import ReplayClock, SystemClock
from tocsin.delivery import Parcel, State, mail, webhook
from tocsin.delivery.webhook import is_genuine
from tocsin.engines.delivering import Delivery, RoundOptions, Rounds, carrier_options
from tocsin.engines.desk import desk_box
from tocsin.engines.project import Project
from tocsin.errors import DeliveryFailed, DeskLocked
from tocsin.model import (
    Action,
    DecisionKind,
    Duty,
    Level,
    Recipient,
    Rota,
    SituationKey,
    StaffMember,
)
from tocsin.store import outbox as rows

W = "0123456789ab"
SECRET = "a secret of the test"


@pytest.fixture(autouse=True)
def _towns(monkeypatch: pytest.MonkeyPatch) -> None:
    from tocsin.cli import deliver

    use_towns(monkeypatch)
    monkeypatch.setattr(
        deliver,
        "load_carriers",
        lambda options: {"mail": mail.build(options), "webhook": webhook.build(options)},
    )


def _receipts(desk: Project) -> list[tuple[str, int, str, bool]]:
    with Archive.open(desk.archive_folder) as archive:
        found = [entry.payload for entry in archive.entries() if entry.kind == "receipt"]
    return [(one["recipient"], one["number"], one["kind"], one["drill"]) for one in found]


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def desk(tmp_path: Path, httpserver: HTTPServer, box: Box, loopback: None) -> Iterator[Project]:
    """A desk with an alert, a mailbox in Russian and English, and a webhook."""
    del loopback
    hook = httpserver.url_for("/hook")
    with server(box) as port:
        lines = (
            'mail_host = "127.0.0.1"',
            f"mail_port = {port}",
            "mail_starttls = false",
            'private_hosts = ["localhost"]',
        )
        made = joined_desk(tmp_path, action(target="Jews"), delivery=lines)
        security = Recipient("r1", "r1", "mail", "security@example.org", ("ru", "en"))
        put_recipients(made, security, Recipient("r2", "r2", "webhook", hook, secret=SECRET))
        yield made


def _deliver(desk: Project, *more: str) -> None:
    done = at_desk(desk, "deliver", "--once", *more)
    assert done.code == 0, done


def test_from_alert_to_outcome(desk: Project, box: Box, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/hook", method="POST").respond_with_data("ok")
    first = propose(desk, W, "--all", *HARMS)
    assert "под угрозой евреи" in first.out, "the proposer sees every word"
    _deliver(desk)
    assert box.mails == [], "one person is not enough"
    second = at_desk(desk, "release", "approve", W, "--as", "ben")
    assert "2 messages in the outbox" in second.out
    _deliver(desk)
    put_actions(desk, action(minutes=30, level=Level.ALARM, what=Action.UPDATE, target="Jews"))
    assert f"update not told to r1, r2, who got the first; next: tocsin release propose {W}" in (
        at_desk(desk, "deliver", "--once").err
    )
    released_by_two(desk, W)
    _deliver(desk)
    put_actions(desk, action(minutes=60, level=Level.ALARM, what=Action.CANCEL, target="Jews"))
    assert "harm: if right: readers" in released_by_two(desk, W).out
    _deliver(desk)
    _check_mails(box)
    _check_hooks(httpserver)
    assert _receipts(desk) == [(name, n, "delivered", False) for n in (1, 2, 3) for name in
                               ("r1", "r2")]  # fmt: skip
    assert at_desk(desk, "release", "list").err == ""
    _check_outcome(desk)
    assert verify(desk.archive_folder).problems == ()


def _check_mails(box: Box) -> None:
    subjects = [str(one["Subject"]) for one in box.mails]
    begin = ("Предупреждение: ", "Тревога, обновление: ", "Отозвано: ")
    assert len(subjects) == 3
    assert all(subject.startswith(words) for subject, words in zip(subjects, begin, strict=True))
    caps = [_cap(one) for one in box.mails]
    kinds = [text.partition("<msgType>")[2].partition("<")[0] for text in caps]
    assert kinds == ["Alert", "Update", "Cancel"]
    assert [text.count("desk@example.org,") for text in caps] == [0, 1, 2]


def _cap(one: Any) -> str:
    (attached,) = one.iter_attachments()
    return str(attached.get_content().decode())


def _check_hooks(httpserver: HTTPServer) -> None:
    bodies = [request.json for request, _ in httpserver.log]
    assert [one["kind"] for one in bodies] == ["issue", "update", "cancel"]
    assert len({one["key"] for one in bodies}) == 3
    request = httpserver.log[-1][0]
    assert is_genuine(SECRET, request.data, dict(request.headers), SystemClock().now())


def _check_outcome(desk: Project) -> None:
    listed = at_desk(desk, "warnings")
    assert f"no outcome yet: {W}" in listed.err
    assert orjson.loads(at_desk(desk, "warnings", "--json").out)["outcome"] == "due"
    assert at_desk(desk, "warnings", "outcome", W, "did_not", "--as", "ana").code == 0
    assert "no outcome yet" not in at_desk(desk, "warnings").err
    assert orjson.loads(at_desk(desk, "warnings", "--json").out)["outcome"] == "did_not"


def test_a_drill_goes_the_same_way_and_is_marked_everywhere(
    desk: Project, box: Box, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/hook", method="POST").respond_with_data("ok")
    released_by_two(desk, W, "--all", *HARMS)
    drilled = released_by_two(desk, W, "--all", *HARMS, "--drill")
    assert drilled.out.startswith("DRILL  to r1")
    _deliver(desk, "--drill")
    (drill,) = box.mails
    assert drill["X-Tocsin-Drill"] == "yes"
    assert str(drill["Subject"]).startswith("УЧЕНИЕ")
    assert "<status>Test</status>" in _cap(drill)
    (hook,) = [request.json for request, _ in httpserver.log]
    assert (hook["drill"], hook["text"].startswith("EXERCISE ONLY")) == (True, True)
    assert [(one[0], one[3]) for one in _receipts(desk)] == [("r1", True), ("r2", True)]
    _deliver(desk)
    assert [one["X-Tocsin-Drill"] for one in box.mails] == ["yes", None]
    listed = [orjson.loads(line) for line in at_desk(desk, "outbox", "--json").out.splitlines()]
    assert Counter(one["drill"] for one in listed) == {True: 2, False: 2}


def test_a_text_that_changed_after_the_release_is_said_and_not_sent(
    desk: Project, box: Box
) -> None:
    """The outbox was lost before anything went, and the words are not what they were."""
    put_recipients(desk, *desk_box(desk).read().recipients[:1])
    released_by_two(desk, W, "--to", "r1", *HARMS)
    for path in desk.folder.glob("store.db*"):
        path.unlink()
    desk_box(desk).change(
        lambda lists: replace(lists, recipients=(replace(lists.recipients[0], languages=("en",)),))
    )
    with desk.writing():
        pass
    done = at_desk(desk, "deliver", "--once")
    assert (done.code, "the text for r1 has changed" in done.err) == (1, True)
    assert (
        "propose it anew" in orjson.loads(at_desk(desk, "deliver", "--once", "--json").out)["why"]
    )
    assert box.mails == []
    released_by_two(desk, W, "--to", "r1", *HARMS)
    assert at_desk(desk, "deliver", "--once").code == 0, "the old release is settled by the new one"
    assert len(box.mails) == 1


# -- a whole night ---------------------------------------------------------------------------------


class Phones:
    """A push service that is down for a while."""

    def __init__(self, clock: ReplayClock, down: tuple[float, float]) -> None:
        self.rang: list[tuple[float, str, str]] = []
        self._clock = clock
        self._down = down

    def send(self, parcel: Parcel) -> str:
        minute = (self._clock.now() - NIGHT).total_seconds() / 60
        if self._down[0] <= minute < self._down[1]:
            raise DeliveryFailed("the push service is down")
        self.rang.append((minute, parcel.recipient.address, parcel.subject.partition(" ")[2]))
        return "taken"


def _night_desk(folder: Path) -> Project:
    """ana and ben by day, ben and eva by night; ben does not want alerts while he sleeps."""
    desk = joined_desk(folder)
    day = Duty(EVERY_DAY, time(8), time(20), ("ana", "ben"))
    night = Duty(EVERY_DAY, time(20), time(8), ("ben", "eva"))
    staff = [StaffMember(name, (f"ntfy://{name}",), (f"slack://{name}",)) for name in ("ana",)]
    staff += [
        StaffMember("ben", ("ntfy://ben",), (), quiet_from=time(23), quiet_until=time(6)),
        StaffMember("eva", ("ntfy://eva",), ("slack://eva",)),
    ]
    rota = Rota((day, night), escalate_minutes=10)
    desk_box(desk).change(lambda lists: replace(lists, staff=tuple(staff), rota=rota))
    return desk


def _walk(
    rounds: Rounds, clock: ReplayClock, until: float, happens: Sequence[tuple[float, Any]]
) -> list[Delivery]:
    """Round after round, the clock moving by what each asks for; things happen in between."""
    left, done = list(happens), []
    while clock.now() < after(until):
        while left and after(left[0][0]) <= clock.now():
            left.pop(0)[1]()
        done.append(rounds.round(lambda _: None))
        ahead = [after(minute) - clock.now() for minute, _ in left[:1]]
        rest = min([rounds.rest(timedelta(minutes=5)), *ahead])
        clock.advance(clock.now() + max(rest, timedelta(seconds=1)))
    assert not left
    return done


def test_a_night_in_which_pages_go_out_until_somebody_answers(tmp_path: Path) -> None:
    """From 22:00 UTC: a watch, an alert, an alarm that the first does not hear, an answer."""
    desk, clock = _night_desk(tmp_path), ReplayClock(NIGHT)
    phones = Phones(clock, down=(243, 260))
    night = dict[str, Any](target="Jews")

    def tell(minute: float, level: Level, what: Action = Action.UPDATE) -> Any:
        return lambda: put_actions(desk, action(W, minute, level, what, **night))

    def acknowledge(minute: float, by: str) -> Any:
        kind = DecisionKind.WARNING_ACKNOWLEDGE
        return lambda: say_so(desk, kind, W, "acknowledged", by, after(minute))

    happens = [
        (60.0, tell(60, Level.WATCH, Action.ISSUE)),
        (120.0, tell(120, Level.ALERT)),
        (180.0, tell(180, Level.ALARM)),
        (205.0, acknowledge(205, "eva")),
        (240.0, tell(240, Level.ALERT)),
        (244.0, tell(244, Level.ALARM)),
        (275.0, acknowledge(275, "ben")),
        (300.0, tell(300, Level.ALARM)),
        (420.0, tell(420, Level.ALARM, Action.EXPIRE)),
    ]
    with desk.reading() as store:
        options = RoundOptions({"push": phones}, lambda: GAZETTEER)
        rounds = Rounds(desk, store, clock, options)
        _walk(rounds, clock, 600, happens)
    rang = [(round(minute), who, words.partition(" ")[0]) for minute, who, words in phones.rang]
    assert rang[:6] == [
        (120, "ntfy://eva", "ALERT"),  # ben sleeps; eva is the next who does not
        (120, "slack://eva", "ALERT"),
        (180, "ntfy://ben", "ALARM"),  # an alarm overrides quiet hours
        (190, "ntfy://eva", "ALARM"),
        (190, "slack://eva", "ALARM"),
        (200, "ntfy://ben", "ALARM"),
    ], "and at 205 eva answers"
    later = rang[6:]
    assert {(who, word) for _, who, word in later} == {
        ("ntfy://ben", "ALARM"), ("ntfy://eva", "ALARM"), ("slack://eva", "ALARM")
    }, "the alarm of minute 244 is a new one"  # fmt: skip
    assert min(minute for minute, *_ in later) >= 260, "until then the push service was down"
    assert max(minute for minute, *_ in later) < 275, "answered: nobody is woken any more"
    caught_up = Counter(who for minute, who, _ in later if minute < 266)
    assert max(caught_up.values()) <= 2, "nobody is rung for every page that was missed"
    with desk.reading() as store:
        states = Counter(row["state"] for row in rows.rows(store))
    assert states["waiting"] == states["dead"] == 0
    kinds = Counter(kind for _, _, kind, _ in _receipts(desk))
    assert kinds == {"delivered": len(rang)}


def test_a_locked_desk_pages_and_sends_nothing_more(tmp_path: Path) -> None:
    desk, clock = _night_desk(tmp_path), ReplayClock(after(185))
    phones = Phones(clock, down=(0, 0))
    put_actions(desk, action(W, 180, Level.ALARM, Action.ISSUE))
    with desk.reading() as store:
        rounds = Rounds(desk, store, clock, RoundOptions({"push": phones}, lambda: GAZETTEER))
        assert at_desk(desk, "lock").code == 1
        with pytest.raises(DeskLocked):
            rounds.round(lambda _: None)
        assert phones.rang == []
        assert at_desk(desk, "unlock").code == 0
        rounds.round(lambda _: None)
        assert [who for _, who, _ in phones.rang] == ["ntfy://ben"]


def test_without_ways_out_pages_wait_in_the_outbox(tmp_path: Path) -> None:
    """What ``tocsin watch`` does where ``tocsin deliver`` runs beside it."""
    desk, clock = _night_desk(tmp_path), ReplayClock(after(185))
    put_actions(desk, action(W, 180, Level.ALARM, Action.ISSUE))
    with desk.reading() as store:
        rounds = Rounds(desk, store, clock, RoundOptions())
        assert [rounds.round(lambda _: None).paged for _ in range(2)] == [1, 0]
        assert rounds.rest(timedelta(hours=1)) == timedelta(minutes=5), "the next page"
        assert [row["state"] for row in rows.rows(store)] == ["waiting"]


# -- a thousand ------------------------------------------------------------------------------------


class Moody(Box):
    """Three in ten go wrong: put off before the mail is taken, or taken and the answer lost."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.tries = 0
        self._chance = random.Random(seed)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.tries += 1
        fate = self._chance.random()
        if fate < 0.15:
            return "451 not now"
        said = await super().handle_DATA(server, session, envelope)
        if fate < 0.22:
            return "421 taken, and you are told otherwise"
        if fate < 0.30:
            server.transport.abort()
        return said


@pytest.mark.long
@pytest.mark.usefixtures("loopback")
def test_a_thousand_mails_under_faults_none_lost_none_doubled_in_order(tmp_path: Path) -> None:
    """25 warnings with 4 actions each, released by two, to 10 recipients over real SMTP."""
    box = Moody(3)
    people = [Recipient(f"r{n}", f"r{n}", "mail", f"r{n}@example.org") for n in range(10)]
    with server(box) as port:
        lines = ('mail_host = "127.0.0.1"', f"mail_port = {port}", "mail_starttls = false")
        desk = joined_desk(tmp_path, delivery=lines)
        put_recipients(desk, *people)
        expected = [_release(desk, warning, step) for step in range(4) for warning in range(25)]
        clock = ReplayClock(SystemClock().now() + timedelta(seconds=1))
        carriers = {"mail": mail.build(carrier_options(desk.settings))}
        with desk.reading() as store:
            rounds = Rounds(desk, store, clock, RoundOptions(carriers, lambda: GAZETTEER))
            while any(row["state"] == State.WAITING for row in rows.rows(store)):
                rounds.round(lambda _: None)
                clock.advance(clock.now() + max(rounds.rest(), timedelta(seconds=1)))
    firsts: dict[str, str] = {}
    for one in box.mails:  # a mailbox knows a mail again by its Message-ID
        firsts.setdefault(str(one["Message-ID"]), f"{one['To']} {_reference(one)}")
    assert len(firsts) == 1000
    for person in people:
        got = [what.split()[1] for what in firsts.values() if what.startswith(person.address)]
        assert got == expected
    assert box.tries > 1300
    assert Counter(kind for _, _, kind, _ in _receipts(desk)) == {"delivered": 1000}
    assert verify(desk.archive_folder).problems == ()


def _reference(one: Any) -> str:
    (attached,) = one.iter_attachments()
    return str(attached.get_filename()).partition(".")[0]


def _release(desk: Project, warning: int, step: int) -> str:
    name, minutes = f"{warning:012x}", 30.0 * step + warning / 100
    what = (Action.ISSUE, Action.UPDATE, Action.UPDATE, Action.CANCEL)[step]
    key = SituationKey("geonames:1", f"Group {warning}")
    put_actions(desk, action(name, minutes, what=what, key=key, target=key.target))
    first = ("--all", *HARMS) if step == 0 else ()
    released_by_two(desk, name, *first)
    return f"{name}-{step + 1}"
