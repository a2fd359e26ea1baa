"""Maintenance windows (domain.md, rule 9)."""

from typing import Any

import pytest

from chalicelib.domain.advance import advance
from chalicelib.domain.check import Check, Status
from chalicelib.domain.due import deadline, expected
from chalicelib.domain.errors import BadInput
from chalicelib.domain.probe import Probe
from chalicelib.domain.schedule import Cron, Every
from chalicelib.domain.signals import Signal
from chalicelib.domain.windows import hide_all, parse_window, window_end
from tests.builders import a_check, a_ping, after, days, hours, minutes, utc

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


def test_a_schedule_that_lies_within_windows_altogether_is_found_out() -> None:
    assert hide_all(Cron("30 2 * * *"), (NIGHTLY,), tz="UTC")
    assert not hide_all(Cron("30 2 * * *"), (ONCE,), tz="UTC")
    assert not hide_all(Cron("30 2,3 * * *"), (NIGHTLY,), tz="UTC")
    assert not hide_all(Every(hours(1)), (NIGHTLY,), tz="UTC")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("nightly", "is none: write"),
        ("0 2 * * for 1h", "is none: write"),
        ("0 2 * * * for 1h in Nowhere/City", "is not known"),
        ("61 2 * * * for 1h", "minute"),
        ("0 2 * * * for 10s", "out of bounds"),
        ("0 * * * * for 1h", "never ends"),
        ("* * * * * for 5m", "never ends"),
        ("2026-03-10T14:00 to 2026-03-10T10:00", "ends before it begins"),
        ("2026-03-10T14:00 to tomorrow", "is no instant"),
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
