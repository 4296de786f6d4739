"""Exports of a real project: what is in them, what is not, and what the ledger keeps of them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from engine_support import ingest_file, run_all
from erasure_support import erase_where
from export_support import AT, export_as, members, signing_project

from posts_support import START, post_line, written
from stamp_servers import Authority, served
from tocsin import wire
from tocsin.archive import Archive
from tocsin.archive.anchors import Method
from tocsin.archive.asking import Patience
from tocsin.archive.signing_keys import SigningKey
from tocsin.bundle.levels import Disclosure
from tocsin.engines.anchors import Asking, anchor, subject_to_anchor
from tocsin.engines.export import ExportOrder, export_timeline
from tocsin.engines.heads import sign
from tocsin.engines.indexing import Indexer
from tocsin.engines.project import Project
from tocsin.engines.selection import Choice
from tocsin.engines.tips import Judgement, TipDesk
from tocsin.errors import ArchiveDamaged, EnvironmentFailed, UsageError
from tocsin.model import Decision, DecisionKind
from tocsin.sources.tips import CONSENT_VERSION, Gate, TipForm
from tocsin.store.lists import warnings_now
from tocsin.store.rumours import ShownRumours
from tocsin.store.search import Bounds

INTERNAL, PARTNER, PUBLIC = Disclosure
CALL = "Рыбинск, сегодня в 18:00 все к рынку, выгоним мигрантов из города"
CANARIES = {
    "phone": "+1 555 010-4533",
    "mention": "@canary_mention",
    "name": "Canary Namesson",
    "link": "https://t.me/town_news/770101",
    "id": "770101",
    "file": "Canary_File_Name",
    "operator": "canary_operator",
    "author": "Canary Authorsson",
    "tip phone": "+1 555 010-4544",
    "tip words": "Canary tip words",
    "reason": "Canary reason words",
    "decider": "canary_decider",
    "exporter": "ana",
    "quote": "выгоним мигрантов",
}


@dataclass(frozen=True)
class Made:
    """The project and the ids that are asked for."""

    project: Project
    folder: Path
    rumour: str
    warning: str


def posts() -> list[dict[str, Any]]:
    c = CANARIES
    said = f"{CALL}. {c['name']} {c['phone']} {c['mention']}"
    more, forward = {"author": c["author"], "url": c["link"]}, {"forward_from": "town_news"}
    return [
        {**post_line(1, said, **more), "id": c["id"]},
        {**post_line(9, said), "channel": "second", "is_forward": True, **forward},
        {**post_line(20, said), "channel": "third"},
        {**post_line(30, "Рыбинск: слухи о сборе у рынка — ложь, не верьте"), "channel": "third"},
        post_line(40, "A market day in the old town"),
    ]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("export")
    project = signing_project(folder / "desk")
    path = folder / f"{CANARIES['file']}.jsonl"
    written(path, posts())
    forms = [{"channel": "town_news", "reliability": "C", "subscribers": 4200, "languages": [],
              "as_of": "2024-03-01T00:00:00+00:00"}]  # fmt: skip
    ingest_file(project, path, *forms)
    run_all(project)
    desk = TipDesk(project, Gate(9, 99, lambda n: b"\x07" * n))
    text = f"{CANARIES['tip words']}: {CALL}. {CANARIES['tip phone']}"
    desk.submit(TipForm(text, CONSENT_VERSION), START, "192.0.2.1")
    with project.writing() as opened:
        desk.accept(opened, desk.all()[0].tip.id, Judgement("ana", START + timedelta(hours=1), ""))
    run_all(project)
    with project.reading() as store:
        warning = warnings_now(store)[0]["id"]
        rumour = ShownRumours(store).largest(1)[0].rumour.id
    decide(project, rumour, "probably_false")
    return Made(project, folder, rumour, warning)


def decide(project: Project, rumour: str, value: str) -> None:
    who, reason = CANARIES["decider"], CANARIES["reason"]
    decision = Decision(DecisionKind.RUMOUR_STATUS, rumour, value, who, START, reason)
    with project.writing() as (archive, store):
        archive.append_entry("decision", wire.decision_form(decision))
        archive.flush()
        Indexer(store).catch_up(archive)


def verified(data: bytes, folder: Path) -> str:
    """Unpacked and checked by its own verifier alone; what that prints."""
    for name, part in members(data).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(part)
    command = [sys.executable, "-I", "-S", "verify.py"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("level", list(Disclosure))
@pytest.mark.parametrize("asked", ["rumour", "warning", "выгоним"])
def test_a_bundle_of_anything_verifies(
    made: Made, tmp_path: Path, level: Disclosure, asked: str
) -> None:
    name = {"rumour": made.rumour, "warning": made.warning}.get(asked, asked)
    out = tmp_path / "b.zip"
    done = export_as(made.project, level, out, name)
    assert "OK: unchanged since capture" in verified(out.read_bytes(), tmp_path / "b")
    assert done.items == done.posts > 0
    with Archive.open(made.project.archive_folder) as archive:
        assert done.seq is not None
        entry = next(archive.entries(done.seq))
    assert entry.kind == "export"
    assert entry.payload["sha256"] == done.digest
    assert (entry.payload["by"], entry.payload["level"]) == ("ana", level.value)
    positions = [s for first, n in entry.payload["positions"] for s in range(first, first + n)]
    assert len(positions) == done.items
    assert CALL not in repr(entry.payload)
    assert "выгоним" not in repr(entry.payload)


@pytest.mark.parametrize("level", [PARTNER, PUBLIC])
def test_no_canary_leaves(made: Made, tmp_path: Path, level: Disclosure) -> None:
    asked: list[tuple[str | None, Bounds]]
    asked = [(made.rumour, Bounds()), (made.warning, Bounds()), ("Рыбинск", Bounds())]
    asked += [(None, Bounds(channel=name)) for name in ("town_news", "second", "third")]
    for number, (name, bounds) in enumerate(asked):
        out = tmp_path / f"{number}.zip"
        export_as(made.project, level, out, name, bounds)
        page = tmp_path / f"{number}.html"
        export_timeline(made.project, ExportOrder(made.rumour, Bounds(), level, page, "ana"), AT)
        found = {"zip": out.read_bytes(), "page": page.read_bytes(), **members(out.read_bytes())}
        for where, data in found.items():
            for what, canary in {**CANARIES, "rumour": made.rumour}.items():
                if what == "exporter":
                    continue
                for spelled in {canary, canary.replace(" ", "").replace("-", ""), canary.lower()}:
                    assert spelled.encode() not in data, f"{what} in {where} of {name}"
                    assert orjson.dumps(spelled)[1:-1] not in data, f"{what} in {where}"
            assert b'"by"' not in data or where == "verify.py", where
        telling = found["timeline.html"] + found["posts.csv"] + found["page"]
        assert (b"town_news" in telling) == (level is PARTNER)
        assert level is PARTNER or b"town_news" not in b"".join(found.values())


def test_internally_everything_is_there(made: Made, tmp_path: Path) -> None:
    out = tmp_path / "b.zip"
    export_as(made.project, INTERNAL, out, made.rumour)
    found = members(out.read_bytes())
    contents = [orjson.loads(data)["content"] for name, data in found.items() if "items/" in name]
    assert any(CANARIES["phone"] in content for content in contents)
    assert CANARIES["phone"] not in found["timeline.html"].decode()  # a print travels
    assert CANARIES["link"] in found["urls-to-recapture.txt"].decode()
    captures = [data for name, data in found.items() if name.startswith("ledger/")]
    assert any(CANARIES["file"].encode() in data for data in captures)
    page = found["timeline.html"].decode()
    assert "probably false" in page
    assert "forwarded from town_news" in page
    assert CANARIES["reason"] in page
    assert "fairly reliable" in page
    assert "about 4,200 subscribers (Mar 2024)" in page
    assert "Desktop can be edited" in found["README.txt"].decode()


def test_the_page_tells_what_was_known_when(made: Made, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    order = ExportOrder(made.warning, Bounds(), INTERNAL, page, "")
    done = export_timeline(made.project, order, AT)
    text = page.read_text(encoding="utf-8")
    assert done.seq is None  # it stays inside: nothing to note
    assert "First post known, in town_news" in text
    assert f"Warning {made.warning}: Rybinsk, market" in text
    assert "against migrants" in text
    assert "closed groups and private chats" in text
    public = tmp_path / "public.html"
    order = ExportOrder(made.warning, Bounds(), PUBLIC, public, "ana")
    assert export_timeline(made.project, order, AT).seq is not None
    assert "Rybinsk, market" not in public.read_text(encoding="utf-8")
    assert "Rybinsk, against migrants" in public.read_text(encoding="utf-8")


def test_tips_do_not_leave(made: Made, tmp_path: Path) -> None:
    out = tmp_path / "b.zip"
    done = export_as(made.project, INTERNAL, out, "Рыбинск")
    assert any(b"Canary tip words" in data for data in members(out.read_bytes()).values())
    partner = export_as(made.project, PARTNER, tmp_path / "p.zip", "Рыбинск")
    assert (partner.tips, partner.items) == (1, done.items - 1)
    with pytest.raises(UsageError, match="nothing fits"):
        export_as(made.project, PUBLIC, tmp_path / "t.zip", None, Bounds(channel="tips"))


def test_times_bound_what_leaves(made: Made, tmp_path: Path) -> None:
    def count(bounds: Bounds) -> int:
        out = tmp_path / f"{bounds.since}{bounds.until}.zip".replace("/", "_")
        return export_as(made.project, INTERNAL, out, made.rumour, bounds).items

    cut = START + timedelta(minutes=9)
    whole = count(Bounds())
    assert count(Bounds(until=cut)) + count(Bounds(since=cut)) == whole
    with pytest.raises(UsageError, match="nothing fits"):
        count(Bounds(since=AT + timedelta(days=1)))


def test_short_words_are_found_too(made: Made, tmp_path: Path) -> None:
    assert export_as(made.project, INTERNAL, tmp_path / "s.zip", "in old").items == 1
    with pytest.raises(UsageError, match="nothing fits"):
        export_as(made.project, INTERNAL, tmp_path / "n.zip", 'no "such words" %')


def test_the_same_archive_gives_the_same_bytes(made: Made, tmp_path: Path) -> None:
    """Apart from the head, which covers the note of the export before."""
    first, second = tmp_path / "1.zip", tmp_path / "2.zip"
    export_as(made.project, PARTNER, first, made.rumour)
    export_as(made.project, PARTNER, second, made.rumour)
    one, other = members(first.read_bytes()), members(second.read_bytes())
    assert list(one) == list(other)
    for name in ("timeline.html", "posts.csv", "verify.py", "bundle.json"):
        assert one[name] == other[name]


def test_nothing_is_written_over_and_nothing_half(made: Made, tmp_path: Path) -> None:
    out = tmp_path / "b.zip"
    out.write_bytes(b"mine")
    with pytest.raises(UsageError, match="is there already"):
        export_as(made.project, INTERNAL, out, made.rumour)
    assert out.read_bytes() == b"mine"
    with pytest.raises(UsageError, match="no such folder"):
        export_as(made.project, INTERNAL, tmp_path / "not" / "b.zip", made.rumour)
    for wrong in ("0123456789ab", "", None):
        with pytest.raises(UsageError):
            export_as(made.project, INTERNAL, tmp_path / "w.zip", wrong)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.zip"]


def test_a_project_without_a_key_is_told_how_to_make_one(tmp_path: Path) -> None:
    from engine_support import new_project

    project = new_project(tmp_path / "desk")
    with pytest.raises(UsageError, match="tocsin heads key"):
        export_as(project, INTERNAL, tmp_path / "b.zip", "words")


@pytest.fixture
def small(tmp_path: Path, write_posts: Callable[..., Path]) -> Project:
    """Two posts, not run: they are found by their channel."""
    project = signing_project(tmp_path / "desk")
    ingest_file(project, write_posts([post_line(1, "One"), post_line(2, "Two")]))
    return project


def test_what_was_erased_leaves_as_a_tombstone(small: Project, tmp_path: Path) -> None:
    from sqlalchemy import text

    bounds = Bounds(channel="town_news")
    with small.reading() as store, store.reading() as connection:
        seq = connection.execute(text("SELECT seq FROM posts WHERE message_id='1'")).scalar_one()
    assert erase_where(small, Choice(post="town_news/1")) == 1
    done = export_as(small, INTERNAL, tmp_path / "b.zip", None, bounds)
    assert (done.items, done.erased) == (2, 1)
    said = verified((tmp_path / "b.zip").read_bytes(), tmp_path / "b")
    assert "1 whole, 0 by digest, 1 erased" in said
    item = orjson.loads((tmp_path / "b" / f"items/{seq:010}.json").read_bytes())
    assert "content" not in item
    assert "salt" not in item
    export_as(small, PUBLIC, tmp_path / "p.zip", None, bounds)
    public = members((tmp_path / "p.zip").read_bytes())
    erasures = [orjson.loads(d) for n, d in public.items() if b'"erasure"' in d and "ledger" in n]
    assert [one["items"] for one in erasures] == [[seq]]
    assert "reason" not in repr(erasures)


def test_a_changed_item_is_not_exported(
    small: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In both ways of reading: one by one, and in one go."""
    for few in (300, 0):
        monkeypatch.setattr("tocsin.engines.export_evidence._FEW", few)
        out = tmp_path / f"{few}.zip"
        assert export_as(small, INTERNAL, out, None, Bounds(channel="town_news")).items == 2
    for where in ("tocsin.engines.export_evidence", "tocsin.archive.archive"):
        monkeypatch.setattr(f"{where}.commitment", lambda salt, content: salt + content)
    for few in (300, 0):
        monkeypatch.setattr("tocsin.engines.export_evidence._FEW", few)
        with pytest.raises(ArchiveDamaged, match="was changed"):
            export_as(small, INTERNAL, tmp_path / "b.zip", None, Bounds(channel="town_news"))
    assert not (tmp_path / "b.zip").exists()


