"""How the pages look to everybody: accessible, quiet, small; and pictures of them.

Every page is opened once, and everything that is to be known of it is asked then.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from console_support import ways
from console_support_browser import Person, Served, chromium, copy_demo, person, served
from playwright.sync_api import Browser, CDPSession, ViewportSize
from playwright.sync_api import Error as BrowserError

from tocsin.console.roles import Role
from tocsin.engines.project import Project
from tocsin.store.lists import warnings_now

ROOT = Path(__file__).resolve().parent.parent.parent
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = ROOT / "build" / "screenshots"
MOST_BYTES = 1_000_000
"""Compressed, of a whole page without the map's own data."""
MAP = "/static/world.json"
FILES = re.compile(
    r"\.(svg|png|jpg|json|csv|zip|xml|atom|cap)$|^/(healthz|readyz|metrics|static|api)\b"
)
WIDE: ViewportSize = {"width": 1280, "height": 900}
NARROW: ViewportSize = {"width": 390, "height": 844}
MAIN = re.compile(r"^/$|^/(warnings|rumours)/[0-9a-f]+$|^/(rumours|review|search|replay)$")
"""Pages of which there are pictures in both themes, and the first of them in Russian."""
CHECKED = "axe.run({resultTypes: ['violations'], runOnly: RULES})"
UNLABELLED = """() => [...document.querySelectorAll('input:not([type=hidden]),select,textarea')]
  .filter((field) => !field.labels?.length && !field.getAttribute('aria-label')
    && !field.getAttribute('aria-labelledby')).map((field) => field.outerHTML.slice(0, 120))"""
DRAWN = """() => [...document.querySelectorAll('[data-map],[data-plot]')]
  .every((box) => ('map' in box.dataset ? box.dataset.drawn : box.childNodes.length))"""


