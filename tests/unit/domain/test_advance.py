"""An instant has passed: what has become of the check? (docs/reference/rules.md, rules 1, 3, 11, 13)"""

from dataclasses import replace
from datetime import datetime

import pytest

from chalicelib.domain.advance import advance
from chalicelib.domain.alerts import Kind, Reason
from chalicelib.domain.check import Check, Judged, Run, Status
from chalicelib.domain.configure import Edit, configure
from chalicelib.domain.ping import Signal
from chalicelib.domain.runs.recent_runs import Ended, unpacked
from chalicelib.domain.schedule.occurrences import Cron, OnCalendar
from chalicelib.domain.text.explanations import explain
from chalicelib.domain.text.time_format import WallClock
from tests.builders import R1, R2, a_check, a_ping, after, days, flips, hours, minutes, seconds, told, utc

START, FAIL = Signal.START, Signal.FAIL


def at(minute: float) -> datetime:
    """So many minutes after noon."""
    return utc("2026-03-01T12:00Z") + minutes(minute)


def at_minute(check: Check, minute: float) -> Check:
    return advance(check, now=at(minute)).after


# Missed (rule 1).


@pytest.mark.parametrize(
    ("now", "status"),
    [
        pytest.param(at(70) - seconds(0.001), Status.UP, id="a moment before its deadline"),
        pytest.param(at(70), Status.DOWN, id="at its deadline"),
        pytest.param(at(500), Status.DOWN, id="long after it"),
    ],
)
def test_a_check_is_missed_at_its_deadline(now: datetime, status: Status) -> None:
    check = a_check(last_success=at(0), period=hours(1), grace=minutes(10))
    assert advance(check, now=now).after.status is status


@pytest.mark.parametrize("looked", [70, 71, 5000])
def test_a_miss_happens_at_the_deadline_whenever_somebody_looks(looked: float) -> None:
    check = a_check(last_success=at(0), period=hours(1), grace=minutes(10))
    down = at_minute(check, looked)
    [flip] = flips(down)
    assert (flip.old, flip.new, flip.reason, flip.at, flip.number) == (Status.UP, Status.DOWN, Reason.MISSED, at(70), 2)
    assert (down.since, down.reason, down.misses, down.failures) == (at(70), Reason.MISSED, 1, 0)
    assert Judged(at=at(70), reason=Reason.MISSED, count=None, since=at(60)) in down.records
    assert [run.ended for run in unpacked(down.recent)] == [Ended.MISSED]


def test_a_miss_tells_what_was_expected_and_how_long_it_was_waited_for() -> None:
    check = a_check(last_success=at(0), period=hours(1), grace=minutes(10), last_output="fine", remind_every=hours(2))
    [alert] = at_minute(check, 75).alerts
    facts = alert.facts
    assert (alert.kind, alert.reason, alert.at, alert.flip, alert.ordinal) == (Kind.DOWN, Reason.MISSED, at(70), 2, 0)
    assert (facts.since, facts.expected, facts.limit, facts.last_success) == (at(70), at(60), minutes(10), at(0))
    assert (facts.started, facts.run, facts.output, facts.next_reminder) == (None, None, "fine", at(190))
    assert alert.retry_at == at(75)


@pytest.mark.parametrize(
    ("zone", "deadline"),
    [
        pytest.param("Europe/Berlin", "2026-03-02T02:10Z", id="03:00 in Berlin"),
        pytest.param("Asia/Kolkata", "2026-03-01T21:40Z", id="03:00 in Kolkata"),
    ],
)
def test_a_cron_check_is_missed_by_the_clock_of_its_zone(zone: str, deadline: str) -> None:
    check = a_check(last_success=at(0), schedule=Cron("0 3 * * *", tz=zone), grace=minutes(10))
    [flip] = flips(advance(check, now=at(10_000)).after)
    assert flip.at == utc(deadline)


