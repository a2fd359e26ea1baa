"""The overview, `/`: all checks of a project, those in trouble first. Start at `answered`.

It reads all checks (a query per 1 MB of keys, a BatchGet per 100) and the flips of the last two days (one query). What
a row shows is `row`'s business, the opening sentence `verdict`'s, search and counts `finder`'s.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import groupby
from typing import Any

from chalice.app import Response
from markupsafe import Markup

from chalicelib.domain.check import Check, Flip, Status
from chalicelib.domain.ids import Code
from chalicelib.domain.schedule.describe import in_words
from chalicelib.domain.schedule.occurrences import Every, Schedule
from chalicelib.domain.text.time_format import WallClock
from chalicelib.runtime import Wiring
from chalicelib.services.find_checks import all_checks
from chalicelib.store import history
from chalicelib.web.pages.charts import ribbon
from chalicelib.web.pages.overview import reason
from chalicelib.web.pages.overview.filters import Finder, Wish, finder, matching, wish
from chalicelib.web.pages.overview.headline import Headline, verdict
from chalicelib.web.pages.overview.position import Section, Standing, path_of, place, standing
from chalicelib.web.pages.overview.row import WORDS, Row, row
from chalicelib.web.pages.shell.commands import command
from chalicelib.web.pages.shell.guards import serve_page
from chalicelib.web.pages.shell.layout import Refresh, frame
from chalicelib.web.pages.shell.render import page
from chalicelib.web.pages.shell.visit import Visit

PAGE = 200  # checks that are up; all others are on the first page
OFTEN = timedelta(minutes=15)  # what comes so often is counted on the ribbon, not drawn
MOST_FLIPS = 1_000
MOST_ZONES = 3


@dataclass(frozen=True, slots=True)
class RowGroup:
    """The rows of a status."""

    title: str
    count: int  # of all, also those on other pages
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Pager:
    """Where one is among the checks that are up; "" where there is nothing further."""

    words: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """All that `overview.html` shows."""

    verdict: Headline
    ribbon: Markup | None
    finder: Finder
    groups: tuple[RowGroup, ...]
    pager: Pager | None
    show_all: str  # the address that leaves nothing out


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstCheck:
    """What `first_check.html` shows: how to begin."""

    sentence: str
    ping_url: str  # "": there is no check, or this session may not know its address
    check_path: str  # "": there is no check
    base: str
    key_command: str  # that makes a key for pings


def answered(wiring: Wiring, request: Any) -> Response:
    """`/`."""
    return serve_page(wiring, request, _overview)


def _overview(visit: Visit) -> Response:
    checks = all_checks(visit.wiring.ports, visit.project)
    asked = wish(visit.query, visit.tags)
    refresh = Refresh(asked.refreshes, replace(asked, refreshes=not asked.refreshes).href())
    notice = "The check has been deleted, with its history." if visit.query.get("deleted") == "yes" else ""
    if not checks or (len(checks) == 1 and _is_untouched(checks[0])):
        around = frame(
            visit,
            title="Checks · Overdue",
            icon="new",
            marks=("new",),
            current="/",
            refresh=refresh,
            notice=notice,
        )
        return page(visit, "first_check.html", around, first_check(visit, checks))
    slugs = Counter(check.config.slug for check in checks)
    standings = [standing(check, slugs, now=visit.now) for check in checks]
    flips = history.flips_of_project(
        visit.project, since=visit.now - 2 * reason.RECOVERED_FOR, now=visit.now, most=MOST_FLIPS
    )
    view = overview(standings, flips, asked, visit.clock)
    around = frame(
        visit,
        title=view.verdict.title,
        icon=view.verdict.mark,
        marks=(view.verdict.mark, *(choice.mark for choice in view.finder.tally if choice.mark), "start"),
        current="/",
        refresh=refresh,
        zones=_zones(checks),
        notice=notice,
    )
    return page(visit, "overview.html", around, view)


def _is_untouched(check: Check) -> bool:
    return check.status is Status.NEW and check.n_pings == 0


def _zones(checks: Sequence[Check]) -> list[str]:
    """The zones that most checks are in."""
    return [tz for tz, _ in Counter(check.config.tz for check in checks).most_common(MOST_ZONES)]


def first_check(visit: Visit, checks: Sequence[Check]) -> FirstCheck:
    """How to begin. Who may not change anything sees no address: whoever has it can ping."""
    base, key_command = visit.wiring.settings.base_url, command(visit, "keys add --scope ping")
    if not checks:
        said = "There is no check yet."
        return FirstCheck(sentence=said, ping_url="", check_path="", base=base, key_command=key_command)
    schedule = checks[0].config.schedule
    url = f"{base}/ping/{checks[0].code}" if visit.may_write else ""
    return FirstCheck(
        sentence=f"A first check is ready. It expects a success {in_words(schedule)} and has never been pinged.",
        ping_url=url,
        check_path=path_of(checks[0], {checks[0].config.slug: 1}),
        base=base,
        key_command=key_command,
    )


def overview(
    standings: Sequence[Standing], flips: Sequence[tuple[Code, Flip]], asked: Wish, clock: WallClock
) -> Overview:
    """The page as it is at an instant."""
    outages = ended(standings, flips, clock)
    found = matching(standings, asked)
    chosen = [each for each in found if asked.status in (None, each.section)]
    groups, pager = _paged(chosen, outages, asked, clock)
    return Overview(
        verdict=verdict(standings, clock),
        ribbon=_ribbon(standings, outages, clock),
        finder=finder(standings, found, asked),
        groups=groups,
        pager=pager,
        show_all=Wish(refreshes=asked.refreshes).href(),
    )


def ended(
    standings: Sequence[Standing], flips: Sequence[tuple[Code, Flip]], clock: WallClock
) -> dict[Code, reason.EndedOutage]:
    """The last outage of each check that has come up within a day. `flips` come newest first."""
    of_check: dict[Code, list[Flip]] = {}
    for code, flip in flips:
        of_check.setdefault(code, []).append(flip)
    found = {}
    for each in standings:
        newest, *older = of_check.get(each.check.code, [None])
        if newest is None or (newest.old, newest.new) != (Status.DOWN, Status.UP) or each.check.since != newest.at:
            continue
        if clock.now - newest.at < reason.RECOVERED_FOR:
            down = next((flip for flip in older if flip is not None and flip.number == newest.number - 1), None)
            found[each.check.code] = (
                reason.EndedOutage(None, newest.at, None)
                if down is None
                else reason.EndedOutage(down.at, newest.at, down.reason)
            )
    return found


def _paged(
    chosen: Sequence[Standing], outages: Mapping[Code, reason.EndedOutage], asked: Wish, clock: WallClock
) -> tuple[tuple[RowGroup, ...], Pager | None]:
    order = list(Section)
    ordered = sorted(chosen, key=lambda each: (order.index(each.section), place(each, now=clock.now)))
    up = [each for each in ordered if each.section is Section.UP]
    pages = max(-(-len(up) // PAGE), 1)
    number = min(asked.page, pages)
    shown_up = up[(number - 1) * PAGE : number * PAGE]
    kept = {id(each) for each in shown_up}
    shown = [each for each in ordered if id(each) in kept or (each.section is not Section.UP and number == 1)]
    counts = Counter(each.section for each in ordered)
    groups = tuple(
        RowGroup(WORDS[section], counts[section], tuple(row(each, outages, clock) for each in members))
        for section, members in groupby(shown, key=lambda each: each.section)
    )
    if pages == 1:
        return groups, None
    first = (number - 1) * PAGE + 1
    return groups, Pager(
        f"{first} to {first + len(shown_up) - 1} of {len(up):,} that are up",
        replace(asked, page=number - 1).href() if number > 1 else "",
        replace(asked, page=number + 1).href() if number < pages else "",
    )


def _ribbon(
    standings: Sequence[Standing], outages: Mapping[Code, reason.EndedOutage], clock: WallClock
) -> Markup | None:
    down = sorted(
        (each for each in standings if each.section is Section.DOWN), key=lambda each: place(each, now=clock.now)
    )
    due, often = [], 0
    rates: dict[Schedule, bool] = {}
    for each in standings:
        if each.next_at is None or each.next_at > clock.now + ribbon.SPAN:
            continue
        schedule = each.check.config.schedule
        if schedule not in rates:
            rates[schedule] = _comes_often(schedule, clock)
        if each.section is Section.LATE or not rates[schedule]:
            if each.next_at > clock.now or each.section is Section.LATE:
                due.append(ribbon.Due(each.name, each.next_at))
        elif each.section is not Section.DOWN:
            often += 1
    names = {each.check.code: each.name for each in standings}
    over = [
        ribbon.RibbonOutage(names[code], outage.down_at, outage.up_at)
        for code, outage in outages.items()
        if outage.down_at is not None and outage.up_at > clock.now - ribbon.SPAN
    ]
    return ribbon.ribbon(
        [ribbon.RibbonOutage(each.name, each.check.since or clock.now) for each in down],
        over,
        sorted(due, key=lambda each: (each.at, each.name)),
        often=often,
        clock=clock,
    )


def _comes_often(schedule: Schedule, clock: WallClock) -> bool:
    if isinstance(schedule, Every):
        return schedule.period <= OFTEN
    first = schedule.next_after(clock.now)
    second = None if first is None else schedule.next_after(first)
    return first is not None and second is not None and second - first <= OFTEN
