"""What an operator types for a schedule: a period, cron with its aliases, or OnCalendar.

What an expression means is decided in `chalicelib.domain.schedule`.
Start at `schedule_of`.
"""

import re
from datetime import timedelta

from chalicelib.domain.durations import parse_duration
from chalicelib.domain.schedule.aliases import without_alias
from chalicelib.domain.schedule.occurrences import Every, Schedule, parse_schedule

_PERIOD = re.compile(r"(?:every )?[0-9]+[smhdw]?")


def schedule_of(text: str, tz: str) -> Schedule:
    """The schedule that is meant: `1d` and `every 1d` are periods, `@daily` is cron. Raises BadInput."""
    if is_period(text):
        return Every(parse_duration("period", text.strip().removeprefix("every ")))
    return parse_schedule(without_alias(text), tz)


def is_period(text: str) -> bool:
    """Whether it is written as a period, within its bounds or not."""
    return _PERIOD.fullmatch(text.strip()) is not None


def seconds(span: timedelta) -> int:
    """A duration as the API has it."""
    return int(span.total_seconds())
