"""No line of a schedule, zone or instant makes one search long: counted in steps, so that it holds on each machine."""

from datetime import UTC, datetime, timedelta
from zoneinfo import available_timezones

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chalicelib.domain.errors import BadInput
from chalicelib.domain.limits.steps import limited_to
from chalicelib.domain.schedule.occurrences import AnyOf, Cron, OnCalendar, parse_schedule

MOST_STEPS = 60  # for one line, from 2025 on: some 50 µs
NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)

ADVERSARIAL = [
    ("Sun *-03~07/1 02:*:* Europe/Berlin", "UTC"),  # each Sunday's 02:00 hour in a gap
    ("Sun *-03-25..31 02:*:*", "Europe/Berlin"),
    ("Sun *-03-08..14 02:*:*", "America/New_York"),  # the same, but from 2000 to 2006 it occurred
    ("Sun *-04-01..07 02:*", "America/Mexico_City"),  # in gaps up to 2022
    ("Sun *-02,03-29..31 02:*:*", "Europe/Berlin"),  # gaps, but for February 29 on a Sunday
    ("Sun 1970..2199/7-02,03-29..31 02:*:*", "Europe/Berlin"),
    ("*-02,04,06,09,11-31", "Europe/Berlin"),  # no such day
    ("*-02-30", "UTC"),
    ("Mon *-02-29", "UTC"),  # within 40 years
    ("Mon 1970..2199/3-02-29", "UTC"),
    ("2199-12-31 23:59:59", "UTC"),
    ("1999-01-01", "UTC"),
    ("*:*:*", "Australia/Lord_Howe"),
    ("0 0 29 2 1", "Europe/Berlin"),
    ("0 12 29 2 */7", "Europe/Berlin"),  # February 29 on a Sunday
    ("* 2 25-31 3 */7", "Europe/Berlin"),  # always in a gap
    ("* 2 8-14 3 */7", "America/New_York"),
    ("*/5 2 29-31 2,3 */7", "Europe/Berlin"),
    ("0-59 2 * * *", "Europe/Berlin"),
    ("0-59 0-23 * * *", "Pacific/Apia"),
    ("* * 31 12 *", "Pacific/Apia"),
]
NEAR = [
    "2026-10-25T00:59:59.999999Z", "2026-10-25T01:00Z", "2026-10-25T01:30:00.5Z", "2026-03-29T00:59:59Z",
    "2026-03-29T01:00Z", "2026-04-04T15:00Z", "2026-01-01T00:00Z", "2028-02-29T12:00Z", "2096-02-29T23:59Z",
    "2100-01-01T00:00Z", "2160-01-01T00:00Z", "2199-12-31T23:59:59Z", "2200-01-01T00:00Z",
]  # fmt: skip


def next_within(steps: int, schedule: Cron | OnCalendar | AnyOf, at: datetime) -> datetime | None:
    """Raises OverBudget when it takes more."""
    with limited_to(steps):
        return schedule.next_after(at)


def a_line(expression: str, tz: str) -> Cron | OnCalendar:
    return Cron(expression, tz) if len(expression.split()) == 5 else OnCalendar(expression, tz)


@pytest.mark.parametrize(("expression", "tz"), ADVERSARIAL)
@pytest.mark.parametrize("at", [datetime.fromisoformat(text) for text in NEAR], ids=NEAR)
def test_a_search_of_an_adversarial_line_is_short(expression: str, tz: str, at: datetime) -> None:
    found = next_within(MOST_STEPS, a_line(expression, tz), at)
    assert found is None or found > at


@pytest.mark.parametrize(
    ("line", "at", "expected"),
    [
        pytest.param(
            OnCalendar("Sun *-04-01..07 02:30", "America/Mexico_City"), "2001-05-01T00:00Z", "2023-04-02T08:30Z",
            id="21 years in gaps, then Mexico gave up summer time",
        ),
        pytest.param(
            Cron("* 2 1-7 4 */7", "America/Mexico_City"), "2001-05-01T00:00Z", "2023-04-02T08:00Z",
            id="the same in cron",
        ),
        pytest.param(
            OnCalendar("Sun *-02,03-29..31 02:30", "Europe/Berlin"), "2088-03-01T00:00Z", "2128-02-29T01:30Z",
            id="February 29 on a Sunday, after 40 years of Sundays in gaps",
        ),
    ],
)  # fmt: skip
def test_what_occurs_after_many_gaps_is_found(line: Cron | OnCalendar, at: str, expected: str) -> None:
    found = next_within(2 * MOST_STEPS, line, datetime.fromisoformat(at))
    assert found == datetime.fromisoformat(expected)


