"""What of a project's bytes anybody with its disk could read, and erasing parts of it."""

from __future__ import annotations

import re
from pathlib import Path

import orjson
import zstandard

from tocsin.archive import Archive, ErasureOrder
from tocsin.archive.blocks import Block, files, scan
from tocsin.archive.format import BlockKind
from tocsin.engines.project import Project
from tocsin.engines.selection import Choice, choose

ORDER = ErasureOrder("ana", "2024-05-01T10:00:00+00:00", "asked for", "in a test")


def erase_where(project: Project, choice: Choice) -> int:
    """Erase what is chosen; returns how many items."""
    with project.writing() as (archive, store):
        chosen = choose(store, choice)
        if chosen:
            archive.erase({one.seq for one in chosen}, ORDER)
            project.follow(archive, store)
        return len(chosen)


def readable_bytes(folder: Path) -> bytes:
    """All files below a folder, as they lie and, where they are compressed, also in clear."""
    parts = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            parts += [path.name.encode(), data]
            if path.suffix == ".state":
                parts += _sections(data)
    archive = folder / "archive"
    blocks = (
        part
        for kind in BlockKind
        for path in files(archive, kind)
        for part in scan(path, kind)
        if isinstance(part, Block)
    )
    parts += [block.payload() for block in blocks]
    return b"\n".join(parts)


def _sections(state: bytes) -> list[bytes]:
    """The parts of a state file in clear."""
    start = 8 + int(state[:8])
    found = []
    for size in orjson.loads(state[8:start]):
        section = state[start : start + size]
        start += size
        if section[:4] == b"\x28\xb5\x2f\xfd":
            section = zstandard.ZstdDecompressor().decompressobj().decompress(section)
        found.append(section)
    return found


def found_in(folder: Path, text: str) -> list[str]:
    """In which forms a text is found: as it is, in lower case, in UTF-16, as JSON escapes it."""
    held = readable_bytes(folder)
    escaped = text.encode("ascii", "backslashreplace")
    forms = {
        "plain": text.encode(),
        "lower": text.casefold().encode(),
        "utf-16": text.encode("utf-16-le"),
        "escaped": re.sub(rb"\\x..", b"", escaped),
    }
    return [name for name, form in forms.items() if form in held]


def entries_of_kind(project: Project, kind: str) -> int:
    """How many entries of a kind the ledger has."""
    with Archive.open(project.archive_folder) as archive:
        return sum(entry.kind == kind for entry in archive.entries())
