from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.archive.tree import (
    EMPTY_ROOT,
    Frontier,
    Tree,
    inclusion_root,
    leaf_hash,
    node_hash,
    verify_consistency,
    verify_inclusion,
)

# Known answers of the Certificate Transparency implementations (transparency-dev/merkle,
# testonly/constants.go and reference_test.go).
INPUTS = [
    bytes.fromhex(digits)
    for digits in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = [
    (0, 1, []),
    (0, 2, ["96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"]),
    (1, 2, ["6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"]),
    (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    (
        1,
        5,
        [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
    (
        5,
        8,
        [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
]
CONSISTENCY = [
    (1, 1, []),
    (
        1,
        8,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        2,
        5,
        [
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
    (
        6,
        8,
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
]

LEAVES = [leaf_hash(b"%d" % number) for number in range(70)]
sizes = st.integers(0, len(LEAVES))


def naive(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1, as it is written there."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return hashlib.sha256(b"\x01" + naive(leaves[:half]) + naive(leaves[half:])).digest()


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_of_certificate_transparency(size: int) -> None:
    leaves = [leaf_hash(data) for data in INPUTS[:size]]
    assert Tree(leaves).root().hex() == ROOTS[size]
    assert Tree(map(leaf_hash, INPUTS)).root(size).hex() == ROOTS[size]


@pytest.mark.parametrize(("index", "size", "proof"), INCLUSION)
def test_inclusion_proofs_are_those_of_certificate_transparency(
    index: int, size: int, proof: list[str]
) -> None:
    made = Tree(map(leaf_hash, INPUTS)).inclusion(index, size)
    assert [node.hex() for node in made] == proof


@pytest.mark.parametrize(("old", "size", "proof"), CONSISTENCY)
def test_consistency_proofs_are_those_of_certificate_transparency(
    old: int, size: int, proof: list[str]
) -> None:
    made = Tree(map(leaf_hash, INPUTS)).consistency(old, size)
    assert [node.hex() for node in made] == proof


def test_a_leaf_can_never_be_taken_for_a_node() -> None:
    assert leaf_hash(LEAVES[0] + LEAVES[1]) != node_hash(LEAVES[0], LEAVES[1])


@given(sizes, sizes)
def test_a_frontier_and_a_tree_have_the_root_of_the_definition(first: int, more: int) -> None:
    end = min(len(LEAVES), first + more)
    tree, frontier = Tree(LEAVES[:first]), Frontier()
    tree.extend(LEAVES[first:end])
    for leaf in LEAVES[:end]:
        frontier.add(leaf)
    again = Frontier(frontier.size, frontier.peaks)
    assert tree.root() == frontier.root() == again.root() == naive(LEAVES[:end])
    assert tree.size == frontier.size == end
    assert tree.root(first) == naive(LEAVES[:first])


@given(sizes, sizes)
def test_a_part_has_the_root_of_its_own_leaves(one: int, other: int) -> None:
    first, end = sorted((one, other))
    assert Tree(LEAVES).part_root(first, end) == naive(LEAVES[first:end])


@given(sizes, sizes, st.data())
def test_inclusion_is_proved_for_its_own_leaf_and_no_other(
    one: int, other: int, data: st.DataObject
) -> None:
    first, end = sorted((one, other))
    if first == end:
        return
    index = data.draw(st.integers(first, end - 1))
    tree = Tree(LEAVES)
    proof, root = tree.part_inclusion(index, first, end), tree.part_root(first, end)
    at, size = index - first, end - first
    assert verify_inclusion(tree.leaf(index), at, size, proof, root)
    assert not verify_inclusion(leaf_hash(b"another"), at, size, proof, root)
    assert not verify_inclusion(tree.leaf(index), at, size, (*proof, root), root)
    assert not verify_inclusion(tree.leaf(index), size, size, proof, root)
    wrong_places = [n for n in range(size) if n != at]
    if wrong_places:
        wrong = data.draw(st.sampled_from(wrong_places))
        assert not verify_inclusion(tree.leaf(index), wrong, size, proof, root)
        assert not verify_inclusion(tree.leaf(index), at, size, proof[:-1], root)


@given(sizes, sizes, st.data())
def test_consistency_is_proved_for_what_is_the_beginning_and_nothing_else(
    one: int, other: int, data: st.DataObject
) -> None:
    old, size = sorted((one, other))
    tree = Tree(LEAVES)
    proof = tree.consistency(old, size)
    earlier, later = (old, tree.root(old)), (size, tree.root(size))
    assert verify_consistency(earlier, later, proof)
    assert not verify_consistency(earlier, later, (*proof, EMPTY_ROOT))
    if 0 < old < size:
        changed = list(LEAVES)
        changed[data.draw(st.integers(0, old - 1))] = leaf_hash(b"rewritten")
        assert not verify_consistency((old, Tree(changed).root(old)), later, proof)
        assert not verify_consistency(earlier, (size, Tree(changed).root(size)), proof)
        assert not verify_consistency(earlier, later, proof[:-1])
        assert not verify_consistency(later, earlier, proof)


def test_what_does_not_fit_the_tree_is_refused() -> None:
    tree = Tree(LEAVES[:5])
    for wrong in (
        lambda: tree.root(6),
        lambda: tree.leaf(5),
        lambda: tree.inclusion(5),
        lambda: tree.inclusion(3, 3),
        lambda: tree.consistency(4, 3),
        lambda: tree.part_root(3, 2),
        lambda: Frontier(3, [EMPTY_ROOT]),
    ):
        with pytest.raises(ValueError, match="leaves"):
            wrong()
    assert inclusion_root(LEAVES[0], 0, 0, ()) is None
