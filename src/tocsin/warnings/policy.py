"""A warning's life: issue, update, cancel, expire."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from types import MappingProxyType

from tocsin.errors import UsageError
from tocsin.model import (
    Action,
    Forecast,
    Level,
    Situation,
    SituationKey,
    Spread,
    WarningAction,
)
from tocsin.warnings import codec, evidence
from tocsin.warnings.escalation import overdue
from tocsin.warnings.files import Closed, WarningFile
from tocsin.warnings.levels import ceiling
from tocsin.warnings.window import Window, called_window
from tocsin.warnings.wording import LANGUAGES, STANDING_UNSEEN, Phrases, place_label, reasons

_WINDOW_GRAIN_S = 1800
"""Called times in the same half hour are one and the same."""


@dataclass(frozen=True, slots=True)
class WarningPolicy:
    """When a warning rises, falls and ends.

    Args:
        watch, alert, alarm: probability from which each level applies, below its ceiling.
        margin: a level falls only below its threshold times (1 − margin), 0 to 1.
        fall_after_h: and only after staying there this long.
        update_every_min: shortest time between updates that bring no news of weight.
        grace_h: a warning expires this long after its window.
        silence_h: or after this long without new evidence.
        reopen_days: for this long a closed warning needs new evidence to open again.
        budget_per_week: warnings a desk can look at in a week; orders the queue, never
            suppresses an alert.
        language: of the reasons; a key of ``wording.LANGUAGES``.
        escalate: an alert or alarm that nobody acknowledges is told again, to the next person.
    """

    watch: float = 0.01
    alert: float = 0.04
    alarm: float = 0.15
    margin: float = 0.2
    fall_after_h: float = 2
    update_every_min: float = 60
    grace_h: float = 6
    silence_h: float = 72
    reopen_days: float = 14
    budget_per_week: int = 50
    language: str = "en"
    escalate: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.watch <= self.alert <= self.alarm < 1:
            raise UsageError(
                f"warnings.watch {self.watch}, alert {self.alert}, alarm {self.alarm}: they must "
                "rise, between 0 and 1"
            )

    @property
    def phrases(self) -> Phrases:
        """The phrases of ``language``."""
        return LANGUAGES[self.language]

    def threshold(self, level: Level) -> float:
        """Probability from which ``level`` applies."""
        return (0.0, self.watch, self.alert, self.alarm)[level]

    def reached(self, probability: float) -> Level:
        """The highest level whose threshold is reached."""
        return max(level for level in Level if probability >= self.threshold(level))

    def keeps(self, level: Level, probability: float) -> bool:
        """Whether an open warning may keep ``level`` at this probability."""
        return probability >= self.threshold(level) * (1 - self.margin)


@dataclass(frozen=True, slots=True)
class _Case:
    """One evaluation: everything a decision rests on."""

    situation: Situation
    forecast: Forecast
    spreads: Mapping[str, Spread]
    unseen: tuple[str, ...]
    as_of: datetime
    cap: Level
    window: Window | None

    @property
    def news(self) -> frozenset[str]:
        """Facts that are worth an update at once when they are new."""
        told = {f"place {place_label(self.situation.place)}"}
        told.update(f"rumour {rumour}" for rumour in self.situation.rumours[:1])
        if self.situation.event_refs:
            told.add("event")
        told.update(f"report {one.id}" for one in self.situation.reports)
        if self.window is not None:
            told.add(f"window {round(self.window.start.timestamp() / _WINDOW_GRAIN_S)}")
        return frozenset(told)


class WarningDesk:
    """Decides on one situation at a time; at most one open warning per situation.

    Deterministic in its calls: the same calls in the same order give the same actions.
    """

    def __init__(self, policy: WarningPolicy | None = None) -> None:
        self._policy = policy or WarningPolicy()
        self._files: dict[SituationKey, WarningFile] = {}
        self._closed: dict[SituationKey, Closed] = {}

    def decide(
        self,
        situation: Situation,
        forecast: Forecast,
        spreads: Mapping[str, Spread],
        unseen: Sequence[str],
        as_of: datetime,
    ) -> tuple[WarningAction, ...]:
        """What to do about a situation now; mostly nothing.

        Args:
            spreads: by rumour id.
            unseen: what is not seen here beyond the standing list.
        """
        case = _Case(
            situation=situation,
            forecast=forecast,
            spreads=spreads,
            unseen=tuple(dict.fromkeys((*unseen, *STANDING_UNSEEN))),
            as_of=as_of,
            cap=ceiling(situation, spreads, as_of),
            window=called_window(situation, as_of),
        )
        file = self._files.get(situation.key)
        return self._open_one(case) if file is None else self._follow(case, file)

    def lapse(self, as_of: datetime, active: Container[SituationKey]) -> tuple[WarningAction, ...]:
        """Expire open warnings whose time has passed, that fell silent, or whose situation is
        no longer active; in key order.
        """
        self._forget(as_of)
        ended = []
        for key in sorted(self._files):
            why = self._ended(self._files[key], as_of, gone=key not in active)
            if why is not None:
                ended.append(self._close(key, Action.EXPIRE, as_of, why))
        return tuple(ended)

    def acknowledge(self, key: SituationKey) -> None:
        """A person has seen the warning: it goes to nobody else, unless it rises again."""
        if key in self._files:
            file = self._files[key]
            self._files[key] = replace(file, acknowledged=file.action.level)

    def escalate(self, as_of: datetime) -> tuple[WarningAction, ...]:
        """Tell those again that nobody acknowledged in the time their level allows."""
        if not self._policy.escalate:
            return ()
        told = []
        for key, file in sorted(self._files.items()):
            step = overdue(file, as_of)
            if step is not None:
                why = self._policy.phrases["escalated"].format(step=step)
                action = replace(
                    file.action,
                    action=Action.UPDATE,
                    issued_at=as_of,
                    why=(why, *file.action.why),
                    escalation=step,
                )
                self._files[key] = replace(file, escalated=step)
                told.append(action)
        return tuple(told)

    def dismiss(self, key: SituationKey, at: datetime) -> tuple[WarningAction, ...]:
        """A person dismissed the warning: cancelled, and not reopened without new evidence."""
        if key not in self._files:
            return ()
        return (self._close(key, Action.CANCEL, at, self._policy.phrases["cancelled"]),)

    def open(self) -> Mapping[SituationKey, WarningAction]:
        """Open warnings as last told, in key order."""
        return MappingProxyType({key: self._files[key].action for key in sorted(self._files)})

    def queue(self) -> tuple[WarningAction, ...]:
        """Open warnings in the order to look at them, at most ``budget_per_week``; alerts and
        alarms are in it whatever the budget.
        """
        ranked = sorted(self.open().values(), key=_urgency)
        kept = self._policy.budget_per_week
        return tuple(a for n, a in enumerate(ranked) if n < kept or a.level >= Level.ALERT)

    def next_due(self) -> datetime | None:
        """The earliest moment at which an open warning may change though no post comes in; None
        where none is open. A hint for skipping ticks.
        """
        return min((self._due(file) for file in self._files.values()), default=None)

    def snapshot(self) -> bytes:
        """The whole state; the same history gives the same bytes."""
        return codec.dump(self._files, self._closed)

    def restore(self, data: bytes) -> None:
        """Take over a state made by ``snapshot`` under the same policy.

        Raises:
            ValueError: the bytes are of another format.
        """
        self._files, self._closed = codec.load(data)

    # deciding

    def _open_one(self, case: _Case) -> tuple[WarningAction, ...]:
        level = min(self._policy.reached(case.forecast.probability), case.cap)
        seen = evidence.telling(case.situation)
        closed = self._closed.get(case.situation.key)
        if level is Level.NONE or (closed is not None and seen <= closed.seen):
            return ()
        post = evidence.calling_post(case.situation)
        shared = self._of_list(post)
        action = self._action(
            case, Action.ISSUE, level, shared or _id(case.situation.key, case.as_of)
        )
        self._closed.pop(case.situation.key, None)
        self._files[case.situation.key] = WarningFile(
            action=action,
            seen=seen,
            told=case.news,
            posts=evidence.counted(case.situation),
            last_new=case.as_of,
            until=case.window.end if case.window is not None else None,
            list_post=post,
            disturbed_at=case.as_of,
        )
        return (action,)

    def _of_list(self, post: str | None) -> str | None:
        """The id of an open warning that the same post led to: at another place of its list, or
        against another of the groups that it may mean.
        """
        if post is None:
            return None
        open_ones = (file for _, file in sorted(self._files.items()))
        return next((file.action.id for file in open_ones if file.list_post == post), None)

    def _follow(self, case: _Case, file: WarningFile) -> tuple[WarningAction, ...]:
        telling = evidence.telling(case.situation)
        fresh = not telling <= file.seen
        file = replace(
            file,
            seen=file.seen | telling if fresh else file.seen,
            last_new=case.as_of if fresh else file.last_new,
            unsaid=file.unsaid or fresh,
            until=_until(case, file, fresh=fresh),
        )
        level, file = self._level(case, file)
        self._files[case.situation.key] = file
        if level is Level.NONE:
            faded = self._policy.phrases["expired_fallen"]
            return (self._close(case.situation.key, Action.EXPIRE, case.as_of, faded),)
        return self._update(case, file, level)

    def _level(self, case: _Case, file: WarningFile) -> tuple[Level, WarningFile]:
        """The level now: rises at once; falls late, and never before the called hour."""
        probability = case.forecast.probability
        held = file.action.level
        level = min(self._policy.reached(probability), case.cap)
        if level > held or (case.cap >= held and self._policy.keeps(held, probability)):
            return max(level, held), replace(file, below_since=None)
        since = file.below_since or case.as_of
        waited = case.as_of - since >= timedelta(hours=self._policy.fall_after_h)
        if waited and (file.until is None or case.as_of >= file.until):
            return level, replace(file, below_since=None)
        return held, replace(file, below_since=since)

    def _update(self, case: _Case, file: WarningFile, level: Level) -> tuple[WarningAction, ...]:
        posts = evidence.counted(case.situation)
        rises = level > file.action.level
        weighty = rises or not case.news <= file.told or posts >= 2 * file.posts
        rested = case.as_of - file.action.issued_at >= timedelta(
            minutes=self._policy.update_every_min
        )
        changed = file.unsaid or level is not file.action.level
        if not weighty and not (rested and changed):
            return ()
        action = self._action(case, Action.UPDATE, level, file.action.id)
        self._files[case.situation.key] = replace(
            file,
            action=action,
            told=file.told | case.news,
            posts=posts,
            unsaid=False,
            disturbed_at=case.as_of if rises else file.disturbed_at,
            escalated=0 if rises else file.escalated,
        )
        return (action,)

    def _action(self, case: _Case, action: Action, level: Level, name: str) -> WarningAction:
        situation, forecast = case.situation, case.forecast
        return WarningAction(
            id=name,
            action=action,
            issued_at=case.as_of,
            level=level,
            key=situation.key,
            probability=forecast.probability,
            interval=forecast.interval,
            base_rate=forecast.base_rate,
            horizon_h=forecast.horizon_h,
            place=place_label(situation.place),
            latitude=situation.place.latitude,
            longitude=situation.place.longitude,
            window_start=case.window.start if case.window is not None else None,
            window_end=case.window.end if case.window is not None else None,
            target=situation.target.group,
            rumour=next(iter(situation.rumours), None),
            posts=evidence.posts(situation),
            why=reasons(situation, forecast, case.spreads, self._policy.phrases),
            unseen=case.unseen,
            inherited=situation.hostility_inherited or situation.target.inherited,
            calibrated=forecast.calibrated,
            called=bool(situation.call_refs),
            zone=situation.place.time_zone,
            shares=tuple((term.name, round(term.share, 4)) for term in forecast.terms),
        )

    # ending

    def _ended(self, file: WarningFile, as_of: datetime, *, gone: bool) -> str | None:
        """Why an open warning is over, if it is."""
        phrases = self._policy.phrases
        if file.until is not None:
            over = as_of >= file.until + timedelta(hours=self._policy.grace_h)
            return phrases["expired_window"] if over else None
        if as_of - file.last_new >= timedelta(hours=self._policy.silence_h):
            return phrases["expired_silence"].format(hours=round(self._policy.silence_h))
        return phrases["expired_fallen"] if gone else None

    def _close(self, key: SituationKey, action: Action, at: datetime, why: str) -> WarningAction:
        file = self._files.pop(key)
        self._closed[key] = Closed(at, file.seen)
        return replace(file.action, action=action, issued_at=at, why=(why,))

    def _forget(self, as_of: datetime) -> None:
        since = as_of - timedelta(days=self._policy.reopen_days)
        self._closed = {key: c for key, c in self._closed.items() if c.at > since}

    def _due(self, file: WarningFile) -> datetime:
        """The nearest of: fall, alarm range, window passed, expiry, silence."""
        policy = self._policy
        moments = [file.last_new + timedelta(hours=policy.silence_h)]
        if file.until is not None:
            moments = [file.until, file.until + timedelta(hours=policy.grace_h)]
        if file.action.window_start is not None:
            moments.append(file.action.window_start - timedelta(hours=24))
        if file.below_since is not None:
            moments.append(file.below_since + timedelta(hours=policy.fall_after_h))
        if file.unsaid:
            moments.append(file.action.issued_at + timedelta(minutes=policy.update_every_min))
        later = [moment for moment in moments if moment > file.action.issued_at]
        return min(later, default=moments[0])


def _until(case: _Case, file: WarningFile, *, fresh: bool) -> datetime | None:
    """End of the called window; evidence that comes after a past one starts a new count."""
    if case.window is not None:
        return case.window.end
    over = file.until is not None and file.until <= case.as_of
    return None if fresh and over else file.until


def _id(key: SituationKey, issued_at: datetime) -> str:
    """12 hex digits over place, target and time of issue."""
    text = f"{key.place_id}\n{key.target}\n{issued_at.isoformat()}"
    return sha256(text.encode()).hexdigest()[:12]


def _urgency(action: WarningAction) -> tuple[int, float, SituationKey]:
    return (-action.level, -action.probability, action.key)
