"""A fleet in fast time: the sweep and the taking of pings as they are, on engines in memory, against a judge.

For 30 days each minute's sweep runs, while pings come in as it sleeps; some sweeps are lost, and in bad minutes AWS
throttles a fifth of all calls. What people were told is then compared with what `benchmarks.judge` says, alert by
alert. Two processes share the fleet.
"""

import argparse
import heapq
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from multiprocessing import get_context
from random import Random
from typing import Any

from botocore.exceptions import ClientError

from benchmarks import judge
from benchmarks.canned import ENVIRONMENT
from benchmarks.fleet import BEGIN, DAY, HOUR, SECOND, Job, Sent, fleet
from benchmarks.in_memory import Dynamo, in_memory
from benchmarks.judge import MINUTE, Ms
from benchmarks.open_door import Open
from benchmarks.report import Row, report
from chalicelib.domain.alerts import Alert, Kind, Reason
from chalicelib.domain.check import Check
from chalicelib.domain.configure import new_check
from chalicelib.domain.errors import Unavailable, Undelivered
from chalicelib.domain.ping import Ping, Signal, heard
from chalicelib.runtime import Wiring
from chalicelib.services.record_ping import take
from chalicelib.services.transaction import Ports
from chalicelib.store import checks
from chalicelib.sweep.loop import LOOK_AHEAD, sweep

