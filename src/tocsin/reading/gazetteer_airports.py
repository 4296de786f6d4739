"""Commercial airports and the city each one belongs to (airportsdata, MIT)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from importlib.resources import files
from typing import Any

import yaml

from tocsin.model.place import Place
from tocsin.reading.gazetteer_names import fold, name_keys, split_keys

NEARBY_KM = 40.0
"""An airport without the city's name serves it when it is at most this far away."""

NAMED_KM = 120.0
"""An airport that carries the city's name serves it up to this distance."""

MAIN_AIRPORTS = (
    "SVO LED SVX OVB KZN UFA ROV KUF GOJ KRR MRV MCX GRV IGT OGZ NAL STW AER SIP VOG VOZ KJA "
    "KBP ODS LWO HRK DNK TBS EVN GYD ALA NQZ TAS FRU DYU MSQ KIV RIX VNO TLL IST ESB TLV "
    "LHR MAN BHX EDI DUB CDG ORY BER MUC FRA HAM CGN AMS BRU VIE ZRH FCO MXP MAD BCN LIS "
    "WAW PRG BUD OTP SOF BEG ATH CPH OSL ARN HEL JFK LAX ORD ATL DFW IAH MIA BOS IAD SEA SFO "
    "DEN PHX MSP DTW PHL YYZ YUL YVR MEX GRU GIG EZE BOG LIM SCL DEL BOM CCU MAA BLR HYD DAC "
    "KHI LHE ISB CMB BKK SIN KUL CGK MNL HKG PEK PVG ICN HND SYD MEL BNE PER AKL CAI JNB CPT "
    "NBO ADD LOS ABV ACC DXB AUH DOH RUH JED KWI BGW IKA AMM BEY"
)
"""Where a city has several airports, the one meant by "the airport"; IATA codes."""

_MAIN = frozenset(MAIN_AIRPORTS.split())
_NOT_COMMERCIAL = re.compile(
    r"\b(?:air base|airbase|air force|afb|army|naval|nas|military|heliport|helipad|seaplane|"
    r"glider|airfield|airstrip|bus station|railway|test|ranch)\b",
    re.IGNORECASE,
)
_GENERIC = re.compile(
    r"\b(?:international|regional|municipal|airport|air terminal|domestic|aerodrome)\b",
    re.IGNORECASE,
)


def load_airports() -> dict[str, Place]:
    """IATA code → airport; ``name`` is what people call it (``Uytash``), or the city's."""
    return {code: airport for code, airport, _ in _rows()}


def airports_by_city() -> dict[tuple[str, str], list[str]]:
    """City (see ``city_key``) → IATA codes, in alphabetical order."""
    table: dict[tuple[str, str], list[str]] = {}
    for code, airport, city in _rows():
        table.setdefault(city_key(airport.country, city), []).append(code)
    return table


def airport_spellings() -> dict[str, list[str]]:
    """IATA code → name keys of what people call the airport itself, from the hand-written list.

    The main airports' own names are added where they are not the city's.
    """
    raw = (files("tocsin.reading.packs") / "airports_names.yaml").read_bytes()
    listed: Mapping[str, list[str]] = yaml.safe_load(raw)["names"]
    found: dict[str, list[str]] = {}
    for code, airport, city in _rows():
        names = list(listed.get(code, ()))
        if code in _MAIN and fold(airport.name) not in fold(city):
            names.append(airport.name)
        names += [rest for rest in map(_without_word, names) if " " in rest]
        for name in names:
            found.setdefault(code, []).extend((*name_keys(name), *split_keys(name)))
    return found


def _without_word(name: str) -> str:
    """ "مطار رفيق الحريري" is also called "رفيق الحريري"; empty where there is no such word."""
    word, _, rest = name.partition(" ")
    return rest if word in {"مطار", "имени", "імені"} else ""


def city_key(country: str, name: str) -> tuple[str, str]:
    """Equal for the two sources' romanisations of one city (Nizhniy, Nizhny; -nyye, -nye)."""
    return country, fold(name).replace("iy", "y").replace("yy", "y").replace("-", " ")


def airports_version() -> str:
    """Name and version of the airport list, for the ledger."""
    return f"airportsdata {version('airportsdata')}"


def _rows() -> Iterable[tuple[str, Place, str]]:
    import airportsdata

    listed: Mapping[str, Mapping[str, Any]] = airportsdata.load("IATA")
    for code, row in sorted(listed.items()):
        if not _NOT_COMMERCIAL.search(row["name"]) or code in _MAIN:
            yield code, _airport(code, row), str(row["city"])


def _airport(code: str, row: Mapping[str, Any]) -> Place:
    name = " ".join(_GENERIC.sub(" ", str(row["name"])).split())
    name = name.removeprefix(f"{row['city']} ") or str(row["city"])
    return Place(
        id=f"airport:{code}",
        name=name.strip(" -/"),
        latitude=float(row["lat"]),
        longitude=float(row["lon"]),
        country=str(row["country"]),
        population=0,
        time_zone=str(row["tz"]) or "UTC",
        kind="airport",
    )


def rank_airport(code: str, distance_km: float) -> tuple[bool, float, str]:
    """Sorts airports: main ones first, then by distance."""
    return (code not in _MAIN, distance_km, code)
