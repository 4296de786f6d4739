"""How it spread, as an SVG: channels down, time across, lines from where a post came.

Marks differ by shape and not by colour alone, so that a print in black and white tells the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Final

from tocsin.bundle.levels import plain
from tocsin.bundle.posts import ToldPost, utc
from tocsin.bundle.timeline import Edge, Happening, Timeline, edges, in_order
from tocsin.model import Stance

MOST_CHANNELS: Final = 28
MOST_LINES: Final = 400
LONG: Final = timedelta(days=4)
"""From there on the last day is drawn once more by itself."""
FEW: Final = 4

_WIDTH, _LEFT, _RIGHT, _TOP, _ROW = 960, 190, 24, 46, 24
_LABEL: Final = 26
_INK, _SOFT, _AGAINST, _WARN = "#222222", "#8a8a8a", "#1f5f8b", "#b3261e"
_STEPS: Final = tuple(
    timedelta(minutes=m)
    for m in (1, 5, 10, 30, 60, 180, 360, 720, 1440, 2880, 10080, 43200, 129600, 525600)
)
_MOST_TICKS: Final = 7
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where times and channels lie; lengths in SVG units."""

    start: datetime
    end: datetime
    rows: dict[str, int]
    others: int

    def x(self, at: datetime) -> float:
        """From left to right; a little air on both sides."""
        whole = (self.end - self.start).total_seconds() or 1.0
        share = (at - self.start).total_seconds() / whole
        room = _WIDTH - _LEFT - _RIGHT
        return round(_LEFT + 8 + min(1.0, max(0.0, share)) * (room - 16), 1)

    def y(self, channel: str) -> float:
        """The middle of a channel's row; those without one share the last."""
        return _TOP + _ROW * self.rows.get(channel, len(self.rows)) + _ROW / 2

    @property
    def bottom(self) -> float:
        """Below the last row."""
        return _TOP + _ROW * (len(self.rows) + (self.others > 0))


def last_day(line: Timeline) -> Timeline | None:
    """The last 24 hours alone, where the whole is too long to show them; None: it is not."""
    ordered = in_order(line.posts)
    if not ordered or ordered[-1].posted_at - ordered[0].posted_at < LONG:
        return None
    start = ordered[-1].posted_at - timedelta(days=1)
    recent = tuple(post for post in ordered if post.posted_at >= start)
    return replace(line, posts=recent) if len(recent) >= FEW else None


def picture(line: Timeline) -> str:
    """An ``<svg>`` element; empty where there is no post."""
    ordered = in_order(line.posts)
    if not ordered:
        return ""
    frame = _frame(ordered)
    parts = [
        *_rows(frame),
        *_ticks(frame),
        *_warnings(frame, line.happenings),
        *_lines(frame, ordered, edges(ordered)),
        *_marks(frame, ordered),
    ]
    size = f'viewBox="0 0 {_WIDTH} {frame.bottom + 34:g}"'
    label = escape(f"{len(ordered)} posts by channel and time")
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{label}">'
    return f"{head}{''.join(parts)}</svg>"


def _frame(ordered: Sequence[ToldPost]) -> _Frame:
    channels = list(dict.fromkeys(post.channel for post in ordered))
    shown = channels if len(channels) <= MOST_CHANNELS else channels[: MOST_CHANNELS - 1]
    rows = {channel: row for row, channel in enumerate(shown)}
    others = len(channels) - len(shown)
    return _Frame(ordered[0].posted_at, ordered[-1].posted_at, rows, others)


def _rows(frame: _Frame) -> Iterator[str]:
    names = [(name, frame.y(name)) for name in frame.rows]
    if frame.others:
        names.append((f"{frame.others} other channels", frame.bottom - _ROW / 2))
    for name, y in names:
        yield f'<path d="M{_LEFT} {y:g}H{_WIDTH - _RIGHT}" stroke="#e4e4e4"/>'
        yield _text(_LEFT - 10, y + 4, _short(name), "end")


def _short(name: str) -> str:
    return name if len(name) <= _LABEL else f"{name[: _LABEL - 1]}…"


