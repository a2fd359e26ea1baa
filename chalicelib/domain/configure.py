"""An operator made, edited, paused, resumed, snoozed or acknowledged a check
(docs/reference/rules.md, rules 9, 10, 11).

Start at `configure`. Whether the new values are good ones was decided where they came in: `options` for those
of a ping's URL.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from chalicelib.domain.advance import settle
from chalicelib.domain.alerts import Kind
from chalicelib.domain.check import Check, Status, Verdict, flipped, is_of_now, is_unheard
from chalicelib.domain.config import Config
from chalicelib.domain.ids import Code
from chalicelib.domain.rules.dependencies import release
from chalicelib.domain.rules.due import due_still, next_due, told_since
from chalicelib.domain.rules.escalation import edited
from chalicelib.domain.rules.snooze import ended, held_in, snoozed, unheard
from chalicelib.domain.rules.thresholds import counted_anew
from chalicelib.domain.runs.ended_runs import without_runs


@dataclass(frozen=True, slots=True)
class Edit:
    """A new configuration, whole."""

    config: Config


@dataclass(frozen=True, slots=True)
class Pause:
    """Expect nothing until a ping comes, or, with manual_resume, until someone resumes it."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Begin anew, as if never pinged."""


@dataclass(frozen=True, slots=True)
class Snooze:
    """Send no alert before an instant."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Unsnooze:
    """Send alerts again: at once what people have not heard of."""


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """Somebody sees to the outage: nothing more is told of its trouble."""

    by: str


Change = Edit | Pause | Resume | Snooze | Unsnooze | Acknowledge


def new_check(code: Code, *, project: str, config: Config, now: datetime) -> Check:
    """A check as it is before its first ping: nothing is expected of it yet, but for that ping (rule 7)."""
    check = Check(code=code, project=project, config=config, created_at=now)
    return replace(check, due_at=next_due(check))


def configure(check: Check, change: Change, *, now: datetime) -> Verdict:
    """The check after an operator's change. What had happened by then is decided by what held until then."""
    settled = check if check.config.group is not None else settle(check, now=now)  # its members are to be asked first
    match change:
        case Edit():
            after = _edited(settled, change.config, now=now)
        case Pause():
            after = _paused(settled, now=now)
        case Resume():
            after = _resumed(settled, now=now)
        case Snooze():
            after = snoozed(settled, change.until) if change.until > now else settled
        case Unsnooze():
            after = settled if settled.snoozed_until is None else ended(settled, at=now, now=now)
        case Acknowledge():
            after = _acknowledged(settled, change.by, now=now)
        case _:
            assert_never(change)
    return Verdict(check, replace(after, due_at=_due_at(check, after, now=now)))


def _due_at(before: Check, after: Check, *, now: datetime) -> datetime | None:
    """A group is looked at at once, whoever made the change: should he die, by the sweep."""
    if after.config.group is None or after.status is Status.PAUSED:
        return next_due(after)
    due_at = due_still(before, after)
    return now if due_at is None else min(due_at, now)


def _edited(check: Check, config: Config, *, now: datetime) -> Check:
    """A new period or grace may have passed already: it then goes down now, not in the past."""
    counts_anew = (config.min_count, config.count_window) != (
        check.config.min_count,
        check.config.count_window,
    )
    window = None if counts_anew else check.window
    if config.group is not None and check.config.group is None:
        check = _without_runs(check)
    if config.depends_on != check.config.depends_on:
        check = _let_go(check, now=now)
    if config.escalation != check.config.escalation:
        check = _with_other_steps(check, now=now)
    settled_at = now if check.settled_at is None else max(now, check.settled_at)
    return replace(check, config=config, settled_at=settled_at, window=window)


def _without_runs(check: Check) -> Check:
    """A check that becomes a group awaits nothing of itself any more."""
    plain = replace(check, last_ping=None, last_success=None, last_duration=None, last_exit=None, runs=(), recent=b"")
    plain = replace(plain, last_output="", window=None, passed_at=None)
    return counted_anew(replace(plain, blind_since=None, blind_until=None))


def _let_go(check: Check, *, now: datetime) -> Check:
    """What waits for the parents so far is judged by the new ones."""
    return release(check, now=now)


def _with_other_steps(check: Check, *, now: datetime) -> Check:
    """Their time has not begun where people do not know of the outage."""
    begun = told_since(check)
    if begun is None or begun >= now or unheard(check) is not None or is_unheard(check):
        return check
    return edited(check, begun=begun, now=now)


def _paused(check: Check, *, now: datetime) -> Check:
    """Nothing is awaited, not even the end of a run that has started since an earlier pause."""
    after = check if check.status is Status.PAUSED else flipped(check, Status.PAUSED, at=now)[0]
    after = without_runs(after, at=now)
    return replace(after, window=None, passed_at=None, blind_since=None, blind_until=None)


def _resumed(check: Check, *, now: datetime) -> Check:
    """New again, its last ping forgotten; nothing to do where it is not paused."""
    if check.status is not Status.PAUSED:
        return check
    after, _ = flipped(check, Status.NEW, at=now)
    after = without_runs(after, at=now)
    return counted_anew(replace(after, last_ping=None, last_success=None, last_duration=None))


def _acknowledged(check: Check, by: str, *, now: datetime) -> Check:
    """Only an outage can be, and only once: who came first is kept. What is held of its trouble is not sent any more.

    Nor is the recovery of an outage that was never told, unless that of an earlier one is held, too: then people know
    that it is down, and hear once that it is up.
    """
    if check.status is not Status.DOWN or check.acknowledged_at is not None:
        return check
    held = (*held_in(check), *(alert for alert in check.alerts if alert.held_by))
    is_first = any(alert.kind is Kind.DOWN and is_of_now(check, alert) for alert in held)
    is_known = any(alert.kind is Kind.UP for alert in held)
    return replace(
        check,
        acknowledged_at=now,
        acknowledged_by=by,
        is_untold=is_first and not is_known,
        alerts=tuple(alert for alert in check.alerts if alert not in held),
    )
