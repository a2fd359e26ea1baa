"""The sweep when nothing is due, with 1,000, 10,000 and 100,000 checks; and how fast it works off a storm.

The quiet sweep reads an index that is kept in memory, sorted as DynamoDB keeps it, and answers where botocore would
send: moto looks at each item there is, so that its figures would be moto's. All else of the process is real. Its
baseline is botocore alone asking for the same eight queries. Limits: 8 queries, and at 100,000 checks the CPU that
1,000 need.

The storm is met by the local engines: dynalite where it is installed (`make dynalite`), else moto, twice: each alert
told alone, and as digests. Its baseline is a bare read and update of each check, by as many threads.
"""

import io
import json
import os
import statistics
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from benchmarks.canned import ENVIRONMENT
from benchmarks.open_door import Open
from benchmarks.report import Row, report
from benchmarks.stage import StillClock, utc
from chalicelib.change import Ports
from chalicelib.domain.check import Config, Status
from chalicelib.domain.configure import new_check
from chalicelib.domain.due import next_due
from chalicelib.domain.schedule import Every
from chalicelib.store import items
from chalicelib.sweep import WORKERS, sweep
from chalicelib.wiring import SystemClock, Wiring
from overdue.local import dynalite, engine, resources

NOW = utc("2026-03-01T12:00:00+00:00")
FLEETS = (1_000, 10_000, 100_000)
ROUNDS, SHARDS = 40, 8
STORM, BATCH = 10_000, 25
HOUR = timedelta(hours=1)


def main() -> None:
    """Measure, print a table, write JSON."""
    with redirect_stdout(io.StringIO()):  # what the app logs
        spent = {number: quiet(number) for number in FLEETS}
        found = storm()
    rows = []
    for number, (ms, bare_ms, queries) in spent.items():
        rows.append(Row(f"none of {number:,} due: queries", f"{SHARDS} shards", queries, SHARDS, "queries"))
        how = f"{ms:.1f} ms against {bare_ms:.1f} ms for the bare queries"
        rows.append(Row(f"none of {number:,} due: CPU", how, ms / bare_ms, 2.0, "×"))
    ratio = spent[FLEETS[-1]][0] / spent[FLEETS[0]][0]
    rows.append(Row("CPU at 100,000 against 1,000", "the same", ratio, 1.15, "×"))
    rows += stormy(found)
    report("sweep", rows)


@dataclass(frozen=True, kw_only=True)
class Storm:
    """What one sweep has done in its time box."""

    checks: int
    took_s: float
    messages: int
    first_after_s: float | None

    @property
    def rate(self) -> float:
        """Checks a second."""
        return self.checks / self.took_s


@dataclass(frozen=True, kw_only=True)
class Storms:
    """Two of them, and the bare calls."""

    engine: str
    bare_rate: float
    alone: Storm
    together: Storm


def stormy(found: Storms) -> list[Row]:
    """The figures of the storm."""
    alone, together = found.alone, found.together
    how = (
        f"{together.rate:.0f} checks/s on {found.engine} ({alone.rate:.0f} told alone); bare read and update: "
        f"{found.bare_rate:.0f}/s; {together.checks:,} in the first sweep ({alone.checks:,})"
    )
    told = f"{together.messages:,} messages for {together.checks:,} alerts; told alone {alone.messages:,}"
    return [
        Row(f"{STORM:,} due at once: against the bare calls", how, found.bare_rate / together.rate, 12.0, "×"),
        Row("messages for 1,000 alerts", told, 1000 * together.messages / together.checks, 25, "messages"),
        Row("until the first of them", "", together.first_after_s or 0.0, 8.0, "s"),
    ]


def quiet(number: int) -> tuple[float, float, float]:
    """CPU in ms of a sweep and of the bare queries, median; queries of a sweep."""
    os.environ.update(ENVIRONMENT)
    wiring = Wiring(os.environ)
    plain = botocore.session.get_session().create_client("dynamodb", region_name=ENVIRONMENT["AWS_REGION"])
    index = Index(number)
    index.answer(wiring.ports.tables.client)
    index.answer(plain)

    def swept() -> None:
        sweep(wiring.ports, StillClock(NOW), Open())

    def bare() -> None:
        for shard in range(SHARDS):
            asked(plain, shard)

    for call in (swept, bare):  # makes it warm
        call()
    index.calls.clear()
    swept()
    queries = index.calls["Query"]
    pairs = [(cpu_ms(swept), cpu_ms(bare)) for _ in range(ROUNDS)]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs), queries


def cpu_ms(call: Callable[[], None]) -> float:
    """User and system time of one call, its threads included."""
    began = time.process_time()
    call()
    return (time.process_time() - began) * 1000


def asked(client: Any, shard: int) -> Any:
    """The query of a shard, by botocore alone."""
    return client.query(
        TableName="overdue-prod-checks",
        IndexName="due",
        KeyConditionExpression="due_shard = :shard AND due_at <= :until",
        ExpressionAttributeValues={":shard": {"N": str(shard)}, ":until": {"N": str(NOW.timestamp() + 70)}},
    )


