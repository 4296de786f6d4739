"""A desk with three days of posts whose readings, rumours and warnings were made by hand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from engine_support import ingest_file, new_project
from fastapi.testclient import TestClient
from joined_support import put_actions, say_so
from sqlalchemy import insert, select

from posts_support import written
from tocsin import wire
from tocsin.clock import ReplayClock
from tocsin.console.accounts import Account, Token, digest_of, with_account
from tocsin.console.app import build
from tocsin.console.desk import ConsoleDesk
from tocsin.console.guard import COOKIE
from tocsin.console.roles import Role
from tocsin.engines.indexing import Indexer
from tocsin.engines.project import Project
from tocsin.model import Action, DecisionKind, Level, SituationKey, WarningAction
from tocsin.store import schema

START = datetime(2024, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
NOW = START + 96 * HOUR
BASE = "http://127.0.0.1:8017"
TOKENS = {"viewer": "v" * 30, "analyst": "a" * 30, "admin": "m" * 30, "reader": "r" * 30}


def at(hours: float) -> datetime:
    """A moment so many hours into the three days."""
    return START + hours * HOUR


def post(number: int, hours: float, **more: Any) -> dict[str, Any]:
    """A post of one of three channels."""
    said = {"id": str(number), "channel": f"town_{number % 3}", "text": f"words of post {number}"}
    return {**said, "posted_at": at(hours).isoformat(), **more}


POSTS = [post(n, n) for n in range(72)]
"""One an hour for three days."""


def project_in(folder: Path, posts: Iterable[dict[str, Any]] = ()) -> Project:
    """A project with posts as a table brings them; nothing was read in them."""
    project = new_project(folder / "desk")
    found = list(posts)
    if found:
        path = folder / "posts.jsonl"
        written(path, found)
        ingest_file(project, path)
    return project


def full_project(folder: Path) -> Project:
    """Posts, readings, sightings, warnings, decisions and observations over three days."""
    project = project_in(folder, POSTS)
    edited = folder / "edited.jsonl"
    edited.write_bytes(
        orjson.dumps(post(20, 20, text="another wording", edited_at=at(40.5).isoformat()))
    )
    ingest_file(project, edited)
    read_by_hand(project)
    put_actions(project, *ACTIONS)
    for kind, subject, value, hours in DECISIONS:
        say_so(project, kind, subject, value, "ana", at(hours))
    with project.writing() as (archive, store):
        for what, subject, hours in OBSERVED:
            entry = {"what": what, "subject": subject, "at": wire.iso(at(hours)), "detail": subject}
            archive.append_entry("observation", entry)
        archive.flush()
        Indexer(store).catch_up(archive)
    return project


def read_by_hand(project: Project) -> None:
    """Rumour r0 to r3 in turn, but r0 has most of the second day; every ninth post unread."""
    with project.store() as store, store.writing() as connection:
        rows = connection.execute(select(schema.posts)).mappings().all()
        for row in rows:
            seq, number = row["seq"], int(row["message_id"])
            body = {"acts": ["allegation"], "places": [{"name": "Aford"}], "spans": []}
            read = "unsupported" if number % 9 == 0 else "full"
            reading = {"seq": seq, "lang": "en", "read": read, "alarm": 0.2, "frame": "asserted"}
            target = {"target": "Group A", "body": orjson.dumps(body).decode()}
            connection.execute(insert(schema.readings).values({**reading, **target}))
            rumour = "r0" if 24 <= number < 44 and number % 2 else f"r{number % 4}"
            method = {"method": "scored", "similarity": 0.9, "stance": "support"}
            sighting = {"seq": seq, "rumour": rumour, "digest": row["wording"], **method}
            connection.execute(insert(schema.sightings).values(sighting))
        for number in range(4):
            life = {"first_seen": at(number), "last_seen": at(72), "first_ref": "town_0/0"}
            counts = {"posts": 20, "texts": 20, "live": True, "pace": 1.0}
            row_of = {"id": f"r{number}", **life, **counts}
            connection.execute(insert(schema.rumours).values(row_of))


def action(name: str, hours: float, level: Level, what: Action, **more: Any) -> WarningAction:
    """One line of a warning's life."""
    said: dict[str, Any] = {
        "id": name,
        "action": what,
        "issued_at": at(hours),
        "level": level,
        "key": SituationKey("geonames:1", "Group A"),
        "probability": 0.1,
        "interval": (0.05, 0.2),
        "base_rate": 0.002,
        "horizon_h": 24,
        "place": "Aford market",
        "latitude": 43.0,
        "longitude": 47.5,
        "window_start": at(hours + 8),
        "window_end": at(hours + 9),
        "target": "Group A",
        "rumour": "r0",
        "posts": ("town_0/0",),
        "why": (f"said at hour {hours:g}",),
        "unseen": ("closed groups",),
        **more,
    }
    return WarningAction(**said)


