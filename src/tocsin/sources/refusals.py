"""How a source says no: one line with file, record, what is wrong, what to do.

The words never quote a post's text or a private chat's name.
"""

from __future__ import annotations

from pathlib import Path

from tocsin.errors import WHOLE_FILE, PrivateChat, RecordRefused, Unfit

__all__ = ["WHOLE_FILE", "NotPublic", "Unfit", "refuse", "refuse_file"]


class NotPublic(Unfit):
    """The value belongs to a chat that is not public."""


def refuse(file: str, record: str, unfit: Unfit) -> RecordRefused:
    """The refusal of one record; a :class:`PrivateChat` where that is the reason."""
    kind = PrivateChat if isinstance(unfit, NotPublic) else RecordRefused
    return kind(file, record, unfit.problem, unfit.advice)


def refuse_file(path: Path | str, problem: str, advice: str) -> RecordRefused:
    """The refusal of everything a file holds."""
    return RecordRefused(str(path), WHOLE_FILE, problem, advice)
