"""``tocsin migrate-store``: the working database into another, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.options import JsonOption, ProjectOption, open_project
from tocsin.cli.output import progress, show, show_json

ToArgument = Annotated[
    str,
    typer.Argument(
        metavar="URL", help="postgresql://user@host/database, or sqlite: the project's own file."
    ),
]


def migrate_store(
    to: ToArgument, project: ProjectOption = Path(), as_json: JsonOption = False
) -> None:
    """Move the working database into another one, which must be empty.

    Every table is copied, read again and compared; then tocsin.toml names the new place and the old
    tables are removed. Stop tocsin serve and tocsin watch first. The archive stays where it is.
    """
    from tocsin.engines.moving import SQLITE, URL, move_store, name_of

    desk = open_project(project)
    before = desk.settings.text(URL)
    with progress("migrate-store") as (bar, task):
        report = move_store(
            desk, to, lambda done, rows: bar.update(task, completed=done, total=rows)
        )
    if as_json:
        tables = {str(name): [one.rows, one.digest] for name, one in report.tables.items()}
        show_json({"rows": report.rows, "tables": tables})
        return
    show(f"{report.rows:,} rows copied from {name_of(before)}, read again, and the same")
    show(f"tocsin.toml: store.url is now {name_of('' if to == SQLITE else to)}")
    back = SQLITE if not before else name_of(before)
    show(f"back again: tocsin migrate-store {back}")
