"""Erasing, retention, the key and sealed originals, as a person types them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import orjson
import pytest
from cli_support import call, project_in

Write = Callable[[Iterable[dict[str, Any]]], Path]
TEXT = "Heute öffnet der Markt in Altdorf um neun Uhr, alle Stände sind besetzt"


@pytest.fixture
def posts(write_posts: Write) -> Path:
    return write_posts(
        {
            "id": str(n),
            "channel": "town" if n < 4 else "village",
            "posted_at": f"2024-03-0{n}T09:00:00+00:00",
            "text": f"{TEXT}, Reihe {n}",
            "forward_from": "Some One" if n == 2 else None,
        }
        for n in range(1, 6)
    )


@pytest.fixture
def desk(tmp_path: Path, posts: Path) -> Path:
    folder = project_in(tmp_path)
    assert call("ingest", posts, "--project", folder).code == 0
    return folder


WHO = ("--as", "ana", "--reason", "asked for by its author")


def test_a_dry_run_shows_and_erases_nothing(desk: Path) -> None:
    done = call("erase", "--channel", "town", "--dry-run", "--project", desk)
    assert done.code == 0
    assert "3 items (posts 3)" in done.out
    assert "town/2" in done.out
    assert "erased" not in call("verify", "--project", desk).out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "say what"),
        (("town",), "channel/id"),
        (("--class", "posts"), "say what"),
        (("--before", "2024-04-01", "--class", "all"), "say one of tips, warnings"),
        (("--before", "soon"), "2024-01-31"),
        (("town/1", "--reason", "asked"), "--as NAME"),
        (("town/1", "--as", "ana"), "needs its reason"),
        (("town/99", *WHO), "nothing here to erase"),
        (("town/1", *WHO), "add --yes"),
    ],
)
def test_what_is_missing_is_said_in_one_line(
    desk: Path, arguments: tuple[str, ...], says: str
) -> None:
    done = call("erase", *arguments, "--project", desk)
    assert done.code == 2
    assert says in done.err
    assert len(done.err.strip().splitlines()) == 1


def test_erased_posts_are_gone_named_and_not_taken_in_again(desk: Path, posts: Path) -> None:
    done = call("erase", "town/2", *WHO, "--yes", "--project", desk)
    assert done.code == 0
    assert "erased: 1 items" in done.out
    shown = call("verify", "--project", desk)
    assert shown.code == 0
    assert "1 items were erased, as the ledger says" in shown.out
    assert "was erased" in call("explain", "town/2", "--project", desk).err
    again = call("ingest", posts, "--project", desk)
    assert "1 erased before and left out" in again.out
    old = call("erase", "--before", "2024-03-04", "--class", "posts", *WHO, "--yes", "-p", desk)
    assert "erased: 2 items" in old.out


def test_by_pseudonym_no_post_is_listed(desk: Path) -> None:
    content = b"".join((desk / "store.db").read_bytes().split(b"forward_from")[1:])
    pseudonym = "~" + content.split(b"~", 1)[1][:20].decode()
    done = call("erase", "--pseudonym", pseudonym, "--dry-run", "--project", desk)
    assert "1 items" in done.out
    assert "town/2" not in done.out
    as_json = call("erase", "--pseudonym", pseudonym, "--dry-run", "--json", "--project", desk)
    assert "refs" not in orjson.loads(as_json.out)


def test_retention_shows_and_only_applies_when_told(desk: Path) -> None:
    nothing = call("retention", "--project", desk)
    assert nothing.code == 0
    assert "for good" in nothing.out
    with (desk / "tocsin.toml").open("a") as file:
        file.write("\n[retention]\nposts_days = 30\n")
    rows = [orjson.loads(line) for line in _lines("retention", "--json", "--project", desk)]
    assert {row["class"]: row["due"] for row in rows}["posts"] == 5
    assert "for good" not in str(rows[-1])
    assert "add --as" in call("retention", "--apply", "--yes", "--project", desk).err
    done = call("retention", "--apply", "--yes", "--as", "ana", "--project", desk)
    assert "erased: 5 items" in done.out
    assert call("verify", "--project", desk).code == 0


def _lines(*arguments: Any) -> list[str]:
    return call(*arguments).out.splitlines()


def test_the_key_is_destroyed_by_name_and_the_rest_works(
    desk: Path, tmp_path: Path, write_posts: Callable[..., Path]
) -> None:
    key = tmp_path / "desk.key"
    old = key.read_text()
    assert "--yes-destroy desk" in call("key", "destroy", "--as", "ana", "-p", desk).err
    wrong = call("key", "destroy", "--as", "ana", "--yes-destroy", "other", "-p", desk)
    assert wrong.code == 2
    assert key.read_text() == old
    done = call("key", "destroy", "--as", "ana", "--yes-destroy", "desk", "--project", desk)
    assert done.code == 0
    assert not key.exists()
    assert "there is no key" in call("key", "destroy", "--as", "ana", "-p", desk).err
    for command in (("verify",), ("run", "--workers", "0"), ("rebuild", "--workers", "0")):
        assert call(*command, "--project", desk).code == 0, command
    assert not key.exists()
    more = {"id": "9", "channel": "town", "posted_at": "2024-03-09T09:00:00Z", "text": TEXT}
    new = write_posts([more | {"forward_from": "Some One"}], "more.jsonl")
    assert call("ingest", new, "--project", desk).code == 0
    assert key.read_text() != old
    known = set((desk / "store.db").read_bytes().split(b'"forward_from":"~')[1:])
    assert len({part[:20] for part in known}) == 2


@pytest.fixture
def sealed(tmp_path: Path, posts: Path) -> tuple[Path, tuple[str, ...]]:
    """A project with sealed originals, and the options with both keys and names."""
    folder = project_in(tmp_path)
    made = call("seal", "keys", tmp_path / "a", tmp_path / "b", "--public", tmp_path / "pub")
    assert made.code == 0, made
    done = call("ingest", posts, "--seal-to", tmp_path / "pub", "--project", folder)
    assert done.code == 0, done
    keys = ("--key", str(tmp_path / "a"), "--key", str(tmp_path / "b"))
    return folder, (*keys, "--as", "ana", "--as", "ben", "--reason", "court order")


def test_two_people_open_an_original_and_the_ledger_knows(
    sealed: tuple[Path, tuple[str, ...]], tmp_path: Path
) -> None:
    desk, both = sealed
    assert call("verify", "--project", desk).code == 0
    stored = b"".join(p.read_bytes() for p in desk.rglob("*") if p.is_file())
    assert b"Some One" not in stored
    done = call("seal", "open", "town/2", *both, "--out", tmp_path / "o", "--project", desk)
    assert done.code == 0, done
    assert b"Some One" in (tmp_path / "o").read_bytes()
    assert "Reihe 3" in call("seal", "open", "town/3", *both, "--project", desk).out
    ledger = b"".join(_ledger(desk))
    assert ledger.count(b'"by":"ana and ben"') == 2


def _ledger(desk: Path) -> list[bytes]:
    from tocsin.archive.blocks import Block, files, scan
    from tocsin.archive.format import BlockKind

    paths = files(desk / "archive", BlockKind.LEDGER)
    found = (part for path in paths for part in scan(path, BlockKind.LEDGER))
    return [part.payload() for part in found if isinstance(part, Block)]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda one: (*one[:4], "--as", "ana", "--as", "Ana", *one[8:]), "two people"),
        (lambda one: (*one[:4], *one[6:]), "two people"),
        (lambda one: one[2:], "both private keys"),
        (lambda one: (*one[:2], *one[:2], *one[4:]), "same key twice"),
        (lambda one: one[:8], "needs its reason"),
    ],
)
def test_one_person_alone_opens_nothing(
    sealed: tuple[Path, tuple[str, ...]], change: Callable[[Any], Any], says: str
) -> None:
    desk, both = sealed
    done = call("seal", "open", "town/2", *change(both), "--project", desk)
    assert done.code == 2
    assert says in done.err


def test_what_cannot_be_opened_says_why(
    sealed: tuple[Path, tuple[str, ...]], write_posts: Callable[..., Path]
) -> None:
    desk, both = sealed
    opening = ("seal", "open")
    assert "no post town/77" in call(*opening, "town/77", *both, "--project", desk).err
    plain = {"id": "9", "channel": "town", "posted_at": "2024-03-09T09:00:00Z", "text": TEXT}
    call("ingest", write_posts([plain], "more.jsonl"), "--project", desk)
    assert "without --seal-to" in call(*opening, "town/9", *both, "--project", desk).err
    inside = ("--key", str(desk / "a"), *both[2:])
    assert "must not lie" in call(*opening, "town/1", *inside, "--project", desk).err
    assert call("erase", "town/2", *WHO, "--yes", "--project", desk).code == 0
    assert "sealed original with it" in call(*opening, "town/2", *both, "--project", desk).err
    (file,) = (desk / "sealed").iterdir()
    file.unlink()
    assert call(*opening, "town/1", *both, "--project", desk).code == 1
    found = call("verify", "--project", desk)
    assert found.code == 1
    assert "town/1 v1" in found.out
