"""docs/reference/rules.md, rule 2, decided minute by minute: the judge walks real minutes and reads cron itself."""

import re
from bisect import bisect_right
from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import cronsim
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.schedule.occurrences import Cron

CHANGES = (  # an instant at which a zone's clocks changed, and how many days around it are walked
    ("Europe/Berlin", "2026-03-29T01:00Z", 1.5),
    ("Europe/Berlin", "2026-10-25T01:00Z", 6),
    ("Europe/Dublin", "2026-10-25T01:00Z", 1.5),  # its winter time is the "daylight saving" one
    ("America/New_York", "2026-03-08T07:00Z", 1.5),
    ("America/New_York", "2026-11-01T06:00Z", 1.5),
    ("America/St_Johns", "2006-04-02T03:31Z", 1.5),  # at one minute past midnight, offset -3:30
    ("America/St_Johns", "2006-10-29T02:31Z", 1.5),
    ("America/Havana", "2026-03-08T05:00Z", 1.5),  # a gap at midnight
    ("America/Havana", "2026-11-01T05:00Z", 1.5),
    ("America/Sao_Paulo", "2018-11-04T03:00Z", 1.5),
    ("America/Sao_Paulo", "2019-02-17T02:00Z", 1.5),  # 23:00 to 00:00 comes twice
    ("America/Caracas", "2007-12-09T07:00Z", 1.5),  # half an hour back, for good
    ("Asia/Pyongyang", "2018-05-04T15:00Z", 1.5),  # half an hour on, just before midnight
    ("Australia/Lord_Howe", "2026-04-04T15:00Z", 6),  # half an hour back
    ("Australia/Lord_Howe", "2026-10-03T15:30Z", 1.5),
    ("Australia/Sydney", "2026-04-04T16:00Z", 1.5),
    ("Pacific/Chatham", "2026-09-26T14:00Z", 1.5),  # from 02:45 to 03:45
    ("Pacific/Chatham", "2026-04-04T14:00Z", 1.5),
    ("Pacific/Apia", "2011-12-30T10:00Z", 3),  # no 30 December
    ("Antarctica/Troll", "2026-03-29T01:00Z", 1.5),  # two hours on
    ("Antarctica/Troll", "2026-10-25T01:00Z", 1.5),
    ("UTC", "2024-02-29T00:00Z", 3),
)
MINUTE = timedelta(minutes=1)
LIMITS = {"minute": (0, 59), "hour": (0, 23), "day": (1, 31), "month": (1, 12), "weekday": (0, 7)}
NAMES = {
    "month": ("", "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"),
    "weekday": ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"),
}


@dataclass
class Walk:
    """Real minutes around a change of clocks: what each shows, and what no minute shows."""

    start: datetime
    end: datetime
    shown: dict[date, list[tuple[datetime, datetime]]] = field(default_factory=dict)  # (wall, instant)
    first: dict[date, list[tuple[datetime, datetime]]] = field(default_factory=dict)  # each wall minute once


@cache
def walk(tz: str, change: str, days: float) -> Walk:
    middle, zone = datetime.fromisoformat(change), ZoneInfo(tz)
    walked = Walk(middle - timedelta(days=days), middle + timedelta(days=days))
    seen: set[datetime] = set()
    instant, before = walked.start, None
    while instant <= walked.end:
        wall = instant.astimezone(zone).replace(tzinfo=None)
        walked.shown.setdefault(wall.date(), []).append((wall, instant))
        while before is not None and before + MINUTE < wall:  # a gap: its minutes fall on the first one after it
            before += MINUTE
            walked.first.setdefault(before.date(), []).append((before, instant))
        if wall not in seen:
            seen.add(wall)
            walked.first.setdefault(wall.date(), []).append((wall, instant))
        instant, before = instant + MINUTE, wall
    return walked


def number(word: str, name: str) -> int:
    return NAMES[name].index(word.upper()) if word.isalpha() else int(word)


def numbers(word: str, name: str) -> set[int]:
    found: set[int] = set()
    for term in word.split(","):
        if "#" in term or "L" in term.upper():
            continue
        span, _, step = term.partition("/")
        low, high = LIMITS[name]
        if span != "*":
            first, _, last = span.partition("-")
            low = number(first, name)
            high = number(last, name) if last else high if step else low
        found |= {n for n in range(low, high + 1) if (n - low) % int(step or 1) == 0}
    return found


def matching_days(expression: str, days: Iterable[date]) -> Iterator[date]:
    _, _, day_word, month_word, weekday_word = expression.split()
    both = day_word[0] == "*" or weekday_word[0] == "*"
    months, numbered, weekdays = (
        numbers(month_word, "month"),
        numbers(day_word, "day"),
        numbers(weekday_word, "weekday"),
    )
    for day in days:
        last = monthrange(day.year, day.month)[1]
        weekday, nth = day.isoweekday() % 7, (day.day - 1) // 7 + 1
        by_day = day.day in numbered or ("L" in day_word and day.day == last)
        labels = {f"{weekday}#{nth}", f"{weekday or 7}#{nth}", f"{NAMES['weekday'][weekday]}#{nth}"}
        labels |= {f"{weekday}L", f"{weekday or 7}L"} if day.day > last - 7 else set()
        by_weekday = bool({weekday, weekday or 7} & weekdays or labels & set(weekday_word.split(",")))
        if day.month in months and ((by_day and by_weekday) if both else (by_day or by_weekday)):
            yield day


