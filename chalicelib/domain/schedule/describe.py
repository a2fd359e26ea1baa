"""A schedule in words, and its next occurrences with what is odd about them (docs/reference/rules.md, rule 17).

One set of words for page, CLI and alert. No zone and no full stop in `in_words`: the caller knows where it
stands. When something occurs is decided in `schedule`. Start at `in_words` and `occurrences`.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta
from typing import assert_never

from chalicelib.domain.schedule.calendar_fields import EVERY_DAY, EVERY_WEEKDAY, CalendarFields
from chalicelib.domain.schedule.clock_changes import change_between
from chalicelib.domain.schedule.cron_fields import cron_fields
from chalicelib.domain.schedule.occurrences import AnyOf, Cron, Every, OnCalendar, Schedule, zone_named
from chalicelib.domain.schedule.oncalendar import FIRST_YEAR, LAST_YEAR, parse_calendar_line
from chalicelib.domain.schedule.parse import each_line

_SECOND = timedelta(seconds=1)
_MINUTE = timedelta(minutes=1)
_MANY = 6  # times that are still listed one by one
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An instant at which a success is expected."""

    at: datetime  # UTC
    local: datetime  # the same in the schedule's zone
    oddity: str | None  # in sentences; None: nothing odd


def in_words(schedule: Schedule) -> str:
    """Such as `every day at 02:00`. What has no simple words is quoted."""
    match schedule:
        case Every():
            return _every(schedule.period)
        case Cron():
            return _of_fields(cron_fields(schedule.expression).wall) or _quoted(schedule.expression.strip())
        case OnCalendar():
            return "; ".join(_of_line(line.strip()) for line in schedule.expression.strip().split("\n"))
        case AnyOf():
            return "; ".join(in_words(line) for line in schedule.lines)
        case _:
            assert_never(schedule)


def occurrences(schedule: Schedule, *, after: datetime, count: int) -> tuple[Occurrence, ...]:
    """The next ones strictly after an instant, at most `count`."""
    zone = UTC if isinstance(schedule, Every) else zone_named(schedule.tz)
    found: list[Occurrence] = []
    at = schedule.next_after(after)
    while at is not None and len(found) < count:
        local = at.astimezone(zone)
        found.append(Occurrence(at, local, _oddity(schedule, at, found[-1].at if found else None)))
        at = schedule.next_after(at)
    return tuple(found)


def _every(period: timedelta) -> str:
    for unit, length in (("week", 604800), ("day", 86400), ("hour", 3600)):
        number, rest = divmod(period.total_seconds(), length)
        if not rest and (number == 1 or unit != "week"):
            return f"every {unit}" if number == 1 else f"every {number:.0f} {unit}s"
    minutes, rest = divmod(period.total_seconds(), 60)
    if not rest and minutes < 120:
        return "every minute" if minutes == 1 else f"every {minutes:.0f} minutes"
    return f"every {_took(period)}"


def _took(period: timedelta) -> str:
    seconds = int(period.total_seconds())
    hours, minutes = seconds // 3600, seconds // 60 % 60
    parts = ((hours, "h"), (minutes, "min"), (seconds % 60, "s"))
    return " ".join(f"{number} {unit}" for number, unit in parts if number)


def _of_line(line: str) -> str:
    """A line of OnCalendar that says what cron could say too; any other is quoted."""
    fields, tz = parse_calendar_line(line)
    is_plain = fields.seconds == (0,) and fields.years == range(FIRST_YEAR, LAST_YEAR + 1) and not fields.days_from_end
    return (_of_fields(fields) if is_plain and tz is None else None) or _quoted(line)


def _quoted(expression: str) -> str:
    return f"at the times of “{expression}”"


def _of_fields(fields: CalendarFields) -> str | None:
    days = _days(fields)
    minutes_of_day = tuple(hour * 60 + minute for hour in fields.hours for minute in fields.minutes)
    if len(minutes_of_day) <= _MANY:
        return f"{days} at {_and([_clock(minute) for minute in minutes_of_day])}"
    repeated = _repeated(minutes_of_day)
    if repeated is None or days == "every day":
        return repeated
    return f"{repeated}, {days}"


