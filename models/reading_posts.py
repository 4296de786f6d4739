"""What the reading heads are trained on, as rows with labels, some of them unknown.

* ours: ``data/reading`` without its test families (CC0);
* spoilt: every fifth of them once more, written badly;
* background: posts of the Far-Right Telegram Ecosystem Dataset before 2022-11-01 (CC BY-SA 4.0),
  drawn evenly, unlabelled, taken for "not alarming" at a low weight;
* passages: news passages of NTREX-128 (CC BY-SA 4.0) in the languages of the packs, unlabelled,
  taken for "not alarming";
* desk: what the people of a desk labelled on the console's page Review, where ``make models`` is
  given the file of ``tocsin review export`` (``LABELS=FILE``); the weights that are committed are
  trained without;
* mined: posts of the same that an earlier reader found alarming, with labels of ours
  (``data/reading/mined.tsv`` holds ids and labels, no text);
* implicit: the Implicit Hate Corpus (CC BY 4.0), whose classes say something about three acts.
  Its class "incitement" means promoting hate groups and is not taken for ours.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import spoiling

from tocsin.model.reading import HOSTILE_ACTS, Act, Frame, PostLabel
from tocsin.reading.heads import OUTPUTS

ROOT = Path(__file__).resolve().parent.parent
OURS = ROOT / "data" / "reading"
DATA = Path(os.environ.get("TOCSIN_DATA", ROOT.parent / "shared" / "data"))
POSTS = DATA / "posts" / "telegram-2017-2023.parquet"
PASSAGES = DATA / "streams" / "ntrex-stream.jsonl"
IMPLICIT = DATA / "labels" / "implicit_hate" / "implicit-hate-corpus"
BEFORE = datetime(2022, 11, 1)  # noqa: DTZ001 - the file's times are naive UTC

LABELS = Path(os.environ["TOCSIN_LABELS"]) if os.environ.get("TOCSIN_LABELS") else None
"""Labels of a desk's own people."""

BACKGROUND_POSTS = 12000
CYRILLIC_POSTS = 4000
"""Background in Cyrillic letters, of which the archive has little, drawn apart."""

BACKGROUND_WEIGHT = 0.3
PASSAGE_WEIGHT = 0.3
PASSAGE_LANGUAGES = {
    "rus": "ru", "eng": "en", "deu": "de", "fra": "fr", "spa": "es", "ita": "it", "nld": "nl",
    "pol": "pl", "por": "pt", "tur": "tr", "ukr": "uk", "arb": "ar",
}  # fmt: skip
IMPLICIT_WEIGHT = 0.08
IMPLICIT_POSTS = 4000
ACT_WEIGHT = 0.5
SHORTEST = 20
LABELLED = frozenset({"ours", "spoilt", "desk", "mined"})
"""Sources whose posts people labelled one by one."""
SPOILT_OF, SPOILT_WEIGHT = 5, 0.5
_IMPLICIT_ACTS = {
    "threatening": Act.THREAT,
    "inferiority": Act.DEHUMANISATION,
    "stereotypical": Act.ALLEGATION,
}
_WRITER = re.compile(r"-(k\d+)-\d+$")
_CYRILLIC = re.compile("[\u0400-\u04ff]{4}")
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Row:
    """One text with what is known of it.

    Args:
        family: texts of one family are never divided between folds.
        labels: output → 0 or 1; an output that is missing is unknown.
        weight: of all its labels.
        lang: None: to be told from the text.
        writer: of a post of ours, where it is known whose it is.
    """

    text: str
    lang: str | None
    source: str
    family: str
    labels: dict[str, float]
    weight: float = 1.0
    writer: str | None = None


def rows() -> list[Row]:
    """All rows in a fixed order."""
    return [*ours(), *spoilt_ones(), *desk(), *background(), *passages(), *mined(), *implicit()]


def ours() -> Iterator[Row]:
    """Our own posts, with their acts and frames where a writer gave them."""
    for path in sorted([*OURS.glob("*.jsonl"), *OURS.glob("train/*.jsonl")]):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip():
                yield _ours(json.loads(line), path)


def _ours(row: dict[str, Any], path: Path) -> Row:
    if "acts" in row:
        labels = {"alarm": float(row["alarming"])}
        labels |= {act.value: float(act.value in row["acts"]) for act in Act}
        labels |= {frame.value: float(frame.value == row["frame"]) for frame in Frame}
        family = f"{row['function']}/{row['family']}"
        found = _WRITER.search(row["id"])
        writer = found[1] if found else None
        return Row(row["text"], row["lang"], "ours", family, labels, writer=writer)
    labels = {"alarm": float(row["alarming"])}
    labels[Act.GATHERING.value] = float(row["gather"] != "none")
    if row["alarming"] or row["gather"] == "peaceful":
        frame = Frame.ASSERTED if row["alarming"] else Frame.PEACEFUL
        labels |= {one.value: float(one is frame) for one in Frame}
    return Row(row["text"], path.name[:2], "ours", f"{path.stem}/{row['kind']}", labels)


def spoilt_ones() -> Iterator[Row]:
    """Every fifth post of ours as it might have been typed in haste."""
    for row in ours():
        seed = zlib.crc32(row.text.encode())
        if seed % SPOILT_OF == 0:
            text = spoiling.spoilt(row.text, seed)
            yield replace(row, text=text, source="spoilt", weight=SPOILT_WEIGHT)


