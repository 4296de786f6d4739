"""Changes of the desk's own lists, and how their lines are written and shown.

The command line and the console make the same changes by the same functions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from tocsin.desk.forms import word_of
from tocsin.desk.lists import DeskLists
from tocsin.engines.desk import append_decisions, desk_box, keyed
from tocsin.engines.project import Project
from tocsin.errors import Unfit, UsageError
from tocsin.model import (
    Decision,
    DecisionKind,
    Level,
    ProtectedSite,
    Recipient,
    ShiftNote,
    StaffMember,
)

KINDS: Final[dict[str, type[Any]]] = {
    "recipients": Recipient,
    "staff": StaffMember,
    "sites": ProtectedSite,
}
SECRET: Final = frozenset({"secret"})
HIDDEN: Final = "set"
"""Shown in the place of a key."""
Change = Callable[[DeskLists], DeskLists]


def change_lists(
    project: Project, about: tuple[str, tuple[str, ...]], change: Change, by: str, at: datetime
) -> None:
    """Change the lists and note in the ledger that it was done; both or nothing.

    The lists are written first: a ledger entry never speaks of a change that did not happen.

    Args:
        about: name of the list, and the key of the line; the ledger gets it keyed.

    Raises:
        Locked: another tocsin is writing; nothing was changed.
    """
    what, line = about
    subject = keyed(project, " ".join(line).casefold())
    decision = Decision(DecisionKind.LISTS_CHANGED, what, f"{what} {subject}", by, at)
    with project.writing() as opened:
        desk_box(project).change(change)
        append_decisions(project, opened, [decision])


def list_word(name: str, form: Mapping[str, Any]) -> Any:
    """A line of a list from what was filled in; what was left empty has its default.

    Raises:
        UsageError: a field is missing or is not what it should be; names it.
    """
    said = {k: v for k, v in form.items() if v not in (None, (), [], "")}
    try:
        return word_of(KINDS[name], said)
    except Unfit as error:
        raise UsageError(f"{name}: {error.problem}; {error.advice}") from None


def shown_form(form: Mapping[str, Any]) -> dict[str, Any]:
    """Levels as words; keys that messages are signed with are not shown to anybody."""
    words = {"least": Level(form["least"]).word} if "least" in form else {}
    return {k: HIDDEN if k in SECRET and v else v for k, v in {**form, **words}.items()}


def with_kept_secret(lists: DeskLists, word: Any) -> Any:
    """A line that was shown and is taken in again keeps the key that was not shown.

    Raises:
        UsageError: there is none to keep.
    """
    if getattr(word, "secret", "") != HIDDEN:
        return word
    for old in lists.recipients:
        if old.id == word.id and old.secret:
            return replace(word, secret=old.secret)
    raise UsageError(f"{word.id}: write its secret out; {HIDDEN!r} only stands for one we have")


def area_form(said: str) -> dict[str, Any]:
    """``NAME,LAT,LON,KM`` as the form of an area.

    Raises:
        UsageError: it is written otherwise.
    """
    parts = [part.strip() for part in said.split(",")]
    try:
        name, latitude, longitude, radius = parts
        return {
            "name": name,
            "latitude": float(latitude),
            "longitude": float(longitude),
            "radius_km": float(radius),
        }
    except ValueError:
        raise UsageError(f"area {said}: write it as NAME,LAT,LON,KM") from None


def add_note(project: Project, note: ShiftNote) -> None:
    """Write a note to the shift log: encrypted, and not in the ledger.

    Raises:
        UsageError: it says nothing.
    """
    if not note.text.strip():
        raise UsageError("an empty note helps nobody: say what happened")
    desk_box(project).change(lambda lists: replace(lists, notes=(*lists.notes, note)))
