"""Pings could not come in for a while: what that does to a check that waited for one
(docs/reference/rules.md, rule 15).

A check that meets such an interval bears it, so that whoever reads the check knows: while it lasts nothing becomes
missed or overrun, and what could have come within is judged when a whole grace has passed since its end. Which
intervals there were is told by `door`; which check meets one is decided in `held`. Start at `put_off`.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.domain.check import Check


@dataclass(frozen=True, slots=True)
class Blindness:
    """From when on pings could not come in, as far as is known, and until when; None: they still cannot."""

    since: datetime
    until: datetime | None


def is_held(check: Check) -> bool:
    """Whether nothing that time brings is judged, since pings cannot come in."""
    return check.blind_since is not None and check.blind_until is None


def put_off(check: Check, at: datetime, *, begun: datetime) -> datetime:
    """When that is judged which would be judged at `at`, and could have come from `begun` on.

    At once where all of that time lies before the interval or after it.
    """
    since, until = check.blind_since, check.blind_until
    if since is None or until is None or begun >= until or at < since:
        return at
    return max(at, until + check.config.grace)


def counts_from(check: Check, due: datetime) -> datetime:
    """From when on the next success is awaited after a miss that was borne: what was blind is one miss, not many."""
    return due if check.blind_until is None or due >= check.blind_until else check.blind_until


def met(check: Check, since: datetime, until: datetime | None) -> Check:
    """The check bearing an interval, together with the one that it still makes up for."""
    before = check.blind_since
    still_counts = is_held(check) or (check.blind_until is not None and check.blind_until + check.config.grace >= since)
    began = min(before, since) if before is not None and still_counts else since
    return replace(check, blind_since=began, blind_until=until)


def seen_through(check: Check, at: datetime) -> Check:
    """The check after a ping at `at`, which came in all the same: so pings can. Open runs may have lost their ends."""
    if not check.runs:
        return replace(check, blind_since=None, blind_until=None)
    return replace(check, blind_until=at) if is_held(check) else check
