"""Running the pipeline over an archive on this machine: idempotent and resumable.

A run takes every archived post that no earlier run took, in time order. Its boundary is written
to the ledger before it starts, so that a killed run goes on with the same posts and a rebuild
repeats the same runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import select

from tocsin import __version__, wire
from tocsin.archive import Archive
from tocsin.clock import next_tick
from tocsin.engines.checkpoint import (
    ArchiveLedger,
    Batch,
    Checkpoints,
    RunPlace,
    RunRecord,
    position_from,
    read_state,
    suggestion_row,
)
from tocsin.engines.decisions import apply, count_decisions, decisions_between
from tocsin.engines.indexing import Indexer
from tocsin.engines.known import sources
from tocsin.engines.project import Project, profiles
from tocsin.engines.reports import count_reports, reports_between
from tocsin.engines.run_times import note_begun
from tocsin.engines.upgrades.accepted import heed
from tocsin.engines.upgrades.kept import keep
from tocsin.engines.upgrades.parts import code_versions, own_versions
from tocsin.engines.workers import (
    CHUNK,
    Matcher,
    PostReader,
    Read,
    ReadingPlan,
    may_have_vector,
    read_ahead,
)
from tocsin.errors import EnvironmentFailed
from tocsin.logs import Log
from tocsin.model import (
    ChannelProfile,
    Enriched,
    Identity,
    Post,
    WarningAction,
)
from tocsin.pipeline import Pipeline, PipelineOptions
from tocsin.reading import SecondOptions, read_added
from tocsin.settings import Settings
from tocsin.store import Position, Store, schema
from tocsin.store.lists import warnings_now
from tocsin.store.moment import newest_state
from tocsin.store.observations import silent_sources
from tocsin.store.store import count_posts, posts_after
from tocsin.text import post_from_content

_PAGE = 5_000
_LOG = Log("tocsin.run")


@dataclass(slots=True)
class RunSummary:
    """What a run did.

    Args:
        posts: posts processed by this call (not those of an interrupted one before it).
        actions: warning actions issued by this call.
        runs: runs finished by this call; one without posts heard reports from the ground.
    """

    posts: int = 0
    actions: list[WarningAction] = field(default_factory=list)
    runs: int = 0


@dataclass(frozen=True, slots=True)
class RunWatch:
    """What a caller wants to be told while a run goes on."""

    started: Callable[[int, int], None] = lambda _done, _total: None
    progress: Callable[[int], None] = lambda _: None
    say: Callable[[str], None] = lambda _: None


@dataclass(frozen=True, slots=True)
class Written:
    """Where a run writes what it finds, and whom it tells."""

    checkpoints: Checkpoints
    summary: RunSummary
    watch: RunWatch


class Run:
    """One run: posts of one boundary through the pipeline, checkpoint by checkpoint."""

    def __init__(self, record: RunRecord, place: RunPlace, settings: Settings) -> None:
        self._record = record
        self._place = place
        self._checkpoint_posts = settings.whole("run.checkpoint_posts")
        self._known = profiles(place.store)
        self._plan = reading_plan(settings, self._known)
        self._behind = sources(settings, place.store, record.seq)
        self._silent = tuple(silent_sources(place.store, record.seq).values())
        self._options = pipeline_options(settings)
        self._pipeline = Pipeline(self._known, self._options, self._behind, self._silent)
        self._missing = MissingVectors(self._plan)

    def go(self, watch: RunWatch) -> RunSummary:
        """Process what is left of the run.

        Raises:
            EnvironmentFailed: disk, database or a worker process; what is done is kept.
        """
        record, summary, total = self._record, RunSummary(), self._count()
        self._restore()
        checkpoints = Checkpoints(self._place, record)
        watch.started(record.posts_done, total)
        _LOG.info("run begun", run=record.seq, posts=total, done=record.posts_done)
        begun = Batch(actions=list(self._apply_decisions()))
        batch = self._take_posts(begun, Written(checkpoints, summary, watch))
        batch.actions.extend(self._pipeline.hear_all())
        if record.until is not None:
            batch.actions.extend(self._pipeline.advance(record.until))
        self._write(checkpoints, batch, summary, done=True)
        watch.progress(record.posts_done + summary.posts)
        found = {"posts": summary.posts, "actions": len(summary.actions)}
        _LOG.info("run ended", run=record.seq, **found)
        return summary

    def _take_posts(self, batch: Batch, written: Written) -> Batch:
        """Every post of the run, in order; what is in no checkpoint yet is returned."""
        summary = written.summary
        for enriched, reading in self._read():
            step = self._pipeline.step(self._missing.fill(enriched, self._pipeline), reading)
            batch.add(enriched, reading, step)
            if batch.posts >= self._checkpoint_posts:
                self._write(written.checkpoints, batch, summary, done=False)
                batch = Batch()
            elif batch.posts % CHUNK == 0:
                written.watch.progress(self._record.posts_done + summary.posts + batch.posts)
        return batch

    def _write(
        self, checkpoints: Checkpoints, batch: Batch, summary: RunSummary, *, done: bool
    ) -> None:
        rumours = self._pipeline.following.rumours.changed()
        batch.suggestions.extend(
            map(suggestion_row, self._pipeline.following.rumours.take_suggestions())
        )
        checkpoints.write(batch, rumours, self._pipeline.snapshot(), done)
        summary.posts += batch.posts
        summary.actions.extend(batch.actions)

    def _restore(self) -> None:
        """Go on from this run's last checkpoint, or from where the run before ended."""
        with self._place.store.reading() as connection:
            state = self._record.state or newest_state(connection, self._record.seq)
        if state is None:
            return
        path = self._place.state_folder / state
        if not path.is_file():
            raise EnvironmentFailed(
                f"{path}: the state of the last run is gone; make it again from the archive "
                "with: tocsin rebuild"
            )
        self._pipeline.restore(read_state(path))

    def _apply_decisions(self) -> Iterator[WarningAction]:
        """Decisions made since the run before, in the order they were made.

        Reports from the ground are heard on the way, each when it was received.
        """
        if self._record.posts_done:
            return
        store = self._place.store
        earlier = last_run(store, self._record.seq)
        start = 0 if earlier is None else earlier.seq
        self._pipeline.deciding.expect(reports_between(store, start, self._record.seq))
        for decision in decisions_between(store, start, self._record.seq):
            yield from apply(decision, store, self._pipeline)

    def _count(self) -> int:
        with self._place.store.reading() as connection:
            return count_posts(connection, (self._record.after, self._record.boundary))

    def _read(self) -> Iterator[Read]:
        return read_ahead(self._posts(), self._plan, self._pipeline)

    def _posts(self) -> Iterator[Post]:
        """What is left of the run's posts, in order."""
        bounds = (self._record.after, self._record.boundary)
        return posts_in_time(self._place.store, bounds, self._record.position)


