"""A small fleet over the night in which clocks change in New York and Havana; `make simulate` runs the large one."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from benchmarks import fleet
from benchmarks.fleet import BEGIN, DAY
from benchmarks.judge import MINUTE, Alert, Judge, Rules, calendar, cron, next_of
from benchmarks.simulate import Found, merged, rows, simulated
from chalicelib import runtime

HOUR = 60 * MINUTE


@pytest.fixture(scope="module")
def found() -> Iterator[Found]:
    yield merged([simulated(range(300), 1, 2)])
    runtime.wiring.cache_clear()  # the Models are pointed at other tables now


def test_each_alert_of_a_fleet_is_told_in_time_and_no_other(found: Found) -> None:
    assert (found.false, found.missed) == ((), ())
    assert all(row.figure <= row.most for row in rows(found, days=2)), rows(found, days=2)


def test_a_fleet_meets_all_that_it_is_meant_to(found: Found) -> None:
    assert found.checks == 300
    assert min(found.lost_sweeps, found.throttles, len(found.waited)) > 0
    assert found.told > 20
    assert found.reminders > 5


def test_no_two_seeds_have_the_same_fleet() -> None:
    one, other = (next(fleet.fleet(range(5, 6), seed=seed, days=2)) for seed in (1, 2))
    assert one.sent != other.sent


@pytest.mark.parametrize(
    ("expression", "tz", "day", "expected"),
    [
        pytest.param("30 2 * * *", "America/New_York", "2026-03-08", ["07:00"], id="in the gap: just after it"),
        pytest.param("30 0 * * *", "America/Havana", "2026-03-08", ["05:00"], id="in a gap at midnight"),
        pytest.param("*/30 2 * * *", "America/New_York", "2026-03-08", [], id="none in the gap, by the clock"),
        pytest.param("30 2 * * *", "Australia/Sydney", "2026-04-04", ["15:30"], id="the first of two"),
        pytest.param("45 1 * * *", "Australia/Lord_Howe", "2026-04-04", ["14:45"], id="half an hour back"),
        pytest.param(
            "*/30 2 * * *",
            "Australia/Sydney",
            "2026-04-04",
            ["15:00", "15:30", "16:00", "16:30"],
            id="both passes of the repeated hour, by the clock",
        ),
        pytest.param("0 6 * * 1-5", "UTC", "2026-03-07", [], id="no weekday"),
        pytest.param("0 0 */7 * 0", "UTC", "2026-03-08", ["00:00"], id="both the day and the weekday"),
        pytest.param("0 0 8 * 5", "UTC", "2026-03-06", ["00:00"], id="either the day or the weekday"),
    ],
)
def test_the_judge_knows_when_cron_runs_a_job(expression: str, tz: str, day: str, expected: list[str]) -> None:
    begin = _minute(f"{day}T00:00")
    found = [at for at in cron(expression, tz, begin - 1440, begin + 1440) if at >= begin]
    assert [f"{at // 60 % 24:02}:{at % 60:02}" for at in found] == expected


def test_the_judge_knows_when_systemd_runs_a_job() -> None:
    begin = _minute("2026-03-07T00:00")
    found = calendar("Sat,Sun *-*-* 10:30:00", "Europe/Berlin", begin, begin + 7 * 1440)
    assert found == (_minute("2026-03-07T09:30"), _minute("2026-03-08T09:30"))


def test_the_judge_tells_of_a_miss_its_reminder_and_its_end() -> None:
    judge = Judge(Rules(period=DAY, grace=HOUR, remind_every=12 * HOUR))
    judge.pinged("success", "", BEGIN)
    judge.pinged("success", "", BEGIN + 38 * HOUR)
    missed = BEGIN + 25 * HOUR
    assert judge.alerts == [
        Alert("down", "missed", missed),
        Alert("reminder", "missed", missed + 12 * HOUR),
        Alert("up", "missed", BEGIN + 38 * HOUR),
    ]


def test_the_judge_tells_of_a_run_that_hangs() -> None:
    judge = Judge(Rules(period=DAY, grace=HOUR, max_runtime=2 * HOUR))
    judge.pinged("success", "", BEGIN)
    judge.pinged("start", "r1", BEGIN + 24 * HOUR)
    judge.pass_to(BEGIN + 40 * HOUR)
    assert judge.alerts == [Alert("down", "overrun", BEGIN + 26 * HOUR, 2 * HOUR)]


def test_the_judge_says_how_long_a_run_had_run_that_is_reported_after_a_recovery() -> None:
    judge = Judge(Rules(period=DAY, grace=HOUR, max_runtime=2 * HOUR))
    judge.pinged("success", "", BEGIN)
    judge.pinged("start", "r1", BEGIN + HOUR)
    judge.pinged("fail", "r2", BEGIN + 2 * HOUR)
    judge.pinged("success", "r2", BEGIN + 5 * HOUR)
    judge.pass_to(BEGIN + 6 * HOUR)
    assert judge.alerts[-1] == Alert("down", "overrun", BEGIN + 5 * HOUR, 4 * HOUR)


def test_in_the_judge_a_stuck_run_does_not_delay_a_later_miss() -> None:
    judge = Judge(Rules(period=DAY, grace=HOUR, max_runtime=50 * HOUR))
    judge.pinged("start", "r1", BEGIN)
    judge.pinged("success", "r2", BEGIN + HOUR)
    judge.pass_to(BEGIN + 40 * HOUR)
    assert judge.alerts == [Alert("down", "missed", BEGIN + 26 * HOUR)]


@pytest.mark.parametrize(
    ("rid", "told"),
    [
        pytest.param("r2", [Alert("down", "overrun", BEGIN + 7 * HOUR, 2 * HOUR)], id="by another: it hangs"),
        pytest.param("r1", [], id="by its own end"),
        pytest.param("", [], id="by an end without a rid"),
    ],
)
def test_the_judge_knows_what_becomes_of_a_start_that_is_overtaken(rid: str, told: list[Alert]) -> None:
    judge = Judge(Rules(period=DAY, grace=HOUR, max_runtime=2 * HOUR))
    judge.pinged("success", rid, BEGIN + 5 * HOUR + 1)
    judge.pinged("start", "r1", BEGIN + 5 * HOUR)
    judge.pass_to(BEGIN + 20 * HOUR)
    assert judge.alerts == told


def test_an_occurrence_is_after_the_success_that_it_follows() -> None:
    assert next_of((10, 20), 10 * MINUTE) == 20 * MINUTE


def _minute(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) // 60
