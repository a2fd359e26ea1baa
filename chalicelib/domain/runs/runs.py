"""Runs: from a `start` to the `success` or `fail` that closes it, paired by rid
(docs/reference/rules.md, rules 3 and 5).

Which run a ping closes, how long it took, when a run has been open for too long. What follows from that is
decided in `receive` and `advance`.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from chalicelib.domain.check import Check, Run, Status, put_off
from chalicelib.domain.runs.duration_stats import learnt

MOST_RUNS = 100  # open at once; the oldest makes room
LONGEST_REPORTED = timedelta(hours=72)


def closed_by(check: Check, rid: str, *, at: datetime) -> Run | None:
    """The run that a success or failure at `at` closes (rule 3); None if there is none.

    Never a run that began after `at`. With a rid, only the run of that rid. Without one, the run that has none, or else
    the newest: some clients send a rid only with the start, and the limit of such a run would be a false alarm.
    """
    begun = [run for run in check.runs if run.at <= at]
    named = next((run for run in begun if run.rid == rid), None)
    return named if rid or named is not None else max(begun, key=lambda run: run.at, default=None)


def closed(before: Check, after: Check) -> Run | None:
    """The run that was open before, and is not any more."""
    if before.runs is after.runs:
        return None
    still = {run.rid for run in after.runs}
    return next((run for run in before.runs if run.rid not in still), None)


def duration(run: Run | None, *, until: datetime) -> timedelta | None:
    """How long a run took; None without a run, and over 72 h, when it says nothing any more."""
    if run is None or until < run.at:
        return None
    took = until - run.at
    return took if took <= LONGEST_REPORTED else None


def is_too_short(check: Check, took: timedelta | None) -> bool:
    """A paired run that succeeded faster than the job can possibly work is a failure (rule 5)."""
    shortest = check.config.min_runtime
    return shortest is not None and took is not None and took < shortest


def limit(check: Check) -> timedelta:
    """How long a run may be open: max_runtime, when unset the grace (rule 3)."""
    return max_runtime(check) or check.config.grace


def max_runtime(check: Check) -> timedelta | None:
    """How long a run may take, as was said or is learnt (rule 16); None: unset, or not known yet."""
    if not check.config.learns_max_runtime:
        return check.config.max_runtime
    found = learnt(check.recent)
    return None if found is None else found.limit


def overruns(check: Check) -> Iterator[tuple[datetime, Run]]:
    """Each instant at which an open run will have been open for too long, with that run.

    Nothing while down: people know already. A run that is past its limit by then is told of after the recovery,
    so that a good run never hides a stuck one.
    """
    if check.status is Status.DOWN:
        return
    allowed = limit(check)
    for run in check.runs:
        if not run.overran:
            at = run.at + allowed
            yield (at if check.blind_since is None else put_off(check, at, begun=run.at)), run


def held_until(check: Check, deadline: datetime) -> datetime:
    """The deadline; with max_runtime set, put off to the limit of a run that may still bring the success (rule 3).

    Such a run began before the deadline and after the last success. A run that began before the last success is stuck,
    and does not delay a miss.
    """
    if max_runtime(check) is None:
        return deadline
    begun = check.last_success
    limits = [at for at, run in overruns(check) if run.at < deadline and (begun is None or run.at > begun)]
    return max((deadline, *limits))
