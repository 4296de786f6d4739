"""The morning brief: what is open, what changed overnight, what is due. Pure: rows in, rows out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tocsin.desk.release import FollowUp, ReleaseBook, Standing
from tocsin.model import ShiftNote

Row = Mapping[str, Any]
_TELLS = ("issue", "update")


@dataclass(frozen=True, slots=True)
class Known:
    """What a brief is made from.

    Args:
        lives: warning → its actions, oldest first, as ``wire.warning_line`` gives them.
        decided: warning → what people decided about it: outcomes, acknowledgements.
        channels: counts of each channel, as ``store.lists.channel_counts`` gives them.
        calls: calls that were logged.
    """

    lives: Mapping[str, Sequence[Row]]
    decided: Mapping[str, Sequence[str]]
    outcomes: Mapping[str, str]
    channels: Sequence[Row] = ()
    calls: Sequence[Row] = ()
    notes: Sequence[ShiftNote] = ()
    book: ReleaseBook = field(default_factory=ReleaseBook)
    following: Sequence[FollowUp] = ()


@dataclass(frozen=True, slots=True)
class Brief:
    """The brief's parts, each a list of rows; texts of posts are in none."""

    since: datetime
    as_of: datetime
    open: tuple[Row, ...]
    changed: tuple[Row, ...]
    outcome_due: tuple[Row, ...]
    releases: tuple[Row, ...]
    drills: tuple[Row, ...]
    calls: tuple[Row, ...]
    handover: tuple[Row, ...]
    coverage: tuple[Row, ...]

    @property
    def sections(self) -> tuple[tuple[str, tuple[Row, ...]], ...]:
        """Title and rows, in the order in which they are read at the handover."""
        return (
            ("Open", self.open),
            ("Changed since", self.changed),
            ("Outcome due", self.outcome_due),
            ("Releases to act on", self.releases),
            ("Handover notes", self.handover),
            ("Calls made", self.calls),
            ("Drills", self.drills),
            ("Coverage", self.coverage),
        )


def brief(known: Known, since: datetime, as_of: datetime) -> Brief:
    """Everything the next shift must know at ``as_of``; what is later is left out."""
    lives = {name: _until(life, as_of) for name, life in known.lives.items()}
    told = {name: life for name, life in lives.items() if life}
    newest = {name: life[-1] for name, life in told.items()}
    standing = [line for line in newest.values() if line["action"] in _TELLS]
    ended = [line for line in newest.values() if line["action"] not in _TELLS]
    return Brief(
        since=since,
        as_of=as_of,
        open=tuple(_row(known, line) for line in sorted(standing, key=_urgency)),
        changed=tuple(
            _row(known, line) for life in told.values() for line in life if _at(line) > since
        ),
        outcome_due=tuple(_row(known, line) for line in ended if line["id"] not in known.outcomes),
        releases=tuple(_releases(known, as_of)),
        drills=tuple(_drills(known, as_of)),
        calls=tuple(row for row in known.calls if since < _moment(row["at"]) <= as_of),
        handover=tuple(_notes(known.notes, since, as_of)),
        coverage=tuple(_coverage(known.channels, since)),
    )


def _until(life: Sequence[Row], as_of: datetime) -> list[Row]:
    return [line for line in life if _at(line) <= as_of]


def _at(line: Row) -> datetime:
    return _moment(line["issued_at"])


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _urgency(line: Row) -> tuple[int, str]:
    order = ("alarm", "alert", "watch")
    return order.index(line["level"]), line["window_start"] or "9"


def _row(known: Known, line: Row) -> Row:
    return {
        "warning": line["id"],
        "level": line["level"],
        "action": line["action"],
        "place": line["place"],
        "against": line["target"],
        "at": line["issued_at"],
        "called for": line["window_start"] or "not known",
        "people said": ", ".join(known.decided.get(line["id"], ())) or "nothing yet",
    }


def _releases(known: Known, as_of: datetime) -> Iterable[Row]:
    waits = (Standing.PROPOSED, Standing.REVIEW_DUE, Standing.OVERDUE)
    for file in known.book.files:
        standing = file.standing(as_of)
        if standing in waits and not file.proposal.drill:
            yield {
                "warning": file.proposal.warning,
                "release": file.proposal.id,
                "what": standing.value.upper() if standing is Standing.OVERDUE else standing.value,
                "who": ", ".join(file.agreed),
            }
    for due in known.following:
        who = ", ".join(due.recipients)
        yield {
            "warning": due.warning,
            "release": "none yet",
            "what": f"{due.action} not told",
            "who": who,
        }


def _drills(known: Known, as_of: datetime) -> Iterable[Row]:
    for file in known.book.files:
        proposal = file.proposal
        if proposal.drill and proposal.at is not None and proposal.at <= as_of:
            at, standing = proposal.at.isoformat(), file.standing(as_of).value
            yield {"drill": proposal.id, "warning": proposal.warning, "at": at, "what": standing}


def _notes(notes: Iterable[ShiftNote], since: datetime, as_of: datetime) -> Iterable[Row]:
    for note in notes:
        if note.handover and since < note.at <= as_of:
            at = note.at.isoformat()
            yield {"at": at, "by": note.by, "note": note.text, "warning": note.warning}


def _coverage(channels: Sequence[Row], since: datetime) -> Iterable[Row]:
    """Silent and unread channels; unseen is not calm."""
    for row in channels:
        last, unread = row["last"], row["unread"]
        silent = last is None or _moment(str(last)) < since
        yield {
            "channel": row["channel"],
            "posts": row["posts"],
            "last post": last or "none",
            "unread": "unknown" if unread is None else unread,
            "remark": "nothing since the last brief" if silent else "",
        }
