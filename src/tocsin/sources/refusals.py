"""How a source says no: one line with file, record, what is wrong, what to do.

The words never quote a post's text or a private chat's name.
"""

from __future__ import annotations

from pathlib import Path

from tocsin.errors import PrivateChat, RecordRefused

WHOLE_FILE = "the whole file"


class Unfit(ValueError):
    """A value cannot be taken in; whoever knows the file and the record makes the refusal of it.

    Args:
        problem: what is wrong, in plain words.
        advice: what to do about it.
    """

    def __init__(self, problem: str, advice: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.advice = advice


class NotPublic(Unfit):
    """The value belongs to a chat that is not public."""


def refuse(file: str, record: str, unfit: Unfit) -> RecordRefused:
    """The refusal of one record; a :class:`PrivateChat` where that is the reason."""
    kind = PrivateChat if isinstance(unfit, NotPublic) else RecordRefused
    return kind(file, record, unfit.problem, unfit.advice)


def refuse_file(path: Path | str, problem: str, advice: str) -> RecordRefused:
    """The refusal of everything a file holds."""
    return RecordRefused(str(path), WHOLE_FILE, problem, advice)
