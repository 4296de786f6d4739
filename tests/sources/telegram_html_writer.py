"""Writes messages.html as Telegram Desktop does, from the messages that go into result.json.

After ``export_output_html.cpp``: each block tag on its own line, indented by its depth, with a
line break before and after; texts with ``< > " & '`` and control characters as references, line
breaks as ``<br>``; a sender named once for messages within 15 minutes ("joined").
"""

from __future__ import annotations

import zipfile
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

PER_FILE = 1_000
MOSCOW = timezone(timedelta(hours=3))
_JOIN_SECONDS = 900
_SHORT = {"\n": "<br>", '"': "&quot;", "&": "&amp;", "'": "&apos;", "<": "&lt;", ">": "&gt;"}
_SHORT |= {"\u2028": "<br>", "\u2029": "<br>"}


def quoted(text: str) -> str:
    return "".join(_SHORT.get(c, f"&#x{ord(c):02X};" if c < " " else c) for c in text)


def clock(seconds: int, zone: timezone | None = MOSCOW) -> str:
    """As in a title attribute; without a zone as exporters before about 2021 wrote it."""
    moment = datetime.fromtimestamp(seconds, zone or MOSCOW)
    stated = moment.strftime("%d.%m.%Y %H:%M:%S")
    return stated + (" UTC" + moment.isoformat()[-6:] if zone else "")


