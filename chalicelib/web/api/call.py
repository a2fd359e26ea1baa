"""A request to the Management API as it was understood, and what may be wrong with it before any check is read.

Start at `Call`. Order of refusals: the body (400, 413), then the key (401). Routes are `routes`' business.
"""

import json
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any

from chalicelib.domain.errors import BadInput, OverdueError, WrongKey
from chalicelib.domain.keys import KEY_LENGTH, Key, Scope, prefix_of
from chalicelib.runtime import Wiring
from chalicelib.services.security_log import Actor
from chalicelib.web.api.versions import Version

MOST_BODY_BYTES = 1024 * 1024

Json = dict[str, object]


class Needs(Enum):
    """What a request must show."""

    NOTHING = auto()
    READING = auto()  # a read-only key will do
    WRITING = auto()  # a read-only key is a wrong key


class Unauthorized(OverdueError):
    """No key, or a wrong one. The message is the response's; the security log may show the `prefix` of the key.

    `prefix` is None when there was no key at all.
    """

    def __init__(self, text: str, *, prefix: str | None) -> None:
        super().__init__(text)
        self.prefix = prefix


class TooLarge(OverdueError):
    """A body that is not even looked at."""


class NotPaused(OverdueError):
    """Only a paused check can be resumed."""


class BadFilter(BadInput):
    """A parameter that is no number, or out of bounds."""


class Refused(BadInput):
    """A value that cannot be used. The message is the wire's; `detail` tells a person what to do."""

    def __init__(self, text: str, detail: str | None = None) -> None:
        super().__init__(text)
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request whose key has been accepted."""

    wiring: Wiring
    version: Version
    key: Key
    now: datetime  # the instant of the request, by API Gateway's clock
    place: Mapping[str, str]  # what stands in the path: code, unique_key, n
    query: Mapping[str, list[str]]
    body: Json
    accepts: str  # encodings
    source: str  # the address that API Gateway saw

    @property
    def actor(self) -> Actor:
        """The caller, for the security log."""
        key = self.key
        return Actor(by="key", project=key.project, name=key.name, key_prefix=key.prefix, source=self.source)

    def last(self, name: str) -> str | None:
        """A parameter's value, the last one if it came repeatedly; None: it did not come."""
        values = self.query.get(name)
        return values[-1] if values else None


def body_of(event: Any) -> Json:
    """The object in a request's body; an empty body is an empty object. Raises Refused, TooLarge."""
    text: str = event.get("body") or ""
    if len(text) > MOST_BODY_BYTES * 4 // 3:
        raise TooLarge(f"the request body is too large: {MOST_BODY_BYTES // 1024} kB at most")
    value = _parsed(text, is_base64=bool(event.get("isBase64Encoded"))) if text else {}
    if not isinstance(value, dict):
        raise Refused("json validation error: value is not an object")
    return value


def _parsed(text: str, *, is_base64: bool) -> object:
    try:
        if is_base64:
            text = b64decode(text).decode("utf-8")
        elif "\ufffd" in text:  # how API Gateway hands over what is no UTF-8
            raise ValueError("not UTF-8")
        return json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Refused("could not parse request body", _why(error)) from error


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is no JSON")


def _why(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error).partition(":")[0]


def key_of(wiring: Wiring, headers: Mapping[str, str], body: Json, needs: Needs, *, now: datetime) -> Key:
    """The key that a request shows: its header, else the body's `api_key`. Raises Unauthorized and Unavailable."""
    secret = headers.get("x-api-key") or str(body.get("api_key", ""))
    if len(secret) != KEY_LENGTH:
        raise Unauthorized("missing api key", prefix=prefix_of(secret) if secret else None)
    try:
        key = wiring.registry.key(secret, now=now)
    except WrongKey as error:
        raise Unauthorized("wrong api key", prefix=error.prefix) from None
    match key.scope:
        case Scope.READ_WRITE:
            return key
        case Scope.READ_ONLY if needs is Needs.READING:
            return key
        case _:
            raise Unauthorized("wrong api key", prefix=prefix_of(secret))
