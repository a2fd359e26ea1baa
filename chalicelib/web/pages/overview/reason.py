"""The line that says why, on the overview: what is the matter, in one sentence, with where to look first.

Start at `line`. A check that is up says nothing, but for a day after an outage. Words for durations and counts are
`domain.words`' and `domain.wallclock`'s; a whole letter about an outage stands in `alerts.letter`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from markupsafe import Markup

from chalicelib.domain.alerts import Reason
from chalicelib.domain.check import Check, Run, waits_for
from chalicelib.domain.ids import Code
from chalicelib.domain.rules.due import deadline, expected
from chalicelib.domain.runs.duration_stats import usual
from chalicelib.domain.runs.recent_runs import Ended, unpacked
from chalicelib.domain.runs.runs import limit
from chalicelib.domain.text.display_status import unknown_since
from chalicelib.domain.text.reasons import ordinal, spoken
from chalicelib.domain.text.time_format import WallClock, ago, between, duration, lasted
from chalicelib.web.pages.charts.progress_bar import progress
from chalicelib.web.pages.overview.position import Section, Standing, shown_text

RECOVERED_FOR = timedelta(days=1)  # so long a recovery is told


@dataclass(frozen=True, slots=True)
class Outage:
    """What the flips tell of an outage that has ended."""

    down_at: datetime | None  # None: before what was read
    up_at: datetime
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class Line:
    """The parts of the sentence, in their order."""

    kind: str = ""  # of the bold word: down, late, running
    bold: str = ""
    rest: str = ""
    output: str = ""  # the last line of what it said
    bar: Markup | None = None


def line(each: Standing, outages: Mapping[Code, Outage], clock: WallClock) -> Line | None:
    """None: there is nothing to say."""
    said, seen_to = _line(each, outages, clock), _seen_to(each.check, clock)
    if not seen_to:
        return said
    return Line(rest=seen_to) if said is None else replace(said, rest=f"{said.rest} · {seen_to}")


def _seen_to(check: Check, clock: WallClock) -> str:
    """Why they hear no more of it: somebody sees to it, they want to hear nothing for a while, or a parent is down."""
    known = []
    if check.acknowledged_at is not None:
        known.append(f"acknowledged {ago(check.acknowledged_at, now=clock.now)}")
    if check.snoozed_until is not None:
        known.append(f"snoozed until {clock.minute(check.snoozed_until)}")
    if holding := waits_for(check):
        known.append(f"alert held: waits for {shown_text(', '.join(holding))}")
    return " · ".join(known)


def _line(each: Standing, outages: Mapping[Code, Outage], clock: WallClock) -> Line | None:
    check = each.check
    match each.section:
        case Section.DOWN:
            return _down(each, clock)
        case Section.LATE:
            return _late(check, each.next_at, clock)
        case Section.RUNNING:
            return _running(check, clock)
        case Section.UP:
            ended = outages.get(check.code)
            return None if ended is None else Line(rest=_recovered(ended, clock))
        case Section.PAUSED:
            since = "" if check.since is None else f" since {clock.minute(check.since)}"
            how = "until someone resumes it" if check.config.manual_resume else "a ping resumes it"
            return Line(rest=f"paused{since} · {how}")
        case Section.NEW:
            return Line(rest=_new(check, each.next_at, clock))
        case _:
            assert_never(each.section)


def passed(at: datetime, clock: WallClock) -> str:
    """ "7 min ago", "3 h 12 min ago": what is the matter is told more exactly than what is well."""
    since = clock.now - at
    return ago(at, now=clock.now) if since < timedelta(hours=1) else f"{_minutes(since)} ago"


def _minutes(span: timedelta) -> str:
    """A duration without its seconds, from a minute on."""
    minute = timedelta(minutes=1)
    return duration(span if span < minute else span // minute * minute)


def _new(check: Check, by: datetime | None, clock: WallClock) -> str:
    if check.config.group is not None:
        return "no member that counts, or none has told anything yet"
    if check.config.probe is not None:
        return "no probe has been made yet"
    resumed = check.since if check.n_pings else None
    known = "never pinged" if resumed is None else f"no ping since it was resumed, {ago(resumed, now=clock.now)}"
    return known if by is None else f"{known} · down if nothing has come by {clock.minute(by)}"


def _down(each: Standing, clock: WallClock) -> Line:
    check, reason = each.check, each.check.reason
    assert reason is not None, "what is down has a reason"
    bold = spoken(reason)
    match reason:
        case Reason.MISSED:
            return Line("down", bold, f" · {_missed(check, clock)}")
        case Reason.OVERRUN:
            return _overrun(check, bold, clock)
        case Reason.FAILED:
            return Line("down", bold, f" · {_failed(check, clock)}", shown_text(check.last_output))
        case Reason.TOO_SHORT:
            return Line("down", bold, f" · {_too_short(check)}", shown_text(check.last_output))
        case Reason.STALLED:
            return Line("down", bold, f" · {_stalled(check, clock)}")
        case _:
            assert_never(reason)


def _missed(check: Check, clock: WallClock) -> str:
    due, by = expected(check), check.since
    if due is None:  # nothing has ever come (rule 7)
        when = "" if by is None else f"the first success was due by {clock.minute(by)}, {passed(by, clock)} · "
    else:
        when = f"expected {clock.minute(due)}, {passed(due, clock)} · "
    again = f" · {ordinal(check.misses)} miss in a row" if check.misses > 1 else ""
    if check.config.probe is not None:
        return f"{when}no probe was made{again}"
    came = any(due is None or run.at >= due - check.config.grace for run in check.runs)
    return when + ("it started but did not report" if came else "it did not start either") + again


def _overrun(check: Check, bold: str, clock: WallClock) -> Line:
    stuck = next((run for run in check.runs if run.overran), None)
    most = duration(limit(check))
    if stuck is None:
        since = "" if check.since is None else f", {ago(check.since, now=clock.now)}"
        return Line(
            "down", bold, f" · a run took longer than its limit of {most}{since}", shown_text(check.last_output)
        )
    bar = progress(clock.now - stuck.at, limit=limit(check), usual=usual(check.recent))
    return Line(
        "down", bold, f" · running for {_minutes(clock.now - stuck.at)}, limit {most}", shown_text(stuck.log), bar
    )


def _failed(check: Check, clock: WallClock) -> str:
    if check.config.group is not None:
        return "as its members are" + ("" if check.since is None else f", {ago(check.since, now=clock.now)}")
    by_itself = "it said so" if check.config.probe is None else "its probe failed"
    said = f"exit status {check.last_exit}" if check.last_exit else by_itself
    when = "" if check.last_ping is None else f", {ago(check.last_ping, now=clock.now)}"
    again = f" · {ordinal(check.failures)} failure in a row" if check.failures > 1 else ""
    return said + when + again


def _too_short(check: Check) -> str:
    took = next((run.took for run in reversed(unpacked(check.recent)) if run.ended is Ended.TOO_SHORT), None)
    first = "it succeeded too soon" if took is None else f"finished in {duration(took)}"
    least = check.config.min_runtime
    return first if least is None else f"{first}, cannot be done in less than {duration(least)}"


def _stalled(check: Check, clock: WallClock) -> str:
    alive = "" if check.last_ping is None else f"alive {ago(check.last_ping, now=clock.now)}, but "
    length, least = check.config.count_window, check.config.min_count
    fewer = "too few items" if least is None else f"fewer than {least:,} items"
    if check.since is None or length is None:
        return alive + fewer
    return f"{alive}{fewer} from {clock.minute(check.since - length)} to {clock.minute(check.since)}"


def _late(check: Check, due: datetime | None, clock: WallClock) -> Line:
    if unknown_since(check, now=clock.now) is not None:
        since = "" if due is None else f" · expected {clock.minute(due)}"
        return Line("late", "unknown", f"{since} · pings cannot come in, so nobody can tell whether it came")
    rest = "" if due is None else f" · expected {clock.minute(due)}, {passed(due, clock)}"
    down_at = deadline(check)
    if down_at is not None:
        rest += f" · down at {clock.minute(down_at)} if nothing comes"
    return Line("late", "late", rest)


def _running(check: Check, clock: WallClock) -> Line:
    runs: tuple[Run, ...] = tuple(run for run in check.runs if not run.overran) or check.runs
    so_far, most, usually = clock.now - runs[0].at, limit(check), usual(check.recent)
    known = "" if usually is None else f" of usually {between(*usually)}"
    many = f" · {len(runs)} runs open, the oldest" if len(runs) > 1 else ""
    rest = f"{many} for {_minutes(so_far)}{known}" + ("" if many else f", limit {duration(most)}")
    return Line("running", "running", rest, bar=progress(so_far, limit=most, usual=usually))


def _recovered(ended: Outage, clock: WallClock) -> str:
    said = f"up again since {clock.minute(ended.up_at)}"
    if ended.down_at is None:
        return said
    why = "" if ended.reason is None else f" ({spoken(ended.reason)})"
    return f"{said}, was down for {lasted(ended.up_at - ended.down_at)}{why}"
