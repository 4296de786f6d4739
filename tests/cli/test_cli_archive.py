"""A copy of the archive elsewhere: whole or the one before, and erasures reach it."""

from __future__ import annotations

import shutil
from pathlib import Path

import orjson
import pytest
from cli_support import call, project_in

POSTS = (
    '{"id":"1","channel":"town_news","posted_at":"2024-01-01","text":"the market opens at nine"}\n'
    '{"id":"2","channel":"town_news","posted_at":"2024-01-02","text":"the old bridge is shut"}\n'
)


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    project = project_in(tmp_path)
    (tmp_path / "posts.jsonl").write_text(POSTS)
    assert call("ingest", tmp_path / "posts.jsonl", "-p", project).code == 0
    return project


def pushed(desk: Path, copy: Path) -> dict[str, int]:
    done = call("archive", "push", f"file://{copy}", "-p", desk, "--json")
    assert done.code == 0, done.err
    found: dict[str, int] = orjson.loads(done.out)
    return found


def objects(copy: Path) -> set[str]:
    return {path.name for path in (copy / "objects").iterdir()}


def test_a_copy_is_pulled_and_verifies(desk: Path, tmp_path: Path) -> None:
    copy, other = tmp_path / "copy", tmp_path / "other"
    first = pushed(desk, copy)
    assert first["sent"] == len(objects(copy)) > 0
    assert pushed(desk, copy)["sent"] == 0
    done = call("archive", "pull", copy, other)
    assert done.code == 0, done.err
    shutil.copy(desk / "tocsin.toml", other)
    assert call("verify", "-p", other).code == 0
    assert call("rebuild", "-p", other).code == 0


def test_what_was_erased_is_gone_from_the_copy_with_the_next_push(
    desk: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    pushed(desk, copy)
    erased = call("erase", "town_news/2", "-p", desk, "--as", "Ada", "--reason", "asked", "--yes")
    assert erased.code == 0, erased.err
    before = objects(copy)
    assert pushed(desk, copy)["removed"] > 0
    assert before - objects(copy)
    call("archive", "pull", copy, tmp_path / "other")
    shutil.copy(desk / "tocsin.toml", tmp_path / "other")
    assert call("verify", "-p", tmp_path / "other").code == 0


def test_a_damaged_copy_is_refused_and_nothing_is_left(desk: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    pushed(desk, copy)
    largest = max((copy / "objects").iterdir(), key=lambda path: path.stat().st_size)
    largest.write_bytes(largest.read_bytes()[:-1])
    done = call("archive", "pull", copy, tmp_path / "other")
    assert (done.code, "damaged or gone" in done.err) == (3, True)
    assert not list(tmp_path.glob("*other*")) + list(tmp_path.glob(".other*"))


def test_a_manifest_that_leads_elsewhere_writes_nothing(desk: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    pushed(desk, copy)
    manifest = orjson.loads((copy / "manifest.json").read_bytes())
    name, said = next(iter(manifest["files"].items()))
    for bad in ("../outside", "archive/../../outside", "/outside", "tocsin.toml"):
        (copy / "manifest.json").write_bytes(orjson.dumps({"files": {bad: said}}))
        done = call("archive", "pull", copy, tmp_path / "other")
        assert (done.code, "outside an archive" in done.err) == (3, True)
    (copy / "manifest.json").write_bytes(b"{")
    assert "damaged" in call("archive", "pull", copy, tmp_path / "other").err
    assert name


def test_bad_use_is_one_line(desk: Path, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    for words, code, said in (
        (("pull", tmp_path / "nowhere", tmp_path / "new"), 3, "no copy of an archive there"),
        (("push", "ftpx://host/folder", "-p", desk), 2, "ftpx"),
    ):
        done = call("archive", *words)
        assert (done.code, said in done.err) == (code, True), done.err
    pushed(desk, tmp_path / "copy")
    done = call("archive", "pull", tmp_path / "copy", tmp_path / "there")
    assert (done.code, "is there already" in done.err) == (2, True)
