"""Search a schedule of many lines without searching all of them each time.

An evaluation asks for one occurrence after the other. Between two of them most lines keep their next occurrence, so
each line remembers its last answer. What is found does not depend on it. Start at `remembered`.
"""

from datetime import MAXYEAR, MINYEAR, UTC, datetime
from functools import lru_cache
from threading import get_ident

from chalicelib.domain.schedule import AnyOf, Cron, OnCalendar, Schedule
from chalicelib.domain.steps import SEARCH, spend

_FIRST = datetime(MINYEAR, 1, 1, tzinfo=UTC)
_NEVER = datetime(MAXYEAR, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)


class Remembered:
    """A schedule of many lines, as one thread searches it: what it remembers is not shared with another thread."""

    def __init__(self, lines: tuple[Cron | OnCalendar, ...]) -> None:
        self._lines = tuple(_Line(line) for line in lines)

    def next_after(self, at: datetime) -> datetime | None:
        """The first occurrence of any line strictly after `at`; None when none of them comes again."""
        return min((found for line in self._lines if (found := line.next_after(at)) is not None), default=None)


class _Line:
    def __init__(self, line: Cron | OnCalendar) -> None:
        self._line = line
        self._from, self._until = _NEVER, _FIRST  # within which the answer is the same
        self._found: datetime | None = None

    def next_after(self, at: datetime) -> datetime | None:
        if not self._from <= at < self._until:
            spend(SEARCH)
            self._found = self._line.next_after(at)
            self._from, self._until = at, self._found or _NEVER
        return self._found


def remembered(schedule: Schedule) -> Schedule | Remembered:
    """The schedule with a memory for each of its lines; as it is, where it has but one."""
    return _of_thread(schedule, get_ident()) if isinstance(schedule, AnyOf | OnCalendar) else schedule


@lru_cache(maxsize=512)
def _of_thread(schedule: AnyOf | OnCalendar, _thread: int) -> Schedule | Remembered:
    return fresh(schedule)


def fresh(schedule: Schedule) -> Schedule | Remembered:
    """The same with nothing remembered yet."""
    match schedule:
        case AnyOf():
            return Remembered(schedule.lines)
        case OnCalendar() if "\n" in schedule.expression.strip():
            lines = schedule.expression.strip().split("\n")
            return Remembered(tuple(OnCalendar(line, schedule.tz) for line in lines))
        case _:
            return schedule
