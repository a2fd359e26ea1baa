"""Maintenance windows: spans of time in which nothing is expected (docs/reference/rules.md, rule 9).

A window is a line of text: `0 2 * * 0 for 2h`, or `2026-12-24T20:00 to 2026-12-25T08:00`, each with ` in ZONE` after it
where that is not the check's zone. A window includes its beginning, but not its end. Pings inside a window are recorded
and count as usual, except failures of probes (`receive`). Start at `expected_outside`; `parse_window` defines the
syntax.

Every walk through windows takes at most MOST_STEPS steps, whatever the instant and the configuration. A walk that would
need more ignores the remaining windows, so that a dead job is still reported (docs/adr/0015). `affordable` refuses
configurations that would need more.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from threading import get_ident
from typing import Protocol

from chalicelib.domain.durations import parse_duration, parse_instant
from chalicelib.domain.errors import BadInput
from chalicelib.domain.limits.steps import SEARCH_STEPS, spend
from chalicelib.domain.schedule.cron_fields import cron_fields
from chalicelib.domain.schedule.occurrences import (
    AnyOf,
    Cron,
    Every,
    OnCalendar,
    Schedule,
    current_zone,
    later,
    parse_schedule,
)
from chalicelib.domain.schedule.search_cache import CachedSchedule, with_cache

MOST = 20  # windows of a check
LONGEST_TEXT = 200
MOST_STEPS = 400  # of one walk; a step finds one occurrence of one expression: 5-10 µs

_RECURRING = re.compile(r"(?P<cron>\S+(?: +\S+){4}) +for +(?P<length>\S+)")
_ONCE = re.compile(r"(?P<start>\S+) +to +(?P<end>\S+)")
_LINE_STEPS = 300  # about a hundred consecutive windows of one line
_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)  # where the validation of a line starts
_MOST_COUNTED = 100  # occurrences inside windows that are counted exactly
_TICK = timedelta.resolution
_MINUTE = timedelta(minutes=1)
_FIRST = datetime(MINYEAR, 1, 1, tzinfo=UTC)
_NEVER = datetime(MAXYEAR, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Recurring:
    """From each occurrence of a cron expression on, so long: real time, whatever clocks do."""

    cron: Cron
    length: timedelta


@dataclass(frozen=True, slots=True)
class Once:
    """From an instant to another."""

    start: datetime
    end: datetime


Window = Recurring | Once


@lru_cache(maxsize=1024)
def expected_outside(schedule: Schedule, due: datetime, lines: tuple[str, ...], *, tz: str) -> datetime | None:
    """When a success expected at `due` is expected given these maintenance windows.

    For a schedule, the first occurrence outside all windows; None if there is none. A period restarts at the window's
    end, but only once: otherwise windows that recur within the period would hide a dead job indefinitely.
    """
    return first_outside(Walk(lines, tz), schedule, with_cache(schedule), due)


def first_outside(
    walk: "Walk", schedule: Schedule, search: Schedule | CachedSchedule, due: datetime
) -> datetime | None:
    """Like `expected_outside`, with a given walk. If `walk.is_over` afterwards, some windows were ignored."""
    end = walk.end_of(due)
    if end is None:
        return due
    if isinstance(schedule, Every):
        again = later(end, schedule.period)
        return None if again is None else walk.end_of(again) or again
    while True:
        walk.steps += searches(schedule)
        found = search.next_after(end - _TICK)
        end = None if found is None else walk.end_of(found)
        if end is None:
            return found


@dataclass(frozen=True, slots=True)
class Outside:
    """An occurrence outside of all windows."""

    at: datetime
    hidden: int  # occurrences inside windows directly before it, as far as counted
    is_counted: bool  # whether `hidden` is exact
    before: datetime | None  # the occurrence before it; None: not known


def occurrences_outside(
    schedule: Cron | OnCalendar | AnyOf, lines: tuple[str, ...], *, tz: str, after: datetime, count: int
) -> Iterator[Outside]:
    """The next occurrences outside all windows, strictly after `after`, at most `count`. One walk for all of them."""
    walk = Walk(lines, tz)
    most = max(_MOST_COUNTED // searches(schedule), 1)
    search = with_cache(schedule)
    at, hidden, is_counted, before = search.next_after(after), 0, True, None
    while at is not None and count > 0:
        walk.steps += searches(schedule)
        end = walk.end_of(at)
        if end is None:
            yield Outside(at, hidden, is_counted, before)
            count -= 1
            at, hidden, is_counted, before = search.next_after(at), 0, True, at
            continue
        while at is not None and at < end and hidden < most:
            at, hidden, before = search.next_after(at), hidden + 1, at
        if at is not None and at < end:
            at, is_counted, before = search.next_after(end - _TICK), False, None


def searches(schedule: Schedule) -> int:
    """The number of expressions searched for the schedule's next occurrence."""
    return 1 if isinstance(schedule, Every) else schedule.expression.strip().count("\n") + 1


