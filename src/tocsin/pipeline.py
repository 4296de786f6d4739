"""The order of the stages. The only file that knows it.

    Post → text → reading → rumours → spread → risk → warnings

The first two look at one post alone and may run in other processes (``engines``); from rumours
on, posts come one by one in time order, and time passes only here.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

import orjson

from tocsin import wire
from tocsin.clock import ReplayClock
from tocsin.coverage import Coverage
from tocsin.model import (
    ChannelProfile,
    Enriched,
    Erased,
    FieldReport,
    Reading,
    Rumour,
    Sighting,
    SituationKey,
    Suggestion,
    WarningAction,
)
from tocsin.risk import RiskModel, SituationTracker, Sources, background
from tocsin.rumours import Probe, RumourOptions, RumourTracker
from tocsin.rumours.stance import stance_of
from tocsin.spread import SpreadTracker, towns_named
from tocsin.warnings import WarningDesk, WarningPolicy

_START = datetime(1970, 1, 1, tzinfo=UTC)
_MEMORY = timedelta(days=7)
"""How long spread and situations remember; their own windows are shorter."""


@dataclass(frozen=True, slots=True)
class PipelineOptions:
    """What decides; recorded with each run."""

    rumours: RumourOptions = field(default_factory=RumourOptions)
    policy: WarningPolicy = field(default_factory=WarningPolicy)
    horizon_h: int = 24


@dataclass(frozen=True, slots=True)
class Step:
    """What one post led to: its sighting, and the warning actions up to and at its time.

    Args:
        kept: False for a post without words and files, which nothing can ever join.
    """

    sighting: Sighting
    actions: tuple[WarningAction, ...]
    kept: bool = True


class _Lasting(Protocol):
    """A stage with a memory."""

    def snapshot(self) -> bytes: ...

    def restore(self, data: bytes) -> None: ...


class Pipeline:
    """From reading on: rumours, spread, situations, forecasts, warnings, on one clock."""

    def __init__(
        self,
        profiles: Mapping[str, ChannelProfile],
        options: PipelineOptions,
        sources: Sources | None = None,
        silent: Sequence[str] = (),
    ) -> None:
        self._sources = sources or Sources()
        self._silent = tuple(silent)  # what is not seen because a live source is silent
        self._clock = ReplayClock(_START)
        self._rumours = RumourTracker(options.rumours)
        self._spread = SpreadTracker(profiles)
        self._situations = SituationTracker(profiles)
        self._risk = RiskModel(horizon_h=options.horizon_h)
        self._desk = WarningDesk(options.policy)
        self._coverage = Coverage()
        self._housekept = _START
        self._expected: list[FieldReport] = []

    @property
    def now(self) -> datetime:
        """The moment the pipeline has reached."""
        return self._clock.now()

    def needs_vector(self, enriched: Enriched) -> bool:
        """Whether this post's text must be encoded: a copy of a live text costs nothing."""
        return self._rumours.needs_vector(enriched)

    def know(self, enriched: Enriched, probe: Probe | None) -> None:
        """What the post's text is searched by, made in another process."""
        self._rumours.know(enriched, probe)

    def step(self, enriched: Enriched, reading: Reading) -> Step:
        """Take one post in; posts must come in the order of ``Post.order``.

        A post older than the moment reached is late: it was not known before now.
        """
        actions = list(self.advance(enriched.post.known_at))
        late = enriched.post.known_at < self.now
        if late:
            enriched = replace(enriched, post=replace(enriched.post, known_at=self.now))
        self._coverage.add(enriched, reading)
        sighting = self._rumours.assign(enriched)
        sighting = replace(sighting, stance=stance_of(enriched, reading), late=late)
        self._spread.add(enriched, sighting, towns_named(reading))
        newcomer = self._spread.newcomer
        for key in self._situations.add(enriched, reading, sighting, newcomer):
            actions.extend(self._evaluate(key))
        return Step(sighting, tuple(actions), self._kept(enriched, sighting))

    def advance(self, to: datetime) -> tuple[WarningAction, ...]:
        """Let time pass: every situation is looked at again at each tick, and when a report from
        the ground comes.
        """
        actions: list[WarningAction] = []
        while self._expected and self._expected[0].received_at <= to:
            report = self._expected.pop(0)
            actions.extend(self._pass_time(report.received_at))
            self._situations.report(report)
            for key in self._situations.active(self.now):
                actions.extend(self._evaluate(key))
        actions.extend(self._pass_time(to))
        return tuple(actions)

    def expect(self, reports: Iterable[FieldReport]) -> None:
        """Reports from the ground, each to be heard when it was received and not before."""
        for report in reports:
            insort(self._expected, report, key=lambda one: (one.received_at, one.id))

    def hear_all(self) -> tuple[WarningAction, ...]:
        """Let time pass until the last report that is expected, if any is."""
        return self.advance(self._expected[-1].received_at) if self._expected else ()

    def _pass_time(self, to: datetime) -> tuple[WarningAction, ...]:
        if to <= self.now:
            return ()
        actions: list[WarningAction] = []
        if not self._idle():
            for _ in self._clock.ticks_until(to):
                actions.extend(self._tick())
                if self._idle():
                    break
        self._clock.advance(to)
        self._keep_house()
        return tuple(actions)

    def confirm(self, key: SituationKey, by: str) -> tuple[WarningAction, ...]:
        """A person confirms what is known of a situation."""
        self._situations.confirm(key, by, self.now)
        return self._evaluate(key)

    def happened(self, key: SituationKey, at: datetime) -> tuple[WarningAction, ...]:
        """A person reports that violence has come: places nearby are looked at again.

        It counts from ``at``, or from the moment reached where that is later.
        """
        self._situations.happened(key, max(at, self.now))
        active = self._situations.active(self.now)
        return tuple(action for other in active for action in self._evaluate(other))

    def acknowledge(self, key: SituationKey) -> None:
        """A person is on it: nobody else is woken for it."""
        self._desk.acknowledge(key)

    def dismiss(self, key: SituationKey) -> tuple[WarningAction, ...]:
        """A person dismisses a warning: it is cancelled until there is new evidence."""
        return self._desk.dismiss(key, self.now)

    def merge_rumours(self, rumour: str, into: str) -> bool:
        """A person says that two rumours are one: later posts of ``rumour`` go by ``into``.

        False where it changes nothing, as for a rumour that is closed.
        """
        return self._rumours.merge(rumour, into)

    def unmerge_rumours(self, rumour: str, from_: str) -> bool:
        """A person takes a merge back."""
        return self._rumours.unmerge(rumour, from_)

    def split_rumour(self, rumour: str, refs: Sequence[str]) -> str | None:
        """A person says that the wordings of these posts are a rumour of their own; its id."""
        return self._rumours.split(rumour, refs)

    def take_suggestions(self) -> tuple[Suggestion, ...]:
        """Pairs of rumours that may be one, noted since the last call."""
        return self._rumours.take_suggestions()

    def changed_rumours(self) -> tuple[Rumour, ...]:
        """Rumours that changed or closed since the last call."""
        return self._rumours.changed()

    def rumour(self, rumour_id: str) -> Rumour | None:
        """A live rumour."""
        return self._rumours.rumour(rumour_id)

    def snapshot(self) -> bytes:
        """Everything that a later step depends on."""
        head = {
            "now": self.now.isoformat(),
            "housekept": self._housekept.isoformat(),
            "coverage": self._coverage.snapshot(),
            "expected": [wire.report_form(report) for report in self._expected],
        }
        parts = [orjson.dumps(head), *(part.snapshot() for part in self._parts())]
        sizes = orjson.dumps([len(part) for part in parts])
        return b"%08d" % len(sizes) + sizes + b"".join(parts)

    def restore(self, data: bytes) -> None:
        """Take up a snapshot; what follows is as if there had been no break."""
        start = 8 + int(data[:8])
        sections: list[bytes] = []
        for size in orjson.loads(data[8:start]):
            sections.append(data[start : start + size])
            start += size
        head = orjson.loads(sections[0])
        self._clock = ReplayClock(datetime.fromisoformat(head["now"]))
        self._housekept = datetime.fromisoformat(head["housekept"])
        self._coverage.restore(head["coverage"])
        self._expected = [wire.report_from_form(form) for form in head.get("expected", ())]
        for part, section in zip(self._parts(), sections[1:], strict=True):
            part.restore(section)

    def erase(self, erased: Erased, secret: bytes) -> None:
        """Forget what was erased.

        What was concluded from it (a call at a place, a warning) stands until it lapses.

        Args:
            secret: at most 64 random bytes, used once and forgotten.
        """
        self._rumours.erase(erased)
        self._spread.erase(erased, secret)

    def _kept(self, enriched: Enriched, sighting: Sighting) -> bool:
        return enriched.digest is not None or self._rumours.rumour(sighting.thread) is not None

    def _parts(self) -> tuple[_Lasting, ...]:
        return (self._rumours, self._spread, self._situations, self._desk)

    def _idle(self) -> bool:
        return not self._desk.open() and not self._situations.active(self.now)

    def _tick(self) -> list[WarningAction]:
        active = self._situations.active(self.now)
        actions = [action for key in active for action in self._evaluate(key)]
        actions.extend(self._desk.lapse(self.now, frozenset(active)))
        actions.extend(self._desk.escalate(self.now))
        return actions

    def _evaluate(self, key: SituationKey) -> tuple[WarningAction, ...]:
        situation = self._situations.situation(key, self.now, self._spread.origins)
        if situation is None:
            return ()
        spreads = {name: self._spread.spread(name, self.now) for name in situation.rumours}
        behind = background(situation, self._sources, self.now)
        forecast = self._risk.forecast(situation, spreads, self.now, behind)
        unseen = (*self._silent, *self._coverage.sentences(self.now))
        actions = self._desk.decide(situation, forecast, spreads, unseen, self.now)
        if not actions:  # mostly so: the other horizons are only worked out where they are told
            return ()
        outlook = self._risk.outlook(situation, spreads, self.now, behind)
        return tuple(replace(action, outlook=outlook) for action in actions)

    def _keep_house(self) -> None:
        """Once a day of the posts' own time, forget what no later step can need.

        Only the moment reached counts, never the post to come: a run cut here must agree.
        """
        if self.now.date() == self._housekept.date():
            return
        self._housekept = self.now
        self._rumours.expire(self.now)
        self._spread.forget(self.now - _MEMORY)
        self._situations.forget(self.now - _MEMORY)
