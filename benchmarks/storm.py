"""10,000 checks due at one instant: when the first message leaves, and the CPU and the calls of each alert.

The engine is not the bottleneck: it answers in memory, after the latency of AWS, and its own CPU is not counted
(`transport`). One part of four waits for the instant by the machine's clock, as it does on Lambda; the other three run
at the same time on AWS, each with a vCPU of its own. Not in it: how long Lambda takes to start a part, which the sweep
asks for up to ten seconds before the instant. Measured twice: with digests, and each alert alone. The baseline of the
same run is botocore making four calls to the same engine, by as many threads: read, verdict, record, acknowledge.

Beside it stands a failing ping with its alert, against one that changes nothing. Healthchecks' figures (4.5 ms of CPU
an alert without a channel, 7.0 ms with a webhook) come from an independent test. This run does not repeat it: compare
with care, since the machine decides what a bare call takes.
"""

import io
import os
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from benchmarks.canned import ENVIRONMENT, event
from benchmarks.open_door import Open
from benchmarks.report import Row, report
from benchmarks.stage import CONTEXT
from benchmarks.transport import Transport
from chalicelib.clock import SystemClock
from chalicelib.domain.channels import Channel
from chalicelib.domain.check import Check, Status
from chalicelib.domain.config import Config
from chalicelib.domain.configure import new_check
from chalicelib.domain.ids import Code
from chalicelib.domain.rules.due import next_due
from chalicelib.domain.schedule.occurrences import Every
from chalicelib.runtime import Wiring
from chalicelib.services.transaction import Ports
from chalicelib.store.codecs import check_codec
from chalicelib.store.registry import projects
from chalicelib.sweep.fan_out import PARTS, Part
from chalicelib.sweep.loop import WORKERS, sweep_part

STORM, FAILURES, BARE = 10_000, 300, 1_000
HOUR, GRACE = timedelta(hours=1), timedelta(minutes=5)
BEFORE_S = 2.0  # the sweep has begun by then
HEALTHCHECKS_MS = 7.0


@dataclass(frozen=True, kw_only=True)
class StormResult:
    """The measurements of a part of a storm, or of a number of pings. CPU excludes the engine's."""

    alerts: int
    cpu_ms: float  # per alert
    calls: dict[str, float]  # per alert, by operation
    messages: int
    first_s: float  # from the due instant to the first message
    last_s: float

    def words(self) -> str:
        """The calls, the most frequent first."""
        frequent = sorted(self.calls.items(), key=lambda pair: -pair[1])
        return ", ".join(f"{operation} {number:.2f}" for operation, number in frequent if number >= 0.005)


def main() -> None:
    """Measure, print a table, write JSON."""
    with redirect_stdout(io.StringIO()):  # what the app logs
        with wired_in_memory() as (wiring, transport):
            together = run_storm(wiring.ports, transport, first=1)
            alone = run_storm(replace(wiring.ports, together=None), transport, first=STORM + 1)
            bare_ms = measure_bare_calls(wiring, transport)
        failing, quiet_ms = measure_failing_pings()
    report("storm", rows(together, alone, failing, bare_ms=bare_ms, quiet_ms=quiet_ms))


def rows(
    together: StormResult, alone: StormResult, failing: StormResult, *, bare_ms: float, quiet_ms: float
) -> list[Row]:
    """The figures."""
    against = f"bare calls {bare_ms:.2f} ms; Healthchecks 4.5 ms without a channel, 7.0 ms with a webhook"
    found: list[Row] = []
    for name, told, most_calls, most_cpu in (("digests", together, 3.3, 3.0), ("alone", alone, 5.3, 4.5)):
        how = f"{told.alerts:,} of {STORM:,} in this part, {told.messages:,} messages"
        last = f"{how}, the last after {told.last_s:.1f} s"
        found += [
            Row(f"storm, {name}: due instant to first message", last, told.first_s, 2.0, "s"),
            Row(f"storm, {name}: CPU per alert", against, told.cpu_ms, HEALTHCHECKS_MS, "ms"),
            Row(f"storm, {name}: against the bare calls", "CPU", told.cpu_ms / bare_ms, most_cpu, "×"),
            Row(f"storm, {name}: calls per alert", told.words(), sum(told.calls.values()), most_calls, "calls"),
        ]
    more = failing.cpu_ms - quiet_ms
    how = f"{failing.cpu_ms:.2f} ms with its alert, {quiet_ms:.2f} ms for one that changes nothing"
    found += [
        Row("failing ping: calls", failing.words(), sum(failing.calls.values()), 6.1, "calls"),
        Row("failing ping: CPU of its alert", how, more, HEALTHCHECKS_MS, "ms"),
    ]
    return found


@contextmanager
def wired_in_memory(**more: str) -> Iterator[tuple[Wiring, Transport]]:
    """A process whose clients use engines in memory."""
    os.environ.update(ENVIRONMENT | more)
    wiring, transport = Wiring(os.environ), Transport(dynamodb_s=0)
    transport.answer(wiring.ports.tables.client)
    publisher: Any = wiring.ports.publish
    transport.answer(publisher._sns)
    channel = Channel(id="c1", name="ops-email", kind="email", target="ops@example.com", subscription="")
    projects.add_channel("default", channel, now=datetime.now(UTC))
    yield wiring, transport


