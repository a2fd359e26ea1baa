"""Suggestions from a history: they need ten measurements, and an outage does not move them."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain.config import Config
from chalicelib.domain.schedule.occurrences import Every, parse_schedule
from overdue.advice.replay import history_of
from overdue.advice.suggest import suggested
from overdue.client.schemas import PingJson
from tests.builders import days, hours, minutes, seconds, utc
from tests.unit.overdue.advice.histories import pings, runs

TWO = utc("2026-03-01T02:00Z")
USUAL = [minutes(4)] * 8 + [minutes(6)] * 8


def options(history: list[PingJson], **config: Any) -> list[str]:
    return [each.option for each in suggested(Config(**config), history_of(history, is_probed=False))]


def test_a_nightly_job_gets_its_time_its_grace_and_its_limit() -> None:
    history = runs(TWO + seconds(3), every=days(1), took=USUAL)
    found = suggested(Config(tz="Europe/Berlin"), history_of(history, is_probed=False))
    assert [(each.option, each.why) for each in found] == [
        ('--schedule "0 3 * * *" --tz Europe/Berlin', '15 of 15 runs match "every day at 03:00", Europe/Berlin'),
        ("--max-runtime auto", "learned from 16 runs: usually 4 min to 6 min, limit 12 min"),
        ("--grace 2m", "9 of 10 runs came within 3 s of their time, measured over 15 runs"),
    ]


def test_an_hourly_job_gets_its_minute() -> None:
    history = pings(*((TWO + minutes(17) + number * hours(1), "success") for number in range(15)))
    assert options(history)[0] == '--schedule "17 * * * *" --tz UTC'


def test_arrivals_on_both_sides_of_midnight_count_as_one_time() -> None:
    first = utc("2026-03-01T23:59:30Z")
    history = pings(*((first + number * days(1) + seconds(number % 2 * 60), "success") for number in range(14)))
    assert options(history)[0] == '--schedule "59 23 * * *" --tz UTC'


def test_a_job_without_a_fixed_time_gets_the_period_between_its_runs() -> None:
    history = pings(*((TWO + number * minutes(15.4), "success") for number in range(20)))
    assert options(history, schedule=Every(hours(1)))[0] == "--every 15m"


def test_a_setting_that_already_fits_is_not_suggested() -> None:
    history = pings(*((TWO + number * minutes(15), "success") for number in range(20)))
    assert options(history, schedule=Every(minutes(15)), grace=minutes(1)) == []


def test_a_configured_schedule_is_left_alone() -> None:
    history = pings(*((TWO + number * hours(1), "success") for number in range(20)))
    config = {"schedule": parse_schedule("0 2 * * *", "UTC"), "max_runtime": minutes(1)}
    assert not any("--schedule" in each for each in options(history, **config))


@pytest.mark.parametrize("number", [0, 1, 9])
def test_fewer_than_ten_runs_suggest_nothing(number: int) -> None:
    assert options(runs(TWO, every=days(1), took=[minutes(4)] * number)) == []


def test_an_outage_in_the_history_does_not_move_the_suggestions() -> None:
    nights: list[timedelta] = [number * days(1) for number in range(20) if number not in (7, 8, 9)]
    history = pings(*((TWO + night + minutes(5 if night.days % 2 else 2), "success") for night in nights))
    assert options(history)[0] == '--schedule "2 2 * * *" --tz UTC'
    assert options(history)[1] == "--grace 10m"


def test_failed_runs_do_not_count_towards_the_limit() -> None:
    starts = [(TWO + number * hours(1), "start") for number in range(12)]
    history = pings(*sorted([*starts, *((at + minutes(5), "fail") for at, _ in starts)]))
    assert options(history) == []
