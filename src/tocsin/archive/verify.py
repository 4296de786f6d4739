"""Checking an archive: everything is read again from the disk, nothing is believed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tocsin.archive import disk
from tocsin.archive.anchors import AnchorStatus
from tocsin.archive.blocks import Block, folder_of
from tocsin.archive.check_block import check_batch
from tocsin.archive.check_chain import ChainCheck
from tocsin.archive.check_contents import ContentCheck, Contents
from tocsin.archive.check_erasure import ErasureCheck
from tocsin.archive.check_heads import HeadCheck
from tocsin.archive.evidence import EVIDENCE
from tocsin.archive.findings import RESTORE, Findings, Problem, ProblemKind, Spot, span
from tocsin.archive.format import BlockKind, LedgerEntry
from tocsin.archive.sealed import SealedCheck, folder_beside
from tocsin.archive.survey import ReadEntries, content_name, entry_name, read_entries, survey
from tocsin.archive.verify_options import VerifyOptions
from tocsin.errors import UsageError

Progress = Callable[[int, int], None]
DEFAULTS: Final = VerifyOptions()


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What verify found.

    Args:
        items: evidence entries read.
        entries: all entries read.
        head_hex: digest of the last entry. Noted elsewhere and found again, it proves that
            nothing before it was altered since.
        problems: none, if all is well.
        heads: signed tree heads in the ledger that fit.
        covered: entries under the largest head that fits; later ones only the chain holds.
        anchors: what each time stamp proves.
        unchecked: heads and anchors that could not be compared, since entries are missing.
        erased: evidence entries whose content was destroyed, as the ledger says.
    """

    items: int
    entries: int
    head_hex: str
    problems: tuple[Problem, ...]
    heads: int = 0
    covered: int = 0
    anchors: tuple[AnchorStatus, ...] = ()
    unchecked: tuple[str, ...] = ()
    erased: int = 0

    @property
    def ok(self) -> bool:
        """Nothing is amiss."""
        return not self.problems


def verify(
    folder: Path, progress: Progress | None = None, options: VerifyOptions = DEFAULTS
) -> VerifyReport:
    """Check blocks, chain, every content against its commitment, erasures, sealed originals,
    and all that was signed.

    Reads only, needs no lock, and goes on after what it finds: one damaged block hides nothing
    in another. Takes 64 bytes of memory an entry for the Merkle tree.

    Args:
        folder: the archive.
        progress: told (ledger blocks done, ledger blocks in all).

    Raises:
        UsageError: there is no archive here, or a later version of tocsin wrote it; a file
            named in ``options`` is not what it should be.
        EnvironmentFailed: a file cannot be read.
    """
    if not any(folder_of(folder, kind).is_dir() for kind in BlockKind):
        raise UsageError(f"{folder}: there is no archive here; make one with tocsin init")
    findings = Findings()
    heads = HeadCheck(findings, options)
    with disk.plain_failures("the archive could not be checked", folder):
        # Contents are on disk before their entries: looked at last, none can seem to be missing
        # because a tocsin is writing meanwhile.
        ledger = survey(folder, BlockKind.LEDGER)
        segments = survey(folder, BlockKind.CONTENT)
        findings.problems += [*ledger.problems, *segments.problems]
        walk = _Walk(
            findings,
            ContentCheck(segments.blocks, findings),
            heads,
            ErasureCheck(segments.blocks, findings),
            SealedCheck(folder_beside(folder), findings),
        )
        for done, block in enumerate(ledger.blocks, start=1):
            walk.take(block)
            if progress is not None:
                progress(done, len(ledger.blocks))
        return walk.report(ledger.blocks)


