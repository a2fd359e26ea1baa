"""Several schedules for one check, any of which may match (domain.md, rules 1 and 2).

When they occur is decided in `schedule`; here they are read, told one by one, and set to another zone. Healthchecks
takes several lines of OnCalendar only: what it takes, `schedule.parse_schedule` takes. Start at `parse_schedules`.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from chalicelib.domain.errors import BadInput
from chalicelib.domain.schedule import AnyOf, Cron, Every, OnCalendar, Schedule, parse_schedule

MOST = 10  # expressions of one check


def parse_schedules(lines: Sequence[str], tz: str) -> Cron | OnCalendar | AnyOf:
    """What an operator wrote on one or more lines, each of them cron or OnCalendar. Raises BadInput."""
    lines = [line for text in lines for line in text.strip().split("\n")]
    if len(lines) > MOST:
        raise BadInput(f"{len(lines)} schedules are too many: a check has {MOST} at most")
    found = tuple(parse_schedule(line, tz) for line in lines)
    return AnyOf(found) if len(found) > 1 else found[0]


def lines_of(schedule: Schedule) -> tuple[str, ...]:
    """Its expressions one by one; a period has none."""
    return () if isinstance(schedule, Every) else tuple(schedule.expression.strip().split("\n"))


def in_zone(schedule: Schedule, tz: str) -> Schedule:
    """The same schedule by the clocks of another zone."""
    match schedule:
        case Every():
            return schedule
        case Cron() | OnCalendar():
            return replace(schedule, tz=tz)
        case AnyOf():
            return AnyOf(tuple(replace(line, tz=tz) for line in schedule.lines))
        case _:
            assert_never(schedule)
