"""The minute's work: look at every check whose instant has come, and let its alerts out.

What becomes of a check is the domain's decision; before one is called missed, `door` proves that its ping could have
come in, and whatever needs no such proof does not wait for it. Safe to run twice at once: a lost race is a no-op, and
a repeated alert bears the same id. A quiet minute ends at once; otherwise the sweep sleeps to each coming instant, so
that an alert leaves within two seconds of its deadline. Many due at once are a storm: looked at together (`storm`), and
shared out to more invocations (`sharing`). Start at `sweep`; `invoked` is the function on Lambda, which also tells the
outside how it went.
"""

import heapq
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from chalicelib import log
from chalicelib.clock import Clock
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.ids import Code
from chalicelib.metrics import Metric
from chalicelib.runtime import Wiring
from chalicelib.services.liveness.self_ping import FrontDoor
from chalicelib.services.transaction import Ports
from chalicelib.store import checks
from chalicelib.store.codecs.check_codec import shard
from chalicelib.store.registry import in_flight, sweeps
from chalicelib.store.tables import SHARDS
from chalicelib.sweep.batch import Gathering
from chalicelib.sweep.fan_out import PARTS, Part, Sharing
from chalicelib.sweep.ingress import Door, IngressCheck
from chalicelib.sweep.process import Due, Swept, Work, evaluate_suspect
from chalicelib.sweep.rounds import POLL_S, Round, ready_at
from chalicelib.sweep.workers import Workers

LOOK_AHEAD = timedelta(seconds=70)
TIME_BOX = timedelta(seconds=62)  # into the next sweep, or what comes due while that one starts would be late
LOOK_AGAIN = timedelta(seconds=10)  # while there is something to wait for: what has come up meanwhile?
FOR_SUSPECTS = timedelta(seconds=30)  # beyond the time box; Lambda allows 120 s in all
WORKERS = 10  # as many as botocore keeps connections
MOST_PER_PROJECT = 8
SHARE_FROM = 500  # checks that are due between two looks: with fewer, it is done before others have begun
MOST_OF_A_SHARD = 10_000  # entries read at a time, the earliest first: a million would take 240 MB

ALL = tuple(range(SHARDS))

Share = Callable[[Part], bool]


def invoked(wiring: Wiring, clock: Clock, event: Mapping[str, Any]) -> None:
    """The sweep of the schedule.

    Ends with metrics, the state shown on pages, and the call of the outside watchdog: last, so that they delay no
    alert. A sweep that cannot read all shards at its end has not finished, so a persistent failure raises the alarm.
    The event's detail is empty unless a sweep deployed before the function `storm` existed has requested a part.
    """
    if event["detail"]:
        invoked_part(wiring, clock, event["detail"])
        return
    way = FrontDoor(wiring.settings, wiring.registry)
    function = wiring.settings.storm_function
    share = None if function is None else Sharing(wiring.settings, function)
    sweep(wiring.ports, clock, way, share=share, report=lambda done: _report(wiring, clock, done))
    wiring.meter.tell({}, at_s=clock.now().timestamp())  # the results of the suspects


def invoked_part(wiring: Wiring, clock: Clock, event: Mapping[str, Any]) -> None:
    """A part of a sweep. It sends no metrics about complete sweeps and does not call the watchdog."""
    part = Part.of(event)
    if part is None:
        log.event("no_part")  # somebody invoked the function by hand
        return
    done = sweep_part(wiring.ports, clock, FrontDoor(wiring.settings, wiring.registry), part)
    wiring.meter.tell({"SweepLag": done.lag_s} if done.looked_at else {}, at_s=clock.now().timestamp())


def _report(wiring: Wiring, clock: Clock, done: Swept) -> None:
    measured: dict[Metric, float] = {"SweepLag": done.lag_s}
    if done.oldest_overdue_s is not None:
        measured |= {"Swept": 1, "OldestOverdue": done.oldest_overdue_s}
    wiring.meter.tell(measured, at_s=clock.now().timestamp())
    note(done, now=clock.now())
    if done.is_full:
        wiring.watchdog.call(now=clock.now())


def note(done: Swept, *, now: datetime) -> None:
    """Let those who look at a page know that a sweep has ended."""
    behind = None if done.oldest_overdue_s is None else timedelta(seconds=done.oldest_overdue_s)
    try:
        sweeps.note(sweeps.LastSweep(now, behind))
    except Unavailable as error:
        log.event("sweep_not_noted", why=str(error))


def sweep(
    ports: Ports,
    clock: Clock,
    way: IngressCheck,
    *,
    share: Share | None = None,
    report: Callable[[Swept], None] = lambda _: None,
) -> Swept:
    """Evaluate the checks that are due or come due within the time box; return what was done.

    `share` hands a part to another invocation if many checks are due; None: there is no other. `report` is called
    before the last step, the evaluation of the suspects, because one of them may kill this invocation.
    """
    work = Work(ports=ports, clock=clock, done=Swept(), door=Door(ports, way), shards=ALL)
    end = clock.now() + TIME_BOX
    seen = _swept(work, ALL, share, end=end)
    work.door.tell(now=clock.now())  # last, so that it delays no alert
    done = _ended(work, seen, "swept")
    report(done)
    if _evaluate_suspects(work, until=end + FOR_SUSPECTS):
        _remove_flights(work, seen)
    return done


