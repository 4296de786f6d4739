"""Call cards, scripts of half a minute, the brief, and papers without formulas."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from desk_builders import HARMS, NIGHT, action, after
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from tocsin import wire
from tocsin.desk.brief import Known, brief
from tocsin.desk.call_card import (
    WORDS_IN_HALF_A_MINUTE,
    Matter,
    card_for,
    languages,
    script,
    spoken_in,
)
from tocsin.desk.pages import brief_page, harmless, page, workbook
from tocsin.desk.release import FollowUp, Proposal, Shown, book_of, proposal_value
from tocsin.errors import UsageError
from tocsin.model import Action, CallCard, Contact, Decision, DecisionKind, Level, ShiftNote

MATTER = Matter("Aford market", "Jews", "alarm", after(300), "Europe/Moscow")


def test_the_place_s_own_card_comes_before_the_one_for_anywhere() -> None:
    anywhere, own = CallCard("Group A", "*"), CallCard("group a", "Aford", (Contact("elder"),))
    assert card_for([anywhere, own], "Group A", ("town:1", "aford ")) is own
    assert card_for([anywhere, own], "Group A", ("town:2",)) is anywhere
    assert card_for([own], "Group B", ("Aford",)) is None


@pytest.mark.parametrize("language", languages())
def test_each_script_takes_half_a_minute_and_says_what_not_to_do(language: str) -> None:
    not_to_do = {"en": ("Do not forward", "Do not go there"), "ru": ("Не пересылайте", "Не ходите")}
    for level in ("watch", "alert", "alarm"):
        said = script(Matter("Aford market", "Jews", level, after(300), "Europe/Moscow"), language)
        assert len(said.split()) <= WORDS_IN_HALF_A_MINUTE, said
        assert all(words in said for words in not_to_do[language])
        assert "{" not in said


def test_scripts_say_the_local_hour_the_drill_and_the_cancellation() -> None:
    assert "06:00 local time on 02.03." in script(MATTER, "en")
    assert "06:00" in script(MATTER, "ru")
    assert "евреи" in script(MATTER, "ru")
    assert "No hour" in script(Matter("Aford", "Jews", "alert"), "en")
    drill = script(Matter("Aford", "Jews", "alert", drill=True), "en")
    assert drill.startswith("This is a drill")
    assert "no longer stands" in script(Matter("Aford", "Jews", "alert", cancelled=True), "en")
    with pytest.raises(UsageError, match="no call script in 'xx'"):
        script(MATTER, "xx")


def test_a_call_is_made_in_the_contact_s_language_where_we_have_it() -> None:
    assert spoken_in(Contact("a", language="ru"), ("en",)) == "ru"
    assert spoken_in(Contact("a", language="xx"), ("ru",)) == "ru"
    assert spoken_in(Contact("a"), ()) == "en"


def _known() -> Known:
    lines = [
        wire.warning_line(action("aaaaaaaaaaaa", 0, Level.ALARM)),
        wire.warning_line(action("bbbbbbbbbbbb", -2000, Level.ALERT)),
        wire.warning_line(action("bbbbbbbbbbbb", -900, Level.ALERT, Action.EXPIRE)),
        wire.warning_line(action("cccccccccccc", -2000, Level.WATCH)),
        wire.warning_line(action("cccccccccccc", -1900, Level.WATCH, Action.EXPIRE)),
        wire.warning_line(action("dddddddddddd", 999)),
    ]
    lives: dict[str, list[wire.Json]] = {}
    for line in lines:
        lives.setdefault(line["id"], []).append(line)
    alone = Proposal(
        "aaaaaaaaaaaa", 1, Level.ALARM, (Shown("r1", "d"),), HARMS, 1, alone=True, by="ana"
    )
    drill = Proposal("aaaaaaaaaaaa", 1, Level.ALARM, (Shown("r1", "d"),), HARMS, 2, drill=True)
    made = [
        Decision(DecisionKind.RELEASE_PROPOSE, one.warning, proposal_value(one), "ana", after(at))
        for one, at in ((alone, -800), (drill, 1))
    ]
    return Known(
        lives=lives,
        decided={"aaaaaaaaaaaa": ["acknowledged (ana)"]},
        outcomes={"cccccccccccc": "did_not"},
        channels=[
            {"channel": "town", "posts": 5, "last": "2024-03-01T21:00:00+00:00", "unread": 1},
            {"channel": "old", "posts": 5, "last": None, "unread": None},
        ],
        calls=[{"at": after(-5).isoformat(), "warning": "a", "called": "elder"}],
        notes=[
            ShiftNote(after(-9), "ana", "=1+1", handover=True),
            ShiftNote(after(-8), "ana", "x"),
        ],
        book=book_of(made, 2),
        following=[FollowUp("aaaaaaaaaaaa", 2, "cancel", ("r1",))],
    )


def test_the_brief_says_what_is_open_changed_and_due() -> None:
    made = brief(_known(), NIGHT - timedelta(hours=12), after(10))
    assert [row["warning"] for row in made.open] == ["aaaaaaaaaaaa"]
    assert made.open[0]["people said"] == "acknowledged (ana)"
    assert [row["warning"][0] for row in made.changed] == ["a"]
    assert [row["warning"][0] for row in made.outcome_due] == ["b"]
    assert [row["what"] for row in made.releases] == ["REVIEW OVERDUE", "cancel not told"]
    assert len(made.drills) == len(made.calls) == len(made.handover) == 1
    assert made.coverage[1] == {
        "channel": "old",
        "posts": 5,
        "last post": "none",
        "unread": "unknown",
        "remark": "nothing since the last brief",
    }
    assert made.coverage[0]["remark"] == ""


def test_the_page_prints_everything_and_runs_nothing() -> None:
    made = brief(_known(), NIGHT - timedelta(hours=12), after(10))
    text = brief_page(made, "<script>alert(1)</script>")
    assert "<script" not in text
    assert all(title in text for title, _ in made.sections)
    assert "http" not in re.sub(r"https?://www.w3", "", text), "needs nothing from elsewhere"
    assert "Nothing." in page("t", [], [("Empty", [])])
    assert "unknown" in page("t", [], [("One", [{"a": None}])])


def test_a_spreadsheet_holds_text_and_no_formula() -> None:
    made = brief(_known(), NIGHT - timedelta(hours=12), after(10))
    book = load_workbook(io.BytesIO(workbook(made.sections)))
    assert book.sheetnames == [title for title, _ in made.sections]
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert "f" not in {cell.data_type for cell in cells}
    assert "'=1+1" in {cell.value for cell in cells}


@given(st.text(max_size=30))
def test_no_text_begins_a_formula(text: str) -> None:
    safe = harmless(text)
    assert not safe.lstrip().startswith(("=", "+", "-", "@"))
    assert harmless("plain text") == "plain text"
    workbook([("t", [{"a": text}, {"a": [1, text]}])])


@pytest.mark.parametrize("language", languages())
def test_nobody_is_told_of_a_call_that_nobody_made(language: str) -> None:
    called = Matter("Aford hotel", "Jews", "alert")
    hostile = script(replace(called, called=False), language)
    assert {"en": "no call to gather", "ru": "Призыва собраться"}[language] in hostile
    assert hostile != script(called, language)
    assert len(hostile.split()) <= WORDS_IN_HALF_A_MINUTE
