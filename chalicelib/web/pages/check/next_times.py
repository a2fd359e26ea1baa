"""The next five occurrences of a check's schedule, in its zone and the reader's, with what is odd about them.

Start at `upcoming`. Oddities are `schedule_words`'; maintenance leaves out what falls into it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import takewhile

from chalicelib.domain.alerts import Reason
from chalicelib.domain.check import Check, Status
from chalicelib.domain.rules.due import expected
from chalicelib.domain.schedule.describe import Occurrence, in_words, occurrences
from chalicelib.domain.schedule.maintenance import Outside, occurrences_outside
from chalicelib.domain.schedule.occurrences import Every, later
from chalicelib.domain.text.amounts import quantity
from chalicelib.domain.text.display_status import unknown_since
from chalicelib.domain.text.time_format import WallClock
from chalicelib.web.pages.shell.instants import exact, local

COUNT = 5


@dataclass(frozen=True, slots=True)
class NextTime:
    """One of them; `odd` is a sentence, or nothing."""

    iso: str
    day: str
    time: str
    there: str  # the same in the other zone; "" where there is none to compare with
    odd: str


@dataclass(frozen=True, slots=True)
class Upcoming:
    """What is expected, or why nothing is."""

    tz: str
    words: str  # "" where there is a list
    list: tuple[NextTime, ...]


def upcoming(check: Check, clock: WallClock) -> Upcoming:
    """By the check's own clocks, and by the reader's; by UTC, where those are the same."""
    config = check.config
    if check.status is Status.PAUSED:
        return Upcoming(config.tz, "Nothing: it is paused.", ())
    if config.group is not None:
        return Upcoming(config.tz, "A group has no times of its own; each member has its own schedule.", ())
    if isinstance(config.schedule, Every):
        found = tuple(_periods(check, config.schedule, clock.now))
        if not found:
            return Upcoming(config.tz, f"Nothing yet: {_what_begins(check)}", ())
    else:
        found = tuple(_outside(check, clock.now))
        if not found:
            return Upcoming(config.tz, "Nothing any more: its schedule has come to its end.", ())
    by_second = not isinstance(config.schedule, Every) and any(each.at.second for each in found)
    return Upcoming(config.tz, "", tuple(_coming(each, config.tz, clock, by_second=by_second) for each in found))


def _what_begins(check: Check) -> str:
    every = f"from then on one is expected {in_words(check.config.schedule)}."
    if check.status is Status.DOWN and check.reason is Reason.STALLED:
        return f"a window with enough items brings it up; {every}"
    return f"the {'first' if check.last_success is None else 'next'} success starts the clock; {every}"


def _periods(check: Check, schedule: Every, now: datetime) -> Iterator[Occurrence]:
    """What is expected of a period, if each success comes in time; nothing while none has begun."""
    due = expected(check)
    late = "This one is late." if unknown_since(check, now=now) is None else "Nobody can tell whether this one came."
    if due is None or check.status is not Status.UP:
        return
    for _ in range(COUNT):
        if due is None:
            return
        yield Occurrence(due, due, None if due > now else late)
        due = later(max(due, now), schedule.period)


def _outside(check: Check, now: datetime) -> Iterator[Occurrence]:
    """The occurrences that are expected: those outside of maintenance."""
    config = check.config
    assert not isinstance(config.schedule, Every), "a period has no occurrences"
    if not config.windows:
        yield from occurrences(config.schedule, after=now, count=COUNT)
        return
    for each in occurrences_outside(config.schedule, config.windows, tz=config.tz, after=now, count=COUNT):
        start = (each.at if each.before is None else each.before) - timedelta.resolution
        found = occurrences(config.schedule, after=start, count=1 if each.before is None else 2)[-1]
        odd = " ".join(part for part in (found.oddity, _hidden(each)) if part)
        yield replace(found, oddity=odd or None)


def _hidden(each: Outside) -> str:
    if not each.hidden:
        return ""
    number = f"{'' if each.is_counted else 'More than '}{quantity(each.hidden, 'occurrence')}"
    return f"{number} before it {'falls' if each.is_counted and each.hidden == 1 else 'fall'} into maintenance."


def _coming(each: Occurrence, tz: str, clock: WallClock, *, by_second: bool) -> NextTime:
    here = WallClock(tz=tz, now=clock.now)
    other = clock if clock.tz != tz else (WallClock(tz="UTC", now=clock.now) if tz != "UTC" else None)
    there = ""
    if other is not None:
        said = _time(each.at, other, by_second=by_second)
        moved = local(each.at, other.tz).date() - local(each.at, tz).date()
        there = f"{said} {other.tz}" + _days_apart(moved)
    time = _time(each.at, here, by_second=by_second)
    return NextTime(exact(each.at, tz), _day(each.at, here), time, there, each.oddity or "")


def _time(at: datetime, clock: WallClock, *, by_second: bool) -> str:
    """Without its day, which stands beside it."""
    that_day = replace(clock, now=at)
    return that_day.second(at) if by_second else that_day.minute(at)


def _day(at: datetime, clock: WallClock) -> str:
    days = local(at, clock.tz).date() - local(clock.now, clock.tz).date()
    if days <= timedelta(days=1):
        return ("Today", "Tomorrow")[max(days.days, 0)]
    return " ".join(takewhile(lambda word: ":" not in word, clock.dated(at).split(" ")))


def _days_apart(moved: timedelta) -> str:
    if not moved:
        return ""
    return " the day after" if moved.days > 0 else " the day before"
