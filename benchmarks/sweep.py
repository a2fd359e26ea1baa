"""The sweep when nothing is due, with 1,000, 10,000 and 100,000 checks.

The quiet sweep reads an index that is kept in memory, sorted as DynamoDB keeps it, and answers where botocore would
send: moto looks at each item there is, so that its figures would be moto's. All else of the process is real. Its
baseline is botocore alone asking for the same eight queries. Limits: 8 queries, and at 100,000 checks the CPU that
1,000 need.
"""

import io
import json
import os
import statistics
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any

import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from benchmarks.canned import ENVIRONMENT
from benchmarks.open_door import Open
from benchmarks.report import Row, report
from benchmarks.stage import StillClock, utc
from chalicelib.runtime import Wiring
from chalicelib.sweep.loop import sweep

NOW = utc("2026-03-01T12:00:00+00:00")
FLEETS = (1_000, 10_000, 100_000)
ROUNDS, SHARDS = 40, 8


def main() -> None:
    """Measure, print a table, write JSON."""
    with redirect_stdout(io.StringIO()):  # what the app logs
        spent = {number: quiet(number) for number in FLEETS}
    rows = []
    for number, (ms, bare_ms, queries) in spent.items():
        rows.append(Row(f"none of {number:,} due: queries", f"{SHARDS} shards", queries, SHARDS, "queries"))
        how = f"{ms:.1f} ms against {bare_ms:.1f} ms for the bare queries"
        rows.append(Row(f"none of {number:,} due: CPU", how, ms / bare_ms, 2.0, "×"))
    ratio = spent[FLEETS[-1]][0] / spent[FLEETS[0]][0]
    rows.append(Row("CPU at 100,000 against 1,000", "the same", ratio, 1.15, "×"))
    report("sweep", rows)


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


if __name__ == "__main__":
    main()
