"""Sealed originals: both keys or nothing, found when missing, gone when erased."""

from __future__ import annotations

from pathlib import Path

import pytest
from archive_samples import content, identity, options
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.archive import Archive, ErasureOrder, ProblemKind, sealed, verify
from tocsin.archive.sealing import (
    Recipients,
    lies_within,
    make_keys,
    open_item,
    read_private,
    read_recipients,
    seal_item,
)
from tocsin.errors import EnvironmentFailed, UsageError

ORDER = ErasureOrder("ana", "2024-05-01T10:00:00+00:00", "asked for", "post town_news/2")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes, Recipients]:
    folder = tmp_path_factory.mktemp("keys")
    made = make_keys((folder / "a.key", folder / "b.key"), folder / "both.pub")
    assert read_recipients(folder / "both.pub") == made
    assert (folder / "a.key").stat().st_mode & 0o077 == 0
    return read_private(folder / "a.key"), read_private(folder / "b.key"), made


@settings(max_examples=30)
@given(original=st.binary(max_size=3000), turned=st.booleans())
def test_both_keys_open_it_in_any_order(
    keys: tuple[bytes, bytes, Recipients], original: bytes, turned: bool
) -> None:
    one, other, to = keys
    found = seal_item(identity(1), original, to)
    assert found != seal_item(identity(1), original, to)
    assert open_item(identity(1), found, (other, one) if turned else (one, other)) == original


def test_one_key_opens_nothing(keys: tuple[bytes, bytes, Recipients], tmp_path: Path) -> None:
    one, other, to = keys
    found = seal_item(identity(1), b"the original", to)
    make_keys((tmp_path / "c", tmp_path / "d"), tmp_path / "p")
    stranger = read_private(tmp_path / "c")
    for pair in ((one, stranger), (stranger, other)):
        with pytest.raises(UsageError, match="do not open"):
            open_item(identity(1), found, pair)
    with pytest.raises(UsageError, match="same"):
        open_item(identity(1), found, (one, one))
    with pytest.raises(UsageError, match="do not open"):
        open_item(identity(2), found, (one, other))
    altered = found[:-1] + bytes([found[-1] ^ 1])
    with pytest.raises(UsageError, match="do not open"):
        open_item(identity(1), altered, (one, other))


def test_keys_never_replace_a_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("mine")
    with pytest.raises(UsageError, match="never replace"):
        make_keys((tmp_path / "a", tmp_path / "b"), tmp_path / "p")
    with pytest.raises(UsageError, match="named twice"):
        make_keys((tmp_path / "b", tmp_path / "b"), tmp_path / "p")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a"]


@pytest.mark.parametrize("text", ["", "x25519 zz\n", "x25519 " + "00" * 32 + "\n", "hello\n\n"])
def test_a_file_that_holds_no_keys_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "p").write_text(text)
    with pytest.raises(UsageError, match="tocsin seal keys"):
        read_recipients(tmp_path / "p")
    with pytest.raises(UsageError, match="no private key"):
        read_private(tmp_path / "p")
    with pytest.raises(EnvironmentFailed):
        read_private(tmp_path / "absent")
    assert lies_within(tmp_path / "p", tmp_path)


@pytest.fixture
def archive(tmp_path: Path, keys: tuple[bytes, bytes, Recipients]) -> Path:
    """Five items with sealed originals, of one capture."""
    folder = tmp_path / "archive"
    with Archive.create(folder, options()) as archive:
        capture = archive.append_entry("capture", {"operator": "desk"})
        writer = sealed.SealedWriter(tmp_path / "sealed", capture)
        originals = [b"raw %d" % n for n in range(1, 6)]
        found = [writer.add(seal_item(identity(n), originals[n - 1], keys[2])) for n in range(1, 6)]
        writer.flush()
        writer.flush()
        for n in range(1, 6):
            raw, digest = originals[n - 1], found[n - 1]
            archive.append_evidence(identity(n), content(n), raw, capture, digest)
    assert verify(folder).ok
    return folder


def test_a_missing_or_altered_original_is_found_and_named(archive: Path) -> None:
    path = sealed.file_of(archive.parent / "sealed", 0)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))
    assert [(p.kind, p.item) for p in verify(archive).problems] == [
        (ProblemKind.MISSING, "town_news/5 v1")
    ]
    path.write_bytes(bytes(data[: len(data) // 2]))
    assert len(verify(archive).problems) == 3
    path.unlink()
    assert len(verify(archive).problems) == 5


def test_an_erased_item_loses_its_original_and_only_it(archive: Path) -> None:
    folder = archive.parent / "sealed"
    digests = [sealed.digest_of(one) for one in sealed.records(sealed.file_of(folder, 0))]
    before = sealed.file_of(folder, 0).read_bytes()
    with Archive.open(archive, writable=True) as opened:
        opened.erase({2}, ErasureOrder("ana", "2024-05-01T10:00:00+00:00", "asked", "one post"))
    left = [sealed.digest_of(one) for one in sealed.records(sealed.file_of(folder, 0))]
    assert left == [digests[0], *digests[2:]]
    assert verify(archive).ok
    sealed.file_of(folder, 0).write_bytes(before)
    assert [p.kind for p in verify(archive).problems] == [ProblemKind.UNFINISHED]


def test_what_a_killed_ingest_left_is_overwritten(tmp_path: Path) -> None:
    for _ in range(2):
        writer = sealed.SealedWriter(tmp_path, 7)
        writer.add(b"x" * 40)
        writer.flush()
    assert len(list(sealed.records(sealed.file_of(tmp_path, 7)))) == 1
    assert sealed.find(tmp_path, 7, "00") is None
    assert sealed.find(tmp_path, 8, "00") is None
