"""Whether the audit log is whole, by itself and by what the ledger noted of it."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.archive import Archive
from tocsin.desk.audit import Head, Trouble, check, head_of
from tocsin.engines.project import Project


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """What a check found.

    Args:
        head: how far the log has come.
        anchors: how often the ledger noted it.
    """

    head: Head
    anchors: int
    troubles: tuple[Trouble, ...]


def check_audit(project: Project) -> AuditCheck:
    """Check the chain, and its ends as the ledger noted them; reads log and ledger whole."""
    with Archive.open(project.archive_folder) as archive:
        anchors = [entry.payload for entry in archive.entries() if entry.kind == "audit"]
    troubles = check(project.audit_path, anchors)
    return AuditCheck(head_of(project.audit_path), len(anchors), tuple(troubles))
