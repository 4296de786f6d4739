"""When the newest run was begun, and when it last came further: for whoever watches over the desk.

Kept in the store beside the run and nowhere else; nothing is decided by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, select

from tocsin import wire
from tocsin.clock import SystemClock
from tocsin.store import Store, schema
from tocsin.store.store import put_meta

STALLED: Final = timedelta(hours=1)
"""A run that came no further for so long has failed, or nobody has gone on with it."""
_BEGUN: Final = "run_begun"
_MOVED: Final = "run_moved"


@dataclass(frozen=True, slots=True)
class NewestRun:
    """The newest run and its times.

    Args:
        begun_at: None: not known, as of a run by an earlier version.
        moved_at: when its newest checkpoint was written; of one that is done, its end.
    """

    seq: int
    after: int
    boundary: int
    done: bool
    posts: int
    begun_at: datetime | None
    moved_at: datetime | None

    @property
    def seconds(self) -> float | None:
        """From begin to end, standstills included; None: not done, or not known."""
        if not self.done or self.begun_at is None or self.moved_at is None:
            return None
        return (self.moved_at - self.begun_at).total_seconds()

    def stalled(self, now: datetime) -> bool:
        """Whether it is not done and came no further for long."""
        last = self.moved_at or self.begun_at
        return not self.done and last is not None and now - last > STALLED


def note_begun(connection: Connection, run: int) -> None:
    """A run is begun now."""
    put_meta(connection, _BEGUN, _mark(run))


def note_moved(connection: Connection, run: int) -> None:
    """A run came further now."""
    put_meta(connection, _MOVED, _mark(run))


def _mark(run: int) -> str:
    return f"{run} {wire.iso(SystemClock().now())}"


def newest_run(store: Store) -> NewestRun | None:
    """The newest run; None where none was begun."""
    table, meta = schema.runs.c, schema.meta.c
    columns = (table.seq, table.after, table.boundary, table.done, table.posts_done)
    with store.reading() as connection:
        row = connection.execute(select(*columns).order_by(table.seq.desc()).limit(1)).first()
        marks = select(meta.name, meta.value).where(meta.name.in_((_BEGUN, _MOVED)))
        noted = {one.name: one.value for one in connection.execute(marks)}
    if row is None:
        return None
    times = (_time(noted.get(name, ""), row.seq) for name in (_BEGUN, _MOVED))
    return NewestRun(row.seq, row.after, row.boundary, bool(row.done), row.posts_done, *times)


def _time(mark: str, run: int) -> datetime | None:
    """What was noted of this run; of another it says nothing."""
    seq, _, at = mark.partition(" ")
    return wire.moment(at) if seq == str(run) else None
