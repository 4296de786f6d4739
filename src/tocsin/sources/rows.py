"""One row of a table, whatever its format → a RawItem."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from tocsin.model import RawItem
from tocsin.sources import values
from tocsin.sources.columns import Plan
from tocsin.sources.instants import instant
from tocsin.sources.protocol import ReadOptions
from tocsin.sources.refusals import Unfit

TABLE = "table"
"""The ``source`` of every post read from a table."""

Convert = Callable[[Any], Any]


def converters(options: ReadOptions) -> dict[str, Convert]:
    """For each column of a post, what turns a value as found into the value that is kept."""
    return {
        "id": values.identifier,
        "channel": values.channel,
        "posted_at": partial(_timed, "posted_at"),
        "text": partial(_text, options.max_text),
        "captured_at": partial(_timed, "captured_at"),
        "lang": partial(values.name, what="lang"),
        "views": partial(values.count, what="views"),
        "subscribers": partial(values.count, what="subscribers"),
        "is_forward": values.flag,
        "forward_from": partial(values.name, what="forward_from"),
        "forward_posted_at": partial(_timed, "forward_posted_at"),
        "reply_to": values.reference,
        "edited_at": partial(_timed, "edited_at"),
        "url": _url,
        "media": values.media,
    }


def _timed(column: str, value: Any) -> str | None:
    try:
        return instant(value)
    except Unfit as unfit:
        raise Unfit(f"{column}: {unfit.problem}", unfit.advice) from unfit


def _text(limit: int, value: Any) -> str:
    # a post without text is a post that nobody has read yet, not a fault
    return values.words(value, "the text", limit) or ""


def _url(value: Any) -> str | None:
    return values.words(value, "url", values.MAX_URL) or None


def read_row(row: Mapping[str, Any], convert: Mapping[str, Convert], plan: Plan) -> dict[str, Any]:
    """Our column → value, for the columns that are in ``row``.

    Raises:
        Unfit: a value is wrong, or a required column is not there.
    """
    found = {ours: convert[ours](row[theirs]) for ours, theirs in plan.resolve(row).items()}
    for ours in plan.needed():
        if ours not in found:
            raise Unfit(
                f"no field {ours!r}", f"add it, or say which it is: --map {ours}=their_name"
            )
    return found


def assemble(found: dict[str, Any], raw: bytes, record: str, plan: Plan) -> RawItem:
    """The RawItem of one row from its converted values; ``found`` is used up.

    Raises:
        Unfit: a value that a post cannot be without is blank.
    """
    channel = found.pop("channel", None) or plan.channel
    if channel is None:
        raise Unfit("the channel is blank", "fill it in, or name the channel")
    if found.get("posted_at") is None and "posted_at" in plan.required:
        raise Unfit("posted_at is blank", "fill it in, or leave this record out")
    message_id = found.pop("id")
    origin = found.pop("forward_from", None)
    forwarded = found.get("is_forward") or origin or found.get("forward_posted_at")
    content = {ours: value for ours, value in found.items() if value is not None}
    content["is_forward"] = bool(forwarded)
    content.setdefault("text", "")
    persons = {"forward_from": origin} if origin else {}
    return RawItem(TABLE, channel, message_id, raw, content, persons, record)
