"""A group is what its members make it (docs/reference/rules.md, rule 19; docs/adr/0012)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.alerts import Kind
from chalicelib.domain.check import Beat, Check, Status
from chalicelib.domain.config import Group, Step
from chalicelib.domain.configure import Acknowledge, Edit, Pause, Resume, Snooze, configure, new_check
from chalicelib.domain.deliver import delivered, waiting
from chalicelib.domain.ids import Code
from chalicelib.domain.ping import Signal
from chalicelib.domain.rules.dependencies import hold_or_release
from chalicelib.domain.rules.due import next_due
from chalicelib.domain.rules.groups import evaluate
from chalicelib.domain.text.explanations import explain, explain_recovery, where_to_look
from chalicelib.domain.text.reasons import summarize
from chalicelib.domain.text.time_format import WallClock
from tests.builders import CODE, a_check, a_ping, days, flips, minutes, outcome_of, told, utc

START = utc("2026-03-01T12:00Z")


def at(minute: float) -> datetime:
    return START + minutes(minute)


def a_member(digit: int, status: Status = Status.UP, *, since: float = 0, **given: Any) -> Check:
    check = a_check(status=status, last_success=START, since=at(since), slug=f"web-{digit}", **given)
    return replace(check, code=Code(f"{digit}f0e8d4c-1b2a-4c3d-8e9f-0123456789ab"))


def members(*down_since: float | None) -> list[Check]:
    """Each down since a minute, or up."""
    return [
        a_member(digit) if since is None else a_member(digit, Status.DOWN, since=since)
        for digit, since in enumerate(down_since, 1)
    ]


def a_group(down_when: int | None = None, **given: Any) -> Check:
    return a_check(slug="web", group=Group(tag="web", down_when=down_when), created_at=START, **given)


def seen(group: Check, those: Sequence[Check], minute: float) -> Check:
    return replace(evaluate(group, those, now=at(minute)).after, records=())


UP = seen(a_group(), members(None, None, None), 1)


@pytest.mark.parametrize(
    ("down_when", "down_since", "expected"),
    [
        pytest.param(None, (5, 6, 7), Status.DOWN, id="all of them"),
        pytest.param(None, (5, 6, None), Status.UP, id="all but one"),
        pytest.param(2, (5, 6, None), Status.DOWN, id="two of three, when two make it down"),
        pytest.param(2, (5, None, None), Status.UP, id="one is too few"),
        pytest.param(4, (5, 6, 7), Status.UP, id="more are asked for than there are"),
        pytest.param(None, (), Status.NEW, id="nobody"),
    ],
)
def test_it_is_down_while_all_or_so_many_of_its_members_are(
    down_when: int | None, down_since: tuple[float | None, ...], expected: Status
) -> None:
    assert seen(a_group(down_when), members(*down_since), 10).status is expected


def test_it_is_down_since_the_last_that_had_to_went_down_and_people_hear_of_it_once() -> None:
    group = evaluate(UP, members(5, 7, 6), now=at(10)).after
    [flip] = flips(group)
    assert (flip.at, flip.new, told(group)) == (at(7), Status.DOWN, ["down failed"])
    assert told(seen(group, members(5, 7, 6), 11)) == ["down failed"]


def test_it_comes_up_with_the_first_that_makes_those_left_too_few() -> None:
    group = replace(seen(UP, members(5, 6, 7), 8), alerts=())
    those = [a_member(1, since=12), a_member(2, since=11), a_member(3, Status.DOWN, since=7)]
    group = evaluate(group, those, now=at(15)).after
    [flip] = flips(group)
    assert (flip.at, flip.new, told(group)) == (at(11), Status.UP, ["up failed"])


def test_its_flip_is_not_dated_before_the_flip_of_the_member_that_caused_it() -> None:
    """The look began a second before the member flipped, or its clock is behind."""
    behind = 7 - 1 / 60
    [flip] = flips(evaluate(UP, members(5, 7, 6), now=at(behind)).after)
    assert (flip.at, flip.new) == (at(7), Status.DOWN)
    down = seen(UP, members(5, 6, 7), 8)
    [flip] = flips(evaluate(down, [a_member(1, since=12), *members(None, 6, 7)[1:]], now=at(11.9)).after)
    assert (flip.at, flip.new) == (at(12), Status.UP)
    [flip] = flips(evaluate(down, [a_member(1, Status.NEW, since=12), *members(None, 6, 7)[1:]], now=at(11.9)).after)
    assert (flip.at, flip.new) == (at(12), Status.UP)
    [flip] = flips(evaluate(down, [a_member(1, Status.PAUSED, since=12)], now=at(11.9)).after)
    assert (flip.at, flip.new) == (at(12), Status.NEW)


def test_a_pause_that_makes_it_flip_is_the_instant_of_its_flip() -> None:
    [flip] = flips(evaluate(UP, [*members(5, 6), a_member(3, Status.PAUSED, since=9)], now=at(10)).after)
    assert (flip.at, flip.new) == (at(9), Status.DOWN)
    down = seen(seen(a_group(2), members(None, None, None), 1), members(5, 6, 7), 7.5)
    those = [a_member(1, Status.PAUSED, since=9), *members(None, 6)[1:], a_member(3, since=8)]
    [flip] = flips(evaluate(down, those, now=at(10)).after)
    assert (flip.at, flip.new) == (at(9), Status.UP)


@settings(max_examples=300, derandomize=True, deadline=None, database=None)
@given(
    st.sampled_from([None, 1, 2]),
    st.lists(
        st.tuples(
            st.integers(1, 3), st.sampled_from([*Status, Status.UP, Status.DOWN]), st.sampled_from([None, -1, 0, 5])
        ),
        min_size=4,
        max_size=20,
    ),
)
def test_no_flip_is_dated_before_its_cause(
    down_when: int | None, happened: list[tuple[int, Status, int | None]]
) -> None:
    """A member flips each minute. Some looks are left out, some begin a second before the flip that they find."""
    group = UP if down_when is None else seen(a_group(down_when), members(None, None, None), 1)
    those = {digit: a_member(digit) for digit in (1, 2, 3)}
    truth, caused_at = Status.UP, START
    for minute, (digit, status, lag) in enumerate(happened, 2):
        if those[digit].status is not status:
            those[digit] = a_member(digit, status, since=minute)
        counting = [each.status for each in those.values() if each.status is not Status.PAUSED]
        n_down = counting.count(Status.DOWN)
        is_down = n_down > 0 and n_down >= (down_when or len(counting))
        found = Status.NEW if not counting else Status.DOWN if is_down else Status.UP
        if found is not truth:
            truth, caused_at = found, at(minute)
        if lag is not None:
            group = evaluate(replace(group, records=()), list(those.values()), now=at(minute + lag / 60)).after
            assert all(flip.at >= caused_at for flip in flips(group))


def test_who_is_paused_does_not_count_and_who_is_new_is_not_down() -> None:
    paused, new = a_member(3, Status.PAUSED), a_member(3, Status.NEW)
    assert seen(UP, [*members(5, 6), paused], 10).status is Status.DOWN
    assert seen(UP, [*members(5, 6), new], 10).status is Status.UP
    assert seen(a_group(), [new], 10).status is Status.NEW, "nothing is known of it"
    assert seen(a_group(), [paused], 10).status is Status.NEW


def test_a_group_is_no_member() -> None:
    inner = replace(a_group(status=Status.DOWN), code=Code("9f0e8d4c-1b2a-4c3d-8e9f-0123456789ab"))
    assert seen(UP, [*members(None), inner], 10).status is Status.UP
    assert seen(UP, [inner], 10).status is Status.NEW


@pytest.mark.parametrize("left", [pytest.param([], id="deleted"), pytest.param([Status.PAUSED], id="paused")])
def test_with_none_left_that_counts_it_is_neither_up_nor_down_and_nobody_hears_of_it(left: list[Status]) -> None:
    down = replace(seen(UP, members(5, 6), 10), alerts=())
    group = evaluate(down, [a_member(1, status) for status in left], now=at(11)).after
    [flip] = flips(group)
    assert (flip.old, flip.new, group.alerts, group.last_output) == (Status.DOWN, Status.NEW, (), "")
    assert seen(seen(UP, [], 10), members(None), 11).status is Status.UP


def test_a_late_look_reminds_of_nothing_that_its_members_have_ended() -> None:
    config: dict[str, Any] = {"remind_every": minutes(3), "escalation": (Step(after=minutes(4), channels=("beta",)),)}
    down = replace(seen(seen(a_group(**config), members(None), 1), members(5), 6), alerts=())
    assert told(evaluate(down, [a_member(1, since=7)], now=at(14)).after) == ["up failed"]
    assert told(evaluate(down, members(5), now=at(9)).after) == ["reminder failed 1", "escalation failed 1"]


def test_a_look_that_a_member_has_asked_for_is_still_to_come_whatever_else_is_written() -> None:
    """Its own alert is just leaving, an operator acknowledges, a parent holds it, when a member's flip makes it due."""
    found = evaluate(UP, members(5, 6, 7), now=at(10)).after
    asked = replace(found, due_at=at(11))
    records, alerts = asked.records, asked.alerts
    told_of = delivered(asked, records=records, sent=alerts, failed=(), now=at(12))
    for verdict in (
        told_of,
        delivered(asked, records=records, sent=(), failed=alerts, now=at(12)),
        configure(asked, Acknowledge(by="you"), now=at(12)),
        configure(asked, Snooze(at(40)), now=at(12)),
        configure(asked, Edit(replace(asked.config, remind_every=minutes(3))), now=at(12)),
        hold_or_release(asked, {}, now=at(12)),
    ):
        assert verdict.after.due_at is not None
        assert verdict.after.due_at <= at(11)
    settled = evaluate(told_of.after, members(5, 6, 7), now=at(13)).after
    assert settled.due_at == at(28), "then it is seen to"