class _Walk:
    """Along the ledger, with the contents beside it."""

    def __init__(
        self,
        findings: Findings,
        contents: ContentCheck,
        heads: HeadCheck,
        erasures: ErasureCheck,
        sealed: SealedCheck,
    ) -> None:
        self._findings = findings
        self._contents = contents
        self._heads = heads
        self._erasures = erasures
        self._sealed = sealed
        self._chain = ChainCheck(findings)
        self._names: dict[int, str | None] = {}
        self._end_seq = 0

    def take(self, block: Block) -> None:
        """Check one ledger block and the contents of its batch."""
        first, end = block.header.first_seq, block.header.end_seq
        sound = check_batch(block, self._contents.between(first, end))
        if first > self._end_seq:
            self._skip(self._end_seq, first)
        if sound is None or first < self._end_seq:
            self._look_closely(block)
        else:
            self._chain.follow(block, sound)
            self._contents.items += sound.items
            self._heads.grow(first, sound.leaves)
            for entry in sound.others:
                self._heads.take(entry)
                self._erasures.note(entry)
            for entry in sound.sealed:
                self._sealed.note(entry)
        self._end_seq = max(self._end_seq, end)

    def _look_closely(self, block: Block) -> None:
        contents = self._contents.read(block.header.first_seq, block.header.end_seq)
        read = read_entries(block)
        if not read.sound:
            self._report_damage(block, read, contents)
        if read.unreadable is None:
            self._chain.interrupt()
            self._contents.unchecked(contents)
        else:
            self._compare(block, read, contents)

    def _compare(self, block: Block, read: ReadEntries, contents: Contents) -> None:
        positions = range(max(block.header.first_seq, self._end_seq), block.header.end_seq)
        entries = self._chain.take(block, read, positions)
        absent = {seq for seq in positions if seq not in entries}
        for seq in absent & contents.records.keys():
            self._names[seq] = content_name(contents.records[seq][1])
        evidence = {seq: entry for seq, entry in entries.items() if entry.kind == EVIDENCE}
        self._contents.compare(evidence, contents, excused=absent)
        self._grow(read, entries)

    def _grow(self, read: ReadEntries, entries: Mapping[int, LedgerEntry]) -> None:
        leaves = dict(zip((id(entry) for entry in read.entries), read.leaves, strict=True))
        for seq, entry in entries.items():
            self._heads.grow(seq, leaves[id(entry)])
            if entry.kind != EVIDENCE:
                self._heads.take(entry)
        for entry in entries.values():
            self._erasures.note(entry)
            self._sealed.note(entry)

    def _report_damage(self, block: Block, read: ReadEntries, contents: Contents) -> None:
        names = span(_names_in_damage(read, contents))
        self._findings.add(ProblemKind.DAMAGED, block.where, names, RESTORE)

    def _skip(self, first: int, end: int) -> None:
        """No block covers these positions; their contents can still say what they were."""
        contents = self._contents.read(first, end)
        self._contents.unchecked(contents)
        self._chain.interrupt()
        where = f"ledger entries {first} to {end - 1}"
        self._findings.add(ProblemKind.MISSING, where, span(contents.names), RESTORE)

    def report(self, blocks: Sequence[Block]) -> VerifyReport:
        """What was found, after what can only be told at the end."""
        lost = [Spot(seq, f"ledger entry {seq}", self._names.get(seq)) for seq in self._chain.lost]
        self._findings.settle(lost, self._chain.strays)
        self._erasures.finish(self._contents)
        self._sealed.finish(self._erasures.erased)
        self._contents.finish(self._end_seq)
        self._heads.finish(self._end_seq, lambda first, end: _names(blocks, first, end))
        return VerifyReport(
            items=self._contents.items,
            entries=self._chain.entries,
            head_hex=self._chain.head.hex(),
            problems=tuple(self._findings.problems),
            heads=self._heads.heads,
            covered=self._heads.covered,
            anchors=tuple(self._heads.anchors),
            unchecked=tuple(self._heads.unchecked),
            erased=len(self._contents.tombstones),
        )


def _names_in_damage(read: ReadEntries, contents: Contents) -> list[str | None]:
    """The items of a damaged ledger block: what an entry says there may be damaged itself.

    A content names its item too, without the version; where the two agree the entry's name counts.
    """
    by_seq = {entry.seq: entry_name(entry) for entry in read.entries}
    for seq, (_, record) in contents.records.items():
        entry, content = by_seq.get(seq), content_name(record)
        if content is not None and not (entry or "").startswith(f"{content} v"):
            by_seq[seq] = content
    return [name for _, name in sorted(by_seq.items())]


def _names(blocks: Sequence[Block], first: int, end: int) -> list[str | None]:
    """The items among the entries from ``first`` to before ``end``."""
    return [
        entry_name(entry)
        for block in blocks
        if block.header.first_seq < end and block.header.end_seq > first
        for entry in read_entries(block).entries
        if first <= entry.seq < end
    ]
