"""OnCalendar decided second by second: the judge walks real seconds around a change of clocks and reads lines itself.

Its rules are systemd's: nothing in a gap; a repeated hour once, in the pass in which the search begins, else in the
first. systemd 252 itself was compared once, see the commit that added this file.
"""

from bisect import bisect_left, bisect_right
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.schedule.occurrences import OnCalendar

CHANGES = (
    ("Europe/Berlin", "2026-03-29T01:00Z"),
    ("Europe/Berlin", "2026-10-25T01:00Z"),
    ("Europe/Dublin", "2026-03-29T01:00Z"),  # its winter time is the "daylight saving" one
    ("Europe/Dublin", "2026-10-25T01:00Z"),
    ("America/New_York", "2026-03-08T07:00Z"),
    ("America/New_York", "2026-11-01T06:00Z"),
    ("America/St_Johns", "2006-04-02T03:31Z"),  # at one minute past midnight, offset -3:30
    ("America/St_Johns", "2006-10-29T02:31Z"),
    ("America/Havana", "2026-03-08T05:00Z"),  # a gap at midnight
    ("America/Havana", "2026-11-01T05:00Z"),  # on the first of a month
    ("America/Sao_Paulo", "2018-11-04T03:00Z"),
    ("America/Sao_Paulo", "2019-02-17T02:00Z"),  # 23:00 to 00:00 comes twice
    ("America/Caracas", "2007-12-09T07:00Z"),  # half an hour back, for good
    ("Asia/Pyongyang", "2018-05-04T15:00Z"),  # half an hour on, just before midnight
    ("Asia/Pontianak", "1987-12-31T16:00Z"),  # the last hour of a year comes twice, for good
    ("Australia/Lord_Howe", "2026-04-04T15:00Z"),  # half an hour back
    ("Australia/Lord_Howe", "2026-10-03T15:30Z"),
    ("Pacific/Chatham", "2026-09-26T14:00Z"),  # from 02:45 to 03:45
    ("Pacific/Chatham", "2026-04-04T14:00Z"),
    ("Pacific/Apia", "2011-12-30T10:00Z"),  # no 30 December
    ("Pacific/Kwajalein", "1993-08-21T12:00Z"),  # no 21 August
    ("Antarctica/Troll", "2026-03-29T01:00Z"),  # two hours on
    ("Antarctica/Troll", "2026-10-25T01:00Z"),
    ("Africa/Casablanca", "2026-03-22T02:00Z"),  # after Ramadan
    ("Africa/Monrovia", "1972-01-07T00:44:30Z"),  # from an offset of 44 min 30 s to none
    ("UTC", "2024-02-29T00:00Z"),
)
BEFORE, AFTER = timedelta(hours=4), timedelta(hours=8)
SECOND = timedelta(seconds=1)
LIMITS = {"year": (1970, 2199), "month": (1, 12), "day": (1, 31), "hour": (0, 23), "minute": (0, 59), "second": (0, 59)}
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class Shown(NamedTuple):
    """What clocks show at an instant, and whether they have shown it before."""

    at: datetime
    wall: datetime
    is_second: bool


