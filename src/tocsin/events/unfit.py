"""How a reader of event files says no."""

from __future__ import annotations

from pathlib import Path

from tocsin.errors import RecordRefused

WHOLE_FILE = "the whole file"


class Unfit(ValueError):
    """A value cannot be taken in; whoever knows the file and the line makes the refusal of it.

    Args:
        problem: what is wrong, in plain words.
        advice: what to do about it.
    """

    def __init__(self, problem: str, advice: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.advice = advice


def refusal(path: Path, record: str, unfit: Unfit) -> RecordRefused:
    """The refusal of one record of a file."""
    return RecordRefused(str(path), record, unfit.problem, unfit.advice)
