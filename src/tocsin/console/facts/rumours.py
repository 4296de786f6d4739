"""Rumours: the list with how they grow, and everything that is known of one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select

from tocsin import wire
from tocsin.console.desk import ConsoleDesk
from tocsin.console.facts.posts import joined, post_forms, posts_by_ref
from tocsin.console.facts.rumour_told import MOST_READ, samples_of, told_of
from tocsin.console.facts.warning import timeline
from tocsin.console.one_look import in_one_look
from tocsin.console.problems import NotThere
from tocsin.console.roles import Role
from tocsin.console.sparkline import growth_points
from tocsin.engines.rumour_card import Told, Wording, phase_now
from tocsin.errors import UsageError
from tocsin.model import Suggestion, Verification
from tocsin.sources.contacts import redact
from tocsin.store import Store, schema
from tocsin.store.erasures import erased_sightings
from tocsin.store.lists import newest_seq
from tocsin.store.rumour_samples import Sample
from tocsin.store.rumours import Shown, ShownRumours, Wanted
from tocsin.store.sightings import in_order, places_named
from tocsin.store.store import chunks
from tocsin.store.suggestions import suggestions_about
from tocsin.text.clean import clean

STATUSES: Final = tuple(one.value for one in Verification)
MOST_WORDINGS: Final = 30
MOST_TOWNS: Final = 5
MOST_DRAWN: Final = 1_000
"""Posts of a rumour whose spread is drawn."""
_SUGGESTED: Final = 5
_MOST_OTHERS: Final = 100
_TOWNS_OF: Final = timedelta(hours=72)
_HEAD: Final = 160
"""Letters of a rumour's first post where only its beginning is shown."""


@in_one_look
def rumour_list(desk: ConsoleDesk, wanted: Wanted, role: Role) -> dict[str, Any]:
    """A part of the list, each with the beginning of its first post, and the cursor of the rest."""
    book = ShownRumours(desk.store)
    found = book.listed(wanted)
    reached, sampled = book.reached(), samples_of(book, found)
    heads = _heads(desk.store, [one.rumour.first_ref for one in found], role)
    rows = [
        {
            **wire.rumour_line(one.rumour, phase_now(one, reached)),
            "merged": [name for name in one.members if name != one.rumour.id],
            "begins": heads.get(one.rumour.first_ref, ""),
            **_sample_form(sampled[one.rumour.id]),
        }
        for one in found
    ]
    last = found[-1].rumour if len(found) == wanted.limit else None
    return {"items": rows, "next": None if last is None else cursor_of(last.posts, last.id)}


def others(desk: ConsoleDesk, but: str) -> list[dict[str, Any]]:
    """Rumours that one could be merged into, those with most posts first; no words of theirs."""
    found = ShownRumours(desk.store).listed(Wanted(_MOST_OTHERS))
    return [
        {
            "id": one.rumour.id,
            "posts": one.rumour.posts,
            "channel": one.rumour.first_ref.rpartition("/")[0],
            "last_seen": wire.iso(one.rumour.last_seen),
        }
        for one in found
        if one.rumour.id != but
    ]


def _sample_form(sample: Sample) -> dict[str, Any]:
    return {
        "growth": growth_points(sample.moments),
        "languages": list(sample.languages),
        "towns": list(sample.towns[:MOST_TOWNS]),
    }


def cursor_of(posts: int, rumour: str) -> str:
    """The place of a rumour in the list, as it goes into an address."""
    return f"{posts}.{rumour}"


def after_cursor(cursor: str) -> tuple[int, str] | None:
    """The inverse of :func:`cursor_of`; None for the beginning.

    Raises:
        UsageError: it is not one of ours.
    """
    posts, _, rumour = cursor.partition(".")
    if not cursor:
        return None
    if not posts.isascii() or not posts.isdigit() or len(posts) > 12 or not rumour:
        raise UsageError("cursor: not one of this list; begin again without it")
    return int(posts), rumour


def shown_rumour(book: ShownRumours, name: str) -> Shown:
    """A rumour, under whatever id it is shown.

    Raises:
        NotThere: there is none of this id.
    """
    shown = book.find(name)
    if shown is None:
        raise NotThere(f"no rumour {name}")
    return shown


@in_one_look
def rumour(
    desk: ConsoleDesk, name: str, role: Role, after: int = 0, limit: int = 50
) -> dict[str, Any]:
    """Everything that is shown of a rumour.

    Args:
        after: ledger position of the last of its posts that was shown before.

    Raises:
        NotThere: there is none of this id.
    """
    book = ShownRumours(desk.store)
    shown = shown_rumour(book, name)
    known = told_of(desk, book, shown)
    last = shown.rumour.last_seen - _TOWNS_OF
    return {
        **wire.rumour_line(shown.rumour, phase_now(shown, book.reached())),
        "asked": name,
        "merged": [one for one in shown.members if one != shown.rumour.id],
        "undo": _merges(book, shown),
        "erased": erased_sightings(desk.store, shown.members),
        "channels": known.channels,
        "looked_at": known.posts,
        "drawn": shown.rumour.posts <= MOST_DRAWN,
        **_summary_form(known, role),
        "towns": dict(places_named(book, shown, last, MOST_READ)),
        **_posts_form(book, shown, role, (after, limit)),
        "suggestions": _suggested(book, shown, suggestions_about(book, shown, _SUGGESTED), role),
        "decisions": book.decisions(shown),
        "statuses": list(STATUSES),
        "seen": newest_of_all(desk.store),
    }


