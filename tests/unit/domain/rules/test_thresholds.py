"""How much is borne before people are told (docs/reference/rules.md, rule 4)."""

from datetime import datetime
from typing import Any

import pytest

from chalicelib.domain.advance import advance
from chalicelib.domain.alerts import Reason
from chalicelib.domain.check import Beat, Check, Status
from chalicelib.domain.ping import Ping, Signal
from chalicelib.domain.rules.due import deadline, expected
from chalicelib.domain.schedule.occurrences import Cron
from tests.builders import R1, a_check, a_ping, after, flips, minutes, outcome_of, told, utc

START = utc("2026-03-01T12:00Z")


def at(minute: float) -> datetime:
    return START + minutes(minute)


def failing(*, at_minute: float) -> Ping:
    return a_ping(Signal.FAIL, at=START + minutes(at_minute))


def tolerant(**given: Any) -> Check:
    return a_check(last_success=START, period=minutes(5), grace=minutes(1), **given)


@pytest.mark.parametrize(
    ("limit", "failures", "status"),
    [(1, 1, Status.DOWN), (2, 1, Status.UP), (3, 2, Status.UP), (3, 3, Status.DOWN), (3, 4, Status.DOWN)],
)
def test_so_many_failures_in_a_row_make_it_down(limit: int, failures: int, status: Status) -> None:
    check = tolerant(failures_before_alert=limit)
    for number in range(1, failures + 1):
        check = after(check, failing(at_minute=5 * number))
    assert (check.status, check.failures) == (status, failures)
    assert told(check) == (["down failed"] if status is Status.DOWN else [])


def test_the_alert_says_how_many_there_were() -> None:
    check = after(tolerant(failures_before_alert=3), *(failing(at_minute=5 * number) for number in (1, 2, 3)))
    assert check.alerts[0].facts.in_a_row == 3


def test_a_success_begins_the_count_anew() -> None:
    check = after(tolerant(failures_before_alert=2), failing(at_minute=5), a_ping(at=at(6)), failing(at_minute=10))
    assert (check.status, check.failures) == (Status.UP, 1)


def test_a_success_that_is_too_short_counts_as_a_failure() -> None:
    check = tolerant(failures_before_alert=2, min_runtime=minutes(1), max_runtime=minutes(30))
    check = after(check, a_ping(Signal.START, at=at(5), rid=R1), a_ping(at=at(5.5), rid=R1))
    assert (check.status, check.failures, check.last_success) == (Status.UP, 1, START)


def test_a_failure_that_is_borne_is_no_miss_too_the_period_counts_on_from_it() -> None:
    check = after(tolerant(failures_before_alert=3), failing(at_minute=5))
    assert (expected(check), deadline(check)) == (at(10), at(11))


def test_with_a_schedule_the_next_occurrence_after_it_is_expected() -> None:
    check = a_check(last_success=START, schedule=Cron("0 * * * *"), failures_before_alert=2)
    assert expected(after(check, failing(at_minute=61))) == at(120)


def test_a_failure_without_tolerance_moves_no_deadline_of_an_outage() -> None:
    check = after(tolerant(), failing(at_minute=4))
    assert check.passed_at is None


def test_a_new_check_that_fails_within_tolerance_stays_new() -> None:
    check = after(a_check(failures_before_alert=2), failing(at_minute=0))
    assert (check.status, check.failures, deadline(check)) == (Status.NEW, 1, None)
    assert after(check, failing(at_minute=1)).status is Status.DOWN


@pytest.mark.parametrize(
    ("limit", "minute", "misses", "status"),
    [
        (1, 6, 1, Status.DOWN),
        (3, 5.99, 0, Status.UP),
        (3, 6, 1, Status.UP),
        (3, 15.99, 2, Status.UP),
        (3, 16, 3, Status.DOWN),
        (3, 600, 3, Status.DOWN),
    ],
)
def test_each_further_period_without_a_success_is_one_more_miss(
    limit: int, minute: float, misses: int, status: Status
) -> None:
    check = advance(tolerant(misses_before_alert=limit), now=at(minute)).after
    assert (check.misses, check.status) == (misses, status)


def test_the_miss_that_counts_is_told_with_its_instant_and_its_number() -> None:
    check = advance(tolerant(misses_before_alert=3), now=at(60)).after
    [flip] = flips(check)
    assert (flip.reason, flip.at) == (Reason.MISSED, at(16))
    facts = check.alerts[0].facts
    assert (facts.misses, facts.expected, facts.last_success) == (3, at(15), START)


def test_misses_of_a_schedule_are_its_occurrences() -> None:
    check = a_check(last_success=START, schedule=Cron("0 */2 * * *"), grace=minutes(30), misses_before_alert=2)
    [flip] = flips(advance(check, now=at(600)).after)
    assert flip.at == at(4 * 60 + 30)


def test_a_success_after_borne_misses_is_a_verdict_and_forgets_them() -> None:
    check = advance(tolerant(misses_before_alert=3), now=at(7)).after
    outcome = outcome_of(check, a_ping(at=at(8)))
    assert not isinstance(outcome, Beat)
    assert (outcome.after.misses, outcome.after.status, told(outcome.after)) == (0, Status.UP, [])
    assert deadline(outcome.after) == at(14)


def test_failures_and_misses_do_not_begin_each_other_anew() -> None:
    check = tolerant(failures_before_alert=2, misses_before_alert=2)
    check = advance(after(check, failing(at_minute=5)), now=at(11)).after
    assert (check.failures, check.misses, check.status) == (1, 1, Status.UP)
    check = after(check, failing(at_minute=12))
    assert (check.status, check.reason) == (Status.DOWN, Reason.FAILED)
