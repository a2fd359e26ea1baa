"""Maintenance windows: spans of time in which nothing is expected (domain.md, rule 9).

A window is a line of text: `0 2 * * 0 for 2h`, or `2026-12-24T20:00 to 2026-12-25T08:00`, each with ` in ZONE` after it
where that is not the check's zone. It holds its beginning, and its end no more. Pings within are recorded as always,
and what they say counts; but that a probe fails there does not, as `receive` decides. Start at `expected_outside`; what
may be written is told by `parse_window`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from chalicelib.domain.errors import BadInput
from chalicelib.domain.options import parse_duration, parse_instant
from chalicelib.domain.schedule import Cron, Every, Schedule, current_zone, later, parse_schedule

MOST = 20  # windows of a check
LONGEST_TEXT = 200

_RECURRING = re.compile(r"(?P<cron>\S+(?: +\S+){4}) +for +(?P<length>\S+)")
_ONCE = re.compile(r"(?P<start>\S+) +to +(?P<end>\S+)")
_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)  # from which on it is tried out whether a window ends
_MOST_STEPS = 2_000  # windows without a gap between them
_MOST_OCCURRENCES = 400  # within windows, one after the other: more than a year of days
_TICK = timedelta.resolution


@dataclass(frozen=True, slots=True)
class Recurring:
    """From each occurrence of a cron expression on, so long: real time, whatever clocks do."""

    cron: Cron
    length: timedelta

    def end_of(self, at: datetime) -> datetime | None:
        """When the window that holds `at` ends; None when none does."""
        began = self.cron.next_after(at - self.length)
        return None if began is None or began > at else later(began, self.length)


@dataclass(frozen=True, slots=True)
class Once:
    """From an instant to another."""

    start: datetime
    end: datetime

    def end_of(self, at: datetime) -> datetime | None:
        """When the window ends, if it holds `at`."""
        return self.end if self.start <= at < self.end else None


Window = Recurring | Once


def expected_outside(schedule: Schedule, due: datetime, lines: tuple[str, ...], *, tz: str) -> datetime | None:
    """When the success that was expected at `due` is expected, given the windows of a check in this zone.

    Of a schedule, the first occurrence outside; None when there is none for more than a year. A period's clock starts
    again at the window's end; once, or a window that comes back within the period would hide a dead job for ever.
    """
    windows = _parsed(lines, tz)
    end = _end_of_all(windows, due)
    if end is None:
        return due
    if isinstance(schedule, Every):
        again = later(end, schedule.period)
        return None if again is None else _end_of_all(windows, again) or again
    for _ in range(_MOST_OCCURRENCES):
        found = schedule.next_after(end - _TICK)
        end = None if found is None else _end_of_all(windows, found)
        if end is None:
            return found
    return None


def window_end(lines: tuple[str, ...], at: datetime, *, tz: str) -> datetime | None:
    """When maintenance is over, if it is on at `at`; windows that overlap or touch are one."""
    return _end_of_all(_parsed(lines, tz), at)


def hide_all(schedule: Schedule, lines: tuple[str, ...], *, tz: str) -> bool:
    """Whether recurring windows leave no occurrence of a schedule to be expected."""
    recurring = tuple(line for line in lines if isinstance(parse_window(line, tz), Recurring))
    due = schedule.next_after(_SOME_DAY)
    return due is not None and expected_outside(schedule, due, recurring, tz=tz) is None


def parse_window(text: str, tz: str) -> Window:
    """What an operator wrote, for a check in this zone. Raises BadInput."""
    said, _, zone = text.strip().partition(" in ")
    tz = current_zone(zone.strip()) if zone else tz
    if parts := _RECURRING.fullmatch(said.strip()):
        return _recurring(text, parts["cron"], parts["length"], tz)
    if parts := _ONCE.fullmatch(said.strip()):
        start, end = (parse_instant("a window's edge", parts[edge], tz) for edge in ("start", "end"))
        if start >= end:
            raise BadInput(f'window "{text}" ends before it begins')
        return Once(start, end)
    raise BadInput(
        f'window "{text[:60]}" is none: write "0 2 * * 0 for 2h" or "2026-12-24T20:00 to 2026-12-25T08:00", '
        'and " in Europe/Berlin" behind it where that is not the zone of its check'
    )


def _recurring(text: str, cron: str, length: str, tz: str) -> Recurring:
    schedule = parse_schedule(cron, tz)
    assert isinstance(schedule, Cron), "five words on one line are cron"
    window = Recurring(schedule, parse_duration("a window's length", length))
    begins = schedule.next_after(_SOME_DAY)
    if begins is not None and window.end_of(_end_of_all((window,), begins) or begins) is not None:
        raise BadInput(f'window "{text}" never ends: each begins before the last one is over')
    return window


@lru_cache(maxsize=256)
def _parsed(lines: tuple[str, ...], tz: str) -> tuple[Window, ...]:
    return tuple(parse_window(line, tz) for line in lines)


def _end_of_all(windows: Iterable[Window], at: datetime) -> datetime | None:
    """When all windows that hold `at`, or begin before the last of them ends, are over; None when none holds it."""
    end = None
    for _ in range(_MOST_STEPS):
        ends = [found for window in windows if (found := window.end_of(end or at)) is not None]
        if not ends:
            break
        end = max(ends)
    return end
