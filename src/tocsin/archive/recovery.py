"""Opening after a kill: what was written and never committed is cut off, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tocsin.archive.blocks import SEE_VERIFY, Block, BlockFiles, place
from tocsin.archive.evidence import EVIDENCE
from tocsin.archive.format import GENESIS, ledger_lines, line_body, parse_line
from tocsin.errors import ArchiveDamaged


@contextmanager
def understood(block: Block) -> Iterator[None]:
    """A block with a right checksum that makes no sense was made by no tocsin: say so.

    Raises:
        ArchiveDamaged: instead of what taking the block apart raises.
    """
    try:
        yield
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise ArchiveDamaged(f"{block.where}: the block was changed; {SEE_VERIFY}") from error


def head_of(ledger: BlockFiles) -> bytes:
    """Digest of the last entry on the disk; 32 zero bytes for none."""
    if not ledger.blocks:
        return GENESIS
    block = ledger.blocks[-1]
    with understood(block):
        last = parse_line(ledger_lines(block.payload())[-1])
        if last.seq + 1 != block.header.end_seq:
            raise ValueError("its last entry is not the one the header states")
    return last.digest


def recover(ledger: BlockFiles, segments: BlockFiles) -> tuple[str, ...]:
    """Cut off what a kill left; returns what was cut, in plain words.

    A kill leaves at most one batch: a torn content block, or a whole one whose ledger block is
    torn or was never begun.

    Raises:
        ArchiveDamaged: there is more than that, so nothing is cut.
    """
    orphans = [b for b in segments.blocks if b.header.first_seq >= ledger.end_seq]
    _refuse_damage(ledger, segments, orphans)
    notes = [
        f"{place(gap.path)}: {gap.length} bytes of an interrupted write were cut off"
        for gap in (ledger.drop_torn(), segments.drop_torn())
        if gap is not None
    ]
    if orphans:
        block = segments.drop_last()
        notes.append(f"{block.where}: {block.header.count} items never confirmed were cut off")
    return tuple(notes)


def _refuse_damage(ledger: BlockFiles, segments: BlockFiles, orphans: list[Block]) -> None:
    if len(orphans) > 1:
        raise ArchiveDamaged(
            f"{orphans[0].where}: contents without ledger entries, more than an interrupted "
            f"write can leave; {SEE_VERIFY}"
        )
    torn = segments.torn
    if torn and (orphans or ledger.torn or not _last_contents_are_there(ledger, segments)):
        raise ArchiveDamaged(
            f"{torn.where}: the file was cut short after it was written; {SEE_VERIFY}"
        )


def _last_contents_are_there(ledger: BlockFiles, segments: BlockFiles) -> bool:
    """Whether the last ledger block with evidence has its content block."""
    for block in reversed(ledger.blocks):
        with understood(block):
            lines = ledger_lines(block.payload())
            if any(line_body(line)["kind"] == EVIDENCE for line in lines):
                return bool(segments.between(block.header.first_seq, block.header.end_seq))
    return True
