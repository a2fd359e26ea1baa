"""How long was it down, and how often? Told from flips that may not go back to the beginning."""

from datetime import datetime, timedelta

import pytest

from chalicelib.domain.alerts import Reason
from chalicelib.domain.check import Flip, Status
from chalicelib.domain.text.uptime import TimeDown, downtime, times_down
from tests.builders import a_check, days, hours, utc

NOW = utc("2026-03-10T12:00Z")
SINCE = NOW - days(30)
UP, DOWN = Status.UP, Status.DOWN


def flip(number: int, at: datetime, old: Status, new: Status) -> Flip:
    return Flip(number=number, at=at, old=old, new=new, reason=Reason.MISSED if new is DOWN else None)


def test_an_outage_lasts_from_one_flip_to_the_next() -> None:
    flips = [
        flip(3, NOW - hours(4), DOWN, UP),
        flip(2, NOW - hours(6), UP, DOWN),
        flip(1, NOW - days(9), Status.NEW, UP),
    ]
    [found] = times_down(a_check(last_success=NOW), flips, since=SINCE, now=NOW)
    assert found == TimeDown(NOW - hours(6), NOW - hours(4), Reason.MISSED, is_over=True)


def test_what_is_down_is_down_until_now() -> None:
    check = a_check(status=DOWN, since=NOW - hours(2))
    [found] = times_down(check, [flip(2, NOW - hours(2), UP, DOWN)], since=SINCE, now=NOW)
    assert (found.end, found.is_over) == (NOW, False)


@pytest.mark.parametrize("to", [UP, Status.PAUSED])
def test_what_had_been_down_before_the_first_flip_that_is_known_counts_from_then(to: Status) -> None:
    [found] = times_down(a_check(), [flip(7, NOW - hours(2), DOWN, to)], since=SINCE, now=NOW)
    assert (found.start, found.end, found.reason) == (SINCE, NOW - hours(2), None)


def test_an_outage_whose_flips_have_all_expired_lasts_since_it_began() -> None:
    [found] = times_down(a_check(status=DOWN, since=NOW - days(100)), [], since=SINCE, now=NOW)
    assert found == TimeDown(NOW - days(100), NOW, Reason.FAILED, is_over=False)


def test_without_flips_nothing_was_down() -> None:
    assert times_down(a_check(last_success=NOW), [], since=SINCE, now=NOW) == ()


def test_only_what_falls_into_a_span_is_summed() -> None:
    times = [
        TimeDown(NOW - hours(30), NOW - hours(20), None, is_over=True),
        TimeDown(NOW - hours(4), NOW - hours(1), None, is_over=True),
    ]
    assert downtime(times, NOW - hours(24), NOW) == (hours(7), 2)
    assert downtime(times, NOW - hours(20), NOW - hours(4)) == (timedelta(), 0), "edges do not overlap"
