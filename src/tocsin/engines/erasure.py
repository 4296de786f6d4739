"""Letting the store and the state follow an erasure that the ledger has ordered.

In this order, each step on the disk before the next; done again from the start, it comes out the
same:

1. the state of the last run is taken up, forgets, and is written under a new name;
2. one transaction takes the posts out of every table and names that state;
3. other state files, and what a killed rebuild or backup left, are removed;
4. the database is written anew (VACUUM), its log emptied; 5. the erasure is marked done.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence

from sqlalchemy import Connection, update

from tocsin.archive import Archive
from tocsin.archive.erasure import positions_of
from tocsin.engines.checkpoint import forget_states, read_state, write_state
from tocsin.engines.local import pipeline_options
from tocsin.engines.project import Project, profiles
from tocsin.engines.tip_box import TipBox
from tocsin.errors import UsageError
from tocsin.model import Erased
from tocsin.pipeline import Pipeline
from tocsin.store import Store, erasures, schema
from tocsin.store.engine import remove_file
from tocsin.store.moment import newest_state
from tocsin.text.clean import clean

_SECRET_BYTES = 32


def follow(project: Project, archive: Archive, store: Store) -> None:
    """Finish every erasure that the store has not followed to the end.

    Raises:
        EnvironmentFailed: it could not be finished; the next command that writes goes on.
    """
    waiting = erasures.unfinished(store)
    if not waiting:
        return
    positions: set[int] = set()
    for seq in waiting:
        entry = next(archive.entries(seq))
        positions.update(positions_of(entry.payload))
    seqs = sorted(positions)
    state = _forgetful_state(project, store, erasures.traces(store, seqs))
    _remove_tips(project, store, seqs)
    searched = [(seq, clean(text)) for seq, text in erasures.texts_of(store, seqs)]
    with store.writing() as connection:
        erasures.forget(connection, seqs, [(seq, text) for seq, text in searched if text])
        _name_state(connection, store, state)
    _remove_leftovers(project, last_state(store))
    if erasures.wipe(store):
        erasures.finished(store, waiting)


def last_state(store: Store) -> str | None:
    """Name of the state file that counts."""
    with store.reading() as connection:
        return newest_state(connection)


def _forgetful_state(project: Project, store: Store, gone: Erased) -> str | None:
    """Write the state anew without what is gone; its name, None: there is nothing to do."""
    name = last_state(store)
    if name is None or not any((gone.digests, gone.files, gone.pictures, gone.channels)):
        return None
    path = project.state_folder / name
    if not path.is_file():
        return None
    pipeline = Pipeline(profiles(store), pipeline_options(project.settings))
    try:
        pipeline.restore(read_state(path))
    except (UsageError, ValueError):
        # Taken under other settings: no run could take it up either, and says so.
        path.unlink()
        return None
    pipeline.erase(gone, os.urandom(_SECRET_BYTES))
    new = f"{path.stem.partition('+')[0]}+{os.urandom(4).hex()}.state"
    write_state(project.state_folder / new, pipeline.snapshot())
    return new


def _name_state(connection: Connection, store: Store, state: str | None) -> None:
    old = last_state(store)
    if state is not None and old is not None:
        runs = schema.runs
        connection.execute(update(runs).where(runs.c.state == old).values(state=state))


def _remove_tips(project: Project, store: Store, seqs: Sequence[int]) -> None:
    """A tip that was taken as evidence goes from the box too."""
    box = TipBox(project.tips_folder, project.tips_key_path)
    for tip_id in erasures.tips_among(store, seqs):
        box.remove(tip_id)


def _remove_leftovers(project: Project, kept: str | None) -> None:
    forget_states(project.state_folder, kept)
    shutil.rmtree(project.folder / "rebuild", ignore_errors=True)
    remove_file(project.backup_folder / "store.db")
    if project.store_file != project.store_path:  # left by a move that was killed
        remove_file(project.store_path)
