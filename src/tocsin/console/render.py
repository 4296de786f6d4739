"""Facts into pages: Jinja templates, all escaped, with the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from typing import Any, Final
from urllib.parse import quote

import orjson
from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from tocsin import __version__, wire
from tocsin.console.desk import ConsoleDesk
from tocsin.console.guard import Caller, session_of
from tocsin.console.language import Language, asked_for, direction
from tocsin.console.roles import Role
from tocsin.console.sessions import Session
from tocsin.desk.rota import zone_of
from tocsin.errors import UsageError

_A_DAY: Final = timedelta(hours=20)
"""A window this long names a day and no hour."""


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("tocsin.console", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {"utc": utc, "path": path, "json": as_json, "percent": percent, "hour": hour}
    made.filters |= {"called": called}
    made.globals |= {"direction": direction, "Role": Role, "version": __version__}
    return made


def render(
    request: Request, template: str, facts: Mapping[str, Any], status: int = 200
) -> HTMLResponse:
    """A page, or a part of one."""
    desk: ConsoleDesk = request.app.state.desk
    caller: Caller | None = getattr(request.state, "caller", None)
    session = _session(request)
    language = language_of(request)
    around = {
        "t": language,
        "language": language.code,
        "caller": caller,
        "csrf": session.csrf if session else "",
        "here": request.url.path,
        "desk_name": desk.project.settings.text("project.name") or "tocsin",
        "options": desk.options,
        "now_utc": wire.iso(desk.clock.now()),
    }
    text = _environment().get_template(template).render({**around, **facts})
    return HTMLResponse(text, status, {"vary": "accept-language, cookie"})


def _session(request: Request) -> Session | None:
    caller: Caller | None = getattr(request.state, "caller", None)
    return caller.session if caller else session_of(request, request.app.state.desk)


def language_of(request: Request) -> Language:
    """The reader's: what they chose, else what their browser asks for."""
    session = _session(request)
    chosen = session.language if session and session.language else ""
    return Language(chosen or asked_for(request.headers.get("accept-language", "")))


def render_open(
    template: str, language: Language, facts: Mapping[str, Any], status: int = 200
) -> HTMLResponse:
    """A page for people who are nobody to us: nothing of the desk or of a session is in it."""
    text = _environment().get_template(template).render({"t": language, **facts})
    return HTMLResponse(text, status, {"vary": "accept-language"})


def utc(moment: str | datetime | None, form: str = "%Y-%m-%d %H:%M") -> Markup:
    """A ``<time>`` element in UTC; a dash where it is not known."""
    if isinstance(moment, str):
        moment = wire.moment(moment)
    if moment is None:
        return Markup("–")
    shown = moment.astimezone(UTC)
    return Markup('<time datetime="{}">{} UTC</time>').format(shown.isoformat(), f"{shown:{form}}")


def hour(moment: str) -> Markup:
    """Only the hour and minute."""
    return utc(moment, "%H:%M")


def called(line: Mapping[str, Any], local: str) -> Markup:
    """The called hour as clocks at the place show it, with UTC; of a called day the day alone.

    Args:
        line: a warning with ``window_start``, ``window_end`` and ``zone``.
        local: the words for "local time".
    """
    start, end = wire.moment(line["window_start"]), wire.moment(line["window_end"])
    if start is None:
        return Markup("–")
    there = start.astimezone(_clock_of(line.get("zone") or "UTC"))
    if end is not None and end - start >= _A_DAY:
        return Markup('<time datetime="{}">{}</time>').format(
            f"{there:%Y-%m-%d}", f"{there:%Y-%m-%d}"
        )
    if not there.utcoffset():
        return utc(start)
    shown = Markup('<time datetime="{}">{}</time> {} ({} UTC)')
    return shown.format(there.isoformat(), f"{there:%Y-%m-%d %H:%M}", local, f"{start:%H:%M}")


def _clock_of(zone: str) -> tzinfo:
    """A place's zone; UTC where it is not known, so that no hour is called local."""
    try:
        return zone_of(zone)
    except UsageError:
        return UTC


def path(part: str) -> str:
    """A value as one part of a path."""
    return quote(str(part), safe="")


def as_json(value: Any) -> str:
    """For a ``data-`` attribute; escaping is Jinja's."""
    return orjson.dumps(value).decode()


def percent(value: float) -> str:
    """A share as ``12.3 %``."""
    return f"{100 * value:.1f}\u202f%"
