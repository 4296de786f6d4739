"""Words for pictures and voices: a version of the post, marked, known from when they came."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from engine_support import contents, ingest_file, new_project, run_all
from erasure_support import erase_where
from places_to_search import places_of

from posts_support import START, post_line
from tocsin.archive import Archive, verify
from tocsin.coverage import Coverage
from tocsin.engines.local import RunWatch
from tocsin.engines.media import (
    BY_MACHINE,
    MachineReading,
    Transcript,
    add_transcript,
    read_pictures,
)
from tocsin.engines.project import Project
from tocsin.engines.rebuild import rebuild
from tocsin.engines.selection import Choice
from tocsin.engines.tips import Judgement, TipDesk
from tocsin.errors import MissingExtra, UsageError
from tocsin.model import Enriched, Media, Post, Reading, ReadStatus
from tocsin.sources import ocr
from tocsin.sources.ocr import Words, words_of
from tocsin.sources.tips import CONSENT_VERSION, TipForm
from tocsin.store.lists import channel_counts, newest_post, warnings_now
from tocsin.store.media import proposals_of, unread_media

Write = Callable[[Iterable[dict[str, Any]], str], Path]
CALL = "Рыбинск, сегодня в 18:00 все к рынку, выгоним мигрантов из города"
LATER = START + timedelta(hours=2)
POSTER = b"\x89PNG\r\n\x1a\n a poster"
DIGEST = hashlib.sha256(POSTER).hexdigest()


def posts() -> list[dict[str, Any]]:
    return [
        post_line(1, "", media=[{"kind": "photo", "digest": DIGEST}], views=7, captured_at=None),
        post_line(2, "", media=["voice"]),
        post_line(3, "Rain tomorrow", media=["photo"]),
        post_line(4, "", media=["sticker"]),
        post_line(5, "Caption", media=["video"]),
    ]


@pytest.fixture
def project(tmp_path: Path, write_posts: Write) -> Project:
    project = new_project(tmp_path / "desk")
    ingest_file(project, write_posts(posts(), "posts.jsonl"))
    run_all(project)
    return project


def waiting(project: Project) -> list[str]:
    with project.reading() as store:
        return [row["post"] for row in unread_media(store)]


def write(project: Project, post: str, text: str, **more: Any) -> int:
    with project.writing() as opened:
        return add_transcript(*opened, Transcript(post, text, "ana", LATER, **more))


def unread(project: Project) -> int:
    with project.reading() as store:
        (row,) = channel_counts(store)
    return int(row["unread"])


def test_pictures_and_voices_without_words_wait_the_newest_first(project: Project) -> None:
    assert waiting(project) == ["town_news/2", "town_news/1"]


def test_a_transcript_is_the_post_with_words_from_now_on(project: Project) -> None:
    before = unread(project)
    assert write(project, "town_news/1", CALL, lang="ru") == 2
    assert waiting(project) == ["town_news/2"]
    run_all(project)
    assert unread(project) == before - 1
    with project.reading() as store:
        row = newest_post(store, "town_news", "1")
        (warning,) = warnings_now(store)
    assert row is not None
    assert (row["text"], row["source"], row["version"]) == (CALL, "transcript", 2)
    assert row["known_at"] == LATER
    assert row["posted_at"] == START + timedelta(minutes=1)
    assert '"origin":"transcribed by a person"' in row["extra"]
    assert "views" not in row["extra"]
    assert DIGEST in row["extra"]
    assert warning["issued_at"] == LATER.isoformat()  # nothing before the words were there
    assert warning["posts"] == ["town_news/1"]
    assert warning["level"] == "alert"


def test_its_capture_names_the_evidence_it_is_bound_to(project: Project) -> None:
    write(project, "town_news/2", "To the market")
    with Archive.open(project.archive_folder) as archive:
        captures = [e.payload for e in archive.entries() if e.kind == "capture"]
        bound = archive.evidence(captures[-1]["of"])
    assert (bound.identity.message_id, bound.identity.version) == ("2", 1)
    assert captures[-1]["method"] == "transcribed by a person"
    assert captures[-1]["operator"] == "ana"
    assert not verify(project.archive_folder).problems


def test_words_are_added_to_those_the_post_has(project: Project) -> None:
    assert write(project, "town_news/5", "Spoken words") == 2
    assert write(project, "town_news/5", "More of them") == 3
    with project.reading() as store:
        row = newest_post(store, "town_news", "5")
    assert row is not None
    assert row["text"] == "Caption\nSpoken words\nMore of them"


def test_the_same_export_again_adds_nothing(project: Project, write_posts: Write) -> None:
    write(project, "town_news/1", CALL)
    again = ingest_file(project, write_posts(posts(), "posts.jsonl"))
    assert (again.added, again.versions, again.unchanged) == (0, 0, 5)


def test_a_rebuild_repeats_transcripts(project: Project) -> None:
    write(project, "town_news/1", CALL)
    run_all(project)
    before = contents(project)
    with project.writing() as (archive, _):
        report = rebuild(project, archive, {}, lambda _: RunWatch())
    assert report.same
    assert contents(project) == before


def test_a_transcript_of_a_tip_stays_a_tip(project: Project) -> None:
    desk = TipDesk(project)
    desk.submit(TipForm("A poster", CONSENT_VERSION, files=(POSTER,)), START)
    (kept,) = desk.all()
    with project.writing() as opened:
        ref = desk.accept(opened, kept.tip.id, Judgement("ana", LATER))
    write(project, ref, CALL)
    run_all(project)
    with project.reading() as store:
        row = newest_post(store, "tips", kept.tip.id)
        assert {one["level"] for one in warnings_now(store)} <= {"watch"}
    assert row is not None
    assert row["source"] == "tip"


@pytest.mark.parametrize(
    ("post", "text", "says"),
    [
        ("town_news/99", "words", "no post"),
        ("nothing", "words", "no post"),
        ("town_news/1", " ", "1 to"),
        ("town_news/1", "a\x00b", "no NUL"),
        ("town_news/1", "x" * 20_001, "1 to"),
        ("town_news/3", "Rain", "these words already"),
    ],
)
def test_what_is_wrong_is_refused(project: Project, post: str, text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        write(project, post, text)


# read by machine


def read(project: Project, folder: Path, words: Words | None) -> list[Transcript]:
    how = MachineReading(lambda _: words, least=0.9, operator="night desk")
    with project.writing() as opened:
        return list(read_pictures(opened, [folder], how, LATER))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "export" / "photos"
    folder.mkdir(parents=True)
    (folder / "a.png").write_bytes(POSTER)
    (folder / "b.png").write_bytes(b"of no post")
    (folder / "c.txt").write_bytes(POSTER)
    return folder.parent


def test_a_picture_is_found_by_its_digest_and_its_words_are_marked(
    project: Project, folder: Path
) -> None:
    (found,) = read(project, folder, Words(CALL, 0.97))
    assert (found.post, found.confidence) == ("town_news/1", 0.97)
    with project.reading() as store:
        row = newest_post(store, "town_news", "1")
    assert row is not None
    assert row["source"] == "ocr"
    assert f'"origin":"{BY_MACHINE}"' in row["extra"]
    assert '"confidence":0.97' in row["extra"]
    assert read(project, folder, Words(CALL, 0.97)) == []  # nothing waits any more


def test_what_the_machine_is_unsure_of_is_a_proposal_and_no_evidence(
    project: Project, folder: Path
) -> None:
    (found,) = read(project, folder, Words("To the rnarket", 0.5))
    assert found.confidence == 0.5
    assert "town_news/1" in waiting(project)
    with project.reading() as store:
        known = proposals_of(store, [("town_news", "1")])
        row = newest_post(store, "town_news", "1")
    assert row is not None
    assert row["version"] == 1
    assert known["town_news/1"]["text"] == "To the rnarket"
    assert known["town_news/1"]["by"] == "night desk"
    assert erase_where(project, Choice(post="town_news/1")) == 1
    assert not any(b"rnarket" in data for _, data in places_of(project))


def test_a_picture_without_words_is_nothing(project: Project, folder: Path) -> None:
    assert read(project, folder, None) == []


def test_confidence_is_weighed_by_the_length_of_lines() -> None:
    found = words_of(SimpleNamespace(txts=("abcd", " ", "ab"), scores=(1.0, 0.1, 0.4)))
    assert found is not None
    assert found.text == "abcd\nab"
    assert found.confidence == pytest.approx(0.8)
    assert words_of(SimpleNamespace(txts=None, scores=None)) is None


def test_without_the_package_the_command_to_install_it_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "rapidocr", None)
    with pytest.raises(MissingExtra, match=r"tocsin\[ocr\]"):
        ocr.ocr()


def test_a_broken_picture_is_nothing_and_never_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def engine(data: bytes) -> Any:
        if data == b"broken":
            raise RuntimeError("a decoder's own")
        return SimpleNamespace(txts=("To the market",), scores=(0.5,))

    fake = SimpleNamespace(RapidOCR=lambda **_: engine)
    monkeypatch.setitem(__import__("sys").modules, "rapidocr", fake)
    reader, path = ocr.ocr(), tmp_path / "a.png"
    for data, found in ((b"good", Words("To the market", 0.5)), (b"broken", None), (b"", None)):
        path.write_bytes(data)
        assert reader(path) == found
    assert reader(tmp_path / "none.png") is None


# coverage


def counted(coverage: Coverage, text: str = "", origin: str | None = None) -> None:
    post = Post("t", "c", "1", START, START, text, media=(Media("photo"),), origin=origin)
    status = ReadStatus.FULL if text else ReadStatus.UNSUPPORTED
    digest = b"1" * 16 if text else None
    enriched = Enriched(post, text, digest, "en", 1.0, None, vector_model="use3")
    coverage.add(enriched, Reading(post.ref, 1, "en", status, None))


def test_coverage_no_longer_counts_a_transcribed_post_as_unread() -> None:
    coverage = Coverage()
    counted(coverage)
    assert "1 of 1 posts" in coverage.sentences(START)[0]
    again = Coverage()
    again.restore(coverage.snapshot())
    counted(again, "words", "transcribed by a person")
    assert again.sentences(START) == ()
    counted(again, "words", "transcribed by a person")  # a second transcript is a post like any
    assert again.sentences(START) == ()
