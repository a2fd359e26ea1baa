"""Find wall-clock times that match sets of months, days, weekdays, hours, minutes and seconds.

`cron_fields` and `calendar_line` parse cron and OnCalendar into such sets. Only 14 calendar years exist (leap or not,
beginning on one of seven weekdays), so each set of days is stored as 14 numbers with one bit per day of the year. Time
zones are handled in `schedule`. Start at `CalendarFields.next_match`.
"""

from bisect import bisect_left, bisect_right
from calendar import isleap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache

from chalicelib.domain.limits.steps import spend

EVERY_DAY = frozenset(range(1, 32))
EVERY_MONTH = frozenset(range(1, 13))
EVERY_WEEKDAY = frozenset(range(7))

_LAST_YEAR = 9999
_MONTH_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_EVERY_WEEK = sum(1 << 7 * week for week in range(53))
_WHOLE_YEAR = (1 << 366) - 1  # a 366th bit in a common year is never asked for: `_days_in` limits months


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarFields:
    """The wall-clock times that an expression matches."""

    hours: tuple[int, ...]  # these three ascending
    minutes: tuple[int, ...]
    seconds: tuple[int, ...] = (0,)
    days: frozenset[int] = EVERY_DAY
    days_from_end: frozenset[int] = frozenset()  # 1 is the last day of the month
    months: frozenset[int] = EVERY_MONTH
    weekdays: frozenset[int] = EVERY_WEEKDAY  # 0 is Sunday
    nth_weekdays: frozenset[tuple[int, int]] = frozenset()  # (weekday, 1–5), or (weekday, 0) for the last of the month
    days_are_anded: bool = True  # with weekdays; otherwise either may match
    years: Sequence[int] = range(1, _LAST_YEAR + 1)  # ascending
    _years: tuple[int, ...] = field(init=False, repr=False, compare=False)  # the 14, see `_calendar_index`

    def __post_init__(self) -> None:
        object.__setattr__(self, "_years", _matching_days(self))

    @property
    def has_matches(self) -> bool:
        """Whether any year has a matching day."""
        return any(self._years)

    def days_of_year(self, year: int) -> int:
        """The days of a year that match, whether it is listed or not: bit 0 is January 1."""
        return self._years[_calendar_index(year, date(year, 1, 1).toordinal())]

    def next_match(self, wall: datetime) -> datetime | None:
        """The first match after `wall`, a naive datetime; None if there is none before the calendar ends.

        At most one step a year: 40 for February 29 on a given weekday, up to 230 when few years are listed.
        """
        january_1 = date(wall.year, 1, 1).toordinal()
        today = wall.toordinal() - january_1
        place = bisect_left(self.years, wall.year)
        if place < len(self.years) and self.years[place] == wall.year:
            later = self._years[_calendar_index(wall.year, january_1)] >> today
            if later & 1 and (time := self._time_after(wall)) is not None:
                return wall.replace(hour=time[0], minute=time[1], second=time[2], microsecond=0)
            if later > 1:
                return self._at_first_time(january_1 + today + _lowest_bit(later >> 1) + 1)
            place += 1
        return self._in_years_from(place) if self.has_matches else None

    def _in_years_from(self, place: int) -> datetime | None:
        for year in self.years[place:]:
            spend()
            january_1 = date(year, 1, 1).toordinal()
            days = self._years[_calendar_index(year, january_1)]
            if days:
                return self._at_first_time(january_1 + _lowest_bit(days))
        return None

    def _at_first_time(self, ordinal: int) -> datetime:
        return datetime.fromordinal(ordinal).replace(hour=self.hours[0], minute=self.minutes[0], second=self.seconds[0])

    def _time_after(self, wall: datetime) -> tuple[int, int, int] | None:
        """Hour, minute and second of the first match later on the same day."""
        hours, minutes, seconds = self.hours, self.minutes, self.seconds
        hour = bisect_left(hours, wall.hour)
        if hour < len(hours) and hours[hour] == wall.hour:
            minute = bisect_left(minutes, wall.minute)
            if minute < len(minutes) and minutes[minute] == wall.minute:
                second = bisect_right(seconds, wall.second)
                if second < len(seconds):
                    return wall.hour, wall.minute, seconds[second]
                minute += 1
            if minute < len(minutes):
                return wall.hour, minutes[minute], seconds[0]
            hour += 1
        return (hours[hour], minutes[0], seconds[0]) if hour < len(hours) else None


def _calendar_index(year: int, january_1: int) -> int:
    """Which of the 14 calendars a year has, as an index into `_matching_days`."""
    return january_1 % 7 + (7 if isleap(year) else 0)


def _lowest_bit(days: int) -> int:
    return (days & -days).bit_length() - 1


def _matching_days(fields: CalendarFields) -> tuple[int, ...]:
    """For each of the 14 calendars, the days of the year that match: bit 0 is January 1."""
    found = []
    for is_leap in (False, True):
        in_months, by_day = _days_in(fields.months, None, is_leap), _days_matching(fields, is_leap)
        for first in range(7):
            by_weekday = _days_on(fields.weekdays, first)
            for weekday, nth in fields.nth_weekdays:
                by_weekday |= _days_on((weekday,), first) & _nth_occurrence(nth, is_leap)
            found.append((by_day & by_weekday if fields.days_are_anded else by_day | by_weekday) & in_months)
    return tuple(found)


def _days_on(weekdays: Iterable[int], first: int) -> int:
    """The days of a year that fall on these weekdays if January 1 is weekday `first`."""
    return sum(1 << (weekday - first) % 7 for weekday in weekdays) * _EVERY_WEEK & _WHOLE_YEAR


def _days_matching(fields: CalendarFields, is_leap: bool) -> int:
    found = _days_in(fields.months, sum(1 << day - 1 for day in fields.days), is_leap)
    if not fields.days_from_end:
        return found
    for month, start, length in _months(is_leap):
        if month in fields.months:
            found |= sum(1 << start + length - day for day in fields.days_from_end if day <= length)
    return found


def _days_in(months: frozenset[int], days: int | None, is_leap: bool) -> int:
    """These days of the month (bit 0 is the 1st; None: all) in each of the months."""
    found = 0
    for month, start, length in _months(is_leap):
        if month in months:
            whole = (1 << length) - 1
            found |= (whole if days is None else days & whole) << start
    return found


@lru_cache(maxsize=12)
def _nth_occurrence(nth: int, is_leap: bool) -> int:
    """For each month, the days on which a weekday occurs for the nth time; 0: for the last time."""
    found = 0
    for _, start, length in _months(is_leap):
        low, high = (length - 7, length) if nth == 0 else (7 * nth - 7, min(7 * nth, length))
        found |= ((1 << high) - (1 << min(low, high))) << start
    return found


@lru_cache(maxsize=2)
def _months(is_leap: bool) -> tuple[tuple[int, int, int], ...]:
    """Number, day of the year on which it begins (from 0), and length of each month."""
    found, start = [], 0
    for month, length in enumerate(_MONTH_LENGTHS, 1):
        length += is_leap and month == 2
        found.append((month, start, length))
        start += length
    return tuple(found)
