"""By when the first success must have come (docs/reference/rules.md, rule 7)."""

from datetime import datetime, timedelta

import pytest

from chalicelib.domain.advance import advance
from chalicelib.domain.alerts import Reason
from chalicelib.domain.check import Check, Status
from chalicelib.domain.config import Config
from chalicelib.domain.configure import Edit, Pause, Resume, configure, new_check
from chalicelib.domain.ping import Signal
from chalicelib.domain.rules.due import deadline, first_ping_at, next_due
from tests.builders import CODE, a_ping, after, flips, hours, minutes, utc

MADE = utc("2026-03-01T12:00Z")


def made(**config: object) -> Check:
    return new_check(CODE, project="default", config=Config(**config), now=MADE)  # type: ignore[arg-type]


def test_without_it_a_new_check_stays_new_for_ever() -> None:
    assert (next_due(made()), made().due_at) == (None, None)


def test_a_duration_counts_from_its_making() -> None:
    check = made(first_ping_by=hours(2))
    assert (deadline(check), check.due_at) == (MADE + hours(2), MADE + hours(2))


def test_an_instant_is_that_instant() -> None:
    assert deadline(made(first_ping_by=MADE + hours(5))) == MADE + hours(5)


def test_at_that_instant_it_is_missed_with_no_grace_added() -> None:
    check = made(first_ping_by=hours(2), misses_before_alert=3)
    assert advance(check, now=MADE + hours(2) - minutes(1)).after.status is Status.NEW
    check = advance(check, now=MADE + hours(3)).after
    [flip] = flips(check)
    assert (flip.old, flip.new, flip.reason, flip.at) == (Status.NEW, Status.DOWN, Reason.MISSED, MADE + hours(2))
    facts = check.alerts[0].facts
    assert (facts.is_first, facts.expected, facts.last_success, facts.misses) == (True, MADE + hours(2), None, 1)


def test_a_success_in_time_ends_it_a_start_does_not() -> None:
    check = made(first_ping_by=hours(2), grace=hours(9))
    assert first_ping_at(after(check, a_ping(Signal.START, at=MADE + hours(1)))) == MADE + hours(2)
    assert first_ping_at(after(check, a_ping(at=MADE + hours(1)))) is None


def test_a_run_that_started_in_time_holds_the_miss_until_its_limit() -> None:
    check = after(made(first_ping_by=hours(2), max_runtime=hours(3)), a_ping(Signal.START, at=MADE + hours(1)))
    assert deadline(check) == MADE + hours(4)


def test_a_check_that_was_resumed_has_the_whole_duration_again() -> None:
    check = configure(made(first_ping_by=hours(2)), Pause(), now=MADE + hours(1)).after
    check = configure(check, Resume(), now=MADE + hours(9)).after
    assert deadline(check) == MADE + hours(11)


def test_an_instant_that_had_passed_before_it_was_new_again_is_not_awaited() -> None:
    check = configure(made(first_ping_by=MADE + hours(2)), Pause(), now=MADE + hours(1)).after
    assert deadline(configure(check, Resume(), now=MADE + hours(9)).after) is None


def test_an_instant_set_when_it_has_passed_makes_it_down_now_not_in_the_past() -> None:
    check = configure(made(), Edit(Config(first_ping_by=hours(2))), now=MADE + hours(5)).after
    [flip] = flips(advance(check, now=MADE + hours(5)).after)
    assert flip.at == MADE + hours(5)


@pytest.mark.parametrize(
    ("by", "window", "expected"),
    [
        pytest.param(hours(2), "2026-03-01T13:00 to 2026-03-01T17:00", hours(5), id="a duration that ends within"),
        pytest.param(MADE + hours(2), "2026-03-01T13:00 to 2026-03-01T17:00", hours(5), id="an instant within"),
        pytest.param(hours(2), "2026-03-01T14:00 to 2026-03-01T15:00", hours(3), id="at its very beginning"),
        pytest.param(hours(2), "2026-03-01T13:00 to 2026-03-01T14:00", hours(2), id="at its end it is judged"),
        pytest.param(hours(2), "2026-03-01T12:00 to 2026-03-01T13:00", hours(2), id="a window before takes none of it"),
    ],
)
def test_within_a_maintenance_window_it_is_put_off_to_the_end(
    by: datetime | timedelta, window: str, expected: timedelta
) -> None:
    check = made(first_ping_by=by, windows=(window,))
    assert (deadline(check), check.due_at) == (MADE + expected, MADE + expected)
    assert advance(check, now=MADE + expected - minutes(1)).after.status is Status.NEW