Engine = Callable[[RunRecord, RunPlace, Settings], Run]
"""Makes the run of a record."""


def run_project(
    project: Project,
    archive: Archive,
    store: Store,
    watch: RunWatch | None = None,
    until: datetime | None = None,
    engine: Engine = Run,
) -> RunSummary:
    """Process everything archived and not yet processed; nothing to do is fine.

    Args:
        until: let time pass to here after the last post: warnings end, and are told again where
            nobody answers, although no post comes. None: time stands at the last post.
        engine: what takes the posts through the pipeline.

    Raises:
        EnvironmentFailed: disk, database or a worker process; what is done is kept.
        VersionsNotAccepted: the settings say not to run with what nobody accepted.
    """
    watch = watch or RunWatch()
    summary = RunSummary()
    while (record := _next(project, (archive, store), until, watch)) is not None:
        place = RunPlace(store, ArchiveLedger(archive, store, record.seq), project.state_folder)
        one = engine(record, place, project.settings).go(watch)
        summary.posts += one.posts
        summary.actions.extend(one.actions)
        summary.runs += 1
    return summary


def _next(
    project: Project, opened: tuple[Archive, Store], until: datetime | None, watch: RunWatch
) -> RunRecord | None:
    """The run that was interrupted, else a new one over what came since; None: all is done."""
    archive, store = opened
    record = last_run(store)
    if record is not None and not record.done:
        in_force(project, store, watch.say)
        return record
    after = 0 if record is None else record.boundary
    boundary = archive.next_seq
    with store.reading() as connection:
        has_posts = count_posts(connection, (after, boundary)) > 0
    if not (has_posts or _heard(store, record) or _passes(store, record, until)):
        return None
    entry = {
        "after": after,
        "boundary": boundary,
        "versions": in_force(project, store, watch.say),
    }
    archive.append_entry("run", entry | ({"until": wire.iso(until)} if until else {}))
    archive.flush()
    Indexer(store).catch_up(archive)
    begun = last_run(store)
    if begun is not None:
        with store.writing() as connection:
            note_begun(connection, begun.seq)
    return begun


def in_force(project: Project, store: Store, say: Callable[[str], None]) -> dict[str, str]:
    """What a run is about to decide by, kept for the way back.

    Raises:
        VersionsNotAccepted: nobody accepted it, and the settings say not to run so.
    """
    found = versions(project.settings, reading_plan(project.settings, {}))
    heed(store, project.settings, found, say)
    keep(project.folder, project.settings)
    return found


def _heard(store: Store, before: RunRecord | None) -> bool:
    """Whether people told of something since the last run: reports, decisions about warnings."""
    if before is None:
        return count_reports(store, -1) > 0
    return count_reports(store, before.seq) + count_decisions(store, before.seq) > 0


