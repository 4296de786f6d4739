"""Where live sources stand, one file each: replaced as a whole, so a kill leaves old or new.

A state is written only after what it covers is durable in the archive. Lost or damaged, it costs a
look at what is there already; a rebuild needs nothing of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson

from tocsin.archive.disk import WriteLock, make_folder, plain_failures, sync_folder
from tocsin.engines.watch_plan import SourceState, state_form, state_from
from tocsin.errors import Locked


class WatchStates:
    """The files in ``DIR/watch``."""

    def __init__(self, project: Path) -> None:
        self.folder = project / "watch"

    def load(self, name: str) -> SourceState:
        """Where a source stands; at the beginning, if nothing is known."""
        try:
            return state_from(orjson.loads(self._path(name).read_bytes()))
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return SourceState()

    def save(self, name: str, state: SourceState) -> None:
        """Keep where a source stands, on the disk.

        Raises:
            EnvironmentFailed: it could not be written; the old state stands.
        """
        path = self._path(name)
        with plain_failures("the state of a source could not be written", path):
            make_folder(self.folder)
            beside = path.with_suffix(".new")
            with beside.open("wb") as file:
                file.write(orjson.dumps(state_form(state), option=orjson.OPT_SORT_KEYS))
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
            sync_folder(self.folder)

    def forget(self, name: str) -> None:
        """Remove a state: its source begins anew if it is ever added again."""
        self._path(name).unlink(missing_ok=True)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """The one right to watch this project.

        Raises:
            Locked: another ``tocsin watch`` runs here.
        """
        with plain_failures("the folder of states could not be made", self.folder):
            make_folder(self.folder)
        try:
            lock = WriteLock(self.folder / "lock")
        except Locked:
            raise Locked(
                f"{self.folder}: another tocsin watch runs here; stop it first, or leave it to it"
            ) from None
        try:
            yield
        finally:
            lock.release()

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.json"
