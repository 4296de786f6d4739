"""Tables: JSON Lines and CSV, columns, values, refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from tocsin.errors import PrivateChat, RecordRefused, UsageError
from tocsin.model import RawItem
from tocsin.sources import ReadOptions, Table

READER = Table()
ROW = {"id": "1", "channel": "town", "posted_at": "2023-10-11T09:00:00+03:00", "text": "words"}
CSV_HEADER = "id,channel,posted_at,text"


def read(path: Path, **options: Any) -> list[RawItem | RecordRefused]:
    return list(READER.read(path, ReadOptions(**options)))


def lines_file(folder: Path, *rows: Any, name: str = "posts.jsonl") -> Path:
    path = folder / name
    written = [row if isinstance(row, bytes) else orjson.dumps(row) for row in rows]
    path.write_bytes(b"\n".join(written) + b"\n")
    return path


def csv_file(folder: Path, text: str, name: str = "posts.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def one(folder: Path, row: dict[str, Any], **options: Any) -> RawItem:
    (found,) = read(lines_file(folder, row), **options)
    assert isinstance(found, RawItem)
    return found


def refused(folder: Path, row: Any, **options: Any) -> RecordRefused:
    good, found, after = read(lines_file(folder, ROW, row, ROW), **options)
    assert isinstance(good, RawItem)
    assert isinstance(after, RawItem)
    assert isinstance(found, RecordRefused)
    assert found.record == "line 2"
    return found


def test_a_full_line(tmp_path: Path) -> None:
    row = ROW | {
        "captured_at": "2023-10-12T00:00:00Z",
        "lang": "en",
        "views": 1200,
        "subscribers": 65_000.0,
        "is_forward": True,
        "forward_from": "Another channel",
        "forward_posted_at": "2023-10-10 12:00:00",
        "reply_to": 12.0,
        "edited_at": 1_697_007_600,
        "url": "https://example.org/1",
        "media": ["photo", {"kind": "video", "mime": "video/mp4", "digest": "AB" * 32}],
        "reactions": [{"from": "Jo"}],
        "phone": "+49",
    }
    found = one(tmp_path, row)
    assert (found.source, found.channel, found.message_id) == ("table", "town", "1")
    assert found.record == "line 1"
    assert found.raw == orjson.dumps(row)
    assert found.persons == {"forward_from": "Another channel"}
    assert found.content == {
        "posted_at": "2023-10-11T06:00:00+00:00",
        "text": "words",
        "captured_at": "2023-10-12T00:00:00+00:00",
        "lang": "en",
        "views": 1200,
        "subscribers": 65_000,
        "is_forward": True,
        "forward_posted_at": "2023-10-10T12:00:00+00:00",
        "reply_to": "12",
        "edited_at": "2023-10-11T07:00:00+00:00",
        "url": "https://example.org/1",
        "media": [{"kind": "photo"}, {"kind": "video", "mime": "video/mp4", "digest": "ab" * 32}],
    }


def test_unknown_is_left_out_and_never_zero(tmp_path: Path) -> None:
    blank = dict.fromkeys(["views", "subscribers", "lang", "url", "media", "reply_to"])
    found = one(tmp_path, ROW | blank)
    assert sorted(found.content) == ["is_forward", "posted_at", "text"]


def test_a_post_without_words_is_not_refused(tmp_path: Path) -> None:
    assert one(tmp_path, ROW | {"text": None}).content["text"] == ""
    assert one(tmp_path, ROW | {"text": "🔥"}).content["text"] == "🔥"


def test_a_forward_is_one_by_any_sign_of_it(tmp_path: Path) -> None:
    assert one(tmp_path, ROW | {"forward_from": "A"}).content["is_forward"] is True
    assert one(tmp_path, ROW | {"forward_date": "2023-10-10"}).content["is_forward"] is True
    assert one(tmp_path, ROW | {"is_forward": False}).content["is_forward"] is False


def test_columns_are_mapped_and_optional_ones_known_by_other_names(tmp_path: Path) -> None:
    row = {
        "msg_id": 7,
        "channel": "@town",
        "date": "2023-10-11",
        "text": "w",
        "media_type": "MessageMediaPhoto",
        "forward_date": "2023-10-10T00:00:00",
    }
    found = one(tmp_path, row, column_map={"id": "msg_id", "posted_at": "date"})
    assert (found.channel, found.message_id) == ("town", "7")
    assert found.content["posted_at"] == "2023-10-11T00:00:00+00:00"
    assert found.content["media"] == [{"kind": "photo"}]
    assert found.content["forward_posted_at"] == "2023-10-10T00:00:00+00:00"


@pytest.mark.parametrize(
    ("media", "kept"),
    [
        ("MessageMediaWebPage", []),
        ("MessageMediaGeoLive", [{"kind": "location"}]),
        ("MessageMediaDice", [{"kind": "other"}]),
        ("video_file", [{"kind": "video"}]),
        ('["photo", "poll"]', [{"kind": "photo"}, {"kind": "poll"}]),
        ({"kind": "voice"}, [{"kind": "voice"}]),
        ([], []),
    ],
)
def test_media_in_the_spellings_tables_use(tmp_path: Path, media: Any, kept: Any) -> None:
    assert one(tmp_path, ROW | {"media": media}).content["media"] == kept


def test_the_named_channel_fills_gaps_and_replaces_nothing(tmp_path: Path) -> None:
    row = {key: value for key, value in ROW.items() if key != "channel"}
    assert one(tmp_path, row, channel="@hall").channel == "hall"
    assert one(tmp_path, ROW | {"channel": " "}, channel="hall").channel == "hall"
    assert one(tmp_path, ROW, channel="hall").channel == "town"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"[1, 2]", "not a JSON object"),
        (b'"text"', "not a JSON object"),
        (b"{", "not valid JSON"),
        (b'{"id": NaN}', "not valid JSON"),
        (b'{"id": "1", "text": "\xff"}', "not valid JSON"),
        (b'{"id": "1", "text": "\x00"}', "not valid JSON"),
        (b'{"id": "1", "text": "\\ud800"}', "not valid JSON"),
        (b'{"id": "1", "id": "2"}', "one key stands twice"),
        (b'{"id": "1", "\\u0069d": "2"}', "one key stands twice"),
        (b'{"a":' * 300 + b"1" + b"}" * 300, "no field 'id'"),
        (b'{"a":' * 1_000 + b"1" + b"}" * 1_000, "too deep"),
        (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, "not"),
        (orjson.dumps({"id": "1"}), "no field 'channel'"),
        (orjson.dumps(ROW | {"id": " "}), "id is blank"),
        (orjson.dumps(ROW | {"id": None}), "id is blank"),
        (orjson.dumps(ROW | {"id": True}), "id is not a string"),
        (orjson.dumps(ROW | {"id": 1.5}), "broken number"),
        (orjson.dumps(ROW | {"id": 1e300}), "broken number"),
        (orjson.dumps(ROW | {"id": "a\nb"}), "control characters"),
        (orjson.dumps(ROW | {"id": "x" * 600}), "over the limit"),
        (orjson.dumps(ROW | {"channel": None}), "channel is blank"),
        (orjson.dumps(ROW | {"channel": "a\tb"}), "control characters"),
        (orjson.dumps(ROW | {"text": {"a": 1}}), "not a string but dict"),
        (orjson.dumps(ROW | {"text": "a\x00"}), "NUL"),
        (orjson.dumps(ROW | {"text": "x" * 3_000}), "over the limit"),
        (orjson.dumps(ROW | {"posted_at": None}), "posted_at is blank"),
        (orjson.dumps(ROW | {"posted_at": "60000-01-01T00:00:00"}), "posted_at: a time that"),
        (orjson.dumps(ROW | {"posted_at": "yesterday"}), "posted_at: a time that cannot be read"),
        (orjson.dumps(ROW | {"posted_at": "0001-01-01T00:00:00+14:00"}), "1970 to 2099"),
        (orjson.dumps(ROW | {"posted_at": "1066-10-14"}), "1970 to 2099"),
        (orjson.dumps(ROW | {"posted_at": 1831622400000}), "1970 to 2099"),
        (orjson.dumps(ROW | {"posted_at": -1}), "1970 to 2099"),
        (orjson.dumps(ROW | {"posted_at": 20231011}), "a date written as one number"),
        (orjson.dumps(ROW | {"posted_at": True}), "bool"),
        (orjson.dumps(ROW | {"posted_at": []}), "list"),
        (orjson.dumps(ROW | {"views": -1}), "views is not a count"),
        (orjson.dumps(ROW | {"views": "1.2K"}), "views is not a count"),
        (orjson.dumps(ROW | {"views": [1]}), "views is not a count"),
        (orjson.dumps(ROW | {"subscribers": True}), "subscribers is not a count"),
        (orjson.dumps(ROW | {"is_forward": "perhaps"}), "neither true nor false"),
        (orjson.dumps(ROW | {"media": 5}), "without a kind"),
        (orjson.dumps(ROW | {"media": "[1"}), "not a valid JSON list"),
        (orjson.dumps(ROW | {"media": [{"kind": "photo", "digest": "xyz"}]}), "SHA-256"),
        (orjson.dumps(ROW | {"url": 7}), "url is not a string"),
    ],
)
def test_a_bad_line_is_refused_and_its_neighbours_are_kept(
    tmp_path: Path, line: bytes, problem: str
) -> None:
    found = refused(tmp_path, line, max_text=2_000)
    assert problem in found.problem
    assert found.advice


def test_an_invite_link_is_not_a_public_channel(tmp_path: Path) -> None:
    assert isinstance(refused(tmp_path, ROW | {"channel": "https://t.me/+AbC"}), PrivateChat)
    for link in ("https://t.me/joinchat/AbC", "t.me/+AbC", "+491234"):
        with pytest.raises(UsageError, match="invite link"):
            ReadOptions(channel=link)


def test_ten_megabytes_of_text_are_one_refusal(tmp_path: Path) -> None:
    assert "over the limit" in refused(tmp_path, ROW | {"text": "x" * 10_000_000}).problem


def test_a_line_without_end_is_never_wholly_in_memory(tmp_path: Path) -> None:
    found = refused(tmp_path, b'{"text": "' + b"x" * 3_000_000, max_text=10)
    assert "a line of over" in found.problem


def test_the_last_line_may_be_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "posts.jsonl"
    path.write_bytes(orjson.dumps(ROW) + b'\n{"id": "2", "te')
    good, cut = read(path)
    assert isinstance(good, RawItem)
    assert isinstance(cut, RecordRefused)
    assert cut.record == "line 2"


def test_blank_lines_marks_and_carriage_returns_are_no_faults(tmp_path: Path) -> None:
    path = tmp_path / "posts.jsonl"
    path.write_bytes(b"\xef\xbb\xbf\r\n" + orjson.dumps(ROW) + b"\r\n \r\n")
    (found,) = read(path)
    assert isinstance(found, RawItem)
    assert found.raw == orjson.dumps(ROW)


@pytest.mark.parametrize("write", ["lines", "csv"])
def test_a_missing_required_column_is_named_with_what_is_there(tmp_path: Path, write: str) -> None:
    row = {"id": "1", "channel": "town", "date": "2023-10-11", "text": "w"}
    path = (
        lines_file(tmp_path, row)
        if write == "lines"
        else csv_file(tmp_path, "id,channel,date,text\n1,town,2023-10-11,w\n")
    )
    with pytest.raises(RecordRefused) as caught:
        read(path)
    assert caught.value.record == "the whole file"
    assert "no column 'posted_at'" in str(caught.value)
    assert "columns found: id, channel, date, text" in str(caught.value)
    assert "--map posted_at=date" in str(caught.value)
    assert len(read(path, column_map={"posted_at": "date"})) == 1


@pytest.mark.parametrize("write", ["lines", "csv"])
def test_a_map_to_a_column_that_is_not_there_is_named(tmp_path: Path, write: str) -> None:
    path = lines_file(tmp_path, ROW)
    if write == "csv":
        path = csv_file(tmp_path, f"{CSV_HEADER}\n1,town,2023-10-11,w\n")
    with pytest.raises(RecordRefused, match="--map id=number: no column 'number'"):
        read(path, column_map={"id": "number"})


def test_an_optional_mapped_field_that_never_comes_is_told_at_the_end(tmp_path: Path) -> None:
    path = lines_file(tmp_path, ROW, ROW)
    *good, last = read(path, column_map={"views": "seen"})
    assert len(good) == 2
    assert isinstance(last, RecordRefused)
    assert "--map views=seen: no line has a field 'seen'" in str(last)
    later = lines_file(tmp_path, ROW, ROW | {"seen": 5})
    assert len(read(later, column_map={"views": "seen"})) == 2


def test_a_map_of_a_column_that_posts_do_not_have_is_bad_usage() -> None:
    with pytest.raises(UsageError, match="posted_at"):
        ReadOptions(column_map={"date": "posted_at"})


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_csv_of_every_kind(tmp_path: Path, delimiter: str, encoding: str, end: str) -> None:
    rows = [CSV_HEADER + ",views,note", '1,town,2023-10-11T09:00:00Z,"a ""b"" c",12,x', ""]
    text = end.join(row.replace(",", delimiter) for row in rows)
    (found,) = read(csv_file(tmp_path, text, encoding=encoding))
    assert isinstance(found, RawItem)
    assert found.record == "row 1"
    assert found.content["text"] == 'a "b" c'
    assert found.content["views"] == 12
    assert orjson.loads(found.raw)["note"] == "x"


def test_csv_texts_hold_delimiters_and_line_breaks(tmp_path: Path) -> None:
    text = f'{CSV_HEADER}\n1,town,1697007600,"a;b,\nc"\n\n2,town,1697007600.5,\n'
    first, second = read(csv_file(tmp_path, text))
    assert isinstance(first, RawItem)
    assert isinstance(second, RawItem)
    assert first.content["text"] == "a;b,\nc"
    assert (second.record, second.content["text"]) == ("row 2", "")
    assert second.content["posted_at"] == "2023-10-11T07:00:00.500000+00:00"


def test_csv_blanks_flags_and_half_numbers(tmp_path: Path) -> None:
    text = f"{CSV_HEADER},views,is_forward,reply_to,media\n1,town,20231011,w,,True,12.0,photo\n"
    (found,) = read(csv_file(tmp_path, text))
    assert found.content == {  # type: ignore[union-attr]
        "posted_at": "2023-10-11T00:00:00+00:00",
        "text": "w",
        "is_forward": True,
        "reply_to": "12",
        "media": [{"kind": "photo"}],
    }


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("2,town,2023-10-11", "3 fields under 4 columns"),
        ("2,town,2023-10-11,a,b", "5 fields under 4 columns"),
        ('2,town,2023-10-11,"a"b', "not a row of a CSV file"),
        ("2,town,2023-10-11,a\x00b", "NUL"),
        ("2,town,60000-01-01,a", "posted_at"),
        (",town,2023-10-11,a", "id is blank"),
        ("2,,2023-10-11,a", "channel is blank"),
    ],
)
def test_a_bad_row_is_refused_and_its_neighbours_are_kept(
    tmp_path: Path, row: str, problem: str
) -> None:
    good = "1,town,2023-10-11,w"
    found = read(csv_file(tmp_path, f"{CSV_HEADER}\n{good}\n{row}\n{good}\n"))
    assert [type(one) for one in found] == [RawItem, RecordRefused, RawItem]
    assert found[1].record == "row 2"
    assert problem in found[1].problem  # type: ignore[union-attr]


def test_a_row_that_is_not_utf8_is_refused_alone(tmp_path: Path) -> None:
    path = tmp_path / "posts.csv"
    good = b"1,town,2023-10-11,w\n"
    path.write_bytes(CSV_HEADER.encode() + b"\n" + good + b"2,town,2023-10-11,\xe4\n" + good)
    assert [type(one) for one in read(path)] == [RawItem, RecordRefused, RawItem]


def test_a_quote_never_closed_is_one_refusal_for_all_it_swallows(tmp_path: Path) -> None:
    good = "1,town,2023-10-11,w\n"
    found = read(csv_file(tmp_path, f'{CSV_HEADER}\n{good}2,town,2023-10-11,"open\n{good * 3}'))
    assert [type(one) for one in found] == [RawItem, RecordRefused]
    assert "unexpected end" in str(found[1])


def test_a_long_torn_text_is_one_refusal_and_reading_goes_on(tmp_path: Path) -> None:
    good = "1,town,2023-10-11,w\n"
    long = '2,town,2023-10-11,"' + "line of text\n" * 20_000 + '"\n'
    path = csv_file(tmp_path, f"{CSV_HEADER}\n{good}{long}{good}")
    found = read(path, max_text=1_000)
    assert [type(one) for one in found] == [RawItem, RecordRefused, RawItem]


def test_two_columns_of_one_name_are_refused_if_they_count(tmp_path: Path) -> None:
    with pytest.raises(RecordRefused, match="two columns are called 'text'"):
        read(csv_file(tmp_path, f"{CSV_HEADER},text\n1,town,2023-10-11,a,b\n"))
    text = f"{CSV_HEADER},note,note\n1,town,2023-10-11,a,b,c\n"
    assert isinstance(read(csv_file(tmp_path, text))[0], RawItem)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("p.csv", b"", "empty"),
        ("p.csv", "id,text\n1,é\n".encode("utf-16"), "UTF-16"),
        ("p.csv", "id,text\n1,é\n".encode("utf-16-le"), "UTF-16"),
        ("p.jsonl", b"\x1f\x8b\x08", "compressed"),
        ("p.txt", b"only words", "not a table"),
        ("p.json", b'[{"id": 1}]', "one JSON array"),
        ("p.csv", b"\xff\xff,\xff\n", "not a table"),
        ("p.csv", b'id,"te\xff', "not a table"),
        ("p.csv", b"\r,\r\n", "not a header"),
    ],
)
def test_a_file_with_nothing_to_read_is_refused_whole(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(RecordRefused) as caught:
        read(path)
    assert words in str(caught.value)
    assert caught.value.record == "the whole file"


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(RecordRefused, match="folder"):
        read(tmp_path)
