"""What of a project goes into a backup, and under which names; archive and store apart.

project/…   files as they lie in the project
keys/…      keys that lie outside of it
"""

from __future__ import annotations

import os
from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tocsin.archive.sealed import FOLDER as SEALED
from tocsin.archive.sealed import whole_bytes
from tocsin.archive.signing_keys import PUBLIC_NAME, public_path
from tocsin.backup.packing import Member, of_bytes, of_file, of_path
from tocsin.backup.unpacking import KEYS, PROJECT
from tocsin.desk.audit import FILE_NAME as AUDIT
from tocsin.engines.project import Project
from tocsin.engines.upgrades.kept import FOLDER as VERSIONS
from tocsin.settings import FILE_NAME, PLACES_NAME

_FILES: Final = (PLACES_NAME, "desk.box", "console.box", "lock.key")
_FOLDERS: Final = ("tips", "watch", "reports", VERSIONS)
_SIGNED: Final = ("heads", "anchors")
_OWN: Final = frozenset({"archive", "state", "rebuild", "backup", "outbox.held"})
"""Copied in a way of their own, or made again by whoever needs them."""
_PASSING: Final = (".lock", ".new")
_NAMED: Final = (
    "reading.pack_folders",
    "reading.places",
    "risk.calendar",
    "delivery.wording_folders",
    "archive.tsa_roots",
)
"""Settings that name files of the desk's own."""
_SECRETS: Final = ("delivery.mail_password_file", "telegram.account_file")
_TAIL: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A key outside the project.

    Args:
        said: the path as the settings have it; empty: it lies beside another by its name.
        name: of the file in the backup.
    """

    said: str
    path: Path
    name: str


def key_files(project: Project) -> tuple[KeyFile, ...]:
    """Every key and secret file that the settings name or that lies beside one, there or not.

    Under their own names, since one is found beside the other by its name.
    """
    found: dict[Path, KeyFile] = {}
    taken: set[str] = set()

    def take(said: str, path: Path, name: str = "") -> str:
        whole = path.expanduser()
        if whole not in found:
            name = name or _free(whole.name, taken)
            taken.add(name)
            found[whole] = KeyFile(said, whole, name)
        return found[whole].name

    settings = project.settings
    if said := settings.text("project.key_file"):
        take(said, Path(said))
        take("", project.tips_key_path)
        take(settings.text("desk.key_file"), project.desk_key_path)
    if said := settings.text("project.signing_key_file"):
        name = take(said, Path(said))
        take("", public_path(Path(said)), f"{name}.pub")
    others = (said for name in _SECRETS if (said := settings.text(name)))
    for said in (*others, *settings.texts("desk.lock_also")):
        take(said, Path(said))
    return tuple(found.values())


def _free(name: str, taken: Container[str]) -> str:
    names = (name, *(f"{number}-{name}" for number in range(2, 1000)))
    return next(one for one in names if one not in taken)


@dataclass(frozen=True, slots=True)
class Early:
    """What must be read before the boundary in the ledger is known.

    A head or an anchor is in the ledger before it is a file, so that of those that are files by
    now none is of a later entry. Settings and public key change when a key hands over.
    """

    settings: bytes
    public: bytes | None
    signed: tuple[str, ...]

    @classmethod
    def of(cls, project: Project) -> Early:
        """As they are now."""
        pinned = project.folder / "heads" / PUBLIC_NAME
        return cls(
            (project.folder / FILE_NAME).read_bytes(),
            pinned.read_bytes() if pinned.is_file() else None,
            tuple(
                name
                for folder in _SIGNED
                for name in _below(project.folder, project.folder / folder)
                if not name.endswith(f"/{PUBLIC_NAME}")
            ),
        )

    def members(self, project: Project) -> Iterator[Member]:
        """As they go into the backup."""
        yield of_bytes(PROJECT + FILE_NAME, self.settings)
        if self.public is not None:
            yield of_bytes(f"{PROJECT}heads/{PUBLIC_NAME}", self.public)
        for name in self.signed:
            yield of_path(PROJECT + name, project.folder / name)


def members(project: Project) -> Iterator[Member]:
    """All other files but archive, store and state. One that is deleted meanwhile is left out."""
    folder = project.folder
    yield from _sealed(folder)
    yield from _whole_lines(folder / AUDIT)
    taken = {name for name in _FILES if (folder / name).is_file()}
    taken.update(name for one in _FOLDERS for name in _below(folder, folder / one))
    taken.update(_named_inside(project))
    for name in sorted(taken):
        try:
            yield of_path(PROJECT + name, folder / name)
        except FileNotFoundError:
            continue


def _below(folder: Path, part: Path) -> Iterator[str]:
    """Files below a part of the project, by their names from the project on."""
    for path in sorted(part.rglob("*")):
        if path.is_file() and not path.name.endswith(_PASSING) and path.name != "lock":
            yield path.relative_to(folder).as_posix()


def _sealed(folder: Path) -> Iterator[Member]:
    """Sealed originals, without one that is being written."""
    for path in sorted((folder / SEALED).glob("*.sealed")):
        file = path.open("rb")
        yield of_file(f"{PROJECT}{SEALED}/{path.name}", file, whole_bytes(file))


def _whole_lines(path: Path) -> Iterator[Member]:
    """The audit log up to the last line that is whole."""
    if not path.is_file():
        return
    file = path.open("rb")
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _TAIL))
    tail = file.read(_TAIL)
    yield of_file(PROJECT + AUDIT, file, size - len(tail) + tail.rfind(b"\n") + 1)


def _named_inside(project: Project) -> Iterator[str]:
    for _, path in _named(project):
        if path.is_relative_to(project.folder):
            if path.is_file():
                yield path.relative_to(project.folder).as_posix()
            yield from _below(project.folder, path)


def _named(project: Project) -> Iterator[tuple[str, Path]]:
    for setting in _NAMED:
        for said in project.settings.texts(setting):
            path = Path(os.path.normpath(project.folder / Path(said).expanduser()))
            yield setting, path


def outside(project: Project) -> tuple[str, ...]:
    """Files that the settings name and that lie elsewhere: they are not in the backup."""
    return tuple(
        str(path) for _, path in _named(project) if not path.is_relative_to(project.folder)
    )


def left_out(project: Project) -> tuple[str, ...]:
    """What lies in the project's folder and is none of its parts."""
    parts = {FILE_NAME, AUDIT, SEALED, *_FILES, *_FOLDERS, *_SIGNED, *_OWN}
    parts.update(name.partition("/")[0] for name in _named_inside(project))
    file = project.store_file
    stores = (project.store_path.name, *([] if file is None else [file.name]))
    return tuple(
        path.name
        for path in sorted(project.folder.iterdir())
        if path.name not in parts
        and not path.name.endswith(_PASSING)
        and not path.name.startswith(stores)
    )


def keys_of(project: Project) -> Iterator[tuple[KeyFile, Member | None]]:
    """The keys as they go into the backup; None: it is not there."""
    for key in key_files(project):
        there = key.path.is_file()
        yield key, of_bytes(KEYS + key.name, key.path.read_bytes()) if there else None
