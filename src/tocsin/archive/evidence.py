"""Evidence and its ledger entry: the one made from the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tocsin.archive.blocks import SEE_VERIFY
from tocsin.archive.format import ContentRecord
from tocsin.errors import ArchiveDamaged
from tocsin.model import Evidence, Identity

EVIDENCE: Final = "evidence"
"""The kind of a ledger entry that has a content."""


def item_name(identity: Identity) -> str:
    """How an archived item is named to people: ``channel/id v1``."""
    return f"{identity.channel}/{identity.message_id} v{identity.version}"


def evidence_payload(
    identity: Identity, commitment: bytes, original: bytes, capture: int, sealed: str | None = None
) -> dict[str, Any]:
    """What the ledger says of an item: who it is and what was committed to, never what it says.

    Args:
        sealed: hex SHA-256 of its sealed original (``archive/sealed.py``), where it has one.
    """
    return {
        **({} if sealed is None else {"sealed": sealed}),
        "capture": capture,
        "commitment": commitment.hex(),
        "identity": {
            "channel": identity.channel,
            "message_id": identity.message_id,
            "source": identity.source,
            "version": identity.version,
        },
        "original": original.hex(),
    }


def was_erased(fields: Mapping[str, Any], contents: Mapping[int, ContentRecord]) -> bool:
    """Whether a tombstone lies where the content of a ledger line was."""
    record = contents.get(fields["seq"])
    return record is not None and record.erased


def evidence_from(fields: Mapping[str, Any], contents: Mapping[int, ContentRecord]) -> Evidence:
    """The item of a ledger line, with its content.

    Raises:
        ArchiveDamaged: ``contents`` has none for it.
        KeyError, TypeError, ValueError: ``fields`` is not the JSON of an evidence entry.
    """
    payload = fields["payload"]
    identity = Identity(**payload["identity"])
    record = contents.get(fields["seq"])
    if record is None:
        raise ArchiveDamaged(f"{item_name(identity)}: its content is missing; {SEE_VERIFY}")
    return Evidence(
        seq=record.seq,
        identity=identity,
        content=record.content,
        salt=record.salt,
        commitment=bytes.fromhex(payload["commitment"]),
        original=bytes.fromhex(payload["original"]),
        capture=payload["capture"],
    )
