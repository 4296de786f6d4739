"""age files under a passphrase, in constant memory: pyrage only does them whole.

As https://age-encryption.org/v1 has it, with one recipient of the kind ``scrypt``:

    age-encryption.org/v1
    -> scrypt <salt, 16 bytes> <log N>
    <file key, 16 bytes, ChaCha20-Poly1305 under scrypt(passphrase, label ‖ salt, N, r = 8, p = 1)>
    --- <HMAC-SHA-256 over all before it, under HKDF(file key, "header")>
    <nonce, 16 bytes> <chunks>

Chunks are 64 KiB, each under ChaCha20-Poly1305 with HKDF(file key, nonce, "payload") and the nonce
<number, 11 bytes> <1 for the last, 0 for any other>. Base64 is without padding.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from tocsin.backup.refusals import Damaged, WrongKey
from tocsin.backup.streams import Reads, Writes

LOG_N: Final = 18
"""scrypt work: 256 MiB of memory and about a second."""
_MOST_LOG_N: Final = 20
_VERSION: Final = b"age-encryption.org/v1\n"
_LABEL: Final = b"age-encryption.org/v1/scrypt"
_KEY_BYTES: Final = 16
_TAG_BYTES: Final = 16
CHUNK: Final = 64 << 10
_HEADER: Final = re.compile(
    rb"age-encryption\.org/v1\n-> scrypt ([A-Za-z0-9+/]{22}) ([1-9][0-9]?)\n"
    rb"([A-Za-z0-9+/]{43})\n---"
)
_MAC: Final = re.compile(rb" ([A-Za-z0-9+/]{43})\n")
_HEADER_BYTES: Final = 256


def is_under_passphrase(head: bytes) -> bool:
    """Whether a file that begins so was made with a passphrase."""
    return head.startswith(_VERSION + b"-> scrypt ")


def encrypt(reader: Reads, writer: Writes, passphrase: str, log_n: int = LOG_N) -> None:
    """Everything that ``reader`` gives, encrypted."""
    file_key = os.urandom(_KEY_BYTES)
    salt = os.urandom(16)
    wrapped = _wrapping(passphrase, salt, log_n).encrypt(bytes(12), file_key, None)
    stanza = b"-> scrypt %s %d\n%s\n" % (_base64(salt), log_n, _base64(wrapped))
    header = _VERSION + stanza + b"---"
    nonce = os.urandom(16)
    writer.write(header + b" " + _base64(_mac(file_key, header)) + b"\n" + nonce)
    cipher = ChaCha20Poly1305(_derived(file_key, nonce, b"payload"))
    chunk, number = _chunk(reader, CHUNK), 0
    while len(chunk) == CHUNK and (following := _chunk(reader, CHUNK)):
        writer.write(cipher.encrypt(_nonce(number, last=False), chunk, None))
        chunk, number = following, number + 1
    writer.write(cipher.encrypt(_nonce(number, last=True), chunk, None))


def decrypt(reader: Reads, writer: Writes, passphrase: str) -> None:
    """The inverse of :func:`encrypt`; what was written before it raises must not be used.

    Raises:
        WrongKey: the passphrase does not fit, or the header was changed.
        Damaged: no such file, or it was changed or cut short.
    """
    file_key, rest = _opened(_chunk(reader, _HEADER_BYTES), passphrase)
    stored = CHUNK + _TAG_BYTES
    rest += _chunk(reader, _KEY_BYTES + stored - len(rest))
    cipher = ChaCha20Poly1305(_derived(file_key, rest[:_KEY_BYTES], b"payload"))
    chunk, number = rest[_KEY_BYTES:], 0
    while following := _chunk(reader, stored):
        writer.write(_plain(cipher, chunk, _nonce(number, last=False)))
        chunk, number = following, number + 1
    plain = _plain(cipher, chunk, _nonce(number, last=True))
    if not plain and number:
        raise Damaged("its last part is empty")
    writer.write(plain)


def _opened(head: bytes, passphrase: str) -> tuple[bytes, bytes]:
    """(file key, what follows the header)."""
    found = _HEADER.match(head)
    mac = None if found is None else _MAC.match(head, found.end())
    if found is None or mac is None:
        raise Damaged("its beginning is not that of a file under a passphrase")
    log_n = int(found[2])
    if log_n > _MOST_LOG_N:
        raise Damaged("it asks for more work than a backup of tocsin does")
    wrapping = _wrapping(passphrase, _bytes(found[1]), log_n)
    try:
        file_key = wrapping.decrypt(bytes(12), _bytes(found[3]), None)
    except InvalidTag:
        raise WrongKey from None
    if not hmac.compare_digest(_mac(file_key, found[0]), _bytes(mac[1])):
        raise Damaged("its beginning was changed")
    return file_key, head[mac.end() :]


def _wrapping(passphrase: str, salt: bytes, log_n: int) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(Scrypt(_LABEL + salt, 32, 1 << log_n, 8, 1).derive(passphrase.encode()))


def _mac(file_key: bytes, header: bytes) -> bytes:
    return hmac.digest(_derived(file_key, b"", b"header"), header, hashlib.sha256)


def _derived(file_key: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt, info).derive(file_key)


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _plain(cipher: ChaCha20Poly1305, chunk: bytes, nonce: bytes) -> bytes:
    try:
        return cipher.decrypt(nonce, chunk, None)
    except InvalidTag:
        raise Damaged("it was changed or cut short") from None


def _chunk(reader: Reads, size: int) -> bytes:
    """So many bytes, or fewer at the end alone."""
    parts: list[bytes] = []
    while size and (part := reader.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _base64(data: bytes) -> bytes:
    return base64.b64encode(data).rstrip(b"=")


def _bytes(text: bytes) -> bytes:
    """The inverse; two spellings of the same bytes are not both taken."""
    data = base64.b64decode(text + b"=" * (-len(text) % 4))
    if _base64(data) != text:
        raise Damaged("its beginning was changed")
    return data
