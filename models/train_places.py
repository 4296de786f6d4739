"""Train the place filter and the resolver (part of ``make models``).

Texts: IDRISI-R and IDRISI-D, train parts (Suwaileh et al. 2022, 2023, CC BY 4.0), and our own
``data/where_when`` (never its test families). Deterministic: fixed order and seeds.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from idrisi import LANGUAGES, Gold, idrisi
from reading_posts import ROOT
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from small_network import Plan, fit

from tocsin.engines.workers import PostReader, ReadingPlan
from tocsin.model import ChannelProfile, Enriched, Identity
from tocsin.model.place import Place
from tocsin.model.reading import Role
from tocsin.reading import CueHints, times_find
from tocsin.reading.gazetteer import Gazetteer, distances_km
from tocsin.reading.gazetteer_names import words_of
from tocsin.reading.places_features import BUCKETS, DENSE
from tocsin.reading.places_meant import CONTEXT, NONE, PRIOR, Resolver, Table
from tocsin.reading.places_names import Names
from tocsin.reading.places_pack import PlaceWords
from tocsin.reading.places_roles import (
    ANYWHERE_SCALE,
    AROUND_SCALE,
    ROLES,
    VECTOR,
    VECTOR_SCALE,
    Seen,
)
from tocsin.reading.places_roles import BUCKETS as ROLE_BUCKETS
from tocsin.reading.places_roles import DENSE as ROLE_DENSE
from tocsin.reading.places_spell import Hit
from tocsin.reading.places_weights import WEIGHTS
from tocsin.reading.places_words import Words
from tocsin.reading.venues import Venues
from tocsin.reading.where_when import WhereWhen
from tocsin.text import post_from_content

TARGET = ROOT / "src" / "tocsin" / "reading" / "weights"
OURS = ROOT / "data" / "where_when"
ROLE_STRENGTH = 0.1
"""Inverse of the ridge of the role model."""

PLAN = Plan(hidden=32, epochs=12, drop=0.3)
OUR_WEIGHT = 30.0
RIDGE = 3e-4
EXPECTED = {"beside_admin": (4.0, 0.03), "beside_country": (2.5, 0.03), "near_home": (2.5, 0.01)}
"""Weights that are nearly known beforehand, with a ridge of their own: "Birmingham, Alabama" is
rare in what there is to train on, and leaves no doubt."""

RIGHT_KM = {"city": 30.0, "area": 400.0}
AREAS = {"country", "state", "region", "island", "county", "continent", "province"}
POSTED_AT = "2022-05-11T09:00:00+03:00"
NAMED_KINDS = AREAS | {"city/town", "city", "district", "airport"}
"""What a gazetteer may have; not hospitals, bridges and rivers."""

HELD_OUT = 5
"""Every fifth text calibrates the filter."""

Floats = npt.NDArray[np.float64]


def our_rows() -> Iterator[dict[str, Any]]:
    """Our posts: those written for training, and the development families of ``places.jsonl``."""
    for path in sorted((OURS / "train").glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            yield json.loads(line)
    for line in (OURS / "places.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        if row["split"] == "dev":
            row["home"] = row["home"] and f"{row['home']['name']}, {row['home']['country']}"
            row["places"] = [_with_span(row["text"], place) for place in row["places"]]
            yield row


def _with_span(text: str, place: dict[str, Any]) -> dict[str, Any]:
    start = text.index(place["said"])
    return {**place, "start": start, "end": start + len(place["said"])}


@dataclass(frozen=True, slots=True)
class Text:
    """A labelled text: our own, or one of IDRISI."""

    words: Words
    gold: list[Gold]
    lang: str
    home: Place | None
    ours: bool


class Trainer:
    """What the finder is made of, without its weights."""

    def __init__(self) -> None:
        self.gazetteer = Gazetteer.load()
        pack = PlaceWords.load(self.gazetteer)
        self.names = Names(self.gazetteer, pack)
        self.venues = Venues(pack)

    # -- texts -------------------------------------------------------------------------------

    def texts(self, task: str) -> Iterator[Text]:
        """IDRISI's train part of a task, then our own."""
        for folder, lang in LANGUAGES.items():
            for text, gold in idrisi(task, folder, "train"):
                yield Text(Words(text), gold, lang, None, False)
        for row in our_rows():
            home = self.gazetteer.resolve_home(row["home"]) if row["home"] else None
            gold = [Gold(p["start"], p["end"], p["kind"], self._point(p)) for p in row["places"]]
            yield Text(Words(row["text"]), gold, row["lang"], home, True)

    def _point(self, place: dict[str, Any]) -> tuple[float, float] | None:
        """As labelled; else of the largest place of this name and country."""
        if "lat" in place:
            return float(place["lat"]), float(place["lon"])
        kind = place["kind"] if place["kind"] in {"country", "region", "district"} else "city"
        entries = self.gazetteer.entries(words_of(place["name"]), areas=True)
        found = [self.gazetteer.place_at(entry >> 1) for entry in entries]
        own = [one for one in found if one.country == place["country"] and one.kind == kind]
        best = max(own, key=lambda one: one.population, default=None)
        return None if best is None else (best.latitude, best.longitude)

    # -- the filter --------------------------------------------------------------------------

    def filter_rows(self) -> tuple[Floats, list[list[int]], Floats, Floats, list[bool]]:
        """Dense features, buckets, labels, weights, and whether a row is held out."""
        dense: list[list[float]] = []
        around: list[list[int]] = []
        labels: list[float] = []
        weights: list[float] = []
        held: list[bool] = []
        for number, text in enumerate(self.texts("LMR")):
            hits = self.names.hits(text.words, text.lang)
            is_venue = self.venues.of(text.lang).is_venue
            survey = self.names.survey(text.words, hits, text.lang, is_venue)
            dense += survey.dense
            around += survey.around
            labels += [_label(text, hit) for hit in hits]
            weights += [OUR_WEIGHT if text.ours else 1.0] * len(hits)
            held += [number % HELD_OUT == 0] * len(hits)
        label = np.asarray(labels)
        weight = np.where(label < 0, 0.0, np.asarray(weights))
        return np.asarray(dense), around, np.maximum(label, 0), weight, held

    def train_filter(self) -> dict[str, npt.NDArray[np.float32]]:
        """The network's arrays; prints average precision on the texts held out."""
        dense, around, label, weight, held = self.filter_rows()
        mean, scale = dense.mean(axis=0), 1 / np.maximum(dense.std(axis=0), 0.05)
        x = np.hstack([(dense - mean) * scale, _hot(around)]).astype(np.float32)
        y, w = label[:, None].astype(np.float32), weight[:, None].astype(np.float32)
        kept = ~np.asarray(held)
        layers = fit(x[kept], y[kept], w[kept], PLAN, seed=1)
        logits = layers.logits(x[~kept])[:, 0].astype(float)
        told, worth = label[~kept], weight[~kept]
        slope, bias = _platt(logits, told, worth)
        print("filter, held out: AP", average_precision_score(told, logits, sample_weight=worth))
        for lang in sorted({"en", "ar"}):
            of = dense[~kept][:, DENSE.index(f"lang_{lang}")] > 0
            ap = average_precision_score(told[of], logits[of], sample_weight=worth[of])
            print(" ", lang, int(of.sum()), "AP", round(ap, 3))
        d = len(DENSE)
        out = layers.w2[:, 0]
        return {
            "mean": mean.astype(np.float32),
            "scale": scale.astype(np.float32),
            "dense": layers.w1[:d],
            "words": layers.w1[d:].astype(np.float16),
            "hidden": layers.b1,
            "out": out,
            "bias": np.float32(slope * layers.b2[0] + bias),
            "slope": np.float32(slope),
        }

    # -- the resolver ------------------------------------------------------------------------

    def train_resolver(self) -> dict[str, npt.NDArray[np.float32]]:
        """Weights of pass one and, on its expectations, of pass two."""
        texts = list(self.texts("LMD"))
        blank = np.zeros(len(PRIOR) + len(NONE))
        prior = _logit(self._tables(texts, Resolver(self.gazetteer, blank, blank)), len(PRIOR))
        resolver = Resolver(self.gazetteer, prior, blank)
        context = _logit(self._tables(texts, resolver), len(PRIOR) + len(CONTEXT))
        for name, value in zip((*PRIOR, *CONTEXT, *NONE), context, strict=True):
            print(f"  {name} {value:.2f}")
        return {"prior": prior.astype(np.float32), "context": context.astype(np.float32)}

    def _tables(
        self, texts: Sequence[Text], resolver: Resolver
    ) -> list[tuple[Table, npt.NDArray[np.bool_], float]]:
        """Candidates of every mention, which of them (the last: none) are right, and its worth."""
        found = []
        for text in texts:
            placed = [g for g in text.gold if g.point is not None and g.kind in NAMED_KINDS]
            hits = self.names.given(text.words, [(g.start, g.end) for g in placed])
            options = self.names.options(text.words, hits)
            tables = resolver.tables(options, text.lang, text.home)
            for gold, table in zip(placed, tables, strict=True):
                if table is not None:
                    worth = OUR_WEIGHT if text.ours else 1.0
                    found.append((table, _right(gold, table), worth))
        return found


