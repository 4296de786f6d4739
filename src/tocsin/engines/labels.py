"""What people read in posts: each person's label of a text, for every copy of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any, Final

from sqlalchemy import select

from tocsin import wire
from tocsin.model import DecisionKind
from tocsin.store import Store, schema
from tocsin.store.search import of_refs
from tocsin.store.store import chunks
from tocsin.text.clean import clean

_CHUNK: Final = 200
Key = bytes | str
"""What copies share: the digest of the text; the evidence id of a post that has none yet."""


@dataclass(frozen=True, slots=True)
class Label:
    """One person's newest label of a text.

    Args:
        ref: evidence id of the copy that was before them.
        label: a value of ``PostLabel``.
    """

    ref: str
    label: str
    by: str
    at: datetime


class LabelBook:
    """All labels, by what copies share; reads only what the ledger got since it was last asked."""

    def __init__(self) -> None:
        self._reached = 0
        self._said: dict[Key, dict[str, Label]] = {}
        self._lock = Lock()

    def catch_up(self, store: Store) -> None:
        """Take in what was decided since."""
        table = schema.decisions.c
        query = select(schema.decisions).where(
            table.kind == DecisionKind.POST_LABEL.value, table.seq > self._reached
        )
        with self._lock, store.reading() as connection:
            rows = list(connection.execute(query.order_by(table.seq)).mappings())
            digests = digests_of(store, [row["subject"] for row in rows])
            for row in rows:
                ref, by = row["subject"], row["by"]
                said = self._said.setdefault(digests.get(ref) or ref, {})
                said[by] = Label(ref, row["value"], by, row["at"])
                self._reached = max(self._reached, row["seq"])

    def of(self, ref: str, digest: bytes | None) -> list[Label]:
        """Each person's label of a post or a copy of it."""
        said = {**self._said.get(ref, {}), **(self._said.get(digest, {}) if digest else {})}
        return [said[by] for by in sorted(said)]

    def groups(self) -> list[list[Label]]:
        """Labels of each text, the one that was labelled last first."""
        every = [sorted(said.values(), key=lambda one: one.by) for said in self._said.values()]
        return sorted(every, key=lambda some: max(one.at for one in some), reverse=True)

    def __len__(self) -> int:
        return len(self._said)


def disputed(labels: Sequence[Label]) -> bool:
    """Whether two people read different things in one text."""
    return len({one.label for one in labels}) > 1


def digests_of(store: Store, refs: Sequence[str]) -> dict[str, bytes]:
    """What copies share, of the newest version of each post; without those that have none yet."""
    p, s = schema.posts, schema.sightings
    query = select(p.c.channel, p.c.message_id, s.c.digest).join_from(p, s, s.c.seq == p.c.seq)
    found: dict[str, bytes] = {}
    with store.reading() as connection:
        for some in chunks(list(dict.fromkeys(refs)), _CHUNK):
            asked = query.where(of_refs(some)).order_by(p.c.version)
            for row in connection.execute(asked):
                if row.digest is not None:
                    found[f"{row.channel}/{row.message_id}"] = row.digest
    return found


def exported(store: Store) -> Iterator[dict[str, Any]]:
    """Every label with its text, for training and calibration: each person's newest of each post,
    in the order of the ledger. Posts that were erased are left out.
    """
    table = schema.decisions
    query = table.select().where(table.c.kind == DecisionKind.POST_LABEL.value)
    with store.reading() as connection:
        rows = connection.execute(query.order_by(table.c.seq)).mappings()
        newest = {(row["subject"], row["by"]): dict(row) for row in rows}
    for some in chunks(sorted(newest.values(), key=lambda row: int(row["seq"])), _CHUNK):
        texts = _texts(store, [row["subject"] for row in some])
        yield from (_line(row, texts[row["subject"]]) for row in some if row["subject"] in texts)


def _line(row: Mapping[str, Any], post: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": row["subject"],
        "posted_at": wire.iso(post["posted_at"]),
        "text": clean(post["text"]),
        "lang": post["lang"],
        "label": row["value"],
        "by": row["by"],
        "at": wire.iso(row["at"]),
    }


def _texts(store: Store, refs: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """Text, time and language of the newest version of each post."""
    p, r = schema.posts, schema.readings
    query = select(p.c.channel, p.c.message_id, p.c.posted_at, p.c.text, r.c.lang)
    query = query.join_from(p, r, r.c.seq == p.c.seq, isouter=True)
    query = query.where(of_refs(refs)).order_by(p.c.version)
    with store.reading() as connection:
        rows = connection.execute(query).mappings()
        return {f"{row['channel']}/{row['message_id']}": dict(row) for row in rows}
