"""When does a check need a look? (docs/reference/rules.md, The instants of interest)"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.domain.advance import advance
from chalicelib.domain.check import Check, Flip, Run, Status, Window
from chalicelib.domain.ping import Signal
from chalicelib.domain.rules.due import deadline, expected, moved, next_delivery, next_due, next_reminder
from chalicelib.domain.schedule.occurrences import Cron, OnCalendar
from tests.builders import R1, a_check, a_ping, after, days, hours, minutes, utc


def at(minute: float) -> datetime:
    """So many minutes after noon."""
    return utc("2026-03-01T12:00Z") + minutes(minute)


def a_down_check(**given: Any) -> Check:
    return a_check(status=Status.DOWN, since=at(0), **given)


@pytest.mark.parametrize(
    ("check", "due"),
    [
        pytest.param(a_check(), None, id="new: never"),
        pytest.param(a_check(last_success=at(0), period=hours(1), grace=minutes(5)), 65, id="up: its deadline"),
        pytest.param(a_check(status=Status.PAUSED, since=at(0), last_success=at(-5)), None, id="paused: never"),
        pytest.param(a_down_check(last_success=at(-5)), None, id="down: never"),
        pytest.param(a_down_check(remind_every=minutes(30)), 30, id="down: the first reminder"),
        pytest.param(a_down_check(remind_every=minutes(30), reminders=2), 90, id="down: the next reminder"),
        pytest.param(a_check(grace=minutes(5), runs=(Run(rid=R1, at=at(1)),)), 6, id="new with a run: the run's limit"),
        pytest.param(
            a_check(status=Status.PAUSED, since=at(0), grace=minutes(5), runs=(Run(rid=R1, at=at(1)),)),
            6,
            id="paused with a run: the run's limit",
        ),
        pytest.param(
            a_check(
                last_success=at(0),
                period=days(1),
                min_count=5,
                count_window=minutes(20),
                window=Window(at=at(0), count=9),
            ),
            20,
            id="the end of a window",
        ),
        pytest.param(a_check(last_success=at(0), schedule=OnCalendar("2020-01-01")), None, id="a schedule run out"),
    ],
)
def test_the_earliest_instant_at_which_a_check_needs_a_look(check: Check, due: float | None) -> None:
    assert next_due(check) == (None if due is None else at(due))


def test_what_waits_to_be_delivered_is_due_at_once() -> None:
    down = after(a_check(last_success=at(0)), a_ping(Signal.FAIL, at=at(3)))
    assert (next_delivery(down), next_due(down), down.due_at) == (at(3), at(3), at(3))


def test_a_record_without_an_alert_is_due_at_once_too() -> None:
    up = after(a_check(), a_ping(at=at(3)))
    assert up.alerts == ()
    assert [type(record) for record in up.records] == [Flip]
    assert next_due(up) == at(3)


def test_nothing_waits_in_an_empty_outbox() -> None:
    assert next_delivery(a_check(last_success=at(0))) is None


@pytest.mark.parametrize(
    ("last_success", "due"),
    [
        pytest.param("2026-03-01T12:00Z", "2026-03-02T02:00Z", id="the next 03:00 of Berlin"),
        pytest.param("2026-03-02T02:00Z", "2026-03-03T02:00Z", id="at an occurrence: strictly after it"),
        pytest.param("2026-03-28T12:00Z", "2026-03-29T01:00Z", id="clocks have gone forward"),
    ],
)
def test_a_cron_check_is_expected_at_the_next_occurrence_in_its_zone(last_success: str, due: str) -> None:
    check = a_check(last_success=utc(last_success), schedule=Cron("0 3 * * *", tz="Europe/Berlin"), grace=hours(1))
    assert (expected(check), deadline(check)) == (utc(due), utc(due) + hours(1))


def test_expected_is_counted_from_the_last_success_not_from_a_failure() -> None:
    check = a_check(last_success=at(0), last_ping=at(30), period=hours(1))
    assert expected(check) == at(60)


def test_without_a_success_nothing_is_expected() -> None:
    assert expected(a_check()) is None


@pytest.mark.parametrize("status", [Status.NEW, Status.DOWN, Status.PAUSED])
def test_only_an_up_check_has_a_deadline(status: Status) -> None:
    assert deadline(a_check(status=status, since=at(0), last_success=at(0))) is None


@pytest.mark.parametrize("status", [Status.NEW, Status.UP, Status.PAUSED])
def test_only_a_down_check_has_a_reminder(status: Status) -> None:
    check = a_check(status=status, since=at(0), last_success=at(0), remind_every=minutes(30))
    assert next_reminder(check) is None


def test_without_remind_every_there_is_no_reminder() -> None:
    assert next_reminder(a_down_check()) is None


@pytest.mark.parametrize(
    ("stored", "due"),
    [
        pytest.param(None, 70, id="nothing stored: the true one"),
        pytest.param(70, 70, id="the true one stays"),
        pytest.param(71, 70, id="too late: moved nearer, always"),
        pytest.param(60.001, 60.001, id="early, but after the next success is expected: stays"),
        pytest.param(60, 70, id="when the next success is expected: moved, or the sweep would be first"),
        pytest.param(59, 70, id="before the next success is expected: moved"),
    ],
)
def test_due_at_moves_only_where_it_must(stored: float | None, due: float) -> None:
    check = a_check(last_success=at(0), period=hours(1), grace=minutes(10))
    assert moved(check, None if stored is None else at(stored)) == at(due)


def test_due_at_is_removed_when_nothing_is_to_come() -> None:
    assert moved(a_check(), at(70)) is None


@pytest.mark.parametrize("microsecond", [-1, 0])
def test_at_next_due_and_not_before_something_changes(microsecond: int) -> None:
    check = a_check(last_success=at(0), period=hours(1), grace=minutes(10))
    due = next_due(check)
    assert due is not None
    has_changed = advance(check, now=due + timedelta(microseconds=microsecond)).after != replace(check, due_at=due)
    assert has_changed is (microsecond == 0)
