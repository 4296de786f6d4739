"""What would leave the desk about the demo's alert, and a drill of it to a mailbox on this machine.

Everything here is a drill: nothing says that a reconstruction is happening. The two people who
release it are the demo's own.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import platformdirs

from tocsin.clock import Clock
from tocsin.delivery import Queued
from tocsin.delivery.carrier import MailServer
from tocsin.delivery.folder import replace as put_in_place
from tocsin.delivery.mail import MailCarrier
from tocsin.desk.lists import DeskLists
from tocsin.desk.release import Harms, proposal_from
from tocsin.engines.delivering import RoundOptions, Rounds, carrier_options
from tocsin.engines.desk import desk_box, log_decision
from tocsin.engines.project import Project
from tocsin.engines.release import Told, Wish, drafts, proposal_decision, standings
from tocsin.engines.wording import ProjectWording
from tocsin.model import (
    CallCard,
    Clearance,
    Contact,
    Decision,
    DecisionKind,
    Message,
    PlacePrecision,
    Recipient,
)
from tocsin.reading.gazetteer import Gazetteer
from tocsin.store.lists import warning_life

CONTACT = Recipient(
    id="contact",
    name="community security",
    kind="mail",
    address="contact@example.org",
    languages=("ru", "en"),
    clearance=Clearance(PlacePrecision.VENUE),
)
"""Whom the demo tells: Russian first, then English."""
CARDS = tuple(
    CallCard(
        group,
        "*",
        (
            Contact(
                "community security",
                "the number your desk agreed",
                "ru",
                "opens the door to nobody",
            ),
            Contact("airport duty desk", "the number your desk agreed", "ru"),
        ),
        (Contact("anybody who spoke for the crowd", note="they would know who warns"),),
    )
    for group in ("Israelis", "Jews")
)
"""Examples; a desk writes its own with ``tocsin call-card set``."""


def with_examples(lists: DeskLists) -> DeskLists:
    """The desk's lists with somebody to call and somebody to warn, where it has none of its own."""
    return replace(lists, cards=lists.cards or CARDS, recipients=lists.recipients or (CONTACT,))


_FIRST, _SECOND = "demo analyst", "demo lead"
_HARMS = Harms(
    "the community, should the message reach those who call",
    "whoever is blamed for a call that nobody follows",
    "those who stop being careful too early",
)
CAP_NAME, TEXT_NAME = "warning.cap.xml", "warning.txt"


@dataclass(frozen=True, slots=True)
class DemoAlert:
    """An action of the demo's warnings.

    Args:
        warning: id.
        number: its place in the warning's life, from 1.
    """

    warning: str
    number: int

    @classmethod
    def of(cls, lines: Sequence[Mapping[str, Any]], line: Mapping[str, Any]) -> DemoAlert:
        """The action that a line of ``tocsin demo --json`` is."""
        life = [one for one in lines if one["id"] == line["id"]]
        return cls(line["id"], life.index(line) + 1)


def message_about(desk: Project, alert: DemoAlert) -> Message:
    """What the contact would be sent, as a drill."""
    with desk.reading() as store:
        told = Told(warning_life(store, alert.warning), alert.number, drill=True)
        made = ProjectWording(store, desk.settings, Gazetteer.load)(told, CONTACT)
    assert made is not None, "an alert concerns the demo's contact"
    return made


def write_files(message: Message, folder: Path | None) -> Path:
    """Write the CAP file and the text; returns the folder.

    Args:
        folder: None: the user's cache folder, or where that cannot be written a new one in the
            system's folder for temporary files.
    """
    target = folder or platformdirs.user_cache_path("tocsin", appauthor=False) / "demo"
    try:
        _write(message, target)
    except OSError:
        target = Path(tempfile.mkdtemp(prefix="tocsin-demo-"))
        _write(message, target)
    return target


def _write(message: Message, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    put_in_place(folder / CAP_NAME, message.cap.encode())
    put_in_place(folder / TEXT_NAME, message.text.encode())


def drill(desk: Project, alert: DemoAlert, server: MailServer, clock: Clock) -> list[Queued]:
    """Two people release the alert as a drill, and it is handed in at a mail server.

    Returns:
        Every try, as it ended.
    """
    desk_box(desk).change(lambda lists: replace(lists, recipients=(CONTACT,)))
    tries: list[Queued] = []
    with desk.reading() as store:
        wording = ProjectWording(store, desk.settings, Gazetteer.load)
        _release(desk, alert, wording, clock)
        carriers = {"mail": MailCarrier(replace(carrier_options(desk.settings), mail=server))}
        options = RoundOptions(carriers, Gazetteer.load, drills_alone=True)
        Rounds(desk, store, clock, options).round(tries.append)
    return tries


def _release(desk: Project, alert: DemoAlert, wording: ProjectWording, clock: Clock) -> None:
    lists = desk_box(desk).read()
    wish = Wish(_FIRST, (CONTACT.id,), _HARMS, drill=True, number=alert.number)
    with desk.reading() as store:
        known, life = standings(desk, store, alert.warning), warning_life(store, alert.warning)
        (made,) = drafts(lists, life, known, wish, wording)
    subject, value = proposal_decision(made)
    proposed = Decision(DecisionKind.RELEASE_PROPOSE, subject, value, _FIRST, clock.now())
    name = proposal_from(proposed).id
    log_decision(desk, proposed)
    approved = Decision(DecisionKind.RELEASE_APPROVE, subject, name, _SECOND, clock.now())
    log_decision(desk, approved)
