"""What the demo tells a person: rumours first, then what would have been warned when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tocsin.delivery.compose import BETWEEN_LANGUAGES
from tocsin.demo.drill import CAP_NAME, TEXT_NAME
from tocsin.demo.render import ZONE
from tocsin.demo.run import DemoResult
from tocsin.desk.call_card import Matter, script
from tocsin.model import CallCard, Contact, Message
from tocsin.risk import haversine_km

Show = Callable[[str, str], None]
_BARS = " ▁▂▃▄▅▆▇█"
_NEAR_KM = 15.0
_ENDED = {"cancel": "cancelled:", "expire": "ended:"}


@dataclass(frozen=True, slots=True)
class Reported:
    """An event as public reporting has it; compared with, never used by the pipeline."""

    what: str
    latitude: float
    longitude: float
    start: datetime
    firm: bool


def _local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2023, 10, day, hour, minute, tzinfo=ZONE)


EVENTS = (
    Reported("Cherkessk: rally, demand to expel", 44.223, 42.058, _local(28, 15, 30), False),
    Reported("Makhachkala: small rally", 42.985, 47.505, _local(28, 17), False),
    Reported("Khasavyurt: crowd at a hotel", 43.251, 46.588, _local(28, 20), False),
    Reported("Nalchik: arson", 43.485, 43.607, _local(29, 3, 30), False),
    Reported("Makhachkala airport: mob", 42.817, 47.652, _local(29, 19), True),
)


def show_result(result: DemoResult, show: Show) -> None:
    """Print the whole result."""
    _show_intake(result, show)
    _show_rumours(result.rumours, show)
    _show_warnings(result.warnings, show)
    _show_lead(result.warnings, show)
    _show_call_card(result.warnings, show)


def _show_intake(result: DemoResult, show: Show) -> None:
    damaged = len(result.archive.problems)
    state = "verified" if not damaged else f"{damaged} PROBLEMS"
    channels = len(result.channels)
    show(f"{result.posts} posts of {channels} channels read; archive of evidence {state}", "")


def _show_rumours(rumours: Sequence[dict[str, Any]], show: Show) -> None:
    show("\nThe rumours behind the warnings", "bold")
    for row in rumours[:6]:
        first, last = (datetime.fromisoformat(row[k]) for k in ("first_seen", "last_seen"))
        channels = {sighting["channel"] for sighting in row["sightings"]}
        languages = sorted({sighting["lang"] for sighting in row["sightings"]})
        show(
            f"  {row['id']}  first seen {_clock(first)} in {row['first_ref']}; "
            f"{_counted(row['posts'], 'post')}, {_counted(len(channels), 'channel')}, "
            f"{'+'.join(languages)}, "
            f"last {_clock(last)}",
            "",
        )
        show(f"      {_by_day(row['sightings'])}  posts a day, 11 to 29 October", "cyan")


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _by_day(sightings: Sequence[dict[str, Any]]) -> str:
    moments = [datetime.fromisoformat(sighting["known_at"]) for sighting in sightings]
    counts = Counter(moment.astimezone(ZONE).date() for moment in moments)
    days = [_local(11, 0).date() + timedelta(days=n) for n in range(19)]
    top = max(counts.values(), default=1)
    return "".join(_BARS[-(-counts[day] * (len(_BARS) - 1) // top)] for day in days)


def _show_warnings(lines: Sequence[dict[str, Any]], show: Show) -> None:
    show("\nWhat would have been warned, when (local time, UTC+3)", "bold")
    level: dict[str, str] = {}
    for line in lines:
        if line["action"] == "update" and level.get(line["id"]) == line["level"]:
            continue
        level[line["id"]] = line["level"]
        at = _clock(datetime.fromisoformat(line["issued_at"]))
        called = _called(line)
        style = {"watch": "yellow", "alert": "bold red", "alarm": "bold white on red"}
        telling = line["action"] in ("issue", "update")
        word = f"{line['level'].upper():5}" if telling else _ENDED[line["action"]]
        head = f"  {at}  {word}  {line['place']}, against {line['target']}{called}"
        show(head, style.get(line["level"], "") if telling else "dim")
        if telling:
            for reason in line["why"][:3]:
                show(f"        - {reason}", "")
            show(f"        rests on {', '.join(line['posts'][:3])}", "dim")


def _called(line: dict[str, Any]) -> str:
    if line["window_start"] is None:
        return ""
    return f", called for {_clock(datetime.fromisoformat(line['window_start']))}"


def _show_lead(lines: Sequence[dict[str, Any]], show: Show) -> None:
    show("\nAgainst what public reporting says happened", "bold")
    for event in EVENTS:
        firm = "" if event.firm else " (hour not firm)"
        told = [f"{word} {lead(lines, event, word)}" for word in ("watch", "alert", "alarm")]
        show(f"  {_clock(event.start)}{firm}  {event.what}", "")
        show(f"        {'; '.join(told)}", "cyan")


CARD = CallCard(
    "*",
    "*",
    (Contact("community security", note="opens the door to nobody"), Contact("airport duty desk")),
    (Contact("anybody who spoke for the crowd", note="they would know who warns"),),
)
"""An example; a desk writes its own with ``tocsin call-card set``."""


def _show_call_card(lines: Sequence[dict[str, Any]], show: Show) -> None:
    """What the analyst does next with the airport's first alert."""
    line = airport_alert(lines)
    if line is None:
        return
    show("\nWhat the analyst does with the alert for the airport (example call card)", "bold")
    for number, contact in enumerate(CARD.calls, 1):
        show(f"  {number}. call {contact.role}{contact.note and ': ' + contact.note}", "")
    for contact in CARD.not_to_call:
        show(f"  do NOT call {contact.role}: {contact.note}", "")
    start = line["window_start"] and datetime.fromisoformat(line["window_start"])
    matter = Matter(line["place"], line["target"], line["level"], start, line["zone"])
    for language in ("en", "ru"):
        show(f"  say ({language}): {script(matter, language)}", "cyan")


