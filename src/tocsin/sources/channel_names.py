"""One channel, one name, whichever format its posts came by.

Telegram knows a channel by a number, by the same number marked ``-100…``, and by an @name that can
be renamed. A ``--channels`` file (or ``tocsin channels import``) that holds both the id and the
@name makes all of them one channel.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tocsin.model import ChannelProfile

_NUMBER = re.compile(r"(?:-100)?(\d+)")
_USERNAME = re.compile(r"[A-Za-z]\w{3,31}", re.ASCII)


def bare_number(value: object) -> str | None:
    """A channel's number without its mark: -1001234 and 1234 are both "1234"; None for no number.

    A negative number without the mark is a private group of the old kind, and no channel.
    """
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    found = _NUMBER.fullmatch(str(value).strip())
    return (found[1].lstrip("0") or None) if found else None


@dataclass(frozen=True, slots=True)
class ChannelNames:
    """What the desk already calls the channels it knows.

    Args:
        channels: @name in lower case, or bare number → the channel its posts are filed under.
        public: channel → its @name, where known.
    """

    channels: Mapping[str, str] = field(default_factory=dict)
    public: Mapping[str, str] = field(default_factory=dict)

    def channel(self, name: str | None, number: str | None) -> str | None:
        """The channel that goes by ``name`` or ``number``: as it is known, else name, else number.

        Args:
            name: @name without "@".
            number: without mark.
        """
        for one in (name.casefold() if name else None, number):
            if one is not None and one in self.channels:
                return self.channels[one]
        return name or number

    def address(self, name: str | None, channel: str, message: int) -> str | None:
        """The public address of a post; None where no @name is known."""
        public = name or self.public.get(channel)
        if public is None or not _USERNAME.fullmatch(public):
            return None
        return f"https://t.me/{public}/{message}"


def channel_names(profiles: Iterable[ChannelProfile]) -> ChannelNames:
    """The names of known channels; of two that claim one name the first keeps it."""
    channels: dict[str, str] = {}
    public: dict[str, str] = {}
    for profile in profiles:
        if profile.name:
            public.setdefault(profile.channel, profile.name)
        for spelling in (profile.channel, profile.name):
            if spelling:
                channels.setdefault(bare_number(spelling) or spelling.casefold(), profile.channel)
    return ChannelNames(channels, public)
