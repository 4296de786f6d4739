"""Moments on the command line: the register of signs as it stood then."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from tocsin.clock import SystemClock, as_utc
from tocsin.errors import UsageError

AsOfOption = Annotated[
    str | None,
    typer.Option("--as-of", metavar="T", help="The register as it stood then (ISO 8601, UTC)."),
]


def moment_of(option: str, text: str | None) -> datetime:
    """A moment from the command line; now, where none is said.

    Raises:
        UsageError: it is no time.
    """
    if text is None:
        return SystemClock().now()
    try:
        return as_utc(datetime.fromisoformat(text))
    except ValueError as error:
        raise UsageError(f"{option} {text}: write a time like 2023-10-28T18:00") from error
