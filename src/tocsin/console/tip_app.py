"""The tip form alone, for a port of its own: nothing else of the desk can be asked for there."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from tocsin.console.desk import ConsoleDesk
from tocsin.console.headers import Shield
from tocsin.console.pages.tip import router
from tocsin.console.tip_form import trouble
from tocsin.logs import Log

_STYLE = "desk.css"
_LOG = Log("tocsin.console.tips")


def build_tips(desk: ConsoleDesk) -> FastAPI:
    """The application; it shares gate and box with the console of the same process."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.state.desk = desk
    app.include_router(router)
    app.add_api_route("/", _to_the_form)
    app.add_api_route(f"/static/{_STYLE}", _style)
    for kind in (HTTPException, RequestValidationError):
        app.add_exception_handler(kind, trouble)
    app.add_exception_handler(Exception, _crashed)
    shield: Any = Shield
    app.add_middleware(shield, secure=desk.options.secure)
    return app


def _to_the_form() -> Response:
    return RedirectResponse("/tip", 303)


def _style() -> Response:
    data = (files("tocsin.console") / "built" / _STYLE).read_bytes()
    return Response(data, media_type="text/css", headers={"cache-control": "public, max-age=86400"})


def _crashed(request: Request, error: Exception) -> Response:
    _LOG.crashed(error)
    return trouble(request, error)
