"""A ping came: status, runs as a Healthchecks client sees them, what is a heartbeat
(docs/reference/rules.md, rules 3, 5, 10, 12).
"""

from dataclasses import replace
from datetime import datetime

import pytest

from chalicelib.domain.alerts import Kind, Reason
from chalicelib.domain.check import Check, Pace, RunEnd, Status, started
from chalicelib.domain.config import Filters
from chalicelib.domain.configure import Pause, Resume, configure
from chalicelib.domain.ping import Ping, Signal
from chalicelib.domain.runs.recent_runs import Ended, unpacked
from chalicelib.domain.runs.runs import overruns
from tests.builders import (
    R1,
    R2,
    R3,
    a_check,
    a_ping,
    after,
    beat_of,
    flips,
    hours,
    minutes,
    outcome_of,
    seconds,
    told,
    utc,
    verdict_of,
)

SUCCESS, START, FAIL, LOG, IGN = Signal.SUCCESS, Signal.START, Signal.FAIL, Signal.LOG, Signal.IGN


def at(second: float) -> datetime:
    """So many seconds after noon."""
    return utc("2026-03-01T12:00Z") + seconds(second)


def played(check: Check, *steps: str) -> Check:
    """The check after these pings, a second apart: "start r1", "success"."""
    for second, step in enumerate(steps):
        signal, *rest = step.split()
        rid = {"r1": R1, "r2": R2, "r3": R3}.get(rest[0], "") if rest else ""
        check = after(check, a_ping(Signal(signal), at=at(second), rid=rid))
    return check


def took_s(check: Check) -> float | None:
    return None if check.last_duration is None else check.last_duration.total_seconds()


# What Healthchecks answers after the same pings: (pings) -> status, started, last_duration in seconds.
@pytest.mark.parametrize(
    ("steps", "status", "is_started", "last_duration_s"),
    [
        pytest.param(["success"], "up", False, None, id="success: from new"),
        pytest.param(["success", "success"], "up", False, None, id="success: from up"),
        pytest.param(["fail", "success"], "up", False, None, id="success: from down"),
        pytest.param(["start", "success"], "up", False, 1, id="success: while started"),
        pytest.param(["start"], "new", True, None, id="start: from new"),
        pytest.param(["success", "start"], "up", True, None, id="start: from up"),
        pytest.param(["start", "start"], "new", True, None, id="start: while started"),
        pytest.param(["fail", "start"], "down", True, None, id="start: from down"),
        pytest.param(["fail"], "down", False, None, id="fail: from new"),
        pytest.param(["success", "fail"], "down", False, None, id="fail: from up"),
        pytest.param(["start", "fail"], "down", False, 1, id="fail: while started"),
        pytest.param(["fail", "log"], "down", False, None, id="log: from down"),
        pytest.param(["start", "log"], "new", True, None, id="log: while started"),
        pytest.param(["ign"], "new", False, None, id="ign: from new"),
        pytest.param(["start r1", "success r1"], "up", False, 1, id="start and success with the same rid"),
        pytest.param(["start r1", "fail r1"], "down", False, 1, id="start and fail with the same rid"),
        pytest.param(["start r1", "success r2"], "up", True, None, id="success with another rid leaves the run open"),
        pytest.param(
            ["start r1", "success r2", "success r1"], "up", False, 2, id="… which its own success closes afterwards"
        ),
        pytest.param(["start r1", "success"], "up", False, None, id="success without rid closes a run that has one"),
        pytest.param(["start", "success r1"], "up", True, None, id="success with rid leaves open a run without one"),
        pytest.param(["start", "success r1", "success"], "up", False, 2, id="… which a success without one closes"),
        pytest.param(["start r1", "fail r2"], "down", False, None, id="fail with another rid closes the run"),
        pytest.param(["start r1", "fail"], "down", False, None, id="fail without rid closes the run"),
        pytest.param(["start r1", "start r2", "success r2"], "up", False, 1, id="overlapping: the second ends first"),
        pytest.param(
            ["start r1", "start r2", "success r2", "success r1"], "up", False, None, id="overlapping: then the first"
        ),
        pytest.param(["start r1", "start r2", "success r1"], "up", True, None, id="overlapping: the first ends first"),
        pytest.param(["start r1", "start r2", "fail r1"], "down", False, None, id="overlapping: any failure ends both"),
        pytest.param(
            ["start", "start r1", "success"], "up", False, None, id="overlapping: one has no rid, nor its end"
        ),
        pytest.param(["start r1", "success r1", "success r1"], "up", False, None, id="a second success: no duration"),
        pytest.param(["start r1", "log r1"], "new", True, None, id="log with the rid leaves the run open"),
        pytest.param(["start r1", "start r1", "success r1"], "up", False, 1, id="a second start begins anew"),
        pytest.param(["start", "start", "success"], "up", False, 1, id="a second start without rid begins anew"),
        pytest.param(["start", "success", "success"], "up", False, None, id="a success without start forgets the last"),
        pytest.param(["start", "success", "start"], "up", True, 1, id="a start keeps the last duration"),
        pytest.param(["start r1", "fail r1", "success r1"], "up", False, None, id="fail then success, same rid"),
    ],
)
def test_a_healthchecks_client_sees_what_it_always_saw(
    steps: list[str], status: str, is_started: bool, last_duration_s: float | None
) -> None:
    check = played(a_check(), *steps)
    assert (check.status, started(check) is not None, took_s(check)) == (status, is_started, last_duration_s)
    assert check.n_pings == len(steps)


