"""``tocsin tips``: take tips in, decide about them, and let their senders ask what came of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.options import (
    AsOption,
    JsonOption,
    ProjectOption,
    ReasonOption,
    before_subcommand,
    named_person,
    open_project,
)
from tocsin.cli.output import show, show_json, show_rows
from tocsin.clock import SystemClock
from tocsin.engines.project import Project, filing
from tocsin.engines.tip_box import tip_form
from tocsin.engines.tips import Judgement, TipDesk
from tocsin.errors import UsageError
from tocsin.model import ContactWish, TipStatus
from tocsin.sources.tips import CONSENT, CONSENT_VERSION, TipForm

app = typer.Typer(
    help="Tips: add, list, show, accept, reject, answer, and ask with a code.",
    no_args_is_help=True,
)
_Id = Annotated[str, typer.Argument(metavar="ID", help="A tip's id, from the list.")]
_COLUMNS = ("id", "received_at", "status", "files", "place", "when", "text")
_HEAD = 80


@app.callback()
def tips(project: ProjectOption = Path()) -> None:
    """What people tell the desk. No address of the sender is stored, nor asked for.

    A tip waits encrypted until a named person decides. Accepted, it is evidence of the source
    "tip": it goes through the pipeline as context, never as an independent channel, and alone it
    never leads above a watch.
    """
    before_subcommand(project)


@app.command()
def add(
    text: Annotated[
        str | None, typer.Option(help="What was seen; else from standard input.")
    ] = None,
    agree: Annotated[
        bool, typer.Option("--agree", help="The sender was shown the consent text and agrees.")
    ] = False,
    place: Annotated[str, typer.Option(help="Where, in the sender's words.")] = "",
    when: Annotated[str, typer.Option(help="When, in the sender's words.")] = "",
    lang: Annotated[str, typer.Option(help="Language of the text, e.g. en.")] = "",
    attach: Annotated[
        list[Path] | None, typer.Option("--attach", metavar="FILE", help="Repeatable.")
    ] = None,
    will_ask: Annotated[bool, typer.Option("--will-ask", help="The sender will ask back.")] = False,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Take one tip in; prints the code to ask back with, once and never again.

    Without --agree it prints the consent text and takes nothing. Example:

        tocsin tips add --agree --place "old market" --text "Leaflets call people there tonight"
    """
    if not agree:
        show(CONSENT)
        raise UsageError("the tip was not taken: show the text above, then add --agree")
    form = TipForm(
        text=sys.stdin.read() if text is None else text,
        consent=CONSENT_VERSION,
        place=place,
        when=when,
        lang=lang,
        contact=ContactWish.ASK_BACK if will_ask else ContactWish.NONE,
        files=tuple(_bytes_of(path) for path in attach or ()),
    )
    code = _desk(project)[1].submit(form, SystemClock().now())
    if as_json:
        show_json({"code": code, "consent": CONSENT_VERSION})
        return
    show(f"taken; to ask what came of it: tocsin tips ask {code}")


@app.command("list")
def list_tips(
    status: Annotated[str | None, typer.Option(help="Only new, accepted or rejected.")] = None,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """List tips, the newest first."""
    if status is not None and status not in list(TipStatus):
        raise UsageError(f"--status {status}: say one of {', '.join(TipStatus)}")
    kept = [one for one in _desk(project)[1].all() if status in (None, one.status.value)]
    if not kept and not as_json:
        show("no tips")
        return
    rows = [tip_form(one) for one in kept]
    if not as_json:
        rows = [{**row, "text": " ".join(row["text"].split())[:_HEAD]} for row in rows]
    show_rows(rows, _COLUMNS, as_json)


@app.command("show")
def show_tip(
    tip: _Id,
    save_to: Annotated[
        Path | None,
        typer.Option(
            "--save-to", metavar="FOLDER", help="Also write the files of an accepted tip."
        ),
    ] = None,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Show one tip whole: what was said, and what became of it."""
    desk = _desk(project)[1]
    row = tip_form(desk.get(tip))
    if save_to is not None:
        _save(desk, tip, save_to)
    if as_json:
        show_json(row)
        return
    for name in (*_COLUMNS, "lang", "contact", "consent", "answer", "evidence", "decided_at"):
        if row[name] not in ("", None, 0):
            show(f"{name.replace('_', ' ')}: {row[name]}")
    for number, one in enumerate(row["attachments"]):
        show(f"file {number}: {one['mime']}, {one['size']:,} bytes, SHA-256 {one['digest']}")


@app.command()
def accept(
    tip: _Id, by: AsOption = None, reason: ReasonOption = "", project: ProjectOption = Path()
) -> None:
    """Make a tip evidence. It counts from now on, at the next run, and cannot be taken back.

    Phone numbers, addresses and @names that are no known channel are taken out of the text; look
    for names of persons yourself, and reject a tip that is about one.
    """
    who = _who(by, reason)
    project_, desk = _desk(project)
    with project_.writing() as opened:
        ref = desk.accept(opened, tip, who)
    show(f"{tip}: accepted as {ref}; then: tocsin run")


@app.command()
def reject(
    tip: _Id, by: AsOption = None, reason: ReasonOption = "", project: ProjectOption = Path()
) -> None:
    """Put a tip aside, with a reason; its files are deleted now, its text later."""
    if not reason.strip():
        raise UsageError("a rejection needs its reason: add --reason '…'")
    who = _who(by, reason)
    project_, desk = _desk(project)
    with project_.writing() as opened:
        desk.reject(opened, tip, who)
    show(f"{tip}: rejected")


@app.command()
def answer(
    tip: _Id,
    text: Annotated[str, typer.Option(help="What the sender is told; no names.")],
    by: AsOption = None,
    project: ProjectOption = Path(),
) -> None:
    """Leave an answer for whoever asks with the code."""
    who = _who(by, "")
    project_, desk = _desk(project)
    with project_.writing() as opened:
        desk.answer(opened, tip, text, who)
    show(f"{tip}: answered")


@app.command()
def ask(
    code: Annotated[str, typer.Argument(metavar="CODE", help="As it was given to the sender.")],
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """What came of the tip with this code."""
    found = _desk(project)[1].ask(code, SystemClock().now())
    if found is None:
        raise UsageError("no tip has this code; check it, or it was rejected and deleted since")
    if as_json:
        show_json({"status": found.status.value, "answer": found.answer})
        return
    show(found.status.value)
    show(found.answer or "no answer yet")


@app.command()
def purge(project: ProjectOption = Path()) -> None:
    """Delete now what is due; every other command does the same before it starts."""
    desk = TipDesk(open_project(project))
    show(f"{desk.purge(SystemClock().now())} tips lost what was due")


def _desk(folder: Path) -> tuple[Project, TipDesk]:
    project = open_project(folder)
    desk = TipDesk(project)
    with filing(project.folder):
        desk.purge(SystemClock().now())
    return project, desk


def _who(by: str | None, reason: str) -> Judgement:
    return Judgement(named_person(by), SystemClock().now(), reason)


def _bytes_of(path: Path) -> bytes:
    with filing(path):
        return path.read_bytes()


def _save(desk: TipDesk, tip: str, folder: Path) -> None:
    files = desk.files(tip)
    with filing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for number, data in enumerate(files):
            (folder / f"{tip}-{number}").write_bytes(data)
