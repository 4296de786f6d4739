"""What goes over the wire, as typed dictionaries; times are ISO 8601 in UTC.

Keys that a later version adds are there too, only untyped: read what you know.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NotRequired, TypedDict


class PostToSend(TypedDict):
    """A post as :meth:`Client.ingest` takes it."""

    id: str | int
    channel: str
    posted_at: str
    text: str
    captured_at: NotRequired[str]
    lang: NotRequired[str]
    views: NotRequired[int]
    subscribers: NotRequired[int]
    is_forward: NotRequired[bool]
    forward_from: NotRequired[str]
    forward_posted_at: NotRequired[str]
    reply_to: NotRequired[str | int]
    edited_at: NotRequired[str]
    url: NotRequired[str]
    media: NotRequired[str | list[Any]]


class RefusedPost(TypedDict):
    """One that could not be taken in; ``line`` counts from 1 over all that were sent."""

    line: int
    problem: str
    advice: str


class Taken(TypedDict):
    """What came of posts that were sent."""

    taken: int
    versions: int
    unchanged: int
    erased: int
    refused: list[RefusedPost]


class Reading(TypedDict):
    """What was read in a post; its words are not in it."""

    id: str
    channel: str
    version: int
    posted_at: str
    known_at: str
    lang: str
    read: str
    alarm: float | None
    acts: list[str]
    act_scores: dict[str, float]
    frame: str
    target: str | None
    rumour: str | None
    places: list[dict[str, Any]]
    event_time: dict[str, Any] | None
    deadline: dict[str, Any] | None
    calls: list[dict[str, Any]]


class Answered(TypedDict):
    """By what somebody showed that they are on it."""

    what: str
    by: str
    at: str


class Situation(TypedDict):
    """What stands for one place and one group."""

    warning: str
    level: str
    place: str
    place_id: str
    lat: float
    lon: float
    target: str
    window_start: str | None
    window_end: str | None
    issued_at: str
    zone: str
    horizon_h: int
    calibrated: bool
    likely: str
    rumour: str | None
    posts: int
    why: list[str]
    unseen: list[str]
    answer: Answered | None
    answer_by: str | None
    overdue: bool


class WarningLine(TypedDict):
    """A warning at its newest action."""

    id: str
    action: str
    issued_at: str
    level: str
    probability: float
    interval: list[float]
    base_rate: float
    horizon_h: int
    place: str
    place_id: str
    lat: float
    lon: float
    window_start: str | None
    window_end: str | None
    target: str
    rumour: str | None
    posts: list[str]
    why: list[str]
    unseen: list[str]
    inherited: bool
    calibrated: bool
    likely: str
    decided: list[str]
    outcome: str | None
    outcome_due: bool


class Decided(TypedDict):
    """A decision as the ledger has it."""

    kind: str
    subject: str
    value: str
    by: str
    at: str
    reason: str


@dataclass(frozen=True, slots=True)
class Change:
    """Something new is in the store.

    Args:
        id: to go on from: :meth:`Client.stream` takes it as ``last``.
        position: of the ledger.
        warnings: about which something was said, decided or sent.
    """

    id: str
    position: int
    warnings: tuple[str, ...]
