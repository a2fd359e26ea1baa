"""Quiet until an instant: the state goes on, no alert goes out, and at its end one tells what is still down
(docs/reference/rules.md, rule 9).

An alert that is decided meanwhile is held in the check's outbox until that instant; what is no news any more by then is
dropped. Of an outage that people know of, and that goes on, a reminder tells. Start at `snoozed` and `ended`; whether
reminders are due is `due`'s business.
"""

from dataclasses import replace
from datetime import datetime

from chalicelib.domain.alerts import Alert, Kind
from chalicelib.domain.check import Check, Status
from chalicelib.domain.durations import LONGEST
from chalicelib.domain.errors import BadInput
from chalicelib.domain.rules.due import reminder_after


def end_of_snooze(until: datetime, *, now: datetime) -> datetime:
    """The instant at which a snooze may end, to the millisecond, as it is stored. Raises BadInput: within a year."""
    if not now < until <= now + LONGEST:
        raise BadInput("the end of a snooze must be within the next 365 days")
    return until.replace(microsecond=until.microsecond // 1000 * 1000)


def snoozed(check: Check, until: datetime) -> Check:
    """The check quiet until then; what an earlier snooze holds is held on, as is what waits for a parent."""
    held = (*held_in(check), *(alert for alert in check.alerts if alert.held_by or _was_let_out_and_not_tried(alert)))
    alerts = tuple(replace(alert, held_by=(), retry_at=until) if alert in held else alert for alert in check.alerts)
    return replace(check, snoozed_until=until, alerts=alerts)


def _was_let_out_and_not_tried(alert: Alert) -> bool:
    """Whether an earlier snooze held it, and the next begins before anybody has published it."""
    return alert.facts.snoozed_until is not None and alert.attempts == 0


def ended(check: Check, *, at: datetime, now: datetime) -> Check:
    """The check with its alerts going out again, as from `at` on, and of those held only what is still true.

    While it is down, that is the present outage; while it is not, recoveries. One is held only if people have heard of
    the outage before it.
    """
    held = held_in(check)
    if unheard(check) is not None and check.told_late_at is None:  # reminders and steps count from here, for good
        check = replace(check, told_late_at=at, reminders=0, escalated=())
    check = replace(check, snoozed_until=None)
    kept = (alert for alert in check.alerts if alert not in held or _is_true(check, alert))
    alerts = (replace(alert, retry_at=now) if alert in held else alert for alert in kept)
    return replace(check, alerts=tuple(with_next_reminder(check, alert) for alert in alerts))


def with_next_reminder(check: Check, alert: Alert) -> Alert:
    """The alert of the present outage, telling when it is followed by a reminder now that it is let out; or another,
    as it is.
    """
    if check.told_late_at is None or alert.kind is not Kind.DOWN or alert.flip != check.n_flips:
        return alert
    return replace(alert, facts=replace(alert.facts, next_reminder=reminder_after(check, told=check.reminders)))


def _is_true(check: Check, alert: Alert) -> bool:
    if check.status is Status.DOWN:
        return alert.kind is Kind.DOWN and alert.flip == check.n_flips
    return alert.kind is Kind.UP


def goes_out_at(check: Check, now: datetime) -> datetime:
    """When an alert that is decided now is to be published."""
    return now if check.snoozed_until is None else check.snoozed_until


def unheard(check: Check) -> Alert | None:
    """The alert of the present outage while it is held: people have not heard of it."""
    return next((alert for alert in held_in(check) if alert.kind is Kind.DOWN and alert.flip == check.n_flips), None)


def held_in(check: Check) -> tuple[Alert, ...]:
    """Those that nobody has tried to publish, and that wait for the end of the snooze."""
    if check.snoozed_until is None:
        return ()
    return tuple(alert for alert in check.alerts if alert.attempts == 0 and alert.retry_at == check.snoozed_until)
