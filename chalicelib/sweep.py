"""The minute's work: look at every check whose instant has come, and let its alerts out.

What becomes of a check is the domain's decision; before one is called missed, `door` proves that its ping could have
come in, and whatever needs no such proof does not wait for it. Safe to run twice at once: a lost race is a no-op, and
a repeated alert bears the same id. A quiet minute ends at once; otherwise the sweep sleeps to each coming instant, so
that an alert leaves within two seconds of its deadline. Many due at once are a storm: looked at together (`storm`), and
shared out to more invocations (`sharing`). Start at `sweep`; `invoked` is the function on Lambda, which also tells the
outside how it went.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from chalicelib import log
from chalicelib.change import Ports
from chalicelib.door import Door, Way
from chalicelib.front_door import FrontDoor
from chalicelib.looking import ALLOWANCE, Due, Work, look
from chalicelib.sharing import PARTS, Part, Sharing
from chalicelib.store import checks, sweeps
from chalicelib.store.items import shard
from chalicelib.store.tables import SHARDS, Unavailable
from chalicelib.storm import handled
from chalicelib.telemetry import Metric
from chalicelib.watchdog import call
from chalicelib.wiring import Wiring

LOOK_AHEAD = timedelta(seconds=70)
TIME_BOX = timedelta(seconds=62)  # into the next sweep, or what comes due while that one starts would be late
LOOK_AGAIN = timedelta(seconds=10)  # while there is something to wait for: what has come up meanwhile?
WORKERS = 8
BATCH = 64  # checks between two looks at the clock
HAND_OUT = 2_000  # checks that are looked at together in a storm, if there is time
SHARE_FROM = 500  # checks that are due between two looks: with fewer, it is done before others have begun
LATE = timedelta(seconds=10)  # the index may still show what has been handled a moment ago

ALL = tuple(range(SHARDS))

Share = Callable[[Part], bool]


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


def invoked(wiring: Wiring, clock: Clock, detail: Mapping[str, Any]) -> None:
    """What the event says: the sweep of the schedule, or a part that it shares out.

    It ends with its metrics, and word to pages and to the outside watchdog: last, so that it delays no alert. A sweep
    that could not read all shards at its end has not finished: one that never can must raise the alarm. Of a part, none
    of them is told.
    """
    part = Part.of(detail)
    way = FrontDoor(wiring.settings, wiring.registry)
    if part is not None:
        done = sweep_part(wiring.ports, clock, way, part)
        wiring.meter.tell({"SweepLag": done.lag_s} if done.looked_at else {}, at_s=clock.now().timestamp())
        return
    function = wiring.settings.function
    done = sweep(wiring.ports, clock, way, share=None if function is None else Sharing(wiring.settings, function))
    measured: dict[Metric, float] = {"SweepLag": done.lag_s}
    if done.oldest_overdue_s is not None:
        measured |= {"Swept": 1, "OldestOverdue": done.oldest_overdue_s}
    wiring.meter.tell(measured, at_s=clock.now().timestamp())
    note(done, now=clock.now())
    if done.is_full and wiring.settings.watchdog_url is not None:
        call(wiring.settings.watchdog_url)


def note(done: Swept, *, now: datetime) -> None:
    """Let those who look at a page know that a sweep has ended."""
    behind = None if done.oldest_overdue_s is None else timedelta(seconds=done.oldest_overdue_s)
    try:
        sweeps.note(sweeps.LastSweep(now, behind))
    except Unavailable as error:
        log.event("sweep_not_noted", why=str(error))


def sweep(ports: Ports, clock: Clock, way: Way, *, share: Share | None = None) -> Swept:
    """Handle what is due now and what comes due within the time box; tell what was done.

    `share` lets another invocation take a part of a storm; None: there is no other.
    """
    work = Work(ports=ports, clock=clock, done=Swept(), door=Door(ports, way), shards=ALL)
    seen = _swept(work, ALL, share, end=clock.now() + TIME_BOX)
    work.door.tell(now=clock.now())  # last, so that it delays no alert
    return _ended(work, seen, "swept")


def sweep_part(ports: Ports, clock: Clock, way: Way, part: Part) -> Swept:
    """Handle the shards that a sweep has shared out, until its end. What the door looks like is told by that sweep."""
    work = Work(ports=ports, clock=clock, done=Swept(), door=Door(ports, way), shards=part.shards)
    if clock.now() >= part.until:
        log.event("came_too_late")  # Lambda had no room: the next sweep has found it all
        return work.done
    return _ended(work, _swept(work, part.shards, None, end=part.until), "swept_part")


def _ended(work: Work, seen: "Seen", event: str) -> Swept:
    work.done.held = len(work.held)
    work.done.oldest_overdue_s = seen.overdue_s()
    log.event(event, **asdict(work.done))
    return work.done


def _swept(work: Work, shards: Sequence[int], share: Share | None, *, end: datetime) -> "Seen":
    """Look at these shards, handle what is this sweep's own, until nothing comes any more or time is up."""
    clock = work.clock
    with ThreadPoolExecutor(WORKERS, initializer=log.within, initargs=(log.invocation(),)) as pool:
        work.door.recall()
        seen = _seen(pool, work, shards)
        if not seen.coming:
            work.door.look_again(now=clock.now())
        # the look itself may have taken longer than all that is left
        while seen.coming and _ready(seen.coming) <= max(seen.at, end):
            until = max(seen.at, min(seen.at + LOOK_AGAIN, end))
            if share is not None and seen.number_by(until) > SHARE_FROM:
                seen, share = _shared_out(work, seen, share, end=end), None
            _handle(work, pool, seen.coming, until=until)
            is_over = clock.now() >= end
            work.door.look_again(now=clock.now())
            seen = _seen(pool, work, shards)  # at the end, too: what is left?
            if is_over:
                break
    return seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One look at the index."""

    coming: list[Due]  # a heap of what is this sweep's own
    oldest: datetime | None  # of all; None: nothing comes
    at: datetime  # when all of it was there
    is_whole: bool  # no shard is unread

    def overdue_s(self) -> float | None:
        """How long the oldest instant has passed, 0 when none has; None: who knows."""
        if not self.is_whole:
            return None
        return 0.0 if self.oldest is None else max((self.at - self.oldest).total_seconds(), 0.0)

    def number_by(self, until: datetime) -> int:
        """How many are due by then."""
        return sum(at <= until for at, _ in self.coming)


def _seen(pool: ThreadPoolExecutor, work: Work, shards: Sequence[int]) -> Seen:
    """What comes soon. A shard that cannot be read is left to the next look; the others are served."""
    until = work.clock.now() + LOOK_AHEAD
    found: list[Due] = []
    unread = 0
    for due in pool.map(lambda shard: _due_in(shard, until), shards):
        unread += due is None
        found += due or []
    work.done.unread_shards += unread
    if not work.door.is_blind:
        work.held.clear()
    found = [due for due in found if due not in work.held]
    oldest = min((at for at, _ in found), default=None)
    return Seen(coming=_own(found, work.shards), oldest=oldest, at=work.clock.now(), is_whole=unread == 0)


def _due_in(number: int, until: datetime) -> list[Due] | None:
    try:
        return list(checks.due_codes(number, until=until))
    except Exception:  # noqa: BLE001  # the boundary between a shard and its neighbours
        log.crash("shard_unread", shard=number)
        return None


def _own(found: list[Due], shards: Sequence[int]) -> list[Due]:
    own = found if len(shards) == SHARDS else [due for due in found if shard(due[1]) in shards]
    heapq.heapify(own)
    return own


def _shared_out(work: Work, seen: Seen, share: Share, *, end: datetime) -> Seen:
    """What this sweep keeps, as others take their parts of it; and what nobody could be asked for."""
    own, *others = PARTS
    kept = [part for part in others if not share(Part(part, end))]
    work.shards = tuple(number for part in (own, *kept) for number in part)
    return replace(seen, coming=_own(seen.coming, work.shards))


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
        batch = _popped(coming, now, most=HAND_OUT)
        if work.ports.together is not None and len(batch) >= work.ports.together.at_least:
            _push(coming, handled(work, pool, batch, until=until))
        else:
            _push(coming, batch[BATCH:])
            _push(coming, pool.map(lambda due: look(work, due, work.door.judge), batch[:BATCH]))
        is_over = work.clock.now() > until
        if is_over or len(work.unproved) >= BATCH or not (coming and _ready(coming) <= now):
            _push(coming, _silent(work, pool))  # after the others: they need not wait for the door
        if is_over:
            return
    _wait(work.clock, until)


def _popped(coming: list[Due], now: datetime, *, most: int) -> list[Due]:
    """What is ready, the earliest first."""
    batch: list[Due] = []
    while coming and _ready(coming) <= now and len(batch) < most:
        batch.append(heapq.heappop(coming))
    return batch


def _push(coming: list[Due], again: Iterable[Due | None]) -> None:
    for due in again:
        if due is not None:
            heapq.heappush(coming, due)


def _silent(work: Work, pool: ThreadPoolExecutor) -> Iterator[Due | None]:
    """What would be called missed, judged when the door has been looked at; left due when nobody knows about it."""
    silent, work.unproved = work.unproved, []
    if silent and work.door.prove(since=min(silent)[0], now=work.clock.now()):
        yield from pool.map(lambda due: look(work, due, work.door.judge_by_what_is_known), silent)


def _wait(clock: Clock, until: datetime) -> None:
    left = (until - clock.now()).total_seconds()
    if left > 0:
        clock.sleep(left)
