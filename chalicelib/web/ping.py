"""Pings: parse the request, find the check, let `receive` decide, answer (docs/reference/wire.md, Pings).

Start at `by_code` and `by_slug`. Texts of refusals are the wire's, to the letter. 200 is answered only after the
check and the history have been written; an alert that cannot be sent is no reason to refuse a ping.
"""

import re
from base64 import b64decode
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from socket import AF_INET, AF_INET6, inet_pton
from typing import Any

from chalice.app import Response

from chalicelib import log
from chalicelib.domain.check import Check
from chalicelib.domain.config import Config
from chalicelib.domain.errors import Ambiguous, BadInput, NotFound, OverdueError, Unavailable, WrongKey
from chalicelib.domain.field_errors import FieldError
from chalicelib.domain.ids import Code, is_uuid, short
from chalicelib.domain.limits.ping_rate import is_over_limit, next_throttled_since, retry_after_s
from chalicelib.domain.limits.quota import NotAdmitted, Refusal
from chalicelib.domain.limits.steps import OverBudget
from chalicelib.domain.ping import Ping, Signal, heard
from chalicelib.runtime import Wiring
from chalicelib.services.record_ping import take as take_ping
from chalicelib.store.checks import note_throttled
from chalicelib.web.app import plain

RETRY_AFTER_S = 5
LONGEST_UA = 200
KEPT_END = 4_096  # bytes
MOST_COUNT = 10**15

_SLUG = re.compile(r"[a-zA-Z0-9_-]+")
_ACTIONS = {"start": Signal.START, "fail": Signal.FAIL, "log": Signal.LOG}


@dataclass(frozen=True, slots=True)
class PingRequest:
    """A request for a ping as it was understood. `refusal` is why it cannot be taken once its check is known."""

    ping: Ping
    query: dict[str, str]
    refusal: str | None
    source: str = ""  # the address that API Gateway saw; the ping's own may be forged. "": no HTTP request


class BadPing(BadInput):
    """A ping that cannot be taken; the message is the answer."""


class Throttled(OverdueError):
    """The check has received as many pings as it accepts in a minute."""

    def __init__(self, check: Check) -> None:
        super().__init__(f"check {short(check.code)} is pinged too often")
        self.check = check


def by_code(wiring: Wiring, request: Any, first: str, action: str | None) -> Response:
    """`/ping/{uuid}` and `/ping/{uuid}/{action}`; with two parts also `/ping/{ping_key}/{slug}`."""
    if not is_uuid(first):
        return plain(404, "not found") if action is None else by_slug(wiring, request, first, action, None)
    if action is not None and action != action.lower() and _SLUG.fullmatch(action):
        return plain(400, "invalid url format")
    return _answered(wiring, request, action, lambda _: (Code(first), False))


def by_slug(wiring: Wiring, request: Any, ping_key: str, slug: str, action: str | None) -> Response:
    """`/ping/{ping_key}/{slug}` and `/ping/{ping_key}/{slug}/{action}`."""
    if _SLUG.fullmatch(ping_key) is None or _SLUG.fullmatch(slug) is None:
        return plain(404, "not found")
    if slug != slug.lower():
        return plain(400, "invalid url format")
    return _answered(wiring, request, action, lambda heard: _find(wiring, heard, ping_key, slug))


def _find(wiring: Wiring, said: PingRequest, ping_key: str, slug: str) -> tuple[Code, bool]:
    """The code of the check, and whether it has just been created. Raises as `find_or_create`, and WrongKey."""
    from chalicelib.domain.keys import Scope  # most pings come by code
    from chalicelib.security_log import Actor
    from chalicelib.services.find_or_create import find_or_create

    now = said.ping.at
    key = wiring.registry.key(ping_key, now=now)
    if key.scope is not Scope.PING:
        raise WrongKey("no such ping key", prefix=key.prefix)
    by = Actor(by="ping_key", project=key.project, name=key.name, key_prefix=key.prefix, source=said.source)
    config = (lambda: _config_of_new(said, slug)) if said.query.get("create") == "1" else None
    return find_or_create(wiring.ports, wiring.admission, slug, config=config, now=now, by=by)


