"""Health: what ``tocsin check`` says, by role, without the models."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_support import call
from console_support_places import Town, desk_project

from tocsin.engines import checking


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return Town(desk_project(tmp_path_factory.mktemp("health")))


def test_it_says_what_the_command_says(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    for slow in ("_reads_a_post", "_compares_texts"):
        monkeypatch.setattr(checking, slow, str)
    printed = call("check", "--json", "--project", town.project.folder).out.splitlines()
    theirs = {row["what"]: row["ok"] for row in map(json.loads, printed)}
    ours = {row["what"]: row["ok"] for row in town.json("/health", "analyst")["checks"]}
    loads_models = {"models and packs", "compared by meaning", "versions"}
    assert theirs.keys() - ours.keys() == loads_models
    assert ours.items() <= theirs.items()


def test_it_counts_what_is_there(town: Town) -> None:
    found = town.json("/health", "analyst")
    assert [one for one in found["checks"] if not one["ok"]] == []
    assert found["well"] is True
    assert found["ledger"] == int(town.desk.store.meta("indexed_seq"))
    assert found["sizes"]["store"] >= town.project.store_path.stat().st_size
    assert found["sizes"]["archive"] > 0
    assert found["last_run"]["done"] is True
    assert found["last_run"]["reached"] == "2024-03-08T10:00:00+00:00"
    assert found["outbox"] == {"waiting": 0, "delivered": 0, "dead": 0, "dropped": 0}
    assert found["versions"]["store"] == "sqlite"
    assert found["coverage"]["posts_24h"] == 1


def test_viewers_are_told_no_folder(town: Town) -> None:
    answer = json.dumps(town.json("/health"))
    assert str(town.project.folder.parent) not in answer
    assert str(town.project.folder.parent) not in town.page("/health")
    assert "desk.key" in town.page("/health", "analyst")


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    town = Town(desk_project(tmp_path))
    town.project.key_path.rename(tmp_path / "away")
    found = town.json("/health", "analyst")
    (key,) = [row for row in found["checks"] if row["what"] == "pseudonym key"]
    assert (key["ok"], found["well"]) == (False, False)
    assert "is missing" in key["says"]
    page = town.page("/health", "analyst")
    assert "Something needs doing." in page


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_page_has_words(town: Town, language: str) -> None:
    assert "sqlalchemy" in town.page("/health", language=language)
