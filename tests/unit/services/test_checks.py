"""Who may acknowledge: only an outage that goes on at that instant, seen by the sweep or not."""

from datetime import timedelta

import pytest

from chalicelib.domain.check import Check, Status
from chalicelib.domain.configure import Acknowledge
from chalicelib.services.checks import NotDown, acknowledge
from tests.builders import a_check, hours, utc

START = utc("2026-03-01T12:00Z")


def a_check_up() -> Check:
    """Expected at 13:00, down at 14:00."""
    return a_check(period=hours(1), grace=hours(1), last_success=START)


def test_an_outage_that_the_sweep_has_not_seen_yet_can_be_acknowledged() -> None:
    assert acknowledge(a_check_up(), by="ci", now=START + hours(2)) == Acknowledge(by="ci")


def test_a_check_that_is_still_up_cannot() -> None:
    with pytest.raises(NotDown):
        acknowledge(a_check_up(), by="ci", now=START + hours(2) - timedelta(milliseconds=1))


def test_nor_one_that_is_due_for_another_reason_than_an_outage() -> None:
    snoozed = a_check(period=hours(24), last_success=START, snoozed_until=START + hours(1))
    with pytest.raises(NotDown):
        acknowledge(snoozed, by="ci", now=START + hours(1))


def test_nor_a_paused_one() -> None:
    with pytest.raises(NotDown):
        acknowledge(a_check(status=Status.PAUSED), by="ci", now=START)
