"""STAC Browser, of another origin than the API, shows what there is."""

import re

import catalogue
import pytest
from stac_browser import browsing

TITLES = {item.properties["title"]: item for item in catalogue.ITEMS["optical"]}
CARDS = ".items .item-card .card-title"


@pytest.fixture(scope="module")
def shown(platform):
    with browsing(f"{platform.url}/") as browser:
        yield browser


@pytest.fixture
def browser(shown):
    shown.complaints.clear()
    yield shown
    shown.page.wait_for_load_state("networkidle")
    assert not shown.complaints, "\n".join(shown.complaints)


def wait(browser, selector, count):
    browser.page.wait_for_function("([selector, count]) => document.querySelectorAll(selector).length == count", arg=[selector, count])
    return browser.texts(selector)


def submit(browser):
    """Searches; the answer of the API."""
    with browser.page.expect_response(lambda answer: "/search" in answer.url) as answer:
        browser.page.locator(".filter button[type=submit]:visible").click()
    return answer.value.json()


def test_from_the_landing_page_to_a_collection(browser):
    browser.open()
    shown = wait(browser, ".catalogs .card-title", len(catalogue.TITLES))
    assert sorted(shown) == sorted(catalogue.TITLES.values())
    browser.page.get_by_role("link", name=catalogue.TITLES["radar"]).first.click()
    browser.page.wait_for_url("**/collections/radar*")
    wait(browser, CARDS, 10)
    assert browser.texts(".items header .badge") == [str(len(catalogue.ITEMS["radar"]))]


def test_page_by_page(browser):
    browser.open("collections/optical")
    seen = []
    for _ in range(3):
        titles = wait(browser, CARDS, 10)
        seen += titles
        with browser.page.expect_response(lambda answer: "token=" in answer.url):
            browser.page.locator(".items button", has_text="Next").first.click()
        # Until the others are there.
        browser.page.wait_for_function(
            "([selector, old]) => ![...document.querySelectorAll(selector)].some(card => old.includes(card.innerText.trim()))",
            arg=[CARDS, titles],
        )
    latest = sorted(TITLES, key=lambda title: TITLES[title].datetime)[-30:]
    assert sorted(seen) == sorted(latest)


def test_an_item(browser):
    item = catalogue.ITEMS["optical"][3]
    browser.open(f"collections/optical/items/{item.id}")
    browser.page.get_by_role("heading", name=item.properties["title"]).wait_for()
    browser.page.get_by_text("Cloud Cover").wait_for()
    browser.page.get_by_text("Reflectance").first.wait_for()
    text = browser.page.inner_text("main").replace("\N{NO-BREAK SPACE}", " ")
    for shown in ("Reflectance", "Mask", item.properties["platform"], f"{item.properties['eo:cloud_cover']} %"):
        assert shown in text, text
    assert catalogue.TITLES["optical"] in text


def test_search(browser):
    browser.open("search")
    page = browser.page
    page.get_by_role("tab", name="Search for Items").click()
    pane = page.locator(".tab-pane.active")
    pane.locator(".filter-collection .multiselect").click()
    pane.locator(".filter-collection .multiselect__option", has_text=catalogue.TITLES["optical"]).first.click()
    page.keyboard.press("Escape")
    pane.locator(".limit input").fill("100")
    pane.locator(".limit input").press("Tab")
    chosen = list(TITLES)
    if pane.locator(".additional-filters").count():
        pane.locator(".queryables button").first.click()
        pane.locator(".queryables .dropdown-item", has=page.locator(".badge", has_text=re.compile("^eo:cloud_cover$"))).click()
        operator = pane.locator(".queryable-row .op")
        operator.locator("button.dropdown-toggle").click()
        operator.locator(".dropdown-item", has=page.locator(".badge", has_text=re.compile("^<$"))).click()
        pane.locator(".queryable-row input.value").fill("20")
        chosen = [title for title, item in TITLES.items() if item.properties["eo:cloud_cover"] < 20]
    answer = submit(browser)
    assert answer["numberMatched"] == len(chosen) > 0
    shown = wait(browser, CARDS, min(100, len(chosen)))
    assert set(shown) <= set(chosen) and len(set(shown)) == min(100, len(chosen))
