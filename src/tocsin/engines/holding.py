"""After a restore nothing goes out to others until a person has looked.

A backup does not know what was sent after it was made. What it has as waiting may have gone, and
only people can tell: from recipients, or from what the mail server kept. So ``DIR/outbox.held``
lies there until somebody says which messages had gone. Pages for the desk's own people go on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from tocsin.delivery import State
from tocsin.desk.box import write_whole
from tocsin.engines.outbox import StoreQueue, queued
from tocsin.engines.project import Project
from tocsin.engines.release import release_book
from tocsin.errors import UsageError
from tocsin.model import Message
from tocsin.store import Store, outbox


def hold_if_needed(project: Project, store: Store, backup_at: datetime) -> bool:
    """Hold the outbox where anything could go out again; whether it is held.

    What the ledger has a receipt for is marked as delivered first.
    """
    outbox.settle_delivered(store)
    released = any(file.release() is not None for file in release_book(project, store).files)
    if not released and not held_messages(store):
        return False
    write_whole(project.held_path, backup_at.isoformat().encode())
    return True


def is_held(project: Project) -> bool:
    """Whether a person must look first."""
    return project.held_path.exists()


def held_messages(store: Store) -> list[str]:
    """Keys of messages to others that wait."""
    waiting = (queued(row) for row in outbox.rows(store, outbox.WAITING))
    return [entry.key for entry in waiting if isinstance(entry.content, Message)]


def resume(
    project: Project, store: Store, sent: Sequence[str], by: str, at: datetime
) -> tuple[int, int]:
    """Let the outbox go on.

    Args:
        sent: keys of messages that had gone before the restore, as ``by`` knows.

    Returns:
        How many are marked as delivered, and how many will be sent now.

    Raises:
        UsageError: the outbox is not held, or a key is none of a message that waits.
    """
    if not is_held(project):
        raise UsageError("the outbox is not held; nothing was changed")
    waiting = held_messages(store)
    unknown = [key for key in sent if key not in waiting]
    if unknown:
        raise UsageError(f"{unknown[0]}: no message that waits; the list: tocsin outbox")
    queue = StoreQueue(store)
    for key, entry in queue.known(list(dict.fromkeys(sent))).items():
        note = f"had gone before the restore, says {by}"
        done = replace(entry, state=State.DELIVERED, settled_at=at, claimed_until=None, note=note)
        queue.settle(done)
        waiting.remove(key)
    project.held_path.unlink()
    return len(set(sent)), len(waiting)
