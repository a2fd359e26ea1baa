"""When is a success expected? Simple periods, Debian's cron, systemd's OnCalendar (domain.md, rules 1 and 2).

A schedule answers `next_after`, at both ends of the calendar, too; `parse_schedule` and `current_zone` refuse what is
not a schedule or a zone. Grace, windows and what a miss means are not decided here. Start at `Cron.next_after`.
"""

import json
import re
from dataclasses import dataclass
from datetime import MINYEAR, UTC, datetime, timedelta, tzinfo
from functools import lru_cache

from chalicelib.domain.cron_fields import CronFields, cron_fields
from chalicelib.domain.errors import BadInput

LONGEST = 100  # characters of an expression, as in Healthchecks
CRON_ALIASES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}

_ONCALENDAR_BEGINS = datetime(1969, 12, 30, tzinfo=UTC)  # it knows 1970 to 2199, in any zone
_ONCALENDAR_ENDS = datetime(2200, 1, 2, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Every:
    """A success at least once per period, counted from the last one."""

    period: timedelta

    def next_after(self, at: datetime) -> datetime | None:
        """One period after `at`; None beyond the year 9999."""
        return later(at, self.period)


@dataclass(frozen=True, slots=True)
class Cron:
    """Five fields as Debian's cron reads them, in a time zone. Not validated here: see `parse_schedule`."""

    expression: str
    tz: str = "UTC"

    def next_after(self, at: datetime) -> datetime | None:
        """The first occurrence strictly after `at`, in UTC (domain.md, rule 2); None when the calendar ends before it.

        5–10 µs once parsed.
        """
        fields, zone = cron_fields(self.expression), zone_named(self.tz)
        try:
            at = _within_the_calendar(at, zone)
            return _next_showing(fields, at, zone) if fields.follow_the_clock else _next_once(fields, at, zone)
        except OverflowError:  # its clock shows a year that has no date
            return None


@dataclass(frozen=True, slots=True)
class OnCalendar:
    """One or more lines of systemd's OnCalendar; a line's own zone goes before `tz`."""

    expression: str
    tz: str = "UTC"

    def next_after(self, at: datetime) -> datetime | None:
        """The first occurrence strictly after `at`, in UTC; None when there is none before the year 2200."""
        if at > _ONCALENDAR_ENDS:
            return None
        local = max(at, _ONCALENDAR_BEGINS).astimezone(zone_named(self.tz))
        instants = (_next_of_line(line, local) for line in self.expression.strip().split("\n"))
        return min((found for found in instants if found is not None), default=None)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Several expressions in one time zone, any of which may match; at least one."""

    lines: tuple[Cron | OnCalendar, ...]

    @property
    def expression(self) -> str:
        """All of them, each on its line."""
        return "\n".join(line.expression for line in self.lines)

    @property
    def tz(self) -> str:
        """The zone of all."""
        return self.lines[0].tz

    def next_after(self, at: datetime) -> datetime | None:
        """The first occurrence of any strictly after `at`; None when none of them comes again."""
        return min((found for line in self.lines if (found := line.next_after(at)) is not None), default=None)


Schedule = Every | Cron | OnCalendar | AnyOf


def parse_schedule(text: str, tz: str) -> Cron | OnCalendar:
    """What an operator wrote: one line of five words is cron, everything else OnCalendar.

    Raises BadInput. An OnCalendar that is over is valid, a cron expression that never comes is not.
    """
    if len(text) > LONGEST:
        raise _bad(text[:20] + "...", f"is longer than {LONGEST} characters")
    if not re.fullmatch(r"[\x20-\x7e\t\r\n]*[\x21-\x7e][\x20-\x7e\t\r\n]*", text):
        raise _bad(text, "write five words as in a crontab, or an OnCalendar expression, in plain ASCII")
    text = text.strip()
    if "\n" not in text and len(text.split()) == 5:
        _check_cron(text)
        return Cron(text, current_zone(tz))
    _check_oncalendar(text)
    return OnCalendar(text, current_zone(tz))


def current_zone(name: str) -> str:
    """The name that a time zone has today: Europe/Kyiv for Europe/Kiev. Raises BadInput when it is no zone.

    A name in the table of places stays, whatever it is linked to: Europe/Oslo is not Europe/Berlin.
    """
    names, renamed = _zone_names()
    if name not in names:
        raise BadInput(f"time zone {_quoted(name[:60])} is not known: use an IANA name such as Europe/Berlin")
    return renamed.get(name, name)


def zone_choices() -> tuple[str, ...]:
    """The names of all time zones as they are today, sorted: some 500."""
    names, renamed = _zone_names()
    return tuple(sorted(names - renamed.keys()))


def later(at: datetime, span: timedelta) -> datetime | None:
    """So long after an instant; None beyond the year 9999."""
    try:
        return at + span
    except OverflowError:
        return None


def _within_the_calendar(at: datetime, zone: tzinfo) -> datetime:
    """Not before the first instant of the year 1 in a zone, which is later than in UTC west of Greenwich."""
    if at.year > MINYEAR:
        return at
    try:
        at.astimezone(zone)
    except OverflowError:
        return datetime(MINYEAR, 1, 2, tzinfo=zone).astimezone(UTC) - _DAY
    return at


def _next_once(fields: CronFields, at: datetime, zone: tzinfo) -> datetime | None:
    """Every wall-clock minute once: when it first shows or, in a gap, at the first minute after it."""
    wall = _minute(at.astimezone(zone))
    while (match := fields.following(wall)) is not None:
        found = _first_showing(match, zone)
        if found > at:  # not so in the second pass of a repeated hour
            return found
        wall = match
    return None


def _first_showing(wall: datetime, zone: tzinfo) -> datetime:
    found = wall.replace(tzinfo=zone).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == wall:
        return found
    # In a gap, fold=1 takes the offset after it and so lands before it, fold=0 the other way round (PEP 495).
    change = change_between(wall.replace(tzinfo=zone, fold=1).astimezone(UTC), found, zone)
    return change + (_minute_up(change.astimezone(zone)) - change.astimezone(zone).replace(tzinfo=None))


def _next_showing(fields: CronFields, at: datetime, zone: tzinfo) -> datetime | None:
    """The real minutes that show a match: one stretch of constant UTC offset after the other."""
    local = at.astimezone(zone)
    wall, offset = _minute(local), _offset(local)
    while (match := fields.following(wall)) is not None:
        found = (match - offset).replace(tzinfo=UTC)
        horizon = found if found - at < _DAY else at + _DAY
        if _offset(horizon.astimezone(zone)) != offset:
            at = change_between(at, horizon, zone)
            wall = _minute_up(at.astimezone(zone)) - _MINUTE
        elif horizon == found:
            return found
        else:  # clocks change by a day at most: until near the match they show only minutes between the two
            at = horizon if found - horizon < 2 * _DAY else found - 2 * _DAY
            wall = _minute(at.astimezone(zone))
        offset = _offset(at.astimezone(zone))
    return None


def change_between(low: datetime, high: datetime, zone: tzinfo) -> datetime:
    """The instant in (low, high] at which the UTC offset stops being what it is at low."""
    before = _offset(low.astimezone(zone))
    earlier, later = int(low.timestamp()), int(high.timestamp())
    while later - earlier > 1:
        middle = (earlier + later) // 2
        if _offset(datetime.fromtimestamp(middle, zone)) == before:
            earlier = middle
        else:
            later = middle
    return datetime.fromtimestamp(later, UTC)


def _offset(local: datetime) -> timedelta:
    offset = local.utcoffset()
    assert offset is not None  # `local` is aware
    return offset


def _minute(local: datetime) -> datetime:
    return local.replace(tzinfo=None, second=0, microsecond=0)


def _minute_up(local: datetime) -> datetime:
    return _minute(local + timedelta(seconds=59))  # changes fall between minutes where offsets once had seconds


def _check_cron(text: str) -> None:
    try:
        fields = cron_fields(text)
    except ValueError as error:
        raise _bad(text, str(error)) from error
    if fields.following(datetime(2000, 1, 1)) is None:  # noqa: DTZ001 wall-clock time, of no zone
        raise _bad(text, "no month in it has such a day, so it would never come")


def _check_oncalendar(text: str) -> None:
    from oncalendar import OnCalendarError

    for line in text.split("\n"):
        words = line.split()
        if len(words) > 1 and words[-1][0] not in "0123456789*":  # else oncalendar 1.1 opens any file of that name
            current_zone(words[-1])
        try:
            _next_of_line(line, datetime(2000, 1, 1, tzinfo=UTC))
        except OnCalendarError as error:
            hint = f"write {CRON_ALIASES[text]}" if text in CRON_ALIASES else "see man systemd.time"
            reason = f"{str(error).lower()} for OnCalendar, and cron has five words on one line"
            raise _bad(text, f"{reason}: {hint}") from error


def _next_of_line(line: str, local: datetime) -> datetime | None:
    from oncalendar import TzIterator  # here for the cold start

    at = local.astimezone(UTC)
    # oncalendar 1.1, started in the second pass of a repeated hour, begins with instants of the first.
    instants = (found.astimezone(UTC) for found in TzIterator(line, local))
    return next((found for found in instants if found > at), None)


def _bad(text: str, reason: str) -> BadInput:
    return BadInput(f"schedule {_quoted(text)}: {reason}")


def _quoted(text: str) -> str:
    """As it was typed, but for what cannot be seen, such as half a surrogate pair."""
    return json.dumps(text, ensure_ascii=not text.isprintable())


def zone_named(name: str) -> tzinfo:
    """The zone of a schedule; its name is taken as known, see `current_zone`."""
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo  # here for the cold start; it keeps its zones

    return ZoneInfo(name)


_NO_PLACES = {"CET", "EET", "EST", "GMT", "HST", "MET", "MST", "UTC", "WET"}  # linked, but not renamed
_RENAMED_WITHIN_THEIR_COUNTRY = {  # where tzdata links to a zone of the same hours in another country
    "Africa/Asmera": "Africa/Asmara",
    "Africa/Timbuktu": "Africa/Bamako",
    "America/Coral_Harbour": "America/Atikokan",
    "America/Virgin": "America/St_Thomas",
    "Antarctica/South_Pole": "Antarctica/McMurdo",
    "Atlantic/Jan_Mayen": "Arctic/Longyearbyen",
    "Iceland": "Atlantic/Reykjavik",
    "Pacific/Ponape": "Pacific/Pohnpei",
    "Pacific/Truk": "Pacific/Chuuk",
    "Pacific/Yap": "Pacific/Chuuk",
}


@lru_cache(maxsize=1)
def _zone_names() -> tuple[frozenset[str], dict[str, str]]:
    """All names, and those that have changed with their present one; from the tzdata package."""
    from importlib.resources import files

    data = files("tzdata")
    names = frozenset((data / "zones").read_text("ascii").split())
    table = (data / "zoneinfo" / "zone.tab").read_text("utf-8").splitlines()
    places = {line.split("\t")[2] for line in table if line and not line.startswith("#")}
    links = (line.split() for line in (data / "zoneinfo" / "tzdata.zi").read_text("utf-8").splitlines())
    renamed = {words[2]: words[1] for words in links if words[0] == "L"} | _RENAMED_WITHIN_THEIR_COUNTRY
    return names, {old: new for old, new in renamed.items() if old not in places | _NO_PLACES}
