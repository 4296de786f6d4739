"""Desks that several files of tests look at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from console_support import Stand, empty_stand
from console_support_town import copy_town, make_town, town_stand

from tocsin.engines.project import Project


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    """A console over a project with nothing in it."""
    made = empty_stand(tmp_path)
    yield made
    made.desk.close()


@pytest.fixture(scope="session")
def _town(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return make_town(tmp_path_factory.mktemp("town"))


@pytest.fixture
def town(_town: Project, tmp_path: Path) -> Iterator[Stand]:
    """A console over a project with a real alarm and much that means harm; a copy of one's own."""
    made = town_stand(copy_town(_town, tmp_path))
    yield made
    made.desk.close()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The reconstruction, ingested and run; take a copy."""
    from console_support_browser import browser_path, make_demo

    browser_path()  # only browsers look at it
    return make_demo(tmp_path_factory.mktemp("demo"))
