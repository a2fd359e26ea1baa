"""Alert and page say the same: the facts of an alert, and those of the check that it is about."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.advance import advance
from chalicelib.domain.check import Check, Judged, Status
from chalicelib.domain.config import Group
from chalicelib.domain.ids import Code
from chalicelib.domain.ping import ALARM_SCHEME, Signal
from chalicelib.domain.rules.groups import evaluate
from chalicelib.domain.sources.probe import Probe
from chalicelib.domain.text.explanations import explain, where_to_look
from chalicelib.domain.text.outage_facts import outage_facts
from chalicelib.domain.text.reasons import describe, summarize
from chalicelib.domain.text.time_format import WallClock
from tests.builders import R1, a_check, a_ping, after, days, hours, minutes, seconds, utc

NOON = utc("2026-03-01T12:00Z")


def an_hourly_check(**given: Any) -> Check:
    defaults: dict[str, Any] = {"last_success": NOON, "period": hours(1), "grace": minutes(10)}
    return a_check(**(defaults | given))


def missed() -> Check:
    return advance(an_hourly_check(), now=NOON + hours(2)).after


def missed_though_started() -> Check:
    started = after(an_hourly_check(), a_ping(Signal.START, at=NOON + minutes(65)))
    return advance(started, now=NOON + minutes(70)).after


def first_missed() -> Check:
    return advance(a_check(first_ping_by=NOON), now=NOON + minutes(1)).after


def overrun() -> Check:
    started = after(an_hourly_check(max_runtime=minutes(5)), a_ping(Signal.START, at=NOON + minutes(1), rid=R1))
    return advance(started, now=NOON + minutes(6)).after


def failed() -> Check:
    start = a_ping(Signal.START, at=NOON + minutes(1))
    fail = a_ping(Signal.FAIL, at=NOON + minutes(2), exit_status=3, body="no space left on device")
    return after(an_hourly_check(), start, fail)


def failed_alarm() -> Check:
    ping = replace(a_ping(Signal.FAIL, at=NOON + minutes(1), body="ALARM: queue age"), scheme=ALARM_SCHEME)
    return after(an_hourly_check(period=days(365)), ping)


def failed_probe() -> Check:
    ping = replace(a_ping(Signal.FAIL, at=NOON + minutes(1), body="status 503, expected 200"), took=seconds(0.2))
    return after(an_hourly_check(probe=Probe(url="https://example.com/")), ping)


def too_short() -> Check:
    start, end = a_ping(Signal.START, at=NOON + minutes(1)), a_ping(at=NOON + minutes(1) + seconds(2), body="0 rows")
    return after(an_hourly_check(min_runtime=seconds(40)), start, end)


def stalled() -> Check:
    worker = an_hourly_check(period=days(1), min_count=500, count_window=minutes(30))
    counted = after(worker, a_ping(at=NOON + minutes(1), count=7), a_ping(at=NOON + minutes(30), count=0))
    return advance(counted, now=NOON + minutes(31)).after


def failed_group() -> Check:
    member = a_check(status=Status.DOWN, since=NOON, name="web-1")
    group = a_check(group=Group(tag="web", down_when=1), status=Status.UP, since=NOON - days(1))
    return evaluate(replace(group, code=Code("00000000-0000-4000-8000-000000000001")), [member], now=NOON).after


@pytest.mark.parametrize(
    "check",
    [
        pytest.param(build(), id=build.__name__)
        for build in (
            missed,
            missed_though_started,
            first_missed,
            overrun,
            failed,
            failed_alarm,
            failed_probe,
            too_short,
            stalled,
            failed_group,
        )
    ],
)
def test_an_alert_and_the_check_that_it_is_about_are_worded_alike(check: Check) -> None:
    [alert] = check.alerts
    assert alert.reason is not None
    assert check.reason is alert.reason
    count = next((record.count for record in check.records if isinstance(record, Judged)), None)
    now = outage_facts(check, now=alert.at, is_alarm=alert.facts.is_alarm is True, count=count)
    clock = WallClock(tz="UTC", now=alert.at)
    assert explain(alert.reason, now, clock) == explain(alert.reason, alert.facts, clock)
    assert where_to_look(alert.reason, now) == where_to_look(alert.reason, alert.facts)
    assert describe(alert.reason, now, clock) == describe(alert.reason, alert.facts, clock)
    if check.config.group is None:  # its members are named in its output only
        assert summarize(alert.reason, now, clock) == summarize(alert.reason, alert.facts, clock)
