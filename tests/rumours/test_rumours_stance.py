"""Stances: which rule decides, in which scripts a question is seen, and what stays unread."""

from __future__ import annotations

import pytest
from rumour_samples import enriched

from tocsin.model import Act, Frame, Reading, ReadStatus, Signal, Stance
from tocsin.rumours.stance import stance_of


def reading(
    frame: Frame = Frame.OTHER,
    signals: tuple[Signal, ...] = (),
    acts: tuple[Act, ...] = (),
    read: ReadStatus = ReadStatus.FULL,
) -> Reading:
    return Reading(
        "north/1", 1, "en", read, alarm=0.1, frame=frame, signals=frozenset(signals), acts=acts
    )


def stance(text: str, read: Reading | None, lang: str = "en") -> Stance | None:
    return stance_of(enriched(text, lang=lang), read)


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (Frame.ASSERTED, Stance.SUPPORT),
        (Frame.REPORTED, Stance.COMMENT),
        (Frame.OTHER, Stance.COMMENT),
        (Frame.PEACEFUL, Stance.COMMENT),
        (Frame.CONDEMNED, Stance.DENY),
    ],
)
def test_the_frame_decides_where_nothing_else_does(frame: Frame, expected: Stance) -> None:
    assert stance("They are hiding in the school.", reading(frame)) is expected


def test_denial_comes_before_calm_and_both_before_the_frame() -> None:
    text = "This is not true. Please stay at home."
    calm = reading(Frame.ASSERTED, (Signal.CALM,))
    both = reading(Frame.CONDEMNED, (Signal.CALM, Signal.DENIAL))
    assert stance(text, calm) is Stance.CALM
    assert stance(text, both) is Stance.DENY
    assert stance(text, reading(Frame.CONDEMNED, (Signal.CALM,))) is Stance.CALM


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("Is it true? Who has seen it?", "en"),
        ("Это правда, что мост закрыт??", "ru"),
        ("هل هذا صحيح؟", "ar"),
        ("真的吗?谁看到了?", "zh"),
        ("Սա ճի՞շտ է։", "hy"),
        ("Είναι αλήθεια;", "el"),
        ("«Кто это видел?» 🤔", "ru"),
        ("¿Es verdad?", "es"),
    ],
)
def test_a_text_of_questions_asks_in_any_script(text: str, lang: str) -> None:
    assert stance(text, reading(), lang) is Stance.QUERY


def test_a_question_about_a_denial_is_a_question() -> None:
    assert stance("Так это ложь?", reading(Frame.CONDEMNED, (Signal.DENIAL,))) is Stance.QUERY


def test_a_question_mark_takes_no_threat_back() -> None:
    read = reading(Frame.ASSERTED, acts=(Act.EXPULSION,))
    assert stance("When do we drive them out?", read) is Stance.SUPPORT
    asked = reading(Frame.ASSERTED, acts=(Act.ALLEGATION,))
    assert stance("Is it true that they poisoned the well?", asked) is Stance.QUERY


def test_a_last_question_asks_unless_the_writer_asserts() -> None:
    text = "A bus came at night. People talk of strangers. Does anybody know more?"
    assert stance(text, reading()) is Stance.QUERY
    assert stance(text, reading(Frame.ASSERTED)) is Stance.SUPPORT
    first = "Does anybody know more? A bus came at night. People talk of strangers."
    assert stance(first, reading()) is Stance.COMMENT


def test_most_sentences_asking_is_asking() -> None:
    assert stance("Where? When?! I wait.", reading()) is Stance.QUERY


def test_a_question_mark_in_an_address_asks_nothing() -> None:
    assert stance("See https://example.org/a?b=1", reading()) is Stance.COMMENT
    assert stance("See https://example.org/what?", reading()) is Stance.COMMENT


def test_a_semicolon_asks_in_greek_only() -> None:
    assert stance("They came; they left;", reading()) is Stance.COMMENT


def test_what_was_not_read_has_no_stance() -> None:
    assert stance("Is it true?", None) is None
    assert stance("Is it true?", reading(read=ReadStatus.UNSUPPORTED)) is None
    assert stance("", reading()) is None
    assert stance("Is it true?", reading(read=ReadStatus.PARTIAL)) is Stance.QUERY