def _passes(store: Store, before: RunRecord | None, until: datetime | None) -> bool:
    """Whether a tick has passed since the last run, for a warning that stands."""
    if before is None or until is None:
        return False
    if before.until is not None and next_tick(before.until) > until:
        return False
    return any(line["action"] in ("issue", "update") for line in warnings_now(store))


def waits(store: Store) -> bool:
    """Whether posts wait to be read, or a run was interrupted."""
    before = last_run(store)
    if before is not None and not before.done:
        return True
    after = 0 if before is None else before.boundary
    seq = schema.posts.c.seq
    with store.reading() as connection:
        query = select(seq).where(seq >= after).limit(1)
        return connection.execute(query).first() is not None


class MissingVectors:
    """Gives a vector to the rare post whose text was live when it was handed out and is not now.

    Whether that happens depends on how far ahead the workers read, so what comes out must not.
    """

    def __init__(self, plan: ReadingPlan) -> None:
        self._plan = plan
        self._reader: PostReader | None = None

    def fill(self, enriched: Enriched, matcher: Matcher) -> Enriched:
        """``enriched`` with its vector, if it needs one and its language has a model."""
        if not may_have_vector(enriched) or not matcher.needs_vector(enriched):
            return enriched
        if self._reader is None:
            self._reader = PostReader(self._plan)
        return self._reader.embed([enriched])[0]


def posts_in_time(
    store: Store, bounds: tuple[int, int], after: Position | None = None
) -> Iterator[Post]:
    """Posts with seq in ``bounds``, in the order of ``Post.order``, a page at a time."""
    while True:
        rows = store.ask(partial(posts_after, bounds=bounds, after=after, limit=_PAGE))
        for row in rows:
            yield post_from_row(row)
        if len(rows) < _PAGE:
            return
        last = post_from_row(rows[-1])
        known_us = schema.UtcTime().process_bind_param(last.known_at, store.engine.dialect)
        assert known_us is not None
        after = Position(known_us, last.channel, last.id, last.version)


def post_from_row(row: Mapping[str, Any]) -> Post:
    """A Post from a row of ``posts``."""
    identity = Identity(row["source"], row["channel"], row["message_id"], row["version"])
    content = orjson.loads(row["extra"])
    content["text"] = row["text"]
    content["posted_at"] = wire.iso(row["posted_at"])
    return post_from_content(identity, content, seq=row["seq"])


def reading_plan(settings: Settings, known: Mapping[str, ChannelProfile]) -> ReadingPlan:
    """How posts are read under these settings."""
    return ReadingPlan(
        reader=settings.text("reading.reader"),
        pack_folders=settings.texts("reading.pack_folders"),
        places=read_added(map(Path, settings.texts("reading.places"))),
        workers=settings.whole("run.workers"),
        profiles=known,
        second=SecondOptions(
            url=settings.text("reading.second_url"),
            model=settings.text("reading.second_model"),
            timeout_s=settings.number("reading.second_timeout_s"),
            budget=settings.whole("reading.second_budget"),
        ),
    )


def pipeline_options(settings: Settings) -> PipelineOptions:
    """What the later stages decide by, under these settings."""
    default = PipelineOptions()
    return PipelineOptions(
        rumours=replace(default.rumours, live_days=settings.number("rumours.live_days")),
        policy=replace(
            default.policy,
            grace_h=settings.number("warnings.expire_h"),
            watch=settings.number("warnings.watch"),
            alert=settings.number("warnings.alert"),
            alarm=settings.number("warnings.alarm"),
            escalate=settings.truth("warnings.escalate"),
            budget_per_week=settings.whole("warnings.budget_per_week"),
        ),
        horizon_h=settings.whole("risk.horizon_h"),
    )


def versions(settings: Settings, plan: ReadingPlan) -> dict[str, str]:
    """Digests of what decides, for the ledger: code, settings, packs, gazetteer, models."""
    return {
        "tocsin": __version__,
        "settings": settings.digest(),
        **code_versions(),
        **own_versions(settings),
        **PostReader(plan).versions(),
    }


def last_run(store: Store, before: int | None = None) -> RunRecord | None:
    """The newest run, finished or not.

    Args:
        before: of those with a smaller seq; None: of all.
    """
    runs = schema.runs
    query = runs.select().order_by(runs.c.seq.desc()).limit(1)
    if before is not None:
        query = query.where(runs.c.seq < before)
    with store.reading() as connection:
        row = connection.execute(query).mappings().first()
    return None if row is None else _run_record(dict(row))


def _run_record(row: Mapping[str, Any]) -> RunRecord:
    return RunRecord(
        seq=row["seq"],
        after=row["after"],
        boundary=row["boundary"],
        done=row["done"],
        posts_done=row["posts_done"],
        position=position_from(row["position"]),
        state=row["state"],
        versions=orjson.loads(row["versions"]),
        until=row["until"],
    )
