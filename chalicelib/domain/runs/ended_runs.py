"""Remember which runs have ended, so that a start that arrives after its end opens no run
(docs/reference/rules.md, rules 3 and 12).

The check holds the newest end of each run id in the last hour, at most 16, so the size of its item is bounded
(docs/adr/0021). Start at `has_ended`. Which run an end closes is decided in `runs`.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from zlib import crc32

from chalicelib.domain.check import Check, End, Run

MAX_ENDS = 16
REMEMBERED_FOR = timedelta(hours=1)

_ALL_RUNS = "!"  # a pause or a resumption, which ends every run
_WITHOUT_RID = "-"  # an end without a rid that closed a run
_CLOSED_NONE = "*"  # an end without a rid that closed none: its start may still arrive, with a rid or without


def has_ended(check: Check, rid: str, *, began: datetime) -> bool:
    """Whether the end of a run that began at `began` has arrived, or may have arrived.

    For a late start older than the remembered ends, the answer is True: a run opened by mistake would be a false alarm.
    """
    marks = (_ALL_RUNS, *end_marks(rid))
    if any(end.mark in marks and end.at > began for end in check.ended):
        return True
    if check.last_ping is None or began >= check.last_ping:
        return False
    is_full = len(check.ended) >= MAX_ENDS and began < check.ended[0].at
    return not check.ended or is_full or began <= check.last_ping - REMEMBERED_FOR


def end_marks(rid: str) -> tuple[str, str]:
    """The marks under which the end of a run with this rid may be stored: its own, and that of unpaired ends."""
    return (f"{crc32(rid.encode()):08x}" if rid else _WITHOUT_RID, _CLOSED_NONE)


def with_end(check: Check, rid: str, *, at: datetime, closed: Run | None) -> tuple[End, ...]:
    """The ends including the end by this ping, the oldest first; `closed` is the run that the ping closed."""
    mark = _CLOSED_NONE if not rid and closed is None else end_marks(rid)[0]
    return _with_newest(check, End(mark=mark, at=at))


def without_runs(check: Check, *, at: datetime) -> Check:
    """The check with all runs closed by a pause or resumption at `at`, including those whose starts arrive later."""
    return replace(check, runs=(), ended=_with_newest(check, End(mark=_ALL_RUNS, at=at)))


def _with_newest(check: Check, new: End) -> tuple[End, ...]:
    if len(check.ended) == 1 and check.ended[0].mark == new.mark and check.ended[0].at <= new.at:
        return (new,)  # most checks, at each ping
    newest = {end.mark: end for end in check.ended}
    if new.mark not in newest or newest[new.mark].at < new.at:
        newest[new.mark] = new
    since = max(new.at, check.last_ping or new.at) - REMEMBERED_FOR
    kept = sorted((end for end in newest.values() if end.at > since), key=lambda end: (end.at, end.mark))
    return tuple(kept[-MAX_ENDS:])
