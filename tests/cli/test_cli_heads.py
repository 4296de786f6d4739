"""Signed heads and anchors, as a person at the desk would use them."""

from __future__ import annotations

import shutil
from pathlib import Path

import orjson
import pytest
from cli_support import call, project_in

from stamp_servers import Authority, Calendar, served
from tocsin.archive import Archive

POST = '{"id":"%d","channel":"town_news","posted_at":"2024-01-01","text":"the market opens"}\n'


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    project = project_in(tmp_path)
    ingest(tmp_path, project, 1)
    return project


def ingest(folder: Path, project: Path, number: int) -> None:
    (folder / "posts.jsonl").write_text(POST % number)
    done = call("ingest", folder / "posts.jsonl", "-p", project)
    assert (done.code, done.err) == (0, "")


def heads(project: Path) -> list[int]:
    return sorted(int(path.stem) for path in (project / "heads").glob("*.json"))


def test_every_ingest_ends_with_a_head_and_nothing_new_makes_none(
    desk: Path, tmp_path: Path
) -> None:
    assert len(heads(desk)) == 1
    ingest(tmp_path, desk, 1)
    assert len(heads(desk)) == 1
    ingest(tmp_path, desk, 2)
    assert len(heads(desk)) == 2
    listed = call("heads", "list", "-p", desk, "--json").out.splitlines()
    assert [orjson.loads(line)["size"] for line in listed] == heads(desk)
    done = call("verify", "-p", desk)
    assert done.code == 0
    assert "2 signed heads" in done.out


def test_heads_go_to_a_second_place_too(desk: Path, tmp_path: Path) -> None:
    settings = desk / "tocsin.toml"
    copy = tmp_path / "stick"
    text = settings.read_text().replace("[project]", f'[project]\nheads_folder = "{copy}"')
    settings.write_text(text)
    ingest(tmp_path, desk, 2)
    assert [path.name for path in copy.glob("*.json")] == [f"{heads(desk)[-1]}.json"]


def test_a_missing_key_is_told_and_what_was_taken_in_is_kept(desk: Path, tmp_path: Path) -> None:
    (tmp_path / "desk-signing.pem").unlink()
    (tmp_path / "posts.jsonl").write_text(POST % 2)
    done = call("ingest", tmp_path / "posts.jsonl", "-p", desk)
    assert done.code == 0
    assert "not signed:" in done.err
    assert "2 items" in call("verify", "-p", desk).out
    assert call("heads", "sign", "-p", desk).code == 3


def without_key(project: Path) -> None:
    """Take the setting away, as a project of an earlier version has none."""
    settings = project / "tocsin.toml"
    lines = settings.read_text().splitlines(keepends=True)
    settings.write_text("".join(line for line in lines if "signing_key_file" not in line))


