"""Parquet, converted column by column in small batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from tocsin.errors import RecordRefused
from tocsin.model import RawItem
from tocsin.sources.columns import Plan
from tocsin.sources.instants import END_SECONDS
from tocsin.sources.refusals import WHOLE_FILE, Unfit, refuse, refuse_file
from tocsin.sources.rows import Convert, assemble, converters

BATCH_ROWS = 2_048
"""Rows held in memory at a time; a post takes a few kilobytes."""

_BUFFER_BYTES = 1 << 20
_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_MICRO = 10**6
_TIMES = frozenset({"posted_at", "captured_at", "forward_posted_at", "edited_at"})
_DAMAGED = "the file is damaged or not wholly there"
Bad = dict[int, Unfit]
"""Row of a batch → why it is refused."""


def read_parquet(path: Path, plan: Plan) -> Iterator[RawItem | RecordRefused]:
    """Posts and refusals in row order, rows counted from 1.

    Raises:
        RecordRefused: not Parquet, or a required column is missing or of a wrong type.
    """
    number = 0
    try:
        with pq.ParquetFile(str(path), buffer_size=_BUFFER_BYTES, pre_buffer=False) as table:
            used = _used_columns(table.schema_arrow, plan)
            for batch in table.iter_batches(batch_size=BATCH_ROWS, use_threads=False):
                yield from _read_batch(batch, used, number, plan)
                number += batch.num_rows
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        if not number:
            raise refuse_file(path, _DAMAGED, "write it again") from error
        problem = f"{_DAMAGED}; what came before is kept"
        yield RecordRefused(plan.file, f"after row {number}", problem, "write it again")


def _used_columns(schema: Any, plan: Plan) -> dict[str, int]:
    """Our column → its place in the table."""
    names: list[str] = schema.names
    try:
        plan.check(names, plan.options.column_map)
        used = plan.resolve(names)
        for ours, theirs in used.items():
            _check_column(ours, theirs, schema)
    except Unfit as unfit:
        raise refuse(plan.file, WHOLE_FILE, unfit) from unfit
    return {ours: names.index(theirs) for ours, theirs in used.items()}


def _check_column(ours: str, theirs: str, schema: Any) -> None:
    if schema.names.count(theirs) > 1:
        raise Unfit(f"two columns are called {theirs!r}", "rename one of them")
    kind = schema.field(theirs).type
    inner = kind.value_type if pa.types.is_dictionary(kind) else kind
    fits = _FITS.get(ours)
    if fits is not None and not (fits(inner) or pa.types.is_null(inner)):
        problem = f"column {theirs!r} holds {kind}, which cannot be {ours}"
        raise Unfit(problem, f"say which column it is: --map {ours}=their_name")


def _is_text(kind: Any) -> bool:
    kinds = (
        pa.types.is_string,
        pa.types.is_large_string,
        pa.types.is_string_view,
        pa.types.is_binary,
        pa.types.is_large_binary,
    )
    return any(is_kind(kind) for is_kind in kinds)


def _is_name(kind: Any) -> bool:
    return bool(_is_text(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _is_time(kind: Any) -> bool:
    return bool(_is_name(kind) or pa.types.is_timestamp(kind) or pa.types.is_date(kind))


_FITS: Mapping[str, Callable[[Any], bool]] = {
    "id": _is_name,
    "channel": _is_name,
    "text": _is_text,
} | dict.fromkeys(_TIMES, _is_time)


def _read_batch(
    batch: Any, used: Mapping[str, int], before: int, plan: Plan
) -> Iterator[RawItem | RecordRefused]:
    bad: Bad = {}
    plain = [_plain(column) for column in batch.columns]
    convert = converters(plan.options)
    converted = [
        _converted(ours, batch.column(place), plain[place], convert[ours], bad)
        for ours, place in used.items()
    ]
    names = batch.schema.names
    rows = zip(zip(*plain, strict=True), zip(*converted, strict=True), strict=True)
    for place, (found, kept) in enumerate(rows):
        record = f"row {before + place + 1}"
        try:
            if place in bad:
                raise bad[place]
            raw = _canonical(dict(zip(names, found, strict=True)))
            yield assemble(dict(zip(used, kept, strict=True)), raw, record, plan)
        except Unfit as unfit:
            yield refuse(plan.file, record, unfit)


def _converted(ours: str, column: Any, plain: list[Any], convert: Convert, bad: Bad) -> list[Any]:
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        return _instants(ours, column, bad)
    kept = []
    for place, value in enumerate(plain):
        try:
            kept.append(convert(value))
        except Unfit as unfit:
            bad.setdefault(place, unfit)
            kept.append(None)
    return kept


def _instants(ours: str, column: Any, bad: Bad) -> list[str | None]:
    """ISO 8601 in UTC for a column of timestamps or dates of any unit."""
    if pa.types.is_date(column.type):
        column = column.cast(pa.timestamp("s" if column.type == pa.date32() else "ms"))
    per_second = _PER_SECOND[column.type.unit]
    ticks = column.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    there = column.is_valid().to_numpy(zero_copy_only=False)
    inside = (ticks > 0) & (ticks < END_SECONDS * per_second)
    for place in np.flatnonzero(there & ~inside):
        problem = f"{ours}: a time outside the years 1970 to 2099"
        bad.setdefault(int(place), Unfit(problem, "correct it, or leave this record out"))
    written = _iso(_microseconds(np.where(inside, ticks, 0), per_second))
    return [text if ok else None for text, ok in zip(written, there & inside, strict=True)]


def _microseconds(ticks: Any, per_second: int) -> Any:
    return (
        ticks // (per_second // _MICRO) if per_second > _MICRO else ticks * (_MICRO // per_second)
    )


def _iso(microseconds: Any) -> list[str]:
    moments = microseconds.astype("datetime64[us]")
    written: list[str] = np.datetime_as_string(moments.astype("datetime64[s]"), unit="s").tolist()
    for place in np.flatnonzero(microseconds % _MICRO):
        written[place] = str(np.datetime_as_string(moments[place], unit="us"))
    return [f"{text}+00:00" for text in written]


def _plain(column: Any) -> list[Any]:
    """Values as Python has them; moments as their exact count in the column's own unit."""
    if pa.types.is_temporal(column.type) and not pa.types.is_interval(column.type):
        width = pa.int64() if column.type.bit_width == 64 else pa.int32()
        return list(column.cast(width).to_pylist())
    try:
        return list(column.to_pylist())
    except (ValueError, OverflowError):
        if not _is_text(column.type):
            # a list of nanoseconds or the like, which Python has no values for: not a post's
            return [None] * len(column)
    # Parquet does not promise that its strings are UTF-8: each is judged by itself
    return [_decoded(value) for value in column.cast(pa.large_binary()).to_pylist()]


def _decoded(value: bytes | None) -> str | bytes | None:
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        return value


def _canonical(row: dict[str, Any]) -> bytes:
    return orjson.dumps(row, default=_as_json, option=orjson.OPT_SORT_KEYS)


def _as_json(value: Any) -> str:
    if isinstance(value, bytes):
        return value.hex()
    return str(value) if isinstance(value, Decimal) else repr(value)
