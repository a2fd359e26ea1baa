"""The next nights on which clocks change, and what a schedule makes of them: which times are skipped, which come twice.

Start at `nights`. When it occurs is decided in the domain's `schedule`; here that is compared with what the schedule
would do if clocks never changed.
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
_MOST = 1_500  # occurrences of a day: each minute, and an hour more


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """A change of clocks, by local times."""

    at: datetime  # of the change, in UTC
    is_forward: bool
    skipped: tuple[time, ...]
    doubled: tuple[time, ...]
    moved: tuple[time, ...]  # when it comes instead of what is skipped

    @property
    def says_something(self) -> bool:
        """Whether anything is otherwise than on any other day."""
        return bool(self.skipped or self.doubled or self.moved)


def nights(schedule: Schedule, *, after: datetime) -> tuple[Night, ...]:
    """The next two changes of clocks in the schedule's zone within 400 days. A period knows no clock."""
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
    """The local day of the change, as it is and as it would be; a change at midnight belongs to the day after it."""
    assert not isinstance(schedule, Every), "a period knows no clock"
    zone = zone_named(schedule.tz)
    local = change.astimezone(zone)
    midnight = datetime(local.year, local.month, local.day)  # noqa: DTZ001 a wall clock
    real = Counter(at.astimezone(zone).replace(tzinfo=None, fold=0) for at in _within(schedule, midnight, zone))
    plain = Counter(at.replace(tzinfo=None) for at in _within(in_zone(schedule, "UTC"), midnight, UTC))
    before = (change - timedelta(minutes=1)).astimezone(zone).utcoffset()
    after = local.utcoffset()
    assert before is not None, "a zone's clocks show something"
    assert after is not None, "as above"
    return Night(
        at=change.astimezone(UTC),
        is_forward=after > before,
        skipped=_times(plain - real),
        doubled=_times(Counter(each for each in real.elements() if real[each] > plain[each] > 0)),
        moved=_times(Counter(each for each in real if not plain[each])),
    )


def _within(schedule: Schedule, midnight: datetime, zone: tzinfo) -> list[datetime]:
    """The occurrences of a local day."""
    start, end = (at.replace(tzinfo=zone).astimezone(UTC) for at in (midnight, midnight + _DAY))
    found: list[datetime] = []
    at = schedule.next_after(start - timedelta.resolution)
    while at is not None and at < end and len(found) < _MOST:
        found.append(at)
        at = schedule.next_after(at)
    return found


def _times(walls: Counter[datetime]) -> tuple[time, ...]:
    return tuple(sorted({wall.time() for wall in walls}))
