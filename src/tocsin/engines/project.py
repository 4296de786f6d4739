"""A project folder: settings, archive, store, and the pseudonym key that lies elsewhere.

DIR/tocsin.toml   settings, and the answers given to ``tocsin init``
DIR/archive/      the truth: segments and ledger
DIR/store.db      the working database, rebuilt from the archive by ``tocsin rebuild``
DIR/state/        where a run stands, so that it can be resumed
DIR/heads/        signed tree heads, and the public key they are signed with
DIR/anchors/      time stamps by third parties
DIR/desk.box      the desk's own lists, encrypted
DIR/audit.log     who looked at what
DIR/locked/       there while the desk is locked
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import select

from tocsin import wire
from tocsin.archive import Archive, Pseudonymiser, load_or_create_key
from tocsin.archive.signing_keys import PUBLIC_NAME, public_path
from tocsin.engines.indexing import Indexer
from tocsin.errors import DeskLocked, EnvironmentFailed, UsageError
from tocsin.model import ChannelProfile
from tocsin.settings import FILE_NAME, Settings
from tocsin.store import Store, schema
from tocsin.store.engine import file_of


@dataclass(frozen=True, slots=True)
class Project:
    """Where a project's parts lie, and its settings."""

    folder: Path
    settings: Settings

    @classmethod
    def open(cls, folder: Path, overrides: Mapping[str, Any] | None = None) -> Project:
        """The project in ``folder`` or the nearest folder above it that holds one.

        Raises:
            UsageError: there is none; says how to start one.
            DeskLocked: ``tocsin lock`` was used here.
        """
        found = cls.locate(folder, overrides)
        found.refuse_if_locked()
        return found

    @classmethod
    def locate(cls, folder: Path, overrides: Mapping[str, Any] | None = None) -> Project:
        """As :meth:`open`, locked or not: for lock and unlock alone."""
        folder = folder.resolve()
        for candidate in (folder, *folder.parents):
            if (candidate / FILE_NAME).is_file():
                return cls(candidate, Settings.load(candidate, overrides))
        raise UsageError(
            f"{folder}: no tocsin project here; start one with: tocsin init DIR, then "
            "go there or name it with --project DIR"
        )

    @property
    def archive_folder(self) -> Path:
        """Segments and ledger."""
        return self.folder / "archive"

    @property
    def state_folder(self) -> Path:
        """Checkpoints of a run."""
        return self.folder / "state"

    @property
    def backup_folder(self) -> Path:
        """Where a backup puts the copy of the store while it reads it; empty otherwise."""
        return self.folder / "backup"

    @property
    def held_path(self) -> Path:
        """There after a restore until a person lets the outbox go on."""
        return self.folder / "outbox.held"

    @property
    def store_path(self) -> Path:
        """The SQLite file, where no other store is set."""
        return self.folder / "store.db"

    @property
    def store_file(self) -> Path | None:
        """The file of the store, wherever it lies; None: a server has it."""
        url = self.settings.text("store.url")
        return file_of(url) if url else self.store_path

    @property
    def key_path(self) -> Path:
        """The pseudonym key, outside the project."""
        named = self.settings.text("project.key_file")
        if not named:
            raise UsageError(
                f"{self.folder / FILE_NAME}: project.key_file is not set; it names the pseudonym "
                "key, which lies outside the project"
            )
        return Path(named).expanduser()

    @property
    def tips_folder(self) -> Path:
        """The box of tips, encrypted."""
        return self.folder / "tips"

    @property
    def tips_key_path(self) -> Path:
        """The key of the tips, beside the pseudonym key and so outside the project."""
        key = self.key_path
        return key.with_name(f"{key.stem}.tips.key")

    @property
    def signing_key_path(self) -> Path | None:
        """The key that signs tree heads, outside the project; None: this project has none."""
        named = self.settings.text("project.signing_key_file")
        return Path(named).expanduser() if named else None

    @property
    def heads_folders(self) -> tuple[Path, ...]:
        """Where signed heads lie: in the project, and where the settings say besides."""
        named = self.settings.text("project.heads_folder")
        copies = (Path(named).expanduser(),) if named else ()
        return (self.folder / "heads", *copies)

    @property
    def anchors_folder(self) -> Path:
        """Time stamps of heads and parts."""
        return self.folder / "anchors"

    @property
    def root_files(self) -> tuple[Path, ...]:
        """Root certificates of time-stamp authorities; a relative path is meant from here."""
        named = self.settings.texts("archive.tsa_roots")
        return tuple(self.folder / Path(name).expanduser() for name in named)

    @property
    def pins(self) -> tuple[Path, ...]:
        """Public keys that heads must be signed with: the published one, and the one outside."""
        published = [self.folder / "heads" / PUBLIC_NAME]
        if self.signing_key_path is not None:
            published.append(public_path(self.signing_key_path))
        return tuple(path for path in published if path.is_file())

    @property
    def tree_cache(self) -> Path:
        """Where the tree stands; made again if it is gone."""
        return self.state_folder / "tree.json"

    @property
    def desk_key_path(self) -> Path:
        """The key of the desk's own lists, outside the project too."""
        named = self.settings.text("desk.key_file")
        return Path(named).expanduser() if named else self.key_path.with_suffix(".desk.key")

    @property
    def lists_path(self) -> Path:
        """The desk's own lists, encrypted."""
        return self.folder / "desk.box"

    @property
    def audit_path(self) -> Path:
        """Who looked at what."""
        return self.folder / "audit.log"

    @property
    def locked_path(self) -> Path:
        """There while the desk is locked; holds the sealed keys."""
        return self.folder / "locked"

    def refuse_if_locked(self) -> None:
        """Say no where ``tocsin lock`` was used; whatever runs on for long asks again and again.

        Raises:
            DeskLocked: it is locked.
        """
        if self.locked_path.exists():
            raise DeskLocked(
                f"{self.folder}: this desk is locked; nothing is shown or sent until: tocsin unlock"
            )

    def pseudonymiser(self) -> Pseudonymiser:
        """Reads the key, or makes it at the first ingest."""
        self.refuse_if_locked()
        return Pseudonymiser(load_or_create_key(self.key_path))

    def store(self) -> Store:
        """The working database, at the newest schema."""
        url = self.settings.text("store.url")
        with filing(self.folder):
            if not url:
                return Store.at(self.store_path)
            store = Store(url)
            store.migrate()
            return store

    @contextmanager
    def writing(self) -> Iterator[tuple[Archive, Store]]:
        """Archive and store for one writer, with the store caught up with the archive.

        Raises:
            Locked: another tocsin is writing here.
        """
        with (
            filing(self.folder),
            Archive.open(self.archive_folder, writable=True) as archive,
            self.store() as store,
            store.sole_writer(),
        ):
            self.follow(archive, store)
            yield archive, store

    def follow(self, archive: Archive, store: Store) -> None:
        """Bring the store up to the ledger, erasures included."""
        from tocsin.engines.erasure import follow

        Indexer(store).catch_up(archive)
        follow(self, archive, store)

    @contextmanager
    def reading(self) -> Iterator[Store]:
        """The store, for questions only."""
        with self.store() as store:
            yield store


def profiles(store: Store) -> dict[str, ChannelProfile]:
    """What is known of channels, by channel id."""
    with store.reading() as connection:
        rows = connection.execute(select(schema.channels.c.profile)).scalars()
        found = [wire.profile_from_form(orjson.loads(row)) for row in rows]
    return {profile.channel: profile for profile in found}


@contextmanager
def filing(folder: Path) -> Iterator[None]:
    """Turn the disk's own errors into one line that says what to do."""
    try:
        yield
    except OSError as error:
        where = error.filename or folder
        raise EnvironmentFailed(
            f"{where}: {os.strerror(error.errno) if error.errno else error}; check the disk and "
            "its permissions, then run the same command again: nothing is lost"
        ) from error
