"""Sentences of the machine have a form in every language; a new one fails here until it has."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin import coverage, silence
from tocsin.console.actions.staff import refuse_unreachable
from tocsin.console.desk import reason_needed
from tocsin.console.language import REFERENCE, Language, languages, words_of
from tocsin.console.spoken import REFUSALS, group_names
from tocsin.desk.release import Harms
from tocsin.engines import checking, happenings, likelihood, watch_plan
from tocsin.engines.source_tables import SourceTable
from tocsin.errors import UsageError
from tocsin.indicators import starter_set
from tocsin.model import (
    Enriched,
    EventTime,
    FieldReport,
    Forecast,
    GatheringCall,
    Granularity,
    PlaceMention,
    Post,
    PostLabel,
    Reading,
    ReadStatus,
    Recipient,
    Role,
    Seen,
    Situation,
    SituationKey,
    Spread,
    Target,
    Term,
    VenueClass,
)
from tocsin.reading.packs_loader import load_packs
from tocsin.risk.coefficients import Coefficients
from tocsin.warnings import STANDING_UNSEEN, reasons
from tocsin.warnings.wording import ENGLISH, MONTHS

OTHERS = [code for code in languages() if code != REFERENCE]
NOON = datetime(2023, 10, 29, 12, tzinfo=UTC)
TOWN = PlaceMention("geonames:1", "Khasavyurt", 43.2, 46.6, Role.GATHER_AT, 0.9, "Europe/Moscow")
KEPT = {"Khasavyurt", "Uytash", "monitor", "town_news", "UTC"}
"""Names, which stay as they are."""
IN_PARTS = {"growth", "pace_towns", "pace_growth"}
"""Phrases that are put together with others, and what they make."""
MADE = {"pace_towns", "pace_growth", "pace_towns_growth", "contagion", "sign"}


def machine(code: str, group: str) -> dict[str, str]:
    """The patterns of a group, by name."""
    start = f"machine.{group}."
    return {name[len(start) :]: text for name, text in words_of(code).items() if start in name}


def left_over(code: str, sentence: str) -> list[str]:
    """English words that a sentence keeps in another language."""
    said = Language(code).sentence(sentence)
    assert said != sentence, f"{code} has no form of: {sentence}"
    return [word for word in re.findall(r"[A-Za-z_]{2,}", said) if word not in KEPT]


# -- reasons of warnings ---------------------------------------------------------------------------


def test_patterns_of_reasons_are_the_phrases_of_warnings() -> None:
    """A new reason needs a pattern in words/en/machine.yaml, and a form in each other language."""
    ours = machine(REFERENCE, "reasons")
    phrases = {name: text for name, text in ENGLISH.items() if name not in IN_PARTS}
    assert {name: text for name, text in ours.items() if name not in MADE} == phrases
    assert set(machine(REFERENCE, "month").values()) == set(MONTHS)


def report(seen: Seen) -> FieldReport:
    return FieldReport("1" * 12, NOON, NOON, "monitor", "p", "Khasavyurt", 43.2, 46.6, seen)


def known(**more: object) -> Situation:
    """A situation of which everything there is can be said."""
    told: dict[str, object] = {
        "key": SituationKey("geonames:1", "Jews"),
        "as_of": NOON,
        "place": TOWN,
        "target": Target("Jews", 0.9),
        "hostile_refs": ("one/1", "one/2"),
        "call_refs": ("one/3",),
        "calls": (GatheringCall(TOWN, None),),
        "rumours": ("r1",),
        "uptake_refs": ("x/1",),
        "denial_refs": ("x/2",),
        "support_channels": 1,
        "independent_channels": 2,
        "reports": tuple(report(seen) for seen in Seen),
        **more,
    }
    return Situation(**told)  # type: ignore[arg-type]


def told(one: Situation, growth: float = 1.0, towns: int = 1) -> tuple[str, ...]:
    """Every reason there is for a situation."""
    names = [field.name for field in fields(Coefficients) if field.type == "Prior"]
    terms = [Term(name, 1.0, 1.0, f"text of {name}") for name in names]
    terms.append(Term("contagion", 1.0, 1.0, "in the wake of violence nearby"))
    seen = Spread("r1", NOON, 1, 12, 12, 5, 4, towns, growth, None, NOON)
    forecast = Forecast(one.key, NOON, 24, 0.5, (0.1, 0.9), 0.002, tuple(terms))
    return reasons(one, forecast, {"r1": seen})


CALLED = [
    EventTime(NOON + timedelta(hours=start), NOON + timedelta(hours=start + long), grain)
    for start in (-5, -0.2, 0.5, 8)
    for long, grain in (
        (1, Granularity.HOUR),
        (6, Granularity.DAY_PART),
        (24, Granularity.DAY),
        (168, Granularity.WEEK),
    )
]


@pytest.mark.parametrize("code", OTHERS)
@given(data=st.data())
def test_every_reason_has_a_form(code: str, data: st.DataObject) -> None:
    venue = data.draw(st.sampled_from([None, *VenueClass]))
    place = replace(TOWN, venue=venue, time_zone=data.draw(st.sampled_from(["Asia/Baku", "?"])))
    time = data.draw(st.sampled_from([None, *CALLED]))
    inherited = data.draw(st.sampled_from([(), ("one/1",)]))
    one = known(
        place=place,
        calls=(GatheringCall(place, time),),
        target=Target("Jews", 0.9, inherited),
        hostile_refs=data.draw(st.sampled_from([(), ("one/1",), ("two/1", "three/1")])),
        event_refs=data.draw(st.sampled_from([(), ("x/3",)])),
        support_channels=data.draw(st.integers(1, 3)),
        confirmed_by=data.draw(st.sampled_from(["ana", "report 123"])),
    )
    sentences = told(one, data.draw(st.sampled_from([1.0, 4.2])), data.draw(st.integers(1, 3)))
    assert len(sentences) > 20
    for sentence in sentences:
        assert left_over(code, sentence) == [], sentence


@pytest.mark.parametrize("code", OTHERS)
def test_how_a_warning_ended_has_a_form(code: str) -> None:
    for name in ("expired_window", "expired_fallen", "cancelled"):
        assert left_over(code, ENGLISH[name]) == []
    assert left_over(code, ENGLISH["expired_silence"].format(hours=72)) == []
    assert left_over(code, ENGLISH["escalated"].format(step=2)) == []


# -- what is not seen, how likely, what happened ---------------------------------------------------


def templates(module: ModuleType) -> set[str]:
    """Texts of two words or more that a module's functions make, fields as ``{}``."""
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    skipped = {id(node.exc) for node in ast.walk(tree) if isinstance(node, ast.Raise)}
    return {
        said
        for node in _texts(tree, skipped)
        if len(re.findall(r"[a-z]{2,}", said := _template(node))) >= 2 and " " in said
    }


