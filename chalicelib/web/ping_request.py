"""A request as a ping: what its URL, headers and body say (docs/reference/wire.md, Pings). Start at `understood`.

Texts of refusals are the wire's, to the letter.
"""

from base64 import b64decode
from dataclasses import dataclass
from datetime import UTC, datetime
from socket import AF_INET, AF_INET6, inet_pton
from typing import Any

from chalicelib.domain.errors import BadInput
from chalicelib.domain.ids import is_uuid
from chalicelib.domain.ping import Ping, Signal

LONGEST_UA = 200
KEPT_END = 4_096  # bytes
MOST_COUNT = 10**15


@dataclass(frozen=True, slots=True)
class PingRequest:
    """A request for a ping as it was understood. `refusal` is why it cannot be taken once its check is known."""

    ping: Ping
    query: dict[str, str]
    refusal: str | None
    source: str = ""  # the address that API Gateway saw; the ping's own may be forged. "": no HTTP request


class BadPing(BadInput):
    """A ping that cannot be taken; the message is the answer."""


def is_number(text: str) -> bool:
    """Whether it is nothing but ASCII digits, at least one."""
    return text.isascii() and text.isdigit()


def understood(request: Any, event: Any, signal: Signal, exit_status: int | None, *, limit_bytes: int) -> PingRequest:
    """The request as a ping. Its instant is the API Gateway's, never the function's start
    (docs/reference/rules.md, rule 12).
    """
    context, headers = event["requestContext"], request.headers
    query = {name: values[-1] for name, values in (event.get("multiValueQueryStringParameters") or {}).items()}
    rid, count = query.get("rid", ""), query.get("count")
    refusal = _refusal(exit_status, rid, "rid" in query, count)
    body = _body_of(event) or query.get("msg", "").encode("utf-8", "replace")
    ping = Ping(
        at=datetime.fromtimestamp(context["requestTimeEpoch"] / 1000, UTC),
        signal=signal,
        exit_status=exit_status,
        rid=rid.lower(),
        count=int(count) if count is not None and refusal is None else None,
        body=body[:limit_bytes],
        cut_end=body[-KEPT_END:] if len(body) > limit_bytes else b"",
        method=event["httpMethod"],
        scheme="https" if headers.get("x-forwarded-proto") == "https" else "http",
        remote_addr=_remote_addr(headers.get("x-forwarded-for", ""), context["identity"]["sourceIp"]),
        ua=headers.get("user-agent", "").encode("utf-8", "replace").decode()[:LONGEST_UA],
    )
    return PingRequest(ping, query, refusal, context["identity"]["sourceIp"])


def _body_of(event: Any) -> bytes:
    """The bytes of the body. Chalice's own reading of it fails on a text that is not whole Unicode."""
    body: str = event.get("body") or ""
    return b64decode(body) if event.get("isBase64Encoded") else body.encode("utf-8", "replace")


def _refusal(exit_status: int | None, rid: str, has_rid: bool, count: str | None) -> str | None:
    """The first of what is wrong with a request, in the wire's order."""
    if exit_status is not None and exit_status > 255:
        return "invalid url format"
    if has_rid and not is_uuid(rid.lower()):
        return "invalid uuid format"
    if count is not None and not (is_number(count) and len(count) <= 16 and int(count) <= MOST_COUNT):
        return "invalid count"
    return None


def _remote_addr(forwarded: str, source: str) -> str:
    """The first of X-Forwarded-For, without the port of an IPv4; junk there gives way to the true peer."""
    claimed = forwarded.partition(",")[0].strip()
    if claimed.count(":") == 1:
        claimed = claimed.partition(":")[0]
    return claimed if _is_address(claimed) else source


def _is_address(text: str) -> bool:
    """Whether it is an IPv4 or IPv6 address; the resolver's own parser takes 1 µs, `ipaddress` 8."""
    try:
        inet_pton(AF_INET6 if ":" in text else AF_INET, text)
    except (OSError, ValueError):
        return False
    return True
