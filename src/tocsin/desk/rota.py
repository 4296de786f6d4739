"""Who is on duty at a moment, and where nobody is. Pure: the moment is an argument."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tocsin.errors import UsageError
from tocsin.model import Duty, Rota, RotaChange, StaffMember

_DAY = timedelta(days=1)


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


def stretches(
    rota: Rota, start: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime, tuple[str, ...]]]:
    """Who is on duty between two moments: (from, until, people), one after the other without a
    break; nobody where the rota has a gap.
    """
    since, people = start, on_duty(rota, start)
    for moment in (*_turns(rota, start, end), end):
        then = on_duty(rota, moment)
        if moment == end or then != people:
            if since < moment:
                yield since, moment, people
            since, people = moment, then


def _turns(rota: Rota, start: datetime, end: datetime) -> list[datetime]:
    """Moments between the two at which somebody's duty begins or ends."""
    zone = zone_of(rota.zone)
    first = start.astimezone(zone).date() - _DAY
    days = [first + n * _DAY for n in range((end - start).days + 4)]
    found = {edge for change in rota.changes for edge in (change.start, change.end)}
    for duty in rota.duties:
        for day in days:
            if _begins_on(duty, day):
                found |= set(span(duty, zone, day))
    return sorted(moment for moment in found if start < moment < end)


def gaps(rota: Rota, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Stretches between two moments in which nobody is on duty."""
    for since, until, people in stretches(rota, start, end):
        if not people:
            yield since, until


def change_said(start: str, end: str, people: str, zone: str) -> RotaChange:
    """An exception as it is written: local times, handles parted by commas, the first first.

    Raises:
        ValueError: a time is none, nobody is named, or it ends before it begins.
    """
    made = RotaChange(moment_in(start, zone), moment_in(end, zone), names_said(people))
    if made.start >= made.end:
        raise ValueError("ends before it starts")
    return made


def names_said(said: str) -> tuple[str, ...]:
    """Handles parted by commas.

    Raises:
        ValueError: there is none.
    """
    names = tuple(dict.fromkeys(name.strip() for name in said.split(",") if name.strip()))
    if not names:
        raise ValueError("no people")
    return names


def moment_in(said: str, zone: str) -> datetime:
    """A time as it is written; without an offset it is meant in the zone.

    Raises:
        ValueError: it is no ISO 8601 time.
    """
    moment = datetime.fromisoformat(said)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone_of(zone))


def unknown_people(rota: Rota, staff: Iterable[StaffMember]) -> tuple[str, ...]:
    """Handles in the rota that are on no staff list: nobody would be reached under them."""
    known = {member.handle for member in staff}
    groups = [line.people for line in rota.duties] + [line.people for line in rota.changes]
    named = [handle for people in groups for handle in people]
    return tuple(dict.fromkeys(handle for handle in named if handle not in known))
