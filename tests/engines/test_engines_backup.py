"""A backup restores to the same desk, or says in one line why not and leaves nothing."""

from __future__ import annotations

import os
import random
import signal
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
import zstandard
from backup_support import (
    LOCK,
    OPENER,
    PRIVATE,
    names_below,
    quiet,
    rebuilt,
    restored,
    saved,
)
from engine_support import contents, in_child, ingest_file, new_project, run_all
from erasure_support import ORDER
from export_support import signing_project

from posts_support import post_line
from streams_support import calls, mixed
from tocsin.archive import Archive, verify
from tocsin.archive import erasure as archive_erasure
from tocsin.backup.locks import Lock, Opener, new_identity, opened
from tocsin.backup.unpacking import unpack
from tocsin.clock import SystemClock
from tocsin.engines import backup as backups
from tocsin.engines import backup_contents
from tocsin.engines import restore as restoring
from tocsin.engines.heads import sign
from tocsin.engines.project import Project
from tocsin.engines.restore import look
from tocsin.engines.tips import TipDesk
from tocsin.errors import (
    ArchiveDamaged,
    BackupDamaged,
    EnvironmentFailed,
    Locked,
    TocsinError,
    UsageError,
)
from tocsin.settings import FILE_NAME, Settings, quoted
from tocsin.sources.tips import CONSENT_VERSION, Gate, TipForm

CANARY = "Канарейка поёт на рассвете"


def _write(path: Path, posts: list[dict[str, Any]]) -> Path:
    path.write_bytes(b"".join(orjson.dumps(post) + b"\n" for post in posts))
    return path


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
    ingest_file(project, _write(folder / "posts.jsonl", posts))
    run_all(project)
    tips = TipDesk(project, Gate(9, 99, lambda n: b"\x07" * n))
    tips.submit(TipForm("A crowd at the mill", CONSENT_VERSION), SystemClock().now(), "192.0.2.1")
    ingest_file(project, _write(folder / "late.jsonl", [post_line(1, "Погода хорошая")]))
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


@pytest.fixture
def small(tmp_path: Path) -> Project:
    """A small desk that a test may spoil."""
    project = new_project(tmp_path / "desk", run__checkpoint_posts=10)
    posts = [post for _, few in list(calls())[:4] for post in few]
    ingest_file(project, _write(tmp_path / "posts.jsonl", posts))
    run_all(project)
    return project


def test_what_the_store_lacks_is_indexed(small: Project, tmp_path: Path) -> None:
    """The archive is written first: a backup between the two has more of it."""
    with Archive.open(small.archive_folder, writable=True) as archive:
        archive.append_entry("decision", _DECISION)
    saved(small, tmp_path / "b.age")
    restored(tmp_path / "b.age", tmp_path / "again")
    assert len(contents(Project.open(tmp_path / "again"))["decisions"]) == 1
    assert contents(small)["decisions"] == []


_DECISION = {
    "kind": "rumour_status",
    "subject": "x",
    "value": "y",
    "by": "ana",
    "at": "2024-05-01T00:00:00+00:00",
    "reason": "",
}


def test_a_torn_end_is_not_in_it(small: Project, tmp_path: Path) -> None:
    """What a writer has not finished, or a kill has left, stays out."""
    for name in ("ledger/00000001.log", "segments/00000001.seg"):
        with (small.archive_folder / name).open("ab") as file:
            file.write(b"TCSB half a block")
    with (small.audit_path).open("ab") as log:
        log.write(b"0" * 64 + b' {"half')
    saved(small, tmp_path / "b.age")
    restored(tmp_path / "b.age", tmp_path / "again")
    again = Project.open(tmp_path / "again")
    assert verify(again.archive_folder).ok
    assert not again.audit_path.read_bytes()
    assert contents(again) == contents(small)


def test_a_damaged_block_is_found_when_there_is_still_time(small: Project, tmp_path: Path) -> None:
    path = small.archive_folder / "segments" / "00000001.seg"
    data = bytearray(path.read_bytes())
    data[200] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(ArchiveDamaged, match="tocsin verify"):
        saved(small, tmp_path / "b.age")
    assert not (tmp_path / "b.age").exists()


