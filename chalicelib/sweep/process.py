"""Evaluate one check for the sweep, publish its alerts, and push it back if it cannot be evaluated.

`evaluate` and `publish` are separate so that alerts of many checks can leave as digests (`chalicelib.sweep.batch`). The
domain decides the verdict; the sweep decides when to evaluate a check.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import uuid4

from chalicelib import log
from chalicelib.clock import Clock
from chalicelib.domain.check import Check, Verdict, is_held
from chalicelib.domain.errors import NotFound, Unavailable
from chalicelib.domain.ids import Code, short
from chalicelib.services import transaction
from chalicelib.services.groups import evaluate_group
from chalicelib.services.transaction import Ports
from chalicelib.store import batch_get, checks
from chalicelib.store.codecs import check_codec
from chalicelib.store.registry.in_flight import Flight
from chalicelib.sweep.cpu_limit import CpuLimit
from chalicelib.sweep.ingress import Door, Unproved

ALLOWANCE = timedelta(seconds=1)  # a ping made just before an instant, and still on its way, counts
FRESH = timedelta(seconds=2)  # an item that is older than this is read again
LATE = timedelta(seconds=10)  # the index may still show what has been handled a moment ago
CPU_LIMIT_S = 0.1  # of one evaluation, which should take at most 20 ms

Due = tuple[datetime, Code]
Judge = Callable[[Check, datetime], Verdict]
T = TypeVar("T")


@dataclass(slots=True)
class Swept:
    """What a sweep did, counted as it goes."""

    looked_at: int = 0
    pushed_back: int = 0  # checks that could not be handled
    held: int = 0  # checks that cannot be judged, since pings cannot come in
    suspects: int = 0  # checks that may have killed an invocation: evaluated after this report
    unread_shards: int = 0
    lag_s: float = 0.0  # the longest that an instant had to wait
    oldest_overdue_s: float | None = None  # how long what is still due at the end has been; None: a shard is unread

    @property
    def is_full(self) -> bool:
        """Whether everything was read, and nothing left undone."""
        nothing_failed = self.unread_shards == self.pushed_back == self.held == self.suspects == 0
        return nothing_failed and self.oldest_overdue_s is not None and self.oldest_overdue_s <= LATE.total_seconds()


@dataclass(slots=True, kw_only=True)
class Work:
    """What one sweep works with."""

    ports: Ports
    clock: Clock
    done: Swept
    door: Door
    shards: tuple[int, ...]  # those that are its own
    has_shared: bool = False  # others have taken parts of it
    held: set[Due] = field(default_factory=set)  # cannot be judged, and will not be in this sweep
    id: str = field(default_factory=lambda: uuid4().hex[:12])
    has_written: bool = False  # whether an in-flight row was written
    abandoned: list[Flight] = field(default_factory=list)  # in-flight rows of sweeps that died
    suspects: list[Due] = field(default_factory=list)  # checks that may have killed a sweep: evaluated last
    counting: threading.Lock = field(default_factory=threading.Lock)
    cpu: CpuLimit = field(default_factory=lambda: CpuLimit(CPU_LIMIT_S))
    # Evaluations of one project run one at a time. Python runs one thread at a time anyway, and eight endless loops
    # would starve the threads that wait for AWS.
    turns: "defaultdict[str, threading.Lock]" = field(default_factory=lambda: defaultdict(threading.Lock))


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A due check as read from DynamoDB, not decoded yet: decoding may fail."""

    due: Due
    item: check_codec.Item
    at: datetime

    @property
    def project(self) -> str:
        """Its project; "" if the item has none."""
        return str(self.item.get("project", {}).get("S", ""))

    @property
    def setbacks(self) -> int:
        """The number of consecutive push-backs."""
        return checks.setbacks(self.item)


@dataclass(frozen=True, slots=True)
class Evaluated:
    """An evaluated check with the alerts to publish."""

    read: Read
    check: Check
    is_proved: bool  # False: unchanged, because the ingress check must run first


def read(work: Work, due: Sequence[Due], *, now: datetime) -> list[Read]:
    """Read up to 100 due checks in one BatchGet.

    Deleted checks are missing in the result, and so are those that DynamoDB leaves out, which stay due. Raises
    Unavailable.
    """
    by_code = {each[1]: each for each in due}
    found, left = batch_get.undecoded_at_once(work.ports.tables, list(by_code))
    for code in left:
        log.event("unavailable", check=short(code), why="DynamoDB leaves it out of its answers")
    return [Read(due=by_code[Code(item["code"]["S"])], item=item, at=now) for item in found]


