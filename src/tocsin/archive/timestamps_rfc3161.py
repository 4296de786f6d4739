"""Time stamps of authorities (RFC 3161): asked for, stored whole, verified offline.

The message that is stamped is a file of the project, so anybody can check a stamp by hand:

    openssl ts -verify -data FILE.json -in FILE.tsr -CAfile ROOT.pem
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import httpx
from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from tocsin.archive import disk
from tocsin.archive.asking import Patience, ask
from tocsin.archive.der_order import with_sorted_certificates
from tocsin.errors import Unfit, UsageError

_GRANTED: Final = 0
_SHA256: Final = x509.ObjectIdentifier("2.16.840.1.101.3.4.2.1")
_HEADERS: Final = {
    "Content-Type": "application/timestamp-query",
    "Accept": "application/timestamp-reply",
}
_OTHER: Final = "ask another authority; the answer cannot be used"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What an authority said.

    Args:
        at: its time (genTime).
        verified: the signature leads to a root certificate that was given.
    """

    at: datetime
    verified: bool


def request_stamp(client: httpx.Client, url: str, message: bytes, patience: Patience) -> bytes:
    """Ask one authority; returns its whole response, which is for :func:`read_stamp` to check.

    The request holds the digest of ``message`` and a number used once, nothing else.

    Raises:
        EnvironmentFailed: no answer, however often it was asked.
        Unfit: no time stamp, or one that answers another request.
    """
    builder = TimestampRequestBuilder().data(message).hash_algorithm(HashAlgorithm.SHA256)
    asked = builder.build()
    request = httpx.Request("POST", url, content=asked.as_bytes(), headers=_HEADERS)
    response = ask(client, request, patience)
    if _decoded(response).tst_info.nonce != asked.nonce:
        raise Unfit("the time stamp answers another request", _OTHER)
    return response


def read_stamp(response: bytes, message: bytes, roots: Sequence[x509.Certificate]) -> Stamp:
    """Check a response as far as the root certificates allow.

    Certificates must have been valid at the stamp's own time, as ``openssl ts -verify`` with
    ``-attime`` does; that they have expired since takes nothing from an older stamp.

    Args:
        roots: trusted root certificates; none: the signature is not checked.

    Raises:
        Unfit: it is no response, grants nothing, stamps another message, or its signature does
            not lead to one of the roots.
    """
    decoded = _decoded(response)
    info = decoded.tst_info
    imprint = info.message_imprint
    stamped = (
        imprint.hash_algorithm == _SHA256 and imprint.message == hashlib.sha256(message).digest()
    )
    if not stamped:
        raise Unfit("the time stamp is of another message", _OTHER)
    if roots:
        _check_signature(decoded, message, roots)
    return Stamp(info.gen_time, bool(roots))


def _decoded(response: bytes) -> TimeStampResponse:
    try:
        decoded = decode_timestamp_response(with_sorted_certificates(response))
        if decoded.status != _GRANTED:
            raise Unfit(f"the authority refused (status {decoded.status})", _OTHER)
        decoded.tst_info.message_imprint  # noqa: B018 - decoded only when it is asked for
    except (ValueError, TypeError) as error:
        if isinstance(error, Unfit):
            raise
        raise Unfit(f"not a time-stamp response ({error})", _OTHER) from None
    return decoded


def _check_signature(
    decoded: TimeStampResponse, message: bytes, roots: Sequence[x509.Certificate]
) -> None:
    builder = VerifierBuilder(roots=list(roots), intermediates=[])
    try:
        builder.build().verify_message(decoded, message)
    except (VerificationError, ValueError) as error:
        raise Unfit(
            f"the time stamp does not lead to a root certificate you trust ({error})",
            "name the authority's root certificate in archive.tsa_roots, if you trust it",
        ) from None


def load_roots(paths: Sequence[Path]) -> list[x509.Certificate]:
    """Root certificates from PEM files.

    Raises:
        UsageError: a file holds none.
        EnvironmentFailed: a file cannot be read.
    """
    found: list[x509.Certificate] = []
    for path in paths:
        with disk.plain_failures("the root certificates", path):
            data = path.read_bytes()
        try:
            loaded = x509.load_pem_x509_certificates(data)
        except ValueError:
            raise UsageError(f"{path}: holds no certificate in PEM") from None
        found += [certificate for certificate in loaded if certificate not in found]
    return found
