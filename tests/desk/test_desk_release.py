"""Two people, the very words, and no other way out of the desk."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from desk_builders import HARMS, NIGHT, after
from hypothesis import given
from hypothesis import strategies as st

from tocsin.desk.release import (
    FollowUp,
    Harms,
    Proposal,
    ReleaseBook,
    Shown,
    Standing,
    book_of,
    follow_ups,
    needed_for,
    proposal_from,
    proposal_value,
)
from tocsin.errors import UsageError
from tocsin.model import Decision, DecisionKind, Level, Release
from tocsin.model.names import same_person

SHOWN = (Shown("r1", "d1"), Shown("r2", "d2"))


def proposal(**more: Any) -> Proposal:
    said: dict[str, Any] = {
        "warning": "w1",
        "number": 1,
        "level": Level.ALERT,
        "shown": SHOWN,
        "harms": HARMS,
        "people": 2,
        "by": "ana",
        "at": NIGHT,
    }
    return Proposal(**{**said, **more})


def proposed(one: Proposal) -> Decision:
    assert one.at is not None
    value = proposal_value(one)
    return Decision(DecisionKind.RELEASE_PROPOSE, one.warning, value, one.by, one.at)


def said(kind: DecisionKind, value: str, by: str, minutes: float = 5) -> Decision:
    return Decision(kind, "w1", value, by, after(minutes))


def approve(one: Proposal, by: str, minutes: float = 5) -> Decision:
    return said(DecisionKind.RELEASE_APPROVE, one.id, by, minutes)


def review(one: Proposal, by: str, verdict: str = "stands", minutes: float = 60) -> Decision:
    return said(DecisionKind.RELEASE_REVIEW, f"{one.id} {verdict}", by, minutes)


def standing(*decisions: Decision, people: int = 2, now: datetime = NIGHT) -> Standing:
    return book_of(decisions, people).files[0].standing(now)


def test_the_ledger_gives_the_proposal_back() -> None:
    one = proposal()
    assert proposal_from(proposed(one)) == one
    assert "address" not in proposal_value(one)
    broken = replace(proposed(one), value="[]")
    with pytest.raises(UsageError, match="not readable"):
        proposal_from(broken)


def test_two_different_people_release_and_the_proposer_is_one() -> None:
    one = proposal()
    assert standing(proposed(one)) is Standing.PROPOSED
    assert book_of([proposed(one)], 2).files[0].release() is None
    book = book_of([proposed(one), approve(one, "ben")], 2)
    release = book.files[0].release()
    assert isinstance(release, Release)
    assert release.released_by == ("ana", "ben")
    assert (release.at, release.digests) == (after(5), ("d1", "d2"))
    assert "people at the market" in release.harms


@pytest.mark.parametrize("by", ["ana", " ANA ", "аnа", "a\u200bna", "Ána"])
def test_nobody_is_two_people(by: str) -> None:
    one = proposal()
    assert standing(proposed(one), approve(one, by)) is Standing.PROPOSED


def test_an_approval_counts_for_what_was_shown_and_nothing_else() -> None:
    one = proposal()
    other = replace(one, shown=(Shown("r1", "another text"),))
    assert standing(proposed(one), approve(other, "ben")) is Standing.PROPOSED
    assert one.id != other.id


def test_one_person_releases_an_alarm_and_a_second_reviews_it_in_time() -> None:
    one = proposal(level=Level.ALARM, people=1, alone=True)
    file = book_of([proposed(one)], 2).files[0]
    assert file.standing(NIGHT) is Standing.REVIEW_DUE
    assert file.review_until == NIGHT + timedelta(hours=12)
    assert file.standing(after(12 * 60)) is Standing.REVIEW_DUE
    assert file.standing(after(12 * 60 + 1)) is Standing.OVERDUE
    assert standing(proposed(one), review(one, "Ana "), now=after(900)) is Standing.OVERDUE
    book = book_of([proposed(one), review(one, "ben")], 2)
    assert book.files[0].standing(after(900)) is Standing.RELEASED
    release = book.files[0].release()
    assert release is not None
    assert release.reviewed_by == "ben"


def test_alone_helps_no_alert_and_a_lowered_setting_no_old_proposal() -> None:
    assert needed_for(proposal(alone=True, people=1), 2) == 2
    assert needed_for(proposal(people=2), 1) == 2
    assert needed_for(proposal(people=0), 0) == 1
    assert standing(proposed(proposal(people=1)), people=1) is Standing.RELEASED


def test_a_withdrawn_release_sends_nothing_and_is_not_approved_any_more() -> None:
    one = proposal()
    out = [proposed(one), review(one, "eva", "withdraw"), approve(one, "ben")]
    file = book_of(out, 2).files[0]
    assert file.standing(NIGHT) is Standing.WITHDRAWN
    assert file.release() is None
    early = [proposed(one), review(one, "ben")]
    assert book_of(early, 2).files[0].reviewed_by is None, "nothing was released to review"
    other = said(DecisionKind.WARNING_CONFIRM, "confirmed", "eva")
    assert ReleaseBook().with_decision(other) == ReleaseBook()


@pytest.mark.parametrize("empty", ["", "  ", "Unanswered", "nobody", "-"])
@pytest.mark.parametrize("which", ["right", "wrong", "cancelled"])
def test_harms_are_filled_in(which: str, empty: str) -> None:
    with pytest.raises(UsageError, match=f"--if-{which}"):
        replace(HARMS, **{which: empty}).checked()
    assert HARMS.checked() is HARMS
    assert Harms("a", "b", "c").sentence == "if right: a; if wrong: b; if cancelled: c"


def test_update_and_cancel_follow_to_whoever_got_the_first() -> None:
    first = proposal()
    life = [{"action": "issue"}, {"action": "update"}, {"action": "cancel"}]

    def due(book: ReleaseBook, lines: list[dict[str, str]] = life) -> list[FollowUp]:
        return follow_ups({"w1": book.told("w1")}, {"w1": lines})

    book = book_of([proposed(first), approve(first, "ben")], 2)
    assert due(book, life[:1]) == []
    (one,) = due(book)
    assert (one.action, one.number, one.recipients) == ("cancel", 3, ("r1", "r2"))
    second = proposal(number=3, shown=SHOWN[:1], at=after(9))
    decisions = [proposed(first), approve(first, "ben"), proposed(second)]
    assert due(book_of(decisions, 2))[0].recipients == ("r1", "r2"), "only proposed"
    decisions.append(approve(second, "ben", 10))
    assert due(book_of(decisions, 2))[0].recipients == ("r2",)
    assert due(book, [life[0], {"action": "update"}, {"action": "expire"}]) == [], "it is over"
    assert follow_ups({"w1": {"r1": [1]}}, {}) == []
    drill = proposal(drill=True)
    book = book_of([proposed(drill), approve(drill, "ben")], 2)
    assert due(book) == [], "a drill is followed by nothing"
    assert book.told("w1", drill=True) == {"r1": {1}, "r2": {1}}


def test_of_a_list_of_places_each_is_followed_on_its_own() -> None:
    """One post called to places a and b; r1 was told of a, r2 of b; then b is cancelled."""
    life = [
        {"action": action, "place_id": place, "target": "x"}
        for action, place in (("issue", "a"), ("issue", "b"), ("cancel", "b"), ("expire", "a"))
    ]
    (due,) = follow_ups({"w1": {"r1": [1], "r2": [2]}}, {"w1": life})
    assert (due.number, due.recipients) == (3, ("r2",))
    assert follow_ups({"w1": {"r1": [1], "r2": [2, 3]}}, {"w1": life}) == []


NAMES = st.sampled_from(["ana", "ANA", "аnа", "ben", "Ben ", "eva"])
STEPS = st.lists(st.tuples(st.sampled_from(["approve", "review", "withdraw"]), NAMES), max_size=8)


@given(NAMES, STEPS, st.sampled_from(list(Level)[1:]), st.booleans(), st.integers(1, 2))
def test_no_order_of_decisions_releases_with_too_few(
    by: str, steps: list[tuple[str, str]], level: Level, alone: bool, people: int
) -> None:
    one = proposal(by=by, level=level, alone=alone, people=people)
    made = [proposed(one)]
    for word, name in steps:
        if word == "approve":
            made.append(approve(one, name))
        else:
            made.append(review(one, name, "withdraw" if word == "withdraw" else "stands"))
    release = book_of(made, 2).files[0].release()
    if release is not None:
        different: list[str] = []
        for name in release.released_by:
            assert not any(same_person(name, other) for other in different)
            different.append(name)
        assert len(different) >= 2 or (alone and level is Level.ALARM)
        assert "withdraw" not in [word for word, _ in steps]
