"""DynamoDB's units per ping in five workloads, and the list price of what they do; on moto, with a clock of its own.

The baseline of the same run is the least that any monitor can do which keeps state and history: one read, one write
of each, no index. Every request is counted where botocore sends it (`capacity`), those of the sweep too. Prices are
those of `overdue cost` (overdue/aws/prices.json: dated, with its sources).

Two figures cannot be had without an account: how long Lambda is busy, taken as this run's CPU of a ping at the share
of a vCPU that the memory buys (one at 1,769 MB: docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html) and
3 ms for each call; and what Lambda itself logs of a sweep, START, END and REPORT, as they are known. Of a ping that
went well it logs nothing: `SystemLogLevel` of the template.
"""

import io
import json
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from threading import Barrier

from benchmarks.canned import ENVIRONMENT, LAST_PING_S, Canned, event, item
from benchmarks.capacity import Meter
from benchmarks.report import Row, report
from benchmarks.stage import CONTEXT, Stage, StillClock, stage, utc
from chalicelib.domain.config import Config
from chalicelib.domain.schedule.occurrences import Cron, Every
from chalicelib.sweep.loop import invoked
from overdue.aws.cost import prices

START = utc("2026-03-02T00:00:07+00:00")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
OUTPUT = b"copied 1,204 files, 18.2 GB, in 11 min\n" * 12  # what a job says at its end
WORKERS, CPU_ROUNDS = 100, 400
MONTH_H = 730
MEMORY_MB, VCPU_MB = int(json.loads(Path(".chalice/config.json").read_text())["lambda_memory_size"]), 1769
CALL_MS, QUERY_CPU_MS = 3.0, 0.7  # the latter of a sweep: see `sweep`
ID = "8f5d3c1e-0b52-4f7e-9d3a-2f6c1a7b9e40"
LAMBDA_SAYS = (
    f"START RequestId: {ID} Version: $LATEST\n",
    f"END RequestId: {ID}\n",
    f"REPORT RequestId: {ID}\tDuration: 12.3 ms\tBilled Duration: 13 ms\tMemory Size: 256 MB\tMax Memory Used: 99 MB\n",
)
ACCESS_LOG = (
    '{"request_id":"JKJaXmPLvHcESHA=","verb":"GET","route":"ANY /ping/{proxy+}","status":"200",'
    '"took_ms":"18","function_ms":"16","error":"-","function_error":"-"}\n'
)
EVENT_BYTES = 26  # that CloudWatch Logs adds to each event: docs.aws.amazon.com, PutLogEvents

