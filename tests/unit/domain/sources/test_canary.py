"""What a canary's last miss has proved, and when the next one comes (docs/reference/rules.md, rule 20)."""

from collections.abc import Mapping
from datetime import datetime

import pytest

from chalicelib.domain.alerts import Kind, Reason, Told
from chalicelib.domain.check import Check, Flip, Status
from chalicelib.domain.sources.canary import is_ripe, missing, next_run
from tests.builders import a_check, minutes, utc

PINGED = utc("2026-03-01T10:00Z")
MISSED = utc("2026-03-01T10:02Z")
LONG_AGO = utc("2026-01-01T00:00Z")
BOTH: Mapping[str, datetime | None] = {"ops-email": LONG_AGO, "chat": None}


def a_canary() -> Check:
    return a_check(status=Status.DOWN, reason=Reason.MISSED, since=MISSED, last_success=PINGED, period=minutes(1))


def a_miss(*, at: datetime = MISSED, reason: Reason = Reason.MISSED) -> Flip:
    return Flip(number=2, at=at, old=Status.UP, new=Status.DOWN, reason=reason)


def told(*names: str, kind: Kind = Kind.DOWN) -> Told:
    return Told(id="of-the-alert", kind=kind, to=names, at=utc("2026-03-01T10:02:01Z"))


def test_a_miss_that_was_told_to_each_channel_leaves_nothing_unproved() -> None:
    assert missing(a_canary(), [(a_miss(), [told("chat", "ops-email")])], channels=BOTH) == ()


def test_a_channel_that_was_not_told_is_named() -> None:
    found = missing(a_canary(), [(a_miss(), [told("chat")])], channels=BOTH)

    assert found == ("ops-email was not told of the miss at 2026-03-01T10:02:00+00:00",)


@pytest.mark.parametrize(
    "sent",
    [pytest.param([], id="nothing was sent"), pytest.param([told(*BOTH, kind=Kind.UP)], id="only the recovery was")],
)
def test_a_miss_that_was_not_sent_proves_nothing_even_if_all_channels_are_new(sent: list[Told]) -> None:
    found = missing(a_canary(), [(a_miss(), sent)], channels={"new": utc("2026-03-01T15:00Z")})

    assert found == ("SNS has not taken the alert of the miss at 2026-03-01T10:02:00+00:00",)


@pytest.mark.parametrize(
    "flips",
    [
        pytest.param([], id="no flip at all"),
        pytest.param([a_miss(at=utc("2026-02-28T10:02Z"))], id="only that of the day before"),
        pytest.param([a_miss(reason=Reason.FAILED)], id="a failure"),
    ],
)
def test_no_miss_since_the_last_ping_is_told_with_that_ping(flips: list[Flip]) -> None:
    found = missing(a_canary(), [(flip, [told(*BOTH)]) for flip in flips], channels=BOTH)

    assert found == ("it was not seen to miss after its ping of 2026-03-01T10:00:00+00:00",)


def test_a_canary_without_a_channel_proves_nothing() -> None:
    assert missing(a_canary(), [(a_miss(), [told()])], channels={}) == ("it has no channel",)


@pytest.mark.parametrize(
    ("made", "is_missed"),
    [
        pytest.param(utc("2026-03-01T10:01:00Z"), True, id="a minute before the miss: it was known by then"),
        pytest.param(utc("2026-03-01T10:01:01Z"), False, id="later: a warm function may not have known it"),
        pytest.param(utc("2026-03-01T15:00:00Z"), False, id="after the miss"),
    ],
)
def test_a_channel_that_came_too_late_for_the_miss_is_not_missed(made: datetime, is_missed: bool) -> None:
    found = missing(a_canary(), [(a_miss(), [told("ops-email")])], channels={"ops-email": LONG_AGO, "new": made})

    assert bool(found) is is_missed


@pytest.mark.parametrize(
    ("check", "at", "expected"),
    [
        pytest.param(a_check(), "2026-03-02T10:00Z", False, id="never pinged"),
        pytest.param(a_canary(), "2026-03-01T10:09:59Z", False, id="its miss may still be on its way"),
        pytest.param(a_canary(), "2026-03-01T10:10:00Z", True, id="ten minutes after its ping"),
    ],
)
def test_a_canary_is_judged_when_its_miss_must_have_been_told(check: Check, at: str, expected: bool) -> None:
    assert is_ripe(check, now=utc(at)) is expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-03-01T09:59:59Z", "2026-03-01T10:00Z"),
        ("2026-03-01T10:00:00Z", "2026-03-02T10:00Z"),
        ("2026-02-28T23:30:00-11:00", "2026-03-02T10:00Z"),
    ],
)
def test_the_next_run_is_at_ten_utc(now: str, expected: str) -> None:
    assert next_run(now=datetime.fromisoformat(now)) == utc(expected)
