"""What an ingress outage does to a check that waited for a ping meanwhile (docs/reference/rules.md, rule 15).

A check that meets an outage records it, so that every reader of the check knows: while the outage lasts, nothing
becomes missed or overrun, and what could have come meanwhile is judged when a whole grace has passed since its end.
Start at `advance_through`; `rests_on_silence` tells whether a verdict needs proof that pings can come in. A probed
check waits for no ping. The outages are recorded in `ingress_ledger`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.domain.advance import advance
from chalicelib.domain.alerts import Reason
from chalicelib.domain.check import Check, Flip, Status, Verdict, is_held
from chalicelib.domain.rules.due import awaited, deadline, expected
from chalicelib.domain.rules.throughput import window_end
from chalicelib.domain.runs.runs import overruns

_OF_SILENCE = (Reason.MISSED, Reason.OVERRUN, Reason.STALLED)


@dataclass(frozen=True, slots=True)
class IngressOutage:
    """From when on pings could not come in, as far as is known, and until when; None: they still cannot."""

    since: datetime
    until: datetime | None


def advance_through(check: Check, *, now: datetime, blindness: Sequence[IngressOutage]) -> Verdict:
    """What this check is at `now`: `advance`, for one that knows the outages, oldest first."""
    if check.config.probe is not None:
        return advance(check, now=now)
    return Verdict(check, advance(_knowing(check, blindness, now=now), now=now).after)


def rests_on_silence(verdict: Verdict) -> bool:
    """Whether the verdict depends on pings that did not arrive: a miss, tolerated or not, an overrun, too few items."""
    if verdict.before.config.probe is not None:
        return False
    fresh = (record for record in verdict.after.records if record not in verdict.before.records)
    if verdict.before.status is Status.DOWN:  # people know already; what is not enough changes nothing
        fresh = (record for record in fresh if isinstance(record, Flip))
    return any(record.reason in _OF_SILENCE for record in fresh)


def _knowing(check: Check, blindness: Sequence[IngressOutage], *, now: datetime) -> Check:
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


def met(check: Check, since: datetime, until: datetime | None) -> Check:
    """The check bearing an interval, together with the one that it still makes up for."""
    before = check.blind_since
    still_counts = is_held(check) or (check.blind_until is not None and check.blind_until + check.config.grace >= since)
    began = min(before, since) if before is not None and still_counts else since
    return replace(check, blind_since=began, blind_until=until)


def seen_through(check: Check, at: datetime) -> Check:
    """The check after a ping at `at`, which came in all the same: so pings can. Open runs may have lost their ends."""
    if not check.runs:
        return replace(check, blind_since=None, blind_until=None)
    return replace(check, blind_until=at) if is_held(check) else check
