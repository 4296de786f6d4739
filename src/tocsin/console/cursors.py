"""Cursors of lists that the database reads on from: a moment and numbers, the newest first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, or_

from tocsin.clock import micros, moment_at
from tocsin.errors import UsageError

_CURSOR: Final = re.compile(r"-?\d{1,17}(\.\d{1,18}){1,3}")


def cursor_of(moment: datetime, *numbers: int) -> str:
    """``1698607200000000.141``: microseconds since 1970, and what tells apart those of one time."""
    return ".".join(map(str, (micros(moment), *numbers)))


def after(columns: Sequence[Any], cursor: str) -> ColumnElement[bool]:
    """Rows that follow the one which the cursor names, where the newest come first.

    Args:
        columns: the moment, and whole numbers that tell apart those of one time.

    Raises:
        UsageError: it is no cursor of such a list.
    """
    parts = cursor.split(".") if _CURSOR.fullmatch(cursor) else []
    if len(parts) != len(columns):
        raise UsageError("cursor: not one of this list; begin again without it")
    try:
        values = [moment_at(int(parts[0])), *map(int, parts[1:])]
    except OverflowError:
        raise UsageError("cursor: not one of this list; begin again without it") from None
    steps = []
    for at, (column, value) in enumerate(zip(columns, values, strict=True)):
        same = [c == v for c, v in zip(columns[:at], values[:at], strict=True)]
        steps.append(and_(*same, column < value))
    # Said once more without "or", so that an index on the moment is used.
    return and_(columns[0] <= values[0], or_(*steps))
