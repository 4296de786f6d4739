"""Decisions about rumours: a status, that two are one or two, that some posts are another one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tocsin.console.desk import ConsoleDesk
from tocsin.console.facts.rumours import shown_rumour
from tocsin.engines import rumour_decisions as engine
from tocsin.engines.rumour_decisions import Decided
from tocsin.model import Decision
from tocsin.store.rumours import ShownRumours


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody decided about a rumour.

    Args:
        verb: one of ``VERBS``.
        value: the status, or the id of the other rumour.
        refs: evidence ids of the posts that leave in a split.
        seen: position of the newest decision about anything that was shown to them; None: they
            did not look.
    """

    verb: str
    value: str = ""
    refs: tuple[str, ...] = ()
    reason: str = ""
    seen: int | None = None


_Check = Callable[[ShownRumours, str, Said], Decided]
_CHECKS: Final[dict[str, _Check]] = {
    "status": lambda book, name, said: engine.status_of(book, name, said.value),
    "merge": lambda book, name, said: engine.merge_of(book, name, said.value),
    "unmerge": lambda book, name, _: engine.unmerge_of(book, name),
    "split": lambda book, name, said: engine.split_of(book, name, said.refs),
    "dismiss": lambda book, name, said: engine.dismissal_of(book, name, said.value),
}
VERBS: Final = tuple(_CHECKS)


def decide(desk: ConsoleDesk, by: str, rumour: str, said: Said) -> tuple[Decided, Decision]:
    """Check it and log it; what is shown changes at once, later posts follow at the next run.

    Returns:
        What was decided with the rumour to look at next, and the decision as it was logged.

    Raises:
        NotThere: there is no such rumour.
        UsageError: it makes no sense; says why.
        Overtaken: somebody else decided about the same rumour meanwhile.
    """
    book = ShownRumours(desk.store)
    shown_rumour(book, rumour)
    checked = _CHECKS[said.verb](book, rumour, said)
    about = (checked.subject, checked.value)
    return checked, desk.decide(checked.kind, about, (by, said.reason), said.seen)
