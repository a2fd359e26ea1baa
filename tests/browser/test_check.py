"""A check's page in real Chromium: at each width, in both themes; its forms by keyboard; nothing stored acts on it."""

from dataclasses import replace

import pytest

pytest.importorskip("playwright", reason="playwright is not installed: pip install '.[dev]'")

from playwright.sync_api import Page, expect

from chalicelib import runtime
from chalicelib.domain.check import Check, Run
from chalicelib.domain.ping import Signal
from chalicelib.domain.sources.probe import Probe
from tests.browser import past
from tests.browser.conftest import Opened
from tests.browser.looks import NARROW, open_all, serious, too_wide, troubles
from tests.browser.still import Site
from tests.browser.story import around, at, recent
from tests.builders import minutes

NIGHT = past.NIGHT


def probed() -> Check:
    check = NIGHT["api.example.com/health"]
    probe = Probe(url="https://api.example.com/health", expect_text='"status":"ok"')
    return replace(check, config=replace(check.config, probe=probe), recent=recent(around(0.142)))


def _unknown(check: Check) -> Check:
    return replace(check, config=replace(check.config, grace=minutes(5)), blind_since=at("05:00"))


STATES: dict[str, Check] = {
    "down": past.reindex(),
    "late": NIGHT["thumbnail-sweeper"],
    "running": NIGHT["warehouse-sync"],
    "paused": NIGHT["legacy-ftp-import"],
    "new": NIGHT["gdpr-purge"],
    "probe": probed(),
    "stalled": NIGHT["orders-consumer"],
    "unknown": _unknown(NIGHT["thumbnail-sweeper"]),
    "quiet": replace(
        NIGHT["invoice-mailer"],
        snoozed_until=at("09:00"),
        acknowledged_at=at("04:50"),
        acknowledged_by="the dashboard",
    ),
}


def path(check: Check) -> str:
    return f"/checks/{check.config.slug}"


def test_the_page_is_accessible_and_fits(opened: Opened, site: Site) -> None:
    past.show(site, STATES["down"])
    page = opened(f"{path(STATES['down'])}?refresh=off")
    assert troubles(page) == []


def test_the_page_of_each_state_is_accessible_and_fits(opened: Opened, site: Site) -> None:
    """On a phone: their pages are of the same parts, in the same colours, as that of one which is down."""
    page = opened()
    for name, check in STATES.items():
        if name == "down":
            continue
        past.show(site, check)
        page.goto(f"{site.base}{path(check)}?refresh=off")  # or it would look for one that the next has replaced
        assert (name, too_wide(page, NARROW)) == (name, [])
        open_all(page)
        assert (name, too_wide(page, NARROW), serious(page, at=NARROW)) == (name, [], [])


def test_the_page_reads_as_it_was_designed(opened: Opened, site: Site) -> None:
    past.show(site, STATES["down"])
    page = opened()
    page.get_by_role("link", name="search-reindex").first.click()
    expect(page).to_have_title("search-reindex is down: overrun · Overdue")
    expect(page.get_by_role("heading", level=1)).to_have_text("search-reindex is down: overrun")
    expect(page.locator(".lead")).to_have_text(
        "The run that started at 02:30 has been running for 2 h 42 min, beyond its limit of 1 h 30 min. "
        "It usually takes 47 to 55 min."
    )
    expect(page.locator(".facts")).to_contain_text("ops-email and oncall-sms were notified at 04:00:01.")
    title = page.locator(".timeline title").first
    expect(title).to_contain_text("Usual 47 to 55 min, limit 1 h 30 min. Not good: failed Tue 13 Oct 14:30")
    expect(page.get_by_role("region", name="Open runs").get_by_role("row")).to_have_count(3)
    expect(page.get_by_role("region", name="Down per month")).to_contain_text("October, so far")
    history = page.get_by_role("region", name="History")
    history.get_by_role("link", name="Older").click()
    expect(history.get_by_role("link", name="Newest")).to_be_visible()
    history.get_by_role("link", name="only what went wrong").click()
    expect(history.locator(".what")).to_have_text(
        ["overrun", "too short", "missed", "failed, exit status 137"], use_inner_text=True
    )


def test_on_paper_nothing_asks_to_be_pressed(opened: Opened, site: Site) -> None:
    past.show(site, STATES["down"])
    page = opened(f"{path(STATES['down'])}?refresh=off")
    page.emulate_media(media="print")
    for what in ("button", "[href$='/edit']", "summary.button"):
        assert [each.inner_text() for each in page.locator(what).all() if each.is_visible()] == []
    expect(page.get_by_role("region", name="History").get_by_role("link", name="every ping")).to_be_visible()


