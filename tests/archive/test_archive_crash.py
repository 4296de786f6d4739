from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from archive_samples import build, content, contents_of, options, put

from tocsin.archive import Archive, ProblemKind, verify
from tocsin.archive import disk as archive_disk
from tocsin.errors import ArchiveDamaged, EnvironmentFailed

SEGMENT = Path("segments/00000001.seg")
LEDGER = Path("ledger/00000001.log")
DURABLE = [content(n) for n in range(1, 4)]


def bodies(folder: Path) -> list[bytes]:
    return [body for _, body in contents_of(folder)]


def sizes(folder: Path) -> tuple[int, int]:
    return (folder / SEGMENT).stat().st_size, (folder / LEDGER).stat().st_size


def torn_copy(whole: Path, to: Path, segment: int, ledger: int) -> Path:
    """A copy of ``whole`` whose two files end after that many bytes."""
    shutil.copytree(whole, to)
    os.truncate(to / SEGMENT, segment)
    os.truncate(to / LEDGER, ledger)
    return to


def recover_and_continue(folder: Path) -> None:
    """Open for writing, find just the first batch, and archive the second one again."""
    with Archive.open(folder, writable=True, options=options()) as archive:
        assert archive.next_seq == archive.durable_seq == 4
        put(archive, [4, 5])
    assert bodies(folder) == [content(n) for n in range(1, 6)]
    assert verify(folder).ok


@pytest.fixture
def torn(tmp_path: Path) -> Callable[[int, int], Path]:
    """Copies of an archive of two batches (3 and 2 items), cut anywhere in the second."""
    whole = tmp_path / "whole"
    build(whole, (3, 2))
    return lambda segment, ledger: torn_copy(
        whole, tmp_path / f"cut-{segment}-{ledger}", segment, ledger
    )


