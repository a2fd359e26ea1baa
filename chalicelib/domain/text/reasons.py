"""What is the matter, in words: what happened, why a check is down, where to look first
(docs/reference/rules.md, rule 17).

One set for page, CLI and alert; all of it plain ASCII. Time in words stands in `wallclock`, what is probed in
`probe_words`, a whole letter in `chalicelib.alerts.text`. Start at `happened` for a line, at `why` for a sentence.
"""

from datetime import datetime, timedelta
from typing import assert_never

from chalicelib.domain.alerts import Facts, Reason
from chalicelib.domain.text import probe_reasons
from chalicelib.domain.text.time_format import WallClock, between, duration


def spoken(reason: Reason) -> str:
    """The reason as people say it: "too short"."""
    return reason.replace("_", " ")


def happened(reason: Reason, facts: Facts, clock: WallClock) -> tuple[str, ...]:
    """What happened, the weightiest first: ("failed", "exit status 75", "3rd in a row"). Join with commas."""
    known: tuple[str | None, ...]
    match reason:
        case Reason.MISSED:
            known = (
                None if facts.expected is None else f"expected {clock.minute(facts.expected)}",
                f"{ordinal(facts.misses)} in a row" if facts.misses > 1 else None,
            )
        case Reason.OVERRUN:
            known = (None if facts.took is None else f"running for {duration(facts.took)}",)
        case Reason.FAILED if facts.is_probed:
            known = (probe_reasons.found(facts), _in_a_row(facts))
        case Reason.FAILED:
            known = (_exit(facts), _in_a_row(facts)) if facts.members is None else (_how_many(facts),)
        case Reason.TOO_SHORT:
            known = (None if facts.took is None else duration(facts.took), _in_a_row(facts))
        case Reason.STALLED:
            known = (items(facts),)
        case _:
            assert_never(reason)
    return (spoken(reason), *(fact for fact in known if fact))


def _exit(facts: Facts) -> str | None:
    return f"exit status {facts.exit_status}" if facts.exit_status else None  # 0 is no reason to have failed


def _in_a_row(facts: Facts) -> str | None:
    return f"{ordinal(facts.in_a_row)} in a row" if facts.in_a_row > 1 else None


def members_down(facts: Facts) -> str:
    """ "2 of 5 members are down: web-1, web-2": of a group."""
    names = facts.members or ()
    return f"{_how_many(facts)}: {', '.join(names)}" if names else _how_many(facts)


def _how_many(facts: Facts) -> str:
    count = len(facts.members or ())
    return f"{count or 'none'} of {counted(facts.n_members or 0, 'member')} {'are' if count > 1 else 'is'} down"


def items(facts: Facts) -> str | None:
    """ "0 of 500 items"; None when they were not counted."""
    if facts.count is None:
        return None
    if facts.min_count is None:
        return counted(facts.count, "item")
    return f"{facts.count:,} of {counted(facts.min_count, 'item')}"


def why(reason: Reason, facts: Facts, clock: WallClock) -> str:
    """Why it is down, in one to three sentences."""
    match reason:
        case Reason.MISSED if facts.is_probed:
            return probe_reasons.why_missed(facts, clock)
        case Reason.MISSED:
            return _why_missed(facts, clock) + _blind(facts, clock)
        case Reason.OVERRUN:
            return f"{_why_overrun(facts, clock)} {_usually(facts)}{_learnt(facts)}" + _blind(facts, clock)
        case Reason.FAILED if facts.members is not None:
            limit = "all" if facts.down_when is None else str(facts.down_when)
            return f"{members_down(facts)}. It is down when {limit} of them {'is' if limit == '1' else 'are'}."
        case Reason.FAILED if facts.is_probed:
            return probe_reasons.why_failed(facts, clock, after=_after(facts))
        case Reason.FAILED:
            what = f"Exit status {facts.exit_status}" if facts.exit_status else "It reported a failure"
            return f"{what} at {clock.second(facts.last_ping or facts.since)}{_after(facts)}."
        case Reason.TOO_SHORT:
            return _why_too_short(facts, clock)
        case Reason.STALLED:
            return _why_stalled(facts, clock)
        case _:
            assert_never(reason)


def _blind(facts: Facts, clock: WallClock) -> str:
    """That its word may have been lost (rule 15)."""
    if facts.blind is None:
        return ""
    return f" Pings could not come in {clock.span(*facts.blind)}: what it reported then was lost."


def _why_missed(facts: Facts, clock: WallClock) -> str:
    by = clock.minute(facts.since)
    if facts.started is None:
        said = [f"Nothing came by {by}."]
    else:
        said = [f"It started at {clock.second(facts.started)}, but no success came by {by}."]
    if facts.is_first:
        said.append("Its first success was due by then.")
    elif facts.expected is not None:
        grace = "" if facts.limit is None else f" and had {duration(facts.limit)} of grace"
        said.append(f"It was expected at {clock.minute(facts.expected)}{grace}.")
    if facts.started is None:
        said.append("No start came either.")
    if facts.misses > 1:
        said.append(f"It is the {ordinal(facts.misses)} miss in a row.")
    return " ".join(said)


