"""The address book of a project: the desk's own lists, its releases and its answers, asked anew
for each message, so that who left a list or withdrew a release is heeded at once.
"""

from __future__ import annotations

from tocsin.clock import Clock
from tocsin.delivery import AddressBook
from tocsin.desk.lists import DeskLists
from tocsin.engines.desk import ListsReader
from tocsin.engines.paging import page_needed, staff_address
from tocsin.engines.project import Project
from tocsin.engines.release import release_book
from tocsin.model import DeskPage, Message, Recipient, Release
from tocsin.store import Store


def address_book(project: Project, store: Store, clock: Clock) -> AddressBook:
    """What the outbox asks at the moment of sending."""
    reader = ListsReader(project)
    return AddressBook(
        recipient=lambda name: recipient_in(reader.read(), name),
        staff=lambda name: staff_address(reader.read().staff, name),
        released=lambda message: release_of(project, store, message),
        needed=lambda page: _needed(store, reader, page, clock),
    )


def recipient_in(lists: DeskLists, name: str) -> Recipient | None:
    """The line of the allow-list with this id."""
    return next((one for one in lists.recipients if one.id == name), None)


def release_of(project: Project, store: Store, message: Message) -> Release | None:
    """The release in the ledger that stands for this very message, the newest first."""
    files = release_book(project, store, message.warning).of(message.warning)
    for file in reversed(files):
        release = file.release()
        if release is not None and message.digest in release.digests:
            return release
    return None


def _needed(store: Store, reader: ListsReader, page: DeskPage, clock: Clock) -> bool:
    return page_needed(store, reader.read(), page, clock.now())
