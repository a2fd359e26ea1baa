"""Who knows when each alert was due: an independent judge of what jobs have sent
(docs/reference/rules.md, rules 1–4, 8, 11–13).

It shares no line with `chalicelib.domain`: occurrences are found by walking through every minute there is, instants
are whole milliseconds. Start at `Judge`; `cron` and `calendar` find occurrences.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

Ms = int
Minutes = tuple[int, ...]  # since the epoch
MINUTE: Ms = 60_000
_DAYS = {"Mon": 1, "Tue": 2, "Wed": 3, "Thu": 4, "Fri": 5, "Sat": 6, "Sun": 0}


@dataclass(frozen=True, slots=True)
class Alert:
    """What people are to be told."""

    kind: str
    reason: str
    at: Ms
    took: Ms | None = None  # of an overrun: from its start until this alert


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What is expected of a job."""

    period: Ms | None = None  # None: it has occurrences
    occurrences: Minutes = ()
    grace: Ms
    max_runtime: Ms | None = None
    early: Ms = 0
    remind_every: Ms | None = None
    failures_before_alert: int = 1
    misses_before_alert: int = 1


@dataclass
class Judge:
    """One check, as it must be."""

    rules: Rules
    alerts: list[Alert] = field(default_factory=list)
    _status: str = "new"
    _reason: str = ""
    _since: Ms = 0
    _reminders: int = 0
    _floor: Ms = 0  # nothing is told with an earlier instant
    _last_ping: Ms | None = None
    _awaited_since: Ms | None = None
    _last_success: Ms = 0
    _failures: int = 0
    _misses: int = 0
    _runs: dict[str, Ms] = field(default_factory=dict)
    _told: set[str] = field(default_factory=set)
    _ends: dict[str, Ms] = field(default_factory=dict)
    _spare: Ms = 0  # the newest end without a rid when no run was open

    def pinged(self, signal: str, rid: str, at: Ms) -> None:
        """A ping was taken. Those of one check are told in the order in which they arrived."""
        is_overtaken = self._last_ping is not None and at < self._last_ping
        if not is_overtaken:
            self.pass_to(at)
        if signal == "start":
            self._open(rid, at)
            return
        if is_overtaken:
            self._close(rid, at)
            return
        self._last_ping = at
        self._close(rid, at)
        if signal == "success":
            self._awaited_since, self._last_success, self._failures, self._misses = at, at, 0, 0
            self._becomes("up", self._reason, at)
            return
        self._failures += 1
        if self._status == "down":
            return
        if self._failures < self.rules.failures_before_alert:
            self._awaited_since = at if self._awaited_since is not None else None
        else:
            self._becomes("down", "failed", at)

    def _open(self, rid: str, at: Ms) -> None:
        """Begin the run of this rid, unless a newer start or an end of it has come already."""
        if max(self._ends.get(rid, 0), self._spare, self._runs.get(rid, 0)) <= at:
            self._runs[rid] = at
            self._told.discard(rid)

    def _close(self, rid: str, at: Ms) -> None:
        """End the run of this rid. Without a rid: the one that has none, else the newest."""
        self._ends[rid] = max(self._ends.get(rid, 0), at)
        if rid == "" and all(start > at for start in self._runs.values()):
            self._spare = max(self._spare, at)
        begun = sorted((start, name) for name, start in self._runs.items() if start <= at)
        if rid == "" and begun and (self._runs.get("", at + 1) > at):
            rid = begun[-1][1]
        if self._runs.get(rid, at + 1) <= at:
            del self._runs[rid]

    def pass_to(self, now: Ms) -> None:
        """Time passes."""
        while self._status != "down" and self._comes_next(now):
            pass
        every = self.rules.remind_every
        while self._status == "down" and every is not None and self._since + every * (self._reminders + 1) <= now:
            self._reminders += 1
            self.alerts.append(Alert("reminder", self._reason, self._since + every * self._reminders))

    def _comes_next(self, now: Ms) -> bool:
        limit = self.rules.max_runtime or self.rules.grace
        limits = sorted((start + limit, rid) for rid, start in self._runs.items() if rid not in self._told)
        missed = self._missed_at(limits)
        if limits and limits[0][0] <= now and (missed is None or limits[0][0] <= missed):
            at, rid = limits[0]
            self._told.add(rid)
            self._becomes("down", "overrun", at, of=self._runs[rid])
            return True
        if missed is None or missed > now:
            return False
        self._misses += 1
        if self._misses >= self.rules.misses_before_alert:
            self._becomes("down", "missed", missed)
        else:
            self._awaited_since, self._floor = self._expected(), max(self._floor, missed)
        return True

    def _missed_at(self, limits: list[tuple[Ms, str]]) -> Ms | None:
        expected = self._expected()
        if self._status != "up" or expected is None:
            return None
        deadline = expected + self.rules.grace
        if self.rules.max_runtime is None:
            return deadline
        return max([deadline, *(at for at, rid in limits if self._last_success < self._runs[rid] < deadline)])

    def _expected(self) -> Ms | None:
        if self._awaited_since is None:
            return None
        if self.rules.period is not None:
            return self._awaited_since + self.rules.period
        due = next_of(self.rules.occurrences, self._awaited_since)
        if due is not None and due - self._awaited_since <= self.rules.early:
            return next_of(self.rules.occurrences, due)
        return due

    def _becomes(self, status: str, reason: str, at: Ms, *, of: Ms | None = None) -> None:
        if status == self._status:
            return
        was, self._status, self._reason = self._status, status, reason
        self._floor = self._since = max(self._floor, at)
        self._reminders = 0
        if status == "down" or was == "down":
            self.alerts.append(Alert(status, reason, self._since, None if of is None else self._since - of))


