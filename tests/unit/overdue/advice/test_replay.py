"""A history played once more tells what people would have been told, and what they have been told."""

from datetime import datetime

import pytest

from chalicelib.domain.alerts import Reason
from chalicelib.domain.schedule.occurrences import AnyOf, Every
from overdue.advice.replay import Outage, config_of, history_of, proposed, replayed
from overdue.client.schemas import PingJson
from tests.builders import days, hours, minutes, utc
from tests.unit.overdue.advice.histories import a_check, pings, runs

NOON = utc("2026-03-01T12:00Z")


def outages(told: list[PingJson], now: datetime, **check: object) -> tuple[Outage, ...]:
    return replayed(config_of(a_check(**check)), history_of(told, is_probed=False), now=now)


def test_a_miss_is_told_at_its_deadline_and_ends_with_the_next_success() -> None:
    told = pings((NOON, "success"), (NOON + days(1), "success"), (NOON + days(3), "success"))
    [outage] = outages(told, NOON + days(3))
    assert outage == Outage(at=NOON + days(2) + hours(1), reason=Reason.MISSED, until=NOON + days(3))


def test_what_is_still_down_has_no_end() -> None:
    assert outages(pings((NOON, "success"), (NOON + hours(1), "fail")), NOON + hours(2)) == (
        Outage(at=NOON + hours(1), reason=Reason.FAILED, until=None),
    )


def test_the_silence_after_the_last_ping_counts() -> None:
    [outage] = outages(pings((NOON, "success")), NOON + days(2))
    assert (outage.at, outage.reason) == (NOON + days(1) + hours(1), Reason.MISSED)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({}, [Reason.FAILED, Reason.MISSED], id="as it is"),
        pytest.param({"failures_before_alert": 2}, [Reason.MISSED], id="a failure is borne"),
        pytest.param({"grace": 86400}, [Reason.FAILED], id="more grace"),
        pytest.param({"timeout": 43200}, [Reason.MISSED, Reason.MISSED], id="half the period, and misses come first"),
    ],
)
def test_another_configuration_tells_otherwise_of_the_same_pings(
    fields: dict[str, object], expected: list[Reason]
) -> None:
    told = pings(
        (NOON, "success"), (NOON + hours(20), "fail"), (NOON + hours(21), "success"), (NOON + hours(47), "success")
    )
    config = proposed(config_of(a_check()), fields)
    found = replayed(config, history_of(told, is_probed=False), now=NOON + hours(47))
    assert [outage.reason for outage in found] == expected


def test_a_limit_that_is_learnt_is_known_from_the_first_run_on() -> None:
    told = runs(NOON, every=hours(1), took=[minutes(40)] + [minutes(5)] * 12)
    now = NOON + hours(13)
    assert outages(told, now, timeout=3600) == ()
    [outage] = outages(told, now, timeout=3600, max_runtime="auto")
    assert (outage.reason, outage.at) == (Reason.OVERRUN, NOON + minutes(10))


def test_the_configuration_is_read_in_the_words_of_the_api() -> None:
    assert config_of(a_check(timeout=600, max_runtime="auto")).learns_max_runtime
    config = config_of(
        a_check(schedule="0 9 * * 1-5\n0 12 * * 6", schedules=["0 9 * * 1-5", "0 12 * * 6"], zone="Asia/Tokyo")
    )
    assert isinstance(config.schedule, AnyOf)
    assert (config.tz, config.schedule.tz) == ("Asia/Tokyo", "Asia/Tokyo")
    assert config_of(a_check()).schedule == Every(days(1))


def test_of_no_ping_nothing_is_told() -> None:
    assert outages([], NOON) == ()
