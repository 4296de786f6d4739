"""Tokens of a Telegram Desktop HTML page → messages as they stand in it.

The classes are those of ``export_output_html.cpp``. A message begins with its ``<div>`` and ends
with that, or where the next begins: unclosed tags inside one cannot swallow its neighbours.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tocsin.sources.html_tokens import attributes, is_void, tokens, unescaped
from tocsin.sources.json_events import Broken, Readable

MAX_OPEN = 64
"""Tags open inside one message; Telegram Desktop has at most twelve."""
_MAX_MEDIA = 16
_MAX_ANSWERS = 32
_PER_PIECE = 64
"""Charged for each tag and text beside its length: a million empty ones fill memory too."""
_SPARE = 1 << 20
"""Characters of a message's source beyond those of its text."""

_SILENT = frozenset(
    {
        "count",
        "date",
        "details",
        "initials",
        "reactions",
        "status",
        "userpic",
        "userpic_wrap",
        "video_duration",
        "video_play_bg",
    }
)
_FIELDS = ("signature", "from_name", "question", "answer", "title", "description", "text")
_WRAPS = frozenset({"photo_wrap", "sticker_wrap", "animated_wrap", "video_file_wrap", "media_poll"})


@dataclass(slots=True)
class Medium:
    """What hangs on a message: its class (``media_file``, ``photo_wrap`` …) and its link."""

    kind: str
    link: str


@dataclass(slots=True)
class PageMessage:
    """One message as the page has it.

    Args:
        number: after "message" in its id; "" where there is none.
        joined: sender as in the message before.
        texts: field (``text``, ``from_name``, ``forwarded_from``, ``question``, ``title``,
            ``description``, ``signature``) → its words, references resolved.
        source: the message's HTML as it stands.
        fault: why it cannot be taken as it is; "" for none.
    """

    number: str
    service: bool
    joined: bool
    date: str | None = None
    forward_date: str | None = None
    forwarded: bool = False
    reply_to: str | None = None
    media: list[Medium] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    answers: list[str] = field(default_factory=list)
    source: str = ""
    fault: str = ""


def page_messages(stream: Readable, max_text: int) -> Iterator[PageMessage]:
    """The messages of one page, in its order; holds one at a time.

    Raises:
        Broken: after the last whole message before the page breaks off.
    """
    reader: _Reader | None = None
    ended = False
    for kind, tag, raw in tokens(stream):
        if kind == "open" and tag == "div" and "message" in raw and "class" in raw:
            begun = _begun(raw)
            if begun is not None:
                if reader is not None:
                    yield reader.finished()
                reader = _Reader(begun, raw, max_text)
                continue
        if reader is not None:
            reader.take(kind, tag, raw)
            if reader.closed:
                yield reader.finished()
                reader = None
        ended = ended or (kind == "close" and tag == "html")
    if reader is not None or not ended:
        raise Broken("is cut off here", cut=True)


def _begun(raw: str) -> PageMessage | None:
    said = attributes(raw)
    classes = said.get("class", "").split()
    if not classes or classes[0] != "message":
        return None
    number = said.get("id", "").removeprefix("message")
    return PageMessage(number, service="service" in classes, joined="joined" in classes)


class _Reader:
    """Fills one message; memory is bounded by the longest text that is taken in."""

    def __init__(self, message: PageMessage, raw: str, max_text: int) -> None:
        self.closed = False
        self._message = message
        self._open: list[tuple[str, str]] = [("div", "")]
        self._pieces: dict[str, list[str]] = {}
        self._answers: list[list[str]] = []
        self._source = [raw]
        self._left = 4 * max_text + _SPARE

    def take(self, kind: str, tag: str, raw: str) -> None:
        """One token of the inside, or the message's own end."""
        self._keep(raw)
        if kind == "text":
            self._write(raw)
        elif kind == "close":
            self._close(tag)
        elif tag == "br":
            self._write("\n")
        else:
            self._enter(tag, raw)

    def finished(self) -> PageMessage:
        """The message with its texts put together."""
        found = self._message
        found.texts = {name: _words(name, pieces) for name, pieces in self._pieces.items()}
        found.answers = [_words("answer", pieces) for pieces in self._answers]
        found.source = "".join(self._source)
        return found

    def _keep(self, raw: str) -> None:
        if self._message.fault:
            return
        self._left -= len(raw) + _PER_PIECE
        if self._left < 0:
            self._fault("the message is too long")
        else:
            self._source.append(raw)

    def _fault(self, why: str) -> None:
        self._message.fault = self._message.fault or why
        self._pieces.clear()
        self._answers.clear()
        self._source.clear()

    def _write(self, raw: str) -> None:
        role = self._open[-1][1]
        if not role or self._message.fault:
            return
        if role == "answer":
            self._answers[-1].append(raw)
        else:
            self._pieces.setdefault(role, []).append(raw)

    def _close(self, tag: str) -> None:
        # an end without its beginning is passed over; one that skips others ends them too
        for depth in range(len(self._open) - 1, -1, -1):
            if self._open[depth][0] == tag:
                del self._open[depth:]
                break
        self.closed = not self._open

    def _enter(self, tag: str, raw: str) -> None:
        role = self._role(tag, raw)
        if is_void(tag, raw):
            return
        if len(self._open) >= MAX_OPEN:
            self._fault("the message is nested too deep")
            return
        self._open.append((tag, role))

    def _role(self, tag: str, raw: str) -> str:
        """Which field the text inside belongs to; notes what the tag itself says."""
        inherited = self._open[-1][1]
        if tag == "a" and not inherited and "go_to_message" in raw:
            self._message.reply_to = attributes(raw).get("href")
        if "class" not in raw:
            return inherited
        said = attributes(raw)
        classes = said.get("class", "").split()
        if "date" in classes and "title" in said:
            self._dated(said["title"], inherited)
        if not _SILENT.isdisjoint(classes) and classes[0] != "signature":
            return ""
        if "forwarded" in classes:
            self._message.forwarded = True
            return ""
        self._hang(classes, said.get("href", ""))
        return self._field(classes) or inherited

    def _dated(self, title: str, inherited: str) -> None:
        if inherited == "forwarded_from":
            self._message.forward_date = title
        elif self._message.date is None:
            self._message.date = title

    def _hang(self, classes: list[str], link: str) -> None:
        kind = next((one for one in classes if one in _WRAPS or one.startswith("media_")), "")
        if kind and kind != "media_wrap" and len(self._message.media) < _MAX_MEDIA:
            self._message.media.append(Medium(kind, link))

    def _field(self, classes: list[str]) -> str:
        found = next((one for one in _FIELDS if one == classes[0]), "") if classes else ""
        if found == "from_name" and self._message.forwarded:
            return "forwarded_from"
        if found == "answer":
            if len(self._answers) == _MAX_ANSWERS:
                return ""
            self._answers.append([])
        return found


def _words(name: str, pieces: list[str]) -> str:
    """The text of an element, without the line break and indentation the writer puts around it."""
    text = "".join(pieces)
    if name != "text":
        return unescaped(text).strip()
    inner = text.removeprefix("\n").rstrip(" ").removesuffix("\n")
    return unescaped(inner)
