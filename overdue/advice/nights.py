"""The next clock changes and their effect on a schedule: which local times are skipped, doubled or moved.

Start at `nights`. `chalicelib.domain.schedule` decides when a schedule occurs; this module compares those occurrences
with the ones the schedule would have if clocks never changed.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

from chalicelib.domain.schedule.clock_changes import change_between
from chalicelib.domain.schedule.occurrences import Every, Schedule, zone_named
from chalicelib.domain.schedule.parse import in_zone

AHEAD = timedelta(days=400)
NIGHTS = 2
_DAY = timedelta(days=1)
_MOST = 1_500  # occurrences in a day: one per minute, plus one hour when clocks go back


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """A clock change and the local times that it affects."""

    at: datetime  # the change, in UTC
    is_forward: bool
    skipped: tuple[time, ...]
    doubled: tuple[time, ...]
    moved: tuple[time, ...]  # run instead of the skipped times

    @property
    def says_something(self) -> bool:
        """Whether the schedule runs differently than on any other day."""
        return bool(self.skipped or self.doubled or self.moved)


def nights(schedule: Schedule, *, after: datetime) -> tuple[Night, ...]:
    """The next two clock changes in the schedule's zone, within 400 days. Empty for a period, which has no zone."""
    if isinstance(schedule, Every):
        return ()
    zone = zone_named(schedule.tz)
    found: list[Night] = []
    day = after
    while day < after + AHEAD and len(found) < NIGHTS:
        if day.astimezone(zone).utcoffset() != (day + _DAY).astimezone(zone).utcoffset():
            found.append(_night(schedule, change_between(day, day + _DAY, zone)))
        day += _DAY
    return tuple(found)


def _night(schedule: Schedule, change: datetime) -> Night:
    """Compare the local day of the change with an ordinary day. A change at midnight belongs to the day that begins."""
    assert not isinstance(schedule, Every), "nights() returns early for a period"
    zone = zone_named(schedule.tz)
    local = change.astimezone(zone)
    midnight = datetime(local.year, local.month, local.day)  # noqa: DTZ001 a wall clock
    real = Counter(at.astimezone(zone).replace(tzinfo=None, fold=0) for at in _within(schedule, midnight, zone))
    plain = Counter(at.replace(tzinfo=None) for at in _within(in_zone(schedule, "UTC"), midnight, UTC))
    before = (change - timedelta(minutes=1)).astimezone(zone).utcoffset()
    after = local.utcoffset()
    assert before is not None, "a zone has an offset at every instant"
    assert after is not None, "a zone has an offset at every instant"
    return Night(
        at=change.astimezone(UTC),
        is_forward=after > before,
        skipped=_times(plain - real),
        doubled=_times(Counter(each for each in real.elements() if real[each] > plain[each] > 0)),
        moved=_times(Counter(each for each in real if not plain[each])),
    )


def _within(schedule: Schedule, midnight: datetime, zone: tzinfo) -> list[datetime]:
    """The occurrences during the local day that begins at `midnight`."""
    start, end = (at.replace(tzinfo=zone).astimezone(UTC) for at in (midnight, midnight + _DAY))
    found: list[datetime] = []
    at = schedule.next_after(start - timedelta.resolution)
    while at is not None and at < end and len(found) < _MOST:
        found.append(at)
        at = schedule.next_after(at)
    return found


def _times(walls: Counter[datetime]) -> tuple[time, ...]:
    return tuple(sorted({wall.time() for wall in walls}))
