"""An instant has passed: what has become of the check? (docs/reference/rules.md, rules 1, 3, 4, 6, 7, 9, 11)

`settle` walks through all instants up to `now` in their order, so that the outcome does not depend on when
somebody looks: a sweep that was away for an hour decides what sixty punctual ones would have. `receive` and
`configure` settle first, too: a late success does not undo a miss, it ends it.
"""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib.domain.alert_creation import down, escalated, reminded, snapshot, up
from chalicelib.domain.alerts import Reason
from chalicelib.domain.check import Check, Judged, Status, Verdict, flip_at, with_run
from chalicelib.domain.limits.steps import OverBudget, limited_to, spend
from chalicelib.domain.rules import snooze
from chalicelib.domain.rules.due import (
    deadline,
    expected,
    first_ping_at,
    next_due,
    next_judgement,
    next_reminder,
    next_step,
    told_since,
)
from chalicelib.domain.rules.escalation import step_to_come
from chalicelib.domain.rules.thresholds import bears_miss, passed_over
from chalicelib.domain.rules.throughput import next_window, window_end
from chalicelib.domain.runs.duration_stats import learnt
from chalicelib.domain.runs.recent_runs import Ended, appended
from chalicelib.domain.runs.runs import limit, overruns

MOST_STEPS = 10_000  # of one evaluation: about 10 ms
STEPS_OF_ONE = 50  # per instant, in addition to its walk through schedule and windows


def advance(check: Check, *, now: datetime) -> Verdict:
    """What this check is at `now`, with the true instant of its next look."""
    settled = settle(check, now=now)
    return Verdict(check, replace(settled, due_at=next_due(settled)))


def settle(check: Check, *, now: datetime) -> Check:
    """The check after all that has happened to it without a ping, up to and including `now`.

    If that takes more than MOST_STEPS, the check is evaluated only up to an earlier instant. Its next instant is then
    still in the past, so the sweep continues from there (docs/adr/0015). The first instant is always evaluated.
    """
    settled = _settled_once(check, now=now)
    if settled is check:
        return check
    with limited_to(MOST_STEPS) as left, suppress(OverBudget):
        while (after := _settled_once(settled, now=now)) is not settled:
            settled = after
            spend(STEPS_OF_ONE + len(settled.runs))
    spend(MOST_STEPS - left[0])  # charged to the caller's budget too
    return settled


def _settled_once(check: Check, *, now: datetime) -> Check:
    """The check after its next instant up to `now`; the same object if there is none."""
    judgement, quiet, reminder = next_judgement(check), check.snoozed_until, next_reminder(check)
    step = next_step(check)
    others = (quiet, reminder, step)  # nothing but the first is due while it is quiet
    if judgement is not None and judgement <= now and all(at is None or judgement <= at for at in others):
        return _judged(check, at=judgement, now=now)
    if quiet is not None and quiet <= now:
        return _woken(check, at=quiet, now=now)
    if step is not None and step <= now and (reminder is None or step <= reminder):
        return _escalated(check, at=step, now=now)
    if reminder is not None and reminder <= now:
        return _reminded(check, before=min(filter(None, (judgement, step)), default=None), now=now)
    return check


def _judged(check: Check, *, at: datetime, now: datetime) -> Check:
    """One instant judged. Where several fall together, the run goes first: it says more than a miss."""
    for overrun_at, run in overruns(check):
        if overrun_at == at:
            marked = replace(
                check,
                runs=with_run(check, replace(run, overran=True)),
                recent=appended(check.recent, Ended.OVERRUN, None),
            )
            took = flip_at(check, at) - run.at  # longer than the limit if it is reported after a recovery
            facts = replace(snapshot(marked, run), limit=limit(check), took=took, output=run.log)
            if check.config.learns_max_runtime and (found := learnt(check.recent)) is not None:
                facts = replace(facts, learnt_from=found.runs)
            return down(marked, Reason.OVERRUN, at=at, now=now, facts=facts)
    if window_end(check) == at:
        return _window_ended(check, at=at, now=now)
    return _missed(check, at=at, now=now)


