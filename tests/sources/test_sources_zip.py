"""A zip of an HTML export: read as the folder is; bombs and damage are one clear line."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from telegram_export_writer import message
from telegram_html_writer import packed, page, save_pages

from tocsin.errors import RecordRefused
from tocsin.model import RawItem
from tocsin.sources import ReadOptions, TelegramHtml, html_pages

READER = TelegramHtml()


def read(path: Path) -> list[RawItem | RecordRefused]:
    return list(READER.read(path, ReadOptions(channel="town")))


def refusal(path: Path) -> str:
    with pytest.raises(RecordRefused) as caught:
        read(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def export(tmp_path: Path) -> Path:
    folder = save_pages(
        tmp_path / "e", [message(n, "words " * 40) for n in range(1, 9)], per_file=3
    )
    return packed(folder, tmp_path / "e.zip")


def test_a_zip_is_read_as_its_folder(export: Path) -> None:
    assert READER.sniff(export, export.read_bytes()[:99])
    assert [one.record for one in read(export)] == [f"message {n}" for n in range(1, 9)]


def test_a_zip_of_something_else_is_not_ours(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("result.json", "{}")
    assert not READER.sniff(path, path.read_bytes())
    assert "no messages.html" in refusal(path)


def test_a_bomb_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("messages.html", page([message(1, "x")]) + " " * 50_000_000)
    assert path.stat().st_size < 100_000
    assert "far larger inside" in refusal(path)


def test_many_pages_together_can_be_a_bomb(export: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html_pages, "MAX_ALL_BYTES", 1_000)
    assert "far larger inside" in refusal(export)


def test_a_size_that_is_a_lie_ends_the_page(export: Path, tmp_path: Path) -> None:
    data = bytearray(export.read_bytes())
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = (2_000).to_bytes(4, "little")
    path = tmp_path / "lie.zip"
    path.write_bytes(data)
    found = read(path)
    assert isinstance(found[-1], RecordRefused)
    assert len(found) <= 8


def test_a_list_of_members_without_end_is_not_read(
    export: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(html_pages, "MAX_DIRECTORY_BYTES", 50)
    assert "too many files" in refusal(export)


def test_several_exports_passwords_and_rare_packing(tmp_path: Path) -> None:
    path = tmp_path / "two.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/messages.html", "x")
        archive.writestr("b/messages.html", "x")
    assert "several exports" in refusal(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("messages.html", "x")
    assert "unusual way" in refusal(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("messages.html", "x")
    data = path.read_bytes()
    path.write_bytes(
        data.replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01")
    )
    assert "password" in refusal(path)


def test_a_zip_cut_or_damaged_anywhere_never_crashes(export: Path, tmp_path: Path) -> None:
    whole = export.read_bytes()
    path = tmp_path / "damaged.zip"
    for at in range(4, len(whole), 11):
        for content in (whole[:at], whole[:at] + b"\xff\x00" + whole[at + 2 :]):
            path.write_bytes(content)
            try:
                for one in read(path):
                    assert isinstance(one, RawItem) or one.advice
            except RecordRefused as refused:
                assert "\n" not in str(refused)  # noqa: PT017 (whether it is raised depends)
