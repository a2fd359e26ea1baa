"""Why a check is down, in the lengths that fit a subject, an SMS and a line (docs/reference/rules.md, rule 17).

Alerts, pages, API and command line take their wording from here, and from `explanations` where there is room for
sentences. All functions need `Facts`: of an alert, those that it stores; of a check that is down now, those of
`outage_facts`. Plain ASCII, except for what a job or an operator wrote. Start at `summarize`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import assert_never

from chalicelib.domain.alerts import Facts, Reason
from chalicelib.domain.text import probe_reasons
from chalicelib.domain.text.amounts import ordinal, quantity
from chalicelib.domain.text.time_format import (
    WallClock,
    ago,
    ago_to_the_minute,
    duration,
    duration_rounded,
    whole_minutes,
)


def reason_name(reason: str | None) -> str:
    """ "too short"; also of a reason that a newer server names."""
    return "reason not known" if reason is None else reason.replace("_", " ")


def count_reasons(reasons: Iterable[Reason | None]) -> str:
    """ "600 missed, 12 overrun", the most frequent first; only "missed" if that is the reason of all."""
    counts = Counter(reasons)
    if len(counts) == 1:
        return reason_name(next(iter(counts)))
    return ", ".join(f"{number} {reason_name(reason)}" for reason, number in counts.most_common())


def name_with_count(reason: Reason | None, facts: Facts) -> str:
    """ "failed, 3rd failure in a row"."""
    return ", ".join(part for part in (reason_name(reason), count_in_a_row(reason, facts)) if part)


def count_in_a_row(reason: Reason | None, facts: Facts) -> str:
    """ "3rd failure in a row", "2nd miss in a row"; "" for the first one, and for reasons that are not counted."""
    if reason in (Reason.FAILED, Reason.TOO_SHORT) and facts.members is None and facts.in_a_row > 1:
        return f"{ordinal(facts.in_a_row)} failure in a row"
    if reason is Reason.MISSED and facts.misses > 1:
        return f"{ordinal(facts.misses)} miss in a row"
    return ""


def summarize(reason: Reason | None, facts: Facts, clock: WallClock) -> tuple[str, ...]:
    """What happened, for a subject: ("failed", "exit status 75", "3rd in a row").

    The most important part first, so that the last ones can be left out. Join the parts with commas.
    """
    parts: tuple[str | None, ...]
    match reason:
        case Reason.MISSED:
            parts = (
                None if facts.expected is None else f"expected {clock.minute(facts.expected)}",
                f"{ordinal(facts.misses)} in a row" if facts.misses > 1 else None,
            )
        case Reason.OVERRUN:
            parts = (None if facts.took is None else f"running for {duration(facts.took)}",)
        case Reason.FAILED if facts.members is not None:
            parts = (count_members_down(facts),)
        case Reason.FAILED if facts.is_probed:
            parts = (probe_reasons.short_finding(facts), _failures_in_a_row(facts))
        case Reason.FAILED:
            parts = (_exit_status(facts), _failures_in_a_row(facts))
        case Reason.TOO_SHORT:
            parts = (None if facts.took is None else duration(facts.took), _failures_in_a_row(facts))
        case Reason.STALLED:
            parts = (items_done(facts),)
        case None:
            parts = ()
        case _:
            assert_never(reason)
    return (reason_name(reason), *(part for part in parts if part))


def _exit_status(facts: Facts) -> str | None:
    return f"exit status {facts.exit_status}" if facts.exit_status else None  # 0 is no reason to have failed


def _failures_in_a_row(facts: Facts) -> str | None:
    return f"{ordinal(facts.in_a_row)} in a row" if facts.in_a_row > 1 else None


def count_members_down(facts: Facts) -> str:
    """ "2 of 5 members are down": of a group."""
    count = len(facts.members or ())
    return f"{count or 'none'} of {quantity(facts.n_members or 0, 'member')} {'are' if count > 1 else 'is'} down"


def name_members_down(facts: Facts) -> str:
    """ "2 of 5 members are down: web-1, web-2"; of a group that is down now, as its evaluation has stored it."""
    if facts.n_members is None and facts.output:
        return facts.output
    names = facts.members or ()
    return f"{count_members_down(facts)}: {', '.join(names)}" if names else count_members_down(facts)


def items_done(facts: Facts) -> str | None:
    """ "0 of 500 items"; None if the items were not counted."""
    if facts.count is None:
        return None
    if facts.min_count is None:
        return quantity(facts.count, "item")
    return f"{facts.count:,} of {quantity(facts.min_count, 'item')}"


def summarize_for_sms(reason: Reason | None, facts: Facts, clock: WallClock) -> Iterator[str]:
    """Like `summarize`, with the instants that an SMS has no other place for."""
    summary = summarize(reason, facts, clock)
    if reason is Reason.OVERRUN and facts.started is not None:
        yield from (summary[0], f"running since {clock.brief(facts.started)}")
    elif reason is Reason.STALLED and (done := items_done(facts)) is not None and facts.window is not None:
        start, end = facts.window
        is_alive = facts.last_ping is not None and facts.last_ping >= start
        yield from (summary[0], f"{'alive but ' * is_alive}{done} {clock.brief(start)}-{clock.brief(end)}")
    else:
        yield from summary
    if reason is Reason.MISSED:
        last = facts.last_ping or facts.last_success
        if facts.started is not None:
            yield f"started {clock.brief(facts.started)} but did not report"
        elif last is not None:
            yield f"nothing since {clock.brief(last)}"
    elif facts.limit is not None and reason in (Reason.OVERRUN, Reason.TOO_SHORT):
        yield f"{'limit' if reason is Reason.OVERRUN else 'at least'} {duration(facts.limit)}"
    if reason in (Reason.FAILED, Reason.TOO_SHORT):
        yield clock.brief(facts.last_ping or facts.since)


def describe(reason: Reason, facts: Facts, clock: WallClock) -> tuple[str, ...]:
    """What happened, for a line that is read at `clock.now`: ("exit status 75, 32 min ago", "3rd failure in a row").

    Without the reason itself, which stands in front. Join the parts with dots.
    """
    return tuple(part for part in (*_describe(reason, facts, clock), count_in_a_row(reason, facts)) if part)


def _describe(reason: Reason, facts: Facts, clock: WallClock) -> Iterator[str]:
    match reason:
        case Reason.MISSED:
            yield _describe_miss(facts, clock)
            if facts.is_probed:
                yield "no probe was made"
            else:
                yield "it did not start either" if facts.started is None else "it started but did not report"
        case Reason.OVERRUN:
            if facts.took is None:
                limit = "" if facts.limit is None else f" of {duration(facts.limit)}"
                yield f"a run exceeded its limit{limit}, {ago(facts.since, now=clock.now)}"
            else:
                limit = "" if facts.limit is None else f", limit {duration(facts.limit)}"
                yield f"running for {whole_minutes(facts.took)}{limit}"
        case Reason.FAILED if facts.members is not None:
            yield from (name_members_down(facts), f"since {clock.minute(facts.since)}")
        case Reason.FAILED:
            yield f"{_describe_failure(facts)}, {ago(facts.last_ping or facts.since, now=clock.now)}"
        case Reason.TOO_SHORT:
            first = "it succeeded too soon" if facts.took is None else f"took {duration(facts.took)}"
            yield first + ("" if facts.limit is None else f", minimum {duration(facts.limit)}")
        case Reason.STALLED:
            span = (
                ""
                if facts.window is None
                else f" from {clock.minute(facts.window[0])} to {clock.minute(facts.window[1])}"
            )
            yield f"{items_done(facts) or too_few_items(facts)}{span}"
            if facts.last_ping is not None:
                yield f"last ping {ago(facts.last_ping, now=clock.now)}"
        case _:
            assert_never(reason)


def _describe_miss(facts: Facts, clock: WallClock) -> str:
    since = f"{clock.minute(facts.since)}, {ago_to_the_minute(facts.since, now=clock.now)}"
    if facts.is_first:
        return f"the first success was due by {since}"
    if facts.expected is None:
        return f"no success by {since}"
    return f"expected {clock.minute(facts.expected)}, {ago_to_the_minute(facts.expected, now=clock.now)}"


def _describe_failure(facts: Facts) -> str:
    if facts.is_probed:
        return "no answer" if probe_reasons.is_unanswered(facts) else "no good answer"
    return _exit_status(facts) or ("the alarm went off" if facts.is_alarm else "it reported a failure")


def too_few_items(facts: Facts) -> str:
    """ "fewer than 500 items", where the items of the window are not known."""
    return "too few items" if facts.min_count is None else f"fewer than {quantity(facts.min_count, 'item')}"


def describe_recovery(down_at: datetime | None, up_at: datetime, reason: Reason | None, clock: WallClock) -> str:
    """ "up again since 04:36, was down for 38 min (failed)". `down_at`: None if the beginning is not known."""
    said = f"up again since {clock.minute(up_at)}"
    if down_at is None:
        return said
    return f"{said}, was down for {duration_rounded(up_at - down_at)}" + (
        "" if reason is None else f" ({reason_name(reason)})"
    )
