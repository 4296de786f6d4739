"""Writes ``result.json`` as Telegram Desktop does, byte for byte in what matters.

After ``export_output_json.cpp``: one space of indentation per level, control characters as
``\\xHH`` (which is not JSON), U+2028 and U+2029 escaped, everything else raw UTF-8.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def quoted(text: str) -> str:
    short = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}
    short |= {"\u2028": "\\u2028", "\u2029": "\\u2029"}
    return '"' + "".join(short.get(c, f"\\x{ord(c):02X}" if c < " " else c) for c in text) + '"'


def written(value: Any, level: int = 0) -> str:
    pad = " " * (level + 1)
    if isinstance(value, dict):
        rows = [f"\n{pad}{quoted(key)}: {written(one, level + 1)}" for key, one in value.items()]
        return "{" + ",".join(rows) + "\n" + " " * level + "}"
    if isinstance(value, list):
        rows = [f"\n{pad}{written(one, level + 1)}" for one in value]
        return "[" + ",".join(rows) + "\n" + " " * level + "]"
    if isinstance(value, str):
        return quoted(value)
    return json.dumps(value)


def message(number: int, text: Any = "", **more: Any) -> dict[str, Any]:
    """A message of a channel; two messages are a minute apart unless ``second`` says so."""
    second = more.pop("second", 1_697_000_000 + 60 * number)
    head = {
        "id": number,
        "type": "message",
        "date": "2023-10-11T09:00:00",
        "date_unixtime": str(second),
        "from": "Town notices",
        "from_id": "channel1234567890",
    }
    return {**head, **more, "text": text, "text_entities": entities(text)}


def entities(text: Any) -> list[dict[str, Any]]:
    pieces = text if isinstance(text, list) else [text] if text else []
    return [one if isinstance(one, dict) else {"type": "plain", "text": one} for one in pieces]


def chat(messages: list[Any], kind: str = "public_channel", **more: Any) -> dict[str, Any]:
    head = {"name": "Town notices", "type": kind, "id": 1_234_567_890}
    return {**head, **more, "messages": messages}


def account(*chats: dict[str, Any], left: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {
        "about": "Here is the data you requested.",
        "personal_information": {"user_id": 1, "first_name": "A", "phone_number": "+000"},
        "contacts": {"about": "", "list": [{"first_name": "B", "phone_number": "+001"}]},
        "sessions": {"about": "", "list": [{"last_ip": "192.0.2.1"}]},
        "chats": {"about": "This page lists all chats.", "list": list(chats)},
        "left_chats": {"about": "", "list": list(left)},
    }


def save(folder: Path, export: Any, name: str = "result.json") -> Path:
    path = folder / name
    path.write_text(written(export), encoding="utf-8")
    return path
