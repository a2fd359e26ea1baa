"""A check as everybody may see it: its name, how it is, and 90 days of outages. No reason, no code, nothing of a job.

Start at `system`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain.check import Check, Flip, Status
from chalicelib.domain.text import display_status
from chalicelib.domain.text.display_status import DisplayStatus
from chalicelib.domain.text.time_format import WallClock
from chalicelib.domain.text.uptime import TimeDown, times_down
from chalicelib.web.pages.charts.uptime_bars import Days, Span, days_of
from chalicelib.web.pages.overview.position import shown_text

_NOT_WATCHED = (Status.NEW, Status.PAUSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Downtime:
    """One time that it was down."""

    name: str
    start: datetime
    end: datetime
    is_over: bool
    comes_up: bool  # what ended it; otherwise nobody watches it any more
    was_before: bool  # it began before what is known
    acknowledged_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """All that is public."""

    name: str
    tags: frozenset[str]
    status: DisplayStatus
    days: Days
    outages: tuple[Downtime, ...]  # oldest first
    watched_since: datetime | None  # None: for longer than is shown, or never


def system(
    check: Check, flips: Sequence[Flip], begins: Sequence[datetime], *, since: datetime, clock: WallClock
) -> System:
    """`check` is as of now; `flips`: those since an instant, newest first; `begins`: where the days begin."""
    now = clock.now
    times = times_down(check, flips, since=since, now=now)
    watched = _watched(check, flips, since=max(since, check.created_at), now=now)
    name = shown_text(check.config.name or check.config.slug) or "without a name"
    first = watched[0][0] if watched else None
    return System(
        name=name,
        tags=frozenset(check.config.tags.split()),
        status=display_status.status(check, now=now),
        days=days_of(times, watched, begins, now=now),
        outages=tuple(_outage(name, check, each, flips, since=since) for each in times),
        watched_since=first if first is not None and first > since else None,
    )


def _watched(check: Check, flips: Sequence[Flip], *, since: datetime, now: datetime) -> list[Span]:
    """When something was expected of it, oldest first: neither new nor paused."""
    spans = []
    begun, status = since, flips[-1].old if flips else check.status
    for flip in reversed(flips):
        if status not in _NOT_WATCHED and flip.at > begun:
            spans.append((begun, flip.at))
        begun, status = max(flip.at, since), flip.new
    return [*spans, (begun, now)] if status not in _NOT_WATCHED and now > begun else spans


def _outage(name: str, check: Check, time: TimeDown, flips: Sequence[Flip], *, since: datetime) -> Downtime:
    return Downtime(
        name=name,
        start=time.start,
        end=time.end,
        is_over=time.is_over,
        comes_up=any((flip.at, flip.old, flip.new) == (time.end, Status.DOWN, Status.UP) for flip in flips),
        was_before=time.start == since,
        acknowledged_at=None if time.is_over else check.acknowledged_at,
    )