@dataclass(slots=True)
class Look:
    """What there is to know of one page.

    Args:
        sizes: compressed bytes of all it loaded, by address.
        faults: serious ones for people with disabilities, in both themes.
        across: pixels that it needs where there are 390.
    """

    path: str
    troubles: list[str]
    sizes: dict[str, int]
    title: str
    headings: int
    unlabelled: list[str]
    faults: list[str]
    across: int


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium(maps=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def place(demo: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(copy_demo(demo, tmp_path_factory.mktemp("looks")), demo=True) as listening:
        listening.stand.account("ana", Role.ADMIN)
        yield listening


@pytest.fixture(scope="module")
def looks(browser: Browser, place: Served) -> list[Look]:
    """Every page, once."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    made, context = person(browser, place)
    made.sign_in("ana")
    wire = Wire(context.new_cdp_session(made.page))
    found = [_look(made, wire, path) for path in pages(place)]
    context.close()
    return found


class Wire:
    """What comes over it; nothing is taken from what the browser has already."""

    def __init__(self, session: CDPSession) -> None:
        self._named: dict[str, str] = {}
        self._came: dict[str, int] = {}
        session.send("Network.enable")
        session.send("Network.setCacheDisabled", {"cacheDisabled": True})
        session.on("Network.requestWillBeSent", self._asked)
        session.on("Network.loadingFinished", self._loaded)

    def begin(self) -> None:
        """Another page."""
        self._named.clear()
        self._came.clear()

    def sizes(self) -> dict[str, int]:
        """Compressed bytes by address."""
        return {self._named[key]: size for key, size in self._came.items() if key in self._named}

    def _asked(self, event: dict[str, Any]) -> None:
        self._named[event["requestId"]] = event["request"]["url"]

    def _loaded(self, event: dict[str, Any]) -> None:
        self._came[event["requestId"]] = int(event["encodedDataLength"])


def _look(made: Person, wire: Wire, path: str) -> Look:
    page = made.page
    wire.begin()
    made.troubles.clear()
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(WIDE)
    made.go(path)
    settled(made)
    sizes, troubles = wire.sizes(), list(made.troubles)
    faults = [*_faults(made, "all"), *_faults(made, "dark")]
    page.emulate_media(color_scheme="light")
    _picture(made, path, "en-light-1280")
    page.set_viewport_size(NARROW)
    _picture(made, path, "en-light-390")
    across = page.evaluate("document.documentElement.scrollWidth")
    headings, bare = page.locator("h1").count(), page.evaluate(UNLABELLED)
    return Look(path, troubles, sizes, page.title(), headings, bare, faults, across)


def _faults(made: Person, which: str) -> list[str]:
    """Serious and critical findings of axe; in the dark theme only what depends on it."""
    if not AXE.is_file():
        return []
    if which == "all":
        made.page.evaluate(AXE.read_text(encoding="utf-8"))
        rules = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']"
    else:
        made.page.emulate_media(color_scheme="dark")
        rules = "['color-contrast']"
    found = made.page.evaluate(CHECKED.replace("RULES", rules))
    return [f"{which}: {line}" for line in _grave(found)]


def _grave(found: dict[str, Any]) -> Iterator[str]:
    for rule in found["violations"]:
        if rule["impact"] in ("serious", "critical"):
            nodes = "; ".join(node["html"][:120] for node in rule["nodes"][:3])
            yield f"{rule['id']} ({rule['impact']}, {len(rule['nodes'])}): {nodes}"


def _picture(made: Person, path: str, how: str) -> Path:
    named = re.sub(r"[^a-z]+", "-", re.sub(r"/[0-9a-f]{8,}", "/one", path)).strip("-") or "now"
    where = PICTURES / f"{named}-{how}.png"
    made.page.screenshot(path=where, full_page=how.endswith("390"))
    return where


def pages(place: Served) -> list[str]:
    """Every page that can be opened without knowing more, one warning and one rumour."""
    plain = [w.path for w in ways() if w.method == "GET" and "{" not in w.path]
    row = next(row for row in warnings_now(place.stand.desk.store) if "airport" in row["place"])
    found = [path for path in plain if not FILES.search(path)]
    found.append(f"/warnings/{row['id']}")
    if place.has("/rumours/{name}"):
        found.append(f"/rumours/{row['rumour']}")
    return found


def settled(somebody: Person) -> None:
    """The scripts have drawn what they draw; a stream that stays open is no reason to wait."""
    with suppress(BrowserError):
        somebody.page.wait_for_function(DRAWN, timeout=8_000)


def test_no_page_has_a_serious_fault_for_people_with_disabilities(looks: list[Look]) -> None:
    if not AXE.is_file():
        pytest.skip(f"no axe-core: python web/build.py puts it at {AXE.relative_to(ROOT)}")
    assert [f"{look.path}: {fault}" for look in looks for fault in look.faults] == []


def test_no_page_has_a_script_error_a_refused_part_or_asks_elsewhere(looks: list[Look]) -> None:
    assert [f"{look.path}: {one}" for look in looks for one in look.troubles] == []


def test_every_page_is_small(looks: list[Look]) -> None:
    """What comes over the wire for one page, nothing of it known before."""
    weights = {
        look.path: sum(size for url, size in look.sizes.items() if not url.endswith(MAP))
        for look in looks
    }
    assert min(weights.values()) > 1_000, weights
    assert {path: weight for path, weight in weights.items() if weight > MOST_BYTES} == {}


def test_nothing_is_cut_off_on_a_telephone(looks: list[Look]) -> None:
    assert {look.path: look.across for look in looks if look.across > NARROW["width"]} == {}


def test_every_page_has_a_title_one_heading_and_a_label_for_each_field(looks: list[Look]) -> None:
    assert {look.path: look.headings for look in looks if look.headings != 1} == {}
    assert {look.path: look.unlabelled for look in looks if look.unlabelled} == {}
    assert [look.path for look in looks if not re.match(r"\S", look.title)] == []


@pytest.mark.parametrize(("language", "theme"), [("en", "dark"), ("ru", "light")])
def test_pictures_are_taken(browser: Browser, place: Served, theme: str, language: str) -> None:
    """Of the main pages in the dark too, and of some in Russian, for people to look at."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    made, context = person(browser, place, color_scheme=theme)
    made.sign_in("ana")
    if language == "ru":
        made.page.get_by_role("button", name="Русский").click()
    wanted = [path for path in pages(place) if MAIN.search(path)]
    taken: list[Path] = []
    for path in wanted if language == "en" else wanted[:2]:
        made.page.set_viewport_size(WIDE)
        made.go(path)
        settled(made)
        taken.append(_picture(made, path, f"{language}-{theme}-1280"))
        made.page.set_viewport_size(NARROW)
        taken.append(_picture(made, path, f"{language}-{theme}-390"))
    context.close()
    assert taken
    assert all(path.stat().st_size > 4_000 for path in taken)
