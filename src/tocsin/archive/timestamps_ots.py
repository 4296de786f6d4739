"""Time stamps in the Bitcoin block chain, through OpenTimestamps calendars.

A calendar answers at once with a promise (*pending*), which proves nothing yet; some hours later
it can be asked for the path to a block. That path is checked here as far as it can be without
the block chain: it leads from the message to what must be the Merkle root of block N. Whether
block N has that root only its header tells, so it reads "not verified without block headers".
By hand: ``ots verify FILE.ots`` of the OpenTimestamps client, beside a Bitcoin node.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

import httpx
from opentimestamps.core.notary import BitcoinBlockHeaderAttestation, PendingAttestation
from opentimestamps.core.op import OpSHA256
from opentimestamps.core.serialize import (
    BytesDeserializationContext,
    BytesSerializationContext,
    DeserializationError,
)
from opentimestamps.core.timestamp import DetachedTimestampFile, Timestamp

from tocsin.archive.asking import Patience, ask
from tocsin.errors import EnvironmentFailed, Unfit

UNVERIFIED: Final = "not verified without block headers"
_HEADERS: Final = {"Accept": "application/vnd.opentimestamps.v1"}
_OTHER: Final = "ask another calendar; the answer cannot be used"


@dataclass(frozen=True, slots=True)
class OtsStatus:
    """What a stamp holds.

    Args:
        pending: calendars that promised to attest.
        blocks: heights of the Bitcoin blocks it leads to, each with the Merkle root that the
            block must have (hex, as block explorers show it).
    """

    pending: tuple[str, ...]
    blocks: tuple[tuple[int, str], ...]


def submit(client: httpx.Client, url: str, message: bytes, patience: Patience) -> bytes:
    """Ask a calendar to attest; returns the stamp as an ``.ots`` file holds it.

    The calendar learns the digest of ``message``, nothing else.

    Raises:
        EnvironmentFailed: no answer.
        Unfit: the answer is no time stamp.
    """
    digest = hashlib.sha256(message).digest()
    request = httpx.Request("POST", _at(url, "digest"), content=digest, headers=_HEADERS)
    return _file_bytes(_parsed(ask(client, request, patience), digest))


def _at(url: str, path: str) -> str:
    return f"{url.rstrip('/')}/{path}"


def _parsed(answer: bytes, message: bytes) -> Timestamp:
    try:
        context = BytesDeserializationContext(answer)
        found = Timestamp.deserialize(context, message)
        context.assert_eof()
    except _UNREADABLE as error:
        raise Unfit(f"not an OpenTimestamps answer ({error})", _OTHER) from None
    return found


_UNREADABLE: Final = (DeserializationError, ValueError, TypeError, OverflowError, RecursionError)


def _file_bytes(stamp: Timestamp) -> bytes:
    context = BytesSerializationContext()
    DetachedTimestampFile(OpSHA256(), stamp).serialize(context)
    return bytes(context.getbytes())


def _read_file(data: bytes, message: bytes) -> Timestamp:
    try:
        detached = DetachedTimestampFile.deserialize(BytesDeserializationContext(data))
    except _UNREADABLE as error:
        raise Unfit(f"not an OpenTimestamps file ({error})", _OTHER) from None
    if (
        detached.file_hash_op != OpSHA256()
        or detached.file_digest != hashlib.sha256(message).digest()
    ):
        raise Unfit("the time stamp is of another message", _OTHER)
    return detached.timestamp


def status(data: bytes, message: bytes) -> OtsStatus:
    """What an ``.ots`` file attests of a message.

    Raises:
        Unfit: it is no such file, is of another message, or attests nothing.
    """
    pending: list[str] = []
    blocks: list[tuple[int, str]] = []
    for reached, attestation in _read_file(data, message).all_attestations():
        if isinstance(attestation, PendingAttestation):
            pending.append(attestation.uri)
        elif isinstance(attestation, BitcoinBlockHeaderAttestation):
            blocks.append((attestation.height, reached[::-1].hex()))
    if not pending and not blocks:
        raise Unfit("the time stamp holds no attestation that is known here", _OTHER)
    return OtsStatus(tuple(sorted(pending)), tuple(sorted(blocks)))


def upgrade(
    client: httpx.Client,
    data: bytes,
    message: bytes,
    calendars: Collection[str],
    patience: Patience,
) -> bytes:
    """Ask the calendars that promised for the path to a block; returns the file, fuller or as is.

    Only calendars in ``calendars`` are asked, whatever address a stamp names.

    Raises:
        EnvironmentFailed: none of them answered.
        Unfit: an answer is no time stamp.
    """
    stamp = _read_file(data, message)
    allowed = {url.rstrip("/") for url in calendars}
    failures: list[EnvironmentFailed] = []
    asked = 0
    for promise, uri in list(_promises(stamp)):
        if uri.rstrip("/") not in allowed:
            continue
        asked += 1
        request = httpx.Request("GET", _at(uri, f"timestamp/{promise.msg.hex()}"), headers=_HEADERS)
        try:
            promise.merge(_parsed(ask(client, request, patience), promise.msg))
        except EnvironmentFailed as error:  # also "not yet": calendars say 404 until then
            failures.append(error)
    if failures and len(failures) == asked:
        raise failures[0]
    return _file_bytes(stamp)


def _promises(stamp: Timestamp) -> Iterator[tuple[Timestamp, str]]:
    for attestation in stamp.attestations:
        if isinstance(attestation, PendingAttestation):
            yield stamp, attestation.uri
    for below in stamp.ops.values():
        yield from _promises(below)
