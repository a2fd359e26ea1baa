"""API Gateway's part: a request as the event that an HTTP API sends, a Lambda's response as an answer.

The event has payload format 1.0, as it comes on the route `$default`. Start at `event`. What HTTP itself asks
for is `exchange`'s business.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from overdue.local.exchange import LocalAnswer, LocalRequest

TEXT_TYPES = ("text/", "application/json", "application/xml", "application/javascript")


@dataclass(frozen=True, slots=True)
class Context:
    """What Lambda tells a function about its invocation, as far as anybody asks."""

    aws_request_id: str
    function_name: str = "overdue-local-api_handler"
    memory_limit_in_mb: str = "512"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        """Nothing ends an invocation here: always the 30 seconds that API Gateway waits."""
        return 30_000


def event(request: LocalRequest, *, epoch_ms: int, base: str) -> dict[str, Any]:
    """The event for a request that came at that instant. A body that is no text is base64, forms included."""
    path = request.path.partition("?")[0]  # a decoded %3F cuts the path there, too
    headers = _forwarded(request, base)
    parameters = request.parameters()
    is_text = (request.header("content-type") or "").lower().startswith(TEXT_TYPES)
    return {
        "version": "1.0",
        "resource": "$default",
        "path": path,
        "httpMethod": request.method,
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": {name: values[-1] for name, values in parameters.items()} or None,
        "multiValueQueryStringParameters": parameters or None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "apiId": "local",
            "httpMethod": request.method,
            "path": path,
            "protocol": "HTTP/1.1",
            "resourceId": "$default",
            "resourcePath": "$default",
            "stage": "$default",
            "requestId": uuid4().hex,
            "requestTimeEpoch": epoch_ms,
            "identity": {"sourceIp": request.peer, "userAgent": request.header("user-agent")},
        },
        "body": _body(request.body, is_text=is_text),
        "isBase64Encoded": bool(request.body) and not is_text,
    }


def _forwarded(request: LocalRequest, base: str) -> dict[str, list[str]]:
    """The headers by name, with the peer at the end of X-Forwarded-For: what stands before it is its claim.

    So is X-Forwarded-Proto: here, as in front of many services, a proxy may have ended the encryption.
    """
    headers: dict[str, list[str]] = {}
    claimed: list[str] = []
    scheme, _, rest = base.partition("://")
    spelt: dict[str, str] = {}  # the same header in another case is the same header
    for name, value in request.headers:
        match name.lower():
            case "x-forwarded-for":
                claimed.append(value)
            case "x-forwarded-proto":
                scheme = value
            case "x-forwarded-port":
                pass
            case key:
                headers.setdefault(spelt.setdefault(key, name), []).append(value)
    headers["X-Forwarded-For"] = [", ".join((*claimed, request.peer))]
    headers["X-Forwarded-Proto"] = [scheme]
    headers["X-Forwarded-Port"] = [rest.rpartition(":")[2]]
    return headers


def _body(body: bytes, *, is_text: bool) -> str | None:
    if not body:
        return None
    return body.decode("utf-8", "replace") if is_text else base64.b64encode(body).decode("ascii")


def answer(response: Mapping[str, Any]) -> LocalAnswer:
    """What a Lambda returned, as an answer. Raises KeyError, ValueError or TypeError when it cannot be one."""
    headers = {name: [value] for name, value in (response.get("headers") or {}).items()}
    headers |= response.get("multiValueHeaders") or {}
    body = response.get("body") or ""
    return LocalAnswer(
        status=_status(response["statusCode"]),
        headers=tuple((str(name), str(value)) for name, values in headers.items() for value in values),
        body=base64.b64decode(body, validate=True) if response.get("isBase64Encoded") else body.encode("utf-8"),
    )


def _status(value: object) -> int:
    status = int(str(value))
    if not 200 <= status <= 599:
        raise ValueError(f"statusCode {status} is not within 200–599")
    return status
