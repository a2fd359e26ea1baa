"""The pictures of the documentation: each page of the night, light and dark, into docs/images.

They show the checks that the tests look at, at the same instant. No test compares them: fonts differ between machines.
Start at `main`: `make screenshots`.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from threading import Event
from typing import Literal, cast
from urllib.request import urlopen

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from chalicelib import runtime
from chalicelib.domain.alerts import Reason
from chalicelib.domain.check import Check, Status
from chalicelib.domain.rules.due import next_due
from chalicelib.services.liveness.self_ping import FrontDoor
from chalicelib.store.registry.status_pages import StatusPage, add_status_page
from chalicelib.sweep.loop import sweep
from overdue.local.clock import Clock
from overdue.local.run import Stopped, SweepClock
from tests.browser import past, story
from tests.browser.still import CHROMIUM, Site, StillClock, standing_still
from tests.builders import days, minutes

IMAGES = Path("docs/images")
WIDTH, HEIGHT, TALLEST = 1200, 600, 1600
COLOURS = 128
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
PUBLIC = "https://overdue.example.com"  # stands for this machine's address
AS_PUBLIC = """([here, there]) => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const hosts = [here, there].map((base) => base.replace(/^https?:\\/\\//, ""));
  while (texts.nextNode()) {
    texts.currentNode.data = texts.currentNode.data.replaceAll(here, there).replaceAll(...hosts);
  }
}"""


def main() -> None:
    """Take them all, in place of those before."""
    IMAGES.mkdir(exist_ok=True)
    with standing_still() as site, _signed_in(site) as page:
        for name, shown in PAGES.items():
            shown(page, site)
            page.evaluate(AS_PUBLIC, [site.base, PUBLIC])
            for theme in THEMES:
                page.emulate_media(color_scheme=theme)
                _taken(page, IMAGES / f"{name}-{theme}.png")


@contextmanager
def _signed_in(site: Site) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, timezone_id=story.ZONE)
        page.goto(site.link())
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{site.base}/")
        yield page
        browser.close()


def _taken(page: Page, path: Path) -> None:
    """As high as the page is, of a long one its top; in 128 colours, which is a third of the bytes."""
    height = min(cast("int", page.evaluate("document.documentElement.scrollHeight")), TALLEST)
    shot = page.screenshot(
        clip={"x": 0, "y": 0, "width": WIDTH, "height": height}, full_page=True, animations="disabled"
    )
    with Image.open(BytesIO(shot)) as picture:
        picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


def _first_check(page: Page, site: Site) -> None:
    site.show([story.check("first-check", "", Status.NEW, n_pings=0, since=None)])
    page.goto(f"{site.base}/")


def _overview(page: Page, site: Site) -> None:
    site.show(story.night())
    page.goto(f"{site.base}/")


def _check(page: Page, site: Site) -> None:
    past.show(site, past.reindex())
    page.goto(f"{site.base}/checks/search-reindex")


def _new(page: Page, site: Site) -> None:
    site.show(story.night())
    page.goto(f"{site.base}/new")
    page.get_by_label("Name").fill("Nightly ledger export")
    page.get_by_label("Tags").fill("prod finance")
    page.get_by_label("At set times").check()
    page.get_by_label("Schedule", exact=True).fill("30 2 * * *")
    page.get_by_role("status").get_by_text("Every day at 02:30").wait_for()
    page.evaluate("document.activeElement.blur()")


def _status(page: Page, site: Site) -> None:
    """A shop's checks by the names that its customers know, with three months of outages."""
    names = {
        "api.example.com/health": "API",
        "invoice-mailer": "Invoices by e-mail",
        "search-reindex": "Search",
        "payments-worker": "Payments",
    }
    shown = [replace(past.NIGHT[key], config=replace(past.NIGHT[key].config, name=name)) for key, name in names.items()]
    site.show(shown)
    for number, (check, before, lasted) in enumerate(
        ((shown[0], days(61), minutes(14)), (shown[2], days(33), minutes(190)), (shown[3], days(12), minutes(6)))
    ):
        writer = past.Writer(runtime.wiring().ports.tables, check)
        down = story.NOW - before
        writer.flip(2 * number, down, Status.DOWN, Reason.FAILED, to=())
        writer.flip(2 * number + 1, down + lasted, Status.UP, None, to=())
    add_status_page(StatusPage(name="shop", title="Example Shop", project="default", tags=("prod",)), now=story.NOW)
    page.goto(f"{site.base}/status/shop")


def _signin(page: Page, site: Site) -> None:
    page.context.clear_cookies()
    page.goto(site.link())


def _inbox(page: Page, site: Site) -> None:
    """What a job that fails, one that recovers, one that hangs and one that never began lead to."""
    night = past.NIGHT
    mailer = replace(_well(night["invoice-mailer"]), last_success=story.at("04:40"))
    rates = replace(night["fx-rates"], status=Status.DOWN, reason=Reason.FAILED, since=story.at("04:36"), failures=1)
    hanging = _well(past.reindex())
    hanging = replace(hanging, runs=tuple(replace(run, overran=False) for run in hanging.runs))
    checks = (_well(night["postgres-backup"]), hanging, mailer, rates)
    site.show([replace(check, due_at=next_due(check)) for check in checks])
    stopped = Event()
    stopped.set()
    wiring = runtime.wiring()
    with suppress(Stopped):
        clock = SweepClock(cast("Clock", StillClock()), stopped)
        sweep(wiring.ports, clock, FrontDoor(wiring.settings, wiring.registry))
    for path, body in ((f"{rates.code}", ""), (f"{mailer.code}/75", mailer.last_output)):
        urlopen(f"{site.base}/ping/{path}", data=body.encode()).close()  # http to this machine
    page.goto(f"{site.base}/inbox")
    for name in (check.config.name for check in checks):
        page.get_by_text(name).first.wait_for()


def _well(check: Check) -> Check:
    """As if its trouble had not been judged yet."""
    return replace(check, status=Status.UP, since=None, settled_at=None, reason=None, failures=0)


PAGES = {
    "first-check": _first_check,
    "overview": _overview,
    "check": _check,
    "new": _new,
    "status": _status,
    "inbox": _inbox,
    "signin": _signin,  # and out: last
}

if __name__ == "__main__":
    main()