@pytest.mark.parametrize(
    ("steps", "last_ping_s"),
    [
        pytest.param(["success"], 0, id="a success"),
        pytest.param(["success", "fail"], 1, id="a failure"),
        pytest.param(["success", "start", "log", "ign"], 0, id="neither start nor log nor ign"),
        pytest.param(["start", "log", "ign"], None, id="never, without success or failure"),
    ],
)
def test_the_last_ping_is_the_last_success_or_failure(steps: list[str], last_ping_s: float | None) -> None:
    check = played(a_check(), *steps)
    assert check.last_ping == (None if last_ping_s is None else at(last_ping_s))


def test_only_a_success_moves_what_is_expected_next() -> None:
    check = played(a_check(), "success", "fail", "start", "log")
    assert check.last_success == at(0)


# Flips and alerts (rule 10).


@pytest.mark.parametrize(
    ("check", "signal", "flip", "alerts"),
    [
        pytest.param(a_check(), SUCCESS, "new up", [], id="new to up says nothing"),
        pytest.param(a_check(), FAIL, "new down", ["down failed"], id="new to down"),
        pytest.param(a_check(last_success=at(-60)), FAIL, "up down", ["down failed"], id="up to down"),
        pytest.param(
            a_check(status=Status.DOWN, since=at(-60)), SUCCESS, "down up", ["up failed"], id="down to up, with its why"
        ),
        pytest.param(
            a_check(status=Status.PAUSED, since=at(-60)), SUCCESS, "paused up", [], id="paused to up: nothing"
        ),
        pytest.param(
            a_check(status=Status.PAUSED, since=at(-60)), FAIL, "paused down", ["down failed"], id="paused to down"
        ),
    ],
)
def test_a_ping_that_changes_the_status(check: Check, signal: Signal, flip: str, alerts: list[str]) -> None:
    verdict = verdict_of(check, a_ping(signal, at=at(0)))
    [made] = flips(verdict.after)
    assert (f"{made.old} {made.new}", made.number, made.at) == (flip, check.n_flips + 1, at(0))
    assert told(verdict.after) == alerts
    assert (verdict.after.status, verdict.after.since, verdict.after.n_pings) == (made.new, at(0), 1)


@pytest.mark.parametrize("signal", [START, LOG, IGN])
@pytest.mark.parametrize("status", list(Status))
def test_start_log_and_ignored_pings_change_no_status(status: Status, signal: Signal) -> None:
    last_success = at(-60) if status is Status.UP else None
    check = a_check(status=status, since=at(-60), last_success=last_success)
    beat = beat_of(check, a_ping(signal, at=at(0)))
    assert (beat.after.status, beat.after.records, beat.after.alerts) == (status, (), ())


