"""How long a check was down, and how often, from its flips.

Start at `times_down`; `downtime` sums the outages of a span of time, such as a month. Outages whose flips have expired
are not counted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.domain.alerts import Reason
from chalicelib.domain.check import Check, Flip, Status


@dataclass(frozen=True, slots=True)
class TimeDown:
    """One outage, or the known part of it."""

    start: datetime
    end: datetime  # of an outage that is not over: now
    reason: Reason | None  # None: it began before the known flips
    is_over: bool


def times_down(check: Check, flips: Sequence[Flip], *, since: datetime, now: datetime) -> tuple[TimeDown, ...]:
    """The outages of a check since an instant, oldest first. `flips`: the known ones, newest first."""
    found: list[TimeDown] = []
    begun, reason = _begun_before(check, flips, since=since)
    for flip in reversed(flips):
        if flip.old is Status.DOWN and begun is not None:
            found.append(TimeDown(begun, flip.at, reason, is_over=True))
        begun, reason = (flip.at, flip.reason) if flip.new is Status.DOWN else (None, None)
    if begun is not None:
        found.append(TimeDown(begun, now, reason, is_over=False))
    return tuple(each for each in found if each.end > since)


def _begun_before(
    check: Check, flips: Sequence[Flip], *, since: datetime
) -> tuple[datetime, Reason | None] | tuple[None, None]:
    """Since when it was down before the oldest known flip, and why; None if it was not."""
    if flips:
        return (since, None) if flips[-1].old is Status.DOWN else (None, None)
    return (check.since or since, check.reason) if check.status is Status.DOWN else (None, None)


def downtime(times: Iterable[TimeDown], start: datetime, end: datetime) -> tuple[timedelta, int]:
    """The total downtime between two instants, and the number of outages, including one that began earlier."""
    within = [(max(each.start, start), min(each.end, end)) for each in times]
    lengths = [later - earlier for earlier, later in within if later > earlier]
    return sum(lengths, timedelta()), len(lengths)
