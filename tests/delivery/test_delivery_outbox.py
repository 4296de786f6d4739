"""Once, in order, and never without a release."""

from __future__ import annotations

import dataclasses
import random
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from delivery_builders import (
    BOOK,
    T0,
    Failing,
    Receiver,
    book_with,
    desk_in,
    failure,
    message,
    recipient,
    released,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.clock import ReplayClock
from tocsin.delivery import Parcel, State
from tocsin.delivery.codec import (
    content_form,
    content_from,
    receipt_form,
    receipt_from,
    release_form,
    release_from,
)
from tocsin.delivery.outbox import Outbox, next_wait, receipt_of
from tocsin.delivery.queue import Queued
from tocsin.delivery.release import ReleaseRule
from tocsin.engines.outbox import _row
from tocsin.errors import DeliveryFailed, DeliveryRefused, NotReleased, UsageError
from tocsin.model import DeskPage, Level, ReceiptKind
from tocsin.store import outbox as rows

PAGE = DeskPage("ana", "w1", 1, Level.ALARM, 0, "Alarm", "Open the desk.")


def test_what_two_people_released_is_sent_once(tmp_path: Path) -> None:
    with desk_in(tmp_path) as desk:
        one = message()
        assert desk.outbox.enqueue([one], released([one])) == (one.key,)
        assert desk.outbox.enqueue([one], released([one])) == ()
        receiver = Receiver()
        desk.send_all(receiver)
        assert receiver.keys() == [one.key]
        assert desk.outbox.enqueue([one], released([one])) == ()
        assert desk.send_all(receiver) == []


ALARM = message(level=Level.ALARM)
BREACHES: dict[str, tuple[Any, dict[str, Any]]] = {
    "one person": (message(), {"released_by": ("ana",)}),
    "the same person twice": (message(), {"released_by": ("ana", " ANA ")}),
    "the same person in other letters": (message(), {"released_by": ("ana", "\u0430n\u0430")}),
    "nobody": (message(), {"released_by": ()}),
    "nobody with a name": (message(), {"released_by": ("", " ")}),
    "an alarm by nobody": (ALARM, {"released_by": ()}),
    "harms not said": (message(), {"harms": "  "}),
    "another warning": (message(), {"warning": "w2"}),
    "another action": (message(), {"number": 2}),
    "another level": (message(), {"level": Level.ALARM}),
    "other words": (message(), {"digests": (message(text="other").digest,)}),
    "a drill's release": (message(), {"drill": True}),
    "the future": (message(), {"at": T0 + timedelta(minutes=1)}),
    "never reviewed": (ALARM, {"released_by": ("ana",), "at": T0 - timedelta(hours=13)}),
    "reviewed by herself": (
        ALARM,
        {"released_by": ("ana",), "at": T0 - timedelta(hours=13), "reviewed_by": "Ana"},
    ),
}


@pytest.mark.parametrize("what", BREACHES)
def test_nothing_is_queued_without_a_release_that_holds(tmp_path: Path, what: str) -> None:
    one, wrong = BREACHES[what]
    with desk_in(tmp_path) as desk:
        with pytest.raises(NotReleased):
            desk.outbox.enqueue([one], released([one], **wrong))
        assert rows.rows(desk.store) == []


def test_an_alarm_goes_by_one_and_a_second_reviews(tmp_path: Path) -> None:
    with desk_in(tmp_path) as desk:
        desk.outbox.enqueue([ALARM], released([ALARM], released_by=("ana",)))
        late = {"released_by": ("ana",), "at": T0 - timedelta(hours=13), "reviewed_by": "ben"}
        assert desk.outbox.enqueue([ALARM], released([ALARM], **late)) == ()


def test_a_desk_of_one_cannot_set_the_rule_below_one(tmp_path: Path) -> None:
    lax = ReleaseRule(people=0, people_for_alarm=0)
    with desk_in(tmp_path, rule=lax) as desk, pytest.raises(NotReleased, match="0 of 1"):
        desk.outbox.enqueue([message()], released([message()], released_by=()))


def test_no_other_object_passes_for_a_release_a_message_or_a_page(tmp_path: Path) -> None:
    one = message()
    with desk_in(tmp_path) as desk:
        for wrong in (None, True, {"released_by": ("a", "b")}, "released"):
            with pytest.raises(NotReleased):
                desk.outbox.enqueue([one], wrong)  # type: ignore[arg-type]
        with pytest.raises(NotReleased):
            desk.outbox.enqueue([PAGE], released([one]))  # type: ignore[list-item]
        with pytest.raises(NotReleased):
            desk.outbox.page_desk([one])  # type: ignore[list-item]
        assert rows.rows(desk.store) == []


def _smuggled(release: Any, **more: Any) -> dict[str, Any]:
    """A row written past the outbox."""
    return _row(Queued(0, message(**more), release, T0, T0))


@pytest.mark.parametrize("what", ["none", *BREACHES])
def test_a_row_written_past_the_outbox_is_not_sent(tmp_path: Path, what: str) -> None:
    one, wrong = BREACHES.get(what, (message(), {}))
    with desk_in(tmp_path) as desk:
        release = None if what == "none" else released([one], **wrong)
        rows.add(desk.store, [_row(Queued(0, one, release, T0, T0))])
        receiver = Receiver()
        (ended,) = desk.send_all(receiver)
        if what in ("never reviewed", "reviewed by herself"):
            # Enqueued in time it goes; the review that is due stops what comes after.
            assert ended.state is State.DELIVERED
            return
        assert receiver.taken == []
        assert ended.state is State.DEAD


def test_a_forged_release_sends_nothing(tmp_path: Path) -> None:
    """Whoever makes up a release gets it into the outbox and no further: the ledger is asked."""
    one = message()
    with desk_in(tmp_path) as desk:
        forged = dataclasses.replace(released([message(text="other")]), digests=(one.digest,))
        desk.outbox.enqueue([one], forged)
        receiver = Receiver()
        (ended,) = desk.send_all(receiver)
        assert (receiver.taken, ended.state) == ([], State.DEAD)
        assert "no release of these words stands" in ended.note


def test_a_release_withdrawn_while_it_waits_sends_nothing(tmp_path: Path) -> None:
    with desk_in(tmp_path) as desk:
        desk.outbox.enqueue([message()], released([message()]))
        receiver = Failing(plan=[failure()])
        desk.outbox.deliver_one({"test": receiver}, BOOK)
        desk.send_all(receiver, book_with(released=lambda _: None))
        assert receiver.taken == []


def test_what_did_not_go_is_released_anew_in_other_words(tmp_path: Path) -> None:
    other, late = message(text="other"), T0 + timedelta(minutes=1)
    with desk_in(tmp_path) as desk:
        desk.outbox.enqueue([message()], released([message()]))
        desk.send_all(Failing(plan=[DeliveryRefused("no")]))
        desk.clock.advance(late)
        again = released([other], at=late)
        assert desk.outbox.enqueue([other], again) == (other.key,)
        receiver = Receiver()
        desk.send_all(receiver)
        assert [one.text for one in receiver.taken] == ["other"]
        desk.clock.advance(late + timedelta(minutes=1))
        third = message(text="third")
        later = released([third], at=desk.clock.now())
        with pytest.raises(UsageError, match="other words"):
            desk.outbox.enqueue([third], later)


def test_what_is_on_its_way_is_not_replaced(tmp_path: Path) -> None:
    other = message(text="other")
    with desk_in(tmp_path) as desk:
        desk.outbox.enqueue([message()], released([message()]))
        desk.queue.claim(T0, T0 + timedelta(minutes=2))
        desk.clock.advance(T0 + timedelta(minutes=1))
        assert desk.outbox.enqueue([other], released([other], at=desk.clock.now())) == ()


def test_a_page_that_was_answered_meanwhile_wakes_nobody(tmp_path: Path) -> None:
    with desk_in(tmp_path) as desk:
        desk.outbox.page_desk([PAGE])
        receiver = Receiver()
        (ended,) = desk.send_all(receiver, book_with(needed=lambda _: False))
        assert (receiver.taken, ended.state) == ([], State.DROPPED)
        assert receipt_of(ended) is None
        assert desk.queue.dead() == []
        assert desk.queue.next_due() is None


def test_words_changed_after_the_release_are_not_sent(tmp_path: Path) -> None:
    shown = message()
    changed = dataclasses.replace(shown, text="something else")
    with desk_in(tmp_path) as desk:
        rows.add(desk.store, [_row(Queued(0, changed, released([shown]), T0, T0))])
        receiver = Receiver()
        assert desk.send_all(receiver)[0].state is State.DEAD
        assert receiver.taken == []


def test_a_page_reaches_staff_alone(tmp_path: Path) -> None:
    staff = {"ana": recipient("ana")}
    book = book_with(staff=staff.get)
    with desk_in(tmp_path) as desk:
        outside = dataclasses.replace(PAGE, staff="one")
        desk.outbox.page_desk([PAGE, outside])
        receiver = Receiver()
        ended = desk.send_all(receiver, book)
        assert [one.recipient.id for one in receiver.taken] == ["ana"]
        assert sorted(one.state.value for one in ended) == ["dead", "delivered"]
        page = receiver.taken[0]
        assert (page.kind, page.cap, page.html) == ("page", "", "")


def test_a_message_reaches_no_staff_and_nobody_who_left_the_list(tmp_path: Path) -> None:
    book = book_with(recipient=lambda _: None)
    with desk_in(tmp_path) as desk:
        desk.outbox.enqueue([message()], released([message()]))
        receiver = Receiver()
        (ended,) = desk.send_all(receiver, book)
        assert receiver.taken == []
        assert "in no list" in ended.note


def test_pages_go_first_then_the_higher_level(tmp_path: Path) -> None:
    with desk_in(tmp_path) as desk:
        one, alarm = message(to="a"), message(to="b", level=Level.ALARM)
        desk.outbox.enqueue([one], released([one]))
        desk.outbox.enqueue([alarm], released([alarm]))
        desk.outbox.page_desk([PAGE])
        receiver = Receiver()
        desk.send_all(receiver)
        assert receiver.keys() == [PAGE.key, alarm.key, one.key]


def test_other_words_for_the_same_action_are_refused(tmp_path: Path) -> None:
    other = message(text="other")
    with desk_in(tmp_path) as desk:
        desk.outbox.enqueue([message()], released([message()]))
        with pytest.raises(UsageError, match="other words"):
            desk.outbox.enqueue([other], released([other]))


def test_it_waits_longer_each_time_and_as_long_as_asked(tmp_path: Path) -> None:
    plan: list[Exception] = [failure() for _ in range(3)]
    plan += [failure(90.0), failure(100_000.0)]
    with desk_in(tmp_path) as desk:
        desk.outbox.enqueue([message()], released([message()]))
        receiver = Failing(plan=plan)
        waits, before = [], desk.clock.now()
        while not receiver.taken:
            desk.outbox.deliver_one({"test": receiver}, BOOK)
            due = desk.queue.next_due()
            if due is not None:
                waits.append((due - desk.clock.now()).total_seconds())
                desk.clock.advance(due)
        assert receiver.tries == 6
        for wait, most in zip(waits[:3], (5, 10, 20), strict=True):
            assert most / 2 <= wait <= most
        assert waits[3] >= 90.0
        assert waits[4] == 3600.0
        assert desk.clock.now() > before


def test_nothing_overtakes_what_still_waits(tmp_path: Path) -> None:
    with desk_in(tmp_path) as desk:
        for number in (1, 2):
            one = message(number)
            desk.outbox.enqueue([one], released([one]))
        other = message(1, to="two")
        desk.outbox.enqueue([other], released([other]))
        receiver = Failing(plan=[failure()])
        desk.outbox.deliver_one({"test": receiver}, BOOK)
        done = desk.outbox.deliver_one({"test": receiver}, BOOK)
        assert done is not None
        assert done[0].line == "to:two"
        assert desk.outbox.deliver_one({"test": receiver}, BOOK) is None
        desk.send_all(receiver)
        assert receiver.keys() == [other.key, message(1).key, message(2).key]


def test_given_up_listed_and_put_back(tmp_path: Path) -> None:
    with desk_in(tmp_path, most_tries=3) as desk:
        desk.outbox.enqueue([message()], released([message()]))
        receiver = Failing(plan=[failure()] * 3)
        ended = desk.send_all(receiver)[-1]
        assert (ended.state, ended.tries) == (State.DEAD, 3)
        receipt = receipt_of(ended)
        assert receipt is not None
        assert receipt.kind is ReceiptKind.UNDELIVERABLE
        assert [one.key for one in desk.queue.dead()] == [message().key]
        with pytest.raises(UsageError, match="not a dead letter"):
            desk.outbox.retry(["nothing"])
        assert desk.outbox.retry([message().key]) == (message().key,)
        desk.send_all(receiver)
        assert receiver.keys() == [message().key]
        assert desk.queue.dead() == []


def test_a_dead_letter_holds_nothing_back_and_does_not_come_after(tmp_path: Path) -> None:
    with desk_in(tmp_path) as desk:
        first, second = message(1), message(2)
        desk.outbox.enqueue([first], released([first]))
        desk.outbox.enqueue([second], released([second]))
        receiver = Failing(plan=[DeliveryRefused("no such address")])
        desk.send_all(receiver)
        assert receiver.keys() == [second.key]
        assert desk.outbox.overtaken(first.key)
        assert not desk.outbox.overtaken("nothing")
        with pytest.raises(UsageError, match="out of order"):
            desk.outbox.retry([first.key])


def test_a_delivery_that_is_not_installed_is_named(tmp_path: Path) -> None:
    with desk_in(tmp_path) as desk:
        desk.outbox.enqueue([message()], released([message()]))
        done = desk.outbox.deliver_one({"mail": Receiver()}, BOOK)
        assert done is not None
        assert "no delivery 'test'; there are: mail" in done[0].note


def test_a_delivery_that_crashes_stops_nobody_else(tmp_path: Path) -> None:
    with desk_in(tmp_path, most_tries=2) as desk:
        for to in ("one", "two"):
            desk.outbox.enqueue([message(to=to)], released([message(to=to)]))
        receiver = Failing(plan=[ZeroDivisionError("one@x.org")] * 3)
        ended = desk.send_all(receiver)
        assert len(receiver.taken) == 1
        assert "crashed (ZeroDivisionError)" in ended[0].note
        assert [one.state for one in desk.queue.dead()] == [State.DEAD]


def test_two_processes_never_share_a_message(tmp_path: Path) -> None:
    with desk_in(tmp_path) as desk, desk_in(tmp_path) as other:
        desk.outbox.enqueue([message()], released([message()]))
        now = desk.clock.now()
        assert desk.queue.claim(now, now + timedelta(minutes=2)) is not None
        assert other.queue.claim(now, now + timedelta(minutes=2)) is None
        later = now + timedelta(minutes=2)
        assert other.queue.next_due() == later
        assert other.queue.claim(later, later + timedelta(minutes=2)) is not None


def test_a_late_failure_does_not_undo_a_delivery(tmp_path: Path) -> None:
    with desk_in(tmp_path) as desk:
        desk.outbox.enqueue([message()], released([message()]))
        now = desk.clock.now()
        entry = desk.queue.claim(now, now + timedelta(minutes=2))
        assert entry is not None
        delivered = dataclasses.replace(entry, state=State.DELIVERED, settled_at=now)
        desk.queue.settle(delivered)
        desk.queue.settle(dataclasses.replace(entry, note="too late"))
        assert desk.queue.known([entry.key])[entry.key].state is State.DELIVERED


def test_drills_stand_in_a_line_of_their_own(tmp_path: Path) -> None:
    with desk_in(tmp_path, drills_alone=True) as desk:
        real, drill = message(1), message(1, drill=True)
        assert real.key != drill.key
        desk.outbox.enqueue([real], released([real]))
        desk.outbox.enqueue([drill], released([drill]))
        receiver = Receiver()
        desk.outbox.deliver_one({"test": receiver}, BOOK)
        assert desk.outbox.deliver_one({"test": receiver}, BOOK) is None
        assert [one.drill for one in receiver.taken] == [True]


def test_how_long_to_rest(tmp_path: Path) -> None:
    most = timedelta(seconds=30)
    with desk_in(tmp_path) as desk:
        assert next_wait(desk.queue, T0, most) == most
        desk.outbox.enqueue([message()], released([message()]))
        assert next_wait(desk.queue, T0 + timedelta(1), most) == timedelta(0)
        assert next_wait(desk.queue, T0 - timedelta(seconds=9), most) == timedelta(seconds=9)


class Faulty(Receiver):
    """Three tries in ten go wrong: before the message is taken, or after it."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._chance = random.Random(seed)

    def send(self, parcel: Parcel) -> str:
        self.tries += 1
        fate = self._chance.random()
        if fate < 0.10:
            raise failure()
        if fate < 0.15:
            raise failure(self._chance.uniform(0, 600))
        self.take(parcel)
        if fate < 0.30:
            raise DeliveryFailed("taken, but the answer was lost")
        return "taken"


def _thousand(seed: int) -> list[Any]:
    """1,000 actions of 250 warnings to 25 recipients, in the order they are released."""
    chance = random.Random(seed)
    made = [
        message(number, to=f"r{warning % 25}", warning=f"w{warning}")
        for warning in range(250)
        for number in range(1, 5)
    ]
    order = [warning for warning in range(250) for _ in range(4)]
    chance.shuffle(order)
    lives = {f"w{w}": iter([m for m in made if m.warning == f"w{w}"]) for w in range(250)}
    return [next(lives[f"w{w}"]) for w in order]


def test_a_thousand_under_faults_none_lost_none_doubled_in_order(tmp_path: Path) -> None:
    messages = _thousand(1)
    receiver = Faulty(2)
    with desk_in(tmp_path) as desk:
        for one in messages:
            desk.outbox.enqueue([one], released([one]))
        ended = desk.send_all(receiver)
    assert Counter(receiver.keys()) == Counter(one.key for one in messages)
    assert len(ended) == receiver.tries > 1300
    for name in {one.recipient for one in messages}:
        queued = [one.key for one in messages if one.recipient == name]
        assert [one.key for one in receiver.taken if one.recipient.id == name] == queued


@settings(max_examples=10)
@given(st.lists(st.integers(0, 3), max_size=30), st.integers(0, 2**16))
def test_any_pattern_of_faults_keeps_order(faults: list[int], seed: int) -> None:
    import tempfile

    plan = [failure() if kind < 3 else failure(50.0) for kind in faults if kind]
    with tempfile.TemporaryDirectory() as folder, desk_in(Path(folder), seed) as desk:
        messages = [message(number, to=f"r{number % 2}") for number in range(1, 7)]
        for one in messages:
            desk.outbox.enqueue([one], released([one]))
        receiver = Failing(plan=list(plan))
        desk.send_all(receiver)
        for name in ("r0", "r1"):
            numbers = [one.number for one in receiver.taken if one.recipient.id == name]
            assert numbers == sorted(set(numbers))
        assert len(receiver.taken) == 6


def test_what_is_kept_reads_back_equal(tmp_path: Path) -> None:
    one = message(drill=True)
    release = released([one], reviewed_by="cem")
    assert content_from(content_form(one)) == one
    assert content_from(content_form(PAGE)) == PAGE
    assert release_from(release_form(release)) == release
    assert release_from(release_form(None)) is None
    with desk_in(tmp_path) as desk:
        desk.outbox.enqueue([one], release)
        receipt = receipt_of(desk.send_all(Receiver())[0])
        assert receipt is not None
        assert receipt_from(receipt_form(receipt)) == receipt
        assert receipt.digest == one.digest


def test_the_outbox_keeps_no_address(tmp_path: Path) -> None:
    with desk_in(tmp_path) as desk:
        desk.outbox.enqueue([message()], released([message()]))
        desk.send_all(Receiver())
        assert "x.org" not in repr(rows.rows(desk.store))
    assert "x.org" not in repr(recipient(secret="key"))
    assert "key" not in repr(recipient(secret="key"))


def test_a_clock_that_is_set_back_holds_no_message_back(tmp_path: Path) -> None:
    with desk_in(tmp_path) as desk:
        one, two = message(1, "one"), message(1, "two")
        desk.outbox.enqueue([one, two], released([one, two]))
        receiver = Failing(plan=[failure(), failure()])
        for _ in range(2):
            desk.outbox.deliver_one({"test": receiver}, BOOK)
        assert desk.outbox.deliver_one({"test": receiver}, BOOK) is None  # both wait
        earlier = Outbox(desk.queue, ReplayClock(T0 - timedelta(hours=1)))
        for _ in range(2):
            earlier.deliver_one({"test": receiver}, BOOK)
        assert sorted(receiver.keys()) == sorted([one.key, two.key])
