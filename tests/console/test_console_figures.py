"""``/metrics`` and ``/readyz``: what they say, to whom, and at what cost."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import orjson
import pytest
from console_support import Stand, User, ways
from console_support_town import FAKE, NOON
from desk_builders import NIGHT
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from sqlalchemy import event, text

from tocsin import logs
from tocsin.console import measured
from tocsin.console.roles import Role
from tocsin.engines import lock as keys
from tocsin.engines.readiness import Ready, readiness
from tocsin.engines.run_times import STALLED, newest_run
from tocsin.errors import StoreUnavailable
from tocsin.settings import Settings
from tocsin.store import schema
from tocsin.store.store import put_meta

pytestmark = pytest.mark.usefixtures("log_restored")
OPEN_METRICS = "application/openmetrics-text; version=1.0.0"
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def scraper(stand: Stand) -> User:
    """Prometheus, with a token for nothing else."""
    return stand.software(Role.VIEWER, ("metrics",), name="prometheus")


def samples(user: User) -> Samples:
    """One scrape, read by the format's own reader, which refuses what is not well formed."""
    answer = user.get("/metrics", accept=OPEN_METRICS)
    assert answer.status == 200, answer.text
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")
    families: Any = text_string_to_metric_families(answer.text)  # type: ignore[no-untyped-call]
    return {
        (one.name, tuple(sorted(one.labels.items()))): one.value
        for family in families
        for one in family.samples
    }


def figure(found: Samples, name: str, **labels: str) -> float:
    return found[name, tuple(sorted(labels.items()))]


# -- who may read them ---------------------------------------------------------------------------


def test_a_token_for_figures_opens_nothing_else(stand: Stand) -> None:
    user = scraper(stand)
    assert user.get("/metrics").status == 200
    for way in ways():
        if way.method == "GET" and way.guards and way.path != "/metrics":
            assert user.get(way.filled({})).status == 403, way.name


def test_nobody_is_told_figures_and_no_page_is_sent_instead(stand: Stand) -> None:
    refused = stand.nobody().get("/metrics")
    assert refused.status == 401
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["www-authenticate"] == "Bearer"
    reader = stand.software(Role.ADMIN, ("read",))
    assert reader.get("/metrics").status == 403


def test_scrapes_do_not_fill_the_audit_log(stand: Stand) -> None:
    user = scraper(stand)
    for _ in range(5):
        user.get("/metrics")
    lines = stand.desk.project.audit_path.read_text().splitlines()
    assert sum('"/metrics"' in line for line in lines) == 1


def test_prometheus_own_form_is_the_one_without_a_wish(stand: Stand) -> None:
    answer = scraper(stand).get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")


# -- what they say -------------------------------------------------------------------------------


def test_figures_are_those_of_the_desk(town: Stand) -> None:
    found = samples(scraper(town))
    with town.desk.store.reading() as connection:
        posts = connection.execute(text("SELECT count(*) FROM posts")).scalar_one()
    assert figure(found, "tocsin_posts") == posts > 0
    assert figure(found, "tocsin_posts_waiting") == 0
    assert figure(found, "tocsin_store_reachable") == 1
    assert figure(found, "tocsin_archive_entries") == int(town.desk.store.meta("indexed_seq"))
    assert figure(found, "tocsin_run_done") == 1
    assert figure(found, "tocsin_run_duration_seconds") >= 0
    ended = figure(found, "tocsin_run_ended_timestamp_seconds")
    begun = figure(found, "tocsin_run_begun_timestamp_seconds")
    run = newest_run(town.desk.store)
    assert run is not None
    assert run.seconds == pytest.approx(ended - begun)
    now = town.signed_in(Role.VIEWER).get("/api/v1/now").json
    levels = [row["level"] for row in now["situations"]]
    for level in ("watch", "alert", "alarm"):
        assert figure(found, "tocsin_warnings_standing", level=level) == levels.count(level)
    assert figure(found, "tocsin_warnings_unanswered") == now["waiting"]["unanswered"]
    assert figure(found, "tocsin_warnings_overdue") == now["waiting"]["overdue"] > 0
    assert figure(found, "tocsin_outbox_messages", state="dead") == now["waiting"]["dead_letters"]
    assert figure(found, "tocsin_posts_unread_24h") == now["coverage"]["unread_24h"]
    assert figure(found, "tocsin_sources_silent") == 0
    assert any(name == "tocsin_build_info" for name, _ in found)


def test_posts_are_counted_on_as_they_come_and_go(town: Stand) -> None:
    user, store = scraper(town), town.desk.store
    before = figure(samples(user), "tocsin_posts")
    more = "INSERT INTO posts SELECT seq + 100000, source, channel, message_id || 'x', version, "
    more += "known_at, posted_at, wording, text, extra FROM posts WHERE seq <= "
    more += "(SELECT min(seq) + 1 FROM posts)"
    with store.writing() as connection:
        connection.execute(text(more))
    after = samples(user)
    added = figure(after, "tocsin_posts") - before
    assert added == figure(after, "tocsin_posts_waiting") > 0
    with store.writing() as connection:
        connection.execute(text("DELETE FROM posts WHERE seq < 100000"))
        connection.execute(schema.erasures.insert().values(seq=7, done=True))
    assert figure(samples(user), "tocsin_posts") == added


