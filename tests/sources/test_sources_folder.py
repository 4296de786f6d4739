"""A watched folder: finished files, each once."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tocsin.errors import SourceFailed
from tocsin.sources.folder import Folder, FolderOptions

NOW = datetime(2024, 3, 4, 12, 0, tzinfo=UTC)


def look(folder: Path, state: Any = None, **options: str) -> tuple[list[str], Any]:
    polled = Folder("exports", folder, FolderOptions(**options)).poll(state or {}, NOW)
    names = [one.path.relative_to(folder).as_posix() for one in polled.exports]
    return names, polled.state


def test_a_file_is_read_once_its_size_has_stood_for_two_looks(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("half")
    names, state = look(tmp_path)
    assert names == []
    path.write_text("half and more")
    names, state = look(tmp_path, state)
    assert names == [], "it grew since the last look"
    names, state = look(tmp_path, state)
    assert names == ["a.jsonl"]
    assert look(tmp_path, state)[0] == []


def test_the_same_bytes_under_another_name_are_not_read_again(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x")
    _, state = look(tmp_path)
    _, state = look(tmp_path, state)
    (tmp_path / "a.csv").rename(tmp_path / "b.csv")
    (tmp_path / "c.csv").write_text("x")
    _, state = look(tmp_path, state)
    assert look(tmp_path, state)[0] == []


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x")
    _, state = look(tmp_path)
    _, state = look(tmp_path, state)
    (tmp_path / "a.csv").write_text("x and y")
    _, state = look(tmp_path, state)
    assert look(tmp_path, state)[0] == ["a.csv"]


def test_exports_lie_in_folders_of_their_own_and_other_things_are_passed_over(
    tmp_path: Path,
) -> None:
    export = tmp_path / "ChatExport_2024" / "result.json"
    export.parent.mkdir()
    export.write_text("{}")
    outside = tmp_path.parent / "outside.json"
    outside.write_text("{}")
    (tmp_path / "link.json").symlink_to(outside)
    for name in (".hidden.json", "~a.json", "a.json.part", "photo.jpg", "empty.json"):
        (tmp_path / name).write_text("" if name == "empty.json" else "x")
    deep = tmp_path / "1" / "2" / "3" / "deep.json"
    deep.parent.mkdir(parents=True)
    deep.write_text("{}")
    _, state = look(tmp_path)
    assert look(tmp_path, state)[0] == ["ChatExport_2024/result.json"]


def test_channel_and_format_go_with_it(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("x")
    folder = Folder("exports", tmp_path, FolderOptions("town", "table"))
    export = folder.poll(folder.poll({}, NOW).state, NOW).exports[0]
    assert (export.channel, export.forced) == ("town", "table")
    folder.close()


def test_no_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceFailed, match="is no folder"):
        look(tmp_path / "none")


def test_a_state_of_another_shape_begins_anew(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("x")
    assert look(tmp_path, {"files": 3, "digests": "x"})[0] == []
