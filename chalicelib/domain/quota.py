"""Limit how many checks a project has, and how many of them pings create in a minute (docs/adr/0018).

Start at `refusal`. What a project has used is one row of the registry, `store.quotas`; `admission` carries it.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from chalicelib.domain.errors import OverdueError

RECOUNTED_AFTER = timedelta(hours=1)  # deletions are not counted, so the number drifts upwards
RECOUNTED_WHEN_FULL_AFTER = timedelta(seconds=10)  # what a deletion has freed is seen this soon


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a project may use."""

    checks: int
    by_ping: int  # checks created by ping, a minute


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What a project has used."""

    checks: int  # as counted at `counted_at`, and one for each created since
    counted_at: datetime
    minute: int  # since the epoch
    by_ping: int  # checks created by ping within that minute


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a project may not have one more check, until when it holds for sure."""

    text: str
    until: datetime
    is_rate: bool  # too many within this minute; else too many in all


class NotAdmitted(OverdueError):
    """The project may not have one more check. The message says why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.text)
        self.refusal = refusal


def needs_count(used: Used, limits: Limits, *, now: datetime) -> bool:
    """Whether the checks must be counted again before anything is decided by their number: it is old, or full."""
    age = now - used.counted_at
    return age > RECOUNTED_AFTER or (used.checks >= limits.checks and age > RECOUNTED_WHEN_FULL_AFTER)


def counted(used: Used | None, checks: int, *, now: datetime) -> Used:
    """What the project has used, after a count of its checks."""
    if used is None:
        return Used(checks=checks, counted_at=now, minute=minute_of(now), by_ping=0)
    return replace(used, checks=checks, counted_at=now)


def in_minute(used: Used, *, now: datetime) -> Used:
    """What it has used within the minute of `now`: nothing yet, if its minute is over."""
    return used if used.minute >= minute_of(now) else replace(used, minute=minute_of(now), by_ping=0)


def refusal(used: Used, limits: Limits, *, by_ping: bool) -> Refusal | None:
    """Why the project may not have one more check; None: it may."""
    if used.checks >= limits.checks:
        text = f"the project has {limits.checks:,} checks, as many as it may have"
        return Refusal(text=text, until=used.counted_at + RECOUNTED_WHEN_FULL_AFTER, is_rate=False)
    if by_ping and used.by_ping >= limits.by_ping:
        text = f"pings may create {limits.by_ping:,} checks a minute: try again in a minute"
        return Refusal(text=text, until=datetime.fromtimestamp((used.minute + 1) * 60, UTC), is_rate=True)
    return None


def minute_of(at: datetime) -> int:
    """The minute since the epoch."""
    return int(at.timestamp()) // 60
