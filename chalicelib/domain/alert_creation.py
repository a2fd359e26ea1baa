"""Going down and coming up again: the flip together with the alert that tells of it
(docs/reference/rules.md, rules 10, 13); and what is told while it is down.

All are put into the check itself, its outbox. Whether it goes down is decided in `receive` and `advance`;
how it is worded, in `chalicelib.alerts`.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from chalicelib.domain.alerts import Alert, Facts, Kind, Reason, alert_id
from chalicelib.domain.check import Check, Run, Status, flipped, is_unheard, is_waiting, without_waiting
from chalicelib.domain.rules.due import expected, reminder_after
from chalicelib.domain.rules.snooze import goes_out_at, unheard
from chalicelib.domain.rules.throughput import restarted
from chalicelib.domain.runs.duration_stats import usual
from chalicelib.domain.runs.recent_runs import Ended, unpacked

if TYPE_CHECKING:  # most checks have no steps
    from chalicelib.domain.config import Step


def down(check: Check, reason: Reason, *, at: datetime, now: datetime, facts: Facts) -> Check:
    """The check gone down at `at`, as decided at `now`, with its alert waiting."""
    after, flip = flipped(check, Status.DOWN, at=at, reason=reason)
    facts = replace(facts, since=flip.at, next_reminder=reminder_after(after, told=0))
    return _with_alert(after, Kind.DOWN, reason, ordinal=0, at=flip.at, now=now, facts=facts)


def up(check: Check, *, was: Check, at: datetime, now: datetime, took: timedelta | None) -> Check:
    """The check up again; people hear of it only if they have heard that it was down.

    `was` is the check before what brought it up: its failures and exit status are told.
    """
    untold = unheard(check)
    after, flip = flipped(check, Status.UP, at=at)
    after = replace(restarted(after), misses=0, passed_at=None)
    if flip.old is not Status.DOWN:
        return after
    after = replace(after, recovered_at=flip.at)
    if untold is not None:  # it went down and came up while it was snoozed
        return replace(after, alerts=tuple(alert for alert in after.alerts if alert is not untold))
    if is_waiting(check):
        after = replace(after, alerts=without_waiting(after.alerts))
        if is_unheard(check):
            return after
    if check.is_untold:
        return after
    facts = replace(
        snapshot(check),
        since=check.since or flip.at,
        expected=expected(check),
        exit_status=was.last_exit,
        in_a_row=was.failures,
        took=took,
    )
    return _with_alert(
        after, Kind.UP, check.reason, ordinal=0, at=flip.at, now=now, facts=facts, channels=_told_by_steps(check)
    )


def _told_by_steps(check: Check) -> tuple[str, ...]:
    """The channels that steps have told of this outage: they shall hear of its end, too."""
    return tuple(dict.fromkeys(channel for step in check.escalated for channel in step.channels))


def reminded(check: Check, ordinal: int, *, at: datetime, now: datetime) -> Check:
    """The check with a reminder waiting. One that nobody could deliver yet gives way: the newer says the same."""
    waiting = tuple(alert for alert in check.alerts if alert.kind is not Kind.REMINDER)
    after = replace(check, alerts=waiting, reminders=ordinal)
    facts = replace(snapshot(check), next_reminder=reminder_after(after, told=ordinal))
    return _with_alert(after, Kind.REMINDER, check.reason, ordinal=ordinal, at=at, now=now, facts=facts)


def escalated(check: Check, step: "Step", *, at: datetime, now: datetime) -> Check:
    """The check with word to a step's channels waiting. Its number, not its place, is the ordinal: an edit of the steps
    must not give an id twice. An edit itself has none: it tells nobody.
    """
    after = replace(check, escalated=(*check.escalated, step))
    run = max(check.runs, key=lambda each: each.at, default=None)
    reminder = reminder_after(check, told=check.reminders)
    lasted = None if check.since is None else at - check.since
    facts = replace(snapshot(check, run), after=lasted, next_reminder=reminder)
    ordinal = sum(1 for each in after.escalated if each.channels)
    return _with_alert(
        after, Kind.ESCALATION, check.reason, ordinal=ordinal, at=at, now=now, facts=facts, channels=step.channels
    )


def snapshot(check: Check, run: Run | None = None) -> Facts:
    """What is known of a check at this moment, for an alert that may be delivered much later."""
    return Facts(
        since=check.since or check.created_at,
        last_success=check.last_success,
        last_took=_last_took(check),
        usual=usual(check.recent),
        output=run.log if run is not None and run.log else check.last_output,
        exit_status=check.last_exit,
        in_a_row=check.failures,
        misses=check.misses,
        is_probed=True if check.config.probe is not None else None,
        run=None if run is None else run.rid,
        started=None if run is None else run.at,
        last_ping=check.last_ping,
        counted_at=check.counted_at,
        blind=_blind(check),
    )


def _blind(check: Check) -> tuple[datetime, datetime] | None:
    since, until = check.blind_since, check.blind_until
    return None if since is None or until is None else (since, until)


def _last_took(check: Check) -> timedelta | None:
    successes = [run for run in unpacked(check.recent) if run.ended in (Ended.SUCCESS, Ended.LATE)]
    return successes[-1].took if successes else None


def _with_alert(
    check: Check,
    kind: Kind,
    reason: Reason | None,
    *,
    ordinal: int,
    at: datetime,
    now: datetime,
    facts: Facts,
    channels: tuple[str, ...] = (),
) -> Check:
    alert = Alert(
        id=alert_id(check.code, flip=check.n_flips, kind=kind, ordinal=ordinal),
        kind=kind,
        reason=reason,
        flip=check.n_flips,
        ordinal=ordinal,
        at=at,
        facts=replace(facts, snoozed_until=check.snoozed_until),
        channels=channels,
        retry_at=goes_out_at(check, now),  # at once: whoever decided publishes it, and should he die, the next sweep
    )
    return replace(check, alerts=(*check.alerts, alert))
