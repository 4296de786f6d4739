"""Tips in a project: no sender, decided by people, evidence that is no more than context."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from engine_support import contents, ingest_file, new_project, run_all
from erasure_support import erase_where
from places_to_search import places_of

from posts_support import START, post_line
from tocsin.archive import verify
from tocsin.engines.project import Project
from tocsin.engines.rebuild import rebuild
from tocsin.engines.selection import Choice, RetentionClass, choose
from tocsin.engines.tip_box import KeptTip
from tocsin.engines.tips import Judgement, TipDesk
from tocsin.errors import EnvironmentFailed, UsageError
from tocsin.model import TipStatus
from tocsin.sources.tips import CONSENT_VERSION, Gate, TipForm
from tocsin.store.lists import newest_post, warnings_now

Write = Callable[[Iterable[dict[str, Any]], str], Path]
CALL = "Рыбинск, сегодня в 18:00 все к рынку, выгоним мигрантов из города"
LATER = START + timedelta(hours=1)
ANA = Judgement("ana", LATER, "seen by two of us")
PICTURE = b"\x89PNG\r\n\x1a\n" + b"secret bytes of a picture"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return new_project(tmp_path / "desk")


def send(project: Project, text: str = CALL, **more: Any) -> tuple[str, str]:
    """(id, code) of a tip."""
    desk = TipDesk(project)
    before = {one.tip.id for one in desk.all()}
    code = desk.submit(TipForm(text, CONSENT_VERSION, **more), START)
    (new,) = {one.tip.id for one in desk.all()} - before
    return new, code


def decide(project: Project, what: str, *said: Any) -> Any:
    with project.writing() as opened:
        return getattr(TipDesk(project), what)(opened, *said)


def test_the_code_finds_the_answer_and_nothing_else_does(project: Project) -> None:
    tip, code = send(project)
    desk = TipDesk(project)
    found = desk.ask(code, LATER)
    assert found is not None
    assert (found.status, found.answer) == (TipStatus.NEW, "")
    decide(project, "answer", tip, "We looked into it. Thank you.", ANA)
    decide(project, "accept", tip, ANA)
    found = desk.ask(code.lower(), LATER)
    assert found is not None
    assert (found.status.value, found.answer) == ("accepted", "We looked into it. Thank you.")
    assert desk.ask("2222-2222-2222-2222", LATER) is None


def test_no_remote_place_and_no_code_is_in_any_byte_we_keep(
    project: Project, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    remote = "203.0.113.77"
    desk = TipDesk(project, Gate(1, 10, os.urandom))
    form = TipForm(CALL, CONSENT_VERSION, files=(PICTURE,))
    code = desk.submit(form, START, remote)
    with pytest.raises(UsageError, match="too many"):
        desk.submit(form, START, remote)
    (kept,) = desk.all()
    decide(project, "accept", kept.tip.id, ANA)
    run_all(project)
    said = "".join(capsys.readouterr()) + caplog.text
    assert remote not in said
    for where, data in places_of(project):
        for secret in (remote, code, code.replace("-", "")):
            assert secret.encode() not in data, where


def test_before_it_is_accepted_a_tip_is_readable_nowhere(project: Project) -> None:
    tip, _ = send(project, "Talk of the old mill tonight", files=(PICTURE,))
    send(project, "Another one of the old mill", place="old mill")
    run_all(project)
    for where, data in places_of(project):
        assert b"old mill" not in data, where
        assert b"secret bytes" not in data, where
    with pytest.raises(UsageError, match="once it is accepted"):
        TipDesk(project).files(tip)
    decide(project, "accept", tip, ANA)
    assert TipDesk(project).files(tip) == [PICTURE]
    assert not any(b"secret bytes" in data for _, data in places_of(project))


def test_an_accepted_tip_is_evidence_known_from_then_without_contacts(project: Project) -> None:
    tip, _ = send(project, "Ring +7 928 123-45-67. At the mill", place="Derby", when="tonight")
    assert decide(project, "accept", tip, ANA) == f"tips/{tip}"
    decide(project, "accept", tip, ANA)  # a kill may have come in between: nothing is doubled
    with project.reading() as store:
        row = newest_post(store, "tips", tip)
    assert row is not None
    assert row["text"] == "Ring [phone removed]. At the mill\nDerby\ntonight"
    assert (row["version"], row["source"]) == (1, "tip")
    assert (row["posted_at"], row["known_at"]) == (START, LATER)
    assert '"origin":"tip"' in row["extra"]
    assert [kind for kind, *_ in contents(project)["decisions"]] == ["tip_accept"]
    assert not verify(project.archive_folder).problems


def test_a_tip_alone_makes_no_alert_and_beside_a_call_it_is_no_second_channel(
    tmp_path: Path, write_posts: Write
) -> None:
    levels = {}
    for name, tips, posts in (
        ("tip", 3, []),
        ("post", 0, [post_line(1, CALL)]),
        ("both", 3, [post_line(1, CALL)]),
    ):
        project = new_project(tmp_path / name)
        if posts:
            ingest_file(project, write_posts(posts, f"{name}.jsonl"))
        for number in range(tips):
            tip, _ = send(project, f"{CALL}. {number}")
            decide(project, "accept", tip, ANA)
        run_all(project)
        with project.reading() as store:
            levels[name] = {row["level"] for row in warnings_now(store)}
    assert levels["post"] == {"alert"}
    assert levels["both"] == {"alert"}
    assert levels["tip"] <= {"watch"}


def test_a_rebuild_repeats_accepted_tips(project: Project, write_posts: Write) -> None:
    ingest_file(project, write_posts([post_line(1, CALL)], "posts.jsonl"))
    run_all(project)
    tip, _ = send(project, f"{CALL}. Neighbours say so")
    decide(project, "accept", tip, ANA)
    run_all(project)
    before = contents(project)
    with project.writing() as (archive, _):
        from tocsin.engines.local import RunWatch

        report = rebuild(project, archive, {}, lambda _: RunWatch())
    assert report.same
    assert contents(project) == before


def test_what_nobody_accepts_is_deleted_when_it_is_due(project: Project) -> None:
    waiting, _ = send(project, "First", files=(PICTURE,))
    rejected, code = send(project, "Second", files=(PICTURE,))
    taken, _ = send(project, "Third", files=(PICTURE,))
    decide(project, "reject", rejected, ANA)
    decide(project, "accept", taken, ANA)
    desk = TipDesk(project)
    assert len(list(project.tips_folder.glob("*.part"))) == 2  # the rejected one's went at once
    assert desk.purge(START + timedelta(days=13)) == 0
    assert desk.ask(code, LATER) is not None
    assert desk.purge(START + timedelta(days=15)) == 2
    assert desk.ask(code, LATER) is None
    assert {one.tip.id: one.purged for one in desk.all()} == {waiting: True, taken: False}
    assert desk.files(taken) == [PICTURE]
    assert [one.name for one in project.tips_folder.glob("*.part")] == [f"{taken}.0.part"]


def test_a_decision_stands_and_names_what_is_missing(project: Project) -> None:
    tip, _ = send(project)
    decide(project, "reject", tip, ANA)
    with pytest.raises(UsageError, match="was rejected before"):
        decide(project, "accept", tip, ANA)
    for wrong in ("nothere", "../store"):
        with pytest.raises(UsageError, match="no tip"):
            TipDesk(project).get(wrong)
    with pytest.raises(UsageError, match="an answer has"):
        decide(project, "answer", tip, " ", ANA)


def test_what_a_kill_left_behind_is_removed(project: Project) -> None:
    send(project)
    for name in ("abc.0.part", "abc.tip.new"):
        (project.tips_folder / name).write_bytes(b"half")
    TipDesk(project).purge(LATER)
    assert [path.suffix for path in project.tips_folder.iterdir()] == [".tip"]


def test_a_changed_file_a_swapped_one_and_a_lost_key_are_told(project: Project) -> None:
    one, _ = send(project)
    two, _ = send(project)
    first, second = (project.tips_folder / f"{tip}.tip" for tip in (one, two))
    whole = second.read_bytes()
    for wrong in (first.read_bytes(), whole[:-1] + bytes([whole[-1] ^ 1]), b"", b"TCST1"):
        second.write_bytes(wrong)
        with pytest.raises(EnvironmentFailed, match="was changed"):
            TipDesk(project).all()
    second.write_bytes(whole)
    assert len(TipDesk(project).all()) == 2
    project.tips_key_path.unlink()
    with pytest.raises(EnvironmentFailed, match="key of the tips is gone"):
        send(project)


def test_the_box_is_for_this_account_alone(project: Project) -> None:
    send(project, files=(PICTURE,))
    for path in (*project.tips_folder.iterdir(), project.tips_key_path):
        assert path.stat().st_mode & 0o077 == 0
    assert project.folder not in project.tips_key_path.parents


def test_a_kept_tip_shows_its_fields_and_no_code(project: Project) -> None:
    tip, code = send(project)
    kept = TipDesk(project).get(tip)
    assert isinstance(kept, KeptTip)
    assert code.replace("-", "") not in repr(kept)


def test_an_erased_tip_leaves_the_box_too(project: Project) -> None:
    tip, code = send(project, "Talk of the old mill tonight")
    decide(project, "accept", tip, ANA)
    run_all(project)
    assert due_class(project, f"tips/{tip}") is RetentionClass.TIPS
    assert erase_where(project, Choice(post=f"tips/{tip}")) == 1
    assert TipDesk(project).ask(code, LATER) is None
    assert not list(project.tips_folder.glob("*.tip"))
    for where, data in places_of(project):
        assert b"old mill" not in data, where


def due_class(project: Project, post: str) -> RetentionClass:
    with project.reading() as store:
        (found,) = choose(store, Choice(post=post))
    return found.kind
