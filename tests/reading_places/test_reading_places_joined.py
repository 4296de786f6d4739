"""Calls to gather joined with what the reader found in the same post."""

from __future__ import annotations

import pytest

from tocsin.model import Reading
from tocsin.reading import Reader, ReaderOptions, WhereWhen
from tocsin.reading.calls_joined import joined
from tocsin.reading.packs_loader import load_packs
from tocsin.reading.reader import PackReader
from where_when_cases import enriched


@pytest.fixture(scope="module")
def reader(where_when: WhereWhen) -> Reader:
    options = ReaderOptions()
    return PackReader(load_packs(options.languages), where_when, options)


def _read(reader: Reader, text: str) -> Reading:
    return reader.read(enriched(text, "en"), None)


def test_who_is_called_to_bring_what_against_whom(reader: Reader) -> None:
    text = "Brothers, all to the hostel in Leeds tomorrow at 19:00, masks on. The Roma must go."
    reading = _read(reader, text)
    (call,) = [call for call in reading.calls if call.place is not None]
    assert call.called is not None
    assert text[call.called.start : call.called.end] == "Brothers"
    assert [text[span.start : span.end] for span in call.asks] == ["masks on"]
    assert call.against == "Roma"


def test_a_group_s_name_is_no_place(reader: Reader) -> None:
    text = "The Roma must go from Leeds by Sunday."
    assert [m.name for m in _read(reader, text).places] == ["Leeds"]
    assert _read(reader, text).deadline is not None


def test_a_peaceful_call_is_against_nobody(reader: Reader) -> None:
    reading = _read(reader, "Neighbours, meet for a vigil tomorrow at 19:00 in Leeds.")
    assert reading.calls
    assert all(call.against is None and not call.asks for call in reading.calls)


def test_nothing_is_joined_without_calls_or_words() -> None:
    assert joined((), "Brothers", "en", ((), (), None)) == ()


def test_a_language_without_words_calls_nobody(reader: Reader) -> None:
    (call, *_) = _read(reader, "Brothers, all to the hostel in Leeds tomorrow at 19:00").calls
    (other,) = joined((call,), "Brothers", "pl", ((), (), None))
    assert other.called is None
