"""Tips as the desk sees them; for analysts alone."""

from __future__ import annotations

from typing import Any

from tocsin.console.desk import ConsoleDesk
from tocsin.console.problems import NotThere
from tocsin.engines.tip_box import KeptTip, tip_form
from tocsin.errors import UsageError

Json = dict[str, Any]


def tips(desk: ConsoleDesk, status: str = "") -> list[Json]:
    """Every tip, the newest first.

    Args:
        status: ``new``, ``accepted`` or ``rejected``; empty: all.
    """
    desk.tips.purge_due(desk.clock.now())
    return [tip_form(one) for one in desk.tips.all() if status in ("", one.status.value)]


def tip(desk: ConsoleDesk, tip_id: str) -> Json:
    """One tip.

    Raises:
        NotThere: there is none of this id.
    """
    return tip_form(kept(desk, tip_id))


def kept(desk: ConsoleDesk, tip_id: str) -> KeptTip:
    """One tip as it lies in the box.

    Raises:
        NotThere: there is none of this id.
    """
    try:
        return desk.tips.desk().get(tip_id)
    except UsageError:
        raise NotThere(f"no tip {tip_id}") from None


def file_of(desk: ConsoleDesk, tip_id: str, number: int) -> bytes:
    """The bytes of one file of an accepted tip.

    Args:
        number: from 0.

    Raises:
        NotThere: no such tip or file.
        UsageError: the tip is not accepted, or its files were deleted.
    """
    if not 0 <= number < len(kept(desk, tip_id).tip.attachments):
        raise NotThere(f"tip {tip_id} has no file {number}")
    return desk.tips.desk().files(tip_id)[number]
