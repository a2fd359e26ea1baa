"""What is known by now of an outage, in the form in which its alert knew it: so that a page says it in the same words.

Start at `facts_of`. The words are `domain.words`'.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from chalicelib.domain.alert_creation import snapshot
from chalicelib.domain.alerts import Facts, Reason
from chalicelib.domain.check import Check, Run
from chalicelib.domain.rules.due import expected, first_ping_at
from chalicelib.domain.runs.duration_stats import learnt
from chalicelib.domain.runs.recent_runs import Ended, unpacked
from chalicelib.domain.runs.runs import limit
from chalicelib.web.pages.check.queries import Past
from chalicelib.web.pages.check.runs import Outcome


def facts_of(check: Check, past: Past, *, now: datetime) -> Facts:
    """Of a check that is down."""
    known = replace(snapshot(check), last_ping=check.last_ping)
    match check.reason:
        case Reason.MISSED:
            run = max((run for run in check.runs if _was_before(run, check)), key=lambda each: each.at, default=None)
            is_first = check.last_success is None
            due = first_ping_at(check) if is_first else expected(check)
            return replace(snapshot(check, run), is_first=is_first, expected=due, limit=check.config.grace)
        case Reason.OVERRUN:
            stuck = stuck_run(check)
            took = None if stuck is None else now - stuck.at
            known = snapshot(check, stuck)
            found = learnt(check.recent) if check.config.learns_max_runtime else None
            return replace(known, limit=limit(check), took=took, learnt_from=None if found is None else found.runs)
        case Reason.FAILED:
            return replace(known, took=_took_of_last(check))
        case Reason.TOO_SHORT:
            return replace(known, took=_took_of_last(check), limit=check.config.min_runtime)
        case Reason.STALLED:
            window = next((each for each in past.runs if each.outcome is Outcome.STALLED), None)
            if window is None or window.began is None:
                return replace(known, min_count=check.config.min_count)
            span = (window.began, window.at)
            return replace(known, min_count=check.config.min_count, count=window.count, window=span)
        case None:
            return known
        case _:
            assert_never(check.reason)


def _was_before(run: Run, check: Check) -> bool:
    return not run.overran and (check.since is None or run.at < check.since)


def stuck_run(check: Check) -> Run | None:
    """The oldest run that has been open for too long."""
    return next((run for run in check.runs if run.overran), None)


def _took_of_last(check: Check) -> timedelta | None:
    """How long the newest run took that ended badly."""
    bad = (Ended.FAILED, Ended.TOO_SHORT)
    return next((run.took for run in reversed(unpacked(check.recent)) if run.ended in bad), None)
