"""Indicators: named people say what they saw; the machine only proposes posts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cli_support import call
from console_support_places import Town, csrf_of, desk_project

FINDING = {"status": "observed", "reliability": "B", "credibility": 2, "note": "leaflets"}
SIGN = "leave-by-date"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("signs")


@pytest.fixture(scope="module")
def town(folder: Path) -> Town:
    return Town(desk_project(folder))


def _post(town: Town, path: str, body: dict[str, Any], role: str = "analyst") -> Any:
    return town.api(role).post(f"/api/v1/indicators/{path}", json=body)


def test_at_first_nobody_has_looked(town: Town) -> None:
    rows = town.walk("/indicators", limit=5)
    assert len(rows) >= 15
    assert {row["status"] for row in rows if row["id"] != SIGN} == {"unobserved"}
    found = town.json("/indicators", place="DE")
    assert found["completeness"]["looked"] == 0


def test_posts_are_proposed_by_id_and_veiled(town: Town) -> None:
    found = town.json(f"/indicators/{SIGN}")
    assert [post["id"] for post in found["proposals"]] == ["right/leave"]
    page = town.page(f"/indicators/{SIGN}", "analyst")
    assert 'class="post veil"' in page
    assert "?evidence=right%2Fleave#say" in page
    assert town.json("/indicators/clergy-made-to-praise")["proposals"] == []
    assert "has no rule" in town.page("/indicators/clergy-made-to-praise")


def test_an_analyst_says_what_they_saw(town: Town) -> None:
    told = {**FINDING, "evidence": ["right/leave"], "place": "RU", "group": "Roma"}
    answer = _post(town, f"{SIGN}/findings", told)
    assert answer.status_code == 201, answer.text
    assert answer.json()["by"] == "analyst"
    found = town.json(f"/indicators/{SIGN}")
    assert (found["status"], found["grade"], found["decay_left"]) == ("observed", "B2", 1.0)
    (said,) = found["said"]
    assert (said["place"], said["group"], said["evidence"]) == ("RU", "Roma", ["right/leave"])
    assert town.json("/indicators", status="observed")["items"][0]["id"] == SIGN
    assert town.json("/indicators", group="Sikhs", status="observed")["items"] == []
    words = ("indicators", "show", SIGN, "--as-of", "2024-03-09", "--json")
    printed = json.loads(call(*words, "--project", town.project.folder).out)
    assert printed["said"] == found["said"]


def test_the_form_of_the_page_does_the_same(town: Town) -> None:
    client = town.browser("analyst")
    page = client.get(f"/indicators/{SIGN}?evidence=right/leave").text
    assert ">right/leave</textarea>" in page
    form = {
        "status": "possible",
        "evidence": "right/leave\nleft/call",
        "note": "two",
        "seen_at": "",
    }
    sent = client.post(f"/indicators/{SIGN}/findings", data={**form, "csrf": csrf_of(page)})
    assert (sent.status_code, sent.headers["location"]) == (303, f"/indicators/{SIGN}#said")
    after = client.get(f"/indicators/{SIGN}").text
    assert "Recorded." in after
    found = town.json(f"/indicators/{SIGN}")
    mine = [(one["status"], one["evidence"]) for one in found["said"] if one["by"] == "analyst"]
    assert ("possible", ["right/leave", "left/call"]) in mine
    assert client.post(f"/indicators/{SIGN}/findings", data=form).status_code == 403


def test_a_look_is_no_finding(town: Town) -> None:
    assert (
        _post(town, "police-withdrawn/looks", {"place": "DE", "note": "asked"}).status_code == 201
    )
    found = town.json("/indicators/police-withdrawn")
    assert (found["status"], found["looked_where"]) == ("absent", "DE")
    assert found["look_is_fresh"] is True
    client = town.browser("analyst")
    token = csrf_of(client.get("/indicators/police-withdrawn").text)
    data = {"csrf": token, "note": "walked there", "group": "Roma"}
    assert client.post("/indicators/police-withdrawn/looks", data=data).status_code == 303
    assert len(town.json("/indicators/police-withdrawn")["said"]) == 2


def test_differing_and_taking_back(town: Town) -> None:
    assert _post(town, "boycott-lists/findings", FINDING).status_code == 201
    absent = {**FINDING, "status": "absent"}
    assert _post(town, "boycott-lists/findings", absent, "releaser").status_code == 201
    assert town.json("/indicators/boycott-lists")["disputed"] is True
    refused = _post(town, "boycott-lists/findings", {**FINDING, "status": "withdrawn"}, "admin")
    assert refused.status_code == 422
    assert "say absent" in refused.json()["detail"]
    assert (
        _post(town, "boycott-lists/findings", {**FINDING, "status": "withdrawn"}).status_code == 201
    )
    assert town.json("/indicators/boycott-lists")["status"] == "absent"
    assert len(town.json("/indicators/boycott-lists")["history"]) == 3


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"note": " ", "evidence": []}, "rests on"),
        ({"evidence": ["nowhere/7"]}, "no such post"),
        ({"evidence": ["7"]}, "channel/id"),
        ({"status": "unobserved"}, "status"),
        ({"status": "certain"}, "status"),
        ({"credibility": 7}, "credibility"),
        ({"reliability": "Z"}, "reliability"),
        ({"place": "Main street 4"}, "gazetteer"),
        ({"group": "the police"}, "police"),
        ({"group": "Ivan Example"}, "persons"),
        ({"seen_at": "yesterday"}, "seen_at"),
        ({"seen_at": "2099-01-01"}, "later"),
        ({"seen_at": "0001-01-01T00:00:00+14:00"}, "seen_at"),
    ],
)
def test_what_is_no_finding_is_refused_and_nothing_is_written(
    town: Town, change: dict[str, Any], words: str
) -> None:
    before = town.json("/indicators/lists-of-addresses")
    answer = _post(town, "lists-of-addresses/findings", {**FINDING, **change})
    assert answer.status_code == 422
    assert words in answer.json()["detail"]
    assert answer.headers["content-type"] == "application/problem+json"
    assert town.json("/indicators/lists-of-addresses") == before


def test_viewers_look_and_decide_nothing(town: Town) -> None:
    for path, body in ((f"{SIGN}/findings", FINDING), (f"{SIGN}/looks", {})):
        assert _post(town, path, body, "viewer").status_code == 403
    page = town.page(f"/indicators/{SIGN}")
    assert "/findings" not in page
    assert "?evidence=" not in page


def test_what_is_not_there(town: Town) -> None:
    for path in ("no-such/findings", "no-such/looks"):
        assert _post(town, path, FINDING if "find" in path else {}).status_code == 404
    assert town.api("viewer").get("/api/v1/indicators/no-such").status_code == 404
    assert town.browser("viewer").get("/indicators/no-such").status_code == 404
    assert town.api("viewer").get("/api/v1/indicators?place=town").status_code == 422


def test_what_stands_in_an_address_is_text(town: Town) -> None:
    page = town.page(f"/indicators/{SIGN}?evidence=</textarea><script>x</script>", "analyst")
    assert "<script>x" not in page
    assert "<b>" not in town.page("/indicators?group=<b>x")


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_pages_have_words(town: Town, language: str) -> None:
    assert "/indicators/boycott-lists" in town.page("/indicators", language=language)
    assert town.page(f"/indicators/{SIGN}", "analyst", language)
