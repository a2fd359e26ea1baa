"""Every evaluation of every check is bounded, whatever its configuration and however long nobody looked
(docs/reference/rules.md, rule 22; ADR 15).

Steps are counted, not time: the same on every machine. `benchmarks.evaluation` measures what they cost.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.costly import CASES, Case, is_accepted
from chalicelib.domain.advance import advance
from chalicelib.domain.check import Run, Status
from chalicelib.domain.config import Config
from chalicelib.domain.errors import BadInput
from chalicelib.domain.limits.steps import limited_to
from chalicelib.domain.ping import Signal
from chalicelib.domain.receive import receive
from chalicelib.domain.rules import due
from chalicelib.domain.rules.due import next_due
from chalicelib.domain.schedule import maintenance, search_cache
from chalicelib.domain.schedule.describe import in_words, occurrences
from chalicelib.domain.schedule.maintenance import Once, expected_outside, parse_window, window_end
from chalicelib.domain.schedule.occurrences import AnyOf, Cron, Every, OnCalendar, Schedule, parse_schedule
from chalicelib.domain.text.time_format import WallClock
from chalicelib.web.pages.check.next_times import upcoming
from tests.builders import a_check, a_ping, days, hours, minutes, utc

MOST = 20_000  # steps; one is about 1 µs

# Configurations as an adversary would choose them: dense next to rare, many lines, long lengths, clocks that change.

MINUTES = st.sampled_from(["*", "*/2", "1-59/2", "0", "17", "0-29", "50", "*/7", "0,30"])
HOURS = st.sampled_from(["*", "*", "0-22", "23", "*/3", "2", "8-18"])
DAYS = st.sampled_from(["*", "*", "1-30", "29", "13", "*/31", "L"])
MONTHS = st.sampled_from(["*", "*", "12", "2", "1,7"])
WEEKDAYS = st.sampled_from(["*", "*", "1-5", "6,0", "*/7", "1#1"])
CRON = st.builds(lambda *words: " ".join(words), MINUTES, HOURS, DAYS, MONTHS, WEEKDAYS)
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])
LENGTHS = st.sampled_from(["60s", "90s", "5m", "20m", "59m", "1h", "14h", "24h", "30d", "365d"])
RECURRING = st.builds(lambda cron, length, zone: f"{cron} for {length} in {zone}", CRON, LENGTHS, ZONES)
ONCE = st.sampled_from(["2026-03-01T00:00 to 2026-03-29T03:00", "2026-12-24T20:00 to 2199-01-01T00:00"])
CALENDAR = st.sampled_from(["*:*:*", "*:0/5", "Mon..Fri 12:00", "*-02-29", "*-*-* 02:30 Europe/Berlin", "2020-01-01"])


def _line(expression: str, tz: str) -> Cron | OnCalendar:
    """What never comes, such as a February 30, is replaced."""
    try:
        return parse_schedule(expression, tz)
    except BadInput:
        return Cron("* * * * *", tz)


LINES = st.builds(_line, st.one_of(CRON, CALENDAR), ZONES)
SCHEDULES: st.SearchStrategy[Schedule] = st.one_of(
    LINES,
    st.lists(LINES, min_size=2, max_size=10).map(lambda lines: AnyOf(tuple(lines))),
    st.sampled_from([Every(minutes(1)), Every(days(1))]),
)
SPANS = st.sampled_from([minutes(1), hours(1), days(1), days(300)])
CONFIGS = st.builds(
    Config,
    schedule=SCHEDULES,
    tz=ZONES,
    grace=SPANS,
    early=st.sampled_from([timedelta(), hours(1)]),
    windows=st.lists(st.one_of(RECURRING, RECURRING, ONCE), max_size=20).map(tuple),
    max_runtime=st.sampled_from([None, minutes(5), days(365)]),
    remind_every=st.sampled_from([None, minutes(1)]),
    misses_before_alert=st.sampled_from([1, 1, 3, 20, 100]),
)
INSTANTS = st.datetimes(datetime(2025, 1, 1), datetime(2030, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001
SINCE = st.sampled_from([minutes(1), hours(1), days(1), days(90), days(800)])


def _evaluations(config: Config, begin: datetime, since: timedelta) -> Iterator[tuple[str, Callable[[], object]]]:
    now = begin + since
    runs = tuple(Run(rid=str(number), at=begin - minutes(number)) for number in range(100))
    plain = a_check(last_success=begin, due_at=begin)
    for name, check in (
        ("plain", replace(plain, config=config)),
        ("of runs", replace(plain, config=config, runs=runs)),
        ("new", replace(plain, config=replace(config, first_ping_by=hours(1)), status=Status.NEW, last_success=None)),
    ):
        yield f"receive, {name}", partial(receive, check, a_ping(at=now), Signal.SUCCESS)
        yield f"failure, {name}", partial(receive, check, a_ping(at=now), Signal.FAIL)
        yield f"advance, {name}", partial(advance, check, now=now)
        yield f"next_due, {name}", partial(next_due, check)
    yield "next five", lambda: upcoming(replace(plain, config=config), WallClock(tz="UTC", now=begin))
    if not isinstance(config.schedule, Every):
        yield "next five, without windows", lambda: occurrences(config.schedule, after=begin, count=5)
    yield "words", lambda: in_words(config.schedule)


def _spent(call: Callable[[], object]) -> int:
    """The steps of a call of which nothing is known from before."""
    for cached in (
        due._expected_after,
        expected_outside,
        window_end,
        maintenance._spans_of_thread,
        search_cache._cached_for_thread,
    ):
        cached.cache_clear()
    with limited_to(10**9) as left:
        call()
    return 10**9 - left[0]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_the_cases_that_stalled_the_monitor_are_refused_or_cheap(case: Case) -> None:
    if case.is_refused:
        with pytest.raises(BadInput):
            case.config()
    else:
        _is_cheap(case.config(), utc("2026-12-01T00:00Z"), days(90))
        _is_cheap(case.config(), utc("2028-02-28T23:59Z"), days(800))


@pytest.mark.parametrize("case", [case for case in CASES if case.is_stored], ids=lambda case: case.name)
def test_such_a_check_that_was_stored_before_is_evaluated_within_the_same_bound(case: Case) -> None:
    config = case.stored()
    assert is_accepted(config) != case.is_refused
    _is_cheap(config, utc("2026-12-01T00:00Z"), days(90))


@settings(max_examples=150, derandomize=True, deadline=None, database=None)
@given(CONFIGS, INSTANTS, SINCE)
def test_no_evaluation_takes_more_steps_than_its_bound(config: Config, begin: datetime, since: timedelta) -> None:
    _is_cheap(config, begin, since)


@settings(max_examples=60, derandomize=True, deadline=None, database=None)
@given(CONFIGS)
def test_accepting_or_refusing_takes_no_more_either(config: Config) -> None:
    assert _spent(lambda: is_accepted(config)) <= MOST


def _is_cheap(config: Config, begin: datetime, since: timedelta) -> None:
    spent = {name: _spent(call) for name, call in _evaluations(config, begin, since)}
    assert max(spent.values()) <= MOST, spent


@settings(max_examples=100, derandomize=True, deadline=None, database=None)
@given(CONFIGS, INSTANTS, SINCE)
def test_a_check_that_nobody_evaluated_for_long_is_up_to_date_after_few_evaluations(
    config: Config, begin: datetime, since: timedelta
) -> None:
    now, check = begin + since, a_check(last_success=begin)
    check = replace(check, config=config)
    for _ in range(40):
        check = replace(advance(check, now=now).after, records=(), alerts=())
        if check.due_at is None or check.due_at > now:
            return
    raise AssertionError(check.due_at)


# The windows against a walk from minute to minute.


@settings(max_examples=150, derandomize=True, deadline=None, database=None)
@given(
    st.lists(RECURRING, min_size=1, max_size=4).map(tuple),
    st.sampled_from(["2026-03-28T22:00Z", "2026-10-24T22:00Z", "2026-12-01T00:00Z", "2028-02-28T12:00Z"]),
    st.integers(0, 600),
)
def test_a_window_ends_when_no_minute_after_it_belongs_to_one(lines: tuple[str, ...], begin: str, later: int) -> None:
    at = utc(begin) + minutes(later)
    found = [parse_window_or_none(line) for line in lines]
    lines = tuple(line for line, window in zip(lines, found, strict=True) if window is not None)
    end, reached = window_end(lines, at, tz="UTC"), at
    for _ in range(3 * 1440):
        ends = [until for line in lines if (until := _held_until(line, reached)) is not None]
        if not ends:
            assert end == (None if reached == at else reached)
            return
        reached = max(ends)
    assert end is not None  # longer than this walk


def parse_window_or_none(line: str) -> maintenance.Window | None:
    try:
        return parse_window(line, "UTC")
    except BadInput:
        return None


def _held_until(line: str, at: datetime) -> datetime | None:
    """When the first window of a line that holds `at` ends: each occurrence in its length is looked at."""
    window = parse_window(line, "UTC")
    assert not isinstance(window, Once)
    began = window.cron.next_after(at - window.length)
    return None if began is None or began > at else began + window.length
