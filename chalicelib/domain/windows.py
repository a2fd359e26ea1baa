"""Maintenance windows: spans of time in which nothing is expected (domain.md, rule 9).

A window is a line of text: `0 2 * * 0 for 2h`, or `2026-12-24T20:00 to 2026-12-25T08:00`, each with ` in ZONE` after it
where that is not the check's zone. It holds its beginning, and its end no more. Pings within are recorded as always,
and what they say counts; but that a probe fails there does not, as `receive` decides. Start at `expected_outside`; what
may be written is told by `parse_window`.

Every walk through windows takes at most MOST_STEPS steps, at every instant and for every configuration. A walk that
needs more ignores the windows beyond them, so that a dead job is still reported (docs/adr/0015). `affordable` refuses
configurations that would come to that.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from threading import get_ident
from typing import Protocol

from chalicelib.domain.cron_fields import cron_fields
from chalicelib.domain.errors import BadInput
from chalicelib.domain.options import parse_duration, parse_instant
from chalicelib.domain.remembered import Remembered, remembered
from chalicelib.domain.schedule import AnyOf, Cron, Every, OnCalendar, Schedule, current_zone, later, parse_schedule
from chalicelib.domain.steps import SEARCH, spend

MOST = 20  # windows of a check
LONGEST_TEXT = 200
MOST_STEPS = 400  # of one walk; a step finds one occurrence of one expression: 5-10 µs

_RECURRING = re.compile(r"(?P<cron>\S+(?: +\S+){4}) +for +(?P<length>\S+)")
_ONCE = re.compile(r"(?P<start>\S+) +to +(?P<end>\S+)")
_LINE_STEPS = 300  # about a hundred windows of one line, without a gap between them
_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)  # from which on a line is tried
_MOST_COUNTED = 100  # occurrences within windows that are told as a number
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
    """When the success that was expected at `due` is expected, given the windows of a check in this zone.

    Of a schedule, the first occurrence outside; None when it never comes again. A period's clock starts again at the
    window's end; once, or a window that comes back within the period would hide a dead job for ever.
    """
    return first_outside(Walk(lines, tz), schedule, remembered(schedule), due)


def first_outside(walk: "Walk", schedule: Schedule, search: Schedule | Remembered, due: datetime) -> datetime | None:
    """The same by a given walk. When that is over in the end, windows were ignored."""
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
    hidden: int  # occurrences directly before it that lie within windows, as far as they were counted
    is_counted: bool  # whether these are all of them
    before: datetime | None  # the occurrence before it; None: not known


def occurrences_outside(
    schedule: Cron | OnCalendar | AnyOf, lines: tuple[str, ...], *, tz: str, after: datetime, count: int
) -> Iterator[Outside]:
    """The next occurrences outside, strictly after an instant, at most `count`: one walk for all of them."""
    walk = Walk(lines, tz)
    most = max(_MOST_COUNTED // searches(schedule), 1)
    search = remembered(schedule)
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
    """How many expressions are searched for its next occurrence."""
    return 1 if isinstance(schedule, Every) else schedule.expression.count("\n") + 1


@lru_cache(maxsize=1024)
def window_end(lines: tuple[str, ...], at: datetime, *, tz: str) -> datetime | None:
    """When maintenance is over, if it is on at `at`; windows that overlap or touch are one."""
    return Walk(lines, tz).end_of(at)


class Walk:
    """Ask several times whether maintenance is on, with one budget of steps for all.

    The steps depend on the instants and the windows only, never on what was asked before; what is spent is what had
    to be searched.
    """

    def __init__(
        self, lines: tuple[str, ...], tz: str, *, most: int = MOST_STEPS, spans: "Sequence[Span] | None" = None
    ) -> None:
        self._spans = _spans_of_thread(lines, tz, get_ident()) if spans is None else spans
        self._most = most
        self._next: list[datetime | None] = [None] * len(self._spans)  # start of each line's next window
        self.steps = 0

    @property
    def is_over(self) -> bool:
        """Whether the budget is used up."""
        return self.steps >= self._most

    def end_of(self, at: datetime) -> datetime | None:
        """When all windows that hold `at`, or begin before the last of them ends, are over; None when none holds it.

        Without steps left, no window holds anything.
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
        """When the last window that holds `at` ends (None: none does), and when the next one begins."""


class _OnceSpan:
    steps = 0

    def __init__(self, window: Once) -> None:
        self._window = window

    def around(self, at: datetime) -> tuple[datetime | None, datetime]:
        return (self._window.end if self._window.start <= at < self._window.end else None), _NEVER


@dataclass(frozen=True, slots=True)
class _Answer:
    """What holds for every instant from one to another: the end of the window that may be on, and the next start."""

    since: datetime
    until: datetime
    end: datetime


class _RecurringSpan:
    """Remembers two answers: an evaluation asks for what is expected and for its deadline, in turns, ever later."""

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
        """The last window that begins by `at`, and the first after it; `known` begins by then. Halves the time left."""
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
        spend(SEARCH)
        return self._cron.next_after(at)


def _overlaps(window: Recurring) -> bool:
    """Whether one may begin before the one before it is over."""
    wall = cron_fields(window.cron.expression).wall
    starts = [hour * 60 + minute for hour in wall.hours for minute in wall.minutes]
    gaps = [after - before for before, after in pairwise((*starts, starts[0] + 1440))]
    return window.length > min(gaps) * _MINUTE


@lru_cache(maxsize=512)
def _spans_of_thread(lines: tuple[str, ...], tz: str, _thread: int) -> tuple[Span, ...]:
    """The lines of a check as one thread asks for them: what a span remembers is not shared with another thread."""
    return spans_of(lines, tz)


def spans_of(lines: tuple[str, ...], tz: str) -> tuple[Span, ...]:
    """The lines of a check, with nothing remembered yet."""
    parsed = (parsed_window(line, tz) for line in lines)
    return tuple(_OnceSpan(each) if isinstance(each, Once) else _RecurringSpan(each) for each in parsed)


@lru_cache(maxsize=512)
def parse_window(text: str, tz: str) -> Window:
    """What an operator wrote, for a check in this zone. Raises BadInput.

    A line whose windows follow each other without a gap about a hundred times is refused: it would take a walk of its
    own to find its end.
    """
    window = parsed_window(text, tz)
    begins = window.cron.next_after(_SOME_DAY) if isinstance(window, Recurring) else None
    walk = Walk((text,), tz, most=_LINE_STEPS)
    if begins is not None and walk.end_of(begins) is not None and walk.is_over:
        raise BadInput(
            f'window "{text}" never ends: each begins before the last one is over. Use one longer window, '
            'such as "0 0 1 1 * for 31d"'
        )
    return window


@lru_cache(maxsize=512)
def parsed_window(text: str, tz: str) -> Window:
    """The window of a line that may cost too much, as one that was stored before such lines were refused."""
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
