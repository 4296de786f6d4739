"""Release from the command line: every path, every refusal."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cli_support import Outcome, call
from desk_builders import action, desk_in
from joined_support import TOWN, TownsGazetteer, put_actions, use_towns

from tocsin.archive import verify
from tocsin.cli import release as release_command
from tocsin.engines import release as engine
from tocsin.engines.project import Project
from tocsin.model import Action, Level, Message, Place, Recipient, SituationKey
from tocsin.store import Store

W = "0123456789ab"
HARMS = ("--if-right", "readers", "--if-wrong", "traders", "--if-cancelled", "those who go")


def rows(done: Outcome) -> list[dict[str, Any]]:
    assert done.code in (0, 1), done
    return [json.loads(line) for line in done.out.splitlines()]


@pytest.fixture(autouse=True)
def _towns(monkeypatch: pytest.MonkeyPatch) -> None:
    use_towns(monkeypatch)


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    return desk_in(tmp_path, action())


def at(project: Path, *words: Any) -> Outcome:
    return call(*words, "--project", project)


def _propose(desk: Path, *more: Any, by: str = "ana", to: str = "r1") -> Outcome:
    return at(desk, "release", "propose", W, "--to", to, *HARMS, "--as", by, *more)


def test_two_people_release_the_words_they_both_saw(desk: Path) -> None:
    done = _propose(desk)
    assert done.code == 0, done
    assert "to r1, in en:" in done.out
    assert "Do not go there." in done.out
    (row,) = rows(at(desk, "release", "list", "--json"))
    assert (row["standing"], row["agreed"], row["to"]) == ("proposed", ["ana"], ["r1"])
    same = at(desk, "release", "approve", W, "--as", "АNA")
    assert same.code == 2
    assert "another person" in same.err
    done = at(desk, "release", "approve", W, "--as", "ben")
    assert "Do not go there." in done.out, "the second person reads them too"
    assert "released, by ana, ben" in done.out
    assert at(desk, "release", "approve", W, "--as", "eva").code == 2, "nothing to approve"
    project = Project.open(desk)
    with project.reading() as store:
        (file,) = engine.release_book(project, store).files
    release = file.release()
    assert release is not None
    assert release.released_by == ("ana", "ben")
    assert verify(desk / "archive").problems == ()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--to", "r1", *HARMS), "add --as"),
        (("--to", "r1", "--as", "ana"), "if this is right"),
        (("--to", "r1", *HARMS[:4], "--as", "ana"), "if this is cancelled"),
        ((*HARMS, "--as", "ana"), "nobody to tell"),
        (("--to", "r9", *HARMS, "--as", "ana"), "on no list"),
        (("--to", "r1", *HARMS, "--alone", "--as", "ana"), "for an alarm"),
    ],
)
def test_a_proposal_that_lacks_something_is_refused(desk: Path, words: Any, says: str) -> None:
    done = at(desk, "release", "propose", W, *words)
    assert done.code == 2
    assert says in done.err
    assert rows(at(desk, "release", "list", "--json")) == []


def test_no_warning_no_release(desk: Path) -> None:
    done = at(desk, "release", "propose", "nosuch", "--to", "r1", *HARMS, "--as", "a")
    assert "no warning nosuch" in done.err
    assert at(desk, "release", "approve", W, "--as", "ben").code == 2
    assert at(desk, "release", "review", W, "--release", "x", "--as", "ben").code == 2


def test_a_changed_text_needs_a_new_release(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _propose(desk).code == 0

    ours = release_command.wording_of

    def other(project: Project, store: Store) -> engine.Wording:
        def word(told: engine.Told, recipient: Recipient) -> Message | None:
            made = ours(project, store)(told, recipient)
            return made and replace(made, text=f"{made.text}.")

        return word

    monkeypatch.setattr(release_command, "wording_of", other)
    done = at(desk, "release", "approve", W, "--as", "ben")
    assert done.code == 2
    assert "has changed since it was shown" in done.err
    (row,) = rows(at(desk, "release", "list", "--json"))
    assert row["standing"] == "proposed"


def test_a_recipient_who_was_cleared_for_more_meanwhile_needs_a_new_release(desk: Path) -> None:
    assert _propose(desk).code == 0
    more = ("--kind", "folder", "--address", "/x", "--precision", "venue", "--as", "ana")
    assert at(desk, "recipients", "add", "r1", *more).code == 0
    assert "has changed" in at(desk, "release", "approve", W, "--as", "ben").err


def test_an_alarm_by_one_is_reviewed_by_another(tmp_path: Path) -> None:
    desk = desk_in(tmp_path, action(level=Level.ALARM, minutes=0))
    done = _propose(desk, "--alone")
    assert "review due" in done.out
    assert "a second person reviews by" in done.err
    assert at(desk, "release", "review", W, "--as", "Ana").code == 2
    assert at(desk, "release", "review", W, "--withdraw", "--as", "ben").code == 2, "no reason"
    assert at(desk, "release", "review", W, "--as", "ben", "--reason", "sound").code == 0
    (row,) = rows(at(desk, "release", "list", "--json"))
    assert row["standing"] == "released"


def test_the_staff_list_closes_the_circle(desk: Path) -> None:
    assert at(desk, "staff", "add", "ben", "--as", "ana").code == 0
    done = _propose(desk)
    assert done.code == 2
    assert "not on the staff list" in done.err
    assert _propose(desk, by="BEN").code == 0
    assert "not on the staff list" in at(desk, "release", "approve", W, "--as", "zoe").err


def test_who_got_the_first_gets_the_cancellation_too(desk: Path) -> None:
    assert _propose(desk).code == 0
    assert at(desk, "release", "approve", W, "--as", "ben").code == 0
    put_actions(Project.open(desk), action(minutes=60, what=Action.CANCEL))
    untold = rows(at(desk, "release", "list", "--json"))[-1]
    assert (untold["untold"], untold["to"]) == ("cancel", ["r1"])
    assert "cancel not told to r1" in at(desk, "release", "list", W).err
    assert "never told of it" in _propose(desk, to="r2").err
    done = at(desk, "release", "propose", W, "--as", "ana")
    assert "to r1" in done.out, "the first comes in without being named"
    assert "harm: if right: readers; if wrong: traders" in done.out, "said before"
    assert at(desk, "release", "approve", W, "--as", "ben").code == 0
    assert "untold" not in at(desk, "release", "list", "--json").out


def test_one_post_that_calls_to_several_places_gives_each_recipient_their_own_row(
    tmp_path: Path,
) -> None:
    """r1 looks after Aford, r2 after Farton; then the call to Farton is cancelled."""
    farton: dict[str, Any] = {
        "key": SituationKey("geonames:3", "Group A"),
        "place": "Farton",
        "latitude": 55.0,
        "longitude": 37.0,
    }
    desk = desk_in(tmp_path, action(), action(**farton))
    towns: Any = TownsGazetteer(TOWN, Place("geonames:3", "Farton", 55.0, 37.0, "RU", 9000, "UTC"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(release_command, "load_gazetteer", lambda: towns)
        for name, area in (("r1", "A,43,47.5,20"), ("r2", "F,55,37,20")):
            where = ("--kind", "folder", "--address", tmp_path / name, "--area", area)
            assert at(desk, "recipients", "add", name, *where, "--as", "ana").code == 0
        done = at(desk, "release", "propose", W, "--all", *HARMS, "--as", "ana")
        assert done.out.count("to r1") == done.out.count("to r2") == 1
        for _ in range(2):
            assert at(desk, "release", "approve", W, "--as", "ben").code == 0
        listed = rows(at(desk, "release", "list", "--json"))
        assert [(row["number"], row["to"]) for row in listed] == [(1, ["r1"]), (2, ["r2"])]
        put_actions(Project.open(desk), action(minutes=60, what=Action.CANCEL, **farton))
        (untold,) = rows(at(desk, "release", "list", "--json"))[2:]
        assert (untold["untold"], untold["to"]) == ("cancel", ["r2"])
        done = at(desk, "release", "propose", W, "--as", "ana")
        assert "to r2" in done.out
        assert "to r1" not in done.out


def test_old_news_is_not_approved_once_somebody_was_told_of_the_newest(desk: Path) -> None:
    assert _propose(desk).code == 0
    old = rows(at(desk, "release", "list", "--json"))[0]["release"]
    put_actions(Project.open(desk), action(minutes=10, what=Action.UPDATE))
    assert _propose(desk).code == 0
    assert at(desk, "release", "approve", W, "--as", "ben").code == 0
    done = at(desk, "release", "approve", W, "--release", old, "--as", "ben")
    assert (done.code, "r1 was told of action 2 since" in done.err) == (2, True)


def test_an_older_action_is_for_drills(desk: Path) -> None:
    put_actions(Project.open(desk), action(minutes=60, what=Action.EXPIRE))
    assert "--number is for a drill" in _propose(desk, "--number", 1).err
    assert "has actions 1 to 2" in _propose(desk, "--drill", "--number", 3).err
    assert "never told of it" in _propose(desk, "--drill").err, "it has ended"
    assert _propose(desk, "--drill", "--number", 1).code == 0


def test_a_drill_says_so_everywhere(desk: Path) -> None:
    done = _propose(desk, "--drill")
    assert done.out.startswith("DRILL  to r1")
    assert done.out.count("EXERCISE ONLY") == 2
    assert "This is an exercise." in done.out
    assert "DRILL" in at(desk, "release", "list").out
    assert "DRILL" in at(desk, "release", "approve", W, "--as", "ben").out
    brief = json.loads(at(desk, "brief", "--json").out)
    assert len(brief["Drills"]) == 1
    assert brief["Releases to act on"] == []


def test_a_setting_that_is_neither_one_nor_two_is_refused(desk: Path) -> None:
    settings = desk / "tocsin.toml"
    settings.write_text(settings.read_text().replace("people = 2", "people = 0"))
    assert "set it to 2" in _propose(desk).err
    settings.write_text(settings.read_text().replace("people = 0", "people = 1"))
    assert "released, by ana" in _propose(desk).out


def test_init_writes_how_many_release(tmp_path: Path) -> None:
    key = ("--key-file", tmp_path / "k.key")
    assert call("init", tmp_path / "one", "--release", "one", *key).code == 0
    assert "people = 1" in (tmp_path / "one" / "tocsin.toml").read_text()
    desk_key = tmp_path / "k.desk.key"
    assert desk_key.stat().st_mode & 0o077 == 0


def test_the_ledger_holds_no_list(desk: Path) -> None:
    assert at(desk, "staff", "add", "zebulon", "--push", "ntfy://zeb", "--as", "ana").code == 0
    for path in desk.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert b"zebulon" not in data, path
            assert b"ntfy" not in data, path
