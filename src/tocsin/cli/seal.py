"""``tocsin seal``: originals that only two people can open together."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from tocsin import wire
from tocsin.archive import Archive, sealed
from tocsin.archive.sealing import lies_within, make_keys, open_item, read_private
from tocsin.cli.options import ProjectOption, named_person, open_project
from tocsin.cli.output import say, show
from tocsin.clock import SystemClock
from tocsin.engines.indexing import Indexer
from tocsin.engines.project import Project, filing
from tocsin.errors import ArchiveDamaged, Finding, UsageError
from tocsin.model import Decision, DecisionKind, Evidence
from tocsin.store import Store
from tocsin.store.erasures import erased_refs
from tocsin.store.lists import newest_post

app = typer.Typer(help="Sealed originals: keys, open.", no_args_is_help=True)


@app.command()
def keys(
    first: Annotated[Path, typer.Argument(metavar="OUT1", help="Private key of one person.")],
    second: Annotated[Path, typer.Argument(metavar="OUT2", help="Private key of the other.")],
    public: Annotated[
        Path, typer.Option(help="Where both public keys go; for tocsin ingest --seal-to.")
    ] = Path("seal.pub"),
) -> None:
    """Make two key pairs. Give each private file to one person, who keeps it offline.

    Whoever has one of them opens nothing. If one is lost, nothing sealed to it can be opened.

        tocsin seal keys ana.key ben.key --public seal.pub
    """
    make_keys((first, second), public)
    show(f"private  {first}")
    show(f"private  {second}  (give them to two people, and leave no copy here)")
    show(f"public   {public}  (tocsin ingest EXPORT --seal-to {public})")


@app.command("open")
def open_sealed(
    ref: Annotated[str, typer.Argument(metavar="REF", help='Evidence id "channel/id".')],
    key: Annotated[list[Path] | None, typer.Option(help="A private key; give both.")] = None,
    by: Annotated[
        list[str] | None, typer.Option("--as", metavar="NAME", help="Who opens it; two people.")
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept in the ledger.")] = "",
    out: Annotated[
        Path | None, typer.Option(help="Where it goes; default: standard output.")
    ] = None,
    project: ProjectOption = Path(),
) -> None:
    """Open the sealed original of a post, its newest version; two people, logged.

    The original is checked against the commitment that the ledger made when it was taken in. The
    opening is in the ledger before the original is written out. It holds what tocsin otherwise
    never stores: names, reactions, ids.
    """
    desk = open_project(project)
    asked = _asked(desk, key or [], by or [], reason)
    with desk.writing() as (archive, store):
        evidence = _evidence(archive, store, ref)
        original = _opened(archive, evidence, asked)
        subject = f"{ref} v{evidence.identity.version}"
        _log(archive, store, subject, asked)
    if out is None:
        sys.stdout.buffer.write(original)
        sys.stdout.buffer.flush()
        return
    with filing(out):
        out.write_bytes(original)
    say(f"{subject}: the original, {len(original):,} bytes, is in {out}; it matches the ledger")


@dataclass(frozen=True, slots=True)
class _Asked:
    keys: tuple[bytes, bytes]
    names: tuple[str, str]
    reason: str


def _asked(desk: Project, paths: list[Path], names: list[str], reason: str) -> _Asked:
    said = [named_person(name) for name in names]
    if len({name.casefold() for name in said}) != 2 or len(said) != 2:
        raise UsageError("two people open an original: add --as NAME1 --as NAME2")
    if not reason.strip():
        raise UsageError("opening an original needs its reason: add --reason '…'")
    if len(paths) != 2:
        raise UsageError("both private keys are needed: add --key FILE1 --key FILE2")
    for path in paths:
        if lies_within(path, desk.folder):
            raise UsageError(f"{path}: a private key must not lie in the project's folder")
    one, other = map(read_private, paths)
    if one == other:
        raise UsageError("that is the same key twice: both people's keys are needed")
    return _Asked((one, other), (said[0], said[1]), reason.strip())


def _evidence(archive: Archive, store: Store, ref: str) -> Evidence:
    channel, _, message_id = ref.rpartition("/")
    row = newest_post(store, channel, message_id)
    if row is None and erased_refs(store, [ref]):
        raise UsageError(f"{ref}: was erased, and its sealed original with it")
    if row is None:
        raise UsageError(f"no post {ref} in this project; tocsin warnings and rumours show ids")
    return archive.evidence(row["seq"])


def _opened(archive: Archive, evidence: Evidence, asked: _Asked) -> bytes:
    digest = next(archive.entries(evidence.seq)).payload.get("sealed")
    if digest is None:
        raise UsageError("this item was taken in without --seal-to: its original was not kept")
    found = sealed.find(sealed.folder_beside(archive.folder), evidence.capture, digest)
    if found is None:
        raise ArchiveDamaged("the sealed original is missing or was altered; run tocsin verify")
    original = open_item(evidence.identity, found, asked.keys)
    if hashlib.sha256(evidence.salt + original).digest() != evidence.original:
        raise Finding("what was sealed is not what the ledger committed to; keep everything")
    return original


def _log(archive: Archive, store: Store, subject: str, asked: _Asked) -> None:
    now, who = SystemClock().now(), " and ".join(asked.names)
    decision = Decision(DecisionKind.SEAL_OPEN, subject, "opened", who, now, asked.reason)
    archive.append_entry("decision", wire.decision_form(decision))
    archive.flush()
    Indexer(store).catch_up(archive)
