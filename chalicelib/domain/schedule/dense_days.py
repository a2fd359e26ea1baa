"""Find the days on which the windows of a check lie densest: there an evaluation costs most (docs/adr/0015).

Only 14 calendar years exist, so the days on which a line has windows are 14 numbers of one bit per day. They are put
side by side into one number, which is split by line into days that have the same lines. Whether an evaluation on such a
day is affordable is decided in `affordable`. Start at `dense_days`.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from chalicelib.domain.schedule.cron_fields import cron_fields
from chalicelib.domain.schedule.maintenance import Recurring
from chalicelib.domain.schedule.occurrences import zone_named

_BITS = 368  # of one calendar year: two more than days, so that runs of days do not cross its end
_FIRST_YEAR = 2027
_MOST_SETS = 32  # that are split further: the densest
_LONGEST_RUN = 31  # days; a longer run is as good as this one


def dense_days(windows: Sequence[Recurring], *, most: int) -> tuple[datetime, ...]:
    """The beginnings of days, in UTC, densest first; at most `most`.

    Of days with the same windows, the first of the longest run of days. The last one begins the longest run of days
    that have any window, as windows of different lines may follow each other. Takes 1 ms for 20 lines.
    """
    counts = sorted(((_starts(window), window) for window in windows), key=lambda pair: -pair[0])
    sets: dict[int, tuple[int, str]] = {}  # days: how many windows begin on each, and the zone of the densest line
    for starts, window in counts:
        days, zone = _days(window.cron.expression), window.cron.tz
        split = {days & ~_union(sets): (starts, zone)}
        for each, (already, its_zone) in sets.items():
            split[each & days] = (already + starts, its_zone)
            split[each & ~days] = (already, its_zone)
        split.pop(0, None)
        sets = dict(sorted(split.items(), key=lambda item: -item[1][0])[:_MOST_SETS])
    found = [_begin(days, zone) for days, (_, zone) in list(sets.items())[: most - 1]]
    if len(sets) > 1:
        found.append(_begin(_union(_days(window.cron.expression) for window in windows), counts[0][1].cron.tz))
    return tuple(dict.fromkeys(found))


def _starts(window: Recurring) -> int:
    wall = cron_fields(window.cron.expression).wall
    return len(wall.hours) * len(wall.minutes)


def _days(expression: str) -> int:
    """One bit for each day of each of the 14 calendar years on which an expression occurs."""
    wall = cron_fields(expression).wall
    return sum(wall.days_of_year(year) << _BITS * number for number, year in enumerate(_years()))


def _union(sets: Iterable[int]) -> int:
    found = 0
    for days in sets:
        found |= days
    return found


def _begin(days: int, tz: str) -> datetime:
    """The beginning of the first day of the longest run."""
    length = 1
    while length < _LONGEST_RUN and (longer := days & (days >> 1)):
        days, length = longer, length + 1
    number, day = divmod((days & -days).bit_length() - 1, _BITS)
    return (datetime(_years()[number], 1, 1, tzinfo=zone_named(tz)) + timedelta(days=day)).astimezone(UTC)


@lru_cache(maxsize=1)
def _years() -> tuple[int, ...]:
    """One year for each of the 14 calendars, the next ones to come."""
    found: dict[tuple[int, int], int] = {}
    for year in range(_FIRST_YEAR, _FIRST_YEAR + 28):
        begin, following = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
        found.setdefault((begin.weekday(), (following - begin).days), year)
    return tuple(found.values())
