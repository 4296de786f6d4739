"""Every setting once: name, type, default, help.

Settings live in one place, ``tocsin.toml`` of the project; what the command line says goes
first. Nothing else is asked: no environment variable changes what a run decides.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tocsin import system
from tocsin.errors import UsageError

PLACES_NAME = "places.yaml"
"""A project's own places, read where the file is there."""

FILE_NAME = "tocsin.toml"

NOT_SETTINGS = frozenset({"answers", "sources"})
"""Tables of ``tocsin.toml`` that others read: what init asked, and live sources."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting.

    Args:
        name: dotted, ``table.key`` of ``tocsin.toml``.
        default: also fixes the type.
        decides: a change can change a reading, a rumour or a warning, so it is recorded
            in the ledger with each run.
    """

    name: str
    default: str | int | float | bool | tuple[str, ...]
    help: str
    decides: bool = True


_ROLES = ("community contact", "monitor", "journalist", "local worker")

SETTINGS: tuple[Setting, ...] = (
    Setting("project.name", "", "what this desk is called in its outputs", decides=False),
    Setting("project.operator", "", "role or handle noted with each capture", decides=False),
    Setting("project.key_file", "", "where the pseudonym key lies, outside the project", False),
    Setting(
        "project.signing_key_file", "", "key that signs tree heads, outside the project", False
    ),
    Setting("project.heads_folder", "", "second place for signed heads, e.g. another disk", False),
    Setting("archive.authorities", (), "time-stamp authorities (RFC 3161) to anchor at", False),
    Setting("archive.calendars", (), "OpenTimestamps calendars to anchor at", decides=False),
    Setting(
        "archive.tsa_roots", (), "PEM files: root certificates of authorities you trust", False
    ),
    Setting("store.url", "", "SQLAlchemy URL; empty: SQLite in the project folder", decides=False),
    Setting("run.workers", 0, "processes that read posts; 0: one per core", decides=False),
    Setting(
        "run.checkpoint_posts",
        100_000,
        "posts between two durable checkpoints; in jobs of Flink five times as many",
        decides=False,
    ),
    Setting(
        "run.unaccepted_versions",
        "warn",
        "warn, or refuse: a run with versions nobody accepted",
        decides=False,
    ),
    Setting("flink.folder", "", "what a cluster's machines all reach: a path, s3://…", False),
    Setting("flink.python", "", "interpreter on a cluster's machines; empty: this one", False),
    Setting("flink.checkpoint_s", 10.0, "seconds between two checkpoints of a job", decides=False),
    Setting("flink.page_posts", 512, "posts of a job that a slot takes at once", decides=False),
    Setting("flink.snapshot_posts", 40_000, "posts between snapshots of a stage", decides=False),
    Setting("reading.reader", "packs", "which reader plug-in reads posts"),
    Setting("reading.pack_folders", (), "folders with language packs of your own"),
    Setting("reading.places", (), "files with places of your own; see tocsin places add", False),
    Setting("reading.second_url", "", "endpoint of the reader 'second', on your machine", False),
    Setting("reading.second_model", "local", "name of its model", decides=False),
    Setting("reading.second_timeout_s", 10.0, "seconds until its answer is given up", False),
    Setting("reading.second_budget", 200, "questions to it, per process and run", False),
    Setting("rumours.live_days", 30.0, "days of silence after which a rumour is closed"),
    Setting("risk.horizon_h", 24, "hours ahead that a probability speaks of"),
    Setting("risk.calendar", (), "files with days known in advance: anniversaries, verdicts"),
    Setting("risk.structure", (), "tables of figures about regions, shown with places", False),
    Setting("warnings.watch", 0.01, "probability from which a watch may stand"),
    Setting("warnings.alert", 0.04, "probability from which an alert may stand"),
    Setting("warnings.alarm", 0.15, "probability from which an alarm may stand"),
    Setting("warnings.escalate", False, "tell alerts again that nobody acknowledged in time"),
    Setting("warnings.budget_per_week", 50, "warnings a desk can bear in a week", decides=False),
    Setting("desk.key_file", "", "key of the desk's lists; empty: beside the pseudonym key", False),
    Setting("desk.lock_also", (), "more key or session files that tocsin lock closes", False),
    Setting("desk.languages", ("en", "ru"), "of call scripts, the preferred first", False),
    Setting("release.people", 2, "people who release a warning outside the desk: 1 or 2", False),
    Setting("warnings.expire_h", 6.0, "hours after a called hour until the warning expires"),
    Setting("tips.purge_days", 14, "days until a tip's files are deleted if not accepted", False),
    Setting("tips.max_text", 5_000, "characters of a tip", decides=False),
    Setting("tips.max_files", 4, "files that may come with a tip", decides=False),
    Setting("tips.max_file_mb", 10, "megabytes of each of them", decides=False),
    Setting("tips.per_day", 5, "tips and questions a day from one remote place", decides=False),
    Setting("tips.per_day_in_all", 500, "the same from all places together", decides=False),
    Setting("reports.roles", _ROLES, "roles that a report from the ground may have", False),
    Setting(
        "export.public_names_channels", False, "name channels in exports for the public", False
    ),
    Setting("media.ocr_confidence", 0.95, "from which machine-read words count as read", False),
    Setting(
        "telegram.account_file", "", "file with api_id and api_hash, outside the project", False
    ),
    Setting("kafka.client_file", "", "settings of Kafka's client, outside the project", False),
    Setting("retention.posts_days", 0, "days a post in no rumour is kept; 0: for good", False),
    Setting("retention.rumours_days", 0, "days a post of a rumour is kept; 0: for good", False),
    Setting(
        "retention.warnings_days", 0, "days evidence behind a warning is kept; 0: for good", False
    ),
    Setting("retention.tips_days", 0, "days a tip is kept; 0: for good", decides=False),
    Setting("delivery.sender", "", "the desk's mail address; also names it in CAP", decides=False),
    Setting(
        "delivery.cap_scope", "Restricted", "Restricted, or Private: names the recipient", False
    ),
    Setting("delivery.wording_folders", (), "folders with wordings of your own", decides=False),
    Setting("delivery.private_hosts", (), "hosts in your own network that may be sent to", False),
    Setting("delivery.mail_host", "", "server that mail is handed in at", decides=False),
    Setting("delivery.mail_port", 587, "its port", decides=False),
    Setting("delivery.mail_user", "", "its user, if it asks for one", decides=False),
    Setting("delivery.mail_password_file", "", "file that holds the password alone", False),
    Setting("delivery.mail_starttls", True, "hand mail in over an encrypted connection", False),
    Setting("backup.recipients", (), "age public keys that tocsin backup encrypts to", False),
    Setting("delivery.most_tries", 20, "tries after which a message is a dead letter", False),
    Setting("log.level", "warning", "of the log: debug, info, warning, error", decides=False),
    Setting("log.format", "auto", "human, json; auto: human on a terminal, else json", False),
    Setting("health.free_mb", 1_024, "megabytes free below which /readyz says no", decides=False),
)

