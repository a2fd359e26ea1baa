"""Maintenance windows (docs/reference/rules.md, rule 9)."""

from datetime import datetime
from typing import Any

import pytest

from chalicelib.domain.advance import advance
from chalicelib.domain.alerts import Reason
from chalicelib.domain.check import Check, Status
from chalicelib.domain.errors import BadInput
from chalicelib.domain.ping import Signal
from chalicelib.domain.rules.due import deadline, expected
from chalicelib.domain.schedule.maintenance import Walk, expected_outside, first_outside, parse_window, window_end
from chalicelib.domain.schedule.occurrences import Cron
from chalicelib.domain.sources.probe import Probe
from tests.builders import a_check, a_ping, after, days, flips, hours, minutes, utc

ONCE = "2026-03-10T10:00 to 2026-03-10T14:00"
NIGHTLY = "0 2 * * * for 1h"


@pytest.mark.parametrize(
    ("at", "end"),
    [
        ("2026-03-10T09:59:59Z", None),
        ("2026-03-10T10:00Z", "2026-03-10T14:00Z"),
        ("2026-03-10T13:59:59Z", "2026-03-10T14:00Z"),
        ("2026-03-10T14:00Z", None),
    ],
)
def test_a_window_holds_its_beginning_and_not_its_end(at: str, end: str | None) -> None:
    assert window_end((ONCE,), utc(at), tz="UTC") == (None if end is None else utc(end))


@pytest.mark.parametrize(
    ("window", "at", "end"),
    [
        pytest.param(NIGHTLY, "2026-03-10T01:30Z", "2026-03-10T02:00Z", id="by the check's clocks"),
        pytest.param(f"{NIGHTLY} in UTC", "2026-03-10T02:30Z", "2026-03-10T03:00Z", id="by its own"),
        pytest.param(ONCE, "2026-03-10T09:30Z", "2026-03-10T13:00Z", id="once, by the check's clocks"),
        pytest.param("2026-03-10T10:00Z to 2026-03-10T14:00Z", "2026-03-10T13:30Z", "2026-03-10T14:00Z", id="in UTC"),
        pytest.param("30 1 * * * for 2h", "2026-03-29T02:00Z", "2026-03-29T02:30Z", id="two real hours in a gap"),
    ],
)
def test_a_window_is_in_the_zone_of_its_check_unless_it_says_otherwise(window: str, at: str, end: str) -> None:
    assert window_end((window,), utc(at), tz="Europe/Berlin") == utc(end)


def test_windows_that_touch_or_overlap_are_one() -> None:
    lines = (ONCE, "2026-03-10T13:00 to 2026-03-10T15:00", "2026-03-10T15:00 to 2026-03-10T16:00")
    assert window_end(lines, utc("2026-03-10T11:00Z"), tz="UTC") == utc("2026-03-10T16:00Z")


@pytest.mark.parametrize(
    ("success", "due"),
    [
        pytest.param("2026-03-10T09:00:10Z", "2026-03-10T14:00Z", id="the first occurrence after it, at its very end"),
        pytest.param("2026-03-10T11:30Z", "2026-03-10T14:00Z", id="a success within counts, too"),
        pytest.param("2026-03-10T08:30Z", "2026-03-10T09:00Z", id="what comes before is expected"),
        pytest.param("2026-03-10T14:00Z", "2026-03-10T15:00Z", id="and what comes after"),
    ],
)
def test_occurrences_within_are_not_expected(success: str, due: str) -> None:
    check = a_check(last_success=utc(success), schedule=Cron("0 * * * *"), windows=(ONCE,))
    assert expected(check) == utc(due)


@pytest.mark.parametrize(
    ("success", "due"),
    [
        pytest.param("2026-03-10T09:58Z", "2026-03-10T14:05Z", id="the clock starts again at its end"),
        pytest.param("2026-03-10T11:58Z", "2026-03-10T14:05Z", id="also after a success within"),
        pytest.param("2026-03-10T09:55Z", "2026-03-10T14:05Z", id="due at its beginning is due within"),
        pytest.param("2026-03-10T09:54:59Z", "2026-03-10T09:59:59Z", id="due a second before it is due"),
        pytest.param("2026-03-10T13:55Z", "2026-03-10T14:00Z", id="due at its end is due then"),
    ],
)
def test_a_period_that_ends_within_begins_anew_at_its_end(success: str, due: str) -> None:
    check = a_check(last_success=utc(success), period=minutes(5), windows=(ONCE,))
    assert expected(check) == utc(due)