def test_a_schedule_that_has_run_out_is_never_missed() -> None:
    check = a_check(last_success=at(0), schedule=OnCalendar("2020-01-01"))
    assert advance(check, now=at(1_000_000)).after == check


@pytest.mark.parametrize("status", [Status.NEW, Status.DOWN, Status.PAUSED])
def test_of_a_check_that_is_not_up_nothing_is_missed(status: Status) -> None:
    check = a_check(status=status, since=at(0), last_success=at(0), period=hours(1))
    assert advance(check, now=at(1_000_000)).after == check


# Overrun (rule 3).


@pytest.mark.parametrize(
    ("now", "status"),
    [
        pytest.param(at(90) - seconds(0.001), Status.UP, id="a moment before its limit"),
        pytest.param(at(90), Status.DOWN, id="at its limit"),
    ],
)
def test_a_run_overruns_at_its_limit(now: datetime, status: Status) -> None:
    check = a_check(last_success=at(-5), period=days(1), max_runtime=minutes(90), runs=(Run(rid=R1, at=at(0)),))
    assert advance(check, now=now).after.status is status


def test_an_overrun_tells_of_its_run() -> None:
    run = Run(rid=R1, at=at(0), log="row 7 of 9")
    down = at_minute(a_check(last_success=at(-5), max_runtime=minutes(90), runs=(run,), last_output="old"), 95)
    [alert] = down.alerts
    facts = alert.facts
    assert (alert.reason, alert.at, facts.since) == (Reason.OVERRUN, at(90), at(90))
    assert (facts.run, facts.started, facts.took, facts.limit) == (R1, at(0), minutes(90), minutes(90))
    assert facts.output == "row 7 of 9"
    assert down.runs == (replace(run, overran=True),)
    assert [each.ended for each in unpacked(down.recent)] == [Ended.OVERRUN]


def test_an_overrun_without_a_log_line_does_not_pass_off_an_older_runs_output_as_its_own() -> None:
    check = a_check(last_success=at(-5), max_runtime=minutes(90), runs=(Run(rid=R1, at=at(0)),), last_output="old")
    [alert] = at_minute(check, 95).alerts
    assert alert.facts.output == ""


@pytest.mark.parametrize(
    ("start", "reason", "minute"),
    [
        pytest.param(20, Reason.OVERRUN, 30, id="a start before the expected instant pulls it to start + grace"),
        pytest.param(65, Reason.MISSED, 70, id="a later start does not put it off"),
        pytest.param(60, Reason.OVERRUN, 70, id="both at once: the run says more"),
    ],
)
def test_without_max_runtime_the_deadline_is_the_earlier_of_expected_and_start_plus_grace(
    start: float, reason: Reason, minute: float
) -> None:
    check = a_check(last_success=at(0), period=hours(1), grace=minutes(10), runs=(Run(rid="", at=at(start)),))
    [flip] = flips(at_minute(check, 500))
    assert (flip.reason, flip.at) == (reason, at(minute))


@pytest.mark.parametrize(
    ("start", "reason", "minute"),
    [
        pytest.param(69, Reason.OVERRUN, 121, id="started before the deadline: the miss is held until its limit"),
        pytest.param(70, Reason.MISSED, 70, id="started at the deadline: missed"),
        pytest.param(5, Reason.OVERRUN, 57, id="a run that has long been open overruns before the deadline"),
    ],
)
def test_with_max_runtime_a_run_that_came_in_time_holds_the_miss(start: float, reason: Reason, minute: float) -> None:
    runs = (Run(rid=R1, at=at(start)),)
    check = a_check(last_success=at(0), period=hours(1), grace=minutes(10), max_runtime=minutes(52), runs=runs)
    down = at_minute(check, 500)
    assert ([(flip.reason, flip.at) for flip in flips(down)], down.misses) == (
        [(reason, at(minute))],
        1 if reason is Reason.MISSED else 0,
    )


