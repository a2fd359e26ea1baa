"""What must hold whatever happens to a check, in whatever order
(docs/reference/rules.md, rules 1, 3–5, 7–13; docs/reference/architecture.md).

`World` plays what surrounds the four functions: a clock, a sweep that comes or does not, a history, an SNS that
takes alerts or refuses them. `Model` is the reference for the rules of deadline, run and failure.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.advance import advance, settle
from chalicelib.domain.alerts import Alert, Kind, Reason
from chalicelib.domain.check import Beat, Check, Flip, Outcome, Record, Status
from chalicelib.domain.config import Config, Step
from chalicelib.domain.configure import (
    Acknowledge,
    Change,
    Edit,
    Pause,
    Resume,
    Snooze,
    Unsnooze,
    configure,
    new_check,
)
from chalicelib.domain.deliver import delivered, waiting
from chalicelib.domain.ping import Ping, Signal
from chalicelib.domain.rules.due import next_delivery, next_due
from chalicelib.domain.schedule.occurrences import Cron, Every
from tests.builders import CODE, R1, R2, hours, minutes, outcome_of, seconds, utc

BEGINNING = datetime.min.replace(tzinfo=UTC)
NOON = utc("2026-03-01T12:00Z")
FAR = timedelta(days=400)
TICK = timedelta(microseconds=1)

# What can happen. Durations share divisors, so that instants often fall together.


@dataclass(frozen=True)
class Pinged:
    """A ping arrives, made some seconds ago."""

    signal: Signal
    rid: str = ""
    count: int | None = None
    ago_s: int = 0


@dataclass(frozen=True)
class Passed:
    """Time passes."""

    span: timedelta


@dataclass(frozen=True)
class Swept:
    """A sweep looks at the check, whether it is due or not."""


@dataclass(frozen=True)
class Delivered:
    """Somebody lets out what waits; SNS takes it, or none of it."""

    is_taken: bool


@dataclass(frozen=True)
class Snoozed:
    """An operator wants to hear nothing for so long."""

    span: timedelta


Event = Pinged | Passed | Swept | Delivered | Snoozed | Change

CRON_AT = "30 * * * *"
CRON_ZONE = "Asia/Kolkata"  # 5 h 30 min ahead of UTC, always: half past there is the full hour in UTC


def some_minutes(*numbers: int) -> st.SearchStrategy[timedelta]:
    return st.sampled_from([minutes(number) for number in numbers])


STEPS = (Step(after=minutes(5), channels=("oncall",)), Step(after=minutes(12), channels=("*",)))
MAINTENANCE = ("50 */3 * * * for 20m", "2026-03-01T12:10 to 2026-03-01T12:40")


def configs(*, with_windows: bool = True, with_maintenance: bool | None = None) -> st.SearchStrategy[Config]:
    """`with_windows`: of throughput; of maintenance, too, unless that is said apart."""
    least = st.sampled_from([None, 3]) if with_windows else st.none()
    is_maintained = with_windows if with_maintenance is None else with_maintenance
    often = (MAINTENANCE, MAINTENANCE) if with_maintenance else ()
    maintenance = st.sampled_from([(), (), MAINTENANCE, *often]) if is_maintained else st.just(())
    return st.builds(
        Config,
        schedule=st.one_of(
            st.builds(Every, some_minutes(1, 5, 10, 60)), st.just(Cron(CRON_AT, tz=CRON_ZONE))
        ),
        grace=some_minutes(1, 5, 10),
        max_runtime=st.one_of(st.none(), some_minutes(2, 10, 30)),
        min_runtime=st.sampled_from([None, minutes(1)]),
        min_count=least,
        count_window=st.just(minutes(10)),
        remind_every=st.one_of(st.none(), some_minutes(5, 30)),
        escalation=st.sampled_from([(), (), STEPS, STEPS[1:]]),
        manual_resume=st.booleans(),
        failures_before_alert=st.sampled_from([1, 1, 2, 3]),
        misses_before_alert=st.sampled_from([1, 1, 2, 3]),
        first_ping_by=st.sampled_from([None, minutes(10), NOON + hours(1)]),
        early=st.sampled_from([timedelta(), minutes(2)]),
        windows=maintenance,
    )  # fmt: skip


def pings(*, max_ago_s: int = 6) -> st.SearchStrategy[Event]:
    return st.builds(
        Pinged,
        signal=st.sampled_from([Signal.SUCCESS, Signal.SUCCESS, Signal.START, Signal.START, Signal.FAIL, *Signal]),
        rid=st.sampled_from(["", R1, R2]),
        count=st.sampled_from([None, None, 0, 1, 3]),
        ago_s=st.sampled_from([0, 0, 0, 0, max_ago_s // 3, max_ago_s]),
    )


SPANS = st.sampled_from([seconds(1), seconds(30), minutes(1), minutes(2), minutes(5), minutes(10), hours(1), hours(7)])


def mostly(pinged: Callable[[], st.SearchStrategy[Event]], *rest: st.SearchStrategy[Event]) -> st.SearchStrategy[Event]:
    """Pings and time between them; now and then, one of the rest."""
    usual = [pinged() if i % 2 else st.builds(Passed, SPANS) for i in range(8)]
    return st.one_of(*usual, *rest)


CHANGES: st.SearchStrategy[Event] = st.sampled_from([Pause(), Resume()])
QUIET: st.SearchStrategy[Event] = st.sampled_from(
    [Snoozed(minutes(5)), Snoozed(minutes(30)), Unsnooze(), Acknowledge(by="ci")]
)


def edits(*, with_windows: bool = True, with_maintenance: bool | None = None) -> st.SearchStrategy[Event]:
    return st.builds(Edit, configs(with_windows=with_windows, with_maintenance=with_maintenance))


# The world around a check.


@dataclass
class World:
    """A check, and all that has left it."""

    check: Check
    now: datetime = NOON
    history: list[Record] = field(default_factory=list)
    published: list[Alert] = field(default_factory=list)
    decided: list[Alert] = field(default_factory=list)  # each alert once, when it was first seen
    flips: list[Flip] = field(default_factory=list)
    pings: int = 0

    def happens(self, event: Event) -> None:
        """One event, and what must hold after it."""
        match event:
            case Passed():
                self.now += event.span
            case Pinged():
                self.pings += 1
                at = self.now - seconds(event.ago_s)
                self._take(outcome_of(self.check, Ping(at=at, signal=event.signal, rid=event.rid, count=event.count)))
            case Swept():
                self._take(advance(self.check, now=self.now))
            case Delivered():
                self._deliver(is_taken=event.is_taken)
            case Snoozed():
                self._take(configure(self.check, Snooze(self.now + event.span), now=self.now))
            case _:
                self._take(configure(self.check, event, now=self.now))

    def _deliver(self, *, is_taken: bool) -> None:
        alerts, records = waiting(self.check, now=self.now), self.check.records
        self.history += records
        self.published += alerts if is_taken else ()
        sent, failed = (alerts, ()) if is_taken else ((), alerts)
        self._take(delivered(self.check, records=records, sent=sent, failed=failed, now=self.now))

    def _take(self, outcome: Outcome) -> None:
        before, after = self.check, outcome.after
        assert outcome.before == before
        if isinstance(outcome, Beat):
            assert _rests(after) == _rests(before), "a heartbeat touches nothing that a decision rests on"
        known = {alert.id for alert in self.decided}
        fresh = [alert for alert in after.alerts if alert.id not in {old.id for old in before.alerts}]
        assert not known & {alert.id for alert in fresh}, "no id is given twice"
        for alert in fresh:
            if (alert.kind, alert.reason) == (Kind.DOWN, Reason.OVERRUN):
                assert alert.facts.started is not None
                assert alert.facts.took == alert.at - alert.facts.started, "an overrun ran until it is reported"
        self.decided += fresh
        flips = [record for record in after.records if isinstance(record, Flip) and record not in before.records]
        for flip in flips:
            self._flipped(flip)
        assert after.n_flips == before.n_flips + len(flips)
        self.check = after
        self._holds()

    def _flipped(self, flip: Flip) -> None:
        last = self.flips[-1] if self.flips else None
        assert flip.number == (last.number + 1 if last else 1), "numbers are consecutive"
        assert flip.old == (last.new if last else Status.NEW), "each begins where the last one ended"
        assert flip.old != flip.new
        assert flip.at <= self.now, "nothing happens in the future"
        assert last is None or flip.at >= last.at, "instants never go back"
        self.flips.append(flip)

    def _holds(self) -> None:
        check = self.check
        last = self.flips[-1] if self.flips else None
        assert check.status == (last.new if last else Status.NEW)
        assert check.reason == (last.reason if last else None)
        assert (check.reason is not None) == (check.status is Status.DOWN)
        assert check.n_pings == self.pings
        true = next_due(check)
        assert (check.due_at is None) == (true is None), "due_at is there while something is to come"
        assert check.due_at is None or (true is not None and check.due_at <= true), "due_at is never too late"
        assert settle(check, now=(true or self.now + FAR) - TICK) == check, "before next_due nothing happens"
        moment = true is None or next_delivery(check) == true or settle(check, now=true) != check
        assert moment, "at next_due, inclusively, something happens"
        looked = advance(check, now=self.now).after
        assert advance(looked, now=self.now).after == looked, "looking twice is looking once"

    def ends(self) -> None:
        """Last sweeps, and a delivery that succeeds when all retries have come, and each snooze is over."""
        self.happens(Swept())
        self.happens(Passed(hours(1)))
        self.happens(Swept())
        self.happens(Delivered(is_taken=True))


def _rests(check: Check) -> tuple[object, ...]:
    return (
        check.status,
        check.reason,
        check.since,
        check.config,
        check.n_flips,
        check.misses,
        check.passed_at,
        check.reminders,
        check.escalated,
        check.snoozed_until,
        check.acknowledged_at,
        check.told_late_at,
        check.is_untold,
        check.records,
        check.alerts,
        check.version,
    )


def a_world(config: Config) -> World:
    return World(new_check(CODE, project="default", config=config, now=NOON))


@settings(max_examples=90, derandomize=True, deadline=None, database=None)
@given(
    configs(),
    st.lists(
        mostly(pings, edits(), CHANGES, st.just(Swept()), st.builds(Delivered, st.booleans())),
        min_size=10,
        max_size=30,
    ),
)
def test_whatever_happens(config: Config, events: list[Event]) -> None:
    world = a_world(config)
    for event in events:
        world.happens(event)
    world.ends()
    _nothing_was_lost(world)


def _nothing_was_lost(world: World) -> None:
    """Each flip is in the history, each alert has been told once, but for reminders that a newer one replaced."""
    assert [record for record in world.history if isinstance(record, Flip)] == world.flips
    assert (world.check.records, world.check.alerts) == ((), ())
    told = [alert.id for alert in world.published]
    assert len(told) == len(set(told))
    assert {alert.id for alert in world.decided if alert.kind is not Kind.REMINDER} <= set(told)
    assert set(told) <= {alert.id for alert in world.decided}
    expected = [(flip.number, Kind.DOWN) for flip in world.flips if flip.new is Status.DOWN]
    expected += [
        (flip.number, Kind.UP) for flip in world.flips if (flip.old, flip.new) == (Status.DOWN, Status.UP)
    ]  # fmt: skip
    decided = [(alert.flip, alert.kind) for alert in world.decided if alert.kind in (Kind.DOWN, Kind.UP)]
    assert sorted(decided) == sorted(expected), "one alert for each flip that people hear of"


@settings(max_examples=120, derandomize=True, deadline=None, database=None)
@given(
    configs(),
    st.lists(
        mostly(pings, edits(), QUIET, QUIET, st.just(Swept()), st.builds(Delivered, st.just(True))),
        min_size=10,
        max_size=30,
    ),
)
def test_people_know_in_the_end_what_is_however_often_it_was_snoozed(config: Config, events: list[Event]) -> None:
    world = a_world(config)
    for event in events:
        before = len(world.published)
        world.happens(event)
        is_quiet = world.check.snoozed_until is not None and world.now < world.check.snoozed_until
        fresh = world.published[before:]
        assert not is_quiet or all(alert.facts.snoozed_until is None for alert in fresh), "what is held is held"
    world.ends()
    told = [alert for alert in world.published if alert.kind in (Kind.DOWN, Kind.UP)]
    assert len({alert.id for alert in world.published}) == len(world.published)
    newest = max(told, key=lambda alert: alert.flip, default=None)
    if world.check.is_untold:
        assert world.check.acknowledged_at is not None
        assert newest is None or newest.kind is Kind.UP
    elif world.check.status is Status.DOWN:
        assert newest is not None
        assert newest.kind is Kind.DOWN
        assert newest.flip == world.check.n_flips or world.check.acknowledged_at is not None
    else:
        assert newest is None or newest.kind is Kind.UP


# Each step of an outage that lasts is told exactly when it is due, and once; none when somebody sees to it.


@settings(max_examples=120, derandomize=True, deadline=None, database=None)
@given(
    configs(with_windows=False),
    st.lists(
        st.one_of(
            mostly(partial(pings, max_ago_s=0), CHANGES, st.just(Swept())),
            st.sampled_from([Pinged(Signal.FAIL), Passed(minutes(5)), Acknowledge(by="ci")]),
        ),
        min_size=10,
        max_size=30,
    ),
)
def test_each_step_of_an_outage_is_told_when_it_is_due_and_once(config: Config, events: list[Event]) -> None:
    world = a_world(replace(config, escalation=STEPS))
    acknowledged: dict[int, datetime] = {}
    for event in events:
        world.happens(event)
        if world.check.acknowledged_at is not None:
            acknowledged[world.check.n_flips] = world.check.acknowledged_at
    world.ends()
    due = []
    ends = [*(flip.at for flip in world.flips[1:]), world.now]
    for flip, end in zip(world.flips, ends, strict=False):
        reached = min(end, acknowledged.get(flip.number, end))
        for number, step in enumerate(STEPS, start=1):
            if flip.new is Status.DOWN and flip.at + step.after <= reached:
                due.append((flip.number, number, flip.at + step.after, step.channels))
    told = [alert for alert in world.decided if alert.kind is Kind.ESCALATION]
    assert [(alert.flip, alert.ordinal, alert.at, alert.channels) for alert in told] == due
    for up in (alert for alert in world.decided if alert.kind is Kind.UP):
        heard = {channel for flip, _, _, channels in due if flip == up.flip - 1 for channel in channels}
        assert set(up.channels) == heard, "who was told of it is told of its end"


# Whoever looks, and whenever: the outcome is the same.


@settings(max_examples=90, derandomize=True, deadline=None, database=None)
@given(
    configs(),
    st.lists(
        st.tuples(
            mostly(partial(pings, max_ago_s=0), edits(), CHANGES, QUIET),
            st.lists(st.integers(0, 100), max_size=3),  # when sweeps look while time passes, in hundredths
        ),
        min_size=8,
        max_size=20,
    ),
    st.sampled_from([timedelta(0), minutes(7), hours(9)]),
)
def test_how_many_sweeps_have_looked_makes_no_difference(
    config: Config, happened: list[tuple[Event, list[int]]], rest: timedelta
) -> None:
    unseen, seen = a_world(config), a_world(config)
    for event, looks in happened:
        unseen.happens(event)
        _happens_watched(seen, event, sorted(looks))
    for world in (unseen, seen):
        world.happens(Passed(rest))
        world.happens(Swept())
    assert unseen.flips == seen.flips
    assert [alert.id for alert in unseen.check.alerts] == [alert.id for alert in seen.check.alerts]
    assert _state(unseen.check) == _state(seen.check)


def _happens_watched(world: World, event: Event, looks: list[int]) -> None:
    if not isinstance(event, Passed):
        for _ in looks:
            world.happens(Swept())
        world.happens(event)
        return
    begun = world.now
    for hundredths in looks:
        world.now = begun + event.span * hundredths / 100
        world.happens(Swept())
    world.now = begun + event.span


def _state(check: Check) -> Check:
    """All but when what waits is to be published."""
    return replace(check, alerts=(), due_at=None)


# Down exactly when a rule says so.


@dataclass
class Model:
    """Rules 1, 3–5, 7–10 and 12 in the plainest way: what is known, and what follows from it at an instant."""

    config: Config
    status: Status = Status.NEW
    reason: str | None = None
    since: datetime | None = None
    floor: datetime = BEGINNING  # no change is dated before it
    last_ping: datetime | None = None
    last_success: datetime | None = None
    failures: int = 0  # in a row, as are misses
    misses: int = 0
    answered: datetime | None = None  # since when the next success is awaited: the last one, or what was borne
    runs: dict[str, datetime] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)  # runs that have overrun
    ended: dict[str, datetime] = field(default_factory=dict)  # the newest end of each rid
    unpaired_at: datetime = BEGINNING  # the newest end without a rid that found no run open
    over_at: datetime = BEGINNING  # when a pause or a resumption last ended all runs

    def happens(self, event: Event, now: datetime) -> None:
        if isinstance(event, Pinged):
            self._pinged(event, now - seconds(event.ago_s))
            return
        self._look(now)
        match event:
            case Edit():
                self.config, self.floor = event.config, max(self.floor, now)
            case Pause():
                self.runs, self.answered, self.over_at = {}, self.last_success, now
                self._becomes(Status.PAUSED, now)
            case Resume() if self.status is Status.PAUSED:
                self.runs, self.last_ping, self.last_success, self.answered = {}, None, None, None
                self.over_at = now
                self.failures = self.misses = 0
                self._becomes(Status.NEW, now)

    def _becomes(self, status: Status, at: datetime, reason: str | None = None) -> None:
        if status is not self.status:
            self.floor = max(self.floor, at)
            self.status, self.reason, self.since = status, reason, self.floor

    def _look(self, now: datetime) -> None:
        """One after the other, all that has come."""
        while self._is_something_new(now):
            pass

    def _is_something_new(self, now: datetime) -> bool:
        """Which comes first, a miss or an overrun, if any has come? While down, neither does."""
        if self.status is Status.DOWN:
            return False
        limit = self.config.max_runtime or self.config.grace
        limits = sorted((start + limit, rid) for rid, start in self.runs.items() if rid not in self.told)
        missed = self._missed_at(limits)
        if limits and limits[0][0] <= now and (missed is None or limits[0][0] <= missed):
            overrun, rid = limits[0]
            self.told.add(rid)
            self._becomes(Status.DOWN, overrun, "overrun")
            return True
        if missed is None or missed > now:
            return False
        self.misses += 1
        if self.status is Status.NEW or self.misses >= self.config.misses_before_alert:
            self._becomes(Status.DOWN, missed, "missed")
            return True
        assert self.answered is not None
        self.answered, self.floor = _expected(self.config, self.answered), max(self.floor, missed)
        return True

    def _missed_at(self, limits: list[tuple[datetime, str]]) -> datetime | None:
        if self.status is Status.UP and self.answered is not None:
            deadline = _unmaintained(self.config, _expected(self.config, self.answered) + self.config.grace)
        elif self.status is Status.NEW and (by := self.config.first_ping_by) is not None:
            begun = self.since or NOON
            deadline = begun + by if isinstance(by, timedelta) else by
            if deadline <= begun:
                return None
            deadline = _unmaintained(self.config, deadline)
        else:
            return None
        if self.config.max_runtime is None:
            return deadline
        since = BEGINNING if self.last_success is None else self.last_success
        return max([deadline, *(at for at, rid in limits if since < self.runs[rid] < deadline)])

    def _pinged(self, ping: Pinged, at: datetime) -> None:
        if ping.signal in (Signal.LOG, Signal.IGN) or (self.status is Status.PAUSED and self.config.manual_resume):
            return
        if self.last_ping is not None and at < self.last_ping:
            self._opens(ping.rid, at) if ping.signal is Signal.START else self._close(ping.rid, at)
            return
        self._look(at)
        if ping.signal is Signal.START:
            self._opens(ping.rid, at)
            return
        self.last_ping = at
        start = self._close(ping.rid, at)
        shortest = self.config.min_runtime
        is_short = shortest is not None and start is not None and timedelta(0) <= at - start < shortest
        if ping.signal is Signal.SUCCESS and not is_short:
            self.last_success = self.answered = at
            self.failures = self.misses = 0
            self._becomes(Status.UP, at)
            return
        self.failures += 1
        if self.status is Status.DOWN:
            return
        if self.failures < self.config.failures_before_alert:
            self.answered = None if self.last_success is None else at
        else:
            self._becomes(Status.DOWN, at, "too_short" if ping.signal is Signal.SUCCESS else "failed")

    def _opens(self, rid: str, at: datetime) -> None:
        """Where its end has not come before it, nor a newer start of that rid."""
        over = max(self.over_at, self.unpaired_at, self.ended.get(rid, BEGINNING))
        if over <= at and self.runs.get(rid, at) <= at:
            self.runs[rid] = at
            self.told.discard(rid)

    def _close(self, rid: str, at: datetime) -> datetime | None:
        """The run of that rid has ended; without a rid, the one that has none, else the newest."""
        named = rid
        open_by_then = {name: start for name, start in self.runs.items() if start <= at}
        if rid == "" and rid not in open_by_then:
            rid = max(sorted(open_by_then), key=lambda name: open_by_then[name], default="")
        if named == "" and not open_by_then:
            self.unpaired_at = max(self.unpaired_at, at)
        self.ended[named] = max(self.ended.get(named, BEGINNING), at)
        if rid not in open_by_then:
            return None
        self.told.discard(rid)
        return self.runs.pop(rid)


def _expected(config: Config, success: datetime) -> datetime:
    if isinstance(config.schedule, Every):
        due = success + config.schedule.period
        end = _unmaintained(config, due)
        return due if end == due else _unmaintained(config, end + config.schedule.period)
    hour = success.replace(minute=0, second=0, microsecond=0) + hours(1)  # CRON_AT in CRON_ZONE
    due = hour + hours(1) if hour - success <= config.early else hour
    while _is_maintained(config, due):
        due += hours(1)
    return due


def _unmaintained(config: Config, at: datetime) -> datetime:
    """The end of the maintenance that is on, on a full minute; else the instant."""
    if not _is_maintained(config, at):
        return at
    at = at.replace(second=0, microsecond=0)
    while _is_maintained(config, at):
        at += minutes(1)
    return at


def _is_maintained(config: Config, at: datetime) -> bool:
    """MAINTENANCE by the clock: ten minutes on both sides of each third full hour, and once half an hour."""
    is_nightly = (at.hour % 3 == 0 and at.minute >= 50) or (at.hour % 3 == 1 and at.minute < 10)
    is_once = NOON + minutes(10) <= at < NOON + minutes(40)
    return config.windows != () and (is_nightly or is_once)


@settings(max_examples=250, derandomize=True, deadline=None, database=None)
@given(
    configs(with_windows=False, with_maintenance=True),
    st.lists(
        mostly(pings, edits(with_windows=False, with_maintenance=True), CHANGES, st.just(Swept())),
        min_size=10,
        max_size=30,
    ),
)
def test_a_check_is_down_exactly_when_a_rule_says_so(config: Config, events: list[Event]) -> None:
    world, model = a_world(config), Model(config)
    for event in events:
        world.happens(event)
        model.happens(event, world.now)
        world.happens(Swept())
        model.happens(Swept(), world.now)
        assert _seen(world) == (model.status, model.reason, model.since)


def _seen(world: World) -> tuple[Status, str | None, datetime | None]:
    return world.check.status, world.check.reason, world.check.since
