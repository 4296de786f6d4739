"""What a backup is encrypted to, and what opens it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from os import fdopen, pipe
from pathlib import Path
from typing import BinaryIO

import pyrage

from tocsin.backup import passphrase as under_passphrase
from tocsin.backup.refusals import Damaged, WrongKey
from tocsin.backup.streams import Reads, Writes
from tocsin.errors import UsageError

_HEAD_BYTES = 64


@dataclass(frozen=True, slots=True)
class Lock:
    """Public keys, or a passphrase; exactly one of both.

    Args:
        recipients: age public keys, ``age1…``; any one of their private keys opens the file.
    """

    recipients: tuple[str, ...] = ()
    passphrase: str | None = field(default=None, repr=False)
    log_n: int = under_passphrase.LOG_N

    def __post_init__(self) -> None:
        if bool(self.recipients) == (self.passphrase is not None):
            raise UsageError("a backup is encrypted to public keys or under a passphrase, not both")
        self.parsed()

    def parsed(self) -> list[pyrage.x25519.Recipient]:
        """The public keys.

        Raises:
            UsageError: one of them is none.
        """
        return [_recipient(one) for one in self.recipients]

    def encrypt(self, reader: Reads, writer: Writes) -> None:
        """Everything that ``reader`` gives, as an age file."""
        if self.passphrase is not None:
            under_passphrase.encrypt(reader, writer, self.passphrase, self.log_n)
        else:
            pyrage.encrypt_io(reader, writer, self.parsed())


@dataclass(frozen=True, slots=True)
class Opener:
    """What a backup is opened with: private keys, or the passphrase."""

    identities: tuple[str, ...] = field(default=(), repr=False)
    passphrase: str | None = field(default=None, repr=False)

    def decrypt(self, reader: Reads, writer: Writes) -> None:
        """What was encrypted; it must not be used unless this returns.

        Raises:
            WrongKey: see there.
            Damaged: see there.
        """
        if self.passphrase is not None:
            under_passphrase.decrypt(reader, writer, self.passphrase)
            return
        identities = [pyrage.x25519.Identity.from_str(one) for one in self.identities]
        try:
            pyrage.decrypt_io(reader, writer, identities)
        except pyrage.DecryptError as error:
            if "No matching keys" in str(error):
                raise WrongKey from None
            raise Damaged("its beginning is not that of an age file, or was changed") from error
        except BrokenPipeError:
            raise
        except OSError as error:
            if error.errno is not None:
                raise
            raise Damaged("it was changed or cut short") from error


def _recipient(text: str) -> pyrage.x25519.Recipient:
    try:
        return pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError:
        raise UsageError(
            f"{text[:20]}…: no public key of age; one begins with age1, and "
            "tocsin backup --new-key FILE makes a pair"
        ) from None


def new_identity() -> tuple[str, str]:
    """(private key, public key) of age."""
    made = pyrage.x25519.Identity.generate()
    return str(made), str(made.to_public())


def identities_in(path: Path) -> tuple[str, ...]:
    """The private keys in a file of age-keygen or ``tocsin backup --new-key``.

    Raises:
        UsageError: there is none in it, or one is none.
    """
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read as a key file ({error})") from None
    found = tuple(
        line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")
    )
    try:
        for one in found:
            pyrage.x25519.Identity.from_str(one)
    except pyrage.IdentityError:
        found = ()
    if not found:
        raise UsageError(f"{path}: holds no private key of age (AGE-SECRET-KEY-1…)")
    return found


def needs_passphrase(path: Path) -> bool:
    """Whether a backup was made with a passphrase."""
    with path.open("rb") as file:
        return under_passphrase.is_under_passphrase(file.read(_HEAD_BYTES))


@contextmanager
def opened(source: Reads, with_: Opener) -> Iterator[BinaryIO]:
    """What is in an encrypted file, to be read from.

    Read it to its end: only then is it known that all of it came and nothing was changed.

    Raises:
        WrongKey: see there.
        Damaged: see there; it goes before whatever the reader of broken bytes ran into.
    """
    ends = pipe()
    plain, sink = fdopen(ends[0], "rb"), fdopen(ends[1], "wb")
    failures: list[BaseException] = []

    def pour() -> None:
        try:
            with sink:
                with_.decrypt(source, sink)
        except BrokenPipeError:
            pass  # the reader has had enough
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=pour, name="decrypt", daemon=True)
    thread.start()
    try:
        yield plain
    except (WrongKey, Damaged):
        _join(thread, plain)
        _raise_first(failures)
        raise
    finally:
        _join(thread, plain)
    _raise_first(failures)


def _join(thread: threading.Thread, plain: BinaryIO) -> None:
    with suppress(OSError):
        plain.close()
    thread.join()


def _raise_first(failures: Sequence[BaseException]) -> None:
    if failures:
        raise failures[0]
