"""Who is on duty at a moment, and where nobody is. Pure: the moment is an argument."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tocsin.errors import UsageError
from tocsin.model import Duty, Rota, StaffMember

_DAY = timedelta(days=1)
_STEP = timedelta(minutes=15)
"""Gaps are looked for at this distance; duties begin on such minutes in practice."""


def zone_of(name: str) -> ZoneInfo:
    """A zone by its IANA name.

    Raises:
        UsageError: there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(f"time zone {name!r} is not known; write it as Europe/Moscow") from None


def on_duty(rota: Rota, now: datetime) -> tuple[str, ...]:
    """Handles in the order in which they are called; empty where the rota has a gap.

    Where two duties overlap, the people of the first in the list come first.
    """
    for change in reversed(rota.changes):
        if change.start <= now < change.end:
            return change.people
    zone = zone_of(rota.zone)
    people = [handle for duty in rota.duties if _covers(duty, zone, now) for handle in duty.people]
    return tuple(dict.fromkeys(people))


def _covers(duty: Duty, zone: ZoneInfo, now: datetime) -> bool:
    today = now.astimezone(zone).date()
    return any(
        begins <= now < ends
        for day in (today - _DAY, today)
        if _begins_on(duty, day)
        for begins, ends in [span(duty, zone, day)]
    )


def _begins_on(duty: Duty, day: date) -> bool:
    inside = (duty.first is None or duty.first <= day) and (duty.last is None or day <= duty.last)
    return inside and day.weekday() in duty.days


def span(duty: Duty, zone: ZoneInfo, day: date) -> tuple[datetime, datetime]:
    """Begin and end, in UTC, of a duty that begins on ``day``.

    Summer time is kept: a night on which clocks are set is an hour shorter or longer.
    """
    last_day = day if duty.end > duty.start else day + _DAY
    return _instant(day, duty.start, zone), _instant(last_day, duty.end, zone)


def _instant(day: date, hour: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, hour, zone).astimezone(UTC)


def is_quiet(member: StaffMember, now: datetime) -> bool:
    """Whether an alert must not wake this person now."""
    if member.quiet_from is None or member.quiet_until is None:
        return False
    hour = now.astimezone(zone_of(member.zone)).time()
    if member.quiet_from <= member.quiet_until:
        return member.quiet_from <= hour < member.quiet_until
    return hour >= member.quiet_from or hour < member.quiet_until


def quiet_ends(member: StaffMember, now: datetime) -> datetime:
    """The next end of quiet hours after ``now``; ``now`` itself where there are none."""
    if not is_quiet(member, now) or member.quiet_until is None:
        return now
    zone = zone_of(member.zone)
    today = now.astimezone(zone).date()
    ends = (_instant(today + n * _DAY, member.quiet_until, zone) for n in range(3))
    return next(end for end in ends if end > now)


def gaps(rota: Rota, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Stretches between two moments in which nobody is on duty, to a quarter of an hour."""
    since: datetime | None = None
    moment = start
    while moment < end:
        covered = bool(on_duty(rota, moment))
        if covered and since is not None:
            yield since, moment
            since = None
        elif not covered and since is None:
            since = moment
        moment += _STEP
    if since is not None:
        yield since, end


def unknown_people(rota: Rota, staff: Iterable[StaffMember]) -> tuple[str, ...]:
    """Handles in the rota that are on no staff list: nobody would be reached under them."""
    known = {member.handle for member in staff}
    groups = [line.people for line in rota.duties] + [line.people for line in rota.changes]
    named = [handle for people in groups for handle in people]
    return tuple(dict.fromkeys(handle for handle in named if handle not in known))