def test_a_52_minute_job_needs_no_hour_of_grace() -> None:
    check = a_check(last_success=at(0), period=hours(1), grace=minutes(10), max_runtime=minutes(60))
    check = after(check, a_ping(START, at=at(60), rid=R1))
    check = at_minute(check, 111)
    assert check.status is Status.UP
    assert after(check, a_ping(at=at(112), rid=R1)).last_success == at(112)


def test_a_run_that_started_on_a_new_check_overruns() -> None:
    check = after(a_check(grace=minutes(10)), a_ping(START, at=at(0)))
    [flip] = flips(at_minute(check, 11))
    assert (flip.old, flip.new, flip.reason, flip.at) == (Status.NEW, Status.DOWN, Reason.OVERRUN, at(10))


def test_while_down_a_run_limit_passes_unjudged_and_is_told_of_after_the_recovery() -> None:
    check = a_check(last_success=at(0), period=days(1), max_runtime=minutes(30))
    check = after(check, a_ping(START, at=at(0), rid=R1), a_ping(START, at=at(5), rid=R2))
    down = at_minute(after(check, a_ping(FAIL, at=at(20), rid=R2)), 50)
    assert (down.reason, [run.overran for run in down.runs]) == (Reason.FAILED, [False])
    up = after(down, a_ping(START, at=at(58), rid=R2), a_ping(at=at(60), rid=R2))
    assert up.status is Status.UP
    again = at_minute(up, 61)
    assert (again.reason, again.since, again.runs[0].overran) == (Reason.OVERRUN, at(60), True)


def test_an_overrun_reported_after_a_recovery_says_how_long_the_run_really_ran() -> None:
    check = a_check(last_success=at(0), period=days(1), max_runtime=minutes(30))
    check = after(check, a_ping(START, at=at(0), rid=R1), a_ping(START, at=at(5), rid=R2))
    check = after(check, a_ping(FAIL, at=at(20), rid=R2), a_ping(at=at(60), rid=R2))
    *_, alert = at_minute(check, 61).alerts
    assert (alert.reason, alert.at, alert.facts.started) == (Reason.OVERRUN, at(60), at(0))
    assert (alert.facts.took, alert.facts.limit) == (minutes(60), minutes(30))
    said = explain(Reason.OVERRUN, alert.facts, WallClock(tz="UTC", now=at(61)))
    assert said.startswith("The run that started at 12:00 has been running for 1 h, beyond its limit of 30 min.")


def test_an_overrun_by_a_limit_that_was_lowered_says_how_long_the_run_had_run_by_then() -> None:
    check = a_check(last_success=at(0), period=days(1), max_runtime=minutes(90), runs=(Run(rid=R1, at=at(0)),))
    edited = configure(check, Edit(replace(check.config, max_runtime=minutes(10))), now=at(45)).after
    [alert] = at_minute(edited, 46).alerts
    assert (alert.at, alert.facts.took, alert.facts.limit) == (at(45), minutes(45), minutes(10))


def test_an_overrun_is_told_once_even_if_the_run_never_ends() -> None:
    check = a_check(last_success=at(0), period=days(1), max_runtime=minutes(30))
    down = at_minute(after(check, a_ping(START, at=at(0), rid=R1)), 30)
    up = at_minute(after(down, a_ping(at=at(40), rid=R2)), 300)
    assert (up.status, len(up.runs)) == (Status.UP, 1)


def test_the_end_of_an_overrun_run_brings_it_up() -> None:
    check = a_check(last_success=at(0), period=days(1), max_runtime=minutes(30))
    down = at_minute(after(check, a_ping(START, at=at(0), rid=R1)), 30)
    up = after(down, a_ping(at=at(45), rid=R1))
    assert (up.status, up.last_duration, up.runs, told(up)) == (
        Status.UP,
        minutes(45),
        (),
        ["down overrun", "up overrun"],
    )


# Whenever somebody looks.


