"""What the desk's papers are made from: the morning brief, the purpose record, the year."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tocsin.archive import Archive
from tocsin.archive.signing_keys import SIGNING_KEY
from tocsin.desk.audit import entries
from tocsin.desk.brief import Brief, Known, brief
from tocsin.desk.lists import DeskLists
from tocsin.engines.delivering import untold
from tocsin.engines.desk import calls_logged, decisions, lives
from tocsin.engines.project import Project
from tocsin.engines.release import release_book
from tocsin.model import DecisionKind
from tocsin.settings import FILE_NAME
from tocsin.store import Store
from tocsin.store.lists import channel_counts

_SAID = (
    DecisionKind.WARNING_ACKNOWLEDGE,
    DecisionKind.WARNING_CONFIRM,
    DecisionKind.WARNING_DISMISS,
    DecisionKind.WARNING_OUTCOME,
)
_ERASED = frozenset({"erasure", "erased", "tombstone"})
"""Ledger kinds that say something was erased."""


def morning_brief(
    project: Project,
    store: Store,
    lists: DeskLists,
    since: datetime,
    as_of: datetime,
    channels: Sequence[dict[str, Any]] | None = None,
) -> Brief:
    """The brief of a project.

    Args:
        channels: as ``channel_counts`` gives them; None: counted now, a second for a million posts.
    """
    book, all_lives = release_book(project, store), lives(store)
    said: dict[str, list[str]] = {}
    outcomes: dict[str, str] = {}
    for one in decisions(store, _SAID):
        if one.at <= as_of:
            said.setdefault(one.subject, []).append(f"{one.value} ({one.by})")
            if one.kind is DecisionKind.WARNING_OUTCOME:
                outcomes[one.subject] = one.value
    known = Known(
        lives=all_lives,
        decided=said,
        outcomes=outcomes,
        channels=channel_counts(store) if channels is None else channels,
        calls=[_call(row) for row in calls_logged(store)],
        notes=lists.notes,
        book=book,
        following=untold(project, store),
    )
    return brief(known, since, as_of)


def _call(row: dict[str, Any]) -> dict[str, Any]:
    wanted = ("at", "warning", "recipient", "note", "by")
    return {("called" if name == "recipient" else name): row[name] for name in wanted}


def purpose(project: Project) -> list[dict[str, Any]]:
    """What was answered before the first ingest, and whether the settings file says the same.

    The answers are the ledger's first entries but for the signing key; they are read from there,
    not from the settings.
    """
    written = _written_answers(project)
    rows = []
    with Archive.open(project.archive_folder) as archive:
        for entry in archive.entries():
            if entry.kind == SIGNING_KEY:
                continue
            if entry.kind != "decision" or entry.payload["kind"] != DecisionKind.PURPOSE:
                break
            rows.append(_answer(entry.payload, written))
    return rows


def _written_answers(project: Project) -> dict[str, Any]:
    try:
        text = (project.folder / FILE_NAME).read_text(encoding="utf-8")
    except OSError:
        return {}
    answers: dict[str, Any] = tomllib.loads(text).get("answers", {})
    return answers


def _answer(said: Any, written: dict[str, Any]) -> dict[str, Any]:
    question, answer = said["subject"], said["value"]
    now = str(written.get(question, answer))
    changed = "" if now == answer else f"{FILE_NAME} now says: {now}"
    row = {"question": question, "answer": answer, "by": said["by"], "at": said["at"]}
    return {**row, "changed": changed}


def year_counts(project: Project, store: Store, year: int) -> list[dict[str, Any]]:
    """What a desk did in a year of UTC, as counts; no text, no name, no place."""
    counts: Counter[str] = Counter()
    _count_ledger(project, year, counts)
    for row in entries(project.audit_path):
        if _in(year, row["at"]):
            counts[f"uses of the desk: {row['what']}"] += 1
    for file in release_book(project, store).files:
        if file.released_at is not None and file.released_at.year == year:
            kind = "drills released" if file.proposal.drill else "releases outside the desk"
            counts[kind] += 1
            counts[f"{kind}: messages"] += len(file.proposal.shown)
            counts["releases by one person"] += len(file.agreed) == 1
    counts["channels watched"] = _channels(store, year)
    return [{"what": name, "count": counts[name]} for name in sorted(counts)]


def _count_ledger(project: Project, year: int, counts: Counter[str]) -> None:
    captured_in: dict[int, bool] = {}
    with Archive.open(project.archive_folder) as archive:
        for entry in archive.entries():
            said = entry.payload
            if entry.kind == "capture":
                captured_in[entry.seq] = _in(year, str(said.get("captured_at", "")))
            elif entry.kind == "evidence":
                counts["posts taken in"] += captured_in.get(said["capture"], False)
            elif entry.kind == "warning" and _in(year, said["issued_at"]):
                counts[f"warnings, {said['action']}: {said['level']}"] += 1
            elif entry.kind == "decision" and _in(year, said["at"]):
                counts[_decision_name(said)] += 1
            elif entry.kind == "receipt" and _in(year, said["at"]):
                counts[f"receipts: {said['kind']}"] += 1
            elif entry.kind in _ERASED:
                counts["erasures"] += _in(year, str(said.get("at", "")))


def _decision_name(said: Any) -> str:
    """Decisions by kind; outcomes by what came."""
    kind = str(said["kind"]).replace("_", " ")
    return f"{kind}: {said['value']}" if said["kind"] == "warning_outcome" else kind


def _in(year: int, moment: str) -> bool:
    return moment.startswith(f"{year:04d}-")


def _channels(store: Store, year: int) -> int:
    rows: Sequence[dict[str, Any]] = channel_counts(store)
    return sum(str(row["first"])[:4] <= f"{year:04d}" <= str(row["last"])[:4] for row in rows)
