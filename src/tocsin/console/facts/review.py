"""The review queue: posts that need a person's label, copies together, the most alarming first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final
from weakref import WeakKeyDictionary

from tocsin import wire
from tocsin.console.desk import ConsoleDesk
from tocsin.console.facts.posts import post_forms, posts_by_ref
from tocsin.console.facts.rumours import rows_at
from tocsin.console.roles import Role
from tocsin.engines.labels import Label, LabelBook, digests_of, disputed
from tocsin.errors import UsageError
from tocsin.model import PostLabel
from tocsin.store import Store
from tocsin.store.waiting import (
    WINDOW,
    copies,
    count_alarming,
    known_among,
    named_by_newest,
    stands_for_copies,
    window,
)

LABELS: Final = tuple(one.value for one in PostLabel)
SHOWS: Final = ("waiting", "others", "disputed")
LEAST: Final = 0.3
"""Alarm from which a post waits for a label."""
COUNTED: Final = 10_000
_MOST_WINDOWS: Final = 25
_NAMED: Final = "named."
"""Begins a cursor among the posts that warnings rest on and that alarm less."""
_books: WeakKeyDictionary[Store, LabelBook] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which part of the queue.

    Args:
        who: for whom it is shown.
        show: one of ``SHOWS``: what nobody labelled; what others labelled and ``who`` did not,
            without saying how; what two people read differently.
    """

    who: str
    limit: int
    least: float = LEAST
    show: str = SHOWS[0]
    cursor: str = ""


def book_of(store: Store) -> LabelBook:
    """The labels of a store, as they are now."""
    book = _books.setdefault(store, LabelBook())
    book.catch_up(store)
    return book


def review(desk: ConsoleDesk, wanted: Wanted, role: Role) -> dict[str, Any]:
    """A part of the queue.

    Raises:
        UsageError: the cursor is not one of this list.
    """
    book = book_of(desk.store)
    named = named_by_newest(desk.store)
    if wanted.show == SHOWS[0]:
        rows, following = _waiting(desk.store, book, wanted, named)
    else:
        rows, following = _labelled(desk.store, book, wanted)
    return {
        "items": _forms(desk, rows, role, (book, wanted, named)),
        "next": following,
        "alarming": count_alarming(desk.store, wanted.least, COUNTED + 1),
        "labelled": len(book),
        "disputed": sum(disputed(some) for some in book.groups()),
        "labels": list(LABELS),
    }


# -- what nobody labelled ------------------------------------------------------------------------


def _waiting(
    store: Store, book: LabelBook, wanted: Wanted, named: Mapping[str, Sequence[str]]
) -> tuple[list[dict[str, Any]], str | None]:
    if wanted.cursor.startswith(_NAMED):
        start = _number(wanted.cursor[len(_NAMED) :])
        return _named_less(store, book, wanted, named, slice(start, start + wanted.limit))
    seqs: dict[Any, int] = {}
    after = _number(wanted.cursor) if wanted.cursor else None
    for _ in range(_MOST_WINDOWS):
        rows = window(store, wanted.least, after)
        for row in rows:
            after = row["seq"]
            ref = f"{row['channel']}/{row['message_id']}"
            if stands_for_copies(row) and not book.of(ref, row["digest"]):
                seqs.setdefault(row["digest"] or ref, row["seq"])
            if len(seqs) == wanted.limit:
                return rows_at(store, list(seqs.values())), str(after)
        if len(rows) < WINDOW:
            break
    else:
        return rows_at(store, list(seqs.values())), str(after)
    room = slice(0, wanted.limit - len(seqs))
    rest, following = _named_less(store, book, wanted, named, room)
    return [*rows_at(store, list(seqs.values())), *rest], following


def _named_less(
    store: Store, book: LabelBook, wanted: Wanted, named: Mapping[str, Sequence[str]], part: slice
) -> tuple[list[dict[str, Any]], str | None]:
    """Posts that warnings rest on, less alarming than what else waits."""
    less = {
        row["digest"] or f"{row['channel']}/{row['message_id']}": row
        for row in posts_by_ref(store, named)
        if (row["alarm"] is None or row["alarm"] < wanted.least)
        and not book.of(f"{row['channel']}/{row['message_id']}", row["digest"])
    }
    rows = sorted(less.values(), key=lambda row: (-(row["alarm"] or 0), -row["seq"]))
    return rows[part], f"{_NAMED}{part.stop}" if part.stop < len(rows) else None


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise UsageError("cursor: not one of this list; begin again without it")
    return int(text)


# -- what somebody labelled ----------------------------------------------------------------------


def _labelled(
    store: Store, book: LabelBook, wanted: Wanted
) -> tuple[list[dict[str, Any]], str | None]:
    start = _number(wanted.cursor) if wanted.cursor else 0
    fitting = (some for some in book.groups() if _fits(some, wanted))
    part = list(islice(fitting, start, start + wanted.limit + 1))
    rows = posts_by_ref(store, [some[0].ref for some in part[: wanted.limit]])
    return rows, str(start + wanted.limit) if len(part) > wanted.limit else None


def _fits(labels: Sequence[Label], wanted: Wanted) -> bool:
    if wanted.show == "disputed":
        return disputed(labels)
    return all(one.by != wanted.who for one in labels)


# -- forms ---------------------------------------------------------------------------------------


def _forms(
    desk: ConsoleDesk,
    rows: Sequence[dict[str, Any]],
    role: Role,
    around: tuple[LabelBook, Wanted, Mapping[str, Sequence[str]]],
) -> list[dict[str, Any]]:
    book, wanted, named = around
    number = copies(desk.store, [row["digest"] for row in rows if row["digest"]])
    forms = []
    for row, form in zip(rows, post_forms(desk.store, rows, role), strict=True):
        said = book.of(form["id"], row["digest"])
        forms.append(
            {
                **form,
                "copies": max(number.get(row["digest"], 1) - 1, 0),
                "named_by": list(named.get(form["id"], ())),
                "said": [_said(one) for one in said] if wanted.show == "disputed" else [],
            }
        )
    return forms


def _said(one: Label) -> dict[str, Any]:
    return {"label": one.label, "by": one.by, "at": wire.iso(one.at), "id": one.ref}


def labels_of(desk: ConsoleDesk, refs: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """People's labels of some posts, copies included; those without any are left out."""
    book = book_of(desk.store)
    digests = digests_of(desk.store, refs)
    found = {ref: book.of(ref, digests.get(ref)) for ref in refs}
    return {ref: [_said(one) for one in some] for ref, some in found.items() if some}


def unknown(desk: ConsoleDesk, refs: Sequence[str]) -> list[str]:
    """Those of which there is no post."""
    known = known_among(desk.store, refs)
    return [ref for ref in refs if ref not in known]
