"""Short texts of our own with cues marked: {gather}, <happened>, [origin]."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from tocsin.model import ChannelProfile, Enriched, Post, Span, Venue
from tocsin.reading.hints import CueHints
from tocsin.reading.where_when import WhereWhen, WhereWhenResult

FRIDAY_MORNING = datetime(2023, 10, 27, 7, 15, tzinfo=UTC)
"""10:15 in Moscow."""

_MARKS = {"{": "gathering", "<": "violence_report", "[": "origin"}
_MARKED = re.compile(r"\{([^}]*)\}|<([^>]*)>|\[([^\]]*)\]")


def marked(text: str, calm: bool = False) -> tuple[str, CueHints]:
    """The text without its marks, and the hints they stand for."""
    plain: list[str] = []
    spans: dict[str, list[Span]] = {kind: [] for kind in _MARKS.values()}
    at = length = 0
    for found in _MARKED.finditer(text):
        kind = _MARKS[text[found.start()]]
        inner = next(group for group in found.groups() if group is not None)
        plain += [text[at : found.start()], inner]
        start = length + found.start() - at
        spans[kind].append(Span(start, start + len(inner), kind))
        length = start + len(inner)
        at = found.end()
    plain.append(text[at:])
    hints = CueHints(
        tuple(spans["gathering"]),
        tuple(spans["violence_report"]),
        tuple(spans["origin"]),
        calm=calm,
    )
    return "".join(plain), hints


def enriched(
    text: str,
    lang: str | None = None,
    posted_at: datetime = FRIDAY_MORNING,
    venue: Venue | None = None,
) -> Enriched:
    told = lang or ("ru" if re.search("[а-яё]", text, re.IGNORECASE) else "en")
    post = Post("test", "channel", "1", posted_at, posted_at, text, venue=venue)
    return Enriched(post, text, b"\0" * 16, told, 1.0, None)


def profile(home: str | None = None, zone: str | None = None) -> ChannelProfile:
    return ChannelProfile("channel", home_place=home, time_zone=zone)


def read(
    where_when: WhereWhen,
    text: str,
    channel: ChannelProfile | None = None,
    lang: str | None = None,
    posted_at: datetime = FRIDAY_MORNING,
) -> WhereWhenResult:
    plain, hints = marked(text)
    return where_when.find(enriched(plain, lang, posted_at), channel, hints)
