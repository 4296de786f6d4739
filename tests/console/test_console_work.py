"""Work at the desk beside warnings, in a real browser: replay, rumours, the review queue, tips."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from console_support_browser import Person, Served, chromium, copy_demo, person, served
from playwright.sync_api import Browser, expect

from tocsin.console.roles import Role
from tocsin.engines.project import Project

FIRST = "2023-10-29T07:31:00Z"
"""A minute after the main call."""
MANY = 50


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def place(demo: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(copy_demo(demo, tmp_path_factory.mktemp("work"))) as listening:
        listening.stand.account("ana", Role.ADMIN)
        yield listening


@pytest.fixture
def ana(browser: Browser, place: Served) -> Iterator[Person]:
    made, context = person(browser, place)
    made.sign_in("ana")
    yield made
    context.close()
    assert made.troubles == []


def needs(place: Served, path: str) -> None:
    """Pages are built apart; a test waits for its own."""
    if not place.has(path):
        pytest.skip(f"no page {path} yet")


def test_the_slider_shows_the_desk_as_it_stood(ana: Person, place: Served) -> None:
    needs(place, "/replay")
    ana.go(f"/replay?at={FIRST}")
    shown, moment = ana.page.locator("#replay"), ana.page.locator("#moment")
    expect(moment).to_contain_text("2023-10-29 07:31")
    expect(shown).to_contain_text("Makhachkala airport")
    expect(shown).not_to_contain_text("Derbent, station")
    slider = ana.page.get_by_role("slider")
    slider.focus()
    ana.press("ArrowLeft", "ArrowLeft")
    expect(moment).to_contain_text("2023-10-29 07:29")
    expect(shown).not_to_contain_text("Makhachkala airport")
    ana.press("ArrowRight", "ArrowRight")
    expect(moment).to_contain_text("2023-10-29 07:31")
    expect(shown).to_contain_text("Makhachkala airport")
    ana.page.get_by_role("button", name="+1 h").click()
    expect(ana.page.locator("#moment")).to_contain_text("2023-10-29 08:31")
    ana.page.go_back()
    expect(ana.page.locator("#moment")).to_contain_text("2023-10-29 07:31")


def test_two_rumours_are_made_one_and_two_again(ana: Person, place: Served) -> None:
    needs(place, "/rumours/{name}")
    ana.go("/rumours")
    links = ana.page.locator("tr[data-row] a")
    names = [links.nth(number).inner_text().strip() for number in range(2)]
    assert len(set(names)) == 2
    ana.go(f"/rumours/{names[1]}")
    own = ana.page.locator("#posts")
    expect(own).to_be_attached()
    ana.page.get_by_label("Merge this one into").fill(names[0])
    ana.page.locator("#reason-merge").fill("the same claim about the same flight")
    ana.page.get_by_role("button", name="Merge", exact=True).click()
    ana.is_told("Merged")
    ana.go(f"/rumours/{names[1]}")
    expect(ana.page.get_by_text(f"{names[1]} was merged into this one")).to_be_visible()
    ana.page.get_by_role("button", name="Take the merge back").first.click()
    ana.is_told("The merge is taken back")
    ana.go(f"/rumours/{names[1]}")
    expect(ana.page.get_by_text("was merged into this one")).to_have_count(0)
    ana.page.locator("select#value").select_option("probably_false")
    ana.page.locator("#reason-status").fill("two denials by those who would know")
    ana.page.get_by_role("button", name="Set the status").click()
    ana.is_told("Status set")
    expect(ana.page.locator("main")).to_contain_text("probably false")


def test_fifty_posts_are_labelled_by_keyboard_alone(ana: Person, place: Served) -> None:
    needs(place, "/review")
    done, page = 0, ana.page
    while done < MANY:
        ana.go("/review?least=0")
        rows = page.locator("[data-review]")
        count = min(rows.count(), MANY - done)
        assert count, f"only {done} posts wait for a label"
        for number in range(count):
            ana.press(str(1 + number % 9))
        chosen = page.locator("select[data-label]").evaluate_all(
            "all => all.filter((one) => one.selectedIndex > 0).length"
        )
        assert chosen == count
        ana.press("s")
        ana.is_told("Labels saved")
        done += count
    said = page.get_by_text(re.compile(r"labelled \d+ posts")).inner_text()
    labelled = re.search(r"labelled (\d+) posts", said)
    assert labelled is not None
    assert int(labelled[1]) == MANY


def test_a_tip_is_told_answered_and_asked_after(
    browser: Browser, ana: Person, place: Served
) -> None:
    needs(place, "/tip")
    someone, context = person(browser, place)
    someone.go("/tip?lang=en")
    someone.page.get_by_label("What").first.fill("They say to meet at the station at six")
    someone.page.locator("input[name=asks]").check()
    someone.page.get_by_role("button", name="Send").click()
    assert someone.page.locator("input[name=consent]:invalid").count() == 1, "not without consent"
    someone.page.locator("input[name=consent]").check()
    someone.page.get_by_role("button", name="Send").click()
    code = someone.page.locator("#content code").first.inner_text()
    assert re.fullmatch(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){3}", code)
    assert context.cookies() == [], "nothing is left in the browser"

    ana.go("/tips")
    tip = ana.page.locator("article[data-row]").first
    expect(tip).to_contain_text("They say to meet")
    tip.get_by_role("link").click()
    ana.page.locator("#answer").fill("We looked into it. Thank you.")
    ana.page.get_by_role("button", name=re.compile("answer", re.IGNORECASE)).click()
    expect(ana.page.locator("pre.words")).to_contain_text("We looked into it")

    someone.go("/tip/answer?lang=en")
    someone.page.locator("#code").fill("2222-2222-2222-2222")
    someone.page.get_by_role("button").first.click()
    expect(someone.page.get_by_role("alert")).to_be_visible()
    someone.page.locator("#code").fill(code.lower())
    someone.page.get_by_role("button").first.click()
    expect(someone.page.locator("pre.words")).to_contain_text("We looked into it")
    context.close()
    assert [one for one in someone.troubles if "404" not in one] == []


def test_what_changes_is_shown_without_loading_the_page_again(
    ana: Person, browser: Browser, place: Served
) -> None:
    needs(place, "/api/v1/stream")
    ana.go("/")
    card = ana.page.locator("article[data-row]").filter(has_text="Khasavyurt")
    expect(card).to_contain_text("Nobody has answered yet")
    place.stand.account("ben", Role.ANALYST)
    ben, context = person(browser, place)
    ben.sign_in("ben")
    ben.page.get_by_role("link", name=re.compile("Khasavyurt")).first.click()
    ben.page.get_by_role("button", name="I am on it").click()
    ben.is_told("nobody else is woken")
    expect(card).to_contain_text("ben")
    context.close()
