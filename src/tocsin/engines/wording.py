"""A project's warnings in the words of the delivery stage.

The same bytes for the same action, recipient and decisions, however often they are made: people
approve a digest. What a recipient was told before comes from the ledger alone, not from how far
the outbox has come.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from tocsin import wire
from tocsin.delivery.cap import CapOptions, Earlier
from tocsin.delivery.compose import ComposeOptions, compose
from tocsin.delivery.language import Phrases, load_languages
from tocsin.delivery.wording import Occasion, Town
from tocsin.engines.release import Told, told_before
from tocsin.errors import UsageError
from tocsin.model import (
    Action,
    DecisionKind,
    HorizonRisk,
    Level,
    Message,
    Place,
    Recipient,
    SituationKey,
    Verification,
    WarningAction,
)
from tocsin.reading.gazetteer import Gazetteer
from tocsin.settings import Settings
from tocsin.store import Store
from tocsin.store.lists import decided

_DISTRICT_PEOPLE = 5_000
"""A place with fewer people, or one that somebody added, is told as the next town that has them."""

_AROUND_KM = 30.0
Atlas = Callable[[], Gazetteer]
"""Gives the gazetteer; asked for it once something has to be worded."""


def sender_of(settings: Settings) -> str:
    """The desk's mail address, which also names it to machines.

    Raises:
        UsageError: none is set.
    """
    sender = settings.text("delivery.sender")
    if not sender:
        raise UsageError(
            "delivery.sender is not set; put the desk's mail address into tocsin.toml, e.g. "
            '[delivery] sender = "desk@example.org"'
        )
    return sender


def cap_options(settings: Settings, *, drill: bool) -> CapOptions:
    """Who speaks.

    Raises:
        UsageError: no sender is set, or what is set cannot stand in CAP.
    """
    name = settings.text("project.name") or "tocsin"
    return CapOptions(sender_of(settings), name, settings.text("delivery.cap_scope"), drill)


class ProjectWording:
    """The words of a project's messages: a ``Wording`` of ``engines.release``.

    Args:
        atlas: asked for the gazetteer at the first message, as language files are read then.

    Raises:
        UsageError: no sender is set; at the first message also: a language file is wrong.
    """

    def __init__(self, store: Store, settings: Settings, atlas: Atlas) -> None:
        self._store = store
        self._cap = {drill: cap_options(settings, drill=drill) for drill in (False, True)}
        self._folders = [Path(folder) for folder in settings.texts("delivery.wording_folders")]
        self._atlas = atlas
        self._found: tuple[Gazetteer, dict[str, Phrases]] | None = None

    def __call__(self, told: Told, recipient: Recipient) -> Message | None:
        """The message to one recipient; None where the action does not concern them."""
        before = told_before(told, recipient.id)
        earlier = [Earlier(n, _issued_at(told.life[n - 1])) for n in before]
        gazetteer, languages = self._sources()
        options = ComposeOptions(self._cap[told.drill], languages)
        return compose(self._occasion(told, gazetteer), recipient, earlier, options)

    def _sources(self) -> tuple[Gazetteer, dict[str, Phrases]]:
        if self._found is None:
            self._found = self._atlas(), load_languages(self._folders)
        return self._found

    def _occasion(self, told: Told, gazetteer: Gazetteer) -> Occasion:
        """The action with its town, and with what people found about the rumour behind it."""
        action = action_from(told.line)
        town = town_of(action, gazetteer)
        return Occasion(told.number, action, town, self._status(action))

    def _status(self, action: WarningAction) -> Verification | None:
        if action.rumour is None:
            return None
        statuses = decided(self._store, DecisionKind.RUMOUR_STATUS.value)
        return Verification(statuses.get(action.rumour, Verification.NEW.value))


def _issued_at(line: Mapping[str, Any]) -> datetime:
    at = wire.moment(line["issued_at"])
    assert at is not None
    return at


def action_from(line: Mapping[str, Any]) -> WarningAction:
    """The inverse of ``wire.warning_line``."""
    issued_at = wire.moment(line["issued_at"])
    assert issued_at is not None
    return WarningAction(
        id=line["id"],
        action=Action(line["action"]),
        issued_at=issued_at,
        level=Level.named(line["level"]),
        key=SituationKey(line["place_id"], line["target"]),
        probability=line["probability"],
        interval=(line["interval"][0], line["interval"][1]),
        base_rate=line["base_rate"],
        horizon_h=line["horizon_h"],
        place=line["place"],
        latitude=line["lat"],
        longitude=line["lon"],
        window_start=wire.moment(line["window_start"]),
        window_end=wire.moment(line["window_end"]),
        target=line["target"],
        rumour=line["rumour"],
        posts=tuple(line["posts"]),
        why=tuple(line["why"]),
        unseen=tuple(line.get("unseen", ())),
        inherited=line.get("inherited", False),
        calibrated=line.get("calibrated", False),
        called=line.get("called", False),
        outlook=tuple(
            HorizonRisk(r["horizon_h"], r["probability"], (r["interval"][0], r["interval"][1]))
            for r in line.get("outlook", ())
        ),
        shares=tuple((name, share) for name, share in line.get("shares", ())),
        zone=line.get("zone", "UTC"),
        escalation=line.get("escalation", 0),
    )


def town_of(action: WarningAction, gazetteer: Gazetteer) -> Town:
    """The place of a warning at district level: a town that is no venue and not too small."""
    place = _known_place(action, gazetteer)
    town = place if place is not None and _is_town(place) else None
    if town is None:
        around = gazetteer.near(action.latitude, action.longitude, _AROUND_KM)
        towns = [one for one in around if _is_town(one)]
        largest = max(towns or around, key=lambda one: one.population, default=None)
        town = largest or place
    if town is None:
        return Town(action.zone.rpartition("/")[2], action.latitude, action.longitude, 100.0)
    return Town(town.name, town.latitude, town.longitude)


def _known_place(action: WarningAction, gazetteer: Gazetteer) -> Place | None:
    try:
        return gazetteer.place(action.key.place_id)
    except KeyError:
        return None


def _is_town(place: Place) -> bool:
    return place.id.startswith("geonames:") and place.population >= _DISTRICT_PEOPLE
