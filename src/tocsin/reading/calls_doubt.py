"""Places that only look as if people were called to them.

Words of gathering are said of much else: of a broadcast, of what the news tells, of what is over.
Rules that hold after training, since posts written for training have little of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from zoneinfo import ZoneInfo

from tocsin.model.place import PlaceKind
from tocsin.model.post import Enriched
from tocsin.model.reading import EventTime, Role
from tocsin.reading import times_find
from tocsin.reading.places_pack import read_pack
from tocsin.reading.places_spots import Spot
from tocsin.reading.places_words import Words
from tocsin.reading.times import TimeCue
from tocsin.reading.times_calendar import Moment, place_on_calendar

PACK = "not_called"
ZONE_GAP = 2
"""Characters between an hour and the town whose clock is meant ("3pm London / 17:00 Kyiv")."""

NEIGHBOUR = 3
"""Characters around such a pair in which the stroke to the next one stands."""

STALE_DATE = timedelta(days=60)
"""A date without a year that is longer past does not show that a gathering is over."""

_STROKE = re.compile(r"[/|]")
_TIME_WORD = re.compile(r"\s*(?:local\s+)?time\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Told:
    """A time of a post.

    Args:
        over: it is over, or told of the past.
        ahead: it has not begun when the post was written.
    """

    cue: TimeCue
    over: bool
    ahead: bool


def told_times(words: Words, enriched: Enriched, cues: Sequence[TimeCue]) -> list[Told]:
    """Each time with whether it is over, by the clock of UTC: roles do not hang on zones.

    The past tense tells nothing of an hour or a part of the day: "after what happened, we meet
    at six".
    """
    moment = Moment(enriched.post.posted_at, ZoneInfo("UTC"))
    told = []
    for cue in cues:
        event = place_on_calendar(cue, moment, past_tense=False)
        if event is not None:
            vague = not cue.has_clock and cue.part is None
            past = vague and times_find.told_as_past(words, cue, cues, enriched.lang)
            over = past or cue.past or (event.past and not _long_ago(cue, event, moment))
            told.append(Told(cue, over, event.start > moment.posted_at and not past))
    return told


def _long_ago(cue: TimeCue, event: EventTime, moment: Moment) -> bool:
    """A date without its year, months behind: likely figures that are no date."""
    return cue.year is None and event.start < moment.posted_at - STALE_DATE


def settled(
    words: Words, spots: Sequence[Spot], roles: Sequence[Role], lang: str, times: Sequence[Told]
) -> list[Role]:
    """The roles, without places to gather at where nobody is called to a place.

    Args:
        roles: one for each spot.
        times: the post's times, ends of terms left out.
    """
    if Role.GATHER_AT not in roles:
        return list(roles)
    text = words.text.lower()
    online = _says(text, "online", lang)
    # "They march in Paris today": news; without any time, a few words may well be a call.
    told = bool(times) and not any(time.ahead for time in times)
    told = told and not _speaks_to_readers(text, lang)
    return [
        role if role is not Role.GATHER_AT or spot.cue == "shared"
        else _settled(words, spot, times, online=online, told=told)
        for spot, role in zip(spots, roles, strict=True)
    ]  # fmt: skip


def versions() -> dict[str, str]:
    """The digest of the pack in force."""
    return {f"packs/{PACK}": read_pack(PACK)[1]}


def _settled(words: Words, spot: Spot, times: Sequence[Told], *, online: bool, told: bool) -> Role:
    """The role of a place that was thought to be one to gather at."""
    wide = spot.place.kind == PlaceKind.COUNTRY and not spot.preposition
    zone = any(_names_zone(words, spot, time.cue) for time in times)
    if zone or (spot.venue is None and (online or wide)):
        return Role.MENTIONED
    return Role.HAPPENED_AT if told or _is_over(words, spot, times) else Role.GATHER_AT


def zoned(words: Words, spots: Sequence[Spot], cues: Sequence[TimeCue]) -> list[TimeCue]:
    """The cues, by the clock of the town that is named for it."""
    return [_zoned(words, spots, cue) for cue in cues]


def _zoned(words: Words, spots: Sequence[Spot], cue: TimeCue) -> TimeCue:
    if cue.zone is None and cue.has_clock:
        for spot in spots:
            if _names_zone(words, spot, cue):
                return replace(cue, zone=spot.place.time_zone)
    return cue


def _names_zone(words: Words, spot: Spot, cue: TimeCue) -> bool:
    """The town says by whose clock an hour is meant: "3pm New York / 20:00 London"."""
    if spot.preposition or spot.venue is not None or not cue.has_clock:
        return False
    if not 0 <= spot.start - cue.end <= ZONE_GAP or words.text[cue.end : spot.start].strip():
        return False
    before = words.text[max(0, cue.start - NEIGHBOUR) : cue.start]
    after = words.text[spot.end : spot.end + NEIGHBOUR]
    listed = _STROKE.search(before) or _STROKE.search(after)
    return bool(listed or _TIME_WORD.match(words.text, spot.end))


def _is_over(words: Words, spot: Spot, times: Sequence[Told]) -> bool:
    """The place's sentence, or else the whole post, has times, and all of them are over."""
    sentence = words.sentence(spot.start)
    here = [time.over for time in times if words.sentence(time.cue.start) == sentence]
    if here:
        return all(here)
    return bool(times) and all(time.over for time in times)


def _speaks_to_readers(text: str, lang: str) -> bool:
    """True also in languages of which it is not known."""
    return _pattern("addressed", lang) is None or _says(text, "addressed", lang)


def _says(text: str, table: str, lang: str) -> bool:
    pattern = _pattern(table, lang)
    return pattern is not None and pattern.search(text) is not None


@cache
def _pattern(table: str, lang: str) -> re.Pattern[str] | None:
    listed: Mapping[str, Sequence[str]] = read_pack(PACK)[0][table]
    words = listed.get(lang)
    if not words:
        return None
    known = sorted(map(_spelt, words), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(known)})(?!\w)")


def _spelt(word: str) -> str:
    """A word or, with a star, a stem; a blank stands for any white space."""
    stem = re.escape(word.removesuffix("*")).replace(r"\ ", r"\s+")
    return stem + r"\w*" if word.endswith("*") else stem