class Writer:
    """One page: tags are pushed and popped as in the original."""

    def __init__(self) -> None:
        self._open: list[tuple[str, bool]] = []
        self.parts: list[str] = ["<!DOCTYPE html>"]

    def push(self, tag: str, *, inline: bool = False, empty: bool = False, **said: str) -> None:
        inner = "".join(f' {name.rstrip("_")}="{quoted(said[name])}"' for name in sorted(said))
        end = "/>" if empty else ">"
        start = "" if inline else "\n" + " " * len(self._open)
        self.parts.append(f"{start}<{tag}{inner}{end}" + ("" if inline else "\n"))
        if not empty:
            self._open.append((tag, inline))

    def pop(self) -> None:
        tag, inline = self._open.pop()
        start = "" if inline else "\n" + " " * len(self._open)
        self.parts.append(f"{start}</{tag}>" + ("" if inline else "\n"))

    def div(self, classes: str, *inner: str) -> None:
        self.push("div", class_=classes)
        self.parts.extend(inner)
        self.pop()

    def close(self) -> str:
        while self._open:
            self.pop()
        return "".join(self.parts)

    def start(self, title: str, number: int) -> None:
        self.push("html")
        self.push("head")
        self.push("meta", empty=True, charset="utf-8")
        self.push("title", inline=True)
        self.parts.append("Exported Data")
        self.pop()
        self.push("link", empty=True, href="css/style.css", rel="stylesheet")
        self.push("script", src="js/script.js", type="text/javascript")
        self.pop()
        self.pop()
        self.push("body", onload="CheckLocation();")
        self.push("div", class_="page_wrap")
        self.push("div", class_="page_header")
        self.push("div", class_="content")
        self.div("text bold", quoted(title + " "))
        self.pop()
        self.pop()
        self.push("div", class_="page_body chat_page")
        self.push("div", class_="history")
        if number > 1:
            before = f"messages{number - 1 if number > 2 else ''}.html"
            self.push("a", class_="pagination block_link", href=before)
            self.parts.append("Previous messages")
            self.pop()

    def service(self, number: int, text: str) -> None:
        self.push("div", class_="message service", id=f"message{number}")
        self.div("body details", text)
        self.pop()

    def userpic(self, extra: str = "") -> None:
        self.push("div", class_=f"pull_left {extra}userpic_wrap")
        self.push("div", class_="userpic userpic3", style="width: 42px; height: 42px")
        self.push("div", class_="initials", style="line-height: 42px", title="Jo Doe")
        self.parts.append("T")
        self.pop()
        self.pop()
        self.pop()

    def message(self, one: dict[str, Any], *, joined: bool, zone: timezone | None) -> None:
        seconds = int(one["date_unixtime"])
        classes = "message default clearfix" + (" joined" if joined else "")
        self.push("div", class_=classes, id=f"message{one['id']}")
        if not joined:
            self.userpic()
        self.push("div", class_="body")
        stated = clock(seconds, zone)
        self.push("div", class_="pull_right date details", title=stated)
        self.parts.append(stated[11:16])
        self.pop()
        if not joined:
            self.div("from_name", quoted(one["from"] or "Deleted Account"))
        forwarded = "forwarded_from" in one
        if forwarded:
            self._forwarded(one, seconds, zone)
        self._inside(one)
        if forwarded:
            self.pop()
        self.pop()
        self.pop()

    def _forwarded(self, one: dict[str, Any], seconds: int, zone: timezone | None) -> None:
        self.userpic("forwarded ")
        self.push("div", class_="forwarded body")
        self.push("div", class_="from_name")
        self.parts.append(quoted(one["forwarded_from"] or "Deleted Account"))
        earlier = clock(seconds - 3_600, zone)
        self.push("span", inline=True, class_="date details", title=earlier)
        self.parts.append(" " + earlier[:19])
        self.pop()
        self.pop()

    def _inside(self, one: dict[str, Any]) -> None:
        if "reply_to_peer_id" in one:
            self.div("reply_to details", "In reply to a message in another chat")
        elif "reply_to_message_id" in one:
            number = one["reply_to_message_id"]
            link = f'<a href="#go_to_message{number}" onclick="return GoToMessage({number})">'
            self.div("reply_to details", f"In reply to {link}this message</a>")
        self._media(one)
        if text := formatted(one["text"]):
            self.div("text", text)
        if one.get("author"):
            self.div("signature details", quoted(one["author"]))
        if "reactions" in one:
            self._reactions()

    def _reactions(self) -> None:
        self.push("span", class_="reactions")
        self.push("span", class_="reaction")
        self.push("span", class_="emoji")
        self.parts.append("🔥")
        self.pop()
        self.push("span", class_="userpics")
        self.push("div", class_="userpic userpic1", title="Ann Example, 11.10.2023 10:00:00")
        self.pop()
        self.pop()
        self.pop()
        self.pop()

    def _media(self, one: dict[str, Any]) -> None:
        if "photo" in one:
            self._photo(one["photo"])
        elif "poll" in one:
            self._poll(one["poll"])
        elif "contact_information" in one:
            self._generic("media_contact", "Jo Doe", status="+0 000")
        elif "place_name" in one or "location_information" in one:
            self._place(one)
        elif one.get("media_type") in _GENERIC or "file" in one:
            kind, title = _GENERIC.get(
                one.get("media_type", ""), ("media_file", one.get("file_name", "File"))
            )
            self._generic(kind, title, link=one.get("file", ""), status="0:07")

    def _photo(self, file: str) -> None:
        if file.startswith("("):
            self._generic("media_photo", "Photo", description="Not included, …", status="1x1")
            return
        self.push("div", class_="media_wrap clearfix")
        self.push("a", class_="photo_wrap clearfix pull_left", href=file)
        self.push("img", empty=True, class_="photo", src=file + "_thumb.jpg", style="width: 9px")
        self.pop()
        self.pop()

    def _place(self, one: dict[str, Any]) -> None:
        where = one.get("location_information")
        link = ""
        if where:
            at = f"{where['latitude']},{where['longitude']}"
            link = f"https://maps.google.com/maps?q={at}&ll={at}&z=16"
        if "place_name" in one:
            self._generic("media_venue", one["place_name"], link, one.get("address", ""))
        elif "live_location_period_seconds" in one:
            self._generic("media_live_location", "Live location", link, status="1, 2")
        else:
            self._generic("media_location", "Location", link, status="1, 2")

    def _generic(
        self, kind: str, title: str, link: str = "", description: str = "", status: str = ""
    ) -> None:
        self.push("div", class_="media_wrap clearfix")
        if link:
            self.push("a", class_=f"media clearfix pull_left block_link {kind}", href=link)
        else:
            self.push("div", class_=f"media clearfix pull_left {kind}")
        self.div("fill pull_left")
        self.push("div", class_="body")
        for classes, text in (
            ("title bold", title),
            ("description", description),
            ("status details", status),
        ):
            if text:
                self.div(classes, quoted(text))
        self.pop()
        self.pop()
        self.pop()

    def _poll(self, poll: dict[str, Any]) -> None:
        self.push("div", class_="media_wrap clearfix")
        self.push("div", class_="media_poll")
        self.div("question bold", quoted(poll["question"]))
        self.div("details", "Anonymous poll")
        for answer in poll["answers"]:
            votes = '<span class="details">2 votes</span>' if answer.get("voters") else ""
            self.div("answer", f"- {quoted(answer['text'])} {votes}")
        self.div("total details\t", "No votes")
        self.pop()
        self.pop()


