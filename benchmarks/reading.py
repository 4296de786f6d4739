"""``make bench-reading``: what one post says, measured.

    python benchmarks/reading.py [own] [hatecheck] [multilingual] [news] [later] [noise]
                                 [symmetry] [speed]

own           test families of data/reading: average precision, false alarms by function,
              target, acts, frames, calibration
hatecheck     HateCheck (English), multilingual: Multilingual HateCheck; never trained on
news          ru-news-2023-2024: posts with alarm of .5 or more
later         100,000 posts of telegram-2017-2023 after 2022-11-01: writes the ids of the 200
              highest alarms to data/reading/later.tsv, or scores them where they are labelled
noise         own test posts with typing errors, look-alikes, spacing, capitals, emoji
symmetry      group names swapped in the same sentence
speed         cost of reading beside the post's own vector, one core; places and times apart

Each writes benchmarks/results/reading-NAME.json.
"""

from __future__ import annotations

import csv
import hashlib
import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from measuring import ARCHIVE, DATA, digest_of, machine, write_result
from reading_noise import NOISES
from reading_swaps import swapped
from sklearn.metrics import average_precision_score

from tocsin.engines.workers import PostReader, ReadingPlan
from tocsin.model import Act, Frame, Identity, Post, Reading
from tocsin.model.post import ChannelProfile, Enriched
from tocsin.reading.hints import CueHints
from tocsin.reading.reader import FindsPlaces, PlacesAndTimes
from tocsin.text import post_from_content

ROOT = Path(__file__).resolve().parent.parent
TEST = ROOT / "data" / "reading" / "test"
LATER = ROOT / "data" / "reading" / "later.tsv"
HATECHECK = DATA / "labels" / "hatecheck" / "test_suite_cases.csv"
MULTILINGUAL = DATA / "labels" / "multilingual_hatecheck" / "MHC Final Cases"
NEWS = DATA / "posts" / "ru-news-2023-2024.parquet"
EVEN = 0.5
FROM = datetime(2022, 11, 1)  # noqa: DTZ001 - the file's times are naive UTC
SECOND_LANGUAGES = ("ar", "de", "fr", "es", "tr", "uk")
MULTILINGUAL_FILES = {
    "arabic": "ar", "german": "de", "spanish": "es", "french": "fr",
    "italian": "it", "dutch": "nl", "polish": "pl", "portuguese": "pt",
}  # fmt: skip
THREATS = ("threat_dir_h", "threat_norm_h")
BENIGN = (
    "ident_neutral_nh", "ident_pos_nh", "negate_neg_nh", "counter_quote_nh", "counter_ref_nh",
    "target_obj_nh", "target_indiv_nh", "target_group_nh", "profanity_nh",
)  # fmt: skip
"""The functions of HateCheck that the scheme covers; reclaimed slurs and homonyms it does not."""

HOSTILE = (Act.THREAT, Act.EXPULSION, Act.INCITEMENT)


@lru_cache(maxsize=1)
def reader() -> PostReader:
    """Reads posts as ``tocsin read`` does."""
    return PostReader(ReadingPlan())


def read(text: str, lang: str | None) -> Reading:
    """One text; its language as a source would declare it, or None."""
    return reader().read_one(as_post(text, lang))[1]


def as_post(text: str, lang: str | None) -> Post:
    """A text as a post."""
    content: dict[str, Any] = {"text": text, "posted_at": "2023-01-01T12:00:00+00:00"}
    if lang is not None:
        content["lang"] = lang
    return post_from_content(Identity("bench", "bench", "1", 1), content)


def asserts_harm(reading: Reading) -> bool:
    """The writer asserts a threat, an expulsion or an incitement."""
    return reading.frame is Frame.ASSERTED and any(act in HOSTILE for act in reading.acts)


def dehumanises(reading: Reading) -> bool:
    """The writer asserts dehumanisation."""
    return reading.frame is Frame.ASSERTED and Act.DEHUMANISATION in reading.acts


