"""The timeline of a subject, gathered from the store at one level of disclosure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import select

from tocsin import wire
from tocsin.archive.pseudonym import MARK
from tocsin.bundle.levels import ChannelNames, Disclosure, to_the_minute
from tocsin.bundle.posts import ToldPost
from tocsin.bundle.timeline import Statement, Timeline, ToldChannel
from tocsin.engines.export_subject import Subject
from tocsin.engines.happenings import happenings
from tocsin.engines.project import profiles
from tocsin.model import TIP_SOURCE, ChannelProfile, Stance
from tocsin.rumours.summary import SightedText, summarise
from tocsin.sources.contacts import redact
from tocsin.store import Store, schema
from tocsin.store.observations import GONE
from tocsin.store.rumours import Shown, ShownRumours
from tocsin.store.sightings import wordings_in
from tocsin.store.store import chunks
from tocsin.text.clean import clean
from tocsin.warnings import STANDING_UNSEEN

_CHUNK: Final = 500
_UNKNOWN_ORIGIN: Final = "a channel that is not known"

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Telling:
    """How it is told.

    Args:
        names_public: channels are named at the public level too.
        made_at: when; aware.
    """

    level: Disclosure
    made_at: datetime
    names_public: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """A timeline, and what its posts are in the ledger.

    Args:
        tips: how many tips were left out.
        posted: when each post was published, by position.
        channels: each post's channel as shown, by position.
    """

    line: Timeline
    tips: int
    seqs: frozenset[int]
    posted: Mapping[int, datetime]
    channels: Mapping[int, str]


def tell(store: Store, subject: Subject, how: Telling) -> Told:
    """The timeline; at levels that leave the desk without words, ids, addresses and tips."""
    rows = sorted(_rows(store, subject.seqs), key=lambda row: (row["posted_at"], row["seq"]))
    shown = [row for row in rows if how.level.whole or row["source"] != TIP_SOURCE]
    named = how.level is not Disclosure.PUBLIC or how.names_public
    names = ChannelNames((row["channel"] for row in shown), named=named)
    known = profiles(store)
    posts = _Posts(store, subject, how, names, known).told(shown)
    tips = len(rows) - len(shown)
    hidden = {row["seq"] for row in rows} - {row["seq"] for row in shown}
    line = Timeline(
        title=_title(subject, how.level),
        level=how.level,
        made_at=how.made_at,
        posts=tuple(posts),
        channels=_channels(shown, names, known if named else _grades_alone(known)),
        happenings=tuple(happenings(store, subject, posts, how.level)),
        statements=_statements(store, subject, how.level),
        unseen=_unseen(subject, tips),
    )
    return Told(
        line,
        tips,
        frozenset(subject.seqs - hidden),
        {row["seq"]: row["posted_at"] for row in shown},
        {row["seq"]: names[row["channel"]] for row in shown},
    )


def _rows(store: Store, seqs: frozenset[int]) -> list[Row]:
    p, r, s = schema.posts, schema.readings, schema.sightings
    read = (r.c.lang, r.c.target, r.c.body, s.c.stance, s.c.digest)
    query = select(p, *read).join_from(p, r, r.c.seq == p.c.seq, isouter=True)
    query = query.join(s, s.c.seq == p.c.seq, isouter=True)
    found: list[Row] = []
    with store.reading() as connection:
        for some in chunks(sorted(seqs), _CHUNK):
            rows = connection.execute(query.where(p.c.seq.in_(some))).mappings()
            found.extend(dict(row) for row in rows)
    return found


class _Posts:
    """Turns rows into what is told of them."""

    def __init__(
        self,
        store: Store,
        subject: Subject,
        how: Telling,
        names: ChannelNames,
        known: Mapping[str, ChannelProfile],
    ) -> None:
        self._named = subject.named
        self._how = how
        self._names = names
        self._public = {name.casefold() for name in known}
        self._public |= {(one.name or "").casefold() for one in known.values()} - {""}
        self._wordings: dict[bytes, int] = {}
        self._shown: dict[str, str] = {}
        self._gone = _gone(store)

    def told(self, rows: Sequence[Row]) -> list[ToldPost]:
        """In the order of the rows, which numbers their wordings."""
        self._public |= {row["channel"].casefold() for row in rows}
        return [self._told(row) for row in rows]

    def _told(self, row: Row) -> ToldPost:
        whole, extra = self._how.level.whole, orjson.loads(row["extra"])
        ref = f"{row['channel']}/{row['message_id']}"
        body = orjson.loads(row["body"]) if row["body"] else {}
        return ToldPost(
            seq=row["seq"],
            channel=self._names[row["channel"]],
            message_id=row["message_id"] if whole else "",
            version=row["version"],
            posted_at=self._moment(row["posted_at"]),
            known_at=self._moment(row["known_at"]),
            lang=row["lang"] or "",
            stance=Stance(row["stance"]) if row["stance"] else None,
            acts=tuple(body.get("acts", ())),
            target=row["target"] or "",
            wording=self._wording(row),
            origin=self._origin(extra),
            text=self._redacted(row["text"]) if whole else "",
            url=str(extra.get("url") or "") if whole else "",
            retrospective=bool(extra.get("edited_at")) and row["version"] == 1,
            named=ref in self._named,
            words_from=str(extra.get("origin") or ""),
            gone_at=self._gone.get(ref),
        )

    def _redacted(self, text: str) -> str:
        """Copies are many, and have the same text."""
        if text not in self._shown:
            self._shown[text] = redact(text, self._public).text
        return self._shown[text]

    def _moment(self, moment: datetime) -> datetime:
        return moment if self._how.level.whole else to_the_minute(moment)

    def _wording(self, row: Row) -> int:
        if not row["text"].strip():
            return 0
        digest = row["digest"] or row["wording"]
        return self._wordings.setdefault(digest, len(self._wordings) + 1)

    def _origin(self, extra: Row) -> str:
        """Where a forward came from: a known channel, or one whose pseudonym is not shown."""
        origin = extra.get("forward_from")
        if not origin or str(origin).startswith(MARK):
            return _UNKNOWN_ORIGIN if origin or extra.get("is_forward") else ""
        return self._names[str(origin)]


def _gone(store: Store) -> dict[str, datetime]:
    table = schema.observations.c
    query = select(table.subject, table.at).where(table.what == GONE).order_by(table.seq.desc())
    with store.reading() as connection:
        return {row.subject: row.at for row in connection.execute(query)}


def _channels(
    rows: Sequence[Row], names: ChannelNames, known: Mapping[str, ChannelProfile]
) -> tuple[ToldChannel, ...]:
    """In the order of their first posts."""
    found = dict.fromkeys(row["channel"] for row in rows)
    return tuple(
        ToldChannel(names[channel], one.reliability if one else "F", _known(one))
        for channel in found
        for one in (known.get(channel),)
    )


def _grades_alone(known: Mapping[str, ChannelProfile]) -> dict[str, ChannelProfile]:
    """What may be said of channels without a name: their size could give them away."""
    return {name: replace(profile, subscribers=None) for name, profile in known.items()}


def _known(profile: ChannelProfile | None) -> str:
    """Its size, as it was told; home places and ages could give a channel away."""
    if profile is None or profile.subscribers is None or profile.as_of is None:
        return ""
    rounded = float(f"{profile.subscribers:.2g}")
    return f"about {rounded:,.0f} subscribers ({profile.as_of:%b %Y})"


def _title(subject: Subject, level: Disclosure) -> str:
    if subject.kind == "warning" or (subject.kind == "rumour" and level.whole):
        return f"{subject.kind.title()} {subject.id}"
    if subject.kind == "rumour":
        return "A rumour"
    return f"Posts with: {' '.join(subject.words.split())}" if level.whole else "Posts searched for"


def _statements(store: Store, subject: Subject, level: Disclosure) -> tuple[Statement, ...]:
    book = ShownRumours(store)
    numbered = enumerate(subject.rumours, start=1)
    return tuple(_statement(book, (number, shown), level) for number, shown in numbered)


def _statement(book: ShownRumours, numbered: tuple[int, Shown], level: Disclosure) -> Statement:
    """A rumour's id is a digest of its first post's, so it leaves by number."""
    number, shown = numbered
    rumour = shown.rumour
    decided = [row for row in book.decisions(shown) if row["kind"] == "rumour_status"]
    lines = tuple(_decided(row, level) for row in decided)
    words = _central(book, shown) if level.whole else ""
    status = "nobody has checked it yet" if not decided else _status(rumour.status.value)
    return Statement(rumour.id if level.whole else str(number), status, words, lines)


def _status(value: str) -> str:
    return value.replace("_", " ")


def _decided(row: Row, level: Disclosure) -> str:
    moment = wire.moment(row["at"])
    said = f"{moment:%Y-%m-%d %H:%M} UTC: {_status(row['value'])}"
    if not level.whole:
        return said
    return f"{said}, by {row['by']}{': ' if row['reason'] else ''}{row['reason']}"


def _central(book: ShownRumours, shown: Shown) -> str:
    """The wording that is most like all others."""
    rows = wordings_in(book, shown)
    cleaned = {text: clean(text) for text in {row["text"] for row in rows}}
    texts = [
        SightedText(
            ref=f"{row['channel']}/{row['message_id']}",
            text=cleaned[row["text"]],
            lang=row["lang"],
            known_at=row["known_at"],
        )
        for row in rows
    ]
    central = summarise(texts, ()).central
    return "" if central is None else redact(central.text).text


def _unseen(subject: Subject, tips: int) -> tuple[str, ...]:
    """What the warnings say was not seen when they came, and what never is."""
    said = [line["unseen"] for life in subject.lives.values() for line in life[-1:]]
    sentences = dict.fromkeys((*(one for lines in said for one in lines), *STANDING_UNSEEN))
    left_out = (f"{tips} of the posts are tips, and are left out here",) if tips else ()
    return (*sentences, *left_out)
