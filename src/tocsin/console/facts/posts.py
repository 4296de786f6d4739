"""Posts as a role may see them: with spans for analysts, with contacts taken out for viewers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Select, select

from tocsin import wire
from tocsin.console.roles import Role
from tocsin.sources.contacts import redact
from tocsin.store import Store, schema
from tocsin.store.erasures import erased_refs
from tocsin.store.observations import gone_at
from tocsin.store.search import of_refs
from tocsin.store.store import chunks
from tocsin.text.clean import clean

Row = Mapping[str, Any]


def joined() -> Select[Any]:
    """Posts with what was read in them and which rumour they are in."""
    p, r, s = schema.posts, schema.readings, schema.sightings
    read = (r.c.lang, r.c.read, r.c.alarm, r.c.frame, r.c.target, r.c.body)
    sighted = (s.c.rumour, s.c.method, s.c.stance, s.c.late, s.c.digest)
    query = select(p, *read, *sighted).join_from(p, r, r.c.seq == p.c.seq, isouter=True)
    return query.join(s, s.c.seq == p.c.seq, isouter=True)


def posts_by_ref(store: Store, refs: Iterable[str]) -> list[dict[str, Any]]:
    """The newest version of each post, in time order; those that are not there are left out."""
    p, found = schema.posts.c, dict[str, dict[str, Any]]()
    with store.reading() as connection:
        for some in chunks(list(dict.fromkeys(refs)), 200):
            query = joined().where(of_refs(some)).order_by(p.version)
            for row in connection.execute(query).mappings():
                found[f"{row['channel']}/{row['message_id']}"] = dict(row)
    return sorted(found.values(), key=lambda row: (row["known_at"], row["seq"]))


def post_forms(
    store: Store, rows: Sequence[Row], role: Role, at: datetime | None = None
) -> list[dict[str, Any]]:
    """Rows of :func:`joined` as the API gives them.

    Args:
        at: what vanished after this moment is not said to be gone; None: now.
    """
    gone = gone_at(store, [post_ref(row) for row in rows], at)
    first: dict[bytes, str] = {}
    for row in sorted(rows, key=lambda row: (row["known_at"], row["seq"])):
        if row["digest"]:
            first.setdefault(row["digest"], post_ref(row))
    forms = []
    for row in rows:
        copy_of = first[row["digest"]] if row["digest"] else post_ref(row)
        forms.append(
            {**post_form(row, role, copy_of), "gone_at": wire.iso(gone.get(post_ref(row)))}
        )
    return forms


def post_form(row: Row, role: Role, copy_of: str = "") -> dict[str, Any]:
    """One post.

    Args:
        copy_of: the first post with the same words among those shown; itself: independent.
    """
    extra, body = orjson.loads(row["extra"]), orjson.loads(row["body"] or "{}")
    text, spans = clean(row["text"]), body.get("spans", [])
    if role < Role.ANALYST:
        shown = redact(text).text
        spans = spans if shown == text else []
        text = shown
    ref = post_ref(row)
    return {
        "id": ref,
        "channel": row["channel"],
        "message": row["message_id"],
        "version": row["version"],
        "posted_at": wire.iso(row["posted_at"]),
        "known_at": wire.iso(row["known_at"]),
        "lang": row["lang"],
        "text": text,
        "parts": marked(text, spans),
        "read": row["read"],
        "alarm": row["alarm"],
        "acts": body.get("acts", []),
        "frame": row["frame"],
        "target": row["target"],
        "places": body.get("places", []),
        "event_time": body.get("event_time"),
        "calls": body.get("calls", []),
        "rumour": row["rumour"],
        "stance": row["stance"],
        "late": bool(row["late"]),
        "copy_of": copy_of if copy_of != ref else None,
        "is_forward": bool(extra.get("is_forward") or extra.get("forward_from")),
        "forward_from": extra.get("forward_from"),
        "media": [one.get("kind", "media") for one in extra.get("media") or ()],
        "url": extra.get("url") if role >= Role.ANALYST else None,
        "edited_at": extra.get("edited_at"),
        "retrospective": bool(extra.get("edited_at")) and row["version"] == 1,
        "words_from": extra.get("origin"),
    }


def marked(text: str, spans: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """A text in pieces ``[piece, kind]``, kind null where nothing was read; what spans overlap goes
    to the first of them.
    """
    pieces: list[list[Any]] = []
    at = 0
    for start, end, kind, *_ in sorted(spans, key=lambda span: (span[0], -span[1])):
        if start < at or end > len(text):
            continue
        if start > at:
            pieces.append([text[at:start], None])
        pieces.append([text[start:end], kind])
        at = end
    if at < len(text):
        pieces.append([text[at:], None])
    return pieces


def erased_among(store: Store, refs: Iterable[str]) -> list[str]:
    """Evidence ids of those that were erased."""
    return sorted(erased_refs(store, set(refs)))


def post_ref(row: Row) -> str:
    """Its evidence id."""
    return f"{row['channel']}/{row['message_id']}"
