"""The days on which windows lie densest."""

import pytest

from chalicelib.domain.schedule.dense_days import dense_days
from chalicelib.domain.schedule.maintenance import Recurring, parsed_window
from tests.builders import utc


def found(*lines: str, most: int = 10, tz: str = "UTC") -> tuple[str, ...]:
    windows = [window for line in lines if isinstance(window := parsed_window(line, tz), Recurring)]
    return tuple(f"{at:%m-%d %H:%M}" for at in dense_days(windows, most=most))


def test_without_windows_there_is_none() -> None:
    assert found() == ()


@pytest.mark.parametrize(
    ("lines", "days"),
    [
        pytest.param(["0 * 15 6 * for 60s"], ["06-15 00:00"], id="the only day"),
        pytest.param(["0 * 1,10-31 5 * for 60s"], ["05-10 00:00"], id="the first of the longest run of days"),
        pytest.param(["0 * 15 6 * for 60s in Pacific/Kiritimati"], ["06-14 10:00"], id="by the clocks of its line"),
        pytest.param(
            ["0 0 15 6 * for 60s", "* * 20 6 * for 60s"], ["06-20 00:00", "06-15 00:00"], id="the densest goes first"
        ),
        pytest.param(
            ["0 * 3-5 6 * for 60s", "1 * 5-6 6 * for 60s"],
            ["06-05 00:00", "06-06 00:00", "06-03 00:00"],
            id="a day of two lines before those of one",
        ),
    ],
)
def test_each_set_of_lines_gives_a_day(lines: list[str], days: list[str]) -> None:
    assert list(found(*lines)) == days


def test_the_last_day_begins_the_longest_run_of_days_that_have_any_window() -> None:
    assert found(*(f"0 * {day} 5 * for 1h" for day in (1, *range(10, 29))), most=4)[-1] == "05-10 00:00"


def test_a_february_29_is_found_on_the_weekday_that_it_needs() -> None:
    [window] = [parsed_window("0 0 29 2 */7 for 60s", "UTC")]
    assert isinstance(window, Recurring)
    [begin] = dense_days([window], most=10)
    assert begin == utc("2032-02-29T00:00Z")


def test_never_more_than_asked_for() -> None:
    assert len(found(*(f"{day} * {day} * * for 60s" for day in range(1, 21)), most=10)) == 10