def run_storm(ports: Ports, transport: Transport, *, first: int) -> StormResult:
    """Run one part of the storm, which waits for its instant as the function `storm` does."""
    transport.dynamo.rows["checks"].clear()
    for shard in transport.dynamo._due:
        shard.clear()
    due = datetime.fromtimestamp(time.time() + STORM / 250 + BEFORE_S, UTC)
    for number in range(first, first + STORM):
        put(transport, missed_check(number, at=due - HOUR - GRACE))
    assert time.time() < due.timestamp() - BEFORE_S / 2, "the machine is too slow to prepare the storm in time"
    transport.dynamodb_s = Transport.dynamodb_s
    time.sleep(max(due.timestamp() - BEFORE_S - time.time(), 0))
    transport.reset()
    began_cpu = time.process_time()
    done = sweep_part(ports, SystemClock(), Open(), Part(PARTS[0], due + timedelta(minutes=1)))
    cpu_s = time.process_time() - began_cpu - transport.engine_cpu_s
    told = [at - due.timestamp() for at in transport.published_at]
    transport.dynamodb_s = 0
    assert done.looked_at, "nothing was evaluated"
    return StormResult(
        alerts=done.looked_at,
        cpu_ms=cpu_s * 1000 / done.looked_at,
        calls={operation: number / done.looked_at for operation, number in transport.calls.items()},
        messages=len(told),
        first_s=min(told),
        last_s=max(told),
    )


def put(transport: Transport, check: Check) -> None:
    """Store a check directly in the engine, without the client."""
    item = {name: _as_json(value) for name, value in check_codec.to_item(check).items()}
    transport.dynamo._answer("PutItem", {"TableName": "overdue-prod-checks", "Item": item})


def _as_json(value: dict[str, Any]) -> dict[str, Any]:
    return {"B": b64encode(value["B"]).decode()} if "B" in value else value


def missed_check(number: int, *, at: datetime) -> Check:
    """Hourly, up since its only ping, and due by its deadline."""
    code = Code(str(UUID(int=number, version=4)))
    config = Config(name=f"job {number}", slug=f"job-{number}", schedule=Every(HOUR), grace=GRACE)
    new = new_check(code, project="default", config=config, now=at - HOUR)
    up = replace(new, status=Status.UP, since=at, settled_at=at, n_pings=1, last_ping=at, last_success=at)
    return replace(up, due_at=next_due(up))


def measure_bare_calls(wiring: Wiring, transport: Transport) -> float:
    """CPU in ms of the four bare calls of an alert, with minimal contents."""
    client: Any = wiring.ports.tables.client
    codes = [str(UUID(int=2 * STORM + number, version=4)) for number in range(1, BARE + 1)]
    for number in range(1, BARE + 1):
        put(transport, missed_check(2 * STORM + number, at=datetime.now(UTC)))
    transport.dynamodb_s = Transport.dynamodb_s
    transport.reset()
    began = time.process_time()
    with ThreadPoolExecutor(WORKERS) as workers:
        list(workers.map(lambda code: make_bare_calls(client, code), codes))
    cpu_s = time.process_time() - began - transport.engine_cpu_s
    transport.dynamodb_s = 0
    return cpu_s * 1000 / BARE


def make_bare_calls(client: Any, code: str) -> None:
    """Make the four calls of an alert: read, verdict, record, acknowledge."""
    key = {"code": {"S": code}}
    client.get_item(TableName="overdue-prod-checks", Key=key, ConsistentRead=True)
    for table, more in (("checks", {}), ("history", {"sort": {"S": "flip#1"}}), ("checks", {})):
        client.update_item(
            TableName=f"overdue-prod-{table}",
            Key=key | more,
            UpdateExpression="SET touched = :at",
            ExpressionAttributeValues={":at": {"N": "1772366400.123"}},
        )


def measure_failing_pings() -> tuple[StormResult, float]:
    """Measure failing pings, each with its alert; also the CPU in ms of a ping that changes nothing."""
    from chalicelib import runtime

    runtime.wiring.cache_clear()
    with wired_in_memory(AWS_LAMBDA_FUNCTION_NAME="overdue-prod-api"):
        wiring = runtime.wiring()
        transport = Transport(dynamodb_s=0, sns_s=0)
        transport.answer(wiring.ports.tables.client)
        publisher: Any = wiring.ports.publish
        transport.answer(publisher._sns)
        now = datetime.now(UTC)
        channel = Channel(id="c1", name="ops-email", kind="email", target="ops@example.com", subscription="")
        projects.add_channel("default", channel, now=now)
        checks = [missed_check(number, at=now) for number in range(1, FAILURES + 2)]
        for check in checks:
            put(transport, check)
        send_pings(checks[:1], "/fail", now=now)  # makes it warm
        quiet_ms = measure_cpu(transport, checks[1:], "", now=now)
        failing_ms = measure_cpu(transport, checks[1:], "/fail", now=now)
        calls = {operation: number / FAILURES for operation, number in transport.calls.items()}
    runtime.wiring.cache_clear()
    n = len(transport.published_at)
    assert n == FAILURES, f"{n} alerts of {FAILURES} failures"
    return StormResult(alerts=n, cpu_ms=failing_ms, calls=calls, messages=n, first_s=0, last_s=0), quiet_ms


def measure_cpu(transport: Transport, checks: Sequence[Check], action: str, *, now: datetime) -> float:
    """CPU in ms per ping, one ping to each check."""
    transport.reset()
    began = time.process_time()
    send_pings(checks, action, now=now)
    return (time.process_time() - began - transport.engine_cpu_s) * 1000 / len(checks)


def send_pings(checks: Sequence[Check], action: str, *, now: datetime) -> None:
    """Send a ping to each check, through the handler."""
    import app

    for check in checks:
        asked = event(at_s=int(now.timestamp()) + (2 if action else 1))
        asked["path"] = asked["requestContext"]["path"] = f"/ping/{check.code}{action}"
        answer = app.app(asked, CONTEXT)
        assert answer["statusCode"] == 200, answer


if __name__ == "__main__":
    main()