def _config_of_new(said: PingRequest, slug: str) -> Config:
    from chalicelib.fields.create import config_of_new, parameter_of  # few pings create a check

    if said.refusal is not None:
        raise BadPing(said.refusal)
    try:
        return config_of_new(slug, said.query, now=said.ping.at)
    except FieldError as error:
        raise BadPing(error.told(parameter_of)) from error


def _answered(
    wiring: Wiring, request: Any, action: str | None, find: Callable[[PingRequest], tuple[Code, bool]]
) -> Response:
    """Take the ping; every outcome becomes its answer here."""
    event = request.to_original_event()
    if event["httpMethod"] == "OPTIONS" and "access-control-request-method" in request.headers:
        return plain(204, "", _PREFLIGHT)
    signal, exit_status = _signal_of(action)
    if signal is None:
        return plain(404, "not found")
    said = understood(request, event, signal, exit_status, limit_bytes=wiring.settings.body_limit_bytes)
    try:
        code, is_new = find(said)
        take(wiring, code, said)
    except WrongKey as error:
        wiring.refusals.log("key_refused", source=said.source, now=said.ping.at, key_prefix=error.prefix, at="ping")
        return plain(404, "not found")
    except NotFound:
        return plain(404, "not found")
    except BadInput as error:
        return plain(409 if isinstance(error, Ambiguous) else 400, str(error))
    except NotAdmitted as error:
        wiring.refusals.log("forbidden", source=said.source, now=said.ping.at, why="too_many_checks", at="ping")
        return _not_admitted(error.refusal, at=said.ping.at)
    except Throttled as error:
        return _too_many(wiring, error.check, at=said.ping.at)
    except (OverBudget, Unavailable) as error:
        log.event("ping_refused", why=str(error))
        return plain(503, "try again in a few seconds", {"Retry-After": str(RETRY_AFTER_S)})
    headers = {"Ping-Body-Limit": str(wiring.settings.body_limit_bytes), "Access-Control-Allow-Origin": "*"}
    return plain(201, "Created", headers) if is_new else plain(200, "OK", headers)


def _too_many(wiring: Wiring, check: Check, *, at: datetime) -> Response:
    """Answer 429, and record it once a minute for the check's page. Otherwise it costs only the check's read."""
    since = next_throttled_since(check, at)
    if since is not None:
        log.event("ping_throttled", check=short(check.code), most=wiring.settings.pings_per_minute)
        with suppress(Unavailable):  # the next refusal tries again
            note_throttled(wiring.ports.tables, check, since=since, at=at)
    wait_s = retry_after_s(at)
    text = f"too many pings: a check takes {wiring.settings.pings_per_minute} a minute, try again in {wait_s} s"
    return plain(429, text, {"Retry-After": str(wait_s)})


def _not_admitted(refusal: Refusal, *, at: datetime) -> Response:
    """Answer 403, or 429 if waiting helps."""
    if not refusal.is_rate:
        return plain(403, refusal.text)
    return plain(429, refusal.text, {"Retry-After": str(max(1, ceil((refusal.until - at).total_seconds())))})


_PREFLIGHT = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Max-Age": "600",
}


def _signal_of(action: str | None) -> tuple[Signal | None, int | None]:
    """What the end of the URL says; no signal for what is no action at all."""
    if action is None:
        return Signal.SUCCESS, None
    if _is_number(action):
        status = int(action.lstrip("0")[:4] or "0")  # four digits are enough to be too many
        return (Signal.FAIL if status else Signal.SUCCESS), status
    return _ACTIONS.get(action), None


def _is_number(text: str) -> bool:
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
    if count is not None and not (_is_number(count) and len(count) <= 16 and int(count) <= MOST_COUNT):
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


def take(wiring: Wiring, code: Code, said: PingRequest) -> None:
    """Record a ping. Raises NotFound, Refused, Throttled, Unavailable: as `chalicelib.services.record_ping`."""

    def hear(check: Check) -> Signal:
        if said.refusal is not None:
            raise BadPing(said.refusal)
        signal = heard(check, said.ping)
        if is_over_limit(check, said.ping, signal, most=wiring.settings.pings_per_minute):
            raise Throttled(check)
        return signal

    take_ping(wiring.ports, code, said.ping, hear)
