"""What came in, and what a post is: RawItem → Evidence → Post → Enriched.

All datetimes are aware and in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

TIP_SOURCE = "tip"
"""Source of an accepted tip: what somebody told the desk, and no public channel."""

Vector = npt.NDArray[np.float32]
"""A sentence vector: shape (512,), L2 norm 1."""


@dataclass(frozen=True, slots=True)
class Media:
    """Something beside the text of a post; never its bytes.

    Args:
        kind: photo, video, voice, audio, document, sticker, animation, location, poll, other.
        digest: hex SHA-256 of the file, where the file was present.
        mime: MIME type as the writer gave it.
        picture: PDQ hash of what a photo shows, 64 hex digits (256 bits): near in Hamming
            distance for the same picture in another size or compression.
        picture_quality: how much there is to tell it by, 0 to 100 (PDQ's own measure).
    """

    kind: str
    digest: str | None = None
    mime: str | None = None
    picture: str | None = None
    picture_quality: int | None = None


@dataclass(frozen=True, slots=True)
class Venue:
    """A place that a post carries as data (a shared location or venue), not as words.

    Args:
        latitude: degrees north, −90 to 90 (WGS84).
        longitude: degrees east, −180 to 180.
        name: the venue's title, if any.
    """

    latitude: float
    longitude: float
    name: str | None = None


@dataclass(frozen=True, slots=True)
class RawItem:
    """One item as a source received it, before anything is stored.

    A source whitelists: what is not in ``content`` or ``persons`` is not kept.

    Args:
        source: name of the reader, e.g. ``telegram_desktop``.
        channel: public name of the channel, without "@"; else its id as text.
        message_id: the platform's id inside the channel.
        raw: the item's bytes as found, for the salted commitment; never stored.
        content: the post fields of DESIGN.md section 5 (``posted_at``, ``text``, ``edited_at``,
            ``media``, ``venue`` …), JSON values only, times ISO 8601 in UTC.
        persons: fields that name a person or may (``author``, ``forward_from``); they are
            pseudonymised before anything is stored.
        record: where in the file, for error messages.
    """

    source: str
    channel: str
    message_id: str
    raw: bytes
    content: Mapping[str, Any]
    persons: Mapping[str, str] = field(default_factory=dict)
    record: str = ""


@dataclass(frozen=True, slots=True)
class CaptureRecord:
    """How a batch of items came here: who took it, from what, when, by which method.

    Args:
        source_digest: hex SHA-256 of the source file's bytes, or of the answer received.
        source_name: the file's name, without its folders; live, what was asked for.
        captured_at: when it was taken in.
        method: ``import`` (a file), or ``live:`` and the kind of source, as ``live:feed``.
        operator: name or handle of who ran it.
        collector: program and version, e.g. ``tocsin/0.1.0 telegram_desktop``.
        stated: what the operator said that the file does not: ``channel`` (that it is this public
            @channel), ``zone`` (of its local times).
    """

    source_digest: str
    source_name: str
    captured_at: datetime
    method: str
    operator: str
    collector: str
    stated: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, order=True)
class Identity:
    """What makes an archived item that item; never a pseudonym, so a rebuild needs no key.

    Args:
        version: 1 for the first wording seen, counted up with each edit.
    """

    source: str
    channel: str
    message_id: str
    version: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """One archived item.

    Args:
        seq: its place in the ledger, from 0.
        content: the scrubbed item as canonical JSON (UTF-8, keys sorted).
        salt: 16 random bytes; destroyed with the content by an erasure.
        commitment: SHA-256(salt ‖ content).
        original: SHA-256(salt ‖ original bytes).
        capture: ledger seq of the capture record it belongs to.
    """

    seq: int
    identity: Identity
    content: bytes
    salt: bytes
    commitment: bytes
    original: bytes
    capture: int


@dataclass(frozen=True, slots=True)
class Post:
    """One normalised message; an edit is a new version.

    Args:
        posted_at: when the platform says it was published.
        known_at: when a desk could have known it: live, when captured; from an export,
            ``posted_at``, or ``edited_at`` for an edited text.
        captured_at: when ``views`` and ``subscribers`` were counted; None: never, and
            then they are ignored.
        lang: language declared by the source (ISO 639-1), if any.
        forward_from: a known channel's name, or a pseudonym.
        retrospective: the first wording is lost; only an edited one is known.
        seq: ledger position; −1 outside a project (``tocsin read``, ``replay``).
        origin: where the words come from, if not from the post itself: ``transcribed by a person``,
            ``machine-read`` or ``tip``.
    """

    source: str
    channel: str
    id: str
    posted_at: datetime
    known_at: datetime
    text: str
    version: int = 1
    captured_at: datetime | None = None
    lang: str | None = None
    views: int | None = None
    subscribers: int | None = None
    is_forward: bool = False
    forward_from: str | None = None
    forward_posted_at: datetime | None = None
    reply_to: str | None = None
    edited_at: datetime | None = None
    url: str | None = None
    media: tuple[Media, ...] = ()
    venue: Venue | None = None
    retrospective: bool = False
    seq: int = -1
    origin: str | None = None

    @property
    def is_tip(self) -> bool:
        """Told to the desk, not said in public: context, and never an independent channel."""
        return self.source == TIP_SOURCE

    @property
    def ref(self) -> str:
        """The evidence id as printed: ``channel/id``."""
        return f"{self.channel}/{self.id}"

    @property
    def order(self) -> tuple[datetime, str, str, int]:
        """Time order, with ties broken by what never changes."""
        return (self.known_at, self.channel, self.id, self.version)


OWN_VECTORS, MAPPED_VECTORS = "use3", "e5-mapped"
"""Names of what makes vectors; the second's are mapped into the space of the first."""

SURE_OF_LANGUAGE = 0.5
"""Confidence from which a language that was told is believed."""


@dataclass(frozen=True, slots=True, eq=False)
class Enriched:
    """A post with what the text stage found: what flows between the stages.

    Args:
        text: the cleaned text; spans of a Reading are offsets into it.
        digest: 16 bytes, equal for texts that are equal after normalisation; None without text.
        lang: ISO 639-1, ``und`` where it cannot be told.
        vector: None where there is no text or no model for the language.
        truncated: the text was longer than the stated length and the vector saw only its head.
        vector_model: what makes the vector, OWN_VECTORS or MAPPED_VECTORS (cosines between the
            two kinds are lower). Named also where no vector was asked for, as for a copy; None:
            no model for this text.
    """

    post: Post
    text: str
    digest: bytes | None
    lang: str
    lang_confidence: float
    vector: Vector | None
    truncated: bool = False
    vector_model: str | None = None

    @property
    def sure_of_language(self) -> bool:
        """Whether ``lang`` was told, and surely enough to be believed."""
        return self.lang != "und" and self.lang_confidence >= SURE_OF_LANGUAGE


@dataclass(frozen=True, slots=True)
class Erased:
    """What of erased posts no other post has in common, as stages may remember it.

    Args:
        digests: of texts, see :class:`Enriched`.
        files: hex digests of media.
        pictures: picture hashes.
        channels: channels of which no post is left.
    """

    digests: frozenset[bytes]
    files: frozenset[str] = frozenset()
    pictures: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ChannelProfile:
    """What is known of a channel from a ``--channels`` file; unknown is None, never zero.

    Args:
        channel: the id under which its posts arrive.
        name: public @name without "@".
        home_place: free text, resolved by the gazetteer.
        time_zone: IANA name, e.g. ``Europe/Moscow``.
        languages: ISO 639-1 codes, most frequent first.
        subscribers: followers at ``as_of``; ignored for any moment before it.
        reliability: Admiralty source grade A to F; F is "cannot be judged".
        created_at: when the channel was opened, if known (unknown age is not young).
    """

    channel: str
    name: str | None = None
    home_place: str | None = None
    time_zone: str | None = None
    languages: tuple[str, ...] = ()
    subscribers: int | None = None
    as_of: datetime | None = None
    reliability: str = "F"
    created_at: datetime | None = None
