"""A look at a check by who knows when pings could come in, and when not (docs/reference/rules.md, rule 15).

Start at `look`, which is `advance` with that knowledge; `calls_silence` tells whether such a look has judged anything
for which the door must be proved open. A check that is probed waits for no ping: the door is none of its business.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib.domain.advance import advance
from chalicelib.domain.alerts import Reason
from chalicelib.domain.check import Check, Flip, Status, Verdict
from chalicelib.domain.ingress.ingress_outage import Blindness, is_held, met
from chalicelib.domain.rules.due import awaited, deadline, expected
from chalicelib.domain.rules.throughput import window_end
from chalicelib.domain.runs.runs import overruns

_OF_SILENCE = (Reason.MISSED, Reason.OVERRUN, Reason.STALLED)


def look(check: Check, *, now: datetime, blindness: Sequence[Blindness]) -> Verdict:
    """What this check is at `now`; `blindness` are the intervals in which pings could not come in, oldest first."""
    if check.config.probe is not None:
        return advance(check, now=now)
    return Verdict(check, advance(_knowing(check, blindness, now=now), now=now).after)


def calls_silence(verdict: Verdict) -> bool:
    """Whether it holds against the check that nothing came: a miss, borne or not, an overrun, too few items."""
    if verdict.before.config.probe is not None:
        return False
    fresh = (record for record in verdict.after.records if record not in verdict.before.records)
    if verdict.before.status is Status.DOWN:  # people know already; what is not enough changes nothing
        fresh = (record for record in fresh if isinstance(record, Flip))
    return any(record.reason in _OF_SILENCE for record in fresh)


def _knowing(check: Check, blindness: Sequence[Blindness], *, now: datetime) -> Check:
    newest = blindness[-1] if blindness else None
    if newest is not None and newest.until is None:
        return _held(check, newest.since, now=now)
    if is_held(check):
        until = None if newest is None else newest.until
        return _released(check, check.blind_since or now, now if until is None else until)
    for each in blindness:
        if each.until is not None and _may_have_lost(check, each.since, each.until):
            check = _released(check, each.since, each.until)
    return check


def _held(check: Check, since: datetime, *, now: datetime) -> Check:
    """Held, if anything of it would be judged by now; else it need not bear anything."""
    instant = awaited(check)
    if instant is not None and instant <= now and check.status is not Status.DOWN:
        return check if is_held(check) else met(check, min(since, instant), None)
    return replace(check, blind_since=None) if is_held(check) else check


def _released(check: Check, since: datetime, until: datetime) -> Check:
    """Judged again, but for the time that was lost; a window of items has stood still in it."""
    window = check.window
    if window is not None and window.at < until:
        lost = until - max(window.at, since)
        check = replace(check, window=replace(window, at=window.at + max(lost, timedelta())))
    return met(check, since, until)


def _may_have_lost(check: Check, since: datetime, until: datetime) -> bool:
    """Whether what it waits for could have come within, and it does not bear that yet."""
    if check.blind_until is not None and check.blind_until >= until:
        return False
    return any(begun < until and at >= since for begun, at in _spans(check))


def _spans(check: Check) -> list[tuple[datetime, datetime]]:
    """All that is to be judged: from when on it could come, and when it is judged."""
    spans = [(run.at, at) for at, run in overruns(check)]
    ends = window_end(check)
    if check.window is not None and ends is not None:
        spans.append((check.window.at, ends))
    missed_at = deadline(check)
    if missed_at is not None:
        spans.append((expected(check) or missed_at, missed_at))
    return spans
