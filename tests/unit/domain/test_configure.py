"""An operator made, edited, paused or resumed a check (docs/reference/rules.md, rule 10)."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from chalicelib.domain.advance import advance
from chalicelib.domain.alerts import Reason
from chalicelib.domain.check import Check, Run, Status, started
from chalicelib.domain.config import Config
from chalicelib.domain.configure import Change, Edit, Pause, Resume, configure, new_check
from chalicelib.domain.ping import Signal
from tests.builders import CODE, R1, a_check, a_ping, after, days, flips, hours, minutes, seconds, told, utc


def at(minute: float) -> datetime:
    """So many minutes after noon."""
    return utc("2026-03-01T12:00Z") + minutes(minute)


def done(check: Check, *changes: Change, minute: float = 0) -> Check:
    for change in changes:
        check = configure(check, change, now=at(minute)).after
    return check


def hourly(**given: Any) -> Check:
    defaults: dict[str, Any] = {"last_success": at(0), "period": hours(1), "grace": minutes(10)}
    return a_check(**(defaults | given))


def test_of_a_new_check_nothing_is_expected() -> None:
    check = new_check(CODE, project="default", config=Config(name="backup"), now=at(0))
    assert (check.status, check.due_at, check.n_pings, check.created_at) == (Status.NEW, None, 0, at(0))
    assert advance(check, now=at(1_000_000)).after == check


def test_a_check_defaults_to_a_period_of_a_day_and_an_hour_of_grace_and_all_channels() -> None:
    check = after(new_check(CODE, project="default", config=Config(), now=at(0)), a_ping(at=at(0)))
    [_, flip] = flips(advance(check, now=at(10_000)).after)
    assert flip.at == at(25 * 60)
    assert check.config.channels == ("*",)


# Pause and resume.


@pytest.mark.parametrize("status", [Status.NEW, Status.UP, Status.DOWN])
def test_pausing_is_a_flip_that_nobody_is_told_of(status: Status) -> None:
    check = done(a_check(status=status, since=at(-1), last_success=at(-1), n_flips=3), Pause())
    [flip] = flips(check)
    assert (flip.old, flip.new, flip.reason, flip.at, flip.number) == (status, Status.PAUSED, None, at(0), 4)
    assert (check.status, check.reason, check.since, check.alerts) == (Status.PAUSED, None, at(0), ())


def test_pausing_keeps_what_is_known_and_forgets_open_runs() -> None:
    check = done(hourly(runs=(Run(rid=R1, at=at(-1)),), n_pings=7), Pause())
    assert (check.last_ping, check.n_pings, check.runs) == (at(0), 7, ())
    assert started(check) is None


def test_a_paused_check_expects_nothing() -> None:
    check = done(hourly(), Pause())
    assert flips(advance(check, now=at(1_000_000)).after) == flips(check)


def test_pausing_a_paused_check_is_no_flip() -> None:
    check = a_check(status=Status.PAUSED, since=at(-9))
    paused = done(check, Pause())
    assert paused == replace(check, ended=paused.ended)


def test_pausing_a_paused_check_forgets_a_run_that_has_started_since() -> None:
    check = after(a_check(status=Status.PAUSED, since=at(-9)), a_ping(Signal.START, at=at(-1)))
    check = done(check, Pause())
    assert (check.runs, check.due_at, check.records) == ((), None, ())


def test_a_check_is_missed_before_it_is_paused_if_its_deadline_had_passed() -> None:
    check = done(hourly(), Pause(), minute=71)
    assert [(flip.new, flip.at) for flip in flips(check)] == [(Status.DOWN, at(70)), (Status.PAUSED, at(71))]
    assert told(check) == ["down missed"]


def test_an_alert_that_waits_outlives_a_pause() -> None:
    down = after(hourly(), a_ping(Signal.FAIL, at=at(5)))
    assert told(done(down, Pause(), minute=6)) == ["down failed"]


def test_a_paused_check_sends_no_reminders() -> None:
    check = done(a_check(status=Status.DOWN, since=at(-1), remind_every=minutes(30)), Pause())
    assert told(advance(check, now=at(1000)).after) == []


def test_a_resumed_check_is_new_and_its_pings_forgotten_but_their_number() -> None:
    paused = done(hourly(n_pings=7, last_duration=seconds(3), failures=2), Pause())
    check = done(paused, Resume(), minute=5)
    assert (check.status, check.last_ping, check.last_success, check.last_duration) == (Status.NEW, None, None, None)
    assert (check.n_pings, check.failures, check.since, check.alerts) == (7, 0, at(5), ())
    assert [(flip.old, flip.new) for flip in flips(check)][-1] == (Status.PAUSED, Status.NEW)


def test_a_resumed_check_has_no_open_run() -> None:
    paused = after(a_check(status=Status.PAUSED, since=at(-9)), a_ping(Signal.START, at=at(-1)))
    check = done(paused, Resume())
    assert (check.runs, started(check)) == ((), None)
    assert advance(check, now=at(10_000)).after.status is Status.NEW


@pytest.mark.parametrize("status", [Status.NEW, Status.UP, Status.DOWN])
def test_resuming_what_is_not_paused_changes_nothing(status: Status) -> None:
    check = a_check(status=status, since=at(0), last_success=at(0), period=days(1))
    assert done(check, Resume(), minute=1) == check


def test_flips_of_pause_resume_and_pings_follow_each_other() -> None:
    check = after(a_check(), a_ping(at=at(0)))
    check = done(check, Pause(), Pause(), Resume(), minute=1)
    check = after(check, a_ping(at=at(2)))
    assert [f"{flip.number} {flip.old} {flip.new}" for flip in flips(check)] == [
        "1 new up",
        "2 up paused",
        "3 paused new",
        "4 new up",
    ]
    assert check.alerts == ()


# Edits.


def test_a_longer_grace_moves_the_deadline_away() -> None:
    check = done(hourly(), Edit(hourly(grace=minutes(30)).config), minute=5)
    assert (check.due_at, flips(check)) == (at(90), [])


def test_a_shorter_period_moves_the_deadline_nearer() -> None:
    check = done(hourly(), Edit(hourly(period=minutes(20)).config), minute=5)
    assert check.due_at == at(30)


def test_a_period_that_has_passed_already_makes_it_missed_now_not_in_the_past() -> None:
    check = done(hourly(), Edit(hourly(period=minutes(20)).config), minute=45)
    assert check.status is Status.UP
    [flip] = flips(advance(check, now=at(46)).after)
    assert (flip.reason, flip.at) == (Reason.MISSED, at(45))


def test_an_edit_after_the_deadline_does_not_undo_the_miss() -> None:
    check = done(hourly(), Edit(hourly(grace=hours(5)).config), minute=80)
    assert (check.status, check.reason, check.since) == (Status.DOWN, Reason.MISSED, at(70))


def test_an_edit_at_the_very_deadline_comes_too_late() -> None:
    check = done(hourly(), Edit(hourly(grace=hours(5)).config), minute=70)
    assert check.reason is Reason.MISSED


def test_an_edit_changes_nothing_but_the_configuration() -> None:
    check = hourly(runs=(Run(rid=R1, at=at(3)),), n_pings=7, last_output="fine")
    edited = done(check, Edit(hourly(name="new name").config), minute=5)
    assert edited == replace(check, config=edited.config, settled_at=at(5))
    assert edited.config.name == "new name"


def test_an_edit_by_a_clock_that_lags_does_not_move_time_back() -> None:
    down = after(hourly(), a_ping(Signal.FAIL, at=at(5)))
    edited = done(down, Edit(hourly(name="new name").config), Pause(), minute=4)
    assert [flip.at for flip in flips(edited)] == [at(5), at(5)]


def test_a_shorter_limit_makes_an_open_run_overrun_now() -> None:
    check = hourly(max_runtime=hours(5), runs=(Run(rid=R1, at=at(-30)),))
    check = done(check, Edit(hourly(max_runtime=minutes(10)).config), minute=5)
    [flip] = flips(advance(check, now=at(6)).after)
    assert (flip.reason, flip.at) == (Reason.OVERRUN, at(5))


def test_reminders_can_be_switched_on_while_down() -> None:
    check = a_check(status=Status.DOWN, since=at(0))
    check = done(check, Edit(a_check(remind_every=minutes(30)).config), minute=10)
    assert check.due_at == at(30)