def test_an_erasure_under_way_is_waited_for(small: Project, tmp_path: Path) -> None:
    archive_erasure.set_mark(small.archive_folder, 99)
    with pytest.raises(Locked, match="erasure"):
        saved(small, tmp_path / "b.age")
    archive_erasure.clear_mark(small.archive_folder)
    saved(small, tmp_path / "b.age")


def test_an_erasure_that_the_store_has_not_followed_is_waited_for(
    small: Project, tmp_path: Path
) -> None:
    with Archive.open(small.archive_folder, writable=True) as archive:
        archive.erase([_first_evidence(archive)], ORDER)
    with pytest.raises(Locked, match="erasure"):
        saved(small, tmp_path / "b.age")
    with small.writing():
        pass
    saved(small, tmp_path / "b.age")


def test_an_erasure_that_comes_meanwhile_is_seen(
    small: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Begun and ended between the first byte and the last: the mixture is not kept."""
    real = backup_contents.members

    def erasing(project: Project) -> Iterator[Any]:
        with project.writing() as (archive, store):
            archive.erase([_first_evidence(archive)], ORDER)
            project.follow(archive, store)
        yield from real(project)

    monkeypatch.setattr(backups, "members", erasing)
    with pytest.raises(Locked, match="erasure"):
        saved(small, tmp_path / "b.age")
    assert not list(tmp_path.glob("b.age*"))
    monkeypatch.setattr(backups, "members", real)
    saved(small, tmp_path / "b.age")


def _first_evidence(archive: Archive) -> int:
    return next(entry.seq for entry in archive.entries() if entry.kind == "evidence")


def test_a_copy_of_the_store_that_a_kill_left_goes_with_an_erasure(small: Project) -> None:
    small.backup_folder.mkdir()
    left = small.backup_folder / "store.db"
    left.write_bytes(b"words")
    with small.writing() as (archive, store):
        archive.erase([_first_evidence(archive)], ORDER)
        small.follow(archive, store)
    assert not left.exists()


def test_two_backups_at_once_wait_for_each_other(
    small: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = backup_contents.members

    def another(project: Project) -> Iterator[Any]:
        with pytest.raises(Locked, match="another tocsin backup"):
            saved(project, tmp_path / "second.age")
        yield from real(project)

    monkeypatch.setattr(backups, "members", another)
    saved(small, tmp_path / "b.age")
    assert not (tmp_path / "second.age").exists()


def test_a_state_that_is_gone_is_said(small: Project, tmp_path: Path) -> None:
    for path in small.state_folder.glob("*.state"):
        path.unlink()
    with pytest.raises(EnvironmentFailed, match="tocsin rebuild"):
        saved(small, tmp_path / "b.age")


def test_a_checkpoint_between_store_and_state_changes_nothing(
    small: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run writes checkpoints while the store is copied: what was looked at first counts."""
    from tocsin.store.moment import StoreMoment

    real, before = StoreMoment.copy_to, contents(small)

    def slow(moment: StoreMoment, path: Path, told: Callable[[int, int], None]) -> None:
        ingest_file(small, _write(tmp_path / "more.jsonl", [post_line(7, "Погода хорошая")]))
        assert run_all(small).posts == 1
        real(moment, path, told)

    monkeypatch.setattr(StoreMoment, "copy_to", slow)
    saved(small, tmp_path / "b.age")
    done = restored(tmp_path / "b.age", tmp_path / "again")
    again = Project.open(tmp_path / "again")
    assert (done.runs, done.unread) == (1, True), "the run since is in the ledger and not done"
    assert len(contents(again)["readings"]) == len(before["readings"])
    assert run_all(again).posts == 1
    assert contents(again) == contents(small)
    assert rebuilt(again).same
    assert contents(again) == contents(small)


def test_killed_at_any_step_a_backup_is_whole_or_not_there(small: Project, tmp_path: Path) -> None:
    out = tmp_path / "b.age"
    for step in range(1, 40):
        status = in_child(lambda: saved(small, out), step)
        if out.exists():
            look(out, OPENER, quiet)
            out.unlink()
        if not os.WIFSIGNALED(status):
            assert step > 2
            break
    else:
        raise AssertionError("a backup has no 40 durable steps")
    saved(small, out)
    assert names_below(small.backup_folder) == ["lock"]


def test_killed_at_any_step_a_restore_is_whole_or_not_there(small: Project, tmp_path: Path) -> None:
    saved(small, tmp_path / "b.age")
    for step in range(1, 80):
        folder = tmp_path / f"again{step}"
        status = in_child(lambda: restored(tmp_path / "b.age", folder), step)  # noqa: B023
        if not (folder / FILE_NAME).exists():
            assert not folder.exists()
            restored(tmp_path / "b.age", folder)
        assert contents(Project.open(folder)) == contents(small)
        if not os.WIFSIGNALED(status):
            assert step > 5
            return
    raise AssertionError("a restore has no 80 durable steps")


def test_killed_between_two_bytes_nothing_half_has_a_name(
    small: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "b.age"

    class Dying(Lock):
        def encrypt(self, reader: Any, writer: Any) -> None:
            writer.write(reader.read(1000))
            os.kill(os.getpid(), signal.SIGKILL)

    assert os.WIFSIGNALED(in_child(lambda: saved(small, out, lock=Dying(LOCK.recipients)), 999))
    assert not out.exists()
    saved(small, out)
    assert not (tmp_path / "b.age.new").exists()
    real = restoring._keep

    def dying(work: Path, name: str, parts: Iterator[bytes]) -> None:
        real(work, name, parts)
        if name.endswith("store.db"):
            os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(restoring, "_keep", dying)
    assert os.WIFSIGNALED(in_child(lambda: restored(out, tmp_path / "again"), 999))
    monkeypatch.setattr(restoring, "_keep", real)
    assert not (tmp_path / "again").exists()
    assert (tmp_path / ".again.restoring").exists()
    restored(out, tmp_path / "again")
    assert not (tmp_path / ".again.restoring").exists()
    assert contents(Project.open(tmp_path / "again")) == contents(small)


def test_a_project_that_was_only_begun_can_be_backed_up(tmp_path: Path) -> None:
    project = new_project(tmp_path / "desk")
    done = saved(project, tmp_path / "b.age")
    assert (done.entries, done.keys_missing[0].name) == (0, "desk.tips.key")
    again = restored(tmp_path / "b.age", tmp_path / "again")
    assert (again.posts, again.newest, again.unread) == (0, None, False)


def test_heads_of_a_later_time_are_told(small: Project, tmp_path: Path) -> None:
    """Signed heads on another disk show how much was lost."""
    elsewhere = tmp_path / "heads elsewhere"
    elsewhere.mkdir()
    settings = small.folder / FILE_NAME
    settings.write_text(
        f"{settings.read_text()}\nheads_folder = {orjson.dumps(str(elsewhere)).decode()}\n"
    )
    saved(small, tmp_path / "b.age")
    (elsewhere / "999.json").write_text("{}")
    assert restored(tmp_path / "b.age", tmp_path / "again").lost == (elsewhere / "999.json",)


def test_a_store_on_a_server_comes_back_as_a_file(
    small: Project, tmp_path: Path, new_database: Callable[[], str]
) -> None:
    from tocsin.store import Store
    from tocsin.store.copying import copy_store
    from tocsin.text.clean import clean

    url = new_database()
    with Store.at(small.store_path) as source, Store(url) as target:
        copy_store(source, target, clean)
    before = contents(small)
    for path in small.folder.glob("store.db*"):
        path.unlink()
    settings = small.folder / FILE_NAME
    settings.write_text(f"{settings.read_text()}\n[store]\nurl = {quoted(url)}\n")
    project = Project.open(small.folder)
    saved(project, tmp_path / "b.age")
    done = restored(tmp_path / "b.age", tmp_path / "again")
    again = Project.open(tmp_path / "again")
    assert done.by_hand == ()
    assert again.settings.text("store.url") == ""
    assert contents(again) == before
    assert names_below(small.backup_folder) == ["lock"]


def test_every_refusal_is_one_line(small: Project, tmp_path: Path) -> None:
    (tmp_path / "text.age").write_text("no backup\n")
    for attempt in (
        lambda: look(tmp_path / "missing.age", OPENER, quiet),
        lambda: look(tmp_path / "text.age", OPENER, quiet),
        lambda: restored(tmp_path / "text.age", tmp_path / "none" / "again"),
        lambda: saved(small, tmp_path / "none" / "b.age"),
    ):
        with pytest.raises(TocsinError) as refusal:
            attempt()
        assert "\n" not in str(refusal.value)
    assert PRIVATE not in repr(OPENER)
