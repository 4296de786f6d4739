"""A night of live sources on a replayed clock: failures, silence, kills, restarts."""

from __future__ import annotations

import os
import signal
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from engine_support import contents, new_project, run_all
from sqlalchemy import func, select
from watch_support import START, FakeSource, pass_time, watch_of

from tocsin.archive import Archive, verify
from tocsin.clock import ReplayClock
from tocsin.engines import watch as watching
from tocsin.engines.local import RunWatch
from tocsin.engines.project import Project
from tocsin.engines.rebuild import rebuild
from tocsin.engines.watch import Told, Watch
from tocsin.engines.watch_state import WatchStates
from tocsin.errors import EnvironmentFailed, SourceFailed
from tocsin.model import Action
from tocsin.sources.live import Gone
from tocsin.store import schema
from tocsin.store.observations import gone_posts, silent_sources

HOUR = timedelta(hours=1)
CALL = "Рыбинск, завтра в 18:00 все к рынку, выгоним мигрантов из города"


def told(found: list[Any], what: str) -> list[Told]:
    return [one for one in found if isinstance(one, Told) and one.what == what]


def desk(tmp_path: Path) -> Project:
    return new_project(tmp_path / "desk")


def test_posts_are_known_from_their_capture_and_warned_about(tmp_path: Path) -> None:
    project, clock = desk(tmp_path), ReplayClock(START)
    town = FakeSource("town")
    town.posts = [(START - 9 * HOUR, "Доброе утро"), (START - HOUR, CALL)]
    found = watch_of(project, clock, town).round()
    assert [action.level.word for action in found.actions] == ["alert"]
    assert found.posts == 2
    rows = {row[1]: row for row in contents(project)["posts"]}
    first, second = int(rows["0"][3]), int(rows["1"][3])
    captured = int(START.timestamp() * 1_000_000)
    assert (first, second) == (captured, captured + 1), "at the capture, in the order of posting"
    assert int(rows["1"][4]) == captured - 3_600_000_000, "what the platform says is kept"
    assert found.actions[0].issued_at >= START, "no warning before the capture"
    assert '"live":true' in rows["0"][6]
    entries = list(_entries(project, "capture"))
    assert [entry["method"] for entry in entries] == ["live:feed"]


def _entries(project: Project, kind: str) -> list[dict[str, Any]]:
    with Archive.open(project.archive_folder) as archive:
        return [dict(entry.payload) for entry in archive.entries() if entry.kind == kind]


def test_a_night(tmp_path: Path) -> None:
    """One source fails from 21 to 23, one posts hourly, one crashes at every look."""
    project, clock = desk(tmp_path), ReplayClock(START)
    steady, shaky, broken = FakeSource("steady"), FakeSource("shaky"), FakeSource("broken")
    steady.posts = [(START + n * HOUR, f"Погода в {n} часов") for n in range(8)]
    shaky.posts = [(START + n * HOUR, f"Дорога в {n} часов") for n in range(8)]

    def outage(now: datetime) -> Exception | None:
        down = START + HOUR < now < START + 3 * HOUR
        return SourceFailed("shaky", "no answer", "check") if down else None

    shaky.error = outage
    broken.error = lambda _: ZeroDivisionError("oops")
    watch = watch_of(project, clock, steady, shaky, broken, silent_after_hours=2)
    found = pass_time(watch, clock, START + 8 * HOUR)
    posts = contents(project)["posts"]
    assert len([row for row in posts if row[0] == "steady"]) == 8
    assert len([row for row in posts if row[0] == "shaky"]) == 8, "nothing of the outage is lost"
    assert {one.source for one in told(found, "silent")} == {"shaky", "broken"}
    assert [one.source for one in told(found, "heard")] == ["shaky"]
    assert "please report it" in told(found, "failed")[0].says
    assert len(broken.looks) < 10, "it is asked less and less often"
    assert len(steady.looks) >= 8 * 4, "and the others keep their times"
    with project.store() as store:
        assert set(silent_sources(store)) == {"broken"}
    assert verify(project.archive_folder).problems == ()


