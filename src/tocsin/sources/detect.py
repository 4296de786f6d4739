"""Which source reads a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from tocsin.errors import UsageError
from tocsin.sources.files import read_head, why_unreadable
from tocsin.sources.protocol import Source


def detect(
    path: Path, sources: Mapping[str, Source] | Iterable[Source], forced: str | None = None
) -> Source:
    """The first of ``sources`` that knows the file by its content, or the one ``forced`` names.

    Raises:
        UsageError: no source is called ``forced``.
        RecordRefused: no file, a folder, an empty file, or nothing that any source knows.
        EnvironmentFailed: the system will not let us read it.
    """
    known: list[Source] = list(sources.values() if isinstance(sources, Mapping) else sources)
    if forced is not None:
        named = [source for source in known if source.name == forced]
        if not named:
            names = ", ".join(sorted(source.name for source in known))
            raise UsageError(f"--format {forced}: there is no such format; known: {names}")
        return named[0]
    if path.is_dir():
        for source in known:
            if getattr(source, "reads_folders", False) and source.sniff(path, b""):
                return source
    head = read_head(path)
    for source in known:
        if source.sniff(path, head):
            return source
    raise why_unreadable(path, head, "a format that tocsin knows")
