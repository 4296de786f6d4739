"""HTML as a feed carries it → the words in it, in one pass and in time linear in its length."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

_SIGN = re.compile(r"[<>\"']|[^<>\"']+")
_NAME = re.compile(r"/?\s*([A-Za-z][A-Za-z0-9:-]*)")
_LEFT_OVER = re.compile(r"<[^<>]*>?")
_BLANKS = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\s*\n\s*")
_BREAKS = frozenset(
    (
        *("address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "footer"),
        *("figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li"),
        *("main", "ol", "p", "pre", "section", "table", "td", "th", "tr", "ul"),
    )
)
_SILENT = frozenset({"script", "style", "template", "noscript", "iframe", "svg", "math"})


def plain_text(source: str) -> str:
    """The words of ``source``: tags and comments out, entities resolved, blocks on own lines."""
    found: list[str] = []
    silent: str | None = None
    for is_tag, piece in _pieces(_without_comments(source)):
        if not is_tag:
            if silent is None:
                found.append(html.unescape(piece))
            continue
        name, closes = _tag(piece)
        if silent is not None:
            silent = None if closes and name == silent else silent
        elif name in _SILENT and not closes and not piece.endswith("/"):
            silent = name
        elif name in _BREAKS:
            found.append("\n")
    return _tidied("".join(found))


def _tidied(text: str) -> str:
    text = text.replace("\x00", "").replace("\r", "\n")
    return _LINES.sub("\n", _BLANKS.sub(" ", text)).strip()


def _tag(piece: str) -> tuple[str, bool]:
    named = _NAME.match(piece)
    return (named[1].lower() if named else ""), piece.startswith("/")


def _without_comments(source: str) -> str:
    kept, start = [], 0
    while (opened := source.find("<!--", start)) >= 0:
        kept.append(source[start:opened])
        closed = source.find("-->", opened + 4)
        if closed < 0:
            return "".join(kept)
        start = closed + 3
    return "".join([*kept, source[start:]])


def _pieces(source: str) -> Iterator[tuple[bool, str]]:
    """Text and insides of tags by turns; a ">" in a quoted value ends no tag."""
    tag: list[str] | None = None
    quote = ""
    for match in _SIGN.finditer(source):
        sign = match[0]
        if tag is None:
            if sign == "<":
                tag, quote = [], ""
            else:
                yield False, sign
        elif quote:
            tag.append(sign)
            quote = "" if sign == quote else quote
        elif sign == ">":
            yield _meant(tag)
            tag = None
        elif sign == "<":  # the one before was no tag
            yield False, "<" + "".join(tag)
            tag = []
        else:
            opens = sign in "\"'" and bool(tag) and tag[-1].rstrip().endswith("=")
            quote = sign if opens else ""
            tag.append(sign)
    if tag is not None:
        yield False, _LEFT_OVER.sub(" ", "<" + "".join(tag))


def _meant(tag: list[str]) -> tuple[bool, str]:
    """A tag; or, as in "a < b > c", no more than signs."""
    inside = "".join(tag)
    if inside[:1] in ("!", "?") or _NAME.match(inside):
        return True, inside
    return False, f"<{inside}>"
