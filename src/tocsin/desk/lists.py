"""The desk's own lists, in one file that is encrypted at rest: ``DIR/desk.box``.

The lists are a target, and they are not derived from the archive: keep copies of the box and of
its key, apart from each other.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final

import orjson

from tocsin.desk.forms import form_of, word_of
from tocsin.desk.kept import KeptWord
from tocsin.errors import Unfit, UsageError
from tocsin.model import CallCard, ProtectedSite, Recipient, Rota, ShiftNote, StaffMember

FILE_NAME: Final = "desk.box"
_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class DeskLists:
    """Everything the desk keeps of its own; each list in the order in which it was written."""

    recipients: tuple[Recipient, ...] = ()
    staff: tuple[StaffMember, ...] = ()
    sites: tuple[ProtectedSite, ...] = ()
    cards: tuple[CallCard, ...] = ()
    notes: tuple[ShiftNote, ...] = ()
    rota: Rota = field(default_factory=Rota)

    def of(self, name: str) -> tuple[Any, ...]:
        """The list of that name."""
        found: tuple[Any, ...] = getattr(self, name)
        return found


KEYS: Final = {
    "recipients": ("id",),
    "staff": ("handle",),
    "sites": ("name",),
    "cards": ("community", "place"),
}
"""What tells the lines of a list apart; a line added under the same key replaces the old one."""


def key_of(name: str, word: Any) -> tuple[str, ...]:
    """What a line is found by, in any case of letters."""
    return tuple(str(getattr(word, part)).strip().casefold() for part in KEYS[name])


def with_line(lists: DeskLists, name: str, word: Any) -> DeskLists:
    """The lists with one line more, or changed, in its old place."""
    lines = list(lists.of(name))
    at = next((n for n, old in enumerate(lines) if key_of(name, old) == key_of(name, word)), None)
    if at is None:
        lines.append(word)
    else:
        lines[at] = word
    return _replaced(lists, name, tuple(lines))


def without_line(lists: DeskLists, name: str, key: tuple[str, ...]) -> DeskLists:
    """The lists without a line.

    Raises:
        UsageError: there is none of that key.
    """
    wanted = tuple(part.strip().casefold() for part in key)
    kept = tuple(word for word in lists.of(name) if key_of(name, word) != wanted)
    if len(kept) == len(lists.of(name)):
        raise UsageError(f"{name}: no {' '.join(key)!r}; the list: tocsin {name} list")
    return _replaced(lists, name, kept)


def _replaced(lists: DeskLists, name: str, lines: tuple[Any, ...]) -> DeskLists:
    changes: dict[str, Any] = {name: lines}
    return replace(lists, **changes)


def lists_bytes(lists: DeskLists) -> bytes:
    """The lists as they lie inside the box: JSON, versioned."""
    return orjson.dumps({"version": _VERSION, **form_of(lists)}, option=orjson.OPT_SORT_KEYS)


def lists_from(data: bytes, name: str) -> DeskLists:
    """The inverse of :func:`lists_bytes`.

    Raises:
        UsageError: a later version wrote it, or it is not what we write.
    """
    try:
        form = orjson.loads(data)
        if form.pop("version", None) != _VERSION:
            raise UsageError(f"{name}: written by a later version of tocsin; install that one")
        return word_of(DeskLists, form)
    except (Unfit, orjson.JSONDecodeError, AttributeError, TypeError) as error:
        raise UsageError(f"{name}: {error}; restore it from its copy") from None


class DeskBox(KeptWord[DeskLists]):
    """The file with the lists."""

    empty = DeskLists()

    def to_bytes(self, word: DeskLists) -> bytes:
        """As they lie inside the box."""
        return lists_bytes(word)

    def from_bytes(self, data: bytes, name: str) -> DeskLists:
        """The inverse of :meth:`to_bytes`."""
        return lists_from(data, name)
