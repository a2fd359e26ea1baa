"""Several schedules for one check (docs/reference/rules.md, rules 1 and 2)."""

import pytest

from chalicelib.domain.errors import BadInput
from chalicelib.domain.schedule.describe import in_words, occurrences
from chalicelib.domain.schedule.occurrences import AnyOf, Cron, Every, OnCalendar
from chalicelib.domain.schedule.parse import in_zone, lines_of, parse_schedules, warnings
from tests.builders import hours, utc

WORKDAYS, SATURDAYS = "0 9 * * 1-5", "Sat 12:00"


def test_any_of_them_may_match() -> None:
    schedule = parse_schedules([WORKDAYS, SATURDAYS], "Europe/Berlin")
    found = [occurrence.at for occurrence in occurrences(schedule, after=utc("2026-03-05T12:00Z"), count=3)]
    assert found == [utc("2026-03-06T08:00Z"), utc("2026-03-07T11:00Z"), utc("2026-03-09T08:00Z")]


def test_what_falls_on_the_same_minute_is_one_occurrence() -> None:
    schedule = parse_schedules(["0 9 * * *", "0 */3 * * *"], "UTC")
    assert schedule.next_after(utc("2026-03-05T06:00Z")) == utc("2026-03-05T09:00Z")
    assert schedule.next_after(utc("2026-03-05T09:00Z")) == utc("2026-03-05T12:00Z")


def test_one_that_is_over_leaves_the_others() -> None:
    schedule = parse_schedules(["2025-01-01 00:00", "0 9 * * *"], "UTC")
    assert schedule.next_after(utc("2026-03-05T10:00Z")) == utc("2026-03-06T09:00Z")
    over = parse_schedules(["2025-01-01 00:00", "2025-02-01 00:00"], "UTC")
    assert over.next_after(utc("2026-03-05T10:00Z")) is None


def test_one_alone_is_itself_and_lines_are_told_one_by_one() -> None:
    assert parse_schedules([WORKDAYS], "UTC") == Cron(WORKDAYS, "UTC")
    assert lines_of(parse_schedules([f"{WORKDAYS}\n{SATURDAYS}"], "UTC")) == (WORKDAYS, SATURDAYS)
    assert lines_of(OnCalendar("12:00\n18:00")) == ("12:00", "18:00")
    assert lines_of(Every(hours(1))) == ()


def test_all_are_set_to_another_zone() -> None:
    moved = in_zone(parse_schedules([WORKDAYS, SATURDAYS], "UTC"), "Asia/Tokyo")
    assert moved == AnyOf((Cron(WORKDAYS, "Asia/Tokyo"), OnCalendar(SATURDAYS, "Asia/Tokyo")))


def test_in_words_each_is_said() -> None:
    assert in_words(parse_schedules([WORKDAYS, SATURDAYS], "UTC")) == (
        "Monday to Friday at 09:00; every Saturday at 12:00"
    )


def test_how_far_the_lines_are_apart_is_nothing_odd_but_a_moved_one_is() -> None:
    schedule = parse_schedules(["30 2 * * *", "0 9 * * *"], "Europe/Berlin")
    found = occurrences(schedule, after=utc("2026-03-28T12:00Z"), count=2)
    assert [occurrence.oddity for occurrence in found] == [
        "Clocks go forward from 02:00 to 03:00, so there is no 02:30. Expected at 03:00.",
        None,
    ]


@pytest.mark.parametrize("lines", [[WORKDAYS, "61 * * * *"], [WORKDAYS, ""], ["0 * * * *"] * 11])
def test_one_that_is_none_or_too_many_are_refused(lines: list[str]) -> None:
    with pytest.raises(BadInput):
        parse_schedules(lines, "UTC")


def test_several_schedules_of_which_none_ever_occurs_are_refused() -> None:
    lines = ["*-02-30", "Sun *-03-25..31 02:*:*"]
    with pytest.raises(BadInput, match="none of these 2 schedules ever occurs after the year 2000"):
        parse_schedules(lines, "Europe/Berlin")
    assert parse_schedules(lines, "UTC").next_after(utc("2026-01-01T00:00Z")) == utc("2026-03-29T02:00Z")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["2020-01-01"], ("This schedule never occurs again, so no success is expected.",)),
        (["2020-01-01", "2021-01-01"], ("This schedule never occurs again, so no success is expected.",)),
        (["2020-01-01", "Mon 09:00"], ("The line “2020-01-01” never occurs again.",)),
        (["*-02-30", "0 9 * * *"], ("The line “*-02-30” never occurs again.",)),
        (["Mon 09:00", "0 9 * * *"], ()),
    ],
)
def test_a_schedule_that_never_occurs_again_causes_a_warning(lines: list[str], expected: tuple[str, ...]) -> None:
    assert warnings(parse_schedules(lines, "UTC"), now=utc("2026-01-01T00:00Z")) == expected


def test_a_line_of_on_calendar_causes_a_warning_in_its_own_zone() -> None:
    schedule = OnCalendar("12:00\nSun *-03-25..31 02:30 Europe/Berlin", "UTC")
    expected = ("The line “Sun *-03-25..31 02:30 Europe/Berlin” never occurs again.",)
    assert warnings(schedule, now=utc("2026-01-01T00:00Z")) == expected


def test_a_period_causes_no_warning() -> None:
    assert warnings(Every(hours(1)), now=utc("2026-01-01T00:00Z")) == ()
