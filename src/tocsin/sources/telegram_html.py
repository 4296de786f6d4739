"""Telegram Desktop's HTML export: messages.html, messages2.html, … of one public channel.

It names neither the @channel nor its id, and does not say whether the chat is public: the
operator says so (``--channel``), which is recorded with the capture.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

from tocsin.errors import PrivateChat, RecordRefused, UsageError
from tocsin.model import RawItem
from tocsin.sources.albums import join_albums
from tocsin.sources.files import UTF8_MARK, is_text, is_zip_head, read_head, why_unreadable
from tocsin.sources.html_messages import PageMessage, page_messages
from tocsin.sources.html_pages import Page, pages_of
from tocsin.sources.html_post import NoZone, Speakers, message_number, page_post
from tocsin.sources.html_survey import survey
from tocsin.sources.json_events import Broken
from tocsin.sources.protocol import ReadOptions
from tocsin.sources.refusals import WHOLE_FILE, Unfit, refuse
from tocsin.sources.telegram_message import Chat, Part

_MARKS = (b"page_wrap", b"chat_page", b'class="message', b"Exported Data")
_JSON = "export as machine-readable JSON, which says whether the chat is public"


class TelegramHtml:
    """Reads the HTML export of Telegram Desktop: its folder, one of its pages, or a zip."""

    name = "telegram_html"
    summary = "Telegram Desktop HTML export (a folder, page or zip); needs --channel @name"
    reads_folders = True

    def sniff(self, path: Path, head: bytes) -> bool:
        """Whether it is a folder or zip with messages.html, or such a page."""
        if path.is_dir() or is_zip_head(head):
            try:
                return bool(pages_of(path))
            except RecordRefused as refused:
                # a whole account or a zip bomb is our format, and refused when it is read
                return "no messages.html" not in refused.problem
        start = head.removeprefix(UTF8_MARK).lstrip()
        return start[:1] == b"<" and sum(mark in head for mark in _MARKS) > 1

    def read(self, path: Path, options: ReadOptions) -> Iterator[RawItem | RecordRefused]:
        """Posts in page order, albums joined; service notes left out.

        Raises:
            PrivateChat: a page shows that the chat is not public.
            RecordRefused: not such an export, or damaged as a whole.
            UsageError: no channel was named.
        """
        options.refuse_map(self.name)
        pages = _text_pages(path)
        if options.channel is None:
            raise UsageError(
                f"{path}: an HTML export does not say which channel it is, nor that it is public: "
                "name the public channel with --channel @name (it is recorded that you said so)"
            )
        chat = _public_chat(path, pages, options)
        yield from join_albums(_parts(pages, chat), self.name, chat.channel)


def _text_pages(path: Path) -> list[Page]:
    pages = pages_of(path) if path.is_dir() or is_zip_head(read_head(path)) else [Page(path, "")]
    for page in pages:
        try:
            with page.opened() as stream:
                head = stream.read(65_536)
        except Broken:  # it is said in its place, after the pages before it
            continue
        if not is_text(head):
            raise why_unreadable(Path(page.file), head, "a page of a Telegram Desktop export")
    return pages


def _public_chat(path: Path, pages: list[Page], options: ReadOptions) -> Chat:
    seen = survey(pages)
    if reason := seen.conclude():
        raise PrivateChat(str(path), WHOLE_FILE, f"{reason}: not read", _JSON)
    named = options.channel or ""
    return Chat(
        channel=options.names.channel(named, None) or named,
        own_id="",
        title=seen.title,
        folder=path if path.is_dir() else path.parent,
        max_text=options.max_text,
        public=named,
        names=options.names,
        zone=options.clock_zone,
    )


def _parts(pages: list[Page], chat: Chat) -> Iterator[Part | RecordRefused]:
    for page in pages:
        if not (yield from _page_parts(page, chat)):
            return


def _page_parts(page: Page, chat: Chat) -> Generator[Part | RecordRefused, None, bool]:
    """The parts of posts on one page; False where no page can be read for the same reason."""
    last, record, count = Speakers(), "", 0
    try:
        with page.opened() as stream:
            for count, found in enumerate(page_messages(stream, chat.max_text), 1):
                record = _record(found, count)
                try:
                    part = page_post(found, chat, last)
                except NoZone as unfit:
                    yield refuse(page.file, WHOLE_FILE, unfit)
                    return False
                except Unfit as unfit:
                    yield refuse(page.file, record, unfit)
                else:
                    if part is not None:
                        yield part
    except Broken as broken:
        place = f"after {record}" if count else WHOLE_FILE
        kept = "; what came before is kept" if count else ""
        yield RecordRefused(page.file, place, f"the page {broken.problem}{kept}", "export it again")
    return True


def _record(found: PageMessage, count: int) -> str:
    try:
        return f"message {message_number(found)}"
    except Unfit:
        return f"message number {count} of its page"
