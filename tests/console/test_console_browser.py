"""A night at the desk, in a real browser: from the one-time link to the outcome."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import capparser
import pytest
from console_support import PASSWORD
from console_support_browser import Person, Served, chromium, copy_demo, person, served
from playwright.sync_api import Browser, expect

from tocsin.cli.serve import first_link
from tocsin.console.roles import Role
from tocsin.delivery import folder
from tocsin.engines.delivering import RoundOptions, Rounds, carrier_options
from tocsin.engines.project import Project
from tocsin.reading.gazetteer import Gazetteer
from tocsin.store.lists import warnings_now

BLURRED = "element => getComputedStyle(element).filter"
AIRPORT = re.compile("Risk of mob violence against .* in Makhachkala airport")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def place(demo: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One console for this file; what is decided in it stays decided."""
    with served(copy_demo(demo, tmp_path_factory.mktemp("night"))) as listening:
        yield listening


@pytest.fixture
def somebody(browser: Browser, place: Served) -> Iterator[Person]:
    """An analyst who is signed in; at the end nothing may have gone wrong on their pages."""
    made, context = person(browser, place)
    if place.stand.desk.people().find("cem") is None:
        place.stand.account("cem", Role.ADMIN)
    made.sign_in("cem")
    yield made
    context.close()
    assert made.troubles == []


def airport_id(place: Served) -> str:
    rows = warnings_now(place.stand.desk.store)
    return next(str(row["id"]) for row in rows if "airport" in row["place"])


def deliver(place: Served) -> dict[str, int]:
    """What ``tocsin deliver`` does, at the console's hour."""
    desk = place.stand.desk
    carriers = {"folder": folder.build(carrier_options(desk.project.settings))}
    options = RoundOptions(carriers, Gazetteer.load)
    with desk.project.reading() as store:
        done = Rounds(desk.project, store, place.stand.clock, options).round(lambda _: None)
    return dict(done.states)


def test_a_night_from_the_first_link_to_the_outcome(browser: Browser, place: Served) -> None:
    ana, hers = person(browser, place)
    ben, his = person(browser, place)
    comes_in_by_the_link(ana, place)
    finds_what_needs_a_person(ana, place)
    looks_at_the_evidence_and_confirms(ana)
    told = proposes_a_release(ana, place)
    cannot_approve_it_alone(ana, place)

    place.stand.account("ben", Role.RELEASER)
    ben.sign_in("ben")
    expect(ben.page.get_by_text("Releases to approve: 1")).to_be_visible()
    ben.page.get_by_role("link", name=AIRPORT).click()
    ben.page.locator("#releases a").first.click()
    assert ben.page.locator("pre.words").first.inner_text() == told
    ben.page.get_by_role("button", name="Approve these words").click()
    ben.is_told("waits in the outbox")
    leaves_the_desk_as_cap(ben, place)

    dismisses_with_a_reason(ben)
    is_told_that_somebody_was_faster(ana)
    records_the_outcome(ben)
    assert ana.troubles == []
    assert ben.troubles == []
    hers.close()
    his.close()


def comes_in_by_the_link(ana: Person, place: Served) -> None:
    """That ``tocsin serve`` printed."""
    link = first_link(place.stand.desk.project)
    assert link is not None
    ana.go(f"/welcome/{link}")
    ana.page.get_by_label("Handle").fill("ana")
    ana.page.get_by_label("Password").fill(PASSWORD)
    ana.page.get_by_role("button", name="Make the account").click()
    ana.page.get_by_role("heading", name="Now", level=1).wait_for()
    ana.page.wait_for_load_state("load")  # keys are heard once the scripts are there


def finds_what_needs_a_person(ana: Person, place: Served) -> None:
    """It stands first, and keys alone lead to it."""
    first = ana.page.locator("article[data-row]").first
    expect(first).to_contain_text("alarm")
    expect(first).to_contain_text("Makhachkala airport")
    ana.press("j")
    expect(first).to_be_focused()
    ana.press("Enter")
    ana.page.get_by_role("heading", name=AIRPORT, level=1).wait_for()
    assert ana.page.url.endswith(f"/warnings/{airport_id(place)}")


