"""The console of one project as an ASGI application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

from fastapi import APIRouter, FastAPI

from tocsin import __version__
from tocsin.console import api, pages, problems
from tocsin.console.desk import ConsoleDesk
from tocsin.console.headers import Shield

_ABOUT = (
    "What a desk knows and decides, for other software. Ask with `Authorization: Bearer TOKEN`; "
    "tokens are made on the page of people. Times are ISO 8601 in UTC; lists are read on with "
    "`cursor`; failures are problem+json (RFC 9457). Nothing here lists posts by author."
)


def build(desk: ConsoleDesk) -> FastAPI:
    """The application; the desk is closed when it ends."""

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        desk.streams.closing = False
        yield
        desk.streams.closing = True
        desk.close()

    app = FastAPI(
        title="tocsin",
        version=__version__,
        description=_ABOUT,
        lifespan=life,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.desk = desk
    problems.install(app)
    for router in _routers(api):
        app.include_router(router, prefix="/api/v1")
    for router in _routers(pages):
        app.include_router(router)
    shield: Any = Shield
    app.add_middleware(shield, tiles=desk.options.tiles, secure=desk.options.secure)
    return app


def _routers(package: ModuleType) -> list[APIRouter]:
    """The router of each module of a package, by name."""
    names = sorted(found.name for found in iter_modules(package.__path__))
    return [import_module(f"{package.__name__}.{name}").router for name in names]
