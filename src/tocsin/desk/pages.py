"""The desk's papers: one page of HTML that prints, and a spreadsheet without formulas."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any, Final

from tocsin.desk.brief import Brief

_ACTIVE: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet program may take for the beginning of a formula."""
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_LONGEST_CELL: Final = 32_000
Sections = Sequence[tuple[str, Sequence[Mapping[str, Any]]]]


def page(title: str, lines: Sequence[str], sections: Sections) -> str:
    """A printable page that needs nothing else; the same bytes for the same input."""
    # Imported here: few commands need it.
    from jinja2 import Environment, StrictUndefined, select_autoescape

    environment = Environment(
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    source = files("tocsin.desk").joinpath("page.html").read_text(encoding="utf-8")
    return environment.from_string(source).render(title=title, lines=lines, sections=sections)


def brief_page(brief: Brief, desk: str) -> str:
    """The brief as a page."""
    span = f"{brief.since:%Y-%m-%d %H:%M} to {brief.as_of:%Y-%m-%d %H:%M} UTC"
    lines = (
        span,
        "Restricted: for the desk alone. Closed groups and other platforms are not seen.",
    )
    return page(f"Morning brief of {desk or 'the desk'}", lines, brief.sections)


def workbook(sections: Sections) -> bytes:
    """An XLSX file with a sheet for each section; every cell is text or a number."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    for title, rows in sections:
        sheet = book.create_sheet(title[:31])
        columns = list(dict.fromkeys(name for row in rows for name in row))
        sheet.append([_text(sheet, name) for name in columns] or ["nothing"])
        for row in rows:
            sheet.append([_cell(sheet, row.get(name)) for name in columns])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _cell(sheet: Any, value: Any) -> Any:
    if value is None or isinstance(value, int | float):
        return value
    parts = value if isinstance(value, list | tuple) else [value]
    return _text(sheet, ", ".join(map(str, parts)))


def _text(sheet: Any, text: str) -> Any:
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, value=harmless(text))
    cell.data_type = "s"  # whatever it looks like, it is text
    return cell


def harmless(text: str) -> str:
    """Text that no spreadsheet program takes for a formula, also after a way through CSV."""
    plain = _CONTROL.sub("", text)[:_LONGEST_CELL]
    return f"'{plain}" if plain.lstrip(" \u00a0\ufeff").startswith(_ACTIVE) else plain
