"""``tocsin recipients``, ``staff``, ``sites``: the desk's own lists, encrypted at rest."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from tocsin.cli.options import (
    AsOption,
    JsonOption,
    ProjectOption,
    before_subcommand,
    named_person,
    open_project,
)
from tocsin.cli.output import show, show_rows
from tocsin.clock import SystemClock
from tocsin.desk.forms import form_of, word_of
from tocsin.desk.lists import DeskLists, key_of, with_line, without_line
from tocsin.engines.desk import desk_box
from tocsin.engines.desk_lists import (
    KINDS,
    Change,
    area_form,
    change_lists,
    list_word,
    shown_form,
    with_kept_secret,
)
from tocsin.engines.project import Project
from tocsin.errors import RecordRefused, Unfit, UsageError

_COLUMNS = {
    "recipients": ("id", "name", "kind", "address", "languages", "communities", "least"),
    "staff": ("handle", "push", "chat", "zone", "quiet_from", "quiet_until", "languages"),
    "sites": ("name", "community", "place", "district", "latitude", "longitude", "note"),
}

recipients = typer.Typer(
    help="Who outside the desk may be warned: an allow-list, encrypted at rest.",
    no_args_is_help=True,
)
staff = typer.Typer(help="The desk's own people, by handle; encrypted.", no_args_is_help=True)
sites = typer.Typer(help="Places the desk watches over; encrypted.", no_args_is_help=True)


def change_now(
    desk: Project, about: tuple[str, tuple[str, ...]], change: Change, by: str | None
) -> None:
    """Change the lists in the name of who does it; see ``engines.desk_lists.change_lists``."""
    change_lists(desk, about, change, named_person(by), SystemClock().now())


def add_line(project: Path, name: str, form: dict[str, Any], by: str | None) -> None:
    """Add or replace one line."""
    named_person(by)
    desk = open_project(project)
    word = list_word(name, form)
    key = key_of(name, word)
    change_now(desk, (name, key), lambda lists: with_line(lists, name, word), by)
    show(f"{name}: {' '.join(key)} added")


def _list(project: Path, name: str, as_json: bool) -> None:
    lists = desk_box(open_project(project)).read()
    forms = [shown_form(form_of(word)) for word in lists.of(name)]
    if not forms and not as_json:
        show(f"no {name}; add them with: tocsin {name} add --help")
        return
    show_rows(forms, _COLUMNS[name], as_json)


def _remove(project: Path, name: str, key: str, by: str | None) -> None:
    named_person(by)
    desk = open_project(project)
    change_now(desk, (name, (key,)), lambda lists: without_line(lists, name, (key,)), by)
    show(f"{name}: {key} removed")


def _import(project: Path, name: str, path: Path, by: str | None) -> None:
    named_person(by)
    desk = open_project(project)
    words = list(_read(name, path))

    def change(lists: DeskLists) -> DeskLists:
        for word in words:
            lists = with_line(lists, name, with_kept_secret(lists, word))
        return lists

    change_now(desk, (name, (path.name,)), change, by)
    show(f"{path}: {len(words)} {name} taken in")


def _read(name: str, path: Path) -> list[Any]:
    """All lines or none: half a list of recipients is worse than the old one."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    words = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                words.append(word_of(KINDS[name], orjson.loads(line)))
            except orjson.JSONDecodeError:
                advice = "write one JSON object a line; nothing was taken in"
                raise RecordRefused(str(path), f"line {number}", "not JSON", advice) from None
            except Unfit as error:
                advice = f"{error.advice}; nothing was taken in"
                raise RecordRefused(str(path), f"line {number}", error.problem, advice) from None
    return words


def _common(app: typer.Typer, name: str) -> None:
    """``list``, ``remove`` and ``import`` of one list."""

    @app.callback()
    def _before(project: ProjectOption = Path()) -> None:
        before_subcommand(project)

    @app.command("list", help=f"List the {name}.")
    def _show(project: ProjectOption = Path(), as_json: JsonOption = False) -> None:
        _list(project, name, as_json)

    @app.command("remove", help=f"Take a line off the list of {name}.")
    def _take_off(
        key: Annotated[str, typer.Argument(metavar="ID", help="From the list.")],
        by: AsOption = None,
        project: ProjectOption = Path(),
    ) -> None:
        _remove(project, name, key, by)

    @app.command("import", help=f"Take {name} in from JSON Lines: the fields that list --json has.")
    def _take_in(
        path: Annotated[Path, typer.Argument(metavar="FILE")],
        by: AsOption = None,
        project: ProjectOption = Path(),
    ) -> None:
        _import(project, name, path, by)


