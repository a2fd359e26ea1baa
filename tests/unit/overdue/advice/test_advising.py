"""Suggestions with their alert counts, and the alerts with and without the changes."""

import json

from overdue.advice.advising import advice
from tests.builders import days, hours, minutes, utc
from tests.unit.overdue.advice.histories import a_check, pings, runs

TWO = utc("2026-03-01T02:00Z")
USUAL = [minutes(5)] * 14


def test_each_suggestion_is_simulated_together_with_those_before_it() -> None:
    history = runs(TWO, every=days(1), took=[*USUAL, minutes(50)])
    given = advice(a_check(zone="Asia/Tokyo"), history, what_if={}, now=TWO + days(14) + hours(1))
    assert [(each.suggestion.option, each.alerts) for each in given.suggestions] == [
        ('--schedule "0 11 * * *" --tz Asia/Tokyo', 0),
        ("--max-runtime auto", 1),
        ("--grace 1m", 1),
    ]
    assert (given.now, given.then, given.is_what_if) == (0, 1, False)
    [outage] = given.told
    assert (outage.reason, outage.at, outage.until) == (
        "overrun",
        TWO + days(14) + minutes(10),
        TWO + days(14) + minutes(50),
    )
    assert (outage.now, outage.then) == (False, True)


def test_what_if_compares_the_alerts_one_by_one() -> None:
    history = pings((TWO, "success"), (TWO + hours(25.5), "success"), (TWO + hours(30), "fail"))
    given = advice(a_check(), history, what_if={"grace": 7200}, now=TWO + hours(31))
    assert [(each.reason, each.now, each.then) for each in given.told] == [
        ("missed", True, False),
        ("failed", True, True),
    ]
    assert (given.now, given.then, given.is_what_if) == (2, 1, True)


def test_clock_changes_are_those_of_the_proposed_schedule() -> None:
    now = utc("2026-08-01T12:00Z")
    what_if = {"schedules": ["30 * * * *"], "tz": "Europe/Berlin"}
    given = advice(a_check(), [], what_if=what_if, now=now)
    assert json.loads(json.dumps(given.as_json()))["nights"] == [
        {"at": "2026-10-25T01:00:00+00:00", "clocks": "back", "skipped": [], "moved": [], "doubled": ["02:30"]},
        {"at": "2027-03-28T01:00:00+00:00", "clocks": "forward", "skipped": ["02:30"], "moved": [], "doubled": []},
    ]


def test_a_probed_check_gets_no_suggestions() -> None:
    history = pings(*((TWO + number * minutes(3), "success") for number in range(30)))
    probed = a_check(timeout=60, probe={"url": "https://example.com"})
    assert advice(probed, history, what_if={}, now=TWO + hours(2)).suggestions == ()
