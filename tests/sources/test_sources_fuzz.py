"""Whatever the bytes: posts, refusals, or one clear refusal of the whole file."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fuzz_loop import ALL, run, seeds, worker
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from telegram_export_writer import account, chat, message, written

from tocsin.errors import RecordRefused, UsageError
from tocsin.model import RawItem
from tocsin.sources import ReadOptions, Source, detect, read_posts_stream
from tocsin.sources.escapes import RepairedEscapes

QUIET = settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
OPTIONS = ReadOptions(max_text=500)
BOTH: list[Source] = [ALL[2], ALL[1]]
NAMED = ReadOptions(channel="town", max_text=500)

EXPORTS = [
    written(chat([message(1, "a\x0b"), message(2, ["b", {"type": "bold", "text": "c"}])])).encode(),
    written(account(chat([message(1, "x")], kind="personal_chat"), chat([message(2)]))).encode(),
]
LINES = b'{"id": 1, "channel": "c", "posted_at": "2023-10-11", "text": "a"}\n' * 3
CSV = b'id,channel,posted_at,text,media\n1,c,2023-10-11,"a, b",photo\n' * 2
WORDS = [b'"', b"\\", b"\\x", b"{", b"[", b"}", b"]", b",", b"\n", b"\x00", b"\xff", b"1e999", b"-"]


def parquet() -> bytes:
    buffer = io.BytesIO()
    rows = {
        "id": ["1", "2"],
        "channel": ["c"] * 2,
        "posted_at": [1697014800] * 2,
        "text": ["a"] * 2,
    }
    pq.write_table(pa.table(rows), buffer, compression="none")
    return buffer.getvalue()


@st.composite
def damaged(draw: st.DrawFn, seeds: list[bytes]) -> bytes:
    content = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, max(0, len(content) - 1)))
        width = draw(st.integers(0, 5))
        piece = draw(st.one_of(st.binary(max_size=4), st.sampled_from(WORDS)))
        content[place : place + width] = piece
    cut = draw(st.one_of(st.none(), st.integers(0, len(content))))
    return bytes(content[:cut])


def try_to_read(content: bytes, source: Source | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(content)
        try:
            reader = source or detect(path, ALL)
            for found in reader.read(path, OPTIONS if reader in BOTH else NAMED):
                check(found)
        except (RecordRefused, UsageError) as error:
            told = str(error)
            assert "\n" not in told


def check(found: RawItem | RecordRefused) -> None:
    if isinstance(found, RecordRefused):
        assert found.problem
        assert found.advice
        assert found.record
        return
    assert found.message_id.strip()
    assert found.channel.strip()
    assert found.raw
    assert orjson.loads(orjson.dumps(dict(found.content))) == found.content
    assert found.content["posted_at"].endswith("+00:00")
    assert all(found.persons.values())
    assert None not in found.content.values()


@QUIET
@given(st.binary(max_size=300))
def test_any_bytes(content: bytes) -> None:
    for source in (None, *ALL):
        try_to_read(content, source)


@QUIET
@given(damaged(EXPORTS))
def test_damaged_exports(content: bytes) -> None:
    try_to_read(content, BOTH[0])


@QUIET
@given(damaged([LINES, CSV]))
def test_damaged_tables(content: bytes) -> None:
    try_to_read(content, BOTH[1])
    try_to_read(content, None)


@QUIET
@given(damaged([parquet()]))
def test_damaged_parquet(content: bytes) -> None:
    try_to_read(content, BOTH[1])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
KEYS = [
    *sorted(message(1)),
    "edited",
    "edited_unixtime",
    "author",
    "forwarded_from",
    "reply_to_message_id",
    "photo",
    "file",
    "media_type",
    "mime_type",
    "poll",
    "location_information",
    "place_name",
    "address",
]


@QUIET
@given(st.dictionaries(st.sampled_from(KEYS), JSON, max_size=6))
def test_any_value_in_any_field_of_a_message(fields: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "result.json"
        path.write_bytes(orjson.dumps(as_json(chat([message(1, "a") | fields, message(9, "b")]))))
        found = list(BOTH[0].read(path, OPTIONS))
    assert found[-1].record == "message 9"
    for one in found:
        check(one)


@QUIET
@given(
    st.dictionaries(st.sampled_from(["id", "channel", "posted_at", "text", "media", "views"]), JSON)
)
def test_any_value_in_any_field_of_a_line(fields: dict[str, Any]) -> None:
    row = {"id": "1", "channel": "c", "posted_at": "2023-10-11", "text": "a"} | as_json(fields)
    (found,) = read_posts_stream([orjson.dumps(row)], OPTIONS, ("id", "text", "posted_at"))
    check(found)


SEEDS = seeds()


@QUIET
@given(st.sampled_from(SEEDS).flatmap(lambda one: damaged([one[2]]).map(lambda bad: (one[1], bad))))
def test_damaged_files_of_every_format(case: tuple[Source, bytes]) -> None:
    source, content = case
    try_to_read(content, source)
    try_to_read(content, None)


def test_some_mutated_files_of_every_format() -> None:
    records, findings = worker((7, 1_000))
    assert findings == []
    assert len(records) >= 10


@pytest.mark.long
def test_two_million_mutated_files() -> None:
    assert run(2_000_000, 2) == []


def as_json(value: Any) -> Any:
    """Only what JSON of 64-bit numbers can hold, as every writer of such files would."""
    if isinstance(value, dict):
        return {key: as_json(one) for key, one in value.items()}
    if isinstance(value, list):
        return [as_json(one) for one in value]
    return max(1 - 2**63, min(value, 2**63 - 1)) if isinstance(value, int) else value


@QUIET
@given(st.lists(st.sampled_from([b"\\", b"x", b"0B", b"a", b'"']), max_size=30), st.integers(1, 7))
def test_escapes_are_repaired_alike_wherever_the_chunks_meet(
    pieces: list[bytes], size: int
) -> None:
    content = b"".join(pieces)
    whole = RepairedEscapes(io.BytesIO(content)).read(1_000) if content else b""
    stream = RepairedEscapes(io.BytesIO(content))
    chunks = []
    while chunk := stream.read(size):
        chunks.append(chunk)
    tail = RepairedEscapes(io.BytesIO(content))
    tail.read(1_000)
    assert b"".join(chunks) == whole + tail.read(1_000)


@QUIET
@given(st.text(alphabet='\\x0Ba\x0b\x1f"\n', max_size=40))
def test_every_text_comes_back_through_the_writer(text: str) -> None:
    from telegram_export_writer import quoted

    stream = RepairedEscapes(io.BytesIO(quoted(text).encode()))
    assert orjson.loads(b"".join(iter(lambda: stream.read(3), b""))) == text


def test_reading_nothing_reads_nothing() -> None:
    assert RepairedEscapes(io.BytesIO(b"abc")).read(0) == b""


@pytest.mark.parametrize("content", [b"\\", b"a\\", b"\\x", b"\\x0", b"\\\\"])
def test_an_escape_cut_off_at_the_end_is_handed_on(content: bytes) -> None:
    stream = RepairedEscapes(io.BytesIO(content))
    assert b"".join(iter(lambda: stream.read(1), b"")) == content
