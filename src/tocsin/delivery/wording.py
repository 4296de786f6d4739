"""What a recipient is told, in their language. Made from counts, places and times alone.

No text of a post, no reason written elsewhere and no name of a channel is used here, so that a
slur, a claim, a telephone number or a person's name in a post has no way into a message.
DESIGN section 6.6 and 6.7: place at district level unless cleared, the rumour by its status only,
a number only where the region is calibrated, and what is not seen here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tocsin.delivery.language import Phrases
from tocsin.model import Action, PlacePrecision, Recipient, VenueClass, Verification, WarningAction

BANDS = (
    (0.05, "unlikely"),
    (0.2, "possible"),
    (0.5, "quite possible"),
    (0.8, "likely"),
    (1.1, "very likely"),
)
"""Upper bounds of probability and their words."""

MOST_SUBJECT = 160
_A_DAY = timedelta(hours=20)
"""A window this long names a day and no hour."""

_BRACKETS = re.compile(r"\s*\([^()]*\)\s*$")
_PRIVATE = re.compile(r"[\d@/\\<>{}\n\r\t]")
"""What a town's or a venue's name never holds, but an address or a link does."""


@dataclass(frozen=True, slots=True)
class Town:
    """A place at district level.

    Args:
        name: as the gazetteer has it.
        latitude, longitude: of the whole, in degrees (WGS84).
        radius_km: around it, wide enough that no spot can be told.
        names: by language, where known.
    """

    name: str
    latitude: float
    longitude: float
    radius_km: float = 15.0
    names: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Occasion:
    """An action of a warning, with what is needed to tell it.

    Args:
        number: its place in the warning's life, from 1.
        status: what people found about the rumour behind it; None: it has none.
    """

    number: int
    action: WarningAction
    town: Town
    status: Verification | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """One language's part of a message."""

    language: str
    subject: str
    lead: str
    known: tuple[str, ...]
    unknown: tuple[str, ...]
    unseen: tuple[str, ...]
    advice: tuple[str, ...]
    headings: tuple[str, str, str, str]
    event: str
    area: str
    restriction: str
    sender: str


def band(probability: float) -> str:
    """The word for a probability."""
    return next(word for bound, word in BANDS if probability < bound)


def tell(
    occasion: Occasion,
    recipient: Recipient,
    phrases: Phrases,
    desk: str,
    *,
    drill: bool,
    first: bool = False,
) -> Told:
    """One language's part of what this recipient is told.

    Args:
        first: they were told nothing of it before, so that there is nothing to update.
    """
    action, audience = occasion.action, recipient.clearance.wording.value
    kind, level = action.action.value, action.level.word
    if first and action.action is Action.UPDATE:
        kind = Action.ISSUE.value
    said = _said(occasion, recipient, phrases, drill=drill)
    over = action.action in (Action.CANCEL, Action.EXPIRE)
    note = (phrases["drill_note"],) if drill else ()
    headings = phrases["headings"]
    reference = f"{action.id}/{occasion.number}"
    return Told(
        language=phrases["language"],
        subject=_cut(phrases["subject"][kind].format_map(said)),
        lead=" ".join((*note, phrases["lead"][audience][kind].format_map(said))),
        known=() if over else tuple(_known(action, phrases)),
        unknown=() if over else tuple(_unknown(occasion, recipient, phrases)),
        unseen=_unseen(action, phrases),
        advice=(*note, *phrases["advice"][audience][kind]),
        headings=(
            headings["known"],
            headings["unknown"],
            headings["unseen"],
            headings["advice"],
        ),
        event=phrases["event_expired"] if over else phrases["events"].get(level, level),
        area=phrases["area"].format(place=town_name(occasion.town, phrases["language"])),
        restriction=phrases["restriction"],
        sender=phrases["sender"].format(desk=desk, reference=reference),
    )


def _said(
    occasion: Occasion, recipient: Recipient, phrases: Phrases, *, drill: bool
) -> dict[str, str]:
    action = occasion.action
    when = _when(action, phrases)
    return {
        "drill": phrases["drill"] if drill else "",
        "level": phrases["levels"].get(action.level.word, action.level.word),
        "group": phrases["groups"].get(action.target, action.target),
        "place": place_name(occasion, recipient, phrases),
        "when": when,
        "when_or_soon": when or phrases["when_unknown"],
    }


