"""Protect the ports of a local server: accept only requests for a loopback name, and only clients that know the key.

A web page can send requests to any port on loopback. With a name that resolves to 127.0.0.1 (DNS rebinding), the port
even becomes part of the page's own origin. But a page controls neither `Host` nor `Origin`, and does not know a random
access key. Start at `is_this_server` and `guard`. `node/serve.js` applies the same rules in front of dynalite.
"""

import re
import secrets
from collections.abc import Callable, Iterable
from functools import cache
from http import HTTPStatus
from typing import Any

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
SHARED_KEY = "overdue-local"  # for a database of --dynamodb: DynamoDB Local keeps the tables of each key apart
_CREDENTIAL = re.compile(r"AWS4-HMAC-SHA256 Credential=([^/,\s]+)/")
_HTTP_PORT = 80


@cache
def access_key() -> str:
    """The access key of this process's engines: random, created at its first use, unchanged until the process ends."""
    return f"overdue-{secrets.token_hex(16)}"


def is_this_server(host: str | None, *, port: int) -> bool:
    """Whether `host` is a loopback name with this port; port 80 may be omitted. None: there was no `Host`."""
    names = {f"{name}:{port}" for name in LOOPBACK_NAMES}
    if port == _HTTP_PORT:
        names.update(LOOPBACK_NAMES)
    return host is not None and host.lower() in names


def guard(app: WsgiApp, *, key: str) -> WsgiApp:
    """Wrap moto: answer 421, 403 or 404 to requests that do not come from a client of this process's engine."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        refused = _refusal(environ, key)
        if refused is None:
            return app(environ, start_response)
        status, why = refused
        body = f"{why}\n".encode()
        headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
        start_response(f"{status.value} {status.phrase}", headers)
        return [body]

    return answer


def _refusal(environ: dict[str, Any], key: str) -> tuple[HTTPStatus, str] | None:
    """The status and the reason; None: the request may pass."""
    if not is_this_server(environ.get("HTTP_HOST"), port=int(environ["SERVER_PORT"])):
        return HTTPStatus.MISDIRECTED_REQUEST, "this engine answers to its loopback address only"
    if "HTTP_ORIGIN" in environ:  # no AWS client sends it; web pages do, even if it is "null"
        return HTTPStatus.FORBIDDEN, "this engine does not serve web pages"
    if not _has_key(environ, key):
        return HTTPStatus.FORBIDDEN, "the request is not signed with this engine's access key"
    if "moto-api" in environ.get("PATH_INFO", "").lower():
        return HTTPStatus.NOT_FOUND, "moto's own API is closed here"
    return None


def _has_key(environ: dict[str, Any], key: str) -> bool:
    """Whether the signature's access key is `key`, or is SHARED_KEY with `key` as the session token."""
    signed = _CREDENTIAL.match(environ.get("HTTP_AUTHORIZATION", ""))
    given = signed[1] if signed else ""
    if given == SHARED_KEY:
        given = environ.get("HTTP_X_AMZ_SECURITY_TOKEN", "")
    return secrets.compare_digest(given.encode(), key.encode())
