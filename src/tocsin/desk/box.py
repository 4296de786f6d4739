"""What is encrypted at rest, and how: this page is the format's specification.

A box is a header of 52 bytes and a ChaCha20-Poly1305 ciphertext that covers the header too:

    offset  size  field
         0     4  magic    b"TCDB"
         4     2  version  1, little-endian
         6     2  kind     1: key alone, 2: key and passphrase, 3: sealed to a public key
         8    32  salt     fresh at each writing; for kind 3 the ephemeral X25519 public key
        40    12  nonce    fresh at each writing

    kind 1:  secret = key
    kind 2:  secret = key ‖ scrypt(passphrase, salt, n = 2^15, r = 8, p = 1, 32 bytes)
    kind 3:  secret = X25519(ephemeral private, public) ‖ public
    cipher key = HKDF-SHA-256(secret, salt, info = "tocsin box" ‖ kind, 32 bytes)

Each writing has a key of its own, so no nonce is ever used twice with one.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from tocsin import system
from tocsin.errors import EnvironmentFailed, UsageError

MAGIC: Final = b"TCDB"
VERSION: Final = 1
KEY: Final = 1
KEY_AND_PASSPHRASE: Final = 2
SEALED: Final = 3
_HEADER: Final = struct.Struct("<4sHH32s12s")
_SCRYPT_N: Final = 1 << 15
_MODE: Final = 0o600


def close_box(plain: bytes, key: bytes, passphrase: str | None = None) -> bytes:
    """``plain`` encrypted under a key, and a passphrase if there is one."""
    kind = KEY if passphrase is None else KEY_AND_PASSPHRASE
    salt = os.urandom(32)
    return _encrypted(kind, salt, _secret(key, passphrase, salt), plain)


def open_box(data: bytes, key: bytes, passphrase: str | None, name: str) -> bytes:
    """The inverse of :func:`close_box`.

    Args:
        name: of the file, for the message.

    Raises:
        UsageError: it needs a passphrase, or key or passphrase do not fit, or it was changed.
    """
    kind, salt = header(data, name)
    if kind not in (KEY, KEY_AND_PASSPHRASE):
        raise UsageError(f"{name}: sealed by tocsin lock; open it with: tocsin unlock")
    if kind == KEY_AND_PASSPHRASE and passphrase is None:
        raise UsageError(f"{name}: needs its passphrase")
    given = passphrase if kind == KEY_AND_PASSPHRASE else None
    return _decrypted(kind, _secret(key, given, salt), data, name)


def seal(plain: bytes, public: bytes) -> bytes:
    """``plain`` encrypted so that only the holder of the private key of ``public`` opens it."""
    ephemeral = X25519PrivateKey.generate()
    shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(public))
    return _encrypted(SEALED, ephemeral.public_key().public_bytes_raw(), shared + public, plain)


def unseal(data: bytes, private: bytes, name: str) -> bytes:
    """The inverse of :func:`seal`.

    Raises:
        UsageError: it was sealed to another key, or was changed.
    """
    kind, ephemeral = header(data, name)
    if kind != SEALED:
        raise UsageError(f"{name}: not sealed by tocsin lock; restore it from its copy")
    own = X25519PrivateKey.from_private_bytes(private)
    shared = own.exchange(X25519PublicKey.from_public_bytes(ephemeral))
    return _decrypted(kind, shared + own.public_key().public_bytes_raw(), data, name)


def header(data: bytes, name: str) -> tuple[int, bytes]:
    """(kind, salt) of a box.

    Raises:
        UsageError: it is no box, or one of a later version.
    """
    if len(data) < _HEADER.size or data[:4] != MAGIC:
        raise UsageError(f"{name}: not a box of tocsin; restore it from its copy")
    _, version, kind, salt, _ = _HEADER.unpack(data[: _HEADER.size])
    if version != VERSION or kind not in (KEY, KEY_AND_PASSPHRASE, SEALED):
        raise UsageError(f"{name}: written by a later version of tocsin; install that one")
    return kind, salt


def _secret(key: bytes, passphrase: str | None, salt: bytes) -> bytes:
    if passphrase is None:
        return key
    return key + Scrypt(salt, 32, _SCRYPT_N, 8, 1).derive(passphrase.encode())


def _cipher(kind: int, salt: bytes, secret: bytes) -> ChaCha20Poly1305:
    derived = HKDF(SHA256(), 32, salt, b"tocsin box" + bytes([kind])).derive(secret)
    return ChaCha20Poly1305(derived)


def _encrypted(kind: int, salt: bytes, secret: bytes, plain: bytes) -> bytes:
    nonce = os.urandom(12)
    head = _HEADER.pack(MAGIC, VERSION, kind, salt, nonce)
    return head + _cipher(kind, salt, secret).encrypt(nonce, plain, head)


def _decrypted(kind: int, secret: bytes, data: bytes, name: str) -> bytes:
    head = data[: _HEADER.size]
    _, _, _, salt, nonce = _HEADER.unpack(head)
    try:
        return _cipher(kind, salt, secret).decrypt(nonce, data[_HEADER.size :], head)
    except InvalidTag:
        raise UsageError(
            f"{name}: key or passphrase do not fit, or the file was changed; try the passphrase "
            "again, or restore file and key from their copies"
        ) from None


def write_whole(path: Path, data: bytes) -> None:
    """Replace ``path`` by ``data`` at once: a kill leaves the old file or the new one.

    Raises:
        EnvironmentFailed: it could not be written; the old one stands.
    """
    beside = path.with_name(f"{path.name}.new")
    try:
        fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | system.BINARY, _MODE)
        with os.fdopen(fd, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        system.sync_folder(path.parent)
    except OSError as error:
        reason = error.strerror or str(error)
        raise EnvironmentFailed(
            f"{path}: could not be written: {reason}; the old one stands, check the disk"
        ) from error
