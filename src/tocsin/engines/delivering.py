"""From a project's warnings to messages, and from its outbox to the recipients."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tocsin import wire
from tocsin.clock import Clock
from tocsin.delivery import AddressBook, Carrier, Outbox, OutboxOptions, Queued, ReleaseRule, State
from tocsin.delivery.cap import CapOptions, Earlier
from tocsin.delivery.carrier import CarrierOptions, MailServer
from tocsin.delivery.compose import ComposeOptions, compose
from tocsin.delivery.language import load_languages
from tocsin.delivery.outbox import next_wait
from tocsin.delivery.wording import Occasion, Town
from tocsin.engines.outbox import StoreQueue, log_receipts, queued
from tocsin.engines.project import Project
from tocsin.errors import UsageError
from tocsin.model import (
    Action,
    HorizonRisk,
    Level,
    Message,
    Place,
    Recipient,
    SituationKey,
    Verification,
    WarningAction,
)
from tocsin.reading.gazetteer import Gazetteer
from tocsin.settings import Settings
from tocsin.store import Store, outbox
from tocsin.store.lists import decided, warning_life

LONGEST_REST = timedelta(seconds=30)
_DISTRICT_PEOPLE = 5_000
"""A place with fewer people, or one that somebody added, is told as the next town that has them."""

_AROUND_KM = 30.0


def carrier_options(settings: Settings) -> CarrierOptions:
    """What deliveries are set up with.

    Raises:
        UsageError: the password file is not there, or no sender is set.
    """
    return CarrierOptions(
        desk=settings.text("project.name") or "tocsin",
        sender=_sender(settings),
        mail=MailServer(
            host=settings.text("delivery.mail_host"),
            port=settings.whole("delivery.mail_port"),
            user=settings.text("delivery.mail_user"),
            password=_password(settings.text("delivery.mail_password_file")),
            starttls=settings.truth("delivery.mail_starttls"),
        ),
        private_hosts=frozenset(host.lower() for host in settings.texts("delivery.private_hosts")),
    )


def _sender(settings: Settings) -> str:
    sender = settings.text("delivery.sender")
    if not sender:
        raise UsageError(
            "delivery.sender is not set; put the desk's mail address into tocsin.toml, e.g. "
            '[delivery] sender = "desk@example.org"'
        )
    return sender


def _password(path: str) -> str:
    if not path:
        return ""
    try:
        return Path(path).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"{path}: cannot be read; it is delivery.mail_password_file") from None


def compose_options(settings: Settings, *, drill: bool = False) -> ComposeOptions:
    """How the desk speaks."""
    name = settings.text("project.name") or "tocsin"
    cap = CapOptions(_sender(settings), name, settings.text("delivery.cap_scope"), drill)
    folders = [Path(folder) for folder in settings.texts("delivery.wording_folders")]
    return ComposeOptions(cap, load_languages(folders))


def open_outbox(
    project: Project,
    store: Store,
    clock: Clock,
    rule: ReleaseRule | None = None,
    *,
    drills_alone: bool = False,
) -> Outbox:
    """The outbox of a project.

    Args:
        rule: who must release; by default two people, for an alarm one.
        drills_alone: send drills, and leave everything else where it is.
    """
    most = project.settings.whole("delivery.most_tries")
    options = OutboxOptions(rule=rule or ReleaseRule(), most_tries=most, drills_alone=drills_alone)
    return Outbox(StoreQueue(store), clock, options)


# -- messages ------------------------------------------------------------------------------------


def occasions(store: Store, warning: str, gazetteer: Gazetteer) -> list[Occasion]:
    """All actions of a warning, numbered from 1; of a list of places each line is one.

    Raises:
        UsageError: there is no such warning.
    """
    life = warning_life(store, warning)
    if not life:
        raise UsageError(f"no warning {warning}; the list: tocsin warnings")
    statuses = decided(store, "rumour_status")
    return [
        Occasion(
            number,
            action := action_from(line),
            town_of(action, gazetteer),
            _status(action, statuses),
        )
        for number, line in enumerate(life, 1)
    ]


def _status(action: WarningAction, statuses: Mapping[str, str]) -> Verification | None:
    if action.rumour is None:
        return None
    return Verification(statuses.get(action.rumour, Verification.NEW.value))


def messages_for(
    store: Store,
    told: tuple[Sequence[Occasion], int],
    recipients: Sequence[Recipient],
    options: ComposeOptions,
) -> tuple[Message, ...]:
    """The messages that one action makes, to be shown, released, and enqueued as they are.

    Args:
        told: all occasions of the warning, and the number of the one to tell.

    Raises:
        UsageError: the warning has no such action.
    """
    life, number = told
    if not 1 <= number <= len(life):
        raise UsageError(f"this warning has actions 1 to {len(life)}, not {number}")
    occasion = life[number - 1]
    before = sent_before(store, occasion, life, drill=options.cap.drill)
    found = (compose(occasion, one, before.get(one.id, ()), options) for one in recipients)
    return tuple(message for message in found if message is not None)


def sent_before(
    store: Store, occasion: Occasion, life: Sequence[Occasion], *, drill: bool
) -> dict[str, list[Earlier]]:
    """By recipient, what they were sent before of the same warning, place and group.

    What still waits counts too: it goes first. A dead letter does not.
    """
    key, found = occasion.action.key, dict[str, list[Earlier]]()
    for row in outbox.rows(store, warning=occasion.action.id):
        entry = queued(row)
        content = entry.content
        if not isinstance(content, Message) or entry.state is State.DEAD:
            continue
        if content.drill is not drill or content.number >= occasion.number:
            continue
        action = life[content.number - 1].action
        if action.key == key:
            found.setdefault(content.recipient, []).append(
                Earlier(content.number, action.issued_at)
            )
    return found


def action_from(line: Mapping[str, Any]) -> WarningAction:
    """The inverse of ``wire.warning_line``."""
    issued_at = wire.moment(line["issued_at"])
    assert issued_at is not None
    return WarningAction(
        id=line["id"],
        action=Action(line["action"]),
        issued_at=issued_at,
        level=Level.named(line["level"]),
        key=SituationKey(line["place_id"], line["target"]),
        probability=line["probability"],
        interval=(line["interval"][0], line["interval"][1]),
        base_rate=line["base_rate"],
        horizon_h=line["horizon_h"],
        place=line["place"],
        latitude=line["lat"],
        longitude=line["lon"],
        window_start=wire.moment(line["window_start"]),
        window_end=wire.moment(line["window_end"]),
        target=line["target"],
        rumour=line["rumour"],
        posts=tuple(line["posts"]),
        why=tuple(line["why"]),
        unseen=tuple(line.get("unseen", ())),
        inherited=line.get("inherited", False),
        calibrated=line.get("calibrated", False),
        called=line.get("called", False),
        outlook=tuple(
            HorizonRisk(r["horizon_h"], r["probability"], (r["interval"][0], r["interval"][1]))
            for r in line.get("outlook", ())
        ),
        shares=tuple((name, share) for name, share in line.get("shares", ())),
        zone=line.get("zone", "UTC"),
        escalation=line.get("escalation", 0),
    )


def town_of(action: WarningAction, gazetteer: Gazetteer) -> Town:
    """The place of a warning at district level: a town that is no venue and not too small."""
    place = _known_place(action, gazetteer)
    town = place if place is not None and _is_town(place) else None
    if town is None:
        around = gazetteer.near(action.latitude, action.longitude, _AROUND_KM)
        towns = [one for one in around if _is_town(one)]
        largest = max(towns or around, key=lambda one: one.population, default=None)
        town = largest or place
    if town is None:
        return Town(action.zone.rpartition("/")[2], action.latitude, action.longitude, 100.0)
    return Town(town.name, town.latitude, town.longitude)


def _known_place(action: WarningAction, gazetteer: Gazetteer) -> Place | None:
    try:
        return gazetteer.place(action.key.place_id)
    except KeyError:
        return None


def _is_town(place: Place) -> bool:
    return place.id.startswith("geonames:") and place.population >= _DISTRICT_PEOPLE


# -- sending -------------------------------------------------------------------------------------


@dataclass(slots=True)
class Delivery:
    """What came of sending.

    Args:
        states: how many tries ended how.
        receipts: how many receipts the ledger got; None: another tocsin was writing there, and
            they go there the next time.
    """

    states: Counter[str]
    receipts: int | None = 0


Sent = Callable[[Queued], None]


def deliver_due(
    outbox_of: Outbox, carriers: Mapping[str, Carrier], book: AddressBook, told: Sent
) -> Counter[str]:
    """Send until nothing is due; each try is told."""
    states: Counter[str] = Counter()
    while (done := outbox_of.deliver_one(dict(carriers), book)) is not None:
        entry, _ = done
        states[entry.state.value] += 1
        told(entry)
    return states


def deliver_once(
    project: Project,
    store: Store,
    sending: tuple[Outbox, Mapping[str, Carrier], AddressBook],
    told: Sent,
) -> Delivery:
    """One round: what is due is sent, and its receipts go to the ledger."""
    states = deliver_due(*sending, told)
    return Delivery(states, log_receipts(project, store))


def rest(store: Store, now: datetime) -> timedelta:
    """How long whoever loops may rest."""
    return next_wait(StoreQueue(store), now, LONGEST_REST)
