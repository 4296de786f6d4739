"""Synthetic episodes: a rumour about a group goes round in a town, until it is called together.

Everything here is openly made up. An episode: a rumour spreads for half a day to eighteen days in
some channels (copies, forwards, new wordings), hostility follows, a call names a place and an
hour, others repeat it, some say that they are coming. A decoy is a stream of the same shape that
must raise nothing: a march, a match, old riots, relief work, a quoted call, denials.

Seeded: the same seed gives the same posts.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from injection.spoiling import spoil
from injection.wordings import Wordings, fill, slots_of

GAP = timedelta(days=2)
"""Between two streams of one town."""

EVENING = 17
"""From here on "seven o'clock" and "seven in the evening" both mean 19:00."""

WEEKDAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "de": ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
    "ru": ("понедельник", "вторник", "среду", "четверг", "пятницу", "субботу", "воскресенье"),
    "ar": ("الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد"),
}
"""From Monday on, in the case that follows "on"."""

Post = dict[str, Any]


@dataclass(frozen=True)
class Town:
    """Where it happens: position in degrees, time zone by name, phrases by case."""

    name: str
    latitude: float
    longitude: float
    zone: str
    forms: Mapping[str, str]


@dataclass
class Episode:
    """One stream of posts and what is true of it.

    Attributes:
        called_at: when the first call with an hour was posted; None in a decoy.
        event_at: the called hour, UTC; None in a decoy.
        occurs: whether violence follows (drawn; the more are coming the likelier).
        kind: ``episode``, or the kind of decoy.
    """

    id: str
    kind: str
    town: Town
    group: str
    start: datetime
    end: datetime
    posts: list[Post] = field(default_factory=list)
    called_at: datetime | None = None
    event_at: datetime | None = None
    occurs: bool = False


class Maker:
    """Makes episodes and decoys of one language.

    Args:
        span: [start, end) of the time they are spread over.
    """

    def __init__(
        self, words: Wordings, towns: Sequence[Town], span: tuple[datetime, datetime], seed: int
    ) -> None:
        self._words = words
        self._towns = towns
        self._random = random.Random(f"{words.language} {seed}")
        self._free = {town.name: span[0] for town in towns}
        self._end = span[1]
        self._number = 0

    def make(self, episodes: int, decoys: int) -> Iterator[Episode]:
        """So many of both, mixed, as far as there is room in the span."""
        kinds = sorted(self._words.parts["decoys"])
        plan = ["episode"] * episodes + [f"decoy {kinds[n % len(kinds)]}" for n in range(decoys)]
        self._random.shuffle(plan)
        room = self._end - min(self._free.values())
        share = room / max(1, len(plan) / len(self._towns))
        for kind in plan:
            town = min(self._towns, key=lambda one: (self._free[one.name], one.name))
            yield self._one(kind, town, share)

    def _one(self, kind: str, town: Town, share: timedelta) -> Episode:
        self._number += 1
        draw = self._random
        longest = max(0.5, min(18.0, (share - GAP) / timedelta(days=1)))
        length = timedelta(days=draw.uniform(0.5, longest))
        start = self._free[town.name] + timedelta(hours=draw.uniform(0, 24))
        self._free[town.name] = start + max(share, length + GAP)
        group = draw.choice(self._words.list("groups"))
        name = f"{self._words.language}{self._number:04d}"
        episode = Episode(name, kind, town, group["id"], start, start + length)
        cast = _Cast(episode, group, self._words, draw)
        if kind == "episode":
            cast.play()
        else:
            cast.play_decoy(kind.removeprefix("decoy "))
        episode.posts.sort(key=lambda post: (post["posted_at"], post["id"]))
        return episode


class _Cast:
    """The channels of one episode and what they post."""

    def __init__(
        self, episode: Episode, group: Mapping[str, Any], words: Wordings, draw: random.Random
    ) -> None:
        self._episode = episode
        self._words = words
        self._draw = draw
        self._zone = ZoneInfo(episode.town.zone)
        self._venue = draw.choice(words.list("venues"))
        self._group = group
        self._channels = [f"synthetic_{episode.id}_{n}" for n in range(draw.randint(3, 8))]
        self._told = 0

    def play(self) -> None:
        """The rumour, hostility, the call, its echoes."""
        draw, episode = self._draw, self._episode
        event = self._called_hour()
        called = event - timedelta(hours=draw.triangular(2, 36, 8))
        called = max(called, episode.start + timedelta(hours=6))
        episode.called_at, episode.event_at = called, event
        seed = draw.choice(self._words.parts["allegations"])
        self._spread(seed, draw.randint(3, 20), episode.start, called)
        warm = called - min(timedelta(days=2.5), (called - episode.start) / 2)
        self._spread(self._words.parts["hostile"], draw.randint(1, 7), warm, called)
        if draw.random() < 0.3:
            self._spread(self._words.parts["calls_no_hour"], 1, warm, called)
        coming = self._call(called, event)
        for kind, most in (("denials", 3), ("calm", 2)):
            self._spread(self._words.parts[kind], draw.randint(0, most), warm, event)
        episode.occurs = draw.random() < 0.35 + 0.08 * min(coming, 6)
        if episode.occurs:
            self._spread(self._words.parts["reports"], draw.randint(1, 3), event, event + _HOUR)
        episode.end = event

    def play_decoy(self, kind: str) -> None:
        """A stream in the shape of an episode that means no harm."""
        draw, episode = self._draw, self._episode
        moment = self._called_hour()
        lines = self._words.parts["decoys"][kind]
        self._spread(lines, draw.randint(6, 24), episode.start, moment, moment)
        if kind in ("march", "football"):
            self._spread(self._words.parts["uptake"], draw.randint(0, 4), episode.start, moment)
        if kind == "quoted":
            self._spread(self._words.parts["denials"], draw.randint(2, 5), episode.start, moment)
        self._spread(self._words.parts["calm"], draw.randint(0, 2), episode.start, moment)
        episode.end = moment

    def _called_hour(self) -> datetime:
        """A full or half hour between 10 and 22 of the town's clock, on the last day."""
        day = self._episode.end.astimezone(self._zone)
        hour, minute = self._draw.randint(10, 22), self._draw.choice((0, 0, 0, 30))
        moment = day.replace(hour=hour, minute=minute, second=0, microsecond=0)
        if moment.astimezone(UTC) < self._episode.start + timedelta(hours=10):
            moment += timedelta(days=1)
        return moment.astimezone(UTC)

    def _call(self, called: datetime, event: datetime) -> int:
        """The call and its echoes; how many say that they are coming."""
        draw = self._draw
        caller = draw.choice(self._channels)
        wording = draw.choice(self._words.parts["calls"])
        first = self._post(caller, called, wording, event)
        ahead = event - called
        for _ in range(draw.choice((0, 0, 1, 1, 2, 3))):
            at = called + ahead * draw.uniform(0.03, 0.5)
            channel = draw.choice(self._channels)
            if draw.random() < 0.5:
                self._forward(channel, at, first)
            else:
                self._post(channel, at, draw.choice(self._words.parts["calls"]), event)
        coming = draw.choice((0, 0, 1, 2, 3, 5, 8))
        for _ in range(coming):
            at = called + ahead * draw.uniform(0.05, 0.95)
            reply = first["id"] if draw.random() < 0.7 else None
            self._post(caller, at, draw.choice(self._words.parts["uptake"]), event, reply)
        return coming

    def _spread(
        self,
        wordings: Sequence[str],
        count: int,
        start: datetime,
        end: datetime,
        moment: datetime | None = None,
    ) -> None:
        """So many posts between two moments: new wordings, copies, forwards."""
        draw = self._draw
        last: Post | None = None
        for at in sorted(start + (end - start) * draw.random() for _ in range(count)):
            channel = draw.choice(self._channels)
            if last is not None and draw.random() < 0.25:
                self._forward(channel, at, last)
            else:
                last = self._post(channel, at, draw.choice(wordings), moment or end)

    def _forward(self, channel: str, at: datetime, first: Post) -> None:
        if channel == first["channel"]:
            return
        post = self._row(channel, at, first["text"])
        post.update(is_forward=True, forward_from=first["channel"])
        self._episode.posts.append(post)

    def _post(
        self,
        channel: str,
        at: datetime,
        wording: str,
        moment: datetime,
        reply: str | None = None,
    ) -> Post:
        text = spoil(fill(wording, self._slots(wording, at, moment)), self._draw)
        post = self._row(channel, at, text)
        if reply is not None:
            post["reply_to"] = reply
        self._episode.posts.append(post)
        return post

    def _row(self, channel: str, at: datetime, text: str) -> Post:
        self._told += 1
        return {
            "id": str(self._told),
            "channel": channel,
            "posted_at": at.astimezone(UTC).isoformat(timespec="seconds"),
            "text": text,
        }

    def _slots(self, wording: str, at: datetime, moment: datetime) -> dict[str, str]:
        local, posted = moment.astimezone(self._zone), at.astimezone(self._zone)
        slots = {f"group.{case}": form for case, form in self._group["forms"].items()}
        slots.update({f"venue.{case}": self._venue[case] for case in ("at", "to", "nom")})
        slots.update(self._episode.town.forms)
        slots["town"] = self._episode.town.name
        if "day" in slots_of(wording):
            slots["day"] = self._day((local.date() - posted.date()).days, local)
        if "hour" in slots_of(wording):
            slots["hour"] = self._hour(local)
        return slots

    def _day(self, ahead: int, local: datetime) -> str:
        """How the day is named that lies so many days ahead; by its date where there is no way."""
        fitting = [
            day["text"]
            for day in self._words.list("days")
            if day.get("offset") == ahead
            or (0 < ahead < 7 and day.get("weekday") == local.weekday())
        ]
        if not fitting:
            return f"{local.day}.{local.month:02d}."
        names = WEEKDAYS[self._words.language]
        return str(self._draw.choice(fitting)).format(weekday=names[local.weekday()])

    def _hour(self, local: datetime) -> str:
        """A way of writing the clock time that says this one and no other."""
        ways = [one for one in self._words.list("hours") if _says_the_hour(one, local)]
        return str(self._draw.choice(ways)).format(
            hm=f"{local:%H:%M}", h=local.hour, h12=(local.hour - 1) % 12 + 1
        )


def _says_the_hour(way: str, local: datetime) -> bool:
    """Half hours are said in full, and an hour of twelve only where it is plain which half."""
    if "{hm}" in way:
        return True
    if local.minute:
        return False
    return "{h}" in way or ("{h12}" in way and local.hour >= EVENING)


_HOUR = timedelta(hours=1)
