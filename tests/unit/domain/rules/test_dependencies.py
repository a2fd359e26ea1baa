"""While a parent is down a child's alerts are held, and judged again when it has come up
(docs/reference/rules.md, rule 18; docs/adr/0009).
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from chalicelib.domain.advance import advance
from chalicelib.domain.check import Check, Status, waits_for
from chalicelib.domain.config import Step
from chalicelib.domain.configure import Acknowledge, Edit, Pause, Resume, Snooze, configure
from chalicelib.domain.deliver import delivered, waiting
from chalicelib.domain.ids import Code
from chalicelib.domain.ping import Signal
from chalicelib.domain.rules.dependencies import hold_or_release, may_wait, to_read
from chalicelib.domain.rules.due import next_due
from tests.builders import CODE, a_check, a_ping, after, days, minutes, told, utc

DB = Code("aaaaaaaa-1b2a-4c3d-8e9f-0123456789ab")
WAN = Code("bbbbbbbb-1b2a-4c3d-8e9f-0123456789ab")
START = utc("2026-03-01T12:00Z")


def at(minute: float) -> datetime:
    return START + minutes(minute)


def a_parent(code: Code = DB, name: str = "db", **given: Any) -> Check:
    return replace(a_check(last_success=START, period=days(1), slug=name, **given), code=code)


def failed(check: Check, minute: float) -> Check:
    return replace(after(check, a_ping(Signal.FAIL, at=at(minute))), records=())  # which have left


def succeeded(check: Check, minute: float) -> Check:
    return after(check, a_ping(at=at(minute)))


def a_child(**given: Any) -> Check:
    return a_check(last_success=START, period=days(1), **{"grace": minutes(10), "depends_on": (DB,), **given})


def look(check: Check, minute: float, *parents: Check) -> Check:
    """What `change.deliver` does before anything leaves."""
    known: Mapping[Code, Check] = {parent.code: parent for parent in parents}
    return hold_or_release(advance(check, now=at(minute)).after, known, now=at(minute)).after


def leaving(check: Check, minute: float) -> list[str]:
    return told(replace(check, alerts=waiting(check, now=at(minute))))


def heard(check: Check, minute: float) -> Check:
    """The check after all that it had to tell has been sent."""
    sent = waiting(check, now=at(minute))
    return delivered(check, records=check.records, sent=sent, failed=(), now=at(minute)).after


DOWN_DB = failed(a_parent(), 5)


def test_while_a_parent_is_down_nothing_of_the_childs_trouble_leaves() -> None:
    child = look(failed(a_child(), 6), 6, DOWN_DB)
    assert child.status is Status.DOWN, "its state goes on"
    assert leaving(child, 6) == []
    assert (waits_for(child), next_due(child)) == (("db",), at(16)), "looked at again within its grace"
    assert leaving(look(child, 16, DOWN_DB), 16) == []


def test_with_its_parents_up_it_is_told_at_once() -> None:
    child = failed(a_child(), 6)
    assert look(child, 6, a_parent()) == child
    assert leaving(child, 6) == ["down failed"]


@pytest.mark.parametrize(
    ("looks", "expected"),
    [
        pytest.param([16, 20, 29.9], [], id="within its grace after the recovery it is held"),
        pytest.param([16, 20, 30], ["down failed"], id="at the recovery and its grace it is told"),
        pytest.param([45], ["down failed"], id="or later, where nobody has looked"),
    ],
)
def test_a_child_that_stays_down_is_told_when_its_grace_after_the_recovery_has_passed(
    looks: list[float], expected: list[str]
) -> None:
    up_again = succeeded(DOWN_DB, 20)
    child = look(failed(a_child(), 6), 6, DOWN_DB)
    for minute in looks:
        child = look(child, minute, DOWN_DB if minute < 20 else up_again)
    assert leaving(child, looks[-1]) == expected


def test_it_is_looked_at_just_when_its_grace_has_passed_and_told_what_held_it() -> None:
    child = look(failed(a_child(), 6), 24, succeeded(DOWN_DB, 20))
    assert next_due(child) == at(30)
    [alert] = look(child, 30, succeeded(DOWN_DB, 20)).alerts
    assert (alert.held_by, alert.facts.waited_for, alert.at) == ((), ("db",), at(6))


def test_what_comes_up_while_it_is_held_is_never_told() -> None:
    child = succeeded(look(failed(a_child(), 6), 6, DOWN_DB), 8)
    assert (child.status, told(child)) == (Status.UP, [])


def test_even_when_nobody_has_looked_in_between() -> None:
    child = succeeded(failed(a_child(), 6), 8)
    assert told(child) == ["down failed", "up failed"]
    assert told(look(child, 9, DOWN_DB)) == []
    assert told(look(child, 9, a_parent())) == ["down failed", "up failed"], "with the parent up it is news"


def test_the_recovery_of_what_people_know_is_told_though_the_parent_is_down() -> None:
    child = heard(look(failed(a_child(), 4), 4, a_parent()), 4)
    assert leaving(look(succeeded(child, 8), 8, DOWN_DB), 8) == ["up failed"]


def test_reminders_are_held_and_those_slept_through_are_not_made_up_for() -> None:
    child = heard(look(failed(a_child(remind_every=minutes(5)), 4), 4, a_parent()), 4)
    child = look(child, 9, DOWN_DB)
    assert (told(child), leaving(child, 9)) == (["reminder failed 1"], [])
    child = look(look(child, 19, DOWN_DB), 30.5, succeeded(DOWN_DB, 20))
    assert leaving(child, 30.5) == ["reminder failed 1"]
    assert next_due(heard(child, 30.5)) == at(34), "the next one in its turn"


def test_a_recovery_drops_the_reminder_that_waits() -> None:
    child = heard(look(failed(a_child(remind_every=minutes(5)), 4), 4, a_parent()), 4)
    assert told(succeeded(look(child, 9, DOWN_DB), 11)) == ["up failed"]


def test_no_reminder_comes_of_an_outage_that_nobody_has_heard_of() -> None:
    child = look(failed(a_child(remind_every=minutes(2)), 6), 6, DOWN_DB)
    child = look(child, 40, succeeded(DOWN_DB, 20))
    assert leaving(child, 40) == ["down failed"]
    assert child.alerts[0].facts.next_reminder == at(42)
    child = heard(child, 40)
    [reminder] = advance(child, now=at(42)).after.alerts
    assert (reminder.ordinal, reminder.at - reminder.facts.since) == (1, minutes(36))


def test_nor_a_step_and_both_count_from_when_it_was_let_go() -> None:
    step = Step(after=minutes(7), channels=("oncall",))
    child = failed(a_child(remind_every=minutes(9), escalation=(step,)), 6)
    child = look(child, 20, DOWN_DB)
    assert told(child) == ["down failed", "escalation failed 1", "reminder failed 1"], "a sweep that came late"
    child = look(child, 40, succeeded(DOWN_DB, 20))
    assert leaving(child, 40) == ["down failed"]
    assert next_due(heard(child, 40)) == at(47)
    assert told(advance(heard(child, 40), now=at(49)).after) == ["escalation failed 1", "reminder failed 1"]


def test_who_acknowledges_what_waits_need_not_be_told_nor_is_its_recovery() -> None:
    child = configure(look(failed(a_child(), 6), 6, DOWN_DB), Acknowledge(by="ann"), now=at(8)).after
    assert (told(child), child.status) == ([], Status.DOWN)
    assert told(look(child, 40, succeeded(DOWN_DB, 20))) == []
    assert told(succeeded(child, 50)) == []


def test_the_recovery_of_what_was_told_is_news_though_a_reminder_waits_as_it_is_acknowledged() -> None:
    child = heard(look(failed(a_child(remind_every=minutes(5)), 4), 4, a_parent()), 4)
    child = configure(look(child, 9, DOWN_DB), Acknowledge(by="ann"), now=at(10)).after
    assert told(child) == []
    assert told(succeeded(child, 11)) == ["up failed"]


@pytest.mark.parametrize(
    "gone",
    [
        pytest.param([], id="deleted"),
        pytest.param([configure(DOWN_DB, Pause(), now=at(7)).after], id="paused"),
        pytest.param(
            [configure(configure(DOWN_DB, Pause(), now=at(7)).after, Resume(), now=at(8)).after], id="new again"
        ),
    ],
)
def test_a_parent_that_is_not_there_any_more_holds_nothing(gone: list[Check]) -> None:
    child = look(failed(a_child(), 6), 6, DOWN_DB)
    assert leaving(look(child, 16, *gone), 16) == ["down failed"]


def test_a_parent_that_was_never_down_holds_nothing_when_it_is_young() -> None:
    young = after(replace(a_parent(), status=Status.NEW, last_ping=None, last_success=None), a_ping(at=at(5)))
    assert leaving(look(failed(a_child(), 6), 6, young), 6) == ["down failed"]


def test_a_parent_that_must_go_down_holds_for_the_time_that_a_sweep_takes() -> None:
    overdue = replace(a_check(last_success=START, period=minutes(4), grace=minutes(1), slug="db"), code=DB)
    child = failed(a_child(grace=minutes(1)), 6)
    assert leaving(look(child, 6, overdue), 6) == []
    assert leaving(look(child, 7, overdue), 7) == ["down failed"], "no sweep judges it: nothing may be silent for it"


def test_one_of_several_parents_is_enough() -> None:
    child = failed(a_child(depends_on=(WAN, DB)), 6)
    held = look(child, 6, DOWN_DB, a_parent(WAN, "wan"))
    assert (leaving(held, 6), waits_for(held)) == ([], ("db",))


def test_a_chain_waits_for_its_root() -> None:
    """The host hangs on the database, and that on the network."""
    wan = failed(a_parent(WAN, "wan"), 3)
    db = look(failed(a_parent(DB, "db", depends_on=(WAN,)), 5), 5, wan)
    child = failed(a_child(), 6)
    assert to_read(child, {DB: db}) == (WAN,), "whom the parent waits for must be known, too"
    assert leaving(look(child, 6, db, wan), 6) == []


def test_a_circle_that_two_edits_at_once_have_made_silences_nobody() -> None:
    child = failed(a_child(), 6)
    db = look(failed(a_parent(DB, "db", depends_on=(CODE,)), 5), 5, failed(a_child(), 4))
    assert told(db) == ["down failed"]
    assert db.alerts[0].held_by == (CODE,)
    assert leaving(look(child, 6, db, child), 6) == ["down failed"]


def test_what_sns_has_refused_once_is_not_held_any_more() -> None:
    child = look(failed(a_child(), 4), 4, a_parent())
    tried = delivered(child, records=(), sent=(), failed=child.alerts, now=at(4)).after
    assert leaving(look(tried, 6, DOWN_DB), 6) == ["down failed"]


def test_a_snooze_goes_before_and_then_the_parents_are_asked() -> None:
    child = configure(look(failed(a_child(), 6), 6, DOWN_DB), Snooze(at(60)), now=at(7)).after
    assert (waits_for(child), next_due(child)) == ((), at(60))
    assert leaving(look(child, 60, DOWN_DB), 60) == []
    assert leaving(look(child, 60, a_parent()), 60) == ["down failed"]


def test_other_parents_are_asked_at_once() -> None:
    child = look(failed(a_child(), 6), 6, DOWN_DB)
    freed = configure(child, Edit(replace(child.config, depends_on=())), now=at(7)).after
    assert leaving(freed, 7) == ["down failed"]


def test_what_is_paused_while_it_is_held_is_never_told() -> None:
    child = configure(look(failed(a_child(), 6), 6, DOWN_DB), Pause(), now=at(7)).after
    assert told(look(child, 16, DOWN_DB)) == []
    assert told(look(child, 16, a_parent())) == []


def test_parents_are_read_only_for_what_would_leave() -> None:
    child = failed(a_child(), 6)
    assert may_wait(child, now=at(6))
    assert not may_wait(look(child, 6, DOWN_DB), now=at(7))
    assert not may_wait(succeeded(heard(child, 6), 8), now=at(8)), "a recovery"
