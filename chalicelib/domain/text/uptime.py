"""How long a check was down, and how often, told from its flips.

Start at `times_down`; `downtime` sums what falls into a span of time, such as a month. What is not known, because its
flips have expired, is not counted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.domain.alerts import Reason
from chalicelib.domain.check import Check, Flip, Status


@dataclass(frozen=True, slots=True)
class TimeDown:
    """One outage, or the part of it that is known."""

    start: datetime
    end: datetime  # of one that lasts, the instant at which it was asked for
    reason: Reason | None  # None: from before what is known
    is_over: bool


def times_down(check: Check, flips: Sequence[Flip], *, since: datetime, now: datetime) -> tuple[TimeDown, ...]:
    """The outages of a check since an instant, oldest first. `flips`: those that are known, the newest first."""
    found: list[TimeDown] = []
    begun, reason = _at_first(check, flips, since=since)
    for flip in reversed(flips):
        if flip.old is Status.DOWN and begun is not None:
            found.append(TimeDown(begun, flip.at, reason, is_over=True))
        begun, reason = (flip.at, flip.reason) if flip.new is Status.DOWN else (None, None)
    if begun is not None:
        found.append(TimeDown(begun, now, reason, is_over=False))
    return tuple(each for each in found if each.end > since)


def _at_first(
    check: Check, flips: Sequence[Flip], *, since: datetime
) -> tuple[datetime, Reason | None] | tuple[None, None]:
    """Since when it was down before the first flip that is known, if it was."""
    if flips:
        return (since, None) if flips[-1].old is Status.DOWN else (None, None)
    return (check.since or since, check.reason) if check.status is Status.DOWN else (None, None)


def downtime(times: Iterable[TimeDown], start: datetime, end: datetime) -> tuple[timedelta, int]:
    """How long it was down between two instants, and in how many outages, those included that began before."""
    within = [(max(each.start, start), min(each.end, end)) for each in times]
    lengths = [later - earlier for earlier, later in within if later > earlier]
    return sum(lengths, timedelta()), len(lengths)