def looks_at_the_evidence_and_confirms(ana: Person) -> None:
    """Posts are veiled until asked for."""
    post = ana.page.locator("#evidence .veil").first
    text = post.locator(".text")
    assert text.evaluate(BLURRED) != "none"
    post.focus()
    ana.press("Enter")
    assert text.evaluate(BLURRED) == "none"
    expect(ana.page.locator("#evidence mark").first).to_be_attached()
    ana.page.get_by_role("button", name="Confirm").click()
    ana.is_told("Confirmed.")


def proposes_a_release(ana: Person, place: Served) -> str:
    """Every word is shown before anything is written; returns them."""
    ana.page.get_by_text("Propose a release…").click()
    ana.page.locator("input[name=to][value=monitor]").check()
    for name in ("right", "wrong", "cancelled"):
        ana.page.locator(f"#harm-{name}").fill(f"those who would be hurt, if {name}")
    ana.page.get_by_role("button", name="Show every word first").click()
    words = ana.page.locator("pre.words").first
    expect(words).to_contain_text("аэропорт")
    told = words.inner_text()
    assert deliver(place) == {}
    ana.page.get_by_role("button", name="Propose a release").click()
    ana.is_told("Another person must approve it")
    return told


def cannot_approve_it_alone(ana: Person, place: Served) -> None:
    ana.page.locator("#releases a").first.click()
    expect(ana.page.get_by_text("You have agreed already")).to_be_visible()
    expect(ana.page.get_by_role("button", name="Approve these words")).to_have_count(0)
    assert deliver(place) == {}
    ana.page.get_by_role("link", name="Back").click()


def leaves_the_desk_as_cap(ben: Person, place: Served) -> None:
    assert deliver(place) == {"delivered": 1}
    (cap,) = (place.stand.desk.project.folder.parent / "told").glob("*.cap.xml")
    alert = capparser.parse(stringXML=cap.read_text(encoding="utf-8"))
    assert (alert.status[0], alert.msgType[0], alert.scope[0]) == ("Actual", "Alert", "Restricted")
    ben.page.reload()
    expect(ben.page.locator("#releases")).to_contain_text("delivered")


def dismisses_with_a_reason(ben: Person) -> None:
    """It is cancelled at once."""
    button = ben.page.get_by_role("button", name="Dismiss", exact=True)
    ben.page.get_by_text("Dismiss…").click()
    button.click()
    expect(ben.page.locator("#reason-dismiss:invalid")).to_have_count(1)
    ben.page.locator("#reason-dismiss").fill("the crowd went home")
    button.click()
    ben.is_told("the warning is cancelled")
    expect(ben.page.locator("main")).to_contain_text("cancelled")
    expect(ben.page.locator("main")).to_contain_text("the crowd went home")


def is_told_that_somebody_was_faster(ana: Person) -> None:
    """Her page still shows it as it was."""
    ana.page.get_by_role("button", name="I am on it").click()
    expect(ana.page.locator("main")).to_contain_text("ben has decided")
    ana.troubles = [one for one in ana.troubles if "409" not in one]


def records_the_outcome(ben: Person) -> None:
    ben.page.locator("select#value").select_option("did_not")
    ben.page.get_by_role("button", name="Record the outcome").click()
    ben.is_told("Outcome recorded.")
    expect(ben.page.locator("main")).to_contain_text("It did not occur")


def test_lists_are_walked_and_opened_by_keys(somebody: Person) -> None:
    somebody.go("/warnings")
    rows = somebody.page.locator("[data-row]")
    assert rows.count() >= 5
    somebody.press("j", "j", "k", "j")
    expect(rows.nth(1)).to_be_focused()
    somebody.press("k", "k", "k")
    expect(rows.first).to_be_focused()
    somebody.press("Enter")
    somebody.page.wait_for_url(re.compile("/warnings/[0-9a-f]{12}"))
    somebody.press("g", "w")
    somebody.page.wait_for_url(re.compile("/warnings$"))
    somebody.press("?")
    expect(somebody.page.get_by_role("dialog", name="Keys")).to_be_visible()
    somebody.press("Escape")
    expect(somebody.page.get_by_role("dialog")).to_have_count(0)
    somebody.press("g", "n")
    somebody.page.get_by_role("heading", name="Now", level=1).wait_for()


