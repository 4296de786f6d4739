"""Every failure as one clear answer: a page for people, problem+json (RFC 9457) for software."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote, urlsplit

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from tocsin.console.forms import local
from tocsin.console.guard import Refused
from tocsin.console.headers import for_software
from tocsin.console.language import Language
from tocsin.console.render import language_of, render
from tocsin.errors import (
    DeskLocked,
    EnvironmentFailed,
    Locked,
    NotReleased,
    Overtaken,
    RecordRefused,
    TocsinError,
    UsageError,
)
from tocsin.logs import Log

_ANYWHERE: Final = (400, 401, 403, 408, 413, 414, 422, 423, 429, 503)
"""What any route may answer: see the shield, the guard, and what becomes of our own errors."""
MEDIA_TYPE: Final = "application/problem+json"
_STATUS: Final[tuple[tuple[type[TocsinError], int], ...]] = (
    (DeskLocked, 423),
    (Overtaken, 409),
    (NotReleased, 403),
    (UsageError, 422),
    (RecordRefused, 422),
    (Locked, 503),
    (EnvironmentFailed, 503),
)
_RETRY_S: Final = 5
_LOG: Final = Log("tocsin.console")
_LOCKED: Final = "nothing is shown or sent until: tocsin unlock"


class NotThere(UsageError):
    """What the address names is not there."""


class Problem(JSONResponse):
    """A failure told to software."""

    media_type = MEDIA_TYPE


def install(app: FastAPI) -> None:
    """Answer every failure of ``app``; what nobody expected is logged and told without detail."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(TocsinError, _failed)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _crashed)


def _answer(
    request: Request, status: int, says: tuple[str, str], headers: dict[str, str] | None = None
) -> Response:
    """Both forms.

    Args:
        says: a word of the language files under ``problem``, and the detail.
    """
    title, detail = says
    if for_software(request.url.path):
        body = {"type": "about:blank", "title": Language("en").named("problem", title)}
        return Problem({**body, "status": status, "detail": detail}, status, headers)
    part = "hx-request" in request.headers
    page = render(
        request,
        "problem_part.html" if part else "problem.html",
        {"title": title, "detail": detail, "status": status, **_way_back(request, status)},
        status,
    )
    page.headers.update(headers or {})
    return page


def _way_back(request: Request, status: int) -> dict[str, Any]:
    """Where whoever is told of it goes on: the form they sent still holds what they typed."""
    if request.method not in ("GET", "HEAD"):
        came_from = urlsplit(request.headers.get("referer", ""))
        same = came_from.netloc == request.headers.get("host", "")
        return {"again": local(came_from.path) if same else "", "typed": status == 422}
    return {"again": "" if status in (403, 404) else request.url.path, "typed": False}


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    wait = {"retry-after": str(error.wait_s)} if error.wait_s else None
    if error.status == 401 and not for_software(request.url.path):
        after = quote(request.url.path, safe="/") if request.method in ("GET", "HEAD") else "/"
        if "hx-request" in request.headers:
            return Response(status_code=401, headers={"hx-redirect": f"/sign-in?after={after}"})
        return RedirectResponse(f"/sign-in?after={after}", 303)
    if error.status == 401:
        wait = {"www-authenticate": "Bearer"}
    words = Language("en") if for_software(request.url.path) else language_of(request)
    return _answer(request, error.status, (error.why, words(f"refused.{error.why}")), wait)


def _failed(request: Request, error: Exception) -> Response:
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
    if isinstance(error, NotThere):
        status = 404
    title = {404: "not_there", 409: "overtaken", 423: "locked", 503: "later"}.get(status, "wrong")
    wait = {"retry-after": str(_RETRY_S)} if status == 503 else None
    # Whoever is told that the desk is locked is nobody we know: not where it lies.
    detail = _LOCKED if status == 423 else str(error)
    return _answer(request, status, (title, detail), wait)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    title = {404: "not_there", 405: "method"}.get(error.status_code, "wrong")
    headers = dict(error.headers or {})
    return _answer(request, error.status_code, (title, str(error.detail)), headers)


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    said = [f"{'.'.join(map(str, one['loc'][1:]))}: {one['msg']}" for one in error.errors()]
    return _answer(request, 422, ("wrong", "; ".join(said)[:2_000]))


def _crashed(request: Request, error: Exception) -> Response:
    _LOG.crashed(error)
    return _answer(request, 500, ("crashed", type(error).__name__))


def responses(*codes: int) -> dict[int | str, dict[str, Any]]:
    """What a route's description says of its failures."""
    model = {
        "type": "object",
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
        },
        "required": ["type", "title", "status", "detail"],
    }
    shown = {"description": "A problem (RFC 9457)", "content": {MEDIA_TYPE: {"schema": model}}}
    return dict.fromkeys(sorted({*codes, *_ANYWHERE}), shown)
