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
    Sighting,
    SituationKey,
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


@dataclass(frozen=True, slots=True, eq=False)
class Followed:
    """A post with its sighting; a late one is known from the moment reached.

    Args:
        kept: as in :class:`Step`.
    """

    enriched: Enriched
    sighting: Sighting
    kept: bool


class _Lasting(Protocol):
    """A stage with a memory."""

    def snapshot(self) -> bytes: ...

    def restore(self, data: bytes) -> None: ...


class Following:
    """Posts into rumours: on a cluster this runs apart from :class:`Deciding`."""

    def __init__(self, options: RumourOptions) -> None:
        self.rumours = RumourTracker(options)
        self.housekept = _START

    def follow(self, enriched: Enriched, reading: Reading, now: datetime) -> Followed:
        """The rumour of one post.

        Args:
            now: the moment reached, which is the post's own or, for a late one, after it.
        """
        late = enriched.post.known_at < now
        if late:  # it was not known before now
            enriched = replace(enriched, post=replace(enriched.post, known_at=now))
        sighting = self.rumours.assign(enriched)
        sighting = replace(sighting, stance=stance_of(enriched, reading), late=late)
        kept = enriched.digest is not None or self.rumours.rumour(sighting.thread) is not None
        return Followed(enriched, sighting, kept)

    def pass_time(self, now: datetime) -> None:
        """Once a day of the posts' own time, close what is silent."""
        if now.date() != self.housekept.date():
            self.housekept = now
            self.rumours.expire(now)

    def restore(self, rumours: bytes, housekept: datetime) -> None:
        """Take up a snapshot of the tracker, which last closed what was silent at ``housekept``."""
        self.housekept = housekept
        self.rumours.restore(rumours)


class Deciding:
    """Sightings into warnings: spread, situations, forecasts, warnings, on one clock."""

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
        self._spread = SpreadTracker(profiles)
        self._situations = SituationTracker(profiles)
        self._risk = RiskModel(horizon_h=options.horizon_h)
        self._desk = WarningDesk(options.policy)
        self._coverage = Coverage()
        self.housekept = _START
        self._expected: list[FieldReport] = []

    @property
    def now(self) -> datetime:
        """The moment reached."""
        return self._clock.now()

    def decide(self, followed: Followed, reading: Reading) -> tuple[WarningAction, ...]:
        """What one post leads to, once time has been let pass to it."""
        enriched, sighting = followed.enriched, followed.sighting
        self._coverage.add(enriched, reading)
        self._spread.add(enriched, sighting, towns_named(reading))
        newcomer = self._spread.newcomer
        touched = self._situations.add(enriched, reading, sighting, newcomer)
        return tuple(action for key in touched for action in self._evaluate(key))

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

    def erase(self, erased: Erased, secret: bytes) -> None:
        """Forget what was erased (see :meth:`Pipeline.erase`)."""
        self._spread.erase(erased, secret)

    def snapshot(self) -> list[bytes]:
        """Everything that a later step depends on: a head, then a part for each stage."""
        head = {
            "now": self.now.isoformat(),
            "housekept": self.housekept.isoformat(),
            "coverage": self._coverage.snapshot(),
            "expected": [wire.report_form(report) for report in self._expected],
        }
        return [orjson.dumps(head), *(part.snapshot() for part in self._parts())]

    def restore(self, parts: Sequence[bytes]) -> None:
        """Take up a snapshot."""
        head = orjson.loads(parts[0])
        self._clock = ReplayClock(datetime.fromisoformat(head["now"]))
        self.housekept = datetime.fromisoformat(head["housekept"])
        self._coverage.restore(head["coverage"])
        self._expected = [wire.report_from_form(form) for form in head.get("expected", ())]
        for part, section in zip(self._parts(), parts[1:], strict=True):
            part.restore(section)

    def _parts(self) -> tuple[_Lasting, ...]:
        return (self._spread, self._situations, self._desk)

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
        if self.now.date() == self.housekept.date():
            return
        self.housekept = self.now
        self._spread.forget(self.now - _MEMORY)
        self._situations.forget(self.now - _MEMORY)


class Pipeline:
    """From reading on, in one process: :class:`Following`, then :class:`Deciding`."""

    def __init__(
        self,
        profiles: Mapping[str, ChannelProfile],
        options: PipelineOptions,
        sources: Sources | None = None,
        silent: Sequence[str] = (),
    ) -> None:
        self.following = Following(options.rumours)
        self.deciding = Deciding(profiles, options, sources, silent)

    @property
    def now(self) -> datetime:
        """The moment the pipeline has reached."""
        return self.deciding.now

    def needs_vector(self, enriched: Enriched) -> bool:
        """Whether this post's text must be encoded: a copy of a live text costs nothing."""
        return self.following.rumours.needs_vector(enriched)

    def know(self, enriched: Enriched, probe: Probe | None) -> None:
        """What the post's text is searched by, made in another process."""
        self.following.rumours.know(enriched, probe)

    def step(self, enriched: Enriched, reading: Reading) -> Step:
        """Take one post in; posts must come in the order of ``Post.order``.

        A post older than the moment reached is late: it was not known before now.
        """
        actions = self.advance(enriched.post.known_at)
        followed = self.following.follow(enriched, reading, self.now)
        actions += self.deciding.decide(followed, reading)
        return Step(followed.sighting, actions, followed.kept)

    def advance(self, to: datetime) -> tuple[WarningAction, ...]:
        """Let time pass (see :meth:`Deciding.advance`)."""
        actions = self.deciding.advance(to)
        self.following.pass_time(self.now)
        return actions

    def hear_all(self) -> tuple[WarningAction, ...]:
        """Let time pass until the last report that is expected, if any is."""
        actions = self.deciding.hear_all()
        self.following.pass_time(self.now)
        return actions

    def snapshot(self) -> bytes:
        """Everything that a later step depends on."""
        head, *parts = self.deciding.snapshot()
        return pack_sections([head, self.following.rumours.snapshot(), *parts])

    def restore(self, data: bytes) -> None:
        """Take up a snapshot; what follows is as if there had been no break."""
        head, rumours, *parts = unpack_sections(data)
        self.deciding.restore([head, *parts])
        self.following.restore(rumours, self.deciding.housekept)

    def erase(self, erased: Erased, secret: bytes) -> None:
        """Forget what was erased.

        What was concluded from it (a call at a place, a warning) stands until it lapses.

        Args:
            secret: at most 64 random bytes, used once and forgotten.
        """
        self.following.rumours.erase(erased)
        self.deciding.erase(erased, secret)


def pack_sections(sections: Sequence[bytes]) -> bytes:
    """Byte strings as one."""
    sizes = orjson.dumps([len(section) for section in sections])
    return b"%08d" % len(sizes) + sizes + b"".join(sections)


def unpack_sections(data: bytes) -> list[bytes]:
    """The inverse of :func:`pack_sections`."""
    start = 8 + int(data[:8])
    sections: list[bytes] = []
    for size in orjson.loads(data[8:start]):
        sections.append(data[start : start + size])
        start += size
    return sections
