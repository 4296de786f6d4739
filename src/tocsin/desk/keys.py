"""Closing the desk's keys in seconds, without typing a passphrase; opening them needs it.

A passphrase is set once beforehand. It protects a private key; its public key lies open, so that
locking seals every key file at once, whoever does it. Each key file has a box of its own, and is
removed only after its box is on the disk: a kill in between loses nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import orjson
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from tocsin.desk.box import close_box, open_box, seal, unseal
from tocsin.errors import UsageError

SHORTEST: Final = 12
"""Characters of a passphrase; fewer can be tried out by whoever takes the disk."""


@dataclass(frozen=True, slots=True)
class LockFile:
    """What lies open on the disk: the public key, and the private one under the passphrase."""

    public: bytes
    private_box: bytes

    def to_bytes(self) -> bytes:
        """As it lies on disk."""
        form = {"private": self.private_box.hex(), "public": self.public.hex(), "version": 1}
        return orjson.dumps(form, option=orjson.OPT_SORT_KEYS)

    @classmethod
    def from_bytes(cls, data: bytes, name: str) -> LockFile:
        """The inverse of :meth:`to_bytes`.

        Raises:
            UsageError: it is something else.
        """
        try:
            form = orjson.loads(data)
            return cls(bytes.fromhex(form["public"]), bytes.fromhex(form["private"]))
        except (ValueError, KeyError, TypeError):
            raise UsageError(f"{name}: not what tocsin wrote; restore it from its copy") from None


def prepare(passphrase: str) -> LockFile:
    """A new pair of keys under a passphrase.

    Raises:
        UsageError: the passphrase is too short.
    """
    if len(passphrase) < SHORTEST:
        raise UsageError(
            f"the passphrase has {len(passphrase)} characters, it needs {SHORTEST}: four or five "
            "words that nobody connects with you"
        )
    private = X25519PrivateKey.generate()
    box = close_box(private.private_bytes_raw(), b"", passphrase)
    return LockFile(private.public_key().public_bytes_raw(), box)


def sealed_file(path: str, content: bytes, public: bytes) -> bytes:
    """One key file with its path, sealed."""
    return seal(orjson.dumps({"content": content.hex(), "path": path}), public)


def opened_file(data: bytes, lock: LockFile, passphrase: str, name: str) -> tuple[str, bytes]:
    """(path, content) of a sealed key file.

    Raises:
        UsageError: the passphrase is wrong, or the box was changed.
    """
    private = open_box(lock.private_box, b"", passphrase, "passphrase")
    form = orjson.loads(unseal(data, private, name))
    return form["path"], bytes.fromhex(form["content"])
