"""How rumours move, from their sightings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime

from tocsin.clock import micros, moment_at
from tocsin.model import ChannelProfile, Enriched, Erased, Post, Sighting, Spread
from tocsin.spread.channels import Channels
from tocsin.spread.coordination import Coordination
from tocsin.spread.edges import Edge
from tocsin.spread.independence import Link
from tocsin.spread.options import DAY, HOUR, WINDOW_HOURS, SpreadOptions
from tocsin.spread.origins import Origin, OriginMemory, Rules, Tally, Ties, ties_of
from tocsin.spread.rate import Growth, growth
from tocsin.spread.state import packed, unpacked, with_stand_ins
from tocsin.spread.trail import WINDOW, Trace, Trail
from tocsin.spread.volume import Volume

_UNKNOWN_LANGUAGE = "und"
_RECENT = 6 * HOUR
WORDS_OF_A_TEXT = 5
"""Shorter texts are shared by chance."""


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
        self._newest = self._next_sweep = -(2**62)
        self._seen: dict[str, tuple[int, int]] = {}
        self._trails: dict[str, Trail] = {}
        self._channels = Channels(profiles, self.options)
        self._volume = Volume(self.options)
        self._posts = OriginMemory(self.options.max_refs)
        self._coordination = Coordination()
        self._ties_from = -1
        self._rules = Rules(Ties(), self._channels.newcomer)

    def add(self, enriched: Enriched, sighting: Sighting, towns: Sequence[str] = ()) -> None:
        """Take in one sighting; a new version of a post already counted is not counted again.

        Args:
            towns: ids of the places it names (see ``towns_named``).
        """
        at = micros(sighting.known_at)
        if enriched.post.is_tip:  # no channel spreads it, and it is nobody's independent origin
            link = Link(self._channels.canonical(enriched.post.channel))
            self._posts.keep(sighting.ref, Origin(link, at, sighting.rumour, young=True))
            return
        self._newest = max(self._newest, at)
        first, last = self._seen.get(sighting.rumour, (at, at))
        self._seen[sighting.rumour] = (min(first, at), max(last, at))
        trace = self._trace(enriched, at, tuple(towns))
        if self._channels.note(trace.link.channel, at):
            self._rules = replace(self._rules)  # counted by other facts from here on
        if not sighting.late and sighting.version == 1:
            self._volume.add(at)
        if at >= self._horizon:  # else no later question can see it
            self._follow(enriched, sighting, trace, at)
        if self._newest >= self._next_sweep:
            self._sweep(self._newest)

    def spread(self, rumour_id: str, as_of: datetime) -> Spread:
        """The rumour's spread at ``as_of``.

        Exact where ``as_of`` is at most ``slack_hours`` older than the newest post. A rumour
        with no sighting by then reads zero posts and first seen ``as_of``.
        """
        now = micros(as_of)
        trail = self._trails.get(rumour_id, Trail())
        first = min(now, self._seen.get(rumour_id, (now, now))[0])
        circle = trail.circle(now, self._rules_at(now))
        last_6h, usual, before, usual_before = self._rates(trail, now)
        return Spread(
            rumour=rumour_id,
            as_of=as_of,
            posts_1h=trail.posts(now - HOUR, now),
            posts_6h=last_6h,
            posts_24h=trail.posts(now - DAY, now),
            channels=len(circle.channels),
            independent_channels=circle.origins.count,
            languages=len(circle.languages),
            growth=(last_6h + 0.5) / (before * usual / usual_before + 0.5),
            reach=self._channels.reach(circle.channels, as_of),
            first_seen=moment_at(first),
            hourly=_hourly(trail, now),
            towns=len(circle.towns),
        )

    def growth(self, rumour_id: str, as_of: datetime) -> Growth:
        """Rate of the last 6 h over that of the 66 h before, with its 90 % interval.

        Asked for apart from :meth:`spread`, so that it costs nothing per post. Exact where
        ``spread`` is.
        """
        now = micros(as_of)
        return growth(*self._rates(self._trails.get(rumour_id, Trail()), now))

    def origins(self, refs: Sequence[str]) -> int:
        """Independent origins among these posts, counted in channels.

        Forwards and copies of one origin count once, and so do channels that post together again
        and again (see ``coordination``) and all newcomers (see ``origins``); channels known to be
        younger than ``young_days`` at posting do not count. A post not remembered counts by the
        channel part of its ref.
        """
        rules = self._rules_at(self._newest) if len(refs) > 1 else Rules(Ties(), lambda *_: False)
        tally = Tally(rules.ties)
        for ref in refs:
            known = self._posts.get(ref) or self._unremembered(ref)
            if not known.young:
                newcomer = rules.newcomer(known.link.channel, known.at)
                tally.add(known.link, newcomer=newcomer)
        return tally.count

    def newcomer(self, post: Post) -> bool:
        """Whether its channel, of unknown age, was first seen lately in an older stream."""
        channel = self._channels.canonical(post.channel)
        return self._channels.newcomer(channel, micros(post.known_at))

    def coordination(self, as_of: datetime) -> tuple[Edge, ...]:
        """Channels that post the same texts together too often for chance, as known then."""
        return self._coordination.edges(micros(as_of))

    def forget(self, before: datetime) -> None:
        """Drop posts known before ``before``, but nothing that a later answer still needs."""
        self._sweep(micros(before))

    def erase(self, erased: Erased, secret: bytes) -> None:
        """Put keyed stand-ins in the place of the digests of texts that were erased.

        What was equal stays equal, so copies still count as one origin; but nobody can try
        any longer whether a digest is that of a text, once ``secret`` is forgotten.
        """
        self.restore(with_stand_ins(self.snapshot(), erased.digests, secret))

    def snapshot(self) -> bytes:
        """The whole state; profiles and options are the constructor's."""
        return packed(
            {
                "options": asdict(self.options),
                "newest": self._newest,
                "next_sweep": self._next_sweep,
                "seen": self._seen,
                "trails": {rumour: trail.state() for rumour, trail in self._trails.items()},
                "channels": self._channels.state(),
                "volume": self._volume.state(),
                "coordination": self._coordination.state(),
                "ties": (self._ties_from, asdict(self._rules.ties)),
                "posts": self._posts.state(),
            }
        )

    def restore(self, data: bytes) -> None:
        """Replace the state by that of :meth:`snapshot`.

        Raises:
            UsageError: not a snapshot, of another version, or taken under other options.
        """
        state = unpacked(data, asdict(self.options))
        self._newest, self._next_sweep = state["newest"], state["next_sweep"]
        self._seen = {key: (first, last) for key, (first, last) in state["seen"].items()}
        self._trails = {key: Trail.from_state(trail) for key, trail in state["trails"].items()}
        self._channels.load(state["channels"])
        self._volume.load(state["volume"])
        self._posts.load(state["posts"])
        self._coordination.load(state["coordination"])
        self._ties_from = state["ties"][0]
        self._rules = Rules(Ties(**state["ties"][1]), self._channels.newcomer)

    @property
    def _horizon(self) -> int:
        """Sightings before it are no longer asked for."""
        slack: int = round(self.options.slack_hours * HOUR)
        return self._newest - WINDOW - slack

    def _rates(self, trail: Trail, now: int) -> tuple[int, float, int, float]:
        """Posts of the last 6 h and the usual hours in them; the same of the 66 h before."""
        recent, start = now - _RECENT, now - WINDOW
        return (
            trail.posts(recent, now),
            self._volume.usual_hours(recent, now, now),
            trail.posts(start, recent),
            self._volume.usual_hours(start, recent, now),
        )

    def _rules_at(self, now: int) -> Rules:
        """Rules with the groups as of the full hour; looked at once an hour of the stream."""
        hour = min(now, self._newest) // HOUR
        if self._ties_from != hour:
            self._ties_from = hour
            edges = self._coordination.edges(hour * HOUR)
            ties = ties_of(edges, lambda channel: self._fresh(channel, hour * HOUR))
            if ties != self._rules.ties:  # else what was counted under the old ones holds
                self._rules = replace(self._rules, ties=ties)
        return self._rules

    def _fresh(self, channel: str, at: int) -> bool:
        return self._channels.young(channel, at) or self._channels.newcomer(channel, at)

    def _unremembered(self, ref: str) -> Origin:
        """A post that is old, or was one of a flood: its channel says enough."""
        channel = self._channels.canonical(ref.partition("/")[0])
        young = self._channels.young(channel, self._newest)
        return Origin(Link(channel), self._newest, "", young)

    def _trace(self, enriched: Enriched, at: int, towns: tuple[str, ...]) -> Trace:
        post = enriched.post
        channel, forwarded = self._channels.canonical(post.channel), post.forward_from
        origin = None if forwarded is None else self._channels.canonical(forwarded)
        return Trace(
            link=Link(channel, origin, enriched.digest),
            hour=at // HOUR,
            language=None if enriched.lang == _UNKNOWN_LANGUAGE else enriched.lang,
            towns=towns,
            young=self._channels.young(channel, micros(post.posted_at)),
        )

    def _follow(self, enriched: Enriched, sighting: Sighting, trace: Trace, at: int) -> None:
        """Count the post and note whose origin it shares."""
        trail, link = self._trails.setdefault(sighting.rumour, Trail()), trace.link
        whole = trail.note(trace, at, self.options.channel_hour_links)
        known = self._posts.get(sighting.ref)
        if known is None or known.rumour != sighting.rumour:
            trail.count(at, self.options.burst_entries)
            if link.digest is not None and len(enriched.text.split()) >= WORDS_OF_A_TEXT:
                self._coordination.add(sighting.ref, link.channel, link.digest, at)
            if whole:  # in a flood the ref alone says enough: its channel
                self._posts.keep(sighting.ref, Origin(link, at, sighting.rumour, trace.young))
        if trail.times and trail.times[0] < self._horizon - HOUR:
            trail.forget(self._horizon)

    def _sweep(self, before: int) -> None:
        """Forget what lies before ``before`` and behind every window; once a day of the stream."""
        self._next_sweep = self._newest + DAY
        refs_from = min(before, self._newest - round(self.options.ref_days * DAY))
        seen_from = min(before, self._newest - round(self.options.rumour_days * DAY))
        seen_from = min(seen_from, self._horizon)
        self._posts.forget(refs_from)
        self._coordination.forget(refs_from - HOUR)  # it looks at whole hours
        self._volume.forget(self._newest)
        self._trails = {
            key: trail for key, trail in self._trails.items() if self._seen[key][1] >= self._horizon
        }
        self._seen = {key: seen for key, seen in self._seen.items() if seen[1] >= seen_from}


def _hourly(trail: Trail, now: int) -> tuple[tuple[datetime, int], ...]:
    """Posts per hour of the clock with any post: the hour of ``now`` and the 71 before it."""
    start = (now // HOUR - WINDOW_HOURS + 1) * HOUR
    return tuple((moment_at(hour * HOUR), n) for hour, n in trail.hourly(start - 1, now))
