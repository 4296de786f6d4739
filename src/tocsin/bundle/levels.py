"""How much of what the desk holds may leave it, and what is taken out for that."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from tocsin.model import VenueClass


class Disclosure(StrEnum):
    """Who a bundle is for.

    INTERNAL: everything as archived; for the desk, a court, those bound to keep it.
    PARTNER: no words, ids or addresses of posts; channels by name, times to the minute.
    PUBLIC: the same, and channels by number unless the desk's settings name them.
    """

    INTERNAL = "internal"
    PARTNER = "partner"
    PUBLIC = "public"

    @property
    def whole(self) -> bool:
        """Whether contents, ids and addresses are in it."""
        return self is Disclosure.INTERNAL


class ChannelNames:
    """Channels as a level shows them: by name, or as ``channel 1`` in the order given.

    Args:
        channels: in the order of their first post; repeated ones count once.
        named: show names.
    """

    def __init__(self, channels: Iterable[str], *, named: bool) -> None:
        self._named = named
        self._numbers = {c: n for n, c in enumerate(dict.fromkeys(channels), start=1)}

    def __getitem__(self, channel: str) -> str:
        """What is shown for a channel; one that is not among them has no number."""
        if self._named:
            return channel
        number = self._numbers.get(channel)
        return "another channel" if number is None else f"channel {number}"


def to_the_minute(moment: datetime) -> datetime:
    """Without seconds: enough for who was first, too coarse to look a post up by."""
    return moment.replace(second=0, microsecond=0)


_VENUE = re.compile(
    rf" (?:{'|'.join(v.value.replace('_', ' ') for v in VenueClass)})$", re.IGNORECASE
)


def district(place: str) -> str:
    """A place as warnings name it, without the venue.

    ``Makhachkala airport`` and ``Khasavyurt, hotel`` → ``Makhachkala`` and ``Khasavyurt``.
    """
    return _VENUE.sub("", place.partition(",")[0])


_UNSEEN_LETTERS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\ufffe\uffff]"
)


def plain(text: str) -> str:
    """``text`` with every control and direction character made visible as U+FFFD.

    Line ends and tabs stay. Nothing can then reorder, hide or cut what stands beside it.
    """
    return _UNSEEN_LETTERS.sub("\ufffd", text)
