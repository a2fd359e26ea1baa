"""Complete rows of the history from before rows stored how a run ended.

Their outcomes are evaluated again, with the schedule and limits that the check has now, so an edit can change them. No
such row is left once the retention of the history (90 days by default) has passed since the upgrade.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from chalicelib.domain.alerts import Reason
from chalicelib.domain.check import Check, Flip, Judged, RunEnd, Status
from chalicelib.domain.ping import Signal
from chalicelib.domain.rules.due import came_late, expected_after
from chalicelib.domain.runs.recent_runs import Ended
from chalicelib.domain.runs.runs import is_too_short, limit
from chalicelib.store.history import StoredPing
from chalicelib.web.pages.check.runs import SAME_INSTANT

_ENDS = (Signal.SUCCESS, Signal.FAIL)


def complete_old_rows(
    check: Check, pings: Sequence[StoredPing], judged: Sequence[Judged], flips: Sequence[Flip]
) -> tuple[list[StoredPing], list[Judged]]:
    """The same rows, in which each end of a run has a `run_end`, and each miss and count window a `since`.

    All are newest first; `flips` cover at least the same span of time as the others.
    """
    judged = [each if each.since is not None else replace(each, since=_since(check, each, flips)) for each in judged]
    if all(stored.run_end is not None for stored in pings if stored.signal in _ENDS):
        return list(pings), judged
    return list(_with_run_ends(check, pings, judged, flips))[::-1], judged


def _since(check: Check, each: Judged, flips: Sequence[Flip]) -> datetime | None:
    """When the missed success was expected, or the count window began."""
    if each.count is not None:
        return None if check.config.count_window is None else each.at - check.config.count_window
    is_first = any(flip.old is Status.NEW and abs(flip.at - each.at) <= SAME_INSTANT for flip in flips)
    return each.at if is_first else each.at - check.config.grace


def _with_run_ends(
    check: Check, pings: Sequence[StoredPing], judged: Sequence[Judged], flips: Sequence[Flip]
) -> Iterator[StoredPing]:
    """The pings, oldest first. Each success is compared with the time that the last success or miss before it gives."""
    misses = sorted((each for each in judged if each.reason is Reason.MISSED), key=lambda each: each.at)
    base: datetime | None = None
    for stored in reversed(pings):
        while misses and misses[0].at <= stored.ping.at:
            due = misses.pop(0).since
            base = max(filter(None, (base, due)), default=None)
        if stored.signal not in _ENDS:
            yield stored
            continue
        yield stored if stored.run_end is not None else replace(stored, run_end=_run_end(check, stored, base, flips))
        base = stored.ping.at


def _run_end(check: Check, stored: StoredPing, base: datetime | None, flips: Sequence[Flip]) -> RunEnd:
    is_job = check.config.probe is None
    exceeded = stored.took is not None and is_job and stored.took > limit(check)
    return RunEnd(outcome=_outcome(check, stored, base, flips, is_job=is_job), exceeded_limit=exceeded)


def _outcome(check: Check, stored: StoredPing, base: datetime | None, flips: Sequence[Flip], *, is_job: bool) -> Ended:
    at, took = stored.ping.at, stored.took
    if stored.signal is Signal.FAIL:
        return Ended.FAILED
    if is_too_short(check, took) or _flipped_too_short(at, flips):
        return Ended.TOO_SHORT
    if base is not None and _status_before(check, at, flips) is Status.UP:
        due = expected_after(check.config, base)
        began = at - took if took is not None and is_job else None
        if due is not None and came_late(due=due, began=began, ended=at, grace=check.config.grace):
            return Ended.LATE
    return Ended.SUCCESS


def _flipped_too_short(at: datetime, flips: Sequence[Flip]) -> bool:
    return any(flip.reason is Reason.TOO_SHORT and abs(flip.at - at) <= SAME_INSTANT for flip in flips)


def _status_before(check: Check, at: datetime, flips: Sequence[Flip]) -> Status:
    """The status at the moment before a ping arrived."""
    for flip in flips:
        if flip.at < at:
            return flip.new
    return flips[-1].old if flips else check.status
