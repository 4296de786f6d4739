"""The side that is asked: reads what another version laid out in a folder, and answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tocsin.engines.project import Project
from tocsin.engines.upgrades.answers import (
    Answers,
    answer,
    answers_form,
    in_force_here,
    sample_from,
)
from tocsin.engines.upgrades.environments import SAMPLE, STORE
from tocsin.store import Store


def answer_in(folder: Path, project: Project, tell: Callable[[int, int], None]) -> bytes:
    """What is in force here, and what it makes of the sample in ``folder`` if there is one."""
    if not (folder / SAMPLE).is_file():
        return answers_form(Answers(in_force_here(project.settings)))
    sample = sample_from((folder / SAMPLE).read_bytes())
    with Store.at(folder / STORE) as store:
        return answers_form(answer(store, sample, project, lambda n: tell(n, sample.posts)))
