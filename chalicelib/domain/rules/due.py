"""When does a check need a look?

Every instant that can change a check without a ping: its deadline, the limit of an open run, the end of a
window or a snooze, the next reminder or escalation step, an alert that waits. Start at `next_due`. What happens at such
an instant is `advance`'s business; when anyone looks is the sweep's. All are inclusive: `now >= instant`.
"""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import assert_never

from chalicelib.domain.check import Check, Status, is_held, is_waiting, put_off
from chalicelib.domain.config import Config
from chalicelib.domain.rules import windows
from chalicelib.domain.rules.escalation import step_to_come
from chalicelib.domain.rules.throughput import window_end
from chalicelib.domain.runs.runs import held_until, overruns
from chalicelib.domain.schedule.occurrences import Every, Schedule, later
from chalicelib.domain.schedule.search_cache import CachedSchedule, with_cache

PUNCTUAL = timedelta(minutes=1)
GROUP_LOOK = timedelta(minutes=15)


def next_due(check: Check) -> datetime | None:
    """The earliest instant at which this check needs a look; None when nothing is to come."""
    first = awaited(check) if check.config.group is None else next_look(check)
    instants = (first, check.snoozed_until, next_reminder(check), next_step(check), next_delivery(check))
    return min((at for at in instants if at is not None), default=None)


def due_still(before: Check, after: Check) -> datetime | None:
    """The same, after what was no look at the members of a group: one that a member's flip has asked for is still to
    come, and nothing but the instant that is stored knows of it (docs/adr/0012).
    """
    true = next_due(after)
    if after.config.group is None or true is None or before.due_at is None:
        return true
    return min(before.due_at, true)


def next_look(group: Check) -> datetime | None:
    """When a group is evaluated, though no member has flipped, to find those that have got its tag, or were deleted.

    None while it is paused.
    """
    if group.status is Status.PAUSED:
        return None
    return group.created_at if group.settled_at is None else group.settled_at + GROUP_LOOK


def next_judgement(check: Check) -> datetime | None:
    """The earliest instant at which a rule may change the status; None while it is held
    (docs/reference/rules.md, rule 15).
    """
    return None if is_held(check) else awaited(check)


def awaited(check: Check) -> datetime | None:
    """The same, held or not: when to look whether it still is."""
    instants = (deadline(check), window_end(check), *(at for at, _ in overruns(check)))
    return min((at for at in instants if at is not None), default=None)


def expected(check: Check) -> datetime | None:
    """When the next success is due: last success + period, or the next occurrence (docs/reference/rules.md, rule 1).

    After a miss or a failure that was borne it is due anew (rule 4). None before the first success, and when the
    schedule never comes again.
    """
    return None if check.last_success is None else expected_after(check.config, check.passed_at or check.last_success)


def expected_after(config: Config, at: datetime) -> datetime | None:
    """When the next success is due after one at `at`, allowing for early ones (rule 8) and maintenance (rule 9).

    Cached, because an evaluation needs it several times for the same instant.
    """
    if isinstance(config.schedule, Every) and not config.windows:
        return later(at, config.schedule.period)
    return _expected_after(config.schedule, at, config.early, config.windows, config.tz)


@lru_cache(maxsize=1024)
def _expected_after(
    schedule: Schedule, at: datetime, early: timedelta, lines: tuple[str, ...], tz: str
) -> datetime | None:
    search = with_cache(schedule)
    due = occurrence_after(search, at, early=early) if early else search.next_after(at)
    if due is None or not windows:
        return due
    return windows.expected_outside(schedule, due, lines, tz=tz)


def occurrence_after(schedule: Schedule | CachedSchedule, at: datetime, *, early: timedelta) -> datetime | None:
    """The first occurrence that a success at `at` does not count for (rule 8).

    A success counts for the last occurrence, or for the next one if it comes at most `early` before that. A period has
    no occurrence to be early for.
    """
    due = schedule.next_after(at)
    if due is None or isinstance(schedule, Every) or not timedelta() < due - at <= early:
        return due
    return schedule.next_after(due)


