"""What was known when: first posts, warnings, and what people decided."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from tocsin import wire
from tocsin.bundle.levels import Disclosure, district
from tocsin.bundle.posts import ToldPost
from tocsin.bundle.timeline import Happening
from tocsin.engines.export_subject import Subject
from tocsin.store import Store
from tocsin.store.lists import decisions_about
from tocsin.store.rumours import ShownRumours

_REACHED: Final = (2, 5, 10, 25, 50, 100, 250)
_MOST_REASONS: Final = 4
_DECIDED: Final = {
    "rumour_status": "Status set",
    "rumour_merge": "Merged",
    "rumour_unmerge": "Taken apart again",
    "rumour_split": "Posts split off",
    "warning_confirm": "Warning confirmed",
    "warning_dismiss": "Warning dismissed",
    "warning_acknowledge": "Warning acknowledged",
    "warning_outcome": "Outcome recorded",
}
_ENDED: Final = {"cancel": "cancelled", "expire": "expired"}
_OF_GROUPING: Final = frozenset({"rumour_merge", "rumour_unmerge", "rumour_split"})
_OF_RUMOURS: Final = _OF_GROUPING | {"rumour_status"}
"""Their ids are digests of the ids of posts, which could be found by trying."""
_NAMES_NOBODY: Final = frozenset({"rumour_status", "warning_outcome"})
"""Decisions whose value is one of few words and no id."""


def happenings(
    store: Store, subject: Subject, posts: Sequence[ToldPost], level: Disclosure
) -> list[Happening]:
    """In the order in which they could be known."""
    found = [
        *_milestones(posts),
        *(one for life in subject.lives.values() for one in _warned(life, level)),
        *_decisions(store, subject, level),
    ]
    return sorted(found, key=lambda one: one.at)


def _milestones(posts: Sequence[ToldPost]) -> Iterator[Happening]:
    """The first post, the first against it, and how many channels it had reached."""
    channels: set[str] = set()
    denied = False
    for post in sorted(posts, key=lambda post: (post.known_at, post.seq)):
        first = not channels
        new = post.channel not in channels
        channels.add(post.channel)
        if first:
            yield Happening(post.known_at, f"First post known, in {post.channel}")
        elif new and len(channels) in _REACHED:
            yield Happening(post.known_at, f"In {len(channels)} channels, now {post.channel}")
        if post.against and not denied:
            denied = True
            yield Happening(post.known_at, f"First denial or appeal for calm, in {post.channel}")


def _warned(life: Sequence[Mapping[str, Any]], level: Disclosure) -> Iterator[Happening]:
    """The actions of a warning that told something new."""
    before = ""
    for line in life:
        ended = _ENDED.get(line["action"])
        if ended is None and line["level"] == before:
            continue
        before = line["level"]
        at = _moment(line["issued_at"])
        if ended is not None:
            yield Happening(at, f"Warning {line['id']} {ended}")
            continue
        yield Happening(at, _words(line, level), line["level"], _detail(line, level))


def _words(line: Mapping[str, Any], level: Disclosure) -> str:
    place = line["place"] if level.whole else district(line["place"])
    said = f"Warning {line['id']}: {place}, against {line['target']}"
    if line["window_start"] is None:
        return said
    return f"{said}, called for {_moment(line['window_start']):%d %b %H:%M} UTC"


def _detail(line: Mapping[str, Any], level: Disclosure) -> tuple[str, ...]:
    """Reasons name venues, and posts their ids: both stay inside."""
    count = len(line["posts"])
    rests = f"rests on {count} post{'' if count == 1 else 's'}"
    if not level.whole:
        return (rests,)
    return (*line["why"][:_MOST_REASONS], f"{rests}: {', '.join(line['posts'][:_MOST_REASONS])}")


def _decisions(store: Store, subject: Subject, level: Disclosure) -> Iterator[Happening]:
    book = ShownRumours(store)
    rows: list[Mapping[str, Any]] = [
        row for shown in subject.rumours for row in book.decisions(shown)
    ]
    rows += [row for name in subject.lives for row in decisions_about(store, name)]
    yield from _once(rows, level)


def _once(rows: Iterable[Mapping[str, Any]], level: Disclosure) -> Iterator[Happening]:
    told: set[int] = set()
    for row in rows:
        if row["kind"] not in _DECIDED or row["seq"] in told:
            continue
        told.add(row["seq"])
        if not level.whole and row["kind"] in _OF_GROUPING:
            continue
        words = _DECIDED[row["kind"]]
        if level.whole or row["kind"] not in _OF_RUMOURS:
            words = f"{words}: {row['subject']}"
        if row["kind"] in _NAMES_NOBODY:
            words = f"{words}: {row['value'].replace('_', ' ')}"
        detail = f"by {row['by']}  {row['reason']}".rstrip()
        yield Happening(_moment(row["at"]), words, detail=(detail,) if level.whole else ())


def _moment(text: str) -> datetime:
    found = wire.moment(text)
    assert found is not None
    return found
