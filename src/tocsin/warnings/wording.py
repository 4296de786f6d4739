"""Reasons in plain words. The claim itself, a slur or a post's text never appears.

A language is one table of phrases in ``LANGUAGES``; ``ENGLISH`` is the reference.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tocsin.model import FieldReport, Forecast, Granularity, PlaceMention, Situation, Spread
from tocsin.warnings.window import Window, called_window

Phrases = Mapping[str, str]

ENGLISH: Phrases = {
    "call": "A call to gather at {place}{when}",
    "weak_call": "A call to gather at {place}{when}, tied to hostility only by {tie}",
    "hostile_act": "{hostile} hostile {posts} against {target} about {city}",
    "hostility_inherited": (
        "The call {names}: hostility inherited from {hostile} earlier {posts} of {whose} "
        "(marked inherited)"
    ),
    "directed": "A hostile post names a spot there ({venue})",
    "channels": "Posted in {channels} independent channels",
    "uptake": "Replies and posts that say they are coming: {uptake}",
    "event_nearby": "Violence against {target} reported nearby {event_by}",
    "nearby": "Hostile posts or calls against {target} at places nearby",
    "growth": "{pace}",
    "support": "{support} independent {support_by} allegations against {target}",
    "preparation": "Preparations are spoken of",
    "target_marking": "A spot is marked as a target",
    "arrival": "Somebody is said to arrive there",
    "standing_aside": "Police are said to look away",
    "ultimatum": "An ultimatum is set",
    "ultimatum_due": "An ultimatum runs out within {horizon} hours",
    "retargeting": "A called hour here or nearby has just passed: a crowd may go on from there",
    "trigger": "An incident there is ascribed to {target}",
    "fear": "Posts tell of fears and closures among {target}",
    "calm": "Denials, appeals or reports of calm: {calming}",
    "confirmed": "Confirmed by a person {confirmed_where}",
    "peaceful_met": "A peaceful gathering at the same place and time could be met by it",
    "denials": "Denials or appeals for calm: {denials} (shown; they lower nothing)",
    "ground": "Seen on the ground at {at}: {seen}",
    "ground_calm": (
        "Seen on the ground at {at}: {seen} (shown; lowers nothing before a called hour)"
    ),
    "pace": "{posts_24h} {posts} in {channels} independent {channel_word} in 24 hours",
    "pace_towns": "naming {towns} places in 72 hours",
    "pace_growth": "{growth} times the usual rate",
    "escalated": "Nobody has acknowledged it; told again, {step}. time",
    "expired_window": "The called time has passed",
    "expired_silence": "Nothing new for {hours} hours",
    "expired_fallen": "What stood behind it has faded",
    "cancelled": "Dismissed by a person at the desk",
}

LANGUAGES: Mapping[str, Phrases] = {"en": ENGLISH}
"""Phrases by ISO 639-1 code; another language is another table."""

STANDING_UNSEEN = (
    "closed groups and private chats",
    "other platforms",
    "voice messages and images without text",
)
"""What no warning can see, said in every one of them."""

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

_INSIDE_ANOTHER = frozenset({"call_timed", "call_soon", "hostile_posts"})
"""Terms that another term's phrase already tells."""


def reasons(
    situation: Situation,
    forecast: Forecast,
    spreads: Mapping[str, Spread],
    phrases: Phrases = ENGLISH,
) -> tuple[str, ...]:
    """Reasons by the share they have in the score, the most weighty first."""
    said = facts(situation, spreads, forecast, phrases)
    told = [
        phrases[term.name].format_map(said) if term.name in phrases else term.text
        for term in forecast.terms
        if term.name not in _INSIDE_ANOTHER and term.value > 0
    ]
    pace = said["pace"]
    if pace and pace not in told:
        told.append(pace)
    if situation.denial_refs:
        told.append(phrases["denials"].format_map(said))
    told.extend(_seen(report, phrases) for report in situation.reports)
    return tuple(told)


