"""Reports from the ground: for how long each counts, and for which situation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from tocsin.model import FieldReport, PlaceMention, Seen, SituationKey
from tocsin.risk.distance import Distance
from tocsin.risk.options import SituationOptions

HERE_KM = 10.0
"""A report of a place this near is a report of the place itself."""

FRESH = timedelta(hours=6)
"""A crowd seen longer ago says nothing of now; violence counts as long as hostile posts do."""


class Ground:
    """Reports as they were received; their text is not kept."""

    def __init__(self, options: SituationOptions, distance: Distance) -> None:
        self._options = options
        self._distance = distance
        self._held: list[FieldReport] = []

    def add(self, report: FieldReport) -> None:
        """Take in one report; the same id again changes nothing."""
        if all(held.id != report.id for held in self._held):
            self._held.append(replace(report, text=""))

    def about(
        self, key: SituationKey, here: PlaceMention, as_of: datetime
    ) -> tuple[FieldReport, ...]:
        """Reports that count for a situation at ``as_of``, in the order they came."""
        return tuple(
            report
            for report in self._held
            if self._counts(report, as_of)
            and report.group in ("", key.target)
            and self._reaches(report, key, here)
        )

    def confirming(
        self, key: SituationKey, here: PlaceMention | None, as_of: datetime
    ) -> str | None:
        """The newest report of this very place that stands for a person's confirmation."""
        if here is None:
            return None
        found = [
            report
            for report in self.about(key, here, as_of)
            if report.confirms and self._is_here(report, key, here)
        ]
        return f"report {found[-1].id}" if found else None

    def forget(self, before: datetime) -> None:
        """Drop what no longer counts at ``before``."""
        self._held = [report for report in self._held if self._until(report) > before]

    def held(self) -> tuple[FieldReport, ...]:
        """For a snapshot."""
        return tuple(self._held)

    def load(self, reports: Iterable[FieldReport]) -> None:
        """Take over the reports of a snapshot."""
        self._held = list(reports)

    def _until(self, report: FieldReport) -> datetime:
        lasting = report.seen is Seen.VIOLENCE
        return report.seen_at + (self._options.window if lasting else FRESH)

    def _counts(self, report: FieldReport, as_of: datetime) -> bool:
        return report.received_at <= as_of < self._until(report)

    def _is_here(self, report: FieldReport, key: SituationKey, here: PlaceMention) -> bool:
        return report.place_id == key.place_id or self._km(report, here) <= HERE_KM

    def _reaches(self, report: FieldReport, key: SituationKey, here: PlaceMention) -> bool:
        """Here, or violence against the named group nearby."""
        if self._is_here(report, key, here):
            return True
        spills = report.seen is Seen.VIOLENCE and report.is_sound and report.group == key.target
        return spills and self._km(report, here) <= self._options.nearby_km

    def _km(self, report: FieldReport, here: PlaceMention) -> float:
        return self._distance(report.latitude, report.longitude, here.latitude, here.longitude)
