"""What an operator types for a schedule: a period, cron with its aliases, or OnCalendar.

The aliases (@daily) are known here alone (docs/reference/rules.md, rule 2); what an expression means is `schedule`'s
business. Start at `schedule_of`.
"""

import re
from datetime import timedelta

from chalicelib.domain.durations import parse_duration
from chalicelib.domain.schedule.occurrences import CRON_ALIASES, Every, Schedule, parse_schedule

_PERIOD = re.compile(r"(?:every )?[0-9]+[smhdw]?")


def schedule_of(text: str, tz: str) -> Schedule:
    """The schedule that is meant: `1d` and `every 1d` are periods, `@daily` is cron. Raises BadInput."""
    if is_period(text):
        return Every(parse_duration("period", text.strip().removeprefix("every ")))
    return parse_schedule(without_alias(text), tz)


def is_period(text: str) -> bool:
    """Whether it is written as a period, within its bounds or not."""
    return _PERIOD.fullmatch(text.strip()) is not None


def without_alias(text: str) -> str:
    """The five words that an alias stands for; anything else as it is."""
    return CRON_ALIASES.get(text.strip().lower(), text)


def seconds(span: timedelta) -> int:
    """A duration as the API has it."""
    return int(span.total_seconds())
