"""CPU and DynamoDB calls of a warm success ping, against a bare botocore UpdateItem in the same run.

The handler is called as Lambda calls it, metrics and all; the network is stubbed below botocore. Each ping moves
`due_at`: the dearest of the usual pings. Limits: 3.6 × for a period, 4 × for a cron schedule; one read, one update,
one put.
"""

import os
import statistics
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import botocore.session

from benchmarks.canned import CODE, ENVIRONMENT, LAST_PING_S, Canned, event, item
from benchmarks.report import Row, report
from overdue.local.gateway import Context

ROUNDS, CALLS = 150, 40  # short turns: both see the same machine, whatever its clock does
HOUR_S = 3600
ON_LAMBDA = {"OVERDUE_STAGE": "prod", "AWS_LAMBDA_FUNCTION_NAME": "overdue-prod-api"}
CONTEXT = Context("8f5d3c1e-0b52-4f7e-9d3a-2f6c1a7b9e40")


def main() -> None:
    """Measure, print a table, write JSON."""
    os.environ.update(ENVIRONMENT | ON_LAMBDA)
    import app
    from chalicelib import runtime

    client = runtime.wiring().ports.tables.client
    plain = botocore.session.get_session().create_client("dynamodb", region_name=ENVIRONMENT["AWS_REGION"])
    Canned(plain, {})
    schedules: dict[str, tuple[dict[str, Any], float]] = {
        "ping, period of 1 h": ({"every": HOUR_S}, 3.6),
        "ping, cron 0 * * * *": ({"cron": "0 * * * *", "tz": "Europe/Berlin"}, 4.0),
    }
    rows = []
    for name, (schedule, most) in schedules.items():
        canned = Canned(client, item(schedule, due_at_s=LAST_PING_S + HOUR_S + 300))
        one = event(at_s=LAST_PING_S + HOUR_S - 5)

        def ping(one: dict[str, Any] = one) -> None:
            answer = app.app(one, CONTEXT)
            if answer["body"] != "OK":
                raise AssertionError(answer)

        with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
            bare_us, ping_us, ratio = compared(lambda: bare(plain), ping)
        canned.stop()
        pings = canned.calls["GetItem"]
        rows += [
            Row(f"{name}: CPU", f"{ping_us:.0f} µs against {bare_us:.0f} µs bare", ratio, most, "×"),
            Row(f"{name}: calls", "GetItem, UpdateItem, PutItem", canned.calls.total() / pings, 3, "calls"),
        ]
    report("ping", rows)


def bare(client: Any) -> None:
    """One conditional UpdateItem by botocore alone, as small as it gets."""
    client.update_item(
        TableName="overdue-prod-checks",
        Key={"code": {"S": CODE}},
        UpdateExpression="SET last_ping = :at",
        ConditionExpression="version = :version",
        ExpressionAttributeValues={":at": {"N": "1772366400.123"}, ":version": {"N": "1"}},
    )


def compared(baseline: Callable[[], None], subject: Callable[[], None]) -> tuple[float, float, float]:
    """CPU of each in µs, and the median of their ratios, measured in turns so that both see the same machine."""
    spent(baseline), spent(subject)  # warm up
    pairs = [(spent(baseline), spent(subject)) for _ in range(ROUNDS)]
    return (
        statistics.median(pair[0] for pair in pairs),
        statistics.median(pair[1] for pair in pairs),
        statistics.median(pair[1] / pair[0] for pair in pairs),
    )


def spent(call: Callable[[], None]) -> float:
    """User and system time of one call, in µs, averaged."""
    began = time.process_time()
    for _ in range(CALLS):
        call()
    return (time.process_time() - began) / CALLS * 1e6


if __name__ == "__main__":
    main()
