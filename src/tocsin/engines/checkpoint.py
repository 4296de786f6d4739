"""What a run writes, and where it stands: all of a checkpoint is durable, or none of it.

Order: warnings into the ledger, the state file beside the store, then one transaction of the
store that names the state file. Killed between any two, the next start finds the checkpoint
before, computes the same again, and doubles nothing: warnings already in the ledger are known.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import orjson
from sqlalchemy import Connection, select, update

from tocsin import wire
from tocsin.archive import Archive
from tocsin.engines.indexing import INDEXED, warning_row
from tocsin.engines.run_times import note_moved
from tocsin.logs import Log
from tocsin.model import Enriched, Post, Reading, Rumour, Sighting, Suggestion, WarningAction
from tocsin.pipeline import Step
from tocsin.store import Position, Store, schema
from tocsin.store.store import (
    Processed,
    add_processed,
    add_rows,
    dumps,
    put_meta,
    replace_rows,
)
from tocsin.store.suggestions import keep_likeliest

_LOG = Log("tocsin.run")
_RUMOUR_COLUMNS = tuple(one.name for one in fields(Rumour) if one.name != "status")


@dataclass(slots=True)
class Batch:
    """Rows gathered since the last checkpoint."""

    processed: Processed = field(default_factory=Processed)
    actions: list[WarningAction] = field(default_factory=list)
    suggestions: list[dict[str, Any]] = field(default_factory=list)
    posts: int = 0
    last: Post | None = None

    def add(self, enriched: Enriched, reading: Reading, step: Step) -> None:
        """Note what became of one post."""
        self.posts += 1
        self.last = enriched.post
        note_processed(self.processed, enriched, reading, step.sighting if step.kept else None)
        self.actions.extend(step.actions)


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run, as the ledger and the ``runs`` table know it.

    Args:
        seq: ledger seq of its entry.
        after: posts with a smaller seq were processed by an earlier run.
        boundary: posts with this seq or a greater one belong to a later run.
        until: to when time passes after the last post; None: no further than that.
    """

    seq: int
    after: int
    boundary: int
    done: bool
    posts_done: int
    position: Position | None
    state: str | None
    versions: Mapping[str, str]
    until: datetime | None = None


class Ledger(Protocol):
    """Where a run's warnings go: the archive, or (in a rebuild) beside what it recorded."""

    def log(self, run: int, actions: Sequence[WarningAction]) -> list[dict[str, Any]]:
        """Note warning actions; returns the rows that the store lacks."""
        ...

    def finish(self, run: int, posts: int) -> None:
        """The run has reached its boundary."""
        ...

    def flush(self) -> int:
        """Make it durable; returns the ledger seq up to which the store will be indexed."""
        ...


class ArchiveLedger:
    """Warnings are appended to the archive, each exactly once."""

    def __init__(self, archive: Archive, store: Store, run_seq: int) -> None:
        self._archive = archive
        self._logged = logged_actions(store, run_seq)

    def log(self, run: int, actions: Sequence[WarningAction]) -> list[dict[str, Any]]:
        """Append the actions that the ledger does not hold yet."""
        rows = []
        for action in actions:
            line = wire.warning_line(action)
            if action_key(line) in self._logged:
                continue
            payload = {**line, "run": run}
            rows.append(warning_row(self._archive.append_entry("warning", payload), payload))
        return rows

    def finish(self, run: int, posts: int) -> None:
        """Append ``run_done``, unless a kill came after it the last time."""
        finished = (e.payload["run"] for e in self._archive.entries(run) if e.kind == "run_done")
        if run not in finished:
            self._archive.append_entry("run_done", {"run": run, "posts": posts})

    def flush(self) -> int:
        """Fsync the archive."""
        self._archive.flush()
        return self._archive.durable_seq


@dataclass(frozen=True, slots=True)
class RunPlace:
    """Where one run writes."""

    store: Store
    ledger: Ledger
    state_folder: Path


