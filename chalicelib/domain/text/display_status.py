"""A check as people see it at an instant: what is stored, and the states that are derived
(docs/reference/rules.md, Terms).

Pages, API, badges and metrics ask here, and none of them works a status out for itself. Start at `as_of`: the
other functions take a check that it has returned.
"""

from datetime import datetime
from enum import StrEnum

from chalicelib.domain.advance import settle
from chalicelib.domain.check import Check, Status, is_held, started
from chalicelib.domain.limits.steps import DECISION_STEPS, OverBudget, limited_to
from chalicelib.domain.rules.due import awaited, expected
from chalicelib.domain.runs.runs import limit


class Shown(StrEnum):
    """A status as it is shown."""

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


def status(check: Check, *, now: datetime) -> Shown:
    """`grace` once the expected success has not come, until the deadline; `unknown` while it is held; else what is
    stored.
    """
    if unknown_since(check, now=now) is not None:
        return Shown.UNKNOWN
    return status_apart_from_held(check, now=now)


def unknown_since(check: Check, *, now: datetime) -> datetime | None:
    """Since when nobody can tell how it is, because pings cannot come in (rule 15); None: one can."""
    if not is_held(check):
        return None
    instant = awaited(check)
    return instant if instant is not None and instant <= now else None


def status_apart_from_held(check: Check, *, now: datetime) -> Shown:
    """The same for clients of Healthchecks, who do not know `unknown`: held, it is late, or new."""
    if check.status is Status.UP:
        due = expected(check)
        return Shown.UP if due is None or now < due else Shown.GRACE
    return Shown(check.status.value)


def is_running(check: Check, *, now: datetime) -> bool:
    """Whether a run is open that is still within its limit."""
    run = started(check)
    return run is not None and now < run.at + limit(check)


def next_ping(check: Check) -> datetime | None:
    """When the next ping should come: *expected*, or the start of the open run if that is earlier
    (docs/reference/wire.md, Management API).

    None while down, when nothing is awaited, and when the schedule never comes again.
    """
    if check.status is Status.DOWN:
        return None
    run = started(check)
    instants = (expected(check) if check.status is Status.UP else None, None if run is None else run.at)
    return min((at for at in instants if at is not None), default=None)
