"""Quiet until an instant (docs/reference/rules.md, rule 9), and an outage that somebody sees to (rule 11)."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from chalicelib.domain.advance import advance
from chalicelib.domain.alerts import Kind
from chalicelib.domain.check import Check, Status
from chalicelib.domain.configure import Acknowledge, Pause, Snooze, Unsnooze, configure
from chalicelib.domain.deliver import waiting
from chalicelib.domain.ping import Ping, Signal
from chalicelib.domain.rules.due import next_due
from chalicelib.domain.schedule.occurrences import Every
from tests.builders import a_check, a_ping, after, minutes, told, utc

START = utc("2026-03-01T12:00Z")


def at(minute: float) -> datetime:
    return START + minutes(minute)


def failing(minute: float) -> Ping:
    return a_ping(Signal.FAIL, at=at(minute))


def an_up_check(**given: Any) -> Check:
    return a_check(last_success=START, **{"schedule": Every(minutes(600)), **given})


def heard(check: Check) -> Check:
    """People have got what there was to get."""
    return replace(check, alerts=(), records=())


def snoozed(check: Check, *, since: float, until: float) -> Check:
    return configure(check, Snooze(at(until)), now=at(since)).after


def going_out(check: Check, minute: float) -> list[tuple[Kind, int]]:
    check = advance(check, now=at(minute)).after
    return [(alert.kind, alert.flip) for alert in waiting(check, now=at(minute))]


def test_its_end_is_an_instant_at_which_a_check_needs_a_look() -> None:
    assert next_due(snoozed(an_up_check(), since=1, until=60)) == at(60)
    assert advance(snoozed(an_up_check(), since=1, until=60), now=at(60)).after.snoozed_until is None


def test_what_goes_down_meanwhile_is_told_at_the_end_once_with_the_facts_of_its_moment() -> None:
    check = after(snoozed(an_up_check(), since=1, until=60), a_ping(Signal.FAIL, at=at(10), exit_status=7))
    assert check.status is Status.DOWN, "the state goes on"
    assert going_out(check, 59) == []
    assert going_out(check, 60) == [(Kind.DOWN, 2)]
    [alert] = advance(check, now=at(61)).after.alerts
    assert (alert.at, alert.facts.exit_status, alert.facts.snoozed_until) == (at(10), 7, at(60))


def test_a_miss_meanwhile_is_told_at_the_end_even_when_nobody_has_looked_in_between() -> None:
    check = snoozed(an_up_check(schedule=Every(minutes(5)), grace=minutes(5)), since=1, until=60)
    check = advance(check, now=at(75)).after
    [alert] = check.alerts
    assert (alert.kind, alert.at, check.since) == (Kind.DOWN, at(10), at(10))


def test_what_goes_down_and_comes_up_meanwhile_is_told_never() -> None:
    check = after(snoozed(an_up_check(), since=1, until=60), failing(10), a_ping(at=at(20)))
    assert check.status is Status.UP
    assert going_out(check, 60) == []


def test_of_an_outage_that_people_know_a_reminder_tells_at_the_end() -> None:
    check = snoozed(heard(after(an_up_check(), failing(10))), since=15, until=60)
    assert going_out(check, 59) == []
    assert told(advance(check, now=at(60)).after) == ["reminder failed 1"]
    assert told(advance(check, now=at(600)).after) == ["reminder failed 1"], "once"


def test_its_recovery_meanwhile_is_told_at_the_end() -> None:
    check = after(snoozed(heard(after(an_up_check(), failing(10))), since=15, until=60), a_ping(at=at(30)))
    assert going_out(check, 59) == []
    assert going_out(check, 60) == [(Kind.UP, 3)]


def test_down_again_at_the_end_is_one_alert_of_the_new_outage() -> None:
    known = snoozed(heard(after(an_up_check(), failing(10))), since=15, until=60)
    check = after(known, a_ping(at=at(30)), failing(40))
    assert going_out(check, 60) == [(Kind.DOWN, 4)]
    check = after(check, a_ping(at=at(50)))
    assert going_out(check, 60) == [(Kind.UP, 3)], "the outage that people know of is over"


def test_reminders_are_not_sent_meanwhile_and_go_on_afterwards() -> None:
    check = heard(after(an_up_check(remind_every=minutes(20)), failing(10)))
    check = snoozed(check, since=15, until=60)
    assert going_out(check, 59) == []
    check = advance(check, now=at(60)).after
    assert told(check) == ["reminder failed 2"], "the one of minute 50, at minute 60"
    assert next_due(heard(check)) == at(70)


def test_a_snooze_within_one_interval_brings_the_next_reminder_forward_and_gives_no_id_twice() -> None:
    check = heard(after(an_up_check(remind_every=minutes(60)), failing(10)))
    first = heard(advance(snoozed(check, since=15, until=20), now=at(20)).after)
    second = advance(snoozed(first, since=25, until=30), now=at(30)).after
    assert (first.reminders, told(second)) == (1, ["reminder failed 2"])


def test_ending_it_by_hand_tells_at_once_what_nobody_has_heard_of() -> None:
    check = after(snoozed(an_up_check(), since=1, until=60), failing(10))
    check = configure(check, Unsnooze(), now=at(20)).after
    assert [alert.kind for alert in waiting(check, now=at(20))] == [Kind.DOWN]
    known = configure(snoozed(heard(after(an_up_check(), failing(10))), since=15, until=60), Unsnooze(), now=at(20))
    assert (known.after.snoozed_until, told(known.after)) == (None, [])


def test_a_longer_snooze_holds_what_the_first_one_held() -> None:
    check = after(snoozed(an_up_check(), since=1, until=60), failing(10))
    check = snoozed(check, since=50, until=90)
    assert going_out(check, 89) == []
    assert going_out(check, 90) == [(Kind.DOWN, 2)]


def test_what_the_first_one_let_out_and_nobody_has_published_is_held_by_the_next() -> None:
    check = after(snoozed(an_up_check(), since=1, until=10), failing(5))
    check = snoozed(advance(check, now=at(11)).after, since=12, until=60)
    assert (going_out(check, 59), going_out(check, 60)) == ([], [(Kind.DOWN, 2)])


def test_a_pause_meanwhile_ends_what_was_to_be_told() -> None:
    check = after(snoozed(an_up_check(), since=1, until=60), failing(10))
    check = configure(check, Pause(), now=at(20)).after
    assert going_out(check, 60) == []


def test_an_end_that_has_passed_is_no_snooze() -> None:
    assert snoozed(an_up_check(), since=5, until=5).snoozed_until is None


def test_acknowledging_stops_the_reminders_of_this_outage_only() -> None:
    check = heard(after(an_up_check(remind_every=minutes(20)), failing(10)))
    check = configure(check, Acknowledge(by="ci"), now=at(15)).after
    assert (check.acknowledged_at, check.acknowledged_by, check.due_at) == (at(15), "ci", None)
    check = after(check, a_ping(at=at(40)))
    assert told(check) == ["up failed"], "the recovery is told"
    check = after(check, failing(50))
    assert check.acknowledged_at is None
    assert next_due(heard(check)) == at(70)


def test_who_acknowledged_first_is_kept_and_what_is_not_down_cannot_be() -> None:
    check = configure(after(an_up_check(), failing(10)), Acknowledge(by="first"), now=at(15)).after
    assert configure(check, Acknowledge(by="second"), now=at(20)).after.acknowledged_by == "first"
    assert configure(an_up_check(), Acknowledge(by="ci"), now=at(1)).after.acknowledged_at is None


def test_reminders_of_what_was_told_only_at_the_end_count_from_there() -> None:
    quiet = snoozed(an_up_check(remind_every=minutes(20)), since=1, until=60)
    check = advance(after(quiet, failing(10)), now=at(60)).after
    assert told(check) == ["down failed"], "one alert"
    [alert] = check.alerts
    assert (alert.facts.since, alert.facts.next_reminder) == (at(10), at(80))
    [reminder] = advance(heard(check), now=at(80)).after.alerts
    assert (reminder.ordinal, reminder.at - reminder.facts.since) == (1, minutes(70))
    late = advance(after(quiet, failing(10)), now=at(125)).after
    assert told(late) == ["down failed", "reminder failed 3"], "when nobody has looked in between"


def test_ended_by_hand_they_count_from_then() -> None:
    check = after(snoozed(an_up_check(remind_every=minutes(20)), since=1, until=60), failing(10))
    check = configure(check, Unsnooze(), now=at(35)).after
    assert next_due(heard(check)) == at(55)


def test_the_next_outage_counts_from_its_own_beginning() -> None:
    quiet = snoozed(an_up_check(remind_every=minutes(20)), since=1, until=60)
    check = advance(after(quiet, failing(10)), now=at(60)).after
    check = after(heard(check), a_ping(at=at(65)), failing(70))
    assert next_due(heard(check)) == at(90)


def acknowledged(check: Check, minute: float) -> Check:
    return configure(check, Acknowledge(by="ann"), now=at(minute)).after


def test_who_acknowledges_what_is_held_need_not_be_told_nor_is_its_recovery() -> None:
    quiet = snoozed(an_up_check(remind_every=minutes(20)), since=1, until=60)
    check = acknowledged(after(quiet, failing(10)), 20)
    assert going_out(check, 600) == []
    check = advance(check, now=at(60)).after
    assert (check.status, told(after(check, a_ping(at=at(70))))) == (Status.DOWN, [])
    again = after(check, a_ping(at=at(70)), failing(80))
    assert told(again) == ["down failed"], "the next outage is told"
    assert told(after(heard(again), a_ping(at=at(90)))) == ["up failed"]


def test_of_what_people_know_and_somebody_sees_to_nothing_is_told_at_the_end_but_its_recovery() -> None:
    check = acknowledged(snoozed(heard(after(an_up_check(), failing(10))), since=15, until=60), 20)
    assert going_out(check, 60) == []
    assert told(after(advance(check, now=at(60)).after, a_ping(at=at(70)))) == ["up failed"]


@pytest.mark.parametrize("up_at", [50, 70])
def test_who_knew_of_an_earlier_outage_hears_once_that_it_is_up(up_at: float) -> None:
    known = snoozed(heard(after(an_up_check(), failing(10))), since=15, until=60)
    check = acknowledged(after(known, a_ping(at=at(30)), failing(40)), 45)
    check = after(check, a_ping(at=at(up_at)))
    assert going_out(check, 80) == [(Kind.UP, 5)]
