"""Twelve kinds of tampering at random places: each is found, and the item is named."""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from archive_samples import (
    altered_line,
    blocks,
    content,
    flip,
    rewrite_contents,
    rewrite_lines,
)
from signed_samples import AT, Desk, Row, build_desk, resigned, reworded, rows_of, write_anew

from tocsin.archive import Problem
from tocsin.archive.blocks import Block
from tocsin.archive.evidence import EVIDENCE
from tocsin.archive.format import BlockKind, ContentRecord, ledger_lines, line_body, unpack_contents
from tocsin.archive.heads import TREE_HEAD, head_from, sign_head
from tocsin.archive.signing_keys import SigningKey

CONTENT, LEDGER = BlockKind.CONTENT, BlockKind.LEDGER
Named = Callable[[Problem], bool]
Tamper = Callable[[Desk, random.Random], Named]


def names_item(number: int) -> Named:
    """The item itself, or a row of items that it lies in."""

    def fits(problem: Problem) -> bool:
        found = [int(n) for n in re.findall(r"town_news/(\d+)", problem.item or "")]
        return bool(found) and found[0] <= number <= found[-1]

    return fits


def names_place(seq: int) -> Named:
    """Ledger entries that the place lies among: what was there cannot be named any more."""

    def fits(problem: Problem) -> bool:
        found = re.search(r"ledger entries (\d+) to (\d+)", problem.where)
        return found is not None and int(found[1]) <= seq <= int(found[2])

    return fits


def names(text: str) -> Named:
    return lambda problem: text in f"{problem.item} {problem.where}"


def _one_of(block: Block, draw: random.Random) -> tuple[int, int]:
    """(index, item number) of one record of a content block."""
    at = draw.randrange(block.header.count)
    return at, _number(_contents(block)[at])


def _contents(block: Block) -> list[ContentRecord]:
    return unpack_contents(block.header, block.payload())


def _number(record: ContentRecord) -> int:
    found = re.search(rb'"id":"(\d+)"', record.content)
    assert found is not None
    return int(found[1])


def change_content(desk: Desk, draw: random.Random) -> Named:
    block = draw.choice(blocks(desk.archive, CONTENT))
    at, number = _one_of(block, draw)

    def change(records: list[ContentRecord]) -> list[ContentRecord]:
        old = records[at]
        records[at] = ContentRecord(old.seq, old.salt, content(number + 500))
        return records

    rewrite_contents(block, change)
    return names_item(number)


def change_salt(desk: Desk, draw: random.Random) -> Named:
    block = draw.choice(blocks(desk.archive, CONTENT))
    at, number = _one_of(block, draw)

    def change(records: list[ContentRecord]) -> list[ContentRecord]:
        old = records[at]
        records[at] = ContentRecord(old.seq, draw.randbytes(16), old.content)
        return records

    rewrite_contents(block, change)
    return names_item(number)


def remove_content(desk: Desk, draw: random.Random) -> Named:
    block = draw.choice(blocks(desk.archive, CONTENT))
    at, number = _one_of(block, draw)
    rewrite_contents(block, lambda records: [*records[:at], *records[at + 1 :]])
    return names_item(number)


def exchange_contents(desk: Desk, draw: random.Random) -> Named:
    block = draw.choice(blocks(desk.archive, CONTENT))
    one, other = sorted(draw.sample(range(block.header.count), 2))
    number = _number(_contents(block)[one])

    def change(records: list[ContentRecord]) -> list[ContentRecord]:
        a, b = records[one], records[other]
        records[one] = ContentRecord(a.seq, b.salt, b.content)
        records[other] = ContentRecord(b.seq, a.salt, a.content)
        return records

    rewrite_contents(block, change)
    return names_item(number)


def _evidence_lines(block: Block) -> dict[int, int]:
    """Index in the block → item number."""
    bodies = [line_body(line) for line in ledger_lines(block.payload())]
    return {
        at: int(body["payload"]["identity"]["message_id"])
        for at, body in enumerate(bodies)
        if body["kind"] == EVIDENCE
    }


def _ledger_place(desk: Desk, draw: random.Random) -> tuple[Block, int, int]:
    block = draw.choice([b for b in blocks(desk.archive, LEDGER) if _evidence_lines(b)])
    at, number = draw.choice(list(_evidence_lines(block).items()))
    return block, at, number


def change_entry(desk: Desk, draw: random.Random) -> Named:
    block, at, number = _ledger_place(desk, draw)
    other = draw.randbytes(32).hex()
    rewrite_lines(block, lambda ls: [*ls[:at], altered_line(ls[at], original=other), *ls[at + 1 :]])
    return names_item(number)


def remove_entry(desk: Desk, draw: random.Random) -> Named:
    block, at, number = _ledger_place(desk, draw)
    rewrite_lines(block, lambda lines: [*lines[:at], *lines[at + 1 :]])
    return names_item(number)


