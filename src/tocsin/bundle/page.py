"""The pages of a bundle from their templates: README.txt and timeline.html."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from tocsin.bundle.levels import plain
from tocsin.bundle.picture import last_day, picture
from tocsin.bundle.posts import utc
from tocsin.bundle.timeline import GRADES, Timeline, first_posts, listed, summary

if TYPE_CHECKING:
    from jinja2 import Environment


def timeline_page(line: Timeline) -> str:
    """One HTML page that needs nothing else; the same bytes for the same timeline.

    Every text in it is escaped, and without characters that could reorder or hide others.
    """
    from markupsafe import Markup

    posts, more = listed(line)
    drawn = [one for one in (line, last_day(line)) if one is not None]
    # Their texts are escaped where they are drawn.
    pictures = [Markup(picture(one)) for one in drawn]  # noqa: S704
    return _render(
        "timeline.html",
        {
            "line": line,
            "summary": summary(line),
            "firsts": first_posts(line),
            "pictures": pictures,
            "posts": posts,
            "more": more,
            "grades": GRADES,
        },
    )


def readme(facts: Mapping[str, Any]) -> str:
    """README.txt.

    Args:
        facts: ``level``, ``made_at``, ``title``, ``items``, ``whole``, ``erased``, ``size``,
            ``key``, ``head_at``, ``anchors`` (how many), ``urls``.
    """
    return _render("readme.txt", facts)


def _render(name: str, values: Mapping[str, Any]) -> str:
    return _environment(name.endswith(".html")).from_string(_source(name)).render(values)


@cache
def _source(name: str) -> str:
    return files("tocsin.bundle").joinpath(name).read_text(encoding="utf-8")


@cache
def _environment(html: bool) -> Environment:
    # Imported here: only pages need it.
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=html,  # noqa: S701 - the other page is plain text
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=lambda value: plain(value) if type(value) is str else value,
    )
    environment.filters["utc"] = utc
    return environment
