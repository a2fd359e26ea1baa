"""An alert as people read it: subject and text of an e-mail, and an SMS.

The words come from `words` and `wallclock` in the domain, the spelling of names from `spelling`; what programs
get stands in `document`. Start at `letter`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from chalicelib.alerts.charset import Name, in_ascii, in_gsm, in_text, size
from chalicelib.domain.alerts import Alert, Facts, Kind, Reason
from chalicelib.domain.config import Config
from chalicelib.domain.ids import Code
from chalicelib.domain.text.amounts import compare_with_usual, ordinal
from chalicelib.domain.text.explanations import explain, explain_recovery, output_label, where_to_look
from chalicelib.domain.text.inert import legible
from chalicelib.domain.text.probe_reasons import is_unanswered
from chalicelib.domain.text.reasons import name_with_count, reason_name, summarize, summarize_for_sms
from chalicelib.domain.text.time_format import WallClock, duration, duration_rounded

LONGEST_SUBJECT = 99  # AWS: "less than 100 characters long"
LONGEST_SMS = 160  # septets


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One alert, worded."""

    subject: str  # ASCII, at most 99 characters
    text: str
    sms: str  # GSM 03.38, at most 160 septets


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What is known of an alert only when it goes out."""

    at: datetime  # decides which days must be named
    channels: Sequence[str]  # the names of those that it goes to
    link: str  # opens the check
    ack_link: str | None  # acknowledges the outage; None: there is none, or nothing to sign it with


def letter(code: Code, config: Config, alert: Alert, sending: Sending) -> Letter:
    """Word an alert in its check's zone."""
    clock = WallClock(tz=config.tz, now=sending.at)
    name = Name.of(code, config)
    return Letter(
        subject=_subject(name, alert, clock, sending.channels),
        text="\n\n".join(_paragraphs(name.whole(in_text), alert, clock, sending)),
        sms=_sms(name, alert, clock, sending),
    )


def _subject(name: Name, alert: Alert, clock: WallClock, to: Sequence[str]) -> str:
    """The facts go first when it is too long; then the name is cut, and the reason stays."""
    said = _in_short(alert, clock, to)
    for kept in range(len(said), 0, -1):
        subject = f"{_head(alert.kind)} {name.whole(in_ascii)}: {', '.join(said[:kept])}"
        if len(subject) <= LONGEST_SUBJECT:
            return subject
    room = LONGEST_SUBJECT - len(f"{_head(alert.kind)} : {said[0]}")
    return f"{_head(alert.kind)} {name.cut(in_ascii, room=room)}: {said[0]}"


def _head(kind: Kind) -> str:
    return "STILL DOWN" if kind in (Kind.REMINDER, Kind.ESCALATION) else kind.upper()


def _in_short(alert: Alert, clock: WallClock, to: Sequence[str]) -> tuple[str, ...]:
    match alert.kind:
        case Kind.DOWN:
            return summarize(alert.reason, alert.facts, clock)
        case Kind.REMINDER:
            return (reason_name(alert.reason), f"for {_down_for(alert)}")
        case Kind.ESCALATION:
            return (reason_name(alert.reason), _escalated(alert, to))
        case Kind.UP:
            return (f"was down for {_down_for(alert)}",)
        case Kind.TEST:
            return ("alerts reach you",)
        case Kind.DIGEST:
            raise _not_one_check(alert)
        case _:
            assert_never(alert.kind)


def _down_for(alert: Alert) -> str:
    return duration_rounded(alert.at - alert.facts.since)


def _escalated(alert: Alert, to: Sequence[str]) -> str:
    """ "escalated to oncall after 15 min"; names are the channels' own, which SNS and SMS can spell."""
    whom = f" to {', '.join(to)}" if to else ""
    return f"escalated{whom}" + ("" if alert.facts.after is None else f" after {duration(alert.facts.after)}")


def _not_one_check(alert: Alert) -> ValueError:
    return ValueError(f"alert {alert.id} is a digest: it tells of several checks, a letter of one")


def _sms(name: Name, alert: Alert, clock: WallClock, sending: Sending) -> str:
    """The link goes first when it is too long, then the facts; then the name is cut, and the reason stays."""
    said = _in_an_sms(alert, clock, sending.channels)
    start = f"{_head(alert.kind)} {name.whole(in_gsm)}: "
    address = sending.link.split("://", 1)[-1]
    texts = [start + ", ".join(said[:kept]) + "." for kept in range(len(said), 0, -1)]
    if address and all(map(in_gsm, address)):
        texts.insert(0, f"{texts[0]} {address}")
    for text in texts:
        if size(text, in_gsm) <= LONGEST_SMS:
            return text
    room = LONGEST_SMS - size(f"{_head(alert.kind)} : {said[0]}.", in_gsm)
    return f"{_head(alert.kind)} {name.cut(in_gsm, room=room)}: {said[0]}."


def _in_an_sms(alert: Alert, clock: WallClock, to: Sequence[str]) -> tuple[str, ...]:
    facts, short = alert.facts, _in_short(alert, clock, to)
    match alert.kind:
        case Kind.DOWN:
            return tuple(summarize_for_sms(alert.reason, facts, clock))
        case Kind.REMINDER | Kind.ESCALATION:
            return (*short, f"since {clock.brief(facts.since)}")
        case Kind.UP:
            return (*short, f"{clock.brief(facts.since)}-{clock.brief(alert.at)}")
        case Kind.TEST | Kind.DIGEST:
            return short
        case _:
            assert_never(alert.kind)