def evaluate(work: Work, read: Read, judge: Judge, *, now: datetime) -> Evaluated | None:
    """Evaluate a check and write the verdict. None if it could not be evaluated and was pushed back."""
    return isolated(work, read, lambda: _evaluated(work, read, judge, now=now))


def publish(work: Work, evaluated: Evaluated, ports: Ports, *, now: datetime) -> Check | None:
    """Publish a check's alerts and return the check. None if that failed and the check was pushed back."""
    return isolated(work, evaluated.read, lambda: transaction.let_out(ports, evaluated.check, now=now))


def evaluate_suspect(work: Work, due: Due) -> Callable[[], None]:
    """Evaluate a check that may kill the invocation. Push it back first, so that the next sweep does not meet it.

    Returns what to run afterwards in the sweep's own thread.
    """
    now = work.clock.now()
    try:
        waiting = [each for each in read(work, [due], now=now) if push_back(work, each)]
        found = read(work, [each.due for each in waiting], now=now)  # as it is now: the verdict sets `due_at` right
    except Unavailable as error:
        log.event("unavailable", check=short(due[1]), why=str(error))
        return lambda: None
    for each in found:
        log.event("suspect", check=short(due[1]), setbacks=each.setbacks)
        evaluated = evaluate(work, each, work.door.judge, now=now)
        if evaluated is not None and not evaluated.is_proved and work.door.prove(since=due[0], now=now):
            evaluated = evaluate(work, each, work.door.judge_by_what_is_known, now=now)
        if evaluated is not None and publish(work, evaluated, work.ports, now=now) and evaluated.is_proved:
            isolated(work, each, lambda: checks.clear_setbacks(due[1]))
            return lambda: _count(work)
    return lambda: None


def _count(work: Work) -> None:
    work.done.looked_at += 1


def due_again(work: Work, check: Check, *, now: datetime) -> Due | None:
    """The next instant of an evaluated check if it is in this sweep; else None."""
    if check.due_at is None:
        return None
    again = (check.due_at, check.code)
    if again[0] <= now and is_held(check):
        work.held.add(again)
        return None
    return again


def isolated(work: Work, read: Read, act: Callable[[], T]) -> T | None:
    """Run `act`; on any exception, log it and push the check back, so that other checks continue."""
    code = read.due[1]
    try:
        return act()
    except NotFound:
        return None  # deleted meanwhile
    except Unavailable as error:
        log.event("unavailable", check=short(code), why=str(error))
        return None  # it stays due: the next look finds it again
    except Exception:  # noqa: BLE001  # the boundary between a check and its neighbours
        log.crash("check_failed", check=short(code))
        work.ports.tally.add("PushedBack")
        with work.counting:
            work.done.pushed_back += 1
        push_back(work, read)
        return None


def push_back(work: Work, read: Read) -> bool:
    """Push a check back, longer each time. False if it is no longer due, or DynamoDB is unavailable."""
    at, code = read.due
    try:
        return checks.push_back(code, seen=at, now=work.clock.now(), setbacks=read.setbacks)
    except Unavailable as error:
        log.event("unavailable", check=short(code), why=str(error))
        return False


def _evaluated(work: Work, due: Read, judge: Judge, *, now: datetime) -> Evaluated:
    if now - due.at >= FRESH:
        [due] = read(work, [due.due], now=now) or [due]  # if it was deleted, the write fails
    check = _limited(work, due.project, lambda: check_codec.from_item(due.item))
    try:
        written = transaction.change(work.ports, check.code, lambda it: _verdict(work, it, judge, now=now), read=check)
        check, is_proved = written.check, True
    except Unproved as unproved:
        check, is_proved = unproved.check, False
    return Evaluated(due, transaction.held_back(work.ports, check, now=now), is_proved)


def _verdict(work: Work, check: Check, judge: Judge, *, now: datetime) -> Verdict:
    if check.config.group is None:
        return _limited(work, check.project, lambda: judge(check, now - ALLOWANCE))
    return evaluate_group(work.ports, check, now=now)


def _limited(work: Work, project: str, act: Callable[[], T]) -> T:
    """Run `act` under the CPU limit, one at a time per project. Raises TookTooLong."""
    with work.turns[project], work.cpu.apply():
        return act()