def test_a_page_that_refreshes_itself_leaves_the_keys_where_they_were(somebody: Person) -> None:
    somebody.go("/")
    rows = somebody.page.locator("article[data-row]")
    somebody.press("j", "j")
    expect(rows.nth(1)).to_be_focused()
    somebody.page.evaluate("document.querySelector('article[data-row]').dataset.old = 'yes'")
    with somebody.page.expect_response(lambda answer: answer.request.method == "GET"):
        somebody.page.evaluate("htmx.trigger(document.body, 'desk-change')")
    expect(somebody.page.locator("article[data-old]")).to_have_count(0)
    expect(rows.nth(1)).to_be_focused()


def test_every_control_is_reached_by_tab_and_shows_where_it_is(somebody: Person) -> None:
    somebody.go("/warnings")
    somebody.press("Tab")
    skip = somebody.page.get_by_role("link", name="To the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    somebody.press("Enter")
    assert somebody.page.evaluate("document.activeElement.id") == "content"
    somebody.press("Tab")
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert somebody.page.evaluate(outline) != "none"


def test_all_posts_are_unveiled_at_once_and_veiled_again(somebody: Person, place: Served) -> None:
    somebody.go(f"/warnings/{airport_id(place)}")
    button = somebody.page.get_by_role("button", name="Unveil all posts")
    veils, opened = somebody.page.locator(".veil"), somebody.page.locator(".veil.open")
    button.click()
    expect(opened).to_have_count(veils.count())
    expect(button).to_have_attribute("aria-pressed", "true")
    button.click()
    expect(opened).to_have_count(0)


def test_the_language_is_changed_on_any_page(somebody: Person) -> None:
    somebody.go("/warnings")
    somebody.page.get_by_role("button", name="Русский").click()
    expect(somebody.page.locator("html")).to_have_attribute("lang", "ru")
    assert somebody.page.url.endswith("/warnings")
    somebody.page.get_by_role("button", name="English").click()
    expect(somebody.page.locator("html")).to_have_attribute("lang", "en")


def test_without_scripts_everything_that_is_decided_can_be_decided(
    browser: Browser, place: Served
) -> None:
    dan, context = person(browser, place, java_script_enabled=False)
    place.stand.account("dan", Role.ANALYST)
    dan.sign_in("dan")
    dan.go("/warnings")
    dan.page.get_by_role("link", name=re.compile("Khasavyurt")).first.click()
    dan.page.get_by_text("Log a call…").click()
    dan.page.get_by_label("Role that was called").fill("community security")
    dan.page.locator("#result").fill("they close early")
    dan.page.get_by_role("button", name="Log a call").click()
    dan.is_told("Call logged.")
    expect(dan.page.locator("#calls")).to_contain_text("they close early")
    dan.page.get_by_role("button", name="Confirm").click()
    dan.is_told("Confirmed.")
    dan.page.get_by_role("button", name="Sign out").click()
    expect(dan.page.get_by_role("heading", name="Sign in")).to_be_visible()
    context.close()


def test_a_viewer_sees_no_button_that_would_be_refused(browser: Browser, place: Served) -> None:
    eve, context = person(browser, place)
    place.stand.account("eve", Role.VIEWER)
    eve.sign_in("eve")
    eve.go(f"/warnings/{airport_id(place)}")
    expect(eve.page.get_by_role("button", name="Confirm")).to_have_count(0)
    expect(eve.page.locator("#calls")).to_have_count(0)
    expect(eve.page.get_by_text("Propose a release…")).to_have_count(0)
    eve.troubles.clear()
    context.close()


def test_the_demo_says_that_it_is_one(browser: Browser, demo: Project, tmp_path: Path) -> None:
    with served(copy_demo(demo, tmp_path), demo=True) as listening:
        listening.stand.account("ana", Role.ADMIN)
        ana, context = person(browser, listening)
        ana.sign_in("ana")
        expect(ana.page.get_by_text("RECONSTRUCTION of October 2023")).to_be_visible()
        context.close()
        assert ana.troubles == []
