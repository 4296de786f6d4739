"""``tocsin places``: the gazetteer searched and added to, and why a text means a place."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from tocsin.cli.gazetteer import load_gazetteer
from tocsin.cli.options import JsonOption, ProjectOption, before_subcommand, open_project
from tocsin.cli.output import out, show, show_json, show_rows
from tocsin.engines.atlas import own_places, place_form
from tocsin.errors import UsageError
from tocsin.reading import Gazetteer, WhereWhen, checked, write_added
from tocsin.settings import PLACES_NAME

app = typer.Typer(help="Places: search, add, list (your own), explain.", no_args_is_help=True)
_COLUMNS = ("id", "name", "kind", "country", "population", "lat", "lon", "time_zone")
_OWN = ("name", "lat", "lon", "country", "kind", "zone", "aliases")


@app.callback()
def places(project: ProjectOption = Path()) -> None:
    """Search the gazetteer, add places of your own, see why a text is read as a place."""
    before_subcommand(project)


@app.command()
def search(
    name: Annotated[str, typer.Argument(help="A name in any language, case or spelling.")],
    project: ProjectOption = Path(),
    limit: Annotated[int, typer.Option(min=1, help="How many to show.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """Places that may be called NAME: cities, districts, regions, countries; yours too.

    Example: tocsin places search Махачкале
    """
    found = _gazetteer(project).named(name)[:limit]
    if not found and not as_json:
        show(f"no place is called {name!r}; add one: tocsin places add --help")
        raise typer.Exit(1)
    show_rows([place_form(place) for place in found], _COLUMNS, as_json)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="The place's main name.")],
    lat: Annotated[float, typer.Option(help="Degrees north.")],
    lon: Annotated[float, typer.Option(help="Degrees east.")],
    country: Annotated[str, typer.Option(help="Two letters (ISO 3166-1), e.g. RU.")],
    alias: Annotated[
        list[str] | None, typer.Option(help="Another name or spelling. Repeatable.")
    ] = None,
    zone: Annotated[str, typer.Option(help="Time zone, e.g. Europe/Moscow.")] = "UTC",
    project: ProjectOption = Path(),
) -> None:
    """Add a place to the project: a village, a local name, a nickname.

    It is kept in places.yaml of the project, which may be written by hand as well, and counts from
    the next run on. Never add a private address.

    Example: tocsin places add "Old market" --lat 42.98 --lon 47.5 --country RU --alias базар
    """
    desk = open_project(project)
    entry = {
        "name": name,
        "lat": lat,
        "lon": lon,
        "country": country,
        "aliases": alias or [],
        "zone": zone,
    }
    place = checked(entry, f"place {name!r}")
    known = own_places(desk)
    if any((p.name, p.country) == (place.name, place.country) for p in known):
        raise UsageError(
            f"{desk.folder / PLACES_NAME}: {name!r} is there already; change it there by hand"
        )
    write_added(desk.folder / PLACES_NAME, (*known, place))
    show(f"{place.name} added; {len(known) + 1} of your own in {PLACES_NAME}")


@app.command("list")
def listown_places(project: ProjectOption = Path(), as_json: JsonOption = False) -> None:
    """Places of the project's own."""
    rows = [
        {
            "name": place.name,
            "lat": place.latitude,
            "lon": place.longitude,
            "country": place.country,
            "kind": str(place.kind),
            "zone": place.zone,
            "aliases": list(place.aliases) if as_json else ", ".join(place.aliases),
        }
        for place in own_places(open_project(project))
    ]
    if not rows and not as_json:
        show("none of your own yet: tocsin places add --help")
        return
    show_rows(rows, _OWN, as_json)


@app.command()
def explain(
    text: Annotated[str, typer.Argument(help="The text of a post.")],
    lang: Annotated[str, typer.Option(help="Its language (ISO 639-1).")] = "en",
    home: Annotated[str, typer.Option(help="The channel's home place, if it is known.")] = "",
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Why words of a text are read as places: is one meant, which one, what else it could be.

    Example: tocsin places explain "A fair in Birmingham, Alabama"
    """
    found = WhereWhen.build(_gazetteer(project)).explain(text, lang, home)
    rows: list[dict[str, Any]] = []
    for name in found:
        options = [
            {**place_form(place), "probability": round(share, 3)} for place, share in name.options
        ]
        sure = {"a_place": round(name.meant, 3), "p": round(name.p, 3), "read": name.read}
        rows.append({"said": name.said, **sure, "options": options})
    if as_json:
        show_json(rows)
        return
    if not rows:
        show("nothing in it spells the name of a place")
    for row in rows:
        verdict = "read as a place" if row["read"] else "left alone"
        out.print(f"[bold]{row['said']}[/bold]  a place: {row['a_place']}  → {verdict}")
        for option in row["options"]:
            out.print(
                f"    {option['probability']:<6} {option['name']}, {option['country']} "
                f"({option['kind']}, {option['population']:,})"
            )


def _gazetteer(folder: Path) -> Gazetteer:
    """With the project's own places, where there is a project."""
    try:
        own = own_places(open_project(folder))
    except UsageError:
        own = ()
    return load_gazetteer().with_added(own)
