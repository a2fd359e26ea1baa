"""A check that depends on others: while a parent is down, alerts about the child's trouble are held
(docs/reference/rules.md, rule 18; docs/adr/0009).

Only alerts are held: the state goes on, and a recovery of a known outage is sent. A held alert stays in the check's
outbox, names the parents that it waits for, and is looked at again: so it is held only as long as somebody has just
seen why. A parent that is deleted, paused or new holds nothing, nor does a member of the group that would wait, nor one
whose own alert waits in a circle: somebody must hear of what is at the root of it. Pure: the parents are an argument.
Start at `hold_or_release`; `to_read` says which checks must be known.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib.domain.advance import settle
from chalicelib.domain.alerts import Alert, Facts, Kind
from chalicelib.domain.check import Check, Status, Verdict, holders, is_of_now, is_unheard, label
from chalicelib.domain.ids import Code
from chalicelib.domain.rules.due import due_still, reminder_after, told_since
from chalicelib.domain.rules.groups import is_member
from chalicelib.domain.schedule.occurrences import later

SHORTEST_LOOK, LONGEST_LOOK = timedelta(minutes=1), timedelta(minutes=15)
SOON = timedelta(minutes=2)  # in which a sweep declares down what must be

Known = Mapping[Code, Check]  # the checks that are there, of those that `to_read` asks for


def may_wait(check: Check, *, now: datetime) -> bool:
    """Whether something would leave that its parents may hold."""
    return any(alert.retry_at <= now and _is_of_trouble(alert, now=now) for alert in check.alerts)


def to_read(check: Check, known: Known) -> tuple[Code, ...]:
    """What else must be known: the parents, and above those that wait themselves what they wait for."""
    wanted = [code for each in (check, *known.values()) for code in _above(each, is_child=each is check)]
    return tuple(code for code in dict.fromkeys(wanted) if code not in known)


def _above(check: Check, *, is_child: bool) -> tuple[Code, ...]:
    return check.config.depends_on if is_child else holders(check)


def hold_or_release(check: Check, known: Known, *, now: datetime) -> Verdict:
    """The check with what it would tell of its trouble held back, or let go."""
    holding = [known[code] for code in check.config.depends_on if code in known and _holds(check, known[code], now=now)]
    rooted = [parent for parent in holding if _is_rooted(parent, known, path=(check.code,))]
    after = _held(check, rooted, now=now) if rooted else release(check, now=now)
    return Verdict(check, replace(after, due_at=due_still(check, after)))


def _holds(check: Check, parent: Check, *, now: datetime) -> bool:
    """While it is down, or about to be, and for the child's grace after it has come up again."""
    if is_member(check, parent):  # what would hold a group is what makes it down: it could never tell
        return False
    seen = settle(parent, now=now)
    if seen.status is Status.DOWN:
        is_about_to_be = seen.since is not None and now < seen.since + SOON
        return parent.status is Status.DOWN or is_about_to_be
    ends_at = None if seen.recovered_at is None else later(seen.recovered_at, check.config.grace)
    return seen.status is Status.UP and ends_at is not None and now < ends_at


def _is_rooted(parent: Check, known: Known, *, path: tuple[Code, ...]) -> bool:
    """Whether somebody hears: of it, or of what it waits for in the end. Two edits at once can have made a circle."""
    above = [code for code in holders(parent) if code in known]
    path = (*path, parent.code)
    return not above or any(code not in path and _is_rooted(known[code], known, path=path) for code in above)


def _held(check: Check, holding: list[Check], *, now: datetime) -> Check:
    """What tells of the present outage waits; what tells of one that is over is no news, if nobody has heard of it."""
    again_at = _look_again_at(check, holding, now=now)
    held_by = tuple(parent.code for parent in holding)
    names = tuple(map(label, holding))
    over = {alert.flip for alert in check.alerts if alert.kind is Kind.DOWN and _is_over(check, alert, now=now)}
    alerts = []
    for alert in check.alerts:
        if _is_over(check, alert, now=now) or (alert.kind is Kind.UP and alert.flip - 1 in over):
            continue
        if _is_of_trouble(alert, now=now):
            waited_for = tuple(dict.fromkeys((*(alert.facts.waited_for or ()), *names)))
            facts = replace(alert.facts, waited_for=waited_for)
            alert = replace(alert, held_by=held_by, retry_at=again_at, facts=facts)
        alerts.append(alert)
    return replace(check, alerts=tuple(alerts))


def _is_over(check: Check, alert: Alert, *, now: datetime) -> bool:
    return _is_of_trouble(alert, now=now) and not is_of_now(check, alert)


def _is_of_trouble(alert: Alert, *, now: datetime) -> bool:
    """Whether it is such as a parent holds, and would leave now or waits already. What SNS has refused once goes on."""
    is_its_turn = bool(alert.held_by) or (alert.attempts == 0 and alert.retry_at <= now)
    return is_its_turn and alert.kind in (Kind.DOWN, Kind.REMINDER, Kind.ESCALATION)


def _look_again_at(check: Check, holding: list[Check], *, now: datetime) -> datetime:
    """Within the grace, so that a recovery is seen in time to alert when the grace has passed since; then just then."""
    soon = now + min(max(check.config.grace, SHORTEST_LOOK), LONGEST_LOOK)
    ends = [
        later(parent.recovered_at, check.config.grace)
        for parent in holding
        if parent.status is Status.UP and parent.recovered_at is not None
    ]
    if len(ends) < len(holding):
        return soon
    return min(soon, *(at for at in ends if at is not None))


def release(check: Check, *, now: datetime) -> Check:
    """What has waited goes out, if it is still true; the reminders that were slept through are not made up for."""
    if not any(alert.held_by for alert in check.alerts):
        return check
    if is_unheard(check):
        check = _told_first(check, now=now)
    every, since = check.config.remind_every, told_since(check)
    if every is not None and since is not None:
        check = replace(check, reminders=max(check.reminders, (now - since) // every))
    kept = (alert for alert in check.alerts if not alert.held_by or is_of_now(check, alert))
    return replace(check, alerts=tuple(_gone(check, alert, now=now) if alert.held_by else alert for alert in kept))


def _told_first(check: Check, *, now: datetime) -> Check:
    """People hear of the outage only now: reminders and steps count from here, also those that a sweep that came late
    had decided before anybody looked at the parents.
    """
    alerts = tuple(alert for alert in check.alerts if alert.kind is Kind.DOWN or not alert.held_by)
    return replace(check, alerts=alerts, told_late_at=now, reminders=0, escalated=())


def _gone(check: Check, alert: Alert, *, now: datetime) -> Alert:
    facts: Facts = replace(alert.facts, next_reminder=reminder_after(check, told=check.reminders))
    return replace(alert, held_by=(), retry_at=now, facts=facts)
