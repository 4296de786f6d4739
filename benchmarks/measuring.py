"""What the benchmarks share: where the data lie, the machine, memory, and how results are kept."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
DATA = Path(os.environ.get("TOCSIN_DATA", ROOT.parent / "shared" / "data"))
ARCHIVE = DATA / "posts" / "telegram-2017-2023.parquet"
BACKGROUND = DATA / "posts" / "ru-news-2023-2024.parquet"


class PeakMemory:
    """Samples the proportional set size of a process and all below it.

    Of processes with gigabytes that takes tens of milliseconds, which slows what is measured.

    Args:
        every: seconds between two samples.
    """

    def __init__(self, pid: int | None = None, every: float = 1) -> None:
        self._pid = os.getpid() if pid is None else pid
        self.peak_mb = 0.0
        self._sampler = Sampler(every, self._sample)

    def close(self) -> float:
        """Stop; returns the peak in MB."""
        self._sampler.close()
        return self.peak_mb

    def _sample(self) -> None:
        self.peak_mb = max(self.peak_mb, memory_mb(self._pid))


class Sampler:
    """Does something again and again beside what is measured, until it is closed.

    Args:
        every: seconds between two times.
    """

    def __init__(self, every: float, sample: Callable[[], None]) -> None:
        self._every, self._sample = every, sample
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._go, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop, once the last time is over."""
        self._stop.set()
        self._thread.join()

    def _go(self) -> None:
        while not self._stop.wait(self._every):
            self._sample()


def memory_mb(pid: int) -> float:
    """The proportional set size of a process and all below it."""
    return sum(_pss_kb(one) for one in _tree(pid)) / 1024


def _tree(pid: int) -> Iterable[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*"):
        try:
            children = (task / "children").read_text().split()
        except OSError:
            continue
        for child in children:
            yield from _tree(int(child))


def _pss_kb(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


def digest_of(path: Path) -> str:
    """Hex SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def machine() -> dict[str, Any]:
    """What a figure was measured on."""
    cpu = next(
        (
            line.split(":")[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return {
        "cpu": cpu,
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def write_result(name: str, where: dict[str, Any], result: dict[str, Any]) -> None:
    """Keep a result with its date and machine, and print its beginning."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    whole = {"measured": f"{datetime.now(UTC):%Y-%m-%d}", "machine": where, **result}
    path.write_text(json.dumps(whole, indent=2, ensure_ascii=False) + "\n")
    print(f"{path.relative_to(ROOT)}: {json.dumps(whole, ensure_ascii=False)[:600]}")