class Index:
    """The index `due` of so many checks, all due within a day from an hour on."""

    def __init__(self, number: int) -> None:
        self.calls: Counter[str] = Counter()
        first = NOW.timestamp() + 3600
        self._due_at = {
            shard: sorted(first + i * 82_800 / number for i in range(shard, number, SHARDS)) for shard in range(SHARDS)
        }

    def answer(self, client: Any) -> None:
        """Answer a client's queries from now on, just before they would be sent."""
        client.meta.events.register("before-send.dynamodb", self._answer)

    def _answer(self, request: Any, **_: Any) -> AWSResponse:
        target = request.headers["X-Amz-Target"]
        operation = (target.decode() if isinstance(target, bytes) else target).rpartition(".")[2]
        self.calls[operation] += 1
        if operation == "GetItem":  # what was noted of the door: nothing
            return _Answer(request.url, b"{}")
        values = [float(value["N"]) for value in json.loads(request.body)["ExpressionAttributeValues"].values()]
        shard, until = min(values), max(values)
        found = bisect_right(self._due_at[int(shard)], until)
        assert not found, "none is due"
        return _Answer(request.url, b'{"Count": 0, "Items": [], "ScannedCount": 0}')


class _Answer(AWSResponse):
    def __init__(self, url: str, body: bytes) -> None:
        super().__init__(url, 200, HTTPHeaders(), None)
        self._content = body


def storm() -> Storms:
    """Told alone, told together, and the bare calls."""
    with local() as (wiring, client, name):
        table = wiring.ports.tables.checks
        alone = swept(wiring, replace(wiring.ports, together=None), client, 1)
        for code in codes(1):  # what is left of it must not stand in the way of the next
            client.delete_item(TableName=table, Key={"code": {"S": code}})
        together = swept(wiring, wiring.ports, client, STORM + 1)
        some = codes(STORM + 1)[: STORM // 10]
        began = time.monotonic()
        with ThreadPoolExecutor(WORKERS) as workers:
            list(workers.map(lambda code: bare_change(client, table, code), some))
        bare_rate = len(some) / (time.monotonic() - began)
        return Storms(engine=name, bare_rate=bare_rate, alone=alone, together=together)


def codes(first: int) -> list[str]:
    """Those of a storm's checks."""
    return [str(UUID(int=number, version=4)) for number in range(first, first + STORM)]


def swept(wiring: Wiring, ports: Ports, client: Any, first: int) -> Storm:
    """One sweep of a storm."""
    put_all(client, ports.tables.checks, codes(first))
    published: list[float] = []
    publisher: Any = wiring.ports.publish
    hear = lambda **_: published.append(time.monotonic())  # noqa: E731  # botocore wants keywords
    publisher._sns.meta.events.register("before-call.sns.Publish", hear)
    began = time.monotonic()
    done = sweep(ports, SystemClock(), Open())
    took_s = time.monotonic() - began
    publisher._sns.meta.events.unregister("before-call.sns.Publish", hear)
    first_after_s = published[0] - began if published else None
    return Storm(checks=done.looked_at, took_s=took_s, messages=len(published), first_after_s=first_after_s)


@contextmanager
def local() -> Iterator[tuple[Wiring, Any, str]]:
    """A stage on the local engines: its wiring, a client, the engine's name."""
    with ExitStack() as stack:
        moto = engine.start(os.environ)
        stack.callback(moto.stop)
        if dynalite.is_installed():
            name, url = "dynalite", stack.enter_context(dynalite.serving(None, package=dynalite.INSTALLED))
        else:
            name, url = "moto", moto.endpoint
        client = engine.dynamodb(url)
        resources.create(client, engine.sns(moto.endpoint), stage="prod")
        region = {"AWS_REGION": engine.REGION, "OVERDUE_DYNAMODB_URL": url, "OVERDUE_SNS_URL": moto.endpoint}
        topic = ENVIRONMENT["OVERDUE_ALERTS_TOPIC"].replace(ENVIRONMENT["AWS_REGION"], engine.REGION)
        ours = {key: value for key, value in ENVIRONMENT.items() if key.startswith("OVERDUE_")}
        yield Wiring(ours | region | {"OVERDUE_ALERTS_TOPIC": topic}), client, name


def put_all(client: Any, table: str, codes: Sequence[str]) -> None:
    """As many checks, all missed a minute ago."""
    now = datetime.now(UTC)
    at = now - HOUR - timedelta(minutes=6)
    rows = [items.to_item(a_missed(code, at=at)) for code in codes]
    for start in range(0, len(rows), BATCH):
        batch = [{"PutRequest": {"Item": row}} for row in rows[start : start + BATCH]]
        client.batch_write_item(RequestItems={table: batch})


def a_missed(code: str, *, at: datetime) -> Any:
    """Hourly, up since its only ping, and due by its deadline."""
    config = Config(name=f"job {code[:8]}", slug=f"job-{code}", schedule=Every(HOUR), grace=timedelta(minutes=5))
    new = new_check(code, project="default", config=config, now=at - HOUR)  # type: ignore[arg-type]  # a Code is a str
    up = replace(new, status=Status.UP, since=at, settled_at=at, n_pings=1, last_ping=at, last_success=at)
    return replace(up, due_at=next_due(up))


def bare_change(client: Any, table: str, code: str) -> None:
    """A read and an update, as small as they get."""
    key = {"code": {"S": code}}
    client.get_item(TableName=table, Key=key, ConsistentRead=True)
    client.update_item(
        TableName=table,
        Key=key,
        UpdateExpression="SET touched = :at",
        ConditionExpression="attribute_exists(code)",
        ExpressionAttributeValues={":at": {"N": "1772366400.123"}},
    )


if __name__ == "__main__":
    main()
