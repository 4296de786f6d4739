"""The audit log read from its end, and what the desk is for."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_support import call
from console_support_staff import NOW, PEOPLE, Desk, bare_desk, desk_over

from tocsin.console.roles import Role
from tocsin.desk.audit import Look, append, newest
from tocsin.engines.project import Project


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return bare_desk(tmp_path)


# -- the audit log


def _log(path: Path, count: int) -> None:
    for number in range(count):
        who = "ben" if number % 10 == 0 else "ana (bot)" if number % 2 else "ana"
        append(path, Look("query", (f"line {number}", "x" * 60), who, "console", NOW))


def test_the_log_is_read_backwards_line_for_line(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    _log(path, 500)
    assert path.stat().st_size > 1 << 16, "more than one block"
    seen: list[int] = []
    before: int | None = None
    while True:
        part = newest(path, before, 37, lambda _: True)
        assert len(part.rows) <= 37
        seen += [row["seq"] for row in part.rows]
        before = part.before
        if before is None:
            break
    assert seen == list(range(499, -1, -1))
    assert newest(tmp_path / "none", None, 5, lambda _: True).rows == ()


def test_a_search_without_find_stops_and_says_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "audit.log"
    _log(path, 100)
    with path.open("ab") as file:
        file.write(b"half a line of a killed writer\n")
    monkeypatch.setattr("tocsin.desk.audit.SEARCHED_BYTES", 3_000)
    found, before, rounds = list[int](), None, 0
    while rounds == 0 or before is not None:
        part = newest(path, before, 10, lambda row: row["by"] == "ben")
        found += [row["seq"] for row in part.rows]
        before, rounds = part.before, rounds + 1
    assert (found, rounds > 3) == (list(range(90, -1, -10)), True)


def test_the_log_is_filtered_by_who_and_what(desk: Desk) -> None:
    adm = desk.by("adm")
    _log(desk.project.audit_path, 30)
    rows = adm.get("/api/v1/audit?by=ANA&limit=500").json()["items"]
    assert {row["by"] for row in rows} == {"ana", "ana (bot)"}
    assert len(rows) == 27
    changed = desk.software("adm", Role.ADMIN).get("/api/v1/audit?what=change").json()
    assert changed == {"items": [], "next": None}
    first = adm.get("/api/v1/audit?limit=3").json()
    second = adm.get(f"/api/v1/audit?limit=3&cursor={first['next']}").json()
    numbers = [row["seq"] for row in first["items"] + second["items"]]
    assert numbers == list(range(numbers[0], numbers[0] - 6, -1))
    for cursor in ("x", "-1", "²", "9" * 30):
        assert adm.get(f"/api/v1/audit?cursor={cursor}").status_code == 422
    assert "line 29" in adm.get("/audit?by=ana&what=query").text


def test_a_check_names_what_was_changed(desk: Desk) -> None:
    adm = desk.by("adm")
    _log(desk.project.audit_path, 3)
    assert "Not checked" in adm.get("/audit").text
    assert adm.post("/audit/check").headers["location"] == "/audit#check"
    assert "The chain holds" in adm.get("/audit").text
    path = desk.project.audit_path
    path.write_bytes(path.read_bytes().replace(b"line 1", b"line 7"))
    adm.post("/audit/check")
    page = adm.get("/audit").text
    assert "does not follow the line before it" in page


# -- what the desk is for


def test_everybody_may_read_what_the_desk_is_for(tmp_path: Path) -> None:
    path = tmp_path / "desk"
    said = ("--purpose", "warn the community of Aford", "--harms", "those who trade there")
    assert call("init", path, "--key-file", tmp_path / "desk.key", *said).code == 0
    settings = path / "tocsin.toml"
    text = settings.read_text(encoding="utf-8")
    assert "warn the community" in text
    settings.write_text(text.replace("warn the community", "watch the people"), encoding="utf-8")
    with settings.open("a", encoding="utf-8") as file:
        file.write("\n[retention]\nposts_days = 30\n")
    desk = desk_over(Project.open(path))
    for who in PEOPLE:
        page = desk.by(who).get("/purpose")
        assert page.status_code == 200
        for words in ("warn the community of Aford", "those who trade there", "30 days"):
            assert words in page.text, (who, words)
        assert "now says: watch the people of Aford" in page.text
    told = desk.software("vic", Role.VIEWER).get("/api/v1/purpose").json()
    assert (told["harms"], told["retention"]["posts_days"]) == ("those who trade there", 30)
    assert desk.nobody().get("/purpose").status_code == 303


def test_a_project_that_was_asked_nothing_says_so(desk: Desk) -> None:
    assert "Nobody was asked" in desk.by("vic").get("/purpose").text
