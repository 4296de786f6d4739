"""What the versions that run here make of a sample: readings, and warnings in its windows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import orjson
from sqlalchemy import select

from tocsin import wire
from tocsin.engines.checkpoint import read_state, reading_row
from tocsin.engines.known import sources
from tocsin.engines.local import (
    MissingVectors,
    pipeline_options,
    post_from_row,
    reading_plan,
    versions,
)
from tocsin.engines.project import Project, profiles
from tocsin.engines.upgrades.sample import Leg, Sample, Window
from tocsin.engines.workers import ReadingPlan, read_ahead
from tocsin.errors import TocsinError
from tocsin.model import Enriched, Post, WarningAction
from tocsin.pipeline import Pipeline
from tocsin.rumours import Probe
from tocsin.settings import Settings
from tocsin.store import Store, schema
from tocsin.store.moment import newest_state
from tocsin.store.store import chunks

FORMAT = 1
"""Of what two versions tell each other; raised when one could misread the other."""

_LONG = 1_000
"""Posts from which starting reading processes pays."""

Row = Mapping[str, Any]
Tell = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Told:
    """One warning action, as far as it is compared."""

    id: str
    place_id: str
    target: str
    level: str
    action: str
    issued_at: str


@dataclass(frozen=True, slots=True)
class Answers:
    """What one set of versions says.

    Args:
        readings: rows of ``readings``, in the order of the sample.
        windows: for each window the actions told in it.
        stuck: why a run could not go on from where the last one stopped; empty: it can.
    """

    versions: Mapping[str, str]
    readings: tuple[Row, ...] = ()
    windows: tuple[tuple[Told, ...], ...] = ()
    stuck: str = ""


def in_force_here(settings: Settings) -> dict[str, str]:
    """What a run would decide by now."""
    return versions(settings, reading_plan(settings, {}))


def answer(store: Store, sample: Sample, project: Project, tell: Tell) -> Answers:
    """Read and replay a sample with what is installed here.

    Args:
        store: the project's, or a copy of what the sample needs of it.
        tell: told how many posts are done, of ``sample.posts``.
    """
    settings = project.settings
    plan = reading_plan(settings, profiles(store))
    readings = tuple(_readings(store, sample.seqs, plan, tell))
    windows = replayed(store, sample, settings, lambda done: tell(len(sample.seqs) + done))
    return Answers(in_force_here(settings), readings, windows, _stuck(store, project))


def _stuck(store: Store, project: Project) -> str:
    """Why the state of the last run cannot be taken up; empty: it can, or there is none."""
    with store.reading() as connection:
        state = newest_state(connection)
    if state is None:
        return ""
    pipeline = Pipeline({}, pipeline_options(project.settings))
    try:
        pipeline.restore(read_state(project.state_folder / state))
    except TocsinError as error:
        return str(error)
    except Exception as error:  # another version's state may be wrong in any way
        return type(error).__name__
    return ""


def replayed(
    store: Store, sample: Sample, settings: Settings, tell: Tell
) -> tuple[tuple[Told, ...], ...]:
    """The windows of a sample alone."""
    found, done = [], 0
    for window in sample.windows:
        found.append(tuple(_replay(store, window, settings, _after(done, tell))))
        done += window.posts
    return tuple(found)


def _after(done: int, tell: Tell) -> Tell:
    return lambda more: tell(done + more)


class _NothingFollows:
    """Posts are read one by one: no rumours are looked for, so no vectors are needed."""

    def needs_vector(self, enriched: Enriched) -> bool:
        del enriched
        return False

    def know(self, enriched: Enriched, probe: Probe | None) -> None:
        del enriched, probe


def _readings(
    store: Store, seqs: Sequence[int], plan: ReadingPlan, tell: Tell
) -> Iterator[dict[str, Any]]:
    plan = plan if len(seqs) >= _LONG else replace(plan, workers=0)
    reads = read_ahead(posts_of(store, seqs), plan, _NothingFollows())
    for number, (enriched, reading) in enumerate(reads, 1):
        yield reading_row(enriched.post.seq, reading)
        if number % 64 == 0:
            tell(number)


def _replay(store: Store, window: Window, settings: Settings, tell: Tell) -> Iterator[Told]:
    known = profiles(store)
    plan = reading_plan(settings, known)
    plan = plan if window.posts >= _LONG else replace(plan, workers=0)
    before = window.legs[-1].run if window.legs else None
    behind = sources(settings, store, before)
    pipeline = Pipeline(known, pipeline_options(settings), behind)
    missing = MissingVectors(plan)
    every = posts_of(store, [seq for leg in window.legs for seq in leg.seqs])
    reads = read_ahead(every, plan, pipeline)
    done = 0
    for leg in window.legs:
        for _ in leg.seqs:
            enriched, reading = next(reads)
            step = pipeline.step(missing.fill(enriched, pipeline), reading)
            yield from map(_told, step.actions)
            done += 1
            if done % 64 == 0:
                tell(done)
        if leg.until is not None:
            yield from map(_told, pipeline.advance(leg.until))
    tell(done)


def _told(action: WarningAction) -> Told:
    return told_of(wire.warning_line(action))


def told_of(line: Row) -> Told:
    """From a warning line as the ledger and the store keep it."""
    names = ("id", "place_id", "target", "level", "action", "issued_at")
    return Told(**{name: line[name] for name in names})


def posts_of(store: Store, seqs: Iterable[int]) -> Iterator[Post]:
    """Posts by their ledger seq, in the order asked."""
    table = schema.posts
    for chunk in chunks(list(seqs), 500):
        with store.reading() as connection:
            rows = connection.execute(select(table).where(table.c.seq.in_(chunk))).mappings()
            found = {row["seq"]: post_from_row(dict(row)) for row in rows}
        yield from (found[seq] for seq in chunk)


# -- the forms two versions exchange -----------------------------------------------------------


def _as_form(said: Answers | Sample) -> bytes:
    return orjson.dumps({"format": FORMAT, **asdict(said)})


def _form_in(text: bytes) -> dict[str, Any]:
    form = orjson.loads(text)
    if not isinstance(form, dict) or form.get("format") != FORMAT:
        raise ValueError("another format")
    return form


def answers_form(found: Answers) -> bytes:
    """As JSON."""
    return _as_form(found)


def answers_from(text: bytes) -> Answers:
    """The inverse of :func:`answers_form`.

    Raises:
        ValueError: it is something else.
    """
    form = _form_in(text)
    windows = tuple(tuple(Told(**told) for told in window) for window in form["windows"])
    return Answers(form["versions"], tuple(form["readings"]), windows, form["stuck"])


def sample_form(sample: Sample) -> bytes:
    """As JSON."""
    return _as_form(sample)


def sample_from(text: bytes) -> Sample:
    """The inverse of :func:`sample_form`.

    Raises:
        ValueError: it is something else.
    """
    form = _form_in(text)
    windows = tuple(_window(one) for one in form["windows"])
    return Sample(tuple(form["seqs"]), windows, form["drawn"], form["of"])


def _window(form: Row) -> Window:
    legs = (Leg(leg["run"], tuple(leg["seqs"]), wire.moment(leg["until"])) for leg in form["legs"])
    return Window(tuple(legs), wire.moment(form["end"]), form["whole"])
