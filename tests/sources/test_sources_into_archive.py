"""All formats into one project: one channel, no doubles, and what the operator said on record."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import orjson
import pytest
from cli_support import call, project_in
from engine_support import contents
from fuzz_loop import ALL
from telegram_export_writer import message
from telegram_html_writer import page, save_pages
from test_sources_same_post import (
    POSTS,
    save_csv,
    save_html,
    save_json,
    save_ndjson,
    save_telethon,
    save_zip,
)

from tocsin.archive import Archive
from tocsin.cli import ingest
from tocsin.engines.ingest import file_digest
from tocsin.engines.project import Project


@pytest.fixture(autouse=True)
def _sources(monkeypatch: pytest.MonkeyPatch) -> None:
    # what is installed may be older than what is tested
    monkeypatch.setattr(ingest, "load_sources", lambda: {one.name: one for one in ALL})


def captures(project: Path) -> list[dict[str, Any]]:
    with Archive.open(Project.open(project).archive_folder) as archive:
        return [dict(entry.payload) for entry in archive.entries() if entry.kind == "capture"]


def test_one_format_after_the_other_adds_nothing(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    channels = tmp_path / "channels.csv"
    channels.write_text("channel,name\n1234567890,town_notices\n")
    where = ("--project", project, "--channel", "@town_notices", "--json")
    first = call("ingest", save_json(tmp_path, POSTS), "--channels", channels, *where)
    assert (first.code, orjson.loads(first.out)["added"]) == (0, 8)
    for save in (save_html, save_zip, save_telethon, save_ndjson):
        done = call("ingest", save(tmp_path, POSTS), *where)
        assert done.code == 0, done.err
        said = orjson.loads(done.out)
        assert (said["added"], said["versions"], said["unchanged"]) == (0, 0, 8), save.__name__
    done = call("ingest", save_csv(tmp_path, POSTS), *where)
    assert orjson.loads(done.out)["versions"] == 1, "4CAT's tables hold no venues"
    assert {row[0] for row in contents(Project.open(project))["posts"]} == {"1234567890"}
    assert call("verify", "--project", project).code == 0


def test_it_is_recorded_that_the_operator_named_the_channel_and_the_zone(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    folder = save_pages(tmp_path / "e", [message(1, "x"), message(2, "y")], zone=None, per_file=1)
    options = ("--channel", "@town", "--zone", "Europe/Moscow", "--project", project)
    assert call("ingest", folder, *options).code == 0
    (record,) = captures(project)
    assert record["stated"] == {"channel": "town", "zone": "Europe/Moscow"}
    assert record["collector"].endswith("telegram_html")
    pages = [folder / "messages.html", folder / "messages2.html"]
    listed = "".join(f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.name}\n" for p in pages)
    assert record["source_digest"] == hashlib.sha256(listed.encode()).hexdigest()
    assert file_digest(pages[0]) == hashlib.sha256(pages[0].read_bytes()).hexdigest()


def test_without_a_name_the_refusal_says_what_to_do(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    done = call("ingest", save_html(tmp_path, POSTS), "--project", project)
    assert done.code == 2
    assert "--channel @name" in done.err
    assert captures(project) == []


def test_a_private_chat_leaves_nothing(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    path = tmp_path / "messages.html"
    path.write_text(page([message(1, "a secret", contact_information={})]), encoding="utf-8")
    done = call("ingest", path, "--project", project, "--channel", "town")
    assert done.code == 2
    assert "contact card" in done.err
    stored = b"".join(p.read_bytes() for p in project.rglob("*") if p.is_file())
    assert b"secret" not in stored
    assert captures(project) == []


def test_a_wrong_zone_is_one_line(tmp_path: Path) -> None:
    done = call("ingest", "x", "--zone", "Nowhere", "--project", project_in(tmp_path))
    assert done.code == 2
    assert "no such time zone" in done.err
