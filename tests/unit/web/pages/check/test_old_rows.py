"""Rows from before the history stored how a run ended: what they lack is evaluated again."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.alerts import Reason
from chalicelib.domain.check import Check, Flip, Judged, Record, RunEnd, Status
from chalicelib.domain.ping import Ping, Signal
from chalicelib.domain.receive import receive
from chalicelib.domain.runs.recent_runs import Ended
from chalicelib.domain.runs.runs import closed, duration
from chalicelib.domain.schedule.occurrences import Cron, Every
from chalicelib.store.history import StoredPing
from chalicelib.web.pages.check.old_rows import complete_old_rows
from chalicelib.web.pages.check.runs import Outcome, Ran, past_runs
from tests.builders import a_check, days, hours, minutes, seconds, utc

BEGUN = utc("2026-03-01T00:00Z")
SUCCESS, START, FAIL, LOG, IGN = Signal.SUCCESS, Signal.START, Signal.FAIL, Signal.LOG, Signal.IGN
CAME_UP = Flip(number=1, at=BEGUN - days(1), old=Status.NEW, new=Status.UP, reason=None)


def pings(*said: tuple[Signal, timedelta, timedelta | None, str]) -> list[StoredPing]:
    """Old rows, newest first: the signal, when, how long, and the run's id."""
    stored = [
        StoredPing(number, Ping(at=BEGUN + when, signal=signal, rid=rid), signal, took)
        for number, (signal, when, took, rid) in enumerate(said, start=1)
    ]
    return stored[::-1]


def told(
    check: Check, stored: list[StoredPing], judged: list[Judged] | None = None, flips: list[Flip] | None = None
) -> list[Ran]:
    return past_runs(check, *complete_old_rows(check, stored, judged or [], flips or [CAME_UP]))


def hourly(**config: Any) -> Check:
    return a_check(schedule=Every(hours(1)), grace=minutes(30), last_success=BEGUN, **config)


NIGHTLY = Cron("0 2 * * *", "UTC")


@pytest.mark.parametrize(
    ("came", "took", "outcome"),
    [
        pytest.param(hours(26), None, Outcome.OK, id="at its time"),
        pytest.param(hours(28), None, Outcome.OK, id="it may have worked for half of its grace"),
        pytest.param(hours(28) + seconds(1), None, Outcome.LATE, id="it came when more had passed"),
        pytest.param(hours(27), minutes(60), Outcome.OK, id="it began in time"),
        pytest.param(hours(28), minutes(60), Outcome.LATE, id="it began an hour late"),
    ],
)
def test_late_is_what_began_or_came_long_after_its_time(
    came: timedelta, took: timedelta | None, outcome: Outcome
) -> None:
    check = a_check(schedule=NIGHTLY, grace=hours(4), last_success=BEGUN)
    newest, *_ = told(check, pings((SUCCESS, hours(2), None, ""), (SUCCESS, came, took, "")))
    assert newest.outcome is outcome


def test_what_ends_an_outage_is_not_late() -> None:
    check = a_check(schedule=NIGHTLY, grace=hours(4), last_success=BEGUN)
    down = Flip(number=2, at=BEGUN + hours(30), old=Status.UP, new=Status.DOWN, reason=Reason.MISSED)
    missed = Judged(at=BEGUN + hours(30), reason=Reason.MISSED, count=None)
    stored = pings((SUCCESS, hours(2), None, ""), (SUCCESS, hours(40), None, ""))
    found = told(check, stored, [missed], [down, CAME_UP])
    assert [run.outcome for run in found] == [Outcome.OK, Outcome.MISSED, Outcome.OK]
    assert found[1].expected == BEGUN + hours(26)


