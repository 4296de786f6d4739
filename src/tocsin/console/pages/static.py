"""Files of the bundle: styles, scripts, the built-in map."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from tocsin.console.problems import NotThere

router = APIRouter(include_in_schema=False)
_TYPES: Final = {"js": "text/javascript", "css": "text/css", "json": "application/json"}
_KEPT: Final = timedelta(minutes=5)
"""Not asked for again meanwhile; short, so that pages and scripts are of one version soon."""


@dataclass(frozen=True, slots=True)
class Static:
    """A file of the bundle, read and compressed once."""

    kind: str
    content: bytes
    small: bytes
    tag: str


@cache
def bundle() -> Mapping[str, Callable[[], Static]]:
    """Every file of the bundle that is served, by name."""
    found = (files("tocsin.console") / "built").iterdir()
    kinds = {path: _TYPES.get(path.name.rpartition(".")[2]) for path in found}
    return {path.name: cache(partial(_static, path, kind)) for path, kind in kinds.items() if kind}


def _static(path: Traversable, kind: str) -> Static:
    content = path.read_bytes()
    return Static(kind, content, gzip.compress(content, mtime=0), f'"{_digest(content)}"')


def _digest(content: bytes) -> str:
    """What tells one build of a file from the next."""
    return sha256(content).hexdigest()[:32]


@router.get("/static/{name}")
def static(request: Request, name: str) -> Response:
    """A file of the bundle; what a browser has already is not sent again."""
    if name not in bundle():
        raise NotThere(f"no file {name}")
    file = bundle()[name]()
    kept = {
        "cache-control": f"public, max-age={int(_KEPT.total_seconds())}",
        "etag": file.tag,
        "vary": "accept-encoding",
    }
    if file.tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=kept)
    if "gzip" in request.headers.get("accept-encoding", ""):
        squeezed = {**kept, "content-encoding": "gzip"}
        return Response(file.small, media_type=file.kind, headers=squeezed)
    return Response(file.content, media_type=file.kind, headers=kept)
