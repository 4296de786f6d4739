"""The machine proposes posts; it sets no status."""

from __future__ import annotations

from typing import Any

import pytest
from indicators_support import sign

from tocsin.indicators import proposals_for
from tocsin.model import Act, Frame, Reading, ReadStatus, Signal, Target

TEXT = "Everybody, show your Papers at the bridge; они уехали ещё вчера"


def _reading(**more: Any) -> Reading:
    known: dict[str, Any] = {
        "acts": (Act.THREAT,),
        "frame": Frame.ASSERTED,
        "target": Target("Roma", 0.9),
        "signals": frozenset({Signal.ULTIMATUM}),
        "read": ReadStatus.FULL,
        **more,
    }
    return Reading(ref="town/1", version=1, lang="en", alarm=0.5, **known)


@pytest.mark.parametrize(
    ("rule", "proposed"),
    [
        ({"acts": ["threat", "expulsion"]}, True),
        ({"acts": ["expulsion"]}, False),
        ({"signals": ["ultimatum"]}, True),
        ({"signals": ["fear"]}, False),
        ({"acts": ["threat"], "frames": ["reported"]}, False),
        ({"acts": ["threat"], "frames": ["asserted"], "targets": ["Roma"]}, True),
        ({"acts": ["threat"], "targets": ["Sikhs"]}, False),
        ({"words": ["paper"]}, True),
        ({"words": ["ЕЩЕ"]}, True),
        ({"words": ["apers"]}, False),  # beginnings of words only
        ({"acts": ["threat"], "words": ["tunnel"]}, False),
    ],
)
def test_of_every_list_the_post_has_one(rule: dict[str, list[str]], proposed: bool) -> None:
    assert bool(proposals_for([sign(rule=rule)], _reading(), TEXT)) is proposed


def test_a_post_that_names_nobody_or_was_not_read_is_not_proposed() -> None:
    wanted = sign(rule={"acts": ["threat"], "any_target": True})
    assert proposals_for([wanted], _reading(), TEXT) == ("leaflets",)
    assert proposals_for([wanted], _reading(target=None), TEXT) == ()
    assert proposals_for([wanted], _reading(read=ReadStatus.UNSUPPORTED), TEXT) == ()


def test_a_sign_of_other_groups_or_without_a_rule_proposes_nothing() -> None:
    rule = {"acts": ["threat"]}
    assert proposals_for([sign()], _reading(), TEXT) == ()
    assert proposals_for([sign(rule=rule, groups=["Sikhs"])], _reading(), TEXT) == ()
    assert proposals_for([sign(rule=rule, groups=["Roma"])], _reading(), TEXT) == ("leaflets",)
