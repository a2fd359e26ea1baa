"""Durations and instants in words, for a reader's time zone (docs/reference/rules.md, rule 17). Plain ASCII.

Start at `duration` and `WallClock`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_TWO_DAYS = timedelta(hours=48)


def duration(took: timedelta) -> str:
    """A duration in at most two units, rounded down: "51 min 37 s", "1.8 s"."""
    took = max(took, timedelta())
    ms = took // timedelta(milliseconds=1)
    if timedelta() < took < timedelta(seconds=1):
        return f"{ms} ms"
    if took < timedelta(seconds=10) and ms % 1000:
        return f"{ms // 1000}.{ms % 1000 // 100} s"
    seconds = ms // 1000
    if took < _MINUTE:
        return f"{seconds} s"
    if took < _HOUR:
        return _two(seconds // 60, "min", seconds % 60, "s")
    if took < _TWO_DAYS:
        return _two(seconds // 3600, "h", seconds % 3600 // 60, "min")
    return _two(seconds // 86400, "days", seconds % 86400 // 3600, "h")


def _two(large: int, unit: str, small: int, smaller_unit: str) -> str:
    return f"{large} {unit} {small} {smaller_unit}" if small else f"{large} {unit}"


def duration_rounded(took: timedelta) -> str:
    """The duration of something that is over, rounded to the nearest minute from one minute on."""
    return duration(took if took < _MINUTE else _MINUTE * ((took + _MINUTE / 2) // _MINUTE))


def duration_range(low: timedelta, high: timedelta) -> str:
    """A range of durations in the precision of its upper end: "46 to 58 min", "5.0 to 7.3 s"."""
    if duration(low) == duration(high):
        return duration(high)
    if high < timedelta(seconds=1):
        return f"{low // timedelta(milliseconds=1)} to {duration(high)}"
    if high < timedelta(seconds=10):
        return f"{low.total_seconds():.1f} to {high.total_seconds():.1f} s"
    if high < _MINUTE:
        return f"{low // timedelta(seconds=1)} to {duration(high)}"
    if low >= _MINUTE and 10 * _MINUTE <= high < _HOUR and low // _MINUTE < high // _MINUTE:
        return f"{low // _MINUTE} to {high // _MINUTE} min"
    return f"{duration(low)} to {duration(high)}"


def ago(at: datetime, *, now: datetime) -> str:
    """How long ago, in one unit: "32 min ago", "27 h ago", "12 days ago"."""
    passed = max(now - at, timedelta())
    if passed < _MINUTE:
        return f"{passed // timedelta(seconds=1)} s ago"
    if passed < _HOUR:
        return f"{passed // _MINUTE} min ago"
    if passed < _TWO_DAYS:
        return f"{passed // _HOUR} h ago"
    return f"{passed.days} days ago"


def whole_minutes(took: timedelta) -> str:
    """A duration without its seconds, from one minute on: for lines that are refreshed while they are read."""
    return duration(took if took < _MINUTE else took // _MINUTE * _MINUTE)


def ago_to_the_minute(at: datetime, *, now: datetime) -> str:
    """ "7 min ago", "3 h 12 min ago": for what went wrong, where one unit is too coarse."""
    passed = now - at
    return ago(at, now=now) if passed < _HOUR else f"{whole_minutes(passed)} ago"


@dataclass(frozen=True, slots=True, kw_only=True)
class WallClock:
    """The reader's time zone and present instant, which decide how much of an instant must be shown.

    A time of another day has its day, of another year its year, and in a repeated hour the name of its offset.
    """

    tz: str
    now: datetime

    def minute(self, at: datetime) -> str:
        """ "02:30", or "Fri 23 Oct 02:30" if that is not today."""
        return self._short(at, seconds=False)

    def second(self, at: datetime) -> str:
        """ "02:30:04", or "Fri 23 Oct 02:30:04" if that is not today."""
        return self._short(at, seconds=True)

    def dated(self, at: datetime) -> str:
        """ "Fri 23 Oct 02:04:10"."""
        return f"{self._day(self._local(at))} {self._time(self._local(at), seconds=True)}"

    def brief(self, at: datetime) -> str:
        """ "23 Oct 02:04", or "02:04" if that is today: for an SMS."""
        return self._short(at, seconds=False).split(" ", 1)[-1] if self._is_other_day(at) else self.minute(at)

    def full(self, at: datetime) -> str:
        """ "Sat 24 Oct 02:30:00 Europe/Berlin (00:30:00 UTC)"."""
        return self._in_both([at], seconds=True)

    def due(self, at: datetime) -> str:
        """Like `full`, without the seconds if they are 0: for planned instants."""
        return self._in_both([at], seconds=at.second != 0)

    def span(self, start: datetime, end: datetime) -> str:
        """ "Sat 24 Oct 03:58:10 to 04:36:04 Europe/Berlin (01:58:10 to 02:36:04 UTC)"."""
        return self._in_both([start, end], seconds=True)

    def _in_both(self, instants: list[datetime], *, seconds: bool) -> str:
        here = [self._local(at) for at in instants]
        there = [at.astimezone(UTC) for at in instants]
        local = self._chain(here, after=None, seconds=seconds)
        if self.tz == "UTC":
            return f"{local} UTC"
        is_one_day = len({at.date() for at in (*here, *there)}) == 1
        utc = self._chain(there, after=there[0] if is_one_day else None, seconds=seconds)
        return f"{local} {self.tz} ({utc} UTC)"

    def _chain(self, instants: Iterable[datetime], *, after: datetime | None, seconds: bool) -> str:
        """Times joined by "to". Each has its day, unless it is the day of the one before."""
        said = []
        for at in instants:
            time = f"{at:%H:%M:%S}" if seconds else f"{at:%H:%M}"
            same = after is not None and at.date() == after.date()
            said.append(time if same else f"{self._day(at)} {time}")
            after = at
        return " to ".join(said)

    def _short(self, at: datetime, *, seconds: bool) -> str:
        local = self._local(at)
        time = self._time(local, seconds=seconds)
        return f"{self._day(local)} {time}" if self._is_other_day(at) else time

    def _is_other_day(self, at: datetime) -> bool:
        return self._local(at).date() != self._local(self.now).date()

    def _day(self, local: datetime) -> str:
        day = f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]}"
        return day if local.year == self._local(self.now).year else f"{day} {local.year}"

    def _time(self, local: datetime, *, seconds: bool) -> str:
        time = f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
        is_repeated = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
        return f"{time} {local.tzname()}" if is_repeated else time

    def _local(self, at: datetime) -> datetime:
        try:
            return at.astimezone(_zone(self.tz))
        except OverflowError:  # in the first and last hours of the calendar
            return at.astimezone(UTC)


@lru_cache(maxsize=1024)  # `zoneinfo` caches eight zones, and a list of checks may have more
def _zone(name: str) -> tzinfo:
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo  # here for the cold start

    return ZoneInfo(name)
