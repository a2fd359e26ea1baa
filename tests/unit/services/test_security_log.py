"""The security log: what a change is called, and how many refusals are logged."""

import json
import logging
from dataclasses import replace
from typing import Any

import pytest

from chalicelib import log
from chalicelib.domain.check import Status
from chalicelib.services.security_log import Actor, Refusals, changed_fields, log_change
from tests.builders import a_check, hours, seconds, utc

NOON = utc("2026-03-01T12:00Z")
ACTOR = Actor(by="key", project="default", name="laptop", key_prefix="wwww", source="203.0.113.1")


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [json.loads(message) for message in caplog.messages]


def test_a_change_names_the_fields_that_differ_and_no_value(caplog: pytest.LogCaptureFixture) -> None:
    log.invoked(None)
    before = a_check()
    after = replace(before, config=replace(before.config, grace=hours(7), desc="tell nobody"))
    with caplog.at_level(logging.INFO, "overdue"):
        log_change(ACTOR, before, after)
    [event] = lines(caplog)
    assert event == {
        "event": "check_changed",
        "level": "info",
        "log": "security",
        "project": "default",
        "by": "key",
        "actor": "laptop",
        "key_prefix": "wwww",
        "source": "203.0.113.1",
        "check": before.code[:8],
        "slug": before.config.slug,
        "fields": "desc,grace",
    }


def test_changes_of_state_are_not_logged_as_changes(caplog: pytest.LogCaptureFixture) -> None:
    before = a_check()
    with caplog.at_level(logging.INFO, "overdue"):
        log_change(ACTOR, before, replace(before, status=Status.UP, last_ping=NOON, n_pings=7))
    assert lines(caplog) == []


@pytest.mark.parametrize(
    ("after", "field"),
    [
        ({"status": Status.PAUSED}, "paused"),
        ({"snoozed_until": NOON}, "snoozed_until"),
        ({"acknowledged_at": NOON}, "acknowledged_at"),
    ],
)
def test_a_pause_a_snooze_and_an_acknowledgement_are_changes(after: dict[str, Any], field: str) -> None:
    check = a_check()
    assert list(changed_fields(check, replace(check, **after))) == [field]
    assert list(changed_fields(replace(check, **after), check)) == [field]


def test_a_flood_of_refusals_costs_few_lines_and_its_size_is_known(caplog: pytest.LogCaptureFixture) -> None:
    refusals = Refusals()
    with caplog.at_level(logging.INFO, "overdue"):
        for _ in range(6_000):
            refusals.log("key_refused", source="203.0.113.1", now=NOON, key_prefix="abcd")
        refusals.log("csrf_refused", source="203.0.113.1", now=NOON)
    counts = [event["in_this_minute"] for event in lines(caplog) if event["event"] == "key_refused"]
    assert counts == [*range(1, 11), 20, 40, 80, 160, 320, 640, 1_280, 2_560, 5_120]
    assert lines(caplog)[-1]["event"] == "csrf_refused", "a flood of one kind hides no other"


def test_each_minute_begins_anew(caplog: pytest.LogCaptureFixture) -> None:
    refusals = Refusals()
    with caplog.at_level(logging.INFO, "overdue"):
        for second in (0, 59, 60):
            refusals.log("forbidden", source="203.0.113.1", now=NOON + seconds(second))
    assert [event["in_this_minute"] for event in lines(caplog)] == [1, 2, 1]
