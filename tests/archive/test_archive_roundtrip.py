from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

import orjson
import pytest
from archive_samples import build, content, contents_of, entries_of, identity, options, put
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.archive import Archive, LedgerEntry, Options, item_name, verify
from tocsin.archive.format import GENESIS, BlockKind
from tocsin.errors import ArchiveDamaged, Locked, UsageError
from tocsin.model import Evidence, Identity


def test_what_goes_in_comes_out_in_order(tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    with Archive.create(folder, options()) as archive:
        capture = archive.append_entry("capture", {"operator": "desk", "views": None})
        first = put(archive, range(1, 4), capture)
        decision = archive.append_entry("decision", {"value": "confirmed_false"})
        last = put(archive, range(4, 6), capture)
    with Archive.open(folder) as archive:
        found = list(archive.items())
        assert archive.next_seq == archive.durable_seq == 7
    assert [item for item in found if isinstance(item, Evidence)] == [*first, *last]
    other = [item for item in found if isinstance(item, LedgerEntry)]
    assert [(e.seq, e.kind) for e in other] == [(capture, "capture"), (decision, "decision")]
    assert other[0].payload == {"operator": "desk", "views": None}


def test_entries_are_chained_by_digest(tmp_path: Path) -> None:
    build(tmp_path, (3, 2))
    entries = entries_of(tmp_path)
    assert [entry.seq for entry in entries] == list(range(6))
    prev = GENESIS
    for entry in entries:
        body = {"kind": entry.kind, "payload": entry.payload, "seq": entry.seq}
        canonical = orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
        assert entry.prev == prev
        assert entry.digest == hashlib.sha256(prev + canonical).digest()
        prev = entry.digest
    with Archive.open(tmp_path) as archive:
        assert archive.head == prev


def test_commitments_are_salted_digests_and_the_ledger_holds_neither_salt_nor_content(
    tmp_path: Path,
) -> None:
    with Archive.create(tmp_path, options()) as archive:
        archive.append_entry("capture", {})
        (item,) = put(archive, [7])
    assert item.commitment == hashlib.sha256(item.salt + item.content).digest()
    assert item.original == hashlib.sha256(item.salt + b"raw 7").digest()
    entry = entries_of(tmp_path)[1]
    assert entry.kind == "evidence"
    assert entry.payload == {
        "capture": 0,
        "commitment": item.commitment.hex(),
        "identity": {"channel": "town_news", "message_id": "7", "source": "table", "version": 1},
        "original": item.original.hex(),
    }


def test_reading_can_begin_anywhere(tmp_path: Path) -> None:
    build(tmp_path, (4, 4, 4))
    with Archive.open(tmp_path) as archive:
        everything = list(archive.items())
        links = list(archive.entries())
        for seq in range(15):
            assert list(archive.items(seq)) == everything[seq:]
            assert list(archive.entries(seq)) == links[seq:]


def test_random_access_gives_the_same_evidence(tmp_path: Path) -> None:
    build(tmp_path, (4, 1, 4))
    with Archive.open(tmp_path) as archive:
        for item in archive.items():
            if isinstance(item, Evidence):
                assert archive.evidence(item.seq) == item


@pytest.mark.parametrize("seq", [-1, 0, 6, 99])
def test_random_access_refuses_what_is_no_evidence(tmp_path: Path, seq: int) -> None:
    build(tmp_path, (5,))
    with Archive.open(tmp_path) as archive, pytest.raises(UsageError):
        archive.evidence(seq)


def test_buffered_entries_count_but_are_not_durable(tmp_path: Path) -> None:
    with Archive.create(tmp_path) as archive:
        assert archive.head == GENESIS
        archive.append_entry("capture", {})
        put(archive, [1])
        assert (archive.next_seq, archive.durable_seq) == (2, 0)
        assert list(archive.items()) == []
        head = archive.head
        archive.flush()
        archive.flush()
        assert (archive.next_seq, archive.durable_seq) == (2, 2)
        assert archive.head == head
        assert len(list(archive.items())) == 2


def test_a_full_block_is_written_without_being_asked(tmp_path: Path) -> None:
    with Archive.create(tmp_path, options(block_bytes=500)) as archive:
        archive.append_entry("capture", {})
        put(archive, range(50))
        assert 40 < archive.durable_seq < 52
        durable = archive.durable_seq
        archive.append_entry("versions", {"code": "x" * 600})
        assert archive.durable_seq == archive.next_seq > durable


def test_files_roll_over_at_the_stated_size(tmp_path: Path) -> None:
    build(tmp_path, (3,) * 8, file_bytes=600)
    assert len(list((tmp_path / "segments").iterdir())) > 2
    assert len(list((tmp_path / "ledger").iterdir())) > 2
    assert [body for _, body in contents_of(tmp_path)] == [content(n) for n in range(1, 25)]
    assert verify(tmp_path).ok
    with Archive.open(tmp_path, writable=True, options=options(file_bytes=600)) as archive:
        put(archive, [25])
    assert len(contents_of(tmp_path)) == 25
    assert verify(tmp_path).ok


def test_one_writer_at_a_time_and_readers_beside_it(tmp_path: Path) -> None:
    build(tmp_path, (2,))
    with Archive.open(tmp_path, writable=True) as archive:
        with pytest.raises(Locked, match="another tocsin is writing"):
            Archive.open(tmp_path, writable=True)
        with Archive.open(tmp_path) as reader:
            assert len(list(reader.items())) == 3
        archive.append_entry("run", {})
    Archive.open(tmp_path, writable=True).close()


def test_the_lock_holds_between_processes(tmp_path: Path) -> None:
    build(tmp_path, (1,))
    code = (
        "import sys; from pathlib import Path; from tocsin.archive import Archive\n"
        "from tocsin.errors import Locked\n"
        "try: Archive.open(Path(sys.argv[1]), writable=True)\n"
        "except Locked: sys.exit(7)"
    )
    with Archive.open(tmp_path, writable=True):
        done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert done.returncode == 7


def test_an_exception_drops_what_was_not_flushed_and_frees_the_lock(tmp_path: Path) -> None:
    build(tmp_path, (2,))

    def interrupted() -> None:
        with Archive.open(tmp_path, writable=True) as archive:
            put(archive, [3])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with Archive.open(tmp_path, writable=True) as archive:
        assert archive.next_seq == 3
        assert archive.recovered == ()


def test_closing_flushes_and_may_be_repeated(tmp_path: Path) -> None:
    archive = Archive.create(tmp_path)
    archive.append_entry("run", {})
    archive.close()
    archive.close()
    with pytest.raises(UsageError, match="not open for writing"):
        archive.append_entry("run", {})
    assert len(entries_of(tmp_path)) == 1


def test_wrong_uses_are_refused_with_a_line(tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    with pytest.raises(UsageError, match="no archive here"):
        Archive.open(folder)
    with pytest.raises(UsageError, match="no archive here"):
        verify(folder)
    build(folder, (1,))
    with pytest.raises(UsageError, match="holds an archive already"):
        Archive.create(folder)
    with Archive.open(folder) as archive, pytest.raises(UsageError, match="not open for writing"):
        archive.append_entry("run", {})
    with Archive.open(folder, writable=True) as archive:
        with pytest.raises(UsageError, match="with its content"):
            archive.append_entry("evidence", {})
        with pytest.raises(UsageError, match="no capture record 2"):
            archive.append_evidence(identity(9), b"{}", b"", capture=2)
        with pytest.raises(TypeError):
            archive.append_entry("run", {"set": {1}})
        assert archive.next_seq == 2


def test_folders_and_files_are_for_this_account_alone(tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    build(folder, (1,))
    for path in [folder, *folder.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_reader_stops_at_damage_and_says_where(tmp_path: Path) -> None:
    build(tmp_path, (3, 3))
    segment = tmp_path / "segments" / "00000001.seg"
    data = segment.read_bytes()
    segment.write_bytes(data[:70] + bytes([data[70] ^ 1]) + data[71:])
    with Archive.open(tmp_path) as archive:
        with pytest.raises(ArchiveDamaged, match=r"segments/00000001.seg, byte 0"):
            list(archive.items())
        assert len(list(archive.entries())) == 7
        assert len(list(archive.items(4))) == 3


def test_item_names() -> None:
    assert item_name(Identity("table", "town_news", "4711", 2)) == "town_news/4711 v2"


payloads = st.dictionaries(
    st.text(max_size=8),
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    max_size=3,
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("entry"), payloads),
        st.tuples(st.just("item"), texts, texts, st.binary(max_size=60), st.binary(max_size=20)),
        st.tuples(st.just("flush")),
        st.tuples(st.just("reopen")),
        st.tuples(st.just("drop")),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(steps=steps, block_bytes=st.sampled_from([50, 300, 1 << 20]))
def test_any_sequence_of_uses_round_trips(
    steps: list[tuple[object, ...]], block_bytes: int
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        how = Options(block_bytes=block_bytes, file_bytes=400)
        archive = Archive.create(folder, how)
        expected: list[object] = []
        archive.append_entry("capture", {})
        expected.append(("capture", {}))
        for step in steps:
            match step:
                case ("entry", payload):
                    assert archive.append_entry("note", payload) == len(expected)  # type: ignore[arg-type]
                    expected.append(("note", payload))
                case ("item", str(channel), str(number), bytes(body), bytes(raw)):
                    who = Identity("table", channel, number, 1)
                    expected.append(archive.append_evidence(who, body, raw, 0))
                case ("flush",):
                    archive.flush()
                    assert archive.durable_seq == len(expected)
                case ("reopen",):
                    archive.close()
                    archive = Archive.open(folder, writable=True, options=how)
                case ("drop",):
                    archive.__exit__(KeyError, KeyError(), None)
                    del expected[archive.durable_seq :]
                    archive = Archive.open(folder, writable=True, options=how)
                    if not expected:
                        archive.append_entry("capture", {})
                        expected.append(("capture", {}))
            assert archive.next_seq == len(expected)
        archive.close()
        with Archive.open(folder) as reader:
            found = [i if isinstance(i, Evidence) else (i.kind, i.payload) for i in reader.items()]
        assert found == expected
        report = verify(folder)
        assert report.ok
        assert report.entries == len(expected)
        assert report.head_hex == archive.head.hex()


def test_block_kinds_lie_in_their_own_folders(tmp_path: Path) -> None:
    build(tmp_path, (1,))
    assert [kind.name for kind in BlockKind] == ["CONTENT", "LEDGER"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ledger", "lock", "segments"]
