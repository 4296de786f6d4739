"""Moving a project's store to another database: copied, compared, switched over, then removed.

Killed before the settings are switched, the old store counts and the new one is refused until it is
emptied; killed after, the new one counts. No store is left behind, for an erasure would not reach
it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from tocsin.engines.project import Project
from tocsin.errors import UsageError
from tocsin.settings import FILE_NAME, Settings, set_in_file
from tocsin.store import Store
from tocsin.store.copying import CopyReport, Progress, copy_store, refuse_unless_empty
from tocsin.store.engine import parsed, remove_file, shown
from tocsin.text.clean import clean

SQLITE: Final = "sqlite"
"""What is said for the file in the project's folder."""
URL: Final = "store.url"


def move_store(project: Project, to: str, progress: Progress) -> CopyReport:
    """Move the store and write where it is into ``tocsin.toml``.

    Args:
        to: a URL, or ``sqlite`` for the project's own file.

    Raises:
        UsageError: it is there already, or the other database holds something.
        Locked: another tocsin is writing.
        StoreUnavailable: either store cannot be used, or the copy differs; nothing is switched.
    """
    url = "" if to == SQLITE else to
    target = replace(project, settings=Settings.load(project.folder, {URL: url}))
    if _same(project, target):
        raise UsageError(f"{to}: the store of this project is there already")
    with project.writing() as (_, store), _opened(target) as other:
        with other.sole_writer():
            report = copy_store(store, other, clean, progress)
        set_in_file(project.folder / FILE_NAME, URL, url)
        if not store.is_sqlite():
            store.drop()
    if project.store_file is not None:
        remove_file(project.store_file)
    return report


@contextmanager
def _opened(target: Project) -> Iterator[Store]:
    """The store to move to; refused before anything is written there if it holds a table or row."""
    url = target.settings.text(URL) or f"sqlite:///{target.store_path}"
    with Store(url) as store:
        store.refuse_strangers()
        store.migrate()
        with store.reading() as connection:
            refuse_unless_empty(connection, store)
        yield store


def _same(one: Project, other: Project) -> bool:
    if one.store_file is not None or other.store_file is not None:
        return one.store_file == other.store_file
    urls = [parsed(project.settings.text(URL)) for project in (one, other)]
    places = [(url.host, url.port or 5432, url.database, url.query.get("host")) for url in urls]
    return places[0] == places[1]


def name_of(url: str) -> str:
    """A URL as it may be shown; of the project's own file, its name."""
    return shown(parsed(url)) if url else "store.db in the project"
