"""Several schedules for one check, any of which may match (docs/reference/rules.md, rules 1 and 2).

When they occur is decided in `schedule`; here they are read, told one by one, and set to another zone. Healthchecks
takes several lines of OnCalendar only: what it takes, `schedule.parse_schedule` takes. Start at `parse_schedules`.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from chalicelib.domain.errors import BadInput
from chalicelib.domain.schedule.occurrences import (
    AnyOf,
    Cron,
    Every,
    OnCalendar,
    Schedule,
    never_occurs,
    parse_expression,
    parse_schedule,
)
from chalicelib.domain.schedule.oncalendar import parse_calendar_line

MOST = 10  # expressions of one check


def parse_schedules(lines: Sequence[str], tz: str) -> Cron | OnCalendar | AnyOf:
    """What an operator wrote on one or more lines, each of them cron or OnCalendar. Raises BadInput."""
    lines = [line for text in lines for line in text.strip().split("\n")]
    if len(lines) > MOST:
        raise BadInput(f"{len(lines)} schedules are too many: a check has {MOST} at most")
    if len(lines) == 1:
        return parse_schedule(lines[0], tz)
    schedule = AnyOf(tuple(parse_expression(line, tz) for line in lines))
    if never_occurs(schedule):
        raise BadInput(f"none of these {len(lines)} schedules ever occurs after the year 2000")
    return schedule


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


def each_line(schedule: Schedule) -> tuple[Cron | OnCalendar, ...]:
    """One schedule per line, each in its own time zone; empty for a period."""
    match schedule:
        case Every():
            return ()
        case Cron():
            return (schedule,)
        case OnCalendar(expression, tz):
            lines = expression.strip().split("\n")
            return tuple(OnCalendar(line, parse_calendar_line(line).tz or tz) for line in lines)
        case AnyOf(lines=schedules):
            return tuple(line for each in schedules for line in each_line(each))
        case _:
            assert_never(schedule)


def warnings(schedule: Schedule, *, now: datetime) -> tuple[str, ...]:
    """Sentences about settings that are valid, but probably a mistake: a schedule or line that never occurs again."""
    lines = each_line(schedule)
    over = [line for line in lines if line.next_after(now) is None]
    if over and len(over) == len(lines):
        return ("This schedule never occurs again, so no success is expected.",)
    return tuple(f"The line “{line.expression.strip()}” never occurs again." for line in over)
