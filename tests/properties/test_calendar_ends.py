"""Schedules where the calendar begins and ends: None is no more, and nothing raises
(docs/reference/rules.md, rules 1, 2 and 17).
"""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.rules.due import next_due
from chalicelib.domain.schedule.describe import occurrences
from chalicelib.domain.schedule.occurrences import Cron, Every, OnCalendar, Schedule
from chalicelib.domain.text.time_format import WallClock
from tests.builders import a_check, days

FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)

zones = st.sampled_from(
    [
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Asia/Tokyo",
        "Pacific/Kiritimati",
        "Pacific/Niue",
        "Africa/Casablanca",
    ]
)
words = st.sampled_from(
    ["* * * * *", "0 0 29 2 *", "30 2 * * *", "0 0 L * *", "0 0 * * 5L", "0 12 * * 1#5", "59 23 31 12 *", "0 0 1 1 *"]
)
lines = st.sampled_from(["*-*-* 00:00:00", "Mon..Fri 09:00", "*-02-29", "2010-01-01", "Mon 09:00 Asia/Tokyo"])
schedules: st.SearchStrategy[Schedule] = st.one_of(
    st.builds(Cron, words, zones),
    st.builds(OnCalendar, lines, zones),
    st.builds(Every, st.timedeltas(timedelta(seconds=60), days(365))),
)
distances = st.one_of(
    st.timedeltas(timedelta(), days(1)), st.timedeltas(timedelta(), days(900)), st.sampled_from([timedelta(), days(1)])
)
instants = st.one_of(distances.map(lambda far: FIRST + far), distances.map(lambda far: LAST - far))


@settings(max_examples=400, deadline=None)
@given(schedules, instants)
def test_occurrences_come_later_or_not_at_all(schedule: Schedule, at: datetime) -> None:
    for occurrence in occurrences(schedule, after=at, count=3):
        assert occurrence.at > at
        at = occurrence.at


@settings(max_examples=200, deadline=None)
@given(schedules, instants)
def test_a_check_there_is_looked_at_like_any_other(schedule: Schedule, at: datetime) -> None:
    due = next_due(a_check(last_success=at, schedule=schedule, grace=days(365)))
    assert due is None or due > at


@settings(max_examples=100, deadline=None)
@given(zones, instants)
def test_every_instant_can_be_said(tz: str, at: datetime) -> None:
    assert WallClock(tz=tz, now=at).full(at).endswith("UTC" if tz == "UTC" else "UTC)")


@pytest.mark.parametrize("tz", ["UTC", "America/New_York", "Asia/Tokyo", "Pacific/Kiritimati"])
def test_from_the_first_instant_on_every_day_has_its_midnight(tz: str) -> None:
    first = Cron("0 0 * * *", tz).next_after(FIRST)
    assert first is not None
    assert first <= FIRST + days(2)


@pytest.mark.parametrize(
    ("expression", "last"),
    [
        ("* * * * *", "9999-12-31T23:59+00:00"),
        ("0 0 L * *", "9999-12-31T00:00+00:00"),
        ("0 0 * * 5L", "9999-12-31T00:00+00:00"),
        ("0 0 * * 4L", "9999-12-30T00:00+00:00"),
        ("0 0 29 2 *", "9996-02-29T00:00+00:00"),
    ],
)
def test_the_last_occurrence_is_followed_by_none(expression: str, last: str) -> None:
    at = datetime.fromisoformat(last)
    assert Cron(expression).next_after(at - timedelta(seconds=1)) == at
    assert Cron(expression).next_after(at) is None
