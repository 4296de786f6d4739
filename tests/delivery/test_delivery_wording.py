"""What recipients are told, and what they never are."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from delivery_builders import T0, occasion, options, recipient

from tocsin.delivery.atom import FeedEntry, feed
from tocsin.delivery.cap import Earlier
from tocsin.delivery.compose import compose
from tocsin.delivery.geojson import feature_collection
from tocsin.delivery.language import differences, load_languages
from tocsin.delivery.tables import rows_of, write_csv, write_xlsx
from tocsin.delivery.wording import band, venue_of
from tocsin.errors import UsageError
from tocsin.model import (
    Action,
    Audience,
    Clearance,
    Level,
    PlacePrecision,
    VenueClass,
    Verification,
)

LANGUAGES = load_languages()
BUILT_IN = Path(__file__).resolve().parents[2] / "src" / "tocsin" / "delivery" / "languages"
CANARIES = (
    "Canaryslur",
    "they were seen poisoning the canary well",
    "+7 900 555-01-02",
    "Canary Petrovich",
    "t.me/canary_channel/17",
    "canary_channel",
    "12 Canary Lane",
)
"""Stand-ins for a slur, a claim, a telephone, a person, a link, a channel and an address."""


def _outputs(clearance: Clearance, kind: Action, label: str) -> list[str]:
    """Every form in which something leaves the desk."""
    reader = recipient(languages=("en", "ru"), clearance=clearance)
    told = occasion(
        1,
        action=kind,
        posts=("canary_channel/17", f"{CANARIES[4]}"),
        why=CANARIES,
        unseen=("a", "b", "c", *CANARIES),
        rumour=CANARIES[1],
        shares=tuple((canary, 1.0) for canary in CANARIES),
        place=label,
    )
    made = compose(told, reader, [Earlier(9, T0)], options())
    assert made is not None
    forms = [made.subject, made.text, made.html, made.cap]
    forms.append(feed("d", "urn:x", [FeedEntry(made, T0)]).body.decode())
    for phrases in LANGUAGES.values():
        rows = rows_of([told], reader, phrases)
        forms += [repr(rows), write_csv(rows).decode(), repr(write_xlsx(rows))]
        forms.append(feature_collection([told], reader, phrases).decode())
    return forms


@pytest.mark.parametrize("kind", Action)
@pytest.mark.parametrize("place", PlacePrecision)
@pytest.mark.parametrize("audience", Audience)
@pytest.mark.parametrize("label", ["Aford airport", "12 Canary Lane hotel", "Canary Petrovich"])
def test_nothing_of_a_post_gets_out(
    audience: Audience, place: PlacePrecision, kind: Action, label: str
) -> None:
    for form in _outputs(Clearance(place, audience), kind, label):
        for canary in CANARIES:
            assert canary.lower() not in form.lower()


@pytest.mark.parametrize("path", sorted(BUILT_IN.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_language_has_the_same_fields(path: Path) -> None:
    reference = yaml.safe_load((BUILT_IN / "en.yaml").read_text(encoding="utf-8"))
    assert differences(reference, yaml.safe_load(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_cover_what_can_be_said(language: str) -> None:
    phrases = LANGUAGES[language]
    assert set(phrases["status"]) == {"none", *(status.value for status in Verification)}
    assert set(phrases["levels"]) == {lv.word for lv in Level if lv is not Level.NONE}
    assert set(phrases["venues"]) == {v.value for v in VenueClass if v is not VenueClass.STREET}
    assert set(phrases["lead"]) == set(phrases["advice"]) == {one.value for one in Audience}
    assert all(len(event) <= 35 for event in phrases["events"].values())
    # In some countries only civil protection may say so.
    assert not any("alert" in event.lower() for event in phrases["events"].values())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("status", [None, *Verification])
def test_no_warning_without_the_status_of_the_rumour(
    language: str, status: Verification | None
) -> None:
    told = replace(occasion(), status=status)
    made = compose(told, recipient(languages=(language,)), (), options())
    assert made is not None
    assert LANGUAGES[language]["status"][status.value if status else "none"] in made.text


def test_what_an_alert_says() -> None:
    made = compose(occasion(), recipient(), (), options())
    assert made is not None
    assert made.subject == "Alert: risk for migrants, Aford at 19:00 local time on 1 May"
    for part in ("What is known", "What is not known", "What we cannot see", "What to do"):
        assert part in made.text
    assert "rests on 2 public posts" in made.text
    assert "possible. Not calibrated here" in made.text
    assert "Do not forward" in made.text
    assert "closed groups" in made.text
    assert "airport" not in made.text
    assert "The exact spot is not named" in made.text


def test_the_same_in_russian() -> None:
    made = compose(occasion(target="Jews"), recipient(languages=("ru",)), (), options())
    assert made is not None
    assert made.language == "ru"
    assert made.subject == (
        "Предупреждение: риск, под угрозой евреи; Афорд, 1 мая в 19:00 по местному времени"
    )
    assert "Не пересылайте" in made.text
    assert '<section lang="ru">' in made.html


def test_a_number_only_where_it_is_calibrated() -> None:
    made = compose(occasion(calibrated=True), recipient(), (), options())
    assert made is not None
    assert "12 % (90 % interval 6.0 to 24 %); without these signs 0.2 %" in made.text
    assert "As of 2024-05-01 09:00 UTC" in made.text


def test_times_say_what_is_known_of_them() -> None:
    def subject(**more: Any) -> str:
        made = compose(occasion(**more), recipient(), (), options())
        assert made is not None
        return made.subject

    assert subject(window_start=None, window_end=None).endswith("Aford")
    assert subject(window_end=T0 + timedelta(hours=31)).endswith("on 1 May")
    assert subject(zone="no/where").endswith("at 16:00 UTC on 1 May")
    made = compose(occasion(window_start=None), recipient(), (), options())
    assert made is not None
    assert "No hour is known" in made.text


def test_more_that_is_unseen_is_said_without_its_words() -> None:
    made = compose(occasion(unseen=("a", "b", "c", "4 of 9 x")), recipient(), (), options())
    assert made is not None
    assert "part of what was posted could not be read" in made.text
    assert "4 of 9" not in made.text


def test_venues_and_bands() -> None:
    assert venue_of("Aford town hall") is VenueClass.TOWN_HALL
    assert venue_of("Aford street") is None
    assert venue_of("Aford") is None
    assert [band(p) for p in (0.0, 0.1, 0.3, 0.6, 1.0)] == [
        "unlikely",
        "possible",
        "quite possible",
        "likely",
        "very likely",
    ]


def test_a_language_of_ones_own_goes_before_ours(tmp_path: Path) -> None:
    text = (BUILT_IN / "en.yaml").read_text(encoding="utf-8")
    (tmp_path / "en.yaml").write_text(text.replace("Risk of mob violence", "Advisory"))
    (tmp_path / "xx.yaml").write_text(text.replace("language: en", "language: xx"))
    found = load_languages([tmp_path])
    assert set(found) == {"en", "ru", "xx"}
    assert found["en"]["events"]["alert"] == "Advisory"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("drill_note:", "drill_noted:", "lacks 'drill_note'"),
        ("levels: {watch: Watch,", "levels: {", "levels lacks 'watch'"),
        ("{count} public", "{number} public", "{number}, which nobody fills"),
        ("{count} public", "{count public", "a brace that is not closed"),
        ("[January, ", "[", "months must have 12 entries"),
        ("groups: {}", "groups: {Roma: 3}", "groups: texts only"),
        ('restriction: "', 'restriction: 3 #"', "restriction must be a text"),
        ("months: [", "months: {", "not valid YAML"),
        ("venues: {airport: airport,", "venues: {airport: [a],", "venues.airport must be a text"),
        ("standing: [", "standing: [3, ", "must be a list of texts"),
    ],
)
def test_a_language_file_that_is_wrong_is_refused(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    text = (BUILT_IN / "en.yaml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "en.yaml").write_text(text.replace(old, new))
    with pytest.raises(UsageError, match=r"en\.yaml") as error:
        load_languages([tmp_path])
    assert says in str(error.value)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        load_languages([tmp_path / "nowhere"])
    (tmp_path / "yy.yaml").write_text("- a list\n")
    with pytest.raises(UsageError, match="must be a table"):
        load_languages([tmp_path])


@pytest.mark.parametrize("language", LANGUAGES)
def test_whoever_was_told_nothing_before_is_told_of_no_change(language: str) -> None:
    """The first that somebody hears may be the fourth action of a warning."""
    reader = recipient(languages=(language,))
    told = replace(occasion(action=Action.UPDATE), number=4)
    first = compose(told, reader, (), options())
    assert first is not None
    issued = compose(occasion(action=Action.ISSUE), reader, (), options())
    assert issued is not None
    assert first.subject == issued.subject
    assert first.text.splitlines()[2] == issued.text.splitlines()[2]
    again = compose(told, reader, [Earlier(1, T0)], options())
    assert again is not None
    assert again.subject != first.subject
