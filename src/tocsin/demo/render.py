"""Wordings → Telegram Desktop exports and a channels file, as the desktop program writes them.

``python -m tocsin.demo.render FOLDER`` writes them; those in the package are made so, and a test
holds them equal.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import yaml

from tocsin.sources.profiles import COLUMNS

ZONE = ZoneInfo("Europe/Moscow")
_FIRST_ID = 1_900_000_001
_NOT_INCLUDED = "(File not included. Change data exporting settings to download.)"

Row = Mapping[str, Any]


def wordings() -> tuple[list[Row], list[Row]]:
    """Channels and posts as written, in files' order."""
    folder = files("tocsin.demo") / "wordings"
    channels = yaml.safe_load((folder / "channels.yaml").read_text(encoding="utf-8"))
    posts = yaml.safe_load((folder / "posts.yaml").read_text(encoding="utf-8"))
    return channels["channels"], posts["posts"]


def public_name(channel: Row) -> str:
    """The channel's public name without "@"; its posts arrive under it."""
    return str(channel["name"]).removeprefix("@")


def exports(call_at: datetime | None = None) -> dict[str, bytes]:
    """File name → content: one export a channel, and ``channels.csv``.

    Args:
        call_at: move the call of 29 October (and what follows it within the hour's forwards)
            to this moment; None leaves it where the wordings put it.
    """
    channels, posts = wordings()
    if call_at is not None:
        posts = moved(posts, call_at)
    rendered = {
        f"{public_name(channel)}.json": _export(channel, number, posts, channels)
        for number, channel in enumerate(channels)
    }
    return {**rendered, "channels.csv": _channels_file(channels)}


def moved(posts: Sequence[Row], call_at: datetime) -> list[Row]:
    """The call and the forwards of it moved by the same time; everything else stays."""
    call = next(post for post in posts if post.get("call"))
    by = call_at - datetime.fromisoformat(call["at"])
    return [_shifted(post, call, by) for post in posts]


def _shifted(post: Row, call: Row, by: timedelta) -> Row:
    forwarded = (post.get("forward_from"), post.get("forward_post"))
    is_copy = forwarded == (call["channel"], call["id"])
    if post is not call and not is_copy:
        return post
    changed = dict(post)
    for key in ("at", "forward_posted_at"):
        if key in changed:
            changed[key] = (datetime.fromisoformat(changed[key]) + by).isoformat()
    return changed


def _export(channel: Row, number: int, posts: Sequence[Row], channels: Sequence[Row]) -> bytes:
    titles = {row["key"]: row["title"] for row in channels}
    mine = sorted(
        (post for post in posts if post["channel"] == channel["key"]),
        key=lambda post: (datetime.fromisoformat(post["at"]), post["id"]),
    )
    root = {
        "name": channel["title"],
        "type": channel["type"],
        "id": _FIRST_ID + number,
        "messages": [_message(post, channel, number, titles) for post in mine],
    }
    return orjson.dumps(root, option=orjson.OPT_INDENT_2) + b"\n"


def _message(post: Row, channel: Row, number: int, titles: Mapping[str, str]) -> dict[str, Any]:
    at = datetime.fromisoformat(post["at"])
    text = str(post.get("text") or "")
    message: dict[str, Any] = {
        "id": post["id"],
        "type": "message",
        "date": at.astimezone(ZONE).strftime("%Y-%m-%dT%H:%M:%S"),
        "date_unixtime": str(int(at.timestamp())),
        "from": channel["title"],
        "from_id": f"channel{_FIRST_ID + number}",
        "text": text,
        "text_entities": [{"type": "plain", "text": text}] if text else [],
    }
    if post.get("edited_at"):
        edited = datetime.fromisoformat(post["edited_at"])
        message["edited"] = edited.astimezone(ZONE).strftime("%Y-%m-%dT%H:%M:%S")
        message["edited_unixtime"] = str(int(edited.timestamp()))
    if post.get("forward_from"):
        message["forwarded_from"] = titles[post["forward_from"]]
    if post.get("reply_to"):
        message["reply_to_message_id"] = post["reply_to"]
    if post.get("photo"):
        message.update({"photo": _NOT_INCLUDED, "width": 1280, "height": 960})
    return {**message, **_poll(post), **_venue(post)}


def _poll(post: Row) -> dict[str, Any]:
    poll = post.get("poll")
    if not poll:
        return {}
    answers = [{"text": option, "voters": 0, "chosen": False} for option in poll["options"]]
    asked = {"question": poll["question"], "closed": False, "total_voters": 0}
    return {"poll": {**asked, "answers": answers}}


def _venue(post: Row) -> dict[str, Any]:
    venue = post.get("venue")
    if not venue:
        return {}
    where = {"latitude": venue["lat"], "longitude": venue["lon"]}
    return {"location_information": where, "place_name": venue["title"], "address": ""}


def _channels_file(channels: Sequence[Row]) -> bytes:
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(column for column in COLUMNS if column != "created_at")
    for channel in channels:
        name = public_name(channel)
        languages = " ".join(channel["languages"])
        sizes = [channel.get("subscribers"), channel.get("as_of")]
        writer.writerow([name, name, channel["home"], channel["tz"], languages, *sizes, "F"])
    return lines.getvalue().encode()


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    for file_name, content in exports().items():
        (target / file_name).write_bytes(content)
