"""One row of the overview: a check with everything ready that its line in the table shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from chalicelib.domain.check import Check
from chalicelib.domain.ids import Code
from chalicelib.domain.text.display_status import unknown_since
from chalicelib.domain.text.time_format import WallClock
from chalicelib.web.pages.charts.sparkline import Took, spark_of
from chalicelib.web.pages.charts.strip import strip_of
from chalicelib.web.pages.overview.position import Section, Standing, shown_text
from chalicelib.web.pages.overview.reason import EndedOutage, Line, line
from chalicelib.web.pages.shell.instants import Instant, past, to_come

WORDS = {
    Section.DOWN: "Down",
    Section.LATE: "Late",
    Section.RUNNING: "Running",
    Section.UP: "Up",
    Section.PAUSED: "Paused",
    Section.NEW: "New",
}


@dataclass(frozen=True, slots=True)
class Row:
    """None stands for what has never been, or is not to come."""

    mark: str
    status: str
    name: str
    path: str
    tags: str
    strip: Markup
    took: Took
    run: Instant | None
    success: Instant | None
    next: Instant | None
    line: Line | None


def row(each: Standing, outages: Mapping[Code, EndedOutage], clock: WallClock) -> Row:
    """About 60 µs."""
    check = each.check
    last = _last_run(check)
    return Row(
        mark=each.section.value,
        status="Unknown" if unknown_since(check, now=clock.now) is not None else WORDS[each.section],
        name=each.name,
        path=each.path,
        tags=shown_text(check.config.tags if check.config.probe is None else f"probe {check.config.tags}"),
        strip=strip_of(check),
        took=spark_of(check, now=clock.now),
        run=None if last is None else past(last, clock),
        success=None if check.last_success is None else past(check.last_success, clock),
        next=None if each.next_at is None else to_come(each.next_at, clock),
        line=line(each, outages, clock),
    )


def _last_run(check: Check) -> datetime | None:
    """The newest success, failure or start."""
    known = (check.last_ping, *(run.at for run in check.runs))
    return max((at for at in known if at is not None), default=None)