def test_a_window_that_comes_back_within_the_period_hides_no_dead_job() -> None:
    check = a_check(last_success=utc("2026-03-10T02:45Z"), period=hours(23.5), windows=(NIGHTLY,))
    assert expected(check) == utc("2026-03-12T03:00Z")


def test_a_period_that_a_window_merely_interrupts_is_what_it_was() -> None:
    check = a_check(last_success=utc("2026-03-10T09:00Z"), period=days(1), windows=(ONCE,))
    assert expected(check) == utc("2026-03-11T09:00Z")


def test_nothing_is_missed_within_and_the_miss_comes_after_it() -> None:
    check = a_check(last_success=utc("2026-03-10T09:58Z"), period=minutes(5), grace=minutes(1), windows=(ONCE,))
    assert advance(check, now=utc("2026-03-10T14:05:59Z")).after.status is Status.UP
    assert deadline(check) == utc("2026-03-10T14:06Z")
    assert advance(check, now=utc("2026-03-10T14:06Z")).after.status is Status.DOWN


def test_pings_within_are_recorded_and_count() -> None:
    check = a_check(last_success=utc("2026-03-10T09:58Z"), period=minutes(5), windows=(ONCE,))
    assert after(check, a_ping(Signal.FAIL, at=utc("2026-03-10T11:00Z"))).status is Status.DOWN


@pytest.mark.parametrize(
    ("success", "grace", "missed_at"),
    [
        pytest.param("2026-03-10T09:58Z", 10, "2026-03-10T14:00Z", id="due before it, the deadline within: at its end"),
        pytest.param("2026-03-10T09:58Z", 1, "2026-03-10T14:00Z", id="the deadline at its beginning: at its end"),
        pytest.param("2026-03-10T09:57Z", 1, "2026-03-10T09:59Z", id="the deadline before it: then"),
        pytest.param("2026-03-10T09:58Z", 241, "2026-03-10T14:00Z", id="the deadline at its end: then"),
        pytest.param("2026-03-10T09:58Z", 242, "2026-03-10T14:01Z", id="the deadline after it: then"),
    ],
)
def test_a_deadline_within_a_window_is_evaluated_at_its_end(success: str, grace: int, missed_at: str) -> None:
    check = a_check(last_success=utc(success), period=minutes(1), grace=minutes(grace), windows=(ONCE,))
    assert deadline(check) == utc(missed_at)
    assert advance(check, now=utc(missed_at) - minutes(1)).after.status is Status.UP
    [flip] = flips(advance(check, now=utc(missed_at)).after)
    assert (flip.new, flip.at) == (Status.DOWN, utc(missed_at))


def test_a_success_within_the_window_comes_in_time_for_a_deadline_that_fell_into_it() -> None:
    check = a_check(last_success=utc("2026-03-10T08:00Z"), schedule=Cron("0 9 * * *"), grace=hours(2), windows=(ONCE,))
    check = after(check, a_ping(at=utc("2026-03-10T13:30Z")))
    assert (check.status, check.n_flips, check.records) == (Status.UP, 1, ())


def test_a_run_that_exceeds_its_limit_within_a_window_counts_at_its_limit_as_a_failure_does() -> None:
    check = a_check(last_success=utc("2026-03-10T09:00Z"), period=hours(8), grace=minutes(30), windows=(ONCE,))
    check = after(check, a_ping(Signal.START, at=utc("2026-03-10T09:45Z")))
    [flip] = flips(advance(check, now=utc("2026-03-10T11:00Z")).after)
    assert (flip.reason, flip.at) == (Reason.OVERRUN, utc("2026-03-10T10:15Z"))


