"""The index of pictures: the nearest is the nearest, whatever came and went before."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.rumours.pictures import CAPACITY, MAX_DISTANCE, PictureIndex

ZERO, ALL = "0" * 64, "f" * 64
KEYS = ("north", "south", "east")


def hashed(*bits: int) -> str:
    """A hash with these bits set."""
    return f"{sum(1 << bit for bit in bits):064x}"


def distance(left: str, right: str) -> int:
    return (int(left, 16) ^ int(right, 16)).bit_count()


# near ones (few bits set) and far ones, with many repeats
HASHES = st.one_of(
    st.sets(st.integers(0, 255), max_size=4).map(lambda bits: hashed(*bits)),
    st.integers(0, 7).map(lambda n: hashed(*range(0, 256, n + 2))),
    st.just(ALL),
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), HASHES, st.sampled_from(KEYS)),
        st.tuples(st.just("remove"), st.just(""), st.sampled_from(KEYS)),
    ),
    max_size=30,
)
Steps = list[tuple[str, str, str]]


class Plain:
    """The same as a list that is looked through."""

    def __init__(self, capacity: int, per_key: int) -> None:
        self.kept: list[tuple[str, str]] = []
        self.capacity, self.per_key = capacity, per_key

    def take(self, step: str, hash_hex: str, key: str) -> None:
        if step == "remove":
            self.kept = [one for one in self.kept if one[1] != key]
        elif (hash_hex, key) not in self.kept:
            own = [one for one in self.kept if one[1] == key]
            if len(own) >= self.per_key:
                self.kept.remove(own[0])
            elif len(self.kept) >= self.capacity:
                self.kept.pop(0)
            self.kept.append((hash_hex, key))

    def nearest(self, hash_hex: str, limit: int) -> tuple[str, int] | None:
        ranked = [(distance(hash_hex, one), n) for n, (one, _) in enumerate(self.kept)]
        best = min(ranked, default=(257, 0))
        return (self.kept[best[1]][1], best[0]) if best[0] <= limit else None


def played(steps: Steps, index: PictureIndex, plain: Plain | None = None) -> PictureIndex:
    for step, hash_hex, key in steps:
        if step == "add":
            index.add(hash_hex, key)
        else:
            index.remove(key)
        if plain is not None:
            plain.take(step, hash_hex, key)
    return index


@given(STEPS, st.lists(HASHES, min_size=1, max_size=5), st.sampled_from((0, 31, 128, 256)))
def test_the_nearest_is_what_looking_through_all_finds(
    steps: Steps, asked: list[str], limit: int
) -> None:
    plain = Plain(capacity=6, per_key=4)
    index = played(steps, PictureIndex(6, limit, 4), plain)
    assert index.state() == [list(one) for one in plain.kept]
    assert [index.nearest(one) for one in asked] == [plain.nearest(one, limit) for one in asked]


@given(STEPS, STEPS, HASHES)
def test_a_restored_index_goes_on_to_the_same_answers(
    before: Steps, after: Steps, asked: str
) -> None:
    whole = played(before, PictureIndex(6, per_key=4))
    again = played([("add", ALL, "old")], PictureIndex(6, per_key=4))
    again.restore(whole.state())
    assert again.state() == whole.state()
    assert again.nearest(asked) == whole.nearest(asked)
    assert played(after, again).state() == played(after, whole).state()
    assert again.nearest(asked) == whole.nearest(asked)


@given(STEPS)
def test_it_is_bounded(steps: Steps) -> None:
    state = played(steps, PictureIndex(5, per_key=3)).state()
    assert len(state) <= 5
    assert all(sum(key == one for _, key in state) <= 3 for one in KEYS)


def test_the_threshold_is_the_published_one_and_counts_as_near() -> None:
    index = PictureIndex()
    index.add(ZERO, "north")
    assert (CAPACITY, MAX_DISTANCE) == (20_000, 31)
    assert index.nearest(hashed(*range(31))) == ("north", 31)
    assert index.nearest(hashed(*range(32))) is None
    assert PictureIndex().nearest(ZERO) is None


def test_all_bits_different_is_far_and_not_near() -> None:
    index = PictureIndex(max_distance=255)
    index.add(ZERO, "north")
    assert index.nearest(ALL) is None


def test_of_equally_near_ones_the_oldest() -> None:
    index = PictureIndex()
    for hash_hex, key in ((hashed(1), "north"), (hashed(2), "south"), (hashed(2), "east")):
        index.add(hash_hex, key)
    assert index.nearest(ZERO) == ("north", 1)
    assert index.nearest(hashed(2)) == ("south", 0)
    index.remove("north")
    index.add(hashed(1), "north")
    assert index.nearest(ZERO) == ("south", 1)


def test_the_oldest_goes_first_and_saying_it_again_changes_nothing() -> None:
    index = PictureIndex(capacity=2)
    for n, key in enumerate(("north", "south", "north", "east")):
        index.add(hashed(n if key != "north" else 0), key)
    assert [key for _, key in index.state()] == ["south", "east"]


def test_capital_letters_are_the_same_hash() -> None:
    index = PictureIndex()
    index.add(ALL.upper(), "north")
    index.add(ALL, "north")
    assert index.state() == [[ALL, "north"]]


@pytest.mark.parametrize(
    "wrong", ["", "0" * 62, "0" * 66, "g" * 64, " " * 32 + "0" * 32, "00" * 64]
)
def test_what_is_no_hash_is_refused(wrong: str) -> None:
    index = PictureIndex()
    with pytest.raises(ValueError, match=r"64 hex digits|fromhex"):
        index.add(wrong, "north")
    with pytest.raises(ValueError, match=r"64 hex digits|fromhex"):
        index.nearest(wrong)
    assert len(index) == 0
