"""The load of a million checks on the due index and the sweep, simulated in memory within minutes.

Measured: reading the index when nothing is due and when everything is (queries of 1 MB, CPU, memory); how often a
check of each workload is evaluated and its index entry moves, with the domain's own `receive` and `advance` on a day of
pings; the CPU of an evaluation that only moves the entry, with the real sweep and real botocore clients. Computed from
that and AWS's published limits (docs/explanation/scale.md): write units a second per shard, the time for all checks due
at one instant, Lambda's concurrency, a month's price. Baseline: 1,000 checks.
"""

import gc
import io
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from resource import getpagesize
from typing import Any
from uuid import UUID

from benchmarks.open_door import Open
from benchmarks.report import Row, report
from benchmarks.stage import StillClock, utc
from benchmarks.storm import GRACE, HOUR, missed_check, put, wired_in_memory
from benchmarks.sweep import quiet
from benchmarks.transport import DYNAMODB_S, Transport
from chalicelib.domain.advance import advance
from chalicelib.domain.check import Check, Status
from chalicelib.domain.config import Config
from chalicelib.domain.configure import new_check
from chalicelib.domain.ids import Code
from chalicelib.domain.ping import Ping, Signal
from chalicelib.domain.receive import receive
from chalicelib.domain.rules.due import next_due
from chalicelib.domain.schedule.occurrences import Cron, Every
from chalicelib.store import checks
from chalicelib.store.tables import SHARDS
from chalicelib.sweep.fan_out import PARTS
from chalicelib.sweep.loop import MOST_OF_A_SHARD, WORKERS, sweep
from overdue.aws.cost import prices

PAGE_BYTES, ROW_BYTES = 1024 * 1024, 60  # an entry: code 40, due_shard 11, due_at 15, less what names share
UNITS_A_SHARD, INDEX_UNITS = 1_000, 2  # per second and partition; per moved entry
ENOUGH, WARM_UP = 2_000, 3  # checks evaluated in the measurement
DAY, START = timedelta(days=1), utc("2026-03-02T00:00:00+00:00")
PING_CPU_MS, PING_CALLS, VCPU_MB, API_MB, SWEEP_MB = 1.3, 3, 1769, 256, 256
LATE_S, MONTH_S = 2.0, 730 * 3600


@dataclass(frozen=True, kw_only=True)
class Workload:
    """The kind of all checks in a simulation."""

    name: str
    config: Config
    every_s: int


@dataclass(frozen=True, kw_only=True)
class Moves:
    """What a ping of a workload causes, on average."""

    evaluations: float  # by the sweep
    by_ping: float  # moves of the check's index entry
    by_sweep: float


WORKLOADS = (
    Workload(name="every 5 min", every_s=300, config=Config(schedule=Cron("*/5 * * * *", "UTC"), grace=DAY / 288)),
    Workload(name="hourly", every_s=3600, config=Config(schedule=Cron("0 * * * *", "UTC"), grace=DAY / 96)),
    Workload(name="daily", every_s=86400, config=Config(schedule=Cron("0 1 * * *", "UTC"), grace=DAY / 24)),
)