def test_the_first_success_had_no_grace() -> None:
    check = a_check(schedule=NIGHTLY, grace=hours(4), first_ping_by=hours(6))
    first = Flip(number=1, at=BEGUN, old=Status.NEW, new=Status.DOWN, reason=Reason.MISSED)
    up = Flip(number=2, at=BEGUN + hours(2), old=Status.DOWN, new=Status.UP, reason=None)
    second = Flip(number=3, at=BEGUN + hours(30), old=Status.UP, new=Status.DOWN, reason=Reason.MISSED)
    missed = [Judged(at=flip.at, reason=Reason.MISSED, count=None) for flip in (second, first)]
    found = told(check, pings((SUCCESS, hours(2), None, "")), missed, [second, up, first])
    assert [(run.outcome, run.expected) for run in found] == [
        (Outcome.MISSED, BEGUN + hours(26)),
        (Outcome.OK, None),
        (Outcome.MISSED, None),
    ]


def test_after_a_miss_that_was_borne_the_next_time_counts() -> None:
    check = a_check(schedule=NIGHTLY, grace=hours(4), last_success=BEGUN, misses_before_alert=2)
    missed = Judged(at=BEGUN + hours(30), reason=Reason.MISSED, count=None)
    stored = pings((SUCCESS, hours(2), None, ""), (SUCCESS, hours(50), None, ""))
    assert [run.outcome for run in told(check, stored, [missed])] == [Outcome.OK, Outcome.MISSED, Outcome.OK]


def test_a_run_that_was_too_short_is_told_so_even_where_its_limit_has_gone() -> None:
    stored = pings((SUCCESS, minutes(1), seconds(2), ""))
    assert told(hourly(min_runtime=seconds(40)), stored)[0].outcome is Outcome.TOO_SHORT
    flip = Flip(number=2, at=BEGUN + minutes(1), old=Status.UP, new=Status.DOWN, reason=Reason.TOO_SHORT)
    assert told(hourly(), stored, flips=[flip, CAME_UP])[0].outcome is Outcome.TOO_SHORT
    assert told(hourly(), stored)[0].outcome is Outcome.OK


@pytest.mark.parametrize(("took", "is_beyond"), [(minutes(30), False), (minutes(31), True)])
def test_a_run_that_ended_beyond_its_limit_shows_it(took: timedelta, is_beyond: bool) -> None:
    assert told(hourly(), pings((SUCCESS, hours(1), took, "")))[0].is_beyond is is_beyond


def test_a_window_began_its_length_before_its_end() -> None:
    check = hourly(min_count=500, count_window=minutes(30))
    [run] = told(check, [], [Judged(at=BEGUN + minutes(60), reason=Reason.STALLED, count=0)])
    assert run.began == BEGUN + minutes(30)


def test_rows_that_store_how_they_ended_stay_as_they_are() -> None:
    end = RunEnd(outcome=Ended.LATE, exceeded_limit=True)
    [stored] = [replace(each, run_end=end) for each in pings((SUCCESS, minutes(5), minutes(5), ""))]
    missed = Judged(at=BEGUN, reason=Reason.MISSED, count=None, since=BEGUN - minutes(7))
    assert complete_old_rows(hourly(), [stored], [missed], []) == ([stored], [missed])


SECONDS = st.integers(60, 3 * 3600)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([SUCCESS, START, FAIL]), SECONDS), max_size=12))
def test_old_rows_are_evaluated_as_their_pings_were(signals: list[tuple[Signal, int]]) -> None:
    """With an unchanged configuration, what an old row lacks is what a new row stores."""
    at, number, stored, records = BEGUN, 0, list[StoredPing](), list[Record]()
    check = hourly(min_runtime=minutes(2), max_runtime=hours(1))
    for signal, passed in signals:
        at, number = at + seconds(passed), number + 1
        ping = Ping(at=at, signal=signal)
        outcome = receive(replace(check, records=(), alerts=()), ping, signal)
        run = closed(outcome.before, outcome.after)
        took = None if run is None or signal is START else duration(run, until=at)
        stored.append(StoredPing(number, ping, signal, took, outcome.run_end))
        records += outcome.after.records
        check = outcome.after
    newest_first = stored[::-1]
    judged = [record for record in records[::-1] if isinstance(record, Judged)]
    flips = [record for record in records[::-1] if isinstance(record, Flip)]
    old_pings = [replace(each, run_end=None) for each in newest_first]
    old_judged = [replace(each, since=None) for each in judged]
    assert complete_old_rows(check, old_pings, old_judged, [*flips, CAME_UP]) == (newest_first, judged)
