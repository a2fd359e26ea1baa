"""What stands around each page: title, links on top, the moment, zone and session in the footer."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from chalicelib.domain.errors import Unavailable
from chalicelib.store.registry import sweeps
from chalicelib.web.pages.shell import static_files
from chalicelib.web.pages.shell.instants import Instant, clock_time
from chalicelib.web.pages.shell.sweep_age import SweptWords, swept_words
from chalicelib.web.pages.shell.visit import Visit


@dataclass(frozen=True, slots=True)
class NavLink:
    """One link."""

    href: str
    label: str
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class Refresh:
    """A page that is made anew while one looks at it, and how to stop that."""

    is_on: bool
    switch: str  # the address of the same page with it the other way round


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """All of it, for `frame.html`."""

    title: str
    icon: str  # a mark
    marks: tuple[str, ...]  # those that the page uses, in their order within the sprite
    style: str
    script: str
    nav: tuple[NavLink, ...]
    as_of: Instant
    tz: str
    zones: tuple[NavLink, ...]  # others to choose
    any_zone: str  # the address that chooses one, but for its name
    refresh: Refresh | None
    refresh_s: int
    project: str  # "" for those who are not signed in
    until: Instant | None  # when the session ends
    may_write: bool
    csrf: str
    swept: SweptWords | None
    notice: str  # what has just been done; "": nothing


def frame(
    visit: Visit,
    *,
    title: str,
    icon: str,
    marks: Sequence[str],
    current: str,
    refresh: Refresh | None,
    zones: Sequence[str] = (),
    notice: str = "",
) -> Frame:
    """`current`: the path of the link that is this page. `zones`: those that the page has to do with."""
    session, clock = visit.session, visit.clock
    return Frame(
        title=title,
        icon=static_files.href(f"{icon}.svg"),
        marks=tuple(dict.fromkeys(marks)),
        style=static_files.href("style.css"),
        script=static_files.href("pages.js"),
        nav=_nav(visit, current),
        as_of=clock_time(visit.now, clock),
        tz=clock.tz,
        zones=_zones(visit, zones),
        any_zone=_with_zone(visit, ""),
        refresh=refresh,
        refresh_s=visit.wiring.settings.refresh_s,
        project="" if session is None else session.project,
        until=None if session is None else Instant(clock_time(session.until, clock).iso, clock.minute(session.until)),
        may_write=visit.may_write,
        csrf=visit.csrf,
        swept=_swept(visit),
        notice=notice,
    )


def _nav(visit: Visit, current: str) -> tuple[NavLink, ...]:
    if visit.session is None:
        return ()
    links = [NavLink("/", "Checks", current == "/")]
    if visit.wiring.settings.inbox_path is not None:
        links.append(NavLink(visit.wiring.settings.inbox_path, "Alerts"))
    return (*links, *_status_page(visit))


def _status_page(visit: Visit) -> tuple[NavLink, ...]:
    """The project's public page, if it has one and DynamoDB tells: the page that says so has a frame, too."""
    try:
        public = visit.wiring.registry.status_pages(visit.project, now=visit.now)
    except Unavailable:
        return ()
    return (NavLink(f"/status/{public[0].name}", "Status page"),) if len(public) == 1 else ()


def _swept(visit: Visit) -> SweptWords | None:
    """None: nobody looks who is to know, or DynamoDB does not tell."""
    if visit.session is None:
        return None
    try:
        return swept_words(sweeps.last(), visit.clock)
    except Unavailable:
        return None


def _zones(visit: Visit, zones: Sequence[str]) -> tuple[NavLink, ...]:
    known = dict.fromkeys(("UTC", visit.wiring.settings.tz, *zones))
    return tuple(NavLink(_with_zone(visit, tz), tz) for tz in known if tz != visit.clock.tz)


def _with_zone(visit: Visit, tz: str) -> str:
    others = {name: value for name, value in visit.query.items() if name not in ("tz", "tag")}
    tags = {"tag": visit.tags} if visit.tags else {}
    return f"?{urlencode(others | tags | {'tz': tz}, doseq=True, errors='replace')}"