def _texts(node: ast.AST, skipped: set[int]) -> Iterator[ast.AST]:
    """Strings, but for those that document, are raised or are part of a larger one."""
    for child in ast.iter_child_nodes(node):
        if id(child) in skipped or (isinstance(child, ast.Expr) and _is_text(child.value)):
            continue
        if _is_text(child):
            yield child
            for part in ast.walk(child):
                if isinstance(part, ast.FormattedValue):
                    yield from _texts(part, skipped)
        else:
            yield from _texts(child, skipped)


def _is_text(node: ast.AST) -> bool:
    plain = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return plain or isinstance(node, ast.JoinedStr)


def _template(node: ast.AST) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    assert isinstance(node, ast.JoinedStr)
    return "".join(str(one.value) if isinstance(one, ast.Constant) else "{}" for one in node.values)


MODULES = {
    coverage: {
        "could not be read",
        "were compared by their words only",
        "{} of {} posts of the last 24 hours {} ({})",
        "in a language without a reader ({})",
        "voice or video without text",
        "image or other media without text",
        "without text",
        "a language not recognised",
        "by words:",
    },
    silence: {
        "every few hours",
        "{} that usually {} {} {} silent for {}{}: {}",
        "now and then",
        "{} and {} more",
        " or more",
    },
    likelihood: {
        "{} of {} similar situations here came to violence",
        "no outcome is known of any similar situation here",
        "not calibrated here",
        "base rate {} % within {}",
        "called, did not happen: no false alarm of ours",
        "spurious: nobody had called anybody together",
    },
    happenings: {
        "Status set",
        "Taken apart again",
        "Posts split off",
        "Warning confirmed",
        "Warning dismissed",
        "Warning acknowledged",
        "Outcome recorded",
        "First post known, in {}",
        "In {} channels, now {}",
        "First denial or appeal for calm, in {}",
        "Warning {}: {}, against {}",
        "{}, called for {} UTC",
        "rests on {} post{}",
    },
}
"""What these modules say. Whoever changes a sentence changes words/*/machine.yaml, then this."""


