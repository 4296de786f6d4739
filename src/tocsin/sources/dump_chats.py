"""Which channel a dumped message belongs to, and whether that is public.

A message of the API says that it is from a channel, not that the channel is public. It is taken
where the record carries the public @name, where ``--channels`` knows one for the channel's id, or
where the operator names it with ``--channel``, which is recorded.
"""

from __future__ import annotations

from pathlib import Path

from tocsin.sources.protocol import ReadOptions
from tocsin.sources.refusals import NotPublic, Unfit
from tocsin.sources.telegram_message import Chat
from tocsin.sources.values import channel as public_name

PUBLIC_ADVICE = "tocsin reads public channels and public groups only"
_SAY = (
    "if it is public, name it with --channel @name, or list id and @name in a file for --channels"
)
_MOST = 4_096
_BLANK = frozenset({"", "none", "null", "nan"})


class DumpChats:
    """The chats of one dump; holds a bounded number of them."""

    def __init__(self, options: ReadOptions) -> None:
        self._options = options
        self._chats: dict[tuple[str | None, str | None], Chat] = {}
        self._named: str | None = None

    def chat(self, username: str | None, number: str | None) -> Chat:
        """The public channel with this @name or number.

        Raises:
            NotPublic: nothing says that it is public.
            Unfit: it is another channel than the operator named.
        """
        key = (username, number)
        if key not in self._chats:
            if len(self._chats) == _MOST:
                self._chats.clear()
            self._chats[key] = self._found(_stated(username), number)
        return self._chats[key]

    def _found(self, username: str | None, number: str | None) -> Chat:
        said, names = self._options.channel, self._options.names
        self._check(username, number)
        channel = names.channel(username or said, number)
        if channel is None or not (username or said or channel in names.public):
            raise NotPublic("nothing says that this channel is public", _SAY)
        return Chat(
            channel=channel,
            own_id=f"channel{number}",
            title=None,
            folder=Path(),
            max_text=self._options.max_text,
            public=username or said,
            names=names,
        )

    def _check(self, username: str | None, number: str | None) -> None:
        said = self._options.channel
        if said is None:
            return
        other = bool(username) and (username or "").casefold() != said.casefold()
        if not username and number:
            self._named = self._named or number
            other = number != self._named
        if other:
            raise Unfit(
                "another channel than --channel names",
                "leave the option out, or split the dump by channel",
            )


def _stated(username: str | None) -> str | None:
    return None if username is None or username.strip().lower() in _BLANK else public_name(username)
