"""The status of a check as people see it: the stored ones, and those that are derived (docs/reference/rules.md, Terms).

Pages, API, badges and metrics call these functions; none of them derives a status itself. Start at `as_of`: the other
functions need a check that it has returned.
"""

from datetime import datetime
from enum import StrEnum

from chalicelib.domain.advance import settle
from chalicelib.domain.check import Check, Status, is_held, started
from chalicelib.domain.limits.steps import DECISION_STEPS, OverBudget, limited_to
from chalicelib.domain.rules.due import awaited, expected
from chalicelib.domain.runs.runs import limit


class DisplayStatus(StrEnum):
    """A status as it is displayed."""

    NEW = "new"
    UP = "up"
    GRACE = "grace"
    DOWN = "down"
    PAUSED = "paused"
    UNKNOWN = "unknown"


def as_of(check: Check, *, now: datetime) -> Check:
    """The check evaluated at `now`, for display only: the sweep may not have evaluated it yet.

    Returns the check as stored if the evaluation takes too many steps, so that its page can still be rendered.
    """
    if check.due_at is None or now < check.due_at:
        return check
    try:
        with limited_to(DECISION_STEPS):
            return settle(check, now=now)
    except OverBudget:
        return check


def status(check: Check, *, now: datetime) -> DisplayStatus:
    """`grace` from the expected success to the deadline; `unknown` during an ingress outage that may have swallowed its
    ping; otherwise the stored status.
    """
    if unknown_since(check, now=now) is not None:
        return DisplayStatus.UNKNOWN
    return status_without_unknown(check, now=now)


def unknown_since(check: Check, *, now: datetime) -> datetime | None:
    """Since when the status is unknown, because an expected ping could not come in (rule 15); None if it is known."""
    if not is_held(check):
        return None
    instant = awaited(check)
    return instant if instant is not None and instant <= now else None


def status_without_unknown(check: Check, *, now: datetime) -> DisplayStatus:
    """The status for clients of Healthchecks, which do not know `unknown`."""
    if check.status is Status.UP:
        due = expected(check)
        return DisplayStatus.UP if due is None or now < due else DisplayStatus.GRACE
    return DisplayStatus(check.status.value)


def is_running(check: Check, *, now: datetime) -> bool:
    """Whether a run is open and within its limit."""
    run = started(check)
    return run is not None and now < run.at + limit(check)


def next_ping(check: Check) -> datetime | None:
    """When the next ping is expected: *expected*, or the start of the open run if that is earlier
    (docs/reference/wire.md, Management API).

    None if the check is down, if nothing is expected, and if the schedule never occurs again.
    """
    if check.status is Status.DOWN:
        return None
    run = started(check)
    instants = (expected(check) if check.status is Status.UP else None, None if run is None else run.at)
    return min((at for at in instants if at is not None), default=None)
