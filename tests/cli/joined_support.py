"""A project in which people release and messages go out, with two towns instead of the world."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from cli_support import Outcome, call, project_in

from tocsin import wire
from tocsin.engines.desk import desk_box, log_decision
from tocsin.engines.indexing import Indexer
from tocsin.engines.project import Project
from tocsin.model import Decision, DecisionKind, Place, Recipient, WarningAction

TOWN = Place("geonames:1", "Aford", 43.0, 47.5, "RU", 90_000, "Europe/Moscow")
HAMLET = Place("geonames:2", "Smallford", 43.1, 47.6, "RU", 600, "Europe/Moscow")
HARMS = ("--if-right", "readers", "--if-wrong", "traders", "--if-cancelled", "those who go")


class TownsGazetteer:
    """A few places, as the real gazetteer answers."""

    def __init__(self, *places: Place) -> None:
        self._places = places or (TOWN, HAMLET)

    def place(self, place_id: str) -> Place:
        return {one.id: one for one in self._places}[place_id]

    def near(self, _lat: float, _lon: float, _km: float) -> Sequence[Place]:
        return self._places


GAZETTEER: Any = TownsGazetteer()


def use_towns(monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands word messages with the two towns."""
    from tocsin.cli import deliver, release, watch

    for module in (deliver, release, watch):
        monkeypatch.setattr(module, "load_gazetteer", lambda: GAZETTEER)


def joined_desk(folder: Path, *actions: WarningAction, delivery: Iterable[str] = ()) -> Project:
    """A project made by the command line that may send, whose ledger holds these actions.

    Args:
        delivery: more lines of the section ``[delivery]``.
    """
    path = project_in(folder)
    text = (path / "tocsin.toml").read_text(encoding="utf-8")
    more = ["", "[delivery]", 'sender = "desk@example.org"', *delivery, ""]
    (path / "tocsin.toml").write_text(text + "\n".join(more), encoding="utf-8")
    desk = Project.open(path)
    put_actions(desk, *actions)
    return desk


def put_actions(desk: Project, *actions: WarningAction) -> None:
    """Warning actions in the ledger, and indexed."""
    with desk.writing() as (archive, store):
        for one in actions:
            archive.append_entry("warning", {**wire.warning_line(one), "run": 0})
        archive.flush()
        Indexer(store).catch_up(archive)


def put_recipients(desk: Project, *recipients: Recipient) -> None:
    """The allow-list is these, whatever it was."""
    desk_box(desk).change(lambda lists: replace(lists, recipients=tuple(recipients)))


def say_so(
    desk: Project, kind: DecisionKind, subject: str, value: str, by: str, at: datetime
) -> None:
    """A person's decision at a moment of the test's own."""
    log_decision(desk, Decision(kind, subject, value, by, at))


def at_desk(desk: Project, *words: Any) -> Outcome:
    """One command in this project."""
    return call(*words, "--project", desk.folder)


def propose(desk: Project, warning: str, *more: Any, by: str = "ana") -> Outcome:
    """The first of two."""
    return at_desk(desk, "release", "propose", warning, *more, "--as", by)


def released_by_two(desk: Project, warning: str, *more: Any) -> Outcome:
    """Proposed by one and approved by another; returns what the second was shown."""
    first = propose(desk, warning, *more)
    assert first.code == 0, first
    second = at_desk(desk, "release", "approve", warning, "--as", "ben")
    assert second.code == 0, second
    return second
