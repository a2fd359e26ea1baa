"""What a check still holds for others has left it, or could not (docs/reference/rules.md, rule 13).

An alert is pending in the check's own item until its publishing has been acknowledged; a record, until it
stands in the history. Both may be delivered twice, never not at all.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib.domain.alerts import Alert
from chalicelib.domain.check import Check, Record, Verdict
from chalicelib.domain.rules.due import due_still
from chalicelib.domain.rules.snooze import held_in

FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=15)


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many failed attempts (from 1): 5 s, doubling up to a quarter of an hour."""
    return min(FIRST_PAUSE * (1 << min(attempts - 1, 16)), LONGEST_PAUSE)


def waiting(check: Check, *, now: datetime) -> tuple[Alert, ...]:
    """The alerts to publish at `now`, oldest first.

    What a snooze holds, its end lets out: that tells whether it still is news, and from when on people know.
    """
    ready = tuple(alert for alert in check.alerts if alert.retry_at <= now)
    if check.snoozed_until is None:
        return ready
    held = held_in(check)
    return tuple(alert for alert in ready if alert not in held)


def delivered(
    check: Check,
    *,
    records: tuple[Record, ...],
    sent: tuple[Alert, ...],
    failed: tuple[Alert, ...],
    now: datetime,
) -> Verdict:
    """The check without what has left it: records that stand in the history, alerts that SNS has taken.

    What failed waits for its next try, longer each time.
    """
    sent_ids = {alert.id for alert in sent}
    failed_ids = {alert.id for alert in failed}
    after = replace(
        check,
        records=tuple(record for record in check.records if record not in records),
        alerts=tuple(
            _tried(alert, now=now) if alert.id in failed_ids else alert
            for alert in check.alerts
            if alert.id not in sent_ids
        ),
    )
    return Verdict(check, replace(after, due_at=due_still(check, after)))


def _tried(alert: Alert, *, now: datetime) -> Alert:
    attempts = alert.attempts + 1
    return replace(alert, attempts=attempts, retry_at=now + pause_after(attempts))
