"""Backups are age files that another implementation opens, and open what that one made."""

from __future__ import annotations

import io
import threading
from pathlib import Path

import pyrage
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.backup import passphrase as own
from tocsin.backup.locks import Lock, Opener, identities_in, new_identity, opened
from tocsin.backup.refusals import Damaged, WrongKey
from tocsin.errors import UsageError

WORDS = "four words of ours"
QUICK = 4
"""scrypt work of tests."""
SIZES = st.sampled_from((0, 1, own.CHUNK - 1, own.CHUNK, own.CHUNK + 1, 3 * own.CHUNK))


def _made(plain: bytes) -> bytes:
    sink = io.BytesIO()
    own.encrypt(io.BytesIO(plain), sink, WORDS, QUICK)
    return sink.getvalue()


def _read(data: bytes, words: str = WORDS) -> bytes:
    sink = io.BytesIO()
    own.decrypt(io.BytesIO(data), sink, words)
    return sink.getvalue()


@settings(max_examples=25)
@given(SIZES, st.binary(max_size=9))
def test_another_implementation_opens_what_we_make(size: int, more: bytes) -> None:
    plain = bytes(size) + more
    assert pyrage.passphrase.decrypt(_made(plain), WORDS) == plain
    assert _read(_made(plain)) == plain


def test_we_open_what_another_implementation_makes() -> None:
    plain = bytes(range(256)) * 700
    assert _read(pyrage.passphrase.encrypt(plain, WORDS)) == plain


def test_the_wrong_passphrase_opens_nothing() -> None:
    with pytest.raises(WrongKey):
        _read(_made(b"x"), "other words")


@settings(max_examples=40)
@given(st.integers(0, 2 * own.CHUNK + 300), st.integers(0, 7))
def test_a_changed_bit_is_found(position: int, bit: int) -> None:
    data = bytearray(_made(bytes(2 * own.CHUNK)))
    data[position % len(data)] ^= 1 << bit
    with pytest.raises((Damaged, WrongKey)):
        _read(bytes(data))


@settings(max_examples=40)
@given(st.integers(1, 2 * own.CHUNK + 300))
def test_a_file_that_is_cut_short_or_added_to_is_found(cut: int) -> None:
    data = _made(bytes(2 * own.CHUNK))
    with pytest.raises((Damaged, WrongKey)):
        _read(data[: -(cut % len(data)) or -1])
    with pytest.raises(Damaged):
        _read(data + data[:cut])


def test_parts_in_another_order_are_found() -> None:
    data, part = _made(bytes(3 * own.CHUNK)), own.CHUNK + 16
    head = len(data) - 3 * part
    parts = [data[head + n * part : head + (n + 1) * part] for n in range(3)]
    with pytest.raises(Damaged):
        _read(data[:head] + parts[1] + parts[0] + parts[2])
    with pytest.raises(Damaged):
        _read(data[: head + part])  # cut between two parts


def test_more_work_than_ours_is_refused() -> None:
    with pytest.raises(Damaged, match="work"):
        _read(_made(b"").replace(b" 4\n", b" 30\n", 1))


def test_a_lock_has_one_way_in() -> None:
    _, public = new_identity()
    for wrong in (
        {},
        {"recipients": (public,), "passphrase": WORDS},
        {"recipients": ("age1nobody",)},
        {"recipients": ("ssh-ed25519 AAAA",)},
    ):
        with pytest.raises(UsageError):
            Lock(**wrong)


def test_any_one_of_the_keys_opens_it_and_no_other() -> None:
    pairs = [new_identity() for _ in range(3)]
    sink = io.BytesIO()
    Lock(tuple(public for _, public in pairs[:2])).encrypt(io.BytesIO(b"said"), sink)
    for private, _ in pairs[:2]:
        with opened(io.BytesIO(sink.getvalue()), Opener((private,))) as plain:
            assert plain.read() == b"said"
    with (
        pytest.raises(WrongKey),
        opened(io.BytesIO(sink.getvalue()), Opener((pairs[2][0],))) as plain,
    ):
        plain.read()


def test_a_reader_that_stops_leaves_no_thread_behind() -> None:
    private, public = new_identity()
    sink = io.BytesIO()
    Lock((public,)).encrypt(io.BytesIO(bytes(4 << 20)), sink)
    before = threading.active_count()
    with opened(io.BytesIO(sink.getvalue()), Opener((private,))) as plain:
        assert plain.read(10) == bytes(10)
    assert threading.active_count() == before


def test_key_files(tmp_path: Path) -> None:
    folder = tmp_path
    private, public = new_identity()
    (folder / "key").write_text(f"# public key: {public}\n\n{private}\n")
    assert identities_in(folder / "key") == (private,)
    assert private not in repr(Opener((private,)))
    (folder / "none").write_text("# nothing\n")
    (folder / "other").write_text("AGE-SECRET-KEY-1NO\n")
    (folder / "bytes").write_bytes(b"\xff\xfe")
    for name in ("none", "other", "bytes", "missing"):
        with pytest.raises(UsageError, match=name):
            identities_in(folder / name)
