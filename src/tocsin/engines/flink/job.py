"""The pipeline as a graph of operators.

    pages → posts → read → (key: cell) rumours → decide, and the store

Readings need no key. Rumours and decisions are hosted (see ``hosting``): they take posts in the
order of ``Post.order`` when the watermark has passed them.
"""

from __future__ import annotations

import os
import sys
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pyflink
from py4j.protocol import Py4JError
from pyflink.common import Configuration, Types, WatermarkStrategy
from pyflink.datastream import DataStream, StreamExecutionEnvironment
from pyflink.datastream.connectors.number_seq import NumberSequenceSource
from pyflink.java_gateway import get_gateway

from tocsin.engines.flink.cluster import TRY_AGAIN, Cluster, cause_of
from tocsin.engines.flink.functions import (
    ITEM,
    Decide,
    EventTime,
    FollowRumours,
    OpenPages,
    ReadPosts,
)
from tocsin.engines.flink.pages import Pages
from tocsin.engines.flink.plans import JobPlan
from tocsin.engines.flink.records import TOLD, Told
from tocsin.errors import EnvironmentFailed

_IN_TURN, _AFTER = "in-turn", "after"
"""Slots of their own."""
_JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""Of a mini-cluster, which moves records and computes nothing: compiling it better took as much of
two cores as all else it did.
"""


def run_job(plan: JobPlan, pages: Pages, cluster: Cluster) -> Iterator[Told]:
    """Run a job to its end; yields what it tells as it goes on.

    Raises:
        EnvironmentFailed: it failed for good; what it wrote is in the store.
    """
    try:
        yield from _told(plan, pages, cluster)
    except Py4JError as error:
        said = cause_of(str(error))[:300]
        raise EnvironmentFailed(f"the job failed: {said}; {TRY_AGAIN}") from None


def _told(plan: JobPlan, pages: Pages, cluster: Cluster) -> Iterator[Told]:
    os.environ.setdefault("JVM_ARGS", _JAVA_OPTIONS)  # Java starts with the first word to it
    env = _environment(_configuration(plan, cluster), cluster)
    graph = laid_out(env, plan, pages, cluster)
    with closing(graph.execute_and_collect("tocsin")) as results:
        for text in results:
            yield TOLD.unpack(b64decode(text))


def _environment(configuration: Configuration, cluster: Cluster) -> StreamExecutionEnvironment:
    if not cluster.address:
        # Else a mini-cluster's workers are threads of this process, one core for all of them.
        os.environ["_python_worker_execution_mode"] = "process"  # noqa: SIM112 - its name
        return StreamExecutionEnvironment.get_execution_environment(configuration)
    gateway = get_gateway()
    host, _, port = cluster.address.rpartition(":")
    remote = gateway.jvm.org.apache.flink.streaming.api.environment.RemoteStreamEnvironment
    none = gateway.new_array(gateway.jvm.java.lang.String, 0)
    return StreamExecutionEnvironment(
        remote(host, int(port), configuration._j_configuration, none)  # noqa: SLF001
    )


def laid_out(
    env: StreamExecutionEnvironment, plan: JobPlan, pages: Pages, cluster: Cluster
) -> DataStream:
    """The job's graph, of which nothing runs yet; what it ends in is told to the driver.

    Nothing but reading is done side by side. PyFlink tells event times in an operator that it adds
    itself: were there several, the watermark would be that of the slowest, and rumours would wait.
    """
    env.set_parallelism(1)
    in_time = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(EventTime())
    numbers = NumberSequenceSource(0, pages.count - 1)
    posts = (
        env.from_source(numbers, WatermarkStrategy.no_watermarks(), "pages")
        .uid("pages")
        .map(OpenPages(plan.folder), ITEM)
        .name("posts")
        .uid("posts")
        .assign_timestamps_and_watermarks(in_time)
        .uid("time")
    )
    read = posts.rebalance().map(ReadPosts(plan.reading), ITEM).name("read").uid("read")
    read = read.set_parallelism(cluster.parallelism)
    every = cluster.snapshot_posts
    sighted = read.key_by(_key).process(FollowRumours(plan, every), ITEM)
    sighted = sighted.name("rumours").uid("rumours")
    # A process of their own: what must go one by one should not share a core with reading.
    sighted = sighted.slot_sharing_group(_IN_TURN)
    after = _AFTER if cluster.apart else _IN_TURN
    decided = sighted.key_by(_key).process(Decide(plan, every), ITEM).name("decide").uid("decide")
    decided = decided.slot_sharing_group(after)
    return decided.map(_as_text, Types.STRING()).name("told").uid("told")


def _as_text(item: tuple[int, int, bytes]) -> str:
    """Bytes reach the driver as a list of numbers, a text as a text."""
    return b64encode(item[2]).decode()


def _key(item: tuple[int, int, bytes]) -> int:
    return item[0]


def _configuration(plan: JobPlan, cluster: Cluster) -> Configuration:
    python = cluster.python or sys.executable
    settings = {
        "python.executable": python,
        "python.client.executable": sys.executable,
        "python.fn-execution.bundle.size": "1",
        "python.fn-execution.bundle.time": "100",
        "pipeline.auto-watermark-interval": "20 ms",
        "execution.checkpointing.interval": f"{round(cluster.checkpoint_s * 1000)} ms",
        "execution.checkpointing.mode": "EXACTLY_ONCE",
        "execution.checkpointing.storage": "filesystem",
        "execution.checkpointing.dir": _checkpoints(plan.folder),
        # One that comes while operators end is declined; that must not begin the job again.
        "execution.checkpointing.tolerable-failed-checkpoints": "30",
        "restart-strategy.type": "fixed-delay",
        "restart-strategy.fixed-delay.attempts": "10",
        "restart-strategy.fixed-delay.delay": "2 s",
    }
    if cluster.address:
        settings["pipeline.jars"] = _python_jar()
    else:
        settings |= {
            "taskmanager.numberOfTaskSlots": str(cluster.slots),
            "rest.port": "0",
            "taskmanager.network.adaptive-partitioner.enabled": "true",  # to whoever is free
            # 320 kB; a longer queue of pages would hold up checkpoints.
            "taskmanager.network.memory.buffers-per-channel": "1",
            "taskmanager.network.memory.floating-buffers-per-gate": "1",
            "taskmanager.network.memory.max-buffers-per-channel": "10",
        }
    configuration = Configuration()
    for name, value in settings.items():
        configuration.set_string(name, value)
    return configuration


def _python_jar() -> str:
    """What lets a cluster run Python, sent along, since not every one has it among its own."""
    opt = Path(pyflink.__file__).parent / "opt"
    return ";".join(f"file://{path}" for path in sorted(opt.glob("flink-python-*.jar")))


def _checkpoints(folder: str) -> str:
    return f"{folder if '://' in folder else f'file://{folder}'}/checkpoints"
