"""A warning's action and a recipient → the message they are sent, in all its forms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import asin, cos, radians, sin, sqrt

from tocsin.delivery.cap import CapOptions, Earlier, cap_alert
from tocsin.delivery.language import REFERENCE, Phrases
from tocsin.delivery.wording import Occasion, Told, tell
from tocsin.model import Action, Area, Message, Recipient

_EARTH_KM = 6371.0
BETWEEN_LANGUAGES = "\n\n-- \n\n"


@dataclass(frozen=True, slots=True)
class ComposeOptions:
    """How the desk speaks.

    Args:
        cap: sender, name of the desk, scope, drill.
        languages: phrases by language code (``load_languages``).
    """

    cap: CapOptions
    languages: Mapping[str, Phrases]


def wants(recipient: Recipient, occasion: Occasion) -> bool:
    """Whether a warning's action concerns a recipient: level, community, area."""
    action = occasion.action
    if action.level < recipient.least:
        return False
    if recipient.communities and action.target not in recipient.communities:
        return False
    return not recipient.areas or any(_inside(area, occasion) for area in recipient.areas)


def compose(
    occasion: Occasion,
    recipient: Recipient,
    earlier: Sequence[Earlier],
    options: ComposeOptions,
) -> Message | None:
    """The message to one recipient; None where there is nothing to tell them.

    Updates and endings follow to whoever was told before, whatever the level has become; an
    ending goes to nobody else.

    Args:
        earlier: what this recipient was told before of the same warning and place.
    """
    action = occasion.action
    ends = action.action in (Action.CANCEL, Action.EXPIRE)
    if not earlier and (ends or not wants(recipient, occasion)):
        return None
    drill = options.cap.drill
    sender = options.cap.sender_name
    parts = [
        tell(occasion, recipient, phrases, sender, drill=drill, first=not earlier)
        for phrases in _spoken(recipient, options.languages)
    ]
    return Message(
        recipient=recipient.id,
        warning=action.id,
        number=occasion.number,
        kind=action.action,
        level=action.level,
        language=parts[0].language,
        subject=parts[0].subject,
        text=plain_text(parts),
        html=page(parts),
        cap=cap_alert(occasion, recipient, parts, earlier, options.cap),
        drill=drill,
    )


def _spoken(recipient: Recipient, languages: Mapping[str, Phrases]) -> list[Phrases]:
    """The recipient's languages that we have words for; else the reference."""
    known = [languages[code] for code in dict.fromkeys(recipient.languages) if code in languages]
    return known or [languages[REFERENCE]]


def _inside(area: Area, occasion: Occasion) -> bool:
    """Whether the circles of a recipient's area and of the town meet."""
    town = occasion.town
    apart = _distance_km(area.latitude, area.longitude, town.latitude, town.longitude)
    return apart <= area.radius_km + town.radius_km


def _distance_km(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Haversine; also across the date line and at the poles."""
    a, b = radians(lat1), radians(lat2)
    half_lat, half_lon = (b - a) / 2, radians(lon2 - lon1) / 2
    chord = sin(half_lat) ** 2 + cos(a) * cos(b) * sin(half_lon) ** 2
    return 2 * _EARTH_KM * asin(min(1.0, sqrt(chord)))


def plain_text(parts: Sequence[Told]) -> str:
    """All languages one below the other."""
    return BETWEEN_LANGUAGES.join("\n".join(_text_lines(part)) for part in parts) + "\n"


def _text_lines(part: Told) -> Iterable[str]:
    yield part.subject
    yield ""
    yield part.lead
    for heading, lines in _sections(part):
        yield ""
        yield heading
        yield from (f"- {line}" for line in lines)
    yield ""
    yield part.restriction
    yield part.sender


def _sections(part: Told) -> Iterable[tuple[str, tuple[str, ...]]]:
    sections = (part.known, part.unknown, part.unseen, part.advice)
    for heading, lines in zip(part.headings, sections, strict=True):
        if lines:
            yield heading, lines


def page(parts: Sequence[Told]) -> str:
    """One HTML page that loads nothing from anywhere."""
    body = "\n<hr>\n".join("\n".join(_html_lines(part)) for part in parts)
    title = escape(parts[0].subject)
    head = f'<meta charset="utf-8"><title>{title}</title>'
    return f"<!doctype html>\n<html><head>{head}</head>\n<body>\n{body}\n</body></html>\n"


def _html_lines(part: Told) -> Iterable[str]:
    yield f'<section lang="{escape(part.language)}">'
    yield f"<h1>{escape(part.subject)}</h1>"
    yield f"<p>{escape(part.lead)}</p>"
    for heading, lines in _sections(part):
        yield f"<h2>{escape(heading)}</h2>"
        yield f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"
    yield f"<p><small>{escape(part.restriction)}<br>{escape(part.sender)}</small></p>"
    yield "</section>"
