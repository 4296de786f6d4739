"""Privacy: what names a person goes in by every door, and is found in no byte that is kept.

Where to search stands in ``places_to_search.PLACES``.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from engine_support import ingest_file, run_all
from export_support import signing_project
from places_to_search import PLACES, places_of

from posts_support import START, post_line, written
from tocsin.engines.media import Transcript, add_transcript
from tocsin.engines.project import Project
from tocsin.engines.reports import add_report
from tocsin.engines.tips import Judgement, TipDesk
from tocsin.model import FieldReport, Seen
from tocsin.sources.tips import CONSENT_VERSION, Gate, TipForm

sys.path.insert(0, str(Path(__file__).parent.parent / "sources"))
from telegram_export_writer import account, chat, message, save

CANARIES = {
    "author id": "user7305128846",
    "author name": "Canary Authorsson",
    "signature": "Canary Signature",
    "forward name": "Canary Forwardsson",
    "reaction name": "Canary Reactor",
    "reaction id": "user9416230057",
    "contact name": "Canary Contact",
    "contact phone": "+15550104477",
    "member": "Canary Member",
    "own phone": "+15550104488",
    "session address": "192.0.2.199",
    "table author": "canary_table_author",
    "table forward": "canary_table_forward",
    "tip phone": "+1 555 010-4499",
    "tip mail": "canary.tip@example.org",
    "tip handle": "canary_tip_handle",
    "tip remote": "198.51.100.231",
    "tip file": "Canary EXIF Owner",
    "report phone": "+1 555 010-4511",
    "report mail": "canary.report@example.org",
    "report handle": "canary_report_handle",
}
PRIVATE_TEXT = "Canary private words"


def telegram(folder: Path) -> Path:
    """An export with a person in every field that may hold one."""
    c = CANARIES
    person = {"from": c["author name"], "from_id": c["author id"]}
    reactions = [
        {"type": "emoji", "count": 1, "emoji": "!", "recent": [
            {"from": c["reaction name"], "from_id": c["reaction id"], "date": "2023-10-11T09:00:00"}
        ]}
    ]  # fmt: skip
    contact = {
        "first_name": c["contact name"],
        "last_name": "",
        "phone_number": c["contact phone"],
    }
    messages = [
        message(1, "The bridge is closed", **person, reactions=reactions),
        message(2, "The market is open", author=c["signature"]),
        message(3, "Rain tomorrow", forwarded_from=c["forward name"]),
        message(4, "", contact_information=contact, contact_vcard=c["contact phone"]),
        {**message(5), "type": "service", "action": "invite_members", "members": [c["member"]],
         "actor": c["author name"], "actor_id": c["author id"]},
    ]  # fmt: skip
    whole = account(chat(messages), chat([message(9, PRIVATE_TEXT)], "private_group"))
    whole["personal_information"]["phone_number"] = c["own phone"]
    whole["sessions"]["list"] = [{"last_ip": c["session address"]}]
    return save(folder, whole)


def table(folder: Path) -> Path:
    path = folder / "posts.jsonl"
    more: dict[str, Any] = {
        "author": CANARIES["table author"],
        "forward_from": CANARIES["table forward"],
        "from_id": CANARIES["author id"],
    }
    posts = [
        post_line(1, "A market day", **more),
        post_line(2, "", media=[{"kind": "photo"}], **more),
    ]
    written(path, posts)
    return path


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project where every canary went in."""
    folder = tmp_path_factory.mktemp("canaries")
    project, c = signing_project(folder / "desk"), CANARIES
    exports = folder / "exports"
    exports.mkdir()
    for path in (telegram(exports), table(exports)):
        assert ingest_file(project, path).added
    run_all(project)
    desk = TipDesk(project, Gate(9, 99, lambda n: b"\x07" * n))
    text = f"Ring {c['tip phone']}, {c['tip mail']} or @{c['tip handle']}; talk of the mill"
    files = (b"\xff\xd8\xff" + c["tip file"].encode(),)
    for number in range(3):
        desk.submit(
            TipForm(f"{text} {number}", CONSENT_VERSION, files=files), START, c["tip remote"]
        )
    accepted, rejected, _ = (one.tip.id for one in desk.all())
    who = Judgement("ana", START + timedelta(hours=2), "reason")
    told = f"Call {c['report phone']}, {c['report mail']}, @{c['report handle']}: a crowd"
    with project.writing() as opened:
        desk.accept(opened, accepted, who)
        desk.reject(opened, rejected, who)
        report = FieldReport(
            "", who.at, who.at, "monitor", "geonames:1", "Town", 1.0, 2.0, Seen.GATHERING, told
        )
        add_report(*opened, report, ["monitor"])
        add_transcript(*opened, Transcript("town_news/2", "To the market", "ana", who.at))
    run_all(project)
    return project


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_no_canary_is_found(project: Project, place: Any) -> None:
    for where, data in place(project):
        for name, canary in CANARIES.items():
            for spelled in {canary, canary.replace(" ", "").replace("-", ""), canary.lower()}:
                assert spelled.encode() not in data, f"{name} in {where}"
        assert PRIVATE_TEXT.encode() not in data, where


def test_the_search_would_find_them(project: Project) -> None:
    """What was said in public is found in each kind of place, so the search is not blind."""
    found = {place.__name__: b"".join(data for _, data in place(project)) for place in PLACES}
    for place in ("segments", "tables"):
        assert b"The bridge is closed" in found[place]
        assert b"talk of the mill" in found[place]
    assert b"town_news" in found["states"]
    assert b"town_news" in found["lists"]
    for words in (b"The bridge is closed", b"talk of the mill", b"OK: unchanged since capture"):
        assert words in found["exports"]
    assert b"To the market" in found["backups"]
    assert b"To the market" in found["files"]  # the store lies there uncompressed
    assert sum(1 for _ in places_of(project)) > 50
