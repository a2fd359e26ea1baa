"""What a history suggests: nothing without ten of a kind, and robustly with an outage in it."""

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


def options(told: list[PingJson], **config: Any) -> list[str]:
    return [each.option for each in suggested(Config(**config), history_of(told, is_probed=False))]


def test_a_nightly_job_gets_its_time_its_grace_and_its_limit() -> None:
    told = runs(TWO + seconds(3), every=days(1), took=USUAL)
    found = suggested(Config(tz="Europe/Berlin"), history_of(told, is_probed=False))
    assert [(each.option, each.why) for each in found] == [
        ('--schedule "0 3 * * *" --tz Europe/Berlin', "15 of 15 came every day at 03:00, Europe/Berlin"),
        ("--max-runtime auto", "learnt from 16 runs: usually 4 min to 6 min, limit 12 min"),
        ("--grace 2m", "9 of 10 times it came within 3 s of its time; judged from 15"),
    ]


def test_an_hourly_job_gets_its_minute() -> None:
    told = pings(*((TWO + minutes(17) + number * hours(1), "success") for number in range(15)))
    assert options(told)[0] == '--schedule "17 * * * *" --tz UTC'


def test_a_time_around_midnight_is_one_time() -> None:
    begun = utc("2026-03-01T23:59:30Z")
    told = pings(*((begun + number * days(1) + seconds(number % 2 * 60), "success") for number in range(14)))
    assert options(told)[0] == '--schedule "59 23 * * *" --tz UTC'


def test_a_job_that_keeps_to_no_time_gets_the_period_that_it_keeps_to() -> None:
    told = pings(*((TWO + number * minutes(15.4), "success") for number in range(20)))
    assert options(told, schedule=Every(hours(1)))[0] == "--every 15m"


def test_what_holds_already_is_not_suggested() -> None:
    told = pings(*((TWO + number * minutes(15), "success") for number in range(20)))
    assert options(told, schedule=Every(minutes(15)), grace=minutes(1)) == []


def test_a_schedule_that_somebody_has_said_stays() -> None:
    told = pings(*((TWO + number * hours(1), "success") for number in range(20)))
    config = {"schedule": parse_schedule("0 2 * * *", "UTC"), "max_runtime": minutes(1)}
    assert not any("--schedule" in each for each in options(told, **config))


@pytest.mark.parametrize("number", [0, 1, 9])
def test_from_too_little_nothing_is_suggested(number: int) -> None:
    assert options(runs(TWO, every=days(1), took=[minutes(4)] * number)) == []


def test_an_outage_within_the_history_moves_nothing() -> None:
    nights: list[timedelta] = [number * days(1) for number in range(20) if number not in (7, 8, 9)]
    told = pings(*((TWO + night + minutes(5 if night.days % 2 else 2), "success") for night in nights))
    assert options(told)[0] == '--schedule "2 2 * * *" --tz UTC'
    assert options(told)[1] == "--grace 10m"


def test_a_run_that_failed_teaches_no_limit() -> None:
    said = [(TWO + number * hours(1), "start") for number in range(12)]
    told = pings(*sorted([*said, *((at + minutes(5), "fail") for at, _ in said)]))
    assert options(told) == []
