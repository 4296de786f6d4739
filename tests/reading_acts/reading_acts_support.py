"""A reader without gazetteer, and the development cases."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from tocsin.model.post import ChannelProfile, Enriched, Post
from tocsin.model.reading import EventTime, GatheringCall, PlaceMention, Reading
from tocsin.reading.hints import CueHints
from tocsin.reading.packs_loader import load_packs
from tocsin.reading.protocol import ReaderOptions
from tocsin.reading.reader import PackReader

CASES = Path(__file__).with_name("cases_dev.jsonl")
_MOMENT = datetime(2022, 5, 1, 9, tzinfo=UTC)


@dataclass
class NoPlaces:
    """Stands in for the place and time stage and keeps the hints it was given."""

    places: tuple[PlaceMention, ...] = ()
    event_time: EventTime | None = None
    deadline: EventTime | None = None
    calls: tuple[GatheringCall, ...] = ()
    seen: list[CueHints] = field(default_factory=list)

    def find(self, enriched: Enriched, profile: ChannelProfile | None, hints: CueHints) -> NoPlaces:
        del enriched, profile
        self.seen.append(hints)
        return self

    def versions(self) -> Mapping[str, str]:
        return {"gazetteer": "none"}


WHERE_WHEN = NoPlaces()


@lru_cache(maxsize=1)
def reader() -> PackReader:
    options = ReaderOptions(languages=("ru", "en"))
    return PackReader(load_packs(options.languages), WHERE_WHEN, options)


def enriched(text: str, lang: str = "ru") -> Enriched:
    post = Post("table", "channel", "1", _MOMENT, _MOMENT, text)
    return Enriched(post, text, None, lang, 1.0, None)


def read(text: str, lang: str = "ru", profile: ChannelProfile | None = None) -> Reading:
    return reader().read(enriched(text, lang), profile)


@lru_cache(maxsize=2048)
def read_case(text: str, lang: str) -> Reading:
    return read(text, lang)


def hints(text: str, lang: str = "ru") -> CueHints:
    read(text, lang)
    return WHERE_WHEN.seen[-1]


@lru_cache(maxsize=1)
def cases() -> list[dict[str, Any]]:
    return [json.loads(line) for line in CASES.read_text(encoding="utf-8").splitlines()]
