"""What an operator types for a schedule: a period, cron with its aliases, or OnCalendar.

What an expression means is decided in `chalicelib.domain.schedule`.
Start at `schedule_of`.
"""

from chalicelib.domain.durations import is_duration, parse_duration
from chalicelib.domain.schedule.aliases import without_alias
from chalicelib.domain.schedule.occurrences import Every, Schedule, parse_schedule


def schedule_of(text: str, tz: str) -> Schedule:
    """The schedule of a text: `1d` and `every 1d` are periods, `@daily` is cron. Raises BadInput."""
    period = text.strip().removeprefix("every ")
    return Every(parse_duration("period", period)) if is_duration(period) else parse_schedule(without_alias(text), tz)
