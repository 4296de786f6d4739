"""Synthetic rows in the shapes of event files; none of them happened."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tocsin.errors import RecordRefused
from tocsin.events import read_events
from tocsin.events.ucdp import COLUMNS as UCDP_COLUMNS
from tocsin.model import MobEvent

_ACLED_HEADER = """
event_id_cnty event_date year time_precision disorder_type event_type sub_event_type actor1
assoc_actor_1 inter1 actor2 assoc_actor_2 inter2 interaction civilian_targeting iso region
country admin1 admin2 admin3 location latitude longitude geo_precision source source_scale
notes fatalities tags timestamp
"""
ACLED_COLUMNS = _ACLED_HEADER.split()

_ACLED = {
    "event_id_cnty": "XXX1",
    "event_date": "31 January 2023",
    "year": "2023",
    "time_precision": "1",
    "event_type": "Riots",
    "sub_event_type": "Mob violence",
    "actor1": "Rioters (Nowhere)",
    "inter1": "Rioters",
    "actor2": "Civilians (Nowhere)",
    "assoc_actor_2": "Northern Group (Nowhere)",
    "location": "Middle Town",
    "latitude": "10.5",
    "longitude": "20.25",
    "geo_precision": "1",
    "notes": 'A crowd, of some size,\nwas "seen".',
    "timestamp": "1676000000",
}

_UCDP = {
    "id": "700001",
    "year": "2019",
    "type_of_violence": "3",
    "side_a": "Armed Group A",
    "side_b": "Civilians",
    "source_date": "2019-03-06;2019-03-05",
    "where_prec": "2",
    "where_coordinates": "Lower Village",
    "latitude": "-3.25",
    "longitude": "29.5",
    "country": "Nowhere",
    "date_prec": "1",
    "date_start": "2019-03-04",
    "date_end": "2019-03-04",
}

_SCAD = {
    "eventid": "900001",
    "startdate": "28-Jan-90",
    "enddate": "29-Jan-90",
    "etype": "4",
    "elocal": "River Town",
    "sublocal": "1",
    "locnum": "2",
    "actor1": "Somebody By Name",
    "target1": "Somebody Else By Name",
    "latitude": "18.5",
    "longitude": "-72.25",
    "location_precision": "",
}

_ARVIG = {
    "date": "2016-02-01",
    "location": "Unterdorf",
    "state": "Sachsen",
    "community_id": "1",
    "longitude": "13.5",
    "latitude": "51.25",
    "category_de": "Brandanschlag",
    "category_en": "arson",
    "description": "",
    "source": "",
}


def table(columns: Sequence[str], rows: Sequence[dict[str, Any]], delimiter: str = ",") -> str:
    """CSV with a header."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="", delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def acled(*changes: dict[str, Any]) -> str:
    """ACLED's 31 columns, one row for each set of changes."""
    return table(ACLED_COLUMNS, [{**_ACLED, **change} for change in changes])


def ucdp(*changes: dict[str, Any]) -> str:
    """UCDP GED's 49 columns."""
    return table(UCDP_COLUMNS, [{**_UCDP, **change} for change in changes])


def scad(*changes: dict[str, Any]) -> str:
    """The columns of SCAD that are read, and two that must not be."""
    return table(list(_SCAD), [{**_SCAD, **change} for change in changes])


def arvig(*changes: dict[str, Any]) -> str:
    """ARVIG's ten columns."""
    return table(list(_ARVIG), [{**_ARVIG, **change} for change in changes])


def read(path: Path, content: str | bytes, **how: Any) -> list[MobEvent]:
    """Write a file and read it; nothing may be refused."""
    good, refused = read_all(path, content, **how)
    assert not refused, refused
    return good


def read_all(path: Path, content: str | bytes, **how: Any) -> tuple[list[MobEvent], list[str]]:
    """Write a file and read it: events, and refusals as their lines."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    found = list(read_events(path, **how))
    good = [one for one in found if not isinstance(one, RecordRefused)]
    return good, [str(one) for one in found if isinstance(one, RecordRefused)]
