"""Which occurrence a success counts for (docs/reference/rules.md, rule 8)."""

from datetime import timedelta

import pytest

from chalicelib.domain.rules.due import expected
from chalicelib.domain.schedule.occurrences import Cron, Every
from tests.builders import a_check, hours, minutes, utc

AT_TWO = Cron("0 2 * * *", "Europe/Berlin")  # 01:00 UTC in March


@pytest.mark.parametrize(
    ("success", "early", "due"),
    [
        pytest.param("2026-03-10T00:58Z", minutes(0), "2026-03-10T01:00Z", id="by default it counts for the last one"),
        pytest.param("2026-03-10T00:58Z", minutes(5), "2026-03-11T01:00Z", id="two minutes early counts"),
        pytest.param("2026-03-10T00:55Z", minutes(5), "2026-03-11T01:00Z", id="exactly as early as it may be counts"),
        pytest.param("2026-03-10T00:54:59Z", minutes(5), "2026-03-10T01:00Z", id="a second earlier does not"),
        pytest.param("2026-03-10T01:00Z", minutes(5), "2026-03-11T01:00Z", id="on time"),
        pytest.param("2026-03-29T00:50Z", hours(1), "2026-03-30T00:00Z", id="the night the clocks go forward"),
    ],
)
def test_an_early_success_counts_for_the_occurrence_that_it_is_early_for(
    success: str, early: timedelta, due: str
) -> None:
    assert expected(a_check(last_success=utc(success), schedule=AT_TWO, early=early)) == utc(due)


def test_a_period_has_no_occurrence_to_be_early_for() -> None:
    check = a_check(last_success=utc("2026-03-10T00:58Z"), schedule=Every(hours(1)), early=hours(2))
    assert expected(check) == utc("2026-03-10T01:58Z")
