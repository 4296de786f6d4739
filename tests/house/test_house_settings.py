"""Settings: one list, one file, clear refusals."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.errors import UsageError
from tocsin.settings import SETTINGS, Settings


def test_every_setting_has_help_and_a_unique_name() -> None:
    assert len({s.name for s in SETTINGS}) == len(SETTINGS)
    assert all(s.help and "." in s.name for s in SETTINGS)


def test_defaults_file_and_command_line_in_this_order(tmp_path: Path) -> None:
    text = '[run]\nworkers = 3\n[rumours]\nlive_days = 10\n[answers]\npurpose = "x"\n'
    (tmp_path / "tocsin.toml").write_text(text)
    settings = Settings.load(tmp_path, {"run.workers": 5})
    assert settings.whole("run.workers") == 5
    assert settings.number("rumours.live_days") == 10.0
    assert settings.text("reading.reader") == "packs"
    assert settings.texts("reading.pack_folders") == ()


def test_only_what_decides_changes_the_digest() -> None:
    assert Settings({"run.workers": 7}).digest() == Settings().digest()
    assert Settings({"rumours.live_days": 7.0}).digest() != Settings().digest()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[run]\nworkres = 1\n", "no setting 'run.workres'"),
        ('[run]\nworkers = "two"\n', "run.workers must be int"),
        ("[run]\nworkers = true\n", "run.workers must be int"),
        ("[reading]\npack_folders = [1]\n", "reading.pack_folders must be tuple"),
        ("loose = 1\n", "no setting 'loose'"),
        ("[run\n", "not valid TOML"),
    ],
)
def test_a_wrong_file_is_refused_by_name(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "tocsin.toml").write_text(text)
    with pytest.raises(UsageError, match=r"tocsin\.toml") as error:
        Settings.load(tmp_path)
    assert says in str(error.value)


def test_no_project_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="tocsin init"):
        Settings.load(tmp_path)
    with pytest.raises(UsageError, match="known: "):
        Settings({"no.such": 1})


def test_a_list_of_texts_is_taken(tmp_path: Path) -> None:
    (tmp_path / "tocsin.toml").write_text('[reading]\npack_folders = ["a", "b"]\n')
    assert Settings.load(tmp_path).texts("reading.pack_folders") == ("a", "b")


def test_own_places_hold_beside_the_files_that_are_named_and_come_last(tmp_path: Path) -> None:
    own = tmp_path / "places.yaml"
    (tmp_path / "tocsin.toml").write_text('[reading]\nplaces = ["region.yaml"]\n')
    assert Settings.load(tmp_path).texts("reading.places") == ("region.yaml",)
    own.write_text("[]\n")
    assert Settings.load(tmp_path).texts("reading.places") == ("region.yaml", str(own))
    named = {"reading.places": [str(own), "desk.yaml"]}
    assert Settings.load(tmp_path, named).texts("reading.places") == ("desk.yaml", str(own))
    (tmp_path / "tocsin.toml").write_text('[reading]\nplaces = "region.yaml"\n')
    with pytest.raises(UsageError, match=r"reading\.places must be tuple"):
        Settings.load(tmp_path)
