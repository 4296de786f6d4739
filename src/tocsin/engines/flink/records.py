"""What flows between the operators of a job, as bytes.

MessagePack with the types of the dataclasses, compressed; never pickle: a checkpoint keeps these
bytes, and whoever could write to it must not be able to run anything. Posts flow by the hundred:
what Flink does for one record costs as much as reading a post.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec
import numpy as np
import zstandard

from tocsin.clock import micros
from tocsin.model import Enriched, Post, Reading, Rumour, Suggestion, WarningAction
from tocsin.pipeline import Followed
from tocsin.rumours import Probe

_ARRAY = 1
_LEVEL = 1
"""Half the bytes, for a hundredth of the time that it takes to make them."""
_MICROS_PER_MILLI = 1_000

END = 2**63 - 1
"""The watermark behind the last record."""

Order = tuple[datetime, str, str, int]
"""``Post.order``."""


def millis(moment: datetime) -> int:
    """Flink's event time: whole milliseconds since 1970, rounded down."""
    return micros(moment) // _MICROS_PER_MILLI


@dataclass(frozen=True, slots=True, eq=False)
class ReadPost:
    """A post with all that can be said of it alone.

    Args:
        probe: what its text is searched by.
    """

    enriched: Enriched
    reading: Reading
    probe: Probe | None

    @property
    def order(self) -> Order:
        """Its place among all posts."""
        return self.enriched.post.order

    @property
    def millis(self) -> int:
        """Its event time."""
        return millis(self.enriched.post.known_at)


@dataclass(frozen=True, slots=True, eq=False)
class Sighted:
    """A post that came to its rumour, its vector left out: nobody asks for it any more."""

    followed: Followed
    reading: Reading


@dataclass(frozen=True, slots=True, eq=False)
class SightedBatch:
    """Posts that came to their rumours one after the other, in the order of ``Post.order``.

    Args:
        rumours: those that changed; of one that is named in several batches the last one counts.
    """

    posts: tuple[Sighted, ...]
    rumours: tuple[Rumour, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()

    @property
    def order(self) -> Order:
        """The place of its first post."""
        return self.posts[0].followed.enriched.post.order

    @property
    def millis(self) -> int:
        """The event time of its last post."""
        return millis(self.posts[-1].followed.enriched.post.known_at)


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """What the driver of a job hears.

    Args:
        posts: posts decided about since the last time.
        actions: warning actions that came of them.
        ended: a stage that has taken its last post: where its state lies, see ``WorkFolder``.
    """

    posts: int = 0
    actions: tuple[WarningAction, ...] = ()
    ended: str | None = None


Value = TypeVar("Value")


class Codec(Generic[Value]):
    """Values of one dataclass as bytes and back."""

    def __init__(self, kind: type[Value]) -> None:
        self._encoder = msgspec.msgpack.Encoder(enc_hook=_from_array)
        self._decoder = msgspec.msgpack.Decoder(kind, dec_hook=_as_it_is, ext_hook=_to_array)

    def pack(self, value: Value) -> bytes:
        """As bytes."""
        packed: bytes = zstandard.compress(self._encoder.encode(value), _LEVEL)
        return packed

    def unpack(self, data: bytes) -> Value:
        """The inverse of :meth:`pack`.

        Raises:
            ValueError: the bytes hold something else.
        """
        try:
            value: Value = self._decoder.decode(zstandard.decompress(data))
        except zstandard.ZstdError as error:
            raise ValueError(str(error)) from None
        return value


def _from_array(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return msgspec.msgpack.Ext(_ARRAY, value.dtype.char.encode() + value.tobytes())
    raise NotImplementedError(f"{type(value)} does not flow")


def _to_array(code: int, data: memoryview) -> Any:
    if code != _ARRAY:
        raise ValueError(f"extension {code} is none of ours")
    return np.frombuffer(bytes(data[1:]), dtype=chr(data[0]))


def _as_it_is(kind: type, value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value
    raise NotImplementedError(f"{kind} does not flow")


READ_POSTS = Codec(list[ReadPost])
SIGHTED = Codec(list[SightedBatch])
TOLD = Codec(Told)
POSTS = Codec(list[Post])
