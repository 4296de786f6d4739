"""Recall and lead where the truth is known: openly synthetic episodes put into real posts.

    python benchmarks/inject.py [--half dev|test] [--languages ru,en,de,ar] [--episodes 300]
                                [--decoys 300] [--seed 1] [--no-background] [--keep DIR]
                                [--learn-from DIR]

English goes into telegram-2017-2023 (November 2022 to October 2023), Russian into
ru-news-2023-2024; German and Arabic stand alone ("no background"). Default settings, the same
command as a person would type. Writes benchmarks/results/injection-HALF.json; nothing it prints is
text of a post.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from math import exp, log
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from injection.episodes import Episode, Maker, Town
from injection.marks import Mark, mark_streams, outcomes, reliability
from injection.wordings import FOLDER, LANGUAGES, Wordings
from measuring import ARCHIVE, BACKGROUND, digest_of, machine, write_result

SPANS = {
    "en": (datetime(2022, 11, 2, tzinfo=UTC), datetime(2023, 10, 25, tzinfo=UTC)),
    "ru": (datetime(2023, 12, 10, tzinfo=UTC), datetime(2024, 12, 1, tzinfo=UTC)),
    "de": (datetime(2023, 1, 2, tzinfo=UTC), datetime(2023, 12, 20, tzinfo=UTC)),
    "ar": (datetime(2023, 1, 2, tzinfo=UTC), datetime(2023, 12, 20, tzinfo=UTC)),
}
BEHIND = {"en": ARCHIVE, "ru": BACKGROUND}
MAP = ("--map", "id=msg_id", "--map", "posted_at=date")


def towns(words: Wordings) -> list[Town]:
    """The writer's towns with their positions: the largest place of that name."""
    from tocsin.reading.gazetteer import Gazetteer

    gazetteer = Gazetteer.load()
    found = []
    for row in words.list("places"):
        places = gazetteer.candidates(row["name"])
        if not places:
            print(f"{words.language}: a town of the list is not in the gazetteer; left out")
            continue
        place = max(places, key=lambda one: (one.name == row["name"], one.population))
        found.append(
            Town(row["name"], place.latitude, place.longitude, place.time_zone, row["forms"])
        )
    return found


OPENED = "2019-01-01"
"""Long before any episode."""


def write_posts(streams: Iterable[Episode], path: Path) -> int:
    """All posts, in the columns of the real files; how many."""
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for stream in streams:
            for post in stream.posts:
                row = {**post, "msg_id": post["id"], "date": post["posted_at"]}
                del row["id"], row["posted_at"]
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
                count += 1
    return count


def write_channels(streams: Iterable[Episode], path: Path) -> None:
    """Channels of age, half of them known with their home town, as a desk knows those it follows.

    Without an age all of them would be newcomers between real posts, for none is seen before its
    episode; fresh channels that fake something are tests/backtest/test_backtest_adversary.py.
    """
    with path.open("w", encoding="utf-8") as file:
        for number, stream in enumerate(streams):
            for channel in sorted({post["channel"] for post in stream.posts}):
                row = {"channel": channel, "created_at": OPENED}
                if number % 2:
                    row["home_place"] = stream.town.name
                file.write(json.dumps(row, ensure_ascii=False) + "\n")


