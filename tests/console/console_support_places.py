"""A small desk with channels, events, signs, reports and warnings, and people who look at it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
from cli_support import call
from fastapi.testclient import TestClient
from joined_support import joined_desk
from sqlalchemy import select

from posts_support import START, post_line
from tocsin.backtest.evaluation import Played, evaluate
from tocsin.backtest.mentions import Mentions
from tocsin.backtest.report import write_report
from tocsin.backtest.rules import Window
from tocsin.clock import ReplayClock
from tocsin.console.accounts import Account, Accounts, Token, digest_of
from tocsin.console.app import build
from tocsin.console.desk import ConsoleDesk
from tocsin.console.guard import COOKIE
from tocsin.console.roles import Role
from tocsin.engines.project import Project
from tocsin.model import Action, Level, MobEvent, SituationKey, Violence, WarningAction
from tocsin.store import Store, schema
from tocsin.store.store import add_rows

NOW = datetime(2024, 3, 8, 12, tzinfo=UTC)
CALL = "Рыбинск, сегодня в 20:00 все к рынку, выгоним узбеков из города"
ULTIMATUM = "Цыгане, у вас есть время до воскресенья, уезжайте из города, иначе пожалеете"
RYBINSK = "geonames:500004"
ROLES = {role.word: role for role in Role}
EVENTS = """id,event_time,known_at,latitude,longitude,kind,place,target
e1,2024-03-05T18:00:00+00:00,2024-03-06T00:00:00+00:00,58.05,38.83,Mob violence,Rybinsk,Group A
e2,2023-05-01T18:00:00+00:00,2023-05-06T00:00:00+00:00,57.62,39.87,Mob violence,Yaroslavl,Group B
e3,2022-05-01T18:00:00+00:00,2022-05-06T00:00:00+00:00,58.06,38.84,Peaceful protest,Rybinsk,
e4,2021-05-01T18:00:00+00:00,2021-05-06T00:00:00+00:00,51.50,-0.12,Arson,<b>London</b>,Group A
"""


def desk_project(folder: Path) -> Project:
    """Nine channels (one only known of), four events, one warning that stands, one report."""
    desk = joined_desk(folder, *_warnings())
    posts, known, events = (folder / name for name in ("posts.jsonl", "channels.csv", "events.csv"))
    posts.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in _posts()))
    known.write_text(
        "channel,name,home_place,time_zone,languages,subscribers,as_of,reliability\n"
        "left,left_public,Rybinsk,Europe/Moscow,ru,1200,2024-03-01T00:00:00+00:00,B\n"
        "quiet_one,,Yaroslavl,,,,,\n"
    )
    events.write_text(EVENTS)
    for words in (
        ("channels", "import", known),
        ("ingest", posts),
        ("events", "import", events),
        ("places", "add", "Old market", "--lat", 58.04, "--lon", 38.85, "--country", "RU"),
    ):
        done = call(*words, "--project", desk.folder)
        assert done.code == 0, done
    with desk.reading() as store:
        _read_by_hand(store)
    return desk


def _read_by_hand(store: Store) -> None:
    """Readings, sightings and a run as the pipeline leaves them, without its models."""
    p = schema.posts.c
    with store.writing() as connection:
        posts = connection.execute(select(p.seq, p.message_id, p.text)).all()
        add_rows(connection, schema.readings, [_reading(*post) for post in posts])
        seen = [(seq, sha256(text.encode()).digest()) for seq, _, text in posts if text]
        told = {"rumour": "r", "method": "new", "similarity": 1.0, "stance": None, "late": False}
        sightings = [{"seq": seq, "digest": digest, **told} for seq, digest in seen]
        add_rows(connection, schema.sightings, sightings)
        run = {"seq": 1_000, "boundary": 1_000, "after": 0, "done": True, "posts_done": len(posts)}
        where = {"position": '[1709892000000000,"own_1","late",1]', "state": None}
        add_rows(connection, schema.runs, [{**run, **where, "versions": '{"tocsin":"0.1.0"}'}])


def _reading(seq: int, message: str, text: str) -> dict[str, Any]:
    body: dict[str, Any] = {"acts": [], "signals": [], "spans": [], "places": [], "calls": []}
    row = {"seq": seq, "lang": "ru", "alarm": 0.1, "frame": "asserted", "target": None}
    if message == "call":
        where = {"place": "Rybinsk, market", "lat": 58.04, "lon": 38.84}
        body["calls"] = [{**where, "start": "2024-03-05T17:00:00+00:00"}]
        body["places"] = [{"name": "Rybinsk, market"}]
        row["target"] = "Central Asians"
    if message == "leave":
        body |= {"acts": ["expulsion"], "signals": ["ultimatum"]}
        row["target"] = "Roma"
    read = "full" if text else "unsupported"
    return {**row, "read": read, "body": orjson.dumps(body).decode()}


def _posts() -> list[dict[str, Any]]:
    rows = []
    for text in range(8):
        words = f"Новость номер {text} о городе и людях, читайте сегодня"
        rows.append(post_line(200 * text, words, channel="left", id=f"{text}"))
        rows.append(post_line(200 * text + 2, words, channel="right", id=f"{text}"))
        for n in range(4):
            minute = 200 * text + 31 + 37 * n
            rows.append(post_line(minute, words, channel=f"own_{n}", id=f"{text}"))
    rows += [
        post_line(1650, CALL, channel="left", id="call"),
        post_line(1700, ULTIMATUM, channel="right", id="leave"),
        post_line(1710, "Звоните +7 900 123-45-67, ждём", channel="right", id="phone"),
        post_line(1720, "", channel="pictures", id="p1", media=[{"kind": "photo"}]),
        post_line(1730, "<script>alert(1)</script> news", channel="<i>odd</i>/x", id="1"),
        post_line(6000, "Погода завтра хорошая", channel="own_1", id="late"),
    ]
    return rows


def _warnings() -> list[WarningAction]:
    first = _action("0123456789ab", START + timedelta(hours=28), Level.ALERT)
    old = _action("aaaaaaaaaaaa", START + timedelta(hours=2), Level.WATCH)
    over = _action("aaaaaaaaaaaa", START + timedelta(hours=9), Level.WATCH, Action.EXPIRE)
    return [old, over, first]


def _action(name: str, at: datetime, level: Level, what: Action = Action.ISSUE) -> WarningAction:
    return WarningAction(
        id=name,
        action=what,
        issued_at=at,
        level=level,
        key=SituationKey(RYBINSK, "Uzbeks"),
        probability=0.1,
        interval=(0.05, 0.2),
        base_rate=0.002,
        horizon_h=24,
        place="Rybinsk, market",
        latitude=58.0446,
        longitude=38.8426,
        window_start=None,
        window_end=None,
        target="Uzbeks",
        rumour=None,
        posts=("left/call",),
        why=("A call to gather",),
        unseen=("closed groups",),
        zone="Europe/Moscow",
        shares=(("call", 1.0), ("event_nearby", 0.7)),
    )


def report_in(folder: Path) -> None:
    """A report as ``tocsin backtest`` writes it, of posts that named no place."""
    event = MobEvent(
        id="e1",
        event_time=datetime(2024, 10, 10, 15, tzinfo=UTC),
        known_at=datetime(2024, 11, 1, tzinfo=UTC),
        latitude=58.0,
        longitude=38.8,
        kind="mob violence",
        precision_hours=1.0,
        violence=Violence.RIOT,
    )
    window = Window(datetime(2024, 10, 7, tzinfo=UTC), datetime(2024, 10, 21, tzinfo=UTC))
    write_report(evaluate(Played([], Mentions(0.5)), [event], window), folder)


class Town:
    """The console over a project, and one client for each role; they never see one another."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.desk = ConsoleDesk(project, clock=ReplayClock(NOW))
        self.app = build(self.desk)
        accounts = tuple(Account(word, role, "x", NOW) for word, role in ROLES.items())
        tokens = tuple(_token(word, role) for word, role in ROLES.items())
        self.desk.accounts.change(lambda _: Accounts(accounts, tokens))

    def api(self, role: str) -> TestClient:
        """Other software with a token of that role."""
        headers = {"authorization": f"Bearer {role}-token"}
        return TestClient(self.app, headers=headers, raise_server_exceptions=True)

    def browser(self, role: str, language: str = "en") -> TestClient:
        """A person who is signed in."""
        client = TestClient(self.app, follow_redirects=False)
        client.cookies.set(COOKIE, self.desk.sessions.begin(role, NOW, language))
        return client

    def json(self, path: str, role: str = "viewer", **asked: Any) -> Any:
        """An answer of the API that must be well."""
        answer = self.api(role).get(f"/api/v1{path}", params=asked)
        assert answer.status_code == 200, answer.text
        return orjson.loads(answer.content)

    def page(self, path: str, role: str = "viewer", language: str = "en") -> str:
        """A page that must be well."""
        answer = self.browser(role, language).get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def walk(self, path: str, role: str = "viewer", **asked: Any) -> list[Any]:
        """All rows of a list, page by page."""
        rows, cursor = [], ""
        for _ in range(100):
            found = self.json(path, role, cursor=cursor, **asked)
            rows += found["items"]
            if found["next"] is None:
                return rows
            cursor = found["next"]
        raise AssertionError(f"{path} does not end")


def _token(word: str, role: Role) -> Token:
    until, scopes = NOW + timedelta(days=30), ("read", "write")
    return Token(word, digest_of(f"{word}-token"), "test", word, role, scopes, NOW, until)


def csrf_of(page: str) -> str:
    """The token that a page's forms carry."""
    found = re.search(r'name="csrf" content="([^"]+)"', page)
    assert found is not None
    return found[1]
