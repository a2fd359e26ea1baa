"""`max_runtime: auto`: a limit that is learnt from recent successes (docs/reference/rules.md, rule 16)."""

from datetime import datetime, timedelta

import pytest

from chalicelib.domain.advance import advance
from chalicelib.domain.alerts import Reason
from chalicelib.domain.check import Beat, Check, Status
from chalicelib.domain.ping import Signal
from chalicelib.domain.rules.due import next_due
from chalicelib.domain.runs.duration_stats import learnt
from chalicelib.domain.runs.recent_runs import Ended, appended
from chalicelib.domain.runs.runs import limit, max_runtime
from chalicelib.domain.schedule.occurrences import Every
from tests.builders import R1, a_check, a_ping, after, hours, minutes, outcome_of, seconds, utc

NOON = utc("2026-03-01T12:00Z")


def took(*spans: timedelta, ended: Ended = Ended.SUCCESS) -> bytes:
    recent = b""
    for span in spans:
        recent = appended(recent, ended, span)
    return recent


def at(minute: float) -> datetime:
    return NOON + minutes(minute)


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        pytest.param([minutes(4)] * 12 + [minutes(6)] * 11, minutes(12), id="twice the 90th percentile"),
        pytest.param([seconds(2)] * 10, minutes(2), id="a job of seconds gets a minute more, rounded up"),
        pytest.param([minutes(1)] * 10, minutes(2), id="where both are the same"),
        pytest.param([minutes(10)] * 28 + [hours(9)] * 2, minutes(20), id="two of thirty move nothing"),
        pytest.param([minutes(10)] * 26 + [hours(1)] * 4, hours(2), id="four are no accident"),
        pytest.param([minutes(2.5)] * 10, minutes(5), id="whole minutes stay what they are"),
        pytest.param([minutes(2.6)] * 10, minutes(6), id="others are rounded up"),
    ],
)
def test_the_limit_is_twice_what_nine_of_ten_runs_take_and_a_minute_more_at_least(
    spans: list[timedelta], expected: timedelta
) -> None:
    found = learnt(took(*spans))
    assert found is not None
    assert (found.limit, found.runs) == (expected, len(spans))


def test_it_is_known_from_ten_successes_on_and_failures_teach_nothing() -> None:
    nine = took(*[minutes(1)] * 9)
    assert learnt(nine) is None
    assert learnt(nine + took(minutes(1), ended=Ended.FAILED)) is None
    assert learnt(nine + took(minutes(1), ended=Ended.LATE)) is not None


def a_learning_check(*, runs: int) -> Check:
    """Up since noon; its runs have taken five minutes each."""
    return a_check(
        last_success=NOON,
        schedule=Every(hours(24)),
        grace=hours(1),
        learns_max_runtime=True,
        recent=took(*[minutes(5)] * runs),
    )


def test_until_it_is_known_it_is_as_if_unset() -> None:
    check = a_learning_check(runs=9)
    assert (max_runtime(check), limit(check)) == (None, hours(1))


def test_a_run_that_takes_longer_than_learnt_overruns_and_the_alert_tells_from_what() -> None:
    check = after(a_learning_check(runs=23), a_ping(Signal.START, at=at(60)))
    assert next_due(check) == at(70)
    assert advance(check, now=at(69.9)).after.status is Status.UP
    [alert] = advance(check, now=at(70)).after.alerts
    assert (alert.reason, alert.facts.limit, alert.facts.learnt_from) == (Reason.OVERRUN, minutes(10), 23)


def test_a_run_that_began_in_time_holds_the_miss_once_a_limit_is_learnt() -> None:
    for runs, missed_at in ((9, 25 * 60), (10, 25 * 60 + 9)):
        check = after(a_learning_check(runs=runs), a_ping(Signal.START, at=at(25 * 60 - 1)))
        assert next_due(check) == at(missed_at)


def test_a_heartbeat_that_teaches_a_shorter_limit_brings_the_look_at_an_open_run_nearer() -> None:
    check = after(
        a_learning_check(runs=9),
        a_ping(Signal.START, at=at(10), rid=R1),  # it hangs; its limit is the grace so far
        a_ping(Signal.START, at=at(11)),
    )
    assert check.due_at == at(70)
    outcome = outcome_of(check, a_ping(at=at(16)))
    assert isinstance(outcome, Beat)
    assert outcome.after.due_at == at(20)
