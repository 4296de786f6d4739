"""``make bench-rumours``: rumours measured on the public streams and on the whole archive.

    python benchmarks/rumours.py [streams] [archive] [hostile]

streams   BCubed F1 and AMI of `tocsin cluster`'s answers: whole stream, first half (on which the
          weights were tuned) and second half (never looked at for tuning)
archive   telegram-2017-2023.parquet, all 1.93 M posts, cold: clean, language, duplicates, vector,
          assign; posts/s, peak memory, p99 of one assignment, cost by tenth of the history
hostile   what a flood of random texts, or of random edits, costs the posts of others

Each writes benchmarks/results/rumours-NAME.json with figure, command, data digest and machine.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from measuring import ARCHIVE, DATA, PeakMemory, digest_of, machine, write_result

from tocsin.engines.local import MissingVectors
from tocsin.engines.workers import ReadingPlan, may_have_vector, read_ahead
from tocsin.model import Enriched, Post
from tocsin.rumours import RumourTracker
from tocsin.text import TextStage, Vectors

START = datetime(2000, 1, 1, tzinfo=UTC)
NINE = frozenset({"eng", "arb", "rus", "tur", "spa", "por", "fra", "tha", "zho-CN"})
STREAMS = (
    ("mstream-tweets-t", None, (0.78, 0.88)),
    ("mstream-news-t", None, (0.74, 0.85)),
    ("claim-edits", None, (0.93, 0.95)),
    ("ntrex-stream", NINE, (0.92, 0.95)),
    ("ntrex-stream", None, (0.75, 0.85)),
    ("cross-claims", None, (0.50, 0.60)),
)
"""Stream, languages (None: all), and the figures aimed at."""


def gold_of(rows: Sequence[dict[str, Any]]) -> list[str]:
    """What each post of a stream speaks of, as its makers say."""
    return [str(row.get("label", row.get("clusterNo"))) for row in rows]


def bcubed(gold: Sequence[object], found: Sequence[object]) -> float:
    """BCubed F1 (Bagga & Baldwin 1998; Amigó et al. 2009), 0 to 1."""
    of_gold, of_found = Counter(gold), Counter(found)
    shared = Counter(zip(gold, found, strict=True))
    precision = sum(n * n / of_found[pair[1]] for pair, n in shared.items())
    recall = sum(n * n / of_gold[pair[0]] for pair, n in shared.items())
    return 2 * precision * recall / ((precision + recall) * len(gold))


def ami(gold: Sequence[object], found: Sequence[object]) -> float:
    """Adjusted mutual information (Vinh, Epps, Bailey 2010)."""
    from sklearn.metrics import adjusted_mutual_info_score

    return float(adjusted_mutual_info_score(gold, found))


def bench_streams() -> dict[str, Any]:
    """Every stream through the tracker, one post at a time."""
    vectors = Vectors()
    results = []
    for name, languages, aims in STREAMS:
        path, rows = stream_path(name), stream_rows(name, languages)
        result = {"stream": name, "languages": "9" if languages else "all", "posts": len(rows)}
        result |= score_stream(rows, vectors)
        result |= {"aims": aims, "sha256": digest_of(path)}
        print(json.dumps(result), flush=True)
        results.append(result)
    return {
        "second languages": "mapped" if len(vectors.languages) > 16 else "none",
        "streams": results,
    }


def stream_path(name: str) -> Path:
    """Where a public stream lies."""
    return DATA / "streams" / f"{name}.jsonl"


def stream_rows(name: str, languages: frozenset[str] | None) -> list[dict[str, Any]]:
    """Its posts in ``languages``, all where None."""
    rows = [json.loads(line) for line in stream_path(name).read_text().splitlines()]
    return [row for row in rows if languages is None or row["lang"] in languages]


def score_stream(rows: list[dict[str, Any]], vectors: Vectors) -> dict[str, Any]:
    """BCubed F1 and AMI of the tracker's answers: whole, first half, second half."""
    text, tracker = TextStage(vectors), RumourTracker()
    gold = gold_of(rows)
    found, seconds = [], time.perf_counter()
    for place, row in enumerate(rows):
        enriched = text.prepare(_stream_post(place, row), None)
        if may_have_vector(enriched) and tracker.needs_vector(enriched):
            enriched = text.embed([enriched], unsure=True)[0]
        found.append(tracker.assign(enriched).rumour)
    seconds = time.perf_counter() - seconds
    half = len(rows) // 2
    parts = {
        "whole": (gold, found),
        "first half": (gold[:half], found[:half]),
        "second half": (gold[half:], found[half:]),
    }
    figures = {
        part: [round(bcubed(*pair), 3), round(ami(*pair), 3)] for part, pair in parts.items()
    }
    return {
        **figures,
        "rumours": len(set(found)),
        "true": len(set(gold)),
        "posts_per_second": round(len(rows) / seconds),
    }


def _stream_post(place: int, row: dict[str, Any]) -> Post:
    at = START + timedelta(seconds=place)
    body = row.get("text", row.get("textCleaned"))
    return Post(
        "table", "stdin", str(row.get("id", row.get("Id"))), at, at, body, lang=row.get("lang")
    )


def archive_posts(path: Path = ARCHIVE) -> Iterator[Post]:
    """All posts of the archive, in time order, as the text stage takes them."""
    import pyarrow.parquet as pq

    file = pq.ParquetFile(path)
    columns = ["channel", "msg_id", "date", "text", "is_forward"]
    for batch in file.iter_batches(8_192, columns=columns):
        for channel, post_id, date, text, forward in zip(*batch.to_pydict().values(), strict=True):
            at = date.replace(tzinfo=UTC)
            yield Post("table", channel, post_id, at, at, text or "", is_forward=forward)


