"""Upgrades: what would be decided otherwise is named, accepted by a person, and can be undone."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from engine_support import contents, ingest_file, ledger_length, run_all
from sqlalchemy import text
from upgrade_support import (
    CODED,
    OTHER_PACK,
    PACK,
    add_settings,
    looked,
    packed_project,
    rebuilt,
    reopened,
    set_pack,
)

import tocsin
from posts_support import START, post_line
from tocsin.archive import Archive
from tocsin.engines.local import RunWatch, run_project
from tocsin.engines.project import Project
from tocsin.engines.upgrades import back as way_back
from tocsin.engines.upgrades import environments, parts
from tocsin.engines.upgrades.accepted import accepted, agreed
from tocsin.engines.upgrades.answers import Answers, answers_form, sample_form, sample_from
from tocsin.engines.upgrades.back import Returned, Who
from tocsin.engines.upgrades.compare import differences
from tocsin.engines.upgrades.sample import draw
from tocsin.engines.upgrades.settings_lines import put_settings
from tocsin.errors import EnvironmentFailed, StoreUnavailable, UsageError, VersionsNotAccepted
from tocsin.settings import FILE_NAME, Settings
from tocsin.store import Store
from tocsin.store.revisions import newest_revision, revision_of

WHO = Who("ana", START, "tried it")


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project that was run with its own pack; tests that change it take a copy."""
    return packed_project(tmp_path_factory.mktemp("packed"))


@pytest.fixture
def desk(tmp_path: Path, packed: Project) -> Iterator[Project]:
    """A copy of it where ana accepted what it was run with; the pack is put back afterwards."""
    shutil.copytree(packed.folder, tmp_path / "desk")
    project = Project(tmp_path / "desk", Settings.load(tmp_path / "desk"))
    _accept(project)
    yield project
    path = set_pack(packed, PACK)
    path.with_name("extra.yaml").unlink(missing_ok=True)


def _now(project: Project) -> dict[str, str]:
    return dict(looked(project, sample=0).versions)


def _accept(project: Project) -> None:
    with project.writing() as opened:
        way_back.accept(project, opened, WHO, (_now(project), {"read": 1}))


def _back(project: Project) -> Returned:
    with project.writing() as opened:
        return way_back.back(project, opened, WHO)


def _with_run(project: Project) -> Project:
    """One more post, run with what is there now."""
    path = project.folder.parent / "more.jsonl"
    path.write_bytes(orjson.dumps(post_line(900, "Сегодня ярмарка")) + b"\n")
    ingest_file(project, path)
    return project


# -- looking -----------------------------------------------------------------------------------


def test_nothing_changed_is_said_without_reading_anything(packed: Project) -> None:
    found = looked(packed)
    assert found.changes == found.unaccepted == ()
    assert found.sample is None
    assert found.compared.same


def test_a_pack_that_lowers_one_reading_names_it_and_no_other(packed: Project) -> None:
    set_pack(packed, OTHER_PACK)
    try:
        found = looked(packed)
    finally:
        set_pack(packed, PACK)
    assert [(one.part, one.name) for one in found.changes] == [("packs", "pack:words/own.yaml")]
    (one,) = found.compared.read
    assert one.ref == CODED
    assert {"alarm lowered", "target"} <= set(one.what)
    assert one.before is not None
    assert one.after is not None
    assert one.after < one.before
    assert found.exact, "the pack of then is kept, so warnings were replayed under both"
    assert {w.what for w in found.compared.warned} <= {"missing", "lowered"}


def test_other_settings_change_warnings_and_no_reading(packed: Project) -> None:
    strict = {"warnings.alert": 0.9, "warnings.alarm": 0.95}
    changed = Project(packed.folder, packed.settings.changed(strict, "test"))
    found = looked(changed)
    assert parts.changed_parts(found.changes) == ("settings",)
    assert found.compared.read == ()
    assert found.compared.outcomes.keys() == {"lowered"}
    assert {(one.before, one.after) for one in found.compared.warned} == {("alert", "watch")}
    told = {row[0] for row in contents(packed)["warnings"]}
    assert {one.id for one in found.compared.warned} <= told


def test_the_sample_is_the_same_each_time_and_evidence_comes_first(packed: Project) -> None:
    with packed.reading() as store:
        few, again, every = draw(store, 8), draw(store, 8), draw(store, 1000)
    assert few == again
    assert len(few.seqs) == 8
    assert few.drawn["evidence"] == min(8, every.drawn["evidence"]) > 0
    assert len(every.seqs) == every.of
    assert [w.whole for w in every.windows] == [True]
    assert not any(window.whole for window in few.windows)
    assert all(window.posts <= 200 for window in few.windows)
    assert sample_from(sample_form(every)) == every


def test_what_is_measured_by_the_record_alone_is_no_finding(
    packed: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "source_digest", lambda _: "0" * 64)
    few = looked(packed, sample=8)
    assert parts.changed_parts(few.changes) == ("code",)
    assert not few.exact
    assert few.compared.same, "a window that begins in the middle proves nothing"
    whole = looked(packed)
    assert whole.exact, "all posts, and nobody had a part in the warnings"
    assert whole.compared.same