def _repeated(minutes_of_day: tuple[int, ...]) -> str | None:
    """Times that are as far from each other all day, for a part of it, or within each of its hours."""
    first, last = minutes_of_day[0], minutes_of_day[-1]
    step = minutes_of_day[1] - first
    if minutes_of_day == tuple(range(first, last + 1, step)):
        if first + 1440 - last != step:
            return f"{_every(step * _MINUTE)} from {_clock(first)} to {_clock(last)}"
        if step == 60 and first:
            return f"every hour at :{first:02}"
        return _every(step * _MINUTE) + (f" from {_clock(first)}" if first else "")
    minutes = sorted({minute % 60 for minute in minutes_of_day})
    hours = sorted({minute // 60 for minute in minutes_of_day})
    if hours != list(range(hours[0], hours[-1] + 1)):
        return None
    past = f"every {minutes[1] - minutes[0]} minutes from :{minutes[0]:02} to :{minutes[-1]:02}"
    if len(minutes) <= _MANY:
        past = f"at {_and([f':{minute:02}' for minute in minutes])}"
    elif minutes != list(range(minutes[0], minutes[-1] + 1, minutes[1] - minutes[0])):
        return None
    return f"{past} of every hour" + (f" from {hours[0]:02} to {hours[-1]:02}" if len(hours) < 24 else "")


def _days(fields: CalendarFields) -> str:
    any_day = fields.days >= EVERY_DAY
    any_weekday = fields.weekdays >= EVERY_WEEKDAY
    is_every_day = (any_day and any_weekday) if fields.days_are_anded else (any_day or any_weekday)
    in_months = "" if len(fields.months) == 12 else f" in {_months(fields)}"
    of_months = " of each month" if len(fields.months) == 12 else f" of {_months(fields)}"
    if is_every_day:
        return f"every day{in_months}"
    weekdays = [*_plain_weekdays(fields), *_nth_weekdays(fields, of_months)]
    by_weekday = f"on {_and(weekdays)}" if fields.nth_weekdays else f"{_and(weekdays)}{in_months}"
    if any_day:
        return by_weekday
    if any_weekday:
        return f"on the {_and(_ordinals(fields))}{of_months}"
    if fields.days_are_anded:
        of_months = of_months.replace("each", "the")
        return f"{by_weekday.removesuffix(in_months)} that is the {_and(_ordinals(fields), 'or')}{of_months}"
    return f"on the {_and(_ordinals(fields))}{of_months}, and {by_weekday},"


def _months(fields: CalendarFields) -> str:
    return _and(_runs(sorted(month - 1 for month in fields.months), _MONTHS))


def _ordinals(fields: CalendarFields) -> list[str]:
    ordinals = [f"{day}{_suffix(day)}" for day in range(1, 32)]
    listed = _runs(sorted(day - 1 for day in fields.days), ordinals)
    return [*listed, "last day"] if fields.days_from_end else listed


def _suffix(day: int) -> str:
    return "th" if day in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def _plain_weekdays(fields: CalendarFields) -> list[str]:
    listed = _runs(sorted({(weekday + 6) % 7 for weekday in fields.weekdays}), _WEEKDAYS)
    return [f"every {listed[0]}"] if len(listed) == 1 and listed[0] in _WEEKDAYS else listed


def _nth_weekdays(fields: CalendarFields, of_months: str) -> list[str]:
    names = ("last", "1st", "2nd", "3rd", "4th", "5th")
    ordered = sorted((nth or 6, (weekday + 6) % 7) for weekday, nth in fields.nth_weekdays)
    return [f"the {names[nth % 6]} {_WEEKDAYS[weekday]}{of_months}" for nth, weekday in ordered]


def _runs(places: list[int], names: tuple[str, ...] | list[str]) -> list[str]:
    """Names one by one, and from three neighbours on as `first to last`."""
    runs: list[list[int]] = []
    for place in places:
        if runs and runs[-1][-1] == place - 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    return [
        name
        for run in runs
        for name in ([f"{names[run[0]]} to {names[run[-1]]}"] if len(run) > 2 else [names[place] for place in run])
    ]


def _and(words: Iterable[str], conjunction: str = "and") -> str:
    *others, last = words
    return f"{', '.join(others)} {conjunction} {last}" if others else last


def _clock(minute_of_day: int) -> str:
    return f"{minute_of_day // 60:02}:{minute_of_day % 60:02}"


def _oddity(schedule: Schedule, at: datetime, before: datetime | None) -> str | None:
    if isinstance(schedule, Every) or not {at.year, (before or at).year}.isdisjoint((MINYEAR, MAXYEAR)):
        return None  # at the ends of the calendar no clock is known to change, and there is no hour before or after
    lines = each_line(schedule)
    line = next((line for line in lines if line.next_after(at - timedelta.resolution) == at), lines[0])
    zone = zone_named(line.tz)
    local, clocks = at.astimezone(zone), "Clocks" if line.tz == schedule.tz else f"Clocks in {line.tz}"
    oddity = _comes_twice(line, local, clocks) or _moved(line, local, clocks)
    if oddity or before is None or len(lines) > 1:  # the distance between two lines is not an oddity
        return oddity
    return _interval(line, local, before.astimezone(zone))


def _comes_twice(schedule: Cron | OnCalendar, local: datetime, clocks: str) -> str | None:
    first, second = (local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    if second <= first or local.tzinfo is None:
        return None
    change = change_between(first, second, local.tzinfo)
    back_at = (change - _MINUTE).astimezone(local.tzinfo).replace(tzinfo=None) + _MINUTE
    twice = f"{clocks} go back at {back_at:%H:%M}, so {local:%H:%M} comes twice."
    if isinstance(schedule, Cron) and cron_fields(schedule.expression).follow_the_clock:
        return f"{twice} Expected both times; this is the {'second' if local.fold else 'first'}."
    if local.fold:  # OnCalendar only
        return f"{twice} This is the second: as in systemd, it counts after a success in the second pass."
    return f"{twice} Expected once, at the first."


def _moved(schedule: Cron | OnCalendar, local: datetime, clocks: str) -> str | None:
    if isinstance(schedule, OnCalendar) or cron_fields(schedule.expression).follow_the_clock:
        return None  # what falls into a gap is not expected at all
    gap = (local.astimezone(UTC) - _MINUTE).astimezone(local.tzinfo).replace(tzinfo=None) + _MINUTE
    missing = cron_fields(schedule.expression).wall.next_match(gap - _MINUTE)
    if missing is None or missing >= local.replace(tzinfo=None):
        return None
    forward = f"{clocks} go forward from {gap:%H:%M} to {local:%H:%M}, so there is no {missing:%H:%M}."
    return f"{forward} Expected at {local:%H:%M}."


def _interval(schedule: Cron | OnCalendar, local: datetime, before: datetime) -> str | None:
    real = local.astimezone(UTC) - before.astimezone(UTC)
    usual = _usual_interval(schedule, local, before, real)
    if usual is None or usual == real:
        return None
    not_this = _took(usual)
    if not real % timedelta(hours=1) and not usual % timedelta(hours=1):
        not_this = not_this.removesuffix(" h")
    return f"{_took(real)} after the one before, not {not_this}."


def _usual_interval(
    schedule: Cron | OnCalendar, local: datetime, before: datetime, real: timedelta
) -> timedelta | None:
    """From the wall-clock time that comes before this one when no clock is changed; None when not known."""
    wall, earlier = (shown.replace(tzinfo=UTC, fold=0) for shown in (local, before))
    if wall - earlier == real:
        return real
    start, unchanging = min(earlier, wall - real) - timedelta(hours=3), _in_utc(schedule)

    def is_next(second: int) -> bool:
        found = unchanging.next_after(start + second * _SECOND)
        return found is None or found >= wall

    seconds = bisect_left(
        range((wall - start) // _SECOND), True, key=is_next
    )  # a linear search takes 10,800 steps for *:*:*
    last = start + seconds * _SECOND
    return wall - last if seconds and unchanging.next_after(last) == wall else None


def _in_utc(schedule: Cron | OnCalendar) -> Cron | OnCalendar:
    if isinstance(schedule, Cron):
        return replace(schedule, tz="UTC")
    words = schedule.expression.split()
    return OnCalendar(" ".join(words[:-1] if parse_calendar_line(schedule.expression).tz else words), "UTC")
