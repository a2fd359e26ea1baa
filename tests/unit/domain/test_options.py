"""What a new check shall be like, as the query of its first ping says it (docs/reference/wire.md, Pings)."""

import pytest

from chalicelib.domain.config import Config
from chalicelib.domain.errors import BadInput
from chalicelib.domain.options import config_of_new, parse_count
from chalicelib.domain.schedule.occurrences import Cron, Every, OnCalendar
from tests.builders import days, hours, minutes, seconds


def test_without_a_word_it_is_called_like_its_slug_and_expected_daily_with_an_hour_of_grace() -> None:
    config = config_of_new("nightly-backup", {"create": "1", "rid": "x"})
    assert config == Config(
        name="nightly-backup",
        slug="nightly-backup",
        schedule=Every(days(1)),
        grace=hours(1),
        tz="UTC",
        channels=("*",),
    )


@pytest.mark.parametrize(
    ("text", "least", "number"),
    [("0", 0, 0), ("1", 1, 1), ("007", 1, 7), pytest.param("1000000000000000", 1, 10**15, id="the most")],
)
def test_a_number_of_items(text: str, least: int, number: int) -> None:
    assert parse_count("min_count", text, least=least) == number


@pytest.mark.parametrize("text", ["", "0", "-1", "1.0", "1e3", "٣", "1000000000000001", "9" * 17])
def test_what_is_no_number_of_items_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="must be a whole number from 1 to 10"):
        parse_count("min_count", text, least=1)


def test_everything_that_can_be_said() -> None:
    query = {
        "period": "10m",
        "grace": "5m",
        "max_runtime": "90s",
        "min_runtime": "1s",
        "min_count": "500",
        "count_window": "30m",
        "tags": "  db   prod ",
        "tz": "Europe/Kiev",
    }
    config = config_of_new("s", query)
    assert (config.schedule, config.grace, config.tags, config.tz) == (
        Every(minutes(10)),
        minutes(5),
        "db prod",
        "Europe/Kyiv",
    )
    assert (config.max_runtime, config.min_runtime) == (seconds(90), seconds(1))
    assert (config.min_count, config.count_window) == (500, minutes(30))


@pytest.mark.parametrize(
    ("query", "schedule"),
    [
        pytest.param({"schedule": "0 3 * * *"}, Cron("0 3 * * *", "UTC"), id="in UTC"),
        pytest.param(
            {"schedule": "0 3 * * *", "tz": "Europe/Berlin"}, Cron("0 3 * * *", "Europe/Berlin"), id="in its zone"
        ),
        pytest.param(
            {"schedule": "Mon 03:00\nTue 03:00\nWed 03:00"},
            OnCalendar("Mon 03:00\nTue 03:00\nWed 03:00", "UTC"),
            id="three lines",
        ),
        pytest.param({"schedule": "Mon 03:00"}, OnCalendar("Mon 03:00", "UTC"), id="OnCalendar"),
    ],
)
def test_a_schedule(query: dict[str, str], schedule: Cron | OnCalendar) -> None:
    assert config_of_new("s", query).schedule == schedule


@pytest.mark.parametrize(
    ("query", "why"),
    [
        pytest.param({"period": "1h", "schedule": "0 3 * * *"}, "period and schedule exclude each other", id="both"),
        pytest.param({"min_count": "5"}, "min_count and count_window go together", id="a minimum of no window"),
        pytest.param({"count_window": "1h"}, "min_count and count_window go together", id="a window of no minimum"),
        pytest.param({"min_count": "0", "count_window": "1h"}, "must be a whole number from 1", id="a minimum of 0"),
        pytest.param({"tz": "Mars/Olympus"}, 'time zone "Mars/Olympus" is not known', id="no zone"),
        pytest.param({"schedule": "61 * * * *"}, "61", id="no schedule"),
        pytest.param(
            {"schedule": "Mon 03:00\nTue 03:00\nWed 03:00\nThu 03:00\n"},
            "the schedule has 4 lines: with create=1 it may have 3 at most",
            id="too many lines",
        ),
        pytest.param({"schedule": "*-02-30"}, "it never occurs after the year 2000", id="a day that no month has"),
        pytest.param(
            {"schedule": "Sun *-03-25..31 02:*:*", "tz": "Europe/Berlin"}, "never occurs", id="times that clocks skip"
        ),
        pytest.param({"period": "59"}, 'period "59" is too short: use 1m to 365d', id="too short a period"),
        pytest.param({"min_runtime": "0"}, 'min_runtime "0" is too short', id="no time"),
        pytest.param(
            {"max_runtime": "59"},
            'max_runtime "59" is too short: use 1m to 365d',
            id="a limit that a sweep may not see",
        ),
        pytest.param({"min_runtime": "2h", "max_runtime": "1h"}, "no run could ever be right", id="no time in between"),
        pytest.param({"tags": "db \x1b[31m"}, "characters that cannot be shown", id="tags that would steer a terminal"),
        pytest.param({"tags": "x" * 501}, "tags are too long: 501 characters, 500 are allowed", id="too many tags"),
    ],
)
def test_what_cannot_be_meant_is_refused(query: dict[str, str], why: str) -> None:
    with pytest.raises(BadInput, match=why):
        config_of_new("s", query)


def test_a_slug_of_more_than_100_characters_is_refused() -> None:
    assert config_of_new("s" * 100, {}).slug == "s" * 100
    with pytest.raises(BadInput, match="the slug is too long: 101 characters, 100 are allowed"):
        config_of_new("s" * 101, {})


def test_a_tag_said_twice_is_one() -> None:
    assert config_of_new("s", {"tags": "db prod db"}).tags == "db prod"


def test_a_limit_of_a_new_check_can_be_learnt() -> None:
    config = config_of_new("job", {"max_runtime": "auto", "min_runtime": "1h"})
    assert (config.max_runtime, config.learns_max_runtime) == (None, True)
