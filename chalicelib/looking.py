"""A look at one check by the sweep: judge it, let out what it holds; and what becomes of one that cannot be handled.

Start at `look`, which does all of it; its halves, `judged` and `let_out`, are for who looks at many at once
(`chalicelib.storm`). What becomes of a check is the domain's decision, when to look the sweep's.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from chalicelib import change, log
from chalicelib.change import Ports
from chalicelib.domain.blind import is_held
from chalicelib.domain.check import Check, Code, Verdict, short
from chalicelib.door import Door, Unproved
from chalicelib.store import checks
from chalicelib.store.tables import NotFound, Unavailable

if TYPE_CHECKING:
    from chalicelib.sweep import Clock, Swept

ALLOWANCE = timedelta(seconds=1)  # a ping made just before an instant, and still on its way, counts
PUSH_BACK = timedelta(minutes=5)

Due = tuple[datetime, Code]
Judge = Callable[[Check, datetime], Verdict]
T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class Work:
    """What one sweep works with."""

    ports: Ports
    clock: "Clock"
    done: "Swept"
    door: Door
    shards: tuple[int, ...]  # those that are its own
    unproved: list[Due] = field(default_factory=list)  # what would be called missed, if only the door was known open
    held: set[Due] = field(default_factory=set)  # cannot be judged, and will not be in this sweep


@dataclass(frozen=True, slots=True)
class Looked:
    """A check that has been looked at, and holds what is to be let out."""

    due: Due
    check: Check
    is_proved: bool  # False: it is as it was, and the door must be looked at first


def look(work: Work, due: Due, judge: Judge) -> Due | None:
    """Look at one check; return when it is due again. One that cannot be handled is pushed back, and told of."""
    now = work.clock.now()
    looked = judged(work, due, judge, now=now)
    if looked is None:
        return None
    if not looked.is_proved:
        work.unproved.append(due)
    return let_out(work, looked, work.ports, now=now)


def judged(work: Work, due: Due, judge: Judge, *, now: datetime) -> Looked | None:
    """Judge it, and write that. None: it cannot be handled."""
    return _apart(work, due, lambda: _judged(work, due, judge, now=now))


def _judged(work: Work, due: Due, judge: Judge, *, now: datetime) -> Looked:
    try:
        check, is_proved = change.change(work.ports, due[1], lambda it: _verdict(work, it, judge, now=now)).check, True
    except Unproved as unproved:
        check, is_proved = unproved.check, False
    return Looked(due, change.held_back(work.ports, check, now=now), is_proved)


def _verdict(work: Work, check: Check, judge: Judge, *, now: datetime) -> Verdict:
    if check.config.group is None:
        return judge(check, now - ALLOWANCE)
    from chalicelib.groups import judged as judged_by_members  # most deployments have none

    return judged_by_members(work.ports, check, now=now)


def let_out(work: Work, looked: Looked, ports: Ports, *, now: datetime) -> Due | None:
    """Let out what it holds; when it is due again."""
    return _apart(work, looked.due, lambda: _let_out(work, looked, ports, now=now))


def _let_out(work: Work, looked: Looked, ports: Ports, *, now: datetime) -> Due | None:
    check = change.let_out(ports, looked.check, now=now)
    if not looked.is_proved:
        return None
    work.done.looked_at += 1
    again = None if check.due_at is None else (check.due_at, check.code)
    if again is not None and again[0] <= now and is_held(check):
        work.held.add(again)
        return None
    return again


def _apart(work: Work, due: Due, act: Callable[[], T]) -> T | None:
    """Do it, whatever comes of it: its neighbours are served."""
    at, code = due
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
        work.done.pushed_back += 1
        _push_back(work.clock, code, at)
        return None


def _push_back(clock: "Clock", code: Code, at: datetime) -> None:
    try:
        checks.push_back(code, seen=at, to=clock.now() + PUSH_BACK)
    except Unavailable as error:
        log.event("unavailable", check=short(code), why=str(error))
