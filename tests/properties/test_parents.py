"""Whatever happens to checks that depend on each other: no alert is lost, and none is held for nothing
(docs/reference/rules.md, rule 18; docs/adr/0009).

`Worlds` plays several checks with what surrounds them: pings, sweeps that die between two steps, an SNS that refuses,
operators who pause and delete.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.advance import advance
from chalicelib.domain.alerts import Alert, Kind
from chalicelib.domain.check import Check, Status, is_of_now
from chalicelib.domain.config import Config
from chalicelib.domain.configure import Pause, Snooze, configure, new_check
from chalicelib.domain.deliver import delivered, waiting
from chalicelib.domain.ids import Code
from chalicelib.domain.ping import Signal
from chalicelib.domain.rules.dependencies import hold_or_release, may_wait, to_read
from chalicelib.domain.schedule.occurrences import Every
from tests.builders import a_ping, minutes, outcome_of, seconds, utc

NOON = utc("2026-03-01T12:00Z")
CODES = [Code(f"{digit}f0e8d4c-1b2a-4c3d-8e9f-0123456789ab") for digit in range(5)]


@dataclass(frozen=True)
class Pinged:
    """A job says how it went; whoever takes its ping delivers what follows, or dies before."""

    who: int
    signal: Signal
    dies: bool


@dataclass(frozen=True)
class Passed:
    """Time passes, and a sweep looks at what is due; or dies before it has delivered."""

    span: timedelta
    dies: bool
    is_taken: bool = True  # by SNS


@dataclass(frozen=True)
class Operated:
    """An operator pauses, snoozes or deletes a check."""

    who: int
    does: str


Event = Pinged | Passed | Operated

who = st.integers(0, len(CODES) - 1)
pinged = st.builds(Pinged, who, st.sampled_from([Signal.FAIL, Signal.FAIL, Signal.SUCCESS]), st.booleans())
passed = st.builds(
    Passed,
    st.sampled_from([seconds(1), seconds(30), minutes(1), minutes(4), minutes(10), minutes(40)]),
    st.sampled_from([False, False, True]),
    st.sampled_from([True, True, True, False]),
)
operated = st.builds(Operated, who, st.sampled_from(["pause", "snooze", "delete"]))
events = st.lists(st.one_of(pinged, pinged, passed, passed, operated), min_size=5, max_size=40)
configs = st.builds(
    Config,
    schedule=st.sampled_from([Every(minutes(10)), Every(minutes(60))]),
    grace=st.sampled_from([minutes(1), minutes(5), minutes(60)]),
    remind_every=st.sampled_from([None, minutes(3), minutes(30)]),
    failures_before_alert=st.sampled_from([1, 1, 2]),
)


@st.composite
def trees(draw: st.DrawFn) -> list[Config]:
    """Each check may depend on those before it."""
    parents = [draw(st.lists(st.sampled_from(CODES[:i]), unique=True)) if i else [] for i in range(len(CODES))]
    return [replace(draw(configs), depends_on=tuple(codes)) for codes in parents]


@st.composite
def tangles(draw: st.DrawFn) -> list[Config]:
    """Each may depend on any: what edits at once can make of it."""
    some = st.lists(st.sampled_from(CODES), unique=True, max_size=2)
    return [replace(draw(configs), depends_on=tuple(draw(some))) for _ in CODES]


@dataclass
class Worlds:
    """Checks by code, and what people have heard of them."""

    checks: dict[Code, Check]
    now: datetime = NOON
    told: list[tuple[Code, Alert]] = field(default_factory=list)

    def happens(self, event: Event) -> None:
        match event:
            case Pinged():
                check = self.checks.get(CODES[event.who])
                if check is not None:
                    self.checks[check.code] = outcome_of(check, a_ping(event.signal, at=self.now)).after
                    self._deliver(check.code, dies=event.dies, is_taken=True)
            case Passed():
                self.now += event.span
                self.sweep(dies=event.dies, is_taken=event.is_taken)
            case Operated():
                self._operated(CODES[event.who], event.does)

    def _operated(self, code: Code, does: str) -> None:
        check = self.checks.get(code)
        if check is None:
            return
        if does == "delete":
            del self.checks[code]
            return
        change = Pause() if does == "pause" else Snooze(self.now + minutes(7))
        self.checks[code] = configure(check, change, now=self.now).after
        self._deliver(code, dies=False, is_taken=True)

    def sweep(self, *, dies: bool = False, is_taken: bool = True) -> None:
        for code, check in list(self.checks.items()):
            if check.due_at is not None and check.due_at <= self.now:
                self.checks[code] = advance(check, now=self.now).after
                self._deliver(code, dies=dies, is_taken=is_taken)

    def _deliver(self, code: Code, *, dies: bool, is_taken: bool) -> None:
        """As `change.deliver` does."""
        check = self.checks[code]
        if dies:
            return
        if check.config.depends_on and may_wait(check, now=self.now):
            check = self.checks[code] = hold_or_release(check, self._known(check), now=self.now).after
        alerts = waiting(check, now=self.now)
        for alert in alerts:
            self._goes_out(check, alert)
        self.told += [(code, alert) for alert in alerts if is_taken]
        sent, failed = (alerts, ()) if is_taken else ((), alerts)
        self.checks[code] = delivered(check, records=check.records, sent=sent, failed=failed, now=self.now).after

    def _known(self, check: Check) -> dict[Code, Check]:
        known: dict[Code, Check] = {}
        while wanted := [code for code in to_read(check, known) if code in self.checks]:
            known |= {code: self.checks[code] for code in wanted}
        return known

    def _goes_out(self, check: Check, alert: Alert) -> None:
        assert not alert.held_by
        parents = [self.checks[code] for code in check.config.depends_on if code in self.checks]
        if alert.kind is not Kind.UP and alert.attempts == 0 and self.is_tree:
            assert all(parent.status is not Status.DOWN for parent in parents), "a parent that is down holds it"

    @property
    def is_tree(self) -> bool:
        return all(
            CODES.index(parent) < CODES.index(code)
            for code, check in self.checks.items()
            for parent in check.config.depends_on
        )

    def has_heard(self, check: Check) -> bool:
        return any(code == check.code and is_of_now(check, alert) for code, alert in self.told)

    def holders(self, check: Check) -> list[Check]:
        codes = {Code(code) for alert in check.alerts for code in alert.held_by}
        return [self.checks[code] for code in codes if code in self.checks]

    def rests(self) -> None:
        """Everything goes on without a ping for so long that nothing new happens to the state, and a while longer."""
        for _ in range(80):
            self.now += minutes(5)
            self.sweep()


def worlds(configs: Sequence[Config]) -> Worlds:
    found = Worlds(
        {
            code: new_check(code, project="default", config=config, now=NOON)
            for code, config in zip(CODES, configs, strict=True)
        }
    )
    for who in range(len(CODES)):
        found.happens(Pinged(who, Signal.SUCCESS, dies=False))
    return found


def insist_on_consistent_news(world: Worlds) -> None:
    """Of each outage people hear once that it began, if they hear of its end or are reminded of it."""
    began = {(code, alert.flip) for code, alert in world.told if alert.kind is Kind.DOWN}
    ids = [alert.id for _, alert in world.told]
    assert len(ids) == len(set(ids))
    for code, alert in world.told:
        flip = alert.flip - 1 if alert.kind is Kind.UP else alert.flip
        assert (code, flip) in began, "nobody hears the end of what he does not know"


@settings(max_examples=150, derandomize=True, deadline=None, database=None)
@given(trees(), events)
def test_every_child_that_stays_down_is_told_in_the_end(configs: list[Config], happened: list[Event]) -> None:
    world = worlds(configs)
    for event in happened:
        world.happens(event)
    world.rests()
    for check in world.checks.values():
        if check.status is not Status.DOWN:
            assert check.alerts == (), "what is over waits for nothing"
            continue
        parents = [world.checks[code] for code in check.config.depends_on if code in world.checks]
        if any(parent.status is Status.DOWN for parent in parents):
            assert world.has_heard(check) or world.holders(check), "it is known, or waits for what is known"
        else:
            assert world.has_heard(check)
    insist_on_consistent_news(world)


@settings(max_examples=150, derandomize=True, deadline=None, database=None)
@given(tangles(), events)
def test_even_in_a_circle_whoever_waits_waits_for_what_people_know(
    configs: list[Config], happened: list[Event]
) -> None:
    world = worlds(configs)
    for event in happened:
        world.happens(event)
    world.rests()
    known = {check.code for check in world.checks.values() if world.has_heard(check)}
    for check in world.checks.values():
        reached, level = {check.code}, [check]
        while level:
            level = [holder for each in level for holder in world.holders(each) if holder.code not in reached]
            reached |= {each.code for each in level}
        assert check.status is not Status.DOWN or reached & known
    insist_on_consistent_news(world)
