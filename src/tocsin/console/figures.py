"""Figures of a desk and of its console, for ``/metrics``: of routes and states, of nobody."""

from __future__ import annotations

from collections import Counter as Counts
from collections.abc import Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from tocsin.console.desk import ConsoleDesk
from tocsin.console.facts.now import coverage_now
from tocsin.console.facts.situations import situations
from tocsin.console.kept import kept, store_mark
from tocsin.engines.figures import ProjectFigures, build_info, by, gauge
from tocsin.errors import TocsinError
from tocsin.model import Level

_BOUNDS_S: Final = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class DeskFigures(Collector):
    """All figures of one console, in a registry of its own."""

    def __init__(self, desk: ConsoleDesk) -> None:
        self._desk = desk
        self._project = ProjectFigures(desk.project)
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)
        self._requests = Counter(
            "tocsin_http_requests",
            "requests by template of the route, method and status",
            ("route", "method", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "tocsin_http_request_seconds",
            "from a request until its answer begins",
            ("route", "method"),
            buckets=_BOUNDS_S,
            registry=self._registry,
        )

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one request."""
        named = method if method in METHODS else "other"
        self._requests.labels(route, named, str(status)).inc()
        self._seconds.labels(route, named).observe(seconds)

    def shown(self, accept: str) -> tuple[bytes, str]:
        """All of them in the form that is asked for, and its media type."""
        encode, kind = choose_encoder(accept)
        return encode(self._registry), kind

    def collect(self) -> Iterator[Metric]:
        """What the desk is asked for at each look."""
        try:
            store = self._desk.store
        except TocsinError:
            yield build_info("unreachable")
            yield gauge("tocsin_store_reachable", "1: the working database answers", 0)
            return
        yield from self._project.families(store, self._desk.clock.now())
        try:
            yield from list(self._standing())
            yield from list(self._unread())
        except TocsinError:  # told by tocsin_store_reachable
            return

    def _standing(self) -> Iterator[Metric]:
        """Warnings that stand; made beside the request where anything has changed."""
        desk, now = self._desk, self._desk.clock.now()
        mark = (store_mark(desk.store), int(now.timestamp()) // 60)
        made = kept(desk, "figures of warnings", mark, lambda: situations(desk.store, now))
        if made is None:
            return
        levels = Counts(row["level"] for row in made.value)
        named = {one.word: levels[one.word] for one in Level if one is not Level.NONE}
        yield by("tocsin_warnings_standing", "warnings that stand", "level", named)
        unanswered = sum(row["answer"] is None for row in made.value)
        yield gauge("tocsin_warnings_unanswered", "those nobody has answered", unanswered)
        overdue = sum(row["overdue"] for row in made.value)
        yield gauge("tocsin_warnings_overdue", "those whose time to answer is over", overdue)

    def _unread(self) -> Iterator[Metric]:
        """Posts of the last day that could not be read: unseen is not calm."""
        found = coverage_now(self._desk)
        yield gauge("tocsin_posts_24h", "posts of the last 24 hours", found["posts_24h"])
        unread = found["unread_24h"]
        yield gauge("tocsin_posts_unread_24h", "those that could not be read", unread)
