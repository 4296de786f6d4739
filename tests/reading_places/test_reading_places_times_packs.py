"""Times in the languages whose rules are patterns in a pack."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from times_support import machine_zone
from tocsin.model import EventTime, Granularity
from tocsin.reading.places_words import Words
from tocsin.reading.times import TimeCue
from tocsin.reading.times_calendar import Moment, place_on_calendar
from tocsin.reading.times_find import find_times, tells_of_past
from tocsin.reading.times_pack import LANGUAGES, pack_times

BERLIN = ZoneInfo("Europe/Berlin")
POSTED = Moment(datetime(2023, 10, 27, 8, 15, tzinfo=UTC), BERLIN)
"""Friday, 10:15 in Berlin."""

MOMENTS = st.integers(1_420_000_000, 2_050_000_000).map(lambda s: datetime.fromtimestamp(s, UTC))
MINUTE, HOUR = Granularity.MINUTE, Granularity.HOUR
PART, DAY, WEEK = Granularity.DAY_PART, Granularity.DAY, Granularity.WEEK

GERMAN = [
    ("Treffen um sieben am Rathaus", "10-27 19:00", HOUR),
    ("19 Uhr vor dem Amt", "10-27 19:00", HOUR),
    ("um halb acht", "10-27 19:30", MINUTE),
    ("viertel vor acht vor dem Amt", "10-27 19:45", MINUTE),
    ("fünf vor halb acht", "10-27 19:25", MINUTE),
    ("von 18 bis 20 Uhr", "10-27 18:00", HOUR),
    ("morgen früh um 7 Uhr", "10-28 07:00", HOUR),
    ("heute Nacht um 2", "10-28 02:00", HOUR),
    ("am 5.11. um 18.30 Uhr", "11-05 18:30", MINUTE),
    ("vom 3. bis 5. November", "11-03 00:00", DAY),
    ("Samstagabend am Markt", "10-28 18:00", PART),
    ("nächste Woche Mittwoch", "11-01 00:00", DAY),
    ("jeden Freitag um 9 Uhr", "11-03 09:00", HOUR),
    ("montags bis freitags um 9 Uhr", "10-30 09:00", HOUR),
    ("in einer halben Stunde", "10-27 10:45", MINUTE),
    ("vor drei Tagen", "10-24 00:00", DAY),
    ("nach dem Freitagsgebet", "10-27 13:30", PART),
    ("Am Mittwoch wurde ein Haus angezündet", "10-25 00:00", DAY),
]
FRENCH = [
    ("rassemblement à 19h30", "10-27 19:30", MINUTE),
    ("à sept heures et demie", "10-27 19:30", MINUTE),
    ("8h moins le quart", "10-28 07:45", MINUTE),
    ("de 18h à 20h", "10-27 18:00", HOUR),
    ("demain soir à 7h", "10-28 19:00", HOUR),
    ("le 5 novembre à 15 h", "11-05 15:00", HOUR),
    ("samedi 28/10 à 15h", "10-28 15:00", HOUR),
    ("vendredi prochain", "11-03 00:00", DAY),
    ("tous les samedis à 14h", "10-28 14:00", HOUR),
    ("dans une demi-heure", "10-27 10:45", MINUTE),
    ("il y a trois jours", "10-24 00:00", DAY),
    ("après la prière du vendredi", "10-27 13:30", PART),
    ("la semaine prochaine", "10-30 00:00", WEEK),
    ("mercredi une maison a été brûlée", "10-25 00:00", DAY),
]
SPANISH = [
    ("a las siete y media de la tarde", "10-27 19:30", MINUTE),
    ("a las ocho menos cuarto", "10-27 19:45", MINUTE),
    ("a las 12 de la noche", "10-28 00:00", HOUR),
    ("entre 5 y 7 de la tarde", "10-27 17:00", HOUR),
    ("mañana por la mañana a las 9", "10-28 09:00", HOUR),
    ("pasado mañana", "10-29 00:00", DAY),
    ("sábado 28/10 18hs", "10-28 18:00", HOUR),
    ("5 de noviembre de 2023", "11-05 00:00", DAY),
    ("el miércoles pasado", "10-25 00:00", DAY),
    ("los martes y jueves a las 19h", "10-31 19:00", HOUR),
    ("dentro de tres días", "10-30 00:00", DAY),
    ("hace dos horas", "10-27 08:15", HOUR),
    ("después de la oración del viernes", "10-27 13:30", PART),
    ("la próxima semana", "10-30 00:00", WEEK),
]
ARABIC = [
    ("الساعة ٧ مساءً", "10-27 19:00", HOUR),
    ("السابعة والنصف", "10-27 19:30", MINUTE),
    ("الثامنة إلا ربعاً صباحاً", "10-28 07:45", MINUTE),
    ("من 5 إلى 7 مساء", "10-27 17:00", HOUR),
    ("بكرا المسا الساعة 7", "10-28 19:00", HOUR),
    ("وبكرة نتجمع", "10-28 00:00", DAY),
    ("يوم الأحد الساعة 4 العصر", "10-29 16:00", HOUR),
    ("5 تشرين الثاني الساعة 6 مساء", "11-05 18:00", HOUR),
    ("٥ نوفمبر", "11-05 00:00", DAY),
    ("كل جمعة الساعة 9 صباحا", "11-03 09:00", HOUR),
    ("بعد ساعتين", "10-27 12:15", HOUR),
    ("قبل يومين", "10-25 00:00", DAY),
    ("بعد صلاة الجمعة", "10-27 13:30", PART),
    ("الأسبوع القادم", "10-30 00:00", WEEK),
]
TURKISH = [
    ("saat 19'da", "10-27 19:00", HOUR),
    ("yedi buçukta", "10-27 19:30", MINUTE),
    ("akşam sekize çeyrek kala", "10-27 19:45", MINUTE),
    ("yediyi çeyrek geçe", "10-27 19:15", MINUTE),
    ("saat 18 ile 20 arasında", "10-27 18:00", HOUR),
    ("YARIN SAAT 19'DA", "10-28 19:00", HOUR),
    ("bu gece 11'de", "10-27 23:00", HOUR),
    ("5 Kasım Pazar saat 14.00", "11-05 14:00", MINUTE),
    ("geçen çarşamba", "10-25 00:00", DAY),
    ("haftaya cuma", "11-03 00:00", DAY),
    ("her cuma saat 9'da", "11-03 09:00", HOUR),
    ("yarım saat sonra", "10-27 10:45", MINUTE),
    ("üç gün önce", "10-24 00:00", DAY),
    ("cuma namazından sonra", "10-27 13:30", PART),
    ("çarşamba günü ev yakıldı", "10-25 00:00", DAY),
]
UKRAINIAN = [
    ("о 19:00 біля міськради", "10-27 19:00", MINUTE),
    ("о пів на восьму", "10-27 19:30", MINUTE),
    ("за чверть восьма", "10-27 19:45", MINUTE),
    ("о сьомій вечора", "10-27 19:00", HOUR),
    ("з 18 до 20 години", "10-27 18:00", HOUR),
    ("завтра вранці", "10-28 08:00", PART),
    ("5-го листопада о 18.30", "11-05 18:30", MINUTE),
    ("минулої середи", "10-25 00:00", DAY),
    ("наступної п'ятниці", "11-03 00:00", DAY),
    ("по вівторках і четвергах о 19:00", "10-31 19:00", MINUTE),
    ("через півгодини", "10-27 10:45", MINUTE),
    ("три дні тому", "10-24 00:00", DAY),
    ("після п’ятничної молитви", "10-27 13:30", PART),
    ("наступного тижня", "10-30 00:00", WEEK),
]
CASES = {
    "de": GERMAN, "fr": FRENCH, "es": SPANISH, "ar": ARABIC, "tr": TURKISH, "uk": UKRAINIAN,
}  # fmt: skip

NO_TIME = {
    "de": ["kostet 19,30 Euro", "gewann 3:15", "Buslinie 19 fällt aus", "Version 1.10.3",
           "Tel. 0800 19 00 12 33", "Psalm 18:30", "24/7 geöffnet", "an 19 Orten",
           "Straße des 17. Juni", "Guten Morgen zusammen", "bis Sonntag, 18 Uhr"],
    "fr": ["19,30 euros", "score 3:15", "le bus 19 ne passe plus", "version 10.3", "01 23 45 67 89",
           "Jean 3:16", "24h/24", "rue du 8 mai 1945", "M. Dimanche", "il reste 3 heures",
           "jusqu'à dimanche"],
    "es": ["cuesta 19.30 euros", "ganamos 3-1", "línea 19", "versión 10.3", "Juan 3:16", "24/7",
           "plaza del 2 de mayo", "faltan 3 horas", "buenas tardes a todos", "hasta el domingo"],
    "ar": ["بسعر 19.30 جنيه", "فاز 3:1", "خط 19", "الإصدار 10.3", "سورة البقرة 2:15", "24/7",
           "تلفون 0100 123 4567", "ميدان 6 أكتوبر", "صباح الخير", "حتى يوم الأحد"],
    "tr": ["19,30 TL", "3-1 yendik", "19 numaralı otobüs", "sürüm 10.3", "Yuhanna 3:16", "7/24",
           "29 Ekim İlkokulu", "iyi akşamlar", "saat kaç", "cuma abi berber", "pazara kadar"],
    "uk": ["по 19.30 грн", "рахунком 3:15", "маршрут 217", "тел. 067 123 45 67", "Івана 3:16",
           "24/7", "вулиця 1 Травня", "за три дні до виборів", "понеділок - важкий день",
           "до неділі"],
}  # fmt: skip

DEADLINES = {
    "de": "bis Sonntag", "fr": "jusqu'à dimanche", "es": "hasta el domingo", "ar": "حتى يوم الأحد",
    "tr": "pazara kadar", "uk": "до неділі",
}  # fmt: skip


def events(text: str, lang: str, moment: Moment = POSTED) -> list[EventTime]:
    words = Words(text)
    placed = []
    for cue in find_times(words, lang):
        past = tells_of_past(words, *words.bounds(cue.start), lang)
        event = place_on_calendar(cue, moment, past)
        if event is not None:
            placed.append(event)
    return placed


@pytest.mark.parametrize(
    ("lang", "text", "start", "granularity"),
    [(lang, *case) for lang, cases in CASES.items() for case in cases],
)
def test_times(lang: str, text: str, start: str, granularity: Granularity) -> None:
    found = events(text, lang)
    assert len(found) == 1
    assert found[0].start.astimezone(BERLIN).strftime("%m-%d %H:%M") == start
    assert found[0].granularity is granularity


@pytest.mark.parametrize(
    ("lang", "text"), [(lang, text) for lang, texts in NO_TIME.items() for text in texts]
)
def test_no_time(lang: str, text: str) -> None:
    assert events(text, lang) == []


@pytest.mark.parametrize(("lang", "text"), DEADLINES.items())
def test_deadlines_are_marked(lang: str, text: str) -> None:
    cues = list(pack_times(lang).cues(text))
    assert any(cue.deadline and cue.weekday == 6 for cue in cues)


@pytest.mark.parametrize(
    ("lang", "text", "hours"),
    [("de", "von 18 bis 20 Uhr", 2), ("fr", "de 18h à 20h30", 2.5), ("ar", "من 5 إلى 7 مساء", 2),
     ("es", "de 9 a 1 de la tarde", 4), ("tr", "22.00-05.00 arası", 7),
     ("uk", "з 10:00 до 18:00", 8)],
)  # fmt: skip
def test_ranges_end(lang: str, text: str, hours: float) -> None:
    found = events(text, lang)
    assert (found[0].end - found[0].start).total_seconds() == hours * 3600


def test_script_tells_where_the_language_is_not_known() -> None:
    assert events("الساعة ٧ مساءً", "und")
    assert events("о пів на восьму у Києві", "und")
    assert events("ساعت ۷ شب می‌آییم", "fa") == []


def test_vowel_signs_do_not_move_a_cue() -> None:
    text = "مَوْعِدُنا غَداً مَساءً عند الساحة"
    (cue,) = find_times(Words(text), "ar")
    assert text[cue.start : cue.end].startswith("غَدا")
    assert cue.part == 18 * 60


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_pattern_compiles_and_asks_for_something(lang: str) -> None:
    rules = pack_times(lang)
    for rule in [*rules._masks, *rules._rules]:
        pattern = rules._compiled(rule)
        assert pattern.search("") is None
        called = rule.stems or rule.words
        assert called or re.search(r"\\d|\d|\{fig\}|\{d\}|\{n\}", rule.find), rule.find


@pytest.mark.parametrize("lang", LANGUAGES)
def test_packs_are_named_among_the_versions(lang: str) -> None:
    assert set(pack_times(lang).digests) == {f"packs/times_{lang}", "packs/times_common"}


@settings(max_examples=60, deadline=None)
@given(
    MOMENTS,
    st.sampled_from([(lang, case[0]) for lang, cases in CASES.items() for case in cases]),
    st.sampled_from(["UTC", "Asia/Kamchatka", "America/Los_Angeles", "Asia/Kathmandu"]),
)
def test_the_machine_s_zone_does_not_matter(
    posted_at: datetime, told: tuple[str, str], zone: str
) -> None:
    lang, text = told
    moment = Moment(posted_at, BERLIN)
    here = events(text, lang, moment)
    with machine_zone(zone):
        assert events(text, lang, moment) == here


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(LANGUAGES),
    st.text(alphabet="0123456789:.-/ ,'hبوالس٧٣يومغدةum7bisáñéıİßпівнасьму\u064b\n", max_size=60),
)
def test_figures_and_letters_never_fail(lang: str, text: str) -> None:
    for cue in find_times(Words(text), lang):
        assert 0 <= cue.start < cue.end <= len(text)
        found = place_on_calendar(cue, POSTED, past_tense=False)
        assert found is None or found.start < found.end


@settings(max_examples=80, deadline=None)
@given(MOMENTS, st.sets(st.integers(0, 6), min_size=1), st.integers(0, 23))
def test_what_comes_again_is_the_first_after_posting(
    posted_at: datetime, days: set[int], hour: int
) -> None:
    cue = TimeCue(0, 1, minute=hour * 60, weekdays=tuple(days))
    found = place_on_calendar(cue, Moment(posted_at, BERLIN), past_tense=False)
    assert found is not None
    assert found.start > posted_at
    assert (found.start - posted_at).total_seconds() <= (7 * 24 + 1) * 3600
    assert found.start.astimezone(BERLIN).weekday() in days
