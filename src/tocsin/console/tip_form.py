"""The public tip form: read in memory, answered without a cookie, never told whose desk it is.

No session is asked for or begun, the audit log gets no line, and where the sender came from is
handed to the gate and to nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Any, Final

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.routing import APIRoute
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser

from tocsin.console.guard import Refused
from tocsin.console.headers import MOST_BYTES
from tocsin.console.language import Language, asked_for, languages
from tocsin.console.render import render_open
from tocsin.errors import DeskLocked, TocsinError, UsageError
from tocsin.model import ContactWish
from tocsin.sources.tips import CONSENT_VERSION, TipForm, TipLimits, TooMany

_AT_ONCE: Final = 8
"""Tips that are being sent at the same time: their files are held in memory, never in a file."""
_LONGEST_S: Final = 600.0
"""For all of one form: 40 MB over a slow telephone line."""
_FIELDS: Final = 12
_BYTES_A_LETTER: Final = 4
_SPARE: Final = 4_096
_TOLD: Final = ("text", "place", "when")
_sending = BoundedSemaphore(_AT_ONCE)


class Busy(Exception):
    """Too many tips are being sent just now."""


class Wrong(UsageError):
    """The form cannot be taken as it is.

    Args:
        why: a word of the language files, under ``tip.wrong``.
    """

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Filled:
    """What came with the form.

    Args:
        told: text, place and time, to be shown again where something is amiss.
    """

    told: Mapping[str, str]
    agreed: bool
    asks_back: bool
    files: tuple[bytes, ...]

    def checked(self, limits: TipLimits) -> TipForm:
        """For the engine, which checks all of it once more.

        Raises:
            Wrong: says what, so that it can be told in the sender's language.
        """
        if not self.agreed:
            raise Wrong("consent")
        if not self.told["text"].strip():
            raise Wrong("text")
        if len(self.told["text"]) > limits.text:
            raise Wrong("long")
        if len(self.files) > limits.files or any(len(f) > limits.file_bytes for f in self.files):
            raise Wrong("files")
        contact = ContactWish.ASK_BACK if self.asks_back else ContactWish.NONE
        said = {name: self.told[name] for name in _TOLD}
        return TipForm(consent=CONSENT_VERSION, contact=contact, files=self.files, **said)


class _InMemory(MultiPartParser):
    """Files of a tip are not written in clear to this machine's folder of temporary files."""

    spool_max_size = MOST_BYTES + 1


async def filled(request: Request, limits: TipLimits) -> Filled:
    """Read the form.

    Raises:
        Wrong: it is not a form, or has more or longer parts than the form has.
        Busy: too many others are sending just now.
    """
    if not _sending.acquire(blocking=False):
        raise Busy
    try:
        async with asyncio.timeout(_LONGEST_S):
            form = await _parsed(request, limits)
        files = [await one.read() for one in form.getlist("file") if isinstance(one, UploadFile)]
        await form.close()
    finally:
        _sending.release()
    said = {name: value for name, value in form.items() if isinstance(value, str)}
    return Filled(
        told={name: said.get(name, "").replace("\r\n", "\n") for name in _TOLD},
        agreed=said.get("consent") == CONSENT_VERSION,
        asks_back=said.get("asks") == "yes",
        files=tuple(data for data in files if data),  # a form without a file sends an empty one
    )


async def _parsed(request: Request, limits: TipLimits) -> FormData:
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise Wrong("form")
    parser = _InMemory(
        request.headers,
        request.stream(),
        max_files=limits.files + 1,
        max_fields=_FIELDS,
        max_part_size=_BYTES_A_LETTER * limits.text + _SPARE,
    )
    try:
        return await parser.parse()
    except MultiPartException:
        raise Wrong("form") from None


def language_of(request: Request) -> Language:
    """What ``?lang=`` says, else what the browser asks for."""
    said = request.query_params.get("lang", "")
    known = said if said in languages() else ""
    return Language(known or asked_for(request.headers.get("accept-language", "")))


def page(request: Request, template: str, facts: Mapping[str, Any], status: int = 200) -> Response:
    """One of the pages of the form, in the sender's language."""
    language = language_of(request)
    shown = [(code, Language(code)("tip.own_name")) for code in languages()]
    around = {"language": language.code, "languages": shown, "here": request.url.path}
    return render_open(template, language, {**around, **facts}, status)


def trouble(request: Request, error: Exception) -> Response:
    """What went wrong, without a word about this desk or this machine."""
    status, why = 503, "later"
    if isinstance(error, Refused):
        status, why = error.status, "foreign"
    elif isinstance(error, DeskLocked):
        status, why = 423, "later"
    elif isinstance(error, TooMany):
        status, why = 429, "often"
    elif isinstance(error, HTTPException | RequestValidationError | UsageError):
        status = error.status_code if isinstance(error, HTTPException) else 422
        why = "not_there" if status == 404 else "form"
    return page(request, "tip_trouble.html", {"why": why}, status)


Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class TipRoute(APIRoute):
    """A route of the form: its failures are told by :func:`trouble`."""

    def get_route_handler(self) -> Handler:
        """The handler with its failures told."""
        inner = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                return await inner(request)
            except (Refused, TocsinError, HTTPException, RequestValidationError, Busy) as error:
                return trouble(request, error)

        return handler
