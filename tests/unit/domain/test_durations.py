"""Durations and instants as people write them."""

from datetime import timedelta

import pytest

from chalicelib.domain.durations import is_duration, parse_duration, parse_instant
from chalicelib.domain.field_errors import FieldError, spelled
from tests.builders import days, hours, minutes, seconds, utc


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("600", minutes(10)),
        ("600s", minutes(10)),
        ("10m", minutes(10)),
        ("1h", hours(1)),
        ("1d", days(1)),
        ("1w", days(7)),
        pytest.param("60", minutes(1), id="the shortest"),
        pytest.param("365d", days(365), id="the longest"),
        pytest.param("31536000", days(365), id="the longest, in seconds"),
    ],
)
def test_a_duration_is_seconds_or_has_a_unit(text: str, duration: timedelta) -> None:
    assert parse_duration("grace", text) == duration


@pytest.mark.parametrize(
    "text", ["", "m", "1.5h", "-60", "+60", "1h30m", "1  h", "1y", "60\n", "٦٠", "1H"]
)  # fmt: skip
def test_what_is_no_duration_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(FieldError, match=r"^grace:? .* is not a duration: write seconds \(600\), or 10m, 1h, 1d, 1w$"):
        parse_duration("grace", text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("0", "too_small"),
        ("59", "too_small"),
        *(
            (text, "too_large")
            for text in ("31536001", "366d", "53w", "9" * 9, "9" * 9 + "w", "9" * 26, "9" * 5000 + "w")
        ),
    ],
)
def test_a_duration_out_of_bounds_is_refused_with_its_bounds(text: str, code: str) -> None:
    with pytest.raises(FieldError, match=r'^grace ".*" is too (short|long): use 1m to 365d$') as refused:
        parse_duration("grace", text)
    assert (refused.value.code, refused.value.bound) == (code, (minutes(1), days(365)))


@pytest.mark.parametrize("text", ["600 ", "1 h"])
def test_a_space_may_stand_before_the_unit(text: str) -> None:
    assert is_duration(text)


@pytest.mark.parametrize(
    "span",
    [seconds(0), seconds(1), seconds(61), minutes(1), minutes(90), hours(1), hours(36), days(7), days(365)],
)
def test_a_duration_is_spelled_as_it_is_parsed(span: timedelta) -> None:
    assert parse_duration("grace", spelled(span), shortest=seconds(0)) == span


@pytest.mark.parametrize(
    ("text", "tz", "instant"),
    [
        ("2026-12-24T20:00", "UTC", "2026-12-24T20:00Z"),
        ("2026-12-24T20:00", "Europe/Berlin", "2026-12-24T19:00Z"),
        ("2026-12-24T20:00Z", "Europe/Berlin", "2026-12-24T20:00Z"),
        ("2026-12-24T20:00+05:30", "UTC", "2026-12-24T14:30Z"),
    ],
)
def test_an_instant_without_an_offset_is_in_the_zone(text: str, tz: str, instant: str) -> None:
    assert parse_instant("first_ping_by", text, tz) == utc(instant)


@pytest.mark.parametrize("text", ["", "tomorrow", "2026-13-01", "0001-01-01T00:00+14:00"])
def test_what_is_not_an_instant_is_refused(text: str) -> None:
    with pytest.raises(FieldError, match="is not an instant: write 2026-12-24T20:00") as refused:
        parse_instant("first_ping_by", text, "UTC")
    assert (refused.value.field, refused.value.code, refused.value.value) == ("first_ping_by", "not_instant", text)
