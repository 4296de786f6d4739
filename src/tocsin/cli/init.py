"""``tocsin init``: a new project, and the questions that come before a first ingest."""

from __future__ import annotations

import os
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from tocsin import wire
from tocsin.archive import Archive, load_or_create_key
from tocsin.archive.signing_keys import SigningKey
from tocsin.cli.output import say, show
from tocsin.clock import SystemClock
from tocsin.engines.heads import announce_first, publish
from tocsin.engines.project import filing
from tocsin.errors import UsageError
from tocsin.model import Decision, DecisionKind
from tocsin.settings import FILE_NAME, quoted

UNANSWERED = "unanswered"


@dataclass(frozen=True, slots=True)
class Question:
    """One question of ``init``; the same name is the flag."""

    name: str
    text: str
    default: str = UNANSWERED


QUESTIONS = (
    Question("purpose", "What is this desk for, in one sentence?"),
    Question("legal_basis", "On what legal basis does it process public posts?"),
    Question("harms", "Who could be harmed if it is right, if it is wrong, if it cancels?"),
    Question("places", "Which places does it watch over?"),
    Question("groups", "Which communities does it protect?"),
    Question("languages", "Which languages do its channels use?", "ru, en"),
    Question("release", "How many people release a warning outside the desk: one or two?", "two"),
)


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The project's folder, new.")],
    purpose: Annotated[str | None, typer.Option(help=QUESTIONS[0].text)] = None,
    legal_basis: Annotated[str | None, typer.Option(help=QUESTIONS[1].text)] = None,
    harms: Annotated[str | None, typer.Option(help=QUESTIONS[2].text)] = None,
    places: Annotated[str | None, typer.Option(help=QUESTIONS[3].text)] = None,
    groups: Annotated[str | None, typer.Option(help=QUESTIONS[4].text)] = None,
    languages: Annotated[str | None, typer.Option(help=QUESTIONS[5].text)] = None,
    release: Annotated[str | None, typer.Option(help=QUESTIONS[6].text)] = None,
    operator: Annotated[str, typer.Option(help="Role or handle noted with captures.")] = "desk",
    key_file: Annotated[
        Path | None,
        typer.Option(help="Where the pseudonym key goes; default: your configuration folder."),
    ] = None,
    signing_key_file: Annotated[
        Path | None,
        typer.Option(help="Where the key goes that signs the ledger; default: beside the other."),
    ] = None,
) -> None:
    """Start a project: settings, archive, store, and three keys outside the folder.

    One makes pseudonyms, one signs the ledger at the end of each ingest and run, one opens the
    desk's own lists.

    Asks for purpose, legal basis and possible harms first. Without a terminal, what no flag
    answers is marked "unanswered". Example:

        tocsin init desk --purpose "warn the community of N" --release two
    """
    given = dict(
        zip(
            (question.name for question in QUESTIONS),
            (purpose, legal_basis, harms, places, groups, languages, release),
            strict=True,
        )
    )
    _refuse_used(folder)
    answers = {question.name: _answer(question, given[question.name]) for question in QUESTIONS}
    if answers["release"] not in ("one", "two"):
        raise UsageError(f"--release {answers['release']}: say one or two")
    keys = _Keys.outside(folder, key_file, signing_key_file)
    _make(folder, answers, operator, keys)
    _tell(folder, answers, keys)


def _refuse_used(folder: Path) -> None:
    if (folder / FILE_NAME).exists():
        raise UsageError(f"{folder}: already a tocsin project; nothing was changed")
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder}: is a file; name a folder")


def _answer(question: Question, given: str | None) -> str:
    if given is not None:
        return given.strip() or UNANSWERED
    if not sys.stdin.isatty():
        return question.default
    asked: str = typer.prompt(question.text, default=question.default, err=True)
    return asked.strip() or question.default


@dataclass(frozen=True, slots=True)
class _Keys:
    """Where the keys go."""

    pseudonyms: Path
    signing: Path

    @property
    def desk(self) -> Path:
        """Beside the first; for the desk's own lists."""
        return self.pseudonyms.with_suffix(".desk.key")

    @classmethod
    def outside(cls, folder: Path, named: Path | None, signing: Path | None) -> _Keys:
        first = (named or _default_key_path(folder)).expanduser().absolute()
        second = (signing or first.with_name(f"{first.stem}-signing.pem")).expanduser().absolute()
        for option, path in (("--key-file", first), ("--signing-key-file", second)):
            if path.is_relative_to(folder.absolute()):
                raise UsageError(f"{option} {path}: the key must lie outside the project")
        return cls(first, second)


def _make(folder: Path, answers: dict[str, str], operator: str, keys: _Keys) -> None:
    with filing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        load_or_create_key(keys.pseudonyms)
        load_or_create_key(keys.desk, "the key of the desk's lists")
        _record(folder, answers, operator, keys.signing)
        text = _settings_text(folder, answers, operator, keys)
        # The settings come last: a folder without them is not a project, and init can run again.
        (folder / FILE_NAME).write_text(text, encoding="utf-8")


def _default_key_path(folder: Path) -> Path:
    home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return home / "tocsin" / f"{folder.absolute().name}-{secrets.token_hex(4)}.key"


def _record(folder: Path, answers: dict[str, str], operator: str, signing: Path) -> None:
    """The answers are the archive's first entries, so that nobody can say they were others."""
    archive_folder = folder / "archive"
    if archive_folder.exists():
        return
    now = SystemClock().now()
    key = SigningKey.load(signing) if signing.exists() else SigningKey.create(signing)
    publish(folder, key.public)
    with Archive.create(archive_folder) as archive:
        announce_first(archive, key, now)
        for name, answer in answers.items():
            decision = Decision(DecisionKind.PURPOSE, name, answer, operator, now)
            archive.append_entry("decision", wire.decision_form(decision))
        archive.flush()


def _settings_text(folder: Path, answers: dict[str, str], operator: str, keys: _Keys) -> str:
    lines = [
        "# tocsin project. What can be set, and its defaults: tocsin check --settings",
        "[project]",
        f"name = {quoted(folder.absolute().name)}",
        f"operator = {quoted(operator)}",
        f"key_file = {quoted(str(keys.pseudonyms))}",
        f"signing_key_file = {quoted(str(keys.signing))}",
        "",
        "[release]",
        f"people = {1 if answers['release'] == 'one' else 2}",
        "",
        "# Before anything can leave the desk (docs/delivery.md):",
        "# [delivery]",
        '# sender = "desk@example.org"',
        '# mail_host = "mail.example.org"',
        "",
        "# Asked by tocsin init before the first ingest; shown to whoever uses this desk.",
        "[answers]",
        *(f"{name} = {quoted(answer)}" for name, answer in answers.items()),
    ]
    return "\n".join(lines) + "\n"


def _tell(folder: Path, answers: dict[str, str], keys: _Keys) -> None:
    show(f"project  {folder}")
    apart = "keep it apart; without it pseudonyms cannot be made again"
    show(f"key      {keys.pseudonyms}  ({apart})")
    show(f"signs    {keys.signing}  (give {keys.signing.name}.pub to whoever will check you)")
    show(f"key      {keys.desk}  (of the desk's own lists; without it they cannot be read)")
    for name in [name for name, answer in answers.items() if answer == UNANSWERED]:
        say(f"unanswered: {name.replace('_', ' ')}; answer it in {folder / FILE_NAME}")
    show(f"next     cd {folder} && tocsin ingest EXPORT… && tocsin run")
