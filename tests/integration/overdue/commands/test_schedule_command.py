"""`overdue schedule` where the calendar begins and ends."""

import json

import pytest
from click.testing import CliRunner, Result

from overdue.cli import main


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
