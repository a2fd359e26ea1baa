"""A check's JSON: which keys it has for whom, and what they say."""

import re
from dataclasses import replace

import pytest

from chalicelib.domain.check import Check, Run, Status
from chalicelib.domain.runs.recent_runs import Ended, appended
from chalicelib.domain.schedule.occurrences import Cron
from chalicelib.web.api.schema.openapi import document
from chalicelib.web.api.schema.shape import Viewer, channels_of, shaped
from chalicelib.web.api.versions import VERSIONS
from tests.builders import CODE, a_check, hours, minutes, seconds, utc

NOW = utc("2026-03-01T12:30Z")
COMMON = re.findall(
    r"\w+",
    "name slug tags desc grace n_pings status started last_ping next_ping manual_resume methods subject subject_fail "
    "start_kw success_kw failure_kw filter_subject filter_body filter_http_body filter_default_fail badge_url",
)
ADDRESSES = ["uuid", "ping_url", "update_url", "pause_url", "resume_url", "channels"]
LIMITS = ["max_runtime", "learnt", "min_runtime", "min_count", "count_window"]
TOLD_AGAIN = ["remind_every", "escalation", "escalation_policy"]
TOLERANCE = ["failures_before_alert", "failures", "misses_before_alert", "misses"]
CALENDAR = ["first_ping_by", "early", "windows", "maintenance_until", "schedules", "warnings"]
QUIET = ["snoozed_until", "acknowledged_at", "acknowledged_by", "unknown_since"]
THROTTLED = ["throttled_since", "throttled_at"]
STATE = ["reason", "explanation", "runs", "due_at", "zone", "every_channel"]
EXTRAS = [
    "probe",
    "depends_on",
    "held_by",
    "group",
    *LIMITS,
    *TOLD_AGAIN,
    *TOLERANCE,
    *CALENDAR,
    *QUIET,
    *THROTTLED,
    *STATE,
]


def viewer(version: str = "v3", *, may_write: bool = True) -> Viewer:
    return Viewer(
        base="https://overdue.example.com",
        version=VERSIONS[version],
        may_write=may_write,
        channel_ids=("b", "a"),
        badge_secret=bytes(32),
        now=NOW,
        slugs={},
    )


@pytest.mark.parametrize(
    ("version", "may_write", "keys"),
    [
        ("v1", True, [*COMMON, *ADDRESSES, "timeout"]),
        ("v2", False, [*COMMON, "unique_key", "timeout"]),
        ("v3", True, [*COMMON, *ADDRESSES, "timeout", *EXTRAS]),
        ("v3", False, [*COMMON, "unique_key", "timeout", *EXTRAS]),
    ],
)
def test_a_check_has_these_keys_and_no_others(version: str, may_write: bool, keys: list[str]) -> None:
    assert set(shaped(a_check(), viewer(version, may_write=may_write))) == set(keys)


def test_a_schedule_stands_in_the_place_of_a_timeout() -> None:
    value = shaped(a_check(schedule=Cron("0 5 * * *", "Asia/Tokyo")), viewer())
    assert (value["schedule"], value["tz"]) == ("0 5 * * *", "Asia/Tokyo")
    assert "timeout" not in value


def test_a_read_only_key_sees_nothing_that_pings() -> None:
    assert CODE not in str(shaped(a_check(), viewer(may_write=False)))


@pytest.mark.parametrize(
    ("check", "v1", "v3"),
    [
        pytest.param(a_check(), "new", "new", id="new"),
        pytest.param(a_check(runs=(Run(rid="", at=utc("2026-03-01T12:00Z")),)), "started", "new", id="new and running"),
        pytest.param(
            a_check(status=Status.DOWN, runs=(Run(rid="", at=utc("2026-03-01T12:00Z")),)),
            "started",
            "down",
            id="down and running",
        ),
        pytest.param(
            a_check(status=Status.DOWN, runs=(Run(rid="", at=utc("2026-03-01T11:00Z")),)),
            "down",
            "down",
            id="down and running for too long",
        ),
        pytest.param(a_check(status=Status.PAUSED), "paused", "paused", id="paused"),
    ],
)
def test_v1_says_started_where_others_keep_the_status(check: Check, v1: str, v3: str) -> None:
    assert (shaped(check, viewer("v1"))["status"], shaped(check, viewer("v3"))["status"]) == (v1, v3)


