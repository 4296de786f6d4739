"""A small ledger with a signed head, and bundles made from it, whole or for others."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from tocsin.archive import Archive
from tocsin.archive.anchors import ANCHOR, Anchor, Method
from tocsin.archive.format import canonical
from tocsin.archive.heads import TREE_HEAD, TreeHead, sign_head
from tocsin.archive.proofs import tree_of
from tocsin.archive.signing_keys import SIGNING_KEY, SigningKey, announce
from tocsin.bundle.build import Head, Parts, bundle_files
from tocsin.bundle.levels import Disclosure
from tocsin.bundle.packing import sealed
from tocsin.bundle.posts import ToldPost
from tocsin.bundle.records import ERASURE, Item
from tocsin.bundle.timeline import Timeline
from tocsin.engines.export_evidence import contents, draw, public_keys, stamped
from tocsin.model import Identity, Stance

AT = datetime(2024, 3, 5, tzinfo=UTC)
ITEMS = 12
ERASED = 5
"""Number of the item that was erased."""


@dataclass(frozen=True)
class Ledger:
    """An archive with its head and key."""

    folder: Path
    key: SigningKey
    head: TreeHead
    seqs: tuple[int, ...]


def text(number: int, project: str) -> str:
    return f"Post {number} of {project}: the bridge is closed \u2019 мост закрыт"


def make_ledger(folder: Path, project: str = "desk", rotations: int = 1) -> Ledger:
    """Items among other entries, an anchored head in the middle, an erasure, handed-over keys."""
    folder.mkdir(parents=True, exist_ok=True)
    key = SigningKey.create(folder / "first.pem")
    seqs: list[int] = []
    with Archive.create(folder / "archive") as archive:
        archive.append_entry(SIGNING_KEY, announce(key, None, AT.isoformat()).form())
        for turn in range(rotations):
            new = SigningKey.create(folder / f"key{turn}.pem")
            archive.append_entry(SIGNING_KEY, announce(new, key, AT.isoformat()).form())
            key = new
        capture = archive.append_entry("capture", {"operator": "ana", "method": "import"})
        for number in range(1, ITEMS + 1):
            content = canonical(
                {"channel": "town", "id": str(number), "text": text(number, project)}
            )
            who = Identity("table", "town", str(number), 1)
            seqs.append(archive.append_evidence(who, content, b"raw", capture).seq)
            archive.append_entry("decision", {"number": number})
            if number == ITEMS // 2:
                _anchored(archive, key)
        archive._append(ERASURE, {"positions": [[seqs[ERASED - 1], 1]], "reason": "asked for"})
        archive.flush()
        tree = tree_of(archive)
        head = sign_head(key, tree.size, tree.root(), AT)
        archive.append_entry(TREE_HEAD, head.form())
    return Ledger(folder, key, head, tuple(seqs))


def _anchored(archive: Archive, key: SigningKey) -> None:
    """A head with an answer that only says which bytes it is about."""
    archive.flush()
    tree = tree_of(archive)
    head = sign_head(key, tree.size, tree.root(), AT)
    archive.append_entry(TREE_HEAD, head.form())
    url = "https://calendar.example.org"
    answer = promised(head.file_bytes())
    made = Anchor(AT.isoformat(), url, "ana", head.form(), Method.OPENTIMESTAMPS, answer)
    archive.append_entry(ANCHOR, made.form())


def promised(message: bytes) -> bytes:
    """A calendar's promise over a message, as it lies on disk."""
    from hashlib import sha256

    from opentimestamps.core.notary import PendingAttestation
    from opentimestamps.core.op import OpSHA256
    from opentimestamps.core.serialize import BytesSerializationContext
    from opentimestamps.core.timestamp import DetachedTimestampFile, Timestamp

    stamp = Timestamp(sha256(message).digest())
    stamp.attestations.add(PendingAttestation("https://calendar.example.org"))
    context = BytesSerializationContext()
    DetachedTimestampFile(OpSHA256(), stamp).serialize(context)
    return bytes(context.getbytes())


def told(number: int, seq: int, level: Disclosure, **more: Any) -> ToldPost:
    at = datetime(2024, 3, 4, 6, tzinfo=UTC) + timedelta(minutes=number)
    whole: dict[str, Any] = {"message_id": "", "text": ""}
    if level.whole:
        whole = {"message_id": str(number), "text": text(number, "desk")}
        whole["url"] = f"https://t.me/town/{number}"
    stance = {3: Stance.DENY, 4: Stance.CALM}.get(number, Stance.SUPPORT)
    fields = {"lang": "en", "stance": stance, "wording": 1 + number % 4, **whole, **more}
    return ToldPost(seq, f"channel {number % 3}", version=1, posted_at=at, known_at=at, **fields)


def parts_of(ledger: Ledger, level: Disclosure = Disclosure.INTERNAL) -> Parts:
    """The bundle of all items."""
    with Archive.open(ledger.folder / "archive") as archive:
        drawn = draw(archive, ledger.head.size, frozenset(ledger.seqs), frozenset())
        erased = drawn.erased()
        kept = contents(archive, [seq for seq in drawn.items if seq not in erased])
    items = tuple(
        Item(
            drawn.entry(seq),
            seq in erased,
            salt=kept[seq].salt if seq in kept and level.whole else None,
            content=kept[seq].content if seq in kept and level.whole else None,
            channel="channel 1",
            posted_at="2024-03-04T06:00:00+00:00",
        )
        for seq in drawn.items
    )
    numbered = zip(itertools.count(1), ledger.seqs, strict=False)
    posts = tuple(told(number, seq, level) for number, seq in numbered if number != ERASED)
    line = Timeline("Rumour 0123456789ab", level, AT, posts, erased=len(erased))
    head = ledger.head
    return Parts(
        line=line,
        head=Head(head.size, head.file_bytes(), head.key, head.at),
        items=items,
        ledger=tuple(drawn.entry(seq) for seq in drawn.ledger()),
        stamped=tuple(stamped(drawn)),
        public_keys=public_keys(drawn),
        asked={"kind": "rumour"},
        by="ana" if level.whole else "",
    )


def sealed_files(ledger: Ledger, level: Disclosure = Disclosure.INTERNAL) -> dict[str, bytes]:
    """All files of the bundle."""
    return sealed(bundle_files(parts_of(ledger, level)), ledger.key.id, ledger.key.sign)


def write_bundle(files: dict[str, bytes], folder: Path) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def changed(data: bytes, **fields: Any) -> bytes:
    """A JSON file with some fields changed."""
    return orjson.dumps({**orjson.loads(data), **fields})
