"""In which languages texts are compared, as ``tocsin check`` says it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_support import call

from tocsin.engines import workers
from tocsin.text import e5


@pytest.fixture
def without_the_extra(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(e5, "find_spec", lambda _: None)
    workers._new_vectors.cache_clear()
    yield
    workers._new_vectors.cache_clear()


def _line(folder: Path) -> str:
    done = call("check", "--json", "--project", folder)
    assert done.code == 0
    return next(line for line in done.out.splitlines() if "compared by meaning" in line)


def test_check_tries_both_models_and_lists_languages(tmp_path: Path) -> None:
    if e5.available() is not None:
        pytest.skip("without the extra 'multilang'")
    line = _line(tmp_path)
    assert "98 languages (af am " in line
    assert "pip install" not in line


@pytest.mark.usefixtures("without_the_extra")
def test_check_names_the_command_for_more(tmp_path: Path) -> None:
    line = _line(tmp_path)
    assert "16 languages (ar de en " in line
    assert "pip install 'tocsin[multilang]'" in line


def test_cluster_follows_a_claim_into_another_language() -> None:
    if e5.available() is not None:
        pytest.skip("without the extra 'multilang'")
    posts = (
        '{"id": "1", "text": "Завтра на півночі буде дощ і сильний вітер."}\n'
        '{"id": "2", "text": "It will rain in the north tomorrow and the wind will be strong."}\n'
    )
    done = call("cluster", stdin=posts.encode())
    rumours = [line.split('"rumour"')[1] for line in done.out.splitlines()]
    assert rumours[0] == rumours[1]
