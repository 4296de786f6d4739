"""A watched folder: exports and tables that somebody puts there, taken in once they are finished.

A file is finished when its size and time of change are the same at two looks. What was read
is remembered by its digest, so a file that is moved, renamed or put there twice is read once.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tocsin.errors import SourceFailed
from tocsin.sources.live import Export, Polled, State

SUFFIXES = frozenset({".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".parquet", ".html"})
MAX_REMEMBERED = 50_000
_MAX_DEPTH = 3
_MAX_FILES = 10_000
_BLOCK = 1 << 20
_SEEN, _DONE = 1, 2
"""What was made of a file: seen once, or dealt with."""


@dataclass(frozen=True, slots=True)
class FolderOptions:
    """What the files hold that they do not say.

    Args:
        channel: the public @channel of the exports in it.
        forced: name of their format.
    """

    channel: str | None = None
    forced: str | None = None


class Folder:
    """One folder, looked at down to three levels; hidden and unfinished files are passed over."""

    kind = "folder"
    lane = "folders"

    def __init__(self, name: str, path: Path, options: FolderOptions) -> None:
        self.name = name
        self._path = path
        self._options = options

    def poll(self, state: State, now: datetime) -> Polled:
        """The files that are finished and were not read before.

        Raises:
            SourceFailed: the folder is not there or cannot be read.
        """
        del now
        before = _mapping(state.get("files"))
        digests = [one for one in _sequence(state.get("digests")) if isinstance(one, str)]
        known = set(digests)
        files: dict[str, list[int]] = {}
        exports: list[Export] = []
        for path, size, changed in self._files():
            relative = path.relative_to(self._path).as_posix()
            seen = before.get(relative)
            files[relative] = [size, changed, _SEEN]
            if seen == [size, changed, _DONE]:
                files[relative] = seen
            elif seen == [size, changed, _SEEN] and (digest := _file_digest(path)) is not None:
                files[relative] = [size, changed, _DONE]
                if digest not in known:
                    known.add(digest)
                    digests.append(digest)
                    exports.append(Export(path, self._options.channel, self._options.forced))
        after = {"files": files, "digests": digests[-MAX_REMEMBERED:]}
        return Polled((), after, exports=tuple(exports))

    def close(self) -> None:
        """Nothing is held open."""

    def _files(self) -> Iterator[tuple[Path, int, int]]:
        """Path, size and time of change of every file that may be an export, in order."""
        if not self._path.is_dir():
            raise SourceFailed(self.name, f"{self._path} is no folder", "make it, or correct path")
        found = 0
        for path in sorted(_walk(self._path, _MAX_DEPTH)):
            try:
                about = path.stat()
            except OSError:
                continue  # gone since it was listed
            found += 1
            if found > _MAX_FILES:
                advice = "move what was read elsewhere"
                raise SourceFailed(self.name, f"more than {_MAX_FILES:,} files", advice)
            if about.st_size:
                yield path, about.st_size, about.st_mtime_ns


def _walk(folder: Path, depth: int) -> Iterator[Path]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith((".", "~")) or entry.is_symlink():
            continue
        if entry.is_dir() and depth > 1:
            yield from _walk(Path(entry.path), depth - 1)
        elif entry.is_file() and Path(entry.name).suffix.lower() in SUFFIXES:
            yield Path(entry.path)


def _file_digest(path: Path) -> str | None:
    """Hex SHA-256; None if the file cannot be read or changed its size meanwhile."""
    digest, read = hashlib.sha256(), 0
    try:
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
                read += len(block)
        return digest.hexdigest() if path.stat().st_size == read else None
    except OSError:
        return None


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _sequence(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