def wilson(k: int, n: int, z: float = 1.96) -> list[float]:
    """95 % interval of a share (Wilson 1927)."""
    if n == 0:
        return [0.0, 1.0]
    p = k / n
    middle, half = p + z * z / (2 * n), z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return [round(float((middle + s * half) / (1 + z * z / n)), 3) for s in (-1, 1)]


def share(found: Iterable[bool]) -> dict[str, Any]:
    """k of n with its interval."""
    every = list(found)
    k = sum(every)
    return {
        "k": k,
        "n": len(every),
        "share": round(k / len(every), 3),
        "wilson": wilson(k, len(every)),
    }


@lru_cache(maxsize=1)
def own_posts() -> tuple[dict[str, Any], ...]:
    """The test families, in a fixed order."""
    files = sorted(TEST.glob("*.jsonl"))
    return tuple(
        json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()
    )


def alarm_of(reading: Reading) -> float:
    """A post that was not read counts as no alarm."""
    return reading.alarm if reading.alarm is not None else 0.0


def precision(posts: Iterable[tuple[dict[str, Any], float]]) -> float:
    """Average precision of alarms."""
    every = list(posts)
    return round(
        float(average_precision_score([p["alarming"] for p, _ in every], [a for _, a in every])), 3
    )


def own() -> dict[str, Any]:
    """The test families."""
    posts = own_posts()
    readings = [read(p["text"], p["lang"]) for p in posts]
    alarms = [alarm_of(r) for r in readings]
    pairs = list(zip(posts, alarms, strict=True))
    by_lang = {
        lang: precision((p, a) for p, a in pairs if p["lang"] == lang)
        for lang in sorted({p["lang"] for p in posts})
    }
    functions: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    for p, a in pairs:
        functions[p["function"]].append((p["alarming"], a >= EVEN))
    false = {f: share(x for _, x in v) for f, v in sorted(functions.items()) if not v[0][0]}
    return {
        "posts": len(posts),
        "average_precision": by_lang,
        "mean_of_others": round(fmean(by_lang[lang] for lang in SECOND_LANGUAGES), 3),
        "false_alarms": false,
        "false_alarms_overall": share(a >= EVEN for p, a in pairs if not p["alarming"]),
        "found": {f: share(x for _, x in v) for f, v in sorted(functions.items()) if v[0][0]},
        "found_overall": share(a >= EVEN for p, a in pairs if p["alarming"]),
        "calibration_error": calibration_error(pairs),
        "target": share(
            r.target is not None and r.target.group == p["target"]
            for p, r in zip(posts, readings, strict=True) if p["target"] is not None
        ),
        "target_of_alarming": share(
            r.target is not None and r.target.group == p["target"]
            for p, r in zip(posts, readings, strict=True) if p["alarming"]
        ),
        "frame": share(r.frame == p["frame"] for p, r in zip(posts, readings, strict=True)),
        "acts": {
            act.value: act_precision(act, posts, readings) for act in Act
        },
        "unread": sum(r.alarm is None for r in readings),
    }  # fmt: skip


def act_precision(act: Act, posts: Sequence[dict[str, Any]], readings: list[Reading]) -> float:
    """Average precision of one act's score."""
    there = [act.value in post["acts"] for post in posts]
    scores = [reading.act_scores.get(act, 0.0) for reading in readings]
    return round(float(average_precision_score(there, scores)), 3)


def calibration_error(pairs: list[tuple[dict[str, Any], float]], bins: int = 10) -> float:
    """Expected calibration error over ten equal bins (Naeini et al. 2015)."""
    total = 0.0
    for b in range(bins):
        inside = [(p["alarming"], a) for p, a in pairs if min(int(a * bins), bins - 1) == b]
        if inside:
            gap = abs(fmean(float(y) for y, _ in inside) - fmean(a for _, a in inside))
            total += gap * len(inside) / len(pairs)
    return round(total, 3)


def hatecheck() -> dict[str, Any]:
    """HateCheck with English declared, as a channel's language would be."""
    return functions_of(HATECHECK, "en")


