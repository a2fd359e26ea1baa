"""Many checks, whatever is done to them and whoever comes between, against the reference
(docs/reference/rules.md, rules 1–13).

Hypothesis draws what happens. The taking of pings, the sweep, the round trip and the store are the product's own, on a
DynamoDB in memory that honours conditions; `reference` says what each check must be and what people must have heard.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from benchmarks.canned import ENVIRONMENT
from benchmarks.in_memory import Dynamo, in_memory, plainly
from benchmarks.open_door import Open
from benchmarks.stage import StillClock
from chalicelib import runtime
from chalicelib.domain.alerts import Alert, Kind, Reason
from chalicelib.domain.check import Check
from chalicelib.domain.config import Config
from chalicelib.domain.configure import Acknowledge, Edit, Pause, Resume, configure, new_check
from chalicelib.domain.errors import Undelivered
from chalicelib.domain.ids import Code
from chalicelib.domain.ping import Ping, Signal, heard
from chalicelib.domain.rules.due import next_due
from chalicelib.runtime import Wiring
from chalicelib.services.record_ping import take
from chalicelib.services.transaction import Ports, change, deliver
from chalicelib.store import checks, history
from chalicelib.sweep.loop import sweep
from chalicelib.sweep.process import ALLOWANCE
from tests.builders import R1, R2, minutes, seconds
from tests.properties.drawn import (
    CHANGES,
    CONFIGS,
    CROSSING,
    FEW,
    NOON,
    NUMBERS,
    PINGS,
    REMINDED,
    SPANS,
    Event,
    Pinged,
    some,
)
from tests.properties.reference import Reference, Told


@dataclass
class People:
    """Who gets alerts, unless SNS is away."""

    heard: dict[str, list[tuple[str, Told]]] = field(default_factory=dict)  # by code: with their ids
    unheard: dict[str, set[Told]] = field(default_factory=dict)  # by code: what came while it was away
    is_away: bool = False

    def __call__(self, check: Check, alert: Alert, *, now: datetime) -> tuple[str, ...]:  # noqa: ARG002  # as the real one
        is_overrun = (alert.kind, alert.reason) == (Kind.DOWN, Reason.OVERRUN)
        ran = (alert.facts.took if is_overrun else None) or timedelta()
        told = Told(alert.at, alert.flip, alert.kind.value, str(alert.reason), alert.ordinal, ran)
        if self.is_away:
            self.unheard.setdefault(check.code, set()).add(told)
            raise Undelivered("SNS is away")
        self.heard.setdefault(check.code, []).append((alert.id, told))
        return ("ops-email",)


class Machine(RuleBasedStateMachine):
    """Some checks, and all that can happen to them."""

    def __init__(self, ports: Ports, dynamo: Dynamo) -> None:
        super().__init__()
        dynamo.forget()
        self.dynamo, self.people, self.now = dynamo, People(), NOON
        self.ports = replace(ports, publish=self.people, sleep=lambda _: None)
        self.codes: list[Code] = []
        self.references: list[Reference] = []

    @initialize(configs=st.lists(CONFIGS, min_size=FEW, max_size=FEW))
    def made(self, configs: list[Config]) -> None:
        for number, config in enumerate(configs):
            code = Code(str(UUID(int=number + 1, version=4)))
            checks.create(self.ports.tables, new_check(code, project="default", config=config, now=self.now))
            self.codes.append(code)
            self.references.append(Reference(config, self.now))

    @rule(span=SPANS)
    def time_passes(self, span: timedelta) -> None:
        self.now += span

    @rule(number=NUMBERS, ping=PINGS)
    def pinged(self, number: int, ping: Event) -> None:
        self._happens(number, ping)
        self._is_known(number, ping)

    @rule(number=NUMBERS, wanted=CHANGES)
    def changed(self, number: int, wanted: Event) -> None:
        self._happens(number, wanted)
        self._is_known(number, wanted)

    @rule(is_away=st.booleans())
    def sns_is(self, is_away: bool) -> None:
        self.people.is_away = is_away

    @rule(behind=some(timedelta(), timedelta(), seconds(3), seconds(-3)))
    def swept(self, behind: timedelta) -> None:
        """By a function whose clock is right, or some seconds behind or ahead."""
        self._sweeps(StillClock(self.now - behind))

    @rule(number=NUMBERS, nth=st.integers(0, 6))
    def swept_by_two_at_once(self, number: int, nth: int) -> None:
        clock = StillClock(self.now)
        for reference in self.references:
            reference.passes_to(self.now - ALLOWANCE)
        with self._interrupted(number, nth, lambda: self._sweeps(StillClock(clock.at))):
            self._sweeps(clock)

    @rule(number=NUMBERS, nth=st.integers(0, 6), event=st.one_of(PINGS, CHANGES))
    def something_happens_during_a_sweep(self, number: int, nth: int, event: Event) -> None:
        clock = StillClock(self.now)

        def meanwhile() -> None:
            self.now = clock.at
            self._happens(number, event)
            self._is_known(number, event)

        def wrote() -> None:
            self.references[number].passes_to(clock.at - ALLOWANCE)

        with self._interrupted(number, nth, meanwhile, wrote):
            self._sweeps(clock)

    @rule(number=NUMBERS, rid=st.sampled_from(["", R1]), signals=st.sampled_from(CROSSING), is_older=st.booleans())
    def two_pings_cross(self, number: int, rid: str, signals: tuple[Signal, Signal], is_older: bool) -> None:
        """Of a check that is up, the second is taken between the other's read and its write; it was made before it, or
        after.
        """
        self.pinged(number, Pinged(Signal.SUCCESS, "", timedelta()))
        self.now += seconds(1)
        ago = (timedelta(), seconds(0.5)) if is_older else (seconds(0.5), timedelta())
        first, second = (Pinged(signal, rid, each) for signal, each in zip(signals, ago, strict=True))
        self.two_come_at_once(number, 1, first, second)

    @rule(number=NUMBERS, signal=st.sampled_from([Signal.SUCCESS, Signal.FAIL]))
    def the_end_of_a_run_is_overtaken(self, number: int, signal: Signal) -> None:
        """By the success of another."""
        self.pinged(number, Pinged(Signal.START, R1, seconds(6)))
        self.pinged(number, Pinged(Signal.SUCCESS, R2, timedelta()))
        self.pinged(number, Pinged(signal, R1, seconds(2)))

    @rule(number=NUMBERS, before=SPANS, after=SPANS, nth=st.integers(0, 4))
    def an_outage_is_acknowledged(self, number: int, before: timedelta, after: timedelta, nth: int) -> None:
        """Somebody sees to it after some reminders, perhaps while a sweep is at the next one; then none comes."""
        config = self.references[number].config
        self.changed(number, Edit(replace(config, remind_every=REMINDED, failures_before_alert=1)))
        self.pinged(number, Pinged(Signal.FAIL, "", timedelta()))
        self.time_passes(before)
        self.something_happens_during_a_sweep(number, nth, Acknowledge(by="ci"))
        self.time_passes(after)

    @rule(number=NUMBERS, nth=st.integers(0, 4), first=st.one_of(PINGS, CHANGES), second=st.one_of(PINGS, CHANGES))
    def two_come_at_once(self, number: int, nth: int, first: Event, second: Event) -> None:
        """The second comes before the n-th call of the first. Who writes first is first."""
        order = [first, second]

        def meanwhile() -> None:
            if not race.has_written:
                order.reverse()
            self._happens(number, second)

        with self._interrupted(number, nth, meanwhile) as race:
            self._happens(number, first)
        for event in order:
            self._is_known(number, event)

    @invariant()
    def nothing_false_was_told(self) -> None:
        for code, reference in zip(self.codes, self.references, strict=True):
            heard = {told for _, told in self.people.heard.get(code, [])}
            assert heard <= set(reference.told), f"{heard - set(reference.told)} of {reference}"

    def teardown(self) -> None:
        """SNS is there again, sweeps come: then everything has been told, and nothing waits."""
        self.people.is_away = False
        for span in (minutes(1), minutes(20)) if self.codes else ():
            self.now += span
            self._sweeps(StillClock(self.now))
        self.nothing_false_was_told()
        for code, reference in zip(self.codes, self.references, strict=True):
            self._is_as(reference, checks.get(self.ports.tables, code))
            self._was_told(reference, code)

    def _is_as(self, reference: Reference, check: Check) -> None:
        assert (check.status, check.reason or "") == (reference.status, reference.reason), f"{check} {reference}"
        assert check.since == reference.since
        assert (check.records, check.alerts) == ((), ())
        due = next_due(check)
        assert (check.due_at is None) == (due is None), "it is looked at while something is to come"
        assert check.due_at is None or self.now - seconds(10) < check.due_at <= (due or self.now), "and never too late"
        flips = [each.flip for each in reversed(history.flips(check.code, now=self.now, most=1_000))]
        assert [flip.number for flip in flips] == list(range(1, check.n_flips + 1))
        assert not flips or flips[-1].new is check.status

    def _was_told(self, reference: Reference, code: Code) -> None:
        heard = self.people.heard.get(code, [])
        ids = {told: {each for each, other in heard if other == told} for _, told in heard}
        assert all(len(each) == 1 for each in ids.values()), "repeats bear the same id"
        assert len(set().union(*ids.values())) == len(ids), "no id is given twice"
        missed = set(reference.told) - set(ids)
        newest = max((told for told in reference.told if told.kind == "reminder"), default=None)
        replaced = {told for told in self.people.unheard.get(code, ()) if told.kind == "reminder" and told != newest}
        assert missed <= replaced, f"{missed - replaced} of {reference}"  # a newer reminder replaces one that waits

    def _sweeps(self, clock: StillClock) -> None:
        at = clock.at
        sweep(self.ports, clock, Open())
        for until in (at, clock.at):
            for reference in self.references:
                reference.passes_to(until - ALLOWANCE)
        self.now = max(self.now, clock.at)

    def _happens(self, number: int, event: Event) -> None:
        code, now = self.codes[number], self.now
        if isinstance(event, Pinged):
            ping = Ping(at=now - event.ago, signal=event.signal, rid=event.rid, method=event.method)
            take(self.ports, code, ping, lambda check: heard(check, ping))
        else:
            written = change(self.ports, code, lambda check: configure(check, event, now=now))
            deliver(self.ports, written.check, now=now)

    def _is_known(self, number: int, event: Event) -> None:
        reference = self.references[number]
        match event:
            case Pinged():
                reference.pinged(event.signal.value, event.rid, self.now - event.ago, method=event.method)
            case Edit():
                reference.edited(event.config, self.now)
            case Pause():
                reference.paused(self.now)
            case Resume():
                reference.resumed(self.now)
            case Acknowledge():
                reference.acknowledged(self.now)

    @contextmanager
    def _interrupted(
        self, number: int, nth: int, meanwhile: Callable[[], None], wrote: Callable[[], None] = lambda: None
    ) -> Iterator["Race"]:
        """Let something happen before the n-th call about a check, or at the end when there are fewer. `wrote` is told
        of each write of the check until then.
        """
        race = Race(self.codes[number], nth, meanwhile, wrote)
        self.dynamo.between = race.between
        try:
            yield race
        finally:
            self.dynamo.between = plainly
        if race.left >= 0:
            race.has_written = True  # or has had nothing to write
            meanwhile()


@dataclass
class Race:
    """One who is interrupted."""

    code: str
    left: int
    meanwhile: Callable[[], None]
    wrote: Callable[[], None]
    has_written: bool = False  # what it has decided since it last read, if anything

    def between(self, operation: str, asked: Any, effect: Callable[[], Any]) -> Any:
        if self.left < 0 or self.code not in str(asked.get("Key", asked.get("Item", ""))):
            return effect()
        is_about_check = asked["TableName"].endswith("checks")
        self.has_written = self.has_written or not is_about_check
        self.left -= 1
        if self.left < 0:
            self.meanwhile()
        answer = effect()
        if is_about_check:
            self.has_written = operation == "UpdateItem"
        if self.has_written and is_about_check and self.left >= 0:
            self.wrote()
        return answer


@pytest.fixture
def engines() -> Iterator[tuple[Ports, Dynamo]]:
    with in_memory(Wiring(ENVIRONMENT)) as (wiring, dynamo, _):
        yield wiring.ports, dynamo
    runtime.wiring.cache_clear()  # the Models are pointed at other tables now


def test_whatever_happens_to_checks_and_whoever_comes_between(engines: tuple[Ports, Dynamo]) -> None:
    ports, dynamo = engines
    run_state_machine_as_test(
        lambda: Machine(ports, dynamo),  # type: ignore[arg-type]  # it calls whatever makes one
        settings=settings(
            max_examples=90,
            stateful_step_count=25,
            derandomize=True,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            phases=(Phase.generate,),
        ),
    )
