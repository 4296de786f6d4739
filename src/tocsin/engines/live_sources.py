"""Configured sources → objects that can be looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from time import monotonic

from tocsin import __version__
from tocsin.engines.project import Project
from tocsin.engines.source_tables import SourceTable
from tocsin.errors import UsageError
from tocsin.sources.feed import Feed, FeedOptions
from tocsin.sources.fetch import Fetcher, FetchLimits
from tocsin.sources.folder import Folder, FolderOptions
from tocsin.sources.kafka_client import KafkaBrokers, load_kafka, read_client_file
from tocsin.sources.kafka_topic import Bounds, KafkaTopic, kafka_address
from tocsin.sources.live import LiveSource, Polled, State
from tocsin.sources.telegram_client import TelethonClient, load_telethon, read_account
from tocsin.sources.telegram_live import TelegramClient, TelegramLive, TelegramOptions

Account = Callable[[], TelegramClient]
"""Gives the one client of the desk's Telegram account."""

_MEGABYTE = 1 << 20


def build_sources(
    project: Project, tables: Iterable[SourceTable], account: Account | None = None
) -> list[LiveSource]:
    """One object per table; one that cannot be made fails when it is looked at, not before."""
    account = account or _account_of(project)
    found: list[LiveSource] = []
    for table in tables:
        try:
            found.append(build_source(project, table, account))
        except UsageError as error:
            found.append(Unusable(table, error))
    return found


class Unusable:
    """A source that cannot be made as things are; says why at every look."""

    def __init__(self, table: SourceTable, error: UsageError) -> None:
        self.name = table.name
        self.kind = table.kind
        self.lane = f"unusable {table.name}"
        self._error = error

    def poll(self, state: State, now: datetime) -> Polled:
        """Say why.

        Raises:
            UsageError: always.
        """
        del state, now
        raise self._error

    def close(self) -> None:
        """Nothing is open."""


def build_source(project: Project, table: SourceTable, account: Account) -> LiveSource:
    """The object of one table.

    Raises:
        UsageError: a Telegram source without an account, a wrong ``kafka.client_file``.
        MissingExtra: a source of Telegram or Kafka without the package for it.
    """
    if table.kind == "feed":
        return _feed(table)
    if table.kind == "kafka":
        return _topic(project, table)
    if table.kind == "folder":
        path = project.folder / Path(table.path).expanduser()
        options = FolderOptions(table.channel or None, table.format or None)
        return Folder(table.name, path, options)
    return TelegramLive(table.name, table.channel, account(), TelegramOptions())


def _feed(table: SourceTable) -> Feed:
    limits = FetchLimits(
        max_bytes=int(table.max_megabytes * _MEGABYTE),
        private=table.private_addresses,
        agent=f"tocsin/{__version__} (feed reader)",
    )
    return Feed(table.name, table.url, Fetcher(limits, monotonic), FeedOptions(every=table.every))


def _topic(project: Project, table: SourceTable) -> KafkaTopic:
    address = kafka_address(table.url)
    named = project.settings.text("kafka.client_file")
    client = read_client_file(_outside(project, named, "Kafka's client file")) if named else {}
    brokers = KafkaBrokers(address.servers, client, load_kafka())
    return KafkaTopic(
        table.name, address, brokers, Bounds(size=int(table.max_megabytes * _MEGABYTE))
    )


def _outside(project: Project, named: str, what: str) -> Path:
    """Where a file with secrets is: not in the project, which is backed up and shown to others.

    Raises:
        UsageError: it is.
    """
    path = Path(named).expanduser().absolute()
    if path.is_relative_to(project.folder.absolute()):
        raise UsageError(f"{path}: {what} must lie outside the project")
    return path


def _account_of(project: Project) -> Account:
    """One client for all Telegram sources of a project, made at the first question."""
    made: list[TelethonClient] = []

    def account() -> TelegramClient:
        if not made:
            made.append(telethon_client(project))
        return made[0]

    return account


def telethon_client(project: Project) -> TelethonClient:
    """The client of the account that ``telegram.account_file`` names.

    Raises:
        MissingExtra: the package is not installed.
        UsageError: no account is set, its file is wrong or lies inside the project.
    """
    telethon = load_telethon()
    named = project.settings.text("telegram.account_file")
    if not named:
        raise UsageError(
            "a Telegram source needs an account: set telegram.account_file in tocsin.toml; see "
            "docs/telegram-live.md"
        )
    path = _outside(project, named, "the Telegram account")
    return TelethonClient(read_account(path), telethon)
