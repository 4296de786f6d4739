"""What was known when: the lines of a warning's life and of people's decisions, by level."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tocsin import wire
from tocsin.bundle.levels import Disclosure
from tocsin.bundle.posts import ToldPost
from tocsin.engines.export_subject import Subject
from tocsin.engines.happenings import happenings
from tocsin.engines.indexing import decision_row
from tocsin.model import Decision, DecisionKind, Rumour, Stance
from tocsin.store import Store, schema
from tocsin.store.rumours import Shown
from tocsin.store.store import add_rows

AT = datetime(2024, 3, 4, 6, tzinfo=UTC)
RUMOUR, WARNING = "0123456789ab", "ba9876543210"


def action(minute: int, what: str, level: str, **more: Any) -> dict[str, Any]:
    at = (AT + timedelta(minutes=minute)).isoformat()
    posts = {"posts": ["town/1", "town/2"], "why": ["A call to gather at Rybinsk, market"]}
    place = {"place": "Rybinsk, market", "target": "migrants", "window_start": None}
    return {
        "id": WARNING,
        "issued_at": at,
        "action": what,
        "level": level,
        **place,
        **posts,
        **more,
    }


LIFE = [
    action(1, "issue", "watch"),
    action(2, "update", "watch"),
    action(3, "update", "alarm", window_start="2024-03-04T15:00:00+00:00"),
    action(4, "cancel", "alarm"),
]
DECIDED = [
    (DecisionKind.RUMOUR_STATUS, RUMOUR, "confirmed_false"),
    (DecisionKind.RUMOUR_MERGE, "aaaaaaaaaaaa", RUMOUR),
    (DecisionKind.WARNING_OUTCOME, WARNING, "did_not_occur"),
    (DecisionKind.WARNING_CONFIRM, WARNING, "confirmed"),
]


def told(folder: Path, level: Disclosure, posts: list[ToldPost]) -> list[tuple[str, str, str]]:
    """(words, level, details) of each line."""
    rumour = Rumour(RUMOUR, AT, AT, "town/1", 2, 1)
    shown = (Shown(rumour, (RUMOUR,)),)
    none: frozenset[str] = frozenset()
    subject = Subject("rumour", RUMOUR, "", frozenset(), none, none, shown, {WARNING: LIFE})
    with Store.at(folder / "store.db") as store:
        rows = [
            decision_row(n, wire.decision_form(decision))
            for n, decision in enumerate(
                Decision(kind, one, value, "boris", AT + timedelta(hours=n), "seen it")
                for n, (kind, one, value) in enumerate(DECIDED)
            )
        ]
        with store.writing() as connection:
            add_rows(connection, schema.decisions, rows)
        found = happenings(store, subject, posts, level)
    assert [one.at for one in found] == sorted(one.at for one in found)
    return [(one.words, one.level, " ".join(one.detail)) for one in found]


def test_inside_everything_is_told(tmp_path: Path) -> None:
    lines = told(tmp_path, Disclosure.INTERNAL, [])
    assert (f"Warning {WARNING}: Rybinsk, market, against migrants", "watch") in [
        line[:2] for line in lines
    ]
    called = f"Warning {WARNING}: Rybinsk, market, against migrants, called for 04 Mar 15:00 UTC"
    assert (called, "alarm") in [line[:2] for line in lines]
    assert (f"Warning {WARNING} cancelled", "", "") in lines
    assert (f"Status set: {RUMOUR}: confirmed false", "", "by boris  seen it") in lines
    assert (f"Outcome recorded: {WARNING}: did not occur", "", "by boris  seen it") in lines
    assert ("Merged: aaaaaaaaaaaa", "", "by boris  seen it") in lines
    assert len(lines) == 7  # the update that changed nothing is left out


def test_outside_no_ids_of_rumours_no_staff_no_venue(tmp_path: Path) -> None:
    for level in (Disclosure.PARTNER, Disclosure.PUBLIC):
        (tmp_path / level).mkdir()
        lines = told(tmp_path / level, level, [])
        everything = repr(lines)
        for left_out in (RUMOUR, "aaaaaaaaaaaa", "boris", "seen it", "market", "town/1"):
            assert left_out not in everything
        assert ("Status set: confirmed false", "", "") in lines
        assert "rests on 2 posts" in everything


def test_milestones_come_when_they_were_known_not_when_posted(tmp_path: Path) -> None:
    def post(minute: int, channel: str, stance: Stance | None = None) -> ToldPost:
        known = AT + timedelta(minutes=minute)
        return ToldPost(minute, channel, "", 1, AT, known, stance=stance)

    posts = [post(9, "c", Stance.CALM), post(1, "a"), post(5, "b"), post(7, "b", Stance.DENY)]
    words = [line[0] for line in told(tmp_path, Disclosure.PUBLIC, posts)]
    milestones = [one for one in words if one.startswith(("First", "In "))]
    assert milestones == [
        "First post known, in a",
        "In 2 channels, now b",
        "First denial or appeal for calm, in b",
    ]
