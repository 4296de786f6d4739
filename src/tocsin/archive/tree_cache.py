"""Where the tree stands, kept between two commands so that signing a head stays quick.

The file is a convenience of the one who writes: a head after a small ingest into a large archive
would otherwise read the whole ledger. ``verify`` never looks at it, and a file that does not fit
the ledger's chain is not used. Who falsified it would make this desk sign a wrong head, which
the next ``verify`` finds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from tocsin.archive import disk
from tocsin.archive.archive import Archive
from tocsin.archive.format import GENESIS, canonical
from tocsin.archive.heads import TREE_HEAD, TreeHead, head_from
from tocsin.archive.signing_keys import SIGNING_KEY, announcement_from
from tocsin.archive.tree import HASH_BYTES, Frontier, leaf_hash

_KEY_ENTRY: Final = b'{"kind":"%s",' % SIGNING_KEY.encode()
_HEAD_ENTRY: Final = b'{"kind":"%s",' % TREE_HEAD.encode()


@dataclass(slots=True)
class LedgerTree:
    """The tree over the durable entries, and what of the ledger a signer must know.

    Args:
        frontier: the tree.
        key: the public key announced last, 32 bytes; None: none was.
        head: the newest head in the ledger.
        head_seq: its position; -1: there is none.
    """

    frontier: Frontier
    key: bytes | None = None
    head: TreeHead | None = None
    head_seq: int = -1

    @property
    def covered(self) -> bool:
        """Nothing came after the newest head (an empty ledger needs none)."""
        return self.frontier.size == self.head_seq + 1

    def catch_up(self, archive: Archive) -> None:
        """Take in what is durable and not yet in the tree."""
        for seq, body in enumerate(archive.bodies(self.frontier.size), start=self.frontier.size):
            self.frontier.add(leaf_hash(body))
            if body.startswith(_KEY_ENTRY):
                self.key = announcement_from(_payload(body)).key
            elif body.startswith(_HEAD_ENTRY):
                self.head, self.head_seq = head_from(_payload(body)), seq


def _payload(body: bytes) -> Mapping[str, Any]:
    payload: Mapping[str, Any] = orjson.loads(body)["payload"]
    return payload


def ledger_tree(archive: Archive, cache: Path) -> LedgerTree:
    """The tree as it stands, from the cache as far as that fits the ledger."""
    tree = _cached(archive, cache) or LedgerTree(Frontier())
    tree.catch_up(archive)
    return tree


def keep(tree: LedgerTree, archive: Archive, cache: Path) -> None:
    """Write the cache; call it when everything is durable.

    Raises:
        EnvironmentFailed: it cannot be written.
    """
    fields = {
        "chain": archive.head.hex(),
        "head": None if tree.head is None else tree.head.form(),
        "head_seq": tree.head_seq,
        "key": None if tree.key is None else tree.key.hex(),
        "peaks": b"".join(tree.frontier.peaks).hex(),
        "size": tree.frontier.size,
    }
    disk.put_file(cache, canonical(fields))


def _cached(archive: Archive, cache: Path) -> LedgerTree | None:
    try:
        fields = orjson.loads(cache.read_bytes())
        size = fields["size"]
        if not 0 <= size <= archive.durable_seq or _chain_at(archive, size) != fields["chain"]:
            return None
        peaks = bytes.fromhex(fields["peaks"])
        frontier = Frontier(
            size, [peaks[at : at + HASH_BYTES] for at in range(0, len(peaks), HASH_BYTES)]
        )
        key, head = fields["key"], fields["head"]
        return LedgerTree(
            frontier,
            None if key is None else bytes.fromhex(key),
            None if head is None else head_from(head),
            fields["head_seq"],
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _chain_at(archive: Archive, size: int) -> str:
    """Digest of the last of the first ``size`` entries."""
    if size == 0:
        return GENESIS.hex()
    return next(archive.entries(size - 1)).digest.hex()
