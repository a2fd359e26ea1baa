"""A check as people see it at an instant (docs/reference/rules.md, Terms)."""

from dataclasses import replace
from datetime import datetime

import pytest

from chalicelib.domain.check import Check, Run, Status
from chalicelib.domain.ids import unique_key
from chalicelib.domain.limits.steps import DECISION_STEPS, spend
from chalicelib.domain.schedule.occurrences import Cron, OnCalendar
from chalicelib.domain.text.display_status import as_of, is_running, next_ping, status
from tests.builders import CODE, a_check, hours, minutes, utc

UP = a_check(last_success=utc("2026-03-01T12:00Z"), period=hours(1), grace=minutes(5))


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-03-01T12:59:59.999Z", "up"),
        ("2026-03-01T13:00Z", "grace"),
        ("2026-03-01T13:04:59.999Z", "grace"),
        ("2026-03-01T13:05Z", "down"),
    ],
)
def test_an_expected_success_that_has_not_come_is_late_then_missed(at: str, expected: str) -> None:
    assert status(as_of(UP, now=utc(at)), now=utc(at)).value == expected


def test_a_run_that_holds_the_miss_is_late_not_down() -> None:
    check = a_check(
        last_success=utc("2026-03-01T12:00Z"),
        period=hours(1),
        grace=minutes(5),
        max_runtime=hours(2),
        runs=(Run(rid="", at=utc("2026-03-01T12:59Z")),),
    )
    now = utc("2026-03-01T14:00Z")
    assert status(as_of(check, now=now), now=now).value == "grace"


RUN = Run(rid="", at=utc("2026-03-01T12:30Z"))


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        pytest.param(UP, "2026-03-01T13:00Z", id="up: when it is expected"),
        pytest.param(a_check(), None, id="new: nothing"),
        pytest.param(a_check(runs=(RUN,)), "2026-03-01T12:30Z", id="new and running: its start"),
        pytest.param(a_check(status=Status.PAUSED), None, id="paused: nothing"),
        pytest.param(a_check(status=Status.PAUSED, runs=(RUN,)), "2026-03-01T12:30Z", id="paused and running"),
        pytest.param(a_check(status=Status.DOWN, runs=(RUN,)), None, id="down: nothing, running or not"),
        pytest.param(
            a_check(last_success=utc("2026-03-01T12:00Z"), period=hours(1), runs=(RUN,)),
            "2026-03-01T12:30Z",
            id="up and running: the start, which is earlier",
        ),
        pytest.param(
            a_check(last_success=utc("2026-03-01T12:00Z"), period=minutes(20), runs=(RUN,)),
            "2026-03-01T12:20Z",
            id="up and running: what is expected, which is earlier",
        ),
        pytest.param(
            a_check(last_success=utc("2026-03-01T12:00Z"), schedule=OnCalendar("2020-01-01")), None, id="never again"
        ),
    ],
)
def test_the_next_ping_is_what_is_expected_or_the_start_of_a_run(check: Check, expected: str | None) -> None:
    assert next_ping(check) == (None if expected is None else utc(expected))


@pytest.mark.parametrize(("at", "runs"), [("2026-03-01T13:29:59Z", True), ("2026-03-01T13:30Z", False)])
def test_a_run_counts_as_running_until_its_limit(at: str, runs: bool) -> None:
    assert is_running(a_check(status=Status.DOWN, runs=(RUN,), grace=hours(1)), now=utc(at)) is runs


def test_looking_early_changes_nothing() -> None:
    assert as_of(UP, now=utc("2026-03-01T12:30Z")) is UP


def test_the_unique_key_is_made_of_the_first_sixteen_digits() -> None:
    assert unique_key(CODE) == "ded44715b3a66f57af14b5c90a4fff2352ce9648"


class Dear(Cron):
    """A schedule that takes too many steps to search: no accepted check has one."""

    def next_after(self, at: datetime) -> datetime | None:
        spend(DECISION_STEPS + 1)
        return at


def test_a_check_that_needs_too_many_steps_is_shown_as_it_is_stored() -> None:
    check = a_check(last_success=utc("2026-03-01T12:00Z"), due_at=utc("2026-03-01T13:00Z"))
    check = replace(check, config=replace(check.config, schedule=Dear("* * * * *")))
    assert as_of(check, now=utc("2026-03-02T12:00Z")) is check
