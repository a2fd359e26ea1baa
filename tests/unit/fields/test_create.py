"""What a new check shall be like, as the query of its first ping says it (docs/reference/wire.md, Pings)."""

import pytest

from chalicelib.domain.config import Config
from chalicelib.domain.field_errors import FieldError
from chalicelib.domain.schedule.occurrences import Cron, Every, OnCalendar
from chalicelib.fields.create import config_of_new as config_at
from chalicelib.fields.create import parameter_of
from tests.builders import days, hours, minutes, seconds, utc

NOON = utc("2026-03-01T12:00Z")


def config_of_new(slug: str, query: dict[str, str]) -> Config:
    return config_at(slug, query, now=NOON)


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
        pytest.param(
            {"period": "1h", "schedule": "0 3 * * *"}, "period: it excludes schedule: set one of them", id="both"
        ),
        pytest.param({"min_count": "5"}, "min_count: it needs count_window, too", id="a minimum of no window"),
        pytest.param({"count_window": "1h"}, "count_window: it needs min_count, too", id="a window of no minimum"),
        pytest.param(
            {"min_count": "0", "count_window": "1h"}, 'min_count "0" is too small: use 1 to', id="a minimum of 0"
        ),
        pytest.param({"windows": "a\nb\nc\nd"}, "windows: 4 lines are too many: 3 are allowed", id="too many windows"),
        pytest.param(
            {"first_ping_by": "2026-03-01T11:00"}, "has passed: use an instant in the future", id="an instant before"
        ),
        pytest.param({"tz": "Mars/Olympus"}, 'time zone "Mars/Olympus" is not known', id="no zone"),
        pytest.param({"schedule": "61 * * * *"}, "61", id="no schedule"),
        pytest.param(
            {"schedule": "Mon 03:00\nTue 03:00\nWed 03:00\nThu 03:00\n"},
            "schedule: 4 lines are too many: 3 are allowed",
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
        pytest.param({"tags": "x" * 501}, "tags: 501 characters are too many: 500 are allowed", id="too many tags"),
    ],
)
def test_what_cannot_be_meant_is_refused(query: dict[str, str], why: str) -> None:
    with pytest.raises(FieldError) as refused:
        config_of_new("s", query)
    assert why in refused.value.told(parameter_of)


def test_a_slug_of_more_than_100_characters_is_refused() -> None:
    assert config_of_new("s" * 100, {}).slug == "s" * 100
    with pytest.raises(FieldError, match="slug: 101 characters are too many: 100 are allowed"):
        config_of_new("s" * 101, {})


def test_a_tag_said_twice_is_one() -> None:
    assert config_of_new("s", {"tags": "db prod db"}).tags == "db prod"


def test_a_limit_of_a_new_check_can_be_learnt() -> None:
    config = config_of_new("job", {"max_runtime": "auto", "min_runtime": "1h"})
    assert (config.max_runtime, config.learns_max_runtime) == (None, True)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        pytest.param("perod", "perod: there is no such field. Did you mean period?", id="a letter too few"),
        pytest.param("graces", "graces: there is no such field. Did you mean grace?", id="a letter too many"),
        pytest.param("max-runtime", "Did you mean max_runtime?", id="a hyphen"),
        pytest.param("timeout", "timeout: there is no such field. Did you mean period?", id="the name in the API"),
        pytest.param("every", "every: there is no such field. Did you mean period?", id="the name in a file"),
        *(
            pytest.param(name, f"{name}: a ping cannot set it", id=f"{name} names something else")
            for name in (
                "slug",
                "channels",
                "probe",
                "group",
                "depends_on",
                "escalation",
                "escalation_policy",
                "schedules",
            )
        ),
    ],
)
def test_a_parameter_of_ours_that_sets_nothing_is_refused(name: str, why: str) -> None:
    with pytest.raises(FieldError) as refused:
        config_of_new("s", {name: "1h"})
    assert why in refused.value.told(parameter_of)


@pytest.mark.parametrize(
    "name", ["rid", "count", "msg", "create", "_", "utm_source", "host", "status", "runtime", "ts"]
)
def test_a_parameter_of_others_is_ignored(name: str) -> None:
    assert config_of_new("s", {name: "1h"}) == config_of_new("s", {})


def test_every_plain_field_can_be_set() -> None:
    query = {
        "name": "Nightly backup",
        "desc": "Ask ops.",
        "remind_every": "4h",
        "failures_before_alert": "3",
        "misses_before_alert": "2",
        "first_ping_by": "2026-03-02T08:00",
        "early": "30s",
        "windows": "0 2 * * 0 for 2h",
        "methods": "POST",
        "manual_resume": "true",
        "success_kw": "OK",
        "filter_http_body": "true",
        "tz": "Europe/Berlin",
    }
    config = config_of_new("nightly-backup", query)
    assert (config.name, config.desc, config.remind_every) == ("Nightly backup", "Ask ops.", hours(4))
    assert (config.failures_before_alert, config.misses_before_alert, config.early) == (3, 2, seconds(30))
    assert config.first_ping_by == utc("2026-03-02T07:00Z")  # by the check's clocks
    assert (config.windows, config.manual_resume) == (("0 2 * * 0 for 2h",), True)
    assert (config.filters.methods, config.filters.success_kw, config.filters.http_body) == ("POST", "OK", True)
