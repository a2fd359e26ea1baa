"""How many pings a check takes in a minute, and which pass beyond that (docs/reference/rules.md, rule 21)."""

from dataclasses import replace

import pytest

from chalicelib.domain.check import Beat, Check, Pace, Run, Status
from chalicelib.domain.limits.ping_rate import is_over_limit, next_throttled_since, retry_after_s
from chalicelib.domain.ping import Signal
from tests.builders import R1, a_check, a_ping, after, beat_of, hours, minutes, outcome_of, seconds, utc, verdict_of

NOON = utc("2026-03-01T12:00Z")
MINUTE = 29_539_440


def pinged(times: int, **given: object) -> Check:
    """A check that is up, with so many pings counted within the minute of noon; the last success was one of them."""
    given = {"last_success": NOON + seconds(1), "period": hours(1), "n_pings": 1_000 + times} | given
    return replace(a_check(**given), pace=Pace(MINUTE, 1_000))  # type: ignore[arg-type]  # fields of each kind


def over(check: Check, signal: Signal = Signal.SUCCESS, *, second: int = 30, rid: str = "") -> bool:
    return is_over_limit(check, a_ping(signal, at=NOON + seconds(second), rid=rid), signal, most=10)


def test_the_pings_of_a_minute_are_counted_from_its_first() -> None:
    first = beat_of(a_check(last_success=NOON - hours(1), period=hours(1), n_pings=7), a_ping(at=NOON)).after
    assert first.pace == Pace(MINUTE, 7)
    second = beat_of(first, a_ping(Signal.LOG, at=NOON + seconds(59))).after
    assert (second.pace, second.n_pings) == (Pace(MINUTE, 7), 9)
    assert beat_of(second, a_ping(at=NOON + minutes(1))).after.pace == Pace(MINUTE + 1, 9)


def test_a_failure_is_counted_too() -> None:
    check = a_check(last_success=NOON - hours(1), period=hours(1), n_pings=7)
    assert verdict_of(check, a_ping(Signal.FAIL, at=NOON)).after.pace == Pace(MINUTE, 7)


def test_a_ping_of_the_minute_before_does_not_turn_the_count_back() -> None:
    check = pinged(5)
    assert beat_of(check, a_ping(Signal.LOG, at=NOON - seconds(1))).after.pace == check.pace


def test_the_pace_alone_makes_no_heartbeat_a_decision() -> None:
    assert isinstance(outcome_of(a_check(last_success=NOON, period=hours(1)), a_ping(at=NOON + minutes(1))), Beat)


@pytest.mark.parametrize(("times", "refused"), [(9, False), (10, True), (11, True), (500, True)])
def test_the_pings_beyond_the_limit_are_refused(times: int, refused: bool) -> None:
    assert over(pinged(times)) is refused


def test_the_next_minute_accepts_pings_again() -> None:
    assert not over(pinged(500), second=60)


@pytest.mark.parametrize("signal", [Signal.LOG, Signal.IGN, Signal.SUCCESS])
def test_the_reserve_is_not_for_pings_that_change_only_counters(signal: Signal) -> None:
    assert over(pinged(10), signal)


@pytest.mark.parametrize("signal", [Signal.START, Signal.FAIL])
def test_a_flood_of_successes_leaves_a_fifth_for_starts_and_failures(signal: Signal) -> None:
    is_down = {"status": Status.DOWN, "since": NOON}  # a failure of a check that is up passes in any case
    assert [over(pinged(times, **is_down), signal) for times in (10, 11, 12)] == [False, False, True]


def test_the_reserve_accepts_the_end_of_a_run() -> None:
    running = pinged(11, runs=(Run(rid=R1, at=NOON),))
    assert not over(running, rid=R1)
    assert over(pinged(12, runs=running.runs), rid=R1)


def test_the_first_success_of_a_minute_passes_whatever_came_before_it() -> None:
    """Or a job that starts and logs a lot would be called missed although it has succeeded."""
    assert not over(pinged(500, last_success=NOON - seconds(1)))
    assert not over(pinged(500, status=Status.NEW, last_success=None))


def test_a_flood_of_successes_does_not_hide_a_failure() -> None:
    assert not over(pinged(500), Signal.FAIL)
    assert over(pinged(500, status=Status.DOWN, since=NOON), Signal.FAIL)


@pytest.mark.parametrize(
    "flood", [[s] for s in Signal] + [[Signal.FAIL, Signal.SUCCESS], [Signal.START, Signal.SUCCESS]]
)
def test_no_sequence_gets_many_more_pings_in_than_the_limit(flood: list[Signal]) -> None:
    check, taken = a_check(last_success=NOON - hours(1), period=hours(1), n_pings=7), 0
    for number in range(2_000):
        ping = a_ping(flood[number % len(flood)], at=NOON + seconds(number * 0.02))
        if not is_over_limit(check, ping, ping.signal, most=300):
            check, taken = after(check, ping), taken + 1
    assert 300 <= taken <= 363


@pytest.mark.parametrize(("at", "wait_s"), [("12:00:00Z", 60), ("12:00:00.9Z", 60), ("12:00:59.999Z", 1)])
def test_a_refusal_says_when_the_next_minute_begins(at: str, wait_s: int) -> None:
    assert retry_after_s(utc(f"2026-03-01T{at}")) == wait_s


def test_a_refusal_is_recorded_once_a_minute() -> None:
    assert next_throttled_since(a_check(), NOON) == NOON
    recorded = a_check(throttled_since=NOON, throttled_at=NOON)
    assert next_throttled_since(recorded, NOON + seconds(59)) is None


def test_refusals_in_consecutive_minutes_extend_one_record() -> None:
    recorded = a_check(throttled_since=NOON - minutes(9), throttled_at=NOON)
    assert next_throttled_since(recorded, NOON + seconds(119)) == NOON - minutes(9)
    assert next_throttled_since(recorded, NOON + minutes(2)) == NOON + minutes(2)
