"""``[[sources]]`` of ``tocsin.toml``: read, refused, added, removed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tocsin.engines.source_tables import SourceTable, add_table, read_tables, remove_table
from tocsin.errors import UsageError
from tocsin.settings import Settings

FEED = '[[sources]]\nkind = "feed"\nname = "a"\nurl = "https://x.example/rss"\n'


def project(folder: Path, text: str = "") -> Path:
    (folder / "tocsin.toml").write_text(f'[project]\nname = "desk"  # ours\n{text}')
    return folder


def test_what_a_table_says(tmp_path: Path) -> None:
    more = "every_minutes = 5\nsilent_after_hours = 0\n"
    found = read_tables(project(tmp_path, FEED + more))[0]
    assert (found.kind, found.name, found.where) == ("feed", "a", "https://x.example/rss")
    assert found.every == timedelta(minutes=5)
    assert found.silent_after is None
    assert Settings.load(tmp_path).text("project.name") == "desk", "settings leave them alone"
    assert read_tables(project(tmp_path)) == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('sources = "x"\n', "under a line of its own"),
        ("[sources]\n", "under a line of its own"),
        ("[[sources]]\n", "source 1: kind is missing"),
        ('[[sources]]\nkind = "feed"\n', "source 1: name is missing"),
        (FEED.replace('"feed"', '"fax"'), "no kind 'fax'; known: feed, folder, kafka, telegram"),
        (FEED.replace('"a"', '"a/b"'), "must be letters"),
        (FEED.replace("https", "ftp"), "is no web address"),
        (FEED.replace("https://", "https://me:word@"), "is no web address"),
        (FEED.replace("url", "uri"), "no entry 'uri'; known: kind, name"),
        (FEED + "every_minutes = 0.5\n", "from 1 to 10080"),
        (FEED + 'every_minutes = "5"\n', "every_minutes must be a number"),
        (FEED + "private_addresses = 1\n", "must be true or false"),
        (FEED + "silent_after_hours = -1\n", "silent_after_hours"),
        (FEED + "max_megabytes = 0\n", "max_megabytes"),
        (FEED + FEED, "two sources are called"),
        ('[[sources]]\nkind = "feed"\nname = "a"\n', "url is missing"),
        ('[[sources]]\nkind = "feed"\nname = 3\n', "name must be a text"),
        ('[[sources]]\nkind = "telegram"\nname = "a"\nchannel = "t.me/+x"\n', "invite link"),
        (
            FEED.replace('"feed"', '"folder"').replace("url", "path") + 'channel = "t.me/+x"\n',
            "inv",
        ),
        ("[[sources\n", "not valid TOML"),
    ],
)
def test_a_wrong_table_is_refused_in_one_line(tmp_path: Path, text: str, says: str) -> None:
    before = "" if text.startswith("sources") else '[project]\nname = "x"\n'
    (tmp_path / "tocsin.toml").write_text(before + text)
    with pytest.raises(UsageError, match=r"tocsin\.toml") as error:
        read_tables(tmp_path)
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_added_and_removed_the_rest_stays_as_it_was(tmp_path: Path) -> None:
    project(tmp_path, '[answers]\npurpose = "x"\n')
    before = (tmp_path / "tocsin.toml").read_text()
    made = [
        SourceTable("feed", "a", url='https://x.example/?q="x"', every_minutes=7.5),
        SourceTable("folder", "b", path="in\\x", channel="town", private_addresses=True),
        SourceTable("telegram", "c", channel="@town"),
    ]
    for table in made:
        add_table(tmp_path, table)
    assert list(read_tables(tmp_path)) == made
    with pytest.raises(UsageError, match="two sources are called 'a'"):
        add_table(tmp_path, made[0])
    assert remove_table(tmp_path, "b") == made[1]
    assert list(read_tables(tmp_path)) == [made[0], made[2]]
    with pytest.raises(UsageError, match="known: a, c"):
        remove_table(tmp_path, "b")
    remove_table(tmp_path, "a")
    remove_table(tmp_path, "c")
    assert (tmp_path / "tocsin.toml").read_text() == before
    with pytest.raises(UsageError, match="known: none"):
        remove_table(tmp_path, "c")


def test_what_cannot_be_taken_out_safely_is_left_to_a_person(tmp_path: Path) -> None:
    inline = 'sources = [{kind = "feed", name = "a", url = "https://x.example/"}]\n'
    (tmp_path / "tocsin.toml").write_text(inline)
    with pytest.raises(UsageError, match="by hand"):
        remove_table(tmp_path, "a")
    assert (tmp_path / "tocsin.toml").read_text() == inline
    (tmp_path / "tocsin.toml").write_bytes(b"\xff")
    with pytest.raises(UsageError, match="UTF-8"):
        read_tables(tmp_path)
