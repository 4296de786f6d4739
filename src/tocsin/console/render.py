"""Facts into pages: Jinja templates, all escaped, with the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any
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
    made.globals |= {"direction": direction, "Role": Role, "version": __version__}
    return made


def render(
    request: Request, template: str, facts: Mapping[str, Any], status: int = 200
) -> HTMLResponse:
    """A page, or a part of one."""
    desk: ConsoleDesk = request.app.state.desk
    caller: Caller | None = getattr(request.state, "caller", None)
    session = caller.session if caller else session_of(request, desk)
    chosen = session.language if session and session.language else ""
    language = Language(chosen or asked_for(request.headers.get("accept-language", "")))
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


def path(part: str) -> str:
    """A value as one part of a path."""
    return quote(str(part), safe="")


def as_json(value: Any) -> str:
    """For a ``data-`` attribute; escaping is Jinja's."""
    return orjson.dumps(value).decode()


def percent(value: float) -> str:
    """A share as ``12.3 %``."""
    return f"{100 * value:.1f}\u202f%"