@lru_cache(maxsize=1024)
def window_end(lines: tuple[str, ...], at: datetime, *, tz: str) -> datetime | None:
    """When maintenance is over, if it is on at `at`; windows that overlap or touch are one."""
    return Walk(lines, tz).end_of(at)


class Walk:
    """Find out for several instants whether maintenance is on, with one budget of steps.

    Steps depend only on the instants and the windows, not on cached results; `spend` is charged for real searches only.
    """

    def __init__(
        self, lines: tuple[str, ...], tz: str, *, most: int = MOST_STEPS, spans: "Sequence[Span] | None" = None
    ) -> None:
        self._spans = _spans_of_thread(lines, tz, get_ident()) if spans is None else spans
        self._most = most
        self._next: list[datetime | None] = [None] * len(self._spans)  # when each line's next window begins
        self.steps = 0

    @property
    def is_over(self) -> bool:
        """Whether the budget is used up."""
        return self.steps >= self._most

    def end_of(self, at: datetime) -> datetime | None:
        """When the maintenance at `at` ends, adjoining windows included; None if no window contains `at`.

        Without steps left, the remaining windows are ignored.
        """
        end: datetime | None = None
        while not self.is_over:
            found = self._latest_end(at if end is None else end)
            if found is None:
                break
            end = found
        return end

    def _latest_end(self, at: datetime) -> datetime | None:
        latest, steps = None, 1
        for number, span in enumerate(self._spans):
            end, following = span.around(at)
            if following != self._next[number]:
                self._next[number] = following
                steps += span.steps
            if end is not None and (latest is None or end > latest):
                latest = end
        self.steps += steps
        spend()
        return latest


class Span(Protocol):
    """The windows of one line."""

    steps: int

    def around(self, at: datetime) -> tuple[datetime | None, datetime]:
        """When the last window that contains `at` ends (None: no window does), and when the next one begins."""


class _OnceSpan:
    steps = 0

    def __init__(self, window: Once) -> None:
        self._window = window

    def around(self, at: datetime) -> tuple[datetime | None, datetime]:
        return (self._window.end if self._window.start <= at < self._window.end else None), _NEVER


@dataclass(frozen=True, slots=True)
class _Answer:
    """The result for every instant in a span: the end of the last window, and the start of the next."""

    since: datetime
    until: datetime
    end: datetime


