"""Changes of the desk's own lists: recipients, the rota, the shift log; dead letters put back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from tocsin.console.desk import ConsoleDesk, patiently
from tocsin.console.problems import NotThere
from tocsin.desk.lists import DeskLists, key_of, with_line, without_line
from tocsin.desk.rota import change_said
from tocsin.engines.delivering import put_back
from tocsin.engines.desk_lists import (
    Change,
    add_note,
    area_form,
    change_lists,
    list_word,
    with_kept_secret,
)
from tocsin.errors import UsageError
from tocsin.model import Recipient, RotaChange, ShiftNote

RECIPIENTS = "recipients"
_FOLDER = "folder"
_ANY = re.compile(r"(?s).+")
_MAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+")
_WEB = re.compile(r"https://\S+")
_CODE = re.compile(r"[a-z]{2,3}")


def _change(desk: ConsoleDesk, by: str, about: tuple[str, tuple[str, ...]], how: Change) -> None:
    patiently(lambda: change_lists(desk.project, about, how, by, desk.clock.now()))


# -- recipients ----------------------------------------------------------------------------------


def put_recipient(desk: ConsoleDesk, by: str, form: dict[str, Any]) -> Recipient:
    """Add somebody outside the desk, or change them.

    Args:
        form: as ``tocsin recipients add`` has it; areas as ``NAME,LAT,LON,KM``.

    Raises:
        UsageError: something is missing or is not what it should be, or a folder of this
            machine is named: that is done on the machine itself.
    """
    areas = [area_form(one) for one in form.get("areas", ())]
    made: Recipient = list_word(RECIPIENTS, {**form, "areas": areas})
    refuse_unreachable(made)
    key = key_of(RECIPIENTS, made)

    def how(lists: DeskLists) -> DeskLists:
        _refuse_folder(lists, made)
        return with_line(lists, RECIPIENTS, with_kept_secret(lists, made))

    _change(desk, by, (RECIPIENTS, key), how)
    return made


def refuse_unreachable(made: Recipient) -> None:
    """Somebody who cannot be reached is believed to have been warned.

    Raises:
        UsageError: the address is none for that way, or a language is no code.
    """
    forms = {"mail": (_MAIL, "name@example.org"), "webhook": (_WEB, "https://example.org/hook")}
    form, example = forms.get(made.kind, (_ANY, ""))
    if not form.fullmatch(made.address):
        raise UsageError(f"{made.id}: this is no address for {made.kind}; write it as {example}")
    wrong = [code for code in made.languages if not _CODE.fullmatch(code)]
    if wrong:
        raise UsageError(f"language {wrong[0]}: write its code of two letters, such as en or ru")


def _refuse_folder(lists: DeskLists, made: Recipient) -> None:
    """Whoever sits at the machine says where files are written on it, and nobody from afar."""
    if made.kind != _FOLDER:
        return
    same = [one for one in lists.recipients if (one.id, one.kind) == (made.id, _FOLDER)]
    if not same or same[0].address != made.address:
        raise UsageError(
            f"{made.id}: a folder of this machine is named on the machine itself: "
            "tocsin recipients add"
        )


def remove_recipient(desk: ConsoleDesk, by: str, name: str) -> None:
    """Take somebody off the list.

    Raises:
        NotThere: they are not on it.
    """
    known = [key_of(RECIPIENTS, one) for one in desk.lists().recipients]
    key = (name.strip().casefold(),)
    if key not in known:
        raise NotThere(f"no recipient {name}")
    _change(desk, by, (RECIPIENTS, key), lambda lists: without_line(lists, RECIPIENTS, key))


# -- rota ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Swap:
    """Who is on duty instead.

    Args:
        start, end: local times of the rota's zone.
        people: handles parted by commas, who is called first first.
    """

    start: str
    end: str
    people: str
    reason: str = ""


def swap_shift(desk: ConsoleDesk, by: str, asked: Swap) -> RotaChange:
    """Put other people on duty between two moments.

    Raises:
        UsageError: the times or names are none, it has passed, or somebody is on no staff list.
    """
    lists = desk.lists()
    try:
        made = change_said(asked.start, asked.end, asked.people, lists.rota.zone)
    except ValueError as error:
        raise UsageError(f"this swap: {error}; say from, until, and who") from None
    if made.end <= desk.clock.now():
        raise UsageError("this swap: it has passed already")
    known = {member.handle for member in lists.staff}
    strangers = [name for name in made.people if name not in known]
    if strangers:
        raise UsageError(f"{', '.join(strangers)}: on no staff list; nobody would be reached")
    made = replace(made, reason=asked.reason.strip())

    def how(lists: DeskLists) -> DeskLists:
        return replace(lists, rota=replace(lists.rota, changes=(*lists.rota.changes, made)))

    _change(desk, by, ("rota", ("rota",)), how)
    return made


def undo_swap(desk: ConsoleDesk, by: str, start: str, end: str) -> None:
    """Take the newest exception between exactly these moments back: the pattern holds again.

    Raises:
        NotThere: there is none.
    """

    def how(lists: DeskLists) -> DeskLists:
        changes = list(lists.rota.changes)
        for at in range(len(changes) - 1, -1, -1):
            one = changes[at]
            if (one.start.isoformat(), one.end.isoformat()) == (start, end):
                del changes[at]
                return replace(lists, rota=replace(lists.rota, changes=tuple(changes)))
        raise NotThere("this exception is not in the rota any more")

    _change(desk, by, ("rota", ("rota",)), how)


def note_shift(desk: ConsoleDesk, by: str, text: str, *, handover: bool, warning: str) -> None:
    """Write a note to the shift log.

    Raises:
        UsageError: it says nothing.
    """
    note = ShiftNote(desk.clock.now(), by, text.strip(), handover, warning.strip())
    add_note(desk.project, note)


# -- outbox --------------------------------------------------------------------------------------


def retry(desk: ConsoleDesk, keys: Sequence[str] | None) -> tuple[str, ...]:
    """Put dead letters back; the next delivery sends them. None: all that may go.

    Raises:
        UsageError: there is nothing to put back, or one would come out of order.
    """
    return put_back(desk.project, desk.store, desk.clock, keys)
