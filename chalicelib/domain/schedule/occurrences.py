"""When is a success expected? Simple periods, Debian's cron, systemd's OnCalendar
(docs/reference/rules.md, rules 1 and 2).

A schedule answers `next_after`, at both ends of the calendar, too; `parse_schedule` and `current_zone` refuse what is
not a schedule or a zone. Grace, windows and what a miss means are not decided here. Start at `Cron.next_after`.
"""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import MINYEAR, UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from importlib.resources import files

from chalicelib.domain.errors import BadInput
from chalicelib.domain.limits.steps import limited_to
from chalicelib.domain.schedule.aliases import CRON_ALIASES
from chalicelib.domain.schedule.clock_changes import next_fixed_cron_time, next_oncalendar_time, next_wildcard_cron_time
from chalicelib.domain.schedule.cron_fields import cron_fields
from chalicelib.domain.schedule.oncalendar import parse_calendar_line

LONGEST = 100  # characters of an expression, as in Healthchecks

_ONCALENDAR_BEGINS = datetime(1969, 12, 30, tzinfo=UTC)  # it knows 1970 to 2199, in any zone
_ONCALENDAR_ENDS = datetime(2200, 1, 2, tzinfo=UTC)
_MUST_OCCUR_AFTER = datetime(2000, 1, 1, tzinfo=UTC)  # as in Healthchecks
_RECENT = datetime(2025, 1, 1, tzinfo=UTC)
_MOST_STEPS_TO_PARSE = 10_000
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
        """The first occurrence strictly after `at`, in UTC (rule 2); None when the calendar ends before it.

        5–10 µs once parsed, 20 µs for a rare day.
        """
        if at >= _RECENT and _cron_is_over(self.expression, self.tz):
            return None
        return _next_of_cron(self.expression, at, self.tz)


@dataclass(frozen=True, slots=True)
class OnCalendar:
    """One or more lines of systemd's OnCalendar; a line's own zone goes before `tz`."""

    expression: str
    tz: str = "UTC"

    def next_after(self, at: datetime) -> datetime | None:
        """The first occurrence strictly after `at`, in UTC; None when there is none before the year 2200.

        The cost of each line is that of cron.
        """
        lines: Iterable[str] = self.expression.strip().split("\n")
        if at >= _RECENT:
            lines = (line for line in lines if not _line_is_over(line, self.tz))
        instants = (_next_of_line(line, at, self.tz) for line in lines)
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
    """Parse a schedule: one line of five words is cron, everything else is OnCalendar.

    Raises BadInput, also for a schedule that never occurs after the year 2000. A schedule that occurred after 2000 but
    never will again is valid.
    """
    schedule = parse_expression(text, tz)
    if never_occurs(schedule):
        raise _bad(text, "it never occurs after the year 2000")
    return schedule


def never_occurs(schedule: Schedule) -> bool:
    """Whether it has no occurrence after 2000: there is no such day, or the clocks of its zone skip all its times."""
    return schedule.next_after(_MUST_OCCUR_AFTER) is None


def parse_expression(text: str, tz: str) -> Cron | OnCalendar:
    """Like `parse_schedule`, but accept OnCalendar that never occurs: other lines of the check may occur."""
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


def _next_of_cron(expression: str, at: datetime, tz: str) -> datetime | None:
    fields, zone = cron_fields(expression), zone_named(tz)
    search = next_wildcard_cron_time if fields.follow_the_clock else next_fixed_cron_time
    try:
        return search(fields.wall, _within_the_calendar(at, zone), zone)
    except OverflowError:  # the local year is out of range
        return None


def _next_of_line(text: str, at: datetime, tz: str) -> datetime | None:
    line = parse_calendar_line(text)
    if at > _ONCALENDAR_ENDS:
        return None
    return next_oncalendar_time(line.fields, max(at, _ONCALENDAR_BEGINS), zone_named(line.tz or tz))


@lru_cache(maxsize=1024)
def _cron_is_over(expression: str, tz: str) -> bool:
    return cron_fields(expression).follow_the_clock and _is_over(lambda at: _next_of_cron(expression, at, tz))


@lru_cache(maxsize=1024)
def _line_is_over(text: str, tz: str) -> bool:
    return _is_over(lambda at: _next_of_line(text, at, tz))


def _is_over(search: Callable[[datetime], datetime | None]) -> bool:
    """Whether one line never occurs again.

    A search that finds only skipped times takes up to 1 ms, once per line and process. It is not charged to the
    evaluation, whose cost must not depend on earlier evaluations.
    """
    with limited_to(_MOST_STEPS_TO_PARSE):
        return search(_RECENT - _DAY) is None


def _within_the_calendar(at: datetime, zone: tzinfo) -> datetime:
    """Not before the first instant of the year 1 in a zone, which is later than in UTC west of Greenwich."""
    if at.year > MINYEAR:
        return at
    try:
        at.astimezone(zone)
    except OverflowError:
        return datetime(MINYEAR, 1, 2, tzinfo=zone).astimezone(UTC) - _DAY
    return at


def _check_cron(text: str) -> None:
    try:
        cron_fields(text)
    except ValueError as error:
        raise _bad(text, str(error)) from error
    if not cron_fields(text).wall.has_matches:
        raise _bad(text, "no month in it has such a day, so it would never come")


def _check_oncalendar(text: str) -> None:
    for line in text.split("\n"):
        try:
            own = parse_calendar_line(line).tz
        except ValueError as error:
            hint = f"write {CRON_ALIASES[text]}" if text in CRON_ALIASES else "see man systemd.time"
            reason = f"{error} in OnCalendar, and cron has five words on one line"
            raise _bad(text, f"{reason}: {hint}") from error
        if own is not None:
            current_zone(own)


def _bad(text: str, reason: str) -> BadInput:
    return BadInput(f"schedule {_quoted(text)}: {reason}")


def _quoted(text: str) -> str:
    """As it was typed, but for what cannot be seen, such as half a surrogate pair."""
    return json.dumps(text, ensure_ascii=not text.isprintable())


@lru_cache(maxsize=1024)
def zone_named(name: str) -> tzinfo:
    """The zone of a schedule; its name is taken as known, see `current_zone`.

    Remembered here, as `zoneinfo` keeps eight: a check with ten zones would read a file for each search (0.1 ms).
    """
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo  # 1 % of a cold start, which UTC does without

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
    data = files("tzdata")
    names = frozenset((data / "zones").read_text("ascii").split())
    table = (data / "zoneinfo" / "zone.tab").read_text("utf-8").splitlines()
    places = {line.split("\t")[2] for line in table if line and not line.startswith("#")}
    links = (line.split() for line in (data / "zoneinfo" / "tzdata.zi").read_text("utf-8").splitlines())
    renamed = {words[2]: words[1] for words in links if words[0] == "L"} | _RENAMED_WITHIN_THEIR_COUNTRY
    return names, {old: new for old, new in renamed.items() if old not in places | _NO_PLACES}
