"""What a check's pings and judgements tell together: its runs, each with how it ended
(docs/reference/rules.md, rules 1, 3, 5, 6, 7).

Start at `ran` and `still_open`. Rows of the history are facts; which success was late follows from the schedule as it
is now, since nobody has written that down: one whose run, if it said so, began more than a minute after its time. How
runs are drawn is `timeline`'s business, how they are listed `check_history`'s.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.domain.alerts import Reason
from chalicelib.domain.check import Check, Flip, Judged, Run, Status
from chalicelib.domain.ping import Signal
from chalicelib.domain.rules.due import came_late, expected_after
from chalicelib.domain.rules.throughput import is_watched
from chalicelib.domain.runs.runs import limit
from chalicelib.store.history import StoredPing

_NEARLY = timedelta(milliseconds=5)  # instants are stored to the millisecond


class Outcome(StrEnum):
    """How a run ended, as strip and timeline draw it."""

    OK = "ok"
    LATE = "late"
    FAILED = "failed"
    MISSED = "missed"
    OVERRUN = "overrun"
    TOO_SHORT = "too-short"
    STALLED = "stalled"
    RUNNING = "running"
    UNREPORTED = "unreported"  # begun anew, or given up, before it told its end


BAD = frozenset(Outcome) - {Outcome.OK, Outcome.LATE, Outcome.RUNNING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A run; or a period in which none came, or a window of a throughput check."""

    outcome: Outcome
    at: datetime  # when that was known: its end, of an open one its start
    began: datetime | None = None  # None: it did not say
    took: timedelta | None = None
    is_beyond: bool = False  # it took longer than its limit
    count: int | None = None  # items, of a window
    expected: datetime | None = None  # of a missed one; None: the first was due when it was missed (rule 7)
    rid: str = ""
    end: StoredPing | None = None  # None: none came
    words: tuple[StoredPing, ...] = ()  # its start and what it logged, oldest first


def ran(check: Check, pings: Sequence[StoredPing], judged: Sequence[Judged], flips: Sequence[Flip]) -> list[Ran]:
    """What is over, the newest first. `pings` and `judged` are of one span of time, `flips` at least; newest first."""
    told = [*_ended(check, pings, judged, flips), *_judged(check, judged, flips)]
    return sorted(told, key=lambda each: each.at, reverse=True)


_Said = tuple[StoredPing, ...]  # what has come of a run: its start and what it logged, oldest first


def _ended(check: Check, pings: Sequence[StoredPing], judged: Sequence[Judged], flips: Sequence[Flip]) -> Iterable[Ran]:
    """The runs that successes and failures ended, and those that began anew without an end. What has not ended by now
    is told by the check.
    """
    misses = sorted(each.at for each in judged if each.reason is Reason.MISSED)
    begun: dict[str, _Said] = {}
    base: datetime | None = None  # the next success is expected after it
    for stored in reversed(pings):
        ping = stored.ping
        while misses and misses[0] <= ping.at:
            missed = misses.pop(0)
            due = _expected(check, missed, flips) or missed
            base = due if base is None else max(base, due)
        match stored.signal:
            case Signal.START:
                again = begun.pop(ping.rid, None)
                if again is not None:
                    yield _unreported(again)
                begun[ping.rid] = (stored,)
            case Signal.LOG:
                if ping.rid in begun:
                    begun[ping.rid] = (*begun[ping.rid], stored)
            case Signal.SUCCESS | Signal.FAIL:
                said = _closed(stored, begun)
                if not is_watched(check) or stored.took is not None or stored.signal is Signal.FAIL:
                    yield _at_its_end(check, stored, said, base, flips)
                base = ping.at
            case Signal.IGN:
                pass


