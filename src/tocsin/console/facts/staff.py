"""The desk's own lists as its people may see them: recipients, duty, drills, shift log."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from tocsin import wire
from tocsin.console.desk import ConsoleDesk
from tocsin.console.roles import Role
from tocsin.desk.forms import form_of
from tocsin.desk.paging import next_due
from tocsin.desk.release import ReleaseFile, Standing
from tocsin.desk.rota import stretches, unknown_people, zone_of
from tocsin.engines.desk_lists import shown_form
from tocsin.engines.paging import all_raised, answers, roster_of, standing
from tocsin.engines.release import release_book
from tocsin.model import Recipient

Json = dict[str, Any]
_AHEAD: Final = timedelta(days=14)
DRILL_EVERY: Final = timedelta(days=91)
"""A desk that has not rehearsed for a quarter of a year is told so."""
_NOTES_SHOWN: Final = timedelta(hours=48)
_WAITS: Final = (Standing.PROPOSED, Standing.REVIEW_DUE, Standing.OVERDUE)


# -- recipients ----------------------------------------------------------------------------------


def recipients(desk: ConsoleDesk, role: Role) -> list[Json]:
    """Who may be warned; addresses only for those who may change them."""
    forms = [shown_form(form_of(one)) for one in desk.lists().recipients]
    if role < Role.RELEASER:
        forms = [{**one, "address": masked(one["address"])} for one in forms]
    return forms


def recipient_ids(desk: ConsoleDesk) -> list[Json]:
    """The same for other software: what they are told of, and no address or name."""
    return [_without_address(one) for one in desk.lists().recipients]


def _without_address(one: Recipient) -> Json:
    form = shown_form(form_of(one))
    kept = ("id", "kind", "languages", "communities", "least", "clearance")
    return {**{name: form[name] for name in kept}, "areas": [area.name for area in one.areas]}


def masked(address: str) -> str:
    """That there is an address, and how it begins."""
    return f"{address[:1]}•••" if address else ""


# -- rota and drills -----------------------------------------------------------------------------


def rota_now(desk: ConsoleDesk) -> Json:
    """Who is on duty, who is called in what order, and when it changes."""
    lists, now = desk.lists(), desk.clock.now()
    people, until, then = _turn(desk, now)
    raised, said = all_raised(standing(desk.store)), answers(desk.store)
    return {
        "as_of": wire.iso(now),
        "on_duty": list(people),
        "until": wire.iso(until),
        "then": list(then),
        "called": list(roster_of(lists).order(now)),
        "next_page": wire.iso(next_due(roster_of(lists), raised, said, now)),
    }


def _turn(desk: ConsoleDesk, now: datetime) -> tuple[tuple[str, ...], datetime, tuple[str, ...]]:
    """Who is on duty, until when, and who is then; within two weeks."""
    found = list(stretches(desk.lists().rota, now, now + _AHEAD))
    _, until, people = found[0]
    return people, until, found[1][2] if len(found) > 1 else people


def rota(desk: ConsoleDesk) -> Json:
    """The two weeks ahead, the pattern, its exceptions, and what is wrong with them."""
    lists, now = desk.lists(), desk.clock.now()
    plan = lists.rota
    ahead = [
        {"start": wire.iso(start), "end": wire.iso(end), "people": list(people)}
        for start, end, people in stretches(plan, now, now + _AHEAD)
    ]
    changes = [form_of(one) | {"at": at} for at, one in enumerate(plan.changes) if one.end > now]
    return {
        **rota_now(desk),
        "zone": plan.zone,
        "escalate_minutes": plan.escalate_minutes,
        "ahead": ahead,
        "gaps": [one for one in ahead if not one["people"]],
        "pattern": [form_of(one) for one in plan.duties],
        "changes": changes,
        "unknown": list(unknown_people(plan, lists.staff)),
        "staff": [member.handle for member in lists.staff],
    }


def local_time(moment: str, zone: str) -> str:
    """A moment in the rota's zone, as a form's field of date and time takes it."""
    found = wire.moment(moment)
    return "" if found is None else f"{found.astimezone(zone_of(zone)):%Y-%m-%dT%H:%M}"


def drills(desk: ConsoleDesk) -> Json:
    """Drills that were done, the newest first, and what is due."""
    now = desk.clock.now()
    files = [one for one in release_book(desk.project, desk.store).files if one.proposal.drill]
    rows = [_drill(one, now) for one in files]
    done = [one.released_at for one in files if one.released_at and one.withdrawn_by is None]
    last = max(done, default=None)
    return {
        "done": sorted(rows, key=lambda row: row["at"] or "", reverse=True),
        "waiting": [row for row in rows if row["waits"]],
        "last": wire.iso(last),
        "due_by": wire.iso(None if last is None else last + DRILL_EVERY),
        "due": last is None or now > last + DRILL_EVERY,
    }


def _drill(file: ReleaseFile, now: datetime) -> Json:
    proposal, where = file.proposal, file.standing(now)
    return {
        "id": proposal.id,
        "warning": proposal.warning,
        "level": proposal.level.word,
        "at": wire.iso(proposal.at),
        "standing": where.value,
        "waits": where in _WAITS,
        "agreed": list(file.agreed),
        "to": [one.recipient for one in proposal.shown],
    }


def notes(desk: ConsoleDesk) -> list[Json]:
    """The shift log of the last two days, the newest first."""
    since = desk.clock.now() - _NOTES_SHOWN
    return [form_of(one) for one in reversed(desk.lists().notes) if one.at >= since]
