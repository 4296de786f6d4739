"""One warning: what it says, why, on what it rests, and what was done about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import orjson
from sqlalchemy import Select, and_

from tocsin import wire
from tocsin.bundle.levels import Disclosure
from tocsin.bundle.picture import picture
from tocsin.console.desk import ConsoleDesk
from tocsin.console.facts.posts import erased_among, joined, post_forms, post_ref, posts_by_ref
from tocsin.console.facts.situations import TELLS
from tocsin.console.kept import store_mark
from tocsin.console.language import Language
from tocsin.console.one_look import in_one_look
from tocsin.console.problems import NotThere
from tocsin.console.remembered import Kind, remembered
from tocsin.console.roles import Role
from tocsin.desk.call_card import Matter, card_for, script
from tocsin.desk.forms import form_of
from tocsin.engines.desk import calls_logged, newest_decision, without_outcome
from tocsin.engines.export_subject import Subject, subject_of
from tocsin.engines.export_timeline import Telling, tell
from tocsin.engines.known import similar
from tocsin.engines.likelihood import how_it_ended, likelihood, verbal
from tocsin.engines.release import release_book
from tocsin.model import DecisionKind, Outcome, ReceiptKind, Stance
from tocsin.risk import haversine_km
from tocsin.store import Store, schema
from tocsin.store.lists import decided, decisions_about, newest_seq, warning_life, warnings_now
from tocsin.store.outbox import receipts_about
from tocsin.store.rumours import ShownRumours
from tocsin.store.search import Bounds

Line = Mapping[str, Any]
_ANSWERS: Final = (
    DecisionKind.WARNING_ACKNOWLEDGE,
    DecisionKind.WARNING_CONFIRM,
    DecisionKind.WARNING_DISMISS,
)
"""In the order in which a desk goes through them."""
_NEAR: Final = Kind("near", 32)
_TIMELINE: Final = Kind("timeline", 32)
_TOLD_BY: Final = (schema.decisions, schema.warnings, schema.observations)
"""Beside the posts, what a timeline is told from."""
MOST_AGAINST: Final = 50
"""Denials and calm appeals shown beside a warning, the newest."""
BEFORE: Final = timedelta(hours=72)
AFTER: Final = timedelta(hours=24)
"""Around a warning's newest action."""
NEAR_KM: Final = 30.0
MOST_LOOKED_AT: Final = 500
"""Denials of those days that are looked at for the place they name, the newest."""


def warning_list(desk: ConsoleDesk, level: str | None = None) -> list[dict[str, Any]]:
    """Every warning at its newest action, the newest first.

    Args:
        level: of that action.
    """
    said = [decided(desk.store, kind.value) for kind in _ANSWERS]
    outcomes = decided(desk.store, DecisionKind.WARNING_OUTCOME.value)
    due = set(without_outcome(desk.store))
    return [
        {
            **line,
            "decided": [values[line["id"]] for values in said if line["id"] in values],
            "outcome": outcomes.get(line["id"]),
            "outcome_due": line["id"] in due,
            "likely": verbal(line),
        }
        for line in warnings_now(desk.store, level)
    ]


def life_of(desk: ConsoleDesk, warning: str) -> list[dict[str, Any]]:
    """All actions of a warning, oldest first.

    Raises:
        NotThere: there is no such warning.
    """
    life = warning_life(desk.store, warning)
    if not life:
        raise NotThere(f"no warning {warning}")
    return life


