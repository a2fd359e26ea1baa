"""Answer the requests of real botocore clients from engines in memory, with the latency of AWS.

Everything up to the socket is real: botocore builds, signs and parses. The latency of a call is spent asleep, like a
thread that waits for AWS. The CPU of the engine is counted separately.
"""

import json
import time
from collections import Counter
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError

from benchmarks.expressions import Asked
from benchmarks.in_memory import Dynamo

DYNAMODB_S, SNS_S = 0.005, 0.020  # single-digit milliseconds, as AWS says of DynamoDB; SNS takes longer
_PUBLISHED = (
    b'<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>1</MessageId>'
    b"</PublishResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></PublishResponse>"
)


@dataclass
class Transport:
    """Replaces the network."""

    dynamo: Dynamo = field(default_factory=Dynamo)
    dynamodb_s: float = DYNAMODB_S
    sns_s: float = SNS_S
    calls: Counter[str] = field(default_factory=Counter)  # by operation
    published_at: list[float] = field(default_factory=list)  # epoch seconds
    engine_cpu_s: float = 0.0
    _lock: Lock = field(default_factory=Lock)

    def answer(self, client: Any) -> None:
        """Answer what a client of DynamoDB or SNS sends from now on."""
        service = client.meta.service_model.service_name
        handler = self._dynamodb if service == "dynamodb" else self._sns
        client.meta.events.register(f"before-send.{service}", handler)

    def reset(self) -> None:
        """Reset all counters."""
        self.calls.clear()
        self.published_at.clear()
        self.engine_cpu_s = 0.0

    def _dynamodb(self, request: Any, **_: Any) -> AWSResponse:
        time.sleep(self.dynamodb_s)
        began = time.thread_time()
        target = request.headers["X-Amz-Target"]
        operation = (target.decode() if isinstance(target, bytes) else target).rpartition(".")[2]
        asked = json.loads(request.body)
        try:
            status, answer = 200, _shown(asked, self.dynamo._make_api_call(operation, asked))
        except ClientError as error:
            refused: dict[str, Any] = {**error.response}
            found = {"Item": refused["Item"]} if "Item" in refused else {}
            status, answer = 400, {"__type": f"com.amazonaws.dynamodb#{refused['Error']['Code']}"} | found
        answered = _Answer(request.url, status, json.dumps(answer).encode())
        self._count(operation, time.thread_time() - began)
        return answered

    def _sns(self, request: Any, **_: Any) -> AWSResponse:
        time.sleep(self.sns_s)
        with self._lock:
            self.published_at.append(time.time())
        self._count("Publish", 0.0)
        return _Answer(request.url, 200, _PUBLISHED)

    def _count(self, operation: str, cpu_s: float) -> None:
        with self._lock:
            self.calls[operation] += 1
            self.engine_cpu_s += cpu_s


def _shown(asked: Asked, answer: Any) -> Any:
    """The attributes of a written item that DynamoDB would return."""
    written = answer.get("Attributes")
    if written is None:
        return answer
    match asked.get("ReturnValues"):
        case "UPDATED_NEW":
            named = asked["UpdateExpression"]
            aliases = asked.get("ExpressionAttributeNames", {}).values()
            return {"Attributes": {name: written[name] for name in written if name in named or name in aliases}}
        case "ALL_NEW" | "ALL_OLD":
            return {"Attributes": written}
        case _:
            return {}


class _Answer(AWSResponse):
    def __init__(self, url: str, status: int, body: bytes) -> None:
        super().__init__(url, status, HTTPHeaders(), None)
        self._content = body
