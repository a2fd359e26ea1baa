"""When does a check need a look?

Every instant that can change a check without a ping: its deadline, the limit of an open run, the end of a
window, the next reminder, an alert that waits. Start at `next_due`. What happens at such an instant is
`advance`'s business; when anyone looks is the sweep's. All are inclusive: `now >= instant`.
"""

from datetime import datetime

from chalicelib.domain.check import Check, Status
from chalicelib.domain.runs import held_until, overruns
from chalicelib.domain.throughput import window_end


def next_due(check: Check) -> datetime | None:
    """The earliest instant at which this check needs a look; None when nothing is to come."""
    instants = (next_judgement(check), next_reminder(check), next_delivery(check))
    return min((at for at in instants if at is not None), default=None)


def next_judgement(check: Check) -> datetime | None:
    """The earliest instant at which a rule may change the status."""
    instants = (deadline(check), window_end(check), *(at for at, _ in overruns(check)))
    return min((at for at in instants if at is not None), default=None)


def expected(check: Check) -> datetime | None:
    """When the next success is due: last success + period, or the next occurrence (domain.md, rule 1).

    None before the first success, and when the schedule never comes again.
    """
    return None if check.last_success is None else check.config.schedule.next_after(check.last_success)


def deadline(check: Check) -> datetime | None:
    """The instant at which the success is *missed*: expected + grace (rule 1), or the limit of the run that
    came in time (rule 3). None when nothing is awaited: not up, or the schedule has run out.
    """
    if check.status is not Status.UP:
        return None
    due = expected(check)
    return None if due is None else held_until(check, due + check.config.grace)


def next_reminder(check: Check) -> datetime | None:
    """When to tell again that it is still down (rule 11); None when nobody asked for it."""
    every = check.config.remind_every
    if every is None or check.status is not Status.DOWN or check.since is None:
        return None
    return check.since + every * (check.reminders + 1)


def next_delivery(check: Check) -> datetime | None:
    """When what the check still holds for others is to be delivered (rule 13): at once, or at the next try."""
    waiting = (*(record.at for record in check.records), *(alert.retry_at for alert in check.alerts))
    return min(waiting, default=None)


def moved(check: Check, stored: datetime | None) -> datetime | None:
    """What `due_at` becomes after a heartbeat, given what the index holds (architecture.md, A ping).

    A write to the index costs twice, so the stored instant stays as long as it does no harm: it may come too
    early, not before the next success is expected; it must never come too late.
    """
    true = next_due(check)
    if stored is None or true is None or true < stored:
        return true
    due = expected(check)
    return true if due is None or stored < due else stored
