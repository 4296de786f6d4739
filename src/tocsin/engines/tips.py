"""Tips: taken in without a sender, decided by named people, evidence once accepted.

What is sent lies encrypted in the box (``tip_box``). The ledger hears of a tip only when a person
decides: an accepted one becomes evidence of the source ``tip`` in the channel ``tips``, known from
that moment; its contacts are taken out first, and who wanted an answer is not in it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from tocsin import __version__, wire
from tocsin.archive import Archive
from tocsin.archive.format import canonical
from tocsin.engines.indexing import Indexer
from tocsin.engines.project import Project, profiles
from tocsin.engines.tip_box import KeptTip, TipBox
from tocsin.errors import Overtaken, UsageError
from tocsin.model import TIP_SOURCE, Decision, DecisionKind, Identity, Tip, TipStatus
from tocsin.sources.contacts import redact
from tocsin.sources.tips import (
    Gate,
    Randomness,
    TipForm,
    TipLimits,
    code_digest,
    is_code,
    make_tip,
    new_code,
)
from tocsin.store import Store
from tocsin.store.lists import newest_post

CHANNEL = "tips"
ORIGIN = "tip"
MAX_ANSWER = 2_000
_SALT_BYTES = 16
_KIND_OF_FAMILY = {"image": "photo", "video": "video", "audio": "audio"}
Opened = tuple[Archive, Store]


@dataclass(frozen=True, slots=True)
class Judgement:
    """Who decides, when, and why."""

    by: str
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TipAnswer:
    """What whoever knows the code is told.

    Args:
        status: ``new``, ``accepted`` or ``rejected``.
        answer: the desk's words; empty: none yet.
    """

    status: TipStatus
    answer: str


class TipDesk:
    """All that can be done with tips; a web form and the command line call the same.

    Args:
        gate: limits attempts from one remote place; None on the command line, where there is none.
            One gate must serve all requests of a process.
    """

    def __init__(
        self, project: Project, gate: Gate | None = None, randomness: Randomness = os.urandom
    ) -> None:
        self._project = project
        self._gate = gate
        self._randomness = randomness
        self._box = TipBox(project.tips_folder, project.tips_key_path)

    @property
    def limits(self) -> TipLimits:
        """What is taken, under the project's settings."""
        settings = self._project.settings
        return TipLimits(
            text=settings.whole("tips.max_text"),
            files=settings.whole("tips.max_files"),
            file_bytes=settings.whole("tips.max_file_mb") * 1_000_000,
        )

    # the sender's side

    def submit(self, form: TipForm, now: datetime, remote: str = "") -> str:
        """Take a tip in; returns the code to ask back, which is nowhere kept.

        Args:
            remote: whatever tells one remote place from another; used for the gate alone.

        Raises:
            UsageError: no consent, over a limit, or too many today.
        """
        self._knock(remote, now)
        tip = make_tip(form, self.limits, now, self._randomness)
        code, salt = new_code(self._randomness), self._randomness(_SALT_BYTES)
        self._box.put(KeptTip(tip, salt, code_digest(salt, code)), form.files)
        return code

    def ask(self, code: str, now: datetime, remote: str = "") -> TipAnswer | None:
        """What came of the tip with this code; None where no tip has it.

        Raises:
            UsageError: too many today.
        """
        self._knock(remote, now)
        found = None
        for kept in self._box.all():  # all of them, so that the time taken tells nothing
            if is_code(kept.salt, kept.code, code):
                found = TipAnswer(kept.status, kept.answer)
        return found

    def _knock(self, remote: str, now: datetime) -> None:
        if self._gate is not None:
            self._gate.knock(remote, now)

    # the desk's side

    def all(self) -> list[KeptTip]:
        """Every tip in the box, the newest first."""
        return sorted(self._box.all(), key=lambda one: one.tip.received_at, reverse=True)

    def get(self, tip_id: str) -> KeptTip:
        """One tip.

        Raises:
            UsageError: there is none of this id.
        """
        return self._box.get(tip_id)

    def files(self, tip_id: str) -> list[bytes]:
        """The bytes that came with an accepted tip.

        Raises:
            UsageError: it is not accepted yet, or they were deleted.
        """
        kept = self._box.get(tip_id)
        if kept.status is not TipStatus.ACCEPTED:
            raise UsageError(f"tip {tip_id}: its files can be opened once it is accepted")
        count = len(kept.tip.attachments)
        return [self._box.attachment(tip_id, number) for number in range(count)]

    def accept(self, opened: Opened, tip_id: str, who: Judgement) -> str:
        """Make a tip evidence; returns the evidence id. Doing it again changes nothing.

        Raises:
            UsageError: no such tip.
            Overtaken: it was rejected.
        """
        kept = self._undecided(tip_id, TipStatus.ACCEPTED)
        ref = f"{CHANNEL}/{tip_id}"
        if newest_post(opened[1], CHANNEL, tip_id) is None:  # a kill may have come after it
            self._archive_tip(opened, kept.tip, who)
        decided = replace(kept, status=TipStatus.ACCEPTED, evidence=ref, decided_at=who.at)
        self._box.put(decided)
        return ref

    def reject(self, opened: Opened, tip_id: str, who: Judgement) -> None:
        """Put a tip aside: its files are deleted now, its text with the next purge that is due.

        Raises:
            UsageError: no such tip.
            Overtaken: it was accepted.
        """
        kept = self._undecided(tip_id, TipStatus.REJECTED)
        _log(opened, DecisionKind.TIP_REJECT, tip_id, "rejected", who)
        self._box.put(replace(kept, status=TipStatus.REJECTED, decided_at=who.at, purged=True))
        self._box.remove_files(tip_id)

    def answer(self, opened: Opened, tip_id: str, text: str, who: Judgement) -> None:
        """Leave an answer for whoever asks with the code; a later one takes its place.

        Raises:
            UsageError: no such tip, or an answer without words or too long.
        """
        kept = self._box.get(tip_id)
        if not 0 < len(text.strip()) <= MAX_ANSWER:
            raise UsageError(f"an answer has 1 to {MAX_ANSWER:,} characters")
        _log(opened, DecisionKind.TIP_ANSWER, tip_id, "answered", who)
        self._box.put(replace(kept, answer=text.strip()))

    def purge(self, now: datetime) -> int:
        """Delete what is due: files of tips nobody accepted, and all of rejected ones.

        Returns:
            How many tips lost something.
        """
        limit = now - timedelta(days=self._project.settings.whole("tips.purge_days"))
        due = 0
        for kept in list(self._box.all()):
            due += self._purge_one(kept, limit)
        self._box.remove_orphans()
        return due

    def _purge_one(self, kept: KeptTip, limit: datetime) -> bool:
        tip = kept.tip
        if kept.status is TipStatus.REJECTED and (kept.decided_at or tip.received_at) <= limit:
            self._box.remove(tip.id)
            return True
        waiting = kept.status is TipStatus.NEW and not kept.purged
        if waiting and tip.attachments and tip.received_at <= limit:
            self._box.put(replace(kept, purged=True))
            self._box.remove_files(tip.id)
            return True
        return False

    def _undecided(self, tip_id: str, wanted: TipStatus) -> KeptTip:
        kept = self._box.get(tip_id)
        if kept.status not in (TipStatus.NEW, wanted):
            raise Overtaken(f"tip {tip_id}: was {kept.status.value} before; that stands")
        return kept

    def _archive_tip(self, opened: Opened, tip: Tip, who: Judgement) -> None:
        archive, store = opened
        content = tip_content(tip, who.at, _public_names(store))
        raw = tip.text.encode()
        capture = archive.append_entry("capture", _capture_form(who))
        identity = Identity(TIP_SOURCE, CHANNEL, tip.id, 1)
        archive.append_evidence(identity, canonical(content), raw, capture)
        _log(opened, DecisionKind.TIP_ACCEPT, tip.id, f"{CHANNEL}/{tip.id}", who)


