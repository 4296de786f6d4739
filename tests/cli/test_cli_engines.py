"""``tocsin run --engine``: what cannot be is said before anything is opened."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest
from cli_support import call, project_in


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--engine", "spark"), "there are two: local, flink"),
        (("--cluster", "host:8081"), "are for --engine flink"),
        (("--parallelism", "2"), "are for --engine flink"),
        (("--engine", "flink", "--cluster", "host"), "not HOST:PORT"),
    ],
)
def test_what_no_engine_can_do_is_refused(
    tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    done = call("run", "-p", project_in(tmp_path), *words)
    assert (done.code, said in done.err) == (2, True), done.err
    assert len(done.err.splitlines()) == 1


@pytest.mark.skipif(find_spec("pyflink") is not None, reason="Flink is installed here")
def test_where_flink_is_not_installed_the_command_that_installs_it_is_named(
    tmp_path: Path,
) -> None:
    done = call("run", "-p", project_in(tmp_path), "--engine", "flink", "--parallelism", "2")
    assert (done.code, "pip install 'tocsin[flink]'" in done.err) == (2, True)
