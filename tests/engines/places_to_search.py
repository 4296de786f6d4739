"""Every place where a project's bytes may lie, opened so that a search finds what is in it.

A new export or index is added to ``PLACES``: a function that gives (where, bytes).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
import zstandard
from backup_support import OPENER, saved
from export_support import export_as, members
from sqlalchemy import text

from tocsin.archive import Archive
from tocsin.backup.locks import opened
from tocsin.backup.unpacking import unpack
from tocsin.bundle.levels import Disclosure
from tocsin.engines.project import Project
from tocsin.engines.reports import all_reports
from tocsin.errors import UsageError
from tocsin.store.lists import channel_counts, warnings_now
from tocsin.store.media import unread_media
from tocsin.store.search import Bounds

Found = Iterator[tuple[str, bytes]]
_ZSTD = b"\x28\xb5\x2f\xfd"


def files(project: Project) -> Found:
    """Every file of the project as it lies there: store, archive, state, tips, settings, logs."""
    for path in sorted(project.folder.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(project.folder)), path.read_bytes()


def beside(project: Project) -> Found:
    """Files beside the project that its commands made, keys left out."""
    for path in sorted(project.folder.parent.glob("*.log*")):
        yield path.name, path.read_bytes()


def segments(project: Project) -> Found:
    """The archive, decompressed: each item with its content, each entry of the ledger."""
    with Archive.open(project.archive_folder) as archive:
        for item in archive.items():
            data = getattr(item, "content", None) or orjson.dumps(getattr(item, "payload", {}))
            yield f"archive item {item.seq}", data + repr(item).encode()


def states(project: Project) -> Found:
    """State files, every compressed part of them decompressed."""
    for path in sorted(project.state_folder.glob("*")):
        yield from _frames(path)


def _frames(path: Path) -> Found:
    data, at = path.read_bytes(), 0
    while (at := data.find(_ZSTD, at)) >= 0:
        try:
            whole = zstandard.ZstdDecompressor().decompressobj().decompress(data[at:])
            yield f"{path.name} at {at}", whole
        except zstandard.ZstdError:
            pass
        at += 1


def tables(project: Project) -> Found:
    """Every table of the store, the words of the full text among them."""
    with project.reading() as store, store.reading() as connection:
        names = connection.execute(text("SELECT name FROM sqlite_master WHERE type='table'"))
        for name in names.scalars().all():
            for row in connection.execute(text(f'SELECT * FROM "{name}"')):
                yield f"table {name}", repr(tuple(row)).encode()


def lists(project: Project) -> Found:
    """What the list commands print."""
    with project.reading() as store:
        for asked in (warnings_now, channel_counts, all_reports, unread_media):
            yield asked.__name__, orjson.dumps(asked(store))


def exports(project: Project) -> Found:
    """Bundles at every level, and every part of them decompressed; tips leave at none but ours."""
    with project.reading() as store:
        names = [row["channel"] for row in channel_counts(store)]
    meant = [(Bounds(channel=name), level) for name in names for level in Disclosure]
    with TemporaryDirectory() as folder:
        for number, (bounds, level) in enumerate(meant):
            out = Path(folder) / f"{number}.zip"
            with suppress(UsageError):
                export_as(project, level, out, None, bounds)
                yield out.name, out.read_bytes()
                for name, data in members(out.read_bytes()).items():
                    yield f"{level} {name}", data


def backups(project: Project) -> Found:
    """A backup as it lies there, and every file in it."""
    with TemporaryDirectory() as folder:
        out = Path(folder) / "backup.age"
        saved(project, out)
        yield out.name, out.read_bytes()
        found: list[tuple[str, bytes]] = []
        with out.open("rb") as file, opened(file, OPENER) as plain:
            unpack(plain, lambda _: None, lambda name, parts: found.append((name, b"".join(parts))))
        yield from found


PLACES: list[Callable[[Project], Found]] = [
    files,
    beside,
    segments,
    states,
    tables,
    lists,
    exports,
    backups,
]


def places_of(project: Project) -> Found:
    """All of them."""
    for place in PLACES:
        yield from place(project)
