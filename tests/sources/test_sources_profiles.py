"""The ``--channels`` file: all of it or none of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tocsin.errors import PrivateChat, RecordRefused
from tocsin.model import ChannelProfile
from tocsin.sources.profiles import read_profiles

TOWN = ChannelProfile(
    channel="1234567890",
    name="town_notices",
    home_place="Khasavyurt",
    time_zone="Europe/Moscow",
    languages=("ru", "en"),
    subscribers=65_000,
    as_of=datetime(2023, 10, 29, tzinfo=UTC),
    reliability="C",
    created_at=datetime(2021, 5, 1, 9, tzinfo=UTC),
)
HEADER = "channel,name,home_place,time_zone,languages,subscribers,as_of,reliability,created_at\n"
AS_CSV = (
    "1234567890,@town_notices,Khasavyurt,Europe/Moscow,RU en,65000,2023-10-29,c,"
    "2021-05-01T12:00+03:00"
)
AS_JSON = (
    '{"channel": 1234567890, "name": "town_notices", "home_place": "Khasavyurt", '
    '"time_zone": "Europe/Moscow", "languages": ["ru", "en"], "subscribers": 65000, '
    '"as_of": "2023-10-29", "reliability": "C", "created_at": "2021-05-01T09:00:00Z"}\n'
)


def read(folder: Path, content: str | bytes) -> list[ChannelProfile]:
    path = folder / "channels"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_profiles(path)


@pytest.mark.parametrize(
    "content",
    [
        HEADER + AS_CSV,
        "\ufeff" + HEADER + AS_CSV + "\r\n\r\n",
        "\n" + (HEADER + AS_CSV).replace(",", ";"),
        (HEADER + AS_CSV).replace(",", "\t"),
        AS_JSON,
        "\ufeff\n" + AS_JSON,
    ],
)
def test_all_that_may_be_known(tmp_path: Path, content: str) -> None:
    assert read(tmp_path, content) == [TOWN]


@pytest.mark.parametrize("content", ["channel,name\na\n", '{"channel": "@a", "as_of": null}'])
def test_what_is_not_known_is_none(tmp_path: Path, content: str) -> None:
    assert read(tmp_path, content) == [ChannelProfile("a")]


def test_a_file_of_blanks_names_no_channel(tmp_path: Path) -> None:
    assert read(tmp_path, "\u00a0\n") == []


def test_zero_subscribers_are_known(tmp_path: Path) -> None:
    assert read(tmp_path, '{"channel": "a", "subscribers": 0}')[0].subscribers == 0


@pytest.mark.parametrize(
    ("content", "record", "problem"),
    [
        ("name\na\n", "line 2", "no channel"),
        ("channel,colour\na,red\n", "line 2", "unknown column 'colour'"),
        ("channel,name\na,b\n,c\n", "line 3", "no channel"),
        ("channel,name\na,b,c\n", "line 2", "3 fields under 2 columns"),
        ("channel,time_zone\na,Europe\n", "line 2", "no time zone"),
        ("channel,time_zone\na,Mars/North\n", "line 2", "no time zone"),
        ("channel,as_of\na,0001-01-01T00:00:00+14:00\n", "line 2", "as_of"),
        ("channel,created_at\na,once\n", "line 2", "created_at"),
        ("channel,reliability\na,G\n", "line 2", "reliability"),
        ("channel,subscribers\na,many\n", "line 2", "subscribers"),
        ("channel,name\na,b\nc,d\x00\n", "line 3", "NUL"),
        ("channel,name\na," + "x" * 200_000 + "\n", "line 2", "not a row of a CSV file"),
        (b"channel,name\na,b\nc,\xe4\n", "line 3", "not UTF-8"),
        ('{"channel": "a", "languages": 5}', "line 1", "languages"),
        ('{"channel": "a", "languages": [[1]]}', "line 1", "languages"),
        ('{"channel": ["a"]}', "line 1", "channel"),
        ('{"channel": "a"}\n{"channel": ', "line 2", "not valid JSON"),
        (b"", "the whole file", "empty"),
        (b" \n", "the whole file", "empty"),
        ("x" * 200_000, "line 1", "not a header"),
        ("channel\n".encode("utf-16"), "the whole file", "UTF-16"),
    ],
)
def test_one_wrong_line_refuses_the_file(
    tmp_path: Path, content: str | bytes, record: str, problem: str
) -> None:
    with pytest.raises(RecordRefused) as caught:
        read(tmp_path, content)
    assert caught.value.record == record
    assert problem in caught.value.problem


def test_an_invite_link_is_not_a_channel(tmp_path: Path) -> None:
    with pytest.raises(PrivateChat):
        read(tmp_path, "channel\nhttps://t.me/+AbC\n")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RecordRefused, match="no such file"):
        read_profiles(tmp_path / "nothing")
