"""Every use of a project from the command line goes to its audit log before anything is shown."""

from __future__ import annotations

import getpass
import re
from collections.abc import Sequence
from contextvars import ContextVar

from tocsin.cli.output import say
from tocsin.clock import SystemClock
from tocsin.desk.audit import Look, append
from tocsin.engines.project import Project
from tocsin.errors import EnvironmentFailed

_KEPT_VALUES = frozenset(
    {"--level", "--limit", "--since", "--until", "--release", "--format", "--number"}
)
"""Options whose value is noted; of others only that they were given."""
FLAGS = frozenset(
    {
        "--accept",
        "--agree",
        "--all",
        "--alone",
        "--apply",
        "--back",
        "--behind-proxy",
        "--check",
        "--dead",
        "--deliver",
        "--drill",
        "--dry-run",
        "--force",
        "--full",
        "--handover",
        "--json",
        "--live",
        "--new-key",
        "--no-serve",
        "--numbers",
        "--once",
        "--passphrase",
        "--passphrase-stdin",
        "--prepare",
        "--private",
        "--proposed",
        "--rotate",
        "--serve",
        "--settings",
        "--venue",
        "--version",
        "--will-ask",
        "--withdraw",
        "--without-keys",
        "--yes",
    }
)
"""Options without a value: what follows them is noted."""
_PRIVATE = frozenset({"people", "recipients", "staff", "sites", "rota", "shift"})
"""Commands about the desk's own lists: what they name is noted nowhere in clear."""
_PLAIN = re.compile(r"[\w@./:+~-]{1,80}")
_OPTION = re.compile(r"--?[a-z][a-z-]*")
_KINDS = {
    "view": ("explain", "rumours show", "tips show", "report show", "media list", "seal open"),
    "export": (
        "export",
        "timeline",
        "cap",
        "deliver",
        "brief",
        "report-year",
        "review export",
        "backup",
    ),
    "check": ("verify", "audit verify", "check"),
    "change": (
        "ingest",
        "run",
        "watch",
        "rebuild",
        "restore",
        "retention",
        "outbox retry",
        "tips add",
        "tips purge",
        "media ocr",
        "sources add",
        "sources remove",
        "channels import",
        "events import",
        "places add",
        "heads sign",
        "people invite",
        "people close",
    ),
}
WHAT = {command: kind for kind, commands in _KINDS.items() for command in commands}
"""Command → what it is noted as; any other is a change where somebody decides by --as, else a
query."""

_typed: ContextVar[tuple[str, ...]] = ContextVar("what was typed", default=())


def remember(arguments: Sequence[str]) -> None:
    """Keep what was typed until a project is opened."""
    _typed.set(tuple(arguments))


def note_look(desk: Project) -> None:
    """Write one line to the project's audit log.

    A check shows nothing of a post, and evidence on a read-only medium must be open to it: there
    it is said that the log could not be written, and the check goes on.

    Raises:
        EnvironmentFailed: it cannot be written; then nothing is shown.
    """
    typed = _typed.get()
    words = noted(typed)
    by = _named(typed) or desk.settings.text("project.operator")
    look = Look(what(words, typed), words, by, getpass.getuser(), SystemClock().now())
    try:
        append(desk.audit_path, look)
    except EnvironmentFailed as failure:
        if look.what != "check":
            raise
        say(f"not in the audit log: {failure}")


def noted(typed: Sequence[str]) -> tuple[str, ...]:
    """Command, ids and names of options: what was looked at, without any free text."""
    words: list[str] = []
    before = ""
    hidden = typed[:1] and typed[0] in _PRIVATE
    text = "--text" in typed
    for word in typed:
        option = word.partition("=")[0]
        if before.startswith("-") and before not in FLAGS | _KEPT_VALUES:
            # Its value; or, after a flag that we do not know, an option: neither is needed.
            pass
        elif word.startswith("-"):
            words.append(option if _OPTION.fullmatch(option) else "…")
        elif (hidden and len(words) >= 2) or (text and words) or not _PLAIN.fullmatch(word):
            words.append("…")
        else:
            words.append(word)
        before = "" if "=" in word else word
    return tuple(words)


def _named(typed: Sequence[str]) -> str:
    """The name after ``--as``, which a decision gives."""
    for word, following in zip(typed, [*typed[1:], ""], strict=True):
        if word == "--as":
            return following
        if word.startswith("--as="):
            return word.removeprefix("--as=")
    return ""


def what(words: Sequence[str], typed: Sequence[str]) -> str:
    """What is noted of a command: query, view, export, change or check.

    Args:
        words: as :func:`noted` gives them.
    """
    command = [word for word in words if not word.startswith("-")][:2]
    known = WHAT.get(" ".join(command)) or WHAT.get(" ".join(command[:1]))
    decides = any(word == "--as" or word.startswith("--as=") for word in typed)
    return known or ("change" if decides else "query")
