"""Requests as the local server's HTTP hands them on, for tests without a socket."""

from collections.abc import Sequence
from email.message import Message
from io import BytesIO
from typing import Any

from werkzeug.wrappers import Request

from overdue.local import gateway


def a_request(
    target: str,
    *,
    method: str = "GET",
    headers: Sequence[tuple[str, str]] = (),
    body: bytes = b"",
    peer: str = "127.0.0.1",
) -> Request:
    """A request for this target, percent-encoded as on the wire. The last of a repeated header counts for WSGI."""
    message = Message()
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "RAW_URI": target.encode("utf-8", "surrogatepass").decode("latin-1"),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": peer,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
        "wsgi.url_scheme": "http",
        gateway.RAW_HEADERS: message,
    }
    for name, value in headers:
        message[name] = value
        key = name.upper().replace("-", "_")
        environ["CONTENT_TYPE" if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    return Request(environ)
