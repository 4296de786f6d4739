"""How rumours move, from their sightings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

import orjson
import zstandard

from tocsin.errors import UsageError
from tocsin.model import ChannelProfile, Enriched, Erased, Post, Sighting, Spread
from tocsin.spread.coordination import Coordination, Edge, groups
from tocsin.spread.independence import Link, independent, link_of, link_record
from tocsin.spread.options import WINDOW_HOURS, SpreadOptions
from tocsin.spread.rate import Growth, growth
from tocsin.spread.trail import HOUR, WINDOW, Trail

_FORMAT = "tocsin-spread-2"
_DIGEST = re.compile(r'"([0-9a-f]{32})"')
_DAY = 24 * HOUR
_SIX_HOUR_PERIODS_BEFORE = (WINDOW_HOURS - 6) // 6  # in the 66 hours before the last six
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)
_UNKNOWN_LANGUAGE = "und"
WORDS_OF_A_TEXT = 5
"""Shorter texts are shared by chance."""


@dataclass(frozen=True, slots=True)
class _Origin:
    """What is kept of one post for :meth:`SpreadTracker.origins`."""

    link: Link
    at: int
    rumour: str
    young: bool


class SpreadTracker:
    """Follows each rumour through channels and time; every answer looks back only.

    Sightings older than 72 hours (and ``slack_hours``) behind the newest post are dropped as
    time goes on, so memory depends on what was posted lately. Late posts are welcome.

    Args:
        profiles: what is known of channels, by channel id.
    """

    def __init__(
        self, profiles: Mapping[str, ChannelProfile], options: SpreadOptions | None = None
    ) -> None:
        self.options = options or SpreadOptions()
        self._names = {
            profile.name.casefold(): channel.casefold()
            for channel, profile in profiles.items()
            if profile.name
        }
        self._profiles = {self._canonical(key): profile for key, profile in profiles.items()}
        self._newest = self._next_sweep = -(2**62)
        self._seen: dict[str, tuple[int, int]] = {}
        self._trails: dict[str, Trail] = {}
        self._refs: dict[str, _Origin] = {}
        self._coordination = Coordination()
        self._groups: tuple[int, dict[str, str]] = (-1, {})

    def add(self, enriched: Enriched, sighting: Sighting) -> None:
        """Take in one sighting; a new version of a post already counted is not counted again."""
        at = _micros(sighting.known_at)
        if enriched.post.is_tip:  # no channel spreads it, and it is nobody's independent origin
            link = Link(self._canonical(enriched.post.channel))
            self._keep(sighting.ref, _Origin(link, at, sighting.rumour, young=True))
            return
        self._newest = max(self._newest, at)
        first, last = self._seen.get(sighting.rumour, (at, at))
        self._seen[sighting.rumour] = (min(first, at), max(last, at))
        if at >= self._horizon:  # else no later question can see it
            self._follow(enriched, sighting, at)
        if self._newest >= self._next_sweep:
            self._sweep(self._newest)

    def spread(self, rumour_id: str, as_of: datetime) -> Spread:
        """The rumour's spread at ``as_of``.

        Exact where ``as_of`` is at most ``slack_hours`` older than the newest post. A rumour
        with no sighting by then reads zero posts and first seen ``as_of``.
        """
        now = _micros(as_of)
        trail = self._trails.get(rumour_id, Trail())
        first = min(now, self._seen.get(rumour_id, (now, now))[0])
        last_6h = trail.posts(now - 6 * HOUR, now)
        before = trail.posts(now - WINDOW, now - 6 * HOUR) / _SIX_HOUR_PERIODS_BEFORE
        circle = trail.circle(now)
        return Spread(
            rumour=rumour_id,
            as_of=as_of,
            posts_1h=trail.posts(now - HOUR, now),
            posts_6h=last_6h,
            posts_24h=trail.posts(now - _DAY, now),
            channels=len(circle.channels),
            independent_channels=circle.groups.count,
            languages=len(circle.languages),
            growth=(last_6h + 0.5) / (before + 0.5),
            reach=self._reach(circle.channels, as_of),
            first_seen=_moment(first),
            hourly=_hourly(trail, now),
        )

    def growth(self, rumour_id: str, as_of: datetime) -> Growth:
        """Rate of the last 6 h over that of the 66 h before, with its 90 % interval.

        Asked for apart from :meth:`spread`, so that it costs nothing per post. Exact where
        ``spread`` is.
        """
        now = _micros(as_of)
        trail = self._trails.get(rumour_id, Trail())
        recent = trail.posts(now - 6 * HOUR, now)
        earlier = trail.posts(now - WINDOW, now - 6 * HOUR)
        return growth(recent, 6.0, earlier, WINDOW_HOURS - 6.0)

    def origins(self, refs: Sequence[str]) -> int:
        """Independent origins among these posts, counted in channels.

        Forwards and copies of one origin count once, and so do channels that post together again
        and again (see ``coordination``); channels known to be younger than
        ``young_days`` at posting do not count. A post not remembered counts by the channel
        part of its ref.
        """
        links = []
        for ref in refs:
            known = self._refs.get(ref)
            if known is None:
                links.append(Link(self._canonical(ref.partition("/")[0])))
            elif not known.young:
                links.append(known.link)
        if len(links) > 1:
            grouped = self._coordinated()
            links += [
                Link(one.channel, grouped[one.channel]) for one in links if one.channel in grouped
            ]
        return independent(links)

    def coordination(self, as_of: datetime) -> tuple[Edge, ...]:
        """Channels that post the same texts together too often for chance, as known then."""
        return self._coordination.edges(_micros(as_of))

    def _coordinated(self) -> dict[str, str]:
        """Channel → its coordinated group, looked at anew once an hour of the stream's time."""
        hour = self._newest // HOUR
        if self._groups[0] != hour:
            self._groups = (hour, groups(self._coordination.edges(hour * HOUR)))
        return self._groups[1]

    def forget(self, before: datetime) -> None:
        """Drop posts known before ``before``, but nothing that a later answer still needs."""
        self._sweep(_micros(before))

    def erase(self, erased: Erased, secret: bytes) -> None:
        """Put keyed stand-ins in the place of the digests of texts that were erased.

        What was equal stays equal, so copies still count as one origin; but nobody can try
        any longer whether a digest is that of a text, once ``secret`` is forgotten.
        """
        stand_in = {
            digest.hex(): blake2b(digest, key=secret, digest_size=len(digest)).hexdigest()
            for digest in erased.digests
        }
        state = zstandard.ZstdDecompressor().decompress(self.snapshot()).decode()
        state = _DIGEST.sub(lambda found: f'"{stand_in.get(found[1], found[1])}"', state)
        self.restore(zstandard.ZstdCompressor(level=1).compress(state.encode()))

    def snapshot(self) -> bytes:
        """The whole state; profiles and options are the constructor's."""
        state = {
            "format": _FORMAT,
            "options": asdict(self.options),
            "newest": self._newest,
            "next_sweep": self._next_sweep,
            "seen": self._seen,
            "trails": {rumour: trail.state() for rumour, trail in self._trails.items()},
            "coordination": self._coordination.state(),
            "groups": self._groups,
            "refs": [_ref_record(ref, origin) for ref, origin in self._refs.items()],
        }
        return zstandard.ZstdCompressor(level=1).compress(orjson.dumps(state))

    def restore(self, data: bytes) -> None:
        """Replace the state by that of :meth:`snapshot`.

        Raises:
            UsageError: not a snapshot, of another version, or taken under other options.
        """
        state = _unpacked(data)
        if state["options"] != asdict(self.options):
            raise UsageError("the spread snapshot has other options; rebuild from the archive")
        self._newest, self._next_sweep = state["newest"], state["next_sweep"]
        self._seen = {key: (first, last) for key, (first, last) in state["seen"].items()}
        self._trails = {key: Trail.from_state(trail) for key, trail in state["trails"].items()}
        self._refs = dict(_origin(record) for record in state["refs"])
        self._coordination.load(state["coordination"])
        self._groups = (state["groups"][0], state["groups"][1])

    @property
    def _horizon(self) -> int:
        """Sightings before it are no longer asked for."""
        slack: int = round(self.options.slack_hours * HOUR)
        return self._newest - WINDOW - slack

    def _follow(self, enriched: Enriched, sighting: Sighting, at: int) -> None:
        """Count the post and note whose origin it shares."""
        trail = self._trails.setdefault(sighting.rumour, Trail())
        link = self._link(enriched)
        language = None if enriched.lang == _UNKNOWN_LANGUAGE else enriched.lang
        whole = trail.note(link, language, at, self.options.channel_hour_links)
        known = self._refs.get(sighting.ref)
        if known is None or known.rumour != sighting.rumour:
            trail.count(at, self.options.burst_entries)
            if link.digest is not None and len(enriched.text.split()) >= WORDS_OF_A_TEXT:
                self._coordination.add(sighting.ref, link.channel, link.digest, at)
            if whole:  # in a flood the ref alone says enough: its channel
                young = self._young(enriched.post)
                self._keep(sighting.ref, _Origin(link, at, sighting.rumour, young))
        if trail.times and trail.times[0] < self._horizon - HOUR:
            trail.forget(self._horizon)

    def _link(self, enriched: Enriched) -> Link:
        forwarded = enriched.post.forward_from
        origin = None if forwarded is None else self._canonical(forwarded)
        return Link(self._canonical(enriched.post.channel), origin, enriched.digest)

    def _keep(self, ref: str, origin: _Origin) -> None:
        self._refs.pop(ref, None)
        self._refs[ref] = origin
        if len(self._refs) > self.options.max_refs:
            del self._refs[next(iter(self._refs))]

    def _canonical(self, channel: str) -> str:
        """One key for a channel, whether it is called by id or by public name."""
        key = channel.removeprefix("@").casefold()
        return self._names.get(key, key)

    def _young(self, post: Post) -> bool:
        profile = self._profiles.get(self._canonical(post.channel))
        if profile is None or profile.created_at is None:
            return False
        return post.posted_at - profile.created_at < timedelta(days=self.options.young_days)

    def _reach(self, channels: Iterable[str], as_of: datetime) -> int | None:
        """Subscribers counted no later than ``as_of``, summed; None where none are known."""
        known = [self._profiles[channel] for channel in channels if channel in self._profiles]
        sizes = [
            profile.subscribers
            for profile in known
            if profile.subscribers is not None and profile.as_of and profile.as_of <= as_of
        ]
        return sum(sizes) if sizes else None

    def _sweep(self, before: int) -> None:
        """Forget what lies before ``before`` and behind every window; once a day of the stream."""
        self._next_sweep = self._newest + _DAY
        refs_from = min(before, self._newest - round(self.options.ref_days * _DAY))
        seen_from = min(before, self._newest - round(self.options.rumour_days * _DAY))
        seen_from = min(seen_from, self._horizon)
        self._refs = {ref: origin for ref, origin in self._refs.items() if origin.at >= refs_from}
        self._coordination.forget(refs_from)
        self._trails = {
            key: trail for key, trail in self._trails.items() if self._seen[key][1] >= self._horizon
        }
        self._seen = {key: seen for key, seen in self._seen.items() if seen[1] >= seen_from}


