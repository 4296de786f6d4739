"""Erased items: a tombstone, an entry that says why, and an archive that verifies."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
from archive_samples import blocks, build, content, contents_of, options, put, rewrite_contents
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.archive import Archive, ErasureOrder, ProblemKind, verify
from tocsin.archive.erasure import MARK, positions_of, runs, set_mark
from tocsin.archive.format import BlockKind, tombstone
from tocsin.errors import ArchiveDamaged, EnvironmentFailed, UsageError

ORDER = ErasureOrder("ana", "2024-05-01T10:00:00+00:00", "asked for", "post town_news/2")


def opened(folder: Path) -> Archive:
    return Archive.open(folder, writable=True, options=options(file_bytes=1))


def erase(folder: Path, *seqs: int) -> int:
    with opened(folder) as archive:
        return archive.erase(set(seqs), ORDER)


def all_bytes(folder: Path) -> bytes:
    """Every file, content blocks decompressed."""
    held = b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
    return held + b"".join(block.payload() for block in blocks(folder, BlockKind.CONTENT))


@given(st.sets(st.integers(0, 60)))
def test_runs_say_the_same_positions(positions: set[int]) -> None:
    assert positions_of({"positions": runs(positions)}) == sorted(positions)


def test_an_erased_item_is_gone_and_the_rest_is_not(tmp_path: Path) -> None:
    build(tmp_path, (3, 3, 2), file_bytes=1)
    salts = [
        record.salt
        for block in blocks(tmp_path, BlockKind.CONTENT)
        for record in _records(block)
        if record.seq == 2
    ]
    assert content(2) in all_bytes(tmp_path)
    seq = erase(tmp_path, 2, 7)
    held = all_bytes(tmp_path)
    assert content(2) not in held
    assert content(7) not in held
    assert salts[0] not in held
    assert [body for _, body in contents_of(tmp_path)] == [content(n) for n in (1, 3, 4, 5, 6, 8)]
    report = verify(tmp_path)
    assert report.ok, report.problems
    assert (report.items, report.erased) == (8, 2)
    with Archive.open(tmp_path) as archive:
        entry = next(archive.entries(seq))
        with pytest.raises(UsageError, match="erased"):
            archive.evidence(2)
    assert entry.payload["by"] == "ana"
    assert entry.payload["positions"] == [[2, 1], [7, 1]]
    assert not (tmp_path / MARK).exists()


def _records(block: Any) -> Any:
    from tocsin.archive.format import unpack_contents

    return unpack_contents(block.header, block.payload())


@settings(max_examples=25)
@given(st.lists(st.sets(st.integers(1, 12), min_size=1), min_size=1, max_size=3))
def test_any_erasures_in_any_order_verify(
    tmp_path_factory: pytest.TempPathFactory, rounds: list[set[int]]
) -> None:
    folder = tmp_path_factory.mktemp("any") / "archive"
    build(folder, (4, 4, 4), file_bytes=1)
    for positions in rounds:
        erase(folder, *positions)
    gone = set().union(*rounds)
    assert {seq for seq, _ in contents_of(folder)} == set(range(1, 13)) - gone
    report = verify(folder)
    assert report.ok, report.problems
    assert report.erased == len(gone)
    with opened(folder) as archive:
        put(archive, [99])
    assert contents_of(folder)[-1][1] == content(99)


def test_only_evidence_can_be_erased_and_only_by_erase(tmp_path: Path) -> None:
    build(tmp_path, (3,))
    with opened(tmp_path) as archive:
        for positions in ({0}, {77}, set()):
            with pytest.raises(UsageError):
                archive.erase(positions, ORDER)
        with pytest.raises(UsageError, match="use erase"):
            archive.append_entry("erasure", {})
    assert verify(tmp_path).erased == 0


def test_a_damaged_block_is_not_erased_around(tmp_path: Path) -> None:
    build(tmp_path, (3, 3))
    last = blocks(tmp_path, BlockKind.CONTENT)[1]
    data = bytearray(last.path.read_bytes())
    data[-1] ^= 1
    last.path.write_bytes(bytes(data))
    before = (tmp_path / "ledger/00000001.log").read_bytes()
    with opened(tmp_path) as archive, pytest.raises(ArchiveDamaged):
        archive.erase({5}, ORDER)
    assert (tmp_path / "ledger/00000001.log").read_bytes() == before


def test_a_tombstone_that_nobody_ordered_is_found_and_named(tmp_path: Path) -> None:
    build(tmp_path, (3,))
    block = blocks(tmp_path, BlockKind.CONTENT)[0]
    rewrite_contents(block, lambda found: [tombstone(r.seq) if r.seq == 2 else r for r in found])
    (problem,) = verify(tmp_path).problems
    assert (problem.kind, problem.item) == (ProblemKind.MISSING, "town_news/2 v1")


def test_a_content_that_came_back_is_found_and_named(tmp_path: Path) -> None:
    build(tmp_path / "a", (3, 3), file_bytes=1)
    segment = tmp_path / "a/segments/00000002.seg"
    whole = segment.read_bytes()
    erase(tmp_path / "a", 5)
    segment.write_bytes(whole)
    (problem,) = verify(tmp_path / "a").problems
    assert (problem.kind, problem.item) == (ProblemKind.UNFINISHED, "town_news/5")


def test_an_archive_without_erasures_is_still_of_the_first_version(tmp_path: Path) -> None:
    build(tmp_path, (3, 3), file_bytes=1)
    files = sorted((tmp_path / "segments").iterdir())
    assert [file.read_bytes()[4] for file in files] == [1, 1]
    erase(tmp_path, 5)
    assert [file.read_bytes()[4] for file in files] == [1, 2]


def _killed_erasure(folder: Path, step: int) -> bool:
    """Erase in a child that kills itself before its n-th fsync, rename or removal."""
    child = os.fork()
    if child == 0:
        left = [step]

        def counted(do: Any) -> Any:
            def call(*given: Any, **named: Any) -> Any:
                left[0] -= 1
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                return do(*given, **named)

            return call

        try:
            os.fsync = counted(os.fsync)
            Path.replace = counted(Path.replace)  # type: ignore[method-assign]
            Path.unlink = counted(Path.unlink)  # type: ignore[method-assign]
            erase(folder, 2, 5)
        except BaseException:
            os._exit(9)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def test_killed_at_every_step_it_is_old_or_finished(tmp_path: Path) -> None:
    build(tmp_path / "whole", (3, 3), file_bytes=1)
    outcomes = set()
    for step in range(1, 60):
        folder = tmp_path / f"killed{step}" / "archive"
        shutil.copytree(tmp_path / "whole", folder)
        killed = _killed_erasure(folder, step)
        with opened(folder) as archive:
            ordered = any(entry.kind == "erasure" for entry in archive.entries())
        report = verify(folder)
        assert report.ok, (step, report.problems)
        assert report.erased == (2 if ordered else 0), step
        assert (content(2) in all_bytes(folder)) is not ordered, step
        assert not list(folder.rglob("*.new")) or not ordered
        outcomes.add(ordered)
        if not killed:
            break
    else:
        raise AssertionError("an erasure of two files has no 60 steps")
    assert outcomes == {True, False}


def test_a_mark_without_its_entry_erases_nothing(tmp_path: Path) -> None:
    build(tmp_path, (3,))
    for mark in (b"", b"4", b"999"):
        (tmp_path / MARK).write_bytes(mark)
        with opened(tmp_path) as archive:
            assert archive.recovered == ()
        assert not (tmp_path / MARK).exists()
    set_mark(tmp_path, 2)
    opened(tmp_path).close()
    assert len(contents_of(tmp_path)) == 3


def test_a_disk_that_fails_leaves_the_old_file_and_is_finished_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(tmp_path, (3,))
    from tocsin.archive import disk

    write_new = disk.write_new

    def full(path: Path, parts: Any) -> None:
        if path.suffix == ".new":
            raise OSError(28, "No space left on device")
        write_new(path, parts)

    monkeypatch.setattr(disk, "write_new", full)
    with pytest.raises(EnvironmentFailed, match="free space"):
        erase(tmp_path, 2)
    assert {p.kind for p in verify(tmp_path).problems} == {ProblemKind.UNFINISHED}
    monkeypatch.undo()
    with opened(tmp_path) as archive:
        assert "was finished" in archive.recovered[0]
    assert verify(tmp_path).ok
    assert content(2) not in all_bytes(tmp_path)
