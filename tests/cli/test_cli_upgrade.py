"""``tocsin upgrade`` as a person uses it."""

from __future__ import annotations

import json
from pathlib import Path

import orjson
import pytest
from cli_support import call, project_in

from posts_support import post_line
from streams_support import calls
from tocsin.engines.upgrades.environments import switch

CANARY = "Выгоним табуреток из города, сбор в 20:00 у моста"
PACK = "version: 1\ngroups:\n  - name: Roma\n    coded: {ru: ['табурет*']}\n"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a pack of its own, ingested and run."""
    folder = tmp_path_factory.mktemp("desk")
    posts = [post for _, own in list(calls())[:2] for post in own]
    path = folder / "posts.jsonl"
    path.write_bytes(b"".join(orjson.dumps(p) + b"\n" for p in (*posts, post_line(7, CANARY))))
    project = project_in(folder)
    packs = folder / "words"
    packs.mkdir()
    (packs / "own.yaml").write_text(PACK, encoding="utf-8")
    settings = project / "tocsin.toml"
    settings.write_text(f'{settings.read_text()}\n[reading]\npack_folders = ["{packs}"]\n')
    assert call("upgrade", "--project", project).out.startswith("the same versions")
    assert call("ingest", path, "--project", project).code == 0
    assert call("run", "--workers", 0, "--project", project).code == 0
    return project


def _words(desk: Path, pattern: str) -> None:
    text = PACK.replace("табурет", pattern)
    (desk.parent / "words" / "own.yaml").write_text(text, encoding="utf-8")


def test_nothing_changed_is_exit_0(desk: Path) -> None:
    done = call("upgrade", "--workers", 0, "--project", desk)
    assert done.code == 0
    assert done.out.startswith("the same versions as in the newest run")


def test_what_is_changed_is_shown_accepted_and_undone(desk: Path) -> None:
    _words(desk, "комод")
    found = call("upgrade", "--workers", 0, "--project", desk)
    assert found.code == 1
    assert "pack:words/own.yaml" in found.out
    assert "town_news/7: " in found.out
    assert "replayed under both versions" in found.out
    assert "tocsin upgrade --accept" in found.err

    as_json = call("upgrade", "--workers", 0, "--json", "--project", desk)
    form = json.loads(as_json.out)
    assert as_json.code == 1
    assert form["same"] is False
    assert form["parts"] == {
        "code": True, "settings": True, "packs": False, "gazetteer": True, "models": True,
    }  # fmt: skip
    assert [post["ref"] for post in form["posts"]] == ["town_news/7"]

    taken = call("upgrade", "--workers", 0, "--accept", "--as", "ana", "--project", desk)
    assert taken.code == 0
    assert "accepted; back again: tocsin upgrade --back" in taken.out
    for done in (found, as_json, taken):
        assert not any(word in done.out + done.err for word in CANARY.split() if len(word) > 3)

    back = call("upgrade", "--back", "--as", "ana", "--reason", "worse", "--project", desk)
    assert back.code == 0, back
    assert "own.yaml" in back.out
    assert "the versions before are in force again" in back.out
    assert "табурет" in (desk.parent / "words" / "own.yaml").read_text(encoding="utf-8")
    assert call("upgrade", "--project", desk).code == 0
    assert call("verify", "--project", desk).code == 0


def test_a_run_says_its_line_and_refuses_where_told_to(desk: Path, tmp_path: Path) -> None:
    path = tmp_path / "more.jsonl"
    path.write_bytes(orjson.dumps(post_line(900, "Сегодня ярмарка")) + b"\n")
    assert call("ingest", path, "--project", desk).code == 0
    settings = desk / "tocsin.toml"
    before = settings.read_text()
    refuse = '[warnings]\nexpire_h = 3\n[run]\nunaccepted_versions = "refuse"\n'
    settings.write_text(f"{before}\n{refuse}")
    refused = call("run", "--workers", 0, "--project", desk)
    assert refused.code == 2
    assert refused.err.startswith("tocsin: not run: settings differ from what was accepted")
    settings.write_text(f"{before}\n{refuse.replace('refuse', 'warn')}")
    warned = call("run", "--workers", 0, "--project", desk)
    assert warned.code == 0
    assert warned.err.count("settings differ from what was accepted") == 1
    assert "1 posts processed" in warned.out
    settings.write_text(before)


def test_only_the_environment_in_force_knows_the_way_back(
    desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    switch(desk, tmp_path / "elsewhere")
    done = call("upgrade", "--back", "--as", "ana", "--project", desk)
    assert done.code == 2
    assert "elsewhere/bin/python -m tocsin upgrade --back" in done.err


def test_decisions_need_a_name_and_one_direction(desk: Path) -> None:
    assert call("upgrade", "--accept", "--project", desk).code == 2
    assert call("upgrade", "--back", "--project", desk).code == 2
    both = call("upgrade", "--accept", "--back", "--as", "ana", "--project", desk)
    assert both.code == 2
    assert "opposites" in both.err
    other = call("upgrade", "--with", desk / "python", "--accept", "--as", "ana", "--project", desk)
    assert other.code == 2
    assert "python -m venv" in other.err
