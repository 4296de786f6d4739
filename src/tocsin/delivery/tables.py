"""Warnings as a table for a recipient: CSV and XLSX, with nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from io import BytesIO, StringIO

from tocsin.delivery.cap import where
from tocsin.delivery.language import Phrases
from tocsin.delivery.wording import Occasion, band, place_name
from tocsin.model import Recipient

Row = Mapping[str, str]
COLUMNS = (
    "warning",
    "number",
    "action",
    "level",
    "issued_at",
    "place",
    "latitude",
    "longitude",
    "radius_km",
    "window_start",
    "window_end",
    "community",
    "likelihood",
    "calibrated",
    "posts",
    "drill",
)
_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")
_MOST_CELL = 32_000


def rows_of(
    occasions: Iterable[Occasion], recipient: Recipient, phrases: Phrases, *, drill: bool = False
) -> list[Row]:
    """One row for each action, in what this recipient is cleared for."""
    return [_row(occasion, recipient, phrases, drill=drill) for occasion in occasions]


def _row(occasion: Occasion, recipient: Recipient, phrases: Phrases, *, drill: bool) -> Row:
    action = occasion.action
    latitude, longitude, radius, digits = where(occasion, recipient)
    calibrated = action.calibrated
    number = f"{action.probability:.3f}" if calibrated else band(action.probability)
    return {
        "warning": action.id,
        "number": str(occasion.number),
        "action": action.action.value,
        "level": action.level.word,
        "issued_at": _iso(action.issued_at),
        "place": place_name(occasion, recipient, phrases),
        "latitude": f"{latitude:.{digits}f}",
        "longitude": f"{longitude:.{digits}f}",
        "radius_km": f"{radius:g}",
        "window_start": _iso(action.window_start),
        "window_end": _iso(action.window_end),
        "community": phrases["groups"].get(action.target, action.target),
        "likelihood": number,
        "calibrated": "yes" if calibrated else "no",
        "posts": str(len(action.posts)),
        "drill": "yes" if drill else "no",
    }


def harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula; a number stays a number.

    What begins like one gets an apostrophe before it, as OWASP advises against CSV injection.
    """
    shown = "".join(c for c in text if c in "\t\n" or c >= " ")[:_MOST_CELL]
    if not shown.lstrip().startswith(_STARTS_FORMULA) or _is_number(shown):
        return shown
    return f"'{shown}"


def _is_number(text: str) -> bool:
    sign, digits = text[:1] in ("-", "+"), text.lstrip("+-")
    whole, _, part = digits.partition(".")
    plain = (
        whole.isascii() and whole.isdigit() and (not part or (part.isascii() and part.isdigit()))
    )
    return plain and len(text) - len(digits) == sign


def write_csv(rows: Sequence[Row]) -> bytes:
    """UTF-8 with a mark at its beginning, by which spreadsheets know it."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows([harmless(row[column]) for column in COLUMNS] for row in rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def write_xlsx(rows: Sequence[Row]) -> bytes:
    """A workbook of one sheet; every cell is text and can never become a formula."""
    from openpyxl import Workbook
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheet = book.active
    sheet.title = "warnings"
    sheet.freeze_panes = "A2"
    for number, line in enumerate((COLUMNS, *([row[c] for c in COLUMNS] for row in rows)), 1):
        for column, value in enumerate(line, 1):
            cell = sheet.cell(row=number, column=column)
            cell.value = harmless(value)
            cell.data_type = "s"
    for column, name in enumerate(COLUMNS, 1):
        sheet.column_dimensions[get_column_letter(column)].width = max(12, len(name) + 2)
    kept = BytesIO()
    book.save(kept)
    return kept.getvalue()


def _iso(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(UTC).isoformat(timespec="seconds")
