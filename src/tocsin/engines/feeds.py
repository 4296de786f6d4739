"""A search kept as what a sign of the register is looked for by."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

from tocsin.errors import UsageError
from tocsin.indicators import KINDS, IndicatorState, definition_form, register_at, starter_set
from tocsin.model import Indicator, MatchRule
from tocsin.store import Store
from tocsin.store.indicators import decisions_of

LONGEST = 200
"""Letters of a phrase."""


def signs_in_use(store: Store, moment: datetime) -> list[IndicatorState]:
    """The register's signs that nobody retired, by id."""
    known = register_at(starter_set(), decisions_of(store, KINDS), moment)
    return [state for state in known if state.retired_by is None]


def fed_definition(sign: Indicator, phrase: str) -> str:
    """The sign's definition, as the ledger keeps it, with one more phrase in its rule: from then
    on posts with the phrase are proposed as its evidence. No proposal is a status.

    Raises:
        UsageError: no phrase, one that is there already, a handle, or a sign that goes by acts
            alone and would find less with words.
    """
    said = " ".join(phrase.split()).casefold()
    if not said or len(said) > LONGEST:
        raise UsageError(f"a feed needs words to look for, {LONGEST} letters at most")
    if said.startswith("@"):
        raise UsageError("a handle is a person's; signs speak of no person")
    rule = sign.rule or MatchRule()
    if said in rule.words:
        raise UsageError(f"indicator '{sign.id}' is looked for by these words already")
    if not rule.words and (rule.acts or rule.signals):
        raise UsageError(
            f"indicator '{sign.id}' goes by what posts do and not by words; words beside that "
            "would find less. Choose another sign, or define one: tocsin indicators add --file"
        )
    fed = replace(sign, rule=replace(rule, words=(*rule.words, said)))
    return json.dumps(definition_form(fed), ensure_ascii=False, sort_keys=True)