Sent = tuple[datetime, str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """A job and what it sends."""

    name: str
    config: Config
    requests: Callable[[], Iterator[Sent]]
    most: float  # write units per request


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """By a request, on average, with what the sweep did about it; the sweep's own look at the index is apart."""

    reads: float
    writes: float
    calls: float
    by_sweep: float  # write units of `writes`
    log_bytes: float


def each(step: timedelta, times: int, *, body: bytes = b"") -> Callable[[], Iterator[Sent]]:
    """A success at each step, as punctual as jobs are."""
    return lambda: ((START + step * i + late(i), "", body) for i in range(times))


def runs(step: timedelta, took: timedelta, times: int) -> Callable[[], Iterator[Sent]]:
    """A start and a success at each step."""

    def sent() -> Iterator[Sent]:
        for i in range(times):
            yield START + step * i + late(i), "/start", b""
            yield START + step * i + took + late(i + 1), "", OUTPUT

    return sent


def late(number: int) -> timedelta:
    """Up to 3 seconds, always the same for a number."""
    return timedelta(milliseconds=Random(number).randrange(3000))


EVERY_5_MIN, HOURLY, DAILY = (Cron(text, "Europe/Berlin") for text in ("*/5 * * * *", "0 * * * *", "0 1 * * *"))
WORKLOADS = (
    Workload(
        name="worker, each minute, grace 10 min",
        config=Config(name="orders", slug="orders", schedule=Every(MINUTE), grace=10 * MINUTE),
        requests=each(MINUTE, 221),
        most=2.2,
    ),
    Workload(
        name="worker, each minute, grace 1 min",
        config=Config(name="orders", slug="orders", schedule=Every(MINUTE), grace=MINUTE),
        requests=each(MINUTE, 121),
        most=3.5,
    ),
    Workload(
        name="cron, each 5 min, grace 5 min",
        config=Config(name="mails", slug="mails", schedule=EVERY_5_MIN, grace=5 * MINUTE),
        requests=each(5 * MINUTE, 61, body=OUTPUT),
        most=4.1,
    ),
    Workload(
        name="hourly, start and success",
        config=Config(name="reports", slug="reports", schedule=HOURLY, grace=15 * MINUTE, max_runtime=HOUR / 2),
        requests=runs(HOUR, 11 * MINUTE, 48),
        most=4.1,
    ),
    Workload(
        name="daily",
        config=Config(name="backup", slug="backup", schedule=DAILY, grace=HOUR),
        requests=each(DAY, 25, body=OUTPUT),
        most=4.1,
    ),
)


def main() -> None:
    """Measure, print a table, write JSON."""
    listed = prices()
    with redirect_stdout(io.StringIO()):  # of what the app logs, only the lines of counted pings are of interest
        cpu_ms = a_pings_cpu_ms()
        with stage() as made:
            used = {workload.name: measured(made, number, workload) for number, workload in enumerate(WORKLOADS, 1)}
            burst, lost = a_burst(made)
            quiet = a_quiet_sweep(made)
    rows = []
    for workload in WORKLOADS:
        one = used[workload.name]
        how = f"{one.reads:.2f} read units; {one.by_sweep:.2f} of the writes by the sweep; floor: 2 write, 1 read"
        rows.append(Row(f"{workload.name}: write units", how, one.writes, workload.most, "a request"))
    how = f"{burst.reads:.2f} read units, {burst.calls:.2f} calls; floor: 2 write, 1 read"
    rows += [
        Row(f"burst of {WORKERS} workers: write units", how, burst.writes, 4.0, "a request"),
        Row("of them lost or refused", f"{WORKERS} at once", lost, 0, "pings"),
    ]
    frequent, hourly = used[WORKLOADS[0].name], used[WORKLOADS[3].name]
    floor = priced(Used(reads=1, writes=2, calls=3, by_sweep=0, log_bytes=frequent.log_bytes), cpu_ms)
    million = {key: usd * 1e6 for key, usd in priced(frequent, cpu_ms).items()}
    month = a_month(priced(hourly, cpu_ms), quiet, requests=2 * 1000 * MONTH_H)
    as_of = f"{listed.region}, {listed.as_of}"
    rows += [
        Row(
            "a million frequent pings, at list price",
            f"{worded(million)}; floor {sum(floor.values()) * 1e6:.2f}; {as_of}",
            sum(million.values()),
            3.0,
            "USD",
        ),
        Row("1,000 hourly checks, a month", f"{worded(month)}; {as_of}", sum(month.values()), 10.0, "USD"),
        Row("a sweep that is always awake, a month", "something is due each minute; the dearest", awake(), 10.0, "USD"),
    ]
    report("units", rows)


def a_pings_cpu_ms() -> float:
    """Of the handler, with all that it calls, and no engine in the same process."""
    os.environ.update(ENVIRONMENT | {"OVERDUE_STAGE": "prod", "AWS_LAMBDA_FUNCTION_NAME": "overdue-prod-api"})
    import app
    from chalicelib import runtime

    client = runtime.wiring().ports.tables.client
    Canned(client, item({"every": 3600}, due_at_s=LAST_PING_S + 3900))
    one = event(at_s=LAST_PING_S + 3595)
    app.app(one, CONTEXT)
    began = time.process_time()
    for _ in range(CPU_ROUNDS):
        app.app(one, CONTEXT)
    return (time.process_time() - began) * 1000 / CPU_ROUNDS


def measured(made: Stage, number: int, workload: Workload) -> Used:
    """Send all of a workload's requests, with what the sweep does between them. The first makes it warm, uncounted."""
    client = made.wiring.ports.tables.client
    requests = list(workload.requests())
    code = made.add(number, workload.config, now=START - MINUTE)
    by_pings, by_sweep, said = Meter(made.items), Meter(made.items), io.StringIO()
    made.ping(code, at=requests[0][0], action=requests[0][1])
    for at, action, body in requests[1:]:
        with by_sweep.counting(client):
            made.sweep_until(code, until=at)
        with by_pings.counting(client), redirect_stdout(said):
            status = made.ping(code, at=at, action=action, body=body)
        assert status == 200, (workload.name, at, status)
    made.forget(code)
    counted = len(requests) - 1
    return Used(
        reads=(by_pings.reads + by_sweep.reads - by_sweep.queries) / counted,
        writes=(by_pings.writes + by_sweep.writes) / counted,
        calls=by_pings.calls / counted,
        by_sweep=by_sweep.writes / counted,
        log_bytes=logged(said.getvalue()) / counted,
    )


def logged(said: str) -> int:
    """What CloudWatch Logs bills of lines."""
    return len(said.encode()) + EVENT_BYTES * said.count("\n")


def a_burst(made: Stage) -> tuple[Used, int]:
    """100 workers at once on a check of a minute; how many of their pings were lost or refused."""
    client = made.wiring.ports.tables.client
    config = Config(name="workers", slug="workers", schedule=Every(MINUTE), grace=MINUTE)
    code = made.add(99, config, now=START - MINUTE)
    made.ping(code, at=START)
    meter, together, said = Meter(made.items), Barrier(WORKERS), io.StringIO()

    def worker(number: int) -> int:
        together.wait()
        return made.ping(code, at=START + MINUTE + timedelta(milliseconds=number))

    with meter.counting(client), redirect_stdout(said), ThreadPoolExecutor(WORKERS) as workers:
        statuses = list(workers.map(worker, range(WORKERS)))
    lost = max(WORKERS + 1 - made.pings(code), sum(status != 200 for status in statuses))
    made.forget(code)
    shares = {"reads": meter.reads, "writes": meter.writes, "calls": meter.calls, "log_bytes": logged(said.getvalue())}
    return Used(**{name: total / WORKERS for name, total in shares.items()}, by_sweep=0), lost


def a_quiet_sweep(made: Stage) -> Used:
    """One that finds nothing near."""
    client = made.wiring.ports.tables.client
    meter, said = Meter(made.items), io.StringIO()
    with meter.counting(client), redirect_stdout(said):
        invoked(made.wiring, StillClock(START), {})
    log_bytes = logged(said.getvalue())
    return Used(reads=meter.reads, writes=meter.writes, calls=meter.calls, by_sweep=meter.writes, log_bytes=log_bytes)


def priced(one: Used, cpu_ms: float) -> dict[str, float]:
    """What a request costs, in USD, by kind."""
    items = prices().items
    log_bytes = logged(ACCESS_LOG) + one.log_bytes
    return {
        "HTTP API": items["http_requests"].of(1),
        "Lambda": items["lambda_requests"].of(1) + items["lambda_arm_gb_s"].of(gb_s(one.calls, cpu_ms)),
        "reads": items["dynamodb_reads"].of(one.reads),
        "writes": items["dynamodb_writes"].of(one.writes),
        "logs": items["log_gb"].of(log_bytes / 1024**3),
    }


def gb_s(calls: float, cpu_ms: float) -> float:
    """How long Lambda is busy with an invocation, times its memory."""
    busy_ms = cpu_ms * VCPU_MB / MEMORY_MB + calls * CALL_MS
    return busy_ms / 1000 * MEMORY_MB / 1024


def a_month(request: dict[str, float], quiet: Used, *, requests: int) -> dict[str, float]:
    """What so many requests cost, and a month of sweeps which find nothing near: jobs that are in time."""
    items = prices().items
    sweeps = MONTH_H * 60
    log_bytes = logged("".join(LAMBDA_SAYS)) + quiet.log_bytes
    quiet_usd = (
        items["lambda_requests"].of(1)
        + items["lambda_arm_gb_s"].of(gb_s(quiet.calls, quiet.calls * QUERY_CPU_MS))
        + items["dynamodb_reads"].of(quiet.reads)
        + items["dynamodb_writes"].of(quiet.writes)
        + items["log_gb"].of(log_bytes / 1024**3)
    )
    return {key: usd * requests for key, usd in request.items()} | {"sweeps": quiet_usd * sweeps}


def awake() -> float:
    """What it costs that a sweep waits for what comes due within its minute, all through a month, in USD."""
    return prices().items["lambda_arm_gb_s"].of(MONTH_H * 3600 * MEMORY_MB / 1024)


def worded(by_kind: dict[str, float]) -> str:
    """The parts of a sum, the dearest first."""
    return ", ".join(f"{kind} {usd:.2f}" for kind, usd in sorted(by_kind.items(), key=lambda part: -part[1]))


if __name__ == "__main__":
    main()
