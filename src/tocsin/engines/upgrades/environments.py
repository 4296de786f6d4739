"""Other installations of tocsin beside this one: asked what they would decide, and switched to.

An environment is a folder that ``python -m venv`` made. Which one a project is run from is said by
a link in the user's data folder, which a service starts tocsin through; not in the project, where
whoever hands one over could name a program to be started.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import platformdirs

from tocsin.engines.upgrades.answers import Answers, answers_from, sample_form
from tocsin.engines.upgrades.sample import Sample
from tocsin.errors import EnvironmentFailed, UsageError
from tocsin.store import Store, schema
from tocsin.store.store import add_rows, chunks

STORE, SAMPLE = "store.db", "sample.json"
_OF_POSTS = (schema.posts, schema.readings, schema.sightings)
_WHOLE = (
    schema.channels, schema.warnings, schema.decisions, schema.events, schema.field_reports,
    schema.observations, schema.runs, schema.meta,
)  # fmt: skip
_OURS = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")
"""Variables that would have another Python import what is installed here."""


def ask(python: Path, project: Path, asked: tuple[Store, Sample] | None, workers: int) -> Answers:
    """What the tocsin of another Python makes of a sample; its progress goes to stderr.

    It is given a copy of the posts asked about in a temporary folder, so that a newer version
    does not bring the project's own store to its schema.

    Args:
        asked: None: only what it would decide by.

    Raises:
        EnvironmentFailed: it cannot be started, or knows no ``tocsin upgrade``.
    """
    with TemporaryDirectory(prefix="tocsin-upgrade-") as name:
        folder = Path(name)
        if asked is not None:
            store, sample = asked
            _copy_out(store, sample, folder / STORE)
            (folder / SAMPLE).write_bytes(sample_form(sample))
        command = [str(python.absolute()), "-m", "tocsin", "upgrade", "--answer", name]
        command += ["--project", str(project), "--workers", str(workers)]
        variables = {k: v for k, v in os.environ.items() if k not in _OURS}
        try:
            done = subprocess.run(  # noqa: S603 - the program a person named to be asked
                command, cwd=folder, env=variables, stdout=subprocess.PIPE, check=False
            )
            return answers_from(done.stdout)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise EnvironmentFailed(
                f"{python}: no answer from the tocsin there ({type(error).__name__}); try: "
                f"{python} -m tocsin --version; it must know 'tocsin upgrade'"
            ) from None


def _copy_out(store: Store, sample: Sample, path: Path) -> None:
    """What readings and windows depend on, of the sampled posts alone."""
    legs = (leg for window in sample.windows for leg in window.legs)
    seqs = sorted({*sample.seqs, *(seq for leg in legs for seq in leg.seqs)})
    with Store.at(path) as copy, store.reading() as connection, copy.writing() as into:
        for table in _WHOLE:
            into.execute(table.delete())
            add_rows(into, table, [dict(r) for r in connection.execute(table.select()).mappings()])
        for table in _OF_POSTS:
            for chunk in chunks(seqs, 500):
                query = table.select().where(table.c.seq.in_(chunk))
                add_rows(into, table, [dict(row) for row in connection.execute(query).mappings()])


# -- which environment a project is run from ---------------------------------------------------


def folder_of(project: Path) -> Path:
    """Where the links of a project lie, in the user's data folder."""
    mark = hashlib.sha256(str(project.resolve()).encode()).hexdigest()[:8]
    data = platformdirs.user_data_path("tocsin", appauthor=False)
    return data / "environments" / f"{project.resolve().name}-{mark}"


def link_of(project: Path) -> Path:
    """What a service starts tocsin through: ``LINK/bin/tocsin``."""
    return folder_of(project) / "current"


def environment_of(python: Path) -> Path:
    """The environment a Python belongs to.

    Raises:
        UsageError: it is not in one.
    """
    found = python.absolute().parent.parent.resolve()
    if not (found / "pyvenv.cfg").is_file():
        raise UsageError(
            f"{python}: not the Python of an environment; make one: python -m venv DIR, install "
            "tocsin there, and name DIR/bin/python"
        )
    return found


def python_in(environment: Path) -> Path:
    """The Python of an environment."""
    windows = environment / "Scripts" / "python.exe"
    return windows if windows.is_file() else environment / "bin" / "python"


def linked(project: Path, name: str) -> Path | None:
    """Where ``current`` or ``before`` leads; None: nowhere."""
    link = folder_of(project) / name
    return link.readlink() if link.is_symlink() else None


def here() -> Path | None:
    """The environment that this process runs in, if it is one."""
    return Path(sys.prefix).resolve() if sys.prefix != sys.base_prefix else None


def switch(project: Path, to: Path) -> None:
    """Lead ``current`` to another environment, and ``before`` to where it led.

    Raises:
        EnvironmentFailed: the links cannot be made (on Windows that needs developer mode).
    """
    current = linked(project, "current") or here()
    if current == to and linked(project, "current") is not None:
        return
    try:
        folder_of(project).mkdir(parents=True, exist_ok=True, mode=0o700)
        if current is not None and current != to:
            _link(folder_of(project) / "before", current)
        _link(link_of(project), to)
    except OSError as error:
        raise EnvironmentFailed(
            f"{link_of(project)}: {error.strerror}; start tocsin from {to} by hand instead"
        ) from error


def _link(link: Path, to: Path) -> None:
    beside = link.with_name(link.name + ".new")
    beside.unlink(missing_ok=True)
    beside.symlink_to(to, target_is_directory=True)
    beside.replace(link)