def _hourly(trail: Trail, now: int) -> tuple[tuple[datetime, int], ...]:
    """Posts per hour of the clock with any post: the hour of ``now`` and the 71 before it."""
    start = (now // HOUR - WINDOW_HOURS + 1) * HOUR
    return tuple((_moment(hour * HOUR), n) for hour, n in trail.hourly(start - 1, now))


def _ref_record(ref: str, origin: _Origin) -> tuple[Any, ...]:
    return ref, *link_record(origin.link), origin.at, origin.rumour, origin.young


def _origin(record: list[Any]) -> tuple[str, _Origin]:
    ref, channel, origin, digest, at, rumour, young = record
    return ref, _Origin(link_of(channel, origin, digest), at, rumour, young)


def _unpacked(data: bytes) -> dict[str, Any]:
    try:
        state: dict[str, Any] = orjson.loads(zstandard.ZstdDecompressor().decompress(data))
    except (zstandard.ZstdError, orjson.JSONDecodeError) as problem:
        raise UsageError(
            "the spread snapshot cannot be read; rebuild from the archive"
        ) from problem
    if not isinstance(state, dict) or state.get("format") != _FORMAT:
        raise UsageError("the spread snapshot is of another version; rebuild from the archive")
    return state


def _micros(moment: datetime) -> int:
    """Microseconds since 1970, exactly."""
    return (moment - _EPOCH) // _MICRO


def _moment(at: int) -> datetime:
    return _EPOCH + timedelta(microseconds=at)
