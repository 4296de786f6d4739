"""What would be decided otherwise: this project's own posts under what it used and what it would
use.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from tocsin.engines.project import Project
from tocsin.engines.upgrades.accepted import agreed, last_used
from tocsin.engines.upgrades.answers import Answers, answer, in_force_here, replayed
from tocsin.engines.upgrades.compare import (
    Compared,
    Side,
    read_otherwise,
    recorded,
    resting,
    warned_otherwise,
)
from tocsin.engines.upgrades.environments import ask
from tocsin.engines.upgrades.kept import as_it_was, own_names
from tocsin.engines.upgrades.parts import Change, Versions, changes, own_files
from tocsin.engines.upgrades.sample import POSTS, Sample, draw
from tocsin.settings import Settings
from tocsin.store import Store


@dataclass(frozen=True, slots=True)
class LookOptions:
    """What to look at.

    Args:
        python: of another environment; None: what is installed here.
        sample: posts to read again, and as many to replay; 0: only say which parts differ.
        progress: told how many posts are done, and of how many.
    """

    python: Path | None = None
    sample: int = POSTS
    progress: Callable[[int, int], None] = lambda _done, _total: None


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found.

    Args:
        versions: what would decide.
        changes: what of it is not what the newest run used; empty as well where nothing ever ran.
        unaccepted: what of it is not what was accepted; where nobody ever accepted, as ``changes``.
        sample: None: nothing was read, for nothing differs, or nothing was asked to be.
        exact: warnings were replayed under both, and not measured by what was recorded.
        stuck: why a run could not go on from where the last one stopped; empty: it can.
    """

    versions: Mapping[str, str]
    changes: tuple[Change, ...] = ()
    unaccepted: tuple[Change, ...] = ()
    sample: Sample | None = None
    compared: Compared = field(default_factory=Compared)
    exact: bool = False
    stuck: str = ""

    @property
    def same(self) -> bool:
        """Whether a run would go on, and decide as before, as far as was looked."""
        return self.compared.same and not self.stuck


def look(project: Project, store: Store, options: LookOptions) -> Looked:
    """Compare; changes nothing.

    Raises:
        EnvironmentFailed: another environment does not answer, or a reading process died.
    """
    last, known = last_used(store), agreed(store)
    workers = project.settings.whole("run.workers")
    if options.python is not None:
        versions = ask(options.python, project.folder, None, workers).versions
    else:
        versions = in_force_here(project.settings)
    if last is None:
        return Looked(versions)
    differ = changes(last.versions, versions)
    unaccepted = changes((known or last).versions, versions)
    if not options.sample or not (differ or unaccepted):
        return Looked(versions, differ, unaccepted)
    sample = draw(store, options.sample)
    with TemporaryDirectory(prefix="tocsin-kept-") as folder:
        earlier = _earlier(project, last.versions, options, Path(folder))
        after, before = _both_sides(project, (store, sample), options, earlier)
    compared = _compare(store, after, before)
    return Looked(versions, differ, unaccepted, sample, compared, before.exact, after.stuck)


def _both_sides(
    project: Project,
    asked: tuple[Store, Sample],
    options: LookOptions,
    earlier: Settings | None,
) -> tuple[Answers, Side]:
    """What would be, and what was: replayed under the versions in force where they are here."""
    store, sample = asked
    total = sample.posts + sum(w.posts for w in sample.windows) * (earlier is not None)

    def tell(done: int) -> None:
        options.progress(done, total)

    workers = project.settings.whole("run.workers")
    if options.python is not None:
        after = ask(options.python, project.folder, asked, workers)
    else:
        after = answer(store, sample, project, tell)
    if earlier is None:
        return after, recorded(store, sample.windows)
    done = sample.posts
    return after, Side(replayed(store, sample, earlier, lambda n: tell(done + n)), True)


def _earlier(
    project: Project, before: Versions, options: LookOptions, folder: Path
) -> Settings | None:
    """Settings under which this process decides as the newest run did; None: it cannot."""
    now = in_force_here(project.settings)
    if not changes(before, now):
        return project.settings if options.python is not None else None
    own = {"settings", *own_names(project.folder, before), *own_files(project.settings)}
    if any(one.name not in own and not _only_added(one) for one in changes(before, now)):
        return None
    return as_it_was(project.folder, before, folder, project.settings)


def _only_added(change: Change) -> bool:
    """A gazetteer that differs only in the desk's own places, which are kept."""
    if change.name != "gazetteer" or None in (change.before, change.after):
        return False
    before, after = (str(text).partition("; added ")[0] for text in (change.before, change.after))
    return before == after


def _compare(store: Store, after: Answers, before: Side) -> Compared:
    read = read_otherwise(store, after.readings)
    warned = warned_otherwise(before, Side(after.windows, True))
    named, standing = resting(store, read)
    if before.exact:
        return Compared(read, warned, (), named, standing)
    return Compared(read, (), warned, named, standing)