def test_a_state_that_cannot_be_taken_up_is_found_beforehand(packed: Project) -> None:
    shorter = packed.settings.changed({"rumours.live_days": 20.0}, "test")
    found = looked(Project(packed.folder, shorter), sample=8)
    assert "other options" in found.stuck
    assert not found.same
    assert found.compared.same


def test_small_differences_of_processors_are_none() -> None:
    row: dict[str, Any] = {
        "lang": "ru", "read": "full", "alarm": 0.49, "frame": "other", "target": None, "body": None,
    }  # fmt: skip
    assert differences(row, row | {"alarm": 0.4901}) == ()
    assert differences(row, row | {"alarm": 0.6}) == ("alarm raised", "now hostile")
    assert differences(row | {"alarm": 0.6}, row) == ("alarm lowered", "no longer hostile")
    assert differences(row, row | {"alarm": None, "read": "unsupported"}) == (
        "language or readable",
    )


# -- accepting, running ------------------------------------------------------------------------


def test_acceptance_is_in_the_ledger_and_survives_a_rebuild(desk: Project) -> None:
    with desk.reading() as store:
        before = accepted(store)
    assert [one.versions["settings"] for one in before] == [desk.settings.digest()]
    rebuilt(desk)
    with desk.reading() as store:
        assert accepted(store) == before
        assert agreed(store) == before[-1]
    assert any(row[0] == "versions_accept" for row in contents(desk)["decisions"])


def test_a_run_with_other_versions_says_so_once_and_goes_on(desk: Project) -> None:
    said: list[str] = []
    changed = _with_run(add_settings(desk, "[warnings]\nexpire_h = 3\n"))
    with changed.writing() as (archive, store):
        assert run_project(changed, archive, store, RunWatch(say=said.append)).posts == 1
    assert len(said) == 1
    assert said[0].startswith("settings differ from what was accepted")
    assert "tocsin upgrade" in said[0]
    assert "ana" not in said[0]
    _accept(changed)
    said.clear()
    path = changed.folder.parent / "last.jsonl"
    path.write_bytes(orjson.dumps(post_line(901, "Вечером дождь")) + b"\n")
    ingest_file(changed, path)
    with changed.writing() as (archive, store):
        run_project(changed, archive, store, RunWatch(say=said.append))
    assert said == []


def test_a_run_is_refused_where_the_settings_say_so(desk: Project) -> None:
    changed = add_settings(
        desk, '[warnings]\nexpire_h = 3\n[run]\nunaccepted_versions = "refuse"\n'
    )
    _with_run(changed)
    length = ledger_length(changed)
    with pytest.raises(VersionsNotAccepted, match="not run: settings differ"):
        run_all(changed)
    assert ledger_length(changed) == length, "nothing was begun"
    _accept(changed)
    assert run_all(changed).posts == 1


def test_a_word_that_is_neither_is_refused(desk: Project) -> None:
    changed = add_settings(desk, '[run]\nunaccepted_versions = "never"\n')
    with pytest.raises(UsageError, match="write warn or refuse"):
        run_all(_with_run(changed))


# -- back --------------------------------------------------------------------------------------


def test_back_brings_settings_and_packs_of_before(desk: Project) -> None:
    path = set_pack(desk, OTHER_PACK)
    extra = path.with_name("extra.yaml")
    extra.write_text(PACK.replace("табурет", "шкаф"), encoding="utf-8")
    changed = add_settings(
        desk, "[rumours]\nlive_days = 20 # shorter\n[desk]\nlanguages = ['ru']\n"
    )
    _accept(changed)
    found = _back(changed)
    assert found.settings == ("rumours.live_days",)
    assert found.files == tuple(sorted(map(str, (path, extra))))
    assert found.by_hand == ()
    assert path.read_text(encoding="utf-8") == PACK
    assert not extra.exists()
    text_now = (desk.folder / FILE_NAME).read_text()
    assert "live_days" not in text_now
    assert "[reading]  # ours" in text_now
    restored = reopened(desk)
    assert restored.settings.texts("desk.languages") == ("ru",), "what decides nothing stays"
    assert _now(restored) == dict(found.versions)
    again = _back(restored)
    assert reopened(desk).settings.number("rumours.live_days") == 20.0, "and forward again"
    assert extra.exists()
    assert again.by_hand == ()


def test_back_from_what_nobody_accepted_leads_to_what_was(desk: Project) -> None:
    changed = add_settings(desk, "[rumours]\nlive_days = 20\n")
    assert _back(changed).settings == ("rumours.live_days",)
    with pytest.raises(UsageError, match="nothing to go back to"):
        _back(reopened(desk))


def test_what_came_by_installing_is_said_to_be_done_by_hand(
    desk: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "source_digest", lambda _: "0" * 64)
    found = _back(desk)
    assert len(found.by_hand) == 1
    assert "install tocsin" in found.by_hand[0]
    assert "source" in found.by_hand[0]
    assert found.schema is None