def next_of(occurrences: Minutes, after: Ms) -> Ms | None:
    """The first that is later."""
    at = bisect_right(occurrences, after // MINUTE)
    return occurrences[at] * MINUTE if at < len(occurrences) else None


def cron(expression: str, tz: str, begin: int, end: int) -> Minutes:
    """Debian's cron, minute by minute: begin and end are minutes since the epoch."""
    minute, hour, *_ = expression.split()
    matches = _matching(expression)
    if minute.startswith("*") or hour.startswith("*"):
        return tuple(real for real, wall in walls(tz, begin, end) if matches(wall))
    return tuple(_once_each(matches, walls(tz, begin, end)))


def _once_each(matches: Callable[[int], bool], minutes: Iterable[tuple[int, int]]) -> Iterator[int]:
    """Each minute of the wall clock at most once: when it is first shown, or passed over."""
    newest: int | None = None
    for real, wall in minutes:
        if newest is not None and wall <= newest:
            continue
        shown = (wall,) if newest is None else range(newest + 1, wall + 1)
        if any(map(matches, shown)):
            yield real
        newest = wall


@lru_cache(maxsize=64)
def walls(tz: str, begin: int, end: int) -> tuple[tuple[int, int], ...]:
    """Each minute with what the clocks of a zone show in it, as if that were UTC."""
    zone, shown = ZoneInfo(tz), []
    for real in range(begin, end):
        offset = datetime.fromtimestamp(real * 60, zone).utcoffset()
        assert offset is not None, "it is aware"
        shown.append((real, real + int(offset.total_seconds()) // 60))
    return tuple(shown)


def _matching(expression: str) -> Callable[[int], bool]:
    minute, hour, day, month, weekday = expression.split()
    times = {h * 60 + m for h in _numbers(hour, 0, 23) for m in _numbers(minute, 0, 59)}
    months = _numbers(month, 1, 12)
    days, weekdays = _numbers(day, 1, 31), {number % 7 for number in _numbers(weekday, 0, 7)}
    both = day.startswith("*") or weekday.startswith("*")

    def matches(wall: int) -> bool:
        if wall % 1440 not in times:
            return False
        date = datetime.fromtimestamp(wall * 60, UTC)
        found = date.day in days, date.isoweekday() % 7 in weekdays
        return date.month in months and (all(found) if both else any(found))

    return matches


def _numbers(field: str, low: int, high: int) -> set[int]:
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        begin = low if first == "*" else int(first)
        until = high if first == "*" else int(last or first)
        found |= set(range(begin, until + 1, int(step or 1)))
    return found


def calendar(expression: str, tz: str, begin: int, end: int) -> Minutes:
    """OnCalendar of the shape `[Mon..Fri] *-*-* HH:MM:00 [zone]`, at hours when no clock changes."""
    words = expression.split()
    days, date = (words.pop(0) if words[0][0].isalpha() else "Mon..Sun"), words.pop(0)
    assert date == "*-*-*", "of the date, only the day of the week is told"
    hour, minute, _ = map(int, words.pop(0).split(":"))
    weekdays = set().union(*map(_weekdays, days.split(",")))
    return tuple(
        real
        for real, wall in walls(words[0] if words else tz, begin, end)
        if wall % 1440 == hour * 60 + minute and (wall // 1440 + 4) % 7 in weekdays
    )


def _weekdays(part: str) -> set[int]:
    first, _, last = part.partition("..")
    names = list(_DAYS)
    return {_DAYS[name] for name in names[names.index(first) : names.index(last or first) + 1]}