def test_a_silent_source_stands_in_the_next_warnings_and_after_a_rebuild(tmp_path: Path) -> None:
    project, clock = desk(tmp_path), ReplayClock(START)
    town, mute = FakeSource("town"), FakeSource("mute")
    town.posts = [(START + 3 * HOUR, CALL)]
    watch = watch_of(project, clock, town, mute, silent_after_hours=2.5)
    watch.round()
    clock.advance(START + 3 * HOUR)
    found = watch.round()
    assert [one.source for one in told(found.told, "silent")] == ["mute"]
    assert any("source mute is silent" in line for line in found.actions[0].unseen)
    before = contents(project)
    with Archive.open(project.archive_folder, writable=True) as archive:
        report = rebuild(project, archive, {}, lambda _: RunWatch())
    assert report.same
    assert contents(project) == before
    without = watch_of(project, clock, town)
    gone = told(without.round().told, "heard")
    assert [one.says for one in gone] == ["source mute is no longer watched"]


def test_a_warning_ends_although_no_post_comes_and_after_a_rebuild_too(tmp_path: Path) -> None:
    project, clock = desk(tmp_path), ReplayClock(START)
    town = FakeSource("town")
    town.posts = [(START + HOUR, CALL)]
    watch = watch_of(project, clock, town)
    actions = []
    while clock.now() < START + 60 * HOUR:
        actions += watch.round().actions
        clock.advance(clock.now() + HOUR)
    assert actions[0].action is Action.ISSUE
    assert actions[-1].action is Action.EXPIRE
    before = contents(project)
    assert before["warnings"]
    with Archive.open(project.archive_folder, writable=True) as archive:
        assert rebuild(project, archive, {}, lambda _: RunWatch()).same
    assert contents(project) == before


def test_restarted_it_goes_on_where_it_was(tmp_path: Path) -> None:
    project, clock = desk(tmp_path), ReplayClock(START)
    town = FakeSource("town")
    town.posts = [(START, "Доброе утро")]
    watch_of(project, clock, town).round()
    clock.advance(START + HOUR)
    again = watch_of(project, clock, town)
    assert again.states["town"].cursor == {"done": 1}
    assert told(again.round().told, "taken") == []
    assert again.pause() == watching.LONGEST_PAUSE
    again.close()
    assert town.closed


def test_a_lost_state_doubles_nothing(tmp_path: Path) -> None:
    project, clock = desk(tmp_path), ReplayClock(START)
    town = FakeSource("town")
    town.posts = [(START, "Доброе утро")]
    town.gone = (Gone("town", "7"),)
    watch_of(project, clock, town).round()
    before = _entries(project, "evidence"), _entries(project, "observation")
    WatchStates(project.folder).forget("town")
    clock.advance(START + HOUR)
    found = watch_of(project, clock, town).round()
    assert told(found.told, "taken") == []
    assert (_entries(project, "evidence"), _entries(project, "observation")) == before
    with project.store() as store:
        assert gone_posts(store, 0) == [{"id": "town/7", "gone_at": START.isoformat()}]


@pytest.mark.parametrize("step", range(1, 13))
def test_killed_at_any_write_nothing_is_lost_or_doubled(tmp_path: Path, step: int) -> None:
    from engine_support import KillAtWrite

    project = desk(tmp_path)
    town = FakeSource("town")
    town.posts = [(START, f"Погода {n}") for n in range(5)]
    child = os.fork()
    if child == 0:
        try:
            watch = watch_of(project, ReplayClock(START), town)
            KillAtWrite(step).watch()
            watch.round()
        except BaseException:
            os._exit(9)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    later = watch_of(project, ReplayClock(START + HOUR), town)
    later.round()
    found = contents(project)
    assert len(found["posts"]) == len(found["readings"]) == 5
    assert later.states["town"].cursor == {"done": 5}
    assert len(_entries(project, "evidence")) == 5
    assert verify(project.archive_folder).problems == ()


def test_while_another_writes_nothing_is_forgotten(tmp_path: Path) -> None:
    project, clock = desk(tmp_path), ReplayClock(START)
    town = FakeSource("town")
    town.posts = [(START, "Доброе утро")]
    watch = watch_of(project, clock, town)
    with Archive.open(project.archive_folder, writable=True):
        found = watch.round()
    assert [one.source for one in told(found.told, "waiting")] == ["town", ""]
    assert watch.states["town"].cursor == {}
    assert watch.states["town"].failures == 0, "it is not the source that failed"
    clock.advance(START + timedelta(minutes=2))
    assert [one.counts["added"] for one in told(watch.round().told, "taken")] == [1]


