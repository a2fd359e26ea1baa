"""One check's life as people live it: the real server on a fast clock, the real command, a real browser, a real curl.

What else the pages do stands in the other tests of this folder, on a clock that stands still.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="playwright is not installed: pip install '.[dev]'")

from playwright.sync_api import Browser, Dialog, Page, expect

from tests.e2e.service import OVERDUE, Service, done, service

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")

MOST_MS = 40_000
MOST_TABS = 80
FOCUSED = """() => {
  const at = document.activeElement;
  return (at.labels?.[0] ?? at).innerText.trim();
}"""
NASTY = '"><script>document.title="owned"</script><img src=/static/x onerror=alert(1)>'


@pytest.fixture(scope="module")
def local(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A minute of it passes in a second, and its pages refresh in each. Not started where there is no `chromium`."""
    del chromium
    with service(tmp_path_factory.mktemp("story"), "--speed", "60") as running:
        yield running


@dataclass
class Reader:
    """A page, with all that a script would have had to do to be noticed."""

    page: Page
    dialogs: list[str]
    complaints: list[str]

    def refuse(self, dialog: Dialog) -> None:
        """Nothing of ours opens one, and one that stays open would stop all."""
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def watch(self, said: str, *, where: str = "h1") -> None:
        """Look on until the page says so there, by its own refresh."""
        expect(self.page.locator(where)).to_contain_text(said, timeout=MOST_MS)


@contextmanager
def signed_in(chromium: Browser, link: str) -> Iterator[Reader]:
    """By a link, with nothing but the keyboard."""
    with chromium.new_context(viewport={"width": 1440, "height": 900}) as context:
        page = context.new_page()
        reader = Reader(page, [], [])
        page.on("dialog", reader.refuse)
        page.on("pageerror", lambda error: reader.complaints.append(str(error)))
        page.goto(link)
        tab_to(page, "Sign in")
        page.keyboard.press("Enter")
        expect(page.get_by_role("contentinfo")).to_contain_text("Signed in to read and write")
        yield reader
        assert (reader.dialogs, reader.complaints) == ([], [])


@pytest.fixture(scope="module")
def reader(chromium: Browser, local: Service) -> Iterator[Reader]:
    """Signed in by the link that `overdue open` makes."""
    with signed_in(chromium, done([OVERDUE, "open", "--print", "--for", "30d"], cwd=local.directory)) as reader:
        yield reader


def tab_to(page: Page, name: str) -> None:
    """Where the Tab key leads to, sooner or later: something that says so, or is labelled so."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED) == name:
            return
    raise AssertionError(f"no Tab leads to {name}")


def curl(url: str, *arguments: str) -> None:
    assert done(["curl", "-fsS", "-m", "20", "--noproxy", "*", *arguments, url]) == "OK"


def ping_url(page: Page) -> str:
    return page.locator("#ping").inner_text()


def test_a_check_lives_as_its_pages_show(reader: Reader, local: Service) -> None:
    page = reader.page
    page.goto(local.url("/"))
    page.get_by_role("link", name="New check").click()
    page.get_by_label("Name").fill("Ledger export")
    page.get_by_label("Tags").fill("finance")
    page.get_by_label("One success every").fill("6")
    page.get_by_label("Unit of the period").select_option("minutes")
    page.get_by_label("Grace", exact=True).fill("6")
    page.get_by_label("Unit of the grace").select_option("minutes")
    page.get_by_role("button", name="Create check").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ledger export is new")
    url = ping_url(page)

    curl(url)
    reader.watch("Ledger export is up")
    reader.watch("Ledger export is late")
    reader.watch("Ledger export is down: missed")
    reader.watch("inbox was notified at", where=".facts")
    page.goto(local.url("/"))
    row = page.get_by_role("row").filter(has_text="Ledger export")
    expect(row).to_contain_text("missed · expected")
    expect(page).to_have_title("(1 down) Checks · Overdue")

    row.get_by_role("link").click()
    page.get_by_role("button", name="Snooze", exact=True).click()
    expect(page.locator(".facts")).to_contain_text("Snoozed until")
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_label("Name").fill("Ledger, nightly")
    page.get_by_label("One success every").fill("8")
    page.get_by_label("Unit of the period").select_option("days")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ledger, nightly is down: missed")
    curl(url)
    reader.watch("Ledger, nightly is up")
    expect(page.get_by_role("region", name="Changes of status").locator(".what").first).to_have_text("up")

    page.get_by_text("Delete this check…").click()
    page.get_by_label("to confirm").fill("ledger-export")
    page.get_by_role("button", name="Delete it").click()
    page.wait_for_url(local.url("/"))
    assert page.get_by_role("link", name="Ledger, nightly").count() == 0
    assert "404" in done(["curl", "-sS", "--noproxy", "*", "-o", "/dev/null", "-w", "%{http_code}", url])


def test_what_jobs_and_people_write_stays_text(reader: Reader, local: Service, tmp_path: Path) -> None:
    page = reader.page
    page.goto(local.url("/new"))
    page.get_by_label("Name").fill(NASTY)
    page.get_by_label("Slug").fill("nasty")
    page.get_by_label("Tags").fill(f"{NASTY.replace(' ', '')} javascript:alert(1)")
    page.get_by_role("button", name="Create check").click()
    body = tmp_path / "body"
    body.write_text(f"{NASTY}\n</pre></details></script>{NASTY}")
    curl(f"{ping_url(page)}/3", "-A", NASTY, "--data-binary", f"@{body}")
    reader.watch(f"{NASTY} is down: failed")
    for path in ("/", "/checks/nasty", "/checks/nasty?show=pings", "/checks/nasty/edit", "/inbox"):
        page.goto(local.url(path))
        for details in page.locator("details").all():
            details.evaluate("each => each.open = true")
        assert NASTY in page.locator("main").inner_text() or page.get_by_label("Name").input_value() == NASTY
        assert page.locator("main img, main script").count() == 0
        assert page.title() != "owned"
    page.goto(local.url("/checks/nasty?show=pings"))
    history = page.get_by_role("region", name="History")
    expect(history).to_contain_text(NASTY)
    expect(history.get_by_role("group").first).to_contain_text("</pre></details></script>")


def test_it_all_can_be_done_by_keyboard_alone(chromium: Browser, local: Service) -> None:
    """From the link that `make run` prints to the end of a check."""
    with signed_in(chromium, local.ready["open"]) as reader:
        page, keyboard = reader.page, reader.page.keyboard
        tab_to(page, "New check")
        keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("New check")
        tab_to(page, "Name")
        keyboard.type("By keyboard")
        keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("By keyboard is new")
        curl(ping_url(page))
        reader.watch("By keyboard is up")
        for first, then, heading in (("Pause…", "Pause it", "is paused"), ("Resume…", "Resume it", "is new")):
            tab_to(page, first)
            keyboard.press("Enter")
            tab_to(page, then)
            keyboard.press("Enter")
            expect(page.get_by_role("heading", level=1)).to_have_text(f"By keyboard {heading}")
        tab_to(page, "Edit")
        keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Edit By keyboard")
        tab_to(page, "Tags")
        keyboard.type("home")
        keyboard.press("Enter")
        expect(page.get_by_role("link", name="home")).to_be_visible()
        tab_to(page, "Delete this check…")
        keyboard.press("Enter")
        tab_to(page, "Type by-keyboard to confirm")
        keyboard.type("by-keyboard")
        keyboard.press("Enter")
        page.wait_for_url(local.url("/"))
        assert page.get_by_role("link", name="By keyboard").count() == 0
