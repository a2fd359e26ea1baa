"""The overview in real Chromium: at each width, in both themes, with no and many checks; by keyboard; refreshed."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

pytest.importorskip("playwright", reason="playwright is not installed: pip install '.[dev]'")

from playwright.sync_api import expect

from chalicelib.domain.check import Check, Status
from tests.browser import story
from tests.browser.conftest import Opened
from tests.browser.looks import MIDDLE, NARROW, WIDE, too_wide, troubles
from tests.browser.still import Site

CHECKS: dict[str, Callable[[], list[Check]]] = {
    "0": list,
    "first": lambda: [story.check("first-check", "", Status.NEW, n_pings=0, since=None)],
    "3": lambda: [each for each in story.night() if each.config.tags == "infra" or each.config.name == "fx-rates"],
    "night": story.night,
}


def test_the_page_is_accessible_and_fits(opened: Opened, site: Site) -> None:
    page = opened()
    for name, checks in CHECKS.items():
        site.show(checks())
        page.goto(site.base)
        assert (name, troubles(page)) == (name, [])


def test_the_page_that_signs_in_is_accessible_and_fits(opened: Opened, site: Site) -> None:
    page = opened()
    for address in (site.link(), f"{site.base}/signin/old"):
        page.goto(address)
        assert (address, troubles(page)) == (address, [])
    expect(page.get_by_role("main")).to_contain_text("within 365 days of its making")  # its clock may run fast


def test_the_night_reads_as_it_was_designed(opened: Opened, site: Site) -> None:
    site.show(story.night())
    page = opened()
    expect(page.get_by_role("heading", level=1)).to_have_text("5 checks are down, 1 is late")
    expect(page).to_have_title("(5 down) Checks · Overdue")
    row = page.get_by_role("row").filter(has_text="postgres-backup")
    expect(row).to_contain_text("missed · expected 02:00, 3 h 12 min ago · it did not start either")
    expect(row.locator(".m .sr")).to_have_text("Down")
    assert page.get_by_role("img", name="Last 30 runs: 28 succeeded, 1 failed, 1 missed; last one missed").count() == 1
    expect(page.locator(".ribbon svg title")).to_contain_text("Ended: fx-rates, down from 03:58 to 04:36.")


def test_links_narrow_the_page_and_search_finds(opened: Opened, site: Site) -> None:
    site.show(story.night())
    page = opened()
    page.get_by_role("navigation", name="By status").get_by_role("link", name="Down 5").click()
    assert page.locator("tr.check").count() == 5
    page.get_by_role("navigation", name="By tag").get_by_role("link", name="finance 2").click()
    expect(page.locator("tr.check")).to_have_count(1)
    page.goto(site.base)
    page.keyboard.press("/")
    page.keyboard.type("newsletter")
    page.keyboard.press("Enter")
    expect(page.locator("tr.check th a")).to_have_text(["newsletter-digest"])


def test_it_can_be_used_by_keyboard_alone(opened: Opened, site: Site) -> None:
    site.show(story.night())
    page = opened(own_session=True)  # it signs out
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("postgres-backup")
    page.get_by_role("button", name="sign out").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("You are not signed in")


def test_a_refresh_changes_what_has_changed_and_nothing_else(opened: Opened, site: Site) -> None:
    up = [replace(each, reason=None, status=Status.UP) for each in story.night() if each.config.name == "log-rotate"]
    site.show([*up, story.night()[9]])
    page = opened()
    page.evaluate("document.querySelector('.finder').dataset.kept = 'yes'")
    page.get_by_role("link", name="log-rotate").last.focus()
    site.show([*up, story.night()[9], *story.night()[:1]])
    page.evaluate("void refresh()")
    expect(page).to_have_title("(1 down) Checks · Overdue")
    expect(page.get_by_role("heading", level=1)).to_have_text("1 check is down")
    expect(page.locator("link[rel=icon]")).to_have_attribute("href", re.compile("^/static/down.svg"))
    expect(page.locator(".finder")).to_have_attribute("data-kept", "yes")
    expect(page.locator(":focus")).to_have_text("log-rotate")


def test_a_refresh_waits_while_someone_types(opened: Opened, site: Site) -> None:
    site.show(story.night())
    page = opened()
    page.get_by_role("searchbox").fill("half a wo")
    site.show(story.night()[:3])
    page.evaluate("void refresh()")
    expect(page.get_by_role("heading", level=1)).to_have_text("3 checks are down")
    expect(page.get_by_role("searchbox")).to_have_value("half a wo")


def test_the_first_check_appears_once_it_was_pinged(opened: Opened, site: Site) -> None:
    site.show(CHECKS["first"]())
    page = opened()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing is watched yet")
    site.show(story.night()[9:10])
    page.evaluate("void refresh()")
    expect(page.get_by_role("heading", level=1)).to_have_text("The only check does its work")


def test_the_longest_names_and_tags_fit(opened: Opened, site: Site) -> None:
    failed = story.night()[2]
    config = replace(failed.config, name="n" * 100, slug="s" * 100, tags=f"{'t' * 300} prod")
    site.show([replace(failed, config=config)])
    page = opened()
    for path in ("/", f"/?tag={'t' * 300}", f"/checks/{'s' * 100}", f"/checks/{'s' * 100}/edit"):
        page.goto(site.base + path)
        assert (path, too_wide(page, NARROW, MIDDLE, WIDE)) == (path, [])


def test_who_may_only_look_sees_no_address_and_no_button(opened: Opened, site: Site) -> None:
    site.show(CHECKS["first"]())
    page = opened(may_write=False)
    assert "/ping/" not in page.get_by_role("region", name="The first check").inner_text()
    assert page.get_by_role("link", name="New check").count() == 0
    expect(page.get_by_role("contentinfo")).to_contain_text("to look only")


def test_without_script_nothing_is_offered_that_needs_one(site: Site, opened: Opened) -> None:
    site.show(CHECKS["first"]())
    browser = opened().context.browser
    assert browser is not None
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(site.link())
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Nothing is watched yet")
        assert page.get_by_role("button", name="Copy").count() == 0
        assert page.get_by_text("pause").count() == 0 or not page.get_by_text("pause").first.is_visible()


NASTY = '"><script>document.title="owned"</script><img src=/static/x onerror=alert(1)>'


def test_what_is_stored_does_nothing_in_the_browser(opened: Opened, site: Site) -> None:
    failed = story.night()[2]
    config = replace(failed.config, name=NASTY, tags=f"{NASTY.replace(' ', '')} javascript:alert(1)")
    site.show([replace(failed, config=config, last_output=NASTY), story.night()[0]])
    page = opened()
    dialogs = list[str]()
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    page.reload()
    expect(page).to_have_title("(2 down) Checks · Overdue")
    expect(page.get_by_role("link", name=NASTY).first).to_be_visible()
    assert page.locator("img, .check script").count() == 0
    assert dialogs == []


LIKE_THE_NIGHTS = "tr.check:nth-child(n+12)"  # of each group; axe-core takes 15 s for them all


def test_a_page_of_300_checks_is_accessible_and_fits(opened: Opened, site: Site) -> None:
    """The last: it takes seconds to delete them."""
    site.show(story.many(300))
    page = opened()
    assert page.locator(LIKE_THE_NIGHTS).count() > 150
    assert troubles(page, leaving_out=LIKE_THE_NIGHTS) == []
