"""The scheme: acts are marked whoever utters them, the frame says how the writer stands."""

from __future__ import annotations

import pytest
from reading_acts_support import hints, read

from tocsin.model.reading import Act, Frame, Signal


def test_a_call_that_names_no_group_and_no_threat_is_left_to_the_risk_stage() -> None:
    reading = read(
        "Сегодня вечером прилетает рейс, в 19:00 ждём всех в аэропорту, встретим нежданных гостей"
    )
    assert reading.acts == (Act.GATHERING,)
    assert reading.frame is Frame.ASSERTED
    assert reading.alarm is not None
    assert reading.alarm < 0.5
    assert not reading.hostile
    assert reading.target is None


def test_a_direct_call_is_hostile_and_bound_to_the_group() -> None:
    reading = read("все к общежитию на заводской в 20:00, будем выгонять мигрантов")
    assert reading.hostile
    assert {Act.EXPULSION, Act.GATHERING} <= set(reading.acts)
    assert reading.target is not None
    assert reading.target.group == "migrants"


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ("Выгоним таджиков из города!", Frame.ASSERTED),
        ("В чате кричали «выгоним таджиков из города». Позор!", Frame.CONDEMNED),
        ("Мужчина призывал выгнать таджиков из города, сообщили в МВД", Frame.REPORTED),
        ("Не надо выгонять таджиков из города", Frame.CONDEMNED),
        ("Drive the Kurds out of our town!", Frame.ASSERTED),
        ("The crowd chanted 'drive the Kurds out of our town', police said", Frame.REPORTED),
        ("Nobody should drive the Kurds out of our town, that is shameful", Frame.CONDEMNED),
    ],
)
def test_one_sentence_in_several_frames(text: str, frame: Frame) -> None:
    lang = "en" if text.isascii() else "ru"
    reading = read(text, lang)
    assert reading.frame is frame
    assert (reading.alarm is not None and reading.alarm >= 0.5) == (frame is Frame.ASSERTED)


def test_reported_acts_are_still_marked() -> None:
    reading = read("В соцсетях появились призывы собраться у общежития и выгнать мигрантов")
    assert Act.EXPULSION in reading.acts
    assert Act.GATHERING in reading.acts
    assert reading.frame is Frame.REPORTED


@pytest.mark.parametrize(
    "text",
    [
        "В город везут беженцев, заселят в гостиницу",
        "Цыгане воруют детей",
        "Эти мигранты просто саранча",
    ],
)
def test_allegation_and_dehumanisation_alone_do_not_alarm(text: str) -> None:
    reading = read(text)
    assert {Act.ALLEGATION, Act.DEHUMANISATION} & set(reading.acts)
    assert reading.frame is Frame.ASSERTED
    assert reading.alarm is not None
    assert reading.alarm < 0.5
    assert not reading.hostile


@pytest.mark.parametrize(
    ("text", "signal"),
    [
        ("Иду! Кто со мной?", Signal.UPTAKE),
        ("Это фейк: никаких беженцев в гостинице нет", Signal.DENIAL),
        ("Сохраняйте спокойствие, не поддавайтесь на провокации", Signal.CALM),
        ("Берём с собой маски и биты, телефоны дома", Signal.PREPARATION),
        ("Они живут в гостинице на Садовой", Signal.TARGET_MARKING),
        ("Даём им 24 часа. Последнее предупреждение", Signal.ULTIMATUM),
        ("Приезжие избили школьника", Signal.TRIGGER),
        ("Толпа ворвалась в терминал", Signal.VIOLENCE_REPORT),
        ("Мы боимся выпускать детей на улицу", Signal.FEAR),
        ("On my way, who's coming?", Signal.UPTAKE),
        ("Fact check: this is fake", Signal.DENIAL),
        ("Please stay calm and go home", Signal.CALM),
        ("Masks on, phones off, bring bats", Signal.PREPARATION),
        ("They are staying at the hotel on Mill Road", Signal.TARGET_MARKING),
        ("You have 24 hours to leave, final warning", Signal.ULTIMATUM),
        ("A girl was attacked by migrants", Signal.TRIGGER),
        ("A mob stormed the terminal", Signal.VIOLENCE_REPORT),
        ("We are scared to leave the house", Signal.FEAR),
    ],
)
def test_signals(text: str, signal: Signal) -> None:
    reading = read(text, "en" if text.isascii() else "ru")
    assert signal in reading.signals
    assert any(span.kind == signal for span in reading.spans)


@pytest.mark.parametrize(
    ("text", "signal"),
    [
        ("Everyone to the market at 7, the Kurds arrive by bus at six", Signal.ARRIVAL),
        ("Drive the Kurds out tonight, the police will do nothing", Signal.STANDING_ASIDE),
        ("Tomorrow at 6 we protect the mosque, everyone come", Signal.COUNTER),
        ("Все на рынок к семи, автобус с таджиками приезжает в шесть", Signal.ARRIVAL),
        ("Выгоним таджиков сегодня, полиция не будет вмешиваться", Signal.STANDING_ASIDE),
        ("Завтра в шесть все приходите, защитим мечеть", Signal.COUNTER),
    ],
)
def test_signals_that_only_posts_read_anyway_carry(text: str, signal: Signal) -> None:
    assert signal in read(text, "en" if text.isascii() else "ru").signals


def test_an_arrival_by_itself_is_nothing() -> None:
    reading = read("The train to the coast arrives at six", "en")
    assert reading.signals == frozenset()
    assert not reading.acts


def test_violence_in_progress_is_reported() -> None:
    reading = read("Толпа ворвалась в аэропорт и ищет израильтян")
    assert reading.frame is Frame.REPORTED
    assert reading.target is not None
    assert reading.target.group == "Israelis"


def test_armies_are_no_group() -> None:
    assert not read("Русские войска выгнали противника из села").hostile
    assert not read("We will destroy the Ukrainian troops", "en").hostile


def test_officials_are_no_group() -> None:
    assert read("Выгоним губернатора из города, все на митинг в 12").target is None
    assert not read("Kick the mayor out of our town", "en").hostile


def test_the_addressed_group_is_not_the_target() -> None:
    reading = read("Мусульмане города, собираемся в 19:00, выгоним евреев из гостиницы")
    assert reading.target is not None
    assert reading.target.group == "Jews"


def test_hints_tell_calls_from_what_happened() -> None:
    call = hints("Собираемся в 20:00 у рынка")
    assert call.gather_spans
    assert not call.happened_spans
    told = hints("Сотни людей собрались у рынка, толпа ворвалась в здание")
    assert not told.gather_spans
    assert told.happened_spans
    assert hints("Не ходите на площадь, это фейк").calm
    assert hints("В аэропорт летит рейс из Израиля с беженцами").origin_spans
