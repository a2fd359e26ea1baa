"""However often steps are edited in the midst of an outage, who is to be told is, and nobody is made up for twice
(docs/reference/rules.md, rule 11; docs/adr/0010).
"""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.advance import advance
from chalicelib.domain.alerts import Alert, Kind
from chalicelib.domain.check import Check
from chalicelib.domain.config import Step
from chalicelib.domain.configure import Edit, configure
from chalicelib.domain.ping import Signal
from chalicelib.domain.schedule.occurrences import Every
from tests.builders import a_check, a_ping, after, days, minutes, utc

START = utc("2026-03-01T12:00Z")


def plans(*, latest: int) -> st.SearchStrategy[tuple[Step, ...]]:
    channels = st.lists(st.sampled_from("abcd"), min_size=1, max_size=3, unique=True).map(tuple)
    steps = st.builds(Step, after=st.integers(1, latest).map(minutes), channels=channels)
    in_order = st.lists(steps, max_size=3, unique_by=lambda step: step.after)
    return in_order.map(lambda some: tuple(sorted(some, key=lambda step: step.after)))


def happens(first: tuple[Step, ...], edits: list[tuple[int, tuple[Step, ...], bool]]) -> tuple[Check, datetime]:
    """A check that went down at the start, and was edited so many minutes one after the other; a sweep has looked
    before each, or not.
    """
    check = a_check(last_success=START - minutes(1), schedule=Every(days(1)), escalation=first)
    check, now = after(check, a_ping(Signal.FAIL, at=START)), START
    for passed, steps, is_seen in edits:
        now += minutes(passed)
        check = advance(check, now=now).after if is_seen else check
        check = configure(check, Edit(replace(check.config, escalation=steps)), now=now).after
    return check, now


def escalations(check: Check) -> list[Alert]:
    return [alert for alert in check.alerts if alert.kind is Kind.ESCALATION]


@given(
    plans(latest=30),
    st.lists(st.tuples(st.integers(0, 12), plans(latest=30), st.booleans()), min_size=1, max_size=8),
    st.sampled_from([timedelta(), minutes(7), minutes(60)]),
)
@settings(max_examples=80, derandomize=True, deadline=None, database=None)
def test_who_stands_in_a_step_that_is_past_has_been_told(
    first: tuple[Step, ...], edits: list[tuple[int, tuple[Step, ...], bool]], rest: timedelta
) -> None:
    check, now = happens(first, edits)
    now += rest
    told = escalations(advance(check, now=now).after)
    heard = {channel for alert in told for channel in alert.channels}
    assert heard >= {each for step in edits[-1][1] if START + step.after <= now for each in step.channels}
    assert [alert.ordinal for alert in told] == list(range(1, len(told) + 1))
    assert len({alert.id for alert in told}) == len(told)
    assert [alert.at for alert in told] == sorted(alert.at for alert in told)


@given(
    plans(latest=1),
    st.lists(st.tuples(st.integers(5, 12), plans(latest=5), st.booleans()), min_size=1, max_size=8),
)
@settings(max_examples=60, derandomize=True, deadline=None, database=None)
def test_no_edit_of_what_is_past_tells_anybody_again(
    first: tuple[Step, ...], edits: list[tuple[int, tuple[Step, ...], bool]]
) -> None:
    check, now = happens(first, edits)
    told = [channel for alert in escalations(advance(check, now=now).after) for channel in alert.channels]
    assert len(told) == len(set(told))