_GENERIC = {
    "voice_message": ("media_voice_message", "Voice message"),
    "audio_file": ("media_audio_file", "Audio file"),
    "video_message": ("media_video", "Video message"),
    "video_file": ("media_video", "Video file"),
    "animation": ("media_video", "Animation"),
    "sticker": ("media_photo", "Sticker"),
}
_TAGS = {"bold": "strong", "italic": "em", "code": "code", "pre": "pre", "underline": "u"}
_TAGS |= {"strikethrough": "s", "blockquote": "blockquote"}


def formatted(text: Any) -> str:
    pieces = text if isinstance(text, list) else [text]
    return "".join(_formatted(one) for one in pieces)


def _formatted(piece: Any) -> str:
    if isinstance(piece, str):
        return quoted(piece)
    text = quoted(piece["text"])
    if piece["type"] in _TAGS:
        tag = _TAGS[piece["type"]]
        return f"<{tag}>{text}</{tag}>"
    if piece["type"] == "spoiler":
        hidden = '<span class="spoiler hidden" onclick="ShowSpoiler(this)">'
        return f'{hidden}<span aria-hidden="true">{text}</span></span>'
    href = {"text_link": piece.get("href", ""), "link": piece["text"]}.get(piece["type"], "")
    return f'<a href="{quoted(href)}">{text}</a>'


def page(
    messages: list[dict[str, Any]],
    title: str = "Town notices",
    number: int = 1,
    zone: timezone | None = MOSCOW,
) -> str:
    writer = Writer()
    writer.start(title, number)
    previous: dict[str, Any] | None = None
    for one in messages:
        if one["type"] == "service":
            writer.service(one["id"], one["action"])
            previous = None
            continue
        joined = previous is not None and _joins(one, previous)
        if previous is None:
            day = datetime.fromtimestamp(int(one["date_unixtime"]), UTC)
            writer.service(-1, day.strftime("%d %B %Y"))
        writer.message(one, joined=joined, zone=zone)
        previous = one
    return writer.close()


def _joins(one: dict[str, Any], previous: dict[str, Any]) -> bool:
    apart = int(one["date_unixtime"]) - int(previous["date_unixtime"])
    same = all(one.get(key) == previous.get(key) for key in ("from_id", "forwarded_from"))
    return same and apart <= (1 if "forwarded_from" in one else _JOIN_SECONDS)


def save_pages(folder: Path, messages: list[dict[str, Any]], **more: Any) -> Path:
    folder.mkdir(exist_ok=True)
    per_file = more.pop("per_file", PER_FILE)
    for number, at in enumerate(range(0, max(1, len(messages)), per_file), 1):
        name = f"messages{number if number > 1 else ''}.html"
        text = page(messages[at : at + per_file], number=number, **more)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def packed(folder: Path, path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in sorted(folder.rglob("*")):
            if one.is_file():
                archive.write(one, Path("ChatExport") / one.relative_to(folder))
    return path
