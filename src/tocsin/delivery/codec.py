"""Messages, pages, releases and receipts to and from JSON values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from tocsin.model import (
    Action,
    DeskPage,
    Level,
    Message,
    Receipt,
    ReceiptKind,
    Release,
)

Json = dict[str, Any]


def content_form(content: Message | DeskPage) -> Json:
    """A message or a page; ``page`` tells which."""
    form = asdict(content) | {"level": content.level.word}
    if isinstance(content, Message):
        form["kind"] = content.kind.value
    return form | {"page": isinstance(content, DeskPage)}


def content_from(form: Mapping[str, Any]) -> Message | DeskPage:
    """The inverse of :func:`content_form`."""
    fields = {name: value for name, value in form.items() if name != "page"}
    fields["level"] = Level.named(form["level"])
    if form["page"]:
        return DeskPage(**fields)
    return Message(**fields | {"kind": Action(form["kind"])})


def release_form(release: Release | None) -> Json | None:
    """A release; None for a page."""
    if release is None:
        return None
    return asdict(release) | {
        "level": release.level.word,
        "at": _iso(release.at),
        "released_by": list(release.released_by),
        "digests": list(release.digests),
    }


def release_from(form: Mapping[str, Any] | None) -> Release | None:
    """The inverse of :func:`release_form`."""
    if form is None:
        return None
    return Release(
        **{
            **form,
            "level": Level.named(form["level"]),
            "at": datetime.fromisoformat(form["at"]),
            "released_by": tuple(form["released_by"]),
            "digests": tuple(form["digests"]),
        }
    )


def receipt_form(receipt: Receipt) -> Json:
    """A receipt as the ledger keeps it: whom by id or handle, never an address."""
    return asdict(receipt) | {"at": _iso(receipt.at), "kind": receipt.kind.value}


def receipt_from(form: Mapping[str, Any]) -> Receipt:
    """The inverse of :func:`receipt_form`."""
    at = datetime.fromisoformat(form["at"])
    return Receipt(**{**form, "at": at, "kind": ReceiptKind(form["kind"])})


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