ELSEWHERE = SituationKey("geonames:2", "Group A")
ACTIONS = (
    action("aaaaaaaaaaaa", 20, Level.WATCH, Action.ISSUE),
    action("aaaaaaaaaaaa", 30, Level.ALERT, Action.UPDATE),
    action("bbbbbbbbbbbb", 33, Level.ALERT, Action.ISSUE, key=ELSEWHERE),
    action("aaaaaaaaaaaa", 41, Level.ALARM, Action.UPDATE),
    action("aaaaaaaaaaaa", 52, Level.ALARM, Action.EXPIRE),
)  # fmt: skip
DECISIONS = (
    (DecisionKind.RUMOUR_MERGE, "r1", "r0", 35),
    (DecisionKind.WARNING_ACKNOWLEDGE, "aaaaaaaaaaaa", "acknowledged", 41.2),
    (DecisionKind.RUMOUR_STATUS, "r0", "probably_false", 45),
    (DecisionKind.RUMOUR_SPLIT, "r0", "town_1/25\ntown_0/27", 47),
    (DecisionKind.RUMOUR_UNMERGE, "r1", "r0", 60),
    (DecisionKind.WARNING_OUTCOME, "aaaaaaaaaaaa", "did_not", 70),
)
OBSERVED = (
    ("silent", "feed one", 25),
    ("gone", "town_0/42", 43),
    ("heard", "feed one", 50),
    ("silent", "feed two", 55),
)


def desk_of(project: Project, now: datetime = NOW) -> ConsoleDesk:
    """A console on it with a person and a token of each role, at a clock of its own."""
    desk = ConsoleDesk(project, clock=ReplayClock(now))

    def with_people(known: Any) -> Any:
        for role in ("viewer", "analyst", "admin"):
            known = with_account(known, Account(role, Role.named(role), "no password", now))
        return type(known)(known.accounts, tuple(_tokens(now)), ())

    desk.accounts.change(with_people)
    return desk


def _tokens(now: datetime) -> Iterable[Token]:
    for name, secret in TOKENS.items():
        role = Role.ANALYST if name == "reader" else Role.named(name)
        scopes = ("read",) if name == "reader" else ("read", "write", "ingest")
        digest, until = digest_of(secret), now + timedelta(days=30)
        yield Token(name, digest, name, role.word, role, scopes, now, until)


def client_of(desk: ConsoleDesk, name: str = "") -> TestClient:
    """Other software, with the token of that name."""
    headers = {"authorization": f"Bearer {TOKENS[name]}"} if name else {}
    return TestClient(build(desk), base_url=BASE, headers=headers, follow_redirects=False)


def signed_in(desk: ConsoleDesk, role: str = "analyst") -> TestClient:
    """A browser of somebody of that role."""
    client = client_of(desk)
    client.cookies.set(COOKIE, desk.sessions.begin(role, desk.clock.now()))
    return client
