"""A real server and a real browser, on this machine alone."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from console_support import PASSWORD, Stand, stand_on, ways
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tocsin.clock import ReplayClock
from tocsin.demo.run import package_exports, run_demo
from tocsin.engines.desk import desk_box
from tocsin.engines.project import Project
from tocsin.model import Clearance, PlacePrecision, Recipient
from tocsin.settings import Settings

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
AFTERWARDS = datetime(2023, 10, 29, 19, 25, tzinfo=UTC)
"""A few minutes after the last post of the reconstruction."""
FLAGS = (
    "--no-sandbox",  # tests may run as root, where it cannot work
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--disable-background-networking",
    "--disable-component-update",
    "--force-color-profile=srgb",
)
DRAWS = ("--use-angle=swiftshader", "--enable-unsafe-swiftshader")
"""Maps are drawn by the processor; without these there is no WebGL, and the page says so."""
PATIENCE_MS = 20_000
LIVE = "/api/v1/stream"
"""Every page listens to it."""


def browser_path() -> str:
    """Where the browser is; a skip that says what is missing."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no browser here: apt-get install chromium (make test tries to)")
    return found


@contextmanager
def chromium(*, maps: bool = False) -> Iterator[Browser]:
    """Debian's browser; it can reach nothing but this machine."""
    path, flags = browser_path(), [*FLAGS, *(DRAWS if maps else ("--disable-gpu",))]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


def make_demo(folder: Path) -> Project:
    """The reconstruction; about eight seconds on a machine with nothing else to do."""
    with package_exports() as exports:
        run_demo(exports, folder / "desk", AFTERWARDS, lambda _: None)
    return Project.open(folder / "desk")


def copy_demo(demo: Project, folder: Path) -> Project:
    """One's own, with a recipient that is a folder beside it."""
    target = folder / "desk"
    shutil.copytree(demo.folder, target)
    for key in demo.folder.parent.glob("*.key"):
        shutil.copy(key, folder / key.name)
    overrides = {"project.key_file": str(folder / "desk.key")}
    project = Project(target, Settings.load(target, overrides))
    monitor = Recipient(
        "monitor",
        "the regional monitor",
        "folder",
        str(folder / "told"),
        languages=("ru", "en"),
        clearance=Clearance(PlacePrecision.VENUE),
    )
    desk_box(project).change(lambda lists: replace(lists, recipients=(monitor,)))
    return project


@dataclass(frozen=True, slots=True)
class Served:
    """A console that listens."""

    stand: Stand
    url: str

    def has(self, path: str) -> bool:
        """Whether there is such a page; others may not have been built in."""
        return any(way.path == path for way in ways())


@contextmanager
def served(project: Project, **options: Any) -> Iterator[Served]:
    """The real server over a project, in a thread, on a port of its own."""
    stand = stand_on(project, ReplayClock(AFTERWARDS), **options)
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        stand.app, log_level="warning", access_log=False, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    until = time.monotonic() + 20
    while not server.started and time.monotonic() < until:
        time.sleep(0.02)
    assert server.started
    try:
        yield Served(stand, f"http://127.0.0.1:{listening.getsockname()[1]}")
    finally:
        server.should_exit = True
        thread.join(20)
        listening.close()
        stand.desk.close()


@dataclass(slots=True)
class Person:
    """Somebody at a browser, and everything that went wrong on the pages they saw."""

    page: Page
    url: str
    troubles: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        """Open a page, until it is whole."""
        self.page.goto(f"{self.url}{path}", wait_until="load")

    def sign_in(self, handle: str, password: str = PASSWORD) -> None:
        """Through the form."""
        self.go("/sign-in")
        self.page.get_by_label("Handle").fill(handle)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(lambda url: "/sign-in" not in url)

    def press(self, *keys: str) -> None:
        """Keys, one after another."""
        for key in keys:
            self.page.keyboard.press(key)

    def is_told(self, words: str) -> None:
        """The page says so, once, after what was just done."""
        self.page.get_by_role("status").filter(has_text=words).wait_for()


def person(browser: Browser, served: Served, **how: Any) -> tuple[Person, BrowserContext]:
    """A new browser window with nothing in it, in English unless told otherwise."""
    said: dict[str, Any] = {"locale": "en-GB", "viewport": {"width": 1280, "height": 900}, **how}
    context = browser.new_context(**said)
    context.set_default_timeout(PATIENCE_MS)
    made = Person(context.new_page(), served.url)
    page = made.page
    page.on("console", lambda message: _note(made, message))
    page.on("pageerror", lambda error: made.troubles.append(f"script: {error}"))
    page.on("request", lambda request: _refuse_elsewhere(made, request.url))
    return made, context


def _note(made: Person, message: ConsoleMessage) -> None:
    where = message.location.get("url", "")
    absent = where.endswith(LIVE) and LIVE not in {way.path for way in ways()}
    if message.type == "error" and not absent:
        made.troubles.append(f"console: {message.text} ({where})")


def _refuse_elsewhere(made: Person, address: str) -> None:
    if not address.startswith((made.url, "data:", "blob:")):
        made.troubles.append(f"asked elsewhere: {address}")
