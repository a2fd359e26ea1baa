"""Real headless Chromium before a real server, at one night's instant. Skipped where there is no Chromium."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any, cast

import pytest

pytest.importorskip("playwright", reason="playwright is not installed: pip install '.[dev]'")

from playwright.sync_api import Browser, ConsoleMessage, Page, Response, sync_playwright

import app
from chalicelib.domain.alerts import Reason
from chalicelib.domain.check import Check, Flip, Status
from chalicelib.store import checks, history, listing
from chalicelib.web.pages.sessions import Signer, new_link
from overdue.local import run
from overdue.local.clock import Clock
from tests.browser import story
from tests.builders import hours

CHROMIUM = Path("/usr/bin/chromium")


class StillClock:
    """It is always that instant. Whoever waits, waits until the end."""

    speed = 1.0

    def now(self) -> Any:
        return story.NOW

    def epoch_ms(self) -> int:
        return round(story.NOW.timestamp() * 1000)

    def sleep(self, _: float, stop: Event) -> bool:
        return stop.wait()


@dataclass
class Site:
    """The pages of a local server, whose checks a test chooses."""

    base: str

    def show(self, wanted: Sequence[Check]) -> None:
        """Let there be these checks, and no others."""
        tables = app.wiring().ports.tables
        for code in listing.codes(tables, "default"):
            checks.delete(tables, code, project="default")
        for check in wanted:
            checks.create(tables, check)
            if check.config.name == "fx-rates":
                down = Flip(number=3, at=story.at("03:58"), old=Status.UP, new=Status.DOWN, reason=Reason.FAILED)
                up = Flip(number=4, at=story.at("04:36"), old=Status.DOWN, new=Status.UP, reason=None)
                for flip in (down, up):
                    history.put_record(tables, check, flip)

    def link(self, *, may_write: bool = True) -> str:
        """A fresh link that signs in."""
        secret = app.wiring().session_secret.current(now=story.NOW)
        assert secret is not None
        link = new_link(project="default", may_write=may_write, now=story.NOW, session_lasts=hours(8))
        return f"{self.base}/signin/{Signer(secret).link(link)}"


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """Of a module, since it takes over this process's environment: what other folders' tests need of it is put back."""
    before = dict(os.environ)
    os.environ["OVERDUE_TZ"] = story.ZONE
    clock = cast("Clock", StillClock())
    try:
        with run.running(port=0, clock=clock, dynamodb_url=None, on_alert=lambda _: None) as ready:
            yield Site(ready.base)
    finally:
        os.environ.clear()
        os.environ.update(before)
        app.wiring.cache_clear()


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


@pytest.fixture
def opened(chromium: Browser, site: Site) -> Iterator[Opened]:
    """A signed-in page of a width, light or dark; what the browser complained of fails the test."""
    contexts, complaints = [], list[str]()

    def signed_in(*, width: int = 1440, dark: bool = False, may_write: bool = True) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light", timezone_id=story.ZONE
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if _is_complaint(said) else None)
        page.on("response", lambda answer: complaints.append(answer.url) if _is_missing(answer) else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(site.link(may_write=may_write))
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{site.base}/")
        return page

    yield signed_in
    for context in contexts:
        context.close()
    assert complaints == []