def test_a_note_without_a_file_may_stay_but_never_a_file_without_a_note(
    small: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tocsin.engines.export.os.fsync", fail)
    with pytest.raises(EnvironmentFailed, match="free space"):
        export_as(small, INTERNAL, tmp_path / "b.zip", None, Bounds(channel="town_news"))
    assert not [path for path in tmp_path.iterdir() if "b.zip" in path.name]


def test_another_key_than_the_heads_is_refused(small: Project, tmp_path: Path) -> None:
    bounds = Bounds(channel="town_news")
    with small.writing() as (archive, _):
        sign(small, archive, AT)
    assert small.signing_key_path is not None
    small.signing_key_path.unlink()
    small.signing_key_path.with_name(small.signing_key_path.name + ".pub").unlink()
    SigningKey.create(small.signing_key_path)
    with pytest.raises(UsageError, match="restore that one"):
        export_as(small, INTERNAL, tmp_path / "b.zip", None, bounds)


@pytest.mark.usefixtures("loopback")
def test_the_printed_command_verifies_the_stamp(
    small: Project, tmp_path: Path, write_posts: Callable[..., Path]
) -> None:
    """A stamp of an earlier head goes with it, proved to be the beginning of the signed one."""
    authority = Authority(tmp_path / "tsa")
    with httpx.Client() as client, served(authority.stamp) as server:
        asking = Asking(client, "ana", Patience((), lambda _: None), lambda: AT)
        subject = subject_to_anchor(small, None, AT)
        asked = anchor(small, subject, [(Method.RFC3161, server.url)], asking)
    assert not asked[0].failure
    ingest_file(small, write_posts([post_line(3, "Three")], "more.jsonl"))
    done = export_as(small, PARTNER, tmp_path / "b.zip", None, Bounds(channel="town_news"))
    assert (done.items, done.anchors) == (3, 1)
    folder = tmp_path / "b"
    said = verified((tmp_path / "b.zip").read_bytes(), folder)
    command = next(
        line for line in said.splitlines() if line.startswith("STILL TO CHECK openssl")
    ).removeprefix("STILL TO CHECK ")
    assert len(list((folder / "consistency").iterdir())) == 1
    words = command.replace("ROOT.pem", str(authority.root)).split()
    openssl = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    assert "Verification: OK" in openssl.stdout + openssl.stderr, openssl
    assert b"ana" not in b"".join(
        (folder / "anchors").glob("*.json").__next__().read_bytes().split()
    )