@in_one_look
def warning(desk: ConsoleDesk, name: str, role: Role) -> dict[str, Any]:
    """Everything that is shown of a warning.

    Raises:
        NotThere: there is no such warning.
    """
    life = life_of(desk, name)
    newest = life[-1]
    refs = list(dict.fromkeys(ref for line in life for ref in line["posts"]))
    rows = posts_by_ref(desk.store, refs)
    decisions = decisions_about(desk.store, name)
    last = newest_decision(desk.store, name)
    return {
        "id": name,
        "newest": newest,
        "places": _places(life),
        "stands": newest["action"] in TELLS,
        "life": [_action(line, number) for number, line in enumerate(life, 1)],
        "likely": how_likely(desk, newest),
        "ended": how_it_ended(newest, [row["value"] for row in decisions]),
        "posts": post_forms(desk.store, rows, role),
        "erased": erased_among(desk.store, refs),
        "against": against(desk, newest, rows, role),
        "decisions": decisions,
        "seen": 0 if last is None else last["seq"],
        "releases": releases(desk, name),
        "receipts": receipts(desk, name),
        "calls": calls_logged(desk.store, name),
        "outcomes": [one.value for one in Outcome],
    }


def _places(life: Sequence[Line]) -> list[dict[str, Any]]:
    """The newest line of each place, for a post that called to several."""
    newest = {(line["place_id"], line["target"]): dict(line) for line in life}
    return list(newest.values())


def _action(line: Line, number: int) -> dict[str, Any]:
    kept = ("action", "issued_at", "level", "place", "target", "window_start", "window_end", "why")
    row = {name: line[name] for name in kept}
    return {"number": number, **row, "zone": line.get("zone", "UTC"), "likely": verbal(line)}


def how_likely(desk: ConsoleDesk, line: Line) -> dict[str, Any]:
    """In words; the numbers stand beside, for a region that is calibrated or for who asks."""
    known = similar(desk.store, line)
    return {
        "calibrated": line["calibrated"],
        "word": verbal(line),
        "sentences": list(likelihood(line, known, numbers=False)),
        "numbers": list(likelihood(line, known, numbers=True)),
        "outlook": line.get("outlook", []),
        "base_rate": line["base_rate"],
        "shares": [{"what": name, "adds": share} for name, share in line.get("shares", [])],
    }


def against(
    desk: ConsoleDesk, newest: Line, rows: Sequence[Line], role: Role
) -> list[dict[str, Any]]:
    """Denials and calm appeals in the rumours behind it, and those of the days around it that
    answer its posts or name a place near it; they lower nothing before the hour.

    Args:
        rows: the posts that it rests on.
    """
    book = ShownRumours(desk.store)
    names = dict.fromkeys((newest["rumour"], *(row["rumour"] for row in rows)))
    shown = {one.rumour.id: one for name in names if name and (one := book.find(name)) is not None}
    scopes = [scope for one in shown.values() for scope in book.scopes(one)]
    s, p = schema.sightings.c, schema.posts.c
    query = joined().where(s.stance.in_([Stance.DENY.value, Stance.CALM.value]))
    query = query.order_by(p.known_at.desc())
    refs = frozenset(post_ref(row) for row in rows)
    key = (newest["id"], newest["place_id"], newest["issued_at"], refs, store_mark(desk.store))
    near = remembered(desk.store, _NEAR, key, lambda: _near(desk.store, query, newest, refs))
    found = {row["seq"]: row for row in near}
    with desk.store.reading() as connection:
        for scope in scopes:
            of_rumour = connection.execute(query.where(scope).limit(MOST_AGAINST)).mappings()
            found |= {row["seq"]: dict(row) for row in of_rumour}
    by_time = sorted(found.values(), key=lambda row: row["known_at"])
    return post_forms(desk.store, by_time[-MOST_AGAINST:], role)


def _near(store: Store, query: Select[Any], line: Line, refs: frozenset[str]) -> list[Line]:
    """Those of the days around a warning that concern it."""
    p, issued = schema.posts.c, wire.moment(line["issued_at"])
    assert issued is not None
    around = and_(p.known_at > issued - BEFORE, p.known_at <= issued + AFTER)
    with store.reading() as connection:
        rows = connection.execute(query.where(around).limit(MOST_LOOKED_AT)).mappings()
        return [row for row in map(dict, rows) if _concerns(row, line, refs)]


