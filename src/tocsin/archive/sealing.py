"""Sealing: what two people can open together, and nobody alone.

Two key pairs (X25519, RFC 7748) belong to two people who keep their private halves offline. One
item is sealed so:

    e        a fresh X25519 key pair for this item
    secret   X25519(e, A) ‖ X25519(e, B)              both are needed to make it again
    key      HKDF-SHA256(secret, salt = e.public, info = "tocsin sealed 1" ‖ A ‖ B), 32 bytes
    sealed   e.public (32 bytes) ‖ ChaCha20-Poly1305(key, nonce = 12 zero bytes,
                                                     the original bytes, additional data)

The nonce may be zero because no key is used twice. The additional data is the canonical JSON
of the item's identity, so that one item's original cannot be passed off as another's.
A private key file is PEM (PKCS #8); a public file has two lines ``x25519 <64 hex digits>``.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from tocsin.archive import disk
from tocsin.archive.format import canonical
from tocsin.errors import UsageError
from tocsin.model import Identity

_INFO: Final = b"tocsin sealed 1"
_LABEL: Final = "x25519 "
_NONCE: Final = bytes(12)
KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Recipients:
    """The public keys of the two people, 32 bytes each."""

    first: bytes
    second: bytes

    def __post_init__(self) -> None:
        if self.first == self.second:
            raise UsageError("both public keys are the same: two people need a key each")


def seal_item(identity: Identity, original: bytes, to: Recipients) -> bytes:
    """The original bytes of one item, sealed."""
    fresh = X25519PrivateKey.generate()
    secrets = [fresh.exchange(X25519PublicKey.from_public_bytes(k)) for k in (to.first, to.second)]
    public = fresh.public_key().public_bytes_raw()
    key = _key(secrets, public, to)
    return public + ChaCha20Poly1305(key).encrypt(_NONCE, original, _bound(identity))


def open_item(identity: Identity, sealed: bytes, keys: tuple[bytes, bytes]) -> bytes:
    """The original bytes again.

    Args:
        keys: both private keys, 32 bytes each, in any order.

    Raises:
        UsageError: these keys do not open it, or it was altered.
    """
    public, body = sealed[:KEY_BYTES], sealed[KEY_BYTES:]
    theirs = X25519PublicKey.from_public_bytes(public)
    own = [X25519PrivateKey.from_private_bytes(key) for key in keys]
    # Which of the two was named first in the public file is not known here.
    for pair in (own, own[::-1]):
        to = (one.public_key().public_bytes_raw() for one in pair)
        key = _key([one.exchange(theirs) for one in pair], public, Recipients(*to))
        try:
            return ChaCha20Poly1305(key).decrypt(_NONCE, body, _bound(identity))
        except InvalidTag:
            continue
    raise UsageError(
        "these two keys do not open this item; take the pair whose public file it was sealed to"
    )


def _key(secrets: list[bytes], public: bytes, to: Recipients) -> bytes:
    info = _INFO + to.first + to.second
    return HKDF(SHA256(), KEY_BYTES, salt=public, info=info).derive(b"".join(secrets))


def _bound(identity: Identity) -> bytes:
    return canonical(asdict(identity))


def make_keys(private: tuple[Path, Path], public: Path) -> Recipients:
    """Make two key pairs: two private files for this account alone, and the public one.

    Raises:
        UsageError: one of the files is there already; no file is made.
        EnvironmentFailed: a file cannot be written.
    """
    paths = (*private, public)
    taken = [path for path in paths if path.exists()]
    if taken or len({path.absolute() for path in paths}) < len(paths):
        named = taken[0] if taken else private[0]
        raise UsageError(f"{named}: there already, or named twice; keys never replace a file")
    pairs = [X25519PrivateKey.generate() for _ in private]
    with disk.plain_failures("the keys could not be written", public):
        for path, pair in zip(private, pairs, strict=True):
            pem = pair.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            disk.write_new(path, [pem])
        to = Recipients(*(pair.public_key().public_bytes_raw() for pair in pairs))
        lines = (f"{_LABEL}{key.hex()}\n".encode() for key in (to.first, to.second))
        disk.write_new(public, lines)
    return to


def read_recipients(path: Path) -> Recipients:
    """Both public keys of a public file.

    Raises:
        UsageError: it does not hold two of them.
        EnvironmentFailed: it cannot be read.
    """
    with disk.plain_failures("the public keys", path):
        text = path.read_bytes().decode("ascii", errors="replace")
    try:
        keys = [bytes.fromhex(line.removeprefix(_LABEL)) for line in text.split("\n") if line]
    except ValueError:
        keys = []
    if [len(key) for key in keys] != [KEY_BYTES, KEY_BYTES]:
        raise UsageError(f"{path}: not two public keys; make them with: tocsin seal keys OUT1 OUT2")
    return Recipients(*keys)


def read_private(path: Path) -> bytes:
    """A private key, 32 bytes.

    Raises:
        UsageError: the file holds none.
        EnvironmentFailed: it cannot be read.
    """
    with disk.plain_failures("the private key", path):
        data = path.read_bytes()
    try:
        key = load_pem_private_key(data, None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, X25519PrivateKey):
        raise UsageError(f"{path}: no private key of tocsin seal keys")
    return key.private_bytes_raw()


def lies_within(path: Path, folder: Path) -> bool:
    """Whether a key file is inside a project, where it must not be."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))
