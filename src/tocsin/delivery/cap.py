"""A message as CAP 1.2 (OASIS, Common Alerting Protocol, 2010), section 3 rules included.

========= ============================================================================
urgency   Past: ended; Immediate: within an hour, or begun; Expected: within 24 hours;
          Future: later; Unknown: no time is known
severity  alarm: Severe; alert: Moderate; watch: Minor. Never Extreme: no machine knows
certainty :func:`certainty`
========= ============================================================================

Times are UTC, written "-00:00" as the standard asks. ``sent`` is when the action was taken, so
that what refers to it later needs no look-up. Identifiers differ by recipient, since what they
are told does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from xml.etree import ElementTree as ET

from tocsin.delivery.wording import Occasion, Told, venue_of
from tocsin.errors import UsageError
from tocsin.model import Action, Level, PlacePrecision, Recipient, WarningAction

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
RESTRICTED, PRIVATE = "Restricted", "Private"
_SEVERITY = {Level.WATCH: "Minor", Level.ALERT: "Moderate", Level.ALARM: "Severe"}
_RESPONSE = {Level.WATCH: "Monitor", Level.ALERT: "Prepare", Level.ALARM: "Avoid"}
_OVER = (Action.CANCEL, Action.EXPIRE)
_SOON, _DAY, _AFTER = timedelta(hours=1), timedelta(hours=24), timedelta(hours=6)
_NOT_IN_NAMES = re.compile(r"[\s,<&]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class CapOptions:
    """Who speaks, and to whom.

    Args:
        sender: names the desk to machines, such as ``desk@example.org``; no space, comma, < or &.
        sender_name: names it to people.
        scope: Restricted, or Private, which names the recipient. Never Public.
        drill: status Test.

    Raises:
        UsageError: the sender or the scope cannot stand in CAP.
    """

    sender: str
    sender_name: str
    scope: str = RESTRICTED
    drill: bool = False

    def __post_init__(self) -> None:
        if not self.sender or _NOT_IN_NAMES.search(self.sender):
            raise UsageError(
                f"delivery.sender {self.sender!r}: CAP allows no space, comma, < or & in it; "
                "write it as desk@example.org"
            )
        if self.scope not in (RESTRICTED, PRIVATE):
            raise UsageError(f"delivery.cap_scope {self.scope!r}: say Restricted or Private")


@dataclass(frozen=True, slots=True)
class Earlier:
    """An action that this recipient was told before: its number, and when it was taken."""

    number: int
    at: datetime


def certainty(probability: float, *, calibrated: bool) -> str:
    """CAP's word for a probability: Likely above one half, Unlikely near zero, else Possible.

    A number that is not calibrated says neither of the two extremes: it is Possible.
    """
    if not calibrated:
        return "Possible"
    if probability > 0.5:
        return "Likely"
    return "Unlikely" if probability < 0.01 else "Possible"


def urgency(action: WarningAction) -> str:
    """How soon, seen from when the action was taken."""
    if action.action in _OVER:
        return "Past"
    start, end = action.window_start, action.window_end
    if start is None:
        return "Unknown"
    if end is not None and end <= action.issued_at:
        return "Past"
    ahead = start - action.issued_at
    return "Immediate" if ahead <= _SOON else "Expected" if ahead <= _DAY else "Future"


def identifier(warning: str, number: int, recipient: str, *, drill: bool = False) -> str:
    """Unique for warning, action and recipient."""
    tag = sha256(recipient.encode()).hexdigest()[:8]
    kind = "drill-" if drill else ""
    return f"tocsin-{kind}{re.sub(r'[^A-Za-z0-9._-]', '-', warning)}-{number}-{tag}"


def cap_time(moment: datetime) -> str:
    """``2023-10-29T16:00:00-00:00``: UTC, whole seconds, no Z."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}-00:00"


def cap_alert(
    occasion: Occasion,
    recipient: Recipient,
    parts: Sequence[Told],
    earlier: Sequence[Earlier],
    options: CapOptions,
) -> str:
    """The message as XML, one info block for each language.

    Args:
        parts: what is told, by language; at least one.
        earlier: what this recipient was told of the same warning and place before; the first
            message is CAP's Alert, whatever the action, and later ones refer to all before.
    """
    root = ET.Element("alert", xmlns=NAMESPACE)
    for name, value in _header(occasion, recipient, parts[0], earlier, options):
        _add(root, name, value)
    for part in parts:
        root.append(_info(occasion, recipient, part, options))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _header(
    occasion: Occasion,
    recipient: Recipient,
    first: Told,
    earlier: Sequence[Earlier],
    options: CapOptions,
) -> Iterator[tuple[str, str]]:
    action, drill = occasion.action, options.drill
    yield "identifier", identifier(action.id, occasion.number, recipient.id, drill=drill)
    yield "sender", options.sender
    yield "sent", cap_time(action.issued_at)
    yield "status", "Test" if drill else "Actual"
    yield "msgType", _message_type(action, earlier)
    yield "scope", options.scope
    if options.scope == RESTRICTED:
        yield "restriction", first.restriction
    else:
        yield "addresses", _address(recipient.name)
    if drill:
        yield "note", first.advice[0]
    if earlier:
        yield "references", " ".join(_references(action, recipient, earlier, options))
    yield "incidents", action.id


