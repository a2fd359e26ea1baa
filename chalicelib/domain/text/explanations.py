"""Why a check is down, in sentences, and where to look first (docs/reference/rules.md, rule 17).

The text of an alert, the top of a check's page and the `explanation` of the API. Shorter wording is in `reasons`,
wording about probes in `probe_reasons`. Start at `explain`.
"""

from datetime import datetime
from typing import assert_never

from chalicelib.domain.alerts import Facts, Reason
from chalicelib.domain.text import probe_reasons
from chalicelib.domain.text.amounts import compare_with_usual, quantity
from chalicelib.domain.text.reasons import count_in_a_row, name_members_down, too_few_items
from chalicelib.domain.text.time_format import WallClock, duration, duration_range


def explain(reason: Reason, facts: Facts, clock: WallClock) -> str:
    """Why the check is down, in one to four sentences."""
    said = _explain(reason, facts, clock)
    count = count_in_a_row(reason, facts)
    return f"{said} This is the {count}." if count else said


def _explain(reason: Reason, facts: Facts, clock: WallClock) -> str:
    match reason:
        case Reason.MISSED if facts.is_probed:
            return probe_reasons.explain_miss(facts, clock)
        case Reason.MISSED:
            return _explain_miss(facts, clock) + _ingress_outage(facts, clock)
        case Reason.OVERRUN:
            return f"{_explain_overrun(facts, clock)} {_usual(facts)}{_learned(facts)}" + _ingress_outage(facts, clock)
        case Reason.FAILED if facts.members is not None:
            limit = "all" if facts.down_when is None else str(facts.down_when)
            verb = "is" if limit == "1" else "are"
            return f"{name_members_down(facts)}. The group is down when {limit} of them {verb}."
        case Reason.FAILED if facts.is_probed:
            return probe_reasons.explain_failure(facts, clock, after=_after(facts))
        case Reason.FAILED:
            return _explain_failure(facts, clock)
        case Reason.TOO_SHORT:
            return _explain_too_short(facts, clock)
        case Reason.STALLED:
            return _explain_stall(facts, clock)
        case _:
            assert_never(reason)


def _ingress_outage(facts: Facts, clock: WallClock) -> str:
    """The warning that pings may have been lost (rule 15)."""
    if facts.blind is None:
        return ""
    return f" Pings could not reach Overdue {clock.span(*facts.blind)}: reports of that time were lost."


def _explain_miss(facts: Facts, clock: WallClock) -> str:
    by = clock.minute(facts.since)
    if facts.started is None:
        said = [f"No success arrived by {by}."]
    else:
        said = [f"The job started at {clock.second(facts.started)}, but no success arrived by {by}."]
    if facts.is_first:
        said.append("The first success was due by then.")
    elif facts.expected is not None:
        grace = "" if facts.limit is None else f", with {duration(facts.limit)} of grace"
        said.append(f"It was expected at {clock.minute(facts.expected)}{grace}.")
    if facts.started is None:
        said.append("No start arrived either.")
    return " ".join(said)


def _explain_overrun(facts: Facts, clock: WallClock) -> str:
    run = "A run" if facts.started is None else f"The run that started at {clock.minute(facts.started)}"
    limit = "" if facts.limit is None else f" of {duration(facts.limit)}"
    if facts.took is None:
        return f"{run} has exceeded its limit{limit}."
    if facts.limit is not None and duration(facts.took) == duration(facts.limit):
        return f"{run} has been running for {duration(facts.took)}, its limit."
    beyond = f", beyond its limit{limit}" if facts.limit is not None else ""
    return f"{run} has been running for {duration(facts.took)}{beyond}."


def _usual(facts: Facts) -> str:
    if facts.usual is None:
        return "There are not enough runs yet for a usual duration."
    return f"It usually takes {duration_range(*facts.usual)}."


def _learned(facts: Facts) -> str:
    return "" if facts.learnt_from is None else f" The limit was learned from {facts.learnt_from} runs."


def _after(facts: Facts) -> str:
    return "" if facts.took is None else f", after {compare_with_usual(facts.took, facts.usual)}"


