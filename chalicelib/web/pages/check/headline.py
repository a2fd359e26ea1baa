"""The headline of a check's page: its state, why, and the facts below (docs/reference/pages.md, Words).

Start at `verdict`. Why the check is down is worded in `chalicelib.domain.text.explanations`, as in an alert.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from chalicelib.domain.alerts import Facts, Reason
from chalicelib.domain.check import Check
from chalicelib.domain.config import Config
from chalicelib.domain.rules.due import deadline, first_ping_at
from chalicelib.domain.rules.throughput import is_watched
from chalicelib.domain.runs.duration_stats import usual
from chalicelib.domain.runs.recent_runs import Ended, unpacked
from chalicelib.domain.runs.runs import limit
from chalicelib.domain.text.amounts import compare_with_usual, quantity
from chalicelib.domain.text.display_status import unknown_since
from chalicelib.domain.text.explanations import explain, output_label, where_to_look
from chalicelib.domain.text.outage_facts import outage_facts, stuck_run
from chalicelib.domain.text.reasons import describe_recovery, reason_name
from chalicelib.domain.text.time_format import (
    WallClock,
    ago,
    ago_to_the_minute,
    duration,
    duration_range,
    whole_minutes,
)
from chalicelib.web.pages.check.notifications import about_alerts
from chalicelib.web.pages.check.queries import Past, Source, source_of
from chalicelib.web.pages.check.runs import Outcome, words_of
from chalicelib.web.pages.overview.position import Section, Standing, shown_text
from chalicelib.web.pages.overview.reason import RECOVERED_FOR
from chalicelib.web.pages.overview.row import WORDS
from chalicelib.web.pages.shell.instants import to_come

THROTTLED_FOR = timedelta(days=1)  # how long refused pings are shown


@dataclass(frozen=True, slots=True)
class Fact:
    """A line below the sentence, and the output of the job that belongs to it."""

    text: str
    output: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckHeadline:
    """The headline and the facts below it."""

    mark: str
    name: str
    said: str  # follows the name: "is down: overrun"
    kind: str  # its color; "": none
    lead: str
    facts: tuple[Fact, ...]

    @property
    def title(self) -> str:
        """The title of the page."""
        return f"{self.name} {self.said} · Overdue"


def verdict(each: Standing, past: Past, clock: WallClock, *, names_channels: bool, remedy: str = "") -> CheckHeadline:
    """The headline of a check. `remedy`: how to give it a channel; "" if it has one."""
    check = each.check
    lead, facts = _lead_and_facts(each, past, clock)
    alerts = about_alerts(check, past, clock, names_channels=names_channels, remedy=remedy)
    is_unknown = unknown_since(check, now=clock.now) is not None
    return CheckHeadline(
        mark="unknown" if is_unknown else each.section.value,
        name=each.name,
        said=_state(each, is_unknown=is_unknown),
        kind="" if is_unknown or each.section in (Section.PAUSED, Section.NEW) else each.section.value,
        lead=lead,
        facts=(*facts, *_facts_in_any_state(check, clock), *map(Fact, alerts)),
    )


def _state(each: Standing, *, is_unknown: bool) -> str:
    if is_unknown:
        return "is unknown"
    if each.section is Section.DOWN and each.check.reason is not None:
        return f"is down: {reason_name(each.check.reason)}"
    return f"is {WORDS[each.section].lower()}"


def _lead_and_facts(each: Standing, past: Past, clock: WallClock) -> tuple[str, list[Fact]]:
    check = each.check
    match each.section:
        case Section.DOWN:
            return _down(check, past, clock)
        case Section.LATE:
            return _late(each, past, clock), []
        case Section.RUNNING:
            return _running(check, clock), _logged_so_far(check, past, clock)
        case Section.UP:
            return _up(each, past, clock), _recovered(check, past, clock)
        case Section.PAUSED:
            return _paused(check, clock), []
        case Section.NEW:
            return _new(check, clock), []
        case _:
            assert_never(each.section)


def _down(check: Check, past: Past, clock: WallClock) -> tuple[str, list[Fact]]:
    reason = check.reason
    assert reason is not None, "a check that is down has a reason"
    facts = _facts_of_outage(check, past, now=clock.now)
    lead, look = shown_text(explain(reason, facts, clock)), Fact(where_to_look(reason, facts))
    if check.config.group is not None:
        return lead, [look]
    output = _logged_so_far(check, past, clock)
    if not output and check.last_output and reason in (Reason.FAILED, Reason.TOO_SHORT):
        output = [Fact(output_label(reason, facts), shown_text(check.last_output))]
    return lead, [*output, *_other_runs(check, clock), look, *_last_success(check, clock)]


def _facts_of_outage(check: Check, past: Past, *, now: datetime) -> Facts:
    is_alarm = source_of(check, past.pings) is Source.ALARM
    stalled = next((each for each in past.runs if each.outcome is Outcome.STALLED), None)
    if check.reason is not Reason.STALLED or stalled is None or stalled.began is None:
        return outage_facts(check, now=now, is_alarm=is_alarm)
    return outage_facts(check, now=now, window=(stalled.began, stalled.at), count=stalled.count)


def _logged_so_far(check: Check, past: Past, clock: WallClock) -> list[Fact]:
    """The last line that the stuck run, else the newest open run, has logged."""
    run = stuck_run(check) or max((run for run in check.runs if run.log), key=lambda each: each.at, default=None)
    if run is not None and run.log:
        logged = words_of(run, past.pings)
        when = f", at {clock.minute(logged[-1].ping.at)}" if len(logged) > 1 else ""
        return [Fact(f"Its last output{when}:", shown_text(run.log))]
    return []


def _other_runs(check: Check, clock: WallClock) -> list[Fact]:
    """The runs that are open beside the stuck one."""
    others = [run for run in check.runs if run is not stuck_run(check)]
    if not others:
        return []
    if stuck_run(check) is None or check.reason is not Reason.OVERRUN:
        return [Fact(f"A run that started at {clock.minute(others[-1].at)} is open.")]
    if len(others) == 1:
        started = f"A second run started at {clock.minute(others[0].at)} and is open, too."
        return [Fact(f"{started} Its success will not hide the first one.")]
    return [Fact(f"{len(others)} more runs are open. Their success will not hide the first one.")]


def _last_success(check: Check, clock: WallClock) -> list[Fact]:
    if check.last_success is None:
        return [Fact("It has never succeeded.")]
    return [Fact(f"Last success {clock.minute(check.last_success)}, {ago(check.last_success, now=clock.now)}.")]


def _late(each: Standing, past: Past, clock: WallClock) -> str:
    check, due = each.check, each.next_at
    if unknown_since(check, now=clock.now) is not None:
        when = "" if due is None else f" A success was expected at {clock.minute(due)}."
        return (
            f"Pings cannot reach Overdue, so it may have run without a report.{when} "
            f"Overdue evaluates it {duration(check.config.grace)} after pings can come in again."
        )
    what = "A probe" if source_of(check, past.pings) is Source.PROBE else "A success"
    if due is None:
        lead = f"{what} is late."
    else:
        lead = f"{what} was expected at {clock.minute(due)}, {ago_to_the_minute(due, now=clock.now)}."
    down_at = deadline(check)
    return lead if down_at is None else f"{lead} The check goes down at {clock.minute(down_at)} unless one arrives."


def _running(check: Check, clock: WallClock) -> str:
    runs = tuple(run for run in check.runs if not run.overran) or check.runs
    so_far, usually = whole_minutes(clock.now - runs[0].at), usual(check.recent)
    if usually is None:
        known = "There are not enough runs yet for a usual duration"
    else:
        known = f"It usually takes {duration_range(*usually)}"
    begun = f"It has been running for {so_far}." if len(runs) == 1 else f"{len(runs)} runs are open, one for {so_far}."
    return f"{begun} {known}; its limit is {duration(limit(check))}."


def _up(each: Standing, past: Past, clock: WallClock) -> str:
    check, source = each.check, source_of(each.check, past.pings)
    last = check.last_success
    if source is Source.GROUP:
        return "Its members are up, or too few of them are down."
    if last is None:
        return "It has recovered."
    newest = unpacked(check.recent)[-1:]
    took = newest[0].took if newest and newest[0].ended in (Ended.SUCCESS, Ended.LATE) else None
    after = "" if took is None else f", after {compare_with_usual(took, usual(check.recent))}"
    lead = f"{_GOOD[source]} {ago(last, now=clock.now)}{after}."
    if source is Source.ALARM or each.next_at is None:
        return lead
    return f"{lead} Next expected {to_come(each.next_at, clock).words}."


_GOOD = {Source.JOB: "Last success", Source.PROBE: "Last good answer", Source.ALARM: "The alarm returned to OK"}


def _recovered(check: Check, past: Past, clock: WallClock) -> list[Fact]:
    """The outage that ended within the last day."""
    newest = past.flips[0].flip if past.flips else None
    if newest is None or newest.at != check.since or clock.now - newest.at >= RECOVERED_FOR:
        return []
    down = next((stored.flip for stored in past.flips if stored.flip.number == newest.number - 1), None)
    if down is None or down.reason is None:
        return []
    said = describe_recovery(down.at, newest.at, down.reason, clock)
    return [Fact(f"{said[0].upper()}{said[1:]}.")]


def _paused(check: Check, clock: WallClock) -> str:
    since = "" if check.since is None else f" since {clock.minute(check.since)}"
    if check.config.probe is not None:
        return f"It has been paused{since}: Overdue makes no probes until somebody resumes it."
    if check.config.group is not None:
        return f"It has been paused{since}: its members are not evaluated until somebody resumes it."
    how = "Pings do not resume it." if check.config.manual_resume else "A ping resumes it."
    return f"It has been paused{since}: no ping is expected. {how}"


def _new(check: Check, clock: WallClock) -> str:
    if check.config.group is not None:
        return "It has no members yet, or all of them are new or paused."
    if check.config.probe is not None:
        return "No probe has been made yet. The first one follows within a minute."
    known = "It has never been pinged."
    if check.n_pings:
        since = "" if check.since is None else f", {ago(check.since, now=clock.now)}"
        known = f"No ping has come since it was resumed{since}."
    by = first_ping_at(check)
    if by is None:
        return f"{known} Nothing is expected before the first ping."
    return f"{known} It goes down at {clock.minute(by)} unless a success has arrived."


def _facts_in_any_state(check: Check, clock: WallClock) -> Iterator[Fact]:
    if is_watched(check) and check.window is not None and check.config.count_window is not None:
        ends, least = check.window.at + check.config.count_window, check.config.min_count or 0
        if ends > clock.now:
            done = quantity(check.window.count, "item")
            yield Fact(f"{done} since {clock.minute(check.window.at)}, of at least {least:,} by {clock.minute(ends)}.")
    if check.throttled_since is not None and check.throttled_at is not None:
        yield from _throttled(check.throttled_since, check.throttled_at, clock)
    if check.config.windows:
        from chalicelib.domain.schedule.maintenance import window_end  # most checks have none

        until = window_end(check.config.windows, clock.now, tz=check.config.tz)
        if until is not None:
            yield Fact(f"Maintenance until {clock.minute(until)}: nothing is expected before that.")
        yield from map(Fact, _ignored(check.config))
    if check.snoozed_until is not None:
        yield Fact(f"Snoozed until {clock.minute(check.snoozed_until)}: no alert goes out before then.")


def _ignored(config: Config) -> Iterator[str]:
    """Windows of a check that was stored before such windows were refused."""
    from chalicelib.domain.limits.evaluation_cost import ignored_windows  # as above

    if (found := ignored_windows(config)) is not None:
        yield found


def _throttled(since: datetime, at: datetime, clock: WallClock) -> Iterator[Fact]:
    """The pings that were refused within the last day."""
    if clock.now - at >= THROTTLED_FOR:
        return
    first, last = clock.minute(since), clock.minute(at)
    when = f"at {first}" if first == last else f"from {first} to {last}"
    yield Fact(f"Throttled {when}: pings over the limit per minute were refused (429).")