PROCESSES = 2
LOST_SWEEPS = 0.01  # one by one
OUTAGE_EVERY, OUTAGE = 5 * DAY, 7 * MINUTE  # all sweeps of some minutes
BAD_EVERY, BAD = 8 * HOUR, 5 * MINUTE  # AWS throttles
THROTTLED = 0.2
AFTERMATH = 20 * MINUTE  # what was throttled waits for its next try
_THROTTLE: Any = {
    "Error": {"Code": "ProvisionedThroughputExceededException", "Message": ""},
    "ResponseMetadata": {"HTTPStatusCode": 400},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What came of a simulation, or of a part of one."""

    checks: int = 0
    pings: int = 0
    sweeps: int = 0
    lost_sweeps: int = 0
    throttles: int = 0
    told: int = 0
    reminders: int = 0  # of those
    repeats: int = 0
    false: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    waited: tuple[Ms, ...] = ()  # of each alert that time has brought about, in quiet times
    waited_in_trouble: tuple[Ms, ...] = ()
    waited_at_recovery: tuple[Ms, ...] = ()  # of a run that has overrun while the check was down


def main() -> None:
    """Simulate, print a table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checks", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    parts = [(range(first, asked.checks, PROCESSES), asked.seed, asked.days) for first in range(PROCESSES)]
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        found = merged(list(pool.map(simulated, *zip(*parts, strict=True))))
    for line in (found.false + found.missed)[:20]:
        print(line)
    report("simulate", rows(found, days=asked.days))


def rows(found: Found, *, days: int) -> list[Row]:
    """The figures, and their limits."""
    how = f"{found.told:,} alerts, of them {found.reminders:,} reminders, of {found.checks:,} checks in {days} days"
    how += f", {found.pings:,} pings"
    trouble = f"{found.throttles:,} calls throttled, {found.lost_sweeps:,} of {found.sweeps:,} sweeps lost"
    quiet, troubled, recovered = found.waited, found.waited_in_trouble, found.waited_at_recovery
    return [
        Row("false alerts", how, len(found.false), 0, ""),
        Row("missed alerts", trouble, len(found.missed), 0, ""),
        Row("latency, p50", f"{len(quiet):,} alerts that time brought about", _percentile(quiet, 50), 2, "s"),
        Row("latency, p99", "", _percentile(quiet, 99), 2, "s"),
        Row("latency, max", "", _percentile(quiet, 100), 15, "s"),
        Row("at a recovery, max", _RECOVERED.format(len(recovered)), _percentile(recovered, 100), 62, "s"),
        Row("in trouble, p50", f"{len(troubled):,} such alerts", _percentile(troubled, 50), 60, "s"),
        Row("in trouble, max", "outages of sweeps last 7 minutes", _percentile(troubled, 100), 1200, "s"),
        Row("repeats", "under the same id", found.repeats, found.told, ""),
    ]


_RECOVERED = "{:,} runs that were stuck meanwhile: the next sweep tells of them"


def _percentile(waited: tuple[Ms, ...], percent: int) -> float:
    ordered = sorted(waited) or [0]
    return ordered[max(-(-len(ordered) * percent // 100) - 1, 0)] / SECOND


def merged(parts: list[Found]) -> Found:
    """One of several."""
    names = Found.__dataclass_fields__
    return Found(**{name: _sum([getattr(part, name) for part in parts]) for name in names})


def _sum(values: list[Any]) -> Any:
    return tuple(chain(*values)) if isinstance(values[0], tuple) else sum(values)


def simulated(numbers: range, seed: int, days: int) -> Found:
    """These checks of the fleet, in a process of their own."""
    with in_memory(Wiring(ENVIRONMENT)) as (wiring, dynamo, _), _quietly():
        world = World(dynamo, wiring.ports, Random(f"{seed}-world-{numbers.start}"), end=BEGIN + days * DAY)
        for job in fleet(numbers, seed=seed, days=days):
            world.add(job)
        world.run()
    return world.found()


@contextmanager
def _quietly() -> Iterator[None]:
    logger = logging.getLogger("overdue")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


@dataclass
class Told:
    """That an alert went out."""

    alert: judge.Alert
    id: str
    at: Ms


@dataclass
class World:
    """The time, the jobs, and what they have brought about. It is the sweep's clock: as it sleeps, pings come in."""

    dynamo: Dynamo
    ports: Ports
    random: Random
    end: Ms
    now_ms: Ms = BEGIN
    jobs: dict[str, Job] = field(default_factory=dict)
    judges: dict[str, judge.Judge] = field(default_factory=dict)
    told: dict[str, list[Told]] = field(default_factory=dict)
    on_their_way: list[tuple[Ms, int, str, Sent]] = field(default_factory=list)  # a heap, by arrival
    bad: list[tuple[Ms, Ms]] = field(default_factory=list)  # trouble, and its aftermath
    pings: int = 0
    sweeps: int = 0
    lost_sweeps: int = 0
    throttles: int = 0

    def __post_init__(self) -> None:
        self.dynamo.between = self._between
        self.ports = replace(self.ports, publish=self._publish, sleep=lambda _: None)

    def add(self, job: Job) -> None:
        """A check is made, and its job is set up."""
        made = new_check(job.code, project="default", config=job.config, now=_instant(BEGIN))
        checks.create(self.ports.tables, made)
        self.jobs[job.code], self.judges[job.code], self.told[job.code] = job, judge.Judge(job.rules), []
        for sent in job.sent:
            self._send(job.code, sent)

    def _send(self, code: str, sent: Sent) -> None:
        heapq.heappush(self.on_their_way, (sent.at + sent.took, len(self.on_their_way), code, sent))

    def run(self) -> None:
        """All minutes, and some more, in which no ping comes, so that everything is told.

        A sweep is spared where the index holds nothing for it: it would ask each shard, and end.
        """
        for minute in range(BEGIN, self.end + AFTERMATH, MINUTE):
            at = minute + self.random.randrange(500)
            self._pass_to(at)
            if self.now_ms >= minute + MINUTE:
                continue  # the last sweep has not come to its end
            if self._is_lost(minute):
                self.lost_sweeps += 1
                self.bad.append((minute - MINUTE, minute + 3 * MINUTE))
                continue
            if self._is_bad():
                self.bad.append((minute - MINUTE, minute + AFTERMATH))
            self.sweeps += 1
            if self.dynamo.is_due_by(_instant(self.now_ms) + LOOK_AHEAD) or self._is_bad():
                sweep(self.ports, self, Open())
        for each in self.judges.values():
            each.pass_to(self.end)

    def _is_lost(self, minute: Ms) -> bool:
        is_outage = (minute - BEGIN) % OUTAGE_EVERY >= OUTAGE_EVERY - OUTAGE
        return minute < self.end and (is_outage or self.random.random() < LOST_SWEEPS)

    def _is_bad(self) -> bool:
        return self.now_ms < self.end and (self.now_ms - BEGIN) % BAD_EVERY >= BAD_EVERY - BAD

    def now(self) -> datetime:
        """The instant."""
        return _instant(self.now_ms)

    def sleep(self, seconds: float) -> None:
        """Let that time pass, with all that comes in."""
        self._pass_to(self.now_ms + round(seconds * SECOND))

    def _pass_to(self, until: Ms) -> None:
        while self.on_their_way and self.on_their_way[0][0] <= until:
            arrives, _, code, sent = heapq.heappop(self.on_their_way)
            self.now_ms = max(self.now_ms, arrives)
            if sent.at < self.end:
                self._take(code, sent)
        self.now_ms = max(self.now_ms, until)

    def _take(self, code: str, sent: Sent) -> None:
        """A ping comes in. Who is refused sends it again, as curl's --retry does."""
        ping = Ping(at=_instant(sent.at), signal=Signal(sent.signal), rid=sent.rid)
        try:
            take(self.ports, self.jobs[code].code, ping, lambda check: heard(check, ping))
        except Unavailable:
            again = self.now_ms + self.random.randrange(SECOND, 4 * SECOND)
            self._send(code, replace(sent, at=again))
            return
        self.pings += 1
        self.judges[code].pinged(sent.signal, sent.rid, sent.at)

    def _between(self, operation: str, asked: Any, effect: Callable[[], Any]) -> Any:
        """Calls to DynamoDB. The rows of pings are not kept: nobody asks for them while the door is open."""
        is_ping = operation == "PutItem" and asked["Item"].get("sort", {"S": ""})["S"].startswith("ping#")
        if is_ping:  # never refused: what is refused there has been written, and is counted twice when it comes again
            return {}
        if self._is_bad() and self.random.random() < THROTTLED:
            self.throttles += 1
            raise ClientError(_THROTTLE, operation)
        return effect()

    def _publish(self, check: Check, alert: Alert, *, now: datetime) -> tuple[str, ...]:
        """Tell people."""
        if self._is_bad() and self.random.random() < THROTTLED:
            self.throttles += 1
            raise Undelivered("SNS is throttled")
        said = judge.Alert(alert.kind.value, str(alert.reason), _ms(alert.at), _overran_for(alert))
        self.told[check.code].append(Told(said, alert.id, _ms(now)))
        return ("ops-email",)

    def found(self) -> Found:
        """What was told, against what was to be told."""
        false, missed = list[str](), list[str]()
        quiet, troubled, recovered = list[Ms](), list[Ms](), list[Ms]()
        told = reminders = repeats = 0
        for code, each in self.judges.items():
            first = {said.id: said for said in reversed(self.told[code])}
            repeats += len(self.told[code]) - len(first)
            have = [said.alert for said in first.values() if said.alert.at <= self.end]
            want = [alert for alert in each.alerts if alert.at <= self.end]
            false += [f"false: {self._named(code)}: {alert}" for alert in _beyond(have, want)]
            missed += [f"missed: {self._named(code)}: {alert}" for alert in _beyond(want, have)]
            told += len(have)
            reminders += sum(alert.kind == "reminder" for alert in have)
            ups = {said.alert.at for said in first.values() if said.alert.kind == "up"}
            for said in filter(_is_timely, first.values()):
                at_recovery = recovered if said.alert.at in ups else quiet
                (troubled if self._was_bad(said.alert.at) else at_recovery).append(said.at - said.alert.at)
        return Found(
            checks=len(self.jobs),
            pings=self.pings,
            sweeps=self.sweeps,
            lost_sweeps=self.lost_sweeps,
            throttles=self.throttles,
            told=told,
            reminders=reminders,
            repeats=repeats,
            false=tuple(false),
            missed=tuple(missed),
            waited=tuple(quiet),
            waited_in_trouble=tuple(troubled),
            waited_at_recovery=tuple(recovered),
        )

    def _named(self, code: str) -> str:
        config = self.jobs[code].config
        return f"{config.name} ({config.schedule}, grace {config.grace})"

    def _was_bad(self, at: Ms) -> bool:
        return any(begin <= at < end for begin, end in self.bad)


def _is_timely(said: Told) -> bool:
    """Whether no ping has brought it about: then it is told within a second or two."""
    return said.alert.kind == "reminder" or (said.alert.kind == "down" and said.alert.reason in ("missed", "overrun"))


def _overran_for(alert: Alert) -> Ms | None:
    """How long an overrun had been running, as its alert says; None of other alerts."""
    if alert.kind is not Kind.DOWN or alert.reason is not Reason.OVERRUN or alert.facts.took is None:
        return None
    return round(alert.facts.took.total_seconds() * SECOND)


def _beyond(these: list[judge.Alert], those: list[judge.Alert]) -> Iterator[judge.Alert]:
    rest = list(those)
    for each in these:
        if each in rest:
            rest.remove(each)
        else:
            yield each


def _instant(at: Ms) -> datetime:
    return datetime.fromtimestamp(at // SECOND, UTC) + timedelta(milliseconds=at % SECOND)


def _ms(at: datetime) -> Ms:
    return round(at.timestamp() * SECOND)


if __name__ == "__main__":
    main()
