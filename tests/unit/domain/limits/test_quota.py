"""How many checks a project may have, and when they are counted again (docs/reference/rules.md, rule 21)."""

from dataclasses import replace

import pytest

from chalicelib.domain.limits.quota import Limits, Usage, needs_count, refusal, with_count, with_minute
from tests.builders import hours, minutes, seconds, utc

NOON = utc("2026-03-01T12:00Z")
MINUTE = 29_539_440
LIMITS = Limits(checks=10_000, by_ping=1_000)
USED = Usage(checks=9_999, counted_at=NOON, minute=MINUTE, by_ping=999)


@pytest.mark.parametrize(
    ("checks", "by_ping", "refused"),
    [
        (9_999, 999, None),
        (10_000, 999, "the project has reached its limit of 10,000 checks"),
        (9_999, 1_000, "pings may create 1,000 checks a minute: try again in a minute"),
        (10_001, 1_001, "the project has reached its limit of 10,000 checks"),
    ],
)
def test_a_ping_may_create_a_check_below_both_limits(checks: int, by_ping: int, refused: str | None) -> None:
    found = refusal(replace(USED, checks=checks, by_ping=by_ping), LIMITS, by_ping=True)
    assert (found and found.text) == refused


def test_the_rate_limit_applies_to_pings_only() -> None:
    assert refusal(replace(USED, by_ping=5_000), LIMITS, by_ping=False) is None


def test_a_refusal_holds_until_the_next_count_or_the_next_minute() -> None:
    full = refusal(replace(USED, checks=10_000), LIMITS, by_ping=True)
    fast = refusal(replace(USED, by_ping=1_000), LIMITS, by_ping=True)
    assert full is not None
    assert fast is not None
    assert (full.until, full.is_rate) == (NOON + seconds(10), False)
    assert (fast.until, fast.is_rate) == (NOON + minutes(1), True)


def test_each_minute_begins_at_nothing() -> None:
    assert with_minute(USED, now=NOON + seconds(59)) == USED
    assert with_minute(USED, now=NOON + minutes(1)) == replace(USED, minute=MINUTE + 1, by_ping=0)
    assert with_minute(USED, now=NOON - seconds(1)) == USED, "a request that was slow counts for the newer minute"


@pytest.mark.parametrize(
    ("checks", "after_s", "is_needed"),
    [(9_999, 3_600, False), (9_999, 3_601, True), (10_000, 10, False), (10_000, 11, True)],
)
def test_checks_are_counted_hourly_and_soon_when_full(checks: int, after_s: int, is_needed: bool) -> None:
    assert needs_count(replace(USED, checks=checks), LIMITS, now=NOON + seconds(after_s)) is is_needed


def test_a_count_leaves_what_pings_have_created() -> None:
    assert with_count(USED, 7, now=NOON + hours(1)) == replace(USED, checks=7, counted_at=NOON + hours(1))
    assert with_count(None, 7, now=NOON) == Usage(checks=7, counted_at=NOON, minute=MINUTE, by_ping=0)