def test_an_up_tells_how_long_it_was_down_and_what_it_had_been() -> None:
    check = a_check(status=Status.DOWN, since=at(0), last_exit=75, failures=3, period=hours(1))
    [alert] = verdict_of(check, a_ping(at=at(600), exit_status=0)).after.alerts
    assert (alert.kind, alert.reason, alert.at, alert.flip) == (Kind.UP, Reason.FAILED, at(600), 2)
    assert (alert.facts.since, alert.facts.exit_status, alert.facts.in_a_row) == (at(0), 75, 3)
    assert (alert.facts.last_success, alert.facts.expected) == (at(600), at(600) + hours(1))


def test_a_failure_tells_its_exit_status_its_output_and_how_many_there_were() -> None:
    check = a_check(last_success=at(-60), period=hours(1), failures=0)
    check = after(check, a_ping(START, at=at(0), rid=R1))
    [alert] = verdict_of(check, a_ping(FAIL, at=at(9), rid=R1, exit_status=75, body="one\ntwo\n")).after.alerts
    facts = alert.facts
    assert (alert.kind, alert.reason, alert.ordinal, alert.retry_at) == (Kind.DOWN, Reason.FAILED, 0, at(9))
    assert (facts.exit_status, facts.output, facts.in_a_row) == (75, "one\ntwo", 1)
    assert (facts.took, facts.run, facts.started, facts.since) == (seconds(9), R1, at(0), at(9))


def test_a_failure_while_down_is_counted_and_not_told_again() -> None:
    check = a_check(status=Status.DOWN, since=at(-60), failures=1)
    verdict = verdict_of(check, a_ping(FAIL, at=at(0), exit_status=3, body="no disk"))
    assert (verdict.after.failures, verdict.after.last_exit, verdict.after.last_output) == (2, 3, "no disk")
    assert (verdict.after.records, verdict.after.alerts, verdict.after.since) == ((), (), at(-60))


def test_a_success_ends_the_row_of_failures() -> None:
    check = played(a_check(), "fail", "fail", "success", "fail")
    assert check.failures == 1


# Boundaries (`now >= instant`).


@pytest.mark.parametrize(
    ("second", "made"),
    [
        pytest.param(4199.999, [], id="a moment before the deadline it is in time"),
        pytest.param(4200, ["up down", "down up"], id="at the deadline it was missed, and is over"),
        pytest.param(9000, ["up down", "down up"], id="long after it, the same"),
    ],
)
def test_a_late_success_ends_a_miss_rather_than_undoing_it(second: float, made: list[str]) -> None:
    check = a_check(last_success=at(0), period=hours(1), grace=minutes(10))
    outcome = outcome_of(check, a_ping(at=at(second)))
    assert [f"{flip.old} {flip.new}" for flip in flips(outcome.after)] == made
    assert told(outcome.after) == ([] if not made else ["down missed", "up missed"])
    if made:
        assert [flip.at for flip in flips(outcome.after)] == [at(4200), at(second)]


def test_a_late_failure_finds_the_check_missed_already() -> None:
    check = a_check(last_success=at(0), period=hours(1), grace=minutes(10))
    missed = verdict_of(check, a_ping(FAIL, at=at(5000))).after
    assert (missed.status, missed.reason, missed.since, missed.failures) == (Status.DOWN, Reason.MISSED, at(4200), 1)
    assert told(missed) == ["down missed"]


def test_a_success_made_before_the_deadline_that_arrives_after_the_miss_comes_up_at_the_miss() -> None:
    check = a_check(status=Status.DOWN, reason=Reason.MISSED, since=at(4200), last_success=at(0), period=hours(1))
    up = verdict_of(check, a_ping(at=at(4199))).after
    [flip] = flips(up)
    assert (up.status, flip.at, up.last_success) == (Status.UP, at(4200), at(4199))


# too_short (rule 5).


@pytest.mark.parametrize(
    ("took", "status"),
    [
        pytest.param(39.999, Status.DOWN, id="sooner than it can be done"),
        pytest.param(40, Status.UP, id="in exactly the shortest time"),
    ],
)
def test_a_success_sooner_than_the_job_can_possibly_take_is_a_failure(took: float, status: Status) -> None:
    check = a_check(last_success=at(-60), min_runtime=seconds(40), max_runtime=minutes(5))
    check = after(check, a_ping(START, at=at(0), rid=R1), a_ping(at=at(took), rid=R1))
    assert check.status is status
    assert check.runs == ()


