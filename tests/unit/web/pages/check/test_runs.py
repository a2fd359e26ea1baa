"""The runs that rows of the history make up: which ended when, and how."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.domain.alerts import Reason
from chalicelib.domain.check import Check, Judged, Run, RunEnd
from chalicelib.domain.ping import Ping, Signal
from chalicelib.domain.runs.recent_runs import Ended
from chalicelib.domain.schedule.occurrences import Every
from chalicelib.domain.sources.probe import Probe
from chalicelib.store.history import StoredPing
from chalicelib.web.pages.check.runs import Outcome, Ran, past_runs, runs_still_open
from tests.builders import R1, R2, a_check, hours, minutes, seconds, utc

BEGUN = utc("2026-03-01T00:00Z")
SUCCESS, START, FAIL, LOG, IGN = Signal.SUCCESS, Signal.START, Signal.FAIL, Signal.LOG, Signal.IGN


def pings(*said: tuple[Signal, timedelta, timedelta | None, str]) -> list[StoredPing]:
    """Newest first, as the history gives them: the signal, when, how long, and the run's id."""
    ends = {SUCCESS: Ended.SUCCESS, FAIL: Ended.FAILED}
    stored = [
        StoredPing(
            number,
            Ping(at=BEGUN + when, signal=signal, rid=rid),
            signal,
            took,
            RunEnd(outcome=ends[signal], exceeded_limit=False) if signal in ends else None,
        )
        for number, (signal, when, took, rid) in enumerate(said, start=1)
    ]
    return stored[::-1]


def told(check: Check, stored: list[StoredPing], judged: list[Judged] | None = None) -> list[Ran]:
    return past_runs(check, stored, judged or [])


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


@pytest.mark.parametrize(
    ("ended", "outcome"),
    [
        (Ended.SUCCESS, Outcome.OK),
        (Ended.LATE, Outcome.LATE),
        (Ended.FAILED, Outcome.FAILED),
        (Ended.TOO_SHORT, Outcome.TOO_SHORT),
    ],
)
def test_how_a_run_ended_is_read_from_its_row_whatever_the_configuration_is_now(ended: Ended, outcome: Outcome) -> None:
    [stored] = pings((SUCCESS, hours(9), minutes(50), ""))
    row = replace(stored, run_end=RunEnd(outcome=ended, exceeded_limit=True))
    [run] = told(hourly(min_runtime=hours(1), max_runtime=hours(2)), [row])
    assert (run.outcome, run.is_beyond) == (outcome, True)


def test_a_miss_says_when_the_success_was_expected_and_the_first_one_had_no_grace() -> None:
    missed = Judged(at=BEGUN + hours(2), reason=Reason.MISSED, count=None, since=BEGUN + hours(1))
    first = Judged(at=BEGUN, reason=Reason.MISSED, count=None, since=BEGUN)
    assert [(run.outcome, run.at, run.expected) for run in told(hourly(), [], [missed, first])] == [
        (Outcome.MISSED, BEGUN + hours(2), BEGUN + hours(1)),
        (Outcome.MISSED, BEGUN, None),
    ]


def test_a_probe_has_no_start() -> None:
    check = hourly(probe=Probe(url="https://example.com/"))
    [run] = told(check, pings((SUCCESS, minutes(1), seconds(0.142), "")))
    assert (run.began, run.took, run.is_beyond) == (None, seconds(0.142), False)


def test_of_a_throughput_check_windows_are_told_not_pings() -> None:
    check = hourly(min_count=500, count_window=minutes(30))
    judged = [
        Judged(at=BEGUN + minutes(60), reason=Reason.STALLED, count=0, since=BEGUN + minutes(30)),
        Judged(at=BEGUN + minutes(30), reason=None, count=700, since=BEGUN),
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
    found = list(runs_still_open(check, stored, now=now))
    assert [(run.outcome, run.took, [word.number for word in run.words]) for run in found] == [
        (Outcome.RUNNING, minutes(10), [4]),
        (Outcome.OVERRUN, minutes(60), [2, 3]),
    ]
