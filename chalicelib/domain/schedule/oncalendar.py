"""Parse one line of systemd's OnCalendar (man systemd.time, "CALENDAR EVENTS").

Lines that systemd 252 accepts have the same meaning here, except that fractions of a second are refused. Steps beyond
the range (`50/15`) are accepted, as in Healthchecks; systemd refuses them. `schedule` decides when a line occurs.
Start at `parse_calendar_line`.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from chalicelib.domain.schedule.calendar_fields import CalendarFields

FIRST_YEAR, LAST_YEAR = 1970, 2199  # systemd's

_SHORTHANDS = {
    "minutely": "*-*-* *:*:00",
    "hourly": "*-*-* *:00:00",
    "daily": "*-*-* 00:00:00",
    "weekly": "Mon *-*-* 00:00:00",
    "monthly": "*-*-01 00:00:00",
    "quarterly": "*-01,04,07,10-01 00:00:00",
    **dict.fromkeys(("semiannually", "semi-annually", "biannually", "bi-annually"), "*-01,07-01 00:00:00"),
    **dict.fromkeys(("yearly", "annually", "anually"), "*-01-01 00:00:00"),
}
_DAYS_OF_THE_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER = r"([0-9]{1,9})(?:\.([0-9]+))?"


class CalendarLine(NamedTuple):
    """One line, parsed."""

    fields: CalendarFields
    tz: str | None  # its own time zone, as written; None: the check's


class _Field(NamedTuple):
    name: str
    low: int
    high: int


_YEAR = _Field("year", FIRST_YEAR, LAST_YEAR)
_MONTH = _Field("month", 1, 12)
_DAY = _Field("day of month", 1, 31)
_HOUR = _Field("hour", 0, 23)
_MINUTE = _Field("minute", 0, 59)
_SECOND = _Field("second", 0, 59)


@lru_cache(maxsize=1024)
def parse_calendar_line(text: str) -> CalendarLine:
    """Parse `[weekdays] [[year-]month-day] [hour:minute[:second]] [zone]`, a shorthand such as `weekly`, or `@epoch`.

    Raises ValueError with what is wrong. Does not check that the zone exists.
    """
    words, tz = _without_zone(text.split())
    if len(words) == 1 and re.fullmatch("@[0-9]{1,10}", words[0]):
        return CalendarLine(_instant(int(words[0][1:])), "UTC")
    words = (_SHORTHANDS.get(words[0].lower(), words[0]) if len(words) == 1 else " ".join(words)).split()
    hours, minutes, seconds = _time(words.pop() if words and ":" in words[-1] else "00:00")
    has_date = bool(words) and words[-1][0] in "0123456789*" and ("-" in words[-1] or "~" in words[-1])
    date = words.pop() if has_date else "*-*-*"
    weekdays = _weekdays(words.pop().lower().rstrip(",")) if words else frozenset(range(7))
    if words:
        raise ValueError(f'"{words[-1]}" is unexpected')
    separator = "~" if "~" in date else "-"
    year_and_month, _, day = date.rpartition(separator)
    year, _, month = year_and_month.rpartition("-")
    days = _values(_DAY, day, is_from_end=separator == "~")
    return CalendarLine(
        CalendarFields(
            hours=hours,
            minutes=minutes,
            seconds=seconds,
            days=frozenset() if separator == "~" and day != "*" else days,
            days_from_end=days if separator == "~" and day != "*" else frozenset(),
            months=_values(_MONTH, month),
            weekdays=weekdays,
            years=_years(year),
        ),
        tz,
    )


def _without_zone(words: list[str]) -> tuple[list[str], str | None]:
    if len(words) < 2 or words[-1][0] in "0123456789*@":
        return words, None
    *others, zone = words
    return others, "UTC" if zone.upper() == "UTC" else zone


def _instant(epoch_s: int) -> CalendarFields:
    at = _EPOCH + timedelta(seconds=epoch_s)
    if at.year > LAST_YEAR:
        raise ValueError(f"@{epoch_s} is after the year {LAST_YEAR}")
    return CalendarFields(
        hours=(at.hour,),
        minutes=(at.minute,),
        seconds=(at.second,),
        days=frozenset({at.day}),
        months=frozenset({at.month}),
        years=(at.year,),
    )


def _time(text: str) -> tuple[tuple[int, ...], ...]:
    terms = text.split(":")
    if len(terms) not in (2, 3):
        raise ValueError(f'time "{text}" is not hour:minute or hour:minute:second')
    return tuple(
        tuple(sorted(_values(field, term)))
        for field, term in zip((_HOUR, _MINUTE, _SECOND), (*terms, "0"), strict=False)
    )


def _weekdays(text: str) -> frozenset[int]:
    """Sunday is 0."""
    found: set[int] = set()
    for term in text.replace("-", "..").split(","):
        first, is_range, last = term.partition("..")
        low, high = _weekday(first), _weekday(last if is_range else first)
        if low > high:
            raise ValueError(f'weekdays "{term}" run backwards: a week begins on Monday')
        found |= {(weekday + 1) % 7 for weekday in range(low, high + 1)}
    return frozenset(found)


def _weekday(name: str) -> int:
    for number, full in enumerate(_DAYS_OF_THE_WEEK):
        if name in (full, full[:3]):
            return number
    raise ValueError(f'weekday "{name}" is not valid')


def _years(text: str) -> Sequence[int]:
    return range(FIRST_YEAR, LAST_YEAR + 1) if text in ("", "*") else tuple(sorted(_values(_YEAR, text)))


def _values(field: _Field, text: str, *, is_from_end: bool = False) -> frozenset[int]:
    if text == "*":
        return frozenset(range(field.low, field.high + 1))
    found: set[int] = set()
    for term in text.split(","):
        match = re.fullmatch(rf"{_NUMBER}(?:\.\.{_NUMBER})?(?:/{_NUMBER})?", term)
        if not match:
            raise ValueError(f'{field.name} "{term}" is not valid')
        if field is not _SECOND and (match[2] or match[4] or match[6]):
            raise ValueError(f'{field.name} "{term}" is not a whole number')
        if any(fraction and int(fraction) for fraction in (match[2], match[4], match[6])):
            raise ValueError(f'second "{term}" has a fraction, which Overdue does not support')
        low, last, step = _number(field, match[1]), match[3], int(match[5] or 1)
        if step == 0:
            raise ValueError(f'{field.name} "{term}" has a step of 0')
        if last is not None:
            high = _number(field, last)
            if high < low:
                raise ValueError(f'{field.name} "{term}" runs backwards')
            found.update(range(low, high + 1, step))
        elif is_from_end:
            if low > 28:
                raise ValueError(f'{field.name} "~{term}" counts from the end of the month: at most 28')
            found.update(range(low, 0, -step) if match[5] else (low,))
        else:
            found.update(range(low, field.high + 1, step) if match[5] else (low,))
    return frozenset(found)


def _number(field: _Field, digits: str) -> int:
    number = int(digits)
    if field is _YEAR and number < 100:
        number += 2000 if number < 70 else 1900
    if not field.low <= number <= field.high:
        raise ValueError(f"{field.name} {digits} is not within {field.low}–{field.high}")
    return number
