"""Tips: checked whole, without a sender, with a code nobody guesses, a gate that forgets."""

from __future__ import annotations

import dataclasses
import os
from datetime import UTC, datetime, timedelta
from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.errors import UsageError
from tocsin.model import FieldReport, Tip
from tocsin.sources.contacts import redact
from tocsin.sources.tips import (
    ALPHABET,
    CONSENT_VERSION,
    GROUPS,
    LETTERS,
    Gate,
    TipForm,
    TipLimits,
    code_digest,
    is_code,
    make_tip,
    mime_of,
    new_code,
)

NOW = datetime(2024, 3, 4, 21, 30, tzinfo=UTC)
LIMITS = TipLimits(text=50, files=2, file_bytes=10)


def form(**more: object) -> TipForm:
    return dataclasses.replace(TipForm("People talk of tonight", CONSENT_VERSION), **more)  # type: ignore[arg-type]


def test_neither_tip_nor_form_has_a_field_for_a_sender() -> None:
    banned = ("address", "ip", "agent", "mail", "phone", "name", "sender", "remote", "user")
    for kind in (Tip, TipForm):
        for field in dataclasses.fields(kind):
            assert not any(word in field.name.split("_") for word in banned), field.name
    assert "name" not in {field.name for field in dataclasses.fields(FieldReport)}


def test_a_tip_keeps_what_was_said_and_of_files_the_digest_alone() -> None:
    tip = make_tip(form(place=" old market ", files=(b"\xff\xd8\xffabc",)), LIMITS, NOW, os.urandom)
    assert (tip.text, tip.place, tip.received_at) == ("People talk of tonight", "old market", NOW)
    (one,) = tip.attachments
    assert (one.size, one.mime, len(one.digest)) == (6, "image/jpeg", 64)
    assert len(tip.id) == 12


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"consent": ""}, "consent"),
        ({"consent": "0"}, "consent"),
        ({"text": "  "}, "no text"),
        ({"text": "x" * 51}, "over the limit of 50"),
        ({"text": "a\x00b"}, "NUL"),
        ({"place": "x" * 300}, "the place"),
        ({"lang": "English!"}, "language"),
        ({"files": (b"1", b"2", b"3")}, "at most 2"),
        ({"files": (b"1", b"x" * 11)}, "file 2"),
        ({"files": (b"",)}, "file 1"),
    ],
)
def test_what_is_wrong_is_refused_and_said(more: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        make_tip(form(**more), LIMITS, NOW, os.urandom)


@pytest.mark.parametrize(
    ("data", "mime"),
    [
        (b"\x89PNG\r\n\x1a\n..", "image/png"),
        (b"RIFF1234WEBPVP8 ", "image/webp"),
        (b"\x00\x00\x00 ftypisom", "video/mp4"),
        (b"OggS..", "audio/ogg"),
        (b"%PDF-1.7", "application/pdf"),
        (b"MZ..", "application/octet-stream"),
    ],
)
def test_the_type_is_told_by_the_first_bytes(data: bytes, mime: str) -> None:
    assert mime_of(data) == mime


def test_a_code_has_over_sixty_bits_and_no_letter_that_is_read_for_another() -> None:
    assert GROUPS * LETTERS * log2(len(ALPHABET)) > 60
    assert not set(ALPHABET) & set("01OIL")
    codes = {new_code(os.urandom) for _ in range(200)}
    assert len(codes) == 200
    assert {len(code) for code in codes} == {19}
    assert set("".join(codes)) <= {*ALPHABET, "-"}


def test_unfair_bytes_are_thrown_away() -> None:
    turns = iter([b"\xff" * 16, bytes(range(16))])
    assert new_code(lambda _: next(turns)) == "2345-6789-ABCD-EFGH"


@given(st.binary(min_size=16, max_size=16), st.integers(0, 10**6))
def test_a_code_is_known_again_however_it_is_typed(salt: bytes, seed: int) -> None:
    code = new_code(lambda n: bytes((seed * (k + 3)) % 240 for k in range(n)))
    digest = code_digest(salt, code)
    assert is_code(salt, digest, f" {code.lower().replace('-', ' ')} ")
    assert not is_code(salt, digest, code[:-1])
    assert code.encode() not in digest


def test_the_gate_counts_by_place_and_in_all_and_forgets_with_the_day() -> None:
    gate = Gate(2, 3, os.urandom)
    gate.knock("203.0.113.7", NOW)
    gate.knock("203.0.113.7", NOW)
    with pytest.raises(UsageError, match="in 3 hours") as refused:
        gate.knock("203.0.113.7", NOW)
    assert "203" not in str(refused.value)
    gate.knock("203.0.113.8", NOW)
    with pytest.raises(UsageError, match="too many"):
        gate.knock("203.0.113.9", NOW)
    gate.knock("203.0.113.7", NOW + timedelta(hours=3))


def test_the_gate_keeps_and_shows_nothing_of_the_place() -> None:
    gate = Gate(5, 50, os.urandom)
    gate.knock("203.0.113.77", NOW)
    assert "203.0.113.77" not in repr(gate) + repr(vars(gate))
    before = set(gate._counts)
    gate.knock("203.0.113.77", NOW + timedelta(days=1))
    assert not before & set(gate._counts)  # another day, another token


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("call +7 928 123-45-67 now", "call [phone removed] now"),
        ("8 (928) 123-45-67", "[phone removed]"),
        ("write a.b+c@mail.example.org", "write [address removed]"),
        ("ask @some_one, at once", "ask [name removed], at once"),
        ("see https://t.me/some_one/12", "see [name removed]"),
        ("on 29.10.2023 19:00 or 2023-10-29 at 1900", None),
        ("@town_news wrote it: t.me/town_news/5", None),
        ("about 300 people, 2 buses, 10 000 leaflets", None),
    ],
)
def test_ways_to_reach_a_person_are_taken_out(text: str, cleaned: str | None) -> None:
    found = redact(text, frozenset({"town_news"}))
    assert found.text == (cleaned or text)
    assert bool(found.removed) == (cleaned is not None)


@given(st.text(max_size=200))
def test_taking_out_is_done_once_and_for_all(text: str) -> None:
    once = redact(text)
    assert redact(once.text).text == once.text
