"""A ping came: what does it make of the check? (docs/reference/rules.md, rules 3, 4, 5, 6, 9, 10, 12)

Start at `receive`. What the ping says is read in `signals`; which run it closes, in `runs`. An outcome is a
`Beat` where it commutes with other heartbeats, which is the usual case, and a `Verdict` otherwise.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from chalicelib.domain.advance import settle
from chalicelib.domain.alert_creation import down, snapshot, up
from chalicelib.domain.alerts import Reason
from chalicelib.domain.check import Beat, Check, Outcome, Run, RunEnd, Status, Verdict, started_by, with_run
from chalicelib.domain.ingress.ingress_outage import seen_through
from chalicelib.domain.limits.item_size import trim_runs, trim_to_size
from chalicelib.domain.limits.ping_rate import pace_after
from chalicelib.domain.ping import Ping, Signal, last_words, tail
from chalicelib.domain.rules import windows
from chalicelib.domain.rules.due import came_late, expected, expected_after, moved, next_due
from chalicelib.domain.rules.thresholds import bears_failure, counted_anew, passed_over
from chalicelib.domain.rules.throughput import counted, is_watched
from chalicelib.domain.runs.ended_runs import has_ended, with_end
from chalicelib.domain.runs.recent_runs import (
    Ended,
    appended,
    ends_with_plain_success,
    ends_without_duration,
    in_one_hour,
)
from chalicelib.domain.runs.runs import MOST_RUNS, closed_by, duration, is_too_short, limit


def receive(check: Check, ping: Ping, signal: Signal) -> Outcome:
    """The check after this ping; `heard` has determined the signal.

    A ping older than the newest known one is counted, opens or closes its run, and changes nothing else (rule 12).
    """
    if signal is Signal.IGN:
        return _beat(check, check, ping, is_newest=False, signal=signal)
    if signal is Signal.LOG:
        return _beat(check, _logged(check, ping), ping, is_newest=False, signal=signal)
    if check.last_ping is not None and ping.at < check.last_ping:
        return _overtaken(check, ping, signal)
    settled = check if check.due_at is None or ping.at < check.due_at else settle(check, now=ping.at)
    run_end = None
    match signal:
        case Signal.START:
            after = _started(settled, ping)
        case Signal.SUCCESS | Signal.FAIL:
            run = closed_by(settled, ping.rid, at=ping.at)
            run_end = _run_end(settled, ping, signal, run)
            is_good = run_end.outcome in (Ended.SUCCESS, Ended.LATE)
            after = (_succeeded if is_good else _failed)(settled, ping, run, run_end.outcome)
        case _:
            assert_never(signal)
    if after.blind_since is not None:
        after = seen_through(after, ping.at)
    if settled is check and _is_heartbeat(check, after):
        return _beat(check, after, ping, is_newest=True, signal=signal, run_end=run_end)
    after = trim_to_size(replace(after, n_pings=check.n_pings + 1, pace=pace_after(check, ping.at)))
    return Verdict(check, replace(after, due_at=next_due(after)), run_end)


def _run_end(check: Check, ping: Ping, signal: Signal, run: Run | None) -> RunEnd:
    """How the run ended that this success or failure reports (rules 3 and 5). `run`: the one that it closes."""
    took = _took(ping, run)
    if signal is Signal.FAIL:
        outcome = Ended.FAILED
    elif is_too_short(check, took):
        outcome = Ended.TOO_SHORT
    else:
        outcome = Ended.LATE if _is_late(check, ping, run, took) else Ended.SUCCESS
    return RunEnd(outcome=outcome, exceeded_limit=run is not None and took is not None and took > limit(check))


def _is_late(check: Check, ping: Ping, run: Run | None, took: timedelta | None) -> bool:
    """Whether a success met a check that waited for it for too long; never if a newer ping has arrived before."""
    if check.status is not Status.UP or (check.last_ping is not None and ping.at < check.last_ping):
        return False
    due = expected(check)
    began = ping.at - took if run is None and took is not None else (None if run is None else run.at)
    return due is not None and came_late(due=due, began=began, ended=ping.at, grace=check.config.grace)


def _is_heartbeat(check: Check, after: Check) -> bool:
    """Whether nothing has changed that a decision rests on."""
    return (
        after.n_flips == check.n_flips
        and after.failures <= check.failures
        and after.passed_at == check.passed_at
        and after.blind_since == check.blind_since
        and after.blind_until == check.blind_until
    )


def _beat(
    check: Check, after: Check, ping: Ping, *, is_newest: bool, signal: Signal, run_end: RunEnd | None = None
) -> Beat:
    if after.runs is not check.runs:
        after = trim_runs(after)
    due_at = moved(after, check.due_at) if after is not check else check.due_at
    return Beat(
        check,
        replace(after, n_pings=check.n_pings + 1, pace=pace_after(check, ping.at), due_at=due_at),
        ping.at,
        is_newest,
        unstarted=ping.rid if signal in (Signal.SUCCESS, Signal.FAIL) and not _is_open(check, ping) else None,
        opened=ping.rid if signal is Signal.START and after.runs is not check.runs else None,
        run_end=run_end,
    )


def _is_open(check: Check, ping: Ping) -> bool:
    """Whether the run that this ping ends is open. If not, a start that arrives later must not open it."""
    return any(run.rid == ping.rid and run.at <= ping.at for run in check.runs)


def _logged(check: Check, ping: Ping) -> Check:
    """The last line of a log, kept with the run that it is about."""
    run = next((run for run in check.runs if run.rid == ping.rid), None)
    line = last_words(ping.end)
    return check if run is None or not line else replace(check, runs=with_run(check, replace(run, log=line)))


def _overtaken(check: Check, ping: Ping, signal: Signal) -> Beat:
    """Apply a ping that arrives after a newer one (rule 12).

    It opens or closes its run; otherwise an overrun would be missed or falsely reported. Its `count` is added if its
    count window is still open.
    """
    if signal is Signal.START:
        return _beat(check, _started(check, ping), ping, is_newest=False, signal=signal)
    run = closed_by(check, ping.rid, at=ping.at)
    after = replace(
        check,
        runs=_without(check, run),
        ended=with_end(check, ping.rid, at=ping.at, closed=run),
        answered_at=_answered_at(check, ping, signal),
    )
    if signal is Signal.SUCCESS and check.window is not None:
        after = counted(after, ping.count, at=ping.at)
    return _beat(check, after, ping, is_newest=False, signal=signal, run_end=_run_end(check, ping, signal, run))


def _started(check: Check, ping: Ping) -> Check:
    """Open a run, unless its end has already arrived.

    It replaces a run of the same rid that is not newer. If there would be more than 100 runs, it replaces the oldest.
    """
    is_newer = any(run.rid == ping.rid and run.at > ping.at for run in check.runs)
    if is_newer or has_ended(check, ping.rid, began=ping.at):
        return check
    runs = with_run(check, Run(rid=ping.rid, at=ping.at))
    return replace(check, runs=runs[-MOST_RUNS:])


def _succeeded(check: Check, ping: Ping, run: Run | None, ended: Ended) -> Check:
    """The check after a success, in time or late, which closes `run`."""
    took = _took(ping, run)
    after = replace(
        counted(check, ping.count, at=ping.at),
        last_ping=ping.at,
        last_success=ping.at,
        last_duration=_last_duration(check, ping),
        last_exit=ping.exit_status,
        last_output=last_words(ping.end),
        runs=_without(check, run),
        ended=with_end(check, ping.rid, at=ping.at, closed=run),
        answered_at=_answered_at(check, ping, Signal.SUCCESS),
        recent=_with_success(check, ping.at, took, ended),
    )
    if after.failures or after.passed_at is not None:
        after = counted_anew(after)
    if check.status is Status.UP:
        return after
    if check.status is Status.DOWN and check.reason is Reason.STALLED and is_watched(check):
        return after  # alive is not enough: a window that reaches its minimum ends this (rule 6)
    # a recovery ended the count windows; if this ping has a count, it starts a new one
    recovered = up(after, was=check, at=ping.at, now=ping.at, took=took)
    return counted(recovered, ping.count, at=ping.at)


def _failed(check: Check, ping: Ping, run: Run | None, ended: Ended) -> Check:
    """The check after a failure, or a run that was too short (rule 5), which is alerted unless tolerated (rule 4)."""
    took = _took(ping, run)
    reason = Reason.TOO_SHORT if ended is Ended.TOO_SHORT else Reason.FAILED
    after = replace(
        check,
        last_ping=ping.at,
        last_duration=_last_duration(check, ping),
        last_exit=ping.exit_status,
        last_output=last_words(ping.end),
        runs=_without(check, run),
        ended=with_end(check, ping.rid, at=ping.at, closed=run),
        answered_at=_answered_at(check, ping, Signal.FAIL),
    )
    if _was_planned(check, ping.at):
        return passed_over(after, ping.at) if check.status is Status.UP else after
    after = replace(after, failures=check.failures + 1, recent=appended(check.recent, ended, took))
    if check.status is Status.DOWN:
        return after
    if bears_failure(after):
        return passed_over(after, ping.at)
    facts = replace(
        snapshot(after, run),
        expected=expected_after(check.config, ping.at),
        output=tail(ping.end),
        took=took,
        limit=check.config.min_runtime if reason is Reason.TOO_SHORT else None,
        is_alarm=True if ping.is_from_alarm else None,
    )
    return down(after, reason, at=ping.at, now=ping.at, facts=facts)


def _was_planned(check: Check, at: datetime) -> bool:
    """Whether what is probed failed within a maintenance window (rule 9): who asks it knows nothing of planned work.

    A job that fails there has been started by somebody, and counts.
    """
    return check.config.probe is not None and windows.end_of(check.config, at) is not None


def _without(check: Check, run: Run | None) -> tuple[Run, ...]:
    return check.runs if run is None else tuple(open_run for open_run in check.runs if open_run is not run)


def _took(ping: Ping, run: Run | None) -> timedelta | None:
    """A probe has measured it; else the run tells."""
    return duration(run, until=ping.at) if ping.took is None else ping.took


def _last_duration(check: Check, ping: Ping) -> timedelta | None:
    """As Healthchecks counts it: of the newest run, when this ping bears its very rid
    (docs/reference/wire.md, Pings).
    """
    if ping.took is not None:
        return ping.took
    newest = started_by(check, ping.at)
    return duration(newest, until=ping.at) if newest is not None and newest.rid == ping.rid else None


def _answered_at(check: Check, ping: Ping, signal: Signal) -> datetime | None:
    """A failure answers the newest start; a success only if it has the same rid or none."""
    newest = started_by(check, ping.at)
    is_answered = newest is not None and (signal is Signal.FAIL or ping.rid in ("", newest.rid))
    return newest.at if newest is not None and is_answered else check.answered_at


def _with_success(check: Check, at: datetime, took: timedelta | None, ended: Ended) -> bytes:
    """The strip with this success; one that pings often takes a slot an hour, or a window
    (docs/reference/architecture.md, Tables).
    """
    if is_watched(check):
        shares_a_slot = ends_without_duration(check.recent)
    else:
        shares_a_slot = in_one_hour(check.last_success, at) and ends_with_plain_success(check.recent)
    if took is None and shares_a_slot:
        return check.recent
    return appended(check.recent, ended, took)
