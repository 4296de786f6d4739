"""The keys that sign tree heads: each announced by the one before, the pinned one among them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tocsin.archive.findings import KEEP, Findings, ProblemKind
from tocsin.archive.format import LedgerEntry
from tocsin.archive.signing_keys import announcement_from, key_id, read_public


class KeyCheck:
    """Follows the announcements in the ledger.

    Args:
        pins: files of public keys that must be among those announced.

    Raises:
        UsageError: a file holds no public key.
    """

    def __init__(self, findings: Findings, pins: Iterable[Path] = ()) -> None:
        self._pins = [(path, read_public(path)) for path in pins]
        self._findings = findings
        self._line: list[tuple[int, bytes]] = []

    def take(self, entry: LedgerEntry) -> None:
        """Check one announcement; one that does not fit announces nothing."""
        where = f"ledger entry {entry.seq}"
        try:
            said = announcement_from(entry.payload)
        except ValueError:
            self._findings.add(ProblemKind.CHANGED, where, "signing key")
            return
        if said.fits(self._line[-1][1] if self._line else None):
            self._line.append((entry.seq, said.key))
        else:
            self._tell(f"{where}: was not announced by the key before it", said.id)

    def in_force(self, seq: int) -> bytes | None:
        """The public key announced last before a position; None: there was none."""
        before = [key for announced, key in self._line if announced < seq]
        return before[-1] if before else None

    def known(self, name: str) -> bytes | None:
        """The public key with an id, if it was ever announced."""
        return next((key for _, key in self._line if key_id(key) == name), None)

    def check_pins(self) -> None:
        """Every key pinned outside must be one of those announced."""
        known = {key for _, key in self._line}
        for path, public in self._pins:
            if public not in known:
                self._tell(f"{path}: pinned, but this ledger never announced it", key_id(public))

    def _tell(self, where: str, name: str) -> None:
        self._findings.add(ProblemKind.SWAPPED_KEY, where, f"signing key {name}", KEEP)