def cut_background(language: str, span: tuple[datetime, datetime], path: Path) -> int:
    """The real posts of the span; how many."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    table = pq.read_table(BEHIND[language])
    at = table["date"]
    start, end = (pa.scalar(moment.replace(tzinfo=None)).cast(at.type) for moment in span)
    table = table.filter(pc.and_(pc.greater_equal(at, start), pc.less(at, end)))
    pq.write_table(table, path)
    return int(table.num_rows)


def replayed(files: Sequence[Path], channels: Path, out: Path) -> list[dict[str, Any]]:
    """Warning lines of ``tocsin replay``."""
    command = [sys.executable, "-m", "tocsin", "replay", *map(str, files), *MAP]
    subprocess.run(
        [*command, "--channels", str(channels), "--out", str(out)],
        check=True,
        stderr=subprocess.DEVNULL,
    )
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


def measure(language: str, told: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """One language: streams made, replayed, marked."""
    words = Wordings.load(language, told.half)
    span = SPANS[language]
    maker = Maker(words, towns(words), span, told.seed)
    streams = list(maker.make(told.episodes, told.decoys))
    posts, channels = folder / f"{language}.jsonl", folder / f"{language}-channels.jsonl"
    made = write_posts(streams, posts)
    write_channels(streams, channels)
    files, behind = [posts], 0
    if language in BEHIND and told.background:
        cut = folder / f"{language}-background.parquet"
        behind = cut_background(language, (span[0], span[1] + timedelta(days=6)), cut)
        files.append(cut)
    write_events(streams, folder / f"{language}-events.csv")
    lines = replayed(files, channels, folder / f"{language}-warnings.jsonl")
    marks = mark_streams(streams, lines)
    pairs = outcomes(streams, lines)
    learnt = {} if told.learn_from is None else after_learning(language, told, pairs)
    return {
        "posts made": made,
        "background posts": behind or "no background",
        **summary(marks, lines, span),
        "reliability": reliability(pairs),
        **learnt,
    }


def write_events(streams: Iterable[Episode], path: Path) -> None:
    """Every called hour as an event, for ``tocsin backtest`` and its baselines."""
    with path.open("w", encoding="utf-8") as file:
        file.write("id,event_time,known_at,latitude,longitude,kind,place\n")
        for stream in streams:
            if stream.event_at is not None:
                at, town = stream.event_at, stream.town
                known = at + timedelta(days=14)
                file.write(
                    f"{stream.id},{at.isoformat()},{known.isoformat()},{town.latitude},"
                    f"{town.longitude},Mob violence,{town.name}\n"
                )


def after_learning(
    language: str, told: argparse.Namespace, pairs: Sequence[tuple[float, bool]]
) -> dict[str, Any]:
    """Reliability once the outcomes of the other half have taught their correction.

    The other half's streams are made again from its seed; its warnings lie in ``--learn-from``.
    """
    from tocsin.risk import KnownOutcome, calibrate

    other = "dev" if told.half == "test" else "test"
    words = Wordings.load(language, other)
    maker = Maker(words, towns(words), SPANS[language], told.learn_seed)
    streams = list(maker.make(told.episodes, told.decoys))
    path = told.learn_from / f"{language}-warnings.jsonl"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    known = [KnownOutcome(language, p, came) for p, came in outcomes(streams, lines)]
    one = calibrate(known).of(language)
    corrected = [(_corrected(p, one.intercept, one.slope), came) for p, came in pairs]
    return {"reliability after learning from the other half": reliability(corrected)}


def _corrected(p: float, intercept: float, slope: float) -> float:
    score = intercept + slope * log(max(p, 1e-9) / max(1 - p, 1e-9))
    return 1 / (1 + exp(-score))


def summary(
    marks: Sequence[Mark], lines: Sequence[dict[str, Any]], span: tuple[datetime, datetime]
) -> dict[str, Any]:
    """The figures of one language."""
    episodes = [mark for mark in marks if mark.kind == "episode"]
    decoys = [mark for mark in marks if mark.kind != "episode"]
    leads = sorted(mark.lead_h for mark in episodes if mark.lead_h is not None)
    by_kind = Counter(mark.kind for mark in decoys if mark.alerted)
    tops: dict[str, str] = {}
    rank = ("watch", "alert", "alarm")
    for line in lines:
        tops[line["id"]] = max(tops.get(line["id"], "watch"), line["level"], key=rank.index)
    weeks = (span[1] - span[0]) / timedelta(weeks=1)
    return {
        "episodes": len(episodes),
        "recall, half of the time left": _share(mark.in_time for mark in episodes),
        "recall, before the hour": _share(mark.lead_h is not None for mark in episodes),
        "recall, any warning": _share(mark.warned for mark in episodes),
        "median lead in hours": leads[len(leads) // 2] if leads else None,
        "decoys": len(decoys),
        "decoys that raised an alert": _share(mark.alerted for mark in decoys),
        "of them by kind": dict(sorted(by_kind.items())),
        "warnings by highest level": dict(Counter(tops.values())),
        "alerts a week": round(sum(top != "watch" for top in tops.values()) / weeks, 2),
    }


def _share(values: Iterable[bool]) -> float:
    told = list(values)
    return round(sum(told) / len(told), 3) if told else 0.0


def main() -> None:
    """Measure and write the result."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--half", default="dev", choices=("dev", "test"))
    parser.add_argument("--languages", default=",".join(LANGUAGES))
    parser.add_argument("--episodes", type=int, default=300)
    parser.add_argument("--decoys", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-background", dest="background", action="store_false")
    parser.add_argument("--keep", type=Path, help="a folder for what is made and warned")
    parser.add_argument("--record", action="store_true", help="write benchmarks/results/")
    parser.add_argument("--learn-from", type=Path, help="folder kept of the other half")
    parser.add_argument("--learn-seed", type=int, default=1, help="its seed")
    told = parser.parse_args()
    where = machine()
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="tocsin-inject-") as temporary:
        folder = told.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for language in told.languages.split(","):
            results[language] = measure(language, told, folder)
            print(language, json.dumps(results[language], ensure_ascii=False), flush=True)
    if told.record:
        wordings = {one: digest_of(FOLDER / f"{one}.yaml") for one in results}
        command = "python benchmarks/inject.py " + " ".join(sys.argv[1:])
        body = {"command": command, "seed": told.seed, "wordings sha256": wordings, **results}
        write_result(f"injection-{told.half}", where, body)


if __name__ == "__main__":
    main()