def _label(text: Text, hit: Hit) -> float:
    """1: a labelled mention; 0: none; −1: part of one, or more than one (left out)."""
    start, end = text.words.starts[hit.first], text.words.ends[hit.last]
    for gold in text.gold:
        if gold.kind == "venue":
            continue
        if (gold.start, gold.end) == (start, end):
            return 1.0
        if gold.start < end and start < gold.end:
            return 1.0 if text.ours else -1.0
    return 0.0


def _right(gold: Gold, table: Table) -> npt.NDArray[np.bool_]:
    assert gold.point is not None
    far = distances_km(table.latitudes, table.longitudes, *gold.point)
    area = gold.kind in AREAS
    limit = RIGHT_KM["area" if area else "city"]
    right = far <= limit
    if right.any():
        right &= far <= max(float(far.min()) * 1.5, 30.0)
    return np.append(right, not right.any())


def _logit(
    tables: Sequence[tuple[Table, npt.NDArray[np.bool_], float]], columns: int
) -> npt.NDArray[np.float64]:
    """Maximum likelihood with a ridge; several right candidates share the credit."""
    groups = np.repeat(np.arange(len(tables)), [len(right) for _, right, _ in tables])
    rows = []
    for table, _, _ in tables:
        none = np.zeros((1, columns + len(NONE)))
        none[0, -2:] = 1.0, table.none
        rows += [np.hstack([table.features[:, :columns], np.zeros((len(table.index), 2))]), none]
    x = np.vstack(rows)
    right = np.concatenate([right for _, right, _ in tables])
    worth = np.asarray([worth for _, _, worth in tables])
    worth /= worth.sum()
    starts = np.r_[0, np.cumsum(np.bincount(groups))[:-1]]

    names = (*PRIOR, *CONTEXT)[:columns]
    wanted = np.array([*(EXPECTED.get(name, (0.0, RIDGE))[0] for name in names), 0.0, 0.0])
    ridge = np.array([*(EXPECTED.get(name, (0.0, RIDGE))[1] for name in names), RIDGE, RIDGE])

    def loss(weights: Floats) -> tuple[float, Floats]:
        scores = x @ weights
        scores -= np.maximum.reduceat(scores, starts)[groups]
        powers = np.exp(scores)
        total = np.add.reduceat(powers, starts)
        good = np.add.reduceat(powers * right, starts)
        share = powers / total[groups]
        credit = powers * right / np.maximum(good, 1e-300)[groups]
        off = weights - wanted
        value = -worth @ np.log(np.maximum(good, 1e-300) / total) + ridge @ off**2
        return float(value), x.T @ (worth[groups] * (share - credit)) + 2 * ridge * off

    best = minimize(loss, wanted, jac=True, method="L-BFGS-B")
    print(f"resolver: {len(starts)} names, loss {best.fun:.3f}")
    return np.asarray(best.x)