def _concerns(row: Line, line: Line, refs: frozenset[str]) -> bool:
    """Whether a post answers one that a warning rests on, or names a place within reach of it."""
    answers = orjson.loads(row["extra"]).get("reply_to")
    if answers and f"{row['channel']}/{answers}" in refs:
        return True
    named = orjson.loads(row["body"]).get("places", ()) if row["body"] else ()
    here = (line["lat"], line["lon"])
    return any(haversine_km(*here, one["lat"], one["lon"]) <= NEAR_KM for one in named)


def releases(desk: ConsoleDesk, name: str) -> list[dict[str, Any]]:
    """Where each release of it stands."""
    moment = desk.clock.now()
    return [
        {
            "id": file.proposal.id,
            "number": file.proposal.number,
            "level": file.proposal.level.word,
            "standing": file.standing(moment).value,
            "agreed": list(file.agreed),
            "needed": file.needed,
            "to": [one.recipient for one in file.proposal.shown],
            "drill": file.proposal.drill,
            "harms": form_of(file.proposal.harms),
            "review_until": wire.iso(file.review_until),
            "withdrawn_by": file.withdrawn_by,
        }
        for file in release_book(desk.project, desk.store, name).files
    ]


def receipts(desk: ConsoleDesk, name: str) -> list[dict[str, Any]]:
    """What became of messages about it."""
    return [
        {"at": wire.iso(row["at"]), "to": row["recipient"], "what": row["kind"]}
        for row in receipts_about(desk.store, name)
        if row["kind"] != ReceiptKind.CALLED
    ]


def call_card(desk: ConsoleDesk, name: str) -> dict[str, Any]:
    """Whom to call about it, in what order, whom not, and what to say.

    Raises:
        NotThere: there is no such warning.
    """
    line = life_of(desk, name)[-1]
    matter = Matter(
        place=line["place"],
        community=line["target"],
        level=line["level"],
        start=wire.moment(line["window_start"]),
        zone=line.get("zone", "UTC"),
        cancelled=line["action"] == "cancel",
        called=bool(line.get("called", True)),
    )
    places = (line["place_id"], line["place"], line["place"].rpartition(" ")[0])
    found = card_for(desk.lists().cards, line["target"], places)
    languages = desk.project.settings.texts("desk.languages")
    return {
        "card": None if found is None else form_of(found),
        "scripts": {one: script(_spoken(matter, one), one) for one in languages},
        "calls": calls_logged(desk.store, name),
    }


def _spoken(matter: Matter, code: str) -> Matter:
    """A matter with its place and group in words of the language it is told in."""
    words = Language(code)
    if words.code != code:
        return matter
    return replace(matter, place=words.place(matter.place), community=words.group(matter.community))


@in_one_look
def timeline(desk: ConsoleDesk, subject: str) -> dict[str, Any]:
    """From the first sighting on: what happened, who was first, how it spread, as a picture.

    Remembered: a page and its picture ask for it one after the other.

    Args:
        subject: id of a warning or of a rumour.
    """
    store = desk.store
    about = subject_of(store, subject, Bounds())
    newest = tuple(newest_seq(store, table) for table in _TOLD_BY)
    key = (about.kind, about.id, about.seqs, newest)
    return remembered(store, _TIMELINE, key, lambda: _told(desk, about))


def _told(desk: ConsoleDesk, about: Subject) -> dict[str, Any]:
    line = tell(desk.store, about, Telling(Disclosure.INTERNAL, desk.clock.now())).line
    first = min(line.posts, key=lambda post: post.order, default=None)
    return {
        "posts": len(line.posts),
        "first": None
        if first is None
        else {"channel": first.channel, "at": wire.iso(first.posted_at)},
        "channels": [form_of(one) for one in line.channels],
        "happenings": [form_of(one) for one in line.happenings],
        "statements": [form_of(one) for one in line.statements],
        "svg": picture(line),
    }
