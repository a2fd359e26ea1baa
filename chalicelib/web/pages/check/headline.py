"""The sentences that open a check's page: what is the matter, why, and what people know of it
(docs/reference/pages.md, Words).

Start at `verdict`. Why it is down and where to look first are `domain.words`', as in an alert; of a probe or an alarm,
which start nothing and have no script, they are said here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
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
from chalicelib.domain.text.display_status import unknown_since
from chalicelib.domain.text.reasons import against_usual, counted, look_first, ordinal, spoken, why
from chalicelib.domain.text.time_format import WallClock, ago, between, duration, lasted
from chalicelib.web.pages.check.notifications import about_alerts
from chalicelib.web.pages.check.outage_facts import facts_of, stuck_run
from chalicelib.web.pages.check.queries import Past, Source, source_of
from chalicelib.web.pages.check.runs import said_in
from chalicelib.web.pages.overview.position import Section, Standing, shown_text
from chalicelib.web.pages.overview.reason import RECOVERED_FOR, passed
from chalicelib.web.pages.overview.row import WORDS
from chalicelib.web.pages.shell.instants import to_come

THROTTLED_FOR = timedelta(days=1)  # how long the page says so
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Fact:
    """A line below the sentence; `output` is what the job said."""

    text: str
    output: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckVerdict:
    """What is the matter with one check."""

    mark: str
    name: str
    said: str  # behind the name: "is down: overrun"
    kind: str  # its colour, "" for none
    lead: str
    facts: tuple[Fact, ...]

    @property
    def title(self) -> str:
        """Of the page."""
        return f"{self.name} {self.said} · Overdue"


def verdict(each: Standing, past: Past, clock: WallClock, *, names_channels: bool, remedy: str = "") -> CheckVerdict:
    """The verdict on a check. `remedy`: how to give it a channel; "" where it has one."""
    check = each.check
    lead, facts = _said(each, past, clock)
    alerts = about_alerts(check, past, clock, names_channels=names_channels, remedy=remedy)
    more = [*facts, *_always(check, clock), *map(Fact, alerts)]
    is_unknown = unknown_since(check, now=clock.now) is not None
    return CheckVerdict(
        mark="unknown" if is_unknown else each.section.value,
        name=each.name,
        said=_state(each, is_unknown=is_unknown),
        kind="" if is_unknown or each.section in (Section.PAUSED, Section.NEW) else each.section.value,
        lead=lead,
        facts=tuple(more),
    )


def _state(each: Standing, *, is_unknown: bool) -> str:
    if is_unknown:
        return "cannot be judged"
    if each.section is Section.DOWN and each.check.reason is not None:
        return f"is down: {spoken(each.check.reason)}"
    return f"is {WORDS[each.section].lower()}"


def _said(each: Standing, past: Past, clock: WallClock) -> tuple[str, list[Fact]]:
    check = each.check
    match each.section:
        case Section.DOWN:
            return _down(check, past, clock)
        case Section.LATE:
            return _late(each, past, clock), []
        case Section.RUNNING:
            return _running(check, clock), _last_word(check, past, clock)
        case Section.UP:
            return _up(each, past, clock), _recovered(check, past, clock)
        case Section.PAUSED:
            return _paused(check, clock), []
        case Section.NEW:
            return _new(check, clock), []
        case _:
            assert_never(each.section)


def _paused(check: Check, clock: WallClock) -> str:
    since = "" if check.since is None else f" since {clock.minute(check.since)}"
    if check.config.probe is not None:
        return f"It has been paused{since}: Overdue does not ask until somebody resumes it."
    if check.config.group is not None:
        return f"It has been paused{since}: its members are not looked at until somebody resumes it."
    how = "Pings do not resume it." if check.config.manual_resume else "A ping resumes it."
    return f"It has been paused{since}: nothing is expected of it. {how}"


def _down(check: Check, past: Past, clock: WallClock) -> tuple[str, list[Fact]]:
    reason, source = check.reason, source_of(check, past.pings)
    assert reason is not None, "what is down has a reason"
    facts = facts_of(check, past, now=clock.now)
    if source is Source.GROUP:
        return _group_down(check, facts)
    if source is Source.PROBE:
        lead, look = _probe_down(check, reason, clock)
    elif source is Source.ALARM and reason is Reason.FAILED:
        since = clock.second(check.last_ping or facts.since)
        lead, look = f"Its alarm in CloudWatch said so at {since}.", "Look first at what the alarm measures."
    else:
        lead, look = why(reason, facts, clock), look_first(reason, facts)
    if reason in (Reason.FAILED, Reason.TOO_SHORT) and check.failures > 1:
        lead = f"{lead} It is the {ordinal(check.failures)} failure in a row."
    return lead, [*_last_word(check, past, clock), *_other_runs(check, clock), Fact(look), *_last_success(check, clock)]


def _group_down(check: Check, facts: Facts) -> tuple[str, list[Fact]]:
    """Its last output names the members that are down."""
    needed = None if check.config.group is None else check.config.group.down_when
    when = "all of them are" if needed is None else f"{needed} of them {'is' if needed == 1 else 'are'}"
    lead = f"{shown_text(check.last_output)}. It is down when {when}."
    return lead, [Fact(look_first(Reason.FAILED, replace(facts, members=())))]


def _probe_down(check: Check, reason: Reason, clock: WallClock) -> tuple[str, str]:
    at = clock.second(check.last_ping or check.since or clock.now)
    if reason is Reason.MISSED:
        return (
            f"No probe has been made since {at}.",
            "Look first at Overdue itself: its prober asks, and has not. See the log of the prober function.",
        )
    return f"Its last probe, at {at}, got no good answer.", "Look first at the address as the probe asks it."


def _last_word(check: Check, past: Past, clock: WallClock) -> list[Fact]:
    """What the stuck run, an open one, or else the last that ended said at its end."""
    run = stuck_run(check) or max((run for run in check.runs if run.log), key=lambda each: each.at, default=None)
    if run is not None and run.log:
        logged = said_in(run, past.pings)
        when = f", at {clock.minute(logged[-1].ping.at)}" if len(logged) > 1 else ""
        return [Fact(f"Its last word{when}:", shown_text(run.log))]
    if run is None and check.last_output and check.reason in (Reason.FAILED, Reason.TOO_SHORT):
        return [Fact("The end of what it said:", shown_text(check.last_output))]
    return []


def _other_runs(check: Check, clock: WallClock) -> list[Fact]:
    """Runs that are open beside the one that is stuck."""
    others = [run for run in check.runs if run is not stuck_run(check)]
    if not others:
        return []
    if stuck_run(check) is None or check.reason is not Reason.OVERRUN:
        return [Fact(f"A run that started at {clock.minute(others[-1].at)} is open.")]
    if len(others) == 1:
        since = f"A second run started at {clock.minute(others[0].at)} and is open, too."
        return [Fact(f"{since} Its success will not hide the first one.")]
    return [Fact(f"{len(others)} more runs are open. Their success will not hide the first one.")]


def _last_success(check: Check, clock: WallClock) -> list[Fact]:
    if check.last_success is None:
        return [Fact("It has never succeeded.")]
    return [Fact(f"Last success {clock.minute(check.last_success)}, {ago(check.last_success, now=clock.now)}.")]


def _late(each: Standing, past: Past, clock: WallClock) -> str:
    check, due = each.check, each.next_at
    since = unknown_since(check, now=clock.now)
    if since is not None:
        when = "" if due is None else f" It was expected at {clock.minute(due)}."
        return (
            f"Pings cannot come in, so nobody can tell whether it did its work.{when} "
            f"It is judged {duration(check.config.grace)} after they can again."
        )
    what = "A probe" if source_of(check, past.pings) is Source.PROBE else "Its success"
    lead = what + (" is late." if due is None else f" was expected at {clock.minute(due)}, {passed(due, clock)}.")
    down_at = deadline(check)
    return lead if down_at is None else f"{lead} It goes down at {clock.minute(down_at)} if nothing comes."


def _running(check: Check, clock: WallClock) -> str:
    runs = tuple(run for run in check.runs if not run.overran) or check.runs
    so_far, usually = _whole_minutes(clock.now - runs[0].at), usual(check.recent)
    known = "How long it usually takes is not known yet" if usually is None else f"It usually takes {between(*usually)}"
    begun = f"It has been running for {so_far}." if len(runs) == 1 else f"{len(runs)} runs are open, one for {so_far}."
    return f"{begun} {known}; its limit is {duration(limit(check))}."


def _whole_minutes(span: timedelta) -> str:
    return duration(span if span < _MINUTE else span // _MINUTE * _MINUTE)


def _up(each: Standing, past: Past, clock: WallClock) -> str:
    check, source = each.check, source_of(each.check, past.pings)
    last = check.last_success
    if source is Source.GROUP:
        return "Its members do their work, or too few of them are down to count."
    if last is None:
        return "It has recovered."
    newest = unpacked(check.recent)[-1:]
    took = newest[0].took if newest and newest[0].ended in (Ended.SUCCESS, Ended.LATE) else None
    after = "" if took is None else f", after {against_usual(took, usual(check.recent))}"
    lead = f"{_GOOD[source]} {ago(last, now=clock.now)}{after}."
    if source is Source.ALARM or each.next_at is None:
        return lead
    return f"{lead} Next expected {to_come(each.next_at, clock).words}."


_GOOD = {Source.JOB: "Last success", Source.PROBE: "Last good answer", Source.ALARM: "Its alarm said OK"}


def _recovered(check: Check, past: Past, clock: WallClock) -> list[Fact]:
    """That it was down until a day ago."""
    newest = past.flips[0].flip if past.flips else None
    if newest is None or newest.at != check.since or clock.now - newest.at >= RECOVERED_FOR:
        return []
    down = next((stored.flip for stored in past.flips if stored.flip.number == newest.number - 1), None)
    if down is None or down.reason is None:
        return []
    how_long = lasted(newest.at - down.at)
    return [Fact(f"Up again since {clock.minute(newest.at)}; it was down for {how_long} ({spoken(down.reason)}).")]


def _new(check: Check, clock: WallClock) -> str:
    if check.config.group is not None:
        return "It has no members that count, or none of them has told anything yet."
    if check.config.probe is not None:
        return "No probe has been made yet: the first comes within a minute."
    known = "It has never been pinged."
    if check.n_pings:
        since = "" if check.since is None else f", {ago(check.since, now=clock.now)}"
        known = f"No ping has come since it was resumed{since}."
    by = first_ping_at(check)
    if by is None:
        return f"{known} Nothing is expected of it before the first ping."
    return f"{known} It goes down if no success has come by {clock.minute(by)}."


def _always(check: Check, clock: WallClock) -> Iterator[Fact]:
    """What holds whatever its status is."""
    if is_watched(check) and check.window is not None and check.config.count_window is not None:
        ends, least = check.window.at + check.config.count_window, check.config.min_count or 0
        if ends > clock.now:
            done = counted(check.window.count, "item")
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
    """The fact that pings were refused within the last day."""
    if clock.now - at >= THROTTLED_FOR:
        return
    first, last = clock.minute(since), clock.minute(at)
    when = f"at {first}" if first == last else f"from {first} to {last}"
    yield Fact(f"Throttled {when}: pings over the limit per minute were refused (429).")
