"""Our decisions on Situations, and what people decide about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

from tocsin.model.forecast import HorizonRisk, SituationKey


class Level(IntEnum):
    """watch < alert < alarm; who is disturbed, and how fast, follows from it."""

    NONE = 0
    WATCH = 1
    ALERT = 2
    ALARM = 3

    @property
    def word(self) -> str:
        """The level as written in outputs."""
        return self.name.lower()

    @classmethod
    def named(cls, word: str) -> Level:
        """The level that is written so."""
        return cls[word.upper()]


class Action(StrEnum):
    """What happens to a warning."""

    ISSUE = "issue"
    UPDATE = "update"
    CANCEL = "cancel"
    EXPIRE = "expire"


@dataclass(frozen=True, slots=True)
class WarningAction:
    """One line in a warning's life.

    Args:
        id: the warning's id, the same over its life: 12 hex digits of SHA-256 over place,
            target and time of issue. A post that calls to several places makes one warning: its
            places share the id, and each is told in lines of its own.
        issued_at: when this action was taken.
        probability: for ``horizon_h``, 0 to 1.
        interval: 90 % interval.
        place: name as shown, with the venue where one is called.
        window_start, window_end: when it may happen, UTC; None: not known.
        rumour: id of the strongest rumour behind it, if any.
        posts: evidence ids it rests on; never empty.
        why: reasons in plain words, the most weighty first.
        unseen: what is not seen here.
        inherited: hostility or target come from earlier posts, not from the call itself.
        calibrated: False: ``probability`` is not calibrated on outcomes of this region.
        called: a call to gather stands behind it. One that turns out harmless is then "called,
            did not happen"; without any call it would be spurious.
        outlook: the probability over other horizons, shortest first.
        escalation: how many times nobody had answered when this was told; 0: not at all.
        zone: IANA zone of the place; also the region that outcomes are collected by.
        shares: what each reason of the score adds to the log-odds, largest first.
    """

    id: str
    action: Action
    issued_at: datetime
    level: Level
    key: SituationKey
    probability: float
    interval: tuple[float, float]
    base_rate: float
    horizon_h: int
    place: str
    latitude: float
    longitude: float
    window_start: datetime | None
    window_end: datetime | None
    target: str
    rumour: str | None
    posts: tuple[str, ...]
    why: tuple[str, ...]
    unseen: tuple[str, ...] = ()
    inherited: bool = False
    calibrated: bool = False
    called: bool = False
    outlook: tuple[HorizonRisk, ...] = ()
    shares: tuple[tuple[str, float], ...] = ()
    zone: str = "UTC"
    escalation: int = 0


class DecisionKind(StrEnum):
    """What a person decided."""

    RUMOUR_STATUS = "rumour_status"
    RUMOUR_MERGE = "rumour_merge"  # value: the rumour it goes into
    RUMOUR_UNMERGE = "rumour_unmerge"  # value: the rumour it leaves
    RUMOUR_SPLIT = "rumour_split"  # value: evidence ids of the posts that leave, one a line
    WARNING_CONFIRM = "warning_confirm"
    WARNING_DISMISS = "warning_dismiss"
    WARNING_ACKNOWLEDGE = "warning_acknowledge"
    WARNING_OUTCOME = "warning_outcome"
    CALIBRATION = "calibration"  # value: corrections learnt from outcomes, as JSON
    PURPOSE = "purpose"
    VERSIONS_ACCEPT = "versions_accept"  # value: digests of what decides from now on, as JSON
    SIGNING_KEY = "signing_key"  # subject: id of the key that signs tree heads from now on
    ANCHOR = "anchor"  # subject: what was anchored; value: where
    INDICATOR_DEFINE = "indicator_define"  # value: the whole definition, as JSON
    INDICATOR_STATUS = "indicator_status"  # value: a finding, as JSON
    INDICATOR_LOOKED = "indicator_looked"  # value: where was looked, as JSON
    INDICATOR_RETIRE = "indicator_retire"
    TIP_ACCEPT = "tip_accept"  # value: the evidence id it became
    TIP_REJECT = "tip_reject"
    TIP_ANSWER = "tip_answer"  # value: "answered"; the words stay with the tip
    KEY_DESTROY = "key_destroy"  # subject: the file that held the pseudonym key
    SEAL_OPEN = "seal_open"  # subject: evidence id and version; by: both names
    RELEASE_PROPOSE = "release_propose"  # value: texts, recipients and harms, as JSON
    RELEASE_APPROVE = "release_approve"  # value: the digest of what is approved
    RELEASE_REVIEW = "release_review"  # value: the digest, and whether it stands
    POST_LABEL = "post_label"  # subject: an evidence id; value: what a person reads in it
    LISTS_CHANGED = "lists_changed"  # value: what was done, and to which line by keyed digest


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's decision; logged in the ledger and replayed by a rebuild.

    Args:
        subject: id of the rumour, warning, indicator or post, or ``project``.
        value: the new state.
        by: name or handle.
        reason: why, in the person's words.
    """

    kind: DecisionKind
    subject: str
    value: str
    by: str
    at: datetime
    reason: str = ""
