"""The text of one alert: subject and body of an e-mail, and an SMS.

Start at `compose_message`. Why a check is down is worded in `chalicelib.domain.text`; `charset` fits names to an
alphabet; `payload` builds the JSON for programs.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from chalicelib.alerts.charset import Name, ascii_cost, gsm_cost, size, text_cost
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
class Message:
    """A message to people."""

    subject: str  # ASCII, at most 99 characters
    text: str
    sms: str  # GSM 03.38, at most 160 septets


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What is known about an alert only when it is published."""

    at: datetime  # times of another day are shown with their day
    channels: Sequence[str]  # names
    link: str  # to the page of the check
    ack_link: str | None  # acknowledges the outage; None: no outage, or no secret to sign the link with


def compose_message(code: Code, config: Config, alert: Alert, delivery: Delivery) -> Message:
    """Compose the message of one alert, with times in the zone of its check. Raises ValueError for a digest."""
    clock = WallClock(tz=config.tz, now=delivery.at)
    name = Name.of(code, config)
    return Message(
        subject=_subject(name, alert, clock, delivery.channels),
        text="\n\n".join(_paragraphs(name.whole(text_cost), alert, clock, delivery)),
        sms=_sms(name, alert, clock, delivery),
    )


def _subject(name: Name, alert: Alert, clock: WallClock, to: Sequence[str]) -> str:
    """The subject. If it is too long, the last facts are left out, then the name is cut; the reason always stays."""
    said = _summary(alert, clock, to)
    for kept in range(len(said), 0, -1):
        subject = f"{subject_prefix(alert.kind)} {name.whole(ascii_cost)}: {', '.join(said[:kept])}"
        if len(subject) <= LONGEST_SUBJECT:
            return subject
    room = LONGEST_SUBJECT - len(f"{subject_prefix(alert.kind)} : {said[0]}")
    return f"{subject_prefix(alert.kind)} {name.cut(ascii_cost, room=room)}: {said[0]}"


def subject_prefix(kind: Kind) -> str:
    """The first word or two of a subject: "DOWN", "STILL DOWN"."""
    return "STILL DOWN" if kind in (Kind.REMINDER, Kind.ESCALATION) else kind.upper()


def _summary(alert: Alert, clock: WallClock, to: Sequence[str]) -> tuple[str, ...]:
    match alert.kind:
        case Kind.DOWN:
            return summarize(alert.reason, alert.facts, clock)
        case Kind.REMINDER:
            return (reason_name(alert.reason), f"for {_down_for(alert)}")
        case Kind.ESCALATION:
            return (reason_name(alert.reason), _escalated_to(alert, to))
        case Kind.UP:
            return (f"was down for {_down_for(alert)}",)
        case Kind.TEST:
            return ("alerts reach you",)
        case Kind.DIGEST:
            raise _is_digest(alert)
        case _:
            assert_never(alert.kind)


def _down_for(alert: Alert) -> str:
    return duration_rounded(alert.at - alert.facts.since)


def _escalated_to(alert: Alert, to: Sequence[str]) -> str:
    """ "escalated to oncall after 15 min". Names of channels exist in each alphabet."""
    channels = f" to {', '.join(to)}" if to else ""
    return f"escalated{channels}" + ("" if alert.facts.after is None else f" after {duration(alert.facts.after)}")


def _is_digest(alert: Alert) -> ValueError:
    return ValueError(f"alert {alert.id} is a digest of several checks: build its payload in chalicelib.alerts.digest")


def _sms(name: Name, alert: Alert, clock: WallClock, delivery: Delivery) -> str:
    """The SMS. If it is too long, the link is left out first, then the last facts; then the name is cut."""
    said = _sms_summary(alert, clock, delivery.channels)
    start = f"{subject_prefix(alert.kind)} {name.whole(gsm_cost)}: "
    address = delivery.link.split("://", 1)[-1]
    texts = [start + ", ".join(said[:kept]) + "." for kept in range(len(said), 0, -1)]
    if address and all(map(gsm_cost, address)):
        texts.insert(0, f"{texts[0]} {address}")
    for text in texts:
        if size(text, gsm_cost) <= LONGEST_SMS:
            return text
    room = LONGEST_SMS - size(f"{subject_prefix(alert.kind)} : {said[0]}.", gsm_cost)
    return f"{subject_prefix(alert.kind)} {name.cut(gsm_cost, room=room)}: {said[0]}."