def test_an_output_opens_and_the_page_still_looks_for_news_elsewhere(opened: Opened, site: Site) -> None:
    past.show(site, STATES["down"])
    page = opened(path(STATES["down"]))
    page.locator("summary", has_text='<lock age="1 s" owner="compactor">').click()
    output = page.get_by_role("group", name="Output of ping #111")
    expect(output).to_contain_text("02:39:50  log    shard 5/12 done, 1,802,114 documents")
    changed = replace(STATES["down"], acknowledged_at=at("05:10"), acknowledged_by="the dashboard")
    past.show(site, changed)
    page.evaluate("void refresh()")
    expect(page.locator(".facts")).to_contain_text("Acknowledged 2 min ago by the dashboard.")
    expect(output).to_be_visible()


def test_a_check_that_somebody_else_has_deleted_is_said_to_be_gone(opened: Opened, site: Site) -> None:
    past.show(site, STATES["late"])
    page = opened(path(STATES["late"]))
    site.show([])
    page.evaluate("fetch = async () => new Response(null, {status: 404}); void refresh()")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing here")


def test_a_refresh_calls_nobody_back_who_is_leaving(opened: Opened, site: Site) -> None:
    past.show(site, STATES["late"])
    page = opened(path(STATES["late"]))
    site.show([])
    page.evaluate("window.stays = true")
    page.evaluate(
        """fetch = async () => {
          dispatchEvent(new Event("beforeunload"));
          return new Response(null, {status: 404});
        }; refresh()"""
    )
    assert page.evaluate("window.stays") is True


def test_a_refresh_leaves_the_focus_on_a_button(opened: Opened, site: Site) -> None:
    past.show(site, STATES["down"])
    page = opened(path(STATES["down"]))
    page.get_by_role("button", name="Snooze", exact=True).focus()
    past.show(site, replace(STATES["down"], snoozed_until=at("09:00")))
    page.evaluate("void refresh()")
    expect(page.locator(".facts")).to_contain_text("Snoozed until 09:00")
    expect(page.get_by_role("button", name="Snooze", exact=True)).to_be_focused()


def press(page: Page, name: str) -> None:
    """A button or what unfolds one, by keyboard."""
    page.locator("button, summary", has_text=name).first.focus()
    page.keyboard.press("Enter")


def test_all_it_can_do_can_be_done_by_keyboard(opened: Opened, site: Site) -> None:
    check = STATES["down"]
    past.show(site, check)
    page = opened(path(check))
    press(page, "Acknowledge")
    expect(page.locator(".facts")).to_contain_text("Acknowledged 0 s ago by the dashboard.")
    page.get_by_label("How long to snooze alerts").focus()
    page.keyboard.press("ArrowDown")
    press(page, "Snooze")
    expect(page.locator(".facts")).to_contain_text("Snoozed until 09:12")
    press(page, "End the snooze")
    expect(page.locator(".facts")).not_to_contain_text("Snoozed")
    press(page, "Pause…")
    press(page, "Pause it")
    expect(page.get_by_role("heading", level=1)).to_have_text("search-reindex is paused")
    press(page, "Resume…")
    press(page, "Resume it")
    expect(page.get_by_role("heading", level=1)).to_have_text("search-reindex is new")
    press(page, "Delete this check…")
    page.get_by_label("to confirm").focus()
    page.keyboard.type("search-reindex")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing is watched yet")


def test_a_snippet_is_chosen_by_arrow_and_copied(opened: Opened, site: Site) -> None:
    past.show(site, STATES["late"])
    page = opened()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(site.base + path(STATES["late"]))
    page.get_by_label("bash", exact=True).focus()
    page.keyboard.press("ArrowRight")
    panel = page.get_by_role("group", name="cron snippet")
    expect(panel).to_be_visible()
    expect(panel).to_contain_text(f"{site.base}/ping/{STATES['late'].code}")
    panel.locator("..").get_by_role("button", name="Copy").click()
    expect(panel.locator("..").get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == panel.inner_text()


def test_who_may_only_look_sees_no_form_and_no_address(opened: Opened, site: Site) -> None:
    past.show(site, STATES["down"])
    page = opened(path(STATES["down"]), may_write=False)
    assert page.locator("main form, main button:visible").count() == 0
    assert "/ping/" not in page.content()
    expect(page.locator(".facts")).to_contain_text("2 channels were notified")


NASTY = '"><script>document.title="owned"</script><img src=/static/x onerror=alert(1)>'


def test_what_is_stored_does_nothing_in_the_browser(opened: Opened, site: Site) -> None:
    check = STATES["late"]
    config = replace(check.config, name=NASTY, tags=f"{NASTY.replace(' ', '')} javascript:alert(1)", desc=NASTY)
    site.show([replace(check, config=config, runs=(Run(rid="", at=at("05:10"), log=NASTY),))])
    writer = past.Writer(runtime.wiring().ports.tables, check)
    writer.ping(Signal.FAIL, at("05:01"), body=NASTY.encode(), ua=NASTY, rid=NASTY)
    page = opened()
    dialogs = list[str]()
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    for show_as in ("runs", "pings"):
        page.goto(f"{site.base}{path(check)}?show={show_as}")
        open_all(page)
        expect(page.get_by_role("heading", level=1)).to_contain_text("<script>")
        assert page.title() != "owned"
        assert page.locator("main img, main script").count() == 0
    assert dialogs == []
