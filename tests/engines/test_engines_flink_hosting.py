"""A hosted stage: one order however records arrive, and nothing twice after a failure."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flink_played import new_memory
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.engines.flink.hosting import Hosted, Memory, Terms
from tocsin.engines.flink.pages import WorkFolder
from tocsin.engines.flink.records import END, Codec, Order

_START = datetime(2023, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Beat:
    """A record at a whole millisecond."""

    millis: int
    name: str

    @property
    def order(self) -> Order:
        return (_START + timedelta(milliseconds=self.millis), "c", self.name, 1)


class Chain:
    """Tells each record with all that came before it, so that any difference shows."""

    def __init__(self) -> None:
        self._so_far = b""
        self._told: list[bytes] = []

    def take(self, record: Beat) -> None:
        self._so_far += f"{record.millis}{record.name};".encode()
        self._told.append(self._so_far)

    def tell(self) -> Iterator[bytes]:
        told, self._told = self._told, []
        return iter(told)

    def snapshot(self) -> bytes:
        return self._so_far

    def restore(self, data: bytes) -> None:
        self._so_far = data


BEATS = Codec(list[Beat])


def _terms(folder: Path, every: int = 3) -> Terms[Beat, bytes]:
    return Terms(Chain, BEATS, WorkFolder(str(folder)), every)


def _expected(beats: list[Beat]) -> list[bytes]:
    chain = Chain()
    for beat in sorted(beats, key=lambda one: (one.millis, one.order)):
        chain.take(beat)
    return list(chain.tell())


_BEATS = st.lists(
    st.builds(Beat, st.integers(0, 40), st.text("abc", min_size=1, max_size=2)),
    min_size=1,
    max_size=30,
    unique=True,
)


@settings(max_examples=60, deadline=None)
@given(beats=_BEATS, data=st.data())
def test_what_comes_out_depends_on_no_arrival_and_no_failure(
    tmp_path_factory: object, beats: list[Beat], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("work")  # type: ignore[attr-defined]
    told: list[bytes] = []
    memory, behind = new_memory(), -1
    hosted = Hosted(_terms(folder), "chain", memory)
    left = data.draw(st.permutations(beats))
    kept: tuple[Memory, list[bytes], list[Beat], int]
    kept = deepcopy(memory), list(told), list(left), behind
    while left:
        count = data.draw(st.integers(1, len(left)))
        some, left = left[:count], left[count:]
        hosted.arrive(BEATS.pack(some), behind)
        oldest = min((beat.millis for beat in left), default=END)
        behind = data.draw(st.integers(behind, max(behind, min(oldest - 1, 60))))
        told += hosted.pass_time(behind)
        what = data.draw(st.sampled_from(["go on", "checkpoint", "fail"]))
        if what == "checkpoint":
            kept = deepcopy(memory), list(told), list(left), behind
        elif what == "fail":
            memory, told = deepcopy(kept[0]), list(kept[1])
            left, behind = list(kept[2]), kept[3]
            hosted = Hosted(_terms(folder), "chain", memory)
            kept = deepcopy(memory), list(told), list(left), behind
    told += hosted.pass_time(END)
    assert told == _expected(beats)
    assert WorkFolder(str(folder)).state(hosted.end()) == told[-1]


def test_a_late_record_takes_its_turn_at_the_moment_reached_also_after_a_failure(
    tmp_path: Path,
) -> None:
    memory = new_memory()
    hosted = Hosted(_terms(tmp_path, every=100), "chain", memory)
    hosted.arrive(BEATS.pack([Beat(10, "a"), Beat(30, "c")]), -1)
    assert hosted.pass_time(20) == [b"10a;"]
    hosted.arrive(BEATS.pack([Beat(5, "b")]), 20)  # ten was taken already
    assert hosted.pass_time(25) == [b"10a;5b;"]
    again = Hosted(_terms(tmp_path, every=100), "chain", memory)
    assert again.waits
    assert again.pass_time(40) == [b"10a;5b;30c;"]


def test_the_log_is_as_long_as_what_came_since_the_snapshot(tmp_path: Path) -> None:
    memory = new_memory()
    hosted = Hosted(_terms(tmp_path, every=5), "chain", memory)
    for number in range(100):
        hosted.arrive(BEATS.pack([Beat(number, "a")]), number - 1)
        hosted.pass_time(number)
        assert len(list(memory.log.get() or ())) <= 5
    assert len(list((tmp_path / "chain").iterdir())) == 8  # older snapshots are forgotten