def _hot(around: Sequence[Sequence[int]]) -> npt.NDArray[np.float32]:
    hot = np.zeros((len(around), BUCKETS), np.float32)
    for row, buckets in enumerate(around):
        for bucket in buckets:
            hot[row, bucket] += 1
    return hot


def _platt(logits: Floats, label: Floats, weight: Floats) -> tuple[float, float]:
    def loss(at: Floats) -> float:
        z = at[0] * logits + at[1]
        return float((weight * (np.logaddexp(0, z) - label * z)).sum() / weight.sum())

    slope, bias = minimize(loss, np.array([1.0, 0.0]), method="Nelder-Mead").x
    return float(slope), float(bias)


def train_roles() -> dict[str, npt.NDArray[np.float32]]:
    """Weights of the role model, from our own posts as the reader sees them."""
    rows, labels = role_rows()
    x, y = np.asarray(rows), np.asarray(labels)
    model = LogisticRegression(C=ROLE_STRENGTH, max_iter=3000).fit(x, y)
    return {
        "role_weights": model.coef_.T.astype(np.float16),
        "role_bias": model.intercept_.astype(np.float32),
    }


def role_rows() -> tuple[list[Floats], list[int]]:
    """One row per place found that is labelled, with the post's vector and without."""
    reader = RoleReader()
    rows: list[Floats] = []
    labels: list[int] = []
    for row in our_rows():
        for seen, vector, wanted in reader.look(row):
            for at, role in wanted.items():
                rows.append(_role_row(seen, at, vector))
                labels.append(ROLES.index(Role(role)))
    print(f"roles: {len(rows)} rows")
    return rows, labels


