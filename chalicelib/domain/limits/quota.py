"""Limit how many checks a project has, and how many of them pings create in a minute
(docs/reference/rules.md, rule 21; docs/adr/0018).

Start at `refusal`. `store.quotas` stores the usage of a project; `admission` reads it and enforces the limits.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from chalicelib.domain.errors import OverdueError

RECOUNT_AFTER = timedelta(hours=1)  # deletions are not counted, so the number may be too high until then
RECOUNT_FULL_AFTER = timedelta(seconds=10)  # so a deletion makes room this soon


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of a project."""

    checks: int
    by_ping: int  # checks created by ping, per minute


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a project uses of its limits."""

    checks: int  # as counted at `counted_at`, plus those created since
    counted_at: datetime
    minute: int  # since the epoch
    by_ping: int  # checks created by ping in that minute


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a project cannot have one more check, and until when that is certain."""

    text: str
    until: datetime
    is_rate: bool  # True: too many created in this minute; False: too many in all


class NotAdmitted(OverdueError):
    """The project cannot have one more check. The message says why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.text)
        self.refusal = refusal


def needs_count(used: Usage, limits: Limits, *, now: datetime) -> bool:
    """Whether the checks must be recounted: the count is old, or at the limit and not quite recent."""
    age = now - used.counted_at
    return age > RECOUNT_AFTER or (used.checks >= limits.checks and age > RECOUNT_FULL_AFTER)


def with_count(used: Usage | None, checks: int, *, now: datetime) -> Usage:
    """The usage after a count of the project's checks."""
    if used is None:
        return Usage(checks=checks, counted_at=now, minute=minute_of(now), by_ping=0)
    return replace(used, checks=checks, counted_at=now)


def with_minute(used: Usage, *, now: datetime) -> Usage:
    """The usage in the minute of `now`: `by_ping` restarts at 0 when a new minute begins."""
    return used if used.minute >= minute_of(now) else replace(used, minute=minute_of(now), by_ping=0)


def refusal(used: Usage, limits: Limits, *, by_ping: bool) -> Refusal | None:
    """Why the project cannot have one more check; None if it can."""
    if used.checks >= limits.checks:
        text = f"the project has reached its limit of {limits.checks:,} checks"
        return Refusal(text=text, until=used.counted_at + RECOUNT_FULL_AFTER, is_rate=False)
    if by_ping and used.by_ping >= limits.by_ping:
        text = f"pings may create {limits.by_ping:,} checks a minute: try again in a minute"
        return Refusal(text=text, until=datetime.fromtimestamp((used.minute + 1) * 60, UTC), is_rate=True)
    return None


def minute_of(at: datetime) -> int:
    """The number of minutes since the epoch."""
    return int(at.timestamp()) // 60
