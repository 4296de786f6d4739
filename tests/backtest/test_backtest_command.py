"""``tocsin backtest`` end to end, on restrained posts written for this test."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import orjson
import pytest
from cli_support import Outcome, call

from tocsin.backtest.report import render

Write = Callable[..., Path]
START = datetime(2024, 10, 7, 6, tzinfo=UTC)
HEADER = "id,event_time,known_at,latitude,longitude,kind,place"
RYBINSK, KINESHMA, KLIN = "58.0446,38.8426", "57.4425,42.1689", "56.3333,36.7333"
EVENTS = "\n".join(
    [
        HEADER,
        f"e0,2024-08-01T15:00:00Z,2024-08-20,{KLIN},mob violence,Klin",
        f"e1,2024-10-10T15:10:00Z,2024-11-01,{RYBINSK},mob violence,Rybinsk",
        f"e2,2024-10-16T17:00:00Z,2024-11-01,{KINESHMA},mob violence,Kineshma",
        f"e3,2024-10-12T10:00:00Z,2024-11-01,{RYBINSK},peaceful protest,Rybinsk",
    ]
)
ORDINARY = (
    "Рыбинск: завтра до обеда не будет горячей воды на трёх улицах.",
    "В Твери открыли новую спортивную школу, записывают с шести лет.",
    "Кинешма: автобус до вокзала пойдёт по новому расписанию.",
    "В Ярославле выставка садовых цветов продлится до воскресенья.",
    "Прогноз на завтра: облачно, днём около восьми градусов.",
    "Клин: библиотека приглашает детей на чтения в субботу.",
    "В Костроме ремонтируют мост, движение по одной полосе.",
)


def posts() -> list[dict[str, Any]]:
    """56 ordinary posts in eight days, and two calls; one comes to something in Rybinsk."""
    found = [
        {
            "id": str(number),
            "channel": f"town_news_{number % 3}",
            "posted_at": (START + timedelta(hours=3.5 * number)).isoformat(),
            "text": f"{ORDINARY[number % len(ORDINARY)]} Новость {number}.",
        }
        for number in range(56)
    ]
    for number, (channel, when, text) in enumerate(
        (
            (
                "town_chat",
                "2024-10-10T08:20:00Z",
                "Рыбинск, сегодня в 18:00 все к рынку, выгоним мигрантов из города",
            ),
            (
                "town_chat",
                "2024-10-10T09:05:00Z",
                "Рыбинск, к рынку в 18:00, берите друзей. Мигрантам здесь не место, выгоним.",
            ),
        )
    ):
        found.append({"id": f"c{number}", "channel": channel, "posted_at": when, "text": text})
    return found


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Outcome, Path]:
    """One back-test, and the folder of its report."""
    folder = tmp_path_factory.mktemp("backtest")
    (folder / "posts.jsonl").write_bytes(b"\n".join(orjson.dumps(post) for post in posts()))
    (folder / "events.csv").write_text(EVENTS)
    return _backtest(folder, "report"), folder


def _backtest(folder: Path, report: str, *more: Any) -> Outcome:
    return call(
        "backtest", folder / "posts.jsonl", "--events", folder / "events.csv",
        "--report", folder / report, "--workers", 0, "--to", "2024-10-17T06:00:00Z", *more,
    )  # fmt: skip


def test_it_says_what_was_seen_coming(ran: tuple[Outcome, Path]) -> None:
    outcome, folder = ran
    assert outcome.code == 0, outcome
    assert "It raised 1 alert, 0.70 a week" in outcome.out
    assert "1 of 2 events had an alert before them (50 %" in outcome.out
    report = orjson.loads((folder / "report" / "report.json").read_bytes())
    assert report["posts"] == 58
    digest = hashlib.sha256((folder / "events.csv").read_bytes()).hexdigest()
    assert report["inputs"][1] == {"name": "events.csv", "sha256": digest}
    events = report["events"]
    assert (events["scored"], events["others"], events["earlier"]) == (2, 1, 1)
    assert [one["verdict"] for one in report["alerts"]] == ["hit"]
    assert report["alerts"][0]["event"] == "e1"
    ours = report["methods"][0]
    assert ours["lead_hours"]["median"] == pytest.approx(6 + 50 / 60)
    assert ours["time_left"]["median"] == 1  # the alert came in the minute of the call
    assert [one["event"] for one in report["missed"]] == ["e2"]
    assert [method["name"] for method in report["methods"]] == [
        "tocsin",
        "history rate",
        "persistence",
        "EMA × share",
        "keyword count",
        "mention burst",
    ]
    assert report["forecasts"]["calibrated"] == 0
    assert "expert priors" in outcome.out


def test_two_runs_give_the_same_bytes(ran: tuple[Outcome, Path]) -> None:
    _, folder = ran
    assert _backtest(folder, "again", "--json").code == 0
    for name in ("index.html", "report.json"):
        assert (folder / "report" / name).read_bytes() == (folder / "again" / name).read_bytes()


def test_json_is_the_report_on_one_line(ran: tuple[Outcome, Path]) -> None:
    _, folder = ran
    outcome = _backtest(folder, "json", "--json")
    written = orjson.loads((folder / "json" / "report.json").read_bytes())
    assert orjson.loads(outcome.out) == written


def test_a_persons_verdicts_are_taken(ran: tuple[Outcome, Path]) -> None:
    _, folder = ran
    report = orjson.loads((folder / "report" / "report.json").read_bytes())
    (folder / "outcomes.csv").write_text(
        f"warning,outcome\n{report['alerts'][0]['warning']},spurious\n"
    )
    late = ("--from", "2024-10-08T00:00:00Z", "--outcomes", folder / "outcomes.csv", "--km", 1)
    assert _backtest(folder, "said", *late).code == 0
    said = orjson.loads((folder / "said" / "report.json").read_bytes())
    assert said["alerts"][0]["verdict"] in {"hit", "spurious"}
    assert (said["alerts"][0]["event"] is None) == (said["alerts"][0]["verdict"] == "spurious")


class _Page(HTMLParser):
    """Checks that every element is closed, and remembers ids and links."""

    VOID = frozenset({"meta", "link", "br", "hr", "img"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)
        named = dict(attrs)
        self.ids += [value for value in [named.get("id")] if value]
        links = (named.get(key) for key in ("href", "src", "xlink:href"))
        self.links += [value for value in links if value]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_stands_alone_and_is_well_formed(ran: tuple[Outcome, Path]) -> None:
    text = (ran[1] / "report" / "index.html").read_text(encoding="utf-8")
    page = _Page()
    page.feed(text)
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    assert all(link.startswith("#") for link in page.links)
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)
    drawn = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    assert len(drawn) == 5
    for svg in drawn:
        root = ElementTree.fromstring(svg)
        assert len(root.findall(".//{http://www.w3.org/2000/svg}path")) > 5
    for word in ("Рыбинск, сегодня", "выгоним", "<script"):
        assert word not in text


def test_names_are_escaped(ran: tuple[Outcome, Path]) -> None:
    report = orjson.loads((ran[1] / "report" / "report.json").read_bytes())
    report["alerts"][0]["place"] = "<b>Aford</b>"
    assert "&lt;b&gt;Aford" in render(report)


def test_a_report_of_nothing_warned_is_drawn_as_well(write_posts: Write, tmp_path: Path) -> None:
    quiet = write_posts([post for post in posts() if post["channel"] != "town_chat"], "posts.jsonl")
    (tmp_path / "events.csv").write_text(EVENTS)
    outcome = _backtest(quiet.parent, "report")
    assert outcome.code == 0, outcome
    assert "It raised no alert" in outcome.out
    assert "No baseline saw an event coming" in outcome.out
    assert "No probability could be checked" in outcome.out


@pytest.mark.parametrize(
    ("events", "more", "said"),
    [
        (HEADER + f"\nx,2020-01-01,,{KLIN},mob violence,Klin\n", (), "none of the 1 events"),
        (HEADER + "\n", (), "no mob violence in the event file"),
        ("what,ever\n1,2\n", (), "events.csv: the whole file"),
        ("", (), "the file is empty"),
        (EVENTS, ("--from", "2025-01-01"), "before --from"),
        (EVENTS, ("--from", "2024-10-18", "--to", "2024-10-16"), "--from is not before --to"),
        (EVENTS, ("--load", "inf"), "--load inf: not a plain number"),
        (EVENTS, ("--from", "soon"), "--from soon: not a time"),
        (EVENTS, ("--outcomes", "OUTCOMES"), "outcome 'maybe' is not known"),
        (EVENTS, ("--outcomes", "EVENTS"), "no columns warning and outcome"),
    ],
)
def test_bad_input_ends_in_one_line(
    write_posts: Write, tmp_path: Path, events: str, more: tuple[str, ...], said: str
) -> None:
    path = write_posts(posts()[:6])
    (tmp_path / "events.csv").write_text(events)
    (tmp_path / "outcomes.csv").write_text("warning,outcome\nabc,maybe\n")
    named = {"OUTCOMES": tmp_path / "outcomes.csv", "EVENTS": tmp_path / "events.csv"}
    outcome = call(
        "backtest", path, "--events", tmp_path / "events.csv", "--report", tmp_path / "r",
        "--workers", 0, *[named.get(part, part) for part in more],
    )  # fmt: skip
    assert outcome.code == 2, outcome
    assert said in outcome.err
    assert "Traceback" not in outcome.err
    assert not (tmp_path / "r" / "index.html").exists()


def test_no_posts_are_said(tmp_path: Path) -> None:
    (tmp_path / "posts.jsonl").write_text("")
    (tmp_path / "events.csv").write_text(EVENTS)
    outcome = _backtest(tmp_path, "r")
    assert outcome.code in {2, 3}
    assert "posts" in outcome.err


def test_a_wrong_row_is_refused_and_the_rest_is_scored(write_posts: Write, tmp_path: Path) -> None:
    write_posts(posts())
    (tmp_path / "events.csv").write_text(EVENTS + "\nbad,yesterday,,1,2,mob violence,X\n")
    outcome = _backtest(tmp_path, "r")
    assert outcome.code == 2
    assert "line 6" in outcome.err
    assert (tmp_path / "r" / "index.html").exists()


def test_baselines_can_be_set_to_a_load(ran: tuple[Outcome, Path]) -> None:
    _, folder = ran
    assert _backtest(folder, "load", "--load", 3).code == 0
    report = orjson.loads((folder / "load" / "report.json").read_bytes())
    ours, *others = report["methods"]
    raised = {method["name"]: method["alerts"] for method in others}
    assert ours["alerts"] == 1
    assert raised["mention burst"] > 1
    assert max(raised.values()) <= 6
