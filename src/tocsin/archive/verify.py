"""Checking an archive: everything is read again from the disk, nothing is believed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tocsin.archive import disk
from tocsin.archive.blocks import Block, folder_of
from tocsin.archive.check_chain import ChainCheck
from tocsin.archive.check_contents import ContentCheck, Contents
from tocsin.archive.check_erasure import ErasureCheck
from tocsin.archive.evidence import EVIDENCE
from tocsin.archive.findings import RESTORE, Findings, Problem, ProblemKind, Spot, span
from tocsin.archive.format import BlockKind
from tocsin.archive.sealed import SealedCheck, folder_beside
from tocsin.archive.survey import ReadEntries, content_name, entry_name, read_entries, survey
from tocsin.errors import UsageError

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What verify found.

    Args:
        items: evidence entries read.
        entries: all entries read.
        head_hex: digest of the last entry. Noted elsewhere and found again, it proves that
            nothing before it was altered since.
        problems: none, if all is well.
        erased: evidence entries whose content was destroyed, as the ledger says.
    """

    items: int
    entries: int
    head_hex: str
    problems: tuple[Problem, ...]
    erased: int = 0

    @property
    def ok(self) -> bool:
        """Nothing is amiss."""
        return not self.problems


def verify(folder: Path, progress: Progress | None = None) -> VerifyReport:
    """Check blocks, chain, every content against its commitment, erasures, sealed originals.

    Reads only, needs no lock, and goes on after what it finds: one damaged block hides nothing
    in another.

    Args:
        folder: the archive.
        progress: told (ledger blocks done, ledger blocks in all).

    Raises:
        UsageError: there is no archive here, or a later version of tocsin wrote it.
        EnvironmentFailed: a file cannot be read.
    """
    if not any(folder_of(folder, kind).is_dir() for kind in BlockKind):
        raise UsageError(f"{folder}: there is no archive here; make one with tocsin init")
    with disk.plain_failures("the archive could not be checked", folder):
        # Contents are on disk before their entries: looked at last, none can seem to be missing
        # because a tocsin is writing meanwhile.
        ledger = survey(folder, BlockKind.LEDGER)
        segments = survey(folder, BlockKind.CONTENT)
        findings = Findings()
        findings.problems += [*ledger.problems, *segments.problems]
        walk = _Walk(
            findings,
            ContentCheck(segments.blocks, findings),
            ErasureCheck(segments.blocks, findings),
            SealedCheck(folder_beside(folder), findings),
        )
        for done, block in enumerate(ledger.blocks, start=1):
            walk.take(block)
            if progress is not None:
                progress(done, len(ledger.blocks))
        return walk.report()


class _Walk:
    """Along the ledger, with the contents beside it."""

    def __init__(
        self,
        findings: Findings,
        contents: ContentCheck,
        erasures: ErasureCheck,
        sealed: SealedCheck,
    ) -> None:
        self._findings = findings
        self._contents = contents
        self._erasures = erasures
        self._sealed = sealed
        self._chain = ChainCheck(findings)
        self._names: dict[int, str | None] = {}
        self._end_seq = 0

    def take(self, block: Block) -> None:
        """Check one ledger block and the contents of its batch."""
        first, end = block.header.first_seq, block.header.end_seq
        if first > self._end_seq:
            self._skip(self._end_seq, first)
        contents = self._contents.read(first, end)
        read = read_entries(block)
        if not read.sound:
            self._report_damage(block, read, contents)
        if read.unreadable is None:
            self._chain.interrupt()
            self._contents.unchecked(contents)
        else:
            self._compare(block, read, contents)
        self._end_seq = max(self._end_seq, end)

    def _compare(self, block: Block, read: ReadEntries, contents: Contents) -> None:
        positions = range(max(block.header.first_seq, self._end_seq), block.header.end_seq)
        entries = self._chain.take(block, read, positions)
        absent = {seq for seq in positions if seq not in entries}
        for seq in absent & contents.records.keys():
            self._names[seq] = content_name(contents.records[seq][1])
        evidence = {seq: entry for seq, entry in entries.items() if entry.kind == EVIDENCE}
        self._contents.compare(evidence, contents, excused=absent)
        for entry in entries.values():
            self._erasures.note(entry)
            self._sealed.note(entry)

    def _report_damage(self, block: Block, read: ReadEntries, contents: Contents) -> None:
        names = [entry_name(entry) for entry in read.entries] or contents.names
        self._findings.add(ProblemKind.DAMAGED, block.where, span(names), RESTORE)

    def _skip(self, first: int, end: int) -> None:
        """No block covers these positions; their contents can still say what they were."""
        contents = self._contents.read(first, end)
        self._contents.unchecked(contents)
        self._chain.interrupt()
        where = f"ledger entries {first} to {end - 1}"
        self._findings.add(ProblemKind.MISSING, where, span(contents.names), RESTORE)

    def report(self) -> VerifyReport:
        """What was found, after what can only be told at the end."""
        lost = [Spot(seq, f"ledger entry {seq}", self._names.get(seq)) for seq in self._chain.lost]
        self._findings.settle(lost, self._chain.strays)
        self._erasures.finish(self._contents)
        self._sealed.finish(self._erasures.erased)
        self._contents.finish(self._end_seq)
        return VerifyReport(
            items=self._contents.items,
            entries=self._chain.entries,
            head_hex=self._chain.head.hex(),
            problems=tuple(self._findings.problems),
            erased=len(self._contents.tombstones),
        )
