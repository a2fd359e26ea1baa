"""Real headless Chromium before a real server, at one night's instant. Skipped where there is no Chromium."""

from collections.abc import Callable, Iterator
from functools import cache

import pytest

pytest.importorskip("playwright", reason="playwright is not installed: pip install '.[dev]'")

from playwright.sync_api import Browser, ConsoleMessage, Page, Response, StorageState, sync_playwright

from tests.browser import story
from tests.browser.looks import HEIGHT, WIDE
from tests.browser.still import CHROMIUM, Site, standing_still


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """Of a module, since it takes over this process's environment: other folders' tests need that as it was."""
    with standing_still() as site:
        yield site


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"there is no {CHROMIUM}: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


Opened = Callable[..., Page]


def _is_complaint(said: ConsoleMessage) -> bool:
    """A page that is refused on purpose is logged as a resource, too: `_is_missing` tells those apart."""
    return said.type == "error" and not said.text.startswith("Failed to load resource")


def _is_missing(answer: Response) -> bool:
    return answer.status >= 400 and answer.request.resource_type != "document"


SignIn = Callable[[bool], StorageState]


@pytest.fixture(scope="module")
def sign_in(chromium: Browser, site: Site) -> SignIn:
    """Sign in by a new link, as somebody who may write or may not; return the cookies."""

    def signed_in(may_write: bool) -> StorageState:
        with chromium.new_context() as context:
            page = context.new_page()
            page.goto(site.link(may_write=may_write))
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url(f"{site.base}/")
            return context.storage_state()

    return signed_in


@pytest.fixture(scope="module")
def session(sign_in: SignIn) -> SignIn:
    """The same, once for each role: a test that signs out needs a session of its own."""
    return cache(sign_in)


@pytest.fixture
def opened(chromium: Browser, site: Site, session: SignIn, sign_in: SignIn) -> Iterator[Opened]:
    """A signed-in page in a browser context of its own; complaints in its console fail the test."""
    contexts, complaints = [], list[str]()

    def signed_in(path: str = "/", *, may_write: bool = True, own_session: bool = False) -> Page:
        cookies = sign_in(may_write) if own_session else session(may_write)
        context = chromium.new_context(
            viewport={"width": WIDE, "height": HEIGHT}, timezone_id=story.ZONE, storage_state=cookies
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if _is_complaint(said) else None)
        page.on("response", lambda answer: complaints.append(answer.url) if _is_missing(answer) else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(site.base + path)
        return page

    yield signed_in
    for context in contexts:
        context.close()
    assert complaints == []
