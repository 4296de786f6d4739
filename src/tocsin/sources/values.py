"""Single values of a post as sources write them → JSON values of ``RawItem.content``.

Each function returns None for what says nothing and raises :class:`Unfit` for what is wrong:
nothing is guessed, cut or repaired in silence.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import orjson

from tocsin.sources.protocol import INVITE_LINK
from tocsin.sources.refusals import NotPublic, Unfit

MAX_NAME = 512
"""Characters in an id, a name, a language tag."""
MAX_URL = 8_192

_EXACT_FLOAT = 2**53
_TRUE = frozenset({"true", "t", "yes", "y", "1"})
_FALSE = frozenset({"false", "f", "no", "n", "0"})
_WHOLE_FLOAT = re.compile(r"(\d+)\.0")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_MIME = re.compile(r"[\w.+-]{1,100}/[\w.+-]{1,100}")

KINDS = frozenset(
    {
        "photo",
        "video",
        "voice",
        "audio",
        "document",
        "sticker",
        "animation",
        "location",
        "poll",
        "other",
    }
)
_KIND_OF = {
    "messagemediaphoto": "photo",
    "messagemediadocument": "document",
    "messagemediapoll": "poll",
    "messagemediageo": "location",
    "messagemediageolive": "location",
    "messagemediavenue": "location",
    "image": "photo",
    "video_file": "video",
    "video_message": "video",
    "voice_message": "voice",
    "audio_file": "audio",
    "gif": "animation",
    "file": "document",
}
_NOT_MEDIA = frozenset({"messagemediawebpage", "messagemediaempty", "webpage", "none", "null"})


def words(value: Any, what: str, limit: int) -> str | None:
    """A string without NUL of at most ``limit`` characters; None for None; bytes are UTF-8."""
    if value is None:
        return None
    if isinstance(value, bytes):
        value = _decoded(value, what)
    if not isinstance(value, str):
        raise Unfit(f"{what} is not a string but {type(value).__name__}", "write it as a string")
    if len(value) > limit:
        advice = "leave this record out, or split it"
        raise Unfit(f"{what} has {len(value):,} characters, over the limit of {limit:,}", advice)
    if "\x00" in value:
        raise Unfit(f"{what} holds a NUL character", "remove it")
    return value


def _decoded(value: bytes, what: str) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise Unfit(f"{what} is not valid UTF-8", "convert it to UTF-8") from error


def name(value: Any, what: str) -> str | None:
    """A short string without blanks around it; numbers as their digits; None for a blank."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(value, what)
    found = words(value, what, MAX_NAME)
    return (found.strip() or None) if found else None


def _number(value: float, what: str) -> str | None:
    if value != value:  # noqa: PLR0124 (NaN: how tables write "none")
        return None
    if isinstance(value, float):
        if not value.is_integer() or abs(value) >= _EXACT_FLOAT:
            raise Unfit(f"{what} is a broken number", "write it as a string or a whole number")
        value = int(value)
    return str(value)


def identifier(value: Any) -> str:
    """A message id: never blank, printable."""
    found = name(value, "id")
    if found is None:
        raise Unfit("the id is blank", "give each post an id that is unique in its channel")
    if not found.isprintable():
        raise Unfit("the id holds control characters", "remove them")
    return found


def reference(value: Any) -> str | None:
    """The id of another message; tables with gaps write 12 as "12.0"."""
    found = name(value, "reply_to")
    whole = _WHOLE_FLOAT.fullmatch(found) if found else None
    return whole[1] if whole else found


def channel(value: Any) -> str | None:
    """The public name of a channel without "@", or its id as text.

    Raises:
        NotPublic: an invite link stands in its place.
    """
    found = name(value, "channel")
    return _public(found) if found else None


@lru_cache(maxsize=4096)
def _public(found: str) -> str | None:
    if INVITE_LINK.search(found):
        raise NotPublic("the channel is an invite link", "only public channels are read")
    if not found.isprintable():
        raise Unfit("the channel holds control characters", "remove them")
    return found.lstrip("@").strip() or None


def count(value: Any, what: str) -> int | None:
    """A number of views or subscribers: whole, not negative."""
    if isinstance(value, str):
        value = value.strip()
        value = int(value) if value.isdecimal() and len(value) < 16 else value or None
    if value is None or value != value:  # noqa: PLR0124 (NaN)
        return None
    fits = isinstance(value, int | float) and not isinstance(value, bool)
    if not fits or value < 0 or value != value // 1 or value >= _EXACT_FLOAT:
        raise Unfit(f"{what} is not a count", "write a whole number, or leave it out")
    return int(value)


def flag(value: Any) -> bool | None:
    """Yes or no, in the spellings tables use."""
    if value is None or isinstance(value, bool):
        return value
    spelled = str(value).strip().lower()
    if spelled in _TRUE:
        return True
    if spelled in _FALSE:
        return False
    if spelled in {"", "nan"}:
        return None
    raise Unfit("is_forward is neither true nor false", "write true or false")


def media(value: Any) -> list[dict[str, str]] | None:
    """What hangs on a post: a kind, a list of kinds, or a list of {kind, mime, digest}."""
    if isinstance(value, str):
        value = value.strip()
        value = _json_list(value) if value.startswith("[") else value or None
    if value is None:
        return None
    found = value if isinstance(value, list | tuple) else [value]
    return [one for one in map(_medium, found) if one]


def _json_list(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Unfit("media is not a valid JSON list", "write a kind, or a list") from error


def _medium(value: Any) -> dict[str, str] | None:
    if isinstance(value, str):
        return medium(kind(value))
    if not isinstance(value, dict) or not isinstance(value.get("kind"), str):
        raise Unfit("media holds something without a kind", "write kinds, or objects with kind")
    return medium(kind(value["kind"]), value.get("mime"), value.get("digest"))


def kind(spelled: str) -> str | None:
    """One of the kinds of ``model.Media``; None for what is no medium (a web page preview)."""
    low = spelled.strip().lower()
    if not low or low in _NOT_MEDIA:
        return None
    return low if low in KINDS else _KIND_OF.get(low, "other")


def medium(kind: str | None, mime: Any = None, digest: Any = None) -> dict[str, str] | None:
    """One medium as content keeps it; None without a kind. A malformed MIME type is left out.

    Raises:
        Unfit: the digest is not hex SHA-256.
    """
    if kind is None:
        return None
    kept = {"kind": kind}
    if isinstance(mime, str) and _MIME.fullmatch(mime):
        kept["mime"] = mime
    if digest is not None:
        if not isinstance(digest, str) or not _DIGEST.fullmatch(digest.lower()):
            raise Unfit("a media digest is not hex SHA-256", "write 64 hex digits, or leave it out")
        kept["digest"] = digest.lower()
    return kept
