"""The log of commands that go on for long: what happened, in numbers; never what was said, by whom
or from where.

Two lists hold that by construction: lines above debug have only the events of ``EVENTS`` and the
fields of ``FIELDS``, each of its shape. Whatever else a line carries is left out and counted. Lines
of other programs' parts keep their part and level; what they say stands at debug alone.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, Final, TextIO

from tocsin.errors import UsageError
from tocsin.settings import Settings

LEVELS: Final = ("debug", "info", "warning", "error")
FORMATS: Final = ("auto", "human", "json")
PART: Final = "tocsin"

EVENTS: Final[Mapping[str, str]] = {
    "serving": "the console listens",
    "stopped": "the console listens no more",
    "request answered": "a route, how it was answered, and after how long",
    "crashed": "something nobody expected; kind and place, and at debug all of it",
    "run begun": "posts of a run, and how many of them were done before",
    "checkpoint written": "so many posts of a run are on the disk",
    "run ended": "a run reached its end",
    "watching": "the live sources are looked at from now on",
    "round ended": "what one round over live sources came to",
    "sources failed": "looks of a round that were not answered; which: tocsin check",
    "not run": "a round could not run the pipeline; tried again with the next",
    "delivery round ended": "tries of a round by how they ended",
    "nobody is paged": "pages cannot be queued or sent; why stands on the terminal",
    "not sent": "releases that could not be put into the outbox",
    "figures not written": "the file for node_exporter could not be replaced",
}
"""Every event of ours, with what it means."""

_NUMBER: Final = "number"
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,59}")
_PLACES: Final = re.compile(r"([\w./-]{1,120}:\d{1,6}( < )?){1,8}", re.ASCII)
_ROUTE: Final = re.compile(r"/[A-Za-z0-9_{}/:.-]{0,120}|none")
_VERSION: Final = re.compile(r"\d[0-9A-Za-z.+-]{0,30}")
_HEX: Final = re.compile(r"[0-9a-f]{1,32}")

FIELDS: Final[Mapping[str, str | re.Pattern[str]]] = {
    "route": _ROUTE,
    "method": _WORD,
    "request": _HEX,
    "error": _WORD,
    "where": _PLACES,
    "version": _VERSION,
    **dict.fromkeys(
        (
            *("status", "ms", "port", "seconds", "run", "posts", "done", "actions", "sources"),
            *("looked", "failed", "silent", "paged", "queued", "delivered", "waiting", "dead"),
            *("dropped", "stuck", "untold", "left_out"),
        ),
        _NUMBER,
    ),
}
"""Every field above debug, with the shape of its value."""

_ELSEWHERE: Final = "another part says something"
_KEPT: Final = frozenset({"event", "level", "at", "part"})


class Log:
    """Where one part writes what happened.

    Args:
        part: dotted, below ``tocsin``.
    """

    def __init__(self, part: str) -> None:
        self._log = logging.getLogger(part)

    def debug(self, event: str, **fields: Any) -> None:
        """Whatever helps who looks for a fault; may hold anything."""
        self._write(logging.DEBUG, event, fields)

    def info(self, event: str, **fields: Any) -> None:
        """What went as it should."""
        self._write(logging.INFO, event, fields)

    def warning(self, event: str, **fields: Any) -> None:
        """What somebody should look at in time."""
        self._write(logging.WARNING, event, fields)

    def error(self, event: str, **fields: Any) -> None:
        """What somebody should look at now."""
        self._write(logging.ERROR, event, fields)

    def crashed(self, error: BaseException) -> None:
        """What nobody expected: kind and place; its words, which may quote a post, at debug."""
        self.error("crashed", error=type(error).__name__, where=places_of(error))
        self.debug("crashed", said="".join(traceback.format_exception(error)))

    def _write(self, level: int, event: str, fields: Mapping[str, Any]) -> None:
        if self._log.isEnabledFor(level):
            self._log.log(level, event, extra={"tocsin_fields": fields})


def places_of(error: BaseException) -> str:
    """Files and lines that an error came through, the innermost first."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    shown = ("/".join(re.split(r"[/\\]", one.filename)[-2:]) for one in reversed(frames))
    found = zip(shown, (one.lineno or 0 for one in reversed(frames)), strict=True)
    return " < ".join(f"{name}:{line}" for name, line in found)


