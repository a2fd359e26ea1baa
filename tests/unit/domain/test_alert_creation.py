"""A flip and its alert belong together; the facts are those of the moment (docs/reference/rules.md, rules 10, 13)."""

from datetime import datetime
from uuid import UUID, uuid5

import pytest

from chalicelib.domain.alert_creation import down, reminded, snapshot, up
from chalicelib.domain.alerts import Kind, Reason, alert_id
from chalicelib.domain.check import Check, Run, Status
from chalicelib.domain.runs.recent_runs import Ended, appended
from tests.builders import CODE, R1, a_check, flips, hours, minutes, seconds, told, utc


def at(minute: float) -> datetime:
    """So many minutes after noon."""
    return utc("2026-03-01T12:00Z") + minutes(minute)


def gone_down(check: Check, *, minute: float, now: float | None = None) -> Check:
    facts = snapshot(check)
    return down(check, Reason.FAILED, at=at(minute), now=at(minute if now is None else now), facts=facts)


def come_up(check: Check, *, minute: float) -> Check:
    return up(check, was=check, at=at(minute), now=at(minute), took=None)


def test_going_down_is_one_flip_and_one_alert() -> None:
    check = gone_down(a_check(last_success=at(0), n_flips=4), minute=5, now=7)
    [flip], [alert] = flips(check), check.alerts
    assert (flip.number, flip.old, flip.new, flip.reason, flip.at) == (5, Status.UP, Status.DOWN, Reason.FAILED, at(5))
    assert (alert.flip, alert.kind, alert.reason, alert.at, alert.retry_at) == (
        5,
        Kind.DOWN,
        Reason.FAILED,
        at(5),
        at(7),
    )
    assert (check.status, check.reason, check.since, check.n_flips) == (Status.DOWN, Reason.FAILED, at(5), 5)


def test_coming_up_tells_the_downtime() -> None:
    check = come_up(gone_down(a_check(last_success=at(0)), minute=5), minute=9)
    alert = check.alerts[-1]
    assert (alert.kind, alert.reason, alert.facts.since, alert.at) == (Kind.UP, Reason.FAILED, at(5), at(9))
    assert (check.status, check.reason, check.misses) == (Status.UP, None, 0)


@pytest.mark.parametrize("status", [Status.NEW, Status.PAUSED])
def test_coming_up_from_anything_but_down_says_nothing(status: Status) -> None:
    check = come_up(a_check(status=status, since=at(0)), minute=1)
    assert (told(check), len(flips(check))) == ([], 1)


def test_no_flip_is_dated_before_the_one_before_it() -> None:
    check = come_up(gone_down(a_check(last_success=at(0)), minute=5), minute=4)
    assert [flip.at for flip in flips(check)] == [at(5), at(5)]
    assert (check.since, check.alerts[-1].at) == (at(5), at(5))


def test_a_new_outage_begins_with_no_reminder_sent() -> None:
    check = a_check(status=Status.DOWN, since=at(0), reminders=3, remind_every=minutes(30))
    check = gone_down(come_up(check, minute=100), minute=110)
    assert (check.reminders, check.alerts[-1].facts.next_reminder) == (0, at(140))


def test_a_newer_reminder_takes_the_place_of_one_that_nobody_has_delivered() -> None:
    check = gone_down(a_check(last_success=at(0), remind_every=minutes(30)), minute=0)
    check = reminded(check, 1, at=at(30), now=at(30))
    check = reminded(check, 2, at=at(60), now=at(61))
    assert (told(check), check.reminders) == (["down failed", "reminder failed 2"], 2)
    assert check.alerts[-1].facts.next_reminder == at(90)


def test_the_facts_are_those_of_the_moment() -> None:
    recent = b""
    for second in range(10):
        recent = appended(recent, Ended.SUCCESS, seconds(60 + second))
    recent = appended(recent, Ended.FAILED, seconds(1))
    check = a_check(
        last_success=at(0), recent=recent, last_output="disk full", last_exit=75, failures=2, counted_at=at(-1)
    )
    facts = snapshot(check)
    assert (facts.last_success, facts.last_took, facts.last_ping, facts.counted_at) == (
        at(0),
        seconds(69),
        at(0),
        at(-1),
    )
    assert (facts.output, facts.exit_status, facts.in_a_row) == ("disk full", 75, 2)
    assert facts.usual == (seconds(60.9), seconds(68.1))
    assert (facts.run, facts.started) == (None, None)


@pytest.mark.parametrize(
    ("log", "output"),
    [
        pytest.param("row 7 of 9", "row 7 of 9", id="its own last line"),
        pytest.param("", "old", id="it has logged nothing: the check's last output"),
    ],
)
def test_the_facts_of_a_run(log: str, output: str) -> None:
    facts = snapshot(a_check(last_success=at(0), last_output="old"), Run(rid=R1, at=at(3), log=log))
    assert (facts.run, facts.started, facts.output) == (R1, at(3), output)


def test_an_up_tells_when_the_next_success_is_expected() -> None:
    check = come_up(a_check(status=Status.DOWN, since=at(0), last_success=at(8), period=hours(1)), minute=9)
    assert check.alerts[-1].facts.expected == at(68)


def test_the_id_of_an_alert_is_made_of_code_flip_kind_and_ordinal() -> None:
    assert alert_id(CODE, flip=7, kind=Kind.REMINDER, ordinal=2) == str(uuid5(UUID(CODE), "7:reminder:2"))
    assert alert_id(CODE, flip=7, kind=Kind.DOWN) == str(uuid5(UUID(CODE), "7:down:0"))