def _explain_failure(facts: Facts, clock: WallClock) -> str:
    at = clock.second(facts.last_ping or facts.since)
    if facts.is_alarm:
        return f"The CloudWatch alarm went off at {at}."
    what = f"Exit status {facts.exit_status}" if facts.exit_status else "The job reported a failure"
    return f"{what} at {at}{_after(facts)}."


def _explain_too_short(facts: Facts, clock: WallClock) -> str:
    if facts.took is None:
        said = f"The run succeeded too soon, at {clock.second(facts.last_ping or facts.since)}."
    elif facts.limit is None:
        said = f"The run succeeded after {duration(facts.took)}."
    else:
        said = f"The run succeeded after {duration(facts.took)}, but needs at least {duration(facts.limit)}."
    return f"{said} {_usual(facts)}"


def _explain_stall(facts: Facts, clock: WallClock) -> str:
    done = too_few_items(facts) if facts.count is None else quantity(facts.count, "item")
    if facts.window is not None:
        done += f" from {clock.minute(facts.window[0])} to {clock.minute(facts.window[1])}"
    if facts.count is not None and facts.min_count is not None:
        done += f"; at least {facts.min_count:,} {'is' if facts.min_count == 1 else 'are'} expected"
    if facts.last_ping is None:
        return f"The job processed {done}."
    if _is_silent(facts):
        return f"The job processed {done}. It has not pinged since {clock.second(facts.last_ping)} either."
    return f"The job is alive (last ping {clock.second(facts.last_ping)}) but processed {done}."


def _is_silent(facts: Facts) -> bool:
    """Whether no ping arrived in the count window that stalled, not even one without items."""
    return facts.window is not None and facts.last_ping is not None and facts.last_ping < facts.window[0]


def explain_recovery(reason: Reason | None, facts: Facts, clock: WallClock, *, at: datetime) -> str:
    """What brought the check up at `at`. `reason`: why it had been down."""
    if facts.members is not None:
        said = name_members_down(facts)
        return f"{said[0].upper()}{said[1:]}, as of {clock.second(at)}."
    if reason is Reason.STALLED:
        return f"Enough items were processed again as of {clock.second(at)}."
    if facts.is_probed:
        return f"A good answer came at {clock.second(at)}{_after(facts)}."
    return f"Success at {clock.second(at)}{_after(facts)}."


def output_label(reason: Reason | None, facts: Facts) -> str:
    """The line above the output of the job."""
    is_of_its_end = reason in (Reason.FAILED, Reason.TOO_SHORT)
    if facts.is_probed:
        return probe_reasons.output_label(is_of_its_end=is_of_its_end)
    if facts.is_alarm:
        return "What the alarm says:"
    return "The end of its output:" if is_of_its_end else "Its last output:"


def where_to_look(reason: Reason, facts: Facts) -> str:
    """The probable place of the trouble, as a sentence."""
    match reason:
        case Reason.MISSED if facts.is_probed:
            return probe_reasons.LOOK_AT_PROBER
        case Reason.FAILED if facts.is_probed:
            return probe_reasons.where_to_look(facts)
        case Reason.MISSED if facts.is_first and facts.last_ping is None and facts.started is None:
            return "Look first at how the job is set up: it has never pinged."
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
            return f"Look first at the process: as far as Overdue knows, it is alive.{others}"
        case Reason.FAILED if facts.members is not None:
            return "Look first at the members: the page of each one says why it is down."
        case Reason.FAILED if facts.is_alarm:
            return "Look first at what the alarm measures."
        case Reason.FAILED if facts.output:
            return "Look first at its output: the job itself reported the failure."
        case Reason.FAILED:
            return "Look first at the job's own log: it reported a failure without any output."
        case Reason.TOO_SHORT:
            return "Look first at its input: it probably found nothing to do, or skipped its work."
        case Reason.STALLED if _is_silent(facts):
            return "Look first at the worker: not even a ping came from it in that time."
        case Reason.STALLED:
            return "Look first at what feeds it: the worker runs, but its queue may be empty or its input refused."
        case _:
            assert_never(reason)
