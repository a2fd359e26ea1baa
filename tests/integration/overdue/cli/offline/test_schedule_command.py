"""`overdue schedule` where the calendar begins and ends."""

import json

import pytest
from click.testing import CliRunner, Result

from overdue.cli.main import main


def schedule(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["schedule", *arguments])


@pytest.mark.parametrize(
    ("arguments", "listed"),
    [
        (["* * * * *", "--after", "9999-12-31T23:59Z"], ["It never comes again."]),
        (["* * * * *", "--after", "9999-12-31T23:58Z"], ["Fri 31 Dec 9999 23:59 UTC", "There are no more."]),
        (["1d", "--after", "9999-12-30T12:00Z"], ["Fri 31 Dec 9999 12:00 UTC", "There are no more."]),
        (["1d", "--tz", "Asia/Tokyo", "--after", "9999-12-30T20:00Z"], ["It never comes again."]),
        (
            ["0 0 29 2 *", "--after", "9990-01-01T00:00Z"],
            ["Sat 29 Feb 9992 00:00 UTC", "Thu 29 Feb 9996 00:00 UTC", "There are no more."],
        ),
        (["2027-01-01", "--after", "2026-12-01"], ["Fri 01 Jan 2027 00:00 UTC", "There are no more."]),
    ],
)
def test_what_there_is_is_listed_and_that_there_is_no_more_is_said(arguments: list[str], listed: list[str]) -> None:
    done = schedule(*arguments, "--count", "5")

    assert done.exit_code == 0
    assert done.stdout.splitlines()[2:] == listed


def test_marks_follow_the_zone_of_the_line() -> None:
    done = schedule("02:30 Europe/Berlin", "--after", "2026-10-24T12:00Z", "--count", "1")

    mark = "Clocks in Europe/Berlin go back at 03:00, so 02:30 comes twice. Expected once, at the first."
    assert done.stdout.splitlines()[2:] == [f"Sun 25 Oct 2026 00:30 UTC   ! {mark}"]


def test_a_schedule_that_never_occurs_is_refused() -> None:
    done = schedule("*-02-30")

    assert (done.exit_code, done.stdout) == (1, "")
    assert 'schedule "*-02-30": it never occurs after the year 2000' in done.stderr


def test_a_line_that_never_occurs_again_causes_a_warning_on_stderr() -> None:
    done = schedule("2020-01-01\n12:00", "--after", "2026-12-01", "--count", "1")

    assert done.stdout.splitlines()[2:] == ["Tue 01 Dec 2026 12:00 UTC"]
    assert done.stderr == "Warning: The line “2020-01-01” never occurs again.\n"


def test_the_last_occurrence_as_json() -> None:
    done = schedule("0 0 L * *", "--after", "9999-12-01", "--tz", "America/New_York", "--json")

    [last] = json.loads(done.stdout)["occurrences"]
    assert last == {"at": "9999-12-31T05:00:00+00:00", "local": "9999-12-31T00:00:00-05:00", "oddity": None}


@pytest.mark.parametrize(
    ("after", "tz"),
    [
        ("0001-01-01T00:00+14:00", "UTC"),
        ("9999-12-31T23:59-01:00", "UTC"),
        ("9999-12-31T23:00Z", "Asia/Tokyo"),
        ("0001-01-01T00:00Z", "America/New_York"),
        ("9999-12-31T23:00", "America/New_York"),
    ],
)
def test_an_instant_outside_of_the_calendar_is_wrong_usage(after: str, tz: str) -> None:
    done = schedule("0 2 * * *", "--after", after, "--tz", tz)

    assert (done.exit_code, done.stdout) == (2, "")
    assert f'--after "{after}" is outside of the years 1 to 9999' in done.stderr
