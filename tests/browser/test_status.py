"""The public status page in real Chromium: at each width, in both themes, with no session at all."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

pytest.importorskip("playwright", reason="playwright is not installed: pip install '.[dev]'")

from playwright.sync_api import Browser, expect

from chalicelib import runtime
from chalicelib.domain.alerts import Reason
from chalicelib.domain.check import Flip, Status
from chalicelib.store import history
from chalicelib.store.registry.status_pages import StatusPage, add_status_page, remove_status_page
from tests.browser import story
from tests.browser.looks import troubles
from tests.browser.still import Site


@pytest.fixture(scope="module")
def published(site: Site) -> Iterator[str]:
    """The address of a page with each kind of state, and with outages."""
    night = [each for each in story.night() if "prod" in each.config.tags or each.status is Status.NEW]
    site.show([replace(each, config=replace(each.config, tags="prod")) for each in night])
    down = Flip(number=1, at=story.at("04:00"), old=Status.UP, new=Status.DOWN, reason=Reason.OVERRUN)
    history.put_record(runtime.wiring().ports.tables, night[1], down)
    add_status_page(StatusPage(name="shop", title="Example Shop", project="default", tags=("prod",)), now=story.NOW)
    yield f"{site.base}/status/shop"
    remove_status_page("shop")


def test_the_page_is_accessible_and_fits(chromium: Browser, published: str) -> None:
    with chromium.new_context() as context:
        page = context.new_page()
        for path in (published, f"{published}-none"):
            page.goto(path)
            assert (path, troubles(page)) == (path, [])


def test_anybody_reads_what_is_the_matter_and_since_when(chromium: Browser, published: str) -> None:
    with chromium.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(published)
        expect(page.get_by_role("heading", level=1)).to_have_text("4 systems are down")
        expect(page).to_have_title("Example Shop: 5 of 8 systems have trouble")
        system = page.get_by_role("listitem").filter(has_text="search-reindex")
        expect(system).to_contain_text("down")
        expect(system.get_by_role("img")).to_have_accessible_name("search-reindex, last 90 days: 1 day with an outage")
        expect(page.get_by_role("article").filter(has_text="search-reindex")).to_contain_text("1 h 12 min so far")
        assert page.get_by_role("link", name="sign").count() == 0
