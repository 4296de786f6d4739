"""``make bench-geoparsing``: places found and resolved in texts that other people labelled.

    python benchmarks/geoparsing.py [recognition|tweets|news ...]

``recognition``: strict span F1 on IDRISI-R dev (Suwaileh et al. 2022, CC BY 4.0). ``tweets``:
cities of IDRISI-D dev, given the mention, within 161 km. ``news``: LGL, GeoVirus, TR-News and GWN,
given the mention, within 161 km. Writes benchmarks/results/geoparsing-PART.json. Only the train
parts of IDRISI are trained on; the news corpora never are.
"""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from measuring import DATA, ROOT, digest_of, machine, write_result

from tocsin.reading.where_when import WhereWhen
from tocsin.risk import haversine_km

sys.path.insert(0, str(ROOT / "models"))

from idrisi import LANGUAGES, Gold, idrisi

NEWS = DATA / "geo" / "news"
NEAR_KM = 161.0


def main(parts: list[str]) -> None:
    """Measure the parts named; all where none is."""
    finder = WhereWhen.build()
    everything: dict[str, Callable[[WhereWhen], dict[str, Any]]] = {
        "recognition": recognition,
        "tweets": tweets,
        "news": news,
    }
    for part in parts or everything:
        write_result(f"geoparsing-{part}", machine(), everything[part](finder))


def recognition(finder: WhereWhen) -> dict[str, Any]:
    """Precision, recall and F1 of exact spans; and F1 where overlapping spans count as found."""
    found = {}
    for folder, lang in LANGUAGES.items():
        strict: Counter[str] = Counter()
        kinds: Counter[tuple[str, bool]] = Counter()
        for text, gold in idrisi("LMR", folder, "dev"):
            wanted = {(g.start, g.end): g.kind for g in gold}
            spans = set(finder.named(text, lang))
            strict.update(right=len(spans & wanted.keys()), found=len(spans), gold=len(wanted))
            kinds.update((kind, span in spans) for span, kind in wanted.items())
        found[lang] = _f1(strict) | {
            "recall_by_kind": {
                kind: [kinds[kind, True], kinds[kind, True] + kinds[kind, False]]
                for kind in sorted({kind for kind, _ in kinds})
            },
        }
    return found


def tweets(finder: WhereWhen) -> dict[str, Any]:
    """Share of mentions within 161 km, by kind; what is not resolved counts as wrong."""
    found = {}
    for folder, lang in LANGUAGES.items():
        right: Counter[tuple[str, bool]] = Counter()
        for text, gold in idrisi("LMD", folder, "dev"):
            right.update(_near(finder, text, lang, gold))
        found[lang] = {
            kind: _share(right[kind, True], right[kind, True] + right[kind, False])
            for kind in sorted({kind for kind, _ in right})
        }
    return found


def news(finder: WhereWhen) -> dict[str, Any]:
    """Share of mentions within 161 km in four corpora of English news and web texts."""
    found: dict[str, Any] = {}
    for name, read in (
        ("lgl", _lgl),
        ("TR-News", _lgl),
        ("GWN", _lgl),
        ("GeoVirus", _geovirus),
    ):
        path = NEWS / f"{name}.xml"
        right: Counter[bool] = Counter()
        for text, gold in read(ET.parse(path).getroot()):
            right.update(hit for _, hit in _near(finder, text, "en", gold))
        found[name] = _share(right[True], right.total()) | {"sha256": digest_of(path)}
    return found


def _near(
    finder: WhereWhen, text: str, lang: str, gold: Sequence[Gold]
) -> Iterator[tuple[str, bool]]:
    placed = [g for g in gold if g.point is not None]
    places = finder.resolve([(g.start, g.end) for g in placed], text, lang)
    for mention, place in zip(placed, places, strict=True):
        assert mention.point is not None
        near = place is not None and (
            haversine_km(*mention.point, place.latitude, place.longitude) <= NEAR_KM
        )
        yield mention.kind, near


def _lgl(root: ET.Element) -> Iterator[tuple[str, list[Gold]]]:
    for article in root.iter("article"):
        text = article.findtext("text") or ""
        gold = []
        for toponym in article.iter("toponym"):
            lat = toponym.findtext(".//lat") or toponym.findtext("latitude")
            lon = toponym.findtext(".//lon") or toponym.findtext("longitude")
            if lat and lon:
                start, end = (int(toponym.findtext(name) or 0) for name in ("start", "end"))
                name = toponym.findtext("phrase") or toponym.findtext("extractedName") or ""
                if text[start:end] != name and text.startswith(name, start - 1):
                    start, end = start - 1, end - 1  # some offsets of TR-News are one too high
                gold.append(Gold(start, end, "place", (float(lat), float(lon))))
        yield text, gold


def _geovirus(root: ET.Element) -> Iterator[tuple[str, list[Gold]]]:
    for article in root.iter("article"):
        text = article.findtext("text") or ""
        gold = []
        for place in article.iter("location"):
            start = int(place.findtext("start") or 0) - 1
            name = place.findtext("name") or ""
            point = float(place.findtext("lat") or 0), float(place.findtext("lon") or 0)
            gold.append(Gold(start, start + len(name), "place", point))
        yield text, gold


def _f1(counts: Counter[str]) -> dict[str, Any]:
    precision = counts["right"] / max(counts["found"], 1)
    recall = counts["right"] / max(counts["gold"], 1)
    return {
        "precision": round(precision, 3),
        "recall": round(recall, 3),
        "f1": round(2 * precision * recall / max(precision + recall, 1e-9), 3),
        "labelled": counts["gold"],
    }


def _share(right: int, of: int) -> dict[str, Any]:
    return {"right": right, "of": of, "share": round(right / of, 3) if of else None}


if __name__ == "__main__":
    main(sys.argv[1:])