def test_too_short_tells_what_the_shortest_is_and_leaves_the_last_success_alone() -> None:
    check = a_check(last_success=at(-60), min_runtime=seconds(40))
    down = after(check, a_ping(START, at=at(0), rid=R1), a_ping(at=at(2), rid=R1))
    [alert] = down.alerts
    assert (down.reason, down.last_success, down.failures) == (Reason.TOO_SHORT, at(-60), 1)
    assert (alert.facts.took, alert.facts.limit) == (seconds(2), seconds(40))
    assert [run.ended for run in unpacked(down.recent)] == [Ended.TOO_SHORT]


def test_a_success_without_a_start_is_never_too_short() -> None:
    assert after(a_check(min_runtime=seconds(40)), a_ping(at=at(0))).status is Status.UP


def test_while_down_a_success_that_is_too_short_does_not_bring_it_up() -> None:
    check = a_check(status=Status.DOWN, since=at(-60), min_runtime=seconds(40))
    check = after(check, a_ping(START, at=at(0)), a_ping(at=at(1)))
    assert (check.status, check.reason, check.failures) == (Status.DOWN, Reason.FAILED, 1)


# Out of order (rule 12).


@pytest.mark.parametrize("signal", [SUCCESS, FAIL])
@pytest.mark.parametrize(
    "check",
    [
        pytest.param(a_check(last_success=at(0)), id="up"),
        pytest.param(a_check(status=Status.DOWN, since=at(0), last_ping=at(0), failures=1), id="down"),
    ],
)
def test_a_ping_older_than_the_newest_only_counts(check: Check, signal: Signal) -> None:
    beat = beat_of(check, a_ping(signal, at=at(-1), exit_status=3, body="old"))
    assert beat.after == replace(counted(check, beat.after.pace), ended=beat.after.ended)
    assert not beat.is_newest


def counted(check: Check, pace: Pace | None) -> Check:
    """The check with one more ping counted, and nothing else."""
    return replace(check, n_pings=1, pace=pace)


def test_an_overtaken_end_still_closes_the_run_that_it_names() -> None:
    check = after(a_check(), a_ping(START, at=at(0), rid=R1), a_ping(START, at=at(1), rid=R2))
    check = after(check, a_ping(at=at(9), rid=R2))
    check = beat_of(check, a_ping(at=at(8), rid=R1)).after
    assert (check.runs, check.last_ping, check.n_pings) == ((), at(9), 4)


def test_an_overtaken_end_without_a_rid_closes_the_run_that_was_open_by_then() -> None:
    check = after(a_check(), a_ping(START, at=at(0)), a_ping(at=at(9), rid=R2), a_ping(at=at(8)))
    assert (check.runs, check.last_ping) == ((), at(9))
    check = after(a_check(), a_ping(at=at(9), rid=R2), a_ping(START, at=at(10)), a_ping(at=at(8)))
    assert [run.at for run in check.runs] == [at(10)]


def test_an_overtaken_end_leaves_what_a_healthchecks_client_sees_as_if_it_had_come_in_time() -> None:
    starts = a_ping(START, at=at(0), rid=R1), a_ping(START, at=at(1), rid=R2)
    end, newer = a_ping(at=at(8), rid=R2), a_ping(at=at(9), rid=R3)
    for order in ((end, newer), (newer, end)):
        check = after(a_check(), *starts, *order)
        assert ([run.rid for run in check.runs], started(check)) == ([R1], None)


@pytest.mark.parametrize(
    ("end", "rid", "opened"),
    [
        pytest.param(a_ping(at=at(9), rid=R2), R1, [at(8)], id="overtaken by another's success: it opens"),
        pytest.param(a_ping(at=at(9), rid=R2), "", [at(8)], id="the same without a rid"),
        pytest.param(a_ping(at=at(9), rid=R1), R1, [], id="its success has come"),
        pytest.param(a_ping(FAIL, at=at(9), rid=R1), R1, [], id="its failure has come"),
        pytest.param(a_ping(at=at(9)), "", [], id="its success has come, both without a rid"),
        pytest.param(
            a_ping(at=at(9)), R1, [], id="a success without a rid that closed no run: it is the end of this one"
        ),
        pytest.param(a_ping(at=at(9), rid=R1), "", [at(8)], id="a success with a rid ends no run without one"),
    ],
)
def test_a_start_that_a_newer_ping_has_overtaken_opens_its_run_unless_it_has_ended(
    end: Ping, rid: str, opened: list[datetime]
) -> None:
    check = after(a_check(), end)
    late = outcome_of(check, a_ping(START, at=at(8), rid=rid)).after
    assert ([run.at for run in late.runs], late.last_ping, late.n_pings) == (opened, at(9), 2)
    assert [instant for instant, _ in overruns(late)] == [opening + hours(1) for opening in opened]