def tip_content(tip: Tip, at: datetime, public: Sequence[str]) -> dict[str, Any]:
    """An accepted tip as it is archived: no contact, no file names, no consent, no wish.

    Args:
        at: when it was accepted, which is when it is known.
        public: names of public channels, which stay in the text.
    """
    said = "\n".join(part for part in (tip.text, tip.place, tip.when) if part)
    content: dict[str, Any] = {
        "captured_at": wire.iso(at),
        "channel": CHANNEL,
        "id": tip.id,
        "origin": ORIGIN,
        "posted_at": wire.iso(tip.received_at),
        "source": TIP_SOURCE,
        "text": redact(said, frozenset(name.lower() for name in public)).text,
    }
    if tip.lang:
        content["lang"] = tip.lang
    if tip.attachments:
        content["media"] = [
            {"digest": one.digest, "kind": _kind(one.mime), "mime": one.mime}
            for one in tip.attachments
        ]
    return content


def _kind(mime: str) -> str:
    return _KIND_OF_FAMILY.get(mime.partition("/")[0], "document")


def _public_names(store: Store) -> tuple[str, ...]:
    known = profiles(store).values()
    return tuple(name for one in known for name in (one.channel, one.name) if name)


def _capture_form(who: Judgement) -> dict[str, Any]:
    return {
        "source_digest": "",  # a bare digest of a short text could be guessed once it is erased
        "source_name": "tip",
        "captured_at": wire.iso(who.at),
        "method": "tip",
        "operator": who.by,
        "collector": f"tocsin/{__version__} tips",
    }


def _log(opened: Opened, kind: DecisionKind, subject: str, value: str, who: Judgement) -> None:
    archive, store = opened
    decision = Decision(kind, subject, value, who.by, who.at, who.reason)
    archive.append_entry("decision", wire.decision_form(decision))
    archive.flush()
    Indexer(store).catch_up(archive)