_BY_NAME = {setting.name: setting for setting in SETTINGS}


class Settings:
    """The settings in force: defaults, then ``tocsin.toml``, then explicit values.

    Raises:
        UsageError: an unknown name or a value of the wrong type; says which and what is known.
    """

    def __init__(self, values: Mapping[str, Any] | None = None, origin: str = "settings") -> None:
        self._values: dict[str, Any] = {setting.name: setting.default for setting in SETTINGS}
        for name, value in (values or {}).items():
            self._values[name] = _checked(name, value, origin)

    @classmethod
    def load(cls, project: Path, overrides: Mapping[str, Any] | None = None) -> Settings:
        """Read ``tocsin.toml`` in ``project``; sections that init wrote for people are skipped."""
        path = project / FILE_NAME
        try:
            tables = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise UsageError(
                f"{project}: no {FILE_NAME} here; start a project with: tocsin init {project}"
            ) from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise UsageError(f"{path}: not valid TOML ({error}); correct it by hand") from None
        values = _flatten({k: v for k, v in tables.items() if k not in NOT_SETTINGS})
        values.update(overrides or {})
        return cls(_with_own_places(values, project), str(path))

    def text(self, name: str) -> str:
        """A setting that is text."""
        return str(self._values[name])

    def whole(self, name: str) -> int:
        """A setting that is a whole number."""
        return int(self._values[name])

    def number(self, name: str) -> float:
        """A setting that is a number."""
        return float(self._values[name])

    def truth(self, name: str) -> bool:
        """A setting that is on or off."""
        return bool(self._values[name])

    def texts(self, name: str) -> tuple[str, ...]:
        """A setting that is a list of texts."""
        return tuple(self._values[name])

    def changed(self, values: Mapping[str, Any], origin: str) -> Settings:
        """These settings with some values changed."""
        kept = {name: list(v) if isinstance(v, tuple) else v for name, v in self._values.items()}
        return Settings({**kept, **values}, origin)

    def deciding(self) -> str:
        """The settings that decide something, as JSON with sorted keys."""
        deciding = {s.name: self._values[s.name] for s in SETTINGS if s.decides}
        return json.dumps(deciding, sort_keys=True)

    def digest(self) -> str:
        """Hex SHA-256 over the settings that decide something, for the ledger."""
        return hashlib.sha256(self.deciding().encode()).hexdigest()


