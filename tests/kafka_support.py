"""A broker of Kafka: the one that the client's own library carries for tests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from confluent_kafka import Producer


class TestBroker:
    """What other software would put into topics."""

    __test__ = False

    def __init__(self, producer: Any, server: str) -> None:
        self._producer = producer
        self.server = server

    def put(self, topic: str, *values: bytes | None, part: int = 0) -> None:
        """Messages, in this order, into one partition."""
        for value in values:
            self._producer.produce(topic, value, partition=part)
        assert self._producer.flush(10) == 0

    def url(self, topic: str) -> str:
        """As in ``tocsin.toml``."""
        return f"kafka://{self.server}/{topic}"


@contextmanager
def broker() -> Iterator[TestBroker]:
    """One that listens on this machine while the context lasts."""
    settings = {"bootstrap.servers": "unused:1", "test.mock.num.brokers": 1, "log_level": 0}
    producer = Producer(settings)
    (found,) = producer.list_topics(timeout=10).brokers.values()
    yield TestBroker(producer, f"{found.host}:{found.port}")


def said(number: int, **more: Any) -> bytes:
    """A message with a post."""
    post = {"id": number, "text": f"The market opens at nine, notice {number}", **more}
    return json.dumps(post).encode()
