"""What pings and judgements tell together: which run ended when, and how."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.domain.alerts import Reason
from chalicelib.domain.check import Check, Flip, Judged, Run, Status
from chalicelib.domain.ping import Ping, Signal
from chalicelib.domain.schedule.occurrences import Cron, Every
from chalicelib.domain.sources.probe import Probe
from chalicelib.store.history import StoredPing
from chalicelib.web.pages.check.runs import Outcome, Ran, ran, still_open
from tests.builders import R1, R2, a_check, days, hours, minutes, seconds, utc

BEGUN = utc("2026-03-01T00:00Z")
SUCCESS, START, FAIL, LOG, IGN = Signal.SUCCESS, Signal.START, Signal.FAIL, Signal.LOG, Signal.IGN
CAME_UP = Flip(number=1, at=BEGUN - days(1), old=Status.NEW, new=Status.UP, reason=None)


def pings(*said: tuple[Signal, timedelta, timedelta | None, str]) -> list[StoredPing]:
    """Newest first, as the history gives them: the signal, when, how long, and the run's id."""
    stored = [
        StoredPing(number, Ping(at=BEGUN + when, signal=signal, rid=rid), signal, took)
        for number, (signal, when, took, rid) in enumerate(said, start=1)
    ]
    return stored[::-1]


def told(
    check: Check, stored: list[StoredPing], judged: list[Judged] | None = None, flips: list[Flip] | None = None
) -> list[Ran]:
    return ran(check, stored, judged or [], flips or [CAME_UP])


def hourly(**config: Any) -> Check:
    return a_check(schedule=Every(hours(1)), grace=minutes(30), last_success=BEGUN, **config)


def test_a_run_is_told_once_with_what_it_said() -> None:
    [run] = told(
        hourly(),
        pings((START, minutes(0), None, R1), (LOG, minutes(1), None, R1), (SUCCESS, minutes(5), minutes(5), R1)),
    )
    assert (run.outcome, run.began, run.at, run.took) == (Outcome.OK, BEGUN, BEGUN + minutes(5), minutes(5))
    assert [word.number for word in run.words] == [1, 2]


def test_runs_that_overlap_are_told_apart_by_their_ids() -> None:
    found = told(
        hourly(),
        pings(
            (START, minutes(0), None, R1),
            (START, minutes(2), None, R2),
            (SUCCESS, minutes(5), minutes(5), R1),
            (FAIL, minutes(6), minutes(4), R2),
        ),
    )
    assert [(run.outcome, run.rid, run.words[0].number) for run in found] == [
        (Outcome.FAILED, R2, 2),
        (Outcome.OK, R1, 1),
    ]


def test_an_end_without_an_id_belongs_to_the_run_that_began_when_it_must_have() -> None:
    [run] = told(hourly(), pings((START, minutes(0), None, R1), (SUCCESS, minutes(5), minutes(5), "")))
    assert [word.number for word in run.words] == [1]


def test_an_end_whose_start_is_on_another_page_is_whole_all_the_same() -> None:
    [run] = told(hourly(), pings((SUCCESS, minutes(5), minutes(5), R1)))
    assert (run.began, run.words) == (BEGUN, ())


def test_a_run_that_began_anew_has_told_no_end() -> None:
    found = told(
        hourly(),
        pings((START, minutes(0), None, ""), (START, minutes(60), None, ""), (SUCCESS, minutes(65), minutes(5), "")),
    )
    assert [(run.outcome, run.at) for run in found] == [
        (Outcome.OK, BEGUN + minutes(65)),
        (Outcome.UNREPORTED, BEGUN),
    ]


def test_what_is_ignored_is_no_run() -> None:
    assert told(hourly(), pings((IGN, minutes(0), None, ""), (LOG, minutes(1), None, ""))) == []


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


def test_a_probe_has_no_start() -> None:
    check = hourly(probe=Probe(url="https://example.com/"))
    [run] = told(check, pings((SUCCESS, minutes(1), seconds(0.142), "")))
    assert (run.began, run.took, run.is_beyond) == (None, seconds(0.142), False)


def test_of_a_throughput_check_windows_are_told_not_pings() -> None:
    check = hourly(min_count=500, count_window=minutes(30))
    judged = [
        Judged(at=BEGUN + minutes(60), reason=Reason.STALLED, count=0),
        Judged(at=BEGUN + minutes(30), reason=None, count=700),
    ]
    found = told(check, pings((SUCCESS, minutes(1), None, ""), (FAIL, minutes(20), None, "")), judged)
    assert [(run.outcome, run.count) for run in found] == [
        (Outcome.STALLED, 0),
        (Outcome.OK, 700),
        (Outcome.FAILED, None),
    ]
    assert found[0].began == BEGUN + minutes(30)


def test_open_runs_are_told_with_what_they_have_said_so_far() -> None:
    now: datetime = BEGUN + hours(1)
    check = hourly(runs=(Run(rid="", at=BEGUN, overran=True), Run(rid=R1, at=BEGUN + minutes(50))))
    stored = pings(
        (START, -minutes(60), None, ""),
        (START, minutes(0), None, ""),
        (LOG, minutes(5), None, ""),
        (START, minutes(50), None, R1),
    )
    found = list(still_open(check, stored, now=now))
    assert [(run.outcome, run.took, [word.number for word in run.words]) for run in found] == [
        (Outcome.RUNNING, minutes(10), [4]),
        (Outcome.OVERRUN, minutes(60), [2, 3]),
    ]
