"""HTML as a stream of tags and texts, in memory that does not grow and in time that is linear.

Not ``html.parser``: that keeps an unfinished tag whole and scans it anew with every chunk, so
that one gigabyte without ">" would take all memory and, before that, for ever. What Telegram
Desktop writes is simpler than HTML: in texts and attributes every ``< > " &`` is escaped.
"""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Generator, Iterator

from tocsin.sources.files import HEAD_BYTES
from tocsin.sources.json_events import Broken, Readable

Token = tuple[str, str, str]
"""(``text`` | ``open`` | ``close``, tag in lower case, the source as it stands)."""

MAX_TAG = 65_536
"""Characters of one tag; a "<" without ">" so far on is a character like any other."""

_PIECE = re.compile(
    r"(?:[^<]++|<(?![A-Za-z/!?]|\Z))++"
    r"|<!--"
    r"|<(?P<close>/?)(?P<tag>[A-Za-z][A-Za-z0-9]*+)"
    r"""(?P<rest>(?:[^<>"']++|"[^"]*+"|'[^']*+')*+)>"""
    r"|<[!?][^<>]*+>"
    r"|<"
)
_ATTRIBUTE = re.compile(r"""([A-Za-z][A-Za-z-]*+)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)')""")
_REFERENCE = re.compile(r"&(?:#x(0?[0-9A-Fa-f]|1[0-9A-Fa-f])|#?[0-9A-Za-z]{1,32});")
# the inside of these is no HTML
_RAW = {"script": "</script", "style": "</style"}
_VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "wbr"})


def tokens(stream: Readable) -> Iterator[Token]:
    """All tokens of the document; comments, scripts and styles are left out.

    Raises:
        Broken: after the last token before bytes that are not UTF-8, or where a comment or script
            does not end.
    """
    cutter, held = _Cutter(), ""
    for text in _texts(stream):
        held = yield from cutter.cut(held + text, last=False)
    held = yield from cutter.cut(held, last=True)
    if cutter.inside:
        raise Broken("is cut off inside a comment or script", cut=True)


def attributes(raw: str) -> dict[str, str]:
    """The attributes of an opening tag as it stands; of two equal ones the first."""
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(raw):
        found.setdefault(match[1].lower(), unescaped(match[2] or match[3] or ""))
    return found


def is_void(tag: str, raw: str) -> bool:
    """Whether nothing is inside this tag, so that no closing tag follows."""
    return tag in _VOID or raw.endswith("/>")


def unescaped(text: str) -> str:
    """Character references resolved, once; control characters too, which browsers drop."""
    return _REFERENCE.sub(_resolved, text) if "&" in text else text


def _resolved(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else html.unescape(match[0])


def _texts(stream: Readable) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    while True:
        chunk = stream.read(HEAD_BYTES)
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            if chunk:
                yield error.object[: error.start].decode()
            problem = "is not valid UTF-8 from here on" if chunk else "is cut off inside a letter"
            raise Broken(problem, cut=not chunk) from error
        if not chunk:
            return
        if text:
            yield text


class _Cutter:
    """Cuts text into tokens; knows only whether it is inside something that is passed over."""

    def __init__(self) -> None:
        self.inside = ""

    def cut(self, text: str, *, last: bool) -> Generator[Token, None, str]:
        """Tokens of ``text``; returns what must be seen again with what follows."""
        at = 0
        while at < len(text):
            if self.inside:
                at = self._passed_over(text, at)
                if self.inside:
                    return text[at:]
            found = _PIECE.match(text, at)
            if found is None:
                return ""
            piece = found[0]
            if piece == "<" and not last and len(text) - at < MAX_TAG:
                return text[at:]
            at = found.end()
            if piece == "<!--":
                self.inside = "-->"
            elif tag := found["tag"]:
                tag = tag.lower()
                yield ("close" if found["close"] else "open"), tag, piece
                if tag in _RAW and not found["close"] and not piece.endswith("/>"):
                    self.inside = _RAW[tag]
            elif not piece.startswith(("<!", "<?")):
                yield "text", "", piece
        return ""

    def _passed_over(self, text: str, at: int) -> int:
        end = text.find(self.inside, at)
        if end < 0:
            return max(at, len(text) - len(self.inside) + 1)
        end += len(self.inside) if self.inside == "-->" else 0
        self.inside = ""
        return end
