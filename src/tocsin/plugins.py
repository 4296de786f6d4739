"""Every extension point, in one file. Built-in parts use the same hooks as a third party's.

A package offers a part by an entry point in its ``pyproject.toml``:

========================= ======================================= ===========================
group                     the entry point names                   contract
========================= ======================================= ===========================
``tocsin.sources``        a class, called without arguments       ``sources.protocol.Source``
``tocsin.readers``        ``build(options: ReaderOptions)``       ``reading.protocol.Reader``
``tocsin.language_packs`` a package or module that lies beside    ``docs/language-packs.md``
                          the YAML files
``tocsin.deliveries``     ``build(options: CarrierOptions)``;     ``delivery.carrier.Carrier``
                          its name is a recipient's ``kind``
========================= ======================================= ===========================
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from tocsin.delivery.carrier import Carrier, CarrierOptions
from tocsin.errors import UsageError
from tocsin.reading import ReaderOptions
from tocsin.reading.protocol import Reader
from tocsin.sources import Source

SOURCES = "tocsin.sources"
READERS = "tocsin.readers"
LANGUAGE_PACKS = "tocsin.language_packs"
DELIVERIES = "tocsin.deliveries"


def load_sources() -> dict[str, Source]:
    """All sources by name, built-in ones first so that detection tries them first."""
    found = sorted(entry_points(group=SOURCES), key=_built_in_first)
    return {entry.name: entry.load()() for entry in found}


def load_reader(name: str, options: ReaderOptions) -> Reader:
    """The reader called ``name``.

    Raises:
        UsageError: no such reader; names those installed.
    """
    readers = {entry.name: entry for entry in entry_points(group=READERS)}
    if name not in readers:
        raise UsageError(f"no reader {name!r}; installed: {', '.join(sorted(readers)) or 'none'}")
    reader: Reader = readers[name].load()(options)
    return reader


def load_carriers(options: CarrierOptions) -> dict[str, Carrier]:
    """All deliveries by the kind of address they serve; a built-in one is never replaced."""
    found = sorted(entry_points(group=DELIVERIES), key=_built_in_first, reverse=True)
    return {entry.name: entry.load()(options) for entry in found}


def language_pack_folders() -> tuple[Path, ...]:
    """Folders of the installed language packs, the built-in one first."""
    found = sorted(entry_points(group=LANGUAGE_PACKS), key=_built_in_first)
    return tuple(_folder(entry) for entry in found)


def _folder(entry: EntryPoint) -> Path:
    module = entry.load()
    return Path(str(module.__file__)).parent


def _built_in_first(entry: EntryPoint) -> tuple[bool, str]:
    return (not entry.value.startswith("tocsin."), entry.name)
