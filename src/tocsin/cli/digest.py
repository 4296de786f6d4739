"""Day by day, what a desk would have been shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from tocsin.cli.output import LEVEL_STYLE, show

_WORD = {"issue": "new", "update": "update", "cancel": "cancelled", "expire": "expired"}


def show_digest(lines: Sequence[Mapping[str, Any]], updates: bool = False) -> None:
    """Warning lines (``wire.warning_line``) grouped by UTC day.

    Args:
        updates: also show updates that did not change the level.
    """
    shown = list(lines) if updates else _telling(lines)
    if not shown:
        show("no warnings: nothing reached the level of a watch")
        return
    for day, actions in groupby(shown, key=lambda line: str(line["issued_at"])[:10]):
        show(day, "bold")
        for action in actions:
            _show_action(action)


def _telling(lines: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    level: dict[str, str] = {}
    telling = []
    for line in lines:
        changed = level.get(line["id"]) != line["level"]
        if line["action"] != "update" or changed:
            telling.append(line)
        level[line["id"]] = line["level"]
    return telling


def _show_action(action: Mapping[str, Any]) -> None:
    at = datetime.fromisoformat(action["issued_at"]).strftime("%H:%M")
    window = _window(action)
    what = _WORD[action["action"]]
    style = LEVEL_STYLE[action["level"]] if action["action"] in ("issue", "update") else "dim"
    show(
        f"  {at} UTC  {action['level'].upper():5}  {what:9}  {action['place']}, "
        f"against {action['target']}{window}  [{action['id']}]",
        style,
    )
    if action["action"] in ("issue", "update"):
        for reason in action["why"][:4]:
            show(f"      - {reason}")
        refs = ", ".join(action["posts"][:4])
        more = f" and {len(action['posts']) - 4} more" if len(action["posts"]) > 4 else ""
        show(f"      rests on: {refs}{more}")


def _window(action: Mapping[str, Any]) -> str:
    if action["window_start"] is None:
        return ""
    start = datetime.fromisoformat(action["window_start"])
    return f", called for {start:%d %b %H:%M} UTC"