def test_a_success_without_a_rid_that_closed_a_run_is_not_the_end_of_another_one() -> None:
    check = after(a_check(), a_ping(START, at=at(0)), a_ping(at=at(9)), a_ping(START, at=at(8), rid=R1))
    assert [run.rid for run in check.runs] == [R1]


def test_a_second_start_that_arrives_after_the_end_of_its_run_does_not_open_it_again() -> None:
    """A client whose first start was answered too late for it has sent another."""
    start = a_ping(START, at=at(0), rid=R1)
    check = after(a_check(), start, a_ping(at=at(9), rid=R1), replace(start, at=at(1)))
    assert check.runs == ()


@pytest.mark.parametrize(
    ("ends", "began_s", "opened"),
    [
        pytest.param(15, 0.5, True, id="all 15 ends since are remembered"),
        pytest.param(16, 0.5, False, id="its end may be one of those that were forgotten"),
        pytest.param(16, 1.5, True, id="not of those since the oldest that is remembered"),
    ],
)
def test_a_late_start_older_than_the_remembered_ends_opens_no_run(ends: int, began_s: float, opened: bool) -> None:
    rids = [f"{number:08d}-0000-4000-8000-000000000000" for number in range(ends)]
    check = after(a_check(), *(a_ping(at=at(number), rid=rid) for number, rid in enumerate(rids, start=1)))
    assert (check.runs, len(check.ended)) == ((), ends)
    check = after(check, a_ping(START, at=at(began_s), rid=R1))
    assert bool(check.runs) is opened


def test_ends_are_remembered_for_an_hour() -> None:
    check = after(a_check(period=hours(24)), a_ping(at=at(0), rid=R1), a_ping(at=at(3600), rid=R2))
    assert [end.at for end in check.ended] == [at(3600)]
    assert after(check, a_ping(START, at=at(0), rid=R3)).runs == ()
    assert [run.at for run in after(check, a_ping(START, at=at(0.001), rid=R3)).runs] == [at(0.001)]


def test_a_check_written_by_an_earlier_version_has_no_remembered_ends() -> None:
    assert after(a_check(last_success=at(9)), a_ping(START, at=at(8), rid=R1)).runs == ()


@pytest.mark.parametrize("change", [Pause(), Resume()])
def test_a_start_made_before_a_pause_or_a_resumption_opens_no_run_after_it(change: Pause | Resume) -> None:
    check = after(a_check(status=Status.PAUSED, since=at(-60)), a_ping(LOG, at=at(0)))
    check = configure(check, change, now=at(9)).after
    assert after(check, a_ping(START, at=at(8), rid=R1)).runs == ()
    assert [run.at for run in after(check, a_ping(START, at=at(10), rid=R1)).runs] == [at(10)]


def test_a_start_at_the_very_instant_of_the_last_ping_opens_a_run() -> None:
    check = after(a_check(), a_ping(at=at(9)), a_ping(START, at=at(9)))
    assert [run.at for run in check.runs] == [at(9)]


def test_of_two_starts_of_a_run_the_newer_holds_in_whatever_order_they_arrive() -> None:
    check = after(a_check(), a_ping(START, at=at(6)), a_ping(START, at=at(5)))
    assert ([run.at for run in check.runs], check.n_pings) == ([at(6)], 2)


def test_an_overtaken_log_still_is_kept_with_its_run() -> None:
    check = after(a_check(), a_ping(START, at=at(0), rid=R1), a_ping(at=at(9)), a_ping(START, at=at(10), rid=R1))
    check = after(check, a_ping(LOG, at=at(8), rid=R1, body="step 2"))
    assert [run.log for run in check.runs] == ["step 2"]


# Beats: what commutes (docs/reference/architecture.md, A ping).


