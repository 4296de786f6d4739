"""Signing the ledger as it stands, at the end of what was written to it.

DIR/heads/<size>.json   every signed head
DIR/heads/key.pub       the public key in force; keep a copy elsewhere, verify takes it as --key
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from tocsin.archive import Archive
from tocsin.archive import disk as archive_disk
from tocsin.archive.heads import TREE_HEAD, TreeHead, sign_head, utc_text, write_head
from tocsin.archive.signing_keys import (
    PUBLIC_NAME,
    SIGNING_KEY,
    SigningKey,
    announce,
    public_pem,
)
from tocsin.archive.tree_cache import LedgerTree, keep, ledger_tree
from tocsin.engines.project import Project
from tocsin.errors import UsageError

NO_KEY = (
    "this project has no signing key, so nothing proves later that the end of its ledger was not "
    "rewritten; make one with: tocsin heads key --as NAME"
)


def sign(project: Project, archive: Archive, at: datetime) -> TreeHead | None:
    """Sign what is durable, unless the newest entry is a head already; None: no signing key.

    The entry comes first, the files after it: a kill in between is mended by the next call.

    Raises:
        UsageError: the key cannot be read, or is not the one that was announced.
        EnvironmentFailed: the key is not there, or something cannot be written.
    """
    if project.signing_key_path is None:
        return None
    archive.flush()
    tree = ledger_tree(archive, project.tree_cache)
    if not tree.covered:
        key = _key_in_force(project.signing_key_path, tree)
        head = sign_head(key, tree.frontier.size, tree.frontier.root(), at)
        archive.append_entry(TREE_HEAD, head.form())
        archive.flush()
        tree.catch_up(archive)
        keep(tree, archive, project.tree_cache)
    if tree.head is not None:
        for folder in project.heads_folders:
            write_head(folder, tree.head)
    return tree.head


def _key_in_force(path: Path, tree: LedgerTree) -> SigningKey:
    key = SigningKey.load(path)
    if tree.key is None:
        raise UsageError(f"{path}: the key was never announced; do it with: tocsin heads key")
    if tree.key != key.public:
        raise UsageError(
            f"{path}: is not the key that this ledger announced last; restore that one from its "
            "copy, or hand over to a new one with: tocsin heads key --rotate"
        )
    return key


def announce_first(archive: Archive, key: SigningKey, at: datetime) -> None:
    """Write to the ledger which key signs from now on; it is durable at the next flush."""
    archive.append_entry(SIGNING_KEY, announce(key, None, utc_text(at)).form())


def announced(project: Project, archive: Archive) -> bytes | None:
    """The public key that the ledger announced last; None: it never did."""
    return ledger_tree(archive, project.tree_cache).key


def hand_over(archive: Archive, keys: tuple[SigningKey, SigningKey], at: datetime) -> None:
    """Announce a new key, signed by the old one; it is durable at the next flush.

    Args:
        keys: the old and the new key; the old one must be the one announced last.
    """
    old, new = keys
    archive.append_entry(SIGNING_KEY, announce(new, old, utc_text(at)).form())


def publish(folder: Path, public: bytes) -> None:
    """Write the public key to ``DIR/heads/key.pub``."""
    archive_disk.put_file(folder / "heads" / PUBLIC_NAME, public_pem(public))
