"""The form of a check in real Chromium: it says what it understood as one types; by keyboard alone, without script."""

import re

import pytest

pytest.importorskip("playwright", reason="playwright is not installed: pip install '.[dev]'")

from playwright.sync_api import Page, expect

from chalicelib import runtime
from chalicelib.domain.check import Check
from chalicelib.domain.schedule.occurrences import Cron
from chalicelib.store import batch_get
from tests.browser import story
from tests.browser.conftest import Opened
from tests.browser.looks import MIDDLE, NARROW, WIDE, open_all, serious, too_wide, troubles
from tests.browser.still import Site
from tests.browser.test_overview import NASTY
from tests.builders import minutes


def the_check(name: str) -> Check:
    tables = runtime.wiring().ports.tables
    found = batch_get.checks(tables, batch_get.codes(tables, "default"), sleep=lambda _: None)
    [check] = [each for each in found if each.config.name == name]
    return check


def at_set_times(page: Page, schedule: str) -> None:
    page.get_by_label("At set times").check()
    page.get_by_label("Schedule", exact=True).fill(schedule)


def test_the_form_is_accessible_and_fits(opened: Opened, site: Site) -> None:
    site.show(story.night()[:3])
    page = opened("/new")
    page.get_by_label("Slug").fill("Not A Slug")
    page.get_by_label("Every channel").uncheck()
    at_set_times(page, "30 2 * * *\nMon..Fri 12:00")
    page.get_by_role("button", name="Create check").click()
    expect(page).to_have_title("Error: New check · Overdue")
    assert troubles(page) == []
    page.get_by_label("Overdue asks a URL").check()
    open_all(page)
    assert serious(page) == []  # in one theme: its fields are of the same kinds
    assert too_wide(page, WIDE, MIDDLE, NARROW) == []


def test_it_says_what_it_understood_as_one_types(opened: Opened, site: Site) -> None:
    site.show(story.night()[:1])
    page = opened("/new")
    page.get_by_label("Name").press_sequentially("Nightly ledger export")
    page.get_by_label("At set times").check()
    page.get_by_label("Schedule", exact=True).press_sequentially("30 2 * *")
    box, short = page.get_by_role("status"), page.get_by_role("complementary")
    expect(box).to_contain_text("cron has five words on one line")
    expect(page.get_by_label("Schedule", exact=True)).to_have_attribute("aria-invalid", "true")
    expect(short).to_contain_text("is due at times that are not understood yet")
    page.get_by_label("Schedule", exact=True).press_sequentially(" *")
    expect(box).to_contain_text("Every day at 02:30, Europe/Berlin")
    expect(box.get_by_role("listitem")).to_have_count(5)
    expect(box.get_by_role("listitem").first).to_contain_text("Sun 25 Oct 02:30")
    expect(box.get_by_role("listitem").first).to_contain_text("02:30 comes twice. Expected once, at the first.")
    expect(short).to_contain_text("Nightly ledger export is due every day at 02:30, Europe/Berlin.")
    expect(page.get_by_label("Schedule", exact=True)).to_be_focused()
    page.get_by_label("Time zone").select_option("America/New_York")
    expect(box).to_contain_text("Every day at 02:30, America/New_York")
    page.get_by_label("Every so often").check()
    expect(box).to_be_hidden()
    expect(short).to_contain_text("is due every day, counted from its last success")
    assert page.get_by_role("button", name="Check", exact=True).count() == 0


def test_a_check_is_made_by_keyboard_alone(opened: Opened, site: Site) -> None:
    site.show(story.night()[:1])
    page = opened()
    page.get_by_role("link", name="New check").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("New check")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # skip to content
    for key in ("Tab", "Tab"):
        page.keyboard.press(key)
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type("By keyboard")
    for _ in range(4):  # slug, tags, how it is known, kind of schedule
        page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Schedule", exact=True)).to_be_focused()
    page.keyboard.type("15 4 * * 1")
    for _ in range(2):  # zone, grace
        page.keyboard.press("Tab")
    page.keyboard.type("20")
    page.keyboard.press("Tab")
    page.keyboard.type("min")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/checks/by-keyboard"))
    config = the_check("By keyboard").config
    assert (config.schedule, config.grace) == (Cron("15 4 * * 1", story.ZONE), minutes(20))


def test_an_edit_shows_what_is_there_and_keeps_what_was_typed(opened: Opened, site: Site) -> None:
    site.show(story.night()[:3])
    page = opened("/checks/search-reindex/edit")
    expect(page.get_by_label("Schedule", exact=True)).to_have_value("30 2,8,14,20 * * *")
    expect(page.get_by_label("and at most")).to_have_value("90")
    page.get_by_label("Tags").fill("prod typed")
    page.get_by_label("Grace", exact=True).fill("0")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was saved. Look again at: Grace.")
    expect(page.get_by_label("Tags")).to_have_value("prod typed")
    page.get_by_role("link", name="Grace").click()
    expect(page.get_by_label("Grace", exact=True)).to_be_focused()
    page.get_by_label("Grace", exact=True).fill("31")
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_url(re.compile("/checks/search-reindex(#grace)?$"))
    config = the_check("search-reindex").config
    assert (config.tags, config.grace, config.max_runtime) == ("prod typed", minutes(31), minutes(90))


def test_without_a_script_a_button_says_the_same(opened: Opened, site: Site) -> None:
    site.show(story.night()[:1])
    browser = opened().context.browser
    assert browser is not None
    with browser.new_context(java_script_enabled=False, timezone_id=story.ZONE) as context:
        page = context.new_page()
        page.goto(site.link())
        page.get_by_role("button", name="Sign in").click()
        page.goto(f"{site.base}/new")
        at_set_times(page, "30 2 * * *")
        page.get_by_role("button", name="Check", exact=True).click()
        expect(page.get_by_role("status")).to_contain_text("Every day at 02:30, Europe/Berlin")
        expect(page.get_by_role("alert")).to_contain_text("Nothing was saved yet. Look again at: Name.")
        page.get_by_label("Name").fill("Without a script")
        page.get_by_role("button", name="Create check").click()
        expect(page).to_have_url(f"{site.base}/checks/without-a-script")
    assert the_check("Without a script").config.schedule == Cron("30 2 * * *", story.ZONE)


def test_what_is_typed_does_nothing_in_the_browser(opened: Opened, site: Site) -> None:
    site.show(story.night()[:1])
    page = opened("/new")
    page.get_by_label("Name").fill(NASTY)
    expect(page.get_by_role("complementary")).to_contain_text(NASTY)
    page.get_by_label("Overdue asks a URL").check()
    page.get_by_label("URL", exact=True).fill(NASTY)
    page.get_by_role("button", name="Create check").click()
    expect(page).to_have_title("Error: New check · Overdue")
    assert page.locator("img, form script").count() == 0
