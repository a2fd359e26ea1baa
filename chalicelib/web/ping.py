"""Pings: parse the request, find the check, let `receive` decide, answer (docs/reference/wire.md, Pings).

Start at `by_code` and `by_slug`. Texts of refusals are the wire's, to the letter. 200 is answered only after the
check and the history have been written; an alert that cannot be sent is no reason to refuse a ping.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from math import ceil
from typing import Any

from chalice.app import Response

from chalicelib import log
from chalicelib.domain.check import Check
from chalicelib.domain.errors import Ambiguous, BadInput, NotFound, OverdueError, Unavailable, WrongKey
from chalicelib.domain.ids import Code, is_uuid, short
from chalicelib.domain.limits.ping_rate import is_over_limit, next_throttled_since, retry_after_s
from chalicelib.domain.limits.quota import NotAdmitted, Refusal
from chalicelib.domain.limits.steps import OverBudget
from chalicelib.domain.ping import Signal, heard
from chalicelib.runtime import Wiring
from chalicelib.services.record_ping import take as take_ping
from chalicelib.store.checks import note_throttled
from chalicelib.web.app import plain
from chalicelib.web.ping_request import BadPing, PingRequest, is_number, understood

RETRY_AFTER_S = 5

_SLUG = re.compile(r"[a-zA-Z0-9_-]+")
_ACTIONS = {"start": Signal.START, "fail": Signal.FAIL, "log": Signal.LOG}


class Throttled(OverdueError):
    """The check has received as many pings as it accepts in a minute."""

    def __init__(self, check: Check) -> None:
        super().__init__(f"check {short(check.code)} is pinged too often")
        self.check = check


def by_code(wiring: Wiring, request: Any, first: str, action: str | None = None) -> Response:
    """`/ping/{uuid}` and `/ping/{uuid}/{action}`; with two parts also `/ping/{ping_key}/{slug}`."""
    if not is_uuid(first):
        return plain(404, "not found") if action is None else by_slug(wiring, request, first, action)
    if action is not None and action != action.lower() and _SLUG.fullmatch(action):
        return plain(400, "invalid url format")
    return _answered(wiring, request, action, lambda _: (Code(first), False))


def by_slug(wiring: Wiring, request: Any, ping_key: str, slug: str, action: str | None = None) -> Response:
    """`/ping/{ping_key}/{slug}` and `/ping/{ping_key}/{slug}/{action}`."""
    if _SLUG.fullmatch(ping_key) is None or _SLUG.fullmatch(slug) is None:
        return plain(404, "not found")
    if slug != slug.lower():
        return plain(400, "invalid url format")
    from chalicelib.web.ping_by_slug import find  # pings by code need no keys: 3 % of a cold start

    return _answered(wiring, request, action, lambda heard: find(wiring, heard, ping_key, slug))


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
    if is_number(action):
        status = int(action.lstrip("0")[:4] or "0")  # four digits are enough to be too many
        return (Signal.FAIL if status else Signal.SUCCESS), status
    return _ACTIONS.get(action), None


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
