"""A check in the plainest way: what is known of it, and what follows
(docs/reference/rules.md, rules 1, 3–5, 7, 8, 10–13).

It takes nothing from `chalicelib.domain` but the values in which a check is configured. Instants are aware datetimes.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from chalicelib.domain.config import Config
from chalicelib.domain.schedule.occurrences import Every

CRON_AT = "30 * * * *"  # the only cron that it knows, in a zone at 5 h 30 min: the full hour in UTC


@dataclass(frozen=True, order=True)
class Told:
    """An alert."""

    at: datetime
    flip: int
    kind: str
    reason: str
    ordinal: int = 0
    ran: timedelta = timedelta()  # of an overrun: how long its run has been open by then


@dataclass
class Reference:
    """One check, as it must be."""

    config: Config
    made_at: datetime
    status: str = "new"
    reason: str = ""
    since: datetime | None = None
    flips: int = 0
    told: list[Told] = field(default_factory=list)
    floor: datetime | None = None  # no change is dated before it
    last_ping: datetime | None = None
    last_success: datetime | None = None
    awaits_since: datetime | None = None  # the last success, or what was borne since
    failures: int = 0
    misses: int = 0
    reminders: int = 0
    is_acknowledged: bool = False
    runs: dict[str, datetime] = field(default_factory=dict)
    overran: set[str] = field(default_factory=set)
    ends: list[tuple[datetime, str]] = field(default_factory=list)  # each end that has come, and which run it ended

    def pinged(self, signal: str, rid: str, at: datetime, *, method: str) -> None:
        """A ping; `signal` is what its URL says."""
        if signal == "log" or (self.status == "paused" and self.config.manual_resume):
            return
        if self.config.filters.methods == "POST" and method != "POST":
            return
        if self.last_ping is not None and at < self.last_ping:
            if signal == "start":
                self._begin(rid, at)
            else:
                self._end(rid, at)
            return
        self.passes_to(at)
        if signal == "start":
            self._begin(rid, at)
            return
        self.last_ping = at
        began = self._end(rid, at)
        shortest = self.config.min_runtime
        is_short = shortest is not None and began is not None and timedelta() <= at - began < shortest
        if signal == "success" and not is_short:
            self.last_success = self.awaits_since = at
            self.failures = self.misses = 0
            self._becomes("up", self.reason, at)
        else:
            self._fails("too_short" if signal == "success" else "failed", at)

    def _fails(self, reason: str, at: datetime) -> None:
        self.failures += 1
        if self.status == "down":
            return
        if self.failures >= self.config.failures_before_alert:
            self._becomes("down", reason, at)
        elif self.last_success is not None:
            self.awaits_since = at

    def _begin(self, rid: str, at: datetime) -> None:
        """A run is open, if nothing that ended it, and no newer start, has come before this start."""
        if any(end > at and ended in (rid, "whatever") for end, ended in self.ends) or self.runs.get(rid, at) > at:
            return
        self.runs[rid] = at
        self.overran.discard(rid)

    def _end(self, rid: str, at: datetime) -> datetime | None:
        """A run is over: that of the rid; where there is no rid, the nameless one, or the one that began last. Nothing
        ends before it begins.
        """
        candidates = [name for name, began in self.runs.items() if began <= at and rid in ("", name)]
        candidates.sort(key=lambda name: (name == rid, self.runs[name], name))
        self.ends.append((at, "whatever" if rid == "" and not candidates else rid))
        if not candidates:
            return None
        self.overran.discard(candidates[-1])
        return self.runs.pop(candidates[-1])

    def edited(self, config: Config, now: datetime) -> None:
        """Another configuration from now on."""
        self.passes_to(now)
        self.config, self.floor = config, now if self.floor is None else max(self.floor, now)

    def paused(self, now: datetime) -> None:
        """Nothing is awaited."""
        self.passes_to(now)
        self.ends.append((now, "whatever"))
        self.runs, self.awaits_since = {}, self.last_success
        self._becomes("paused", "", now)

    def resumed(self, now: datetime) -> None:
        """It begins anew, if it was paused."""
        self.passes_to(now)
        if self.status == "paused":
            self.ends.append((now, "whatever"))
            self.runs, self.last_ping, self.last_success, self.awaits_since = {}, None, None, None
            self.failures = self.misses = 0
            self._becomes("new", "", now)

    def acknowledged(self, now: datetime) -> None:
        """No more reminders of this outage."""
        self.passes_to(now)
        self.is_acknowledged = self.status == "down"

    def passes_to(self, now: datetime) -> None:
        """All that has come by now, one after the other; of reminders that were slept through, the newest."""
        while self.status != "down" and self._next(now):
            pass
        every = self.config.remind_every
        if self.status == "down" and every is not None and not self.is_acknowledged and self.since is not None:
            number = (now - self.since) // every
            if number > self.reminders:
                self.reminders = number
                self.told.append(Told(self.since + every * number, self.flips, "reminder", self.reason, number))

    def _next(self, now: datetime) -> bool:
        limit = self.config.max_runtime or self.config.grace
        limits = sorted((began + limit, rid) for rid, began in self.runs.items() if rid not in self.overran)
        missed = self._missed_at(limits)
        if limits and limits[0][0] <= now and (missed is None or limits[0][0] <= missed):
            at, rid = limits[0]
            self.overran.add(rid)
            self._becomes("down", "overrun", at, began=self.runs[rid])
            return True
        if missed is None or missed > now:
            return False
        self.misses += 1
        if self.status == "new" or self.misses >= self.config.misses_before_alert:
            self._becomes("down", "missed", missed)
        else:
            assert self.awaits_since is not None, "what was missed was awaited"
            self.awaits_since = self._expected_after(self.awaits_since)
            self.floor = missed if self.floor is None else max(self.floor, missed)
        return True

    def _missed_at(self, limits: list[tuple[datetime, str]]) -> datetime | None:
        if self.status == "up" and self.awaits_since is not None:
            deadline = self._expected_after(self.awaits_since) + self.config.grace
        elif self.status == "new" and isinstance(self.config.first_ping_by, timedelta):
            deadline = (self.since or self.made_at) + self.config.first_ping_by
        else:
            return None
        if self.config.max_runtime is None:
            return deadline
        held = deadline
        for at, rid in limits:
            is_of_next = self.last_success is None or self.runs[rid] > self.last_success
            if is_of_next and self.runs[rid] < deadline:
                held = max(held, at)
        return held

    def _expected_after(self, at: datetime) -> datetime:
        if isinstance(self.config.schedule, Every):
            return at + self.config.schedule.period
        hour = at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        return hour + timedelta(hours=1) if hour - at <= self.config.early else hour

    def _becomes(self, status: str, reason: str, at: datetime, *, began: datetime | None = None) -> None:
        if status == self.status:
            return
        was, why = self.status, self.reason
        self.floor = self.since = at if self.floor is None else max(self.floor, at)
        self.status, self.reason = status, reason if status == "down" else ""
        self.flips += 1
        self.reminders, self.is_acknowledged = 0, False
        if status == "down":
            ran = timedelta() if began is None else self.since - began
            self.told.append(Told(self.since, self.flips, "down", reason, ran=ran))
        elif status == "up":
            self.misses = 0
            if was == "down":
                self.told.append(Told(self.since, self.flips, "up", why))