def _sms_summary(alert: Alert, clock: WallClock, to: Sequence[str]) -> tuple[str, ...]:
    facts, short = alert.facts, _summary(alert, clock, to)
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


def _paragraphs(name: str, alert: Alert, clock: WallClock, delivery: Delivery) -> Iterable[str]:
    match alert.kind:
        case Kind.DOWN:
            yield f"{name} is down: {reason_name(alert.reason)}."
            if alert.reason is not None:
                yield explain(alert.reason, alert.facts, clock)
            yield from _details(alert, clock)
            if alert.reason is not None:
                yield where_to_look(alert.reason, alert.facts)
        case Kind.REMINDER:
            yield f"{name} is still down: {name_with_count(alert.reason, alert.facts)}."
            yield _reminder(alert, clock)
            yield from _details(alert, clock)
        case Kind.ESCALATION:
            yield f"{name} is still down: {name_with_count(alert.reason, alert.facts)}."
            yield _escalation(alert, clock, delivery.channels)
            yield from _details(alert, clock)
            if alert.reason is not None:
                yield where_to_look(alert.reason, alert.facts)
        case Kind.UP:
            yield f"{name} is up again. It was down for {_down_for(alert)}."
            yield explain_recovery(alert.reason, alert.facts, clock, at=alert.at)
            yield _table(_recovered_rows(alert, clock))
        case Kind.TEST:
            yield f"This is a test: alerts of {name} reach you. Nothing is wrong with it."
        case Kind.DIGEST:
            raise _is_digest(alert)
        case _:
            assert_never(alert.kind)
    if delivery.ack_link is not None:
        yield f"Acknowledge this outage, which ends its reminders and escalation:\n{delivery.ack_link}"
    yield delivery.link


def _how_long(alert: Alert, clock: WallClock) -> str:
    what = "No success" if alert.reason is Reason.MISSED else "Down"
    return f"{what} for {_down_for(alert)}, since {clock.minute(alert.facts.since)}."


def _escalation(alert: Alert, clock: WallClock, to: Sequence[str]) -> str:
    said = _escalated_to(alert, to)
    return f"{_how_long(alert, clock)} Nobody has acknowledged it: {said}."


def _reminder(alert: Alert, clock: WallClock) -> str:
    said = _how_long(alert, clock)
    which = f"This is the {ordinal(alert.ordinal)} reminder" if alert.ordinal else "This is a reminder"
    if alert.facts.next_reminder is None:
        return f"{said} {which}."
    return f"{said} {which}. The next one follows at {clock.minute(alert.facts.next_reminder)} unless it is up by then."


def _details(alert: Alert, clock: WallClock) -> Iterable[str]:
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
    """The first eight characters of a run id, which comes from a client, with "?" for what cannot be shown."""
    return "".join(char if text_cost(char) else "?" for char in rid[:8])


def _last_success(alert: Alert, clock: WallClock) -> str:
    facts = alert.facts
    if facts.last_success is None:
        return "none known"
    if facts.last_took is None:
        return clock.dated(facts.last_success)
    explains_usual = alert.kind is Kind.DOWN and (
        alert.reason in (Reason.OVERRUN, Reason.TOO_SHORT) or (alert.reason is Reason.FAILED and _has_duration(facts))
    )
    took = duration(facts.last_took) if explains_usual else compare_with_usual(facts.last_took, facts.usual)
    return f"{clock.dated(facts.last_success)}, after {took}"


def _has_duration(facts: Facts) -> bool:
    return facts.took is not None and not (facts.is_probed and is_unanswered(facts))


def _recovered_rows(alert: Alert, clock: WallClock) -> Iterable[tuple[str, str]]:
    yield "Down", clock.span(alert.facts.since, alert.at)
    if alert.reason is not None:
        # for all other reasons, the facts are those of the recovery; for a probe, the output is
        is_known = alert.reason is Reason.FAILED and not alert.facts.is_probed
        yield "Was", ", ".join(summarize(alert.reason, alert.facts, clock)) if is_known else reason_name(alert.reason)
    if alert.facts.expected is not None:
        yield "Expected next", clock.due(alert.facts.expected)
