"""What somebody tells the desk → a Tip: checked, without sender, with a code to ask back.

Nothing here reads or writes a file. There is no field for an address, an IP or a user agent; what
a caller knows of where a tip came from is used for :class:`Gate` and is nowhere kept.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from threading import Lock
from typing import Final

from tocsin.errors import UsageError
from tocsin.model import Attachment, ContactWish, Tip
from tocsin.sources.refusals import Unfit
from tocsin.sources.values import words

Randomness = Callable[[int], bytes]

CONSENT_VERSION: Final = "1"
CONSENT: Final = """\
What you write is read by the people of this desk. If they accept it, the text is kept as evidence
that cannot be changed later; phone numbers, addresses and @names are taken out of it first.
We do not store who you are, your address, or anything of your device. Leave out of the text what
could show who you are. Files may carry hidden data about you and your device.
If we do not accept what you sent, it is deleted. You get a code: with it you can ask what came of
it. We cannot find the code again for you. In danger, call the emergency services first."""
"""Shown before anything is sent; a change of it is a new version."""

ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Digits and capitals without 0 O 1 I L, which are read for one another."""
GROUPS, LETTERS = 4, 4
"""31^16 codes: 79 bits."""
_FAIR_BYTES: Final = 256 - 256 % len(ALPHABET)
_LANG = re.compile(r"[a-z]{2,3}")
_MAX_WHERE = 200
_ID_BYTES = 6

_MAGIC: Final = (
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"GIF8", 0, "image/gif"),
    (b"WEBP", 8, "image/webp"),
    (b"ftyp", 4, "video/mp4"),
    (b"OggS", 0, "audio/ogg"),
    (b"ID3", 0, "audio/mpeg"),
    (b"%PDF-", 0, "application/pdf"),
)


@dataclass(frozen=True, slots=True)
class TipLimits:
    """What is taken; beyond it a tip is refused, never cut.

    Args:
        text: characters.
        files: attachments of one tip.
        file_bytes: of one attachment.
    """

    text: int = 5_000
    files: int = 4
    file_bytes: int = 10_000_000


@dataclass(frozen=True, slots=True)
class TipForm:
    """What the sender filled in.

    Args:
        consent: version of the consent text that was shown and agreed to; empty: not agreed.
        files: bytes of attachments; their names are never asked for.
    """

    text: str
    consent: str
    place: str = ""
    when: str = ""
    lang: str = ""
    contact: ContactWish = ContactWish.NONE
    files: tuple[bytes, ...] = ()


def make_tip(form: TipForm, limits: TipLimits, now: datetime, randomness: Randomness) -> Tip:
    """The tip, with an id that says nothing.

    Raises:
        UsageError: no consent, no text, or over a limit; says which and what to do.
    """
    if form.consent != CONSENT_VERSION:
        raise UsageError(
            "the tip was not taken: the consent text was not agreed to; read it and agree first"
        )
    try:
        text = (words(form.text, "the text", limits.text) or "").strip()
        place = words(form.place, "the place", _MAX_WHERE) or ""
        when = words(form.when, "the time", _MAX_WHERE) or ""
    except Unfit as error:
        raise UsageError(f"the tip was not taken: {error.problem}; {error.advice}") from None
    if not text:
        raise UsageError("the tip was not taken: it has no text; say what you saw")
    if form.lang and not _LANG.fullmatch(form.lang):
        raise UsageError(f"the tip was not taken: language {form.lang!r}; write a code like en")
    return Tip(
        id=randomness(_ID_BYTES).hex(),
        received_at=now,
        text=text,
        consent=form.consent,
        place=place.strip(),
        when=when.strip(),
        lang=form.lang,
        contact=form.contact,
        attachments=_attachments(form.files, limits),
    )


def _attachments(files: Sequence[bytes], limits: TipLimits) -> tuple[Attachment, ...]:
    if len(files) > limits.files:
        raise UsageError(f"the tip was not taken: {len(files)} files; at most {limits.files}")
    for number, data in enumerate(files, 1):
        if not 0 < len(data) <= limits.file_bytes:
            raise UsageError(
                f"the tip was not taken: file {number} has {len(data):,} bytes; send 1 to "
                f"{limits.file_bytes:,}"
            )
    return tuple(
        Attachment(hashlib.sha256(data).hexdigest(), len(data), mime_of(data)) for data in files
    )


def mime_of(data: bytes) -> str:
    """The type by the first bytes; ``application/octet-stream`` where they say nothing."""
    for magic, at, mime in _MAGIC:
        if data[at : at + len(magic)] == magic:
            return mime
    return "application/octet-stream"


# -- the code to ask back ------------------------------------------------------------------------


def new_code(randomness: Randomness) -> str:
    """A fresh code: four groups of four letters, e.g. ``7KQM-2XVB-9TRC-HW4D``; 79 bits."""
    letters = ""
    while len(letters) < GROUPS * LETTERS:
        # Bytes at the top are thrown away, or the first letters would come more often.
        fair = (byte for byte in randomness(GROUPS * LETTERS) if byte < _FAIR_BYTES)
        letters += "".join(ALPHABET[byte % len(ALPHABET)] for byte in fair)
    return "-".join(letters[at : at + LETTERS] for at in range(0, GROUPS * LETTERS, LETTERS))


def code_digest(salt: bytes, code: str) -> bytes:
    """SHA-256(salt ‖ code without dashes and blanks, in capitals)."""
    bare = "".join(letter for letter in code.upper() if letter.isalnum())
    return hashlib.sha256(salt + bare.encode()).digest()


def is_code(salt: bytes, digest: bytes, code: str) -> bool:
    """Whether ``code`` is the one of this digest, in a time that says nothing of it."""
    return hmac.compare_digest(code_digest(salt, code), digest)


# -- how many from one place ---------------------------------------------------------------------


class TooMany(UsageError):
    """No more today from there, or from all places together."""


class Gate:
    """Limits how often one remote place may knock; forgets all of it every day.

    What the caller hands in is turned at once into a digest under a salt of the day that exists in
    memory alone. Nothing of it is stored, logged or shown; a restart forgets it too.

    Args:
        per_day: how often one place may knock in a day (UTC).
        in_all: how often all together may.
    """

    def __init__(self, per_day: int, in_all: int, randomness: Randomness) -> None:
        self._limits = (per_day, in_all)
        self._randomness = randomness
        self._day: date | None = None
        self._salt = b""
        self._counts: dict[bytes, int] = {}
        self._all = 0
        self._lock = Lock()

    def __repr__(self) -> str:
        return "Gate(…)"

    def knock(self, remote: str, now: datetime) -> None:
        """Count one attempt; several threads may.

        Raises:
            TooMany: too many today; does not say from where.
        """
        with self._lock:
            self._count(remote, now)

    def _count(self, remote: str, now: datetime) -> None:
        self._turn_the_day(now)
        token = hashlib.blake2b(remote.encode(), key=self._salt, digest_size=16).digest()
        count = self._counts.get(token, 0)
        if count >= self._limits[0] or self._all >= self._limits[1]:
            hours = _hours_to_midnight(now)
            raise TooMany(f"too many for today; try again in {hours} hours, or call the desk")
        self._counts[token] = count + 1
        self._all += 1

    def _turn_the_day(self, now: datetime) -> None:
        if self._day != now.date():
            self._day, self._salt = now.date(), self._randomness(32)
            self._counts, self._all = {}, 0


def _hours_to_midnight(now: datetime) -> int:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return -(-int((midnight - now).total_seconds()) // 3600)
