"""What the posts of rumours tell, remembered while nothing new comes to them."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from hashlib import sha256
from typing import Final

from tocsin.console.desk import ConsoleDesk
from tocsin.console.kept import kept
from tocsin.console.remembered import Kind, erased, remembered, remembered_each
from tocsin.engines.rumour_card import Told, told, usual_texts
from tocsin.store.rumour_samples import Sample, samples
from tocsin.store.rumours import Shown, ShownRumours

MOST_READ: Final = 1_000
"""Posts that are read of one rumour; of more, about so many evenly spaced."""
_TOLD: Final = Kind("told", 16)
_PATIENCE_S: Final = 5.0
"""Seconds that are waited for the first answer about a large rumour."""
_SAMPLE: Final = Kind("sample", 2_000)
_USUAL: Final = Kind("usual", 1)
"""What posts say in general."""


def state_of(book: ShownRumours, shown: Shown) -> Hashable:
    """Changes when a rumour gets posts, and when people regroup any."""
    one = shown.rumour
    return (shown.members, one.posts, one.last_seen, tuple(book.regrouping.partings))


def told_of(desk: ConsoleDesk, book: ShownRumours, shown: Shown) -> Told:
    """What its posts tell. Of a large rumour that grows, what they told a little before: reading a
    thousand posts again for each that comes would take all the time there is.
    """
    store, state = book.store, state_of(book, shown)

    def make() -> Told:
        usual = remembered(store, _USUAL, (), lambda: usual_texts(store))
        return told(book, shown, MOST_READ, usual)

    if shown.rumour.posts > MOST_READ:
        # Nothing that was erased or regrouped since may be in it: that is another name.
        same = sha256(repr((shown.members, book.regrouping.partings, erased(store))).encode())
        answer = kept(desk, f"told {same.hexdigest()}", state, make, _PATIENCE_S)
        if answer is not None:
            return answer.value
    return remembered(store, _TOLD, state, make)


def samples_of(book: ShownRumours, listed: Sequence[Shown]) -> dict[str, Sample]:
    """Some posts of each listed rumour."""
    by_id = {one.rumour.id: one for one in listed}
    keys = {name: state_of(book, one) for name, one in by_id.items()}
    make = lambda names: samples(book, [by_id[name] for name in names])  # noqa: E731
    return remembered_each(book.store, _SAMPLE, keys, make)