def test_a_state_that_cannot_be_kept_is_told_and_looked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, clock = desk(tmp_path), ReplayClock(START)
    watch = watch_of(project, clock, FakeSource("town"))

    def full(*_: object) -> None:
        raise EnvironmentFailed("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(WatchStates, "save", full)
        assert told(watch.round().told, "waiting")[0].says == "disk full"
    clock.advance(START + timedelta(minutes=2))
    assert told(watch.round().told, "waiting") == []


def test_a_demanded_pause_holds_the_whole_lane(tmp_path: Path) -> None:
    project, clock = desk(tmp_path), ReplayClock(START)
    first, second, other = FakeSource("a", "x"), FakeSource("b", "x"), FakeSource("c")
    until = START + 2 * HOUR
    first.error = lambda now: SourceFailed("a", "429", "wait", until) if now < until else None
    watch = watch_of(project, clock, first, second, other)
    pass_time(watch, clock, START + 3 * HOUR)
    assert [look for look in second.looks if look < until] == []
    assert len([look for look in first.looks if look < until]) == 1
    assert second.looks
    assert len(other.looks) >= 12


def test_looking_at_everything_asks_those_that_are_not_due(tmp_path: Path) -> None:
    project, clock = desk(tmp_path), ReplayClock(START)
    town = FakeSource("town")
    watch = watch_of(project, clock, town)
    watch.round()
    assert watch.round().looked == 0
    assert watch.round(everything=True).looked == 1


def test_what_an_earlier_ingest_left_is_run(tmp_path: Path) -> None:
    project = desk(tmp_path)
    calls: list[int] = []

    def run(*opened: Any, **how: Any) -> Any:  # noqa: ARG001 (as run_project is called)
        calls.append(1)
        raise EnvironmentFailed("a worker died")

    watch = Watch(project, [], ReplayClock(START), run)
    assert "a worker died" in watch.round().told[0].says
    watch.round()
    assert len(calls) == 2, "it is tried again"
    run_all(project)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


class Machine:
    """A clock that somebody sets."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


@pytest.mark.parametrize("jump", [-HOUR, HOUR], ids=["back", "on"])
def test_a_clock_that_jumps_by_an_hour_costs_no_look_and_doubles_nothing(
    tmp_path: Path, jump: timedelta
) -> None:
    project, clock = desk(tmp_path), Machine(START)
    town, ill = FakeSource("town"), FakeSource("ill")
    town.posts = [(START - 2 * HOUR, "one")]
    ill.error = lambda _: SourceFailed("ill", "503", "wait")
    watch = watch_of(project, clock, town, ill)
    first = watch.round()
    assert first.posts == 1
    clock.at += jump
    town.posts.append((clock.now() - timedelta(minutes=1), "two"))
    seen = len(town.looks)
    end = clock.now() + timedelta(minutes=30)
    told = []
    while clock.now() < end:
        told += [one.says for one in watch.round().told]
        clock.at += max(watch.pause(), timedelta(seconds=1))
    assert town.looks[seen] - (START + jump) <= timedelta(minutes=15), "no longer than usual"
    assert any("set back" in one for one in told) == (jump < timedelta())
    again = watch_of(project, clock, town)
    again.round(everything=True)
    with project.reading() as store, store.reading() as connection:
        texts = connection.execute(select(schema.posts.c.text)).scalars().all()
        read = connection.execute(select(func.count()).select_from(schema.readings)).scalar()
    assert sorted(texts) == ["one", "two"]
    assert read == 2


def test_started_again_after_the_clock_was_set_back_it_does_not_wait(tmp_path: Path) -> None:
    project, clock = desk(tmp_path), Machine(START)
    watch_of(project, clock, FakeSource("town")).round()
    clock.at -= HOUR
    town = FakeSource("town")
    watch = watch_of(project, clock, town)
    while clock.now() < START - timedelta(minutes=40):
        watch.round()
        clock.at += max(watch.pause(), timedelta(seconds=1))
    assert town.looks
