"""All files of a bundle from its parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files as package_files
from typing import Any, Final

from tocsin.bundle.packing import json_bytes, sealed, zipped
from tocsin.bundle.page import readme, timeline_page
from tocsin.bundle.posts import addresses, posts_csv, utc
from tocsin.bundle.records import Entry, Item, Record, item_record, ledger_record
from tocsin.bundle.timeline import Timeline

FORMAT: Final = 1
URLS: Final = "urls-to-recapture.txt"


@dataclass(frozen=True, slots=True)
class Head:
    """The signed tree head that everything is proved under.

    Args:
        data: its file's bytes.
        key: id of the key that signed.
        at: when, ISO 8601.
    """

    size: int
    data: bytes
    key: str
    at: str


@dataclass(frozen=True, slots=True)
class Stamped:
    """A third party's answer about a head.

    Args:
        name: file name, ``head-1000-tsa.example.org.tsr``.
        message: the bytes that were stamped: an earlier head, or this one.
        size: entries under that head.
        path: consistency proof from it to the bundle's head.
    """

    name: str
    message: bytes
    response: bytes
    size: int
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Parts:
    """What a bundle is made of.

    Args:
        line: the timeline; it says for whom the bundle is, and when it was made.
        ledger: captures, announced keys and erasures that concern the items.
        public_keys: PEM by key id.
        asked: what was asked for, in a form that may leave.
        by: who made it; empty where that may not leave.
    """

    line: Timeline
    head: Head
    items: tuple[Item, ...]
    ledger: tuple[Entry, ...]
    stamped: tuple[Stamped, ...]
    public_keys: Mapping[str, bytes]
    asked: Mapping[str, Any]
    by: str = ""


def verifier() -> bytes:
    """The stand-alone verifier, as it lies in every bundle."""
    return package_files("tocsin.bundle").joinpath("verify.py").read_bytes()


def build(parts: Parts, sign: Callable[[bytes], bytes]) -> bytes:
    """The zip.

    Args:
        sign: signs the manifest with the head's key, 64 bytes.
    """
    return zipped(sealed(bundle_files(parts), parts.head.key, sign))


def bundle_files(parts: Parts) -> dict[str, bytes]:
    """Every file but the manifest and its signature."""
    line, level = parts.line, parts.line.level
    records = _records(parts)
    files = {record.file: json_bytes(record.form) for record in records}
    files["bundle.json"] = json_bytes(_index(parts, records))
    files["tree_head.json"] = parts.head.data
    files |= {f"keys/{name}.pub": pem for name, pem in parts.public_keys.items()}
    files |= _stamped_files(parts.stamped, parts.head.size)
    files["posts.csv"] = posts_csv(line.posts, level)
    files["timeline.html"] = timeline_page(line).encode()
    files["verify.py"] = verifier()
    if level.whole:
        files[URLS] = addresses(line.posts)
    files["README.txt"] = _readme(parts, files.get(URLS, b"").count(b"\n")).encode()
    return files


def _records(parts: Parts) -> list[Record]:
    whole = parts.line.level.whole
    erased = frozenset(item.entry.seq for item in parts.items if item.erased)
    ledger = [ledger_record(entry, erased, whole=whole) for entry in parts.ledger]
    return [*ledger, *(item_record(item, whole=whole) for item in parts.items)]


def _index(parts: Parts, records: Sequence[Record]) -> dict[str, Any]:
    form = {
        "asked": dict(parts.asked),
        "format": FORMAT,
        "level": parts.line.level.value,
        "made_at": parts.line.made_at.isoformat(),
        "names": {record.file: record.name for record in records},
    }
    return {**form, "by": parts.by} if parts.by else form


def _stamped_files(stamped: Sequence[Stamped], size: int) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for one in stamped:
        files[f"anchors/{one.name}"] = one.response
        files[f"anchors/{one.name}.json"] = one.message
        if one.size != size:
            path = [node.hex() for node in one.path]
            proof = {"old": one.size, "path": path, "size": size}
            files[f"consistency/{one.size}.json"] = json_bytes(proof)
    return files


def _readme(parts: Parts, urls: int) -> str:
    line, items = parts.line, parts.items
    erased = sum(item.erased for item in items)
    return readme(
        {
            "level": line.level.value,
            "internal": line.level.whole,
            "title": line.title,
            "made_at": utc(line.made_at),
            "by": parts.by,
            "items": len(items),
            "whole": len(items) - erased if line.level.whole else 0,
            "erased": erased,
            "size": parts.head.size,
            "key": parts.head.key,
            "head_at": parts.head.at,
            "anchors": len(parts.stamped),
            "urls": urls,
        }
    )
