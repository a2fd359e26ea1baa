"""Which times of a schedule a clock change skips, moves or doubles (docs/reference/rules.md, rule 2)."""

from typing import Any

import pytest

from chalicelib.domain.schedule.occurrences import Every, Schedule
from chalicelib.domain.schedule.parse import parse_schedules
from overdue.advice.nights import nights
from tests.builders import days, utc

SUMMER = utc("2026-08-01T12:00Z")


def changes(schedule: Schedule) -> list[tuple[Any, ...]]:
    return [
        (
            f"{night.at:%Y-%m-%dT%H:%M}",
            night.is_forward,
            *(" ".join(f"{each:%H:%M}" for each in times) for times in (night.skipped, night.moved, night.doubled)),
        )
        for night in nights(schedule, after=SUMMER)
    ]


@pytest.mark.parametrize(
    ("lines", "tz", "back", "forward"),
    [
        pytest.param(["30 2 * * *"], "Europe/Berlin", ("", "", ""), ("02:30", "03:00", ""), id="fixed: moved"),
        pytest.param(["*/30 2 * * *"], "Europe/Berlin", ("", "", "02:00 02:30"), ("02:00 02:30", "", ""), id="minutes"),
        pytest.param(["15 * * * *"], "Europe/Berlin", ("", "", "02:15"), ("02:15", "", ""), id="each hour"),
        pytest.param(["0 12 * * *"], "Europe/Berlin", ("", "", ""), ("", "", ""), id="noon: unaffected"),
        pytest.param(["0 12 * * *", "15 * * * *"], "Europe/Berlin", ("", "", "02:15"), ("02:15", "", ""), id="several"),
        pytest.param(["30 1 * * *"], "America/New_York", ("", "", ""), ("", "", ""), id="once at the first 01:30"),
    ],
)
def test_the_next_two_clock_changes_and_their_effect_on_a_schedule(
    lines: list[str], tz: str, back: tuple[str, ...], forward: tuple[str, ...]
) -> None:
    autumn, spring = ("2026-10-25T01:00", "2027-03-28T01:00")
    if tz == "America/New_York":
        autumn, spring = ("2026-11-01T06:00", "2027-03-14T07:00")
    assert changes(parse_schedules(lines, tz)) == [(autumn, False, *back), (spring, True, *forward)]


def test_a_change_at_midnight_belongs_to_the_day_that_it_shortens() -> None:
    [_, spring] = changes(parse_schedules(["30 0 * * *"], "America/Havana"))
    assert spring == ("2027-03-14T05:00", True, "00:30", "01:00", "")


@pytest.mark.parametrize("schedule", [Every(days(1)), parse_schedules(["30 2 * * *"], "UTC")])
def test_a_period_and_a_zone_without_clock_changes_have_none(schedule: Schedule) -> None:
    assert nights(schedule, after=SUMMER) == ()
