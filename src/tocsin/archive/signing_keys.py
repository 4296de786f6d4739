"""Ed25519 keys that sign tree heads: files, names, and how one key hands over to the next.

The private key (PEM, PKCS #8) lies outside the data folder; its public half lies beside it and
in ``DIR/heads/key.pub``. Every key is announced in the ledger by an entry of kind
``signing_key``:

    {"accepted", "at", "key", "previous", "signature"}

``key`` is the new public key (64 hex digits), ``previous`` the id of the key before, null for
the first. ``signature`` is made by the key before (by the first key itself) and ``accepted`` by
the new one, both over the canonical JSON of ``at``, ``key`` and ``previous``. A key that the one
before did not sign is swapped. A key that did not accept could be anybody's, named so that a
pinned key seems to be known here.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tocsin import system
from tocsin.archive import disk
from tocsin.archive.format import canonical
from tocsin.errors import UsageError

SIGNING_KEY: Final = "signing_key"
"""The kind of the ledger entry that announces a key."""
PUBLIC_NAME: Final = "key.pub"
"""File name of the public key in ``DIR/heads``."""

_ID_DIGITS: Final = 16
_HEX_KEY: Final = re.compile(r"[0-9a-f]{64}")


def key_id(public: bytes) -> str:
    """The name of a key: the first 16 hex digits of SHA-256(public key)."""
    return hashlib.sha256(public).hexdigest()[:_ID_DIGITS]


def signature_fits(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the key of 32 bytes made this signature (RFC 8032)."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


class SigningKey:
    """A private key; get one from :meth:`create` or :meth:`load`.

    Args:
        public: the public key, 32 bytes.
        id: its name, 16 hex digits.
    """

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public = private.public_key().public_bytes_raw()
        self.id = key_id(self.public)

    def __repr__(self) -> str:
        return f"SigningKey({self.id})"

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""
        return self._private.sign(message)

    @classmethod
    def create(cls, path: Path) -> SigningKey:
        """Make a key for this account alone, with its public half beside it.

        Raises:
            UsageError: there is a file already.
            EnvironmentFailed: it cannot be written.
        """
        private = Ed25519PrivateKey.generate()
        with disk.plain_failures("the signing key", path):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | system.BINARY, 0o600)
            except FileExistsError:
                raise UsageError(f"{path}: is there already; name another file") from None
            with os.fdopen(fd, "wb") as file:
                file.write(_private_pem(private))
                file.flush()
                os.fsync(fd)
            key = cls(private)
            public_path(path).write_bytes(public_pem(key.public))
        return key

    @classmethod
    def load(cls, path: Path) -> SigningKey:
        """Read a key.

        Raises:
            UsageError: others may read the file, or it holds no Ed25519 key.
            EnvironmentFailed: it cannot be read.
        """
        with disk.plain_failures("the signing key", path):
            if system.others_may_read(path):
                raise UsageError(
                    f"{path}: other accounts may read the signing key; chmod 600 {path}"
                )
            data = path.read_bytes()
        try:
            private = serialization.load_pem_private_key(data, password=None)
        except (ValueError, TypeError):
            private = None
        if not isinstance(private, Ed25519PrivateKey):
            raise UsageError(f"{path}: holds no Ed25519 key; restore it from its copy")
        return cls(private)


def public_path(private: Path) -> Path:
    """Where the public half of a key file lies: beside it, ending in ``.pub``."""
    return private.with_name(private.name + ".pub")


def _private_pem(private: Ed25519PrivateKey) -> bytes:
    return private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def public_pem(public: bytes) -> bytes:
    """A public key as PEM, which ``openssl`` reads."""
    return Ed25519PublicKey.from_public_bytes(public).public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def read_public(path: Path) -> bytes:
    """A public key of 32 bytes from a file: PEM, or 64 hex digits.

    Raises:
        UsageError: the file holds neither.
        EnvironmentFailed: it cannot be read.
    """
    with disk.plain_failures("the public key", path):
        data = path.read_bytes()
    text = data.decode("ascii", "replace").strip()
    if _HEX_KEY.fullmatch(text):
        return bytes.fromhex(text)
    try:
        public = serialization.load_pem_public_key(data)
    except ValueError:
        public = None
    if not isinstance(public, Ed25519PublicKey):
        raise UsageError(f"{path}: holds no Ed25519 public key (PEM, or 64 hex digits)")
    return public.public_bytes_raw()


@dataclass(frozen=True, slots=True)
class KeyAnnouncement:
    """A key takes over; its fields are those of the ledger entry.

    Args:
        at: when, ISO 8601 in UTC.
        key: the new public key, 32 bytes.
        previous: id of the key before; None for the first.
        signature: by the key before; by the first key itself.
        accepted: by the new key.
    """

    at: str
    key: bytes
    previous: str | None
    signature: bytes
    accepted: bytes

    @property
    def id(self) -> str:
        """The new key's id."""
        return key_id(self.key)

    def signed(self) -> bytes:
        """What both signatures cover."""
        return _announced(self.at, self.key, self.previous)

    def fits(self, before: bytes | None) -> bool:
        """Whether both signatures are right.

        Args:
            before: the public key that was in force; None: there was none.
        """
        named = None if before is None else key_id(before)
        signer = self.key if before is None else before
        return (
            self.previous == named
            and signature_fits(signer, self.signature, self.signed())
            and signature_fits(self.key, self.accepted, self.signed())
        )

    def form(self) -> dict[str, Any]:
        """The payload of its ledger entry."""
        return {
            "accepted": self.accepted.hex(),
            "at": self.at,
            "key": self.key.hex(),
            "previous": self.previous,
            "signature": self.signature.hex(),
        }


def _announced(at: str, key: bytes, previous: str | None) -> bytes:
    return canonical({"at": at, "key": key.hex(), "previous": previous})


def announce(new: SigningKey, before: SigningKey | None, at: str) -> KeyAnnouncement:
    """The announcement of a key; ``before`` None: the first."""
    previous = None if before is None else before.id
    message = _announced(at, new.public, previous)
    signature = (before or new).sign(message)
    return KeyAnnouncement(at, new.public, previous, signature, new.sign(message))


def announcement_from(payload: Mapping[str, Any]) -> KeyAnnouncement:
    """The inverse of :meth:`KeyAnnouncement.form`.

    Raises:
        ValueError: the payload is no announcement.
    """
    match payload:
        case {
            "at": str(at),
            "key": str(key),
            "previous": str() | None as previous,
            "signature": str(signature),
            "accepted": str(accepted),
        }:
            return KeyAnnouncement(
                at,
                bytes.fromhex(key),
                previous,
                bytes.fromhex(signature),
                bytes.fromhex(accepted),
            )
    raise ValueError("not the announcement of a key")
