"""Parquet: every kind of column, wrong schemas, damage."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tocsin.errors import RecordRefused
from tocsin.model import RawItem
from tocsin.sources import ReadOptions, Table
from tocsin.sources.parquet import BATCH_ROWS

NINE = datetime(2023, 10, 11, 9, 0, 0)  # noqa: DTZ001 (tables hold naive times)


def columns(rows: int = 1, **more: Any) -> dict[str, Any]:
    base = {
        "id": [str(n) for n in range(rows)],
        "channel": ["town"] * rows,
        "posted_at": pa.array([NINE] * rows, pa.timestamp("us")),
        "text": ["words"] * rows,
    }
    return base | more


def save(folder: Path, **more: Any) -> Path:
    path = folder / "posts.parquet"
    rows = len(next(iter(more.values()))) if more else 1
    pq.write_table(pa.table(columns(rows, **more)), path)
    return path


def read(path: Path, **options: Any) -> list[RawItem | RecordRefused]:
    assert Table().sniff(path, path.read_bytes()[:65536])
    return list(Table().read(path, ReadOptions(**options)))


def one(path: Path, **options: Any) -> RawItem:
    (found,) = read(path, **options)
    assert isinstance(found, RawItem)
    return found


def test_a_row(tmp_path: Path) -> None:
    found = one(save(tmp_path, extra=[Decimal("1.5")]))
    assert (found.source, found.channel, found.message_id) == ("table", "town", "0")
    assert found.record == "row 1"
    assert found.content == {
        "posted_at": "2023-10-11T09:00:00+00:00",
        "text": "words",
        "is_forward": False,
    }
    # times in the original's own unit, so that nothing of it is rounded away
    micro = int(NINE.replace(tzinfo=UTC).timestamp()) * 10**6
    assert orjson.loads(found.raw) == {
        "channel": "town",
        "extra": "1.5",
        "id": "0",
        "posted_at": micro,
        "text": "words",
    }


@pytest.mark.parametrize(
    ("times", "iso"),
    [
        (pa.array([NINE], pa.timestamp("s")), "2023-10-11T09:00:00+00:00"),
        (pa.array([NINE], pa.timestamp("ms")), "2023-10-11T09:00:00+00:00"),
        (pa.array([1697014800123456789], pa.timestamp("ns")), "2023-10-11T09:00:00.123456+00:00"),
        (pa.array([NINE], pa.timestamp("us", tz="Asia/Tokyo")), "2023-10-11T09:00:00+00:00"),
        (pa.array([date(2023, 10, 11)], pa.date32()), "2023-10-11T00:00:00+00:00"),
        (pa.array([date(2023, 10, 11)], pa.date64()), "2023-10-11T00:00:00+00:00"),
        (pa.array(["2023-10-11T12:00:00+03:00"]), "2023-10-11T09:00:00+00:00"),
        (pa.array([1697014800]), "2023-10-11T09:00:00+00:00"),
        (pa.array([1697014800.5]), "2023-10-11T09:00:00.500000+00:00"),
    ],
)
def test_times_of_every_kind(tmp_path: Path, times: Any, iso: str) -> None:
    assert one(save(tmp_path, posted_at=times)).content["posted_at"] == iso


@pytest.mark.parametrize("unit", ["s", "ms", "us"])
@pytest.mark.parametrize("seconds", [1831622400000, -1, 0])
def test_times_out_of_range_are_refused_by_row(tmp_path: Path, unit: str, seconds: int) -> None:
    scale = {"s": 1, "ms": 1_000, "us": 1_000_000}[unit]
    ticks = pa.array([1697014800 * scale, seconds * scale], pa.int64()).cast(pa.timestamp(unit))
    good, bad = read(save(tmp_path, posted_at=ticks))
    assert isinstance(good, RawItem)
    assert isinstance(bad, RecordRefused)
    assert bad.record == "row 2"
    assert "1970 to 2099" in bad.problem


def test_columns_by_other_names_and_gaps(tmp_path: Path) -> None:
    path = tmp_path / "posts.parquet"
    table = pa.table(
        {
            "msg_id": pa.array([5, 6], pa.int64()),
            "channel": pa.array(["town", "town"]).dictionary_encode(),
            "date": pa.array([NINE, NINE], pa.timestamp("us")),
            "text": pa.array(["a", None], pa.large_string()),
            "is_forward": [True, False],
            "forward_from": ["Another channel", None],
            "forward_date": pa.array([NINE, None], pa.timestamp("us")),
            "reply_to": [float("nan"), 12.0],
            "media_type": ["MessageMediaWebPage", "MessageMediaPhoto"],
        }
    )
    pq.write_table(table, path)
    first, second = read(path, column_map={"id": "msg_id", "posted_at": "date"})
    assert first.persons == {"forward_from": "Another channel"}  # type: ignore[union-attr]
    assert first.content == {  # type: ignore[union-attr]
        "posted_at": "2023-10-11T09:00:00+00:00",
        "text": "a",
        "is_forward": True,
        "forward_posted_at": "2023-10-11T09:00:00+00:00",
        "media": [],
    }
    assert second.content == {  # type: ignore[union-attr]
        "posted_at": "2023-10-11T09:00:00+00:00",
        "text": "",
        "is_forward": False,
        "reply_to": "12",
        "media": [{"kind": "photo"}],
    }


def test_the_named_channel_fills_a_missing_column(tmp_path: Path) -> None:
    path = tmp_path / "posts.parquet"
    table = pa.table({key: value for key, value in columns().items() if key != "channel"})
    pq.write_table(table, path)
    assert one(path, channel="@hall").channel == "hall"
    with pytest.raises(RecordRefused, match="or name the channel"):
        read(path)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"text": [5]}, "column 'text' holds int64, which cannot be text"),
        ({"posted_at": [True]}, "cannot be posted_at"),
        ({"id": [["a"]]}, "cannot be id"),
        ({"captured_at": [{"a": 1}]}, "cannot be captured_at"),
    ],
)
def test_a_wrong_schema_is_refused_whole(tmp_path: Path, more: Any, words: str) -> None:
    with pytest.raises(RecordRefused) as caught:
        read(save(tmp_path, **more))
    assert caught.value.record == "the whole file"
    assert words in str(caught.value)


def test_missing_and_doubled_columns(tmp_path: Path) -> None:
    path = tmp_path / "posts.parquet"
    pq.write_table(pa.table({"ident": ["1"], "text": ["a"]}), path)
    with pytest.raises(
        RecordRefused, match=r"no column 'id'.*columns found: ident, text.*--map id="
    ):
        read(path)
    doubled = pa.Table.from_arrays(
        [pa.array(["1"])] * 5, ["id", "channel", "posted_at", "text", "id"]
    )
    pq.write_table(doubled, path)
    with pytest.raises(RecordRefused, match="two columns are called 'id'"):
        read(path)


def test_bad_values_are_refused_by_row_and_counted_over_batches(tmp_path: Path) -> None:
    rows = BATCH_ROWS + 3
    texts = ["a"] * (rows - 1) + ["x" * 50]
    found = read(save(tmp_path, text=texts), max_text=20)
    assert [one.record for one in found if isinstance(one, RecordRefused)] == [f"row {rows}"]
    assert len(found) == rows


def test_strings_that_are_not_utf8_are_refused_by_row(tmp_path: Path) -> None:
    wrong = pa.array([b"a", b"\xff", None], pa.binary())
    text = pa.Array.from_buffers(pa.string(), 3, wrong.buffers())
    good, bad, empty = read(save(tmp_path, text=text, blob=wrong))
    assert good.content["text"] == "a"  # type: ignore[union-attr]
    assert isinstance(bad, RecordRefused)
    assert "not valid UTF-8" in bad.problem
    assert empty.content["text"] == ""  # type: ignore[union-attr]
    binary = save(tmp_path, text=pa.array(["я".encode()], pa.binary()))
    assert one(binary).content["text"] == "я"


def test_other_temporal_columns_do_no_harm(tmp_path: Path) -> None:
    more = {
        "length": pa.array([90], pa.duration("s")),
        "hour": pa.array([5], pa.time32("s")),
        "fine": pa.array([5], pa.time64("ns")),
    }
    raw = orjson.loads(one(save(tmp_path, **more)).raw)
    assert (raw["length"], raw["hour"], raw["fine"]) == (90, 5_000, 5)


def test_a_table_without_rows_has_no_posts(tmp_path: Path) -> None:
    assert read(save(tmp_path, text=pa.array([], pa.string()))) == []


@pytest.mark.parametrize("content", [b"PAR1", b"PAR1" + b"\x00" * 100 + b"PAR1"])
def test_a_damaged_file_is_refused_whole(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "posts.parquet"
    path.write_bytes(content)
    with pytest.raises(RecordRefused, match="damaged"):
        read(path)


def test_damage_in_the_middle_keeps_what_came_before(tmp_path: Path) -> None:
    path = tmp_path / "posts.parquet"
    rows = 3 * BATCH_ROWS
    texts = [f"words {n} {n * 7919 % 65537}" for n in range(rows)]
    table = pa.table(columns(rows, text=texts))
    pq.write_table(table, path, row_group_size=BATCH_ROWS, compression="zstd", use_dictionary=False)
    whole = bytearray(path.read_bytes())
    group = pq.ParquetFile(path).metadata.row_group(1)
    start = next(
        group.column(n).data_page_offset
        for n in range(group.num_columns)
        if group.column(n).path_in_schema == "text"
    )
    whole[start : start + 200] = b"\xff" * 200
    path.write_bytes(bytes(whole))
    found = read(path)
    assert len(found) == BATCH_ROWS + 1
    assert isinstance(found[-1], RecordRefused)
    assert found[-1].record == f"after row {BATCH_ROWS}"


def test_an_unused_column_that_python_cannot_hold_does_no_harm(tmp_path: Path) -> None:
    fine = pa.array([[1697014800123456789]], pa.list_(pa.timestamp("ns")))
    found = one(save(tmp_path, fine=fine))
    assert orjson.loads(found.raw)["fine"] is None


def test_a_time_that_is_not_a_number_is_no_time(tmp_path: Path) -> None:
    (bad,) = read(save(tmp_path, posted_at=[float("nan")]))
    assert "posted_at is blank" in str(bad)
