"""confluent-kafka behind the few questions that ``kafka_topic`` asks (extra ``kafka``).

Only reads: no group is joined, no offset committed, no topic made.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tocsin.errors import MissingExtra, UsageError
from tocsin.sources.kafka_topic import Bounds, Brought, Message, NoAnswer
from tocsin.sources.owned_file import owned_text

_ANSWER_S = 10.0
_QUEUE_KB = 8 << 10


def load_kafka() -> Any:
    """The package.

    Raises:
        MissingExtra: it is not installed.
    """
    try:
        import confluent_kafka
    except ImportError:
        raise MissingExtra("kafka", "reading from Kafka") from None
    return confluent_kafka


def read_client_file(path: Path) -> dict[str, str]:
    """Settings of Kafka's client, a line each: ``security.protocol=SASL_SSL``.

    Raises:
        UsageError: no such file, others may read it, or a line is none.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(owned_text(path).splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, equals, value = line.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"{path}: line {number}: write it as name=value")
        found[name.strip()] = value.strip()
    return found


class KafkaBrokers:
    """The brokers of one address.

    Args:
        client: settings of the desk's own; ours come first where they matter.
        kafka: the package, from :func:`load_kafka`.

    Raises:
        UsageError: the client knows no such setting.
    """

    def __init__(self, servers: str, client: Mapping[str, str], kafka: Any) -> None:
        self._kafka = kafka
        self._servers = servers
        self._settings = {
            "group.id": "tocsin",  # asked for though none is joined
            **client,
            "bootstrap.servers": servers,
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "error",
            "allow.auto.create.topics": False,
            "queued.max.messages.kbytes": _QUEUE_KB,
            "log_level": 0,  # what a look could not do is said by the look
        }
        self._open: Any = None

    @property
    def _consumer(self) -> Any:
        if self._open is None:
            try:
                self._open = self._kafka.Consumer(self._settings)
            except self._kafka.KafkaException as error:
                raise UsageError(f"kafka.client_file: {_said(error)}") from None
        return self._open

    def held(self, topic: str) -> Mapping[int, tuple[int, int]]:
        """See :class:`tocsin.sources.kafka_topic.Brokers`."""
        part_of = self._kafka.TopicPartition
        try:
            found = self._consumer.list_topics(topic, timeout=_ANSWER_S).topics[topic]
            if found.error is not None:
                raise NoAnswer(f"the topic {topic!r}: {found.error.str()}")
            return {
                part: self._consumer.get_watermark_offsets(part_of(topic, part), timeout=_ANSWER_S)
                for part in found.partitions
            }
        except self._kafka.KafkaException as error:
            raise NoAnswer(f"{self._servers}: {_said(error)}") from None

    def read(self, topic: str, starts: Mapping[int, int], bounds: Bounds) -> Brought:
        """See :class:`tocsin.sources.kafka_topic.Brokers`."""
        part_of = self._kafka.TopicPartition
        self._consumer.assign([part_of(topic, part, start) for part, start in starts.items()])
        try:
            return self._brought(set(starts), bounds)
        finally:
            self._consumer.unassign()

    def close(self) -> None:
        """Let go of connections."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def _brought(self, unread: set[int], bounds: Bounds) -> Brought:
        messages: list[Message] = []
        reached: dict[int, int] = {}
        size = 0
        while unread and len(messages) < bounds.messages and size < bounds.size:
            one = self._consumer.poll(bounds.seconds)
            if one is None and not reached:
                raise NoAnswer(f"{self._servers}: nothing came within {bounds.seconds:g} s")
            if one is None:
                break
            if self._is_end(one):
                reached[one.partition()] = one.offset()
                unread.discard(one.partition())
                continue
            messages.append(Message(one.partition(), one.offset(), one.value()))
            reached[one.partition()] = one.offset() + 1
            size += len(one.value() or b"")
        return Brought(tuple(messages), reached)

    def _is_end(self, one: Any) -> bool:
        """That a partition was read to its end is told as an error; others are some."""
        error = one.error()
        if error is not None and error.code() != self._kafka.KafkaError._PARTITION_EOF:  # noqa: SLF001 - its name
            raise NoAnswer(f"{self._servers}: {error.str()}")
        return error is not None


def _said(error: Exception) -> str:
    """What the client says, without its codes."""
    found = error.args[0] if error.args else error
    said = getattr(found, "str", None)
    return str(said() if callable(said) else found)