def test_durations_and_instants_are_whole_seconds() -> None:
    check = a_check(last_success=utc("2026-03-01T12:00:00.987Z"), last_duration=seconds(59.9), period=hours(1))
    value = shaped(check, viewer())
    assert value["last_duration"] == 59
    assert value["last_ping"] == "2026-03-01T12:00:00+00:00"
    assert value["next_ping"] == "2026-03-01T13:00:00+00:00"


@pytest.mark.parametrize(("chosen", "told"), [(("*",), ["a", "b"]), (("b",), ["b"]), (("gone", "a"), ["a"]), ((), [])])
def test_channels_are_those_that_still_exist(chosen: tuple[str, ...], told: list[str]) -> None:
    assert channels_of(a_check(channels=chosen).config, ("b", "a")) == told


def test_v3_tells_all_channels_from_those_that_there_are_and_the_zone_of_a_simple_check() -> None:
    every, each = (shaped(a_check(channels=chosen, tz="Asia/Tokyo"), viewer()) for chosen in (("*",), ("a", "b")))
    assert (every["channels"], every["every_channel"]) == ("a,b", True)
    assert (each["channels"], each["every_channel"]) == ("a,b", False)
    assert (each["zone"], "tz" in each) == ("Asia/Tokyo", False)


def test_the_document_describes_every_key_of_a_check() -> None:
    described = document("https://overdue.example.com")["components"]["schemas"]["Check"]
    assert set(described["properties"]) == {*COMMON, *ADDRESSES, *EXTRAS} | {
        "last_duration",
        "unique_key",
        "timeout",
        "schedule",
        "tz",
    }
    assert set(described["required"]) == {*COMMON, *EXTRAS}


def test_looking_at_a_check_writes_nothing_into_it() -> None:
    check = a_check(last_success=utc("2026-03-01T10:00Z"), period=hours(1), grace=minutes(5))
    value = shaped(check, viewer())
    assert (value["status"], value["reason"], value["due_at"]) == ("down", "missed", "2026-03-01T11:05:00+00:00")
    assert check == replace(check)


def test_a_check_that_is_down_explains_why_in_its_own_zone() -> None:
    check = a_check(
        last_success=utc("2026-03-01T10:00Z"),
        schedule=Cron("0 12 * * *", "Europe/Berlin"),
        tz="Europe/Berlin",
        grace=minutes(5),
    )
    assert shaped(check, viewer())["explanation"] == (
        "No success arrived by 12:05. It was expected at 12:00, with 5 min of grace. No start arrived either. "
        "Look first at the scheduler, not at the script: it was probably never launched "
        "(host down, cron stopped, timer disabled)."
    )
    assert shaped(replace(check, last_success=NOW, due_at=None), viewer())["explanation"] is None


@pytest.mark.parametrize(
    ("runs", "learnt"),
    [
        (9, {"runs": 9, "usual": None, "max_runtime": None}),
        (12, {"runs": 12, "usual": [300.0, 300.0], "max_runtime": 600}),
    ],
)
def test_a_limit_that_is_learnt_is_shown_with_what_it_is_learnt_from(runs: int, learnt: dict[str, object]) -> None:
    recent = b""
    for _ in range(runs):
        recent = appended(recent, Ended.SUCCESS, minutes(5))
    found = shaped(a_check(learns_max_runtime=True, recent=recent), viewer())
    assert (found["max_runtime"], found["learnt"]) == ("auto", learnt)