def town_name(town: Town, language: str) -> str:
    """The town in a language, or as the gazetteer has it."""
    return dict(town.names).get(language, town.name)


def place_name(occasion: Occasion, recipient: Recipient, phrases: Phrases) -> str:
    """The district, or for those cleared the kind of spot in it; never an address."""
    town = town_name(occasion.town, phrases["language"])
    venue = venue_of(occasion.action.place)
    cleared = recipient.clearance.place is PlacePrecision.VENUE
    if not cleared or venue is None or _PRIVATE.search(occasion.action.place):
        return town
    word = phrases["venues"][venue.value]
    return str(phrases["venue_place"].format(place=town, venue=word))


def venue_of(label: str) -> VenueClass | None:
    """The kind of spot at the end of a warning's place; a street is none: people live there.

    What stands in brackets behind it, as the name of an airport does, is passed over.
    """
    lowered = _BRACKETS.sub("", label).lower()
    for venue in VenueClass:
        if venue is not VenueClass.STREET and lowered.endswith(venue.value.replace("_", " ")):
            return venue
    return None


def _known(action: WarningAction, phrases: Phrases) -> list[str]:
    known, signals = phrases["known"], phrases["signals"]
    found = [known["call"]] if action.called else []
    found += [known["inherited"]] if action.inherited and action.called else []
    found += [signals[name] for name, share in action.shares if share and name in signals]
    found.append(known["posts"].format(count=len(action.posts)))
    return [*dict.fromkeys(found), _likelihood(action, phrases)]


def _likelihood(action: WarningAction, phrases: Phrases) -> str:
    """A number with its interval, base rate and time, or a word and why there is no number."""
    low, high = action.interval
    form = phrases["known"]["calibrated" if action.calibrated else "uncalibrated"]
    return str(
        form.format(
            hours=action.horizon_h,
            percent=_percent(action.probability),
            low=_percent(low),
            high=_percent(high),
            base=_percent(action.base_rate),
            band=phrases["bands"][band(action.probability)],
            as_of=f"{action.issued_at.astimezone(UTC):%Y-%m-%d %H:%M}",
        )
    )


def _percent(probability: float) -> str:
    return f"{100 * probability:.0f}" if probability >= 0.1 else f"{100 * probability:.1f}"


def _unknown(occasion: Occasion, recipient: Recipient, phrases: Phrases) -> list[str]:
    unknown = phrases["unknown"]
    status = "none" if occasion.status is None else occasion.status.value
    found = [phrases["status"][status], unknown["outcome"]]
    if occasion.action.window_start is None:
        found.append(unknown["time"])
    if recipient.clearance.place is PlacePrecision.DISTRICT:
        found.append(unknown["spot"])
    return found


def _unseen(action: WarningAction, phrases: Phrases) -> tuple[str, ...]:
    """What is never seen, and whether more went unread; the counts stay at the desk."""
    standing = tuple(phrases["unseen"]["standing"])
    more = len(action.unseen) > len(standing)
    return (*standing, phrases["unseen"]["more"]) if more else standing


def _when(action: WarningAction, phrases: Phrases) -> str:
    start, end = action.window_start, action.window_end
    if start is None or action.action in (Action.CANCEL, Action.EXPIRE):
        return ""
    zone = _zone(action.zone)
    local = start.astimezone(zone or UTC)
    hour = "when_at" if zone is not None else "when_at_utc"
    form = phrases["when_day" if _is_day(start, end) else hour]
    month = phrases["months"][local.month - 1]
    return str(form.format(time=f"{local:%H:%M}", day=local.day, month=month))


def _is_day(start: datetime, end: datetime | None) -> bool:
    return end is not None and end - start >= _A_DAY


def _zone(name: str) -> tzinfo | None:
    """The place's zone; None where it is not known, so that no hour is called local."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _cut(line: str) -> str:
    """One line of at most 160 characters."""
    one = " ".join(line.split())
    return one if len(one) <= MOST_SUBJECT else f"{one[: MOST_SUBJECT - 1].rstrip()}…"
