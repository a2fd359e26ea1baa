"""DynamoDB's answers without a network: botocore builds and signs each request, and reads each answer.

Nothing is left out of the process but the socket. Also the event that API Gateway sends for a ping.
"""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "made-up",
    "AWS_SECRET_ACCESS_KEY": "made-up",
    "AWS_REGION": "eu-central-1",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "OVERDUE_CHECKS_TABLE": "overdue-prod-checks",
    "OVERDUE_HISTORY_TABLE": "overdue-prod-history",
    "OVERDUE_REGISTRY_TABLE": "overdue-prod-registry",
    "OVERDUE_ALERTS_TOPIC": "arn:aws:sns:eu-central-1:123456789012:overdue-prod-alerts",
    "OVERDUE_BASE_URL": "https://overdue.example.com",
}
CODE = "0f3a1b3c-7a51-4ac1-8d6f-1f6f5c1f0a11"
LAST_PING_S = 1_772_366_400  # 2026-03-01T12:00Z


CONFIG = {"name": "nightly-backup", "slug": "nightly-backup", "tags": "prod db", "tz": "Europe/Berlin", "grace": 300}


def item(schedule: Mapping[str, Any], *, due_at_s: int) -> dict[str, Any]:
    """A check that was pinged at LAST_PING_S, as DynamoDB has it."""
    return {
        "code": {"S": CODE},
        "v": {"N": "1"},
        "project": {"S": "default"},
        "slug": {"S": "nightly-backup"},
        "config": {"S": json.dumps(CONFIG | {"schedule": schedule})},
        "created_at": {"N": "1772000000"},
        "version": {"N": "1"},
        "status": {"S": "up"},
        "since": {"N": "1772000060"},
        "settled_at": {"N": "1772000060"},
        "n_flips": {"N": "1"},
        "n_pings": {"N": "102"},
        "last_ping": {"N": f"{LAST_PING_S}.123"},
        "last_success": {"N": f"{LAST_PING_S}.123"},
        "recent": {"B": "EAAAZBAAAGQQAABkEAAAZBAAAGQQAABkEAAAZBAAAGQ="},
        "runs": {"M": {}},
        "ended": {"M": {"*": {"N": f"{LAST_PING_S}.123"}}},
        "due_at": {"N": f"{due_at_s}.123"},
        "due_shard": {"N": "1"},
    }


class Canned:
    """Answers requests just before they would be sent."""

    def __init__(self, client: Any, check: Mapping[str, Any]) -> None:
        self.calls: Counter[str] = Counter()
        self._answers = {
            "GetItem": json.dumps({"Item": check}).encode(),
            "PutItem": b"{}",
        }
        self._events: Any = client.meta.events
        self._events.register("before-send.dynamodb", self._answer)

    def stop(self) -> None:
        """Answer no more."""
        self._events.unregister("before-send.dynamodb", self._answer)

    def _answer(self, request: Any, **_: Any) -> AWSResponse:
        target = request.headers["X-Amz-Target"]
        verb = (target.decode() if isinstance(target, bytes) else target).rpartition(".")[2]
        self.calls[verb] += 1
        return _Answer(request.url, _updated(request.body) if verb == "UpdateItem" else self._answers[verb])


def _updated(body: bytes) -> bytes:
    """The new values that UPDATED_NEW answers with, as DynamoDB would."""
    call = json.loads(body)
    values, names = call["ExpressionAttributeValues"], call.get("ExpressionAttributeNames", {})
    sets = call["UpdateExpression"].partition("SET ")[2].partition(" REMOVE")[0].partition(" ADD")[0]
    pairs = (part.split(" = ") for part in sets.split(", "))
    return json.dumps(
        {"Attributes": {**{names.get(a, a): values[b] for a, b in pairs}, "n_pings": {"N": "103"}}}
    ).encode()


class _Answer(AWSResponse):
    def __init__(self, url: str, body: bytes) -> None:
        super().__init__(url, 200, HTTPHeaders(), None)
        self._content = body


def event(*, at_s: int) -> dict[str, Any]:
    """A curl's GET of the ping URL, as an HTTP API hands it over."""
    path = f"/ping/{CODE}"
    headers = {
        "accept": "*/*",
        "host": "overdue.example.com",
        "user-agent": "curl/8.5.0",
        "x-amzn-trace-id": "Root=1-67a0-0",
        "x-forwarded-for": "203.0.113.7",
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
    }
    return {
        "version": "1.0",
        "resource": "$default",
        "path": path,
        "httpMethod": "GET",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "httpMethod": "GET",
            "path": path,
            "resourcePath": "$default",
            "stage": "$default",
            "requestId": "JKJaXmPLvHcESHA=",
            "requestTimeEpoch": at_s * 1000 + 456,
            "identity": {"sourceIp": "203.0.113.7", "userAgent": "curl/8.5.0"},
        },
        "body": None,
        "isBase64Encoded": False,
    }
