"""The minute's work: look at every check whose instant has come, and let its alerts out.

What becomes of a check is the domain's decision; before one is called missed, `door` proves that its ping could have
come in, and whatever needs no such proof does not wait for it. Safe to run twice at once: a lost race is a no-op, and
a repeated alert bears the same id. A quiet minute ends at once; otherwise the sweep sleeps to each coming instant, so
that an alert leaves within two seconds of its deadline. Start at `sweep`; `invoked` is the function on Lambda, which
also tells the outside how it went.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from chalicelib import log
from chalicelib.change import Ports, change, deliver
from chalicelib.domain.blind import is_held
from chalicelib.domain.check import Check, Code, Verdict, short
from chalicelib.door import Door, Unproved, Way
from chalicelib.front_door import FrontDoor
from chalicelib.store import checks
from chalicelib.store.tables import SHARDS, NotFound, Unavailable
from chalicelib.telemetry import Metric
from chalicelib.watchdog import call
from chalicelib.wiring import Wiring

LOOK_AHEAD = timedelta(seconds=70)
TIME_BOX = timedelta(seconds=62)  # into the next sweep, or what comes due while that one starts would be late
LOOK_AGAIN = timedelta(seconds=10)  # while there is something to wait for: what has come up meanwhile?
ALLOWANCE = timedelta(seconds=1)  # a ping made just before an instant, and still on its way, counts
PUSH_BACK = timedelta(minutes=5)
WORKERS = 8
BATCH = 64  # checks between two looks at the clock
LATE = timedelta(seconds=10)  # the index may still show what has been handled a moment ago

Due = tuple[datetime, Code]
Judge = Callable[[Check, datetime], Verdict]


class Clock(Protocol):
    """The time, and waiting for it."""

    def now(self) -> datetime:
        """The instant, aware, in UTC."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


@dataclass(slots=True)
class Swept:
    """What a sweep did, counted as it goes."""

    looked_at: int = 0
    pushed_back: int = 0  # checks that could not be handled
    held: int = 0  # checks that cannot be judged, since pings cannot come in
    unread_shards: int = 0
    lag_s: float = 0.0  # the longest that an instant had to wait
    oldest_overdue_s: float | None = None  # how long what is still due at the end has been; None: a shard is unread

    @property
    def is_full(self) -> bool:
        """Whether everything was read, and nothing left undone."""
        nothing_failed = self.unread_shards == 0 and self.pushed_back == 0 and self.held == 0
        return nothing_failed and self.oldest_overdue_s is not None and self.oldest_overdue_s <= LATE.total_seconds()


def invoked(wiring: Wiring, clock: Clock) -> None:
    """A sweep, its metrics, and word to the outside watchdog: last, so that it delays no alert.

    A sweep that could not read all shards at its end has not finished: one that never can must raise the alarm.
    """
    done = sweep(wiring.ports, clock, FrontDoor(wiring.settings, wiring.registry))
    measured: dict[Metric, float] = {"SweepLag": done.lag_s}
    if done.oldest_overdue_s is not None:
        measured |= {"Swept": 1, "OldestOverdue": done.oldest_overdue_s}
    wiring.meter.tell(measured, at_s=clock.now().timestamp())
    if done.is_full and wiring.settings.watchdog_url is not None:
        call(wiring.settings.watchdog_url)


def sweep(ports: Ports, clock: Clock, way: Way) -> Swept:
    """Handle what is due now and what comes due within the time box; tell what was done."""
    end = clock.now() + TIME_BOX
    done = Swept()
    work = Work(ports, clock, done, Door(ports, way))
    with ThreadPoolExecutor(WORKERS, initializer=log.within, initargs=(log.invocation(),)) as pool:
        work.door.recall()
        seen = _seen(pool, work)
        if not seen.coming:
            work.door.look_again(now=clock.now())
        # the look itself may have taken longer than all that is left
        while seen.coming and _ready(seen.coming) <= max(seen.at, end):
            until = max(seen.at, min(seen.at + LOOK_AGAIN, end))
            _handle(work, pool, seen.coming, until=until)
            is_over = clock.now() >= end
            work.door.look_again(now=clock.now())
            seen = _seen(pool, work)  # at the end, too: what is left?
            if is_over:
                break
    work.door.tell(now=clock.now())  # last, so that it delays no alert
    done.held = len(work.held)
    done.oldest_overdue_s = seen.overdue_s()
    log.event("swept", **asdict(done))
    return done


