"""What an operator types for a schedule."""

import pytest

from chalicelib.domain.errors import BadInput
from chalicelib.domain.schedule.occurrences import Cron, Every, OnCalendar, Schedule
from overdue.cli.offline.expressions import schedule_of
from tests.builders import days, minutes


@pytest.mark.parametrize(
    ("text", "schedule"),
    [
        ("1d", Every(days(1))),
        ("every 15m", Every(minutes(15))),
        ("600", Every(minutes(10))),
        ("@daily", Cron("0 0 * * *", "Europe/Berlin")),
        ("@WEEKLY", Cron("0 0 * * 0", "Europe/Berlin")),
        ("30 2 * * *", Cron("30 2 * * *", "Europe/Berlin")),
        ("Mon..Fri 09:00", OnCalendar("Mon..Fri 09:00", "Europe/Berlin")),
    ],
)
def test_periods_cron_its_aliases_and_oncalendar_are_told_apart(text: str, schedule: Schedule) -> None:
    assert schedule_of(text, "Europe/Berlin") == schedule


@pytest.mark.parametrize("text", ["30s", "61 * * * *", "every day", "@reboot", ""])
def test_what_is_no_schedule_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        schedule_of(text, "UTC")
