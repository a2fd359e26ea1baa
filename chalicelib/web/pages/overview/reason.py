"""The line below a check's name on the overview: one sentence about its state.

Start at `line`. A check that is up has a line for a day after an outage only. Why a check is down is worded in
`chalicelib.domain.text.reasons`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from markupsafe import Markup

from chalicelib.domain.alerts import Reason
from chalicelib.domain.check import Check, Run, waits_for
from chalicelib.domain.ids import Code
from chalicelib.domain.rules.due import deadline
from chalicelib.domain.runs.duration_stats import usual
from chalicelib.domain.runs.runs import limit
from chalicelib.domain.text.display_status import unknown_since
from chalicelib.domain.text.outage_facts import outage_facts, stuck_run
from chalicelib.domain.text.reasons import describe, describe_recovery, reason_name
from chalicelib.domain.text.time_format import (
    WallClock,
    ago,
    ago_to_the_minute,
    duration,
    duration_range,
    whole_minutes,
)
from chalicelib.web.pages.charts.progress_bar import progress
from chalicelib.web.pages.overview.position import Section, Standing, shown_text

RECOVERED_FOR = timedelta(days=1)  # how long a recovery is shown


@dataclass(frozen=True, slots=True)
class EndedOutage:
    """An outage that has ended."""

    down_at: datetime | None  # None: earlier than the flips that were read
    up_at: datetime
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class Line:
    """The parts of the sentence, in their order."""

    kind: str = ""  # of the bold word: down, late, running
    bold: str = ""
    rest: str = ""
    output: str = ""  # the last line of the job's output
    bar: Markup | None = None


def line(each: Standing, outages: Mapping[Code, EndedOutage], clock: WallClock) -> Line | None:
    """The line of a check; None if there is nothing to say."""
    found, silence = _line(each, outages, clock), _why_silent(each.check, clock)
    if not silence:
        return found
    return Line(rest=silence) if found is None else replace(found, rest=f"{found.rest} · {silence}")


def _why_silent(check: Check, clock: WallClock) -> str:
    """Why no alert goes out: acknowledged, snoozed, or held for a parent; "" if nothing prevents it."""
    known = []
    if check.acknowledged_at is not None:
        known.append(f"acknowledged {ago(check.acknowledged_at, now=clock.now)}")
    if check.snoozed_until is not None:
        known.append(f"snoozed until {clock.minute(check.snoozed_until)}")
    if holding := waits_for(check):
        known.append(f"alert held: waits for {shown_text(', '.join(holding))}")
    return " · ".join(known)


def _line(each: Standing, outages: Mapping[Code, EndedOutage], clock: WallClock) -> Line | None:
    check = each.check
    match each.section:
        case Section.DOWN:
            return _down(check, clock)
        case Section.LATE:
            return _late(check, each.next_at, clock)
        case Section.RUNNING:
            return _running(check, clock)
        case Section.UP:
            ended = outages.get(check.code)
            if ended is None:
                return None
            return Line(rest=describe_recovery(ended.down_at, ended.up_at, ended.reason, clock))
        case Section.PAUSED:
            since = "" if check.since is None else f" since {clock.minute(check.since)}"
            how = "until someone resumes it" if check.config.manual_resume else "a ping resumes it"
            return Line(rest=f"paused{since} · {how}")
        case Section.NEW:
            return Line(rest=_new(check, each.next_at, clock))
        case _:
            assert_never(each.section)


def _down(check: Check, clock: WallClock) -> Line:
    assert check.reason is not None, "a check that is down has a reason"
    facts = outage_facts(check, now=clock.now)
    rest = shown_text(" · ".join(("", *describe(check.reason, facts, clock))))
    found = Line("down", reason_name(check.reason), rest)
    if check.reason is Reason.OVERRUN and (stuck := stuck_run(check)) is not None:
        bar = progress(clock.now - stuck.at, limit=limit(check), usual=facts.usual)
        return replace(found, output=shown_text(stuck.log), bar=bar)
    has_output = check.reason in (Reason.OVERRUN, Reason.FAILED, Reason.TOO_SHORT) and check.config.group is None
    return replace(found, output=shown_text(check.last_output)) if has_output else found


def _late(check: Check, due: datetime | None, clock: WallClock) -> Line:
    if unknown_since(check, now=clock.now) is not None:
        since = "" if due is None else f" · expected {clock.minute(due)}"
        return Line("late", "unknown", f"{since} · pings cannot reach Overdue, so it may have run")
    rest = "" if due is None else f" · expected {clock.minute(due)}, {ago_to_the_minute(due, now=clock.now)}"
    down_at = deadline(check)
    if down_at is not None:
        rest += f" · down at {clock.minute(down_at)} unless it succeeds"
    return Line("late", "late", rest)


def _running(check: Check, clock: WallClock) -> Line:
    runs: tuple[Run, ...] = tuple(run for run in check.runs if not run.overran) or check.runs
    so_far, most, usually = clock.now - runs[0].at, limit(check), usual(check.recent)
    known = "" if usually is None else f" of usually {duration_range(*usually)}"
    many = f" · {len(runs)} runs open, the oldest" if len(runs) > 1 else ""
    rest = f"{many} for {whole_minutes(so_far)}{known}" + ("" if many else f", limit {duration(most)}")
    return Line("running", "running", rest, bar=progress(so_far, limit=most, usual=usually))


def _new(check: Check, by: datetime | None, clock: WallClock) -> str:
    if check.config.group is not None:
        return "no members yet, or all of them are new or paused"
    if check.config.probe is not None:
        return "no probe has been made yet"
    resumed = check.since if check.n_pings else None
    known = "never pinged" if resumed is None else f"no ping since it was resumed, {ago(resumed, now=clock.now)}"
    return known if by is None else f"{known} · down at {clock.minute(by)} unless it succeeds"
