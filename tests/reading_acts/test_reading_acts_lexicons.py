"""When the patterns of packs are compiled: with the first post, and own packs at once."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest
from reading_acts_support import WHERE_WHEN

from tocsin.errors import UsageError
from tocsin.reading.languages import read_together
from tocsin.reading.lexicon import lexicon_of
from tocsin.reading.packs_loader import load_packs
from tocsin.reading.protocol import LANGUAGES, ReaderOptions
from tocsin.reading.reader import PackReader
from tocsin.system import uncollected

TWO = ("de", "nl")
OWN = "version: 1\nlanguage: de\ncues:\n  - {id: x, kind: calm, patterns: ['%s']}\n"


def _reader(folder: Path, pattern: str) -> PackReader:
    (folder / "own.yaml").write_text(OWN % pattern, encoding="utf-8")
    return PackReader(load_packs(TWO, [folder]), WHERE_WHEN, ReaderOptions(languages=TWO))


def test_every_built_in_pack_compiles() -> None:
    packs = load_packs(LANGUAGES)
    for lang in LANGUAGES:
        lexicon_of(packs, read_together(lang, LANGUAGES))


def test_what_is_wrong_with_an_own_pack_is_said_before_any_post(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"de\.x: no class 'nothing'"):
        _reader(tmp_path, "$nothing")


def test_only_what_own_packs_add_to_is_compiled_at_once(tmp_path: Path) -> None:
    assert set(_reader(tmp_path, "ruhe")._lexicons) == {("de",)}
    plain = PackReader(load_packs(TWO), WHERE_WHEN, ReaderOptions(languages=TWO))
    assert plain._lexicons == {}


def test_readers_share_what_their_packs_say_alike(tmp_path: Path) -> None:
    first, other = _reader(tmp_path, "ruhe"), _reader(tmp_path, "stille")
    assert first._lexicon("nl") is other._lexicon("nl")
    assert first._lexicon("de") is not other._lexicon("de")
    assert _reader(tmp_path, "ruhe")._lexicon("de") is first._lexicon("de")


def test_the_collector_runs_again_after_a_failure() -> None:
    seen = []

    def fails() -> None:
        with uncollected():
            seen.append(gc.isenabled())
            raise UsageError("broken")

    with pytest.raises(UsageError):
        fails()
    assert [*seen, gc.isenabled()] == [False, True]