def test_a_cut_at_every_byte_of_the_last_batch_recovers_to_the_batch_before(
    tmp_path: Path, torn: Callable[[int, int], Path]
) -> None:
    segment_before, ledger_before = sizes(build(tmp_path / "one", (3,)).folder)
    segment_after, ledger_after = sizes(tmp_path / "whole")
    # In the order a batch is written: all of the content, then the ledger.
    cuts = [(at, ledger_before) for at in range(segment_before, segment_after)]
    cuts += [(segment_after, at) for at in range(ledger_before, ledger_after)]
    assert len(cuts) > 300
    for segment, ledger in cuts:
        folder = torn(segment, ledger)
        assert bodies(folder) == DURABLE  # a reader sees the durable part, and touches nothing
        assert sizes(folder) == (segment, ledger)
        intact = (segment, ledger) == (segment_before, ledger_before)
        kinds = {problem.kind for problem in verify(folder).problems}
        assert kinds == (set() if intact else {ProblemKind.TRUNCATED})
        with Archive.open(folder, writable=True) as archive:
            assert archive.next_seq == archive.durable_seq == 4
            assert bool(archive.recovered) is not intact
        assert sizes(folder) == (segment_before, ledger_before)
    for segment, ledger in cuts[:: len(cuts) // 12]:
        shutil.rmtree(tmp_path / f"cut-{segment}-{ledger}")
        recover_and_continue(torn(segment, ledger))


@pytest.mark.parametrize("name", [SEGMENT, LEDGER])
def test_a_tail_of_zeros_is_an_interrupted_write(tmp_path: Path, name: Path) -> None:
    build(tmp_path, (3,))
    with (tmp_path / name).open("ab") as file:
        file.write(bytes(500))
    assert {p.kind for p in verify(tmp_path).problems} == {ProblemKind.TRUNCATED}
    recover_and_continue(tmp_path)


def test_truncation_is_reported_with_advice_and_the_items_it_concerns(
    torn: Callable[[int, int], Path], tmp_path: Path
) -> None:
    segment, _ = sizes(tmp_path / "whole")
    _, ledger_before = sizes(build(tmp_path / "one", (3,)).folder)
    (problem,) = verify(torn(segment, ledger_before)).problems
    assert problem.kind is ProblemKind.TRUNCATED
    assert problem.item == "town_news/4 to town_news/5 (2 items)"
    assert "cuts it off" in problem.advice


def test_damage_that_no_kill_explains_is_not_cut_off(tmp_path: Path) -> None:
    build(tmp_path, (3, 3))
    shutil.copytree(tmp_path, tmp_path / "bad_header")
    header = bytearray((tmp_path / LEDGER).read_bytes())
    last = header.rindex(b"TCSB")
    header[last + 9] ^= 1
    (tmp_path / "bad_header" / LEDGER).write_bytes(bytes(header))
    before = sizes(tmp_path / "bad_header")
    with pytest.raises(ArchiveDamaged, match="tocsin verify"):
        Archive.open(tmp_path / "bad_header", writable=True)
    assert sizes(tmp_path / "bad_header") == before


def test_a_damaged_last_ledger_block_is_not_cut_off(tmp_path: Path) -> None:
    build(tmp_path, (3, 3))
    data = bytearray((tmp_path / LEDGER).read_bytes())
    data[-5] ^= 1
    (tmp_path / LEDGER).write_bytes(bytes(data))
    before = sizes(tmp_path)
    with pytest.raises(ArchiveDamaged):
        Archive.open(tmp_path, writable=True)
    assert sizes(tmp_path) == before


def test_contents_of_a_lost_ledger_are_not_cut_off(tmp_path: Path) -> None:
    build(tmp_path, (3, 3))
    (tmp_path / LEDGER).unlink()
    segment = (tmp_path / SEGMENT).read_bytes()
    with pytest.raises(ArchiveDamaged, match="without ledger entries"):
        Archive.open(tmp_path, writable=True)
    assert (tmp_path / SEGMENT).read_bytes() == segment


@pytest.mark.parametrize("more", [(), ("decision",)])
def test_a_segment_that_was_cut_short_after_its_commit_is_not_cut_further(
    tmp_path: Path, more: tuple[str, ...]
) -> None:
    build(tmp_path, (3, 3))
    with Archive.open(tmp_path, writable=True) as archive:
        for kind in more:
            archive.append_entry(kind, {})
    segment, _ = sizes(tmp_path)
    os.truncate(tmp_path / SEGMENT, segment - 10)
    with pytest.raises(ArchiveDamaged, match="cut short after it was written"):
        Archive.open(tmp_path, writable=True)
    assert sizes(tmp_path)[0] == segment - 10
    names = {p.item for p in verify(tmp_path).problems if p.kind is ProblemKind.MISSING}
    assert names == {"town_news/4 v1", "town_news/5 v1", "town_news/6 v1"}


def test_a_torn_content_after_entries_without_any_is_cut_off(tmp_path: Path) -> None:
    with Archive.create(tmp_path) as archive:
        archive.append_entry("capture", {})
    (tmp_path / SEGMENT).write_bytes(b"TCSB")
    with Archive.open(tmp_path, writable=True) as archive:
        assert archive.recovered == (
            "segments/00000001.seg: 4 bytes of an interrupted write were cut off",
        )


def test_an_orphan_alone_in_a_new_file_is_cut_off(tmp_path: Path) -> None:
    build(tmp_path, (3, 2), file_bytes=1)
    (tmp_path / "ledger" / "00000003.log").unlink(missing_ok=True)
    last = tmp_path / "ledger" / "00000002.log"
    os.truncate(last, 0)
    recover_and_continue(tmp_path)


class FailingDisk:
    """Stands in for ``os`` in the archive's writes and fails at the n-th call."""

    def __init__(self, fail_at: int, error: int, part: bool) -> None:
        self.calls = 0
        self._fail_at = fail_at
        self._error = error
        self._part = part

    def __getattr__(self, name: str) -> object:
        return getattr(os, name)

    def _count(self) -> bool:
        self.calls += 1
        return self.calls == self._fail_at

    def write(self, fd: int, data: memoryview) -> int:
        if not self._count():
            return os.write(fd, data[: max(1, len(data) // 2)])
        if self._part:
            os.write(fd, data[: len(data) // 2])
        raise OSError(self._error, os.strerror(self._error))

    def fsync(self, fd: int) -> None:
        if self._count():
            raise OSError(self._error, os.strerror(self._error))
        os.fsync(fd)


def flush_failing(archive: Archive, disk: FailingDisk) -> str | None:
    """Flush on a failing disk; returns what a person is told, None if nothing failed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(archive_disk, "os", disk)
        try:
            archive.flush()
        except EnvironmentFailed as failure:
            return str(failure)
    return None


@pytest.mark.parametrize("part", [False, True])
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO, errno.EACCES])
def test_a_failure_at_any_write_loses_nothing_confirmed_and_doubles_nothing(
    tmp_path: Path, error: int, part: bool
) -> None:
    for fail_at in range(1, 100):
        folder = tmp_path / str(fail_at)
        build(folder, (3,))
        archive = Archive.open(folder, writable=True, options=options())
        put(archive, [4, 5])
        told = flush_failing(archive, FailingDisk(fail_at, error, part))
        if told is None:
            archive.close()
            assert fail_at > 10
            return
        assert "\n" not in told
        assert str(folder) in told
        assert archive.durable_seq == 4
        with pytest.raises(EnvironmentFailed, match="open it again"):
            put(archive, [6])
        archive.close()
        with Archive.open(folder, writable=True, options=options()) as again:
            if again.next_seq == 4:
                put(again, [4, 5])
            assert again.next_seq == 6  # a block whose fsync failed may be whole
        assert bodies(folder) == [content(n) for n in range(1, 6)]
        assert verify(folder).ok
    pytest.fail("the disk failed at every write")


def test_a_full_disk_gets_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(tmp_path, (1,))
    archive = Archive.open(tmp_path, writable=True)
    put(archive, [2])
    with monkeypatch.context() as patch:
        patch.setattr(archive_disk, "os", FailingDisk(1, errno.ENOSPC, part=True))
        with pytest.raises(EnvironmentFailed, match="No space left on device; free space"):
            archive.close()
    Archive.open(tmp_path, writable=True).close()


def test_a_file_that_another_program_grew_is_not_written_to(tmp_path: Path) -> None:
    build(tmp_path, (1,))
    with Archive.open(tmp_path, writable=True) as archive:
        put(archive, [2])
        with (tmp_path / SEGMENT).open("ab") as file:
            file.write(b"x")
        with pytest.raises(EnvironmentFailed, match="another program"):
            archive.flush()


def test_a_folder_that_cannot_be_written_gets_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(EnvironmentFailed, match="give this account the right"):
        Archive.create(tmp_path / "archive")


KILLED = """
import sys
from pathlib import Path
from archive_samples import options, put
from tocsin.archive import Archive
archive = Archive.open(Path(sys.argv[1]), writable=True, options=options(block_bytes=200))
number = archive.next_seq
while True:
    put(archive, [number])
    number += 1
    print(archive.durable_seq, flush=True)
"""


def test_a_killed_writer_loses_nothing_it_had_confirmed(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    build(archive, ())
    where = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    for lines in (3, 10, 40):
        command = [sys.executable, "-c", KILLED, str(archive)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=where) as writer:
            assert writer.stdout is not None
            confirmed = [int(writer.stdout.readline()) for _ in range(lines)][-1]
            writer.send_signal(signal.SIGKILL)
        with Archive.open(archive, writable=True) as recovered:
            assert recovered.durable_seq >= confirmed
        found = contents_of(archive)
        assert found == [(seq, content(seq)) for seq in range(1, len(found) + 1)]
        assert verify(archive).ok
