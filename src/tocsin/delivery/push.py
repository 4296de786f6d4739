"""Phone push and chat, by apprise: mostly to wake the desk itself.

What is pushed passes through a third party's servers, so only subject and plain text go.
"""

from __future__ import annotations

from collections.abc import Callable

from tocsin.delivery.carrier import CarrierOptions, Parcel
from tocsin.errors import DeliveryFailed, DeliveryRefused

Notify = Callable[[str, str, str], bool | None]
"""(apprise URL, title, body) → whether it was taken; None: no such address."""


class PushCarrier:
    """Hands pages to whatever apprise knows."""

    def __init__(self, notify: Notify) -> None:
        self._notify = notify

    def send(self, parcel: Parcel) -> str:
        """Push one message to every address of the recipient; spaces part them.

        One that takes it is enough: a second try would reach that one twice.

        Raises:
            DeliveryFailed: no service took it.
            DeliveryRefused: none of the addresses is one that apprise knows.
        """
        urls = parcel.recipient.address.split()
        answers = [self._notify(url, parcel.subject, parcel.text) for url in urls]
        taken = sum(answer is True for answer in answers)
        if all(answer is None for answer in answers):
            raise DeliveryRefused("no address for push; see the list of apprise services")
        if not taken:
            raise DeliveryFailed("no push service took it")
        return f"taken by {taken} of {len(urls)} push services"


def build(options: CarrierOptions) -> PushCarrier:
    """The entry point."""
    del options
    return PushCarrier(by_apprise)


def by_apprise(url: str, title: str, body: str) -> bool | None:
    """One notification; apprise bounds its own connections to a few seconds."""
    import apprise

    service = apprise.Apprise()
    if not service.add(url):
        return None
    return bool(service.notify(title=title, body=body))
