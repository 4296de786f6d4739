"""A topic of Kafka, message by message: nothing lost, nothing twice, and said what went wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kafka_support import TestBroker, broker, said
from tocsin.errors import RecordRefused, SourceFailed, UsageError
from tocsin.model import RawItem
from tocsin.sources.kafka_client import KafkaBrokers, load_kafka, read_client_file
from tocsin.sources.kafka_topic import (
    Address,
    Bounds,
    Brought,
    KafkaTopic,
    Message,
    kafka_address,
)
from tocsin.sources.live import Polled, State

NOW = datetime(2024, 3, 4, 12, 0, tzinfo=UTC)
_FEW = Bounds(messages=3)


@pytest.fixture
def town() -> Iterator[TestBroker]:
    with broker() as found:
        yield found


def topic(at: TestBroker, bounds: Bounds | None = None, name: str = "posts") -> KafkaTopic:
    address = kafka_address(at.url(name))
    return KafkaTopic("monitor", address, KafkaBrokers(at.server, {}, load_kafka()), bounds)


def ids(polled: Polled) -> list[str]:
    return [one.message_id for one in polled.items if isinstance(one, RawItem)]


def test_each_message_comes_once_whatever_its_partition(town: TestBroker) -> None:
    town.put("posts", said(1), said(2))
    town.put("posts", said(3, channel="town_chat"), part=1)
    source = topic(town)
    first = source.poll({}, NOW)
    assert sorted(ids(first)) == ["1", "2", "3"]
    assert {one.channel for one in first.items if isinstance(one, RawItem)} == {
        "monitor",
        "town_chat",
    }
    assert first.origin is not None
    assert first.origin.name == town.url("posts")
    assert first.next_at is None
    again = source.poll(first.state, NOW)
    assert not again.brings
    assert again.state == first.state
    town.put("posts", said(4), part=1)
    assert ids(source.poll(again.state, NOW)) == ["4"]
    source.close()


def test_where_more_wait_than_one_look_takes_the_next_look_is_at_once(town: TestBroker) -> None:
    town.put("posts", *map(said, range(7)))
    source = topic(town, _FEW)
    state: State = {}
    found, moments = [], []
    for _ in range(3):
        polled = source.poll(state, NOW)
        found += ids(polled)
        moments.append(polled.next_at)
        state = polled.state
    assert found == [str(number) for number in range(7)]
    assert moments == [NOW, NOW, None]
    source.close()


def test_a_look_takes_no_more_bytes_than_it_may(town: TestBroker) -> None:
    town.put("posts", *map(said, range(5)))
    source = topic(town, Bounds(size=1))
    assert ids(source.poll({}, NOW)) == ["0"]
    source.close()


def test_a_look_that_is_lost_is_repeated_by_another_process(town: TestBroker) -> None:
    town.put("posts", *map(said, range(3)))
    killed = topic(town)
    killed.poll({}, NOW)  # what it brought was never taken in
    killed.close()
    after = topic(town)
    assert ids(after.poll({}, NOW)) == ["0", "1", "2"]
    after.close()


def test_what_is_no_post_is_refused_by_its_place_and_the_others_go_on(town: TestBroker) -> None:
    town.put("posts", said(1), b"\xff\xfe", None, b"  ", b'{"text": "no id"}', b"[1]", said(2))
    source = topic(town)
    polled = source.poll({}, NOW)
    refused = [str(one) for one in polled.items if isinstance(one, RecordRefused)]
    assert ids(polled) == ["1", "2"]
    assert [line.partition(": ")[0] for line in refused] == ["monitor"] * 3
    assert ["offset 1" in refused[0], "offset 4" in refused[1], "offset 5" in refused[2]] == [
        True
    ] * 3
    assert not source.poll(polled.state, NOW).brings
    source.close()


def test_a_topic_that_is_not_there_fails_and_is_not_made(town: TestBroker) -> None:
    source = topic(town, name="posst")
    for _ in range(2):
        with pytest.raises(SourceFailed, match="'posst'"):
            source.poll({}, NOW)
    source.close()


def test_brokers_that_are_not_there_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tocsin.sources.kafka_client._ANSWER_S", 0.2)
    client = KafkaBrokers("127.0.0.1:1", {}, load_kafka())
    source = KafkaTopic("monitor", Address("127.0.0.1:1", "posts"), client)
    with pytest.raises(SourceFailed, match=r"monitor: 127\.0\.0\.1:1: .*check the address"):
        source.poll({}, NOW)
    source.close()


class _Scripted:
    """Brokers that say what a test wants."""

    def __init__(self, held: Mapping[int, tuple[int, int]]) -> None:
        self._held = held
        self.asked: list[Mapping[int, int]] = []

    def held(self, topic: str) -> Mapping[int, tuple[int, int]]:
        del topic
        return self._held

    def read(self, topic: str, starts: Mapping[int, int], bounds: Bounds) -> Brought:
        del topic, bounds
        self.asked.append(starts)
        found = tuple(Message(part, at, said(at)) for part, at in starts.items())
        return Brought(found, {part: self._held[part][1] for part in starts})

    def close(self) -> None:
        pass


def scripted(held: Mapping[int, tuple[int, int]], state: Any) -> tuple[Polled, list[Any]]:
    brokers = _Scripted(held)
    source = KafkaTopic("monitor", Address("kafka:9092", "posts"), brokers)
    return source.poll(state, NOW), brokers.asked


def test_messages_that_were_dropped_unread_are_told() -> None:
    polled, asked = scripted({0: (50, 60), 1: (5, 9)}, {"offsets": {"0": 20, "1": 7}})
    assert asked == [{0: 50, 1: 7}]
    assert [note.partition(";")[0] for note in polled.notes] == [
        "partition 0: 30 messages were gone before they were read"
    ]
    assert polled.state == {"offsets": {"0": 60, "1": 9}}


def test_a_topic_made_anew_is_read_from_its_beginning() -> None:
    polled, asked = scripted({0: (0, 4)}, {"offsets": {"0": 20}})
    assert asked == [{0: 0}]
    assert "made anew" in polled.notes[0]


@pytest.mark.parametrize(
    "state", [{"offsets": [1]}, {"offsets": {"x": 1, "0": -3, "1": "2"}}, {"seen": 1}]
)
def test_a_state_of_unknown_shape_begins_anew(state: Any) -> None:
    _, asked = scripted({0: (0, 4), 1: (2, 3)}, state)
    assert asked == [{0: 0, 1: 2}]


@pytest.mark.parametrize(
    "wrong",
    [
        "kafka://broker/posts",
        "kafka://broker:9092/",
        "kafka://me:secret@broker:9092/posts",
        "kafka://broker:9092,/posts",
        "https://broker:9092/posts",
        "kafka://broker:9092/a b",
    ],
)
def test_an_address_that_is_none_is_refused(wrong: str) -> None:
    with pytest.raises(UsageError, match="kafka://host:9092/topic"):
        kafka_address(wrong)


def test_an_address_may_name_several_brokers() -> None:
    found = kafka_address("kafka://a.example:9092,[2001:db8::1]:9093/town.posts")
    assert found == Address("a.example:9092,[2001:db8::1]:9093", "town.posts")


def test_the_clients_settings_are_read_from_a_file_of_its_owners(tmp_path: Path) -> None:
    path = tmp_path / "kafka.properties"
    path.write_text("# ours\n\nsecurity.protocol = SASL_SSL\nsasl.password=a=b\n")
    path.chmod(0o644)
    with pytest.raises(UsageError, match="chmod 600"):
        read_client_file(path)
    path.chmod(0o600)
    assert read_client_file(path) == {"security.protocol": "SASL_SSL", "sasl.password": "a=b"}
    path.write_text("security.protocol\n")
    with pytest.raises(UsageError, match="line 1: write it as name=value"):
        read_client_file(path)
    path.write_bytes(b"\xff")
    with pytest.raises(UsageError, match="UTF-8"):
        read_client_file(path)
    with pytest.raises(UsageError, match="cannot be read"):
        read_client_file(tmp_path / "nothing")


def test_a_setting_that_the_client_does_not_know_is_said() -> None:
    client = KafkaBrokers("kafka:9092", {"no.such.setting": "1"}, load_kafka())
    with pytest.raises(UsageError, match=r"kafka\.client_file: .*no\.such\.setting"):
        client.held("posts")
    client.close()


def test_ours_stand_before_the_desks_own_settings(town: TestBroker) -> None:
    town.put("posts", said(1))
    client = KafkaBrokers(town.server, {"enable.partition.eof": "false"}, load_kafka())
    assert ids(KafkaTopic("monitor", Address(town.server, "posts"), client).poll({}, NOW)) == ["1"]
    client.close()