def occurrences(expression: str, walked: Walk) -> list[datetime]:
    minute_word, hour_word = expression.split()[:2]
    minutes, hours = numbers(minute_word, "minute"), numbers(hour_word, "hour")
    table = walked.shown if "*" in (minute_word[0], hour_word[0]) else walked.first
    return sorted(
        {
            instant
            for day in matching_days(expression, table)
            for wall, instant in table[day]
            if wall.hour in hours and wall.minute in minutes
        }
    )


def spans(low: int, high: int) -> st.SearchStrategy[str]:
    pairs = st.tuples(st.integers(low, high), st.integers(low, high)).map(sorted)
    return st.one_of(
        st.integers(low, high).map(str),
        pairs.map(lambda pair: f"{pair[0]}-{pair[1]}"),
        st.tuples(pairs, st.integers(1, high + 1)).map(lambda got: f"{got[0][0]}-{got[0][1]}/{got[1]}"),
        st.tuples(st.integers(low, high), st.integers(1, high)).map(lambda got: f"{got[0]}/{got[1]}"),
    )


def words(low: int, high: int, *special: str) -> st.SearchStrategy[str]:
    steps = st.integers(1, high + 1).map(lambda step: f"*/{step}")
    terms = st.one_of(spans(low, high), st.sampled_from(special)) if special else spans(low, high)
    return st.one_of(st.just("*"), steps, st.lists(terms, min_size=1, max_size=3).map(",".join))


ALL = st.just("*")
NIGHT = st.sampled_from(["0", "1", "2", "3", "23", "1,2", "1-3", "0-3/2", "22-23", "0-4", "1-23", "*"])
EXPRESSIONS = st.tuples(
    st.one_of(words(0, 59), spans(0, 59)),
    st.one_of(NIGHT, NIGHT, words(0, 23)),
    st.one_of(ALL, ALL, words(1, 31, "L")),
    st.one_of(ALL, ALL, words(1, 12, "MAR", "oct-Dec", "JAN-APR/2")),
    st.one_of(ALL, ALL, words(0, 7, "5L", "0L", "7L", "1#2", "SUN#1", "7#4", "Mon-fri", "SAT", "fri-7")),
).map(" ".join)
MINUTES_FROM_THE_CHANGE = (
    -1900, -1441, -1440, -181, -91, -61, -60, -31, -30.5, -30, -10, -1, -0.1,
    0, 0.1, 1, 7, 15, 29, 29.9, 30, 31, 45, 59, 60, 61, 75, 119, 120, 180, 1439, 1900,
)  # fmt: skip


@settings(derandomize=True, max_examples=160, deadline=None, database=None)
@given(EXPRESSIONS, st.sampled_from(CHANGES))
def test_cron_comes_when_a_walk_over_real_minutes_says_so(expression: str, change: tuple[str, str, float]) -> None:
    tz, instant, _ = change
    walked = walk(*change)
    expected = occurrences(expression, walked)
    for distance in MINUTES_FROM_THE_CHANGE:
        at = datetime.fromisoformat(instant) + distance * MINUTE
        found = Cron(expression, tz).next_after(at)
        place = bisect_right(expected, at)
        if place < len(expected):
            assert found == expected[place], (expression, tz, at)
        else:
            assert found is None or found > walked.end, (expression, tz, at)


@settings(derandomize=True, max_examples=40, deadline=None, database=None)
@given(EXPRESSIONS, st.sampled_from(CHANGES))
def test_cron_iterated_over_a_change_of_clocks_leaves_nothing_out(
    expression: str, change: tuple[str, str, float]
) -> None:
    tz, instant, _ = change
    walked = walk(*change)
    at = datetime.fromisoformat(instant) - timedelta(hours=5)
    expected = [occurrence for occurrence in occurrences(expression, walked) if occurrence > at][:100]
    found = []
    for _ in expected:
        following = Cron(expression, tz).next_after(at)
        assert following is not None
        found.append(following)
        at = following
    assert found == expected


@settings(derandomize=True, max_examples=100, deadline=None, database=None)
@given(
    EXPRESSIONS,
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Sydney", "Asia/Kolkata", "UTC"]),
    st.datetimes(datetime(2024, 1, 1), datetime(2031, 1, 1)),  # noqa: DTZ001 made aware below
)
def test_cron_agrees_with_cronsim_over_years(expression: str, tz: str, wall: datetime) -> None:
    at = wall.replace(tzinfo=UTC)
    local = at.astimezone(ZoneInfo(tz))
    if local.fold or re.search(r"(\b\w+)-\1/", expression):
        return  # cronsim 2.8 errs when started within a repeated hour, and reads 3-3/2 as 3/2
    try:
        witness = cronsim.CronSim(expression, local)
    except cronsim.CronSimError:
        return  # no such day, as in Feb 30
    expected = next(witness, None)
    assert Cron(expression, tz).next_after(at) == (expected and expected.astimezone(UTC))
