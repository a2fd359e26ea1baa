"""Search a schedule of many lines without searching every line each time.

An evaluation searches one occurrence after the other, and from one search to the next most lines have the same next
occurrence. So each line caches its last result. The cache does not change results. Start at `with_cache`.
"""

from datetime import MAXYEAR, MINYEAR, UTC, datetime
from functools import lru_cache
from threading import get_ident

from chalicelib.domain.limits.steps import SEARCH_STEPS, spend
from chalicelib.domain.schedule.occurrences import AnyOf, Cron, OnCalendar, Schedule

_FIRST = datetime(MINYEAR, 1, 1, tzinfo=UTC)
_NEVER = datetime(MAXYEAR, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)


class CachedSchedule:
    """A schedule of many lines with a cache per line, for one thread only."""

    def __init__(self, lines: tuple[Cron | OnCalendar, ...]) -> None:
        self._lines = tuple(_Line(line) for line in lines)

    def next_after(self, at: datetime) -> datetime | None:
        """The first occurrence of any line strictly after `at`; None when none of them comes again."""
        return min((found for line in self._lines if (found := line.next_after(at)) is not None), default=None)


class _Line:
    def __init__(self, line: Cron | OnCalendar) -> None:
        self._line = line
        self._from, self._until = _NEVER, _FIRST  # the result is valid within this span
        self._found: datetime | None = None

    def next_after(self, at: datetime) -> datetime | None:
        if not self._from <= at < self._until:
            spend(SEARCH_STEPS)
            self._found = self._line.next_after(at)
            self._from, self._until = at, self._found or _NEVER
        return self._found


def with_cache(schedule: Schedule) -> Schedule | CachedSchedule:
    """The schedule with this thread's cache for each line; unchanged if it has a single line."""
    return _cached_for_thread(schedule, get_ident()) if isinstance(schedule, AnyOf | OnCalendar) else schedule


@lru_cache(maxsize=512)
def _cached_for_thread(schedule: AnyOf | OnCalendar, _thread: int) -> Schedule | CachedSchedule:
    return with_new_cache(schedule)


def with_new_cache(schedule: Schedule) -> Schedule | CachedSchedule:
    """The schedule with an empty cache for each line; unchanged if it has a single line."""
    match schedule:
        case AnyOf():
            return CachedSchedule(schedule.lines)
        case OnCalendar() if "\n" in schedule.expression.strip():
            lines = schedule.expression.strip().split("\n")
            return CachedSchedule(tuple(OnCalendar(line, schedule.tz) for line in lines))
        case _:
            return schedule
