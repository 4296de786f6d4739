"""The register of signs on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from cli_support import Outcome, call, project_in

from posts_support import post_line, written

Tocsin = Callable[..., Outcome]
ULTIMATUM = "Цыгане, у вас есть время до воскресенья, уезжайте из города, иначе пожалеете"
OWN = ("add", "own-sign", "--question", "Is it near?", "--sign", "A bell rings",
       "--evidence-rule", "One bell", "--diagnosticity", "0.5", "--half-life-days", "7",
       "--owner", "desk", "--source", "the test", "--as", "ana")  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return project_in(tmp_path)


@pytest.fixture
def tocsin(folder: Path) -> Tocsin:
    """``tocsin indicators …`` in a new project."""
    return lambda *said: call("indicators", *said, "--project", folder)


def _rows(done: Outcome) -> dict[str, dict[str, Any]]:
    assert done.code == 0, done
    return {row["id"]: row for row in map(json.loads, done.out.splitlines())}


def _done(done: Outcome) -> str:
    assert done.code == 0, done
    return done.out


def _refused(done: Outcome, *words: str) -> None:
    assert done.code == 2, done
    assert len(done.err.strip().splitlines()) == 1
    assert all(word in done.err for word in words), done.err


def test_at_first_nobody_has_looked(tocsin: Tocsin) -> None:
    rows = _rows(tocsin("--json"))
    assert len(rows) >= 15
    assert {row["status"] for row in rows.values()} == {"unobserved"}
    assert {row["last_looked"] for row in rows.values()} == {None}
    assert "0 of" in _done(tocsin())
    assert "never" in tocsin().out


def test_what_people_say_is_shown_with_its_grade(tocsin: Tocsin) -> None:
    _done(tocsin("looked", "police-withdrawn", "--as", "bo"))
    told = tocsin("status", "leave-by-date", "observed", "--as", "ana", "--reason", "leaflets",
                  "--reliability", "b", "--credibility", 2, "--place", "RU", "--group", "Roma",
                  "--seen", "2022-01-01")  # fmt: skip
    assert _done(told) == "leave-by-date: observed, graded B2\n"
    rows = _rows(tocsin("--json"))
    seen, looked = rows["leave-by-date"], rows["police-withdrawn"]
    assert (seen["status"], seen["grade"], seen["looked_by"]) == ("observed", "B2", "ana")
    assert seen["decay_left"] < 0.01  # ten days of half-life, years ago
    assert (looked["status"], looked["looked_by"]) == ("absent", "bo")
    assert looked["last_looked"] is not None
    assert "2 of" in tocsin().out
    shown = tocsin("show", "leave-by-date").out
    for expected in ("starter set", "status: observed", "Kenya", "leaflets", "1.95 in log-odds"):
        assert expected in shown
    whole = json.loads(tocsin("show", "leave-by-date", "--json").out)
    assert whole["said"][0]["place"] == "RU"
    assert whole["definition"]["half_life_days"] == 10
    assert json.loads(tocsin("show", "police-withdrawn", "--json").out)["said"][0]["by"] == "bo"


def test_the_register_of_an_earlier_moment_knows_nothing_of_later(tocsin: Tocsin) -> None:
    _done(tocsin("status", "leave-by-date", "possible", "--as", "ana", "--reason", "seen"))
    _done(tocsin(*OWN))
    then = _rows(tocsin("--json", "--as-of", "2023-01-01"))
    assert "own-sign" not in then
    assert then["leave-by-date"]["status"] == "unobserved"
    _refused(tocsin("--as-of", "yesterday"), "--as-of yesterday")


def test_a_look_at_one_place_says_nothing_of_another(tocsin: Tocsin) -> None:
    _done(tocsin("looked", "police-withdrawn", "--place", "DE", "--group", "Roma", "--as", "bo"))
    everywhere = _rows(tocsin("--json"))["police-withdrawn"]
    assert (everywhere["status"], everywhere["looked_where"]) == ("absent", "DE, Roma")
    for where in (("--place", "RU"), ("--group", "Sikhs")):
        assert _rows(tocsin("--json", *where))["police-withdrawn"]["status"] == "unobserved"
    _refused(tocsin("--place", "town"), "gazetteer")


def test_differing_and_taking_back(tocsin: Tocsin) -> None:
    about = ("status", "boycott-lists")
    _done(tocsin(*about, "observed", "--as", "ana", "--reason", "list in a shop"))
    _done(tocsin(*about, "absent", "--as", "bo", "--reason", "asked there"))
    assert "observed, disputed" in " ".join(tocsin("show", "boycott-lists").out.split())
    _refused(tocsin(*about, "withdrawn", "--as", "cy", "--reason", "x"), "cy", "say absent")
    _done(tocsin(*about, "withdrawn", "--as", "ana", "--reason", "another town"))
    row = _rows(tocsin("--json"))["boycott-lists"]
    assert (row["status"], row["disputed"]) == ("absent", False)
    lines = [
        json.loads(line)
        for line in tocsin("history", "boycott-lists", "--json").out.split("\n")[:-1]
    ]
    assert [line["by"] for line in lines] == ["ana", "bo", "ana"]
    assert "nobody has decided" in tocsin("history", "leave-by-date").out


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (("looked", "leave-by-date"), ("--as",)),
        (("status", "leave-by-date", "observed", "--reason", "x"), ("--as",)),
        (("status", "leave-by-date", "observed", "--as", "ana"), ("--evidence",)),
        (("status", "leave-by-date", "unobserved", "--as", "a", "--reason", "x"), ("nobody",)),
        (("status", "leave-by-date", "certain", "--as", "a", "--reason", "x"), ("certain",)),
        (("status", "no-such", "observed", "--as", "a", "--reason", "x"), ("no-such",)),
        (("status", "leave-by-date", "observed", "--as", "a", "--credibility", "7"), ("1 to 6",)),
        (("status", "leave-by-date", "observed", "--as", "a", "--evidence", "7"), ("channel/id",)),
        (("status", "leave-by-date", "observed", "--as", "a", "--evidence", "c/7"), ("no such",)),
        (("status", "leave-by-date", "observed", "--as", "a", "--reason", "x",
          "--seen", "2100-01-01"), ("later",)),
        (("looked", "leave-by-date", "--as", "a", "--group", "the police"), ("police",)),
        (("looked", "leave-by-date", "--as", "a", "--group", "Ivan Example"), ("persons",)),
        (("looked", "leave-by-date", "--as", "a", "--place", "Main street 4"), ("gazetteer",)),
        (("retire", "leave-by-date", "--as", "a"), ("--reason",)),
        (("add", "leave-by-date", *OWN[2:]), ("edit",)),
        (("add", "--as", "a"), ("--file",)),
        ((*OWN, "--group", "the ruling party"), ("party",)),
        (("edit", "no-such", "--as", "a", "--owner", "b"), ("no-such",)),
        (("history", "no-such"), ("no-such",)),
    ],
)  # fmt: skip
def test_what_is_not_a_decision_is_refused(
    tocsin: Tocsin, said: tuple[str, ...], words: tuple[str, ...]
) -> None:
    _refused(tocsin(*said), *words)


def test_a_sign_of_our_own_is_defined_changed_and_retired(tocsin: Tocsin, tmp_path: Path) -> None:
    _done(tocsin(*OWN, "--group", "Roma"))
    _done(tocsin("edit", "own-sign", "--as", "bo", "--diagnosticity", "0.8"))
    whole = json.loads(tocsin("show", "own-sign", "--json").out)
    assert whole["definition"]["diagnosticity"] == 0.8
    assert whole["definition"]["groups"] == ["Roma"]
    _done(tocsin("retire", "own-sign", "--as", "bo", "--reason", "too vague"))
    assert "own-sign" not in _rows(tocsin("--json"))
    assert "own-sign" in tocsin("--all").out
    assert "retired by bo" in tocsin("show", "own-sign").out
    file = tmp_path / "mine.yaml"
    entry = whole["definition"] | {"rule": {"signals": ["ultimatum"]}}
    file.write_bytes(orjson.dumps({"version": 1, "indicators": [entry]}))  # JSON is YAML too
    _refused(tocsin("add", "--file", file, "--as", "bo"), "edit")
    _done(tocsin("edit", "--file", file, "--as", "bo"))
    assert _rows(tocsin("--json"))["own-sign"]["retired_by"] is None


def test_posts_are_proposed_by_id_and_set_nothing(
    tocsin: Tocsin, folder: Path, tmp_path: Path
) -> None:
    path = tmp_path / "posts.jsonl"
    posts = [post_line(1, ULTIMATUM), post_line(2, "Сегодня дождь и ветер")]
    written(path, posts)
    _done(call("ingest", path, "--project", folder))
    _done(call("run", "--workers", 0, "--project", folder))
    done = tocsin("proposals", "--json", "--sign", "leave-by-date")
    (row,) = [json.loads(line) for line in _done(done).splitlines()]
    assert (row["indicator"], row["post"]) == ("leave-by-date", "town_news/1")
    assert "воскресенья" not in tocsin("proposals").out
    assert _rows(tocsin("--json"))["leave-by-date"]["status"] == "unobserved"
    assert "no proposals" in tocsin("proposals", "--as-of", "2024-01-01").out
    assert "no proposals" in tocsin("proposals", "--since", "2025-01-01").out
    kept = tocsin("status", "leave-by-date", "possible", "--as", "ana", "--evidence", row["post"])
    _done(kept)
    before = tocsin("show", "leave-by-date", "--json").out
    _done(call("run", "--workers", 0, "--project", folder))
    _done(call("rebuild", "--project", folder))
    after = json.loads(tocsin("show", "leave-by-date", "--json").out)
    assert after["said"] == json.loads(before)["said"]
    assert after["said"][0]["evidence"] == ["town_news/1"]
    _done(call("verify", "--project", folder))
