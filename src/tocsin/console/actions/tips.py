"""Decisions about tips."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tocsin.console.desk import ConsoleDesk, patiently, reason_needed
from tocsin.console.facts.tips import kept, tip
from tocsin.engines.tips import Judgement

VERBS = ("accept", "reject", "answer")


@dataclass(frozen=True, slots=True)
class TipVerdict:
    """What somebody decided about a tip.

    Args:
        verb: one of ``VERBS``.
        text: the answer, where that is what is said.
    """

    verb: str
    reason: str = ""
    text: str = ""


def decide(desk: ConsoleDesk, by: str, tip_id: str, said: TipVerdict) -> dict[str, Any]:
    """Accept, reject with a reason, or answer; returns the tip as it is then.

    Raises:
        NotThere: there is no such tip.
        UsageError: a rejection without a reason, an answer without words.
        Overtaken: it was decided otherwise before.
        Locked: another tocsin has been writing for too long; nothing was decided.
    """
    kept(desk, tip_id)
    if said.verb == "reject":
        reason_needed(said.reason, "a rejection")
    patiently(lambda: _decide(desk, by, tip_id, said))
    return tip(desk, tip_id)


def _decide(desk: ConsoleDesk, by: str, tip_id: str, said: TipVerdict) -> None:
    tips, who = desk.tips.desk(), Judgement(by, desk.clock.now(), said.reason.strip())
    with desk.project.writing() as opened:
        if said.verb == "accept":
            tips.accept(opened, tip_id, who)
        elif said.verb == "reject":
            tips.reject(opened, tip_id, who)
        else:
            tips.answer(opened, tip_id, said.text, who)