def _message_type(action: WarningAction, earlier: Sequence[Earlier]) -> str:
    if not earlier:
        return "Alert"
    return "Cancel" if action.action is Action.CANCEL else "Update"


def _address(name: str) -> str:
    plain = " ".join(name.replace('"', "").split())
    return f'"{plain}"' if " " in plain else plain


def _references(
    action: WarningAction, recipient: Recipient, earlier: Sequence[Earlier], options: CapOptions
) -> Iterator[str]:
    for one in earlier:
        name = identifier(action.id, one.number, recipient.id, drill=options.drill)
        yield f"{options.sender},{name},{cap_time(one.at)}"


def _info(occasion: Occasion, recipient: Recipient, part: Told, options: CapOptions) -> ET.Element:
    action = occasion.action
    info = ET.Element("info")
    over = action.action in _OVER
    _add(info, "language", part.language)
    _add(info, "category", "Security")
    _add(info, "event", part.event)
    _add(info, "responseType", "None" if over else _RESPONSE.get(action.level, "Monitor"))
    _add(info, "urgency", urgency(action))
    _add(info, "severity", _SEVERITY.get(action.level, "Unknown"))
    _add(info, "certainty", certainty(action.probability, calibrated=action.calibrated))
    for name, moment in _times(action):
        _add(info, name, cap_time(moment))
    _add(info, "senderName", options.sender_name)
    _add(info, "headline", part.subject)
    _add(info, "description", "\n".join((part.lead, *_described(part))))
    _add(info, "instruction", "\n".join(part.advice))
    for name, value in _parameters(action):
        parameter = ET.SubElement(info, "parameter")
        _add(parameter, "valueName", name)
        _add(parameter, "value", value)
    area = ET.SubElement(info, "area")
    _add(area, "areaDesc", part.area)
    _add(area, "circle", _circle(occasion, recipient))
    return info


def _described(part: Told) -> Iterator[str]:
    sections = zip(part.headings, (part.known, part.unknown, part.unseen), strict=False)
    for heading, lines in sections:
        if lines:
            yield f"{heading}: {' '.join(_sentence(line) for line in lines)}"


def _sentence(line: str) -> str:
    return line if line.endswith((".", "!", "?")) else f"{line};"


def _times(action: WarningAction) -> Iterable[tuple[str, datetime]]:
    """effective <= onset < expires."""
    sent, start, end = action.issued_at, action.window_start, action.window_end
    yield "effective", sent
    if action.action in _OVER:
        yield "expires", sent + _DAY
        return
    if start is not None and start >= sent:
        yield "onset", start
    last = max(moment for moment in (sent, start, end) if moment is not None)
    timed = start is not None or end is not None
    yield "expires", max(last + _AFTER, sent if timed else sent + timedelta(hours=action.horizon_h))


def _parameters(action: WarningAction) -> Iterator[tuple[str, str]]:
    """The number behind a word goes out only where it means what it says."""
    yield "level", action.level.word
    yield "calibrated", "yes" if action.calibrated else "no"
    if action.calibrated and action.action not in _OVER:
        low, high = action.interval
        yield "probability", f"{action.probability:.3f}"
        yield "probability-interval-90", f"{low:.3f} {high:.3f}"
        yield "base-rate", f"{action.base_rate:.4f}"
        yield "horizon-hours", str(action.horizon_h)


def _circle(occasion: Occasion, recipient: Recipient) -> str:
    """The spot for those who are cleared; else the district, rounded to about ten km."""
    latitude, longitude, radius, digits = where(occasion, recipient)
    return f"{latitude:.{digits}f},{longitude:.{digits}f} {radius:g}"


def where(occasion: Occasion, recipient: Recipient) -> tuple[float, float, float, int]:
    """Latitude, longitude (degrees, WGS84), radius in km, and decimals that may be shown."""
    action, town = occasion.action, occasion.town
    cleared = recipient.clearance.place is PlacePrecision.VENUE
    if cleared and venue_of(action.place) is not None:
        return action.latitude, action.longitude, 2.0, 2
    return round(town.latitude, 1), round(town.longitude, 1), max(town.radius_km, 10.0), 1


def _add(parent: ET.Element, name: str, value: str) -> None:
    ET.SubElement(parent, name).text = _CONTROLS.sub("", value)
