"""Nothing that people must hear of is lost on its way out (docs/reference/rules.md, rule 13)."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from chalicelib.domain.advance import advance
from chalicelib.domain.check import Check, Status
from chalicelib.domain.deliver import delivered, pause_after, waiting
from chalicelib.domain.ping import Signal
from tests.builders import a_check, a_ping, after, hours, minutes, seconds, told, utc


def at(second: float) -> datetime:
    """So many seconds after noon."""
    return utc("2026-03-01T12:00Z") + seconds(second)


def a_failed_check() -> Check:
    """Down at noon, its alert and its flip waiting."""
    return after(a_check(last_success=at(-60), period=hours(1)), a_ping(Signal.FAIL, at=at(0)))


def test_what_was_decided_is_to_be_published_at_once() -> None:
    check = a_failed_check()
    assert (told(check), waiting(check, now=at(0)), check.due_at) == (["down failed"], check.alerts, at(0))


def test_what_was_delivered_leaves_the_check() -> None:
    check = a_failed_check()
    done = delivered(check, records=check.records, sent=check.alerts, failed=(), now=at(1))
    assert done.before == check
    assert done.after == replace(check, records=(), alerts=(), due_at=None)


def test_what_a_snooze_holds_waits_for_a_look_that_ends_it_even_when_its_time_is_up() -> None:
    quiet = replace(a_check(last_success=at(-60), period=hours(1)), snoozed_until=at(10))
    check = after(quiet, a_ping(Signal.FAIL, at=at(0)))
    assert (told(check), waiting(check, now=at(10.5))) == (["down failed"], ())

    check = advance(check, now=at(10)).after

    assert (told(check), waiting(check, now=at(10.5))) == (["down failed"], check.alerts)


def test_what_failed_is_tried_again_after_five_seconds() -> None:
    check = a_failed_check()
    check = delivered(check, records=check.records, sent=(), failed=check.alerts, now=at(1)).after
    [alert] = check.alerts
    assert (alert.attempts, alert.retry_at, check.due_at) == (1, at(6), at(6))
    assert waiting(check, now=at(5.999)) == ()
    assert waiting(check, now=at(6)) == (alert,)


def test_a_failed_attempt_keeps_the_alert_what_it_was() -> None:
    check = a_failed_check()
    [before] = check.alerts
    [alert] = delivered(check, records=(), sent=(), failed=check.alerts, now=at(1)).after.alerts
    assert replace(alert, attempts=0, retry_at=at(0)) == before


@pytest.mark.parametrize(
    ("attempts", "pause"),
    [(1, 5), (2, 10), (3, 20), (4, 40), (7, 320), (8, 640), (9, 900), (10, 900), (1_000, 900)],
)
def test_each_pause_is_twice_the_one_before_up_to_a_quarter_of_an_hour(attempts: int, pause: float) -> None:
    assert pause_after(attempts) == timedelta(seconds=pause)


def test_of_two_alerts_one_may_leave_and_one_stay() -> None:
    check = after(a_failed_check(), a_ping(at=at(10)))
    down, up = check.alerts
    done = delivered(check, records=check.records, sent=(up,), failed=(down,), now=at(10)).after
    assert ([alert.id for alert in done.alerts], done.records) == ([down.id], ())


def test_alerts_are_published_oldest_first() -> None:
    check = after(a_failed_check(), a_ping(at=at(10)))
    assert told(check) == ["down failed", "up failed"]
    assert waiting(check, now=at(10)) == check.alerts


def test_what_came_up_while_the_rest_was_delivered_stays() -> None:
    seen = a_failed_check()
    now = after(seen, a_ping(at=at(10)))
    done = delivered(now, records=seen.records, sent=seen.alerts, failed=(), now=at(11)).after
    assert told(done) == ["up failed"]
    assert done.records == now.records[-1:]


def test_a_reminder_that_was_replaced_while_it_was_delivered_is_no_trouble() -> None:
    down = a_check(status=Status.DOWN, since=at(0), remind_every=minutes(1))
    first = advance(down, now=at(60)).after
    second = advance(first, now=at(120)).after
    done = delivered(second, records=(), sent=first.alerts, failed=(), now=at(121)).after
    assert done.alerts == second.alerts


def test_after_a_delivery_the_check_is_due_at_its_next_instant() -> None:
    check = a_check(last_success=at(0), period=hours(1), grace=minutes(10))
    check = after(replace(check, status=Status.NEW), a_ping(at=at(60)))
    check = delivered(check, records=check.records, sent=check.alerts, failed=(), now=at(61)).after
    assert check.due_at == at(60) + minutes(70)


def test_an_alert_that_nobody_takes_waits_for_ever() -> None:
    check = a_failed_check()
    now = at(0)
    for _ in range(50):
        check = delivered(check, records=(), sent=(), failed=waiting(check, now=now), now=now).after
        assert check.due_at is not None
        now = max(now, check.alerts[0].retry_at)
    assert (told(check), check.alerts[0].attempts) == (["down failed"], 50)