@pytest.mark.parametrize("module", MODULES, ids=lambda one: one.__name__)
def test_a_new_sentence_is_heard_of_here(module: ModuleType) -> None:
    assert templates(module) == MODULES[module]


def unseen() -> Iterator[str]:
    """What coverage and silence say, of posts of every kind."""
    counts = coverage.Coverage()
    kinds: list[tuple[str, bytes | None]] = [("xx", b"1" * 16), ("und", b"2" * 16), ("en", None)]
    for number, (lang, digest) in enumerate(kinds):
        post = Post("table", "town_news", str(number), NOON, NOON, "слово")
        enriched = Enriched(post, "слово", digest, lang, 1.0, None)
        counts.add(enriched, Reading(post.ref, 1, lang, ReadStatus.UNSUPPORTED, alarm=None))
    yield from counts.sentences(NOON)
    for step_h in (2, 30, 200, 300):
        for channels in (1, 2, 7):
            habits = silence.Silence()
            for post_number in range(60):
                for channel in range(channels):
                    at = NOON + timedelta(hours=step_h * post_number)
                    habits.add(f"town_news{channel}", at)
            last = NOON + timedelta(hours=59 * step_h)
            for hours in (13, 80, 700):
                yield from habits.sentences(last + timedelta(hours=hours))


@pytest.mark.parametrize("code", OTHERS)
def test_what_is_not_seen_has_a_form(code: str) -> None:
    found = set(unseen())
    assert len({re.sub(r"\d+", "", sentence) for sentence in found}) > 8
    for sentence in (*STANDING_UNSEEN, *found):
        names = [word for word in left_over(code, sentence) if word not in ("und", "xx")]
        assert names == [], sentence


@pytest.mark.parametrize("code", OTHERS)
def test_silent_sources_have_a_form(code: str) -> None:
    table = SourceTable("feed", "town_news", silent_after_hours=1)
    failing = watch_plan.SourceState(failures=watch_plan.FAILURES_OF_SILENCE)
    states = (
        failing,
        replace(failing, answered_at=NOON),
        watch_plan.SourceState(since=NOON),
        watch_plan.SourceState(new_at=NOON),
    )
    for state in states:
        said = watch_plan.silence(state, table, NOON + timedelta(days=9))
        assert said is not None
        assert left_over(code, said) == []


@pytest.mark.parametrize("code", OTHERS)
def test_how_likely_it_is_has_a_form(code: str) -> None:
    line = {"interval": (0.1, 0.9), "probability": 0.5, "horizon_h": 24, "base_rate": 0.002}
    outlook = [{**line, "horizon_h": hours} for hours in (6, 24, 72, 336)]
    whole = {**line, "outlook": outlook, "calibrated": False}
    sentences = [*likelihood.likelihood(whole, (0, 0), numbers=True)]
    sentences += likelihood.likelihood({**whole, "calibrated": True}, (1, 3), numbers=True)
    sentences += [likelihood.how_it_ended({"called": one}, ["did_not"]) for one in (True, False)]
    for sentence in sentences:
        assert left_over(code, sentence) == [], sentence


@pytest.mark.parametrize("code", OTHERS)
def test_what_happened_has_a_form(code: str) -> None:
    said = {
        "First post known, in town_news",
        "In 25 channels, now town_news",
        "First denial or appeal for calm, in town_news",
        "Warning 123456789012: Khasavyurt hotel, against Jews",
        "Warning 123456789012: Khasavyurt, square, against Jews, called for 29 Oct 16:00 UTC",
        "Warning 123456789012 cancelled",
        "Warning 123456789012 expired",
        "rests on 1 post: town_news/1",
        "rests on 5 posts: town_news/1, town_news/2",
        "Status set: 123456789012: impossible to verify probably false",
        "Outcome recorded: 123456789012: did not",
        *(f"{one}: 123456789012" for one in happenings._DECIDED.values() if "set" not in one),
    }
    for sentence in said - {"Outcome recorded: 123456789012"}:
        assert left_over(code, sentence) == [], sentence
    assert Language(code).sentence("by ana  слишком поздно") == "ana: слишком поздно"


@pytest.mark.parametrize("code", OTHERS)
def test_what_is_checked_has_a_form(code: str) -> None:
    made = [
        "7.5 GB free",
        "1.5 GB free; make room",
        "2023-10-29 16:00 UTC; set the clock",
        "1,234 ledger entries",
        "reachable, empty",
        "newest post 2023-10-29 16:00 UTC",
        "/desk.key is missing; bring it back, or pseudonyms will differ",
    ]
    for sentence in made:
        assert [word for word in left_over(code, sentence) if word not in ("desk", "key")] == []
    known = templates(checking)
    assert {"; make room", "; set the clock", "{} ledger entries", "reachable, empty"} <= known


