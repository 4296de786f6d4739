"""The table of mentions that baselines see."""

from __future__ import annotations

from dataclasses import replace

import pytest
from backtest_builders import T0, TOWNS, at, mention, observed, seconds

from tocsin.backtest.mentions import Mentions
from tocsin.model import (
    Enriched,
    Frame,
    GatheringCall,
    PlaceKind,
    PlaceMention,
    Post,
    Reading,
    ReadStatus,
)

AFORD = TOWNS["Aford"]


def observe(mentions: Mentions, *places: PlaceMention, frame: Frame = Frame.ASSERTED) -> None:
    post = Post("table", "c", "1", T0, T0, "gather")
    call = (GatheringCall(None, None),)
    reading = Reading(
        post.ref, 1, "en", ReadStatus.FULL, 0.1, frame=frame, places=places, calls=call
    )
    mentions.observe(Enriched(post, "gather", None, "en", 1.0, None), reading, "r")


def test_areas_and_doubtful_places_are_left_out() -> None:
    mentions = Mentions(0.3)
    region = replace(mention("Corby"), kind=PlaceKind.REGION)
    observe(mentions, mention("Aford"), mention("Aford"), mention("Bexley", p=0.2), region)
    assert [site.name for site in mentions.sites] == ["Aford"]
    assert mentions.times.tolist() == [seconds(0)]
    assert mentions.keyword.tolist() == [True]
    assert mentions.posts == 1


@pytest.mark.parametrize("frame", [Frame.REPORTED, Frame.CONDEMNED, Frame.PEACEFUL])
def test_only_who_asserts_calls(frame: Frame) -> None:
    mentions = Mentions(0.3)
    observe(mentions, mention("Aford"), frame=frame)
    assert mentions.calls == {}
    assert mentions.seen().first_call(AFORD, 50, (seconds(-1), seconds(1))) is None
    observe(mentions, mention("Aford"))
    assert mentions.calls == {"c/1": T0}


def test_what_was_near_and_when() -> None:
    posts = [(0.0, "Aford", "", False), (5.0, "Corby", "", True), (9.0, "Aford", "", True)]
    mentions = observed(posts)
    seen = mentions.seen()
    assert (mentions.first, mentions.last) == (at(0), at(9))
    assert seen.any_post(AFORD, 50, (seconds(0), seconds(0)))
    assert not seen.any_post(AFORD, 50, (seconds(1), seconds(8)))
    assert seen.any_post(AFORD, 5000, (seconds(1), seconds(8)))
    assert seen.first_call(AFORD, 50, (seconds(0), seconds(9))) == seconds(9)
    assert seen.first_call(AFORD, 5000, (seconds(0), seconds(9))) == seconds(5)
    assert not observed([]).seen().any_post(AFORD, 50, (0, 1e12))
