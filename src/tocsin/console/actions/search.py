"""Keeping a search as an indicator's evidence feed."""

from __future__ import annotations

from tocsin.console.desk import ConsoleDesk
from tocsin.console.problems import NotThere
from tocsin.engines.feeds import fed_definition, signs_in_use
from tocsin.model import Decision, DecisionKind


def save_feed(desk: ConsoleDesk, by: str, sign: str, phrase: str) -> Decision:
    """Have posts with a phrase proposed as evidence of a sign.

    Raises:
        NotThere: there is no such sign in use.
        UsageError: the phrase cannot be a feed; says why.
    """
    signs = signs_in_use(desk.store, desk.clock.now())
    for state in signs:
        if state.indicator.id == sign:
            value = fed_definition(state.indicator, phrase)
            reason = "a search was kept as its evidence feed"
            return desk.decide(DecisionKind.INDICATOR_DEFINE, (sign, value), (by, reason))
    raise NotThere(f"no indicator {sign}")
