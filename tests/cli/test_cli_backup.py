"""Backup and restore as a person types them, and the outbox afterwards."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cli_support import Outcome, call, project_in
from desk_builders import action, desk_in
from joined_support import HARMS, put_actions, released_by_two, use_towns

from tocsin.archive import Archive
from tocsin.backup import locks
from tocsin.backup.locks import Lock
from tocsin.clock import SystemClock
from tocsin.desk import audit
from tocsin.desk.audit import entries
from tocsin.engines.checking import check_project
from tocsin.engines.holding import is_held
from tocsin.engines.project import Project
from tocsin.model import Action, Level
from tocsin.store import outbox

W = "0123456789ab"


@pytest.fixture
def safe(tmp_path: Path) -> tuple[Path, str]:
    """A private key and its public key."""
    made = call("backup", "--new-key", tmp_path / "backup.key")
    assert made.code == 0, made
    return tmp_path / "backup.key", made.out.strip()


def _backup(project: Path, out: Path, public: str, *more: Any) -> Outcome:
    return call("backup", out, "--to", public, "--project", project, *more)


def _restore(out: Path, folder: Path, key: Path, *more: Any) -> Outcome:
    keys = folder.with_name(f"{folder.name}-keys")
    return call("restore", out, folder, "--identity", key, "--keys", keys, *more)


def test_there_and_back(tmp_path: Path, safe: tuple[Path, str]) -> None:
    project, (key, public) = project_in(tmp_path), safe
    out = tmp_path / "desk.age"
    made = _backup(project, out, public)
    assert made.code == 0, made
    assert "keys in it: desk.key, desk.desk.key, desk-signing.pem, desk-signing.pem.pub" in made.out
    assert out.stat().st_mode & 0o777 == 0o600
    checked = call("backup", "--check", out, "--identity", key)
    assert (checked.code, "whole" in checked.out) == (0, True)
    digest = next(line for line in made.out.splitlines() if line.startswith("sha256"))
    assert digest in checked.out
    done = _restore(out, tmp_path / "again", key, "--full")
    assert done.code == 0, done
    assert "next     cd" in done.out
    assert call("verify", "--project", tmp_path / "again").code == 0
    looks = [(one["what"], one["words"][0]) for one in entries(tmp_path / "again" / "audit.log")]
    assert looks[:2] == [("export", "backup"), ("change", "restore")]
    assert audit.check(tmp_path / "again" / "audit.log") == []


def test_as_json(tmp_path: Path, safe: tuple[Path, str]) -> None:
    project, (key, public) = project_in(tmp_path), safe
    out = tmp_path / "desk.age"
    made = json.loads(_backup(project, out, public, "--json").out)
    checked = json.loads(call("backup", "--check", out, "--identity", key, "--json").out)
    done = json.loads(_restore(out, tmp_path / "again", key, "--json").out)
    assert made["sha256"] == checked["sha256"] == done["backup"]["sha256"]
    assert made["head"] == done["backup"]["head"]
    assert (done["posts"], done["newest"], done["outbox_held"]) == (0, None, False)
    new = json.loads(call("backup", "--new-key", tmp_path / "other.key", "--json").out)
    assert new["public"].startswith("age1")
    assert (tmp_path / "other.key").stat().st_mode & 0o777 == 0o600


def test_a_timer_needs_no_words(tmp_path: Path, safe: tuple[Path, str]) -> None:
    project, (key, public) = project_in(tmp_path), safe
    settings = project / "tocsin.toml"
    settings.write_text(f'{settings.read_text()}\n[backup]\nrecipients = ["{public}"]\n')
    assert call("backup", tmp_path / "desk.age", "--project", project).code == 0
    again = call("backup", tmp_path / "desk.age", "--project", project)
    assert (again.code, "--force" in again.err) == (2, True)
    assert call("backup", tmp_path / "desk.age", "--force", "--project", project).code == 0
    assert _restore(tmp_path / "desk.age", tmp_path / "again", key).code == 0


def test_a_passphrase_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "Lock", partial(Lock, log_n=4))
    project, out = project_in(tmp_path), tmp_path / "desk.age"
    words = tmp_path / "words"
    words.write_text("four words of ours\nand a note\n")
    with_words = ("--passphrase-file", words)
    assert call("backup", out, *with_words, "--project", project).code == 0
    assert call("backup", "--check", out, *with_words).code == 0
    done = call("restore", out, tmp_path / "again", *with_words, "--keys", tmp_path / "safe")
    assert done.code == 0, done
    words.write_text("other words of ours\n")
    wrong = call("restore", out, tmp_path / "more", *with_words, "--keys", tmp_path / "safe2")
    assert (wrong.code, "does not open it" in wrong.err) == (2, True)
    assert not (tmp_path / "more").exists()


def test_what_is_asked_must_be_one_thing(tmp_path: Path, safe: tuple[Path, str]) -> None:
    project, (key, public) = project_in(tmp_path), safe
    out, words = tmp_path / "desk.age", tmp_path / "words"
    words.write_text("short\n")
    for arguments, says in (
        ((), "--new-key"),
        (("--to", public, "--passphrase"), "name one of them"),
        (("--to", public, "--passphrase-file", words), "name one of them"),
        (("--passphrase",), "--passphrase-file"),
        (("--passphrase-file", words), "it needs 12"),
        (("--passphrase-file", tmp_path / "none"), "cannot be read"),
        (("--to", "age1none"), "no public key of age"),
    ):
        done = call("backup", out, *arguments, "--project", project)
        assert (done.code, says in done.err) == (2, True), done
        assert len(done.err.strip().splitlines()) == 1
    assert not out.exists()
    assert _backup(project, out, public).code == 0
    for arguments, says in (
        ((), "--identity FILE"),
        (("--passphrase-file", words), "--identity FILE"),
        (("--identity", words), "no private key"),
    ):
        done = call("backup", "--check", out, *arguments)
        assert (done.code, says in done.err) == (2, True), done
    again = call("backup", "--new-key", key)
    assert (again.code, "is there already" in again.err) == (2, True)


def test_a_damaged_backup_is_a_finding(tmp_path: Path, safe: tuple[Path, str]) -> None:
    project, (key, public) = project_in(tmp_path), safe
    out = tmp_path / "desk.age"
    _backup(project, out, public)
    out.write_bytes(out.read_bytes()[:-1])
    for done in (
        call("backup", "--check", out, "--identity", key),
        _restore(out, tmp_path / "again", key),
    ):
        assert (done.code, "changed or cut short" in done.err) == (1, True), done
        assert len(done.err.strip().splitlines()) == 1
    assert not (tmp_path / "again").exists()


def test_a_locked_desk_gives_no_backup(tmp_path: Path, safe: tuple[Path, str]) -> None:
    project = project_in(tmp_path)
    assert call("lock", "--project", project).code in (0, 1)
    done = _backup(project, tmp_path / "desk.age", safe[1])
    assert (done.code, "locked" in done.err) == (2, True)
    assert not (tmp_path / "desk.age").exists()


# the outbox after a restore ----------------------------------------------------------------------


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    use_towns(monkeypatch)
    return desk_in(tmp_path, action())


def _sent(folder: Path) -> list[str]:
    return sorted(
        one.name for name in ("r1", "r2") for one in (folder / name).glob("*.json")
    )  # a folder of each recipient


def _states(project: Path) -> list[str]:
    listed = call("outbox", "--json", "--project", project)
    return [json.loads(line)["state"] for line in listed.out.splitlines()]


def test_what_may_have_gone_waits_for_a_person(
    desk: Path, tmp_path: Path, safe: tuple[Path, str]
) -> None:
    """Released before the backup, sent after it: the restored desk does not send it again."""
    released_by_two(Project.open(desk), W, "--all", *HARMS)
    _backup(desk, tmp_path / "desk.age", safe[1])
    assert call("deliver", "--once", "--project", desk).code == 0
    before = _sent(tmp_path)
    assert len(before) == 2
    for name in before:
        next(tmp_path.glob(f"r?/{name}")).unlink()
    again = tmp_path / "again"
    done = _restore(tmp_path / "desk.age", again, safe[0])
    assert "tocsin outbox resume" in done.out
    held = call("deliver", "--once", "--project", again)
    assert (held.code, "HELD since the restore: 2 messages" in held.err) == (0, True), held
    assert _sent(tmp_path) == []
    checked = {one.what: one for one in check_project(Project.open(again), SystemClock().now())}
    assert (checked["outbox"].ok, "held since" in checked["outbox"].says) == (False, True)
    _let_go(again, tmp_path)


def _let_go(again: Path, folder: Path) -> None:
    """One had gone, as a person knows; the other goes now, once."""
    first, second = (
        json.loads(line)["key"]
        for line in call("outbox", "--json", "--project", again).out.splitlines()
    )
    at = ("--project", again)
    assert call("outbox", "resume", *at).code == 2, "it is a decision and needs a name"
    unknown = call("outbox", "resume", "--sent", "none", "--as", "ana", *at)
    assert (unknown.code, "no message that waits" in unknown.err) == (2, True)
    done = call("outbox", "resume", "--sent", first, "--as", "ana", *at)
    assert (done.code, "1 had gone, 1 will be sent" in done.out) == (0, True), done
    assert call("deliver", "--once", *at).code == 0
    assert _sent(folder) == [f"{second}.json"]
    assert _states(again) == ["delivered", "delivered"]
    with Archive.open(again / "archive") as archive:
        notes = [e.payload["note"] for e in archive.entries() if e.kind == "receipt"]
    assert any("had gone before the restore, says ana" in note for note in notes)
    over = call("outbox", "resume", "--as", "ana", *at)
    assert (over.code, "not held" in over.err) == (2, True)


def test_what_receipts_say_is_never_sent_again(
    desk: Path, tmp_path: Path, safe: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store was copied before the message went, the ledger after: its receipt is in it."""
    from tocsin.store.moment import StoreMoment

    released_by_two(Project.open(desk), W, "--to", "r1", *HARMS)
    real = StoreMoment.copy_to

    def late(moment: StoreMoment, path: Path, told: Any) -> None:
        assert call("deliver", "--once", "--project", desk).code == 0
        real(moment, path, told)

    monkeypatch.setattr(StoreMoment, "copy_to", late)
    assert _backup(desk, tmp_path / "desk.age", safe[1]).code == 0
    sent = _sent(tmp_path)
    assert len(sent) == 1
    next(tmp_path.glob(f"r?/{sent[0]}")).unlink()
    again = tmp_path / "again"
    assert _restore(tmp_path / "desk.age", again, safe[0]).code == 0
    assert _states(again) == ["delivered"]
    call("outbox", "resume", "--as", "ana", "--project", again)
    assert call("deliver", "--once", "--project", again).code == 0
    assert _sent(tmp_path) == []