def came_late(*, due: datetime, began: datetime | None, ended: datetime, grace: timedelta) -> bool:
    """Whether a success was late: its run began more than a minute after its time, as no scheduler is to the second.

    One that did not say when it began may have taken half of its grace.
    """
    if began is not None:
        return began - due > PUNCTUAL
    return ended - due > max(PUNCTUAL, grace / 2)


def deadline(check: Check) -> datetime | None:
    """The instant at which the success is *missed*: expected + grace (rule 1), or the limit of the run that
    came in time (rule 3); of a new check, by when the first must have come (rule 7). None when nothing is awaited.

    A deadline inside a maintenance window moves to the window's end (rule 9). Limits of runs do not move: somebody
    started that job, so a run that hangs counts, like a failure that a job reports.
    """
    match check.status:
        case Status.UP:
            due = expected(check)
            missed_at = None if due is None else later(due, check.config.grace)
            if check.blind_since is not None and due is not None and missed_at is not None:
                missed_at = put_off(check, missed_at, begun=due)
        case Status.NEW:
            missed_at = first_ping_at(check)
            if check.blind_since is not None and missed_at is not None:
                missed_at = put_off(check, missed_at, begun=missed_at)
        case Status.DOWN | Status.PAUSED:
            return None
        case _:
            assert_never(check.status)
    if missed_at is None:
        return None
    return held_until(check, windows.end_of(check.config, missed_at) or missed_at)


def first_ping_at(check: Check) -> datetime | None:
    """The instant by which a new check's first success must come; None: there is no limit (rule 7).

    A duration counts from the check's making, or from when it was resumed and became new again; an instant that had
    passed by then is not awaited. Within a maintenance window nothing is expected (rule 9): it is put off to the end.
    """
    by = check.config.first_ping_by
    if by is None or check.status is not Status.NEW:
        return None
    begun = check.since or check.created_at
    at = later(begun, by) if isinstance(by, timedelta) else by
    if at is None or at <= begun:
        return None
    return windows.end_of(check.config, at) or at


def next_reminder(check: Check) -> datetime | None:
    """When to tell again that it is still down (rule 11); None when nobody asked for it, somebody sees to it already,
    or it is snoozed, or waits for a parent.
    """
    if check.snoozed_until is not None or (check.alerts and is_waiting(check)):
        return None
    return reminder_after(check, told=check.reminders)


def reminder_after(check: Check, *, told: int) -> datetime | None:
    """When the reminder after that of this number is to come, 0 being the outage itself; None: no more come."""
    every = check.config.remind_every
    begun = told_since(check)
    if every is None or begun is None or check.acknowledged_at is not None:
        return None
    return later(begun, every * (told + 1))


def told_since(check: Check) -> datetime | None:
    """From when on reminders and steps count: since it is down or, where people could hear of that only later, since
    then, so that they have the time to see to it; None: it is not down.
    """
    return (check.told_late_at or check.since) if check.status is Status.DOWN else None


def next_step(check: Check) -> datetime | None:
    """When the next escalation step is to be told (rule 11); None where a reminder would not be told either."""
    if not check.config.escalation or check.status is not Status.DOWN or check.snoozed_until is not None:
        return None
    step = None if check.acknowledged_at is not None or is_waiting(check) else step_to_come(check)
    begun = told_since(check)
    return None if step is None or begun is None else later(begun, step.after)


def next_delivery(check: Check) -> datetime | None:
    """When what the check still holds for others is to be delivered (rule 13): at once, or at the next try."""
    waiting = (*(record.at for record in check.records), *(alert.retry_at for alert in check.alerts))
    return min(waiting, default=None)


def moved(check: Check, stored: datetime | None) -> datetime | None:
    """What `due_at` becomes after a heartbeat, given what the index holds (docs/reference/architecture.md, A ping).

    Moving an index entry costs two write units, so the stored instant stays as long as it is harmless. It may be too
    early, if it is later than the instant at which the next success is expected; it must never be too late. At exactly
    that instant, the sweep would come before the success, and its evaluation costs more: three write units and a read.
    """
    true = next_due(check)
    if stored is None or true is None or true < stored:
        return true
    due = expected(check)
    return true if due is None or stored <= due else stored