def test_an_edit_is_followed_by_a_look_even_if_whoever_made_it_dies_before() -> None:
    quiet = replace(UP, due_at=next_due(UP))
    assert configure(quiet, Edit(replace(UP.config, group=Group(tag="db"))), now=at(2)).after.due_at == at(2)
    paused = replace(configure(quiet, Pause(), now=at(2)).after, records=(), due_at=None)
    assert configure(paused, Resume(), now=at(20)).after.due_at == at(20)


def test_it_is_looked_at_when_it_is_made_and_every_quarter_of_an_hour_but_not_while_it_is_paused() -> None:
    made = new_check(CODE, project="default", config=a_group().config, now=START)
    assert made.due_at == START
    assert next_due(UP) == at(16)
    paused = seen(configure(UP, Pause(), now=at(2)).after, members(5, 6, 7), 10)
    assert (paused.status, next_due(paused)) == (Status.PAUSED, None)
    assert seen(configure(paused, Resume(), now=at(20)).after, members(5, 6), 21).status is Status.DOWN


def test_snooze_and_reminders_are_as_for_any_check() -> None:
    group = seen(configure(UP, Snooze(at(30)), now=at(2)).after, members(5, 6, 7), 10)
    assert (group.status, waiting(group, now=at(10))) == (Status.DOWN, ())
    assert [alert.kind for alert in waiting(seen(group, members(5, 6, 7), 30), now=at(30))] == [Kind.DOWN]
    reminding = seen(seen(a_group(remind_every=minutes(5)), members(None), 1), members(5), 6)
    assert told(seen(reminding, members(5), 10)) == ["down failed", "reminder failed 1"]