@dataclass(slots=True)
class Work:
    """What one sweep works with."""

    ports: Ports
    clock: Clock
    done: Swept
    door: Door
    unproved: list[Due] = field(default_factory=list)  # what would be called missed, if only the door was known open
    held: set[Due] = field(default_factory=set)  # cannot be judged, and will not be in this sweep


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One look at the index."""

    coming: list[Due]  # a heap
    at: datetime  # when all of it was there
    is_whole: bool  # no shard is unread

    def overdue_s(self) -> float | None:
        """How long the oldest instant has passed, 0 when none has; None: who knows."""
        if not self.is_whole:
            return None
        return max((self.at - self.coming[0][0]).total_seconds(), 0.0) if self.coming else 0.0


def _seen(pool: ThreadPoolExecutor, work: Work) -> Seen:
    """What comes soon. A shard that cannot be read is left to the next look; the others are served."""
    until = work.clock.now() + LOOK_AHEAD
    found: list[Due] = []
    unread = 0
    for due in pool.map(lambda shard: _due_in(shard, until), range(SHARDS)):
        unread += due is None
        found += due or []
    work.done.unread_shards += unread
    if not work.door.is_blind:
        work.held.clear()
    found = [due for due in found if due not in work.held]
    heapq.heapify(found)
    return Seen(coming=found, at=work.clock.now(), is_whole=unread == 0)


def _due_in(shard: int, until: datetime) -> list[Due] | None:
    try:
        return list(checks.due_codes(shard, until=until))
    except Exception:  # noqa: BLE001  # the boundary between a shard and its neighbours
        log.crash("shard_unread", shard=shard)
        return None


def _ready(coming: list[Due]) -> datetime:
    return coming[0][0] + ALLOWANCE


def _handle(work: Work, pool: ThreadPoolExecutor, coming: list[Due], *, until: datetime) -> None:
    """Handle each instant up to `until` when it has come, and those that the handling brings up; then wait for it.

    What is due already is handled however late it is: at least one batch a look.
    """
    while coming and _ready(coming) <= until:
        _wait(work.clock, _ready(coming))
        now = work.clock.now()
        work.done.lag_s = max(work.done.lag_s, (now - coming[0][0]).total_seconds())
        batch: list[Due] = []
        while coming and _ready(coming) <= now and len(batch) < BATCH:
            batch.append(heapq.heappop(coming))
        _push(coming, pool.map(lambda due: _look(work, due, work.door.judge), batch))
        is_over = work.clock.now() > until
        if is_over or len(work.unproved) >= BATCH or not (coming and _ready(coming) <= now):
            _push(coming, _silent(work, pool))  # after the others: they need not wait for the door
        if is_over:
            return
    _wait(work.clock, until)


def _push(coming: list[Due], again: Iterable[Due | None]) -> None:
    for due in again:
        if due is not None:
            heapq.heappush(coming, due)


def _silent(work: Work, pool: ThreadPoolExecutor) -> Iterator[Due | None]:
    """What would be called missed, judged when the door has been looked at; left due when nobody knows about it."""
    silent, work.unproved = work.unproved, []
    if silent and work.door.prove(since=min(silent)[0], now=work.clock.now()):
        yield from pool.map(lambda due: _look(work, due, work.door.judge_by_what_is_known), silent)


def _wait(clock: Clock, until: datetime) -> None:
    left = (until - clock.now()).total_seconds()
    if left > 0:
        clock.sleep(left)


def _look(work: Work, due: Due, judge: Judge) -> Due | None:
    """Look at one check; return when it is due again. One that cannot be handled is pushed back, and told of."""
    _, code = due
    try:
        now = work.clock.now()
        judged, is_proved = _judged(work, code, judge, now=now)
        check = deliver(work.ports, judged, now=now)
        if not is_proved:
            work.unproved.append(due)
            return None
        work.done.looked_at += 1
        again = None if check.due_at is None else (check.due_at, code)
        if again is not None and again[0] <= now and is_held(check):
            work.held.add(again)
            return None
        return again
    except NotFound:
        return None  # deleted meanwhile
    except Unavailable as error:
        log.event("unavailable", check=short(code), why=str(error))
        return None  # it stays due: the next look finds it again
    except Exception:  # noqa: BLE001  # the boundary between a check and its neighbours
        log.crash("check_failed", check=short(code))
        work.ports.tally.add("PushedBack")
        work.done.pushed_back += 1
        _push_back(work.clock, due)
        return None


def _judged(work: Work, code: Code, judge: Judge, *, now: datetime) -> tuple[Check, bool]:
    """The check as it has become, and True; as it was, and False, where the door must be looked at first."""
    try:
        return change(work.ports, code, lambda check: _verdict(work, check, judge, now=now)).check, True
    except Unproved as unproved:
        return unproved.check, False


def _verdict(work: Work, check: Check, judge: Judge, *, now: datetime) -> Verdict:
    if check.config.group is None:
        return judge(check, now - ALLOWANCE)
    from chalicelib.groups import judged  # most deployments have none

    return judged(work.ports, check, now=now)


def _push_back(clock: Clock, due: Due) -> None:
    at, code = due
    try:
        checks.push_back(code, seen=at, to=clock.now() + PUSH_BACK)
    except Unavailable as error:
        log.event("unavailable", check=short(code), why=str(error))
