"""Usual is the middle 80 % of the recent successful durations (docs/reference/rules.md, rule 16)."""

from datetime import timedelta

import pytest

from chalicelib.domain.runs.duration_stats import usual
from chalicelib.domain.runs.recent_runs import Ended, appended
from tests.builders import seconds


def strip(*runs: tuple[Ended, float | None]) -> bytes:
    recent = b""
    for ended, took_s in runs:
        recent = appended(recent, ended, None if took_s is None else seconds(took_s))
    return recent


def successes(*took_s: float) -> bytes:
    return strip(*((Ended.SUCCESS, each) for each in took_s))


@pytest.mark.parametrize(
    ("took_s", "known"),
    [
        pytest.param([], None, id="no run"),
        pytest.param(range(9), None, id="nine are too few"),
        pytest.param([60] * 10, (seconds(60), seconds(60)), id="ten are enough"),
        pytest.param(range(11), (seconds(1), seconds(9)), id="0 to 10 s: from the 10th percentile to the 90th"),
        pytest.param(range(21), (seconds(2), seconds(18)), id="0 to 20 s"),
        pytest.param([30] * 18 + [1, 900], (seconds(30), seconds(30)), id="two odd ones among twenty do not count"),
    ],
)
def test_the_middle_80_percent(took_s: list[float], known: tuple[timedelta, timedelta] | None) -> None:
    assert usual(successes(*took_s)) == known


def test_late_successes_count_too() -> None:
    assert usual(strip(*[(Ended.LATE, 60.0)] * 10)) == (seconds(60), seconds(60))


@pytest.mark.parametrize("ended", [Ended.FAILED, Ended.MISSED, Ended.OVERRUN, Ended.TOO_SHORT, Ended.STALLED])
def test_what_was_no_success_does_not_count(ended: Ended) -> None:
    assert usual(strip(*[(Ended.SUCCESS, 60.0)] * 9, (ended, 60.0))) is None


def test_a_success_of_unknown_duration_does_not_count() -> None:
    assert usual(strip(*[(Ended.SUCCESS, 60.0)] * 9, (Ended.SUCCESS, None))) is None
