"""A copy of the archive on object storage, or on any file system that fsspec knows.

    URL/objects/SHA-256      each file once, by its digest
    URL/manifest.json        which file is which; written last, so a copy is whole or the one before

What no manifest names any more is removed, so that an erasure reaches the copy with the next push.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import Any

import orjson

from tocsin.engines.project import Project
from tocsin.errors import EnvironmentFailed, MissingExtra, UsageError

_MANIFEST, _OBJECTS, _FORMAT = "manifest.json", "objects", 1
_LEFT_OUT = frozenset({"lock", "erasing"})
"""Of the archive's folder: who writes there now is no part of it."""
_PARTS = ("archive", "heads", "anchors")

Tell = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push did.

    Args:
        files: in the copy.
        sent: of them, what it lacked.
        removed: objects that no file is any more.
    """

    files: int
    sent: int
    removed: int


class ArchiveCopy:
    """A copy at ``url``.

    Raises:
        MissingExtra: fsspec, or what it needs for such an address, is not installed.
        UsageError: it is no address that fsspec knows.
    """

    def __init__(self, url: str) -> None:
        if find_spec("fsspec") is None:
            raise MissingExtra("objects", "a copy on object storage")
        from fsspec.core import url_to_fs

        self.url = url.rstrip("/")
        try:
            self._files, self._root = url_to_fs(self.url)
        except ImportError:
            raise MissingExtra("objects", f"{url}: such an address") from None
        except ValueError as error:
            raise UsageError(f"{url}: {error}; an address is as s3://bucket/folder") from None

    def push(self, project: Project, tell: Tell = lambda _: None) -> Pushed:
        """Bring the copy up to the project, whose archive nobody may write meanwhile.

        Raises:
            EnvironmentFailed: the storage did not take it; the copy is as it was.
        """
        there = self._there()
        files: dict[str, dict[str, Any]] = {}
        sent = 0
        with _reached(self.url):
            for name, path in _files_of(project.folder):
                data = path.read_bytes()
                digest = hashlib.sha256(data).hexdigest()
                if digest not in there:
                    self._files.pipe_file(self._object(digest), data)
                    there.add(digest)
                    sent += 1
                files[name] = {"sha256": digest, "size": len(data)}
                tell(len(files))
            manifest = orjson.dumps({"format": _FORMAT, "files": files}, option=orjson.OPT_INDENT_2)
            self._files.pipe_file(f"{self._root}/{_MANIFEST}", manifest)
            gone = there - {file["sha256"] for file in files.values()}
            for digest in gone:
                self._files.rm_file(self._object(digest))
        return Pushed(len(files), sent, len(gone))

    def pull(self, folder: Path, tell: Tell = lambda _: None) -> int:
        """Fetch the copy into ``folder``, which must not be there; every byte is checked.

        Returns:
            Number of files.

        Raises:
            UsageError: the folder is there.
            EnvironmentFailed: no copy lies there, or it is damaged; nothing is left behind.
        """
        if folder.exists():
            raise UsageError(f"{folder}: is there already; name a folder that is not")
        beside = folder.with_name(f".{folder.name}.pulled")
        files = self._manifest()
        try:
            for number, (name, said) in enumerate(sorted(files.items()), 1):
                self._fetch(beside / _inside(name), said)
                tell(number)
            beside.rename(folder)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
        return len(files)

    def _fetch(self, path: Path, said: dict[str, Any]) -> None:
        with _reached(self.url):
            try:
                data: bytes = self._files.cat_file(self._object(said["sha256"]))
            except FileNotFoundError:
                data = b""
        if hashlib.sha256(data).hexdigest() != said["sha256"]:
            raise EnvironmentFailed(
                f"{self.url}: {path.name} is damaged or gone there; push again from the archive "
                "itself, or restore a backup"
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def _manifest(self) -> dict[str, dict[str, Any]]:
        with _reached(self.url):
            try:
                manifest = orjson.loads(self._files.cat_file(f"{self._root}/{_MANIFEST}"))
                files: dict[str, dict[str, Any]] = manifest["files"]
            except FileNotFoundError:
                raise EnvironmentFailed(f"{self.url}: no copy of an archive there") from None
            except (orjson.JSONDecodeError, KeyError, TypeError):
                raise EnvironmentFailed(f"{self.url}/{_MANIFEST}: damaged; push again") from None
        return files

    def _there(self) -> set[str]:
        with _reached(self.url):
            self._files.invalidate_cache()
            try:
                listed = self._files.ls(f"{self._root}/{_OBJECTS}", detail=False)
            except FileNotFoundError:
                self._files.makedirs(f"{self._root}/{_OBJECTS}", exist_ok=True)
                return set()
        return {PurePosixPath(path).name for path in listed}

    def _object(self, digest: str) -> str:
        return f"{self._root}/{_OBJECTS}/{digest}"


@contextmanager
def _reached(url: str) -> Iterator[None]:
    """Turn whatever a storage raises into one line."""
    try:
        yield
    except EnvironmentFailed:
        raise
    except Exception as error:
        said = str(error).splitlines()[:1] or [type(error).__name__]
        raise EnvironmentFailed(
            f"{url}: not reached ({said[0][:200]}); check address and credentials, then run the "
            "same command again"
        ) from None


def _files_of(folder: Path) -> Iterator[tuple[str, Path]]:
    """Names and paths of all that belongs to the archive, in order."""
    for part in _PARTS:
        for path in sorted((folder / part).rglob("*")):
            if path.is_file() and path.name not in _LEFT_OUT:
                yield path.relative_to(folder).as_posix(), path


def _inside(name: str) -> Path:
    """A name of a manifest as a path below a folder.

    Raises:
        EnvironmentFailed: it leads elsewhere.
    """
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or path.parts[:1] not in {(p,) for p in _PARTS}:
        raise EnvironmentFailed(f"the copy names a file outside an archive: {name!r}")
    return Path(*path.parts)