def airport_alert(lines: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The first line that raises an alert or more for the airport."""
    return next((one for one in lines if is_raised_near(one, EVENTS[-1], "alert")), None)


def show_message(message: Message, folder: Path, show: Show) -> None:
    """What leaves the desk once two people have released it: the words, and where the files lie."""
    russian, english = message.text.split(BETWEEN_LANGUAGES)
    show("\nWhat a contact of the community is then told (shown as a drill)", "bold")
    for line in (*russian.splitlines()[:3], "…", "", *english.splitlines()):
        show(f"  {line}" if line else "", "cyan")
    show(f"  both languages whole: {folder / TEXT_NAME}", "")
    show(f"  as CAP 1.2: {folder / CAP_NAME}", "")
    show(
        "  nothing leaves before that: tocsin release propose, another person: tocsin release "
        "approve, then tocsin deliver (docs/desk.md)",
        "dim",
    )


def is_raised_near(line: dict[str, Any], event: Reported, level: str) -> bool:
    """Whether a line tells of ``level`` or more near an event, in the three days before it."""
    order = ("watch", "alert", "alarm")
    return (
        line["level"] in order[order.index(level) :]
        and line["action"] in ("issue", "update")
        and haversine_km(line["lat"], line["lon"], event.latitude, event.longitude) <= _NEAR_KM
        and event.start - timedelta(days=3) <= datetime.fromisoformat(line["issued_at"])
    )


def lead(lines: Sequence[dict[str, Any]], event: Reported, level: str) -> str:
    """How long before the event a warning of ``level`` or more stood near it."""
    moments = [
        datetime.fromisoformat(line["issued_at"])
        for line in lines
        if is_raised_near(line, event, level)
    ]
    early = [moment for moment in moments if moment < event.start]
    if not early:
        return "none before it"
    minutes = int((event.start - min(early)).total_seconds()) // 60
    return f"{minutes // 60} h {minutes % 60:02d} min before"


def _clock(moment: datetime) -> str:
    return moment.astimezone(ZONE).strftime("%d %b %H:%M")
