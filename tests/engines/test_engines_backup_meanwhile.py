"""A backup made while others write, or killed, or of a desk that was spoilt."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
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

from posts_support import post_line, written
from streams_support import calls
from tocsin.archive import Archive, verify
from tocsin.archive import erasure as archive_erasure
from tocsin.backup.locks import Lock
from tocsin.engines import backup as backups
from tocsin.engines import backup_contents
from tocsin.engines import restore as restoring
from tocsin.engines.project import Project
from tocsin.engines.restore import look
from tocsin.errors import (
    ArchiveDamaged,
    EnvironmentFailed,
    Locked,
    TocsinError,
)
from tocsin.settings import FILE_NAME, quoted


@pytest.fixture
def small(tmp_path: Path) -> Project:
    """A small desk that a test may spoil."""
    project = new_project(tmp_path / "desk", run__checkpoint_posts=10)
    posts = [post for _, few in list(calls())[:4] for post in few]
    ingest_file(project, written(tmp_path / "posts.jsonl", posts))
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
        ingest_file(small, written(tmp_path / "more.jsonl", [post_line(7, "Погода хорошая")]))
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