def test_the_store_goes_back_to_the_schema_of_then(desk: Project) -> None:
    before = contents(desk)
    older = _now(desk) | {"schema": "0009", "source": "0" * 64}
    with desk.writing() as opened:
        way_back.accept(desk, opened, WHO, (older, {}))
    assert _back(desk).schema == "0009"
    store = Store(f"sqlite:///{desk.store_path}")
    with store.reading() as connection:
        assert revision_of(connection) == "0009"
    store.close()
    with desk.reading() as reopened_store, reopened_store.reading() as connection:
        assert revision_of(connection) == newest_revision(), "this version brings it up again"
    after = contents(desk)
    assert {k: v for k, v in after.items() if k != "decisions"} == {
        k: v for k, v in before.items() if k != "decisions"
    }


def test_a_store_of_a_newer_version_says_so_and_is_made_again(desk: Project) -> None:
    before = contents(desk)
    with desk.reading() as store, store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreUnavailable, match=r"tocsin upgrade --back.*tocsin rebuild"):
        run_all(desk)
    assert rebuilt(desk).outbox_lost
    assert contents(desk) == before


def test_decisions_of_a_newer_version_are_kept_and_left_alone(desk: Project) -> None:
    entry = {
        "kind": "of_the_future", "subject": "project", "value": "", "by": "ana",
        "at": START.isoformat(), "reason": "",
    }  # fmt: skip
    with Archive.open(desk.archive_folder, writable=True) as archive:
        archive.append_entry("decision", entry)
        archive.flush()
    assert run_all(_with_run(desk)).posts == 1
    assert any(row[0] == "of_the_future" for row in contents(desk)["decisions"])


def test_settings_that_cannot_be_set_safely_are_left_alone(desk: Project) -> None:
    path = desk.folder / FILE_NAME
    path.write_text(f"rumours.live_days = 3\n{path.read_text()}")
    before = path.read_text()
    with pytest.raises(UsageError, match=r"by hand.*rumours\.live_days = 9\.0"):
        put_settings(desk.folder, {"rumours.live_days": 9.0})
    assert path.read_text() == before


# -- other environments ------------------------------------------------------------------------

_PATCH = """
import tocsin.engines.upgrades.answers as answers
import tocsin.reading.reader as reader

row = answers.reading_row

def lower(seq, reading):
    found = row(seq, reading)
    return found | {"alarm": found["alarm"] / 2 if found["alarm"] else found["alarm"]}

answers.reading_row = lower
reader.RULES = "others"
"""


def _environment(folder: Path, patch: str = "") -> Path:
    """An environment whose Python runs this source, changed by ``patch``; returns its Python."""
    (folder / "bin").mkdir(parents=True)
    (folder / "pyvenv.cfg").write_text("")
    (folder / "sitecustomize.py").write_text(patch)
    python = folder / "bin" / "python"
    source = Path(str(tocsin.__file__)).parent.parent
    path = os.pathsep.join([str(folder), str(source)])
    python.write_text(f'#!/bin/sh\nexport PYTHONPATH="{path}"\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    return python


def test_another_environment_is_asked_and_the_store_stays_as_it_is(
    tmp_path: Path, packed: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = packed.store_path.read_bytes()
    _environment(tmp_path / "new", _PATCH)
    monkeypatch.chdir(tmp_path)
    found = looked(packed, python=Path("new/bin/python"))
    assert [one.name for one in found.changes] == ["rules"]
    assert found.exact, "replayed here and there"
    assert found.compared.warned == ()
    assert {"alarm lowered"} <= found.compared.counts.keys()
    assert found.compared.resting, "warnings rest on hostile posts"
    assert packed.store_path.read_bytes() == before


def test_what_does_not_answer_is_said(tmp_path: Path, packed: Project) -> None:
    for name, script in (("a", "#!/bin/sh\nexit 3\n"), ("b", "#!/bin/sh\necho '[1]'\n")):
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)
        with pytest.raises(EnvironmentFailed, match="must know 'tocsin upgrade'"):
            looked(packed, python=tmp_path / name)
    with pytest.raises(EnvironmentFailed):
        looked(packed, python=tmp_path / "absent")
    with pytest.raises(UsageError, match="python -m venv"):
        environments.environment_of(tmp_path / "bin" / "python")


def test_the_link_leads_to_the_accepted_environment_and_back(
    tmp_path: Path, desk: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    old, new = (tmp_path / name for name in ("old", "new"))
    for one in (old, new):
        (one / "bin").mkdir(parents=True)
        (one / "bin" / "python").touch()
    environments.switch(desk.folder, old)
    environments.switch(desk.folder, new)
    assert environments.linked(desk.folder, "current") == new
    assert environments.linked(desk.folder, "before") == old
    assert not any(path.is_symlink() for path in desk.folder.rglob("*")), "outside the project"
    then = _now(desk)
    monkeypatch.setattr(parts, "source_digest", lambda _: "0" * 64)
    _accept(desk)
    monkeypatch.setattr(environments, "ask", lambda *_: Answers(then))
    found = _back(desk)
    assert found.environment == old
    assert found.by_hand == ()
    assert environments.linked(desk.folder, "current") == old
    assert environments.linked(desk.folder, "before") == new
    assert answers_form(Answers(then)).startswith(b'{"format":1')