def functions_of(path: Path, lang: str) -> dict[str, Any]:
    """Recall on threats and dehumanisation, specificity on what is benign."""
    with path.open(encoding="utf-8", newline="") as file:
        cases = list(csv.DictReader(file))
    found: dict[str, list[Reading]] = defaultdict(list)
    for case in cases:
        found[case["functionality"]].append(read(case["test_case"], lang))
    recall = {f: share(asserts_harm(r) for r in found[f]) for f in THREATS}
    return {
        "threats": share(asserts_harm(r) for f in THREATS for r in found[f]),
        **recall,
        "alarm_on_threats": share(alarm_of(r) >= EVEN for f in THREATS for r in found[f]),
        "dehumanisation": share(Act.DEHUMANISATION in r.acts for r in found["derog_dehum_h"]),
        "specificity": {f: share(not asserts_harm(r) for r in found[f]) for f in BENIGN},
        "no_dehumanisation_either": {
            f: share(not (asserts_harm(r) or dehumanises(r)) for r in found[f])
            for f in BENIGN
        },
    }  # fmt: skip


def multilingual() -> dict[str, Any]:
    """Multilingual HateCheck in eight languages."""
    each = {
        lang: functions_of(MULTILINGUAL / f"hatecheck_cases_final_{name}.csv", lang)
        for name, lang in MULTILINGUAL_FILES.items()
    }
    specificity = {
        f: round(fmean(e["specificity"][f]["share"] for e in each.values()), 3) for f in BENIGN
    }
    return {
        "threats_mean": round(fmean(e["threats"]["share"] for e in each.values()), 3),
        "specificity_mean": round(fmean(specificity.values()), 3),
        "specificity_mean_by_function": specificity,
        "each": each,
    }


def news() -> dict[str, Any]:
    """Ordinary Russian news and city channels: hardly anything should alarm."""
    import pyarrow.parquet as pq

    texts = pq.read_table(NEWS, columns=["text"])["text"].to_pylist()
    readings = [read(text or "", None) for text in texts]
    alarmed = [i for i, r in enumerate(readings) if alarm_of(r) >= EVEN]
    return {"posts": len(texts), "alarmed": len(alarmed), "rows": alarmed}