for _app, _name in ((recipients, "recipients"), (staff, "staff"), (sites, "sites")):
    _common(_app, _name)


@recipients.command("add")
def add_recipient(
    recipient: Annotated[str, typer.Argument(metavar="ID", help="Says nothing to a stranger.")],
    kind: Annotated[str, typer.Option(help="mail, webhook, push, folder or a plug-in's.")],
    address: Annotated[str, typer.Option(help="Mail address, https URL, apprise URL or folder.")],
    name: Annotated[str, typer.Option(help="Name or handle.")] = "",
    language: Annotated[list[str] | None, typer.Option(help="Repeatable, best first.")] = None,
    community: Annotated[list[str] | None, typer.Option(help="Repeatable; none: all.")] = None,
    area: Annotated[
        list[str] | None, typer.Option(metavar="NAME,LAT,LON,KM", help="Repeatable; none: all.")
    ] = None,
    least: Annotated[str, typer.Option(help="Lowest level told: watch, alert, alarm.")] = "alert",
    precision: Annotated[str, typer.Option(help="Cleared for district or venue.")] = "district",
    wording: Annotated[str, typer.Option(help="Words for community or partner.")] = "community",
    secret: Annotated[str, typer.Option(help="Key that webhook bodies are signed with.")] = "",
    by: AsOption = None,
    project: ProjectOption = Path(),
) -> None:
    """Add somebody outside the desk, or change them. Nobody is told of anything by this.

    Example: tocsin recipients add r1 --kind mail --address desk@example.org --as ana
    """
    form = {
        "id": recipient,
        "name": name or recipient,
        "kind": kind,
        "address": address,
        "languages": list(language or ()),
        "communities": list(community or ()),
        "areas": [_area(one) for one in area or ()],
        "least": least,
        "clearance": {"place": precision, "wording": wording},
        "secret": secret,
    }
    add_line(project, "recipients", form, by)


def _area(said: str) -> dict[str, Any]:
    try:
        return area_form(said)
    except UsageError as error:
        raise UsageError(f"--{error}") from None


@staff.command("add")
def add_staff(
    handle: Annotated[str, typer.Argument(metavar="HANDLE", help="A handle or role.")],
    push: Annotated[
        list[str] | None, typer.Option(help="Apprise URL that wakes. Repeatable.")
    ] = None,
    chat: Annotated[
        list[str] | None, typer.Option(help="Apprise URL of a chat, does not wake. Repeatable.")
    ] = None,
    zone: Annotated[str, typer.Option(help="IANA zone of the quiet hours.")] = "UTC",
    quiet: Annotated[
        str, typer.Option(metavar="FROM-UNTIL", help="Hours without alerts: 22:00-07:00.")
    ] = "",
    language: Annotated[list[str] | None, typer.Option(help="Repeatable, best first.")] = None,
    by: AsOption = None,
    project: ProjectOption = Path(),
) -> None:
    """Add one of the desk's own people, or change them. An alarm overrides quiet hours.

    Example: tocsin staff add ana --push ntfy://example.org/topic --quiet 23:00-07:00 --as ana
    """
    from tocsin.desk.rota import zone_of

    zone_of(zone)
    start, dash, end = quiet.partition("-")
    if quiet and not (dash and start and end):
        raise UsageError(f"--quiet {quiet}: write it as 22:00-07:00")
    form = {"handle": handle, "push": list(push or ()), "chat": list(chat or ()), "zone": zone}
    form |= {"quiet_from": start, "quiet_until": end, "languages": list(language or ())}
    add_line(project, "staff", form, by)


@sites.command("add")
def add_site(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Never a home.")],
    community: Annotated[str, typer.Option(help="Neutral English group name.")],
    place: Annotated[str, typer.Option(help="Town as warnings show it, or gazetteer id.")],
    latitude: Annotated[float | None, typer.Option("--lat", help="Degrees north.")] = None,
    longitude: Annotated[float | None, typer.Option("--lon", help="Degrees east.")] = None,
    district: Annotated[str, typer.Option(help="How it is told to people not cleared.")] = "",
    note: Annotated[str, typer.Option(help="For the desk alone.")] = "",
    by: AsOption = None,
    project: ProjectOption = Path(),
) -> None:
    """Add a school, a shop, a house of prayer that the desk watches over; never a home."""
    form = {"name": name, "community": community, "place": place, "latitude": latitude}
    form |= {"longitude": longitude, "district": district, "note": note}
    add_line(project, "sites", form, by)