@dataclass(slots=True)
class _Assigning:
    """What assignments cost: on the clock of the main thread's work, and on the wall's, which
    also runs while the worker processes have the cores.
    """

    work: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)

    def timed(self, tracker: RumourTracker, enriched: Enriched) -> str:
        """Assign, and say by what method."""
        work, wall = time.thread_time(), time.perf_counter()
        method = tracker.assign(enriched).method.value
        if enriched.digest is not None:
            self.work.append(time.thread_time() - work)
            self.wall.append(time.perf_counter() - wall)
        return method


def bench_archive() -> dict[str, Any]:
    """The whole archive, two worker processes beside the one that assigns."""
    memory = PeakMemory()
    tracker, cost = RumourTracker(), _Assigning()
    methods: Counter[str] = Counter()
    live: list[int] = []
    start = time.perf_counter()
    plan = ReadingPlan(reader="", workers=2)
    missing = MissingVectors(plan)
    for n, (read, _) in enumerate(read_ahead(archive_posts(), plan, tracker)):
        enriched = missing.fill(read, tracker)
        methods[cost.timed(tracker, enriched)] += 1
        if n % 10_000 == 0:
            tracker.expire(enriched.post.known_at)
            tracker.changed()
            tracker.take_suggestions()
            live.append(sum(1 for _ in tracker.live()))
            pace = f"{n / (time.perf_counter() - start):,.0f}/s"
            print(f"\r{n:,} posts, {pace}, {live[-1]:,} live", end="", file=sys.stderr, flush=True)
    seconds, posts = time.perf_counter() - start, sum(methods.values())
    tenths = _tenths(cost.work)
    return {
        "data": {"file": ARCHIVE.name, "sha256": digest_of(ARCHIVE)},
        "posts": posts,
        "with text": len(cost.work),
        "seconds": round(seconds, 1),
        "posts_per_second": round(posts / seconds),
        "texts_per_second": round(len(cost.work) / seconds),
        "peak_mb": round(memory.close()),
        "methods": dict(methods),
        "assign_ms": _milliseconds(cost.work),
        "assign_wall_ms": _milliseconds(cost.wall),
        "assign_mean_ms_by_tenth": tenths,
        "last_tenth_to_second": round(tenths[-1] / tenths[1], 2),
        "live_threads_by_tenth": [live[len(live) * i // 10] for i in range(10)],
    }


def _milliseconds(times: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(times, n=1000)
    return {
        name: round(1000 * cuts[place - 1], 3)
        for name, place in (("median", 500), ("p90", 900), ("p99", 990), ("p99.9", 999))
    }


def _tenths(times: list[float]) -> list[float]:
    size = len(times) // 10
    return [round(1000 * statistics.mean(times[i * size : (i + 1) * size]), 3) for i in range(10)]


def bench_hostile() -> dict[str, Any]:
    """10,000 texts of one channel within an hour, among ordinary posts of others."""
    posts = _ordinary(6_000)
    quiet = _cost_of_others(posts, [])
    rng = random.Random(7)
    words = [word for post in posts[:2_000] for word in post.text.split()]
    nonsense = [" ".join(rng.choices(words, k=25)) for _ in range(10_000)]
    base = rng.choices(words, k=40)
    edits = [" ".join(_edited(base, rng)) for _ in range(10_000)]
    results = {"others alone, ms a post": round(quiet, 4)}
    for name, texts in (("10,000 random texts", nonsense), ("10,000 random edits", edits)):
        cost = _cost_of_others(posts, texts)
        results[f"others during {name}, ms a post"] = round(cost, 4)
        results[f"slower during {name}"] = round(cost / quiet - 1, 3)
    return results


def _ordinary(count: int) -> list[Enriched]:
    text = TextStage(Vectors(multilingual=False))
    posts = [text.prepare(post, None) for post in islice(archive_posts(), 60_000)]
    telling = [post for post in posts if post.digest is not None][-count:]
    return text.embed(telling, unsure=True)


def _edited(words: list[str], rng: random.Random) -> list[str]:
    edited = list(words)
    for _ in range(rng.randint(1, 12)):
        edited[rng.randrange(len(edited))] = f"w{rng.randrange(10**9)}"
    return edited


def _cost_of_others(posts: list[Enriched], flood: list[str]) -> float:
    """Mean milliseconds of one of the later ``posts``, the flood spread among them."""
    text, tracker = TextStage(Vectors(multilingual=False)), RumourTracker()
    half = len(posts) // 2
    for post in posts[:half]:
        tracker.assign(post)
    at = posts[half - 1].post.known_at
    others, place, spent = posts[half:], 0, 0.0
    attacks = text.embed(
        [
            text.prepare(Post("table", "flood", str(n), at, at, body), None)
            for n, body in enumerate(flood)
        ],
        unsure=True,
    )
    for n, post in enumerate(others):
        until = len(attacks) * (n + 1) // len(others)
        for attack in attacks[place:until]:
            tracker.assign(attack)
        place = until
        before = time.perf_counter()
        tracker.assign(post)
        spent += time.perf_counter() - before
    return 1000 * spent / len(others)


BENCHES: dict[str, Callable[[], dict[str, Any]]] = {
    "streams": bench_streams,
    "archive": bench_archive,
    "hostile": bench_hostile,
}


def main() -> None:
    """Run the named benchmarks, all by default."""
    for name in sys.argv[1:] or list(BENCHES):
        where = machine()
        write_result(f"rumours-{name}", where, BENCHES[name]())


if __name__ == "__main__":
    main()
