"""What people say of signs: what they saw, and that they looked."""

from __future__ import annotations

from tocsin.console.desk import ConsoleDesk
from tocsin.console.facts.indicators import state_of
from tocsin.engines.register import Told, checked_where, finding_from_words
from tocsin.errors import UsageError
from tocsin.indicators import finding_value, look_value
from tocsin.model import Decision, DecisionKind


def say(desk: ConsoleDesk, by: str, sign: str, told: Told) -> Decision:
    """Log what somebody saw of a sign.

    Raises:
        NotThere: there is no such sign.
        UsageError: it rests on nothing, a word is none of those there are, or what is taken back
            was never said by the same person.
    """
    state_of(desk, sign)
    if not told.evidence and not told.note.strip():
        raise UsageError("a status needs what it rests on: name posts, or say why in a note")
    who = (by, desk.clock.now())
    finding = finding_from_words(desk.project, desk.store, sign, who, told)
    about = (sign, finding_value(finding))
    return desk.decide(DecisionKind.INDICATOR_STATUS, about, (by, told.note))


def look(desk: ConsoleDesk, by: str, sign: str, where: tuple[str, str], note: str) -> Decision:
    """Log that somebody looked for a sign and saw nothing new; earlier findings stand.

    Args:
        where: place and group; empty: all.

    Raises:
        NotThere: there is no such sign.
        UsageError: the place or the group is none.
    """
    state_of(desk, sign)
    value = look_value(*checked_where(desk.project, *where))
    return desk.decide(DecisionKind.INDICATOR_LOOKED, (sign, value), (by, note))
