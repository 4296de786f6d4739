"""A small project with a console over it, and somebody of each role signed in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from engine_support import new_project
from fastapi.testclient import TestClient
from joined_support import joined_desk

from tocsin.clock import ReplayClock
from tocsin.console.accounts import Account, Accounts, Token, digest_of
from tocsin.console.app import build
from tocsin.console.desk import ConsoleDesk
from tocsin.console.guard import COOKIE, SCOPES
from tocsin.console.roles import Role
from tocsin.delivery import Queued, State
from tocsin.desk.lists import DeskLists
from tocsin.engines.desk import desk_box
from tocsin.engines.outbox import StoreQueue
from tocsin.engines.project import Project
from tocsin.model import (
    Action,
    Duty,
    Level,
    Message,
    Recipient,
    Release,
    Rota,
    SituationKey,
    StaffMember,
    WarningAction,
)

NIGHT = datetime(2024, 3, 1, 22, 0, tzinfo=UTC)
"""A Friday evening."""
NOW = NIGHT + timedelta(minutes=30)
EVERY_DAY = tuple(range(7))
HOME = "http://testserver"
SENDER = "203.0.113.77"
"""Where tips come from; of the block that documentation may use."""
ADDRESS = "watch@example.org"
PEOPLE = {"vic": Role.VIEWER, "ana": Role.ANALYST, "rea": Role.RELEASER, "adm": Role.ADMIN}
PASSWORD = "four good long words"
WARNING = "0123456789ab"


@dataclass(slots=True)
class Desk:
    """A console and its project."""

    project: Project
    console: ConsoleDesk
    app: Any
    clock: ReplayClock

    def by(self, handle: str) -> Browser:
        """Somebody's browser, signed in."""
        secret = self.console.sessions.begin(handle, self.clock.now())
        client = TestClient(self.app, cookies={COOKIE: secret}, follow_redirects=False)
        session = self.console.sessions.find(secret, self.clock.now())
        assert session is not None
        return Browser(client, session.csrf)

    def nobody(self, host: str = SENDER) -> TestClient:
        """A browser without a session, from an address of its own."""
        return TestClient(self.app, client=(host, 50_000), follow_redirects=False)

    def software(self, owner: str, role: Role, *scopes: str) -> TestClient:
        """Other software with a token."""
        secret = f"secret of {owner} {role} {scopes}"
        digest = digest_of(secret)
        until = self.clock.now() + timedelta(days=2)
        name = f"made {digest[:6]}"
        scopes = scopes or SCOPES
        made = Token(digest[:8], digest, name, owner, role, scopes, self.clock.now(), until)
        self.console.accounts.change(lambda known: replace(known, tokens=(*known.tokens, made)))
        headers = {"authorization": f"Bearer {secret}"}
        return TestClient(self.app, headers=headers, follow_redirects=False)

    def lists(self) -> DeskLists:
        """The desk's lists as they lie on the disk."""
        return desk_box(self.project).read()

    def account(self, handle: str) -> Account:
        """An account as it lies on the disk."""
        found = self.console.accounts.read().find(handle)
        assert found is not None
        return found

    def files_with(self, needle: bytes) -> list[str]:
        """Every file of the project that holds these bytes."""
        folder = self.project.folder.parent
        paths = (path for path in folder.rglob("*") if path.is_file())
        return [str(path.relative_to(folder)) for path in paths if needle in path.read_bytes()]


@dataclass(slots=True)
class Browser:
    """Somebody who is signed in."""

    client: TestClient
    csrf: str

    def get(self, path: str) -> Any:
        """Look at a page."""
        return self.client.get(path)

    def post(self, path: str, **form: Any) -> Any:
        """Send a form of that page."""
        return self.client.post(path, data={"csrf": self.csrf, **form}, headers={"origin": HOME})


def _people(created_at: datetime) -> Accounts:
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    return Accounts(tuple(Account(name, role, quick, created_at) for name, role in PEOPLE.items()))


def desk_over(project: Project) -> Desk:
    """The console over a project, with its people."""
    clock = ReplayClock(NOW)
    console = ConsoleDesk(project, clock=clock)
    console.accounts.change(lambda _: _people(NIGHT))
    return Desk(project, console, build(console), clock)


def bare_desk(folder: Path, **settings: Any) -> Desk:
    """Over an empty project."""
    return desk_over(new_project(folder / "desk", **settings))


def warned_desk(folder: Path) -> Desk:
    """Over a project with one warning, and recipients r1 and r2."""
    desk = desk_over(joined_desk(folder, action()))
    put_lists(desk, [recipient("r1"), recipient("r2")])
    return desk


def action(minutes: float = 0, what: Action = Action.ISSUE, **more: Any) -> WarningAction:
    """One line of the warning's life."""
    said: dict[str, Any] = {
        "id": WARNING,
        "action": what,
        "issued_at": NIGHT + timedelta(minutes=minutes),
        "level": Level.ALERT,
        "key": SituationKey("geonames:1", "Group A"),
        "probability": 0.1,
        "interval": (0.05, 0.2),
        "base_rate": 0.002,
        "horizon_h": 24,
        "place": "Aford market",
        "latitude": 43.0,
        "longitude": 47.5,
        "window_start": NIGHT + timedelta(hours=5),
        "window_end": NIGHT + timedelta(hours=6),
        "target": "Group A",
        "rumour": None,
        "posts": ("town/1",),
        "why": ("A call to gather",),
        "unseen": ("closed groups",),
        "zone": "Europe/Moscow",
        **more,
    }
    return WarningAction(**said)


def recipient(name: str, **more: Any) -> Recipient:
    """Somebody outside the desk."""
    said: dict[str, Any] = {"id": name, "name": name, "kind": "mail", "address": ADDRESS, **more}
    return Recipient(**said)


def put_lists(desk: Desk, recipients: Iterable[Recipient] = (), people: Iterable[str] = ()) -> None:
    """The lists are these; the people are on duty round the clock, in this order."""
    names = tuple(people)
    staff = tuple(StaffMember(name, push=(f"ntfy://example.org/{name}",)) for name in names)
    duties = (Duty(EVERY_DAY, time(0), time(0), names),) if names else ()
    made = DeskLists(recipients=tuple(recipients), staff=staff, rota=Rota(duties))
    desk_box(desk.project).change(lambda _: made)


def queue(desk: Desk, number: int, state: State, to: str = "r1") -> str:
    """A message in the outbox; returns its key."""
    said = ("s", f"text {number}", "<p>h</p>", "<alert/>")
    message = Message(to, WARNING, number, Action.ISSUE, Level.ALERT, "en", *said)
    release = Release(
        WARNING, number, Level.ALERT, ("ana", "rea"), NIGHT, "nobody", (message.digest,)
    )
    settled = None if state is State.WAITING else NIGHT
    entry = Queued(0, message, release, NIGHT, NIGHT, state, tries=3, settled_at=settled)
    box = StoreQueue(desk.console.store)
    box.add([entry])
    box.settle(entry)
    return entry.key
