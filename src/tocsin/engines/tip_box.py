"""The box of tips: one encrypted file for each tip, and one for each file that came with it.

DIR/tips/ID.tip     what was sent and what became of it
DIR/tips/ID.N.part  the bytes of attachment N, in quarantine

AES-256-GCM (NIST SP 800-38D) under a key that lies beside the pseudonym key, outside the project.
The file's name is authenticated with it, so files cannot be swapped for one another.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tocsin import wire
from tocsin.archive import disk, load_or_create_key
from tocsin.clock import as_utc
from tocsin.errors import EnvironmentFailed, UsageError
from tocsin.model import Attachment, ContactWish, Tip, TipStatus

MAGIC: Final = b"TCST1"
NONCE_BYTES: Final = 12


@dataclass(frozen=True, slots=True)
class KeptTip:
    """A tip in the box.

    Args:
        salt: of the reference code.
        code: SHA-256(salt ‖ code); the code itself is nowhere.
        evidence: the evidence id that an accepted tip became.
        answer: what the desk tells whoever asks with the code.
        decided_at: when it was accepted or rejected.
        purged: the bytes of its attachments are gone.
    """

    tip: Tip
    salt: bytes
    code: bytes
    status: TipStatus = TipStatus.NEW
    evidence: str = ""
    answer: str = ""
    decided_at: datetime | None = None
    purged: bool = False


class TipBox:
    """Reads and writes tips; every file is replaced whole.

    Args:
        folder: made at the first tip.
        key_path: the key is made at the first tip too.
    """

    def __init__(self, folder: Path, key_path: Path) -> None:
        self._folder = folder
        self._key_path = key_path

    def put(self, kept: KeptTip, files: tuple[bytes, ...] = ()) -> None:
        """Write a tip, and the bytes that came with it; files first, so that a kill between
        leaves bytes that no tip names, which the next purge removes.
        """
        disk.make_folder(self._folder)
        for number, data in enumerate(files):
            self._write(self._part(kept.tip.id, number), data)
        self._write(self._path(kept.tip.id), orjson.dumps(_form(kept)))

    def all(self) -> Iterator[KeptTip]:
        """Every tip, in the order of their ids."""
        for path in sorted(self._folder.glob("*.tip")):
            yield _kept(orjson.loads(self._read(path)))

    def get(self, tip_id: str) -> KeptTip:
        """One tip.

        Raises:
            UsageError: there is none of this id.
        """
        path = self._path(tip_id)
        if not tip_id.isalnum() or not path.is_file():
            raise UsageError(f"no tip {tip_id}; the list: tocsin tips list")
        return _kept(orjson.loads(self._read(path)))

    def stamps(self) -> dict[str, tuple[int, int]]:
        """The id of every tip, with what changes whenever it does: time and size of its file."""
        found: dict[str, tuple[int, int]] = {}
        for path in self._folder.glob("*.tip"):
            with suppress(FileNotFoundError):  # deleted meanwhile
                stat = path.stat()
                found[path.stem] = (stat.st_mtime_ns, stat.st_size)
        return found

    def attachment(self, tip_id: str, number: int) -> bytes:
        """The bytes of one attachment, counted from 0.

        Raises:
            UsageError: they are gone.
        """
        path = self._part(tip_id, number)
        if not path.is_file():
            raise UsageError(f"tip {tip_id}: its files were deleted")
        return self._read(path)

    def remove(self, tip_id: str) -> None:
        """Delete a tip and its files."""
        self._path(tip_id).unlink(missing_ok=True)
        self.remove_files(tip_id)

    def remove_files(self, tip_id: str) -> None:
        """Delete the bytes that came with a tip."""
        for path in self._folder.glob(f"{tip_id}.*.part"):
            path.unlink(missing_ok=True)

    def remove_orphans(self) -> None:
        """Delete files of tips that are not there, and what a kill left half-written."""
        for path in [*self._folder.glob("*.part"), *self._folder.glob("*.new")]:
            if not self._path(path.name.partition(".")[0]).is_file() or path.suffix == ".new":
                path.unlink(missing_ok=True)

    def _path(self, tip_id: str) -> Path:
        return self._folder / f"{tip_id}.tip"

    def _part(self, tip_id: str, number: int) -> Path:
        return self._folder / f"{tip_id}.{number}.part"

    def _cipher(self) -> AESGCM:
        """Under the key, which is made with the first tip and never beside tips that are there."""
        if not self._key_path.is_file() and any(self._folder.glob("*.tip")):
            raise EnvironmentFailed(
                f"{self._key_path}: the key of the tips is gone; restore it from its copy, or "
                f"remove {self._folder} if there is none: nobody can read those tips again"
            )
        return AESGCM(load_or_create_key(self._key_path)[:32])

    def _write(self, path: Path, data: bytes) -> None:
        nonce = os.urandom(NONCE_BYTES)
        sealed = MAGIC + nonce + self._cipher().encrypt(nonce, data, MAGIC + path.name.encode())
        beside = path.with_name(f"{path.name}.new")
        with disk.plain_failures("the tip could not be kept", path):
            beside.unlink(missing_ok=True)
            disk.append(beside, 0, sealed)
            beside.replace(path)
            disk.sync_folder(path.parent)

    def _read(self, path: Path) -> bytes:
        sealed = path.read_bytes()
        head = len(MAGIC) + NONCE_BYTES
        nonce, rest = sealed[len(MAGIC) : head], sealed[head:]
        try:
            return self._cipher().decrypt(nonce, rest, sealed[: len(MAGIC)] + path.name.encode())
        except (InvalidTag, ValueError):
            raise EnvironmentFailed(
                f"{path}: was changed, or {self._key_path} is another key; restore both from a copy"
            ) from None


class TipsReader:
    """Every tip of a box, each opened again only where it has changed."""

    def __init__(self, box: TipBox) -> None:
        self._box = box
        self._seen: dict[str, tuple[tuple[int, int], KeptTip]] = {}

    def all(self) -> list[KeptTip]:
        """As they are now, the newest first."""
        before, found = self._seen, dict[str, tuple[tuple[int, int], KeptTip]]()
        for name, stamp in self._box.stamps().items():
            if name in before and before[name][0] == stamp:
                found[name] = before[name]
                continue
            with suppress(UsageError, FileNotFoundError):  # deleted meanwhile
                found[name] = (stamp, self._box.get(name))
        self._seen = found
        kept = [one for _, one in found.values()]
        return sorted(kept, key=lambda one: (one.tip.received_at, one.tip.id), reverse=True)

    def forget(self) -> None:
        """Hold nothing in memory any more."""
        self._seen = {}


def tip_form(kept: KeptTip) -> dict[str, Any]:
    """A tip as the desk sees it; nothing of the code, and of a sender there is nothing."""
    tip = kept.tip
    return {
        "id": tip.id,
        "received_at": wire.iso(tip.received_at),
        "status": kept.status.value,
        "files": len(tip.attachments),
        "place": tip.place,
        "when": tip.when,
        "text": tip.text,
        "lang": tip.lang,
        "contact": tip.contact.value,
        "consent": tip.consent,
        "attachments": [
            {"digest": one.digest, "size": one.size, "mime": one.mime} for one in tip.attachments
        ],
        "files_deleted": kept.purged,
        "answer": kept.answer,
        "evidence": kept.evidence,
        "decided_at": wire.iso(kept.decided_at),
    }


def _form(kept: KeptTip) -> dict[str, Any]:
    return {**asdict(kept), "salt": kept.salt.hex(), "code": kept.code.hex()}


def _kept(form: Mapping[str, Any]) -> KeptTip:
    told = form["tip"]
    tip = Tip(
        **{
            **told,
            "received_at": as_utc(datetime.fromisoformat(told["received_at"])),
            "contact": ContactWish(told["contact"]),
            "attachments": tuple(Attachment(**one) for one in told["attachments"]),
        }
    )
    decided = form["decided_at"]
    return KeptTip(
        tip=tip,
        salt=bytes.fromhex(form["salt"]),
        code=bytes.fromhex(form["code"]),
        status=TipStatus(form["status"]),
        evidence=form["evidence"],
        answer=form["answer"],
        decided_at=None if decided is None else as_utc(datetime.fromisoformat(decided)),
        purged=form["purged"],
    )
