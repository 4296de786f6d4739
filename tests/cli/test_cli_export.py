"""``tocsin export`` and ``tocsin timeline``, as a person at the desk would use them."""

from __future__ import annotations

import zipfile
from pathlib import Path

import orjson
import pytest
from cli_support import call, project_in

from tocsin.archive import Archive

POST = '{"id":"%d","channel":"town_news","posted_at":"2024-01-0%d","text":"the market opens"}\n'


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    project = project_in(tmp_path)
    (tmp_path / "posts.jsonl").write_text("".join(POST % (n, n) for n in (1, 2, 3)))
    assert call("ingest", tmp_path / "posts.jsonl", "-p", project).code == 0
    return project


def test_a_bundle_is_made_told_and_noted(desk: Path, tmp_path: Path) -> None:
    out = tmp_path / "b.zip"
    words = ("--channel", "@town_news", "--out", out, "--level", "internal", "--as", "ana")
    done = call("export", *words, "--since", "2024-01-02", "-p", desk)
    assert done.code == 0, done
    assert "2 items, internal" in done.out
    assert "tocsin anchor" in done.err
    assert zipfile.ZipFile(out).testzip() is None
    with Archive.open(desk / "archive") as archive:
        kinds = [entry.kind for entry in archive.entries()]
    assert kinds[-2:] == ["export", "tree_head"]
    assert call("verify", "-p", desk).code == 0
    again = call("export", *words, "-p", desk)
    assert again.code == 2
    assert "is there already" in again.err


def test_json_tells_the_same(desk: Path, tmp_path: Path) -> None:
    out = tmp_path / "b.zip"
    words = ("--channel", "town_news", "--out", out, "--level", "public", "--as", "ana", "--json")
    told = orjson.loads(call("export", *words, "-p", desk).out)
    assert (told["items"], told["level"], told["anchors"]) == (3, "public", 0)
    assert len(told["sha256"]) == 64


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--level", "internal"), "--as NAME"),
        (("--level", "internal", "--as", "ana", "--since", "Monday"), "no time"),
        (("--level", "internal", "--as", "ana"), "nothing to export"),
        (("0123456789ab", "--level", "internal", "--as", "ana"), "no rumour and no warning"),
        (("--channel", "no", "--level", "internal", "--as", "ana"), "nothing fits"),
    ],
)
def test_what_is_missing_is_told(
    desk: Path, tmp_path: Path, words: tuple[str, ...], says: str
) -> None:
    done = call("export", *words, "--out", tmp_path / "b.zip", "-p", desk)
    assert done.code == 2
    assert says in done.err
    assert not (tmp_path / "b.zip").exists()


def test_a_timeline_that_leaves_needs_a_name(desk: Path, tmp_path: Path) -> None:
    assert call("run", "-p", desk, "--workers", "0").code == 0
    inside = call("timeline", "market", "--html", tmp_path / "a.html", "-p", desk)
    assert inside.code == 0, inside
    assert "3 posts, internal" in inside.out
    words = ("timeline", "market", "--html", tmp_path / "b.html", "--level", "partner")
    assert "--as NAME" in call(*words, "-p", desk).err
    told = orjson.loads(call(*words, "--as", "ana", "--json", "-p", desk).out)
    assert told["ledger_entry"] is not None
    assert "the market opens" in (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "the market opens" not in (tmp_path / "b.html").read_text(encoding="utf-8")
    assert "nothing fits" in call("timeline", "zebra", "--html", tmp_path / "c", "-p", desk).err
