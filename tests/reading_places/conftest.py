from __future__ import annotations

import pytest

from tocsin.reading.gazetteer import Gazetteer
from tocsin.reading.where_when import WhereWhen


@pytest.fixture(scope="session")
def gazetteer() -> Gazetteer:
    return Gazetteer.load()


@pytest.fixture(scope="session")
def where_when(gazetteer: Gazetteer) -> WhereWhen:
    return WhereWhen.build(gazetteer)
