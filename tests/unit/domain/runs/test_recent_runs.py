"""The last 30 runs, packed into four bytes each (docs/reference/architecture.md, Tables)."""

from datetime import timedelta

import pytest

from chalicelib.domain.runs.recent_runs import Ended, RecentRun, appended, in_one_hour, unpacked
from tests.builders import hours, seconds, utc


@pytest.mark.parametrize("ended", list(Ended))
def test_every_outcome_is_packed_and_unpacked(ended: Ended) -> None:
    assert unpacked(appended(b"", ended, seconds(12.345))) == (RecentRun(ended, seconds(12.345)),)


@pytest.mark.parametrize(
    ("took", "kept"),
    [
        pytest.param(None, None, id="not known"),
        pytest.param(timedelta(0), timedelta(0), id="none at all"),
        pytest.param(hours(72), hours(72), id="72 hours, the longest that is reported"),
        pytest.param(seconds(0.0014), seconds(0.001), id="to the millisecond"),
    ],
)
def test_a_duration_is_kept_to_the_millisecond(took: timedelta | None, kept: timedelta | None) -> None:
    assert unpacked(appended(b"", Ended.SUCCESS, took)) == (RecentRun(Ended.SUCCESS, kept),)


def test_the_oldest_of_31_is_dropped() -> None:
    recent = b""
    for second in range(31):
        recent = appended(recent, Ended.SUCCESS, seconds(second))
    assert len(recent) == 120
    assert [run.took for run in unpacked(recent)] == [seconds(second) for second in range(1, 31)]


def test_no_runs_are_no_bytes() -> None:
    assert unpacked(b"") == ()


@pytest.mark.parametrize(
    ("last", "shares"),
    [
        pytest.param(None, False, id="the first"),
        pytest.param("2026-03-01T12:00Z", True, id="the same hour"),
        pytest.param("2026-03-01T11:59:59Z", False, id="the hour before"),
        pytest.param("2026-02-28T12:20Z", False, id="the same hour of another day"),
    ],
)
def test_successes_of_one_hour_share_a_slot(last: str | None, shares: bool) -> None:
    assert in_one_hour(None if last is None else utc(last), utc("2026-03-01T12:30Z")) is shares