@pytest.mark.parametrize(
    "ping",
    [
        a_ping(at=at(60)),
        a_ping(at=at(60), rid=R1, exit_status=0, body="done"),
        a_ping(at=at(60), count=7),
        a_ping(START, at=at(60)),
        a_ping(START, at=at(60), rid=R3),
        a_ping(LOG, at=at(60), rid=R1, body="step 2"),
        a_ping(IGN, at=at(60)),
    ],
    ids=lambda ping: f"{ping.signal} {ping.rid[:4]} {ping.count}",
)
def test_a_heartbeat_touches_nothing_that_a_decision_rests_on(ping: Ping) -> None:
    check = a_check(last_success=at(0), period=hours(1), max_runtime=minutes(5), min_count=5, count_window=hours(1))
    check = after(check, a_ping(START, at=at(10), rid=R1))
    beat = beat_of(check, ping)
    for name in ("status", "reason", "config", "n_flips", "records", "alerts", "version", "since", "misses"):
        assert getattr(beat.after, name) == getattr(check, name), name
    assert (beat.before, beat.at, beat.after.n_pings) == (check, at(60), 2)


def test_a_check_with_an_alert_waiting_still_takes_heartbeats() -> None:
    down = after(a_check(last_success=at(0)), a_ping(FAIL, at=at(60)))
    beat = beat_of(down, a_ping(START, at=at(90)))
    assert beat.after.alerts == down.alerts
    assert beat.after.due_at == at(60)


def test_newest_means_that_a_newer_ping_would_make_it_untrue() -> None:
    check = a_check(last_success=at(0))
    newest = {signal: beat_of(check, a_ping(signal, at=at(60))).is_newest for signal in (SUCCESS, START, LOG, IGN)}
    assert newest == {SUCCESS: True, START: True, LOG: False, IGN: False}


# When due_at moves (docs/reference/architecture.md, A ping).


@pytest.mark.parametrize(
    ("second", "due_s"),
    [
        pytest.param(60, 4200, id="next expected at 3660: the stored 4200 is not too early and stays"),
        pytest.param(599, 4200, id="next expected at 4199: the stored one is not too early and stays"),
        pytest.param(600, 4800, id="next expected at 4200: at that very instant it moves"),
        pytest.param(601, 4801, id="next expected at 4201: the stored one would come too early and moves"),
    ],
)
def test_a_success_moves_due_at_only_if_it_would_fall_due_before_the_next_is_expected(
    second: float, due_s: float
) -> None:
    check = a_check(last_success=at(0), period=hours(1), grace=minutes(10))
    assert check.due_at == at(4200)
    assert beat_of(check, a_ping(at=at(second))).after.due_at == at(due_s)


def test_a_start_that_brings_the_deadline_nearer_moves_due_at() -> None:
    check = a_check(last_success=at(0), period=hours(1), grace=minutes(10))
    assert beat_of(check, a_ping(START, at=at(60))).after.due_at == at(660)


def test_a_start_of_a_new_check_is_awaited() -> None:
    assert beat_of(a_check(grace=minutes(10)), a_ping(START, at=at(0))).after.due_at == at(600)


def test_a_start_while_down_is_not_awaited() -> None:
    check = a_check(status=Status.DOWN, since=at(0), last_success=at(-60))
    assert beat_of(check, a_ping(START, at=at(6))).after.due_at is None


def test_an_ignored_ping_leaves_everything_but_the_count() -> None:
    check = a_check(last_success=at(0), last_output="as it was", runs=())
    ignored = beat_of(check, a_ping(IGN, at=at(60), body="x")).after
    assert ignored == counted(check, ignored.pace)


# The strip of recent runs.


@pytest.mark.parametrize(
    ("seconds_after", "ended"),
    [
        pytest.param(300, Ended.SUCCESS, id="half of its grace it may have worked"),
        pytest.param(301, Ended.LATE, id="more it has waited"),
    ],
)
def test_a_success_that_did_not_say_when_it_began_is_late_after_half_of_its_grace(
    seconds_after: float, ended: Ended
) -> None:
    check = a_check(last_success=at(0), period=hours(1), grace=minutes(10))
    check = after(check, a_ping(at=at(3600 + seconds_after)))
    assert [run.ended for run in unpacked(check.recent)] == [ended]


