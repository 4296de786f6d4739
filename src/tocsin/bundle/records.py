"""Ledger entries and items as the files of a bundle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import orjson

EVIDENCE: Final = "evidence"
CAPTURE: Final = "capture"
ERASURE: Final = "erasure"
SIGNING_KEY: Final = "signing_key"

_SHOWN_OF_CAPTURES: Final = ("captured_at", "collector", "method")
"""A capture's file name and operator may name persons, so they do not leave."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A ledger entry and the proof that it stands under the bundle's head.

    Args:
        body: its canonical JSON, the leaf's bytes.
        proof: hashes from the leaf upwards, 32 bytes each.
    """

    seq: int
    kind: str
    body: bytes
    proof: tuple[bytes, ...]

    def payload(self) -> Mapping[str, Any]:
        """What the entry says."""
        found: Mapping[str, Any] = orjson.loads(self.body)["payload"]
        return found

    def form(self, *, whole: bool) -> dict[str, Any]:
        """The record's common part: the entry itself, or its leaf's hash alone."""
        said: dict[str, Any] = {"kind": self.kind, "proof": [node.hex() for node in self.proof]}
        said["seq"] = self.seq
        if whole:
            return {**said, "entry": self.body.decode()}
        return {**said, "leaf": sha256(b"\x00" + self.body).hexdigest()}


@dataclass(frozen=True, slots=True)
class Item:
    """One item of evidence.

    Args:
        erased: only its tombstone is left.
        salt, content: None where they were erased or may not leave.
        channel: as the bundle's level shows it.
        posted_at: ISO 8601, to the minute; None: not known any more.
    """

    entry: Entry
    erased: bool = False
    salt: bytes | None = None
    content: bytes | None = None
    channel: str = ""
    posted_at: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """A file of the bundle that ``bundle.json`` lists by name."""

    file: str
    name: str
    form: Mapping[str, Any]


def item_record(item: Item, *, whole: bool) -> Record:
    """An item: whole, as a tombstone, or what may be said of it elsewhere.

    Where the entry does not leave, its ``original`` digest does not either: position, channel
    and one unknown digest keep anybody from guessing the message id from the leaf's hash.
    """
    entry, said = item.entry, item.entry.form(whole=whole)
    payload = entry.payload()
    file = f"items/{entry.seq:010}.json"
    if not whole:
        said |= {"capture": payload["capture"], "channel": item.channel, "erased": item.erased}
        said |= {"commitment": payload["commitment"], "posted_at": item.posted_at}
        return Record(file, f"item {entry.seq}", said)
    if item.salt is not None and item.content is not None:
        said |= {"content": item.content.decode(), "salt": item.salt.hex()}
    who = payload["identity"]
    return Record(file, f"{who['channel']}/{who['message_id']} v{who['version']}", said)


def ledger_record(entry: Entry, erased: frozenset[int], *, whole: bool) -> Record:
    """A capture, an announced key (which always leaves whole), or an erasure.

    Args:
        erased: positions of the bundle's items that were erased.
    """
    open_to_all = whole or entry.kind == SIGNING_KEY
    said, payload = entry.form(whole=open_to_all), entry.payload()
    if not open_to_all and entry.kind == CAPTURE:
        said |= {name: payload.get(name) for name in _SHOWN_OF_CAPTURES}
    elif not open_to_all and entry.kind == ERASURE:
        gone = set(erased_positions(payload, erased))
        said |= {"at": payload.get("at"), "items": sorted(gone)}
    name = f"{entry.kind.replace('_', ' ')} {entry.seq}"
    return Record(f"ledger/{entry.seq:010}.json", name, said)


def erased_positions(payload: Mapping[str, Any], among: frozenset[int]) -> list[int]:
    """Those of some positions that an erasure entry names, rising."""
    runs = payload.get("positions", ())
    return [s for s in sorted(among) if any(first <= s < first + n for first, n in runs)]