def newest_of_all(store: Store) -> int:
    """The position of the newest decision about anything: what was decided when a page was shown,
    so that no decision about either side of a merge is overtaken unseen. 0 where there is none.
    """
    return newest_seq(store, schema.decisions) or 0


def _summary_form(known: Told, role: Role) -> dict[str, Any]:
    summary, central = known.summary, known.summary.central
    return {
        "central": None
        if central is None
        else {"ref": central.ref, "lang": central.lang, "text": _for(role, central.text)},
        "terms": list(summary.terms),
        "languages": dict(summary.languages),
        "stances": {s.value if s else "unread": posts for s, posts in summary.stances},
        "days": [
            {"at": day.date.isoformat(), "posts": day.posts, "late": day.late}
            for day in summary.days
        ],
        "wordings": [_wording_form(one, role) for one in known.wordings[:MOST_WORDINGS]],
        "wordings_left": max(len(known.wordings) - MOST_WORDINGS, 0),
    }


def _wording_form(one: Wording, role: Role) -> dict[str, Any]:
    return {
        "text": _for(role, one.text),
        "ref": one.ref,
        "known_at": wire.iso(one.known_at),
        "posts": one.posts,
        "channels": one.channels,
        "languages": list(one.languages),
        "stances": [stance.value for stance in one.stances],
    }


def _for(role: Role, text: str) -> str:
    """A cleaned text as a role may see it."""
    return text if role >= Role.ANALYST else redact(text).text


def _posts_form(
    book: ShownRumours, shown: Shown, role: Role, part: tuple[int, int]
) -> dict[str, Any]:
    """Some of its posts after a ledger position: oldest first; of a large one as taken in, which
    is read without a look at all of them.
    """
    after, limit = part
    in_time = shown.rumour.posts <= MOST_READ
    seqs = in_order(book, shown) if in_time else _taken_in(book, shown, after, limit + 1)
    if in_time and after:
        seqs = seqs[seqs.index(after) + 1 :] if after in seqs else []
    page = seqs[:limit]
    return {
        "items": post_forms(book.store, rows_at(book.store, page), role),
        "in_time": in_time,
        "next": str(page[-1]) if len(seqs) > limit else None,
    }


def _taken_in(book: ShownRumours, shown: Shown, after: int, limit: int) -> list[int]:
    s = schema.sightings.c
    query = select(s.seq).where(s.seq > after).order_by(s.seq).limit(limit)
    with book.store.reading() as connection:
        found = [
            seq
            for scope in book.scopes(shown)
            for seq in connection.execute(query.where(scope)).scalars()
        ]
    return sorted(found)[:limit]


@in_one_look
def spread_of(desk: ConsoleDesk, name: str) -> dict[str, Any]:
    """From the first sighting on: who was first, what happened, how it spread, as a picture.

    Raises:
        NotThere: there is none of this id.
        UsageError: it has too many posts to draw them.
    """
    shown = shown_rumour(ShownRumours(desk.store), name).rumour
    if shown.posts > MOST_DRAWN:
        raise UsageError(
            f"rumour {shown.id} has {shown.posts} posts; its timeline is told up to {MOST_DRAWN}, "
            f"for more: tocsin timeline {shown.id}"
        )
    return timeline(desk, shown.id)


def rows_at(store: Store, seqs: Sequence[int]) -> list[dict[str, Any]]:
    """Posts at these ledger positions, in this order; those that are gone are left out."""
    found: dict[int, dict[str, Any]] = {}
    with store.reading() as connection:
        for some in chunks(seqs, 400):
            query = joined().where(schema.posts.c.seq.in_(some))
            found.update((r["seq"], dict(r)) for r in connection.execute(query).mappings())
    return [found[seq] for seq in seqs if seq in found]


def _merges(book: ShownRumours, shown: Shown) -> list[dict[str, str]]:
    """Merges into it that can be taken back."""
    into = book.regrouping.into
    return [{"rumour": name, "into": into[name]} for name in shown.members if name in into]


def _suggested(
    book: ShownRumours, shown: Shown, found: Sequence[Suggestion], role: Role
) -> list[dict[str, Any]]:
    """The other rumour, how probable it is the same, and the words it began with."""
    names = [one.other if one.rumour == shown.rumour.id else one.rumour for one in found]
    others = [book.find(name) for name in names]
    heads = _heads(book.store, [one.rumour.first_ref for one in others if one], role)
    return [
        {
            "rumour": name,
            "probability": round(one.probability, 4),
            "ref": one.ref,
            "posts": other.rumour.posts if other else 0,
            "begins": heads.get(other.rumour.first_ref, "") if other else "",
        }
        for name, one, other in zip(names, found, others, strict=True)
    ]


def _heads(store: Store, refs: Sequence[str], role: Role) -> dict[str, str]:
    """The beginnings of posts, by evidence id."""
    return {
        f"{row['channel']}/{row['message_id']}": _for(role, clean(row["text"]))[:_HEAD]
        for row in posts_by_ref(store, refs)
    }