def test_windows_that_touch_further_than_a_walk_may_go_are_ignored_from_there_and_the_job_is_expected() -> None:
    always = ("0 * * * * for 59m", "1 * * * * for 59m")  # stored before such windows were refused
    found = expected_outside(Cron("* * * * *"), utc("2026-03-10T09:00Z"), always, tz="UTC")
    assert found is not None
    assert utc("2026-03-11T09:00Z") < found < utc("2026-04-10T09:00Z")


def test_the_steps_of_a_walk_do_not_depend_on_what_was_asked_before() -> None:
    lines = ("50 0-22 * * * for 10m", "0-29 3 * * * for 20m", "0 0 29 2 * for 2d", ONCE)
    at, schedule = utc("2026-03-10T03:10Z"), Cron("55 * * * *")

    def steps(instant: datetime) -> int:
        walk = Walk(lines, "UTC")
        first_outside(walk, schedule, schedule, instant)
        return walk.steps

    fresh = steps(at)
    for other in ("2020-01-01T00:00Z", "2026-03-10T03:09Z", "2026-03-10T03:25Z", "2031-05-05T05:05Z"):
        steps(utc(other))
        assert steps(at) == fresh


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("nightly", "is none: write"),
        ("0 2 * * for 1h", "is none: write"),
        ("0 2 * * * for 1h in Nowhere/City", "is not known"),
        ("61 2 * * * for 1h", "minute"),
        ("0 2 * * * for 10s", "too short"),
        ("0 * * * * for 1h", "never ends"),
        ("* * * * * for 5m", "never ends"),
        ("2026-03-10T14:00 to 2026-03-10T10:00", "ends before it begins"),
        ("2026-03-10T14:00 to tomorrow", "is not an instant"),
    ],
)
def test_what_is_no_window_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        parse_window(text, "UTC")


def a_probed_check(**given: Any) -> Check:
    return a_check(
        last_success=utc("2026-03-10T09:59:30Z"),
        period=minutes(1),
        **{"grace": minutes(6), "windows": (ONCE,), "probe": Probe(url="https://example.com/"), **given},
    )


def answered(check: Check, *at: str, signal: Signal = Signal.FAIL) -> Check:
    return after(check, *(a_ping(signal, at=utc(each), body="status 503, expected 200") for each in at))


def test_a_probe_that_fails_within_is_recorded_and_not_judged() -> None:
    check = answered(a_probed_check(), "2026-03-10T10:00Z", "2026-03-10T12:00Z", "2026-03-10T13:59:59Z")
    assert (check.status, check.failures, check.alerts, check.records) == (Status.UP, 0, (), ())
    assert (check.n_pings, check.last_output) == (3, "status 503, expected 200")


def test_the_first_failure_of_a_probe_after_its_end_is_judged_as_any() -> None:
    check = answered(a_probed_check(), "2026-03-10T12:00Z", "2026-03-10T14:00Z")
    assert (check.status, check.failures, check.since) == (Status.DOWN, 1, utc("2026-03-10T14:00Z"))


def test_failures_of_a_probe_before_and_after_it_are_in_a_row() -> None:
    check = a_probed_check(failures_before_alert=2)
    check = answered(check, "2026-03-10T09:59:59Z", "2026-03-10T10:30Z", "2026-03-10T13:00Z")
    assert (check.status, check.failures) == (Status.UP, 1)
    assert answered(check, "2026-03-10T14:01Z").status is Status.DOWN


def test_a_probe_that_succeeds_within_ends_an_outage_as_always_and_one_that_fails_does_not_begin_the_next() -> None:
    check = answered(a_probed_check(), "2026-03-10T09:59:59Z")
    assert check.status is Status.DOWN
    check = answered(check, "2026-03-10T11:00Z", signal=Signal.SUCCESS)
    assert check.status is Status.UP
    assert answered(check, "2026-03-10T11:01Z").status is Status.UP


def test_a_probe_that_failed_within_has_come_and_one_that_is_dead_is_missed_after_its_end() -> None:
    check = answered(a_probed_check(), "2026-03-10T13:59:30Z")
    assert deadline(check) == utc("2026-03-10T14:06:30Z")
    assert deadline(a_probed_check()) == utc("2026-03-10T14:07Z")