def _paragraphs(name: str, alert: Alert, clock: WallClock, sending: Sending) -> Iterable[str]:
    match alert.kind:
        case Kind.DOWN:
            yield f"{name} is down: {reason_name(alert.reason)}."
            if alert.reason is not None:
                yield explain(alert.reason, alert.facts, clock)
            yield from _known(alert, clock)
            if alert.reason is not None:
                yield where_to_look(alert.reason, alert.facts)
        case Kind.REMINDER:
            yield f"{name} is still down: {name_with_count(alert.reason, alert.facts)}."
            yield _reminder(alert, clock)
            yield from _known(alert, clock)
        case Kind.ESCALATION:
            yield f"{name} is still down: {name_with_count(alert.reason, alert.facts)}."
            yield _escalation(alert, clock, sending.channels)
            yield from _known(alert, clock)
            if alert.reason is not None:
                yield where_to_look(alert.reason, alert.facts)
        case Kind.UP:
            yield f"{name} is up again. It was down for {_down_for(alert)}."
            yield explain_recovery(alert.reason, alert.facts, clock, at=alert.at)
            yield _table(_recovered_rows(alert, clock))
        case Kind.TEST:
            yield f"This is a test: alerts of {name} reach you. Nothing has happened to it."
        case Kind.DIGEST:
            raise _not_one_check(alert)
        case _:
            assert_never(alert.kind)
    if sending.ack_link is not None:
        yield f"Acknowledge, which ends reminders and escalation:\n{sending.ack_link}"
    yield sending.link


def _lasting(alert: Alert, clock: WallClock) -> str:
    what = "No success" if alert.reason is Reason.MISSED else "Down"
    return f"{what} for {_down_for(alert)}, since {clock.minute(alert.facts.since)}."


def _escalation(alert: Alert, clock: WallClock, to: Sequence[str]) -> str:
    said = _escalated(alert, to)
    return f"{_lasting(alert, clock)} Nobody has acknowledged it: {said}."


def _reminder(alert: Alert, clock: WallClock) -> str:
    said = _lasting(alert, clock)
    which = f"This is the {ordinal(alert.ordinal)} reminder" if alert.ordinal else "This is a reminder"
    if alert.facts.next_reminder is None:
        return f"{said} {which}."
    return f"{said} {which}; the next comes at {clock.minute(alert.facts.next_reminder)} unless it is up by then."


def _known(alert: Alert, clock: WallClock) -> Iterable[str]:
    yield _table(_down_rows(alert, clock))
    if output := legible(alert.facts.output):
        lines = "\n".join(f"  {line}".rstrip() for line in output.split("\n"))
        yield f"{output_label(alert.reason, alert.facts)}\n{lines}"


def _table(rows: Iterable[tuple[str, str]]) -> str:
    return "\n".join(f"{label:<13} {value}" for label, value in rows)


def _down_rows(alert: Alert, clock: WallClock) -> Iterable[tuple[str, str]]:
    facts = alert.facts
    yield "Down since", clock.full(facts.since)
    if facts.snoozed_until is not None:
        yield "Snoozed until", clock.full(facts.snoozed_until)
    if facts.waited_for:
        yield (
            "Held while",
            f"{legible(', '.join(facts.waited_for))} {'was' if len(facts.waited_for) == 1 else 'were'} down",
        )
    if facts.expected is not None:
        is_past = alert.reason is Reason.MISSED
        yield "Expected" if is_past else "Expected next", clock.due(facts.expected)
    if facts.started is not None and alert.reason in (Reason.OVERRUN, Reason.MISSED):
        yield "Started", clock.second(facts.started) + (f", run {_rid(facts.run)}" if facts.run else "")
    if facts.counted_at is not None and alert.reason is Reason.STALLED:
        yield "Last items", clock.dated(facts.counted_at)
    if facts.members is None:
        yield "Last success", _last_success(alert, clock)


def _rid(rid: str) -> str:
    """A run id is the client's word: its first eight characters, as far as they can be shown."""
    return "".join(char if in_text(char) else "?" for char in rid[:8])


def _last_success(alert: Alert, clock: WallClock) -> str:
    facts = alert.facts
    if facts.last_success is None:
        return "none known"
    if facts.last_took is None:
        return clock.dated(facts.last_success)
    is_usual_told = alert.kind is Kind.DOWN and (
        alert.reason in (Reason.OVERRUN, Reason.TOO_SHORT) or (alert.reason is Reason.FAILED and _tells_took(facts))
    )
    took = duration(facts.last_took) if is_usual_told else compare_with_usual(facts.last_took, facts.usual)
    return f"{clock.dated(facts.last_success)}, after {took}"


def _tells_took(facts: Facts) -> bool:
    return facts.took is not None and not (facts.is_probed and is_unanswered(facts))


def _recovered_rows(alert: Alert, clock: WallClock) -> Iterable[tuple[str, str]]:
    yield "Down", clock.span(alert.facts.since, alert.at)
    if alert.reason is not None:
        # of all others, the facts are those of the recovery; of a probe, the text is
        is_known = alert.reason is Reason.FAILED and not alert.facts.is_probed
        yield "Was", ", ".join(summarize(alert.reason, alert.facts, clock)) if is_known else reason_name(alert.reason)
    if alert.facts.expected is not None:
        yield "Expected next", clock.due(alert.facts.expected)
