"""docs/reference/rules.md, rule 17: time in words."""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.domain.text.time_format import WallClock, ago, duration, duration_range, duration_rounded


def s(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


BERLIN = WallClock(tz="Europe/Berlin", now=utc("2026-10-24T05:12:40+02:00"))


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-3, "0 s"),
        (0, "0 s"),
        (0.142, "142 ms"),
        (1.8, "1.8 s"),
        (6.1, "6.1 s"),
        (9, "9 s"),
        (9.99, "9.9 s"),
        (39.96, "39 s"),
        (59.999, "59 s"),
        (75, "1 min 15 s"),
        (38 * 60, "38 min"),
        (5400, "1 h 30 min"),
        (5399.9, "1 h 29 min"),
        (7200.5, "2 h"),
        (27 * 3600, "27 h"),
        (47 * 3600 + 3599, "47 h 59 min"),
        (48 * 3600, "2 days"),
        (51 * 3600, "2 days 3 h"),
        (12 * 86400, "12 days"),
    ],
)
def test_a_duration_has_two_units_at_most_and_never_says_more_than_has_passed(seconds: float, said: str) -> None:
    assert duration(s(seconds)) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(22.4, "22 s"), (37 * 60 + 54, "38 min"), (59 * 60 + 31, "1 h"), (7200, "2 h"), (89 * 60 + 29, "1 h 29 min")],
)
def test_what_is_over_lasted_to_the_nearest_minute(seconds: float, said: str) -> None:
    assert duration_rounded(s(seconds)) == said


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.118, 0.171, "118 to 171 ms"),
        (5, 7.3, "5.0 to 7.3 s"),
        (0.2, 5, "0.2 to 5.0 s"),
        (29.4, 47.9, "29 to 47 s"),
        (36, 62, "36 s to 1 min 2 s"),
        (66, 86, "1 min 6 s to 1 min 26 s"),
        (46 * 60 + 10, 58 * 60 + 3, "46 to 58 min"),
        (2, 1200, "2 s to 20 min"),
        (3000, 4200, "50 min to 1 h 10 min"),
        (3, 3, "3 s"),
        (601, 605, "10 min 1 s to 10 min 5 s"),
    ],
)
def test_a_range_is_as_coarse_as_its_upper_end(low: float, high: float, said: str) -> None:
    assert duration_range(s(low), s(high)) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "0 s ago"),
        (22.9, "22 s ago"),
        (32 * 60 + 31, "32 min ago"),
        (27 * 3600 + 500, "27 h ago"),
        (12 * 86400 + 9, "12 days ago"),
    ],
)
def test_what_is_past_is_told_in_one_unit(seconds: float, said: str) -> None:
    assert ago(BERLIN.now - s(seconds), now=BERLIN.now) == said


def test_an_instant_of_today_is_a_time() -> None:
    at = utc("2026-10-24T02:30:04.900+02:00")
    assert (BERLIN.minute(at), BERLIN.second(at), BERLIN.brief(at)) == ("02:30", "02:30:04", "02:30")


def test_an_instant_of_another_day_says_its_day() -> None:
    at = utc("2026-10-23T02:04:10+02:00")
    assert BERLIN.minute(at) == "Fri 23 Oct 02:04"
    assert BERLIN.second(at) == "Fri 23 Oct 02:04:10"
    assert BERLIN.brief(at) == "23 Oct 02:04"


def test_an_instant_of_another_year_says_its_year() -> None:
    assert BERLIN.minute(utc("2025-12-31T23:59:00+01:00")) == "Wed 31 Dec 2025 23:59"


def test_whether_it_is_today_is_a_matter_of_the_zone() -> None:
    at = utc("2026-10-23T23:30:00Z")
    assert BERLIN.minute(at) == "01:30"
    assert WallClock(tz="UTC", now=BERLIN.now).minute(at) == "Fri 23 Oct 23:30"


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2026-10-24T02:30:00+02:00", "Sat 24 Oct 02:30:00 Europe/Berlin (00:30:00 UTC)"),
        ("2026-10-24T01:30:00+02:00", "Sat 24 Oct 01:30:00 Europe/Berlin (Fri 23 Oct 23:30:00 UTC)"),
        ("2027-01-01T00:30:00+01:00", "Fri 1 Jan 2027 00:30:00 Europe/Berlin (Thu 31 Dec 23:30:00 UTC)"),
    ],
)
def test_an_instant_beyond_doubt_is_told_in_both_zones(at: str, said: str) -> None:
    assert BERLIN.full(utc(at)) == said


def test_utc_is_said_once() -> None:
    clock = WallClock(tz="UTC", now=BERLIN.now)
    assert clock.full(utc("2026-10-24T02:30:00Z")) == "Sat 24 Oct 02:30:00 UTC"


def test_what_was_planned_says_its_seconds_only_if_it_has_any() -> None:
    assert BERLIN.due(utc("2026-10-24T02:00:00+02:00")) == "Sat 24 Oct 02:00 Europe/Berlin (00:00 UTC)"
    assert BERLIN.due(utc("2026-10-24T02:00:41+02:00")) == "Sat 24 Oct 02:00:41 Europe/Berlin (00:00:41 UTC)"


def test_a_span_says_its_day_once() -> None:
    start, end = utc("2026-10-24T03:58:10+02:00"), utc("2026-10-24T04:36:04+02:00")
    assert BERLIN.span(start, end) == "Sat 24 Oct 03:58:10 to 04:36:04 Europe/Berlin (01:58:10 to 02:36:04 UTC)"


def test_a_span_over_midnight_says_both_days() -> None:
    start, end = utc("2026-10-23T23:58:10+02:00"), utc("2026-10-24T00:36:04+02:00")
    assert BERLIN.span(start, end) == (
        "Fri 23 Oct 23:58:10 to Sat 24 Oct 00:36:04 Europe/Berlin (Fri 23 Oct 21:58:10 to 22:36:04 UTC)"
    )


def test_a_time_that_comes_twice_says_which_it_is() -> None:
    clock = WallClock(tz="Europe/Berlin", now=utc("2026-10-25T03:00:00Z"))
    assert clock.minute(utc("2026-10-25T00:30:00Z")) == "02:30 CEST"
    assert clock.minute(utc("2026-10-25T01:30:00Z")) == "02:30 CET"
    assert clock.minute(utc("2026-10-25T02:00:00Z")) == "03:00"