def desk(path: Path | None = LABELS) -> Iterator[Row]:
    """Posts that people of a desk labelled, those before the cut-off date; a text that two people
    read differently says nothing, and is left out.

    Raises:
        SystemExit: the file is not there, or a line is not one of ``tocsin review export``.
    """
    if path is None:
        return
    try:
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
        by_text: dict[str, list[dict[str, Any]]] = {}
        for line in lines:
            if datetime.fromisoformat(line["posted_at"]).replace(tzinfo=None) < BEFORE:
                by_text.setdefault(line["text"], []).append(line)
        for text, said in by_text.items():
            if len({line["label"] for line in said}) == 1:
                family = f"desk/{said[0]['id'].rpartition('/')[0]}"
                yield Row(text, said[0]["lang"], "desk", family, _meant(said[0]["label"]))
    except (OSError, ValueError, KeyError) as error:
        sys.exit(f"{path}: cannot be read as labels ({error}); write it with: tocsin review export")


def _meant(label: str) -> dict[str, float]:
    """What a person's label says of acts, frame and alarm, by docs/reading-scheme.md.

    The label is the gravest act, so what weighs less stays unknown. "Gathering" may be a peaceful
    one: of the alarm it says nothing.
    """
    frames = {frame.value for frame in Frame}
    acts = [one.value for one in PostLabel if one.value in {*Act}]  # the gravest first
    if label in acts:
        graver = dict.fromkeys(acts[: acts.index(label)], 0.0)
        alarm = {} if label == Act.GATHERING else {"alarm": float(label in HOSTILE_ACTS)}
        return {**graver, label: 1.0, **alarm}
    if label in frames:
        return {"alarm": 0.0, **{one: float(one == label) for one in frames}}
    return {"alarm": 0.0, **(dict.fromkeys(acts, 0.0) if label == PostLabel.HARMLESS else {})}


def background() -> Iterator[Row]:
    """Posts before the cut-off date, drawn evenly."""
    texts = [text for _, text in _posts() if len(text) > SHORTEST]
    cyrillic = [text for text in texts if _CYRILLIC.search(text)]
    drawn = [*_evenly(texts, BACKGROUND_POSTS), *_evenly(cyrillic, CYRILLIC_POSTS)]
    for text in dict.fromkeys(drawn):
        yield Row(text, None, "background", "background", {"alarm": 0.0}, BACKGROUND_WEIGHT)


def _evenly(texts: list[str], number: int) -> list[str]:
    return texts[:: max(1, len(texts) // number)][:number]


def passages() -> Iterator[Row]:
    """News as professionals translated it; nobody calls anybody together in it."""
    if not PASSAGES.is_file():
        return
    with PASSAGES.open(encoding="utf-8") as file:
        for row in map(json.loads, file):
            lang = PASSAGE_LANGUAGES.get(row["lang"])
            if lang is not None:
                yield Row(row["text"], lang, "passages", "passages", {"alarm": 0.0}, PASSAGE_WEIGHT)


def mined() -> Iterator[Row]:
    """Posts that looked alarming, as a person labelled them."""
    path = OURS / "mined.tsv"
    if not path.is_file() or not POSTS.is_file():
        return
    with path.open(encoding="utf-8", newline="") as file:
        labelled = {(r["channel"], r["id"]): r for r in csv.DictReader(file, delimiter="\t")}
    for key, text in _posts():
        if key in labelled:
            labels = {"alarm": float(labelled[key]["alarming"])}
            yield Row(text, None, "mined", f"mined/{key[0]}", labels)


def _posts() -> Iterator[tuple[tuple[str, str], str]]:
    """((channel, id), text) of every post with text before the cut-off, in the file's order."""
    if not POSTS.is_file():
        return
    import pyarrow.parquet as pq

    table = pq.read_table(POSTS, columns=["channel", "msg_id", "date", "text"])
    columns = (table[name].to_pylist() for name in ("channel", "msg_id", "date", "text"))
    for channel, message, date, text in zip(*columns, strict=True):
        if text and date < BEFORE:
            yield (channel, str(message)), text


def implicit() -> Iterator[Row]:
    """The Implicit Hate Corpus: what its classes say of acts, and that it holds no calls."""
    if not IMPLICIT.is_dir():
        return
    classes = {
        row["post"]: row["implicit_class"]
        for row in _tsv(IMPLICIT / "implicit_hate_v1_stg2_posts.tsv")
    }
    every = list(_tsv(IMPLICIT / "implicit_hate_v1_stg1_posts.tsv"))
    for row in every[:: max(1, len(every) // IMPLICIT_POSTS)]:
        kind = classes.get(row["post"], row["class"])
        labels = {
            act.value: float(act is found)
            for found in [_IMPLICIT_ACTS.get(kind)]
            for act in _IMPLICIT_ACTS.values()
            if kind != "explicit_hate"
        }
        if kind not in {"threatening", "incitement", "explicit_hate"}:
            labels["alarm"] = 0.0
        if labels:
            yield Row(row["post"], "en", "implicit", "implicit", labels, IMPLICIT_WEIGHT)


def _tsv(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_MINIMAL)


def as_arrays(found: list[Row]) -> tuple[Floats, Floats]:
    """(labels, weights), both (n, outputs); weight 0 where a label is unknown."""
    y = np.zeros((len(found), len(OUTPUTS)), dtype=np.float32)
    weight = np.zeros_like(y)
    for i, row in enumerate(found):
        for name, value in row.labels.items():
            at = OUTPUTS.index(name)
            y[i, at] = value
            weight[i, at] = row.weight * (1.0 if at == 0 else ACT_WEIGHT)
    return y, weight


def digest_of_ours() -> str:
    """Hex SHA-256 over our training files, and a desk's labels."""
    digest = hashlib.sha256()
    every = [*OURS.glob("*.jsonl"), *OURS.glob("train/*.jsonl"), *OURS.glob("*.tsv")]
    for path in [*sorted(every), *([LABELS] if LABELS else [])]:
        digest.update(path.read_bytes())
    return digest.hexdigest()