def test_pages_go_on_while_the_outbox_is_held(
    desk: Path, tmp_path: Path, safe: tuple[Path, str]
) -> None:
    from tocsin.delivery.queue import Queue
    from tocsin.engines.delivering import open_outbox
    from tocsin.engines.outbox import StoreQueue

    released_by_two(Project.open(desk), W, "--all", *HARMS)
    _backup(desk, tmp_path / "desk.age", safe[1])
    again = tmp_path / "again"
    _restore(tmp_path / "desk.age", again, safe[0])
    project = Project.open(again)
    assert is_held(project)
    with project.reading() as store:
        now = SystemClock().now()
        queue: Queue = StoreQueue(store)
        assert queue.claim(now, now, "desk:") is None
        page = outbox.rows(store)[0]
        outbox.settle(store, page["key"], {"line": "desk:ana"})
        claimed = queue.claim(now, now, "desk:")
        assert claimed is not None
        assert open_outbox(project, store, SystemClock())._options.lines == "desk:"


def test_a_desk_that_released_nothing_is_not_held(
    desk: Path, tmp_path: Path, safe: tuple[Path, str]
) -> None:
    put_actions(Project.open(desk), action(minutes=9, level=Level.ALARM, what=Action.UPDATE))
    _backup(desk, tmp_path / "desk.age", safe[1])
    assert _restore(tmp_path / "desk.age", tmp_path / "again", safe[0]).code == 0
    assert not is_held(Project.open(tmp_path / "again"))
