"""How one rumour is shown: what it is about, how it went, its posts, what people decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tocsin import wire
from tocsin.cli.output import show
from tocsin.model import Phase, Stance, Suggestion
from tocsin.rumours.life import phase
from tocsin.rumours.summary import Day, SightedText, Summary, summarise
from tocsin.store.erasures import erased_sightings
from tocsin.store.rumours import Shown, ShownRumours
from tocsin.store.sightings import background, places_named, sightings_of, wordings_in
from tocsin.store.suggestions import suggestions_about
from tocsin.text.clean import clean

_BAR = 40
_DAYS = 30
_HEAD = 100
_SUGGESTED = 5
_MOST_PLACES = 10
_PLACES_OF = timedelta(hours=72)


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
        _summary(book, shown),
        places_named(book, shown, shown.rumour.last_seen - _PLACES_OF),
        sightings_of(book, shown, limit),
        suggestions_about(book, shown, _SUGGESTED),
        book.decisions(shown),
        erased_sightings(book.store, shown.members),
    )


def phase_now(shown: Shown, reached: datetime | None) -> Phase:
    """The phase at the moment the desk has reached: a project of old posts is not all silent."""
    return phase(shown.rumour, reached or shown.rumour.last_seen)


def _summary(book: ShownRumours, shown: Shown) -> Summary:
    rows = wordings_in(book, shown)
    others = background(book.store, {row["seq"] for row in rows})
    cleaned = {text: clean(text) for text in {row["text"] for row in rows}}
    return summarise([_sighted(row, cleaned) for row in rows], map(clean, others))


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


def show_card(card: Card) -> None:
    """Print the card."""
    rumour = card.shown.rumour
    if card.asked != rumour.id:
        show(f"{card.asked} was merged into {rumour.id}; this is the whole")
    show(f"rumour {rumour.id}: {rumour.posts} posts, {rumour.texts} wordings, {card.phase}", "bold")
    others = [name for name in card.shown.members if name not in (rumour.id, card.asked)]
    if others:
        show(f"merged into it: {', '.join(others)}")
    show(f"status {rumour.status}; first seen {wire.iso(rumour.first_seen)} in {rumour.first_ref}")
    if card.erased:
        show(f"erased since: {card.erased} posts", "dim")
    _show_summary(card.summary)
    if card.places:
        named = ", ".join(f"{name} {posts}" for name, posts in card.places[:_MOST_PLACES])
        show(f"places in its last 72 hours ({len(card.places)}): {named}")
    for row in card.sightings:
        show(_sighting_line(row))
    for one in card.suggestions:
        other = one.other if one.rumour == rumour.id else one.rumour
        show(f"may be the same as {other}, p={one.probability:.2f}, by {one.ref}", "cyan")
    for row in card.decisions:
        show(_decision_line(row))


def _show_summary(summary: Summary) -> None:
    if summary.central is not None:
        show(f"in its own words: {_head(summary.central.text)}  [{summary.central.ref}]")
    if summary.terms:
        show(f"words: {', '.join(summary.terms)}")
    show(f"languages: {', '.join(f'{lang} {posts}' for lang, posts in summary.languages)}")
    stances = (f"{stance or 'not read'} {posts}" for stance, posts in summary.stances)
    show(f"stances: {', '.join(stances)}")
    _show_days(summary.days)


def _show_days(days: Sequence[Day]) -> None:
    """A bar for each day with posts; of a long life the last days."""
    earlier, shown = days[:-_DAYS], days[-_DAYS:]
    if earlier:
        posts = sum(day.posts for day in earlier)
        show(f"  {earlier[0].date} to {earlier[-1].date}: {posts} posts on {len(earlier)} days")
    most = max((day.posts for day in shown), default=1)
    for day in shown:
        late = f", {day.late} late" if day.late else ""
        show(f"  {day.date}  {'█' * -(-day.posts * _BAR // most)} {day.posts}{late}")


def _sighting_line(row: Mapping[str, Any]) -> str:
    ref = f"{row['channel']}/{row['message_id']}"
    stance = row["stance"] or "not read"
    late = "late  " if row["late"] else ""
    head = f"  {row['known_at'][:16]}  {row['method']:6}  {row['lang']:3}  {stance:8}"
    return f"{head}  {late}{ref}  {_head(row['text'])}"


def _decision_line(row: Mapping[str, Any]) -> str:
    value = ", ".join(row["value"].split("\n"))
    what = row["kind"].removeprefix("rumour_")
    subject = "" if what == "status" else f"{row['subject']} "
    return f"{row['at']}  {what}: {subject}{value}, by {row['by']}  {row['reason']}".rstrip()


def _head(text: str) -> str:
    return " ".join(text.split())[:_HEAD]
