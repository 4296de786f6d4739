"""What is told of each post: the table, the list of addresses, and the words of the page."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from tocsin.bundle.levels import Disclosure, to_the_minute
from tocsin.model import Stance

_FORMULA: Final = re.compile(r"^[=+\-@\t\r]")
_HTTP: Final = re.compile(r"https?://\S+\Z")
AGAINST: Final = frozenset({Stance.DENY, Stance.CALM})


@dataclass(frozen=True, slots=True)
class ToldPost:
    """One version of a post, as it is told at the bundle's level.

    Args:
        seq: ledger position.
        channel: as the level shows it.
        message_id, text, url: empty where the level leaves them out.
        wording: which of the distinct wordings it has, from 1; 0: it has no words.
        origin: the channel it was forwarded from, as the level shows it; empty: no forward.
        stance: None: it was not read.
        named: a warning names it.
        gone_at: when it was no longer there at a later look.
    """

    seq: int
    channel: str
    message_id: str
    version: int
    posted_at: datetime
    known_at: datetime
    lang: str = ""
    stance: Stance | None = None
    acts: tuple[str, ...] = ()
    target: str = ""
    wording: int = 0
    origin: str = ""
    origin_at: datetime | None = None
    text: str = ""
    url: str = ""
    retrospective: bool = False
    named: bool = False
    words_from: str = ""
    gone_at: datetime | None = None

    @property
    def against(self) -> bool:
        """Whether it denies, or calls for calm."""
        return self.stance in AGAINST

    @property
    def order(self) -> tuple[datetime, datetime, int]:
        """As posts are told: by when they were published."""
        return (self.posted_at, self.known_at, self.seq)


_COLUMNS: Final = (
    *("position", "channel", "posted_at", "known_at", "language", "stance", "acts", "target"),
    *("wording", "forwarded_from", "named_by_a_warning", "edited_first_wording_lost", "gone_at"),
)
_WHOLE_COLUMNS: Final = ("id", "version", "url", "words_from", "text")


def posts_csv(posts: Sequence[ToldPost], level: Disclosure) -> bytes:
    """The posts in time order, for a spreadsheet.

    A cell that a spreadsheet would take for a formula begins with an apostrophe.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([*_COLUMNS, *(_WHOLE_COLUMNS if level.whole else ())])
    for post in sorted(posts, key=lambda post: post.order):
        cells = _cells(post, level) + (_whole_cells(post) if level.whole else [])
        writer.writerow([_FORMULA.sub(lambda found: f"'{found[0]}", cell) for cell in cells])
    return buffer.getvalue().encode("utf-8-sig")


def _cells(post: ToldPost, level: Disclosure) -> list[str]:
    return [
        str(post.seq),
        post.channel,
        _moment(post.posted_at, level),
        _moment(post.known_at, level),
        post.lang,
        post.stance.value if post.stance else "not read",
        " ".join(post.acts),
        post.target,
        str(post.wording or ""),
        post.origin,
        _yes(post.named),
        _yes(post.retrospective),
        _moment(post.gone_at, level) if post.gone_at else "",
    ]


def _whole_cells(post: ToldPost) -> list[str]:
    return [post.message_id, str(post.version), post.url, post.words_from, post.text]


def _moment(moment: datetime, level: Disclosure) -> str:
    return moment.astimezone(UTC).isoformat() if level.whole else utc(moment)


def _yes(value: bool) -> str:
    return "yes" if value else ""


def addresses(posts: Iterable[ToldPost]) -> bytes:
    """Public addresses of posts, one a line, each once: for an auto-archiver to take again."""
    ordered = sorted(posts, key=lambda post: post.order)
    found = dict.fromkeys(post.url for post in ordered if _HTTP.match(post.url))
    return "".join(f"{url}\n" for url in found).encode()


def utc(moment: datetime) -> str:
    """``2024-03-04 06:01 UTC``."""
    return f"{to_the_minute(moment.astimezone(UTC)):%Y-%m-%d %H:%M} UTC"