@pytest.mark.parametrize(
    ("begun", "ended"),
    [
        pytest.param(3660, Ended.SUCCESS, id="a scheduler is a minute late at most"),
        pytest.param(3661, Ended.LATE, id="that is more"),
    ],
)
def test_a_run_is_late_when_it_began_late_however_long_it_took(begun: float, ended: Ended) -> None:
    check = a_check(last_success=at(0), period=hours(1), grace=minutes(10))
    check = after(check, a_ping(START, at=at(begun), rid=R1), a_ping(at=at(4190), rid=R1))
    assert [run.ended for run in unpacked(check.recent)] == [ended]


@pytest.mark.parametrize(
    ("signal", "begun", "ended", "outcome", "exceeded"),
    [
        pytest.param(Signal.SUCCESS, 0, 60, Ended.SUCCESS, False, id="at its limit"),
        pytest.param(Signal.SUCCESS, 0, 61, Ended.SUCCESS, True, id="beyond its limit"),
        pytest.param(Signal.SUCCESS, 62, 65, Ended.LATE, False, id="late"),
        pytest.param(Signal.SUCCESS, 0, 1, Ended.TOO_SHORT, False, id="too short"),
        pytest.param(Signal.FAIL, 0, 70, Ended.FAILED, True, id="failed beyond its limit"),
    ],
)
def test_an_outcome_says_how_the_run_ended(
    signal: Signal, begun: float, ended: float, outcome: Ended, exceeded: bool
) -> None:
    check = a_check(
        last_success=at(0), period=minutes(60), grace=minutes(30), max_runtime=minutes(60), min_runtime=minutes(2)
    )
    started = after(check, a_ping(Signal.START, at=at(60 * begun)))
    assert outcome_of(started, a_ping(signal, at=at(60 * ended))).run_end == RunEnd(
        outcome=outcome, exceeded_limit=exceeded
    )


@pytest.mark.parametrize("signal", [Signal.START, Signal.LOG, Signal.IGN])
def test_other_signals_report_no_end(signal: Signal) -> None:
    assert outcome_of(a_check(last_success=at(0)), a_ping(signal, at=at(60))).run_end is None


def test_a_success_that_a_newer_ping_has_overtaken_is_not_called_late() -> None:
    check = a_check(last_success=at(0), period=minutes(60), grace=minutes(30), last_ping=at(5400))
    overtaken = outcome_of(check, a_ping(at=at(5000)))
    assert overtaken.run_end == RunEnd(outcome=Ended.SUCCESS, exceeded_limit=False)


def test_a_worker_that_pings_every_minute_takes_one_slot_an_hour() -> None:
    check = a_check()
    for minute in range(125):  # from 12:00 to 14:04
        check = after(check, a_ping(at=at(60 * minute)))
    assert [run.ended for run in unpacked(check.recent)] == [Ended.SUCCESS] * 3


def test_the_duration_of_an_older_success_is_never_taken_for_the_newest_ones() -> None:
    check = after(a_check(), a_ping(START, at=at(0)), a_ping(at=at(16)), a_ping(at=at(60)), a_ping(FAIL, at=at(120)))
    [alert] = check.alerts
    assert (alert.facts.last_success, alert.facts.last_took) == (at(60), None)


def test_the_end_of_a_body_that_was_cut_is_still_told() -> None:
    check = after(a_check(), replace(a_ping(FAIL, at=at(0), body="x" * 50), cut_end=b"row 9\ndisk full\n"))
    [alert] = check.alerts
    assert (alert.facts.output, check.last_output) == ("row 9\ndisk full", "row 9\ndisk full")


# Filters that depend on the check.


def test_a_paused_check_with_manual_resume_ignores_everything() -> None:
    check = a_check(status=Status.PAUSED, since=at(-60), manual_resume=True)
    for signal in (SUCCESS, START, FAIL, LOG):
        ignored = beat_of(check, a_ping(signal, at=at(0))).after
        assert ignored == counted(check, ignored.pace)


def test_a_new_check_with_manual_resume_takes_pings() -> None:
    assert after(a_check(manual_resume=True), a_ping(at=at(0))).status is Status.UP


def test_a_body_that_says_failure_makes_it_down_whatever_the_url_says() -> None:
    check = a_check(last_success=at(0), filters=Filters(http_body=True, failure_kw="ERROR"))
    assert after(check, a_ping(at=at(60), body="1 ERROR")).reason is Reason.FAILED