def main() -> None:
    """Measure, print a table, write JSON."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--checks", type=int, default=100_000)
    number: int = parser.parse_args().checks
    with redirect_stdout(io.StringIO()):
        found = [*index_rows(number), *fleet_rows(number)]
    report("scale", found)


def index_rows(number: int) -> Iterator[Row]:
    """Reading the index when nothing is due, and when everything is."""
    few_ms, _, _ = quiet(1_000)
    ms, _, queries = quiet(number)
    how = f"{ms:.1f} ms of CPU; 1,000 checks: {few_ms:.1f} ms"
    yield Row(f"{number:,} checks, none due: queries of a sweep", how, queries, SHARDS, "queries")
    yield Row("CPU of that, against 1,000 checks", "", ms / few_ms, 1.3, "×")
    with wired_in_memory() as (_, transport):
        read, pages, cpu_s, megabytes = look_at_due(transport, number)
    how = f"the earliest {read:,}; {cpu_s:.2f} s of CPU, {megabytes:.0f} MB of memory"
    most = SHARDS * (MOST_OF_A_SHARD * ROW_BYTES / PAGE_BYTES + 1)
    yield Row(f"{number:,} checks, all due: pages of a look", how, pages, most, "pages")
    waiting_s = cpu_s * VCPU_MB / SWEEP_MB
    how = f"{waiting_s:.1f} s for the waiting sweep, which has {SWEEP_MB} MB: before anything is shared out"
    yield Row("CPU of that, a check read", how, cpu_s / read * 1e6, 200, "µs")


def look_at_due(transport: Transport, number: int) -> tuple[int, int, float, float]:
    """Read due checks as the sweep does: checks, queries, CPU in s without the engine's, memory in MB."""
    at = START.timestamp()
    for shard in range(SHARDS):
        transport.dynamo._due[shard] = [(at, str(UUID(int=i << 3 | shard, version=4))) for i in range(number // SHARDS)]
    transport.dynamo.page_rows = PAGE_BYTES // ROW_BYTES
    transport.reset()
    gc.collect()
    before, began = resident_mb(), time.process_time()
    found = [due for shard in range(SHARDS) for due in checks.due_codes(shard, until=START, most=MOST_OF_A_SHARD)]
    cpu_s = time.process_time() - began - transport.engine_cpu_s
    used = resident_mb() - before
    transport.dynamo.forget()
    assert len(found) == min(number // SHARDS, MOST_OF_A_SHARD) * SHARDS, len(found)
    return len(found), transport.calls["Query"], cpu_s, max(used, 0.0)


def resident_mb() -> float:
    """The resident memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * getpagesize() / 1e6


def fleet_rows(number: int) -> Iterator[Row]:
    """The load on sweep and index of healthy checks of each workload, and of checks that are all missed at once."""
    cpu_ms, calls = measure_evaluation(healthy_check, together=False)
    a_second = rate(cpu_ms, calls)
    how = f"{calls:.2f} calls; {len(PARTS)} parts with a vCPU and {WORKERS} threads each: {a_second:,.0f} a second"
    yield Row("an evaluation that only moves a check on: CPU", how, cpu_ms, 5.0, "ms")
    for workload in WORKLOADS:
        yield from fleet(workload, number, moves(workload), a_second)
    cpu_ms, calls = measure_evaluation(check_missed_a_minute_ago, together=True)
    a_second = rate(cpu_ms, calls)
    by_index = number / UNITS_A_SHARD  # of flips, one unit each, a project's all in one partition
    how = f"{cpu_ms:.2f} ms and {calls:.2f} calls an alert: {a_second:,.0f} a second; of one project {UNITS_A_SHARD:,}"
    yield Row("all missed at one instant: the last is published after", how, max(number / a_second, by_index), 600, "s")


def rate(cpu_ms: float, calls: float) -> float:
    """Checks per second of all parts. The threads of a part wait for AWS and share a vCPU."""
    return min(WORKERS / (calls * DYNAMODB_S + cpu_ms / 1000), 1000 / cpu_ms) * len(PARTS)


def fleet(workload: Workload, number: int, moved: Moves, a_second: float) -> Iterator[Row]:
    """The figures of a fleet of healthy checks."""
    pings, moves_a_ping = number / workload.every_s, moved.by_ping + moved.by_sweep
    units = pings * (2 + moved.evaluations + INDEX_UNITS * moves_a_ping)
    busy_s = (PING_CPU_MS * VCPU_MB / API_MB + PING_CALLS * DYNAMODB_S * 1000) / 1000
    how = (
        f"{pings:,.0f} pings/s, {pings * busy_s:,.0f} at once in Lambda, {units:,.0f} write units/s, "
        f"{price(pings, units, moved, busy_s):,.0f} USD a month"
    )
    a_shard = pings * INDEX_UNITS * moves_a_ping / SHARDS
    yield Row(f"{workload.name}, spread: index units/s and shard", how, a_shard, UNITS_A_SHARD, "units")
    evaluations = number * moved.evaluations
    how = f"{moved.evaluations:.2f} evaluations a ping"
    if evaluations:
        keeps_up, in_time = (seconds * a_second / moved.evaluations for seconds in (workload.every_s, LATE_S))
        how += f"; done within {LATE_S:g} s up to {in_time:,.0f} checks, before the next up to {keeps_up:,.0f}"
    took_s = evaluations / a_second
    yield Row(f"{workload.name}, all at one instant: evaluated in", how, took_s, workload.every_s, "s")


def price(pings: float, units: float, moved: Moves, busy_s: float) -> float:
    """The list price of a month in USD, without logs, alerts, storage and the sweep's own time."""
    items, number = prices().items, pings * MONTH_S
    return (
        items["http_requests"].of(number)
        + items["lambda_requests"].of(number)
        + items["lambda_arm_gb_s"].of(number * busy_s * API_MB / 1024)
        + items["dynamodb_writes"].of(units * MONTH_S)
        + items["dynamodb_reads"].of(number * (1 + moved.evaluations))
    )


def moves(workload: Workload) -> Moves:
    """The evaluations and index moves that punctual successes cause, according to the domain."""
    step, times = timedelta(seconds=workload.every_s), max(86400 // workload.every_s, 10)
    check = new_check(Code(str(UUID(int=1, version=4))), project="default", config=workload.config, now=START)
    evaluations = by_ping = by_sweep = 0
    for i in range(-WARM_UP, times):
        if i == 0:
            evaluations = by_ping = by_sweep = 0
        at = START + DAY / 24 + step * (i + WARM_UP) + timedelta(seconds=i * 7 % 3)
        while check.due_at is not None and check.due_at <= at:
            after = advance(check, now=check.due_at).after
            assert after.status is not Status.DOWN, "the job is punctual"
            evaluations, by_sweep = evaluations + 1, by_sweep + (after.due_at != check.due_at)
            check = after
        after = receive(check, Ping(at=at, signal=Signal.SUCCESS), Signal.SUCCESS).after
        by_ping += check.due_at is not None and after.due_at != check.due_at
        check = replace(after, records=(), alerts=())
    return Moves(evaluations=evaluations / times, by_ping=by_ping / times, by_sweep=by_sweep / times)


def measure_evaluation(make: Callable[..., Check], *, together: bool) -> tuple[float, float]:
    """CPU in ms and calls of an evaluation by the real sweep, including its alerts and writes."""
    now = datetime.now(UTC)
    with wired_in_memory() as (wiring, transport):
        transport.sns_s = 0
        for number in range(1, ENOUGH + 1):
            put(transport, make(number, now=now))
        transport.reset()
        began = time.process_time()
        ports = wiring.ports if together else replace(wiring.ports, together=None)
        done = sweep(ports, StillClock(now), Open())
        cpu_s = time.process_time() - began - transport.engine_cpu_s
        assert done.looked_at == ENOUGH, done
        calls: Any = sum(transport.calls.values())
    return cpu_s * 1000 / ENOUGH, calls / ENOUGH


def check_missed_a_minute_ago(number: int, *, now: datetime) -> Check:
    """Hourly, missed a minute ago."""
    return missed_check(number, at=now - HOUR - GRACE - timedelta(minutes=1))


def healthy_check(number: int, *, now: datetime) -> Check:
    """Hourly, pinged a minute ago; the index still holds the deadline of the ping before."""
    config = Config(name=f"job {number}", slug=f"job-{number}", schedule=Every(timedelta(hours=1)), grace=DAY / 96)
    new = new_check(Code(str(UUID(int=number, version=4))), project="default", config=config, now=now - DAY)
    at = now - timedelta(minutes=1)
    up = replace(new, status=Status.UP, since=now - DAY, n_pings=9, last_ping=at, last_success=at)
    assert next_due(up) is not None, "it is watched"
    return replace(up, due_at=now - timedelta(seconds=10))


if __name__ == "__main__":
    main()
