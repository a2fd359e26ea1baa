"""`/status/{name}`: what everybody may see of some checks: names, states, uptime and outages; no reason, no code.

Start at `answered`. Each process makes a page anew once a minute at most, whoever asks how often; what it costs is a
read of the registry, all checks of the project, and the flips of 90 days, up to `MOST_FLIPS`. Which pages there are is
`store.status_pages`' business, how 90 days are counted and drawn `days`', what is said of them `status_words`'.
"""

from datetime import datetime, timedelta
from functools import cache
from typing import Any

from chalice.app import Response

from chalicelib import log
from chalicelib.domain.check import Flip
from chalicelib.domain.errors import NotFound, Unavailable
from chalicelib.domain.ids import Code
from chalicelib.domain.text import display_status
from chalicelib.domain.text.time_format import WallClock
from chalicelib.runtime import Wiring
from chalicelib.services.check_history import with_waiting
from chalicelib.services.find_checks import all_checks
from chalicelib.store import history
from chalicelib.store.registry.status_pages import StatusPage, status_page
from chalicelib.web.answers import answer
from chalicelib.web.pages.charts import uptime_bars
from chalicelib.web.pages.shell import static_files
from chalicelib.web.pages.shell.error_pages import bare, later, wrong_verb
from chalicelib.web.pages.shell.guards import GET_ONLY
from chalicelib.web.pages.shell.render import HEADERS, environment
from chalicelib.web.pages.status.status_view import status_view
from chalicelib.web.pages.status.system import System, system
from chalicelib.web.request import moment

REMEMBERED = timedelta(minutes=1)
MOST_FLIPS = 5_000  # of a project in 90 days; before the oldest of them, nothing is known then


def answered(wiring: Wiring, request: Any, name: str) -> Response:
    """The page, for anybody; 404 for one that nobody has made, or somebody has removed."""
    event = request.to_original_event()
    if event["httpMethod"] not in ("GET", "HEAD"):
        return wrong_verb(event, GET_ONLY, has_way_back=False)
    accepts, now = request.headers.get("accept-encoding", ""), moment(event)
    try:
        made_at, html = _remembered(wiring, name, now)
    except NotFound:
        sentence = "It may have been removed, or its address is not quite that."
        kept = _kept(REMEMBERED)
        return bare(404, "There is no such status page", sentence, headers=kept, has_way_back=False)
    except Unavailable as error:
        log.event("page_refused", why=str(error))
        return later(has_way_back=False)
    headers = HEADERS | _kept(max(made_at + REMEMBERED - now, timedelta(seconds=1)))
    return answer(html, "text/html; charset=utf-8", accepts, headers=headers)


def _kept(lasts: timedelta) -> dict[str, str]:
    return {"Cache-Control": f"public, max-age={min(lasts, REMEMBERED) // timedelta(seconds=1)}"}


def _remembered(wiring: Wiring, name: str, now: datetime) -> tuple[datetime, str]:
    """When a page was made, and the page. Only those that exist are remembered, so nobody can fill the memory."""
    memory = _memory(wiring)
    known = memory.get(name)
    if known is None or abs(now - known[0]) >= REMEMBERED:
        memory.pop(name, None)
        known = memory[name] = (now, _made(wiring, name, now))
    return known


@cache
def _memory(_: Wiring) -> dict[str, tuple[datetime, str]]:
    """One for a process, as its wiring is."""
    return {}


def _made(wiring: Wiring, name: str, now: datetime) -> str:
    page = status_page(name)
    clock = WallClock(tz=wiring.settings.tz, now=now)
    view = status_view(page, _systems(wiring, page, clock), clock)
    style, icon = static_files.href("style.css"), static_files.href(f"{view.mark}.svg")
    return environment().get_template("status.html").render(view=view, style=style, icon=icon)


def _systems(wiring: Wiring, page: StatusPage, clock: WallClock) -> list[System]:
    """The checks that bear a tag of the page, by name."""
    ports = wiring.ports
    chosen = [
        display_status.as_of(each, now=clock.now)
        for each in all_checks(ports, page.project)
        if set(each.config.tags.split()) & set(page.tags)
    ]
    begins = uptime_bars.midnights(clock.now, clock.tz)
    known_since = max(begins[0], clock.now - timedelta(days=ports.tables.history_days))
    found = history.flips_of_project(page.project, since=known_since, now=clock.now, most=MOST_FLIPS)
    if len(found) == MOST_FLIPS:
        known_since = found[-1][1].at
    flips: dict[Code, list[Flip]] = {}
    for code, flip in found:
        flips.setdefault(code, []).append(flip)
    made = [
        system(each, with_waiting(each, flips.get(each.code, [])), begins, since=known_since, clock=clock)
        for each in chosen
    ]
    return sorted(made, key=lambda each: each.name.casefold())
