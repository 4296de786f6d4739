"""The rules of CAP 1.2 written out from the specification; knows nothing of what wrote the file.

Numbers in comments are sections of OASIS CAP-v1.2-os (2010): 3.2 the data dictionary, 3.4 the
schema with its order of elements, 4.2 conformance.
"""

from __future__ import annotations

import re
from datetime import datetime
from xml.etree import ElementTree as ET

NS = "{urn:oasis:names:tc:emergency:cap:1.2}"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d")
NAME = re.compile(r"[^\s,<&]+")
ORDER = {
    "alert": [
        "identifier",
        "sender",
        "sent",
        "status",
        "msgType",
        "source",
        "scope",
        "restriction",
        "addresses",
        "code",
        "note",
        "references",
        "incidents",
        "info",
    ],
    "info": [
        "language",
        "category",
        "event",
        "responseType",
        "urgency",
        "severity",
        "certainty",
        "audience",
        "eventCode",
        "effective",
        "onset",
        "expires",
        "senderName",
        "headline",
        "description",
        "instruction",
        "web",
        "contact",
        "parameter",
        "resource",
        "area",
    ],
    "area": ["areaDesc", "polygon", "circle", "geocode", "altitude", "ceiling"],
    "parameter": ["valueName", "value"],
}
MANY = {
    "alert": {"code", "info"},
    "info": {"category", "responseType", "eventCode", "parameter", "resource", "area"},
    "area": {"polygon", "circle", "geocode"},
    "parameter": set(),
}
NEEDED = {
    "alert": {"identifier", "sender", "sent", "status", "msgType", "scope"},
    "info": {"category", "event", "urgency", "severity", "certainty"},
    "area": {"areaDesc"},
    "parameter": {"valueName", "value"},
}
WORDS = {
    "status": "Actual Exercise System Test Draft",
    "msgType": "Alert Update Cancel Ack Error",
    "scope": "Public Restricted Private",
    "category": "Geo Met Safety Security Rescue Fire Health Env Transport Infra CBRNE Other",
    "responseType": "Shelter Evacuate Prepare Execute Avoid Monitor Assess AllClear None",
    "urgency": "Immediate Expected Future Past Unknown",
    "severity": "Extreme Severe Moderate Minor Unknown",
    "certainty": "Observed Likely Possible Unlikely Unknown",
}


def breaches(xml: str) -> list[str]:
    """What in a CAP file breaks the specification; empty where it conforms."""
    root = ET.fromstring(xml.encode())
    if root.tag != f"{NS}alert":
        return [f"the root is {root.tag}"]
    found = [*_element(root, "alert"), *_alert(root)]
    infos = root.findall(f"{NS}info")
    for info in infos:
        found += [*_element(info, "info"), *_info(info, root)]
        for name in ("area", "parameter"):
            for child in info.findall(f"{NS}{name}"):
                found += _element(child, name)
        for area in info.findall(f"{NS}area"):
            found += _area(area)
    found += _same_in_all(infos)
    return found


def _names(element: ET.Element) -> list[str]:
    return [child.tag.removeprefix(NS) for child in element]


def _element(element: ET.Element, kind: str) -> list[str]:
    """3.4: an xs:sequence, so the order binds; and how often each may come."""
    names, order = _names(element), ORDER[kind]
    found = [f"{kind} may not hold {name}" for name in names if name not in order]
    places = [order.index(name) for name in names if name in order]
    found += [f"{kind}: order"] * (places != sorted(places))
    found += [f"{kind} lacks {name}" for name in NEEDED[kind] - set(names)]
    single = {name for name in names if names.count(name) > 1} - MANY[kind]
    found += [f"{kind} has {name} twice" for name in single]
    for child in element:
        name = child.tag.removeprefix(NS)
        if name in WORDS and (child.text or "") not in WORDS[name].split():
            found.append(f"{name} is {child.text}")
        if not len(child) and not (child.text or "").strip():
            found.append(f"{name} is empty")
    return found


def _text(element: ET.Element, name: str) -> str | None:
    return element.findtext(f"{NS}{name}")


def _alert(root: ET.Element) -> list[str]:
    """3.2.1."""
    found = [
        f"{name} holds a space, a comma, < or &"
        for name in ("identifier", "sender")
        if not NAME.fullmatch(_text(root, name) or "")
    ]
    if not TIME.fullmatch(_text(root, "sent") or ""):
        found.append("sent is no time of CAP")
    scope = _text(root, "scope")
    if (scope == "Restricted") != (_text(root, "restriction") is not None):
        found.append("restriction goes with Restricted and with nothing else")
    if scope == "Private" and _text(root, "addresses") is None:
        found.append("Private needs addresses")
    kind, references = _text(root, "msgType"), _text(root, "references")
    if kind in ("Update", "Cancel", "Ack", "Error") and references is None:
        found.append(f"{kind} needs references")
    for one in (references or "").split():
        parts = one.split(",")
        if len(parts) != 3 or not TIME.fullmatch(parts[2]):
            found.append(f"reference {one} is not sender,identifier,sent")
    if _text(root, "status") == "Exercise" and _text(root, "note") is None:
        found.append("an exercise needs a note")
    return found


def _info(info: ET.Element, root: ET.Element) -> list[str]:
    """3.2.2; and the Google profile: expires, description, area, a headline of 160 characters."""
    found = []
    times = {name: _text(info, name) for name in ("effective", "onset", "expires")}
    for name, value in times.items():
        if value is not None and not TIME.fullmatch(value):
            found.append(f"{name} is no time of CAP")
    needed = ("expires", "description", "area", "headline", "language")
    found += [f"info lacks {name}" for name in needed if info.find(f"{NS}{name}") is None]
    if len(_text(info, "headline") or "") > 160:
        found.append("the headline is too long")
    if len(_text(info, "event") or "") > 35:
        found.append("the event is too long")
    said = [_text(root, "sent"), *times.values()]
    moments = [_moment(value) for value in said if value is not None]
    if moments != sorted(moments) or moments[-1] <= moments[0]:
        found.append("not sent <= effective <= onset < expires")
    return found


def _moment(value: str) -> datetime:
    return datetime.fromisoformat(value.replace("-00:00", "+00:00"))


def _same_in_all(infos: list[ET.Element]) -> list[str]:
    """3.2.2: blocks of one message in several languages say the same."""
    names = ("category", "urgency", "severity", "certainty", "expires", "onset", "responseType")
    found = [f"{n} differs by language" for n in names if len({_text(i, n) for i in infos}) > 1]
    languages = [_text(info, "language") for info in infos]
    return found + ["a language twice"] * (len(set(languages)) != len(languages))


def _area(area: ET.Element) -> list[str]:
    """3.2.4."""
    found = []
    for circle in area.findall(f"{NS}circle"):
        match = re.fullmatch(
            r"(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?) (\d+(?:\.\d+)?)", circle.text or ""
        )
        if match is None or abs(float(match[1])) > 90 or abs(float(match[2])) > 180:
            found.append(f"circle {circle.text}")
    for polygon in area.findall(f"{NS}polygon"):
        pairs = (polygon.text or "").split()
        if len(pairs) < 4 or pairs[0] != pairs[-1]:
            found.append("a polygon is closed and has four pairs at least")
    return found