# -- names and signs -------------------------------------------------------------------------------


@pytest.mark.parametrize("code", OTHERS)
def test_signs_have_a_form(code: str) -> None:
    for one in starter_set():
        for sentence in (one.sign, one.question, one.evidence_rule, one.owner):
            assert left_over(code, sentence) == [], f"{one.id}: {sentence}"
        told_of = f"sign observed: {one.sign} (C3, 2023-10-28, disputed)"
        assert left_over(code, told_of) == []


@pytest.mark.parametrize("code", OTHERS)
def test_groups_have_names(code: str) -> None:
    groups = {term.group for term in load_packs(("en",)).terms}
    assert sorted(groups - set(group_names(code))) == [], f"delivery/languages/{code}.yaml: groups"


@pytest.mark.parametrize("code", languages())
def test_signals_and_labels_have_words(code: str) -> None:
    words = words_of(code)
    priors = [field.name for field in fields(Coefficients) if field.type == "Prior"]
    names = [*priors, "contagion", "calendar"]
    assert [name for name in names if f"signals.{name}" not in words] == []
    assert [one.value for one in PostLabel if f"review.means.{one.value}" not in words] == []
    venues = [one.value for one in VenueClass if f"machine.venue.{one.value}" not in words]
    assert venues == []


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("Khasavyurt", "Khasavyurt"),
        ("Khasavyurt, hotel", "Khasavyurt, гостиница"),
        ("Khasavyurt hotel", "Khasavyurt, гостиница"),
        ("Makhachkala airport (Uytash)", "Makhachkala, аэропорт (Uytash)"),
        ("Aford town hall", "Aford, администрация"),
        ("airport", "airport"),
        ("", ""),
    ],
)
def test_labels_of_places(label: str, said: str) -> None:
    assert Language("ru").place(label) == said
    assert Language("en").place(label) == label


@given(st.text())
def test_what_nobody_made_stays_as_it_is(text: str) -> None:
    assert Language("en").sentence(text) == text
    said = Language("ru").sentence(text)
    assert said == text or text in words_of("en").values() or re.search(r"[a-z]", text)


# -- refusals --------------------------------------------------------------------------------------


def refusals() -> Iterator[str]:
    """Some, as the code says them."""
    for check in (
        lambda: Harms("", "x", "y").checked(),
        lambda: reason_needed(" ", "a dismissal"),
        lambda: refuse_unreachable(Recipient("r1", "Ana", "mail", "no address")),
        lambda: refuse_unreachable(Recipient("r1", "Ana", "webhook", "http://a")),
        lambda: refuse_unreachable(Recipient("r1", "Ana", "mail", "a@b", ("russian",))),
    ):
        with pytest.raises(UsageError) as refused:
            check()
        yield str(refused.value)


@pytest.mark.parametrize("code", languages())
def test_pages_say_what_to_do_on_the_page(code: str) -> None:
    fields_of = dict.fromkeys(re.findall(r"{(\w+)}", " ".join(REFUSALS.values())), "one")
    fields_of |= {"at": "2023-10-29 16:00 UTC", "deed": "warning dismiss", "level": "alert"}
    made = [pattern.format_map(fields_of) for pattern in REFUSALS.values()]
    for sentence in (*refusals(), *made):
        page = Language(code).refusal(sentence)
        assert page != sentence, sentence
        assert not re.search(r"tocsin |--", page), page


@pytest.mark.parametrize("pattern", REFUSALS.values())
def test_what_pages_say_otherwise_is_still_said(pattern: str) -> None:
    """A refusal that nobody makes any more has no place in the table."""
    longest = max(re.split(r"\{\w+\}", pattern), key=len)
    source = Path(str(coverage.__file__)).parent
    texts = [path.read_text("utf-8") for path in source.rglob("*.py") if path.name != "spoken.py"]
    words = " ".join(longest.split()[:4])
    assert pattern == "Not Found" or any(words in text for text in texts), pattern


@pytest.mark.parametrize(
    ("kind", "address"),
    [("mail", "a@b.example"), ("webhook", "https://b.example/h"), ("push", "ntfy://x")],
)
def test_somebody_who_can_be_reached_is_taken(kind: str, address: str) -> None:
    refuse_unreachable(Recipient("r1", "Ana", kind, address, ("ru", "en")))
