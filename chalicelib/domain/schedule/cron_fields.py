"""Which wall-clock minutes do five words of cron match? Debian's reading of them (docs/reference/rules.md, rule 2).

croniter expands a field; what it reads otherwise than cron is put into other words first. Which instants the
matching minutes are, is `schedule`'s business. Start at `cron_fields`.
"""

import json
import re
from functools import lru_cache
from typing import NamedTuple

from chalicelib.domain.schedule.calendar_fields import CalendarFields


class CronFields(NamedTuple):
    """The wall-clock minutes that an expression matches: M of rule 2."""

    wall: CalendarFields
    follow_the_clock: bool  # the minute or the hour starts with *


class _Field(NamedTuple):
    place: int
    name: str
    low: int
    high: int
    words: tuple[str, ...] = ()  # words[i] means i


_MONTHS = ("", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS = (
    _Field(0, "minute", 0, 59),
    _Field(1, "hour", 0, 23),
    _Field(2, "day of month", 1, 31),
    _Field(3, "month", 1, 12, _MONTHS),
    _Field(4, "weekday", 0, 7, _WEEKDAYS),
)
_TERM = r"(?:\*|([0-9A-Za-z]+)(?:-([0-9A-Za-z]+))?)(?:/([0-9]+))?"  # compiled at the first use: for the cold start
_NTH_WEEKDAY = r"([0-9A-Za-z]+)(?:#([0-9]+)|[lL])"


@lru_cache(maxsize=512)
def cron_fields(expression: str) -> CronFields:
    """Parse five words. Raises ValueError with what is wrong in words."""
    words = expression.split()
    minutes, hours, days, months, weekdays = (_values(field, word) for field, word in zip(_FIELDS, words, strict=True))
    return CronFields(
        CalendarFields(
            hours=tuple(sorted(hours)),
            minutes=tuple(sorted(minutes)),
            days=days,
            days_from_end=frozenset({1} if "l" in words[2].lower().split(",") else ()),
            months=months,
            weekdays=frozenset(weekday % 7 for weekday in weekdays),
            nth_weekdays=_nth_weekdays(words[4].split(",")),
            days_are_anded=words[2].startswith("*") or words[4].startswith("*"),
        ),
        follow_the_clock=words[0].startswith("*") or words[1].startswith("*"),
    )


@lru_cache(maxsize=1024)
def _values(field: _Field, word: str) -> frozenset[int]:
    """The values of one field. Remembered, as the twenty windows of a check have most of their fields in common:
    croniter takes 80 µs for each.
    """
    if word == "*":
        return frozenset(range(field.low, field.high + 1))
    terms = word.split(",")
    from croniter import croniter  # 35 ms of a cold start that a plain expression never pays

    spelled = [_as_croniter_reads_it(field, term) for term in terms if not _is_special(field, term)]
    if not spelled:
        return frozenset()
    expression = " ".join(",".join(spelled) if field is other else "*" for other in _FIELDS)
    expanded: list[list[int | str]] = croniter.expand(expression)[0]
    values = expanded[field.place]
    if "*" in values:
        return frozenset(range(field.low, field.high + 1))
    return frozenset(value for value in values if isinstance(value, int))


def _is_special(field: _Field, term: str) -> bool:
    if field.name == "weekday":
        return re.fullmatch(_NTH_WEEKDAY, term) is not None
    return field.name == "day of month" and term in ("l", "L")


def _nth_weekdays(terms: list[str]) -> frozenset[tuple[int, int]]:
    """Of `5#2` and `5L`, which croniter neither combines with plain weekdays nor reads when it is `5L`."""
    found = [match for term in terms if (match := re.fullmatch(_NTH_WEEKDAY, term))]
    for match in found:
        if match[2] and not 1 <= int(match[2]) <= 5:
            raise ValueError(f"weekday {match[0]} asks for week {match[2]}, and a month has 1–5")
    return frozenset((_number(_FIELDS[4], match[1]) % 7, int(match[2] or 0)) for match in found)


def _as_croniter_reads_it(field: _Field, term: str) -> str:
    """The same in other words where croniter 7.0.0 strays: `7-7` is `*` to it, `5/1` ends on Saturday."""
    match = re.fullmatch(_TERM, term)
    if not match:
        raise ValueError(f"{field.name} {json.dumps(term)} is none of: a number, *, 1-5, */5, a list of these")
    step = int(match[3] or 1)
    if step == 0:
        raise ValueError(f"{field.name} {term} has a step of 0")
    if match[1] is None:
        return term
    low = _number(field, match[1])
    high = _number(field, match[2]) if match[2] else field.high if match[3] else low
    if low > high:
        raise ValueError(f"{field.name} {term} runs backwards: split it in two, such as 22-23,0-5")
    if high < 7 or field.name != "weekday":
        return _range(low, high, step)
    sunday = ["0"] if (high - low) % step == 0 else []
    return ",".join([*([_range(low, 6, step)] if low < 7 else []), *sunday])


def _range(low: int, high: int, step: int) -> str:
    return f"{low}-{high}/{step}" if low + step <= high else str(low)


def _number(field: _Field, word: str) -> int:
    if word and word.lower() in field.words:
        return field.words.index(word.lower())
    if not word.isdigit():
        raise ValueError(f"{field.name} {json.dumps(word)} is not a number or a name")
    if not field.low <= int(word) <= field.high:
        raise ValueError(f"{field.name} {word} is not within {field.low}–{field.high}")
    return int(word)
