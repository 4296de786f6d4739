"""What an export or a timeline is about: a rumour, a warning, or posts with some words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import select

from tocsin.errors import UsageError
from tocsin.store import Store, schema
from tocsin.store.lists import warning_life
from tocsin.store.rumours import Shown, ShownRumours
from tocsin.store.search import Bounds, erased_of, posts_named, posts_with, within
from tocsin.store.store import chunks
from tocsin.text.clean import clean

MOST_STATEMENTS: Final = 5
"""Rumours that a search's posts are shown under, the most frequent."""

_ID: Final = re.compile(r"[0-9a-f]{12}")
_CHUNK: Final = 500

Lives = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Subject:
    """What is exported.

    Args:
        kind: ``rumour``, ``warning`` or ``query``.
        id: of the rumour or warning; empty: a query.
        words: what was searched for; empty: no query.
        seqs: ledger positions of the posts.
        lost: evidence ids that warnings name and the store does not have (any more).
        named: evidence ids that warnings rest on.
        lives: the warnings concerned, each with all its actions.
    """

    kind: str
    id: str
    words: str
    seqs: frozenset[int]
    lost: frozenset[str]
    named: frozenset[str]
    rumours: tuple[Shown, ...]
    lives: Lives


def subject_of(store: Store, asked: str | None, bounds: Bounds) -> Subject:
    """What is meant: an id of twelve hex digits is a rumour or a warning, all else a search.

    Raises:
        UsageError: there is no such rumour or warning, or nothing to go by.
    """
    asked = (asked or "").strip()
    if not asked and bounds.channel is None:
        raise UsageError("nothing to export: name a rumour, a warning, words, or --channel")
    book = ShownRumours(store)
    if not _ID.fullmatch(asked):
        return _searched(book, asked, bounds)
    life = warning_life(store, asked)
    if life:
        return _warned(book, asked, life, bounds)
    shown = book.find(asked)
    if shown is None:
        raise UsageError(f"{asked}: no rumour and no warning; see tocsin rumours, tocsin warnings")
    return _told(book, shown, bounds)


def _told(book: ShownRumours, shown: Shown, bounds: Bounds) -> Subject:
    seqs = _sighted(book, shown)
    lives = _warnings_about(book.store, set(shown.members), frozenset())
    return _subject(book.store, ("rumour", shown.rumour.id, ""), seqs, bounds, (shown,), lives)


def _warned(
    book: ShownRumours, warning: str, life: Sequence[Mapping[str, Any]], bounds: Bounds
) -> Subject:
    """A warning with the posts it rests on and the rumours that stood behind it."""
    names = dict.fromkeys(line["rumour"] for line in life if line["rumour"])
    found = (book.find(name) for name in names)
    rumours = tuple({one.rumour.id: one for one in found if one is not None}.values())
    seqs = set().union(*(_sighted(book, shown) for shown in rumours))
    lives = {warning: [dict(line) for line in life]}
    return _subject(book.store, ("warning", warning, ""), seqs, bounds, rumours, lives)


def _searched(book: ShownRumours, words: str, bounds: Bounds) -> Subject:
    store, wanted = book.store, clean(words).casefold()
    seqs = set(posts_with(store, wanted, bounds, clean))
    if bounds.channel is not None and not wanted and bounds.since is bounds.until is None:
        seqs |= set(erased_of(store, bounds.channel))  # of what is gone nothing else is known
    rumours = _rumours_of(book, seqs)
    refs = _refs(store, seqs)
    lives = _warnings_about(store, set(), refs)
    told = Subject("query", "", words, frozenset(seqs), frozenset(), frozenset(), rumours, lives)
    return _with_named(told)


def _subject(
    store: Store,
    who: tuple[str, str, str],
    seqs: set[int],
    bounds: Bounds,
    rumours: tuple[Shown, ...],
    lives: Lives,
) -> Subject:
    """A rumour's or a warning's subject.

    Posts the store does not have any more stay in it as tombstones, whatever the bounds.
    """
    refs = sorted(_named_by(lives))
    known = posts_named(store, refs)
    unbound = within(store, seqs, Bounds())
    kept = within(store, seqs | set(known), bounds) | (seqs - unbound)
    lost = frozenset(refs) - set(known.values())
    kind, name, words = who
    return Subject(kind, name, words, frozenset(kept), lost, frozenset(refs), rumours, lives)


def _with_named(subject: Subject) -> Subject:
    named = frozenset(_named_by(subject.lives))
    told = (subject.kind, subject.id, subject.words, subject.seqs, subject.lost)
    return Subject(*told, named, subject.rumours, subject.lives)


def _named_by(lives: Lives) -> set[str]:
    return {ref for life in lives.values() for line in life for ref in line["posts"]}


def _sighted(book: ShownRumours, shown: Shown) -> set[int]:
    s, seqs = schema.sightings.c, set[int]()
    with book.store.reading() as connection:
        for scope in book.scopes(shown):
            seqs.update(connection.execute(select(s.seq).where(scope)).scalars())
    return seqs


def _rumours_of(book: ShownRumours, seqs: Iterable[int]) -> tuple[Shown, ...]:
    s, counts = schema.sightings.c, Counter[str]()
    with book.store.reading() as connection:
        for some in chunks(sorted(seqs), _CHUNK):
            rows = connection.execute(select(s.rumour).where(s.seq.in_(some))).scalars()
            counts.update(book.regrouping.shown_as(name) for name in rows)
    most = sorted(counts, key=lambda name: (-counts[name], name))[:MOST_STATEMENTS]
    return tuple(shown for name in most if (shown := book.find(name)) is not None)


def _refs(store: Store, seqs: Iterable[int]) -> frozenset[str]:
    p, found = schema.posts.c, set[str]()
    with store.reading() as connection:
        for some in chunks(sorted(seqs), _CHUNK):
            rows = connection.execute(select(p.channel, p.message_id).where(p.seq.in_(some)))
            found.update(f"{row.channel}/{row.message_id}" for row in rows)
    return frozenset(found)


def _warnings_about(store: Store, rumours: set[str], refs: frozenset[str]) -> Lives:
    """Warnings that one of these rumours stood behind, or that rest on one of these posts."""
    warnings = schema.warnings.c
    with store.reading() as connection:
        bodies = connection.execute(select(warnings.body).order_by(warnings.seq)).scalars().all()
    lives: Lives = {}
    for line in map(orjson.loads, bodies):
        lives.setdefault(line["id"], []).append(line)
    return {
        name: life
        for name, life in lives.items()
        if any(line["rumour"] in rumours or not refs.isdisjoint(line["posts"]) for line in life)
    }
