"""Which run a ping closes, how long it took, when it has been open for too long
(docs/reference/rules.md, rules 3 and 5).
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.domain.check import Check, Run, Status, started, with_run
from chalicelib.domain.ping import Signal
from chalicelib.domain.rules.due import next_due
from chalicelib.domain.runs.runs import closed, closed_by, duration, held_until, is_too_short, limit, overruns
from tests.builders import R1, R2, R3, a_check, a_ping, after, hours, minutes, seconds, utc


def at(minute: float) -> datetime:
    """So many minutes after noon."""
    return utc("2026-03-01T12:00Z") + minutes(minute)


def with_runs(*rids: str, **given: Any) -> Check:
    """An up check with these runs open, started a minute apart."""
    runs = tuple(Run(rid=rid, at=at(minute)) for minute, rid in enumerate(rids))
    return a_check(last_success=at(-10), runs=runs, **given)


@pytest.mark.parametrize(
    ("open_runs", "rid", "closes"),
    [
        pytest.param([R1, R2], R1, R1, id="the one that it names"),
        pytest.param([R1], R2, None, id="none, when it names another"),
        pytest.param([""], R1, None, id="none, when it names one and the open run has no name"),
        pytest.param(["", R1], "", "", id="without a rid, the one that has none, even if it is older"),
        pytest.param([R1, R2], "", R2, id="without a rid, and all have one: the newest"),
        pytest.param([], "", None, id="none is open"),
    ],
)
def test_the_run_that_a_success_or_a_failure_closes(open_runs: list[str], rid: str, closes: str | None) -> None:
    run = closed_by(with_runs(*open_runs), rid, at=at(9))
    assert (None if run is None else run.rid) == closes


@pytest.mark.parametrize(
    ("rid", "minute", "closes"),
    [
        pytest.param(R2, 0.9, None, id="of its rid: it began afterwards"),
        pytest.param(R2, 1, R2, id="of its rid: it began at that instant"),
        pytest.param("", 0.9, R1, id="without a rid: the newest that had begun"),
    ],
)
def test_no_ping_closes_a_run_that_began_after_it(rid: str, minute: float, closes: str | None) -> None:
    run = closed_by(with_runs(R1, R2), rid, at=at(minute))
    assert (None if run is None else run.rid) == closes


@pytest.mark.parametrize("signal", [Signal.FAIL, Signal.SUCCESS])
def test_an_unknown_rid_closes_no_run(signal: Signal) -> None:
    check = after(with_runs("", R1), a_ping(signal, at=at(5), rid=R2))
    assert [run.rid for run in check.runs] == ["", R1]


def test_a_failure_with_an_unknown_rid_leaves_the_other_run_to_its_limit() -> None:
    check = after(with_runs(R1, max_runtime=minutes(30)), a_ping(Signal.FAIL, at=at(5), rid=R3))
    assert started(check) is None, "what a Healthchecks client sees"
    check = after(check, a_ping(at=at(10), rid=R2))
    assert (check.status, list(overruns(check))) == (Status.UP, [(at(30), check.runs[0])])


def test_ends_without_a_rid_close_overlapping_runs_one_by_one() -> None:
    check = after(with_runs(R1, R2), a_ping(at=at(5)), a_ping(at=at(6)))
    assert (check.runs, started(check)) == ((), None)


def test_a_stuck_run_is_not_hidden_by_a_later_good_one() -> None:
    check = after(
        a_check(last_success=at(-10), max_runtime=minutes(30)),
        a_ping(Signal.START, at=at(0), rid=R1),
        a_ping(Signal.START, at=at(1), rid=R2),
        a_ping(at=at(2), rid=R2),
    )
    assert [(instant, run.rid) for instant, run in overruns(check)] == [(at(30), R1)]


@pytest.mark.parametrize(
    ("took", "reported"),
    [
        pytest.param(timedelta(0), timedelta(0), id="none at all"),
        pytest.param(hours(72), hours(72), id="72 hours"),
        pytest.param(hours(72) + timedelta(microseconds=1), None, id="longer than 72 hours"),
        pytest.param(-seconds(1), None, id="an end before the start"),
    ],
)
def test_durations_over_72_hours_are_not_reported(took: timedelta, reported: timedelta | None) -> None:
    assert duration(Run(rid="", at=at(0)), until=at(0) + took) == reported


def test_without_a_run_there_is_no_duration() -> None:
    assert duration(None, until=at(0)) is None


@pytest.mark.parametrize(
    ("shortest", "took", "too_short"),
    [
        pytest.param(seconds(40), seconds(39.9), True, id="sooner"),
        pytest.param(seconds(40), seconds(40), False, id="exactly"),
        pytest.param(seconds(40), None, False, id="not paired, or for days"),
        pytest.param(None, timedelta(0), False, id="no shortest time set"),
    ],
)
def test_too_short_is_sooner_than_min_runtime(
    shortest: timedelta | None, took: timedelta | None, too_short: bool
) -> None:
    assert is_too_short(a_check(min_runtime=shortest), took) is too_short


@pytest.mark.parametrize(
    ("max_runtime", "allowed"),
    [pytest.param(minutes(90), minutes(90), id="set"), pytest.param(None, minutes(20), id="unset")],
)
def test_a_run_may_be_open_for_max_runtime_or_when_unset_for_the_grace(
    max_runtime: timedelta | None, allowed: timedelta
) -> None:
    assert limit(a_check(grace=minutes(20), max_runtime=max_runtime)) == allowed


def test_while_down_no_run_is_past_its_limit() -> None:
    check = replace(with_runs(R1, R2, grace=minutes(20)), status=Status.DOWN)
    assert list(overruns(check)) == []


@pytest.mark.parametrize("status", [Status.NEW, Status.UP, Status.PAUSED])
def test_a_run_of_a_check_that_is_not_down_has_a_limit(status: Status) -> None:
    check = replace(with_runs(R1, grace=minutes(20)), status=status)
    assert [instant for instant, _ in overruns(check)] == [at(20)]


def test_a_run_that_people_have_been_told_of_is_not_told_of_again() -> None:
    check = with_runs(R1, R2, grace=minutes(20))
    check = replace(check, runs=(replace(check.runs[0], overran=True), check.runs[1]))
    assert [run.rid for _, run in overruns(check)] == [R2]


# With max_runtime set, a run that started before the deadline holds the miss (rule 3).


@pytest.mark.parametrize(
    ("max_runtime", "start", "until"),
    [
        pytest.param(None, 9, 10, id="unset: never"),
        pytest.param(minutes(60), 9, 69, id="started before it: until the run's own limit"),
        pytest.param(minutes(60), 10, 10, id="started at it: no"),
        pytest.param(minutes(5), 2, 10, id="a limit that comes sooner brings it no nearer"),
    ],
)
def test_a_run_that_came_in_time_holds_the_miss(max_runtime: timedelta | None, start: float, until: float) -> None:
    check = a_check(last_success=at(-60), max_runtime=max_runtime, runs=(Run(rid=R1, at=at(start)),))
    assert held_until(check, at(10)) == at(until)


@pytest.mark.parametrize(
    ("start", "until"),
    [
        pytest.param(-61, 10, id="begun before the last success: it holds nothing back"),
        pytest.param(-60, 10, id="begun at the last success: nor does it"),
        pytest.param(-59.9, 540.1, id="begun after it: until its limit"),
    ],
)
def test_only_a_run_that_began_after_the_last_success_delays_the_miss(start: float, until: float) -> None:
    check = a_check(last_success=at(-60), max_runtime=hours(10), runs=(Run(rid=R1, at=at(start)),))
    assert held_until(check, at(10)) == at(until)


def test_a_stuck_run_does_not_silence_the_misses_of_its_successors() -> None:
    check = a_check(last_success=at(-60), period=hours(1), grace=minutes(5), max_runtime=hours(24))
    check = after(check, a_ping(Signal.START, at=at(0), rid=R1))
    check = after(check, a_ping(Signal.START, at=at(1), rid=R2), a_ping(at=at(2), rid=R2))
    assert next_due(check) == at(67), "an hour and the grace after the last success, not at the limit of the stuck run"


def test_the_longest_of_several_runs_holds_it() -> None:
    runs = (Run(rid=R1, at=at(1)), Run(rid=R2, at=at(8)), Run(rid=R3, at=at(11)))
    check = a_check(last_success=at(-60), max_runtime=minutes(60), runs=runs)
    assert held_until(check, at(10)) == at(68)


def test_a_run_past_its_limit_holds_nothing() -> None:
    check = a_check(last_success=at(-60), max_runtime=minutes(60), runs=(Run(rid=R1, at=at(1), overran=True),))
    assert held_until(check, at(10)) == at(10)


# The list of open runs.


def test_the_101st_open_run_makes_the_oldest_go() -> None:
    check = a_check(max_runtime=hours(24))
    for number in range(101):
        check = after(check, a_ping(Signal.START, at=at(number), rid=f"{number:08d}-0000-4000-8000-000000000000"))
    assert (len(check.runs), check.runs[0].at, check.runs[-1].at) == (100, at(1), at(100))


def test_a_run_takes_the_place_of_its_namesake_and_they_stay_in_order() -> None:
    check = with_runs(R1, R2)
    assert [(run.rid, run.at) for run in with_run(check, Run(rid=R1, at=at(5)))] == [(R2, at(1)), (R1, at(5))]


def test_the_newest_run_is_the_one_that_a_healthchecks_client_sees() -> None:
    newest = started(with_runs(R1, R2))
    assert newest is not None
    assert newest.rid == R2


def test_the_run_that_a_ping_has_closed_is_found_by_comparing() -> None:
    before = with_runs(R1, R2)
    run = closed(before, replace(before, runs=before.runs[:1]))
    assert run is not None
    assert run.rid == R2


def test_a_run_that_began_anew_was_not_closed() -> None:
    before = with_runs(R1)
    assert closed(before, replace(before, runs=(Run(rid=R1, at=at(5)),))) is None


def test_a_log_line_closes_nothing() -> None:
    check = with_runs(R1)
    assert closed(check, after(check, a_ping(Signal.LOG, at=at(3), rid=R1, body="half"))) is None
