"""Desks that several files of tests look at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from console_support import Stand, empty_stand


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    """A console over a project with nothing in it."""
    made = empty_stand(tmp_path)
    yield made
    made.desk.close()
