"""Decisions about a warning, calls that were made, and releases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from tocsin.console.desk import ConsoleDesk, patiently, plain, reason_needed
from tocsin.console.facts.warning import life_of
from tocsin.console.problems import NotThere
from tocsin.desk.release import STANDS, WITHDRAW, Harms, ReleaseFile, proposal_from
from tocsin.engines import release as engine
from tocsin.engines.delivering import open_outbox
from tocsin.engines.desk import log_receipt
from tocsin.engines.released import HandedOver, queue_released
from tocsin.engines.wording import ProjectWording
from tocsin.errors import UsageError
from tocsin.model import Decision, DecisionKind, Message, Outcome, Receipt, ReceiptKind
from tocsin.reading.gazetteer import Gazetteer
from tocsin.store.lists import warning_life

VERBS: Final = {
    "acknowledge": (DecisionKind.WARNING_ACKNOWLEDGE, "acknowledged"),
    "confirm": (DecisionKind.WARNING_CONFIRM, "confirmed"),
    "dismiss": (DecisionKind.WARNING_DISMISS, "dismissed"),
    "outcome": (DecisionKind.WARNING_OUTCOME, ""),
}


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody decided about a warning.

    Args:
        verb: one of ``VERBS``.
        value: the outcome, where that is decided.
        seen: newest decision that was shown to them; None: they did not look.
    """

    verb: str
    value: str = ""
    reason: str = ""
    seen: int | None = None


def decide(desk: ConsoleDesk, by: str, warning: str, said: Said) -> Decision:
    """Log it, and let it take effect at once where no post waits to be read.

    Raises:
        NotThere: there is no such warning.
        UsageError: a dismissal without a reason, an outcome that is none.
        Overtaken: somebody else decided meanwhile.
    """
    life_of(desk, warning)
    kind, value = VERBS[said.verb]
    if said.verb == "dismiss":
        reason_needed(said.reason, "a dismissal")
    if said.verb == "outcome":
        value = said.value
        if value not in [one.value for one in Outcome]:
            raise UsageError(f"outcome {value!r}: {', '.join(one.value for one in Outcome)}")
    decision = desk.decide(kind, (warning, value), (by, said.reason), said.seen)
    desk.settle()
    return decision


def log_call(desk: ConsoleDesk, by: str, warning: str, said: tuple[str, str]) -> Receipt:
    """A call that was made: the role that was called, and what came of it.

    Raises:
        UsageError: one of both is missing.
    """
    who, result = map(plain, said)
    if not who or not result:
        raise UsageError("say which role was called, and what came of it")
    life = life_of(desk, warning)
    receipt = Receipt(
        warning=warning,
        number=len(life),
        recipient=who,
        at=desk.clock.now(),
        kind=ReceiptKind.CALLED,
        note=result,
        by=by,
    )
    patiently(lambda: log_receipt(desk.project, receipt))
    return receipt


# -- release -----------------------------------------------------------------------------------


_atlas = cache(Gazetteer.load)


def wording_of(desk: ConsoleDesk) -> engine.Wording:
    """The words of a project's messages."""
    return ProjectWording(desk.store, desk.project.settings, _atlas)


def drafts(desk: ConsoleDesk, warning: str, wish: engine.Wish) -> list[engine.Draft]:
    """Every word that would leave, before anything is written.

    Raises:
        UsageError: nobody to tell, nothing new, no harms said, no sender set.
    """
    life = life_of(desk, warning)
    known = engine.standings(desk.project, desk.store, warning)
    return engine.drafts(desk.lists(), life, known, wish, wording_of(desk))


def propose(
    desk: ConsoleDesk, warning: str, wish: engine.Wish, digests: Sequence[str]
) -> list[ReleaseFile]:
    """Propose what was shown, and nothing else.

    Args:
        digests: of the messages that were shown to whoever proposes.

    Raises:
        UsageError: the words have changed since they were shown; or as :func:`drafts`.
    """
    made = drafts(desk, warning, wish)
    if sorted(m.digest for one in made for m in one.messages) != sorted(digests):
        raise UsageError("the words have changed since they were shown; look at them again")
    files = []
    for one in made:
        subject, value = engine.proposal_decision(one)
        logged = desk.decide(DecisionKind.RELEASE_PROPOSE, (subject, value), (wish.by, ""))
        files.append(file_of(desk, warning, proposal_from(logged).id))
    hand_over(desk, warning)
    return files


def file_of(desk: ConsoleDesk, warning: str, release: str) -> ReleaseFile:
    """A release of a warning.

    Raises:
        NotThere: there is none of that id.
    """
    for file in engine.release_book(desk.project, desk.store, warning).files:
        if file.proposal.id == release:
            return file
    raise NotThere(f"no release {release} of warning {warning}")


def shown_of(desk: ConsoleDesk, warning: str, release: str) -> list[Message]:
    """The words of a release as they stand, made again and compared with what was proposed.

    Raises:
        NotThere: there is none of that id.
        UsageError: a text has changed since; it must be proposed anew.
    """
    file = file_of(desk, warning, release)
    known = engine.standings(desk.project, desk.store, warning)
    told = engine.told_of(file, warning_life(desk.store, warning), known)
    return list(engine.agreed_words(desk.lists(), file, told, wording_of(desk)))


def approve(desk: ConsoleDesk, by: str, warning: str, release: str) -> ReleaseFile:
    """Agree to a release; enough people, and its messages go into the outbox.

    Raises:
        UsageError: the same person, a stranger, changed words, or old news.
    """
    file = file_of(desk, warning, release)
    engine.check_approval(desk.lists(), file, by, desk.clock.now())
    known = engine.standings(desk.project, desk.store, warning)
    engine.refuse_overtaken(file, engine.told_of(file, warning_life(desk.store, warning), known))
    shown_of(desk, warning, release)
    desk.decide(DecisionKind.RELEASE_APPROVE, (warning, release), (by, ""))
    hand_over(desk, warning)
    return file_of(desk, warning, release)


def review(
    desk: ConsoleDesk, by: str, about: tuple[str, str], *, withdraw: bool, reason: str
) -> ReleaseFile:
    """Review an alarm that one person released, or withdraw any release.

    Args:
        about: the warning and the release.

    Raises:
        UsageError: it is one's own, or it is withdrawn without a reason.
    """
    warning, release = about
    if withdraw:
        reason_needed(reason, "a withdrawal")
    engine.check_review(desk.lists(), file_of(desk, *about), by, withdraw=withdraw)
    value = f"{release} {WITHDRAW if withdraw else STANDS}"
    desk.decide(DecisionKind.RELEASE_REVIEW, (warning, value), (by, reason))
    return file_of(desk, *about)


def hand_over(desk: ConsoleDesk, warning: str) -> HandedOver:
    """Put what is released into the outbox, from where ``tocsin deliver`` sends it."""
    outbox = open_outbox(desk.project, desk.store, desk.clock)
    words = (desk.lists(), wording_of(desk))
    return queue_released(desk.project, desk.store, outbox, words, warning)


def harms_of(right: str, wrong: str, cancelled: str) -> Harms:
    """Who could be harmed, as it was filled in."""
    return Harms(plain(right), plain(wrong), plain(cancelled))
