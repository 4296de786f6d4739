"""``tocsin backup``: everything of a project in one encrypted file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tocsin.cli.options import JsonOption, ProjectOption, open_project
from tocsin.cli.output import progress, say, show, show_json
from tocsin.clock import SystemClock
from tocsin.desk.keys import SHORTEST
from tocsin.engines.project import Project
from tocsin.errors import UsageError

if TYPE_CHECKING:
    from tocsin.backup.locks import Lock, Opener
    from tocsin.engines.backup import BackedUp
    from tocsin.engines.restore import BackupFile

IdentityOption = Annotated[
    list[Path] | None,
    typer.Option("--identity", metavar="FILE", help="A private key of age opens it. Repeatable."),
]
PassphraseFileOption = Annotated[
    Path | None,
    typer.Option("--passphrase-file", metavar="FILE", help="Its first line is the passphrase."),
]


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The backup; not in the project.")],
    to: Annotated[
        list[str] | None,
        typer.Option("--to", metavar="RECIPIENT", help="A public key of age (age1…). Repeatable."),
    ] = None,
    passphrase: Annotated[
        bool, typer.Option("--passphrase", help="Ask for a passphrase at the terminal.")
    ] = False,
    passphrase_file: PassphraseFileOption = None,
    without_keys: Annotated[
        bool, typer.Option("--without-keys", help="Leave out the keys outside the project.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="FILE may be overwritten.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Read FILE whole, without restoring it.")
    ] = False,
    identity: IdentityOption = None,
    new_key: Annotated[
        bool, typer.Option("--new-key", help="Make FILE a private key; prints its public key.")
    ] = False,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Write everything of a project into one encrypted file, while others go on working.

    Encrypted to public keys (--to, or backup.recipients in tocsin.toml), of which any one private
    key opens it, or under a passphrase: one of both. Keep private keys and passphrase elsewhere
    than the backup. Whoever opens it has the keys of the desk too, but for --without-keys. The
    format is that of age: other tools open it. docs/backup.md is for the night you need it.

        tocsin backup --new-key /media/safe/backup.key

        tocsin backup /media/disk/desk.age --to age1…

        tocsin backup --check /media/disk/desk.age --identity /media/safe/backup.key
    """
    if new_key:
        _make_key(file, as_json=as_json)
    elif check:
        _check(file, identity, passphrase_file, as_json=as_json)
    else:
        desk = open_project(project)
        lock = _lock(desk, to, (passphrase, passphrase_file))
        _back_up(desk, file, lock, keys=not without_keys, force=force, as_json=as_json)


def _make_key(path: Path, *, as_json: bool) -> None:
    from tocsin.archive.disk import plain_failures, write_new
    from tocsin.backup.locks import new_identity

    private, public = new_identity()
    if path.exists():
        raise UsageError(f"{path}: is there already; name another file")
    with plain_failures("the key could not be written", path):
        write_new(path, [f"# public key: {public}\n{private}\n".encode()])
    if as_json:
        show_json({"file": str(path), "public": public})
        return
    show(public)
    say(f"{path}: the private key; keep it, and a copy, elsewhere than the backups")
    say(f'in tocsin.toml, so that no command has to name it: [backup] recipients = ["{public}"]')


def _lock(desk: Project, to: list[str] | None, words: tuple[bool, Path | None]) -> Lock:
    """The one way of locking that was asked for."""
    from tocsin.backup.locks import Lock

    asked, file = words
    if sum((bool(to), asked, file is not None)) > 1:
        raise UsageError("--to, --passphrase, --passphrase-file: name one of them")
    if asked or file is not None:
        return Lock(passphrase=_long_enough(said_passphrase(file, twice=True)))
    recipients = tuple(to or desk.settings.texts("backup.recipients"))
    if not recipients:
        raise UsageError(
            "a backup is encrypted: add --to RECIPIENT or --passphrase, or set backup.recipients "
            "in tocsin.toml; a pair of keys is made by: tocsin backup --new-key FILE"
        )
    return Lock(recipients)


