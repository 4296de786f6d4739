"""The public tip form, and tips at the desk."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from console_support_staff import HOME, SENDER, Desk, bare_desk
from fastapi.testclient import TestClient

from tocsin.console.language import languages, words_of
from tocsin.console.tip_app import build_tips
from tocsin.console.tips_here import place_of
from tocsin.engines.tips import TipDesk
from tocsin.model import ContactWish, DecisionKind, TipStatus
from tocsin.settings import FILE_NAME
from tocsin.sources.tips import CONSENT, CONSENT_VERSION
from tocsin.store import Store

SAID = "Leaflets call people to the old market"
PICTURE = b"\x89PNG\r\n\x1a\n" + b"bytes of a picture"
CODE = re.compile(r"<code>([2-9A-Z]{4}(?:-[2-9A-Z]{4}){3})</code>")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return bare_desk(tmp_path, tips__per_day=6, project__name="The Desk of Aford")


def send(client: TestClient, *files: bytes, to: str = "/tip", **more: Any) -> Any:
    form = {"consent": CONSENT_VERSION, "text": SAID, **more}
    parts = [("file", (f"{n}.png", data, "image/png")) for n, data in enumerate(files)]
    parts = parts or [("file", ("", b"", "application/octet-stream"))]
    return client.post(to, data=form, files=parts, headers={"origin": HOME})


def code_in(answer: Any) -> str:
    assert answer.status_code == 201, answer.text
    found = CODE.search(answer.text)
    assert found is not None
    return found[1]


def one(desk: Desk) -> str:
    (kept,) = TipDesk(desk.project).all()
    return kept.tip.id


# -- the sender's side


def test_a_tip_is_taken_with_its_files_and_its_code_asks_back(desk: Desk) -> None:
    sender = desk.nobody()
    code = code_in(send(sender, PICTURE, place="old market", asks="yes"))
    (kept,) = TipDesk(desk.project).all()
    assert (kept.tip.text, kept.tip.place, kept.status) == (SAID, "old market", TipStatus.NEW)
    assert kept.tip.contact is ContactWish.ASK_BACK
    assert [(f.size, f.mime) for f in kept.tip.attachments] == [(len(PICTURE), "image/png")]
    asked = sender.post("/tip/answer", data={"code": code.lower()}, headers={"origin": HOME})
    assert (asked.status_code, "nobody has decided" in asked.text) == (200, True)
    wrong = sender.post("/tip/answer", data={"code": "2222-2222-2222-2222"})
    assert (wrong.status_code, "Nothing here has this code" in wrong.text) == (404, True)
    assert code not in wrong.text


def test_no_tip_page_sets_a_cookie_knows_a_session_or_names_the_desk(desk: Desk) -> None:
    signed_in = desk.by("adm").client
    for client in (desk.nobody(), signed_in):
        answers: list[Any] = [
            client.get("/tip"),
            client.get("/tip/answer"),
            send(client),
            send(client, consent=""),
            client.post("/tip/answer", data={"code": "x"}, headers={"origin": HOME}),
            client.post("/tip", data={"text": "x"}, headers={"sec-fetch-site": "cross-site"}),
        ]
        for answer in answers:
            assert "set-cookie" not in answer.headers, answer.url
            assert "csrf" not in answer.text
            for word in ("The Desk of Aford", "adm", "tocsin", "/sign-in", "<script"):
                assert word not in answer.text.replace("adm-", ""), (answer.url, word)


def test_where_a_sender_is_stands_in_no_file_and_the_audit_log_has_no_line(desk: Desk) -> None:
    audit = desk.project.audit_path
    before = audit.read_bytes() if audit.exists() else b""
    sender = desk.nobody()
    headers = {"origin": HOME, "x-forwarded-for": SENDER, "user-agent": "Peculiar/7 agent"}
    form = {"consent": CONSENT_VERSION, "text": SAID}
    files = {"file": ("Somebody at home.png", PICTURE)}
    code = code_in(sender.post("/tip", data=form, files=files, headers=headers))
    sender.post("/tip/answer", data={"code": code}, headers=headers)
    desk.by("ana").post(f"/tips/{one(desk)}/decide", verb="accept")
    for needle in (SENDER, "Peculiar/7", "Somebody at home", code, code.replace("-", "")):
        assert desk.files_with(needle.encode()) == [], needle
    assert desk.files_with(SAID.encode()), "the search itself finds what is there"
    lines = audit.read_bytes()[len(before) :].splitlines()
    assert lines
    assert all(b'"by":"ana"' in line for line in lines)


@pytest.mark.parametrize(
    ("more", "status", "says"),
    [
        ({"consent": ""}, 422, "tick that you agree"),
        ({"consent": "0"}, 422, "tick that you agree"),
        ({"text": "   "}, 422, "in words"),
        ({"text": "a" * 5_001}, 422, "too long"),
        ({"text": "a" * 40_000}, 422, "did not arrive"),
        ({"text": "ab\x00c"}, 422, "did not arrive"),
    ],
)
def test_what_is_amiss_is_said_and_nothing_is_kept(
    desk: Desk, more: dict[str, str], status: int, says: str
) -> None:
    answer = send(desk.nobody(), place="the mill", **more)
    assert (answer.status_code, says in answer.text) == (status, True), answer.text
    assert "Nothing was taken in" in answer.text
    assert TipDesk(desk.project).all() == []
    if status == 422 and says != "did not arrive":
        assert 'value="the mill"' in answer.text, "nothing has to be typed twice"


def test_files_over_a_limit_are_refused_and_none_is_written_in_clear(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tempfile

    desk = bare_desk(tmp_path, tips__max_files=2, tips__max_file_mb=2)
    large = PICTURE + bytes(1_500_000)

    def no_file(*_: Any, **__: Any) -> Any:
        raise AssertionError("a temporary file was made")

    monkeypatch.setattr(tempfile, "TemporaryFile", no_file)
    monkeypatch.setattr("tempfile.SpooledTemporaryFile.rollover", no_file)
    assert send(desk.nobody(), large).status_code == 201
    for files in ((PICTURE + bytes(2_000_000),), (PICTURE,) * 3, (PICTURE,) * 9):
        assert send(desk.nobody(), *files).status_code == 422
    assert len(TipDesk(desk.project).all()) == 1


def test_a_form_of_another_site_is_refused(desk: Desk) -> None:
    client = desk.nobody()
    form = {"consent": CONSENT_VERSION, "text": SAID}
    for headers in ({"origin": "https://elsewhere.example"}, {"sec-fetch-site": "cross-site"}):
        for path in ("/tip", "/tip/answer"):
            answer = client.post(path, data={**form, "code": "x"}, headers=headers)
            assert answer.status_code == 403, (path, headers)
    assert TipDesk(desk.project).all() == []


def test_one_gate_counts_tips_and_questions_of_one_place(desk: Desk) -> None:
    client = desk.nobody()
    for _ in range(5):
        assert send(client).status_code == 201
    assert client.post("/tip/answer", data={"code": "x"}).status_code == 404
    answer = send(client)
    assert (answer.status_code, "Too much came today" in answer.text) == (429, True)
    aside = TestClient(build_tips(desk.console), client=(SENDER, 1))
    assert send(aside).status_code == 429, "the port of its own has the same gate"
    assert send(desk.nobody("203.0.113.78")).status_code == 201
    assert place_of("127.0.0.1") != place_of("127.0.0.1"), "of this machine only the sum counts"
    assert place_of(SENDER) == SENDER


def test_pages_are_in_the_language_that_is_asked_for(desk: Desk) -> None:
    client = desk.nobody()
    assert 'lang="ru"' in client.get("/tip", headers={"accept-language": "ru,en;q=0.5"}).text
    assert "Расскажите" in client.get("/tip?lang=ru", headers={"accept-language": "en"}).text
    assert "Tell us" in client.get("/tip?lang=xx").text
    assert "Ваш код" in send(client, to="/tip?lang=ru").text
    known = {code: words_of(code) for code in languages()}
    assert known["en"]["tip.consent"].split() == CONSENT.split(), "consent to what is said"
    tip_words = {name for name in known["en"] if name.startswith("tip.")}
    assert all(tip_words <= set(words) for words in known.values())


def test_a_locked_desk_takes_nothing(desk: Desk) -> None:
    desk.project.locked_path.mkdir()
    client = desk.nobody()
    for answer in (client.get("/tip"), send(client), client.post("/tip/answer", data={"code": ""})):
        assert answer.status_code in (422, 423)
        assert str(desk.project.folder) not in answer.text
    assert not desk.project.tips_folder.exists()


def test_a_disk_that_fails_is_told_without_where_it_is(desk: Desk) -> None:
    desk.project.tips_folder.write_text("in the way")
    answer = send(desk.nobody())
    assert (answer.status_code, "try again later" in answer.text) == (503, True)
    assert str(desk.project.folder) not in answer.text


def test_the_port_of_its_own_has_the_form_and_nothing_else(desk: Desk) -> None:
    app = build_tips(desk.console)
    client = TestClient(app, client=(SENDER, 1), follow_redirects=False)
    assert client.get("/").headers["location"] == "/tip"
    assert client.get("/tip").status_code == 200
    assert client.get("/static/desk.css").status_code == 200
    code_in(send(client))
    assert client.get("/tip").headers["content-security-policy"].startswith("default-src 'none'")
    for path in ("/sign-in", "/tips", "/api/v1/now", "/api/v1/openapi.json", "/static/desk.js"):
        answer = client.get(path)
        assert (answer.status_code, "The Desk of Aford" in answer.text) == (404, False), path
    assert client.put("/tip").status_code == 405


# -- the desk's side


def test_accepted_by_one_is_evidence_and_its_files_are_saved_never_shown(desk: Desk) -> None:
    send(desk.nobody(), PICTURE)
    tip, ana = one(desk), desk.by("ana")
    assert SAID in ana.get("/tips").text
    assert ana.get(f"/tips/{tip}/files/0").status_code == 422, "not before it is accepted"
    assert ana.post(f"/tips/{tip}/decide", verb="accept").status_code == 303
    page = ana.get(f"/tips/{tip}")
    assert f"tips/{tip}" in page.text
    assert "Accepted; it is read" in page.text
    file = ana.get(f"/tips/{tip}/files/0")
    assert file.content == PICTURE
    assert file.headers["content-type"] == "application/octet-stream"
    assert file.headers["content-disposition"].startswith("attachment;")
    assert "sandbox" in file.headers["content-security-policy"]
    assert ana.get(f"/tips/{tip}/files/1").status_code == 404
    again = ana.post(f"/tips/{tip}/decide", verb="reject", reason="late")
    assert again.status_code == 409, "what stands is told to whoever comes second"


def test_a_rejection_needs_its_reason_and_an_answer_reaches_the_code(desk: Desk) -> None:
    sender = desk.nobody()
    code = code_in(send(sender, PICTURE))
    tip, ana = one(desk), desk.by("ana")
    assert ana.post(f"/tips/{tip}/decide", verb="reject", reason=" ").status_code == 422
    assert ana.post(f"/tips/{tip}/decide", verb="reject", reason="an old film").status_code == 303
    assert ana.post(f"/tips/{tip}/decide", verb="answer", text="We looked.").status_code == 303
    assert "We looked." in ana.get(f"/tips/{tip}").text
    asked = sender.post("/tip/answer", data={"code": code}, headers={"origin": HOME})
    assert "We looked." in asked.text
    assert "not accepted" in asked.text
    with Store.at(desk.project.store_path) as store, store.reading() as connection:
        rows = connection.exec_driver_sql("SELECT kind, subject, by, reason FROM decisions")
        said = {(row.kind, row.subject, row.by, row.reason) for row in rows}
    assert (DecisionKind.TIP_REJECT.value, tip, "ana", "an old film") in said


def test_tips_are_for_analysts_and_up(desk: Desk) -> None:
    send(desk.nobody())
    tip = one(desk)
    paths = ("/tips", f"/tips/{tip}", f"/tips/{tip}/files/0", "/api/v1/tips")
    viewer = desk.by("vic")
    assert [viewer.get(path).status_code for path in paths] == [403] * 4
    assert viewer.post(f"/tips/{tip}/decide", verb="accept").status_code == 403
    assert desk.nobody().get("/tips").status_code == 303
    bare = desk.by("ana").client.post(f"/tips/{tip}/decide", data={"verb": "accept"})
    assert bare.status_code == 403, "no form of ours"
    assert TipDesk(desk.project).get(tip).status is TipStatus.NEW
    assert desk.by("ana").get("/tips").status_code == 200
    assert b'"what":"view"' in desk.project.audit_path.read_bytes()


def test_software_lists_decides_and_reads_on_by_cursor(desk: Desk) -> None:
    for n in range(3):
        desk.clock.advance(desk.clock.now() + timedelta(seconds=1))
        send(desk.nobody(), text=f"{SAID} {n}")
    client = desk.software("ana", desk.account("ana").role)
    first = client.get("/api/v1/tips?limit=2").json()
    rest = client.get(f"/api/v1/tips?limit=2&cursor={first['next']}").json()
    said = [row["text"][-1] for row in first["items"] + rest["items"]]
    assert (said, rest["next"]) == (["2", "1", "0"], None)
    tip = first["items"][0]["id"]
    done = client.post(f"/api/v1/tips/{tip}/decision", json={"verb": "accept"})
    assert (done.status_code, done.json()["evidence"]) == (200, f"tips/{tip}")
    assert [row["id"] for row in client.get("/api/v1/tips?status=accepted").json()["items"]] == [
        tip
    ]
    late = client.post(f"/api/v1/tips/{tip}/decision", json={"verb": "reject", "reason": "no"})
    assert (late.status_code, late.headers["content-type"]) == (409, "application/problem+json")
    assert client.get("/api/v1/tips/nothing").status_code == 404
    reader = desk.software("ana", desk.account("ana").role, "read")
    answer = reader.post(f"/api/v1/tips/{tip}/decision", json={"verb": "accept"})
    assert answer.status_code == 403


def test_settings_of_the_project_are_in_no_page_of_the_form(desk: Desk) -> None:
    text = (desk.project.folder / FILE_NAME).read_text()
    key = str(desk.project.key_path)
    assert key in text
    assert key not in desk.nobody().get("/tip").text
