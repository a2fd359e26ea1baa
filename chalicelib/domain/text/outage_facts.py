"""What is known now about why a check is down, as the same `Facts` that an alert stores when it is decided.

So `reasons` and `explanations` word both alike. Start at `outage_facts`.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from chalicelib.domain.alert_creation import snapshot
from chalicelib.domain.alerts import Facts, Reason
from chalicelib.domain.check import Check, Run
from chalicelib.domain.rules.due import expected
from chalicelib.domain.runs.duration_stats import learnt
from chalicelib.domain.runs.recent_runs import Ended, unpacked
from chalicelib.domain.runs.runs import limit


def outage_facts(
    check: Check,
    *,
    now: datetime,
    is_alarm: bool = False,
    window: tuple[datetime, datetime] | None = None,
    count: int | None = None,
) -> Facts:
    """The facts about a check that is down, evaluated at `now`.

    The check does not tell whether a CloudWatch alarm reported, nor how many items were counted in the last stalled
    `window`; a caller who has read the history does. Without `window`, the facts have the one that ended the check.
    """
    facts = replace(snapshot(check), is_alarm=True if is_alarm else None)
    match check.reason:
        case Reason.MISSED:
            run = max((run for run in check.runs if _was_open_at_miss(run, check)), key=_began, default=None)
            is_first = check.last_success is None
            due = check.since if is_first else expected(check)  # the first success has no grace (rule 7)
            return replace(snapshot(check, run), is_first=is_first, expected=due, limit=check.config.grace)
        case Reason.OVERRUN:
            stuck = stuck_run(check)
            found = learnt(check.recent) if check.config.learns_max_runtime else None
            return replace(
                snapshot(check, stuck),
                limit=limit(check),
                took=None if stuck is None else now - stuck.at,
                learnt_from=None if found is None else found.runs,
            )
        case Reason.FAILED if check.config.group is not None:
            return replace(facts, members=(), down_when=check.config.group.down_when)
        case Reason.FAILED:
            return replace(facts, took=_duration_of_last_failure(check))
        case Reason.TOO_SHORT:
            return replace(facts, took=_duration_of_last_failure(check), limit=check.config.min_runtime)
        case Reason.STALLED:
            return replace(
                facts, min_count=check.config.min_count, count=count, window=window or _window_before_outage(check)
            )
        case None:
            return facts
        case _:
            assert_never(check.reason)


def stuck_run(check: Check) -> Run | None:
    """The oldest open run that has exceeded its limit."""
    return next((run for run in check.runs if run.overran), None)


def _was_open_at_miss(run: Run, check: Check) -> bool:
    return not run.overran and (check.since is None or run.at < check.since)


def _began(run: Run) -> datetime:
    return run.at


def _duration_of_last_failure(check: Check) -> timedelta | None:
    bad = (Ended.FAILED, Ended.TOO_SHORT)
    return next((run.took for run in reversed(unpacked(check.recent)) if run.ended in bad), None)


def _window_before_outage(check: Check) -> tuple[datetime, datetime] | None:
    length = check.config.count_window
    return None if check.since is None or length is None else (check.since - length, check.since)
