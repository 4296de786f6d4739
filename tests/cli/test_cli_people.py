"""Tips, reports from the ground and words for pictures on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from cli_support import Outcome, call, project_in

from posts_support import post_line
from tocsin.engines.tips import TipDesk
from tocsin.model import Credibility, Grade, Reliability, Seen

Tocsin = Callable[..., Outcome]
PICTURE = b"\x89PNG\r\n\x1a\n picture"


@pytest.fixture
def tocsin(tmp_path: Path) -> Tocsin:
    """Any command in a new project."""
    folder = project_in(tmp_path)
    return lambda *said, **more: call(*said, "--project", folder, **more)


def done(outcome: Outcome) -> str:
    assert outcome.code == 0, outcome
    return outcome.out


def rows(outcome: Outcome) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done(outcome).splitlines()]


def refused(outcome: Outcome, *words: str) -> None:
    assert outcome.code == 2, outcome
    assert len(outcome.err.strip().splitlines()) == 1, outcome.err
    assert all(word in outcome.err for word in words), outcome.err


# tips


def test_a_tip_from_first_word_to_answer(tocsin: Tocsin, tmp_path: Path) -> None:
    picture = tmp_path / "Somebody at the mill.png"
    picture.write_bytes(PICTURE)
    asked = tocsin("tips", "add", "--text", "x")
    refused(asked, "--agree")
    assert "We do not store who you are" in asked.out
    told = ("--place", "Derby", "--attach", picture, "--will-ask", "--json")
    (taken,) = rows(tocsin("tips", "add", "--agree", *told, stdin=b"Talk of the mill"))
    (row,) = rows(tocsin("tips", "list", "--json"))
    assert (row["text"], row["place"], row["files"]) == ("Talk of the mill", "Derby", 1)
    assert (row["contact"], row["status"]) == ("ask_back", "new")
    assert "Somebody" not in json.dumps(row)
    tip = row["id"]
    assert "Talk of the mill" in done(tocsin("tips", "list"))
    refused(tocsin("tips", "accept", tip), "--as NAME")
    assert f"tips/{tip}" in done(tocsin("tips", "accept", tip, "--as", "ana"))
    done(tocsin("tips", "answer", tip, "--text", "Thank you", "--as", "ana"))
    assert done(tocsin("tips", "ask", taken["code"])) == "accepted\nThank you\n"
    assert rows(tocsin("tips", "ask", taken["code"], "--json"))[0]["answer"] == "Thank you"
    shown = done(tocsin("tips", "show", tip, "--save-to", tmp_path / "files"))
    assert "image/png" in shown
    assert f"evidence: tips/{tip}" in shown
    assert [path.read_bytes() for path in (tmp_path / "files").iterdir()] == [PICTURE]
    assert "1 posts processed" in done(tocsin("run", "--workers", "0"))
    assert "0 tips" in done(tocsin("tips", "purge"))


def test_a_tip_is_put_aside_with_a_reason(tocsin: Tocsin) -> None:
    assert "no tips" in done(tocsin("tips", "list"))
    code = rows(tocsin("tips", "add", "--agree", "--text", "About a person", "--json"))[0]["code"]
    (row,) = rows(tocsin("tips", "list", "--status", "new", "--json"))
    refused(tocsin("tips", "reject", row["id"], "--as", "ana"), "--reason")
    done(tocsin("tips", "reject", row["id"], "--as", "ana", "--reason", "names a person"))
    assert done(tocsin("tips", "ask", code)) == "rejected\nno answer yet\n"
    assert rows(tocsin("tips", "list", "--status", "new", "--json")) == []
    assert rows(tocsin("tips", "show", row["id"], "--json"))[0]["status"] == "rejected"
    refused(tocsin("tips", "list", "--status", "old"), "new, accepted, rejected")
    refused(tocsin("tips", "ask", "AAAA"), "no tip has this code")
    refused(tocsin("tips", "show", "nothere"), "tocsin tips list")


def test_a_file_that_is_not_there_is_told(tocsin: Tocsin, tmp_path: Path) -> None:
    gone = tocsin("tips", "add", "--agree", "--text", "x", "--attach", tmp_path / "none.png")
    assert gone.code == 3
    assert "none.png" in gone.err


# reports

CROWD = ("--place", "Derby", "--seen", "crowd gathering", "--as", "ana")


def test_a_report_is_taken_down_listed_and_shown(tocsin: Tocsin) -> None:
    assert "no reports" in done(tocsin("report", "list"))
    text = ("--text", "Ring +7 928 123-45-67; two hundred")
    told = tocsin("report", "add", "--role", "monitor", *CROWD, "--grade", "b2", *text)
    assert "crowd gathering (monitor, B2) at Derby" in done(told)
    assert "1 × phone" in told.err
    (row,) = rows(tocsin("report", "list", "--json"))
    assert (row["grade"], row["role"], row["by"]) == ("B2", "monitor", "ana")
    assert row["text"] == "Ring [phone removed]; two hundred"
    assert row["place_id"].startswith("geonames:")
    assert "Derby" in done(tocsin("report", "list"))
    shown = done(tocsin("report", "show", row["id"]))
    assert "seen: crowd gathering" in shown
    assert "group" not in shown
    assert rows(tocsin("report", "show", row["id"], "--json")) == [row]
    done(tocsin("run", "--workers", "0"))
    assert "nothing new" in done(tocsin("run", "--workers", "0"))


def test_a_report_without_grade_is_f6_and_may_come_from_standard_input(tocsin: Tocsin) -> None:
    said = ("--role", "monitor", "--text", "-", "--json", "--seen-at", "2024-03-04T10:00")
    (row,) = rows(tocsin("report", "add", *CROWD, *said, stdin=b"Two hundred\n"))
    assert (row["grade"], row["text"]) == (
        str(Grade(Reliability.F, Credibility.UNJUDGED)),
        "Two hundred",
    )
    assert row["seen_at"] == "2024-03-04T10:00:00+00:00"
    by_id = (*CROWD[2:], "--place", row["place_id"])
    assert (
        rows(tocsin("report", "add", "--role", "monitor", *by_id, "--json"))[0]["place"] == "Derby"
    )


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--role", "Ana S."), ("a role, never a name",)),
        (("--role", "monitor", "--place", "Nosuchtownatall"), ("no town",)),
        (("--role", "monitor", "--place", "geonames:0"), ("no place has this id",)),
        (("--role", "monitor", "--seen", "a storm"), tuple(Seen)),
        (("--role", "monitor", "--grade", "G1"), ("A to F",)),
        (("--role", "monitor", "--grade", "B"), ("A to F",)),
        (("--role", "monitor", "--group", "the government"), ("--group",)),
        (("--role", "monitor", "--seen-at", "soon"), ("--seen-at",)),
    ],
)
def test_a_wrong_report_is_refused(
    tocsin: Tocsin, more: tuple[str, ...], words: tuple[str, ...]
) -> None:
    refused(tocsin("report", "add", *CROWD, *more), *words)


def test_a_report_needs_a_name_and_an_id_that_is_known(tocsin: Tocsin) -> None:
    refused(tocsin("report", "add", "--role", "monitor", *CROWD[:4]), "--as NAME")
    refused(tocsin("report", "show", "nothere"), "tocsin report list")


# pictures and voices


@pytest.fixture
def with_pictures(tocsin: Tocsin, tmp_path: Path) -> Path:
    """A folder with the picture of a post that waits."""
    import hashlib

    media = [{"kind": "photo", "digest": hashlib.sha256(PICTURE).hexdigest()}]
    path = tmp_path / "posts.jsonl"
    path.write_bytes(orjson.dumps(post_line(1, "", media=media)))
    done(tocsin("ingest", path))
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "1.png").write_bytes(PICTURE)
    return folder


def reads(monkeypatch: pytest.MonkeyPatch, text: str, score: float) -> None:
    found = SimpleNamespace(txts=(text,), scores=(score,))
    fake = SimpleNamespace(RapidOCR=lambda **_: lambda _: found)
    monkeypatch.setitem(__import__("sys").modules, "rapidocr", fake)


def test_a_picture_is_listed_and_transcribed(tocsin: Tocsin, with_pictures: Path) -> None:
    (row,) = rows(tocsin("media", "list", "--json"))
    assert (row["post"], row["media"], row["proposed"]) == ("town_news/1", ["photo"], "")
    assert "town_news/1" in done(tocsin("media", "list"))
    refused(tocsin("media", "transcribe", "town_news/1", "--text", "x"), "--as NAME")
    refused(tocsin("media", "transcribe", "town_news/1", "--as", "ana"), "--text", "--proposed")
    proposed = ("media", "transcribe", "town_news/1", "--proposed", "--as", "ana")
    refused(tocsin(*proposed), "has proposed nothing")
    said = ("--text", "Market at noon", "--lang", "en", "--as", "ana")
    told = done(tocsin("media", "transcribe", "town_news/1", *said))
    assert "version 2, transcribed by a person" in told
    assert "nothing waits" in done(tocsin("media", "list"))
    assert with_pictures.is_dir()


def test_a_machine_reads_or_proposes(
    tocsin: Tocsin, with_pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads(monkeypatch, "Market at noom", 0.6)
    assert "proposed only, confidence 0.60" in done(tocsin("media", "ocr", with_pictures))
    (row,) = rows(tocsin("media", "list", "--json"))
    assert (row["proposed"], row["confidence"]) == ("Market at noom", 0.6)
    (found,) = rows(tocsin("media", "ocr", with_pictures, "--least", "0.5", "--json"))
    assert (found["taken"], found["post"]) == (True, "town_news/1")
    assert rows(tocsin("media", "list", "--json")) == []


def test_a_person_takes_what_was_proposed(
    tocsin: Tocsin, with_pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads(monkeypatch, "Market at noon", 0.6)
    done(tocsin("media", "ocr", with_pictures))
    done(tocsin("media", "transcribe", "town_news/1", "--proposed", "--as", "ana"))
    assert rows(tocsin("media", "list", "--json")) == []
    refused(tocsin("media", "ocr", with_pictures / "none"), "no such file")


def test_what_the_tip_desk_offers_a_web_form_is_documented() -> None:
    for name in ("submit", "ask", "all", "get", "files", "accept", "reject", "answer", "purge"):
        assert getattr(TipDesk, name).__doc__
