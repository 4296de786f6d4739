from __future__ import annotations

import hashlib
import struct
import zlib
from pathlib import Path

import pytest
from archive_samples import (
    altered_line,
    block_bytes,
    blocks,
    build,
    content,
    entries_of,
    flip,
    options,
    put,
    rechain,
    replace,
    rewrite_contents,
    rewrite_lines,
)

from tocsin.archive import Archive, Problem, ProblemKind, verify
from tocsin.archive.blocks import numbered
from tocsin.archive.format import HEADER_BYTES, BlockKind, ContentRecord, seal, unpack_contents
from tocsin.errors import ArchiveDamaged, UsageError

CONTENT, LEDGER = BlockKind.CONTENT, BlockKind.LEDGER


def problems(folder: Path) -> tuple[Problem, ...]:
    return verify(folder).problems


def found(folder: Path) -> set[tuple[str, str | None]]:
    """(what happened, to which item) of every problem."""
    return {(problem.kind.value, problem.item) for problem in problems(folder)}


def name(number: int) -> str:
    return f"town_news/{number} v1"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Entry 0 is a capture; items 1 to 15 are entries 1 to 15, in three batches."""
    build(tmp_path)
    return tmp_path


def test_a_sound_archive_has_no_problems(archive: Path) -> None:
    seen: list[tuple[int, int]] = []
    report = verify(archive, lambda done, total: seen.append((done, total)))
    assert report.ok
    assert (report.items, report.entries, report.problems) == (15, 16, ())
    assert report.head_hex == entries_of(archive)[-1].digest.hex()
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_an_empty_archive_has_no_problems(tmp_path: Path) -> None:
    Archive.create(tmp_path).close()
    report = verify(tmp_path)
    assert (report.items, report.entries, report.head_hex, report.ok) == (0, 0, "00" * 32, True)


def test_every_flipped_byte_is_found(archive: Path) -> None:
    for kind in BlockKind:
        path = numbered(archive, kind, 1)
        whole = path.read_bytes()
        for offset in range(len(whole)):
            flip(path, offset)
            assert not verify(archive).ok, (kind, offset)
            path.write_bytes(whole)
    assert verify(archive).ok


def test_a_flipped_byte_in_a_segment_names_the_items_of_its_block_and_no_other(
    archive: Path,
) -> None:
    block = blocks(archive, CONTENT)[1]
    replace(block, block_bytes(block)[:HEADER_BYTES] + bytes(block.header.stored))
    (problem,) = problems(archive)
    assert problem.kind is ProblemKind.DAMAGED
    assert problem.where == f"segments/00000001.seg, byte {block.offset}"
    assert problem.item == f"{name(6)} to {name(10)} (5 items)"


def test_a_flipped_byte_in_the_ledger_names_the_items_of_its_block_and_no_other(
    archive: Path,
) -> None:
    block = blocks(archive, LEDGER)[1]
    replace(block, block_bytes(block)[:HEADER_BYTES] + bytes(block.header.stored))
    assert found(archive) == {("damaged", "town_news/6 to town_news/10 (5 items)")}


def test_one_damaged_block_hides_no_problem_in_another(archive: Path) -> None:
    first, second, third = blocks(archive, CONTENT)
    rewrite_contents(third, lambda records: [_worded(records[0], b"{}"), *records[1:]])
    replace(second, block_bytes(second)[:HEADER_BYTES] + bytes(second.header.stored))
    flip(first.path, 5)
    assert found(archive) == {
        ("damaged", None),
        ("damaged", f"{name(6)} to {name(10)} (5 items)"),
        ("missing", name(1)),
        ("missing", name(2)),
        ("missing", name(3)),
        ("missing", name(4)),
        ("missing", name(5)),
        ("changed", name(11)),
    }


def _worded(record: ContentRecord, body: bytes) -> ContentRecord:
    return ContentRecord(record.seq, record.salt, body)


def test_a_changed_content_is_named(archive: Path) -> None:
    changed = content(99)
    rewrite_contents(
        blocks(archive, CONTENT)[1], lambda r: [*r[:2], _worded(r[2], changed), *r[3:]]
    )
    assert found(archive) == {("changed", name(8))}
    with Archive.open(archive) as reader, pytest.raises(ArchiveDamaged, match="town_news/8 v1"):
        reader.evidence(8)


def test_contents_that_changed_places_are_named(archive: Path) -> None:
    def exchange(r: list[ContentRecord]) -> list[ContentRecord]:
        first = ContentRecord(r[0].seq, r[1].salt, r[1].content)
        return [first, ContentRecord(r[1].seq, r[0].salt, r[0].content), *r[2:]]

    rewrite_contents(blocks(archive, CONTENT)[0], exchange)
    assert found(archive) == {("reordered", name(1)), ("reordered", name(2))}


def test_content_records_out_of_order_are_named(archive: Path) -> None:
    rewrite_contents(blocks(archive, CONTENT)[1], lambda r: [r[0], r[2], r[1], *r[3:]])
    assert found(archive) == {("reordered", "town_news/7"), ("reordered", "town_news/8")}


def test_a_removed_content_is_named(archive: Path) -> None:
    rewrite_contents(blocks(archive, CONTENT)[1], lambda r: [*r[:3], *r[4:]])
    assert found(archive) == {("missing", name(9))}
    with Archive.open(archive) as reader, pytest.raises(ArchiveDamaged, match="town_news/9 v1"):
        list(reader.items())


def test_an_inserted_content_is_named(archive: Path) -> None:
    extra = ContentRecord(12, b"s" * 16, content(77))
    other = ContentRecord(7, b"s" * 16, b"no json")
    rewrite_contents(blocks(archive, CONTENT)[1], lambda r: [*r, other, extra])
    kinds = {problem.kind for problem in problems(archive)}
    assert kinds == {ProblemKind.INSERTED, ProblemKind.REORDERED}
    assert ("inserted", "town_news/77") in found(archive)


def test_a_content_that_lies_there_twice_is_named(archive: Path) -> None:
    rewrite_contents(blocks(archive, CONTENT)[1], lambda r: [*r, r[-1]])
    assert found(archive) == {("inserted", "town_news/10")}


def test_a_removed_content_block_names_its_items(archive: Path) -> None:
    replace(blocks(archive, CONTENT)[1], b"")
    assert found(archive) == {("missing", name(n)) for n in range(6, 11)}


def test_a_removed_ledger_block_is_found_and_its_items_named(archive: Path) -> None:
    replace(blocks(archive, LEDGER)[1], b"")
    (problem,) = problems(archive)
    assert problem.kind is ProblemKind.MISSING
    assert problem.where == "ledger entries 6 to 10"
    assert problem.item == "town_news/6 to town_news/10 (5 items)"


@pytest.mark.parametrize("kind", BlockKind)
def test_swapped_blocks_are_named(archive: Path, kind: BlockKind) -> None:
    first, second, third = blocks(archive, kind)
    assert second.path == third.path == first.path
    parts = [block_bytes(block) for block in (first, third, second)]
    first.path.write_bytes(b"".join(parts))
    version = " v1" if kind is LEDGER else ""
    assert found(archive) == {
        ("reordered", f"town_news/6{version} to town_news/10{version} (5 items)"),
        ("reordered", f"town_news/11{version} to town_news/15{version} (5 items)"),
    }
    with pytest.raises(ArchiveDamaged, match="out of its order"):
        Archive.open(archive)


@pytest.mark.parametrize("kind", BlockKind)
def test_a_block_that_was_put_in_twice_is_named(archive: Path, kind: BlockKind) -> None:
    second = blocks(archive, kind)[1]
    with second.path.open("ab") as file:
        file.write(block_bytes(second))
    version = " v1" if kind is LEDGER else ""
    assert ("inserted", f"town_news/6{version} to town_news/10{version} (5 items)") in found(
        archive
    )


def test_a_rewritten_entry_breaks_the_chain_and_is_named(archive: Path) -> None:
    block = blocks(archive, LEDGER)[1]
    rewrite_lines(block, lambda lines: [lines[0], altered_line(lines[1], capture=5), *lines[2:]])
    (problem,) = problems(archive)
    assert (problem.kind, problem.item) == (ProblemKind.CHANGED, name(7))
    assert problem.where.endswith("entry 8 was chained to another entry 7")


def test_a_rewritten_entry_and_content_are_named_though_they_fit_each_other(archive: Path) -> None:
    """Whoever changes a post with its commitment must re-chain all that follows in the block."""
    body = content(99)
    rewrite_contents(blocks(archive, CONTENT)[1], lambda r: [_worded(r[0], body), *r[1:]])
    record = _first_record(archive)
    commitment = hashlib.sha256(record.salt + record.content).hexdigest()
    rewrite_lines(
        blocks(archive, LEDGER)[1],
        lambda lines: rechain([altered_line(lines[0], commitment=commitment), *lines[1:]]),
    )
    assert found(archive) == {("changed", name(10))}


def _first_record(archive: Path) -> ContentRecord:
    block = blocks(archive, CONTENT)[1]
    return unpack_contents(block.header, block.payload())[0]


def test_a_rewritten_first_entry_and_a_rewritten_decision_are_found(tmp_path: Path) -> None:
    with Archive.create(tmp_path, options()) as archive:
        archive.append_entry("decision", {"value": "confirmed_false"})
        archive.append_entry("decision", {"value": "confirmed_true"})
    block = blocks(tmp_path, LEDGER)[0]
    rewrite_lines(block, lambda lines: [altered_line(lines[0], value="new"), lines[1]])
    (problem,) = problems(tmp_path)
    assert (problem.kind, problem.item) == (ProblemKind.CHANGED, None)
    (block,) = blocks(tmp_path, LEDGER)
    rewrite_lines(block, lambda lines: [b"1" * 64 + lines[0][64:], lines[1]])
    assert {problem.kind for problem in problems(tmp_path)} == {ProblemKind.CHANGED}


def test_entries_out_of_order_are_named(archive: Path) -> None:
    rewrite_lines(blocks(archive, LEDGER)[2], lambda lines: [lines[1], lines[0], *lines[2:]])
    assert found(archive) == {("reordered", name(11)), ("reordered", name(12))}


def test_entries_that_changed_blocks_are_named(archive: Path) -> None:
    _, second, third = blocks(archive, LEDGER)
    lines = [block.payload().split(b"\n")[:-1] for block in (second, third)]
    # The later block first, so that the offset of the other stays right.
    rewrite_lines(third, lambda found: [lines[0][1], *found[1:]])
    rewrite_lines(second, lambda found: [found[0], lines[1][0], *found[2:]])
    assert found(archive) == {("reordered", name(7)), ("reordered", name(11))}


def test_a_removed_entry_is_named_by_its_content(archive: Path) -> None:
    rewrite_lines(blocks(archive, LEDGER)[1], lambda lines: [*lines[:2], *lines[3:]])
    assert found(archive) == {("missing", "town_news/8")}


def test_an_inserted_entry_is_named(archive: Path) -> None:
    def insert(lines: list[bytes]) -> list[bytes]:
        other = {"channel": "town_news", "message_id": "77", "source": "table", "version": 1}
        return [*lines, altered_line(lines[-1], identity=other)]

    rewrite_lines(blocks(archive, LEDGER)[2], insert)
    assert found(archive) == {("inserted", "town_news/77 v1")}


@pytest.mark.parametrize(
    "line", [b"no entry", b"0" * 64 + b" {}", b"0" * 64 + b" {", b"z" * 64 + b" {}"]
)
def test_a_line_that_is_no_entry_is_found(archive: Path, line: bytes) -> None:
    rewrite_lines(blocks(archive, LEDGER)[1], lambda lines: [*lines[:2], line, *lines[3:]])
    (problem,) = problems(archive)
    assert problem.kind is ProblemKind.CHANGED
    assert "1 lines are no entries" in problem.where


@pytest.mark.parametrize(("kind", "number"), [(CONTENT, 1), (LEDGER, 1), (CONTENT, 2), (LEDGER, 2)])
def test_a_deleted_file_is_named_with_its_items(
    tmp_path: Path, kind: BlockKind, number: int
) -> None:
    build(tmp_path, (3, 3, 3, 3), file_bytes=1)
    gone = numbered(tmp_path, kind, number)
    gone.unlink()
    report = verify(tmp_path)
    assert all(problem.kind is ProblemKind.MISSING for problem in report.problems)
    assert f"{gone.parent.name}/{gone.name}" in {problem.where for problem in report.problems}
    first = 3 * number - 2
    if kind is CONTENT:
        assert {("missing", name(n)) for n in range(first, first + 3)} <= found(tmp_path)
    else:
        named = f"town_news/{first} to town_news/{first + 2} (3 items)"
        assert ("missing", named) in found(tmp_path)
    with pytest.raises(ArchiveDamaged, match=r"missing|out of its order"):
        Archive.open(tmp_path, writable=True)


def test_a_deleted_last_ledger_file_is_named_by_its_contents(tmp_path: Path) -> None:
    build(tmp_path, (3, 3, 3), file_bytes=1)
    for number in (2, 3):
        numbered(tmp_path, LEDGER, number).unlink()
    assert found(tmp_path) == {("missing", "town_news/4 to town_news/9 (6 items)")}


def test_a_deleted_folder_is_found(archive: Path) -> None:
    numbered(archive, CONTENT, 1).unlink()
    numbered(archive, CONTENT, 1).parent.rmdir()
    assert found(archive) == {("missing", name(n)) for n in range(1, 16)}


def test_a_long_row_of_missing_items_is_one_problem(tmp_path: Path) -> None:
    build(tmp_path, (30, 30))
    replace(blocks(tmp_path, CONTENT)[0], b"")
    assert found(tmp_path) == {("missing", f"{name(1)} to {name(30)} (30 items)")}


def test_a_file_cut_short_in_the_middle_is_not_called_an_interrupted_write(tmp_path: Path) -> None:
    build(tmp_path, (3, 3), file_bytes=1)
    path = numbered(tmp_path, CONTENT, 1)
    path.write_bytes(path.read_bytes()[:-10])
    truncated = [p for p in problems(tmp_path) if p.kind is ProblemKind.TRUNCATED]
    assert len(truncated) == 1
    assert "restore" in truncated[0].advice
    assert ("missing", name(2)) in found(tmp_path)
    with pytest.raises(ArchiveDamaged, match="cut short"):
        Archive.open(tmp_path)


def test_a_block_in_the_wrong_folder_is_found(archive: Path) -> None:
    alien = block_bytes(blocks(archive, CONTENT)[0])
    path = numbered(archive, LEDGER, 1)
    path.write_bytes(path.read_bytes() + alien)
    assert ("damaged", None) in found(archive)
    with pytest.raises(ArchiveDamaged, match="no block"):
        Archive.open(archive, writable=True)


def test_bytes_between_blocks_are_found(archive: Path) -> None:
    second = blocks(archive, CONTENT)[1]
    replace(second, b"TCSB" + b"x" * 90 + block_bytes(second))
    (problem,) = problems(archive)
    assert problem.kind is ProblemKind.DAMAGED
    assert problem.where.endswith(f"bytes {second.offset} to {second.offset + 94}")


def _with_header(block: bytes, at: int, form: str, value: int) -> bytes:
    fields = bytearray(block[: HEADER_BYTES - 4])
    struct.pack_into(form, fields, at, value)
    return bytes(fields) + struct.pack("<I", zlib.crc32(fields)) + block[HEADER_BYTES:]


@pytest.mark.parametrize("kind", BlockKind)
@pytest.mark.parametrize(
    ("at", "form", "value"),
    [(8, "<I", 4), (8, "<I", 6), (8, "<I", 2**31), (12, "<Q", 5), (12, "<Q", 7), (20, "<I", 9)],
)
def test_a_header_that_was_rewritten_is_found(
    archive: Path, kind: BlockKind, at: int, form: str, value: int
) -> None:
    block = blocks(archive, kind)[1]
    replace(block, _with_header(block_bytes(block), at, form, value))
    assert not verify(archive).ok


def test_a_later_format_is_refused_with_advice(archive: Path) -> None:
    block = blocks(archive, LEDGER)[1]
    replace(block, _with_header(block_bytes(block), 4, "<H", 3))
    for look in (verify, Archive.open):
        with pytest.raises(UsageError, match="upgrade tocsin"):
            look(archive)


def test_a_payload_that_is_no_table_is_found(archive: Path) -> None:
    block = blocks(archive, CONTENT)[1]
    for payload in (b"short", bytes(24) * 5 + b"rest"):
        replace(block, seal(CONTENT, block.header.first_seq, 5, payload))
        block = blocks(archive, CONTENT)[1]
        assert found(archive) == {("damaged", f"{name(6)} to {name(10)} (5 items)")}


def test_a_checksum_alone_that_is_wrong_is_found(archive: Path) -> None:
    for kind in BlockKind:
        block = blocks(archive, kind)[1]
        data = bytearray(block_bytes(block)[: HEADER_BYTES - 4])
        data[30] ^= 1
        crc = struct.pack("<I", zlib.crc32(data))
        replace(block, bytes(data) + crc + block_bytes(block)[HEADER_BYTES:])
    assert {p.kind for p in problems(archive)} == {ProblemKind.DAMAGED}
    assert len(problems(archive)) == 2


def test_an_erased_content_leaves_a_chain_that_verifies(archive: Path) -> None:
    """The chain covers commitments: destroying salt and content changes no entry."""
    report = verify(archive)
    rewrite_contents(blocks(archive, CONTENT)[1], lambda r: [r[0], *r[2:]])
    after = verify(archive)
    assert after.head_hex == report.head_hex
    assert after.entries == report.entries
    assert {(p.kind, p.item) for p in after.problems} == {(ProblemKind.MISSING, name(7))}


def test_other_entries_between_evidence_are_no_problem(tmp_path: Path) -> None:
    with Archive.create(tmp_path, options()) as archive:
        archive.append_entry("capture", {})
        for number in range(4):
            put(archive, [number])
            archive.append_entry("warning", {"id": number})
    report = verify(tmp_path)
    assert (report.items, report.entries, report.ok) == (4, 9, True)


@pytest.mark.parametrize("line", [b"0" * 64 + b' {"seq":7}', b"0" * 64 + b" {", b"0", b"x" * 70])
def test_a_reader_refuses_a_block_that_makes_no_sense(archive: Path, line: bytes) -> None:
    rewrite_lines(blocks(archive, LEDGER)[1], lambda lines: [*lines[:2], line, *lines[3:]])
    with Archive.open(archive) as reader:
        for read in (reader.items, reader.entries):
            with pytest.raises(ArchiveDamaged, match="was changed"):
                list(read())
        with pytest.raises(ArchiveDamaged, match="was changed"):
            reader.evidence(8)


def test_a_reader_refuses_a_last_block_that_is_not_what_it_states(archive: Path) -> None:
    rewrite_lines(blocks(archive, LEDGER)[2], lambda lines: lines[:-1])
    with pytest.raises(ArchiveDamaged, match="was changed"):
        Archive.open(archive)
