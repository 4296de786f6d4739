"""Signs are defined in full, in advance, and of groups alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from indicators_support import FORM, sign

from tocsin.errors import UsageError
from tocsin.indicators import (
    checked,
    checked_place,
    definition_form,
    definition_from,
    definitions_in,
    starter_set,
)
from tocsin.reading.packs_loader import load_packs
from tocsin.reading.refused import refused_term


def test_the_starter_set_is_complete_and_comes_back_as_it_was() -> None:
    signs = starter_set()
    assert 15 <= len(signs) <= 25
    for one in signs:
        assert definition_from(definition_form(one), "again") == one
        assert any(character.isdigit() for character in one.source), one.id  # a year


def test_the_starter_set_speaks_of_groups_that_may_be_one() -> None:
    known = {term.group for term in load_packs(("en",)).terms}
    for one in starter_set():
        targets = one.rule.targets if one.rule is not None else ()
        assert set(one.groups) | set(targets) <= known
        checked(one, refused_term)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"diagnosticity": 0.95}, "outside 0 to 0.9"),
        ({"diagnosticity": float("nan")}, "outside 0 to 0.9"),
        ({"diagnosticity": "much"}, "write a number"),
        ({"half_life_days": 0}, "above 0"),
        ({"half_life_days": True}, "write a number"),
        ({"id": "Leaflets!"}, "small letters"),
        ({"owner": " "}, "write a text"),
        ({"places": ["Main street 4"]}, "gazetteer id"),
        ({"places": "RU"}, "list of texts"),
        ({"person": "x"}, "unknown key 'person'"),
        ({"rule": {"acts": ["shouting"]}}, "'shouting' is none of"),
        ({"rule": {"any_target": True}}, "at least one act, signal or word"),
        ({"rule": {"words": ["@somebody"]}}, "speak of no person"),
        ({"rule": {"words": ["x"], "any_target": "yes"}}, "true or false"),
        ({"rule": ["acts"]}, "write a mapping"),
    ],
)
def test_what_is_no_definition_is_refused_in_one_line(change: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError) as caught:
        definition_from({**FORM, **change}, "mine.yaml")
    line = str(caught.value)
    assert line.startswith("mine.yaml: ")
    assert says in line
    assert "\n" not in line


@pytest.mark.parametrize("group", ["the police", "Ministry officials", "партия"])
def test_the_state_is_never_a_group(group: str) -> None:
    for one in (sign(groups=[group]), sign(rule={"words": ["x"], "targets": [group]})):
        with pytest.raises(UsageError, match="leaflets"):
            checked(one, refused_term)
    assert checked(sign(groups=["Roma"]), refused_term).groups == ("Roma",)


def test_places_are_ids_or_countries() -> None:
    assert checked_place("geonames:532096", "x") == "geonames:532096"
    assert checked_place("RU", "x") == "RU"
    with pytest.raises(UsageError, match="capital letters"):
        checked_place("@somebody", "x")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: [", "line"),
        ("version: 1", "write 'version: 1'"),
        ("version: 2\nindicators: []", "version must be 1"),
        ("version: 1\nindicators: [word]", "indicator 1"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=says):
        definitions_in(path)


def test_a_file_gives_its_signs_and_names_none_twice(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump({"version": 1, "indicators": [FORM]}), encoding="utf-8")
    assert definitions_in(path) == (sign(),)
    path.write_text(yaml.safe_dump({"version": 1, "indicators": [FORM, FORM]}), encoding="utf-8")
    with pytest.raises(UsageError, match="twice"):
        definitions_in(path)
    with pytest.raises(UsageError, match="cannot be read"):
        definitions_in(tmp_path / "none.yaml")