@cache
def walk(tz: str, change: str) -> list[Shown]:
    """Real seconds around a change of clocks, in order."""
    zone, at = ZoneInfo(tz), datetime.fromisoformat(change) - BEFORE
    found, seen = [], set()
    for _ in range((BEFORE + AFTER) // SECOND):
        wall = at.astimezone(zone).replace(tzinfo=None, fold=0)
        found.append(Shown(at, wall, wall in seen))
        seen.add(wall)
        at += SECOND
    return found


def numbers(text: str, name: str) -> set[int]:
    low, high = LIMITS[name]
    if text == "*":
        return set(range(low, high + 1))
    found: set[int] = set()
    for term in text.split(","):
        span, _, step = term.partition("/")
        first, is_range, last = span.partition("..")
        end = int(last) if is_range else high if step else int(first)
        found |= {n for n in range(low, end + 1) if n >= int(first) and (n - int(first)) % int(step or 1) == 0}
    return found


class Line(NamedTuple):
    """A line in its parts, each as it is written."""

    weekdays: str
    year: str
    month: str
    separator: str
    day: str
    hour: str
    minute: str
    second: str

    @property
    def text(self) -> str:
        date = f"{self.year}-{self.month}{self.separator}{self.day}"
        return f"{self.weekdays} {date} {self.hour}:{self.minute}:{self.second}".strip()

    def matches_day(self, day: date) -> bool:
        number = day.day if self.separator == "-" else monthrange(day.year, day.month)[1] - day.day + 1
        days = numbers(self.day, "day") if self.separator == "-" else from_end(self.day)
        weekday = WEEKDAYS[day.weekday()]
        return (
            day.year in numbers(self.year, "year")
            and day.month in numbers(self.month, "month")
            and number in days
            and (not self.weekdays or weekday in weekdays(self.weekdays))
        )


def weekdays(text: str) -> set[str]:
    first, is_range, last = text.partition("..")
    if not is_range:
        return set(text.split(","))
    return set(WEEKDAYS[WEEKDAYS.index(first) : WEEKDAYS.index(last) + 1])


def from_end(text: str) -> set[int]:
    """`5/2` is the fifth last day, the third last and the last."""
    found: set[int] = set()
    for term in text.split(","):
        first, _, step = term.partition("/")
        is_open = step and ".." not in term
        found |= set(range(int(first), 0, -int(step))) if is_open else numbers(term, "day")
    return found


def occurrences(line: Line, tz: str, change: str) -> list[Shown]:
    walked = walk(tz, change)
    days = {day for day in {shown.wall.date() for shown in walked} if line.matches_day(day)}
    hours, minutes, seconds = (numbers(getattr(line, name), name) for name in ("hour", "minute", "second"))
    return [
        shown
        for shown in walked
        if shown.wall.second in seconds
        and shown.wall.minute in minutes
        and shown.wall.hour in hours
        and shown.wall.date() in days
    ]


def expected_after(at: datetime, found: list[Shown], walked: list[Shown]) -> datetime | None:
    """The first that clocks show later than what they show at an instant: systemd looks forward on the clock."""
    begins = walked[bisect_right(walked, at, key=lambda shown: shown.at) - 1]
    later = found[bisect_right(found, at, key=lambda shown: shown.at) :]
    first_wall = min((shown.wall for shown in later if shown.wall > begins.wall), default=None)
    if first_wall is None:
        return None
    passes = [shown for shown in found if shown.wall == first_wall]
    return next((shown.at for shown in passes if shown.at > at), None)


def spans(low: int, high: int) -> st.SearchStrategy[str]:
    pairs = st.tuples(st.integers(low, high), st.integers(low, high)).map(sorted)
    return st.one_of(
        st.integers(low, high).map(str),
        pairs.map(lambda pair: f"{pair[0]}..{pair[1]}"),
        st.tuples(pairs, st.integers(1, high)).map(lambda got: f"{got[0][0]}..{got[0][1]}/{got[1]}"),
        st.tuples(st.integers(low, high), st.integers(1, high)).map(lambda got: f"{got[0]}/{got[1]}"),
    )


def terms(low: int, high: int) -> st.SearchStrategy[str]:
    return st.one_of(st.just("*"), st.lists(spans(low, high), min_size=1, max_size=3).map(",".join))


ALL = st.just("*")
LINES = st.builds(
    Line,
    weekdays=st.one_of(
        st.just(""), st.just(""), st.sampled_from(["Sun", "Sat,Sun", "Mon..Fri", "Fri..Sun", "Thu,Sun"])
    ),
    year=st.one_of(ALL, ALL, st.sampled_from(["2026", "1970..2199/2", "2006,2026", "2000..2030"])),
    month=st.one_of(ALL, ALL, st.sampled_from(["1/2", "2/2", "3,10", "4..12"])),
    separator=st.sampled_from("---~"),
    day=st.one_of(ALL, ALL, st.lists(spans(1, 28), min_size=1, max_size=2).map(",".join)),
    hour=st.one_of(ALL, st.sampled_from(["0", "1", "2", "3", "23", "0..3", "1,2", "22/1"]), terms(0, 23)),
    minute=terms(0, 59),
    second=st.one_of(st.just("0"), terms(0, 59)),
)
SECONDS_FROM_THE_CHANGE = (
    -14_000, -7_200, -3_601, -3_600, -1_801, -1_800, -900, -60, -1.5, -1, -0.5, 0, 0.5, 1, 59, 600, 1_799, 1_800,
    2_700, 3_599, 3_599.9, 3_600, 5_400, 7_200, 25_000,
)  # fmt: skip


@settings(derandomize=True, max_examples=160, deadline=None, database=None)
@given(LINES, st.sampled_from(CHANGES))
def test_on_calendar_comes_when_a_walk_over_real_seconds_says_so(line: Line, change: tuple[str, str]) -> None:
    tz, instant = change
    walked, found = walk(*change), occurrences(line, *change)
    for distance in SECONDS_FROM_THE_CHANGE:
        at = datetime.fromisoformat(instant) + distance * SECOND
        expected = expected_after(at, found, walked)
        answer = OnCalendar(line.text, tz).next_after(at)
        if expected is None:
            assert answer is None or answer > walked[-1].at, (line.text, tz, at)
        else:
            assert answer == expected, (line.text, tz, at)


@settings(derandomize=True, max_examples=40, deadline=None, database=None)
@given(LINES, st.sampled_from(CHANGES))
def test_on_calendar_iterated_from_before_a_change_occurs_once_per_wall_clock_time(
    line: Line, change: tuple[str, str]
) -> None:
    found = [shown for shown in occurrences(line, *change) if not shown.is_second][:60]
    answers, at = [], walk(*change)[0].at - SECOND / 2
    for _ in found:
        following = OnCalendar(line.text, change[0]).next_after(at)
        assert following is not None
        answers.append(following)
        at = following
    assert answers == [shown.at for shown in found]


@pytest.mark.parametrize(("tz", "change"), CHANGES)
def test_every_second_comes_once_and_none_twice(tz: str, change: str) -> None:
    walked = walk(tz, change)
    begin = bisect_left(walked, datetime.fromisoformat(change) - 90 * SECOND, key=lambda shown: shown.at)
    at = walked[begin].at
    for shown in [shown for shown in walked[begin + 1 :] if not shown.is_second][:180]:
        following = OnCalendar("*:*:*", tz).next_after(at)
        assert following == shown.at
        at = following.astimezone(UTC)
