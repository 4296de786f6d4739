"""The gazetteer, built with a bar where it is not there yet (once, some 20 seconds)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tocsin.cli.output import progress
from tocsin.reading.gazetteer import Gazetteer
from tocsin.reading.gazetteer_file import prepared


def prepare_gazetteer() -> None:
    """Have its file ready for whoever reads, so that no reading process builds it unseen."""
    with _bar() as told:
        prepared(None, told)


def load_gazetteer() -> Gazetteer:
    """The gazetteer itself, to be searched."""
    with _bar() as told:
        return Gazetteer.load(progress=told)


@contextmanager
def _bar() -> Iterator[Callable[[float], None]]:
    with progress("preparing the gazetteer", total=100) as (bar, task):
        yield lambda share: bar.update(task, completed=round(100 * share))
