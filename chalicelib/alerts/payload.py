"""An alert for programs: one JSON document, version 1 (docs/reference/alerts.md).

Fields may be added within a version, never renamed or removed. Start at `build_payload`; `digest` builds that of a
digest.
"""

from datetime import UTC, datetime, timedelta
from typing import Literal, TypedDict

from chalicelib.alerts.text import Delivery, Message
from chalicelib.domain.alerts import Alert, Facts
from chalicelib.domain.config import Config
from chalicelib.domain.ids import Code, unique_key
from chalicelib.domain.text.inert import legible


class CheckPart(TypedDict):
    """The check. Its code is a secret and left out."""

    name: str
    slug: str
    tags: list[str]
    unique_key: str
    url: str


class RunPart(TypedDict):
    """The run that the alert is about."""

    rid: str
    started: str | None
    took_s: float | None
    limit_s: float | None


class MemberPart(TypedDict):
    """One alert in a digest."""

    id: str
    name: str
    slug: str
    unique_key: str
    reason: str | None
    flip: int
    ordinal: int
    at: str
    since: str


class DigestPart(TypedDict):
    """The alerts in a digest."""

    kind: str  # of all its members
    members: list[MemberPart]


class Payload(TypedDict):
    """The document. Instants are ISO 8601 in UTC, durations seconds; null means unknown or not applicable."""

    version: Literal[1]
    id: str
    kind: str
    reason: str | None
    flip: int
    ordinal: int
    at: str
    sent_at: str
    project: str
    check: CheckPart
    channels: list[str]
    subject: str
    text: str
    sms: str
    since: str
    expected: str | None
    last_success: str | None
    last_duration_s: float | None
    usual_s: list[float] | None
    exit_status: int | None
    failures_in_a_row: int
    misses_in_a_row: int
    output: str
    run: RunPart | None
    count: int | None
    min_count: int | None
    window: list[str] | None
    blind: list[str] | None
    next_reminder: str | None
    held_for: list[str] | None
    members_down: list[str] | None
    members: int | None
    escalated_after_s: float | None
    ack_url: str | None
    digest: DigestPart | None


def build_payload(
    code: Code, config: Config, alert: Alert, message: Message, delivery: Delivery, *, project: str
) -> Payload:
    """The document of one alert."""
    facts = alert.facts
    return {
        "version": 1,
        "id": alert.id,
        "kind": alert.kind.value,
        "reason": None if alert.reason is None else alert.reason.value,
        "flip": alert.flip,
        "ordinal": alert.ordinal,
        "at": iso(alert.at),
        "sent_at": iso(delivery.at),
        "project": project,
        "check": {
            "name": config.name,
            "slug": config.slug,
            "tags": config.tags.split(),
            "unique_key": unique_key(code),
            "url": delivery.link,
        },
        "channels": list(delivery.channels),
        "subject": message.subject,
        "text": message.text,
        "sms": message.sms,
        "since": iso(facts.since),
        "expected": _iso_or_null(facts.expected),
        "last_success": _iso_or_null(facts.last_success),
        "last_duration_s": _seconds_or_null(facts.last_took),
        "usual_s": None if facts.usual is None else [_seconds(edge) for edge in facts.usual],
        "exit_status": facts.exit_status,
        "failures_in_a_row": facts.in_a_row,
        "misses_in_a_row": facts.misses,
        "output": legible(facts.output),
        "run": _run(facts),
        "count": facts.count,
        "min_count": facts.min_count,
        "window": None if facts.window is None else [iso(edge) for edge in facts.window],
        "blind": None if facts.blind is None else [iso(edge) for edge in facts.blind],
        "next_reminder": _iso_or_null(facts.next_reminder),
        "members_down": None if facts.members is None else list(facts.members),
        "members": facts.n_members,
        "held_for": None if facts.waited_for is None else list(facts.waited_for),
        "escalated_after_s": _seconds_or_null(facts.after),
        "ack_url": delivery.ack_link,
        "digest": None,
    }


def iso(at: datetime) -> str:
    """An instant in UTC, with milliseconds only if it has any."""
    at = at.astimezone(UTC)
    return at.isoformat(timespec="milliseconds" if at.microsecond >= 1000 else "seconds")


def _iso_or_null(at: datetime | None) -> str | None:
    return None if at is None else iso(at)


def _seconds(took: timedelta) -> float:
    seconds = round(took.total_seconds(), 3)
    return int(seconds) if seconds.is_integer() else seconds


def _seconds_or_null(took: timedelta | None) -> float | None:
    return None if took is None else _seconds(took)


def _run(facts: Facts) -> RunPart | None:
    if facts.run is None:
        return None
    return {
        "rid": facts.run,
        "started": _iso_or_null(facts.started),
        "took_s": _seconds_or_null(facts.took),
        "limit_s": _seconds_or_null(facts.limit),
    }