def _long_enough(passphrase: str) -> str:
    if len(passphrase) < SHORTEST:
        raise UsageError(
            f"the passphrase has {len(passphrase)} characters, it needs {SHORTEST}: four or five "
            "words that nobody connects with you"
        )
    return passphrase


def said_passphrase(file: Path | None, *, twice: bool) -> str:
    """The passphrase from a file's first line, or asked for."""
    if file is not None:
        try:
            return file.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
        except (OSError, UnicodeDecodeError):
            raise UsageError(f"{file}: cannot be read; it is to hold the passphrase") from None
    if not sys.stdin.isatty():
        raise UsageError("the passphrase is asked at a terminal; without one: --passphrase-file")
    said: str = typer.prompt("Passphrase", hide_input=True, confirmation_prompt=twice, err=True)
    return said


def absolute(path: Path) -> Path:
    """As it is meant from here."""
    return path.expanduser().resolve()


def opener(source: Path, identity: list[Path] | None, passphrase_file: Path | None) -> Opener:
    """What opens a backup, asked for where it is a passphrase that nothing names.

    Raises:
        UsageError: what opens it was not named.
    """
    from tocsin.backup.locks import Opener, identities_in, needs_passphrase

    if not source.is_file():
        raise UsageError(f"{source}: no such file")
    if needs_passphrase(source):
        if identity:
            raise UsageError(f"{source}: was made with a passphrase; leave out --identity")
        return Opener(passphrase=said_passphrase(passphrase_file, twice=False))
    if passphrase_file is not None or not identity:
        raise UsageError(f"{source}: a private key opens it: --identity FILE")
    return Opener(tuple(one for path in identity for one in identities_in(path)))


@contextmanager
def percent() -> Iterator[Callable[[str, int, int], None]]:
    """A bar to a hundred for whatever is being done."""
    with progress("", 100) as (bar, task):
        yield lambda what, done, total: bar.update(
            task, description=what, completed=100 * done // max(1, total)
        )


def _back_up(
    desk: Project, file: Path, lock: Lock, *, keys: bool, force: bool, as_json: bool
) -> None:
    from tocsin.engines.backup import BackupOrder, back_up

    out = absolute(file)
    order = BackupOrder(out, lock, keys, force)
    with percent() as told:
        done = back_up(desk, order, SystemClock().now(), told)
    if as_json:
        show_json(_form(done))
        return
    show(f"{done.out}: {done.size:,} bytes, {done.files:,} files, {done.entries:,} ledger entries")
    show(f"sha256 {done.sha256}")
    show(f"keys in it: {', '.join(done.keys) or 'none'}")
    for path in done.keys_missing:
        say(f"not in it, for it is not there: {path}")
    for named in done.outside:
        say(f"not in it, for it lies outside the project: {named}")
    if done.left_out:
        say(f"not in it, for it is no part of a project: {', '.join(done.left_out)}")


def _form(done: BackedUp) -> dict[str, Any]:
    return {
        "file": str(done.out),
        "size": done.size,
        "sha256": done.sha256,
        "files": done.files,
        "entries": done.entries,
        "head": done.head,
        "keys": list(done.keys),
        "keys_missing": [str(path) for path in done.keys_missing],
        "outside": list(done.outside),
        "left_out": list(done.left_out),
    }


def _check(
    file: Path, identity: list[Path] | None, passphrase_file: Path | None, *, as_json: bool
) -> None:
    from tocsin.engines.restore import look

    with percent() as told:
        found = look(file, opener(file, identity, passphrase_file), told)
    if as_json:
        show_json(backup_form(found))
        return
    head = found.head
    show(f"{file}: whole; {found.files:,} files, {head['entries']:,} ledger entries")
    show(f"backup of {head['project'] or head['folder']}, {head['at']}, tocsin {head['tocsin']}")
    show(f"sha256 {found.sha256}")


def backup_form(found: BackupFile) -> dict[str, Any]:
    """What a backup says of itself."""
    head = found.head
    return {
        "at": head["at"],
        "project": head["project"],
        "tocsin": head["tocsin"],
        "files": found.files,
        "size": found.size,
        "sha256": found.sha256,
        "entries": head["entries"],
        "head": head["head"],
        "keys": [key["name"] for key in head["keys"]],
    }