def reorder_entries(desk: Desk, draw: random.Random) -> Named:
    block, at, number = _ledger_place(desk, draw)
    other = draw.choice([n for n in range(block.header.count) if n != at])

    def change(lines: list[bytes]) -> list[bytes]:
        lines[at], lines[other] = lines[other], lines[at]
        return lines

    rewrite_lines(block, change)
    return names_item(number)


def damage_block(desk: Desk, draw: random.Random) -> Named:
    block, _, number = _ledger_place(desk, draw)
    if draw.random() < 0.5:
        block = next(
            b
            for b in blocks(desk.archive, CONTENT)
            if number in [_number(record) for record in _contents(b)]
        )
    flip(block.path, draw.randrange(block.offset, block.end))
    return names_item(number)


def rewrite_history(desk: Desk, draw: random.Random) -> Named:
    """One wording changed, its commitment and the whole chain made to fit."""
    at = _any_evidence(desk, draw)
    number = rows_of(desk.archive)[at].number
    assert number is not None
    body = content(number + 500)
    write_anew(desk, lambda rows: [*rows[:at], reworded(rows[at], body), *rows[at + 1 :]])
    return lambda problem: names_item(number)(problem) or names_place(at)(problem)


def _any_evidence(desk: Desk, draw: random.Random) -> int:
    rows = rows_of(desk.archive)
    return draw.choice([at for at, row in enumerate(rows) if row.kind == EVIDENCE])


def remove_from_history(desk: Desk, draw: random.Random) -> Named:
    at = _any_evidence(desk, draw)
    write_anew(desk, lambda rows: [*rows[:at], *rows[at + 1 :]])
    return names_place(at)


def insert_into_history(desk: Desk, draw: random.Random) -> Named:
    at = _any_evidence(desk, draw)

    def change(rows: list[Row]) -> list[Row]:
        copy = reworded(rows[at], content(900))
        copy.payload["identity"] = {**copy.payload["identity"], "message_id": "900"}
        return [*rows[:at], copy, *rows[at:]]

    write_anew(desk, change)
    return names_place(at)


def cut_off_the_tail(desk: Desk, draw: random.Random) -> Named:
    rows = rows_of(desk.archive)
    signed = max(head_from(row.payload).size for row in rows if row.kind == TREE_HEAD)
    keep = draw.randrange(3, signed)
    write_anew(desk, lambda rows: rows[:keep])
    return names_place(keep)


def swap_the_key(desk: Desk, draw: random.Random) -> Named:
    """Everything signed anew by another key, and that key published."""
    old = SigningKey.load(desk.elsewhere / "key.pem")
    folder = desk.folder / f"adversary-{draw.randrange(1 << 30)}"
    folder.mkdir()
    write_anew(desk, lambda rows: resigned(rows, folder))
    shutil.copy(folder / "adversary.pem.pub", desk.heads / "key.pub")
    return names(f"signing key {old.id}")


def swap_the_key_of_one_head(desk: Desk, draw: random.Random) -> Named:
    rows = rows_of(desk.archive)
    at = draw.choice([n for n, row in enumerate(rows) if row.kind == TREE_HEAD])
    head = head_from(rows[at].payload)
    folder = desk.folder / f"adversary-{draw.randrange(1 << 30)}"
    folder.mkdir()
    other = SigningKey.create(folder / "key.pem")

    def change(found: list[Row]) -> list[Row]:
        found[at].payload = sign_head(other, head.size, head.root, AT).form()
        return found

    write_anew(desk, change)
    return names(f"head-{head.size}")


KINDS: tuple[Tamper, ...] = (
    change_content,
    change_salt,
    remove_content,
    exchange_contents,
    change_entry,
    remove_entry,
    reorder_entries,
    damage_block,
    rewrite_history,
    remove_from_history,
    insert_into_history,
    cut_off_the_tail,
    swap_the_key,
    swap_the_key_of_one_head,
)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return build_desk(tmp_path_factory.mktemp("sound"))


def test_a_sound_archive_has_no_problems(sound: Desk) -> None:
    report = sound.verify()
    assert report.problems == ()
    assert (report.items, report.heads, report.covered) == (48, 4, report.entries - 1)


def _tamper(sound: Desk, folder: Path, kind: Tamper, places: int) -> None:
    draw = random.Random(f"{kind.__name__} {places}")
    for place in range(places):
        desk = sound.copy(folder / str(place))
        named = kind(desk, draw)
        problems = desk.verify().problems
        assert any(map(named, problems)), (kind.__name__, place, problems)
        shutil.rmtree(desk.folder)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_tampering_is_found_and_the_item_named(sound: Desk, tmp_path: Path, kind: Tamper) -> None:
    _tamper(sound, tmp_path, kind, 5)


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_tampering_at_a_hundred_places_is_found(sound: Desk, tmp_path: Path, kind: Tamper) -> None:
    _tamper(sound, tmp_path, kind, 100)