def _closed(stored: StoredPing, begun: dict[str, _Said]) -> _Said:
    """What had come of the run that a ping ended, taken out: by its rid, else by when the run must have begun."""
    if stored.ping.rid in begun and stored.ping.rid:
        return begun.pop(stored.ping.rid)
    if stored.took is None:
        return ()
    start = stored.ping.at - stored.took
    for rid, run in begun.items():
        if abs(run[0].ping.at - start) <= _NEARLY:
            return begun.pop(rid)
    return ()


def _unreported(said: _Said) -> Ran:
    start = said[0].ping
    return Ran(outcome=Outcome.UNREPORTED, at=start.at, began=start.at, rid=start.rid, words=said)


def _at_its_end(check: Check, stored: StoredPing, said: _Said, base: datetime | None, flips: Sequence[Flip]) -> Ran:
    ping, took = stored.ping, stored.took
    is_probe = check.config.probe is not None
    began = None if took is None or is_probe else ping.at - took
    ended = Ran(
        outcome=Outcome.OK,
        at=ping.at,
        began=began,
        took=took,
        is_beyond=took is not None and not is_probe and took > limit(check),
        rid=ping.rid,
        end=stored,
        words=said,
    )
    if stored.signal is Signal.FAIL:
        return replace(ended, outcome=Outcome.FAILED)
    if _was_too_short(check, took, ping.at, flips):
        return replace(ended, outcome=Outcome.TOO_SHORT)
    if base is not None and _status_before(check, ping.at, flips) is Status.UP:
        due = expected_after(check.config, base)
        if due is not None and came_late(due=due, began=began, ended=ping.at, grace=check.config.grace):
            return replace(ended, outcome=Outcome.LATE)
    return ended


def _was_too_short(check: Check, took: timedelta | None, at: datetime, flips: Sequence[Flip]) -> bool:
    """Whether it was judged so, or would be now; nobody has written down those that changed nothing."""
    if any(flip.reason is Reason.TOO_SHORT and abs(flip.at - at) <= _NEARLY for flip in flips):
        return True
    shortest = check.config.min_runtime
    return shortest is not None and took is not None and took < shortest


def _status_before(check: Check, at: datetime, flips: Sequence[Flip]) -> Status:
    """The status that a ping at an instant met."""
    for flip in flips:
        if flip.at < at:
            return flip.new
    return flips[-1].old if flips else check.status


def _judged(check: Check, judged: Sequence[Judged], flips: Sequence[Flip]) -> Iterable[Ran]:
    """What no ping tells."""
    for each in judged:
        if each.reason is Reason.MISSED:
            yield Ran(outcome=Outcome.MISSED, at=each.at, expected=_expected(check, each.at, flips))
        elif each.count is not None:
            length = check.config.count_window
            yield Ran(
                outcome=Outcome.OK if each.reason is None else Outcome.STALLED,
                at=each.at,
                began=None if length is None else each.at - length,
                count=each.count,
            )


def _expected(check: Check, missed_at: datetime, flips: Sequence[Flip]) -> datetime | None:
    """When what was missed had been expected; None: it would have been the first success, which has no grace."""
    if any(flip.old is Status.NEW and abs(flip.at - missed_at) <= _NEARLY for flip in flips):
        return None
    return missed_at - check.config.grace


def still_open(check: Check, pings: Sequence[StoredPing], *, now: datetime) -> Iterable[Ran]:
    """The open runs, the newest first, with what they have said so far as `pings` tell it."""
    for run in reversed(check.runs):
        yield Ran(
            outcome=Outcome.OVERRUN if run.overran else Outcome.RUNNING,
            at=run.at,
            began=run.at,
            took=max(now - run.at, timedelta()),
            is_beyond=run.overran,
            rid=run.rid,
            words=said_in(run, pings),
        )


def said_in(run: Run, pings: Sequence[StoredPing]) -> tuple[StoredPing, ...]:
    """The start of an open run and what it logged since, oldest first."""
    return tuple(
        stored
        for stored in reversed(pings)
        if stored.ping.rid == run.rid
        and stored.ping.at >= run.at - _NEARLY
        and stored.signal in (Signal.START, Signal.LOG)
    )
