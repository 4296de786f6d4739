"""The same promises on real posts, where they are at hand."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from tocsin import wire
from tocsin.backtest.replay import Replay, ReplayOptions
from tocsin.model import Enriched, RawItem, Reading
from tocsin.plugins import load_sources
from tocsin.settings import Settings
from tocsin.sources import ReadOptions

Trace = dict[str, Any]


def _posts(data_folder: Path, count: int) -> list[RawItem]:
    """Consecutive real posts, the last of them from late October 2023."""
    import pyarrow.parquet as pq

    path = data_folder / "posts" / "telegram-2017-2023.parquet"
    options = ReadOptions(column_map={"id": "msg_id", "posted_at": "date"})
    items = load_sources()["table"].read(path, options)
    skipped = pq.ParquetFile(path).metadata.num_rows - count
    return [item for item in islice(items, skipped, None) if isinstance(item, RawItem)]


def _replayed(items: list[RawItem], end: datetime | None) -> tuple[Trace, list[str]]:
    """What each post was read as and which rumour it joined; all warning actions."""
    traces: Trace = {}

    def note(enriched: Enriched, reading: Reading, rumour: str) -> None:
        traces[enriched.post.ref] = (wire.reading_body(reading), rumour)

    with Replay({}) as replay:
        replay.add(items)
        settings = Settings({"run.workers": 2})
        options = ReplayOptions(end=end, settings=settings, observer=note)
        actions = [repr(wire.warning_line(action)) for action in replay.actions(options)]
    return traces, actions


def _check_cut(items: list[RawItem], share: float) -> None:
    times = sorted(datetime.fromisoformat(str(item.content["posted_at"])) for item in items)
    end = times[int(len(times) * share)]
    full, actions = _replayed(items, None)
    cut, early = _replayed(items, end)
    assert len(cut) < len(full)
    assert all(full[ref] == trace for ref, trace in cut.items())
    told = [line for line in actions if line.split("'issued_at': '")[1][:25] <= wire.iso(end)]  # type: ignore[operator]
    assert early == told


@pytest.mark.data
def test_a_run_cut_at_t_on_real_posts(data_folder: Path) -> None:
    _check_cut(_posts(data_folder, 1_500), 0.6)


@pytest.mark.data
@pytest.mark.long
def test_a_run_cut_at_t_on_fifty_thousand_real_posts(data_folder: Path) -> None:
    _check_cut(_posts(data_folder, 50_000), 0.5)
