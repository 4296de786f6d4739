"""How a reader of event files says no."""

from __future__ import annotations

from pathlib import Path

from tocsin.errors import WHOLE_FILE, RecordRefused, Unfit

__all__ = ["WHOLE_FILE", "Unfit", "refusal"]


def refusal(path: Path, record: str, unfit: Unfit) -> RecordRefused:
    """The refusal of one record of a file."""
    return RecordRefused(str(path), record, unfit.problem, unfit.advice)
