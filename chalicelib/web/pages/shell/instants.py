"""Instants as a page says them: relative when near, by the clock otherwise, always with the exact one behind.

Start at `past` and `to_come`. How a clock is read in a zone stands in `domain.wallclock`.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache

from chalicelib.domain.schedule.occurrences import zone_named
from chalicelib.domain.text.time_format import WallClock, ago

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Instant:
    """What stands in `<time datetime>` and what people read."""

    iso: str
    words: str


def exact(at: datetime, tz: str) -> str:
    """ISO 8601 in a zone, to the second: "2026-10-24T05:12:40+02:00"."""
    return local(at, tz).isoformat(timespec="seconds")


def past(at: datetime, clock: WallClock) -> Instant:
    """ "32 min ago", "27 h ago", "12 days ago"."""
    return Instant(exact(at, clock.tz), ago(at, now=clock.now))


def to_come(at: datetime, clock: WallClock) -> Instant:
    """ "in 27 min" within an hour, "08:30" today, then "tomorrow 02:00", "Fri 30 Oct 17:00"; "7 min ago" if over."""
    left = at - clock.now
    if left <= timedelta():
        return past(at, clock)
    return Instant(exact(at, clock.tz), _ahead(at, left, clock))


def _ahead(at: datetime, left: timedelta, clock: WallClock) -> str:
    if left < _MINUTE:
        return f"in {max(left // timedelta(seconds=1), 1)} s"
    if left < _HOUR:
        return f"in {left // _MINUTE} min"
    if local(at, clock.tz).date() == local(clock.now, clock.tz).date() + _DAY:
        return f"tomorrow {replace(clock, now=at).minute(at)}"
    return clock.minute(at)


def clock_time(at: datetime, clock: WallClock) -> Instant:
    """ "05:12:40"."""
    return Instant(exact(at, clock.tz), clock.second(at))


def face(at: datetime, tz: str) -> str:
    """What a clock shows, for the scale of a drawing: "05:12"."""
    return f"{local(at, tz):%H:%M}"


def whole_hour(at: datetime, tz: str) -> datetime:
    """The last whole hour of a zone's clock."""
    here = local(at, tz)
    return at - timedelta(minutes=here.minute, seconds=here.second, microseconds=here.microsecond)


def local(at: datetime, tz: str) -> datetime:
    """What a zone's clock shows."""
    try:
        return at.astimezone(zone(tz))
    except OverflowError:  # in the first and the last hours of the calendar
        return at.astimezone(UTC)


zone = cache(zone_named)
