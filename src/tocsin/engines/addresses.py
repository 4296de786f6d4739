"""A file of recipients and staff, for drills and for desks that keep their lists elsewhere.

YAML: ``recipients:`` and ``staff:``, each a list of tables with the fields of ``model.Recipient``;
``areas`` as ``{name, latitude, longitude, radius_km}``, ``clearance`` as ``{place, wording}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import yaml

from tocsin.delivery import AddressBook
from tocsin.errors import RecordRefused
from tocsin.model import Area, Audience, Clearance, Level, PlacePrecision, Recipient

_FIELDS = frozenset(field.name for field in fields(Recipient))


@dataclass(frozen=True, slots=True)
class Lists:
    """Everybody in a file, by id or handle."""

    recipients: Mapping[str, Recipient]
    staff: Mapping[str, Recipient]

    def book(self) -> AddressBook:
        """The address book that the outbox asks."""
        return AddressBook(self.recipients.get, self.staff.get)


def read_lists(path: Path) -> Lists:
    """Read a file of recipients.

    Raises:
        RecordRefused: it cannot be read, or an entry is wrong; names the entry.
    """
    try:
        tables = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        raise _refused(path, "the whole file", "not a YAML file that can be read") from None
    if not isinstance(tables, dict) or not set(tables) <= {"recipients", "staff"}:
        raise _refused(path, "the whole file", "holds something else than recipients and staff")
    return Lists(_read(path, tables, "recipients"), _read(path, tables, "staff"))


def _read(path: Path, tables: Mapping[str, Any], name: str) -> dict[str, Recipient]:
    found: dict[str, Recipient] = {}
    for number, form in enumerate(tables.get(name) or (), 1):
        try:
            one = recipient_from(form)
        except (KeyError, TypeError, ValueError) as error:
            raise _refused(path, f"{name} {number}", f"wrong: {error}") from None
        if one.id in found:
            raise _refused(path, f"{name} {number}", f"{one.id} is there twice")
        found[one.id] = one
    return found


def recipient_from(form: Mapping[str, Any]) -> Recipient:
    """One recipient from a table; ``name`` may be left out.

    Raises:
        KeyError, TypeError, ValueError: a field is missing, unknown, or of the wrong kind.
    """
    unknown = set(form) - _FIELDS
    if unknown:
        raise ValueError(f"unknown field {min(unknown)!r}")
    clearance = form.get("clearance") or {}
    return Recipient(
        id=_text(form, "id"),
        name=str(form.get("name") or form["id"]),
        kind=_text(form, "kind"),
        address=_text(form, "address"),
        languages=tuple(map(str, form.get("languages") or ("en",))),
        communities=tuple(map(str, form.get("communities") or ())),
        areas=tuple(Area(**area) for area in form.get("areas") or ()),
        least=Level.named(str(form.get("least", "alert"))),
        clearance=Clearance(
            PlacePrecision(clearance.get("place", "district")),
            Audience(clearance.get("wording", "community")),
        ),
        secret=str(form.get("secret", "")),
    )


def _text(form: Mapping[str, Any], key: str) -> str:
    value = form.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{key} is missing")
    return value.strip()


def _refused(path: Path, record: str, problem: str) -> RecordRefused:
    return RecordRefused(str(path), record, problem, "see docs/delivery.md for the form")
