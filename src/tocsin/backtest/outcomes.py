"""What people say came of warnings: a table that overrules what the machine makes of them."""

from __future__ import annotations

import csv
import io
from enum import StrEnum
from pathlib import Path

from tocsin.errors import RecordRefused
from tocsin.model import Outcome


class Verdict(StrEnum):
    """What an alarm came to."""

    HIT = "hit"
    REPEAT = "repeat"  # its event was claimed by another alarm already
    PREVENTED = "prevented"  # police or counter-mobilisation met it: censored
    LATE = "late"  # after the event's time, within its uncertainty: censored
    OPEN = "open"  # it still stood when the window ended, or nobody knows: censored
    CALLED = "called"  # somebody called, and it did not happen
    SPURIOUS = "spurious"  # nobody called


CENSORED = (Verdict.PREVENTED, Verdict.LATE, Verdict.OPEN)
"""Neither right nor wrong can be said of these."""

_SAID = {
    Outcome.OCCURRED.value: Verdict.HIT,
    Outcome.PARTLY.value: Verdict.HIT,
    Outcome.DID_NOT.value: Verdict.CALLED,
    Outcome.PREVENTED.value: Verdict.PREVENTED,
    Outcome.UNKNOWN.value: Verdict.OPEN,
    Verdict.SPURIOUS.value: Verdict.SPURIOUS,
}


def read_outcomes(path: Path) -> dict[str, Verdict]:
    """Verdicts by warning id, from a CSV with the columns ``warning`` and ``outcome``.

    Raises:
        RecordRefused: a column is missing, or a value is none of the known ones.
    """
    try:
        rows = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig")))
    except UnicodeDecodeError:
        raise RecordRefused(
            str(path), "the whole file", "not UTF-8 text", "save it as UTF-8"
        ) from None
    if not {"warning", "outcome"} <= set(rows.fieldnames or ()):
        raise RecordRefused(
            str(path), "line 1", "no columns warning and outcome", "name them in the first line"
        )
    return {
        (row["warning"] or "").strip(): _verdict(path, number, row["outcome"])
        for number, row in enumerate(rows, 2)
    }


def _verdict(path: Path, line: int, value: str | None) -> Verdict:
    said = (value or "").strip()
    if said not in _SAID:
        raise RecordRefused(
            str(path), f"line {line}", f"outcome {said!r} is not known", f"use {', '.join(_SAID)}"
        )
    return _SAID[said]