def _why_overrun(facts: Facts, clock: WallClock) -> str:
    run = "A run" if facts.started is None else f"The run that started at {clock.minute(facts.started)}"
    limit = "" if facts.limit is None else f" of {duration(facts.limit)}"
    if facts.took is None:
        return f"{run} has been running for longer than its limit{limit}."
    if facts.limit is not None and duration(facts.took) == duration(facts.limit):
        return f"{run} has been running for {duration(facts.took)}, its limit."
    beyond = f", beyond its limit{limit}" if facts.limit is not None else ""
    return f"{run} has been running for {duration(facts.took)}{beyond}."


def _usually(facts: Facts) -> str:
    if facts.usual is None:
        return "How long it usually takes is not known yet."
    return f"It usually takes {between(*facts.usual)}."


def _learnt(facts: Facts) -> str:
    return "" if facts.learnt_from is None else f" The limit is learnt from {facts.learnt_from} runs."


def _after(facts: Facts) -> str:
    return "" if facts.took is None else f", after {against_usual(facts.took, facts.usual)}"


def _why_too_short(facts: Facts, clock: WallClock) -> str:
    if facts.took is None:
        first = f"It succeeded too soon, at {clock.second(facts.last_ping or facts.since)}."
    else:
        first = f"It succeeded after {duration(facts.took)}."
    if facts.limit is None:
        return f"{first} {_usually(facts)}"
    least = f"It cannot be done in less than {duration(facts.limit)}"
    if facts.usual is None:
        return f"{first} {least}. {_usually(facts)}"
    return f"{first} {least} and usually takes {between(*facts.usual)}."


def _why_stalled(facts: Facts, clock: WallClock) -> str:
    done = "fewer items than it must" if facts.count is None else counted(facts.count, "item")
    when = ""
    if facts.window is not None:
        when = f" from {clock.minute(facts.window[0])} to {clock.minute(facts.window[1])}"
    least = ""
    if facts.min_count is not None:
        least = f"; at least {facts.min_count:,} {'is' if facts.min_count == 1 else 'are'} expected"
    if facts.last_ping is None:
        return f"It processed {done}{when}{least}."
    if _is_silent(facts):
        return f"It processed {done}{when}{least}. It has not pinged since {clock.second(facts.last_ping)} either."
    return f"It is alive (last ping {clock.second(facts.last_ping)}) but processed {done}{when}{least}."


def _is_silent(facts: Facts) -> bool:
    """Whether not even a ping came in the window that stalled."""
    return facts.window is not None and facts.last_ping is not None and facts.last_ping < facts.window[0]


def recovery(reason: Reason | None, facts: Facts, clock: WallClock, *, at: datetime) -> str:
    """How it came up again."""
    if facts.members is not None:
        said = members_down(facts)
        return f"{said[0].upper()}{said[1:]}, as of {clock.second(at)}."
    if reason is Reason.STALLED:
        return f"It processes enough again, as of {clock.second(at)}."
    if facts.is_probed:
        return f"A good answer came at {clock.second(at)}{_after(facts)}."
    return f"Success at {clock.second(at)}{_after(facts)}."


def look_first(reason: Reason, facts: Facts) -> str:
    """The probable place of the trouble."""
    match reason:
        case Reason.MISSED if facts.is_probed:
            return probe_reasons.LOOK_AT_PROBER
        case Reason.FAILED if facts.is_probed:
            return probe_reasons.look_first(facts)
        case Reason.MISSED if facts.is_first and facts.last_ping is None and facts.started is None:
            return "Look first at how the job is set up: nothing has ever come from it."
        case Reason.MISSED if facts.started is None:
            return (
                "Look first at the scheduler, not at the script: it was probably never launched "
                "(host down, cron stopped, timer disabled)."
            )
        case Reason.MISSED:
            return (
                "Look first at the job, not at the scheduler: it was launched but did not report "
                "(still running, killed, or cut off from Overdue)."
            )
        case Reason.OVERRUN:
            others = " A new run will not close this one." if facts.run else ""
            return f"Look first at the process: it is alive as far as Overdue knows.{others}"
        case Reason.FAILED if facts.members is not None:
            return "Look first at its members: each tells what is the matter with it."
        case Reason.FAILED if facts.output:
            return "Look first at its output: the job itself says that it failed."
        case Reason.FAILED:
            return "Look first at the job's own log: it said that it failed, and sent no output."
        case Reason.TOO_SHORT:
            return "Look first at its input: it probably found nothing to do, or skipped its work."
        case Reason.STALLED if _is_silent(facts):
            return "Look first at the worker: not even a ping came from it in that time."
        case Reason.STALLED:
            return "Look first at what feeds it: the worker runs, its queue may be empty or its input refused."
        case _:
            assert_never(reason)


def against_usual(took: timedelta, usual: tuple[timedelta, timedelta] | None) -> str:
    """A duration is never shown alone (rule 16): "9 s (usually 29 to 47 s)"."""
    if usual is None:
        return f"{duration(took)} (usual not known yet)"
    return f"{duration(took)} (usually {between(*usual)})"


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 11th."""
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{({1: 'st', 2: 'nd', 3: 'rd'}).get(number % 10, 'th')}"


def counted(number: int, noun: str) -> str:
    """A count with its noun: "1 item", "1,130 items"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
