"""The local server's inbox in real Chromium: at each width, in both themes; made anew while one reads."""

import json

import pytest

pytest.importorskip("playwright", reason="playwright is not installed: pip install '.[dev]'")

from playwright.sync_api import Page, expect

from tests.browser.conftest import Opened
from tests.browser.looks import troubles
from tests.browser.still import Site


def deliver(page: Page, site: Site, name: str, sent_at: str) -> None:
    message = {
        "version": 1,
        "id": name,
        "kind": "down",
        "sent_at": sent_at,
        "channels": ["inbox"],
        "subject": f"DOWN {name}",
        "text": f"{name} is down: missed.\n\nNo success arrived by 02:30.",
        "sms": f"DOWN {name}",
    }
    envelope = {"Type": "Notification", "MessageId": "m", "Message": json.dumps(message)}
    assert page.request.post(f"{site.base}/inbox/deliver", data=json.dumps(envelope)).ok


def test_the_inbox_is_accessible_and_fits_and_what_one_reads_stays_as_it_is(opened: Opened, site: Site) -> None:
    page = opened("/inbox")
    sent = {"a": "2026-10-23T20:00:00Z", "b": "2026-10-24T01:00:00Z", "x" * 90: "2026-10-24T02:00:00Z"}
    for name, sent_at in sent.items():
        deliver(page, site, name, sent_at)
    page.evaluate("void refresh()")
    expect(page.locator("details")).to_have_count(3)
    assert troubles(page) == []

    page.reload()
    newest, first = page.locator("details").first, page.locator("details").last
    expect(newest).to_have_attribute("open", "")
    newest.locator("summary").click()
    first.locator("summary").click()
    deliver(page, site, "c", "2026-10-24T02:30:00Z")
    page.evaluate("void refresh()")
    expect(page.locator("details")).to_have_count(4)
    are_open = page.eval_on_selector_all("details", "all => all.map((each) => each.open)")
    assert are_open == [True, False, False, True]
    expect(page).to_have_title("(4) Alerts · Overdue")
