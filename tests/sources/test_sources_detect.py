"""Which source a file belongs to, and what the others say."""

from __future__ import annotations

from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from telegram_export_writer import account, chat, message, save

from tocsin import sources
from tocsin.errors import EnvironmentFailed, RecordRefused, UsageError
from tocsin.sources import Source, Table, TelegramDesktop, detect

BOTH: list[Source] = [TelegramDesktop(), Table()]
ROW = orjson.dumps({"id": "1", "channel": "town", "posted_at": "2023-10-11", "text": "w"})


def test_the_public_names_are_these() -> None:
    assert sources.__all__ == sorted(sources.__all__)
    assert all(hasattr(sources, name) for name in sources.__all__)
    assert {type(one.name) for one in BOTH} == {type(one.summary) for one in BOTH} == {str}


@pytest.mark.parametrize("order", [1, -1])
def test_files_are_told_apart_by_content_in_any_order(tmp_path: Path, order: int) -> None:
    pq.write_table(pa.table({"x": [1]}), tmp_path / "a.bin")
    (tmp_path / "b.bin").write_bytes(ROW + b"\n" + ROW)
    (tmp_path / "c.bin").write_bytes(b"id;channel;posted_at;text\n")
    (tmp_path / "d.bin").write_bytes(b'{"text": "' + b"x" * 100_000)
    (tmp_path / "e.jsonl").write_bytes(b"garbage\n" + ROW)
    (tmp_path / "f.bin").write_bytes(b"garbage\n" + ROW)
    save(tmp_path, chat([message(1, "a")]), "1.bin")
    save(tmp_path, account(chat([message(1, "a")])), "2.bin")
    (tmp_path / "3.bin").write_bytes(orjson.dumps(chat([message(1, "a")])))
    (tmp_path / "4.bin").write_bytes(orjson.dumps(chat([message(n, "a") for n in range(1_000)])))
    found = {path.name: detect(path, BOTH[::order]).name for path in tmp_path.iterdir()}
    assert found == {name: "telegram_desktop" if name[0].isdigit() else "table" for name in found}


def test_a_mapping_of_sources_will_do(tmp_path: Path) -> None:
    path = save(tmp_path, chat([message(1, "a")]))
    assert detect(path, {one.name: one for one in BOTH}) is BOTH[0]


def test_a_format_is_forced_by_name(tmp_path: Path) -> None:
    path = save(tmp_path, chat([message(1, "a")]))
    assert detect(path, BOTH, "table") is BOTH[1]
    with pytest.raises(UsageError, match="known: table, telegram_desktop"):
        detect(path, BOTH, "telegraph")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b"some words on a line\nand more\n", "--format"),
        (b"<!DOCTYPE html>\n<html>", "machine-readable JSON"),
        (b"[{}]", "jq"),
        (b"PK\x03\x04rest", "unpack"),
        ('{"id": 1}\n'.encode("utf-16"), "iconv"),
        ("id,text\n".encode("utf-16-le"), "iconv"),
        (b"\x00" * 50, "not a format"),
        (b"A title, with a comma, and, and\n", "not a format"),
    ],
)
def test_what_nobody_knows_is_refused_with_advice(
    tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "something"
    path.write_bytes(content)
    with pytest.raises(RecordRefused) as caught:
        detect(path, BOTH)
    assert caught.value.record == "the whole file"
    assert words in str(caught.value)


def test_a_folder_names_the_export_in_it(tmp_path: Path) -> None:
    with pytest.raises(RecordRefused, match="name the files in it"):
        detect(tmp_path, BOTH)
    path = save(tmp_path, chat([]))
    with pytest.raises(RecordRefused) as caught:
        detect(tmp_path, BOTH)
    assert str(path) in caught.value.advice


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RecordRefused, match="no such file"):
        detect(tmp_path / "nothing", BOTH)
    with pytest.raises(RecordRefused, match="no such file"):
        detect(tmp_path / "a\x00b", BOTH)


def test_a_device_is_not_read() -> None:
    with pytest.raises(RecordRefused, match="not a file"):
        detect(Path("/dev/null"), BOTH)


def test_what_the_system_forbids_is_the_environments_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = save(tmp_path, chat([]))
    monkeypatch.setattr(Path, "open", forbidden)
    with pytest.raises(EnvironmentFailed, match="Permission denied"):
        detect(path, BOTH)
