"""How the pages look to everybody: accessible, quiet, small; and pictures of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from console_support import ways
from console_support_browser import Person, Served, chromium, copy_demo, person, served
from playwright.sync_api import Browser
from playwright.sync_api import Error as BrowserError

from tocsin.console.roles import Role
from tocsin.engines.project import Project
from tocsin.store.lists import warnings_now

ROOT = Path(__file__).resolve().parent.parent.parent
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = ROOT / "build" / "screenshots"
MOST_BYTES = 1_000_000
"""Compressed, of a whole page without the map's own data."""
MAP = ("/static/world.json",)
FILES = re.compile(r"\.(svg|png|jpg|json|csv|zip|xml|atom|cap)$|^/(healthz|static|api)\b")
SIZES = {"1280": (1280, 900), "390": (390, 844)}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium(maps=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def place(demo: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(copy_demo(demo, tmp_path_factory.mktemp("looks")), demo=True) as listening:
        listening.stand.account("ana", Role.ADMIN)
        yield listening


def pages(place: Served) -> list[str]:
    """Every page that can be opened without knowing more, one warning and one rumour."""
    plain = [w.path for w in ways() if w.method == "GET" and "{" not in w.path]
    row = next(row for row in warnings_now(place.stand.desk.store) if "airport" in row["place"])
    found = [path for path in plain if not FILES.search(path)]
    found.append(f"/warnings/{row['id']}")
    if place.has("/rumours/{name}"):
        found.append(f"/rumours/{row['rumour']}")
    return found


def name_of(path: str) -> str:
    """A file's name for a page's picture."""
    return re.sub(r"[^a-z]+", "-", re.sub(r"/[0-9a-f]{8,}", "/one", path)).strip("-") or "now"


@pytest.fixture
def ana(browser: Browser, place: Served, request: pytest.FixtureRequest) -> Iterator[Person]:
    made, context = person(browser, place, **getattr(request, "param", {}))
    made.sign_in("ana")
    yield made
    context.close()


def settled(somebody: Person) -> None:
    """The scripts have drawn what they draw; a stream that stays open is no reason to wait."""
    page = somebody.page
    with suppress(BrowserError):
        page.wait_for_function(
            "() => [...document.querySelectorAll('[data-map],[data-plot]')]"
            ".every((box) => ('map' in box.dataset ? box.dataset.drawn : box.childNodes.length))",
            timeout=8_000,
        )


def test_no_page_has_a_serious_fault_for_people_with_disabilities(
    ana: Person, place: Served
) -> None:
    if not AXE.is_file():
        pytest.skip(f"no axe-core: python web/build.py puts it at {AXE.relative_to(ROOT)}")
    script, wrong = AXE.read_text(encoding="utf-8"), []
    for dark in ("light", "dark"):
        ana.page.emulate_media(color_scheme=dark)
        for path in pages(place):
            ana.go(path)
            settled(ana)
            ana.page.evaluate(script)
            found = ana.page.evaluate("axe.run({resultTypes: ['violations']})")
            wrong += [f"{path} ({dark}): {line}" for line in _grave(found)]
    assert not wrong, "\n".join(wrong)


def _grave(found: dict[str, Any]) -> Iterator[str]:
    for rule in found["violations"]:
        if rule["impact"] in ("serious", "critical"):
            nodes = "; ".join(node["html"][:120] for node in rule["nodes"][:3])
            yield f"{rule['id']} ({rule['impact']}, {len(rule['nodes'])}): {nodes}"


def test_no_page_has_a_script_error_a_refused_part_or_asks_elsewhere(
    ana: Person, place: Served
) -> None:
    for path in pages(place):
        before = len(ana.troubles)
        ana.go(path)
        settled(ana)
        ana.troubles[before:] = [f"{path}: {one}" for one in ana.troubles[before:]]
    assert not ana.troubles, "\n".join(ana.troubles)


def test_every_page_is_small(browser: Browser, place: Served) -> None:
    """What comes over the wire for one page, nothing of it known before."""
    sizes = {path: _weight(browser, place, path) for path in pages(place)}
    assert min(sizes.values()) > 1_000, sizes
    large = {path: size for path, size in sizes.items() if size > MOST_BYTES}
    assert not large, large


def _weight(browser: Browser, place: Served, path: str) -> int:
    """Bytes that came, compressed, but for the map's own data."""
    made, context = person(browser, place)
    made.sign_in("ana")
    wire = context.new_cdp_session(made.page)
    wire.send("Network.enable")
    wire.send("Network.clearBrowserCache")
    came, named = dict[str, int](), dict[str, str]()

    def asked(event: dict[str, Any]) -> None:
        named[event["requestId"]] = event["request"]["url"]

    def loaded(event: dict[str, Any]) -> None:
        came[event["requestId"]] = int(event["encodedDataLength"])

    wire.on("Network.requestWillBeSent", asked)
    wire.on("Network.loadingFinished", loaded)
    made.go(path)
    settled(made)
    context.close()
    return sum(size for key, size in came.items() if not named.get(key, "").endswith(MAP))


@pytest.mark.parametrize("ana", [{"viewport": {"width": 390, "height": 844}}], indirect=True)
def test_nothing_is_cut_off_on_a_telephone(ana: Person, place: Served) -> None:
    wide = []
    for path in pages(place):
        ana.go(path)
        settled(ana)
        across = ana.page.evaluate("document.documentElement.scrollWidth")
        if across > 390:
            wide.append(f"{path}: {across} pixels wide")
    assert not wide, "\n".join(wide)


def test_every_page_has_one_heading_and_labels_its_fields(ana: Person, place: Served) -> None:
    wrong = []
    for path in pages(place):
        ana.go(path)
        if ana.page.locator("h1").count() != 1:
            wrong.append(f"{path}: {ana.page.locator('h1').count()} first headings")
        bare = ana.page.evaluate(UNLABELLED)
        wrong += [f"{path}: no label: {one}" for one in bare]
        if ana.page.title().strip() in ("", "–"):
            wrong.append(f"{path}: no title")
    assert not wrong, "\n".join(wrong)


UNLABELLED = """() => [...document.querySelectorAll('input:not([type=hidden]),select,textarea')]
  .filter((field) => !field.labels?.length && !field.getAttribute('aria-label')
    && !field.getAttribute('aria-labelledby')).map((field) => field.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pictures_are_taken(browser: Browser, place: Served, theme: str, language: str) -> None:
    """Of every page, in both themes and both widths, for people to look at."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    made, context = person(browser, place, color_scheme=theme)
    made.sign_in("ana")
    if language == "ru":
        made.page.get_by_role("button", name="Русский").click()
    taken: list[Path] = []
    for path in pages(place):
        if language == "ru" and path not in ("/", "/review", "/replay"):
            continue
        made.go(path)
        for width, (across, down) in SIZES.items():
            made.page.set_viewport_size({"width": across, "height": down})
            settled(made)
            where = PICTURES / f"{name_of(path)}-{language}-{theme}-{width}.png"
            made.page.screenshot(path=where, full_page=width == "390")
            taken.append(where)
    context.close()
    assert taken
    assert all(path.stat().st_size > 4_000 for path in taken)
