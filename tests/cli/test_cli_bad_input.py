"""Bad input ends in one clear line naming file and record, good records kept, exit code 2."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cli_support import Outcome, call, project_in

from posts_support import post_line

GOOD = orjson.dumps(post_line(1, "Погода"))


def _export(kind: str = "public_channel", *messages: object) -> bytes:
    root = {"name": "Town", "type": kind, "id": 1234567, "messages": list(messages)}
    return orjson.dumps(root)


def _message(number: int, text: object = "Погода", unixtime: str = "1709532000") -> object:
    day = "2024-03-04T09:00:00"
    base = {"id": number, "type": "message", "date": day, "date_unixtime": unixtime}
    return {**base, "from": "Town", "from_id": "channel1234567", "text": text}


def _truncated() -> bytes:
    whole = _export("public_channel", *(_message(n) for n in range(1, 6)))
    return whole[: whole.index(b'"id":5')]


def _parquet(folder: Path) -> Path:
    path = folder / "wrong.parquet"
    pq.write_table(pa.table({"a": [1], "b": ["x"]}), path)
    return path


CASES: dict[str, tuple[str, Callable[[], bytes], int, tuple[str, ...]]] = {
    "truncated JSON": ("result.json", _truncated, 4, ("result.json", "4")),
    "0-byte file": ("empty.json", lambda: b"", 0, ("empty.json", "the whole file")),
    "UTF-16": (
        "wide.jsonl",
        lambda: GOOD.decode().encode("utf-16"),
        0,
        ("wide.jsonl", "the whole file", "UTF-8"),
    ),
    "a private chat": (
        "private.json",
        lambda: _export("personal_chat", _message(1)),
        0,
        ("private.json", "public"),
    ),
    "a wrong column": (
        "wrong.csv",
        lambda: b"id,channel,date,text\n1,a,2024-03-04,x\n",
        0,
        ("wrong.csv", "posted_at", "--map"),
    ),
    "the year 60000": (
        "far.json",
        lambda: _export("public_channel", _message(1), _message(2, "x", "1831377600000")),
        1,
        ("far.json", "message 2"),
    ),
    "10 MB in one post": (
        "long.jsonl",
        lambda: GOOD + b"\n" + orjson.dumps(post_line(2, "а" * 5_000_000)) + b"\n",
        1,
        ("long.jsonl", "line 2"),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_refused_in_one_line_and_the_good_kept(tmp_path: Path, case: str) -> None:
    name, content, kept, words = CASES[case]
    path = tmp_path / name
    path.write_bytes(content())
    done = _ingest(tmp_path, path)
    _refused(done, words)
    assert f"{kept:,} new" in done.out


def test_a_parquet_of_another_schema(tmp_path: Path) -> None:
    _refused(_ingest(tmp_path, _parquet(tmp_path)), ("wrong.parquet", "posted_at", "--map"))


def test_a_directory(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    _refused(_ingest(tmp_path, tmp_path / "folder"), ("folder", "file"))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    _refused(_ingest(tmp_path, tmp_path / "nowhere.json"), ("nowhere.json",))


def test_control_characters_as_the_desktop_program_writes_them(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_bytes(_export("public_channel", _message(1, "a@b")).replace(b"@", rb"\x0B"))
    done = _ingest(tmp_path, path)
    assert done.code == 0
    assert "1 new" in done.out


def test_a_post_of_only_emoji_is_kept_and_counts_as_unread(tmp_path: Path) -> None:
    path = tmp_path / "posts.jsonl"
    path.write_bytes(orjson.dumps(post_line(1, "🙂🙂🙂")) + b"\n")
    project = project_in(tmp_path)
    assert call("ingest", path, "--project", project).code == 0
    assert call("run", "--workers", 0, "--project", project).code == 0
    listed = call("channels", "--json", "--project", project)
    row = orjson.loads(listed.out)
    assert (row["posts"], row["unread"]) == (1, 1)


def _ingest(folder: Path, path: Path) -> Outcome:
    return call("ingest", path, "--project", project_in(folder))


def _refused(done: Outcome, words: tuple[str, ...]) -> None:
    assert done.code == 2, done
    lines = [line for line in done.err.splitlines() if line.startswith("refused: ")]
    assert len(lines) == 1, done.err
    assert all(word in lines[0] for word in words), lines[0]
    assert "Traceback" not in done.err
