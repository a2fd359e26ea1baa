"""Find the instants at which matching wall-clock times occur, also around clock changes.

Cron has two sets of rules (docs/reference/rules.md, rule 2): `next_fixed_cron_time` for fixed times,
`next_wildcard_cron_time` for `*`. systemd has a third: `next_oncalendar_time`. `calendar_fields` decides which
wall-clock times match.
"""

from bisect import bisect_left
from datetime import UTC, datetime, timedelta, tzinfo

from chalicelib.domain.limits.steps import spend
from chalicelib.domain.schedule.calendar_fields import CalendarFields

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_MINUTE = timedelta(minutes=1)
_QUARTER_S = 900
_DAY = timedelta(days=1)
_FAR = timedelta(days=3)

# Successive matches that the clocks skip. A line that occurs again has fewer: Mexico City's clocks skipped an hour of
# the first Sunday of April for 21 years; between two Sundays February 29 lie at most 17 Sundays March 29–31.
_MOST_SKIPPED = 32


def next_fixed_cron_time(fields: CalendarFields, at: datetime, zone: tzinfo) -> datetime | None:
    """The next match, each wall-clock minute counted once: at its first pass or, in a gap, right after the gap."""
    wall = _minute(at.astimezone(zone))
    if wall.fold:  # the rest of a repeated hour has occurred in its first pass
        repeated_until = change_between(wall.replace(tzinfo=zone, fold=0).astimezone(UTC), at, zone)
        wall = _minute((repeated_until - _SECOND).astimezone(zone))
    match = fields.next_match(wall.replace(fold=0))
    return None if match is None else _first_showing(match, zone)


def next_wildcard_cron_time(fields: CalendarFields, at: datetime, zone: tzinfo) -> datetime | None:
    """The next minute that shows a match: in both passes of a repeated hour, and never in a gap."""
    local = at.astimezone(zone)
    wall, offset = _minute(local), _offset(local)
    for _ in range(_MOST_SKIPPED):
        spend()
        match = fields.next_match(wall)
        if match is None:
            return None
        found = (match - offset).replace(tzinfo=UTC)
        horizon = found if found - at <= _FAR else at + _DAY
        if _offset(horizon.astimezone(zone)) != offset:
            at = change_between(at, horizon, zone)
            wall = _minute_up(at.astimezone(zone)) - _MINUTE
        elif horizon == found:
            return found
        elif _falls_into_gap(match, zone):
            at = _end_of_gap(match, zone)
            wall = _minute_up(at.astimezone(zone)) - _MINUTE
        else:  # clocks change by a day at most: until near the match they show only times between the two
            at = found - 2 * _DAY
            wall = _minute(at.astimezone(zone))
        offset = _offset(at.astimezone(zone))
    return None


def next_oncalendar_time(fields: CalendarFields, at: datetime, zone: tzinfo) -> datetime | None:
    """The next match, none in a gap; a repeated hour counts once: in the pass of `at`, else the first."""
    wall = at.astimezone(zone).replace(tzinfo=None, microsecond=0, fold=0)
    for _ in range(_MOST_SKIPPED):
        spend()
        match = fields.next_match(wall)
        if match is None:
            return None
        found = match.replace(tzinfo=zone).astimezone(UTC)
        if found.astimezone(zone).replace(tzinfo=None) == match:
            return found if found > at else match.replace(tzinfo=zone, fold=1).astimezone(UTC)
        wall = _end_of_gap(match, zone).astimezone(zone).replace(tzinfo=None) - _SECOND
    return None


def change_between(low: datetime, high: datetime, zone: tzinfo) -> datetime:
    """The instant in (low, high] at which the UTC offset stops being what it is at low; there must be one.

    Some five lookups in the zone for an hour: changes fall on quarters of an hour nearly always.
    """
    before = _offset(low.astimezone(zone))

    def has_changed(epoch_s: int) -> bool:
        return _offset((_EPOCH + epoch_s * _SECOND).astimezone(zone)) != before

    earlier, later = (low - _EPOCH) // _SECOND, (high - _EPOCH) // _SECOND  # rounded down before 1970, too
    first, last = earlier // _QUARTER_S, -(-later // _QUARTER_S)
    quarter = first + 1 + bisect_left(range(first + 1, last), True, key=lambda each: has_changed(each * _QUARTER_S))
    earlier, later = max(earlier, (quarter - 1) * _QUARTER_S), min(later, quarter * _QUARTER_S)
    if earlier < later - 1 and has_changed(later - 1):
        later = earlier + 1 + bisect_left(range(earlier + 1, later), True, key=has_changed)
    return _EPOCH + later * _SECOND


def _first_showing(wall: datetime, zone: tzinfo) -> datetime:
    found = wall.replace(tzinfo=zone).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == wall:
        return found
    change = _end_of_gap(wall, zone)
    return change + (_minute_up(change.astimezone(zone)) - change.astimezone(zone).replace(tzinfo=None))


def _falls_into_gap(wall: datetime, zone: tzinfo) -> bool:
    return wall.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) != wall


def _end_of_gap(wall: datetime, zone: tzinfo) -> datetime:
    # fold=1 takes the offset after the gap and so lands before it, fold=0 the other way round (PEP 495).
    low, high = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (1, 0))
    return change_between(low, high, zone)


def _offset(local: datetime) -> timedelta:
    offset = local.utcoffset()
    assert offset is not None  # `local` is aware
    return offset


def _minute(local: datetime) -> datetime:
    return local.replace(tzinfo=None, second=0, microsecond=0)


def _minute_up(local: datetime) -> datetime:
    return _minute(local + timedelta(seconds=59))  # changes fall between minutes where offsets once had seconds
