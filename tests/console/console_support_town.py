"""A project as a desk has it after a day: a real alarm, and everywhere texts that mean harm.

Made once for a test run; each test that changes anything takes a copy.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import orjson
from console_support import PASSWORD, Stand, stand_on
from desk_builders import EVERY_DAY, action
from engine_support import KEY, ingest_file, new_project, run_all
from joined_support import put_actions

from posts_support import START, post_line
from tocsin.clock import ReplayClock
from tocsin.console.accounts import Account, Accounts, hashed, with_account
from tocsin.console.roles import Role
from tocsin.engines.desk import desk_box, log_decision
from tocsin.engines.project import Project
from tocsin.engines.tips import TipDesk
from tocsin.indicators import definition_form, definition_from
from tocsin.model import (
    CallCard,
    Contact,
    Decision,
    DecisionKind,
    Duty,
    Level,
    ProtectedSite,
    Recipient,
    Rota,
    ShiftNote,
    SituationKey,
    StaffMember,
)
from tocsin.settings import FILE_NAME, Settings
from tocsin.sources.tips import CONSENT_VERSION, TipForm
from tocsin.store.lists import warnings_now

NOON = START + timedelta(hours=1)
CALLS = (
    ("town_news", "Рыбинск, сегодня в 18:00 все к рынку, выгоним мигрантов из города"),
    ("river_talk", "Сегодня в 18:00 все к рынку в Рыбинске, выгоним мигрантов"),
    ("town_news", "Река высокая, рыбалка хорошая сегодня"),
)
PROBE = "xss-probe"
"""The element that no page may come to have."""
SUM = "1000003 * 998244353"
FILLED_IN = str(1000003 * 998244353)
"""So long that no counter or duration on a page holds these digits by chance."""
HARMFUL = (
    f"<{PROBE}>one</{PROBE}>",
    f"<script>alert('{PROBE}')</script>",
    f"</script><script>{PROBE}</script>",
    f'"><img src=x onerror={PROBE}><{PROBE}>',
    f"' onmouseover='{PROBE}' autofocus onfocus='{PROBE}'",
    f"--><{PROBE}><!--",
    f"</textarea></title></style></svg><{PROBE}>",
    f"<svg onload={PROBE}><a href=javascript:{PROBE}>go</a></svg>",
    f"javascript:alert('{PROBE}')",
    f"data:text/html,<{PROBE}>",
    f"{{{{ {SUM} }}}} ${{{SUM}}} {{% raw %}} #{{{SUM}}} {{{{config}}}}",
    f"\u202eevil\u202c \u2066{PROBE}\u2069 \u200f\u200b",
    "'; DROP TABLE posts; -- \" OR 1=1",
    "../../../../etc/passwd %2e%2e%2f ..\\..\\windows",
    "a\r\nSet-Cookie: tocsin_session=planted\r\n\r\n<html>",
    "&lt;script&gt; &amp;quot; &#x3c;script&#x3e;",
    "\ufeff\u0000\u0001\ud7ff null byte",
    "𝕏 🙂 \u0300\u0301\u0302 ﷽",
)
SIGN = {
    "id": "leaflets",
    "question": HARMFUL[1],
    "sign": HARMFUL[0],
    "evidence_rule": HARMFUL[3],
    "diagnosticity": 0.5,
    "half_life_days": 10,
    "owner": "desk",
    "source": HARMFUL[8],
}
FAKE = "feedfacecafe"
"""The warning that rests on posts which mean harm."""


def make_town(folder: Path) -> Project:
    """The project, ingested and run; about five seconds."""
    project = new_project(folder / "desk", delivery__sender="desk@example.org")
    path = folder / "posts.jsonl"
    lines = [post_line(n, text, channel=name) for n, (name, text) in enumerate(CALLS, 1)]
    for number, text in enumerate(HARMFUL, 1):
        for channel in ("harm", f"ch {HARMFUL[(number * 3) % len(HARMFUL)][:60]}"):
            more = {"url": f"javascript:{PROBE}", "forward_from": text[:80], "channel": channel}
            lines.append(post_line(20 + number, f"{text} ({number})", **more))
    path.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    ingest_file(project, path)
    run_all(project)
    _harm(project)
    return project


def _harm(project: Project) -> None:
    """Texts that mean harm, wherever people and software may put one."""
    where = SituationKey("geonames:1", HARMFUL[0])
    told = replace(
        action(FAKE, level=Level.ALARM, issued_at=NOON - timedelta(minutes=5)), key=where
    )
    refs = tuple(f"harm/{20 + number}" for number in range(1, len(HARMFUL) + 1))
    place, why = f"Aford {HARMFUL[3]}", HARMFUL
    put_actions(
        project,
        replace(told, posts=refs, place=place, target=HARMFUL[0], why=why, unseen=HARMFUL[:4]),
    )
    for number, text in enumerate(HARMFUL):
        about = Decision(
            DecisionKind.WARNING_CONFIRM, FAKE, "confirmed", f"ana {text}"[:60], NOON, text
        )
        if number < 6:
            log_decision(project, about)
    sign = definition_from(SIGN, "test")
    said = orjson.dumps(definition_form(sign)).decode()
    log_decision(
        project, Decision(DecisionKind.INDICATOR_DEFINE, "leaflets", said, HARMFUL[0], NOON)
    )
    for text in HARMFUL:
        if "\0" not in text:
            TipDesk(project).submit(TipForm(text, CONSENT_VERSION, place=text[:60]), NOON)
    desk_box(project).change(
        lambda lists: replace(
            lists,
            recipients=tuple(
                Recipient(f"r{n}", text[:80], "folder", f"/nowhere/{n}")
                for n, text in enumerate(HARMFUL)
            ),
            staff=(StaffMember(HARMFUL[0][:40]), StaffMember("ana")),
            sites=(ProtectedSite(HARMFUL[3], HARMFUL[0], "Aford", 43.0, 47.5, HARMFUL[4]),),
            cards=(
                CallCard(
                    HARMFUL[0],
                    "*",
                    tuple(Contact(text, text, "", text) for text in HARMFUL),
                    (Contact(HARMFUL[1], note=HARMFUL[2]),),
                ),
            ),
            notes=tuple(ShiftNote(NOON, text[:40], text, True) for text in HARMFUL),
            rota=Rota((Duty(EVERY_DAY, START.time(), START.time(), (HARMFUL[0][:40], "ana")),)),
        )
    )


def copy_town(town: Project, folder: Path) -> Project:
    """The same project somewhere else, with keys of its own beside it."""
    target = folder / "desk"
    shutil.copytree(town.folder, target)
    for key in town.folder.parent.glob("*.key"):
        shutil.copy(key, folder / key.name)
    name = orjson.dumps(str(folder / "desk.key")).decode()
    (target / FILE_NAME).write_text(f"[project]\nkey_file = {name}\n")
    assert (folder / "desk.key").read_text() == KEY
    settings = Settings.load(target, {"delivery.sender": "desk@example.org"})
    return Project(target, settings)


def town_stand(project: Project) -> Stand:
    """A console over it, an hour after the call."""
    return stand_on(project, ReplayClock(NOON))


def alarm(project: Project) -> str:
    """The real warning."""
    with project.reading() as store:
        (found,) = {row["id"] for row in warnings_now(store)} - {FAKE}
    return str(found)


def people_of_town() -> Iterator[Account]:
    """One person of every role, and one whose handle means harm."""
    for role in Role:
        yield Account(role.word, role, hashed(PASSWORD), NOON)
    yield Account(HARMFUL[0], Role.ADMIN, hashed(PASSWORD), NOON)


def _with(account: Account, known: Accounts) -> Accounts:
    return with_account(known, account)


def let_in(stand: Stand) -> None:
    """Make their accounts."""
    for one in people_of_town():
        stand.desk.accounts.change(partial(_with, one))