def _text(x: float, y: float, words: str, anchor: str, colour: str = _INK) -> str:
    shown = escape(plain(words))
    return (
        f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" font-size="12" fill="{colour}" '
        f'direction="ltr" unicode-bidi="isolate">{shown}</text>'
    )


def _ticks(frame: _Frame) -> Iterator[str]:
    span = frame.end - frame.start
    step = next((one for one in _STEPS if span / one <= _MOST_TICKS), span / _MOST_TICKS)
    at = _EPOCH + -((_EPOCH - frame.start) // step) * step
    at = at if at >= frame.start else at + step
    pattern = "%d %b %Y" if step >= timedelta(days=1) else "%d %b %H:%M"
    yield _text(_LEFT - 60, frame.bottom + 22, "UTC", "end", _SOFT)
    while at <= frame.end:
        x = frame.x(at)
        yield f'<path d="M{x:g} {_TOP}V{frame.bottom + 6:g}" stroke="#efefef"/>'
        yield _text(x, frame.bottom + 22, f"{at:{pattern}}", "middle", _SOFT)
        at += step


def _warnings(frame: _Frame, happenings: Sequence[Happening]) -> Iterator[str]:
    """A line where a warning came or rose; labels step down so that they stay readable."""
    taken: list[float] = [-1e9, -1e9]
    level = ""
    for one in happenings:
        if not one.level or one.level == level or not frame.start <= one.at <= frame.end:
            continue
        level, x = one.level, frame.x(one.at)
        yield f'<path d="M{x:g} {_TOP - 4}V{frame.bottom:g}" stroke="{_WARN}" opacity=".7"/>'
        row = 0 if x - taken[0] > 60 else 1
        if x - taken[row] > 60:
            taken[row] = x
            yield _text(x, 16 + 16 * row, level, "middle", _WARN)


def _lines(frame: _Frame, ordered: Sequence[ToldPost], found: Sequence[Edge]) -> Iterator[str]:
    drawn: set[tuple[float, ...]] = set()
    for edge in found:
        source, target = ordered[edge.source], ordered[edge.target]
        x1, y1 = frame.x(source.posted_at), frame.y(source.channel)
        x2, y2 = frame.x(target.posted_at), frame.y(target.channel)
        if (x1, y1, x2, y2) in drawn or len(drawn) >= MOST_LINES:
            continue
        drawn.add((x1, y1, x2, y2))
        dash = "" if edge.forward else ' stroke-dasharray="3 3"'
        bend = (x1 + x2) / 2
        yield (
            f'<path d="M{x1:g} {y1:g}C{bend:g} {y1:g} {bend:g} {y2:g} {x2:g} {y2:g}" '
            f'fill="none" stroke="{_SOFT}"{dash}/>'
        )


def _marks(frame: _Frame, ordered: Sequence[ToldPost]) -> Iterator[str]:
    """Posts that would lie on each other are drawn once."""
    drawn: set[tuple[float, float, str]] = set()
    for post in ordered:
        x, y = frame.x(post.posted_at), frame.y(post.channel)
        shape = _shape(post, x, y)
        if (round(x), y, shape[:8]) in drawn:
            continue
        drawn.add((round(x), y, shape[:8]))
        told = escape(plain(f"{utc(post.posted_at)}, {post.channel}, {_said(post)}"))
        yield f"<g><title>{told}</title>{shape}</g>"


def _said(post: ToldPost) -> str:
    return post.stance.value if post.stance else "not read"


def _shape(post: ToldPost, x: float, y: float) -> str:
    if post.stance is Stance.DENY:
        return (
            f'<rect x="{x - 4.5:g}" y="{y - 4.5:g}" width="9" height="9" fill="#fff" '
            f'stroke="{_AGAINST}" stroke-width="2"/>'
        )
    if post.stance is Stance.CALM:
        return (
            f'<path d="M{x:g} {y - 6:g}l6 10h-12z" fill="#fff" stroke="{_AGAINST}" '
            'stroke-width="2"/>'
        )
    if post.stance is Stance.SUPPORT:
        return f'<circle cx="{x:g}" cy="{y:g}" r="4.5" fill="{_INK}"/>'
    return f'<circle cx="{x:g}" cy="{y:g}" r="3.5" fill="#fff" stroke="{_INK}"/>'