def configure(settings: Settings, stream: TextIO | None = None) -> None:
    """Set up the log of this process; again: the last one holds.

    Args:
        settings: ``log.level`` and ``log.format``.
        stream: None: whatever is stderr when a line is written.

    Raises:
        UsageError: no such level or format.
    """
    level = _one_of(settings, "log.level", LEVELS)
    shape = _one_of(settings, "log.format", FORMATS)
    terminal = (stream or sys.stderr).isatty()
    as_json = shape == "json" or (shape == "auto" and not terminal)
    handler = _Lines(stream)
    handler.setFormatter(_formatter(as_json=as_json))
    root = logging.getLogger()
    for old in [one for one in root.handlers if isinstance(one, _Lines)]:
        root.removeHandler(old)
    root.addHandler(handler)
    # What other parts do every day is no news.
    root.setLevel(level.upper() if level in ("debug", "error") else "WARNING")
    logging.getLogger(PART).setLevel(level.upper())


def _one_of(settings: Settings, name: str, known: tuple[str, ...]) -> str:
    found = settings.text(name)
    if found not in known:
        raise UsageError(f"{name} is one of {', '.join(known)}, not {found!r}")
    return found


class _Lines(logging.StreamHandler[TextIO]):
    """Writes to what is stderr now: a progress bar takes it over for a while."""

    def __init__(self, stream: TextIO | None) -> None:
        super().__init__(stream or sys.stderr)
        self._fixed = stream

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = self._fixed or sys.stderr
        super().emit(record)


Line = MutableMapping[str, Any]


def _formatter(*, as_json: bool) -> logging.Formatter:
    """How a line is made; structlog is loaded by whoever writes a log alone."""
    import structlog

    shown: Callable[..., Any] = structlog.processors.JSONRenderer(sort_keys=False)
    if not as_json:
        shown = structlog.dev.ConsoleRenderer(
            colors=False, timestamp_key="at", pad_event_to=24, sort_keys=False
        )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            _begin,
            structlog.contextvars.merge_contextvars,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        ],
        processors=[_without_record, only_allowed, shown],
    )


def _begin(logger: Any, method: str, line: Line) -> Line:
    """A record of ``logging`` as a line: ours with its fields, another's with its words."""
    del logger, method
    record: logging.LogRecord = line["_record"]
    ours = getattr(record, "tocsin_fields", None)
    said: dict[str, Any] = {
        "event": line["event"],
        "level": record.levelname.lower(),
        "part": record.name,
    }
    if ours is None:
        said["said"], said["event"] = line["event"], _ELSEWHERE
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            said |= {"error": type(error).__name__, "where": places_of(error)}
    line.pop("exc_info", None)
    return {**said, **(ours or {}), "_record": record, "_from_structlog": False}


def _without_record(logger: Any, method: str, line: Line) -> Line:
    del logger, method
    return {name: value for name, value in line.items() if not name.startswith("_")}


def only_allowed(logger: Any, method: str, line: Line) -> Line:
    """Leave out whatever is on neither list; lines at debug are left as they are."""
    del logger, method
    if line.get("level") == "debug":
        return line
    found: Line = {name: line[name] for name in ("at", "level", "part", "event") if name in line}
    if line.get("event") not in EVENTS:
        found["event"] = _ELSEWHERE
    others = {name: value for name, value in line.items() if name not in _KEPT}
    fit = {name: value for name, value in others.items() if _fits(name, value)}
    lost = len(others) - len(fit) - ("said" in others)
    return {**found, **fit, **({"left_out": lost} if lost else {})}


def _fits(name: str, value: Any) -> bool:
    shape = FIELDS.get(name)
    if shape is None:
        return False
    if isinstance(shape, str):
        return isinstance(value, int | float)
    return isinstance(value, str) and shape.fullmatch(value) is not None
