"""API Gateway's part: its limits, a request as the event that an HTTP API sends, a Lambda's response as an answer.

The event has payload format 1.0, as it comes on the route `$default`. Start at `event`. `server` receives the requests.
WSGI joins repeated headers and decodes the path, so both are read as they came: see RAW_HEADERS and `target`.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email import errors
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import uuid4

from werkzeug.wrappers import Request, Response

RAW_HEADERS = "overdue.headers"  # in the WSGI environment: an email.message.Message
HEAD_LIMIT_BYTES = 10_240  # API Gateway's, of the request line and the headers
BODY_LIMIT_BYTES = 6 * 1024 * 1024  # Lambda's, of an event
# Of the defects of a message, those of its head: a multipart type always has another, as the body is not parsed.
MALFORMED = (
    errors.FirstHeaderLineIsContinuationDefect,
    errors.InvalidHeaderDefect,
    errors.MissingHeaderBodySeparatorDefect,
)
TEXT_TYPES = ("text/", "application/json", "application/xml", "application/javascript")


class Answer(Response):
    """An answer that has a Content-Type only if the function set one."""

    default_mimetype = None


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


def refusal(request: Request) -> Response | None:
    """The answer to a request that never reaches a function: malformed or too large. None: the request may pass."""
    environ, message = request.environ, request.environ[RAW_HEADERS]
    headers: list[tuple[str, str]] = message.items()
    line = f"{environ['REQUEST_METHOD']} {environ['RAW_URI']} {environ['SERVER_PROTOCOL']}"
    if len(line) + sum(len(name) + len(value) + 4 for name, value in headers) + 4 > HEAD_LIMIT_BYTES:
        text = f"request line and headers exceed {HEAD_LIMIT_BYTES} bytes"
        return Response(f"{text}\n", HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
    if not target(request)[0].startswith("/"):
        return Response("the request target is not a path\n", HTTPStatus.BAD_REQUEST)
    is_malformed = any(isinstance(defect, MALFORMED) for defect in message.defects)
    if is_malformed or any(mark in value for _, value in headers for mark in "\r\n\0"):
        return Response("a header line is not: Name: value\n", HTTPStatus.BAD_REQUEST)
    if "transfer-encoding" in request.headers:
        text = "chunked bodies are not supported: send the body with its Content-Length"
        return Response(f"{text}\n", HTTPStatus.LENGTH_REQUIRED)
    length = ",".join([value for name, value in headers if name.lower() == "content-length"] or ["0"])
    if not (length.isascii() and length.isdecimal()):
        return Response("Content-Length is not one whole number\n", HTTPStatus.BAD_REQUEST)
    if len(length) > len(str(BODY_LIMIT_BYTES)) or int(length) > BODY_LIMIT_BYTES:
        return Response(f"the body exceeds {BODY_LIMIT_BYTES} bytes\n", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return None


def target(request: Request) -> tuple[str, str]:
    """The path, percent-decoded once, and the query as it came. An absolute form (RFC 9112, 3.2.2) loses its origin.

    A decoded question mark cuts the path, as in API Gateway. Two slashes stay two. What is no UTF-8 is replaced.
    """
    raw = str(request.environ["RAW_URI"]).encode("latin-1").decode("utf-8", "replace")
    path, _, query = raw.partition("?")
    if raw.lower().startswith(("http://", "https://")):
        path = urlsplit(path).path or "/"
    return unquote(path, errors="replace").partition("?")[0], query


def event(request: Request, *, epoch_ms: int, base: str) -> dict[str, Any]:
    """The event for a request that came at that instant. A body that is no text is base64, forms included.

    Raises ClientDisconnected if the body does not arrive.
    """
    path, query = target(request)
    method, peer = request.environ["REQUEST_METHOD"], request.remote_addr or ""
    headers = _forwarded(request.environ[RAW_HEADERS].items(), peer=peer, base=base)
    parameters = parse_qs(query, keep_blank_values=True)
    body = request.get_data()
    is_text = request.headers.get("Content-Type", "").lower().startswith(TEXT_TYPES)
    return {
        "version": "1.0",
        "resource": "$default",
        "path": path,
        "httpMethod": method,
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": {name: values[-1] for name, values in parameters.items()} or None,
        "multiValueQueryStringParameters": parameters or None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "apiId": "local",
            "httpMethod": method,
            "path": path,
            "protocol": "HTTP/1.1",
            "resourceId": "$default",
            "resourcePath": "$default",
            "stage": "$default",
            "requestId": uuid4().hex,
            "requestTimeEpoch": epoch_ms,
            "identity": {"sourceIp": peer, "userAgent": request.headers.get("User-Agent")},
        },
        "body": _body(body, is_text=is_text),
        "isBase64Encoded": bool(body) and not is_text,
    }


def _forwarded(raw_headers: Sequence[tuple[str, str]], *, peer: str, base: str) -> dict[str, list[str]]:
    """The headers by name, with the peer at the end of X-Forwarded-For: what stands before it is its claim.

    So is X-Forwarded-Proto: here, as in front of many services, a proxy may have ended the encryption.
    """
    headers: dict[str, list[str]] = {}
    claimed: list[str] = []
    scheme, _, rest = base.partition("://")
    spelt: dict[str, str] = {}  # the same header in another case is the same header
    for name, value in raw_headers:
        match name.lower():
            case "x-forwarded-for":
                claimed.append(value)
            case "x-forwarded-proto":
                scheme = value
            case "x-forwarded-port":
                pass
            case key:
                headers.setdefault(spelt.setdefault(key, name), []).append(value)
    headers["X-Forwarded-For"] = [", ".join((*claimed, peer))]
    headers["X-Forwarded-Proto"] = [scheme]
    headers["X-Forwarded-Port"] = [rest.rpartition(":")[2]]
    return headers


def _body(body: bytes, *, is_text: bool) -> str | None:
    if not body:
        return None
    return body.decode("utf-8", "replace") if is_text else base64.b64encode(body).decode("ascii")


def answer(response: Mapping[str, Any]) -> Response:
    """What a Lambda returned, as an answer. Raises KeyError, ValueError or TypeError when it cannot be one."""
    headers = {name: [value] for name, value in (response.get("headers") or {}).items()}
    headers |= response.get("multiValueHeaders") or {}
    pairs = [(str(name), str(value)) for name, values in headers.items() for value in values]
    "".join(map("".join, pairs)).encode("latin-1")  # raises ValueError: nothing else can be sent
    body = response.get("body") or ""
    return Answer(
        base64.b64decode(body, validate=True) if response.get("isBase64Encoded") else body.encode("utf-8"),
        _status(response["statusCode"]),
        pairs,
    )


def _status(value: object) -> int:
    status = int(str(value))
    if not 200 <= status <= 599:
        raise ValueError(f"statusCode {status} is not within 200–599")
    return status