class Checkpoints:
    """Writes the checkpoints of one run."""

    def __init__(self, place: RunPlace, run: RunRecord) -> None:
        self._place = place
        self._run = run
        self._posts_done = run.posts_done

    def warn(self, actions: Sequence[WarningAction]) -> None:
        """Make warnings durable that were told before a checkpoint; it repeats none of them."""
        rows = self._place.ledger.log(self._run.seq, actions)
        indexed = self._place.ledger.flush()
        if not rows:
            return
        with self._place.store.writing() as connection:
            add_rows(connection, schema.warnings, rows)
            put_meta(connection, INDEXED, str(indexed))

    def write(self, batch: Batch, rumours: tuple[Rumour, ...], state: bytes, done: bool) -> None:
        """Make everything up to ``batch.last`` durable.

        Args:
            rumours: those that changed since the last checkpoint.
            state: the pipeline's snapshot.
            done: the run has reached its boundary.
        """
        posts_done = self._posts_done + batch.posts
        ledger = self._place.ledger
        warnings = ledger.log(self._run.seq, batch.actions)
        if done:
            ledger.finish(self._run.seq, posts_done)
        indexed = ledger.flush()
        name = f"{self._run.seq}-{posts_done}.state"
        write_state(self._place.state_folder / name, state)

        def work(connection: Connection) -> None:
            replace_rows(connection, schema.rumours, "id", [rumour_row(r) for r in rumours])
            add_processed(connection, batch.processed)
            keep_likeliest(connection, batch.suggestions)
            add_rows(connection, schema.warnings, warnings)
            progress = {"posts_done": posts_done, "state": name, "done": done}
            self._mark(connection, batch.last, progress)
            put_meta(connection, INDEXED, str(indexed))
            note_moved(connection, self._run.seq)

        self._place.store.write(work, lambda connection: self._stands(connection, name, done))
        self._posts_done = posts_done
        _LOG.info("checkpoint written", run=self._run.seq, done=posts_done)
        forget_states(self._place.state_folder, name)

    def _mark(self, connection: Connection, last: Post | None, progress: dict[str, Any]) -> None:
        if last is not None:
            progress["position"] = position_text(last)
        runs = schema.runs
        connection.execute(update(runs).where(runs.c.seq == self._run.seq).values(**progress))

    def _stands(self, connection: Connection, state: str, done: bool) -> bool:
        """Whether this checkpoint is in the store."""
        runs = schema.runs
        query = select(runs.c.state, runs.c.done).where(runs.c.seq == self._run.seq)
        row = connection.execute(query).first()
        return row is not None and (row.state, row.done) == (state, done)


def action_key(line: Mapping[str, Any]) -> tuple[str, str, str]:
    """What makes a warning action that action, over repeated computation."""
    return (line["id"], line["action"], line["issued_at"])


def logged_actions(store: Store, run_seq: int) -> set[tuple[str, str, str]]:
    """Actions of this run that the ledger holds already (a kill came after the ledger)."""
    with store.reading() as connection:
        query = select(schema.warnings.c.body).where(schema.warnings.c.seq > run_seq)
        return {action_key(orjson.loads(body)) for body in connection.execute(query).scalars()}


def write_state(path: Path, state: bytes) -> None:
    """Write and fsync beside, then rename: the file is whole or not there."""
    path.parent.mkdir(exist_ok=True)
    beside = path.with_suffix(".state.new")
    with beside.open("wb") as file:
        file.write(state)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def forget_states(folder: Path, kept: str | None) -> None:
    """Remove all state files but the one the store names, those of killed runs too."""
    for path in folder.glob("*.state*"):
        if path.name != kept:
            path.unlink(missing_ok=True)


def read_state(path: Path) -> bytes:
    """The inverse of :func:`write_state`."""
    return path.read_bytes()


def note_processed(
    rows: Processed, enriched: Enriched, reading: Reading, sighting: Sighting | None
) -> None:
    """Add the rows of one post; no sighting: nothing could ever join it."""
    seq = enriched.post.seq
    rows.readings.append(reading_row(seq, reading))
    if sighting is not None:
        rows.sightings.append(sighting_row(seq, sighting, enriched.digest))
    if enriched.text:
        rows.search.append((seq, enriched.text))


def reading_row(seq: int, reading: Reading) -> dict[str, Any]:
    """A row of ``readings``; the body is kept only where something was read."""
    found = reading.acts or reading.signals or reading.places or reading.target
    return {
        "seq": seq,
        "lang": reading.lang,
        "read": reading.read.value,
        "alarm": reading.alarm,
        "frame": reading.frame.value,
        "target": None if reading.target is None else reading.target.group,
        "body": dumps(wire.reading_body(reading)) if found else None,
    }


def sighting_row(seq: int, sighting: Sighting, digest: bytes | None) -> dict[str, Any]:
    """A row of ``sightings``: under the rumour it was put into, for merges are laid over it."""
    return {
        "seq": seq,
        "rumour": sighting.thread or sighting.rumour,
        "method": sighting.method.value,
        "similarity": sighting.similarity,
        "stance": None if sighting.stance is None else sighting.stance.value,
        "late": sighting.late,
        "digest": digest,
    }


def suggestion_row(suggestion: Suggestion) -> dict[str, Any]:
    """A row of ``suggestions``: the pair in order of ids, so that it is one row whichever of the
    two the post was put into, and wherever checkpoints fall.
    """
    rumour, other = sorted((suggestion.rumour, suggestion.other))
    return {**asdict(suggestion), "rumour": rumour, "other": other}


def rumour_row(rumour: Rumour) -> dict[str, Any]:
    """A row of ``rumours``; its status lives with the decisions."""
    return {name: getattr(rumour, name) for name in _RUMOUR_COLUMNS}


def position_text(post: Post) -> str:
    """A post's place in time order, as the ``runs`` table keeps it."""
    known_us = (post.known_at - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1_000_000
    return dumps([round(known_us), post.channel, post.id, post.version])


def position_from(text: str | None) -> Position | None:
    """The inverse of :func:`position_text`."""
    return None if text is None else Position(*orjson.loads(text))
