"""A run of a project as a job of Flink.

The driver (this process) holds the project: it writes the posts of the run where the job can
read them, hears what the job tells, and puts warnings into the ledger. The job writes readings,
sightings and rumours into the store by itself. At its end the driver puts the state together that
a run in one process would have left, so either engine goes on after the other.

A long run is a row of jobs with a checkpoint of the run between them: a driver that dies, and
with it what Flink knows of its job, loses the job that it was at and none before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice

from tocsin.engines.checkpoint import Batch, RunPlace, RunRecord
from tocsin.engines.flink.cluster import TRY_AGAIN, Cluster
from tocsin.engines.flink.pages import Pages, WorkFolder
from tocsin.engines.flink.plans import JobPlan
from tocsin.engines.flink.records import Told
from tocsin.engines.flink.stages import joined, parted
from tocsin.engines.local import Run, Written
from tocsin.errors import EnvironmentFailed
from tocsin.model import WarningAction
from tocsin.pipeline import Deciding
from tocsin.settings import Settings

_JOB_CHECKPOINTS = 5
"""Posts of a job, in checkpoints of a run: to start one costs as much as thousands of posts."""


class FlinkRun(Run):
    """One run, its posts taken through the pipeline by jobs, one after the other."""

    def __init__(
        self, record: RunRecord, place: RunPlace, settings: Settings, cluster: Cluster
    ) -> None:
        super().__init__(record, place, settings)
        self._cluster = cluster
        named = settings.text("flink.folder") or str(place.state_folder / "flink")
        self._folder = WorkFolder(f"{named}/{record.seq}")

    def _take_posts(self, batch: Batch, written: Written) -> Batch:
        posts = self._posts()
        while True:
            self._folder.remove()  # of the job before, or of a driver that was killed
            job = islice(posts, _JOB_CHECKPOINTS * self._checkpoint_posts)
            pages = self._folder.write_pages(job, self._cluster.page_posts)
            if pages.last is None:
                return batch
            if batch.posts:
                self._write(written.checkpoints, batch, written.summary, done=False)
            else:
                self._warn(batch.actions, written)
            self._take_pages(pages, written)
            batch = Batch(posts=pages.posts, last=pages.last)

    def _take_pages(self, pages: Pages, written: Written) -> None:
        """All of one job."""
        ended: list[str] = []
        done = self._record.posts_done + written.summary.posts
        for told in self._job(self._plan_job(), pages):
            self._warn(told.actions, written)
            done += told.posts
            written.watch.progress(done)
            ended += [] if told.ended is None else [told.ended]
        self._take_up(ended)

    def _job(self, plan: JobPlan, pages: Pages) -> Iterator[Told]:
        from tocsin.engines.flink.job import run_job

        return run_job(plan, pages, self._cluster)

    def _plan_job(self) -> JobPlan:
        url = self._place.store.engine.url.render_as_string(hide_password=False)
        rumours, decisions = parted(self._pipeline.snapshot())
        return JobPlan(
            folder=self._folder.url,
            store=url,
            reading=self._plan,
            options=self._options,
            deciding=partial(Deciding, self._known, self._options, self._behind, self._silent),
            rumours=self._folder.write_state("begun-rumours", 0, rumours),
            decisions=self._folder.write_state("begun-decisions", 0, decisions),
        )

    def _warn(self, actions: Sequence[WarningAction], written: Written) -> None:
        """Warnings are made durable as they are told, not at the end of a long run."""
        written.checkpoints.warn(actions)
        written.summary.actions.extend(actions)

    def _take_up(self, ended: list[str]) -> None:
        """The state that a run in one process would be in."""
        states = {name.partition("-")[0]: self._folder.state(name) for name in ended}
        if states.keys() != {"rumours", "decisions"}:
            raise EnvironmentFailed(f"the job ended before its posts did; {TRY_AGAIN}")
        self._pipeline.restore(joined(states["rumours"], states["decisions"]))
