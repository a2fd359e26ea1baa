"""Whom to tell, step by step, while nobody sees to an outage (docs/reference/rules.md, rule 11)."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from chalicelib.domain.advance import advance
from chalicelib.domain.alerts import Alert, Kind, alert_id
from chalicelib.domain.check import Check
from chalicelib.domain.config import Step
from chalicelib.domain.configure import Acknowledge, Edit, Pause, Snooze, Unsnooze, configure
from chalicelib.domain.errors import BadInput
from chalicelib.domain.ping import Signal
from chalicelib.domain.rules.due import next_due
from chalicelib.domain.rules.escalation import in_order, policy_name
from chalicelib.domain.schedule.occurrences import Every
from tests.builders import CODE, a_check, a_ping, after, minutes, utc

START = utc("2026-03-01T12:00Z")
ONCALL = Step(after=minutes(15), channels=("oncall",))
MANAGER = Step(after=minutes(60), channels=("oncall", "manager"))


def at(minute: float) -> datetime:
    return START + minutes(minute)


def a_down_check(**given: Any) -> Check:
    """It has failed at minute 0, and people have heard of that."""
    config = {"schedule": Every(minutes(600)), "escalation": (ONCALL, MANAGER), **given}
    check = after(a_check(last_success=at(-1), **config), a_ping(Signal.FAIL, at=at(0)))
    return heard(check)


def heard(check: Check) -> Check:
    return replace(check, alerts=(), records=())


def looked_at(check: Check, minute: float) -> Check:
    return advance(check, now=at(minute)).after


def told(check: Check) -> list[tuple[Kind, int, datetime, tuple[str, ...]]]:
    return [(alert.kind, alert.ordinal, alert.at, alert.channels) for alert in check.alerts]


def test_each_step_is_an_instant_since_the_flip_at_which_its_channels_only_are_told() -> None:
    check = a_down_check()
    assert next_due(check) == at(15)
    first = looked_at(check, 15)
    assert told(first) == [(Kind.ESCALATION, 1, at(15), ("oncall",))]
    assert next_due(heard(first)) == at(60)
    second = looked_at(heard(first), 60)
    assert told(second) == [(Kind.ESCALATION, 2, at(60), ("oncall", "manager"))]
    assert next_due(heard(second)) is None


def test_a_step_is_not_told_a_moment_before_its_instant() -> None:
    assert looked_at(a_down_check(), 14.999).alerts == ()


def test_steps_that_were_slept_through_are_all_told_each_to_its_channels() -> None:
    late = looked_at(a_down_check(), 200)
    assert [alert.channels for alert in late.alerts] == [ONCALL.channels, MANAGER.channels]
    assert [alert.at for alert in late.alerts] == [at(15), at(60)]


def test_its_id_is_made_of_the_flip_and_its_number() -> None:
    [first] = looked_at(a_down_check(), 15).alerts
    assert first.id == alert_id(CODE, flip=first.flip, kind=Kind.ESCALATION, ordinal=1)


def test_steps_and_reminders_come_in_the_order_of_their_instants_whenever_somebody_looks() -> None:
    check = a_down_check(remind_every=minutes(10))
    late = looked_at(check, 25)
    punctual = check
    for minute in range(10, 26, 5):
        punctual = looked_at(punctual, minute)
    assert [alert.id for alert in late.alerts] == [alert.id for alert in punctual.alerts]
    assert [alert.kind for alert in late.alerts] == [Kind.ESCALATION, Kind.REMINDER]


def test_who_acknowledges_it_ends_the_steps() -> None:
    check = configure(a_down_check(), Acknowledge(by="ann"), now=at(5)).after
    assert next_due(check) is None
    assert looked_at(check, 600).alerts == ()


def test_a_recovery_ends_them_and_is_told_to_the_channels_that_steps_have_told() -> None:
    check = after(heard(looked_at(a_down_check(channels=("ops",)), 15)), a_ping(at=at(20)))
    [up] = check.alerts
    assert (up.kind, up.channels) == (Kind.UP, ("oncall",))
    assert (check.escalated, looked_at(heard(check), 61).alerts) == ((), ())


def test_a_recovery_before_the_first_step_is_told_to_no_one_else() -> None:
    [up] = after(a_down_check(), a_ping(at=at(10))).alerts
    assert (up.kind, up.channels) == (Kind.UP, ())


def test_a_step_that_was_due_before_a_late_recovery_is_told_before_it() -> None:
    check = after(a_down_check(), a_ping(at=at(20)))
    assert [alert.kind for alert in check.alerts] == [Kind.ESCALATION, Kind.UP]


def test_the_next_outage_begins_with_the_first_step() -> None:
    check = after(looked_at(a_down_check(), 60), a_ping(at=at(70)), a_ping(Signal.FAIL, at=at(80)))
    assert told(looked_at(heard(check), 95)) == [(Kind.ESCALATION, 1, at(95), ("oncall",))]


def test_a_pause_ends_them() -> None:
    assert looked_at(configure(a_down_check(), Pause(), now=at(5)).after, 600).alerts == ()


def test_a_snooze_holds_them_and_its_end_lets_them_go() -> None:
    check = configure(a_down_check(), Snooze(at(30)), now=at(5)).after
    assert looked_at(check, 29).alerts == ()
    assert [alert.kind for alert in looked_at(check, 30).alerts] == [Kind.REMINDER, Kind.ESCALATION]
    early = configure(check, Unsnooze(), now=at(20)).after
    assert told(looked_at(early, 20)) == [(Kind.ESCALATION, 1, at(15), ("oncall",))]


def edited(check: Check, *steps: Step, minute: float) -> Check:
    return configure(check, Edit(replace(check.config, escalation=steps)), now=at(minute)).after


def test_a_channel_that_an_edit_puts_into_a_step_that_has_been_told_is_told_at_once() -> None:
    check = edited(heard(looked_at(a_down_check(), 15)), Step(after=minutes(15), channels=("ops",)), minute=20)
    assert next_due(check) == at(20)
    [alert] = looked_at(check, 21).alerts
    assert (alert.ordinal, alert.channels, alert.at, alert.facts.after) == (2, ("ops",), at(20), minutes(20))
    assert next_due(heard(looked_at(check, 21))) is None, "once"


@pytest.mark.parametrize(
    ("steps", "channels"),
    [
        pytest.param([ONCALL], [], id="nothing has changed for this step"),
        pytest.param([replace(ONCALL, after=minutes(18))], [], id="later, but past: its channel knows"),
        pytest.param([replace(ONCALL, after=minutes(5))], [], id="earlier: its channel knows"),
        pytest.param([Step(after=minutes(15), channels=("oncall", "ops"))], [("ops",)], id="one more channel"),
        pytest.param([Step(after=minutes(5), channels=("ops",)), ONCALL], [("ops",)], id="a step before it"),
        pytest.param([ONCALL, Step(after=minutes(18), channels=("ops",))], [("ops",)], id="a step after it, but past"),
        pytest.param(
            [Step(after=minutes(5), channels=("ops",)), Step(after=minutes(18), channels=("ops", "oncall"))],
            [("ops",)],
            id="two such steps: each channel once",
        ),
        pytest.param([Step(after=minutes(15), channels=("*",))], [("*",)], id="all of them"),
    ],
)
def test_of_the_steps_that_an_edit_finds_past_those_channels_are_told_that_no_step_has_told(
    steps: list[Step], channels: list[tuple[str, ...]]
) -> None:
    check = edited(heard(looked_at(a_down_check(escalation=(ONCALL,)), 15)), *steps, minute=20)
    assert [alert.channels for alert in looked_at(check, 20).alerts] == channels
    assert looked_at(heard(looked_at(check, 20)), 600).alerts == ()


def test_after_all_have_been_told_an_edit_finds_nobody_left() -> None:
    check = heard(looked_at(a_down_check(escalation=(Step(after=minutes(15), channels=("*",)),)), 15))
    assert next_due(edited(check, ONCALL, minute=20)) is None


def test_a_step_that_is_still_to_come_after_an_edit_tells_all_of_its_channels() -> None:
    check = edited(heard(looked_at(a_down_check(), 15)), ONCALL, replace(MANAGER, after=minutes(90)), minute=20)
    assert told(looked_at(check, 90)) == [(Kind.ESCALATION, 2, at(90), ("oncall", "manager"))]


def test_steps_that_come_with_an_edit_are_told_of_an_outage_that_goes_on() -> None:
    check = edited(a_down_check(escalation=()), ONCALL, MANAGER, minute=30)
    assert told(looked_at(check, 60)) == [
        (Kind.ESCALATION, 1, at(30), ("oncall",)),
        (Kind.ESCALATION, 2, at(60), ("oncall", "manager")),
    ]


def test_edits_of_the_steps_in_any_number_give_each_alert_an_id_of_its_own() -> None:
    check = a_down_check(escalation=())
    for minute in range(20, 40):
        check = looked_at(edited(check, Step(after=minutes(15), channels=(f"no-{minute}",)), minute=minute), minute)
    assert [alert.ordinal for alert in check.alerts] == list(range(1, 21))
    assert len({alert.id for alert in check.alerts}) == 20


def test_an_edit_while_it_is_snoozed_is_told_at_the_end_and_of_what_is_acknowledged_never() -> None:
    check = heard(looked_at(a_down_check(escalation=(ONCALL,)), 15))
    other = Step(after=minutes(15), channels=("ops",))
    snoozed = edited(configure(check, Snooze(at(30)), now=at(16)).after, other, minute=20)
    assert (looked_at(snoozed, 29).alerts, snoozed.due_at) == ((), at(30))
    assert [alert.channels for alert in looked_at(snoozed, 30).alerts if alert.kind is Kind.ESCALATION] == [("ops",)]
    seen_to = configure(check, Acknowledge(by="ann"), now=at(16)).after
    assert looked_at(edited(seen_to, other, minute=20), 600).alerts == ()


def test_a_recovery_is_told_to_those_whom_an_edit_has_let_be_told() -> None:
    check = looked_at(edited(heard(looked_at(a_down_check(), 15)), replace(ONCALL, channels=("ops",)), minute=20), 20)
    [up] = after(heard(check), a_ping(at=at(25))).alerts
    assert up.channels == ("oncall", "ops")


def test_of_an_outage_whose_alert_a_snooze_has_held_steps_count_from_its_end() -> None:
    quiet = configure(
        a_check(last_success=at(-1), schedule=Every(minutes(600)), escalation=(ONCALL,), grace=minutes(1)),
        Snooze(at(30)),
        now=at(-0.5),
    ).after
    check = edited(after(quiet, a_ping(Signal.FAIL, at=at(0))), ONCALL, MANAGER, minute=20)
    assert [alert.kind for alert in looked_at(check, 30).alerts] == [Kind.DOWN]
    check = heard(looked_at(check, 30))
    assert next_due(check) == at(45)
    [alert] = looked_at(check, 45).alerts
    assert (alert.at, alert.facts.after, alert.facts.since) == (at(45), minutes(45), at(0)), "of the outage as it is"


def test_a_step_tells_what_is_known_at_its_instant_and_which_run_is_open() -> None:
    missed = a_check(last_success=at(-600), schedule=Every(minutes(600)), grace=minutes(1), escalation=(ONCALL,))
    check = looked_at(after(missed, a_ping(Signal.START, at=at(1.5))), 60)
    alert: Alert = check.alerts[-1]
    assert (alert.facts.after, alert.facts.started) == (minutes(15), at(1.5))


def test_steps_are_kept_in_the_order_in_which_they_come() -> None:
    assert in_order([MANAGER, ONCALL]) == (ONCALL, MANAGER)


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        ([ONCALL, replace(MANAGER, after=ONCALL.after)], 'two steps come after "15m"'),
        ([replace(ONCALL, channels=())], "a step has no channels"),
    ],
)
def test_steps_that_nobody_can_have_meant_are_refused(steps: list[Step], why: str) -> None:
    with pytest.raises(BadInput, match=why):
        in_order(steps)


@pytest.mark.parametrize("name", ["", "off", "two words", "-", "x" * 41])
def test_a_policy_has_a_plain_name(name: str) -> None:
    with pytest.raises(BadInput, match="cannot be a policy"):
        policy_name(name)
