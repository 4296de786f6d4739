"""Where a job runs, and whether it can run from here."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from itertools import takewhile
from pathlib import Path

from tocsin.engines.local import Engine
from tocsin.errors import EnvironmentFailed, MissingExtra, UsageError
from tocsin.settings import Settings

_OLDEST_JAVA, _NEWEST_JAVA = 17, 21
TRY_AGAIN = "run again: what it wrote is kept and not doubled"
_READERS_IN_TURN = 2
_JAVA_VERSION = re.compile(r'version "(\d+)')


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where a job runs.

    Args:
        address: HOST:PORT of a JobManager's REST interface; empty: a mini-cluster in this process.
        parallelism: slots that read; one more takes posts in turn, or two (see ``apart``).
        python: the interpreter on the machines that work; empty: this one.
        page_posts: posts that a slot takes at once: fewer come out sooner, and cost more each.
        checkpoint_s: seconds between two checkpoints.
        snapshot_posts: posts between two snapshots of what is hosted.

    Raises:
        UsageError: the address is none, there are no slots, or no posts to a page.
    """

    address: str = ""
    parallelism: int = 1
    python: str = ""
    page_posts: int = 512
    checkpoint_s: float = 10.0
    snapshot_posts: int = 40_000

    def __post_init__(self) -> None:
        host, _, port = self.address.rpartition(":")
        if self.address and not (host and port.isdigit()):
            raise UsageError(
                f"--cluster {self.address}: not HOST:PORT; it names the JobManager's REST "
                "interface, as in flink.example.org:8081"
            )
        if self.page_posts < 1:
            raise UsageError(f"flink.page_posts = {self.page_posts}: must be at least 1")
        if self.parallelism < 1:
            raise UsageError(f"--parallelism {self.parallelism}: must be at least 1")

    @property
    def apart(self) -> bool:
        """Whether decisions and the store have a slot of their own beside that of rumours: what
        two readers read, one process takes in turn; of three it would fall behind.
        """
        return self.parallelism > _READERS_IN_TURN

    @property
    def slots(self) -> int:
        """Slots that the job takes."""
        return self.parallelism + (2 if self.apart else 1)


def cluster_of(settings: Settings, address: str, parallelism: int) -> Cluster:
    """The cluster that settings and command line name."""
    return Cluster(
        address=address,
        parallelism=parallelism,
        python=settings.text("flink.python"),
        page_posts=settings.whole("flink.page_posts"),
        checkpoint_s=settings.number("flink.checkpoint_s"),
        snapshot_posts=settings.whole("flink.snapshot_posts"),
    )


def flink_engine(cluster: Cluster) -> Engine:
    """What takes runs through a job there.

    Raises:
        MissingExtra: Flink's package is not installed here.
        EnvironmentFailed: there is no Java that it runs on.
    """
    if find_spec("pyflink") is None:
        raise MissingExtra("flink", "--engine flink")
    check_java()
    from tocsin.engines.flink.engine import FlinkRun

    return partial(FlinkRun, cluster=cluster)


def cause_of(said: str) -> str:
    """Why a job failed, in one line: what our own code raised there, else the innermost cause that
    Java names.

    Args:
        said: an exception of Java with its causes, of which one may hold a traceback.
    """
    lines = said.splitlines()
    raised = [i for i, line in enumerate(lines) if "Traceback (most recent call last)" in line]
    if raised:
        ours = takewhile(lambda line: not line.strip().startswith("at "), lines[raised[-1] + 1 :])
        last = [line for line in ours if line and not line[0].isspace()]
        if last:
            return last[-1]
    causes = [line for line in lines if line.startswith("Caused by:")]
    return (causes or lines)[-1].removeprefix("Caused by:").strip()


def check_java() -> None:
    """Whether the Java that Flink will start is there and neither too old nor too new.

    Raises:
        EnvironmentFailed: it is not; says what to do.
    """
    todo = "install one, e.g. apt-get install openjdk-17-jre-headless, or set JAVA_HOME"
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java") if home is None else str(Path(home) / "bin" / "java")
    if java is None or not Path(java).is_file():
        raise EnvironmentFailed(f"--engine flink needs Java {_OLDEST_JAVA}: {todo}")
    asked = subprocess.run(  # noqa: S603 - the program that was just looked up
        [java, "-version"], capture_output=True, text=True, check=False
    )
    version = _JAVA_VERSION.search(asked.stderr)
    if version is None or not _OLDEST_JAVA <= int(version[1]) <= _NEWEST_JAVA:
        raise EnvironmentFailed(f"{java}: Flink runs on Java {_OLDEST_JAVA} or 21; {todo}")
