"""CPU and DynamoDB calls of a list of 1,000 checks, as a client with gzip gets it; DynamoDB answers from a can.

Limits: 0.3 ms of CPU a check, a query per 1 MB of keys, a BatchGet per 100 checks.
"""

import json
import os
import statistics
import time
from collections import Counter
from typing import Any
from uuid import UUID

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from benchmarks.canned import ENVIRONMENT, LAST_PING_S, event, item
from benchmarks.report import Row, report

CHECKS, ROUNDS = 1_000, 7
KEY = "k" * 32


def main() -> None:
    """Measure, print a table, write JSON."""
    os.environ.update(ENVIRONMENT)
    import app
    from chalicelib import runtime

    canned = Canned(runtime.wiring().ports.tables.client)
    asked = listing_event()
    first = app.app(asked, None)
    assert first["statusCode"] == 200, first
    canned.calls.clear()
    spent_ms = [spent(lambda: app.app(asked, None)) for _ in range(ROUNDS)]
    each_ms = statistics.median(spent_ms) / CHECKS
    size_kb = len(first["body"]) * 3 / 4 / 1024
    report(
        "listing",
        [
            Row(f"list of {CHECKS:,} checks: CPU per check", f"gzipped to {size_kb:.0f} kB", each_ms, 0.3, "ms"),
            Row("queries", "one per 1 MB of keys", canned.calls["Query"] / ROUNDS, 1, "calls"),
            Row("BatchGets", "one per 100 checks", canned.calls["BatchGetItem"] / ROUNDS, CHECKS / 100, "calls"),
        ],
    )


def spent(call: Any) -> float:
    """User and system time of one call, in ms."""
    began = time.process_time()
    call()
    return (time.process_time() - began) * 1000


def listing_event() -> dict[str, Any]:
    """`GET /api/v3/checks/` with a read-write key."""
    found = event(at_s=LAST_PING_S + 60)
    found["path"] = "/api/v3/checks/"
    found["headers"] |= {"x-api-key": KEY, "accept-encoding": "gzip"}
    return found


def codes() -> list[str]:
    """As many codes as there are checks."""
    return [str(UUID(int=number, version=4)) for number in range(1, CHECKS + 1)]


class Canned:
    """Answers requests just before they would be sent: botocore builds, signs and reads all of them."""

    def __init__(self, client: Any) -> None:
        self.calls: Counter[str] = Counter()
        plain = item({"every": 3600}, due_at_s=LAST_PING_S + 3900)
        self._items = {code: json.dumps(plain | {"code": {"S": code}}) for code in codes()}  # made beforehand, once
        self._keys = json.dumps({"Items": [{"code": {"S": code}} for code in self._items]})
        client.meta.events.register("before-send.dynamodb", self._answer)

    def _answer(self, request: Any, **_: Any) -> AWSResponse:
        target = request.headers["X-Amz-Target"]
        verb = (target.decode() if isinstance(target, bytes) else target).rpartition(".")[2]
        self.calls[verb] += 1
        return _Answer(request.url, self._said(verb, json.loads(request.body)).encode())

    def _said(self, verb: str, call: dict[str, Any]) -> str:
        match verb:
            case "GetItem":
                return json.dumps({"Item": _registry_row(call["Key"]["pk"]["S"])})
            case "BatchGetItem":
                [(table, wanted)] = call["RequestItems"].items()
                found = ",".join(self._items[key["code"]["S"]] for key in wanted["Keys"])
                return f'{{"Responses": {{"{table}": [{found}]}}}}'
            case _:
                return (
                    self._keys
                    if call.get("IndexName") == "slugs"
                    else json.dumps({"Items": [], "Count": 0, "ScannedCount": 0})
                )


def _registry_row(pk: str) -> dict[str, Any]:
    row = {"pk": {"S": pk}, "sk": {"S": "-"}, "v": {"N": "1"}}
    return row | (
        {"secret": {"S": "00" * 32}} if pk == "badges" else {"project": {"S": "default"}, "scope": {"S": "rw"}}
    )


class _Answer(AWSResponse):
    def __init__(self, url: str, body: bytes) -> None:
        super().__init__(url, 200, HTTPHeaders(), None)
        self._content = body


if __name__ == "__main__":
    main()
