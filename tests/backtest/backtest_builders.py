"""Short ways to say events, sites, alarms, warning actions; no text, neutral groups."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from tocsin.backtest.alarms import Alarm, Claims, Site, make_claims
from tocsin.backtest.mentions import Mentions
from tocsin.backtest.rules import Rules, Window
from tocsin.model import (
    Act,
    Action,
    Enriched,
    Frame,
    GatheringCall,
    Level,
    MobEvent,
    PlaceMention,
    Post,
    Reading,
    ReadStatus,
    Role,
    SituationKey,
    Violence,
    WarningAction,
)

T0 = datetime(2021, 3, 1, tzinfo=UTC)
RULES = Rules(resamples=200)
WINDOW = Window(T0, T0 + timedelta(days=28))
TOWNS = {
    "Aford": (43.0, 47.5),
    "Bexley": (43.25, 46.6),  # about 80 km from Aford
    "Corby": (52.5, -0.7),  # far from both
}


def at(hours: float) -> datetime:
    return T0 + timedelta(hours=hours)


def seconds(hours: float) -> float:
    return at(hours).timestamp()


def event(
    hours: float,
    town: str = "Aford",
    *,
    known: float | None = None,
    kind: str = "mob violence",
    precision: float = 0.0,
    violence: Violence = Violence.RIOT,
) -> MobEvent:
    latitude, longitude = TOWNS[town]
    return MobEvent(
        f"{town}-{hours:g}",
        at(hours),
        at(hours if known is None else known),
        latitude,
        longitude,
        kind,
        precision,
        town,
        violence=violence,
    )


def site(town: str = "Aford") -> Site:
    return Site(f"town:{town}", town, *TOWNS[town])


def alarm(
    start: float, end: float, town: str = "Aford", posts: tuple[str, ...] = (), name: str = ""
) -> Alarm:
    return Alarm(name or f"{town}{start:g}", site(town), at(start), at(end), 0.5, posts)


def claims(rows: Iterable[tuple[str, float, float, float]], *, renews: bool = True) -> Claims:
    """Claims from town, start and end (hours), score."""
    towns = list(TOWNS)
    table = [(towns.index(t), seconds(a), seconds(b), score) for t, a, b, score in rows]
    return make_claims([site(town) for town in towns], table, renews)


def action(
    hours: float,
    level: Level = Level.ALERT,
    *,
    name: str = "w1",
    kind: Action = Action.ISSUE,
    p: float = 0.1,
    town: str = "Aford",
    posts: tuple[str, ...] = ("c/1",),
) -> WarningAction:
    latitude, longitude = TOWNS[town]
    return WarningAction(
        id=name,
        action=kind,
        issued_at=at(hours),
        level=level,
        key=SituationKey(f"town:{town}", "Group A"),
        probability=p,
        interval=(p / 2, min(1.0, 2 * p)),
        base_rate=0.002,
        horizon_h=24,
        place=town,
        latitude=latitude,
        longitude=longitude,
        window_start=None,
        window_end=None,
        target="Group A",
        rumour=None,
        posts=posts,
        why=("a call",),
    )


def mention(town: str, role: Role = Role.MENTIONED, p: float = 0.9) -> PlaceMention:
    return PlaceMention(f"town:{town}", town, *TOWNS[town], role, p, "Europe/Moscow")


def observed(posts: Iterable[tuple[float, str, str, bool]], place_p: float = 0.3) -> Mentions:
    """Mentions from hour, town ("" for none), text, and whether the post calls."""
    mentions = Mentions(place_p)
    for number, (hours, town, text, called) in enumerate(posts):
        post = Post("table", "c", str(number), at(hours), at(hours), text)
        places = (mention(town),) if town else ()
        reading = Reading(
            post.ref,
            1,
            "en",
            ReadStatus.FULL,
            0.1,
            acts=(Act.GATHERING,) if called else (),
            frame=Frame.ASSERTED,
            places=places,
            calls=(GatheringCall(places[0] if places else None, None),) if called else (),
        )
        mentions.observe(Enriched(post, text, None, "en", 1.0, None), reading, "r")
    return mentions