def sweep_part(ports: Ports, clock: Clock, way: IngressCheck, part: Part) -> Swept:
    """Handle the shards that a sweep has shared out, until its end. What the door looks like is told by that sweep."""
    work = Work(ports=ports, clock=clock, done=Swept(), door=Door(ports, way), shards=part.shards)
    if clock.now() >= part.until:
        log.event("came_too_late")  # Lambda had no room: the next sweep has found it all
        return work.done
    done = _ended(work, _swept(work, part.shards, None, end=part.until), "swept_part")
    _evaluate_suspects(work, until=part.until + FOR_SUSPECTS)
    return done


def _ended(work: Work, seen: "Seen", event: str) -> Swept:
    work.done.held, work.done.suspects = len(work.held), len(work.suspects)
    work.done.oldest_overdue_s = seen.overdue_s()
    log.event(event, **asdict(work.done))
    if work.has_written:
        _remove_flight(work.id)
    return work.done


def _evaluate_suspects(work: Work, *, until: datetime) -> bool:
    """Evaluate one by one the checks that may have killed an invocation. False if there was no time for all."""
    with Workers(1, most_per_project=1) as workers:
        for due in work.suspects:
            if work.clock.now() >= until:
                return False
            workers.start("", partial(evaluate_suspect, work, due))
            while workers.is_busy:
                workers.finish(POLL_S)
                work.cpu.enforce()
    return True


def _remove_flights(work: Work, seen: "Seen") -> None:
    """Remove the in-flight rows of sweeps that died, except rows with a check that was not evaluated since."""
    left = set(seen.coming)
    for flight in work.abandoned:
        if seen.is_whole and len(work.shards) == SHARDS and not left & flight.entries:
            _remove_flight(flight.id)


def _remove_flight(sweep: str) -> None:
    try:
        in_flight.remove(sweep)
    except Unavailable as error:
        log.event("in_flight_not_removed", why=str(error))


def _swept(work: Work, shards: Sequence[int], share: Share | None, *, end: datetime) -> "Seen":
    """Look at these shards, handle what is this sweep's own, until nothing comes any more or time is up."""
    clock = work.clock
    with Workers(WORKERS, most_per_project=MOST_PER_PROJECT) as workers:
        work.door.recall()
        seen = _seen(workers, work, shards)
        if seen.coming:
            work.abandoned = _abandoned(now=clock.now())
        else:
            work.door.look_again(now=clock.now())
        gathered: defaultdict[str, Gathering] = defaultdict(Gathering)
        # the look itself may have taken longer than all that is left
        while _goes_on(work, seen, end=end) or _left_in(gathered):
            until = max(seen.at, min(seen.at + LOOK_AGAIN, end))
            if share is not None and seen.number_by(until) > SHARE_FROM:
                seen, share = _shared_out(work, seen, share, end=end), None
            Round(work, workers, seen.coming, until=until, gathered=gathered).run()
            is_over = clock.now() >= end
            if is_over and _left_in(gathered):
                Round(work, workers, [], until=end, gathered=gathered).run()  # publishes it
            work.door.look_again(now=clock.now())
            # also at the end, to report what is left
            seen = _seen(workers, work, shards, apart_from=_left_in(gathered))
            if is_over:
                break
    return seen


def _goes_on(work: Work, seen: "Seen", *, end: datetime) -> bool:
    """Whether checks of this sweep come due, or checks of other invocations are still due."""
    if seen.coming:
        return ready_at(seen.coming) <= max(seen.at, end)
    return work.has_shared and seen.oldest is not None and seen.oldest <= seen.at


def _left_in(gathered: Mapping[str, Gathering]) -> set[Code]:
    """The checks that have been evaluated, and wait to be published together."""
    return {each.check.code for gathering in gathered.values() for each in gathering.evaluated}


def _abandoned(*, now: datetime) -> list[in_flight.Flight]:
    """The in-flight rows of sweeps that died."""
    try:
        return in_flight.abandoned(now=now)
    except Unavailable as error:
        log.event("in_flight_unread", why=str(error))
    except Exception:  # noqa: BLE001  # a damaged row must not end every sweep
        log.crash("in_flight_unread")
    return []


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


def _seen(workers: Workers, work: Work, shards: Sequence[int], *, apart_from: Collection[Code] = frozenset()) -> Seen:
    """What comes soon. A shard that cannot be read is left to the next look; the others are served."""
    until = work.clock.now() + LOOK_AHEAD
    found: list[Due] = []
    unread = 0
    for due in workers.map(lambda shard: _due_in(shard, until), shards):
        unread += due is None
        found += due or []
    work.done.unread_shards += unread
    if not work.door.is_blind:
        work.held.clear()
    found = [due for due in found if due not in work.held and due not in work.suspects]
    found = [due for due in found if due[1] not in apart_from]
    oldest = min((at for at, _ in found), default=None)
    return Seen(coming=_own(found, work.shards), oldest=oldest, at=work.clock.now(), is_whole=unread == 0)


def _due_in(number: int, until: datetime) -> list[Due] | None:
    try:
        return list(checks.due_codes(number, until=until, most=MOST_OF_A_SHARD))
    except Exception:  # noqa: BLE001  # the boundary between a shard and its neighbours
        log.crash("shard_unread", shard=number)
        return None


def _own(found: list[Due], shards: Sequence[int]) -> list[Due]:
    own = found if len(shards) == SHARDS else [due for due in found if shard(due[1]) in shards]
    heapq.heapify(own)
    return own


def _shared_out(work: Work, seen: Seen, share: Share, *, end: datetime) -> Seen:
    """What this sweep keeps, as others take their parts of it; and what nobody could be asked for."""
    kept = [part for part in PARTS if not share(Part(part, end))]
    work.shards, work.has_shared = tuple(number for part in kept for number in part), len(kept) < len(PARTS)
    return replace(seen, coming=_own(seen.coming, work.shards))