def test_pings_to_it_are_recorded_without_effect() -> None:
    for signal in (Signal.FAIL, Signal.SUCCESS, Signal.START):
        outcome = outcome_of(UP, a_ping(signal, at=at(3)))
        assert isinstance(outcome, Beat)
        assert outcome.after == replace(UP, n_pings=1, pace=outcome.after.pace)


def test_what_becomes_a_group_awaits_nothing_of_its_own() -> None:
    plain = a_check(last_success=START, period=minutes(5), grace=minutes(1), max_runtime=minutes(1))
    edited = configure(plain, Edit(replace(plain.config, group=Group(tag="web"))), now=at(3)).after
    assert seen(edited, members(None, None), 60).status is Status.UP
    assert next_due(edited) == at(18)


def test_words_tell_who_is_down_and_how_many_there_are() -> None:
    clock = WallClock(tz="UTC", now=at(20))
    [down] = seen(seen(a_group(2), members(None), 1), members(5, 6, None), 10).alerts
    assert down.reason is not None
    assert summarize(down.reason, down.facts, clock) == ("failed", "2 of 3 members are down")
    expected = "2 of 3 members are down: web-1, web-2. The group is down when 2 of them are."
    assert explain(down.reason, down.facts, clock) == expected
    assert (
        where_to_look(down.reason, down.facts) == "Look first at the members: the page of each one says why it is down."
    )
    all_down = seen(UP, members(5), 10)
    assert all_down.last_output == "1 of 1 member is down: web-1"
    assert explain(down.reason, all_down.alerts[0].facts, clock).endswith("The group is down when all of them are.")
    [up] = evaluate(replace(all_down, alerts=()), members(None), now=at(15)).after.alerts
    assert explain_recovery(up.reason, up.facts, clock, at=up.at) == "None of 1 member is down, as of 12:15:00."


def test_its_period_says_nothing() -> None:
    assert next_due(seen(a_group(period=days(1)), members(None), 1)) == at(16)
