"""Posts from standard input: each answered before the next line is read."""

from __future__ import annotations

import io
from collections.abc import Iterator

import orjson
import pytest

from tocsin.errors import RecordRefused, UsageError
from tocsin.model import RawItem
from tocsin.sources import ReadOptions, read_posts_stream
from tocsin.sources.files import bounded_lines

LINES = [b'{"id": 1, "text": "a"}\n', b"garbage\n", b'{"id": 2, "text": "b"}\n']


def test_each_post_comes_out_before_the_next_line_is_read() -> None:
    taken: list[bytes] = []

    def lines() -> Iterator[bytes]:
        for line in LINES:
            taken.append(line)
            yield line

    stream = read_posts_stream(lines(), ReadOptions())
    for count in range(1, len(LINES) + 1):
        next(stream)
        assert len(taken) == count


def test_id_and_text_are_enough() -> None:
    first, bad, second = read_posts_stream(LINES, ReadOptions())
    assert isinstance(first, RawItem)
    assert (first.channel, first.message_id, first.record) == ("stdin", "1", "line 1")
    assert first.content == {"text": "a", "is_forward": False}
    assert isinstance(bad, RecordRefused)
    assert str(bad).startswith("standard input: line 2: not valid JSON")
    assert isinstance(second, RawItem)


def test_more_can_be_required_and_the_channel_named() -> None:
    required = ("id", "text", "posted_at")
    found = list(read_posts_stream(LINES, ReadOptions(channel="@hall"), required))
    assert "no field 'posted_at'" in str(found[0])
    timed = orjson.dumps({"id": 1, "text": "a", "posted_at": "2023-10-11"})
    (post,) = read_posts_stream([timed], ReadOptions(channel="@hall"), required)
    assert isinstance(post, RawItem)
    assert post.channel == "hall"
    assert post.content["posted_at"] == "2023-10-11T00:00:00+00:00"


def test_a_binary_stream_is_read_in_lines_of_bounded_length() -> None:
    endless = b'{"text": "' + b"x" * 20_000_000 + b"\n"
    stream = io.BytesIO(LINES[0] + endless + LINES[2])
    found = list(read_posts_stream(stream, ReadOptions(), file="posts"))
    assert [type(one) for one in found] == [RawItem, RecordRefused, RawItem]
    assert str(found[1]).startswith("posts: line 2: a line of over")


@pytest.mark.parametrize("length", [0, 1, 4, 5, 6, 7, 100, 200_000])
@pytest.mark.parametrize("end", [b"\n", b""])
def test_bounded_lines_cut_and_go_on(length: int, end: bytes) -> None:
    stream = io.BytesIO(b"ab\n" + b"x" * length + end)
    _, *rest = bounded_lines(stream, 5)
    whole = b"x" * length + end
    assert rest == ([whole[:6]] if whole else [])


def test_names_of_channels_are_written_in_many_ways() -> None:
    for name in ("@town", "town", " https://t.me/town/", "t.me/s/town", "telegram.me/town"):
        assert ReadOptions(channel=name).channel == "town"
    for name in ("", "@", "two words", "a/b", "a\x00"):
        with pytest.raises(UsageError):
            ReadOptions(channel=name)
    with pytest.raises(UsageError, match="max_text"):
        ReadOptions(max_text=0)