def quoted(text: str) -> str:
    """A text as ``tocsin.toml`` has it, on one line."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped) + '"'


def set_in_file(path: Path, name: str, value: str) -> None:
    """Write one setting that is text into a settings file; the rest stays as people wrote it.

    Raises:
        UsageError: it is written there in a way that we do not change; says what to write by hand.
    """
    table, key = name.split(".")
    line = f"{key} = {quoted(value)}"
    before = path.read_text(encoding="utf-8")
    lines = before.splitlines()
    start = next((n for n, one in enumerate(lines) if _heads(one, table)), None)
    if start is None:
        lines += ["", f"[{table}]", line]
    else:
        rest = range(start + 1, len(lines))
        end = next((n for n in rest if lines[n].lstrip().startswith("[")), len(lines))
        own = range(start + 1, end)
        at = next((n for n in own if re.match(rf"\s*{key}\s*=", lines[n])), None)
        if at is None:
            lines.insert(start + 1, line)
        else:
            lines[at] = line
    after = "\n".join(lines) + "\n"
    if not _differ_in(before, after, (table, key, value)):
        raise UsageError(f"{path}: write it yourself, below [{table}]: {line}")
    put_text(path, after)


def put_text(path: Path, text: str) -> None:
    """Put a text in the place of a file, all of it or nothing; its mode stays."""
    beside = path.with_name(path.name + ".new")
    with beside.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.chmod(path.stat().st_mode & 0o777)
    beside.replace(path)
    system.sync_folder(path.parent)


def _heads(line: str, table: str) -> bool:
    return re.match(rf"\s*\[\s*{table}\s*\]\s*(#.*)?$", line) is not None


def _differ_in(before: str, after: str, setting: tuple[str, str, str]) -> bool:
    """Whether two files say the same but for one setting."""
    table, key, value = setting
    try:
        wanted, found = tomllib.loads(before), tomllib.loads(after)
        wanted.setdefault(table, {})[key] = value
    except (tomllib.TOMLDecodeError, TypeError):
        return False
    return wanted == found


def _with_own_places(values: dict[str, Any], project: Path) -> dict[str, Any]:
    """The project's own places come last, after those of files named in the settings."""
    own, named = project / PLACES_NAME, values.get("reading.places", ())
    if not own.is_file() or not isinstance(named, list | tuple):  # what it is is checked later
        return values
    others = [path for path in named if Path(path) != own]
    return {**values, "reading.places": [*others, str(own)]}


def _flatten(tables: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for table, content in tables.items():
        if isinstance(content, dict):
            flat.update({f"{table}.{key}": value for key, value in content.items()})
        else:
            flat[table] = content
    return flat


def _checked(name: str, value: Any, origin: str) -> Any:
    setting = _BY_NAME.get(name)
    if setting is None:
        raise UsageError(f"{origin}: no setting {name!r}; known: {', '.join(sorted(_BY_NAME))}")
    wanted = type(setting.default)
    if wanted is tuple and isinstance(value, list) and all(isinstance(v, str) for v in value):
        return tuple(value)
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        raise UsageError(f"{origin}: {name} must be {wanted.__name__}, not {value!r}")
    return value