class _RecurringSpan:
    """Caches two results, because an evaluation alternates between the expected instant and the deadline."""

    def __init__(self, window: Recurring) -> None:
        self._cron, self._length = window.cron, window.length
        self._answers = (_Answer(_NEVER, _FIRST, _FIRST),) * 2
        self.steps = 2 if not _overlaps(window) else 2 + 2 * (window.length // _MINUTE).bit_length()

    def around(self, at: datetime) -> tuple[datetime | None, datetime]:
        found, other = self._answers
        if not found.since <= at < found.until:
            found, other = other, found
            if not found.since <= at < found.until:
                found = self._answer(at)
            self._answers = found, other
        return (found.end if found.end > at else None), found.until

    def _answer(self, at: datetime) -> _Answer:
        began = self._search(at - self._length if at - _FIRST > self._length else _FIRST)
        if began is None or began > at:
            return _Answer(at, began or _NEVER, _FIRST)
        last, following = self._last_by(at, began)
        return _Answer(last, following, later(last, self._length) or _NEVER)

    def _last_by(self, at: datetime, known: datetime) -> tuple[datetime, datetime]:
        """The last window that begins by `at`, and the next one; `known` begins by then. A binary search."""
        last, by = known, at
        while (following := self._search(last)) is not None and following <= by:
            last = following
            middle = last + (by - last) / 2
            found = self._search(middle)
            if found is not None and found <= by:
                last = found
            else:
                by = middle
        return last, following or _NEVER

    def _search(self, at: datetime) -> datetime | None:
        spend(SEARCH_STEPS)
        return self._cron.next_after(at)


def _overlaps(window: Recurring) -> bool:
    """Whether a window may begin before the previous one has ended."""
    wall = cron_fields(window.cron.expression).wall
    starts = [hour * 60 + minute for hour in wall.hours for minute in wall.minutes]
    gaps = [after - before for before, after in pairwise((*starts, starts[0] + 1440))]
    return window.length > min(gaps) * _MINUTE


@lru_cache(maxsize=512)
def _spans_of_thread(lines: tuple[str, ...], tz: str, _thread: int) -> tuple[Span, ...]:
    """The spans of a check's lines with this thread's cache."""
    return spans_of(lines, tz)


def spans_of(lines: tuple[str, ...], tz: str) -> tuple[Span, ...]:
    """The spans of a check's lines, with empty caches."""
    parsed = (parsed_window(line, tz) for line in lines)
    return tuple(_OnceSpan(each) if isinstance(each, Once) else _RecurringSpan(each) for each in parsed)


@lru_cache(maxsize=512)
def parse_window(text: str, tz: str) -> Window:
    """What an operator wrote, for a check in this zone. Raises BadInput.

    Refuses a line with about a hundred consecutive windows without a gap: finding their end would take too many steps.
    """
    window = parsed_window(text, tz)
    begins = window.cron.next_after(_SOME_DAY) if isinstance(window, Recurring) else None
    walk = Walk((text,), tz, most=_LINE_STEPS)
    if begins is not None and walk.end_of(begins) is not None and walk.is_over:
        raise BadInput(
            f'window "{text}" never ends: each begins before the previous one has ended. Use one longer window, '
            'such as "0 0 1 1 * for 31d"'
        )
    return window


@lru_cache(maxsize=512)
def parsed_window(text: str, tz: str) -> Window:
    """Parse a window without limiting its cost: it may be stored from before expensive lines were refused."""
    said, _, zone = text.strip().partition(" in ")
    tz = current_zone(zone.strip()) if zone else tz
    if parts := _RECURRING.fullmatch(said.strip()):
        schedule = parse_schedule(parts["cron"], tz)
        assert isinstance(schedule, Cron), "five words on one line are cron"
        return Recurring(schedule, parse_duration("a window's length", parts["length"]))
    if parts := _ONCE.fullmatch(said.strip()):
        start, end = (parse_instant("a window's edge", parts[edge], tz) for edge in ("start", "end"))
        if start >= end:
            raise BadInput(f'window "{text}" ends before it begins')
        return Once(start, end)
    raise BadInput(
        f'window "{text[:60]}" is none: write "0 2 * * 0 for 2h" or "2026-12-24T20:00 to 2026-12-25T08:00", '
        'and " in Europe/Berlin" behind it where that is not the zone of its check'
    )
