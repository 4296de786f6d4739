"""Every error tocsin raises on purpose, in one tree.

    TocsinError
    ├── UsageError            bad arguments or settings                exit 2
    │   ├── MissingExtra      an optional part is not installed        exit 2
    │   ├── NotReleased       would leave the desk without release     exit 2
    │   ├── DeliveryRefused   the receiver will never take it          exit 2
    │   ├── DeskLocked        tocsin lock was used here                exit 2
    │   ├── Overtaken         somebody else decided meanwhile          exit 2
    │   └── VersionsNotAccepted  nobody accepted what is installed     exit 2
    ├── RecordRefused         one record or file was refused           exit 2
    │   └── PrivateChat       not public, so never read                exit 2
    ├── Finding               a check ran and found something          exit 1
    │   ├── ArchiveDamaged    verify: changed, missing or reordered    exit 1
    │   └── BackupDamaged     a backup is not what was written         exit 1
    └── EnvironmentFailed     disk, database, network                  exit 3
        ├── DeliveryFailed    not taken now; tried again later         exit 3
        ├── StoreUnavailable  the working database cannot be used      exit 3
        │   └── StoreAway     its server does not answer now           exit 3
        ├── SourceFailed      a live source did not answer as it should  exit 3
        └── Locked            another tocsin is writing here           exit 3

Whether trying again can help is a type, not a guess: only ``EnvironmentFailed``
and what is below it may succeed unchanged at a later time.
"""

from __future__ import annotations

from datetime import datetime

EXIT_DONE = 0
EXIT_FINDING = 1
EXIT_REFUSED = 2
EXIT_ENVIRONMENT = 3
EXIT_INTERRUPTED = 130


class TocsinError(Exception):
    """Root of the tree. ``str(error)`` is the one line a person is shown."""

    exit_code = EXIT_ENVIRONMENT


class UsageError(TocsinError):
    """The call itself is wrong: an argument, a setting, a file that is not what was said."""

    exit_code = EXIT_REFUSED


class MissingExtra(UsageError):
    """An optional part is needed and not installed; names the command that installs it."""

    def __init__(self, extra: str, purpose: str) -> None:
        super().__init__(f"{purpose} needs an optional part: pip install 'tocsin[{extra}]'")
        self.extra = extra


class NotReleased(UsageError):
    """Something would leave the desk that people have not released in these words."""


class DeliveryRefused(UsageError):
    """The receiver, or our own rules, will not take this message at this address, ever."""


class DeskLocked(UsageError):
    """The desk is locked: nothing is shown or sent until ``tocsin unlock``."""


class Overtaken(UsageError):
    """Somebody else decided about the same thing since it was shown; look again first."""


class VersionsNotAccepted(UsageError):
    """What is installed is not what a person accepted, and the settings say not to run so."""


WHOLE_FILE = "the whole file"
"""The record that a refusal names where everything a file holds is refused."""


class Unfit(ValueError):
    """A value cannot be taken in; whoever knows the file and the record makes the refusal of it.

    Args:
        problem: what is wrong, in plain words.
        advice: what to do about it.
    """

    def __init__(self, problem: str, advice: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.advice = advice


class RecordRefused(TocsinError):
    """A record (or a whole file) cannot be taken in; the good ones around it are kept.

    Args:
        file: path as the person gave it.
        record: where in the file: "line 12", "message 4711", "the whole file".
        problem: what is wrong, in plain words, without quoting post text.
        advice: what to do about it.
    """

    exit_code = EXIT_REFUSED

    def __init__(self, file: str, record: str, problem: str, advice: str) -> None:
        super().__init__(f"{file}: {record}: {problem}; {advice}")
        self.file = file
        self.record = record
        self.problem = problem
        self.advice = advice


class PrivateChat(RecordRefused):
    """The file holds a chat that is not public: tocsin never reads those."""


class Finding(TocsinError):
    """A check did its work and found something a person must see."""

    exit_code = EXIT_FINDING


class ArchiveDamaged(Finding):
    """The archive is not what the ledger says: names the item and what happened to it."""


class BackupDamaged(Finding):
    """A backup was changed, cut short, or is none."""


class EnvironmentFailed(TocsinError):
    """Disk, database, network or a crash; trying again may help."""

    exit_code = EXIT_ENVIRONMENT


class StoreUnavailable(EnvironmentFailed):
    """The working database cannot be opened, or is of another version."""


class StoreAway(StoreUnavailable):
    """The server of the working database does not answer; tried again for a while."""


class SourceFailed(EnvironmentFailed):
    """A live source did not answer, or not with what was asked for; the others go on.

    Args:
        source: its name in ``tocsin.toml``.
        problem: what is wrong, in plain words.
        advice: what to do about it.
        not_before: when the other side allows the next try, if it said so; aware.
    """

    def __init__(
        self, source: str, problem: str, advice: str, not_before: datetime | None = None
    ) -> None:
        super().__init__(f"{source}: {problem}; {advice}")
        self.source = source
        self.problem = problem
        self.advice = advice
        self.not_before = not_before


class Locked(EnvironmentFailed):
    """Another tocsin process is writing to this project."""


class DeliveryFailed(EnvironmentFailed):
    """A message was not taken now; it waits and is tried again.

    Args:
        retry_after_s: what the receiver asked for, in seconds; None: it said nothing.
    """

    def __init__(self, problem: str, retry_after_s: float | None = None) -> None:
        super().__init__(problem)
        self.retry_after_s = retry_after_s
