"""The one rule of what may leave the desk: released by people, in these very words.

DESIGN section 6.5: two named people, or one where the desk was set up so; an alarm may be
released by one, whom a second reviews within twelve hours.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.errors import NotReleased
from tocsin.model import Level, Message, Release
from tocsin.model.names import skeleton


@dataclass(frozen=True, slots=True)
class ReleaseRule:
    """How many people it takes.

    Args:
        people: who must release, below an alarm.
        people_for_alarm: who must release an alarm.
        review_within: by when a second person must have reviewed what one released.
    """

    people: int = 2
    people_for_alarm: int = 1
    review_within: timedelta = timedelta(hours=12)


def check_release(release: Release, rule: ReleaseRule, now: datetime) -> None:
    """Say no unless enough people released it.

    Raises:
        NotReleased: names what is missing.
    """
    names = _people(release)
    alarm = release.level is Level.ALARM
    needed = rule.people_for_alarm if alarm else rule.people
    about = f"warning {release.warning}, action {release.number}"
    if len(names) < max(1, needed):
        raise NotReleased(
            f"{about}: released by {len(names)} of {max(1, needed)} people; nothing was sent, "
            "ask another person to release it"
        )
    if not release.harms.strip():
        raise NotReleased(f"{about}: nobody said who could be harmed; say it and release again")
    if release.at > now:
        raise NotReleased(f"{about}: its release lies in the future; check the clock")
    if _review_overdue(release, names, rule, now):
        raise NotReleased(
            f"{about}: one person released it and no second one reviewed it in time; review it "
            "before anything more is sent"
        )


def check_message(message: Message, release: Release) -> None:
    """Say no unless this very message was shown and released.

    Raises:
        NotReleased: names the message and what does not fit.
    """
    about = f"message to {message.recipient} about warning {message.warning}"
    if (message.warning, message.number) != (release.warning, release.number):
        raise NotReleased(f"{about}: the release is for another warning or action")
    if message.level is not release.level:
        raise NotReleased(f"{about}: the release is for another level")
    if message.drill is not release.drill:
        raise NotReleased(f"{about}: a drill and the real thing need releases of their own")
    if message.digest not in release.digests:
        raise NotReleased(f"{about}: not in the words that were released; show and release it")


def _people(release: Release) -> set[str]:
    """Different people, whatever the letters of their names."""
    return {skeleton(name) for name in release.released_by if name.strip()}


def _review_overdue(release: Release, names: set[str], rule: ReleaseRule, now: datetime) -> bool:
    if len(names) >= rule.people or now - release.at <= rule.review_within:
        return False
    reviewer = release.reviewed_by or ""
    return not reviewer.strip() or skeleton(reviewer) in names
