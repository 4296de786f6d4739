"""Warning → Receipt: what people released reaches its recipients, once and in order."""

from tocsin.delivery.carrier import Carrier, Parcel
from tocsin.delivery.outbox import AddressBook, Outbox, OutboxOptions
from tocsin.delivery.queue import Queue, Queued, State
from tocsin.delivery.release import ReleaseRule

__all__ = [
    "AddressBook",
    "Carrier",
    "Outbox",
    "OutboxOptions",
    "Parcel",
    "Queue",
    "Queued",
    "ReleaseRule",
    "State",
]
