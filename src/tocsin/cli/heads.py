"""``tocsin heads``: signed tree heads, and the key that signs them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from tocsin import wire
from tocsin.archive import Archive
from tocsin.archive.heads import TreeHead
from tocsin.archive.proofs import heads_of
from tocsin.archive.signing_keys import SigningKey, key_id
from tocsin.cli.options import AsOption, JsonOption, ProjectOption, named_person, open_project
from tocsin.cli.output import say, show, show_json, show_rows
from tocsin.clock import SystemClock
from tocsin.engines.heads import NO_KEY, announce_first, announced, hand_over, publish, sign
from tocsin.engines.indexing import Indexer
from tocsin.engines.project import Project, filing
from tocsin.errors import EnvironmentFailed, UsageError
from tocsin.model import Decision, DecisionKind
from tocsin.settings import FILE_NAME, set_in_file

app = typer.Typer(
    no_args_is_help=True,
    help="Signed tree heads: what the ledger was, said so that it can be held to it.\n\n"
    "One is signed at the end of every ingest and run, and written to DIR/heads. Keep copies "
    "where nobody can change both: tocsin verify --head COPY then shows whether the archive "
    "still begins with the same entries.",
)


@app.command("list")
def list_heads(project: ProjectOption = Path(), as_json: JsonOption = False) -> None:
    """The signed heads in the ledger, oldest first."""
    desk = open_project(project)
    with filing(desk.folder), Archive.open(desk.archive_folder) as archive:
        rows = [head.form() for head in heads_of(archive)]
    if rows or as_json:
        show_rows(rows, ("size", "at", "key", "root"), as_json)
    else:
        show("no signed head yet")


@app.command("sign")
def sign_now(project: ProjectOption = Path(), as_json: JsonOption = False) -> None:
    """Sign the ledger as it stands, if anything came since the last head."""
    desk = open_project(project)
    if desk.signing_key_path is None:
        raise UsageError(NO_KEY)
    with desk.writing() as (archive, store):
        head = sign(desk, archive, SystemClock().now())
        Indexer(store).catch_up(archive)
    assert head is not None
    if as_json:
        show_json(head.form())
    else:
        show(f"{head.size:,} entries signed by {head.key}: root {head.root.hex()}")


@app.command("key")
def make_key(
    project: ProjectOption = Path(),
    key_file: Annotated[
        Path | None,
        typer.Option("--signing-key-file", help="Where the new key goes, outside the project."),
    ] = None,
    rotate: Annotated[
        bool, typer.Option("--rotate", help="Hand over from the key in force to a new one.")
    ] = False,
    who: AsOption = None,
) -> None:
    """Make the key that signs tree heads, for a project that has none, or hand over to a new one.

    The old key signs the new one's announcement, so it must be at hand. Examples:

        tocsin heads key --as ana

        tocsin heads key --rotate --as ana
    """
    name = named_person(who)
    desk = open_project(project)
    with desk.writing() as (archive, store), filing(desk.folder):
        in_force = announced(desk, archive)
        if (in_force is not None) != rotate:
            raise UsageError(
                "this ledger never announced a signing key; leave out --rotate"
                if rotate
                else f"this ledger announced key {key_id(in_force or b'')}; set "
                "project.signing_key_file to where it lies, or hand over with --rotate"
            )
        path = _announce(desk, archive, (in_force, key_file), name)
        Indexer(store).catch_up(archive)
    show(f"signs    {path}  (give {path.name}.pub to whoever will check you)")


def _announce(
    desk: Project, archive: Archive, where: tuple[bytes | None, Path | None], name: str
) -> Path:
    """The key's announcement, the decision, and the first head it signs; returns its file."""
    in_force, named = where
    now = SystemClock().now()
    old = None if in_force is None else _old_key(desk, in_force)
    path = _outside(desk, named or _next_path(desk, fresh=old is not None))
    new = SigningKey.load(path) if old is None and path.exists() else SigningKey.create(path)
    if old is None:
        announce_first(archive, new, now)
    else:
        hand_over(archive, (old, new), now)
    decision = Decision(DecisionKind.SIGNING_KEY, new.id, path.name, name, now)
    archive.append_entry("decision", wire.decision_form(decision))
    archive.flush()
    publish(desk.folder, new.public)
    set_in_file(desk.folder / FILE_NAME, "project.signing_key_file", str(path))
    sign(open_project(desk.folder), archive, now)
    return path


def _old_key(desk: Project, in_force: bytes) -> SigningKey:
    """The key that hands over.

    Raises:
        UsageError: it is not the one that the ledger announced last, or is not here.
    """
    path = desk.signing_key_path
    old = None if path is None else SigningKey.load(path)
    if old is None or old.public != in_force:
        raise UsageError(
            f"{path or desk.folder / FILE_NAME}: key {key_id(in_force)}, which must hand over, is "
            "not there; set project.signing_key_file to where it lies"
        )
    return old


def _next_path(desk: Project, *, fresh: bool) -> Path:
    """Where the settings say, or beside the key before it under a name that is free."""
    before = desk.signing_key_path
    if before is not None and not fresh:
        return before
    base = (
        desk.key_path.with_name(f"{desk.key_path.stem}-signing.pem") if before is None else before
    )
    stem = re.sub(r"-\d+$", "", base.stem)
    names = [f"{stem}.pem", *(f"{stem}-{number}.pem" for number in range(2, 1000))]
    return next(path for name in names if not (path := base.with_name(name)).exists())


def _outside(desk: Project, path: Path) -> Path:
    whole = path.expanduser().absolute()
    if whole.is_relative_to(desk.folder):
        raise UsageError(f"--signing-key-file {whole}: the key must lie outside the project")
    return whole


def sign_at_end(desk: Project, archive: Archive) -> TreeHead | None:
    """Sign what a command wrote. What it wrote is safe already, so a missing key is only told."""
    try:
        return sign(desk, archive, SystemClock().now())
    except (UsageError, EnvironmentFailed) as error:
        say(f"not signed: {error}")
        return None
