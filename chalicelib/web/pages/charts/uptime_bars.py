"""Ninety days of a system, a bar each: worked, a short outage, a longer one, not watched; and the share of time that it
worked.

Pure: from spans of time to numbers, and from those to a drawing with its title. Start at `days_of` and `drawn`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from markupsafe import Markup, escape

from chalicelib.domain.text.amounts import quantity
from chalicelib.domain.text.uptime import TimeDown, downtime
from chalicelib.web.pages.shell.instants import zone

COUNT = 90
SHORT = timedelta(minutes=10)  # an outage that is shorter than that, all in all, in a day
Span = tuple[datetime, datetime]


class Day(StrEnum):
    """How a day went; also the class of its bar."""

    OK = "ok"
    PART = "part"
    BAD = "bad"
    NONE = "none"  # not watched at all


_BARS = {Day.OK: "M{x} 24V12", Day.PART: "M{x} 24V12M{x} 9V5", Day.BAD: "M{x} 24V0", Day.NONE: "M{x} 24v-2"}


@dataclass(frozen=True, slots=True)
class Days:
    """Oldest first, today last."""

    each: tuple[Day, ...]
    share: float | None  # of the time that it was watched, in which it worked; None: it never was


def midnights(now: datetime, tz: str) -> list[datetime]:
    """Where the days of a zone begin, that of today last; some are 23 or 25 hours long."""
    today = now.astimezone(zone(tz)).date()
    first = today - timedelta(days=COUNT - 1)
    return [datetime.combine(first + timedelta(days=n), time(), zone(tz)).astimezone(now.tzinfo) for n in range(COUNT)]


def days_of(times: Sequence[TimeDown], watched: Sequence[Span], begins: Sequence[datetime], *, now: datetime) -> Days:
    """`begins`: `midnights`. `watched`: when anybody looked whether it works; outages elsewhere do not count."""
    ends = [*begins[1:], now]
    each, looked, lost = [], timedelta(), timedelta()
    for start, end in zip(begins, ends, strict=True):
        within = [(max(start, first), min(end, last)) for first, last in watched if first < end and start < last]
        long = sum((last - first for first, last in within), timedelta())
        down = sum((downtime(times, first, last)[0] for first, last in within), timedelta())
        looked, lost = looked + long, lost + down
        each.append(_day(long, down))
    return Days(tuple(each), 1 - lost / looked if looked else None)


def _day(watched: timedelta, down: timedelta) -> Day:
    if not watched:
        return Day.NONE
    if not down:
        return Day.OK
    return Day.BAD if down >= SHORT else Day.PART


def percent(share: float) -> str:
    """ "99.98 %", cut off: 100 % only where nothing was lost."""
    return "100 %" if share == 1 else f"{int(share * 10_000) / 100:.2f} %"


def drawn(days: Days, name: str) -> Markup:
    """A path for each kind of day (docs/reference/pages.md, Drawings)."""
    paths = Markup("").join(
        Markup('<path class="{}" d="{}"/>').format(kind.value, "".join(bars))
        for kind in Day
        if (bars := [_BARS[kind].format(x=10 * n + 5) for n, day in enumerate(days.each) if day is kind])
    )
    title = escape(f"{name}, last {COUNT} days: {_in_words(days)}")
    begin = Markup('<svg class="days" role="img" height="24" viewBox="0 0 900 24" preserveAspectRatio="none">')
    return begin + Markup("<title>{}</title>").format(title) + paths + Markup("</svg>")


def _in_words(days: Days) -> str:
    bad, part = days.each.count(Day.BAD), days.each.count(Day.PART)
    known = [f"{quantity(bad, 'day')} with an outage"] if bad else []
    known += [f"{quantity(part, 'day')} with a short one"] if part else []
    if days.share is None:
        return "not watched yet"
    return ", ".join(known) or "no outage"
