"""Which occurrence of a schedule does a success count for? (docs/reference/rules.md, rule 8)

The last one, as a rule, so the next is expected; one that comes at most `early` before an occurrence counts for that
one, and the occurrence after it is expected.
"""

from datetime import datetime, timedelta

from chalicelib.domain.schedule.occurrences import Every, Schedule
from chalicelib.domain.schedule.search_cache import CachedSchedule


def next_after(schedule: Schedule | CachedSchedule, at: datetime, *, early: timedelta) -> datetime | None:
    """The first occurrence that a success at `at` does not count for. A period knows no occurrence to be early for."""
    due = schedule.next_after(at)
    if due is None or isinstance(schedule, Every) or not timedelta() < due - at <= early:
        return due
    return schedule.next_after(due)
