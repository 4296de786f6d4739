"""Which schema a store has, and the way back to an older one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from tocsin.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tocsin.store.store import Store


@contextmanager
def migrations() -> Iterator[Config]:
    """Alembic's configuration, with the migrations of this version of tocsin."""
    with as_file(files("tocsin.store") / "migrations") as folder:
        config = Config()
        config.set_main_option("script_location", str(folder))
        config.set_main_option("path_separator", "os")
        yield config


@cache
def newest_revision() -> str:
    """The schema that this version of tocsin works with; the migrations are read once a process."""
    with migrations() as config:
        return str(ScriptDirectory.from_config(config).get_current_head())


def revision_of(connection: Connection) -> str | None:
    """The schema that a store has; None: an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


@cache
def known_revisions() -> tuple[str, ...]:
    """Every schema this version can come from or go back to, the newest first."""
    with migrations() as config:
        return tuple(s.revision for s in ScriptDirectory.from_config(config).walk_revisions())


def go_back(store: Store, to: str) -> None:
    """Take the store back to an older schema, for the version of tocsin that knows no newer one.

    Raises:
        UsageError: this version knows no such schema.
    """
    if to not in known_revisions():
        raise UsageError(f"no schema {to!r} is known here; make the store again: tocsin rebuild")
    with migrations() as config, store.writing() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, to)