def later(posts: int = 100_000, highest: int = 200) -> dict[str, Any]:
    """Real posts after the training period, the highest alarms labelled by hand."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    table = pq.read_table(ARCHIVE, columns=["channel", "msg_id", "date", "text"])
    since = pa.scalar(FROM, type=table["date"].type)
    table = table.filter(
        pc.and_(
            pc.greater_equal(table["date"], since),
            pc.greater(pc.utf8_length(table["text"]), 0),
        )
    )
    rows = np.sort(np.random.default_rng(20221101).permutation(len(table))[:posts])
    drawn = table.take(rows).to_pylist()
    scored = sorted(
        ((alarm_of(read(p["text"], None)), i) for i, p in enumerate(drawn)),
        key=lambda s: (-s[0], s[1]),
    )
    top = [(a, drawn[i]) for a, i in scored[:highest]]
    alarmed = sum(a >= EVEN for a, _ in scored)
    return {"posts": len(drawn), "alarmed": alarmed, **against_labels(top)}


def against_labels(top: list[tuple[float, dict[str, Any]]]) -> dict[str, Any]:
    """Precision where each has a label by hand; the ids that have none are written down."""
    labels: dict[tuple[str, str], str] = {}
    if LATER.is_file():
        with LATER.open(encoding="utf-8", newline="") as file:
            labels = {
                (r["channel"], r["id"]): r["alarming"] for r in csv.DictReader(file, delimiter="\t")
            }
    keys = [(p["channel"], str(p["msg_id"])) for _, p in top]
    missing = [key for key in keys if key not in labels]
    if missing:
        waiting = ROOT / "benchmarks" / "later-unlabelled.tsv"
        lines = ["channel\tid\talarming", *(f"{c}\t{i}\t" for c, i in missing)]
        waiting.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return {"unlabelled": len(missing), "written_to": waiting.name}
    found = [labels[key] == "1" for key in keys]
    return {f"precision_at_{n}": share(found[:n]) for n in (50, 100, 200)}


def noise() -> dict[str, Any]:
    """What each noise takes off the average precision, over all languages together."""
    posts = own_posts()
    plain = precision((p, alarm_of(read(p["text"], p["lang"]))) for p in posts)
    found = {
        name: precision(
            (p, alarm_of(read(change(p["text"], p["lang"], i), p["lang"])))
            for i, p in enumerate(posts)
        )
        for name, change in NOISES.items()
    }
    lowers = {name: round(plain - value, 3) for name, value in found.items()}
    return {"plain": plain, "noisy": found, "lowers_by": lowers}


def symmetry() -> dict[str, Any]:
    """Alarm of the same sentence about other groups."""
    spans, groups = [], defaultdict(list)
    for versions in swapped(own_posts()):
        alarms = {group: alarm_of(read(text, lang)) for group, lang, text in versions}
        spans.append(max(alarms.values()) - min(alarms.values()))
        middle = float(np.median(list(alarms.values())))
        for group, alarm in alarms.items():
            groups[group].append(alarm - middle)
    return {
        "sentences": len(spans),
        "within_a_tenth": share(s <= 0.1 for s in spans),
        "mean_shift_by_group": {g: round(fmean(v), 3) for g, v in sorted(groups.items())},
    }


def speed(posts: int = 5000) -> dict[str, Any]:
    """Mean cost of reading a post with text, beside its own vector."""
    import pyarrow.parquet as pq

    texts = [t for t in pq.read_table(ARCHIVE, columns=["text"])["text"].to_pylist() if t]
    texts = texts[:: len(texts) // posts][:posts]
    one = reader()
    prepared = [one._text.prepare(as_post(text, None), None) for text in texts]
    embedded = one._text.embed(prepared)
    inner = one._reader
    for e in embedded[:200]:
        inner.read(e, None)
    places = Timed(inner._where_when)
    inner._where_when = places
    started = time.process_time()
    for e in embedded:
        inner.read(e, None)
    whole = time.process_time() - started
    inner._where_when = places.inner
    ms = 1000 / len(embedded)
    return {
        "posts": len(embedded),
        "ms_per_post": round((whole - places.spent) * ms, 3),
        "ms_per_post_places_and_times": round(places.spent * ms, 3),
    }


class Timed:
    """The place and time stage, which has a budget of its own, and the seconds it took."""

    def __init__(self, inner: FindsPlaces) -> None:
        self.inner, self.spent = inner, 0.0

    def find(
        self, enriched: Enriched, profile: ChannelProfile | None, hints: CueHints
    ) -> PlacesAndTimes:
        """As the stage finds."""
        started = time.process_time()
        found = self.inner.find(enriched, profile, hints)
        self.spent += time.process_time() - started
        return found

    def versions(self) -> Mapping[str, str]:
        """As the stage says."""
        return self.inner.versions()


def digest(path: Path) -> str:
    """Hex SHA-256 of a file, or over those of a folder's files."""
    if path.is_file():
        return digest_of(path)
    return hashlib.sha256(
        "".join(digest_of(p) for p in sorted(path.iterdir())).encode()
    ).hexdigest()


MEASURES: dict[str, tuple[Callable[[], dict[str, Any]], Path]] = {
    "own": (own, TEST),
    "hatecheck": (hatecheck, HATECHECK),
    "multilingual": (multilingual, MULTILINGUAL),
    "news": (news, NEWS),
    "later": (later, ARCHIVE),
    "noise": (noise, TEST),
    "symmetry": (symmetry, TEST),
    "speed": (speed, ARCHIVE),
}


def main(names: list[str]) -> None:
    """Measure what is named, or everything."""
    for name in names or list(MEASURES):
        measure, path = MEASURES[name]
        where = {"command": f"python benchmarks/reading.py {name}", "sha256": digest(path)}
        write_result(f"reading-{name}", where | machine(), measure())


if __name__ == "__main__":
    main(sys.argv[1:])
