"""Alive is not enough: so many items in each window (docs/reference/rules.md, rule 6)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.domain.advance import advance
from chalicelib.domain.alerts import Kind, Reason
from chalicelib.domain.check import Check, Judged, Status, Window
from chalicelib.domain.configure import Edit, Pause, configure
from chalicelib.domain.ping import Signal
from chalicelib.domain.rules.throughput import is_watched, window_end
from chalicelib.domain.runs.recent_runs import Ended, unpacked
from tests.builders import a_check, a_ping, after, days, flips, hours, minutes, seconds, told, utc


def at(minute: float) -> datetime:
    """So many minutes after noon."""
    return utc("2026-03-01T12:00Z") + minutes(minute)


def a_worker(**given: Any) -> Check:
    """An up check that must do 100 items in each half hour; its success is expected within a day."""
    defaults: dict[str, Any] = {"last_success": at(-5), "period": days(1)}
    window: dict[str, Any] = {"min_count": 100, "count_window": minutes(30)}
    return a_check(**(defaults | window | given))


def worked(check: Check, *counts: tuple[float, int | None]) -> Check:
    """The check after these successes: (minute, items)."""
    return after(check, *(a_ping(at=at(minute), count=count) for minute, count in counts))


def at_minute(check: Check, minute: float) -> Check:
    return advance(check, now=at(minute)).after


def judged(check: Check) -> list[tuple[datetime, Reason | None, int | None]]:
    return [(record.at, record.reason, record.count) for record in check.records if isinstance(record, Judged)]


def test_windows_begin_with_the_first_counted_ping() -> None:
    check = worked(a_worker(), (0, None), (2, 5), (3, 7))
    assert (check.window, window_end(check)) == (Window(at=at(2), count=12), at(32))


def test_a_ping_that_counts_nothing_begins_a_window_too() -> None:
    check = worked(a_worker(), (2, 0))
    assert (check.window, check.counted_at) == (Window(at=at(2), count=0), None)


def test_a_check_without_a_counted_ping_never_stalls() -> None:
    assert at_minute(worked(a_worker(), (0, None)), 600).status is Status.UP


@pytest.mark.parametrize("given", [{}, {"count_window": hours(1)}, {"min_count": 1}], ids=str)
def test_without_both_a_minimum_and_a_window_items_are_not_counted(given: dict[str, Any]) -> None:
    assert worked(a_check(last_success=at(-5), **given), (0, 100)).window is None


@pytest.mark.parametrize(
    ("given", "watched"),
    [
        pytest.param({"min_count": 1, "count_window": hours(1)}, True, id="both"),
        pytest.param({"min_count": 1}, False, id="no window"),
        pytest.param({"count_window": hours(1)}, False, id="no minimum"),
    ],
)
def test_a_check_is_watched_with_a_minimum_and_a_window(given: dict[str, Any], watched: bool) -> None:
    assert is_watched(a_check(**given)) is watched


@pytest.mark.parametrize(
    ("count", "now", "status"),
    [
        pytest.param(99, at(30) - seconds(0.001), Status.UP, id="below the minimum, a moment before the end"),
        pytest.param(99, at(30), Status.DOWN, id="below the minimum, at the end"),
        pytest.param(100, at(30), Status.UP, id="the minimum, at the end"),
        pytest.param(0, at(30), Status.DOWN, id="alive, and nothing done"),
    ],
)
def test_a_window_that_ends_below_the_minimum_stalls_the_check(count: int, now: datetime, status: Status) -> None:
    check = advance(worked(a_worker(), (0, count)), now=now).after
    assert check.status is status


def test_a_stall_tells_what_was_done_in_which_window() -> None:
    check = worked(a_worker(), (0, 40), (10, 2), (25, 0))
    down = at_minute(check, 31)
    [alert] = down.alerts
    facts = alert.facts
    assert (down.reason, down.since, judged(down)) == (Reason.STALLED, at(30), [(at(30), Reason.STALLED, 42)])
    assert (facts.count, facts.min_count, facts.window) == (42, 100, (at(0), at(30)))
    assert (facts.last_ping, facts.counted_at) == (at(25), at(10))
    assert [run.ended for run in unpacked(down.recent)] == [Ended.STALLED]


def test_windows_follow_each_other() -> None:
    check = worked(a_worker(), (0, 100), (35, 60))
    assert (judged(check), check.window) == ([(at(30), None, 100)], Window(at=at(30), count=60))
    check = at_minute(check, 60)
    assert (check.reason, check.since, judged(check)[-1]) == (Reason.STALLED, at(60), (at(60), Reason.STALLED, 60))


def test_a_good_window_is_no_flip() -> None:
    check = at_minute(worked(a_worker(), (0, 100)), 30)
    assert (flips(check), check.alerts, [run.ended for run in unpacked(check.recent)]) == ([], (), [Ended.SUCCESS])


def test_items_at_the_very_end_of_a_window_belong_to_the_next() -> None:
    check = worked(a_worker(), (0, 99), (30, 1))
    assert (check.status, check.reason, check.window) == (Status.DOWN, Reason.STALLED, Window(at=at(30), count=1))


def test_a_stalled_check_is_not_brought_up_by_a_sign_of_life() -> None:
    check = worked(at_minute(worked(a_worker(), (0, 1)), 30), (31, 0), (32, None))
    assert (check.status, check.reason, check.last_success) == (Status.DOWN, Reason.STALLED, at(32))


def test_a_stalled_check_comes_up_at_the_end_of_the_next_good_window() -> None:
    down = at_minute(worked(a_worker(), (0, 1)), 30)
    check = worked(down, (31, 60), (40, 40))
    assert check.status is Status.DOWN
    up = at_minute(check, 60)
    assert (up.status, up.since, told(up)) == (Status.UP, at(60), ["down stalled", "up stalled"])
    assert (up.window, judged(up)[-1]) == (None, (at(60), None, 100))
    assert worked(up, (61, 5)).window == Window(at=at(61), count=5)


def test_a_stalled_check_stays_down_after_another_bad_window_and_says_nothing_more() -> None:
    check = at_minute(worked(at_minute(worked(a_worker(), (0, 1)), 30), (31, 60)), 60)
    assert (check.status, told(check), len(flips(check))) == (Status.DOWN, ["down stalled"], 1)
    assert judged(check) == [(at(30), Reason.STALLED, 1), (at(60), Reason.STALLED, 60)]


def test_while_down_empty_windows_are_not_looked_at_and_the_grid_stays() -> None:
    down = at_minute(worked(a_worker(), (0, 1)), 30)
    assert window_end(down) is None
    asleep = at_minute(down, 1000)
    assert asleep.records == down.records
    check = worked(asleep, (1000, 100))
    assert (check.window, window_end(check)) == (Window(at=at(990), count=100), at(1020))
    assert worked(asleep, (60, 100)).window == Window(at=at(60), count=100)


def test_a_recovery_from_something_else_begins_a_new_window() -> None:
    check = worked(a_worker(), (0, 1))
    check = after(check, a_ping(Signal.FAIL, at=at(10)))
    check = worked(check, (20, 7))
    assert (check.status, check.window) == (Status.UP, Window(at=at(20), count=7))


def test_windows_begin_anew_with_the_first_counted_ping_after_a_recovery() -> None:
    check = after(worked(a_worker(), (0, 1)), a_ping(Signal.FAIL, at=at(10)))
    recovered = worked(check, (20, None))
    assert (recovered.status, recovered.window, at_minute(recovered, 600).status) == (Status.UP, None, Status.UP)
    check = worked(recovered, (25, 7))
    assert (check.window, window_end(check)) == (Window(at=at(25), count=7), at(55))


def test_the_first_counted_ping_of_a_new_check_counts_once() -> None:
    check = worked(a_worker(last_success=None), (0, 7))
    assert (check.status, check.window) == (Status.UP, Window(at=at(0), count=7))


def test_a_window_that_ends_while_down_for_another_reason_brings_nothing_up() -> None:
    check = worked(a_worker(), (0, 100))
    check = at_minute(after(check, a_ping(Signal.FAIL, at=at(10))), 30)
    assert (check.status, check.reason) == (Status.DOWN, Reason.FAILED)


@pytest.mark.parametrize(
    ("grace", "alerts"),
    [
        pytest.param(minutes(9), ["down stalled"], id="its success is missed at that very instant"),
        pytest.param(minutes(9.1), ["down stalled", "up stalled"], id="its success is still awaited"),
    ],
)
def test_a_good_window_does_not_bring_up_what_is_overdue(grace: timedelta, alerts: list[str]) -> None:
    check = worked(a_worker(period=minutes(20), grace=grace), (0, 1), (20, 1))
    check = worked(at_minute(check, 30), (31, 100))
    assert told(at_minute(check, 60)) == alerts


@pytest.mark.parametrize("looks", [[60], [45, 60], [45, 59, 60]], ids=str)
def test_a_recovery_goes_before_the_reminder_of_the_same_instant_whoever_looks(looks: list[float]) -> None:
    check = at_minute(worked(a_worker(remind_every=minutes(15)), (0, 1)), 30)
    check = worked(check, (31, 100))
    for minute in looks:
        check = at_minute(check, minute)
    assert told(check) == ["down stalled", "reminder stalled 1", "up stalled"]


def test_enough_items_long_before_the_end_do_not_excuse_a_missed_success() -> None:
    check = a_worker(last_success=at(0), period=minutes(15), grace=minutes(1))
    check = at_minute(worked(check, (1, 100)), 31)
    assert (check.reason, check.since) == (Reason.MISSED, at(17))


# Out of order (rule 12).


def test_overtaken_items_count_within_the_window_that_is_still_open() -> None:
    check = worked(a_worker(), (0, 1), (9, 1), (8, 5))
    assert (check.window, check.counted_at) == (Window(at=at(0), count=7), at(9))


def test_overtaken_items_of_a_window_that_has_been_judged_come_too_late() -> None:
    check = worked(a_worker(), (0, 100), (31, 1), (29, 50))
    assert check.window == Window(at=at(30), count=1)


def test_items_that_arrive_after_the_sweep_has_judged_their_window_come_too_late() -> None:
    check = worked(at_minute(worked(a_worker(), (0, 100)), 30), (29.9, 50))
    assert (check.window, check.last_success) == (Window(at=at(30), count=0), at(29.9))


def test_items_of_a_failure_do_not_count() -> None:
    check = after(worked(a_worker(), (0, 1)), a_ping(Signal.FAIL, at=at(1), count=50))
    assert check.window == Window(at=at(0), count=1)


# The operator.


def test_a_new_minimum_counts_anew() -> None:
    check = worked(a_worker(), (0, 1))
    changed = a_worker(min_count=50).config
    check = configure(check, Edit(changed), now=at(5)).after
    assert check.window is None
    assert at_minute(check, 600).status is Status.UP


def test_an_edit_of_something_else_keeps_the_window() -> None:
    check = worked(a_worker(), (0, 1))
    check = configure(check, Edit(a_worker(name="other").config), now=at(5)).after
    assert check.window == Window(at=at(0), count=1)


def test_a_paused_check_has_no_window() -> None:
    check = configure(worked(a_worker(), (0, 1)), Pause(), now=at(5)).after
    assert (check.window, at_minute(check, 600).status) == (None, Status.PAUSED)


def test_a_stalled_check_whose_minimum_is_given_up_comes_up_with_its_next_success() -> None:
    down = at_minute(worked(a_worker(), (0, 1)), 30)
    down = configure(down, Edit(a_check(period=days(1)).config), now=at(35)).after
    up = worked(down, (40, None))
    assert (up.status, up.alerts[-1].kind) == (Status.UP, Kind.UP)
