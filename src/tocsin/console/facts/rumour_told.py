"""What the posts of rumours tell, remembered while nothing new comes to them."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Final

from tocsin.console.remembered import Kind, remembered, remembered_each
from tocsin.engines.rumour_card import Told, told, usual_texts
from tocsin.store.rumour_samples import Sample, samples
from tocsin.store.rumours import Shown, ShownRumours

MOST_READ: Final = 1_000
"""Posts that are read of one rumour; of more, about so many evenly spaced."""
_TOLD: Final = Kind("told", 16)
_SAMPLE: Final = Kind("sample", 2_000)
_USUAL: Final = Kind("usual", 1)
"""What posts say in general."""


def state_of(book: ShownRumours, shown: Shown) -> Hashable:
    """Changes when a rumour gets posts, and when people regroup any."""
    one = shown.rumour
    return (shown.members, one.posts, one.last_seen, tuple(book.regrouping.partings))


def told_of(book: ShownRumours, shown: Shown) -> Told:
    """What its posts tell."""
    store = book.store

    def make() -> Told:
        usual = remembered(store, _USUAL, (), lambda: usual_texts(store))
        return told(book, shown, MOST_READ, usual)

    return remembered(store, _TOLD, state_of(book, shown), make)


def samples_of(book: ShownRumours, listed: Sequence[Shown]) -> dict[str, Sample]:
    """Some posts of each listed rumour."""
    by_id = {one.rumour.id: one for one in listed}
    keys = {name: state_of(book, one) for name, one in by_id.items()}
    make = lambda names: samples(book, [by_id[name] for name in names])  # noqa: E731
    return remembered_each(book.store, _SAMPLE, keys, make)
