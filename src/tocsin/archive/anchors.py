"""Anchors: what third parties attest about the ledger, stored whole.

A ledger entry of kind ``anchor`` holds

    {"at", "authority", "by", "message", "method", "response"}

``message`` is what was stamped: a signed tree head (see ``heads``), or a part
{"end", "first", "root"}, ``root`` being the Merkle root of a tree of its own over the entries
from ``first`` to before ``end``. The bytes stamped are its canonical JSON. ``method`` is
``rfc3161`` or ``opentimestamps``, ``response`` the whole answer in base64.

The same lies as files in ``DIR/anchors``: NAME.json (the message), NAME.tsr or NAME.ots (the
answer as it came) and NAME.anchor.json (the entry's payload). A copy of the last alone, kept
elsewhere, is enough for ``tocsin verify --head``.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from cryptography import x509

from tocsin.archive import disk, timestamps_ots
from tocsin.archive.format import canonical
from tocsin.archive.heads import TreeHead, head_from
from tocsin.archive.timestamps_rfc3161 import read_stamp
from tocsin.archive.tree import HASH_BYTES

ANCHOR: Final = "anchor"
"""The kind of the ledger entry that holds an anchor."""
ANCHOR_SUFFIX: Final = ".anchor.json"
NO_ROOTS: Final = "not verified: name the authority's root certificate in archive.tsa_roots"


class Method(StrEnum):
    """How an anchor was made."""

    RFC3161 = "rfc3161"
    OPENTIMESTAMPS = "opentimestamps"


_SUFFIX: Final = {Method.RFC3161: ".tsr", Method.OPENTIMESTAMPS: ".ots"}


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the ledger: entries from ``first`` to before ``end``, and their root."""

    first: int
    end: int
    root: bytes

    def form(self) -> dict[str, Any]:
        """The message that is stamped."""
        return {"end": self.end, "first": self.first, "root": self.root.hex()}


Subject = TreeHead | Part


def subject_from(message: Mapping[str, Any]) -> Subject:
    """What a stamped message is about.

    Raises:
        ValueError: neither a head nor a part.
    """
    match message:
        case {"first": int(first), "end": int(end), "root": str(root)} if (
            0 <= first < end and len(root) == 2 * HASH_BYTES
        ):
            return Part(first, end, bytes.fromhex(root))
    return head_from(message)


def span_of(subject: Subject) -> tuple[int, int]:
    """The entries a head or a part covers: first, and the one after the last."""
    return (0, subject.size) if isinstance(subject, TreeHead) else (subject.first, subject.end)


def subject_name(subject: Subject) -> str:
    """For people, and for file names: ``head-1000``, ``part-10-20``."""
    first, end = span_of(subject)
    return f"head-{end}" if isinstance(subject, TreeHead) else f"part-{first}-{end}"


@dataclass(frozen=True, slots=True)
class Anchor:
    """One answer of a third party.

    Args:
        at: when it was asked, ISO 8601 in UTC.
        authority: the address that was asked.
        by: who had it asked.
        message: the JSON object that was stamped.
        response: the whole answer.
    """

    at: str
    authority: str
    by: str
    message: Mapping[str, Any]
    method: Method
    response: bytes

    @property
    def subject(self) -> Subject:
        """What was stamped."""
        return subject_from(self.message)

    @property
    def stamped(self) -> bytes:
        """The bytes that were stamped."""
        return canonical(self.message)

    @property
    def name(self) -> str:
        """Its files' common name: subject, host of the authority, kind of the answer."""
        host = re.sub(r"[^A-Za-z0-9.-]", "_", urlsplit(self.authority).netloc or "unnamed")
        return f"{subject_name(self.subject)}-{host}"

    def form(self) -> dict[str, Any]:
        """The payload of its ledger entry."""
        return {
            "at": self.at,
            "authority": self.authority,
            "by": self.by,
            "message": dict(self.message),
            "method": self.method.value,
            "response": base64.b64encode(self.response).decode(),
        }


def anchor_from(payload: Mapping[str, Any]) -> Anchor:
    """The inverse of :meth:`Anchor.form`.

    Raises:
        ValueError: the payload is no anchor.
    """
    match payload:
        case {
            "at": str(at),
            "authority": str(authority),
            "by": str(by),
            "message": dict(message),
            "method": str(method),
            "response": str(response),
        }:
            subject_from(message)
            answer = base64.b64decode(response, validate=True)
            return Anchor(at, authority, by, message, Method(method), answer)
    raise ValueError("not an anchor")


def write_anchor(folder: Path, anchor: Anchor) -> Path:
    """Write an anchor's three files; returns the one that says it all.

    Raises:
        EnvironmentFailed: they cannot be written.
    """
    disk.put_file(folder / f"{anchor.name}.json", anchor.stamped)
    disk.put_file(folder / f"{anchor.name}{_SUFFIX[anchor.method]}", anchor.response)
    whole = folder / f"{anchor.name}{_SUFFIX[anchor.method]}{ANCHOR_SUFFIX}"
    disk.put_file(whole, canonical(anchor.form()))
    return whole


class State(StrEnum):
    """How much an anchor proves, as far as this machine can tell."""

    CONFIRMED = "confirmed"
    PENDING = "pending"
    UNVERIFIED = "unverified"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class AnchorStatus:
    """What an anchor proves.

    Args:
        says: one line for people.
        time: what the third party says was the time, ISO 8601; None where it says none.
    """

    anchor: Anchor
    state: State
    says: str
    time: str | None = None


def check_anchor(anchor: Anchor, roots: Sequence[x509.Certificate]) -> AnchorStatus:
    """Read an anchor's answer; whether the ledger has that root is for ``verify`` to say.

    Raises:
        Unfit: the answer is none, is of another message, or leads to no trusted root.
    """
    if anchor.method is Method.RFC3161:
        stamp = read_stamp(anchor.response, anchor.stamped, roots)
        time = stamp.at.isoformat()
        if stamp.verified:
            return AnchorStatus(anchor, State.CONFIRMED, f"existed at {time}", time)
        return AnchorStatus(anchor, State.UNVERIFIED, f"says {time}; {NO_ROOTS}", time)
    found = timestamps_ots.status(anchor.response, anchor.stamped)
    if found.blocks:
        height, root = found.blocks[0]
        says = f"Bitcoin block {height}, Merkle root {root}: {timestamps_ots.UNVERIFIED}"
        return AnchorStatus(anchor, State.UNVERIFIED, says)
    says = f"pending at {', '.join(found.pending)}; later: tocsin anchor upgrade"
    return AnchorStatus(anchor, State.PENDING, says)
