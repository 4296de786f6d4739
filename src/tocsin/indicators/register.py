"""The register as it stood at a moment: a pure fold over people's decisions.

Only decisions made by then count, in the order of their times, so a register of last month is
what the desk knew last month, and a rebuild from the ledger gives the same one.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from tocsin.indicators.definition import definition_from
from tocsin.indicators.findings import finding_from, look_from
from tocsin.model import Decision, DecisionKind, Finding, Indicator, IndicatorStatus, Look

KINDS = (
    DecisionKind.INDICATOR_DEFINE,
    DecisionKind.INDICATOR_STATUS,
    DecisionKind.INDICATOR_LOOKED,
    DecisionKind.INDICATOR_RETIRE,
)
_SEEN = (IndicatorStatus.OBSERVED, IndicatorStatus.POSSIBLE)
Cell = tuple[str, str]
"""Place and group of a finding; empty: all."""


@dataclass(frozen=True, slots=True)
class IndicatorState:
    """One sign with what people say of it.

    Args:
        findings: each person's newest, for each place and group, oldest first.
        looks: each person's newest look, for each place and group, oldest first.
        defined_by: who wrote the definition that holds; None: it came with tocsin.
        retired_by: who retired it, if it is retired.
    """

    indicator: Indicator
    findings: tuple[Finding, ...] = ()
    looks: tuple[Look, ...] = ()
    defined_by: str | None = None
    retired_by: str | None = None

    def about(self, places: Collection[str], group: str) -> IndicatorState:
        """Only what is said of this place and group, or of all: a look elsewhere is none here.

        Args:
            places: the place and what it lies in; none: every place.
            group: empty: every group.
        """

        def fits(one: Finding | Look) -> bool:
            here = not places or one.place in {"", *places}
            return here and (not group or one.group in {"", group})

        return replace(
            self,
            findings=tuple(filter(fits, self.findings)),
            looks=tuple(filter(fits, self.looks)),
        )

    @property
    def standing(self) -> tuple[Finding, ...]:
        """Findings that nobody took back."""
        return tuple(f for f in self.findings if f.status is not IndicatorStatus.WITHDRAWN)

    @property
    def status(self) -> IndicatorStatus:
        """The strongest that is said anywhere; never set by a machine."""
        said = {finding.status for finding in self.standing}
        for status in (*_SEEN, IndicatorStatus.ABSENT):
            if status in said:
                return status
        withdrawn = max((f.at for f in self.findings), default=None)
        looked = max((look.at for look in self.looks), default=None)
        if looked is not None and (withdrawn is None or looked >= withdrawn):
            return IndicatorStatus.ABSENT
        return IndicatorStatus.UNOBSERVED if withdrawn is None else IndicatorStatus.WITHDRAWN

    @property
    def disputed(self) -> bool:
        """For one place and group, one person saw it and another says that it is not there."""
        cells: dict[Cell, set[bool]] = {}
        for finding in self.standing:
            cells.setdefault(cell(finding), set()).add(finding.status in _SEEN)
        return any(len(said) > 1 for said in cells.values())

    @property
    def last_looked(self) -> Finding | Look | None:
        """When somebody last looked, whatever they saw; None: nobody ever did."""
        every: list[Finding | Look] = [*self.findings, *self.looks]
        return max(every, key=lambda one: (one.at, one.by), default=None)

    @property
    def newest_seen(self) -> Finding | None:
        """The finding that says most: observed before possible, then the newest."""
        seen = [finding for finding in self.standing if finding.status in _SEEN]
        return max(seen, key=lambda f: (f.status is _SEEN[0], f.seen_at, f.by), default=None)


@dataclass(slots=True)
class _Draft:
    indicator: Indicator | None
    findings: dict[tuple[Cell, str], Finding] = field(default_factory=dict)
    looks: dict[tuple[Cell, str], Look] = field(default_factory=dict)
    defined_by: str | None = None
    retired_by: str | None = None

    def take(self, decision: Decision) -> None:
        """One decision about this sign."""
        if decision.kind is DecisionKind.INDICATOR_DEFINE:
            self.indicator = definition_from(json.loads(decision.value), "ledger")
            self.defined_by, self.retired_by = decision.by, None
        elif decision.kind is DecisionKind.INDICATOR_RETIRE:
            self.retired_by = decision.by
        elif decision.kind is DecisionKind.INDICATOR_STATUS:
            finding = finding_from(decision)
            self.findings[cell(finding), finding.by] = finding
        else:
            look = look_from(decision)
            self.looks[cell(look), look.by] = look

    def done(self, indicator: Indicator) -> IndicatorState:
        """The state, in an order that does not depend on how decisions came in."""
        return IndicatorState(
            indicator,
            tuple(sorted(self.findings.values(), key=lambda f: (f.at, f.by, cell(f)))),
            tuple(sorted(self.looks.values(), key=lambda k: (k.at, k.by, cell(k)))),
            self.defined_by,
            self.retired_by,
        )


def register_at(
    starter: Iterable[Indicator], decisions: Iterable[Decision], as_of: datetime
) -> tuple[IndicatorState, ...]:
    """Every sign as it stood at ``as_of``, by id.

    A definition replaces the one before it and brings a retired sign back; findings stay.
    Decisions of other kinds are passed over; so are findings about a sign nobody defined.

    Args:
        starter: signs that hold until a decision redefines them.
        decisions: in any order.
    """
    drafts = {one.id: _Draft(one) for one in starter}
    known = [d for d in decisions if d.kind in KINDS and d.at <= as_of]
    for decision in sorted(known, key=lambda d: (d.at, d.kind.value, d.by, d.value)):
        drafts.setdefault(decision.subject, _Draft(None)).take(decision)
    return tuple(
        draft.done(draft.indicator)
        for _, draft in sorted(drafts.items())
        if draft.indicator is not None
    )


def cell(one: Finding | Look) -> Cell:
    """The place and group that it speaks of."""
    return one.place, one.group