def facts(
    situation: Situation, spreads: Mapping[str, Spread], forecast: Forecast, phrases: Phrases
) -> dict[str, str]:
    """What the phrases are filled with."""
    as_of, horizon_h = forecast.origin_time, forecast.horizon_h
    hostile = len(situation.hostile_refs)
    venue = situation.place.venue
    return {
        "place": place_label(situation.place),
        "city": situation.place.name,
        "venue": venue.value.replace("_", " ") if venue is not None else "venue",
        "target": situation.target.group,
        "when": _when(called_window(situation, as_of), situation.place.time_zone, as_of),
        "tie": "the place" if situation.hostile_refs else "an allegation",
        "hostile": str(hostile),
        "posts": _posts(str(hostile)),
        "names": "names no group" if situation.target.inherited else "makes no threat",
        "whose": _whose(situation),
        "channels": str(situation.independent_channels),
        "uptake": str(len(situation.uptake_refs)),
        "support": str(situation.support_channels),
        "support_by": "channel spreads" if situation.support_channels == 1 else "channels spread",
        "calming": str(
            len(situation.denial_refs) + sum(one.seen.calms for one in situation.reports)
        ),
        "event_by": "by independent channels" if situation.event_refs else "from the ground",
        "confirmed_where": _confirmed_where(situation),
        "denials": str(len(situation.denial_refs)),
        "horizon": str(horizon_h),
        "pace": _pace(situation.rumours, spreads, phrases),
    }


def _confirmed_where(situation: Situation) -> str:
    by_report = (situation.confirmed_by or "").startswith("report ")
    return "on the ground" if by_report else "at the desk"


def _seen(report: FieldReport, phrases: Phrases) -> str:
    """A report in one line: what, by which role, how it is graded; never its words."""
    phrase = phrases["ground_calm" if report.seen.calms else "ground"]
    return phrase.format(at=f"{report.seen_at:%d %b %H:%M} UTC", seen=str(report))


def place_label(place: PlaceMention) -> str:
    """The place with its venue, e.g. ``Makhachkala airport``."""
    if place.venue is None:
        return place.name
    venue = place.venue.value.replace("_", " ")
    return place.name if venue in place.name.lower() else f"{place.name} {venue}"


def _posts(count: str) -> str:
    return "post" if count == "1" else "posts"


def _whose(situation: Situation) -> str:
    """Whose posts the hostility was inherited from."""
    of_calls = set(map(_channel, situation.call_refs))
    of_hostile = set(map(_channel, situation.hostile_refs))
    if of_hostile and of_hostile <= of_calls:
        return "the same channel" if len(of_hostile) == 1 else "the same channels"
    count = len(of_hostile)
    return f"{count} {'channel' if count == 1 else 'channels'}"


def _channel(ref: str) -> str:
    return ref.rpartition("/")[0]


def _pace(rumours: Iterable[str], spreads: Mapping[str, Spread], phrases: Phrases) -> str:
    """How the strongest rumour that is known to move moves."""
    spread = next((spreads[r] for r in rumours if r in spreads and spreads[r].posts_24h > 1), None)
    if spread is None:
        return ""
    count = spread.independent_channels
    text = phrases["pace"].format(
        posts_24h=spread.posts_24h,
        posts=_posts(str(spread.posts_24h)),
        channels=count,
        channel_word="channel" if count == 1 else "channels",
    )
    if spread.towns > 1:
        text = f"{text}, {phrases['pace_towns'].format(towns=spread.towns)}"
    if spread.growth < 1.5:
        return text
    return f"{text}, {phrases['pace_growth'].format(growth=f'{spread.growth:.1f}')}"


def _when(window: Window | None, zone: str, as_of: datetime) -> str:
    """ " at 19:00 local time (in 6 h 30 min)", or the day where no hour is known."""
    if window is None:
        return ""
    zone_info, clock = _zone(zone)
    local = window.start.astimezone(zone_info)
    day = f"{local.day} {MONTHS[local.month - 1]}"
    if window.granularity in (Granularity.DAY, Granularity.WEEK):
        return f" {'on' if window.granularity is Granularity.DAY else 'in the week of'} {day}"
    about = "about " if window.granularity is Granularity.DAY_PART else ""
    return f" at {about}{local:%H:%M} {clock} on {day} ({_ahead(window.start - as_of)})"


def _zone(name: str) -> tuple[tzinfo, str]:
    """The place's zone and how to call its clock; UTC where the zone is not known."""
    try:
        return ZoneInfo(name), "local time"
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC, "UTC"


def _ahead(span: timedelta) -> str:
    minutes = round(abs(span.total_seconds()) / 60)
    hours, rest = divmod(minutes, 60)
    length = f"{hours} h {rest} min" if hours and rest else f"{hours} h" if hours else f"{rest} min"
    return f"in {length}" if span > timedelta(0) else f"{length} ago"
