"""How fast the console answers 20 people at once while ``tocsin run`` is writing.

    python benchmarks/console.py DIR [--users 20] [--times 30] [--pause 1] [--in-place] [--calm]

Asks every page, list and search of a project over HTTP on this machine: median and 99th percentile
of each, in milliseconds from sending to the last byte. Every user looks at an answer for a second
on the average before they ask for the next (``--pause``; 0: 20 machines that never rest). Works on
a copy of DIR, for it ingests posts for the run that writes meanwhile. What is aimed at: a median of
300 ms, a 99th percentile of 1 s.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import secrets
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from measuring import machine, write_result

HOST = "127.0.0.1"
MEDIAN_MS, P99_MS = 300.0, 1_000.0
LEFT_OUT = ("/stream", "/healthz", "/readyz", "/openapi.json", "/sign-in", "/tip", "/tip/answer")
SEARCHES = ("рынок", "аэ", "аэропорт завтра", "market", "会")
"""Words of one script and another, long and of two signs."""
TEXTS = (
    "Мост через реку закрыли на ремонт до осени, автобусы пойдут в объезд",
    "Выставка картин открылась в музее, вход свободный по воскресеньям",
    "Команда выиграла матч по хоккею, следующая игра в субботу",
)
AT_ONCE = 2_000
"""Posts that are ingested for one run."""


# -- the server, in a process of its own ---------------------------------------------------------


def serve(folder: Path, port: int, users: int) -> None:
    """Serve until ended; prints one cookie for each user first."""
    from tocsin.cli.serve import run_server
    from tocsin.console.accounts import Account, hashed, with_account
    from tocsin.console.desk import ConsoleDesk, Limits
    from tocsin.console.roles import Role
    from tocsin.console.throttle import Allowance, Throttle
    from tocsin.engines.project import Project

    many = Throttle(Allowance(10_000_000, timedelta(seconds=1)))
    desk = ConsoleDesk(Project.open(folder), limits=Limits(many, many, many))
    now = desk.clock.now()
    password = hashed(secrets.token_urlsafe(24))  # which nobody is told: cookies are handed out
    for number in range(users):
        made = Account(f"bench {number}", Role.ADMIN, password, now)
        desk.accounts.change(partial(with_account, account=made))
    cookies = [desk.sessions.begin(f"bench {number}", now) for number in range(users)]
    print(json.dumps(cookies), flush=True)
    run_server(desk, (HOST, port))


@contextmanager
def served(folder: Path, users: int) -> Iterator[tuple[str, list[str]]]:
    """The server's address and a cookie for each user."""
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    command = [sys.executable, __file__, str(folder), "--users", str(users), "--serve", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            cookies = json.loads(server.stdout.readline())
            url = f"http://{HOST}:{port}"
            _wait_for(url)
            yield url, cookies
        finally:
            server.terminate()


def _wait_for(url: str) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            if httpx.get(f"{url}/healthz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    sys.exit("the server did not come up")


# -- what is asked -------------------------------------------------------------------------------


def addresses(url: str, cookie: str) -> list[str]:
    """Every page and list there is, one thing of each list, and searches."""
    with httpx.Client(base_url=url, cookies={"tocsin_session": cookie}, timeout=120) as client:
        shapes = sorted(_shapes(client))
        plain = [shape for shape in shapes if "{" not in shape]
        found = [path for path in plain if not path.endswith(LEFT_OUT)]
        found += [path for shape in shapes if "{" in shape and (path := _one(client, shape))]
        found += [
            f"{path}?q={word}" for path in plain if path.endswith("search") for word in SEARCHES
        ]
        return [path for path in found if client.get(path).status_code == 200]


def _shapes(client: httpx.Client) -> set[str]:
    described = client.get("/api/v1/openapi.json").json()["paths"]
    api = {path for path, methods in described.items() if "get" in methods}
    from tocsin.console import pages
    from tocsin.console.app import _routers

    routes = [route for router in _routers(pages) for route in router.routes]
    return api | {route.path for route in routes if "GET" in getattr(route, "methods", ())}


def _one(client: httpx.Client, shape: str) -> str | None:
    """The address of the first thing of a list that is shown there, where one value is all that is
    needed: the largest rumours, for one, are not drawn.
    """
    before, _, rest = shape.partition("/{")
    after = rest.partition("}")[2]
    lists = before if before.startswith("/api/") else f"/api/v1{before}"
    if "{" in after or before in ("/static", "/welcome"):
        return None
    answer = client.get(lists, params={"limit": 100})
    items = answer.json().get("items", []) if answer.status_code == 200 else []
    names = (item.get("id") or item.get("channel") or item.get("warning") for item in items)
    paths = (f"{before}/{name}{after}" for name in names if name)
    return next((path for path in paths if client.get(path).status_code == 200), None)


# -- who asks ------------------------------------------------------------------------------------


async def load(
    url: str, cookies: list[str], paths: list[str], asked: argparse.Namespace
) -> dict[str, list[float]]:
    """Every user asks for every path so many times, each in an order of their own, with pauses of
    random length.
    """
    took: dict[str, list[float]] = defaultdict(list)

    async def one(number: int, cookie: str) -> None:
        order = random.Random(number)
        async with httpx.AsyncClient(
            base_url=url, cookies={"tocsin_session": cookie}, timeout=120
        ) as client:
            for _ in range(asked.times):
                for path in order.sample(paths, len(paths)):
                    await asyncio.sleep(order.expovariate(1 / asked.pause) if asked.pause else 0)
                    began = time.perf_counter()
                    answer = await client.get(path)
                    took[path].append(1_000 * (time.perf_counter() - began))
                    if answer.status_code != 200:
                        took[f"{path} answered {answer.status_code}"].append(0.0)

    await asyncio.gather(*(one(number, cookie) for number, cookie in enumerate(cookies)))
    return took


@contextmanager
def writing(folder: Path) -> Iterator[dict[str, int]]:
    """``tocsin run`` goes on over posts that are ingested for it, until told to stop."""
    import threading

    done, over = {"runs": 0, "posts": 0}, threading.Event()

    def go() -> None:
        while not over.is_set():
            path = folder.parent / "more.jsonl"
            path.write_text("".join(_lines(done["posts"])), encoding="utf-8")
            for words in (["ingest", str(path)], ["run", "--workers", "1"]):
                subprocess.run(
                    [sys.executable, "-m", "tocsin", *words, "--project", str(folder)],
                    check=False,
                    capture_output=True,
                )
            done["runs"] += 1
            done["posts"] += AT_ONCE

    thread = threading.Thread(target=go)
    thread.start()
    try:
        yield done
    finally:
        over.set()
        thread.join()


def _lines(after: int) -> Iterator[str]:
    began = datetime.now(UTC) - timedelta(hours=1)
    for number in range(after, after + AT_ONCE):
        post = {
            "id": str(number),
            "channel": f"bench_{number % 7}",
            "posted_at": (began + timedelta(milliseconds=number)).isoformat(),
            "text": f"{TEXTS[number % len(TEXTS)]} ({number})",
        }
        yield json.dumps(post, ensure_ascii=False) + "\n"


# -- what came of it -----------------------------------------------------------------------------


def summary(took: dict[str, list[float]]) -> dict[str, Any]:
    """Median and 99th percentile of each path, and which miss what is aimed at."""
    rows = {}
    for path, times in sorted(took.items()):
        cuts = statistics.quantiles(times, n=100, method="inclusive") if len(times) > 1 else times
        rows[path] = {
            "requests": len(times),
            "median_ms": round(statistics.median(times), 1),
            "p99_ms": round(cuts[-1], 1),
        }
    slow = [
        path for path, row in rows.items() if row["median_ms"] > MEDIAN_MS or row["p99_ms"] > P99_MS
    ]
    failed = [path for path in rows if " answered " in path]
    every = [time for path, times in took.items() if " answered " not in path for time in times]
    whole = statistics.quantiles(every, n=100, method="inclusive")
    return {
        "all": {"median_ms": round(whole[49], 1), "p99_ms": round(whole[98], 1)},
        "missed": [path for path in slow if path not in failed],
        "failed": failed,
        "paths": rows,
    }


def posts_in(folder: Path) -> int:
    """Versions of posts in the store."""
    from sqlalchemy import func, select

    from tocsin.engines.project import Project
    from tocsin.store import schema

    with Project.open(folder).reading() as store, store.reading() as connection:
        return int(connection.execute(select(func.count(schema.posts.c.seq))).scalar_one())


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--times", type=int, default=30)
    parser.add_argument("--pause", type=float, default=1.0, help="seconds between two requests")
    parser.add_argument("--in-place", action="store_true", help="no copy: DIR is one already")
    parser.add_argument("--calm", action="store_true", help="nothing writes meanwhile")
    parser.add_argument("--name", default="console", help="of the file of results")
    parser.add_argument("--serve", type=int, default=0, help=argparse.SUPPRESS)
    return parser.parse_args()


def measure(folder: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """One run over a project that may be changed."""
    from contextlib import nullcontext

    posts = posts_in(folder)
    with served(folder, asked.users) as (url, cookies):
        paths = addresses(url, cookies[0])
        with nullcontext({}) if asked.calm else writing(folder) as written:
            began = time.perf_counter()
            took = asyncio.run(load(url, cookies, paths, asked))
            seconds = time.perf_counter() - began
    asking = {"users": asked.users, "times": asked.times, "pause_s": asked.pause}
    asking["seconds"] = round(seconds, 1)
    count = sum(map(len, took.values()))
    whole = {"posts": posts, **asking, "requests_s": round(count / seconds, 1)}
    return {**whole, "written_meanwhile": dict(written), **summary(took)}


def main() -> None:
    asked = parsed()
    if asked.serve:
        serve(asked.folder, asked.serve, asked.users)
        return
    where = machine()
    if asked.in_place:
        write_result(asked.name, where, measure(asked.folder, asked))
        return
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as temporary:
        folder = Path(temporary) / "desk"
        shutil.copytree(asked.folder, folder)
        write_result(asked.name, where, measure(folder, asked))


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUTF8", "1")
    main()
