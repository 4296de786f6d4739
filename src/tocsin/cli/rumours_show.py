"""How one rumour is printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tocsin import wire
from tocsin.cli.output import show
from tocsin.engines.rumour_card import Card
from tocsin.rumours.summary import Day, Summary

_BAR = 40
_DAYS = 30
_HEAD = 100
_MOST_PLACES = 10


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
