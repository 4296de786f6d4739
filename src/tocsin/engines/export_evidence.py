"""What of the archive goes into a bundle: entries with proofs, contents, anchors."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from tocsin.archive import Archive
from tocsin.archive.anchors import ANCHOR, Anchor, Method, anchor_from, check_anchor
from tocsin.archive.blocks import SEE_VERIFY
from tocsin.archive.evidence import EVIDENCE, item_name
from tocsin.archive.format import commitment
from tocsin.archive.heads import TreeHead
from tocsin.archive.signing_keys import SIGNING_KEY, announcement_from, public_pem
from tocsin.archive.tree import Tree, leaf_hash
from tocsin.bundle.build import Stamped
from tocsin.bundle.records import CAPTURE, ERASURE, Entry, erased_positions
from tocsin.errors import ArchiveDamaged, Unfit
from tocsin.model import Evidence

_KEPT: Final = (ANCHOR, CAPTURE, ERASURE, SIGNING_KEY)
_FEW: Final = 300
"""Up to so many items are read one by one; more, in one go through the archive."""
_SUFFIX: Final = {Method.RFC3161: ".tsr", Method.OPENTIMESTAMPS: ".ots"}


@dataclass(slots=True)
class Drawn:
    """What was read of the ledger in one pass.

    Args:
        tree: over all entries under the head.
        bodies: of the wanted entries, by position.
        kinds: of the same.
        items: positions of the evidence wanted, rising.
    """

    tree: Tree
    bodies: dict[int, bytes] = field(default_factory=dict)
    kinds: dict[int, str] = field(default_factory=dict)
    items: list[int] = field(default_factory=list)

    def payload(self, seq: int) -> Mapping[str, Any]:
        """What an entry says."""
        found: Mapping[str, Any] = orjson.loads(self.bodies[seq])["payload"]
        return found

    def of_kind(self, kind: str) -> list[int]:
        """Positions of the kept entries of a kind, rising."""
        return [seq for seq, known in self.kinds.items() if known == kind]

    def entry(self, seq: int) -> Entry:
        """An entry with its proof."""
        return Entry(seq, self.kinds[seq], self.bodies[seq], self.tree.inclusion(seq))

    def erased(self) -> frozenset[int]:
        """Those of the items that the ledger says were erased."""
        among = frozenset(self.items)
        return frozenset(
            position
            for seq in self.of_kind(ERASURE)
            for position in erased_positions(self.payload(seq), among)
        )

    def ledger(self) -> list[int]:
        """Entries that go with the items: announced keys, their captures, their erasures."""
        among = frozenset(self.items)
        captures = {self.payload(seq)["capture"] for seq in self.items}
        erasures = {
            seq for seq in self.of_kind(ERASURE) if erased_positions(self.payload(seq), among)
        }
        wanted = captures | erasures | set(self.of_kind(SIGNING_KEY))
        return sorted(seq for seq in wanted if seq in self.bodies)


def draw(archive: Archive, size: int, seqs: frozenset[int], lost: frozenset[str]) -> Drawn:
    """Go through the ledger once, up to the head.

    Args:
        size: entries under the head.
        seqs: evidence that is wanted.
        lost: evidence ids to be looked for, since the store does not know them.
    """
    found = Drawn(Tree())
    leaves: list[bytes] = []
    heads = tuple((f'{{"kind":"{kind}",'.encode(), kind) for kind in (*_KEPT, EVIDENCE))
    for seq, body in enumerate(archive.bodies()):
        if seq >= size:
            break
        leaves.append(leaf_hash(body))
        kind = next((kind for head, kind in heads if body.startswith(head)), "")
        if kind == EVIDENCE and not (seq in seqs or (lost and _ref(body) in lost)):
            continue
        if kind:
            found.bodies[seq], found.kinds[seq] = body, kind
        if kind == EVIDENCE:
            found.items.append(seq)
    found.tree.extend(leaves)
    return found


def _ref(body: bytes) -> str:
    who = orjson.loads(body)["payload"]["identity"]
    return f"{who['channel']}/{who['message_id']}"


def contents(archive: Archive, seqs: Sequence[int]) -> dict[int, Evidence]:
    """Items with their contents, each checked against its commitment.

    Raises:
        ArchiveDamaged: one is not what was archived; nothing is exported.
    """
    if len(seqs) <= _FEW:
        return {seq: archive.evidence(seq) for seq in seqs}
    return {item.seq: item for item in _streamed(archive, seqs)}


def _streamed(archive: Archive, seqs: Sequence[int]) -> Iterator[Evidence]:
    wanted = set(seqs)
    for item in archive.items(min(wanted)):
        if item.seq in wanted and isinstance(item, Evidence):
            if commitment(item.salt, item.content) != item.commitment:
                raise ArchiveDamaged(f"{item_name(item.identity)}: was changed; {SEE_VERIFY}")
            yield item
        if item.seq >= seqs[-1]:
            return


def public_keys(drawn: Drawn) -> dict[str, bytes]:
    """The announced public keys as PEM, by id."""
    announced = (announcement_from(drawn.payload(seq)) for seq in drawn.of_kind(SIGNING_KEY))
    return {one.id: public_pem(one.key) for one in announced}


def stamped(drawn: Drawn) -> list[Stamped]:
    """For each authority, the first stamped head over each item, and the newest of all.

    Raises:
        ArchiveDamaged: the ledger does not have a root that was stamped.
    """
    by_authority: dict[str, dict[int, Anchor]] = {}
    for anchor in _usable(drawn):
        assert isinstance(anchor.subject, TreeHead)
        by_authority.setdefault(anchor.authority, {})[anchor.subject.size] = anchor
    chosen = [
        anchors[size]
        for _, anchors in sorted(by_authority.items())
        for size in sorted(_telling(list(anchors), drawn.items))
    ]
    names: dict[str, int] = {}
    return [_stamped(drawn, anchor, names) for anchor in chosen]


def _usable(drawn: Drawn) -> Iterator[Anchor]:
    """Anchors of heads up to ours, as far as their answers are about them."""
    for seq in drawn.of_kind(ANCHOR):
        anchor = anchor_from(drawn.payload(seq))
        subject = anchor.subject
        if not isinstance(subject, TreeHead) or not 0 < subject.size <= drawn.tree.size:
            continue
        try:
            check_anchor(anchor, ())
        except Unfit:
            continue
        if drawn.tree.root(subject.size) != subject.root:
            raise ArchiveDamaged(f"ledger: not what was stamped as {anchor.name}; {SEE_VERIFY}")
        yield anchor


def _telling(sizes: Iterable[int], items: Sequence[int]) -> set[int]:
    """The smallest size above each item, and the largest."""
    rising = sorted(sizes)
    places = {bisect_right(rising, seq) for seq in items}
    return {rising[place] for place in places if place < len(rising)} | {rising[-1]}


def _stamped(drawn: Drawn, anchor: Anchor, names: dict[str, int]) -> Stamped:
    size = anchor.subject.size if isinstance(anchor.subject, TreeHead) else 0
    stem, suffix = anchor.name, _SUFFIX[anchor.method]
    count = names[stem + suffix] = names.get(stem + suffix, 0) + 1
    name = f"{stem}{'' if count == 1 else f'-{count}'}{suffix}"
    path = drawn.tree.consistency(size)
    return Stamped(name, anchor.stamped, anchor.response, size, path)
