"""The console of one project as an ASGI application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from starlette.middleware.gzip import GZipMiddleware

from tocsin import __version__
from tocsin.console import api, pages, problems
from tocsin.console.desk import ConsoleDesk
from tocsin.console.figures import DeskFigures
from tocsin.console.headers import Shield
from tocsin.console.measured import Measured

_ABOUT = (
    "What a desk knows and decides, for other software. Ask with `Authorization: Bearer TOKEN`; "
    "tokens are made on the page of people. Times are ISO 8601 in UTC; lists are read on with "
    "`cursor`; failures are problem+json (RFC 9457). Nothing here lists posts by author."
)


_TOKEN: Final = {"type": "http", "scheme": "bearer", "description": "A token of the desk."}


class Console(FastAPI):
    """The application behind its shield, so that even what crashed carries the headers of every
    answer and is counted.
    """

    def build_middleware_stack(self) -> Any:
        """As the framework builds it, with the shield around all, and measured."""
        options = self.state.desk.options
        inner: Any = super().build_middleware_stack()
        shield = Shield(inner, tiles=options.tiles, secure=options.secure)
        return Measured(shield, self.state.figures)

    def openapi(self) -> dict[str, Any]:
        """The API's description, with how to show who asks."""
        form = super().openapi()
        form["components"] = {**form.get("components", {}), "securitySchemes": {"token": _TOKEN}}
        form["security"] = [{"token": []}]
        return form


def build(desk: ConsoleDesk) -> Console:
    """The application; the desk is closed when it ends."""

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        desk.streams.closing = False
        yield
        desk.streams.closing = True
        desk.close()

    app = Console(
        title="tocsin",
        version=__version__,
        description=_ABOUT,
        lifespan=life,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.desk = desk
    app.state.figures = DeskFigures(desk)
    problems.install(app)
    for router in _routers(api):
        app.include_router(router, prefix="/api/v1")
    for router in _routers(pages):
        app.include_router(router)
    # A page and its secret are compressed together; the session's cookie is strict about sites, so
    # that nobody elsewhere can have a page with words of their own made, and measure it (BREACH).
    app.add_middleware(GZipMiddleware, minimum_size=1_000, compresslevel=6)
    return app


def _routers(package: ModuleType) -> list[APIRouter]:
    """The router of each module of a package, by name."""
    names = sorted(found.name for found in iter_modules(package.__path__))
    return [import_module(f"{package.__name__}.{name}").router for name in names]
