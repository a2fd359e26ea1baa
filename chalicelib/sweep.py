"""The minute's work: look at every check whose instant has come, and let its alerts out.

What becomes of a check is `advance`'s decision. Safe to run twice at once: a lost race is a no-op, and a repeated
alert bears the same id. A quiet minute ends at once; otherwise the sweep sleeps to each coming instant, so that an
alert leaves within two seconds of its deadline. Start at `sweep`; `invoked` is the function on Lambda, which also
tells the outside how it went.
"""

import heapq
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Protocol

from chalicelib import log
from chalicelib.change import Ports, change, deliver
from chalicelib.domain.advance import advance
from chalicelib.domain.check import Code, short
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
    unread_shards: int = 0
    lag_s: float = 0.0  # the longest that an instant had to wait
    oldest_overdue_s: float | None = None  # how long what is still due at the end has been; None: a shard is unread

    @property
    def is_full(self) -> bool:
        """Whether everything was read, and nothing left undone."""
        nothing_failed = self.unread_shards == 0 and self.pushed_back == 0
        return nothing_failed and self.oldest_overdue_s is not None and self.oldest_overdue_s <= LATE.total_seconds()


def invoked(wiring: Wiring, clock: Clock) -> None:
    """A sweep, its metrics, and word to the outside watchdog: last, so that it delays no alert.

    A sweep that could not read all shards at its end has not finished: one that never can must raise the alarm.
    """
    done = sweep(wiring.ports, clock)
    measured: dict[Metric, float] = {"SweepLag": done.lag_s}
    if done.oldest_overdue_s is not None:
        measured |= {"Swept": 1, "OldestOverdue": done.oldest_overdue_s}
    wiring.meter.tell(measured, at_s=clock.now().timestamp())
    if done.is_full and wiring.settings.watchdog_url is not None:
        call(wiring.settings.watchdog_url)


def sweep(ports: Ports, clock: Clock) -> Swept:
    """Handle what is due now and what comes due within the time box; tell what was done."""
    end = clock.now() + TIME_BOX
    done = Swept()
    with ThreadPoolExecutor(WORKERS, initializer=log.within, initargs=(log.invocation(),)) as pool:
        seen = _seen(pool, done, clock)
        # the look itself may have taken longer than all that is left
        while seen.coming and _ready(seen.coming) <= max(seen.at, end):
            until = max(seen.at, min(seen.at + LOOK_AGAIN, end))
            _handle(ports, clock, pool, done, seen.coming, until=until)
            is_over = clock.now() >= end
            seen = _seen(pool, done, clock)  # at the end, too: what is left?
            if is_over:
                break
    done.oldest_overdue_s = seen.overdue_s()
    log.event("swept", **asdict(done))
    return done


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


def _seen(pool: ThreadPoolExecutor, done: Swept, clock: Clock) -> Seen:
    """What comes soon. A shard that cannot be read is left to the next look; the others are served."""
    until = clock.now() + LOOK_AHEAD
    found: list[Due] = []
    unread = 0
    for due in pool.map(lambda shard: _due_in(shard, until), range(SHARDS)):
        unread += due is None
        found += due or []
    done.unread_shards += unread
    heapq.heapify(found)
    return Seen(coming=found, at=clock.now(), is_whole=unread == 0)


def _due_in(shard: int, until: datetime) -> list[Due] | None:
    try:
        return list(checks.due_codes(shard, until=until))
    except Exception:  # noqa: BLE001  # the boundary between a shard and its neighbours
        log.crash("shard_unread", shard=shard)
        return None


def _ready(coming: list[Due]) -> datetime:
    return coming[0][0] + ALLOWANCE


def _handle(
    ports: Ports, clock: Clock, pool: ThreadPoolExecutor, done: Swept, coming: list[Due], *, until: datetime
) -> None:
    """Handle each instant up to `until` when it has come, and those that the handling brings up; then wait for it.

    What is due already is handled however late it is: at least one batch a look.
    """
    while coming and _ready(coming) <= until:
        _wait(clock, _ready(coming))
        now = clock.now()
        done.lag_s = max(done.lag_s, (now - coming[0][0]).total_seconds())
        batch: list[Due] = []
        while coming and _ready(coming) <= now and len(batch) < BATCH:
            batch.append(heapq.heappop(coming))
        for again in pool.map(lambda due: _look(ports, clock, done, due), batch):
            if again is not None:
                heapq.heappush(coming, again)
        if clock.now() > until:
            return
    _wait(clock, until)


def _wait(clock: Clock, until: datetime) -> None:
    left = (until - clock.now()).total_seconds()
    if left > 0:
        clock.sleep(left)


def _look(ports: Ports, clock: Clock, done: Swept, due: Due) -> Due | None:
    """Look at one check; return when it is due again. One that cannot be handled is pushed back, and told of."""
    _, code = due
    try:
        now = clock.now()
        written = change(ports, code, lambda check: advance(check, now=now - ALLOWANCE))
        check = deliver(ports, written.check, now=now)
        done.looked_at += 1
        return None if check.due_at is None else (check.due_at, code)
    except NotFound:
        return None  # deleted meanwhile
    except Unavailable as error:
        log.event("unavailable", check=short(code), why=str(error))
        return None  # it stays due: the next look finds it again
    except Exception:  # noqa: BLE001  # the boundary between a check and its neighbours
        log.crash("check_failed", check=short(code))
        ports.tally.add("PushedBack")
        done.pushed_back += 1
        _push_back(clock, due)
        return None


def _push_back(clock: Clock, due: Due) -> None:
    at, code = due
    try:
        checks.push_back(code, seen=at, to=clock.now() + PUSH_BACK)
    except Unavailable as error:
        log.event("unavailable", check=short(code), why=str(error))
