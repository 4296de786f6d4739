"""4CAT's Telegram data sets: CSV, and NDJSON with every message as the API gave it.

Columns and keys as in ``datasources/telegram/search_telegram.py`` of 4CAT, old versions included.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from tocsin.errors import RecordRefused
from tocsin.model import RawItem
from tocsin.sources.albums import join_albums
from tocsin.sources.api_media import inside, type_of
from tocsin.sources.api_message import is_post, peer_of, read_api_message
from tocsin.sources.channel_names import bare_number
from tocsin.sources.delimited import open_rows, read_rows
from tocsin.sources.dump_chats import PUBLIC_ADVICE, DumpChats
from tocsin.sources.dumps import once_private, read_records
from tocsin.sources.files import is_text, read_head, why_unreadable
from tocsin.sources.fourcat_rows import KNOWN, check_columns, row_part
from tocsin.sources.json_records import first_keys, is_fourcat, json_records
from tocsin.sources.protocol import ReadOptions
from tocsin.sources.refusals import WHOLE_FILE, NotPublic, Unfit, refuse
from tocsin.sources.telegram_message import Part
from tocsin.sources.values import name

_PRIVATE_TYPES = frozenset({"User", "UserEmpty", "Chat", "ChatEmpty", "ChatForbidden"})


class FourCat:
    """Reads 4CAT exports of Telegram channels."""

    name = "fourcat"
    summary = "4CAT data sets of Telegram channels (CSV or NDJSON)"

    def sniff(self, path: Path, head: bytes) -> bool:
        """Whether the columns or keys are those of 4CAT."""
        del path
        return is_text(head) and is_fourcat(head)

    def read(self, path: Path, options: ReadOptions) -> Iterator[RawItem | RecordRefused]:
        """Posts in file order, albums joined; private chats refused.

        Raises:
            RecordRefused: not a 4CAT file, or a table without the columns of one.
            UsageError: ``--map`` was given.
        """
        options.refuse_map(self.name)
        head = read_head(path)
        if not is_text(head):
            raise why_unreadable(path, head, "a 4CAT export")
        chats = DumpChats(options)
        if first_keys(head):
            parts = read_records(path, json_records(path, options), lambda one: _part(one, chats))
        else:
            parts = _table(path, options, chats)
        yield from join_albums(once_private(path, parts), self.name, "")


def _table(path: Path, options: ReadOptions, chats: DumpChats) -> Iterator[Part | RecordRefused]:
    with path.open("rb") as stream:
        try:
            rows, header = open_rows(stream, options, set(KNOWN))
            check_columns(header)
        except Unfit as unfit:
            raise refuse(str(path), WHOLE_FILE, unfit) from unfit
        yield from read_rows(rows, header, str(path), lambda row, _: row_part(row, chats))


def _part(message: dict[str, Any], chats: DumpChats) -> Part | None:
    stated = message.get("_chat")
    peer = peer_of(message.get("peer_id") or message.get("_chat_peer"))
    if type_of(stated) in _PRIVATE_TYPES or (peer and peer.kind != "channel"):
        raise NotPublic("a message of a private chat: not read", PUBLIC_ADVICE)
    if not is_post(message):
        return None
    number = bare_number(inside(stated, "id")) or (peer.number if peer else None)
    chat = chats.chat(_username(stated), number)
    return replace(read_api_message(message, chat), channel=chat.channel)


def _username(stated: Any) -> str | None:
    listed = inside(stated, "usernames")
    names = listed if isinstance(listed, list) else []
    active = (inside(one, "username") for one in names if inside(one, "active"))
    found = inside(stated, "username") or next(active, None)
    return name(found, "username")
