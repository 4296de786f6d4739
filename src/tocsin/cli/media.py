"""``tocsin media``: posts that nobody has read yet because they are a picture or a voice."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from tocsin.cli.options import (
    AsOption,
    JsonOption,
    ProjectOption,
    before_subcommand,
    named_person,
    open_project,
)
from tocsin.cli.output import show, show_json, show_rows
from tocsin.clock import SystemClock
from tocsin.engines.media import (
    BY_MACHINE,
    MachineReading,
    Transcript,
    add_transcript,
    read_pictures,
)
from tocsin.errors import UsageError
from tocsin.sources.ocr import ocr as ocr_reader
from tocsin.store import Store
from tocsin.store.media import proposals_of, unread_media

app = typer.Typer(help="Pictures and voices: list, transcribe, ocr.", no_args_is_help=True)
_COLUMNS = ("post", "posted_at", "media", "proposed", "confidence")


@app.callback()
def media(project: ProjectOption = Path()) -> None:
    """Posts without text count as unread, never as harmless; here they are given words."""
    before_subcommand(project)


@app.command("list")
def list_media(
    limit: Annotated[int, typer.Option(min=1, help="How many to show.")] = 50,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Posts that are unread because they are a picture, a film or a voice, the newest first."""
    with open_project(project).reading() as store:
        rows = [_row(row, store) for row in unread_media(store, limit)]
    if not rows and not as_json:
        show("nothing waits: no post is a picture or a voice alone")
        return
    show_rows(rows, _COLUMNS, as_json)


@app.command()
def transcribe(
    post: Annotated[str, typer.Argument(metavar="CHANNEL/ID", help="The post, from the list.")],
    text: Annotated[str | None, typer.Option(help="The words, as they stand or are said.")] = None,
    proposed: Annotated[
        bool, typer.Option("--proposed", help="Take what the machine proposed, read by you.")
    ] = False,
    lang: Annotated[str, typer.Option(help="Language of the words, e.g. ru.")] = "",
    by: AsOption = None,
    project: ProjectOption = Path(),
) -> None:
    """Give a post its words. They count from now on, at the next run, marked as yours.

    Write what is there and nothing of your own; describe no person. Example:

        tocsin media transcribe town_news/4711 --text "Everybody to the market at 18:00" --as ana
    """
    who = named_person(by)
    desk = open_project(project)
    with desk.writing() as (archive, store):
        words = _proposal(store, post) if proposed else text
        if not words:
            raise UsageError("say the words with --text '…', or take the machine's with --proposed")
        found = Transcript(post, words, who, SystemClock().now(), lang=lang)
        version = add_transcript(archive, store, found)
    show(f"{post}: version {version}, {found.origin}; then: tocsin run")


@app.command()
def ocr(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH…", help="Picture files, or folders of an export.")
    ],
    least: Annotated[
        float | None,
        typer.Option(min=0.0, max=1.0, help="Confidence from which words count; see settings."),
    ] = None,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Read the pictures of unread posts by machine; each is found by the digest of its file.

    Below the confidence asked for, the words are only proposed: see "tocsin media list", then
    "tocsin media transcribe CHANNEL/ID --proposed --as NAME". Needs pip install 'tocsin[ocr]'.
    """
    desk = open_project(project)
    settings = desk.settings
    for path in paths:
        if not path.exists():
            raise UsageError(f"{path}: there is no such file or folder")
    how = MachineReading(
        read=ocr_reader(),
        least=settings.number("media.ocr_confidence") if least is None else least,
        operator=settings.text("project.operator"),
    )
    count = 0
    with desk.writing() as opened:
        for found in read_pictures(opened, paths, how, SystemClock().now()):
            count += 1
            _tell(found, how.least, as_json)
    if not as_json:
        show(f"{count} pictures of unread posts had words")


def _tell(found: Transcript, least: float, as_json: bool) -> None:
    sure = found.confidence or 0.0
    taken = sure >= least
    if as_json:
        show_json({"post": found.post, "text": found.text, "confidence": sure, "taken": taken})
        return
    became = BY_MACHINE if taken else "proposed only"
    show(f"{found.post}: {became}, confidence {sure:.2f}")


def _row(row: dict[str, Any], store: Store) -> dict[str, Any]:
    known = proposals_of(store, [(row["channel"], row["message_id"])]).get(row["post"])
    told = {name: row[name] for name in ("post", "posted_at", "media", "digests")}
    proposed = "" if known is None else known["text"]
    return {
        **told,
        "proposed": proposed,
        "confidence": "" if known is None else known["confidence"],
    }


def _proposal(store: Store, post: str) -> str:
    channel, _, number = post.rpartition("/")
    known = proposals_of(store, [(channel, number)]).get(post)
    if known is None:
        raise UsageError(f"{post}: the machine has proposed nothing; say the words with --text")
    return str(known["text"])
