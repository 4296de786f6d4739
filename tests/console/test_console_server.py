"""A console over a project whose store is on a server: the same answers, and what it says while the
server is away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from console_support import Stand, ways
from console_support_town import copy_town, let_in, town_stand

from database_fixtures import Databases
from tocsin.console.roles import Role
from tocsin.engines.moving import URL, move_store
from tocsin.engines.project import Project
from tocsin.settings import Settings

STILL = "/api/v1/"
ASKED = (
    "posts?q=рынку",
    "posts?q=18",
    "posts?q=ры",
    "posts?act=expulsion",
    "posts?lang=ru&limit=2",
    "posts?channel=town_news",
    "posts?q=script",
    "rumours?limit=2",
)
_CHANGING = ("health", "events", "stream", "audit", "me", "session", "tokens", "accounts")


@pytest.fixture
def served(
    _town: Project, tmp_path: Path, new_database: Callable[[], str]
) -> Iterator[tuple[Stand, Stand]]:
    """Two copies of a project, the store of the second on a server."""
    stands = []
    for name in ("file", "server"):
        (tmp_path / name).mkdir()
        project = copy_town(_town, tmp_path / name)
        if name == "server":
            url = new_database()
            move_store(project, url, lambda _done, _rows: None)
            given = {"delivery.sender": "desk@example.org", URL: url}
            project = Project(project.folder, Settings.load(project.folder, given))
        stands.append(town_stand(project))
        let_in(stands[-1])
    yield stands[0], stands[1]
    for stand in stands:
        stand.desk.close()


def _listed() -> list[str]:
    plain = [
        way.path
        for way in ways()
        if way.method == "GET" and way.path.startswith(STILL) and "{" not in way.path
    ]
    kept = [path for path in plain if not any(word in path for word in _CHANGING)]
    return [*kept, *(STILL + asked for asked in ASKED)]


def test_both_stores_give_the_same_answers(served: tuple[Stand, Stand]) -> None:
    users = [stand.signed_in(Role.ADMIN) for stand in served]
    paths = _listed()
    assert len(paths) > 20
    told = 0
    for path in paths:
        one, other = (user.get(path) for user in users)
        assert one.status == other.status, path
        assert one.body == other.body, path
        told += one.status == 200 and len(one.body) > 100
    assert told > 12


def test_while_the_server_is_away_it_says_so_and_comes_back_by_itself(
    served: tuple[Stand, Stand], database_server: Databases
) -> None:
    user = served[1].signed_in(Role.ANALYST)
    assert user.get(STILL + "posts?q=рынку").status == 200
    database_server.crash()
    try:
        answer = user.get(STILL + "posts?q=рынку")
        page = user.get("/search?q=рынку")
    finally:
        database_server.start()
    assert (answer.status, page.status) == (503, 503)
    assert answer.headers["content-type"] == "application/problem+json"
    assert "does not answer" in answer.json["detail"]
    assert "retry-after" in answer.headers
    assert "<html" in page.text
    assert "Traceback" not in page.text
    assert user.get(STILL + "posts?q=рынку").status == 200
    assert user.get("/search?q=рынку").status == 200
