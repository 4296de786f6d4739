"""A town's posts with their readings and rumours put straight into a store, and people signed in:
no model reads them, so that tests of pages are quick.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson
from engine_support import ingest_file, new_project
from fastapi.testclient import TestClient
from sqlalchemy import select

from posts_support import START, post_line
from tocsin.clock import ReplayClock
from tocsin.console.accounts import Account, with_account
from tocsin.console.app import build
from tocsin.console.desk import ConsoleDesk
from tocsin.console.guard import COOKIE
from tocsin.console.roles import Role
from tocsin.engines.project import Project
from tocsin.store import schema
from tocsin.store.store import add_rows, add_search
from tocsin.text.clean import clean
from town_texts import BRIDGE, HOCKEY, MUSEUM, TALK

NOW = START + timedelta(days=1)
PHONE = "+7 928 000-00-00"
CALM = "Друзья, все спокойно, расходитесь. Никто не приехал"
SHORT = "今日集合 今夜"


@dataclass(frozen=True, slots=True)
class Written:
    """A post with what a machine would have read in it.

    Args:
        rumour: a word that the rumour's id is made of.
    """

    text: str
    rumour: str
    alarm: float | None = 0.0
    acts: tuple[str, ...] = ()
    target: str | None = None
    lang: str = "ru"
    channel: str = "town_news"


POSTS = (
    Written(BRIDGE, "bridge", 0.9, ("threat",), "traders"),
    Written(TALK, "bridge", 0.6, ("expulsion",), "traders"),
    Written(BRIDGE, "bridge", 0.9, ("threat",), "traders", channel="town_chat"),
    Written(f"{MUSEUM}, звоните {PHONE}", "museum", 0.4, ("allegation",)),
    Written(MUSEUM, "museum", 0.35, ("allegation",), channel="town_chat"),
    Written(HOCKEY, "hockey"),
    Written(CALM, "calm", 0.1),
    Written(SHORT, "short", None, lang="ja"),
)
"""Post ``n`` is known n minutes after START, and its id is its number."""


def ref(number: int) -> str:
    """The evidence id of a post."""
    return f"{POSTS[number].channel}/{number}"


def rumour_id(word: str) -> str:
    """The id of a rumour that is called so in ``POSTS``."""
    return blake2b(word.encode(), digest_size=6).hexdigest()


def town_project(folder: Path, posts: Sequence[Written] = POSTS) -> Project:
    """A project that holds the posts, as a run would have left it."""
    project = new_project(folder)
    path = folder.parent / f"{folder.name}.jsonl"
    lines = [post_line(n, one.text, channel=one.channel) for n, one in enumerate(posts)]
    path.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    ingest_file(project, path)
    with project.writing() as (_, store), store.writing() as connection:
        p = schema.posts.c
        seqs = {int(m): seq for seq, m in connection.execute(select(p.seq, p.message_id))}
        rows = [(seqs[number], one) for number, one in enumerate(posts)]
        add_rows(connection, schema.readings, [_reading(*row) for row in rows])
        add_rows(connection, schema.sightings, [_sighting(*row) for row in rows])
        add_rows(connection, schema.rumours, list(_rumours(posts)))
        add_search(connection, [(seq, clean(one.text)) for seq, one in rows])
    return project


def _reading(seq: int, one: Written) -> dict[str, Any]:
    place = {"name": "Aford", "lat": 1.0, "lon": 2.0, "p": 1.0, "venue": None, "role": "mentioned"}
    body = {"acts": list(one.acts), "places": [place], "spans": [], "calls": [], "signals": []}
    return {
        "seq": seq,
        "lang": one.lang,
        "read": "full",
        "alarm": one.alarm,
        "frame": "asserted",
        "target": one.target,
        "body": orjson.dumps(body).decode() if one.acts else None,
    }


def _sighting(seq: int, one: Written) -> dict[str, Any]:
    return {
        "seq": seq,
        "rumour": rumour_id(one.rumour),
        "method": "near",
        "similarity": 1.0,
        "stance": "support",
        "late": False,
        "digest": blake2b(one.text.encode(), digest_size=16).digest(),
    }


def _rumours(posts: Sequence[Written]) -> Iterator[dict[str, Any]]:
    for word in dict.fromkeys(one.rumour for one in posts):
        numbers = [n for n, one in enumerate(posts) if one.rumour == word]
        yield {
            "id": rumour_id(word),
            "first_seen": START + timedelta(minutes=numbers[0]),
            "last_seen": START + timedelta(minutes=numbers[-1]),
            "first_ref": f"{posts[numbers[0]].channel}/{numbers[0]}",
            "posts": len(numbers),
            "texts": len({posts[n].text for n in numbers}),
            "live": word != "hockey",
            "revived_at": None,
            "pace": 1.0,
        }


class Person:
    """Somebody signed in to a console."""

    def __init__(self, desk: ConsoleDesk, client: TestClient, handle: str) -> None:
        self.secret = desk.sessions.begin(handle, desk.clock.now())
        session = desk.sessions.find(self.secret, desk.clock.now())
        assert session is not None
        self.session = session
        self._client = client

    def get(self, path: str, **asked: Any) -> Any:
        """A page, or an answer of the API."""
        return self._client.get(path, params=asked, headers=self._cookie())

    def page(self, path: str, **asked: Any) -> str:
        """The text of a page that is there."""
        answer = self.get(path, **asked)
        assert answer.status_code == 200, answer.text
        return str(answer.text)

    def json(self, path: str, **asked: Any) -> Any:
        """What the API says."""
        answer = self.get(f"/api/v1{path}", **asked)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def send(self, path: str, **form: Any) -> Any:
        """A form of a page; where it leads is not followed."""
        data = {**form, "csrf": self.session.csrf}
        return self._client.post(path, data=data, headers=self._cookie(), follow_redirects=False)

    def post(self, path: str, body: Any) -> Any:
        """JSON to the API."""
        headers = {**self._cookie(), "x-csrf-token": self.session.csrf}
        return self._client.post(f"/api/v1{path}", json=body, headers=headers)

    def _cookie(self) -> dict[str, str]:
        return {"cookie": f"{COOKIE}={self.secret}"}


@dataclass(frozen=True, slots=True)
class Town:
    """A console over the town, with three people."""

    project: Project
    desk: ConsoleDesk
    ana: Person
    ben: Person
    vera: Person
    """A viewer; the others are analysts."""


@contextmanager
def town(folder: Path, posts: Sequence[Written] = POSTS) -> Iterator[Town]:
    """The console while a test lasts."""
    desk = ConsoleDesk(town_project(folder, posts), clock=ReplayClock(NOW))
    roles = {"ana": Role.ANALYST, "ben": Role.ANALYST, "vera": Role.VIEWER}
    for handle, role in roles.items():
        account = Account(handle, role, "not used here", NOW)
        desk.accounts.change(partial(with_account, account=account))
    with TestClient(build(desk)) as client:
        people = [Person(desk, client, handle) for handle in roles]
        yield Town(desk.project, desk, *people)