def test_a_run_under_way_is_told(town: Stand) -> None:
    store = town.desk.store
    done = samples(scraper(town))
    with store.writing() as connection:
        connection.execute(schema.runs.update().values(done=False, posts_done=1))
    found = samples(scraper(town))
    assert figure(found, "tocsin_run_done") == 0
    assert ("tocsin_run_duration_seconds", ()) not in found
    assert ("tocsin_run_ended_timestamp_seconds", ()) not in found
    waiting = figure(found, "tocsin_posts_waiting")
    assert waiting == figure(done, "tocsin_posts") - 1


def test_a_store_that_does_not_answer_is_a_figure_too(
    town: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = scraper(town)

    def gone(*_: Any) -> Any:
        raise StoreUnavailable("away")

    monkeypatch.setattr(type(town.desk.store), "reading", gone)
    found = samples(user)
    assert figure(found, "tocsin_store_reachable") == 0
    assert ("tocsin_posts", ()) not in found


# -- at what cost --------------------------------------------------------------------------------


@pytest.fixture
def asked(town: Stand) -> Iterator[list[tuple[str, Any]]]:
    """Every question to the store."""
    found = list[tuple[str, Any]]()

    def note(_c: Any, _u: Any, statement: str, values: Any, *_: Any) -> None:
        found.append((statement, values))

    engine = town.desk.store.engine
    event.listen(engine, "before_cursor_execute", note)
    yield found
    event.remove(engine, "before_cursor_execute", note)


def test_a_scrape_goes_over_no_large_table(town: Stand, asked: list[tuple[str, Any]]) -> None:
    """Whatever is asked at each look is answered from an index, or from what is new since."""
    user = scraper(town)
    samples(user)
    large = ("posts", "readings", "sightings", "rumours", "decisions")
    asked.clear()
    samples(user)
    questions = [one for one in asked if one[0].startswith("SELECT")]
    assert len(questions) > 5
    with town.desk.store.engine.connect() as connection:
        for statement, values in questions:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            for row in plan:
                named = row[3].split()
                assert not (named[0] == "SCAN" and named[1] in large), (statement, row[3])


# -- requests ------------------------------------------------------------------------------------


def test_requests_are_told_by_route_and_never_by_what_was_asked(town: Stand) -> None:
    ana, user = town.signed_in(Role.ANALYST, "ana-9931"), scraper(town)
    ana.get(f"/warnings/{FAKE}?word=kestrel")
    ana.get("/api/v1/warnings/kestrel-1?q=kestrel-2")
    ana.get("/kestrel-3/nowhere")
    ana.ask("BREW", "/healthz")
    found = samples(user)
    counted = {
        key[1]: value for key, value in found.items() if key[0] == "tocsin_http_requests_total"
    }

    def requests(route: str, method: str, status: str) -> float:
        return counted.get((("method", method), ("route", route), ("status", status)), 0)

    assert requests("/warnings/{name}", "GET", "200") == 1
    assert requests("/api/v1/warnings/{name}", "GET", "404") == 1
    assert requests("none", "GET", "404") == 1
    assert requests("/healthz", "other", "405") + requests("none", "other", "405") == 1
    whole = user.get("/metrics").text
    assert "kestrel" not in whole
    assert "ana-9931" not in whole
    assert FAKE not in whole
    bucket = [k for k in found if k[0] == "tocsin_http_request_seconds_bucket"]
    assert len(bucket) >= 8


def test_the_tip_form_is_neither_counted_nor_logged(stand: Stand) -> None:
    lines = _log("debug")
    nobody = stand.nobody()
    assert nobody.get("/tip").status == 200
    assert nobody.get("/tip/answer").status == 200
    assert "x-request-id" not in nobody.get("/tip").headers
    assert "/tip" not in scraper(stand).get("/metrics").text
    assert "/tip" not in lines.getvalue()


def _log(level: str) -> io.StringIO:
    stream = io.StringIO()
    logs.configure(Settings({"log.level": level, "log.format": "json"}), stream)
    return stream


def test_a_request_is_one_line_without_who_asked(town: Stand) -> None:
    lines, ana = _log("info"), town.signed_in(Role.ANALYST, "ana-9931")
    answer = ana.get(f"/warnings/{FAKE}?word=kestrel")
    ana.get("/static/desk.css")
    (line,) = [orjson.loads(one) for one in lines.getvalue().splitlines()]
    assert line["event"] == "request answered"
    assert (line["route"], line["method"], line["status"]) == ("/warnings/{name}", "GET", 200)
    assert line["request"] == answer.headers["x-request-id"]
    assert set(line) == {
        *("at", "level", "part", "event", "route", "method"),
        "status",
        "ms",
        "request",
    }
    for word in ("ana-9931", "192.0.2.7", "kestrel", FAKE):
        assert word not in lines.getvalue()


def test_a_crash_carries_the_number_of_its_request(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = _log("info")
    monkeypatch.setattr("tocsin.console.facts.now.situations", lambda *_: 1 / 0)
    assert stand.signed_in(Role.VIEWER).get("/api/v1/now").status == 500
    said = [orjson.loads(one) for one in lines.getvalue().splitlines()]
    crash = next(one for one in said if one["event"] == "crashed")
    assert crash["error"] == "ZeroDivisionError"
    assert crash["request"] == next(one["request"] for one in said if "status" in one)


# -- readiness -----------------------------------------------------------------------------------


def test_a_desk_at_work_is_ready_and_says_so_to_anybody(town: Stand) -> None:
    answer = town.nobody().get("/readyz")
    assert answer.status == 200
    names = ("lock", "store", "archive", "run", "disk")
    assert answer.json == {"ready": True, "checks": dict.fromkeys(names, True)}


def test_a_locked_desk_is_not_ready_and_says_nothing_else(town: Stand) -> None:
    project = town.desk.project
    keys.set_passphrase(project, "five good words of ours")
    keys.lock(project)
    answer = town.nobody().get("/readyz")
    assert answer.status == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["checks"] == {"lock": False}
    assert answer.json["detail"] == "the desk is locked; next: tocsin unlock"


def _break_archive(stand: Stand) -> None:
    shutil.rmtree(stand.desk.project.archive_folder / "ledger")


def _stall(stand: Stand) -> None:
    run = newest_run(stand.desk.store)
    assert run is not None
    long_ago = NOON - STALLED - timedelta(minutes=1)
    with stand.desk.store.writing() as connection:
        connection.execute(schema.runs.update().values(done=False))
        for name in ("run_begun", "run_moved"):
            put_meta(connection, name, f"{run.seq} {long_ago.isoformat()}")


def _break_store(stand: Stand) -> None:
    with stand.desk.store.writing() as connection:
        connection.execute(text("DROP TABLE meta"))


def _fill_disk(stand: Stand) -> None:
    stand.desk.project.settings._values["health.free_mb"] = 10**9


@pytest.mark.parametrize(
    ("harm", "what"),
    [(_break_archive, "archive"), (_stall, "run"), (_break_store, "store"), (_fill_disk, "disk")],
)
def test_what_is_amiss_is_named_with_what_to_do_and_no_secret(
    town: Stand, harm: Any, what: str
) -> None:
    harm(town)
    answer = town.nobody().get("/readyz")
    assert answer.status == 503
    assert answer.headers["retry-after"] == "10"
    assert not answer.json["checks"][what]
    project = town.desk.project
    for secret in (str(project.folder), project.folder.name, project.store_path.name, "sqlite"):
        assert secret not in answer.text
    assert set(answer.json) == {"type", "title", "status", "detail", "checks"}


def test_a_run_that_moves_on_has_not_failed(town: Stand) -> None:
    _stall(town)
    run = newest_run(town.desk.store)
    assert run is not None
    assert run.stalled(NOON)
    assert not run.stalled(NOON - timedelta(minutes=2))
    with town.desk.store.writing() as connection:
        put_meta(connection, "run_moved", f"{run.seq + 1} {NOON.isoformat()}")
    other = newest_run(town.desk.store)
    assert other is not None
    assert other.moved_at is None, "that was of another run"


def test_an_answer_holds_for_seconds_whoever_asks(town: Stand) -> None:
    assert town.nobody().get("/readyz").status == 200
    _break_archive(town)
    assert town.nobody().get("/readyz").status == 200
    town.clock.advance(town.clock.now() + timedelta(seconds=6))
    assert town.nobody().get("/readyz").status == 503


def test_it_is_asked_without_a_store_too(stand: Stand) -> None:
    def away() -> Any:
        raise StoreUnavailable("away")

    found = list(readiness(stand.desk.project, away, NIGHT))
    assert [one.what for one in found if not one.ok] == ["store", "run"]
    assert Ready("lock", True) in found


def test_names_of_routes_have_the_prefix_of_their_part() -> None:
    """As this version of the framework tells them, and as an older one did."""

    class Route:
        path = "/api/v1/x/{name:path}"
        path_format = "/api/v1/x/{name}"

    assert measured.template({"route": Route()}) == "/api/v1/x/{name}"
    newer = {"fastapi": {"effective_route_context": Route()}, "route": object()}
    assert measured.template(newer) == "/api/v1/x/{name}"
    assert measured.template({}) == "none"
