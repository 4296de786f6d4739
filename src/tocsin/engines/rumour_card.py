"""All that is known of one rumour: what it is about, how it went, its posts, decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tocsin import wire
from tocsin.model import Phase, Stance, Suggestion
from tocsin.rumours.life import phase
from tocsin.rumours.summary import SightedText, Summary, summarise
from tocsin.store import Store
from tocsin.store.erasures import erased_sightings
from tocsin.store.rumours import Shown, ShownRumours
from tocsin.store.sightings import background, places_named, sightings_of, wordings_in
from tocsin.store.suggestions import suggestions_about
from tocsin.text.clean import clean

_SUGGESTED = 5
_PLACES_OF = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class Wording:
    """What posts of a rumour say in the same words.

    Args:
        text: cleaned; blank where there are more wordings than are read.
        ref: evidence id of the first post with it.
        languages: as they were read, by name.
    """

    text: str
    ref: str
    known_at: datetime
    posts: int
    channels: int
    languages: tuple[str, ...]
    stances: tuple[Stance, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What a rumour's own posts tell of it.

    Args:
        wordings: the most frequent first.
        channels: how many it was seen in.
        posts: how many of its posts were looked at.
    """

    summary: Summary
    wordings: tuple[Wording, ...]
    channels: int
    posts: int


@dataclass(frozen=True, slots=True)
class Card:
    """All that is shown of one rumour.

    Args:
        asked: the id that was asked for; another than the rumour's, if it was merged into it.
        erased: posts of it that were erased; they still count.
        places: named in the 72 hours before it was last seen, with how many posts name them.
    """

    asked: str
    shown: Shown
    phase: Phase
    summary: Summary
    places: Sequence[tuple[str, int]]
    sightings: Sequence[Mapping[str, Any]]
    suggestions: Sequence[Suggestion]
    decisions: Sequence[Mapping[str, Any]]
    erased: int = 0


def card(book: ShownRumours, asked: str, shown: Shown, limit: int) -> Card:
    """Gather what is known of a rumour, with at most ``limit`` sightings."""
    return Card(
        asked,
        shown,
        phase_now(shown, book.reached()),
        told(book, shown).summary,
        places_named(book, shown, shown.rumour.last_seen - _PLACES_OF),
        sightings_of(book, shown, limit),
        suggestions_about(book, shown, _SUGGESTED),
        book.decisions(shown),
        erased_sightings(book.store, shown.members),
    )


def phase_now(shown: Shown, reached: datetime | None) -> Phase:
    """The phase at the moment the desk has reached: a project of old posts is not all silent."""
    return phase(shown.rumour, reached or shown.rumour.last_seen)


def usual_texts(store: Store) -> dict[int, str]:
    """What posts say in general, cleaned, by ledger position: against it a rumour's words stand
    out.
    """
    return {seq: clean(said) for seq, said in background(store).items()}


def told(
    book: ShownRumours,
    shown: Shown,
    most: int | None = None,
    usual: Mapping[int, str] | None = None,
) -> Told:
    """Read a rumour's posts: what it is about, in which wordings, where.

    Args:
        most: of a rumour with more posts only about so many, evenly spaced; None: all.
        usual: as :func:`usual_texts` gives it; None: it is asked for.
    """
    rows = wordings_in(book, shown, most)
    cleaned = {text: clean(text) for text in {row["text"] for row in rows}}
    own = {row["seq"] for row in rows}
    usual = usual_texts(book.store) if usual is None else usual
    others = (said for seq, said in usual.items() if seq not in own)
    return Told(
        summarise([_sighted(row, cleaned) for row in rows], others),
        _wordings(rows, cleaned),
        len({row["channel"] for row in rows}),
        len(rows),
    )


def _wordings(rows: Sequence[Mapping[str, Any]], cleaned: Mapping[str, str]) -> tuple[Wording, ...]:
    alike: dict[bytes, list[Mapping[str, Any]]] = {}
    for row in rows:
        alike.setdefault(row["wording"], []).append(row)
    found = [_wording(some, cleaned[some[0]["text"]]) for some in alike.values()]
    return tuple(sorted(found, key=lambda one: (-one.posts, one.known_at, one.ref)))


def _wording(rows: Sequence[Mapping[str, Any]], text: str) -> Wording:
    return Wording(
        text,
        f"{rows[0]['channel']}/{rows[0]['message_id']}",
        rows[0]["known_at"],
        len(rows),
        len({row["channel"] for row in rows}),
        tuple(sorted({row["lang"] for row in rows if row["lang"]})),
        tuple(sorted({Stance(row["stance"]) for row in rows if row["stance"]})),
    )


def _sighted(row: Mapping[str, Any], cleaned: Mapping[str, str]) -> SightedText:
    return SightedText(
        ref=f"{row['channel']}/{row['message_id']}",
        text=cleaned[row["text"]],
        lang=row["lang"],
        known_at=row["known_at"],
        stance=None if row["stance"] is None else Stance(row["stance"]),
        late=bool(row["late"]),
    )


def card_json(card: Card) -> dict[str, Any]:
    """The card as one JSON object."""
    others = [name for name in card.shown.members if name != card.shown.rumour.id]
    return {
        **wire.rumour_line(card.shown.rumour, card.phase),
        "asked": card.asked,
        "erased": card.erased,
        "merged": others,
        **_summary_form(card.summary),
        "places": dict(card.places),
        "sightings": card.sightings,
        "suggestions": [wire.suggestion_line(one) for one in card.suggestions],
        "decisions": card.decisions,
    }


def _summary_form(summary: Summary) -> dict[str, Any]:
    central = summary.central
    return {
        "central": None if central is None else {"ref": central.ref, "text": central.text},
        "terms": list(summary.terms),
        "languages": dict(summary.languages),
        "stances": {s.value if s else "unread": posts for s, posts in summary.stances},
        "days": [
            {"date": day.date.isoformat(), "posts": day.posts, "late": day.late}
            for day in summary.days
        ],
    }
