from __future__ import annotations

import pytest

from tocsin.text import Embedder


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    return Embedder()