def test_looking_again_changes_nothing() -> None:
    check = a_check(last_success=at(0), period=hours(1), grace=minutes(10), remind_every=minutes(30))
    once = at_minute(check, 200)
    assert at_minute(once, 200) == once


def test_nobody_looks_early() -> None:
    check = a_check(last_success=at(0), period=hours(1), grace=minutes(10), due_at=at(5))
    early = at_minute(check, 5)
    assert early == replace(check, due_at=at(70))


def test_a_flip_is_never_dated_before_what_was_settled() -> None:
    check = a_check(last_success=at(0), period=hours(1), grace=minutes(10), settled_at=at(90))
    [flip] = flips(at_minute(check, 95))
    assert flip.at == at(90)


# Reminders (rule 11).


@pytest.mark.parametrize(
    ("minute", "alerts"),
    [
        pytest.param(29, [], id="before the first"),
        pytest.param(30, ["reminder failed 1"], id="at the first"),
        pytest.param(59, ["reminder failed 1"], id="before the second"),
        pytest.param(60, ["reminder failed 2"], id="at the second: it replaces the one that nobody has delivered"),
        pytest.param(1000, ["reminder failed 33"], id="after a long sleep: the newest only"),
    ],
)
def test_while_down_people_are_reminded(minute: float, alerts: list[str]) -> None:
    check = a_check(status=Status.DOWN, since=at(0), remind_every=minutes(30))
    assert told(at_minute(check, minute)) == alerts


def test_a_reminder_tells_since_when_and_when_the_next_one_comes() -> None:
    check = a_check(status=Status.DOWN, since=at(0), remind_every=minutes(30), n_flips=5, failures=2, last_exit=9)
    [alert] = at_minute(check, 61).alerts
    assert (alert.kind, alert.flip, alert.ordinal, alert.at, alert.retry_at) == (
        Kind.REMINDER,
        5,
        2,
        at(60),
        at(61),
    )
    assert (alert.facts.since, alert.facts.next_reminder, alert.facts.in_a_row, alert.facts.exit_status) == (
        at(0),
        at(90),
        2,
        9,
    )


def test_a_reminder_is_not_a_flip() -> None:
    check = a_check(status=Status.DOWN, since=at(0), remind_every=minutes(30))
    later = at_minute(check, 30)
    assert (later.records, later.n_flips, later.since) == ((), 1, at(0))


def test_without_remind_every_nobody_is_reminded() -> None:
    check = a_check(status=Status.DOWN, since=at(0))
    assert at_minute(check, 100_000) == check


def test_the_down_alert_that_is_still_waiting_outlives_the_reminder() -> None:
    check = a_check(last_success=at(0), period=hours(1), grace=minutes(10), remind_every=minutes(30))
    assert told(at_minute(check, 170)) == ["down missed", "reminder missed 3"]


def test_the_next_outage_counts_its_reminders_from_one() -> None:
    check = a_check(status=Status.DOWN, since=at(0), remind_every=minutes(30))
    check = after(at_minute(check, 60), a_ping(at=at(61)), a_ping(FAIL, at=at(70)))
    assert told(at_minute(check, 100))[-1] == "reminder failed 1"


# Ids (rule 13).


def test_an_alert_that_is_decided_twice_bears_the_same_id() -> None:
    check = a_check(last_success=at(0), period=hours(1), grace=minutes(10))
    first, second = at_minute(check, 70), at_minute(check, 99)
    assert [alert.id for alert in first.alerts] == [alert.id for alert in second.alerts]


def test_each_flip_kind_and_ordinal_has_its_own_id() -> None:
    check = a_check(last_success=at(0), period=hours(1), grace=minutes(10), remind_every=minutes(30))
    ids = set()
    for minute in (70, 100, 130):
        check = at_minute(check, minute)
        ids |= {alert.id for alert in check.alerts}
    check = after(check, a_ping(at=at(140)), a_ping(FAIL, at=at(141)))
    assert len(ids | {alert.id for alert in check.alerts}) == 5
