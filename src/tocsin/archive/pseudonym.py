"""Names of persons become keyed pseudonyms before anything is stored."""

from __future__ import annotations

import hmac
import os
import secrets
from pathlib import Path
from typing import Final

from tocsin import system
from tocsin.archive import disk
from tocsin.errors import UsageError

KEY_BYTES: Final = 32
MARK: Final = "~"
"""What every pseudonym begins with; no public channel name does."""
_DIGITS: Final = 20


class Pseudonymiser:
    """HMAC-SHA-256 under a key that lives outside the archive and can be destroyed.

    The same person has another pseudonym in each channel, so nobody can be followed from one
    to the next.

    Args:
        key: at least 32 bytes.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) < KEY_BYTES:
            raise UsageError(f"the pseudonym key has {len(key)} bytes, it needs {KEY_BYTES}")
        self._keyed = hmac.new(key, digestmod="sha256")

    def pseudonym(self, channel: str, value: str) -> str:
        """``~`` and 20 hex digits of HMAC-SHA-256(key, length of channel ‖ channel ‖ value)."""
        name = channel.encode()
        keyed = self._keyed.copy()
        # The length keeps ("ab", "c") apart from ("a", "bc").
        keyed.update(len(name).to_bytes(4, "big") + name + value.encode())
        return MARK + keyed.hexdigest()[:_DIGITS]


def load_or_create_key(path: Path, what: str = "the pseudonym key") -> bytes:
    """The key in a file of hex digits; made, for this account alone, if there is none.

    Args:
        what: the key is called in messages.

    Raises:
        UsageError: others may read the file, or it holds no key.
        EnvironmentFailed: it cannot be read or made.
    """
    with disk.plain_failures(what, path):
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _create(path)
        return _load(path, what)


def destroy_key(path: Path) -> None:
    """Overwrite the key, as far as the disk allows it, and remove its file.

    Raises:
        UsageError: there is no key.
        EnvironmentFailed: it could not be destroyed.
    """
    with disk.plain_failures("the pseudonym key could not be destroyed", path):
        if not path.is_file():
            raise UsageError(f"{path}: there is no key here; it was destroyed or lies elsewhere")
        with path.open("rb+") as file:
            file.write(secrets.token_bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
        disk.sync_folder(path.parent)


def _create(path: Path) -> None:
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | system.BINARY, 0o600)
    except FileExistsError:  # another process was quicker: its key is the key
        return
    with os.fdopen(fd, "w", encoding="ascii") as file:
        file.write(secrets.token_bytes(KEY_BYTES).hex() + "\n")
        file.flush()
        os.fsync(fd)


def _load(path: Path, what: str) -> bytes:
    if system.others_may_read(path):
        raise UsageError(f"{path}: other accounts may read {what}; chmod 600 {path}")
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except ValueError:
        key = b""
    if len(key) < KEY_BYTES:
        raise UsageError(
            f"{path}: holds no key of {KEY_BYTES} bytes in hex; restore it from its copy, or "
            "remove it if nothing was archived under it"
        )
    return key
