"""RawItem → Evidence: the append-only archive and its ledger."""

from tocsin.archive.archive import Archive, Options
from tocsin.archive.erasure import ErasureOrder
from tocsin.archive.evidence import item_name
from tocsin.archive.findings import Problem, ProblemKind
from tocsin.archive.format import LedgerEntry
from tocsin.archive.pseudonym import Pseudonymiser, load_or_create_key
from tocsin.archive.scrub import scrub, wording_digest
from tocsin.archive.verify import VerifyReport, verify
from tocsin.archive.verify_options import VerifyOptions

__all__ = [
    "Archive",
    "ErasureOrder",
    "LedgerEntry",
    "Options",
    "Problem",
    "ProblemKind",
    "Pseudonymiser",
    "VerifyOptions",
    "VerifyReport",
    "item_name",
    "load_or_create_key",
    "scrub",
    "verify",
    "wording_digest",
]
