"""The runs of a check, put together from the rows of its history (docs/reference/rules.md, rules 1, 3, 5, 6 and 7).

Start at `past_runs` and `runs_still_open`. How a run ended is stored in the rows; `queries` completes old rows, which
lack it. Charts and history draw and list what is found here.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.domain.alerts import Reason
from chalicelib.domain.check import Check, Judged, Run
from chalicelib.domain.ping import Signal
from chalicelib.domain.rules.throughput import is_watched
from chalicelib.domain.runs.recent_runs import Ended
from chalicelib.store.history import StoredPing

SAME_INSTANT = timedelta(milliseconds=5)  # instants are stored to the millisecond


class Outcome(StrEnum):
    """How a run ended. Charts use the values as CSS classes."""

    OK = "ok"
    LATE = "late"
    FAILED = "failed"
    MISSED = "missed"
    OVERRUN = "overrun"
    TOO_SHORT = "too-short"
    STALLED = "stalled"
    RUNNING = "running"
    UNREPORTED = "unreported"  # a new start of the same run id replaced it before it reported an end


BAD = frozenset(Outcome) - {Outcome.OK, Outcome.LATE, Outcome.RUNNING}
_OUTCOMES = {
    Ended.SUCCESS: Outcome.OK,
    Ended.LATE: Outcome.LATE,
    Ended.FAILED: Outcome.FAILED,
    Ended.TOO_SHORT: Outcome.TOO_SHORT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A run, a period without any run, or a count window."""

    outcome: Outcome
    at: datetime  # of an open run its start, of others when their end was known
    began: datetime | None = None  # None: not reported
    took: timedelta | None = None
    is_beyond: bool = False  # it took longer than its limit
    count: int | None = None  # items in the window; None: not a window
    expected: datetime | None = None  # of a missed one; None: it was the first, due when it was missed (rule 7)
    rid: str = ""
    end: StoredPing | None = None  # the ping that reported its end
    words: tuple[StoredPing, ...] = ()  # its start and log lines, oldest first


def past_runs(check: Check, pings: Sequence[StoredPing], judged: Sequence[Judged]) -> list[Ran]:
    """The runs that are over, newest first. `pings` and `judged` cover the same span of time, newest first."""
    return sorted([*_reported(check, pings), *_without_pings(judged)], key=lambda each: each.at, reverse=True)


_Words = tuple[StoredPing, ...]  # the start of a run and its log lines so far, oldest first


def _reported(check: Check, pings: Sequence[StoredPing]) -> Iterator[Ran]:
    """The runs that a success or failure ended, and those that a new start replaced."""
    begun: dict[str, _Words] = {}
    for stored in reversed(pings):
        rid = stored.ping.rid
        match stored.signal:
            case Signal.START:
                replaced = begun.pop(rid, None)
                if replaced is not None:
                    yield _unreported(replaced)
                begun[rid] = (stored,)
            case Signal.LOG:
                if rid in begun:
                    begun[rid] = (*begun[rid], stored)
            case Signal.SUCCESS | Signal.FAIL:
                words = _pop_words(stored, begun)
                if not is_watched(check) or stored.took is not None or stored.signal is Signal.FAIL:
                    yield _ended(check, stored, words)
            case Signal.IGN:
                pass


def _pop_words(stored: StoredPing, begun: dict[str, _Words]) -> _Words:
    """Remove and return the words of the run that a ping ended: by its run id, else by when the run began."""
    if stored.ping.rid in begun and stored.ping.rid:
        return begun.pop(stored.ping.rid)
    if stored.took is None:
        return ()
    start = stored.ping.at - stored.took
    for rid, run in begun.items():
        if abs(run[0].ping.at - start) <= SAME_INSTANT:
            return begun.pop(rid)
    return ()


def _unreported(words: _Words) -> Ran:
    start = words[0].ping
    return Ran(outcome=Outcome.UNREPORTED, at=start.at, began=start.at, rid=start.rid, words=words)


def _ended(check: Check, stored: StoredPing, words: _Words) -> Ran:
    assert stored.run_end is not None, "`complete_old_rows` has filled in what old rows lack"
    ping, took = stored.ping, stored.took
    return Ran(
        outcome=_OUTCOMES[stored.run_end.outcome],
        at=ping.at,
        began=None if took is None or check.config.probe is not None else ping.at - took,
        took=took,
        is_beyond=stored.run_end.exceeded_limit,
        rid=ping.rid,
        end=stored,
        words=words,
    )


def _without_pings(judged: Sequence[Judged]) -> Iterator[Ran]:
    """Missed periods, and count windows."""
    for each in judged:
        if each.reason is Reason.MISSED:
            yield Ran(outcome=Outcome.MISSED, at=each.at, expected=None if each.since == each.at else each.since)
        elif each.count is not None:
            outcome = Outcome.OK if each.reason is None else Outcome.STALLED
            yield Ran(outcome=outcome, at=each.at, began=each.since, count=each.count)


def runs_still_open(check: Check, pings: Sequence[StoredPing], *, now: datetime) -> Iterable[Ran]:
    """The runs that are open, newest first, with those of their words that `pings` contain."""
    for run in reversed(check.runs):
        yield Ran(
            outcome=Outcome.OVERRUN if run.overran else Outcome.RUNNING,
            at=run.at,
            began=run.at,
            took=max(now - run.at, timedelta()),
            is_beyond=run.overran,
            rid=run.rid,
            words=words_of(run, pings),
        )


def words_of(run: Run, pings: Sequence[StoredPing]) -> tuple[StoredPing, ...]:
    """The start of an open run and its log lines so far, oldest first."""
    return tuple(
        stored
        for stored in reversed(pings)
        if stored.ping.rid == run.rid
        and stored.ping.at >= run.at - SAME_INSTANT
        and stored.signal in (Signal.START, Signal.LOG)
    )
