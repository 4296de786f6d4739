"""Which archived items are meant: by post, channel or pseudonym, or by age and class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import Select, select

from tocsin.model import TIP_SOURCE, DecisionKind
from tocsin.settings import Settings
from tocsin.store import Store, schema

_RUMOUR_DECISIONS = [kind.value for kind in DecisionKind if kind.value.startswith("rumour_")]


_CHUNK = 2_000


class RetentionClass(StrEnum):
    """Why an item is kept; each item has one, the first that fits."""

    TIPS = "tips"
    WARNINGS = "warnings"
    RUMOURS = "rumours"
    POSTS = "posts"


@dataclass(frozen=True, slots=True)
class Choice:
    """What is asked for; all that is given must fit.

    Args:
        post: evidence id ``channel/id``, every version.
        pseudonym: of an author, or of the origin of a forward.
        before: published before this moment.
    """

    post: str | None = None
    channel: str | None = None
    pseudonym: str | None = None
    before: datetime | None = None
    kind: RetentionClass | None = None

    def words(self) -> str:
        """In plain words, for the ledger: a pseudonym is not repeated there."""
        parts = [
            f"post {self.post}" if self.post else "",
            f"channel {self.channel}" if self.channel else "",
            "by pseudonym" if self.pseudonym else "",
            f"before {self.before.isoformat()}" if self.before else "",
            f"class {self.kind}" if self.kind else "",
        ]
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Chosen:
    """One archived item, one version."""

    seq: int
    ref: str
    channel: str
    posted_at: datetime
    kind: RetentionClass


def choose(store: Store, choice: Choice) -> list[Chosen]:
    """The items that a choice fits, in the ledger's order."""
    kinds = _Kinds(store)
    with store.reading() as connection:
        streamed = connection.execution_options(yield_per=_CHUNK)
        rows = map(dict, streamed.execute(_question(choice)).mappings())
        found = (_chosen(row, kinds) for row in rows if _by(row, choice.pseudonym))
        return [one for one in found if choice.kind in (None, one.kind)]


def _question(choice: Choice) -> Select[Any]:
    p, s, r = schema.posts.c, schema.sightings.c, schema.rumours.c
    columns = (p.seq, p.source, p.channel, p.message_id, p.posted_at, p.extra, s.rumour, r.posts)
    query = select(*columns).join_from(schema.posts, schema.sightings, s.seq == p.seq, isouter=True)
    query = query.join(schema.rumours, r.id == s.rumour, isouter=True).order_by(p.seq)
    if choice.post is not None:
        channel, _, message_id = choice.post.rpartition("/")
        query = query.where(p.channel == channel, p.message_id == message_id)
    if choice.channel is not None:
        query = query.where(p.channel == choice.channel)
    if choice.pseudonym is not None:
        query = query.where(p.extra.contains(choice.pseudonym, autoescape=True))
    if choice.before is not None:
        query = query.where(p.posted_at < choice.before)
    return query


def _by(row: Mapping[str, Any], pseudonym: str | None) -> bool:
    if pseudonym is None:
        return True
    extra = orjson.loads(row["extra"])
    return pseudonym in (extra.get("author"), extra.get("forward_from"))


def _chosen(row: Mapping[str, Any], kinds: _Kinds) -> Chosen:
    ref = f"{row['channel']}/{row['message_id']}"
    return Chosen(row["seq"], ref, row["channel"], row["posted_at"], kinds.of(ref, row))


class _Kinds:
    """Tells classes apart: what warnings named and what people decided about, read once."""

    def __init__(self, store: Store) -> None:
        warnings, decisions = schema.warnings.c, schema.decisions.c
        with store.reading() as connection:
            bodies = connection.execute(select(warnings.body)).scalars()
            self._warned = {ref for body in bodies for ref in orjson.loads(body)["posts"]}
            decided = select(decisions.subject, decisions.value).where(
                decisions.kind.in_(_RUMOUR_DECISIONS)
            )
            # A rumour of one post that somebody judged or merged is more than a loose post.
            self._decided = {name for row in connection.execute(decided) for name in row}

    def of(self, ref: str, row: Mapping[str, Any]) -> RetentionClass:
        """The class of a row; the promise made to who sent a tip goes first."""
        if row["source"] == TIP_SOURCE:
            return RetentionClass.TIPS
        if ref in self._warned:
            return RetentionClass.WARNINGS
        if (row["posts"] or 0) > 1 or row["rumour"] in self._decided:
            return RetentionClass.RUMOURS
        return RetentionClass.POSTS


def limits(settings: Settings) -> dict[RetentionClass, timedelta]:
    """How long each class is kept; one that is kept for good is left out."""
    days = {
        RetentionClass.TIPS: settings.whole("retention.tips_days"),
        RetentionClass.WARNINGS: settings.whole("retention.warnings_days"),
        RetentionClass.RUMOURS: settings.whole("retention.rumours_days"),
        RetentionClass.POSTS: settings.whole("retention.posts_days"),
    }
    return {kind: timedelta(days=count) for kind, count in days.items() if count > 0}


def due(
    store: Store, kept: Mapping[RetentionClass, timedelta], now: datetime
) -> dict[RetentionClass, list[Chosen]]:
    """What has been kept longer than its class allows, counted from when it was published."""
    if not kept:
        return {}
    found: dict[RetentionClass, list[Chosen]] = {kind: [] for kind in kept}
    for one in choose(store, Choice(before=now - min(kept.values()))):
        if one.kind in kept and one.posted_at < now - kept[one.kind]:
            found[one.kind].append(one)
    return found


def named_by_warnings(store: Store, chosen: Sequence[Chosen]) -> Iterator[str]:
    """Ids of warnings that name one of these posts: they keep its id and show it as erased."""
    refs = {one.ref for one in chosen}
    warnings = schema.warnings.c
    with store.reading() as connection:
        rows = connection.execute(select(warnings.id, warnings.body).order_by(warnings.seq))
        named = {row.id: None for row in rows if refs & set(orjson.loads(row.body)["posts"])}
    yield from named
