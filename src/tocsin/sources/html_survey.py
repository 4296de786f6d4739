"""A first look at an HTML export, before anything is read: is there a sign that it is private?

The format does not say what kind of chat it is. Private chats are refused where a page shows what
public channels do not have; the rest rests on what the operator said, which is recorded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from tocsin.sources.html_pages import Page
from tocsin.sources.html_tokens import unescaped
from tocsin.sources.json_events import Broken

_CHUNK = 1 << 20
_OVERLAP = 8_192
_ENOUGH = 3
"""Speakers from which a page is not a talk between two."""

_TITLE = re.compile(rb'<div class="text bold">\s{0,200}([^<]{0,2048}?)\s{0,200}</div>')
_SPEAKER = re.compile(rb'<div class="from_name">\s{0,200}([^<]{1,2048}?)\s{0,200}</div>')
_VIA = re.compile(rb" via @\w{1,64}$")
_PRIVATE = (
    (re.compile(rb"<(?:a|div)[^<>]{0,300}\bmedia_contact\b"), "a contact card"),
    (re.compile(rb"<(?:a|div)[^<>]{0,300}\bmedia_call\b"), "a phone call"),
    (
        re.compile(
            rb'<div class="body details">[^<]{0,1024}?'
            rb"(?:joined group by link|joined group by request|suggests to use this photo"
            rb"|set a new background for this chat|sent you a gift|has set messages to auto-delete)"
        ),
        "a note that only groups behind links and private chats have",
    ),
)
_RESERVED = frozenset({"saved messages", "replies", "verification codes", "deleted account"})


@dataclass(slots=True)
class Survey:
    """What the pages show.

    Args:
        title: the chat's title; None where no page has one.
        speakers: names in the pages, three at most.
        sign: what shows that the chat is not public; "" for nothing.
    """

    title: str | None = None
    speakers: set[str] = field(default_factory=set)
    sign: str = ""

    def conclude(self) -> str:
        """Why this is not read; "" where nothing speaks against it."""
        if self.sign:
            return self.sign
        if self.title is not None and self.title.casefold() in _RESERVED:
            return "a chat of the account's own"
        others = self.speakers - {self.title}
        # in a channel its title alone speaks, in a public group many do
        if others and len(self.speakers) < _ENOUGH:
            return "no more than two speakers, as in a private chat"
        return ""


def survey(pages: Iterable[Page]) -> Survey:
    """Look through all pages for what is not public; memory does not grow with them."""
    found = Survey()
    for page in pages:
        held = b""
        try:
            with page.opened() as stream:
                while not found.sign and (chunk := stream.read(_CHUNK)):
                    _look(held + chunk, found)
                    held = chunk[-_OVERLAP:]
        except Broken:
            continue  # what came before the damage was looked at, and no more of it will be read
    return found


def _look(piece: bytes, found: Survey) -> None:
    if found.title is None and (match := _TITLE.search(piece)):
        found.title = _text(match[1])
    if len(found.speakers) < _ENOUGH:
        for match in _SPEAKER.finditer(piece):
            found.speakers.add(_text(_VIA.sub(b"", match[1])))
            if len(found.speakers) == _ENOUGH:
                break
    for pattern, sign in _PRIVATE:
        if pattern.search(piece):
            found.sign = sign
            return


def _text(raw: bytes) -> str:
    return unescaped(raw.decode(errors="replace")).strip()