def test_a_project_of_an_earlier_version_gets_a_key(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    without_key(project)
    shutil.rmtree(project / "archive")
    shutil.rmtree(project / "heads")
    Archive.create(project / "archive").close()
    ingest(tmp_path, project, 1)
    assert "no signed head" in call("verify", "-p", project).out
    assert call("heads", "list", "-p", project).out == "no signed head yet\n"
    assert call("heads", "sign", "-p", project).code == 2
    assert call("heads", "key", "--rotate", "--as", "ana", "-p", project).code == 2
    assert call("heads", "key", "-p", project).code == 2
    assert call("heads", "key", "--as", "ana", "-p", project).code == 0
    assert (tmp_path / "desk-signing-2.pem").is_file()  # the first name is taken
    assert "1 signed heads" in call("verify", "-p", project).out


def test_a_key_that_was_made_and_never_announced_is_announced(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    shutil.rmtree(project / "archive")
    Archive.create(project / "archive").close()
    (tmp_path / "posts.jsonl").write_text(POST % 1)
    assert "never announced" in call("ingest", tmp_path / "posts.jsonl", "-p", project).err
    assert call("heads", "key", "--as", "ana", "-p", project).code == 0
    assert call("heads", "sign", "-p", project).out.startswith("4 entries signed by")
    assert call("verify", "-p", project).code == 0


def test_a_key_that_is_not_the_one_announced_signs_nothing_and_hands_nothing_over(
    desk: Path, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    project_in(tmp_path / "other")
    shutil.copy(tmp_path / "other" / "desk-signing.pem", tmp_path / "desk-signing.pem")
    (tmp_path / "posts.jsonl").write_text(POST % 2)
    assert "is not the key" in call("ingest", tmp_path / "posts.jsonl", "-p", desk).err
    assert call("heads", "key", "--rotate", "--as", "ana", "-p", desk).code == 2
    without_key(desk)
    assert call("heads", "key", "--rotate", "--as", "ana", "-p", desk).code == 2
    assert call("heads", "key", "--as", "ana", "-p", desk).code == 2


def test_a_key_hands_over_to_the_next(desk: Path, tmp_path: Path) -> None:
    first = tmp_path / "desk-signing.pem.pub"
    assert call("heads", "key", "--as", "ana", "-p", desk).code == 2
    assert call("heads", "key", "--rotate", "-p", desk).code == 2
    inside = ("--signing-key-file", desk / "key.pem")
    assert call("heads", "key", "--rotate", "--as", "ana", "-p", desk, *inside).code == 2
    assert call("heads", "key", "--rotate", "--as", "ana", "-p", desk).code == 0
    assert (tmp_path / "desk-signing-2.pem").is_file()
    ingest(tmp_path, desk, 2)
    assert call("verify", "-p", desk, "--key", first).code == 0


def test_a_pinned_key_of_another_desk_is_a_finding(desk: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    project_in(tmp_path / "other")
    done = call("verify", "-p", desk, "--key", tmp_path / "other" / "desk-signing.pem.pub")
    assert done.code == 1
    assert "swapped key" in done.out


def test_an_anchor_is_made_listed_and_verified(desk: Path, tmp_path: Path, loopback: None) -> None:
    del loopback
    authority = Authority(tmp_path / "tsa")
    with (desk / "tocsin.toml").open("a") as file:
        file.write(f'\n[archive]\ntsa_roots = ["{authority.root}"]\n')
    with served(authority.stamp) as server:
        done = call("anchor", "--tsa", server.url, "--as", "ana", "-p", desk)
        part = call(
            "anchor", "--tsa", server.url, "--part", "0-3", "--as", "ana", "-p", desk, "--json"
        )
    assert (done.code, done.err) == (0, "")
    assert "confirmed" in done.out
    assert orjson.loads(part.out)["message"]["end"] == 4
    listed = call("anchor", "list", "-p", desk, "--json").out.splitlines()
    assert [orjson.loads(line)["state"] for line in listed] == ["confirmed", "confirmed"]
    report = orjson.loads(call("verify", "-p", desk, "--json").out)
    assert [anchor["state"] for anchor in report["anchors"]] == ["confirmed", "confirmed"]
    assert report["problems"] == []
    kept = next((desk / "anchors").glob("head-*.tsr"))
    assert call("verify", "-p", desk, "--head", kept).code == 0
    assert call("rebuild", "-p", desk).code == 0


def test_an_authority_that_nobody_trusts_is_no_anchor(
    desk: Path, tmp_path: Path, loopback: None
) -> None:
    del loopback
    authority, other = Authority(tmp_path / "tsa"), Authority(tmp_path / "other")
    with (desk / "tocsin.toml").open("a") as file:
        file.write(f'\n[archive]\ntsa_roots = ["{other.root}"]\n')
    with served(authority.stamp) as server:
        done = call("anchor", "--tsa", server.url, "--as", "ana", "-p", desk)
    assert done.code == 3
    assert "no anchor:" in done.err
    assert call("anchor", "list", "-p", desk).out == (
        "no anchor yet; make one with: tocsin anchor --tsa URL --as NAME\n"
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--tsa", "https://tsa.example.org"), "add --as NAME"),
        (("--as", "ana"), "no authority to anchor at"),
        (("--as", "ana", "--tsa", "ftp://x"), "no address of a server"),
        (("--as", "ana", "--tsa", "https://x.example", "--part", "3"), "FROM-TO"),
        (("--as", "ana", "--tsa", "https://x.example", "--part", "3-9999"), "entries 0 to"),
    ],
)
def test_a_wrong_call_is_refused_before_anybody_is_asked(
    desk: Path, arguments: tuple[str, ...], says: str
) -> None:
    done = call("anchor", *arguments, "-p", desk)
    assert done.code == 2
    assert says in done.err


def test_a_calendar_is_pending_until_an_upgrade_leads_to_a_block(
    desk: Path, loopback: None
) -> None:
    del loopback
    calendar = Calendar()
    with served(calendar.answer) as calendar.server:
        url = calendar.server.url
        done = call("anchor", "--ots", url, "--as", "ana", "-p", desk)
        assert (done.code, done.err) == (0, "")
        assert "pending" in done.out
        assert call("anchor", "upgrade", "-p", desk).code == 2
        early = call("anchor", "upgrade", "--as", "ana", "-p", desk)
        assert early.code == 3
        calendar.ready = True
        late = call("anchor", "upgrade", "--as", "ana", "-p", desk)
    assert late.code == 0
    assert "not verified without block headers" in late.out
    (row,) = map(orjson.loads, call("anchor", "list", "-p", desk, "--json").out.splitlines())
    assert row["state"] == "unverified"
    assert call("anchor", "upgrade", "--as", "ana", "-p", desk).out == "no anchor is pending\n"
    assert call("verify", "-p", desk).code == 0
