"""A backup restores to the same desk, or says in one line why not and leaves nothing."""

from __future__ import annotations

import os
import random
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import zstandard
from backup_support import (
    LOCK,
    OPENER,
    names_below,
    quiet,
    rebuilt,
    restored,
    saved,
)
from engine_support import contents, ingest_file, run_all
from export_support import signing_project

from posts_support import post_line, written
from streams_support import mixed
from tocsin.archive import verify
from tocsin.backup.locks import Lock, Opener, new_identity, opened
from tocsin.backup.unpacking import unpack
from tocsin.clock import SystemClock
from tocsin.engines import backup as backups
from tocsin.engines import backup_contents
from tocsin.engines.heads import sign
from tocsin.engines.project import Project
from tocsin.engines.restore import look
from tocsin.engines.tips import TipDesk
from tocsin.errors import (
    ArchiveDamaged,
    BackupDamaged,
    EnvironmentFailed,
    UsageError,
)
from tocsin.settings import FILE_NAME, Settings, quoted
from tocsin.sources.tips import CONSENT_VERSION, Gate, TipForm

CANARY = "Канарейка поёт на рассвете"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A desk with something of everything."""
    folder = tmp_path_factory.mktemp("backed")
    project = signing_project(folder / "desk")
    packs = project.folder / "own" / "packs"
    packs.mkdir(parents=True)
    (packs / "readme.txt").write_text("a pack would be here")
    (project.folder / "places.yaml").write_text("[]\n")
    (project.folder / "holiday.jpg").write_bytes(b"no part of a desk")
    text = (project.folder / FILE_NAME).read_text()
    signing = quoted(str(folder / "desk-signing.pem"))
    text += f"\nsigning_key_file = {signing}\n\n[reading]\npack_folders = ['{packs}']\n"
    (project.folder / FILE_NAME).write_text(text)
    posts = [*mixed(), post_line(900, CANARY)]
    ingest_file(project, written(folder / "posts.jsonl", posts))
    run_all(project)
    tips = TipDesk(project, Gate(9, 99, lambda n: b"\x07" * n))
    tips.submit(TipForm("A crowd at the mill", CONSENT_VERSION), SystemClock().now(), "192.0.2.1")
    ingest_file(project, written(folder / "late.jsonl", [post_line(1, "Погода хорошая")]))
    project = Project.open(project.folder)
    with project.writing() as (archive, _):
        assert sign(project, archive, SystemClock().now()) is not None
    return project


@pytest.fixture(scope="module")
def file(desk: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out") / "desk.age"
    saved(desk, out)
    return out


def test_a_backup_restores_to_the_same_desk(desk: Project, file: Path, tmp_path: Path) -> None:
    done = restored(file, tmp_path / "again", full=True)
    again = Project.open(tmp_path / "again")
    assert contents(again) == contents(desk)
    assert (done.posts, done.runs, done.unread) == (len(mixed()) + 2, 1, True)
    assert done.report is not None
    assert done.report.ok
    assert done.report.heads == 1
    assert verify(again.archive_folder).head_hex == verify(desk.archive_folder).head_hex
    assert rebuilt(again).same
    assert contents(again) == contents(desk)
    assert run_all(again).posts == 1


def test_everything_of_a_desk_comes_back_and_for_this_account_alone(
    desk: Project, file: Path, tmp_path: Path
) -> None:
    done = restored(file, tmp_path / "again")
    again = Project.open(tmp_path / "again")
    before, after = set(names_below(desk.folder)), set(names_below(again.folder))
    passing = {"backup/lock", "store.db-shm", "store.db-wal", "state/tree.json"}
    assert before - after - passing == {"holiday.jpg"}
    assert after - before <= passing
    for path in (again.folder, *again.folder.rglob("*"), *done.keys, done.keys[0].parent):
        assert not path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO) or path.suffix in (
            ".db-shm",
            ".db-wal",
        ), path


def test_settings_follow_what_has_moved(desk: Project, file: Path, tmp_path: Path) -> None:
    done = restored(file, tmp_path / "again", keys=tmp_path / "safe")
    again = Project.open(tmp_path / "again")
    assert done.by_hand == ()
    assert again.key_path == tmp_path / "safe" / "desk.key"
    assert again.key_path.read_bytes() == desk.key_path.read_bytes()
    assert again.signing_key_path == tmp_path / "safe" / "desk-signing.pem"
    assert again.tips_key_path.read_bytes() == desk.tips_key_path.read_bytes()
    assert again.settings.texts("reading.pack_folders") == (str(again.folder / "own" / "packs"),)
    assert [one.tip.text for one in TipDesk(again, Gate(9, 99, os.urandom)).all()] == [
        "A crowd at the mill"
    ]


def test_what_is_not_in_it_is_said(desk: Project, tmp_path: Path) -> None:
    done = saved(desk, tmp_path / "b.age", keys=False)
    assert done.left_out == ("holiday.jpg",)
    assert done.keys == ()
    assert not any(name.startswith("keys/") for name in _names(tmp_path / "b.age"))
    assert done.outside == ()
    moved = Settings.load(desk.folder, {"risk.calendar": (str(tmp_path / "days.csv"),)})
    assert backup_contents.outside(replace(desk, settings=moved)) == (str(tmp_path / "days.csv"),)
    again = restored(tmp_path / "b.age", tmp_path / "again", keys=None)
    assert again.keys == ()
    assert Project.open(tmp_path / "again").key_path == desk.key_path


def _names(file: Path) -> list[str]:
    names: list[str] = []

    def take(name: str, parts: Iterator[bytes]) -> None:
        names.append(name)
        assert sum(map(len, parts)) >= 0

    with file.open("rb") as source, opened(source, OPENER) as plain:
        unpack(plain, lambda _: None, take)
    return names


def test_no_word_of_a_post_is_readable_in_the_file(desk: Project, file: Path) -> None:
    data = file.read_bytes()
    assert data.startswith(b"age-encryption.org/v1\n")
    frames = [data[at:] for at in range(len(data)) if data.startswith(b"\x28\xb5\x2f\xfd", at)]
    for frame in [data, *map(_decompressed, frames)]:
        for word in (CANARY, "town_news", "desk.key", desk.key_path.read_text()):
            assert word.encode() not in frame
    assert CANARY.encode() in desk.store_path.read_bytes(), "the search is not blind"


def _decompressed(data: bytes) -> bytes:
    try:
        return zstandard.ZstdDecompressor().decompressobj().decompress(data)
    except zstandard.ZstdError:
        return b""


def test_a_passphrase_does_as_well(desk: Project, tmp_path: Path) -> None:
    lock = Lock(passphrase="four words of ours", log_n=4)
    saved(desk, tmp_path / "b.age", lock=lock)
    with pytest.raises(UsageError, match="does not open it"):
        restored(tmp_path / "b.age", tmp_path / "again", opener=Opener(passphrase="others"))
    assert names_below(tmp_path) == ["b.age"]
    restored(tmp_path / "b.age", tmp_path / "again", opener=Opener(passphrase="four words of ours"))
    assert contents(Project.open(tmp_path / "again")) == contents(desk)


def test_another_key_opens_nothing(file: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not open it"):
        restored(file, tmp_path / "again", opener=Opener((new_identity()[0],)))
    assert list(tmp_path.iterdir()) == []


def test_what_was_changed_or_cut_short_is_refused_and_nothing_is_left(
    file: Path, tmp_path: Path
) -> None:
    whole, chance = file.read_bytes(), random.Random(7)
    work = tmp_path / "work"
    work.mkdir()
    bad = tmp_path / "bad.age"
    places = [*range(0, 240, 12), *(chance.randrange(len(whole)) for _ in range(20)), -1]
    for place in places:
        changed = bytearray(whole)
        changed[place] ^= 1 << chance.randrange(8)
        _refused(bad, bytes(changed), work)
    for length in (0, 10, 100, 200, 250, 70_000, len(whole) // 2, len(whole) - 1):
        _refused(bad, whole[:length], work)
    _refused(bad, whole + b"\x00", work)


def _refused(bad: Path, data: bytes, work: Path) -> None:
    bad.write_bytes(data)
    for attempt in (lambda: restored(bad, work / "again"), lambda: look(bad, OPENER, quiet)):
        with pytest.raises((BackupDamaged, UsageError)) as refusal:
            attempt()
        assert "\n" not in str(refusal.value)
    assert list(work.iterdir()) == []


def test_nothing_is_overwritten(desk: Project, file: Path, tmp_path: Path) -> None:
    used = tmp_path / "used"
    used.mkdir()
    (used / "note").write_text("mine")
    with pytest.raises(UsageError, match="not empty"):
        restored(file, used)
    with pytest.raises(UsageError, match="not empty"):
        restored(file, used / "note")
    with pytest.raises(UsageError, match="outside"):
        restored(file, tmp_path / "again", keys=tmp_path / "again" / "keys")
    with pytest.raises(UsageError, match="--keys FOLDER"):
        restored(file, tmp_path / "again", keys=None)
    safe = tmp_path / "safe"
    safe.mkdir()
    (safe / "desk.tips.key").write_text("another key")
    with pytest.raises(UsageError, match="another key is there"):
        restored(file, tmp_path / "again", keys=safe)
    assert names_below(tmp_path) == ["safe/desk.tips.key", "used/note"]
    (safe / "desk.tips.key").write_bytes(desk.tips_key_path.read_bytes())
    (tmp_path / "empty").mkdir()
    restored(file, tmp_path / "empty", keys=safe)
    with pytest.raises(UsageError, match="is there already"):
        saved(desk, file)
    with pytest.raises(UsageError, match="in the project itself"):
        saved(desk, desk.folder / "b.age")
    with pytest.raises(UsageError, match="no such folder"):
        saved(desk, tmp_path / "none" / "b.age")


def test_force_replaces_a_backup_and_keeps_it_where_the_new_one_fails(
    desk: Project, file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "b.age"
    out.write_bytes(b"the one before")

    class Full(Lock):
        def encrypt(self, reader: Any, writer: Any) -> None:
            writer.write(reader.read(100))
            raise OSError(28, "No space left on device")

    with pytest.raises(EnvironmentFailed, match="free space"):
        saved(desk, out, replace=True, lock=Full(LOCK.recipients))
    assert names_below(tmp_path) == ["b.age"]
    assert out.read_bytes() == b"the one before"
    assert names_below(desk.backup_folder) == ["lock"]
    saved(desk, out, replace=True)
    assert look(out, OPENER, quiet).files == look(file, OPENER, quiet).files


def test_a_failure_of_what_is_read_keeps_its_own_line(
    desk: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Project) -> Iterator[Any]:
        raise ArchiveDamaged("a line of its own")
        yield

    monkeypatch.setattr(backups, "members", broken)
    with pytest.raises(ArchiveDamaged, match="a line of its own"):
        saved(desk, tmp_path / "b.age")
    assert list(tmp_path.iterdir()) == []
