"""Tree heads and anchors: the ledger has the roots that were signed and stamped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from tocsin.archive.anchors import ANCHOR, AnchorStatus, Subject, anchor_from, check_anchor, span_of
from tocsin.archive.check_keys import KeyCheck
from tocsin.archive.claims import Claim, claim_files, read_claim
from tocsin.archive.findings import KEEP, RESTORE, Findings, ProblemKind, span
from tocsin.archive.format import LedgerEntry
from tocsin.archive.heads import TREE_HEAD, TreeHead, head_from
from tocsin.archive.signing_keys import SIGNING_KEY
from tocsin.archive.timestamps_rfc3161 import load_roots
from tocsin.archive.tree import Tree
from tocsin.archive.verify_options import VerifyOptions
from tocsin.errors import Unfit, UsageError

Names = Callable[[int, int], Sequence[str | None]]
_READ_ANEW: Final = (
    "keep this archive as it is and compare it with a copy: somebody who could write here "
    "rewrote it and chained it anew"
)


class HeadCheck:
    """Grows the tree along the ledger, then compares it with everything that was said of it.

    Files that were named are read at once, so that a wrong name is told before the work.

    Args:
        covered: entries under the largest head that fits.
        heads: heads in the ledger that are signed by the key in force.
        anchors: what each anchor proves.
        unchecked: claims about entries that come after what is missing or unreadable.
    """

    def __init__(self, findings: Findings, options: VerifyOptions) -> None:
        """Read what was named.

        Raises:
            UsageError: a file holds no head, key or certificate.
            EnvironmentFailed: a file cannot be read.
        """
        self._brought = [read_claim(path, brought=True) for path in options.heads]
        self._roots = load_roots(options.roots)
        self._keys = KeyCheck(findings, options.keys)
        self.covered = 0
        self.heads = 0
        self.anchors: list[AnchorStatus] = []
        self.unchecked: list[str] = []
        self._findings = findings
        self._options = options
        self._tree = Tree()
        self._said: list[Claim] = []
        self._fitting: list[int] = [0]
        self._unlike: list[Claim] = []
        self._beyond: list[Claim] = []

    def grow(self, first_seq: int, leaves: bytes) -> None:
        """Take in the leaves of the next entries; after a gap the tree grows no more."""
        if first_seq == self._tree.size:
            self._tree.extend([leaves])

    def take(self, entry: LedgerEntry) -> None:
        """Note an entry that is not evidence."""
        where = f"ledger entry {entry.seq}"
        try:
            if entry.kind == SIGNING_KEY:
                self._keys.take(entry)
            elif entry.kind == TREE_HEAD:
                self._said.append(Claim(head_from(entry.payload), where, seq=entry.seq))
            elif entry.kind == ANCHOR:
                anchor = anchor_from(entry.payload)
                self._said.append(Claim(anchor.subject, where, anchor, seq=entry.seq))
        except ValueError:
            self._findings.add(ProblemKind.CHANGED, where, entry.kind.replace("_", " "))

    def finish(self, end_seq: int, names: Names) -> None:
        """Compare; to be called once, at the end of the ledger.

        Args:
            end_seq: where the ledger ends.
            names: gives the items among the entries between two positions.
        """
        self._keys.check_pins()
        inside = {claim.subject for claim in self._said}
        for claim in [*self._said, *self._files()]:
            if claim.anchor is not None:
                self._check_stamp(claim)
            if claim.head is None or self._check_signature(claim, claim.head):
                self._weigh(claim, end_seq, inside)
        self._tell_beyond(end_seq)
        self._tell_unlike(names)
        self.covered = max(self._fitting)

    def _files(self) -> list[Claim]:
        """Claims in files; of those in the project, only what the ledger does not hold itself."""
        found = []
        for path in claim_files(self._options.head_folders, self._options.anchor_folders):
            try:
                found.append(read_claim(path))
            except UsageError:
                self._findings.add(ProblemKind.DAMAGED, str(path), path.name, RESTORE)
        held = {_substance(claim) for claim in self._said}
        return [*self._brought, *(claim for claim in found if _substance(claim) not in held)]

    def _check_stamp(self, claim: Claim) -> None:
        assert claim.anchor is not None
        try:
            status = check_anchor(claim.anchor, self._roots)
        except Unfit as error:
            where = f"{claim.where}: {error.problem}"
            name = f"anchor of {claim.name}"
            self._findings.add(ProblemKind.UNTRUSTED, where, name, error.advice)
        else:
            self.anchors.append(status)

    def _check_signature(self, claim: Claim, head: TreeHead) -> bool:
        """Whether its root may be held against the ledger."""
        # A head in the ledger is signed by the key in force there, any other by one announced.
        at_place = claim.seq is not None and claim.anchor is None
        public = self._keys.in_force(claim.seq or 0) if at_place else self._keys.known(head.key)
        if public is None or self._keys.known(head.key) != public:
            where = f"{claim.where}: {claim.name} is signed by key {head.key}"
            says = (
                "which is not the key in force there" if at_place else "which was never announced"
            )
            self._findings.add(ProblemKind.SWAPPED_KEY, f"{where}, {says}", claim.name, KEEP)
            return claim.brought
        if not head.fits(public):
            where = f"{claim.where}: the signature does not fit"
            self._findings.add(ProblemKind.CHANGED, where, claim.name, KEEP)
            return False
        if at_place and head.size != claim.seq:
            where = f"{claim.where}: {claim.name} was signed for entry {head.size}"
            self._findings.add(ProblemKind.REORDERED, where, claim.name, KEEP)
            return True
        self.heads += at_place
        return True

    def _weigh(self, claim: Claim, end_seq: int, inside: set[Subject]) -> None:
        first, end = span_of(claim.subject)
        if end > end_seq:
            self._beyond.append(claim)
        elif end > self._tree.size:
            self.unchecked.append(f"{claim.where}: {claim.name} comes after what is missing")
        elif self._tree.part_root(first, end) != claim.subject.root:
            self._unlike.append(claim)
        elif claim.head is not None:
            self._fitting.append(end)
            # A head is written to the ledger before it is written anywhere else.
            if claim.seq is None and claim.head not in inside:
                self._beyond.append(claim)

    def _tell_beyond(self, end_seq: int) -> None:
        """The furthest claim about entries that are no more; the others say less."""
        if not self._beyond:
            return
        claim = max(self._beyond, key=lambda claim: span_of(claim.subject)[1])
        last = max(span_of(claim.subject)[1], end_seq + 1) - 1
        gone = f"{claim.where}: {claim.name} was signed over more than is here"
        if span_of(claim.subject)[1] <= end_seq:
            gone = f"{claim.where}: {claim.name} stood in the ledger and is gone from it"
            self._findings.add(ProblemKind.MISSING, gone, claim.name, KEEP)
            return
        where = f"{gone}: ledger entries {end_seq} to {last}"
        self._findings.add(ProblemKind.TRUNCATED, where, claim.name, RESTORE)

    def _tell_unlike(self, names: Names) -> None:
        """For each root that is not the ledger's, between which entries the difference begins."""
        told: set[tuple[int, int]] = set()
        for claim in sorted(self._unlike, key=lambda claim: span_of(claim.subject)):
            first, end = span_of(claim.subject)
            start = max(first, *(size for size in self._fitting if size < end))
            if any(low >= start and high <= end for low, high in told):
                continue
            told.add((start, end))
            where = f"ledger entries {start} to {end - 1} are not those of {claim.name}"
            items = span(names(start, end))
            self._findings.add(ProblemKind.CHANGED, f"{where} ({claim.where})", items, _READ_ANEW)


def _substance(claim: Claim) -> tuple[object, bytes | None]:
    return claim.subject, None if claim.anchor is None else claim.anchor.response
