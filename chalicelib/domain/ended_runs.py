"""Which runs have ended lately: a start that arrives after its own end opens no run (domain.md, rules 3 and 12).

The check holds the newest end of each run id, of the last hour and at most 16, so what pings can add to its item is
bounded (docs/adr/0021). Start at `has_ended`. Which run an end closes is decided in `runs`.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from zlib import crc32

from chalicelib.domain.check import Check, End, Run

MOST = 16
MEMORY = timedelta(hours=1)

_ALL = "!"  # a pause or a resumption, which ends every run
_NAMELESS = "-"  # an end without a rid that closed a run
_SPARE = "*"  # an end without a rid that closed none: its start may still arrive, with a rid or without


def has_ended(check: Check, rid: str, *, began: datetime) -> bool:
    """Whether the end of a run that began at `began` has arrived already, or may have: of an overtaken start older than
    the memory, nothing is known, and a run that is opened by mistake would be a false alarm.
    """
    marks = (_ALL, *marks_of(rid))
    if any(end.mark in marks and end.at > began for end in check.ended):
        return True
    if check.last_ping is None or began >= check.last_ping:
        return False
    is_full = len(check.ended) >= MOST and began < check.ended[0].at
    return not check.ended or is_full or began <= check.last_ping - MEMORY


def marks_of(rid: str) -> tuple[str, str]:
    """What the end of a run with this rid may be held under: a checksum, or that of an end without a rid."""
    return (f"{crc32(rid.encode()):08x}" if rid else _NAMELESS, _SPARE)


def with_end(check: Check, rid: str, *, at: datetime, closed: Run | None) -> tuple[End, ...]:
    """The ends with that of this ping, the oldest first; `closed` is the run that it closed."""
    mark = _SPARE if not rid and closed is None else marks_of(rid)[0]
    return _kept(check, End(mark=mark, at=at))


def without_runs(check: Check, *, at: datetime) -> Check:
    """The check with no run open: those that began before a pause or a resumption have ended, however late their starts
    arrive.
    """
    return replace(check, runs=(), ended=_kept(check, End(mark=_ALL, at=at)))


def _kept(check: Check, new: End) -> tuple[End, ...]:
    if len(check.ended) == 1 and check.ended[0].mark == new.mark and check.ended[0].at <= new.at:
        return (new,)  # most checks, at each ping
    newest = {end.mark: end for end in check.ended}
    if new.mark not in newest or newest[new.mark].at < new.at:
        newest[new.mark] = new
    since = max(new.at, check.last_ping or new.at) - MEMORY
    kept = sorted((end for end in newest.values() if end.at > since), key=lambda end: (end.at, end.mark))
    return tuple(kept[-MOST:])
