"""Outcomes that people recorded, what they teach, how much a desk has had to bear, the calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from cli_support import call
from sqlalchemy import insert

from tocsin.engines.known import (
    calibration_from,
    calibration_text,
    outcomes,
    read_calendar,
    similar,
    sources,
    uncorrected,
)
from tocsin.engines.load import proposed, weekly_load
from tocsin.errors import RecordRefused, UsageError
from tocsin.risk import KnownOutcome, calibrate
from tocsin.settings import Settings
from tocsin.store import Store, schema
from tocsin.wire import moment

SHARES = [["call", 1.8], ["hostile_act", 2.0]]


def line(name: str, day: int, level: str = "watch", **more: object) -> dict[str, object]:
    at = (datetime(2024, 1, 1, 6, tzinfo=UTC) + timedelta(days=day)).isoformat()
    return {
        "id": name,
        "action": "issue",
        "issued_at": at,
        "level": level,
        "probability": 0.02,
        "base_rate": 0.002,
        "zone": "Europe/Moscow",
        "shares": [],
        "place_id": "town:1",
        "target": "Group A",
        **more,
    }


def put(store: Store, *lines: dict[str, object]) -> None:
    with store.writing() as connection:
        for seq, row in enumerate(lines, 1):
            connection.execute(
                insert(schema.warnings).values(
                    seq=seq,
                    id=row["id"],
                    action=row["action"],
                    issued_at=moment(str(row["issued_at"])),
                    level=row["level"],
                    place_id=row["place_id"],
                    target=row["target"],
                    body=orjson.dumps(row).decode(),
                )
            )


def decide(store: Store, *values: tuple[str, str], kind: str = "warning_outcome") -> None:
    with store.writing() as connection:
        for seq, (subject, value) in enumerate(values, 1):
            connection.execute(
                insert(schema.decisions).values(
                    seq=seq,
                    kind=kind,
                    subject=subject,
                    value=value,
                    by="ana",
                    at=moment("2024-06-01"),
                    reason="",
                )
            )


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.at(tmp_path / "store.db")


def test_outcomes_are_the_last_recorded_and_censored_ones_are_left_out(store: Store) -> None:
    put(store, line("a", 0, shares=SHARES), line("b", 1), line("c", 2), line("d", 3))
    decide(store, ("a", "did_not"), ("b", "prevented?"), ("c", "unknown"), ("a", "occurred"))
    (one,) = outcomes(store)
    assert (one.region, one.occurred) == ("Europe/Moscow", True)
    assert one.told == pytest.approx(uncorrected(line("a", 0, shares=SHARES)))
    assert one.told == pytest.approx(0.082, abs=0.001)


def test_a_line_of_an_older_version_counts_as_told() -> None:
    old = line("a", 0, probability=0.3)
    del old["shares"]
    assert uncorrected(old) == 0.3


def test_similar_are_of_the_same_region_and_level(store: Store) -> None:
    put(
        store,
        line("a", 0, "alert"),
        line("b", 1, "alert"),
        line("c", 2, "watch"),
        line("d", 3, "alert", zone="Europe/London"),
        line("e", 4, "alert"),
    )
    decide(store, ("a", "occurred"), ("b", "did_not"), ("c", "occurred"), ("d", "occurred"))
    assert similar(store, line("e", 4, "alert")) == (1, 2)
    assert similar(store, line("a", 0, "alert")) == (0, 1)


def test_a_calibration_is_kept_and_counts_from_its_place_in_the_ledger(store: Store) -> None:
    known = calibrate([KnownOutcome("Europe/Moscow", 0.3, n % 3 == 0) for n in range(40)])
    assert calibration_from(calibration_text(known)) == known
    decide(store, ("project", calibration_text(known)), kind="calibration")
    assert sources(Settings(), store, 2).calibration == known
    assert sources(Settings(), store, 1).calibration is None
    assert sources(Settings()).calibration is None


# -- load --------------------------------------------------------------------------------------


def posts_over(store: Store, days: int) -> None:
    with store.writing() as connection:
        for seq, day in enumerate((0, days), 1):
            at = moment(str(line("x", day)["issued_at"]))
            connection.execute(
                insert(schema.posts).values(
                    seq=seq,
                    source="t",
                    channel="c",
                    message_id=str(seq),
                    version=1,
                    known_at=at,
                    posted_at=at,
                    wording=b"",
                    text="",
                    extra="{}",
                )
            )


def test_a_threshold_is_proposed_where_quiet_weeks_are_too_full(store: Store) -> None:
    posts_over(store, 41)
    put(store, *(line(f"w{n}", n, probability=0.01 + n / 1000) for n in range(42)))
    load = weekly_load(store)
    assert (load.weeks, len(load.watches), load.alerts) == (6, 42, 0)
    threshold = proposed(load, allowed=5)
    assert threshold is not None
    kept = [p for p in load.watches if p >= threshold]
    assert len(kept) <= 30 < len(kept) + 2
    assert proposed(load, allowed=7) is None


def test_alerts_are_never_kept_back_and_busy_weeks_do_not_count(store: Store) -> None:
    posts_over(store, 41)
    rows = [line(f"w{n}", n, "alert" if n % 2 else "watch") for n in range(42)]
    put(store, *rows)
    decide(store, ("w3", "occurred"))
    load = weekly_load(store)
    assert load.busy == 1
    assert load.weeks == 5
    assert load.alerts == sum(n % 2 for n in range(7, 42))
    assert proposed(load, allowed=0) == pytest.approx(0.021)


def test_too_few_weeks_propose_nothing(store: Store) -> None:
    posts_over(store, 7)
    put(store, *(line(f"w{n}", n) for n in range(7)))
    load = weekly_load(store)
    assert proposed(load, allowed=0) is None
    assert "too few" in " ".join(load.sentences(0, None))


# -- calendar ----------------------------------------------------------------------------------


def test_a_calendar_is_read(tmp_path: Path) -> None:
    path = tmp_path / "days.csv"
    path.write_text(
        "date,what,group,latitude,longitude,within_km,yearly\n"
        "2024-05-02,a verdict is expected,Group A,43.0,47.5,80,\n"
        "2000-07-11,an anniversary,,,,,yes\n"
    )
    verdict, yearly = read_calendar(path)
    assert (verdict.day, verdict.group, verdict.within_km) == (date(2024, 5, 2), "Group A", 80)
    assert yearly.yearly
    assert yearly.latitude is None
    assert sources(Settings({"risk.calendar": [str(path)]})).calendar == (verdict, yearly)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("day,what\n", "unknown or missing"),
        ("date,what,who\n2024-01-01,x,y\n", "who"),
        ("date,what\n31.12.2024,x\n", "line 2"),
        ("date,what\n2024-01-01,\n", "line 2"),
        ("date,what,latitude\n2024-01-01,x,43\n", "go together"),
    ],
)
def test_a_wrong_calendar_is_refused_by_line(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "days.csv"
    path.write_text(content)
    with pytest.raises(RecordRefused, match=says):
        list(read_calendar(path))


def test_a_calendar_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="calendar"):
        list(read_calendar(tmp_path / "none.csv"))


# -- commands ----------------------------------------------------------------------------------


def test_commands_say_what_there_is(tmp_path: Path) -> None:
    desk = tmp_path / "desk"
    assert call("init", desk, "--key-file", tmp_path / "desk.key").code == 0
    assert "no outcomes" in call("calibrate", "--project", desk, "--as", "ana").out
    assert "too few quiet weeks" in call("warnings", "budget", "--project", desk).out