def _missed(check: Check, *, at: datetime, now: datetime) -> Check:
    """Nothing came in time (rule 1; of a new check, rule 7): people are told, unless that is borne (rule 4)."""
    run = max((run for run in check.runs if not run.overran), key=lambda each: each.at, default=None)
    due = None if check.status is Status.NEW else expected(check)
    missed = replace(
        check,
        misses=check.misses + 1,
        settled_at=at if check.settled_at is None else max(at, check.settled_at),
        records=(*check.records, Judged(at=at, reason=Reason.MISSED, count=None, since=due or at)),
        recent=appended(check.recent, Ended.MISSED, None),
    )
    if check.status is Status.NEW:
        facts = replace(snapshot(missed, run), expected=first_ping_at(check), is_first=True)
        return down(missed, Reason.MISSED, at=at, now=now, facts=facts)
    assert due is not None, "what was never expected is not missed"
    if bears_miss(missed):
        return passed_over(missed, _counts_from(check, due))
    facts = replace(snapshot(missed, run), expected=due, limit=check.config.grace)
    return down(missed, Reason.MISSED, at=at, now=now, facts=facts)


def _window_ended(check: Check, *, at: datetime, now: datetime) -> Check:
    """A throughput window is over (rule 6): enough was done, or not."""
    window, least = check.window, check.config.min_count
    assert window is not None, "a window's end is judged only where there is a window"
    assert least is not None, "a window is judged only against a minimum"
    reason = Reason.STALLED if window.count < least else None
    judged = replace(
        next_window(check),
        settled_at=at if check.settled_at is None else max(at, check.settled_at),
        records=(*check.records, Judged(at=at, reason=reason, count=window.count, since=window.at)),
        recent=appended(check.recent, Ended.SUCCESS if reason is None else Ended.STALLED, None),
    )
    if reason is not None and check.status is Status.UP:
        facts = replace(snapshot(check), count=window.count, min_count=least, window=(window.at, at))
        return down(judged, Reason.STALLED, at=at, now=now, facts=facts)
    if reason is None and check.status is Status.DOWN and check.reason is Reason.STALLED:
        return _unstalled(judged, at=at, now=now)
    return judged


def _unstalled(check: Check, *, at: datetime, now: datetime) -> Check:
    """Up again, unless its success is overdue by now: up and down in the same second helps nobody."""
    recovered = up(check, was=check, at=at, now=now, took=None)
    missed_at = deadline(recovered)
    return check if missed_at is not None and missed_at <= at else recovered


def _woken(check: Check, *, at: datetime, now: datetime) -> Check:
    """The snooze is over (rule 9): one alert tells what is still down. Of an outage that began before it, that is a
    reminder: the one that would have come meanwhile, or the next one brought forward. None if somebody sees to it.
    """
    is_known = check.status is Status.DOWN and snooze.unheard(check) is None
    check = snooze.ended(check, at=at, now=now)
    if not is_known or check.acknowledged_at is not None:
        return check
    every, since = check.config.remind_every, told_since(check)
    assert since is not None, "it is down"
    ordinal = max(check.reminders + 1, 0 if every is None else (at - since) // every)
    return reminded(check, ordinal, at=at, now=now)


def _escalated(check: Check, *, at: datetime, now: datetime) -> Check:
    """One step told (rule 11). Each is made up for that was slept through: it has channels of its own."""
    step = step_to_come(check)
    assert step is not None, "a step is due only where there is one"
    return escalated(check, step, at=at, now=now)


def _reminded(check: Check, *, before: datetime | None, now: datetime) -> Check:
    """The newest reminder that was due (rule 11); those before it were slept through, and are not made up for.

    Only those before the next judgement, which may be a recovery, and before the next step: those go first.
    """
    every, since = check.config.remind_every, told_since(check)
    assert every is not None, "a reminder is due only where it was asked for"
    assert since is not None, "nor is one where it is not down"
    until = now if before is None or before > now else before - timedelta.resolution
    ordinal = (until - since) // every
    return reminded(check, ordinal, at=since + every * ordinal, now=now)


def _counts_from(check: Check, due: datetime) -> datetime:
    """From when on the next success is expected after a tolerated miss: an ingress outage is one miss, not many."""
    return due if check.blind_until is None or due >= check.blind_until else check.blind_until
