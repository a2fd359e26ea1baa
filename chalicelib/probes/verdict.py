"""What an exchange means: good, or how it is bad. Pure.

Slow, missing and broken are told apart, and the first that is wrong is told: an answer at all, its status, its text,
its certificate, its speed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.domain.sources.probe import Probe, statuses
from chalicelib.probes.certificate import ending
from chalicelib.probes.exchange import Answered, Exchange, Unanswered


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a probe found."""

    is_good: bool
    text: str  # one line, for people
    took: timedelta


def finding(probe: Probe, exchange: Exchange, *, now: datetime) -> Finding:
    """What this exchange says of what was probed."""
    problem = _problem(probe, exchange, now=now)
    text = _summary(exchange) if problem is None else problem
    return Finding(is_good=problem is None, text=text, took=exchange.took)


def after_another(second: Finding, first: Finding) -> Finding:
    """What two tries say together: the second counts, and a good one tells what the first was."""
    if not second.is_good:
        return second
    return Finding(is_good=True, text=f"{second.text}, at the second try (first: {first.text})", took=second.took)


def _problem(probe: Probe, exchange: Exchange, *, now: datetime) -> str | None:
    match exchange:
        case Unanswered():
            return exchange.why
        case Answered():
            return (
                _wrong_status(probe, exchange)
                or _missing_text(probe, exchange)
                or ending(exchange.certificate_ends, limit_days=probe.certificate_days, now=now)
                or _slow(probe, exchange)
            )


def _wrong_status(probe: Probe, answer: Answered) -> str | None:
    if any(answer.status in good for good in statuses(probe.expect_status)):
        return None
    return f"status {answer.status}, expected {probe.expect_status}"


def _missing_text(probe: Probe, answer: Answered) -> str | None:
    if probe.expect_text in answer.text:
        return None
    where = " in the first 64 kB" if answer.is_cut else ""
    return f'text "{probe.expect_text}" not found{where}'


def _slow(probe: Probe, answer: Answered) -> str | None:
    """At the limit, it is not slow yet."""
    if probe.slow is None or answer.took <= probe.slow:
        return None
    return f"slow: {spoken(answer.took)}, limit {spoken(probe.slow)}"


def _summary(exchange: Exchange) -> str:
    assert isinstance(exchange, Answered), "what was not answered is a problem"
    return f"status {exchange.status} in {spoken(exchange.took)}"


def spoken(span: timedelta) -> str:
    """A latency for people: `142 ms`, `4.2 s`."""
    ms = round(span.total_seconds() * 1000)
    return f"{ms} ms" if ms < 1000 else f"{ms / 1000:.3g} s"