class RoleReader:
    """A post of ours → what the role model sees of it, and the roles its places are labelled."""

    def __init__(self) -> None:
        self._reader = PostReader(ReadingPlan())
        self._where_when = WhereWhen.build()

    def look(
        self, row: dict[str, Any]
    ) -> Iterator[tuple[Seen, npt.NDArray[np.float32] | None, dict[int, str]]]:
        """With the vector and without it; role by the number of the place found."""
        content = {"text": row["text"], "posted_at": POSTED_AT, "lang": row["lang"]}
        post = post_from_content(Identity("train", row["id"], "1", 1), content)
        profile = ChannelProfile(row["id"], home_place=row["home"])
        enriched = self._reader.embed([self._reader.prepare(post, profile)])[0]
        for one, judged in self._views(enriched, self._reader.hints(enriched, profile)):
            words = Words(one.text)
            cues = times_find.find_times(words, one.lang)
            spots = self._where_when.spots(words, one, self._where_when.home(profile), cues)
            seen = self._where_when.look_at_roles(words, spots, one, (cues, judged))
            wanted = {
                at: place["role"]
                for at, spot in enumerate(spots)
                for place in row["places"]
                if spot.start < place["end"] and place["start"] < spot.end
            }
            yield seen, one.vector, wanted

    @staticmethod
    def _views(enriched: Enriched, hints: CueHints) -> list[tuple[Enriched, CueHints]]:
        """With and without vector and what the reader makes of the post: each may be missing."""
        bare = replace(enriched, vector=None)
        unread = replace(hints, scores=CueHints().scores)
        return [(enriched, hints), (enriched, unread), (bare, hints), (bare, unread)]


def _role_row(seen: Seen, at: int, vector: npt.NDArray[np.float32] | None) -> Floats:
    words = np.zeros(ROLE_BUCKETS)
    np.add.at(words, seen.anywhere, ANYWHERE_SCALE)
    np.add.at(words, seen.around[at], AROUND_SCALE)
    meaning = np.zeros(VECTOR) if vector is None else VECTOR_SCALE * vector.astype(float)
    return np.concatenate([np.asarray(seen.dense[at], float), meaning, words])


def main(steps: Sequence[str]) -> None:
    """Train the steps named, or all, and write the weights; the others stay as they are."""
    stored: dict[str, npt.NDArray[np.float32]] = {}
    if (TARGET / WEIGHTS).exists():
        with np.load(TARGET / WEIGHTS, allow_pickle=False) as old:
            stored = {name: old[name] for name in old.files}
    blank = np.zeros((len(ROLE_DENSE) + VECTOR + ROLE_BUCKETS, len(ROLES)), np.float32)
    stored.setdefault("role_weights", blank)
    stored.setdefault("role_bias", np.zeros(len(ROLES), np.float32))
    for step in steps or ("filter", "resolver", "roles"):
        if step == "roles":
            stored |= train_roles()
        else:
            trainer = Trainer()
            stored |= trainer.train_filter() if step == "filter" else trainer.train_resolver()
        with (TARGET / WEIGHTS).open("wb") as target:
            np.savez(target, **stored)  # type: ignore[arg-type]


if __name__ == "__main__":
    main(sys.argv[1:])
