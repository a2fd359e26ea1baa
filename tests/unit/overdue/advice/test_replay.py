"""A replayed history gives the alerts that were sent, or those that another configuration would have sent."""

from datetime import datetime

import pytest

from chalicelib.domain.alerts import Reason
from chalicelib.domain.schedule.occurrences import AnyOf, Every
from overdue.advice.replay import Outage, config_of, history_of, proposed, replayed
from overdue.client.schemas import PingJson
from tests.builders import days, hours, minutes, utc
from tests.unit.overdue.advice.histories import a_check, pings, runs

NOON = utc("2026-03-01T12:00Z")


def outages(history: list[PingJson], now: datetime, **check: object) -> tuple[Outage, ...]:
    return replayed(config_of(a_check(**check)), history_of(history, is_probed=False), now=now)


def test_a_miss_alerts_at_its_deadline_and_ends_with_the_next_success() -> None:
    history = pings((NOON, "success"), (NOON + days(1), "success"), (NOON + days(3), "success"))
    [outage] = outages(history, NOON + days(3))
    assert outage == Outage(at=NOON + days(2) + hours(1), reason=Reason.MISSED, until=NOON + days(3))


def test_an_outage_that_is_still_open_has_no_end() -> None:
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
        pytest.param({"failures_before_alert": 2}, [Reason.MISSED], id="one failure is tolerated"),
        pytest.param({"grace": 86400}, [Reason.FAILED], id="more grace"),
        pytest.param({"timeout": 43200}, [Reason.MISSED, Reason.MISSED], id="half the period: misses come first"),
    ],
)
def test_another_configuration_alerts_differently_on_the_same_pings(
    fields: dict[str, object], expected: list[Reason]
) -> None:
    history = pings(
        (NOON, "success"), (NOON + hours(20), "fail"), (NOON + hours(21), "success"), (NOON + hours(47), "success")
    )
    config = proposed(config_of(a_check()), fields)
    found = replayed(config, history_of(history, is_probed=False), now=NOON + hours(47))
    assert [outage.reason for outage in found] == expected


def test_a_learned_limit_applies_from_the_first_run_on() -> None:
    history = runs(NOON, every=hours(1), took=[minutes(40)] + [minutes(5)] * 12)
    now = NOON + hours(13)
    assert outages(history, now, timeout=3600) == ()
    [outage] = outages(history, now, timeout=3600, max_runtime="auto")
    assert (outage.reason, outage.at) == (Reason.OVERRUN, NOON + minutes(10))


def test_the_configuration_is_read_from_the_fields_of_the_api() -> None:
    assert config_of(a_check(timeout=600, max_runtime="auto")).learns_max_runtime
    config = config_of(
        a_check(schedule="0 9 * * 1-5\n0 12 * * 6", schedules=["0 9 * * 1-5", "0 12 * * 6"], zone="Asia/Tokyo")
    )
    assert isinstance(config.schedule, AnyOf)
    assert (config.tz, config.schedule.tz) == ("Asia/Tokyo", "Asia/Tokyo")
    assert config_of(a_check()).schedule == Every(days(1))


def test_a_history_without_pings_has_no_outages() -> None:
    assert outages([], NOON) == ()
