"""Twelve kinds of tampering at random places, by a careless and by a careful adversary.

The careless one changes a file. The careful one also writes manifest.sha256 anew, but has no key
of the desk; with a key of their own they can sign anew, and are found by what the ledger announced.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

import orjson
import pytest
from bundle_samples import Ledger, changed, make_ledger, sealed_files, write_bundle

from tocsin.archive.heads import head_from, sign_head
from tocsin.archive.signing_keys import SigningKey, announce
from tocsin.bundle.levels import Disclosure
from tocsin.bundle.packing import MANIFEST, SIGNATURE, manifest, sealed
from tocsin.bundle.verify import Bundle

from datetime import UTC, datetime  # isort: skip

Files = dict[str, bytes]
PLACES = 6


@dataclass(frozen=True)
class Spot:
    """Where to tamper."""

    files: Files
    random: Random
    other: Files
    folder: Path

    def item(self, *, whole: bool = False) -> str:
        names = [name for name in sorted(self.files) if name.startswith("items/")]
        if whole:
            names = [name for name in names if b'"content"' in self.files[name]]
        return self.random.choice(names)

    def set(self, name: str, **fields: object) -> None:
        self.files[name] = changed(self.files[name], **fields)

    def get(self, name: str, field: str) -> object:
        return orjson.loads(self.files[name])[field]


def flipped(text: str, random: Random) -> str:
    """One hex digit changed."""
    at = random.randrange(len(text))
    return (
        text[:at] + random.choice([c for c in "0123456789abcdef" if c != text[at]]) + text[at + 1 :]
    )


def content_byte(spot: Spot) -> str:
    name = spot.item(whole=True)
    content = str(spot.get(name, "content"))
    at = spot.random.randrange(len(content))
    spot.set(name, content=content[:at] + chr(ord(content[at]) ^ 1) + content[at + 1 :])
    return name


def salt(spot: Spot) -> str:
    name = spot.item(whole=True)
    spot.set(name, salt=flipped(str(spot.get(name, "salt")), spot.random))
    return name


def proof_node(spot: Spot) -> str:
    name = spot.item()
    proof = list(spot.get(name, "proof"))  # type: ignore[call-overload]
    at = spot.random.randrange(len(proof))
    proof[at] = flipped(proof[at], spot.random)
    spot.set(name, proof=proof)
    return name


def head(spot: Spot) -> str:
    field = spot.random.choice(["root", "size", "at"])
    value = spot.get("tree_head.json", field)
    changes = {"root": flipped(str(value), spot.random), "at": "2020-01-01T00:00:00+00:00"}
    spot.set("tree_head.json", **{field: changes.get(field, 7)})
    return "tree_head.json"


def signature(spot: Spot) -> str:
    name = spot.random.choice(["tree_head.json", SIGNATURE])
    spot.set(name, signature=flipped(str(spot.get(name, "signature")), spot.random))
    return name


def key_swapped(spot: Spot) -> str:
    """Everything signed anew, the announcement among it: it is not what stands in the ledger."""
    own = SigningKey.create(spot.folder / f"{spot.random.random()}.pem")
    old = head_from(orjson.loads(spot.files["tree_head.json"]))
    at = datetime(2024, 1, 1, tzinfo=UTC)
    spot.files["tree_head.json"] = sign_head(own, old.size, old.root, at).file_bytes()
    name = "ledger/0000000000.json"
    entry = orjson.loads(str(spot.get(name, "entry")))
    entry["payload"] = announce(own, None, at.isoformat()).form()
    spot.set(name, entry=orjson.dumps(entry, option=orjson.OPT_SORT_KEYS).decode())
    del spot.files[MANIFEST], spot.files[SIGNATURE]
    spot.files.update(sealed(spot.files, own.id, own.sign))
    return name


def manifest_line(spot: Spot) -> str:
    lines = spot.files[MANIFEST].decode().splitlines()
    at = spot.random.randrange(len(lines))
    digest, name = lines[at].split("  ", 1)
    lines[at] = f"{flipped(digest, spot.random)}  {name}"
    if spot.random.random() < 0.5:
        del lines[at]
    spot.files[MANIFEST] = "".join(f"{line}\n" for line in lines).encode()
    return name


def item_removed(spot: Spot) -> str:
    name = spot.item()
    del spot.files[name]
    return name


def item_added(spot: Spot) -> str:
    """A true item again, under a position of its own."""
    name = f"items/{9000 + spot.random.randrange(999):010}.json"
    spot.files[name] = spot.files[spot.item()]
    return name


def foreign_item(spot: Spot) -> str:
    """The item at the same position of another project, with its own sound proof."""
    name = spot.item(whole=True)
    spot.files[name] = spot.other[name]
    return name


def reordered(spot: Spot) -> str:
    one, two = spot.random.sample([n for n in sorted(spot.files) if n.startswith("items/")], 2)
    spot.files[one], spot.files[two] = spot.files[two], spot.files[one]
    return one


def truncated(spot: Spot) -> str:
    name = spot.random.choice(sorted(set(spot.files) - {MANIFEST}))
    spot.files[name] = spot.files[name][: spot.random.randrange(len(spot.files[name]))]
    return name


KINDS: list[Callable[[Spot], str]] = [
    *(content_byte, salt, proof_node, head, signature, key_swapped),
    *(manifest_line, item_removed, item_added, foreign_item, reordered, truncated),
]


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    return make_ledger(tmp_path_factory.mktemp("ledger"))


@pytest.fixture(scope="module")
def files(ledger: Ledger) -> Files:
    return sealed_files(ledger)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return sealed_files(make_ledger(tmp_path_factory.mktemp("other"), "another desk"))


def failures(files: Files, folder: Path) -> list[str]:
    return Bundle(write_bundle(files, folder)).failures


def test_untouched_nothing_is_found(files: Files, tmp_path: Path) -> None:
    assert failures(files, tmp_path / "b") == []


@pytest.mark.parametrize("careful", [False, True], ids=["careless", "careful"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_tampering_is_found_and_named(
    files: Files, other: Files, tmp_path: Path, kind: Callable[[Spot], str], careful: bool
) -> None:
    for place in range(PLACES):
        spot = Spot(dict(files), Random(f"{kind.__name__} {place}"), other, tmp_path)
        touched = kind(spot)
        if careful and kind not in (manifest_line, key_swapped):
            rest = {n: d for n, d in spot.files.items() if n not in (MANIFEST, SIGNATURE)}
            spot.files[MANIFEST] = manifest(rest)
        found = failures(spot.files, tmp_path / f"{place}")
        assert any(touched in line for line in found), (kind.__name__, place, touched, found)
        if kind in (content_byte, salt, proof_node, item_removed, reordered):
            assert any("town/" in line for line in found if touched in line), found
        if careful and kind is not key_swapped:
            assert any(SIGNATURE in line for line in found), found


def test_an_item_left_out_of_everything_is_still_noticed(files: Files, tmp_path: Path) -> None:
    """Taken out of files, index and manifest: the signature of the manifest does not fit."""
    kept = {n: d for n, d in files.items() if n not in (MANIFEST, SIGNATURE)}
    gone = next(name for name in sorted(kept) if name.startswith("items/"))
    del kept[gone]
    names = orjson.loads(kept["bundle.json"])["names"]
    del names[gone]
    kept["bundle.json"] = changed(kept["bundle.json"], names=names)
    found = failures(
        {**kept, MANIFEST: manifest(kept), SIGNATURE: files[SIGNATURE]}, tmp_path / "b"
    )
    assert [line.split()[1] for line in found] == [SIGNATURE]


def test_a_content_that_is_gone_without_an_erasure_is_named(files: Files, tmp_path: Path) -> None:
    name = next(n for n in sorted(files) if b'"content"' in files[n] and n.startswith("items/"))
    form = {k: v for k, v in orjson.loads(files[name]).items() if k not in ("content", "salt")}
    found = failures({**files, name: orjson.dumps(form)}, tmp_path / "b")
    assert any("content is missing, and no erasure" in line for line in found)


@pytest.mark.parametrize("seed", range(PLACES))
def test_what_leaves_redacted_is_held_as_well(ledger: Ledger, tmp_path: Path, seed: int) -> None:
    files = sealed_files(ledger, Disclosure.PUBLIC)
    random = Random(seed)
    name = random.choice([n for n in sorted(files) if n.startswith(("items/", "ledger/"))])
    field = random.choice(["leaf", "posted_at"]) if name.startswith("items/") else "proof"
    files[name] = changed(files[name], **{field: [] if field == "proof" else "00" * 32})
    assert any(name in line for line in failures(files, tmp_path / "b"))


@pytest.mark.parametrize(
    "junk", [b"", b"[]", b"null", b"{}", b'{"names":[1]}', b"\xff", b"9" * 5000]
)
def test_junk_in_any_file_is_told_and_never_crashes(
    files: Files, tmp_path: Path, junk: bytes
) -> None:
    for number, name in enumerate(sorted(files)):
        found = failures({**files, name: junk}, tmp_path / f"{number}")
        assert any(name in line or name == MANIFEST for line in found), name


def test_nested_too_deep_is_told(files: Files, tmp_path: Path) -> None:
    deep = b"[" * 200_000
    assert failures({**files, "bundle.json": deep}, tmp_path / "b")