@pytest.mark.parametrize(("expression", "tz"), ADVERSARIAL)
@pytest.mark.parametrize("year", [1, 1900, 1970, 1987, 2000, 2007])
def test_a_search_that_begins_long_ago_is_bounded_too(expression: str, tz: str, year: int) -> None:
    next_within(2 * MOST_STEPS, a_line(expression, tz), datetime(year, 1, 1, tzinfo=UTC))


def test_ten_lines_that_only_name_skipped_times_settle_a_hundred_misses_in_few_steps() -> None:
    lines = tuple(OnCalendar(f"Sun *-03-08..14 02:{minute}:*", "America/New_York") for minute in range(9))
    schedule, at = AnyOf((*lines, OnCalendar("*:*"))), NOW
    with limited_to(200):  # the nine cost nothing: they are known to be over
        for _ in range(100):
            found = schedule.next_after(at)
            assert found == at + timedelta(minutes=1)
            at = found


def test_what_a_line_costs_does_not_depend_on_what_was_evaluated_before() -> None:
    def steps_of(line: OnCalendar) -> int:
        return next(steps for steps in range(100) if _takes_at_most(steps, line))

    line = OnCalendar("Mon *-02-29 00:00:01", "UTC")  # a line that no other test parses
    assert steps_of(line) == steps_of(line) > 1


def _takes_at_most(steps: int, line: OnCalendar) -> bool:
    try:
        next_within(steps, line, NOW)
    except Exception:  # noqa: BLE001 OverBudget
        return False
    return True


ZONES = st.sampled_from(sorted(zone for zone in available_timezones() if "/" in zone))
DAYS = st.integers(1, 31)
HOURS = st.sampled_from(["00", "01", "02", "03", "0..3", "23", "*", "2/21"])
MINUTES = st.sampled_from(["*", "0", "30", "0/20", "0..59", "59"])
YEARS = st.one_of(
    st.just("*"),
    st.integers(1970, 2199).map(str),
    st.tuples(st.integers(1970, 2100), st.integers(1, 99)).map(lambda got: f"{got[0]}..2199/{got[1]}"),
)
DAY_SETS = st.one_of(
    st.lists(DAYS, min_size=1, max_size=4).map(lambda days: "-" + ",".join(map(str, days))),
    st.sampled_from(["~1", "~7/1", "~1..7", "-8..14", "-1..7", "-25..31", "-29..31", "-29", "-30,31"]),
)
MONTHS = st.lists(st.integers(1, 12), min_size=1, max_size=3).map(lambda months: ",".join(map(str, months)))
WEEKDAYS = st.sampled_from(["", "Sun ", "Sat ", "Fri ", "Mon ", "Mon,Thu "])
LINES = st.builds("{}{}-{}{} {}:{}:{}".format, WEEKDAYS, YEARS, MONTHS, DAY_SETS, HOURS, MINUTES, MINUTES)
CRON = st.builds(
    "{} {} {} {} {}".format,
    st.sampled_from(["*", "*/5", "0", "0-59", "30"]),
    st.sampled_from(["0", "1", "2", "3", "0-3", "23", "*", "*/23"]),
    st.one_of(DAYS.map(str), st.sampled_from(["*", "*/30", "L", "29-31", "8-14", "25-31"])),
    MONTHS,
    st.sampled_from(["*", "*/7", "0", "1", "5#5", "0L"]),
)
INSTANTS = st.one_of(
    st.datetimes(datetime(2025, 1, 1), datetime(2300, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 made aware
    st.sampled_from([datetime.fromisoformat(text) for text in NEAR]),
)


@settings(derandomize=True, max_examples=600, deadline=None, database=None)
@given(st.one_of(LINES, CRON), ZONES, INSTANTS)
@example("Sun *-03-25..31 02:*:*", "Europe/Berlin", NOW)
def test_a_search_of_any_line_is_short(expression: str, tz: str, at: datetime) -> None:
    try:
        schedule = parse_schedule(expression, tz)
    except BadInput:
        schedule = a_line(expression, tz)  # stored before it was refused
    found = next_within(MOST_STEPS, schedule, at)
    assert found is None or found > at
