"""Back-tests: figures from their JSON, and the written page shut into a sandbox."""

from __future__ import annotations

from pathlib import Path

import pytest
from console_support_places import Town, report_in
from joined_support import joined_desk

from tocsin.console.headers import content_policy


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    folder = tmp_path_factory.mktemp("backtests")
    town = Town(joined_desk(folder))
    reports = town.project.folder / "reports"
    report_in(reports / "2024 autumn")
    report_in(folder / "outside")
    (reports / "broken").mkdir()
    (reports / "broken" / "report.json").write_text('{"methods": []}')
    (reports / "empty").mkdir()
    (reports / "linked").symlink_to(folder / "outside", target_is_directory=True)
    (reports / "inner").mkdir()
    (reports / "inner" / "report.json").write_bytes(
        (folder / "outside" / "report.json").read_bytes()
    )
    (reports / "inner" / "index.html").symlink_to(folder / "desk.key")
    (reports / "stray.txt").write_text("x")
    return town


def test_the_list_says_what_was_measured(town: Town) -> None:
    rows = {row["name"]: row for row in town.walk("/backtests", limit=2)}
    assert set(rows) == {"2024 autumn", "broken", "inner"}
    headline = rows["2024 autumn"]["headline"]
    assert (headline["events"], headline["alerts"], headline["recall"]) == (1, 0, 0.0)
    assert rows["2024 autumn"]["findings"][1] == "It raised no alert; 0 warnings stayed a watch."
    assert "make it anew" in rows["broken"]["problem"]
    assert rows["inner"]["has_page"] is False  # a link leads nowhere


def test_one_report_is_told_in_sentences_and_given_whole(town: Town) -> None:
    found = town.json("/backtests/2024 autumn")
    assert found["report"]["schema"] == "tocsin-backtest/1"
    page = town.page("/backtests/2024%20autumn")
    assert "It raised no alert" in page
    assert 'href="/backtests/2024%20autumn/report"' in page
    assert "report.json alone" in town.page("/backtests/inner")


def test_the_written_page_runs_nothing(town: Town) -> None:
    answer = town.browser("viewer").get("/backtests/2024%20autumn/report")
    written = town.project.folder / "reports" / "2024 autumn" / "index.html"
    assert answer.content == written.read_bytes()
    assert answer.headers["content-type"].startswith("text/html")
    policy = answer.headers.get_list("content-security-policy")
    assert len(policy) == 1
    parts = {part.strip().split(" ")[0]: part.strip() for part in policy[0].split(";")}
    assert parts["sandbox"] == "sandbox"  # nothing is allowed: no script, no form, own origin
    assert parts["default-src"] == "default-src 'none'"
    assert parts["style-src"] == "style-src 'unsafe-inline'"
    assert "script-src" not in parts
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["x-content-type-options"] == "nosniff"
    other = town.browser("viewer").get("/backtests")
    assert other.headers["content-security-policy"] == content_policy()


@pytest.mark.parametrize(
    "name",
    [
        "%2e%2e",
        "%2e",
        "..%2f..%2f",
        "..%2foutside",
        "%2fetc",
        "linked",
        "empty",
        "stray.txt",
        "broken",
        "2024 autumn%2f..",
        "2024 autumn%00",
        "nothing",
    ],
)
def test_no_name_leads_anywhere_else(town: Town, name: str) -> None:
    client = town.browser("viewer")
    for path in (f"/backtests/{name}/report", f"/api/v1/backtests/{name}"):
        answer = client.get(path)
        assert answer.status_code in (303, 404), (path, answer.status_code)
        assert b"tocsin-backtest" not in answer.content


def test_nobody_unknown_sees_a_report(town: Town) -> None:
    client = town.browser("viewer")
    client.cookies.clear()
    assert client.get("/backtests/2024%20autumn/report").status_code == 303


def test_a_project_without_reports(tmp_path: Path) -> None:
    town = Town(joined_desk(tmp_path))
    assert town.json("/backtests") == {"items": [], "next": None}
    assert "--report reports/" in town.page("/backtests")
    outside = tmp_path / "elsewhere"
    report_in(outside / "r1")
    (town.project.folder / "reports").symlink_to(outside, target_is_directory=True)
    assert town.json("/backtests")["items"] == []


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_pages_have_words(town: Town, language: str) -> None:
    assert "2024 autumn" in town.page("/backtests", language=language)
    assert town.page("/backtests/2024%20autumn", language=language)
