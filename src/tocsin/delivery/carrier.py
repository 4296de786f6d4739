"""What a delivery is: something that takes one parcel to one address, or says why not."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from tocsin.errors import DeliveryRefused
from tocsin.model import DeskPage, Level, Message, Recipient


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message with the address it goes to.

    Args:
        key: idempotency key; a delivery hands it on so that the receiver can tell repeats.
        html, cap: empty for a page of the desk itself.
        at: when this try was made.
    """

    key: str
    recipient: Recipient
    warning: str
    number: int
    level: Level
    kind: str
    language: str
    subject: str
    text: str
    html: str
    cap: str
    drill: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in.

    Args:
        starttls: encrypt, and hand in nothing where the server cannot.
    """

    host: str = ""
    port: int = 587
    user: str = ""
    password: str = field(default="", repr=False)
    starttls: bool = True


@dataclass(frozen=True, slots=True)
class CarrierOptions:
    """What deliveries are set up with.

    Args:
        desk: name of the desk.
        sender: its mail address, also what names it to machines.
        private_hosts: hosts that may lie in a private network, such as a server of the desk's own.
        timeout_s: seconds that one silence may last; a whole try takes at most three times that.
    """

    desk: str
    sender: str
    mail: MailServer = MailServer()
    private_hosts: frozenset[str] = frozenset()
    timeout_s: float = 20.0


class Carrier(Protocol):
    """One way out. A plug-in names ``build(options: CarrierOptions) -> Carrier``."""

    def send(self, parcel: Parcel) -> str:
        """Take it there; returns what the receiver said, without an address in it.

        Bounded in time: two minutes at the very most.

        Raises:
            DeliveryFailed: not taken now; trying again may help.
            DeliveryRefused: it never will be.
        """
        ...


def parcel_of(content: Message | DeskPage, recipient: Recipient | None, at: datetime) -> Parcel:
    """The parcel for what is in the outbox.

    Raises:
        DeliveryRefused: whom it is for is in no list (any more).
    """
    if recipient is None:
        name = content.staff if isinstance(content, DeskPage) else content.recipient
        raise DeliveryRefused(
            f"{name}: in no list of the desk; add them, then: tocsin outbox retry"
        )
    return Parcel(
        key=content.key,
        recipient=recipient,
        warning=content.warning,
        number=content.number,
        level=content.level,
        kind="page" if isinstance(content, DeskPage) else content.kind.value,
        language="" if isinstance(content, DeskPage) else content.language,
        subject=content.subject,
        text=content.text,
        html="" if isinstance(content, DeskPage) else content.html,
        cap="" if isinstance(content, DeskPage) else content.cap,
        drill=content.drill,
        at=at,
    )
