"""One request by urllib, with a deadline for the whole answer: urllib's own timeout restarts with each piece.

Every status is an answer. `http` imports it with the first request. Start at `exchange`.
"""

import socket
import time
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPResponse
from io import BufferedReader, RawIOBase
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import (
    AbstractHTTPHandler,
    HTTPHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
)

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


LOOPBACK = ("127.0.0.1", "::1", "localhost")
LARGEST_BYTES = 64 * 1024 * 1024


def exchange(
    method: str, url: str, *, body: bytes | None, headers: Mapping[str, str], timeout_s: float
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers with their names in lower case, and body. Raises OSError and ValueError."""
    until_s = time.monotonic() + timeout_s
    request = Request(url, data=body, method=method, headers=dict(headers))  # noqa: S310
    try:
        with _opener(url, until_s).open(request, timeout=timeout_s) as response:
            named = {name.lower(): value for name, value in response.headers.items()}
            return response.status, named, response.read(LARGEST_BYTES)
    except HTTPException as error:
        raise OSError(str(error) or type(error).__name__) from error


def _opener(url: str, until_s: float) -> OpenerDirector:
    """Without urllib's handlers of redirects and errors, and without TLS, 20 ms, where none is needed."""
    parts = urlsplit(url)
    opener = OpenerDirector()
    if parts.hostname not in LOOPBACK:
        opener.add_handler(ProxyHandler())
    opener.add_handler(InTimeHttp(until_s))
    if parts.scheme == "https":
        opener.add_handler(InTimeHttps(until_s))
    return opener


class InTime(AbstractHTTPHandler):
    """Raise TimeoutError if the answer is not complete at `until_s` on the monotonic clock."""

    def __init__(self, until_s: float) -> None:
        super().__init__()
        self.until_s = until_s

    def do_open(self, http_class: Any, req: Any, **options: Any) -> HTTPResponse:
        """Open the connection as urllib does, with a response that enforces the deadline."""

        def connection(host: str, **more: Any) -> HTTPConnection:
            made: HTTPConnection = http_class(host, **more)
            made.response_class = self._answer  # type: ignore[assignment]  # called like a class
            return made

        return super().do_open(connection, req, **options)

    def _answer(self, sock: socket.socket, *arguments: Any, **options: Any) -> HTTPResponse:
        answer = HTTPResponse(sock, *arguments, **options)
        answer.fp = BufferedReader(_Pieces(sock, answer.fp.detach(), self.until_s))
        return answer


class InTimeHttp(InTime, HTTPHandler):
    """The handler for http URLs."""


class InTimeHttps(InTime, HTTPSHandler):
    """The handler for https URLs."""


class _Pieces(RawIOBase):
    """A raw socket stream; each read may take only the time that is left until the deadline."""

    def __init__(self, sock: socket.socket, raw: RawIOBase, until_s: float) -> None:
        self._sock, self._raw, self._until_s = sock, raw, until_s

    def readable(self) -> bool:
        return True

    def readinto(self, into: "WriteableBuffer") -> int | None:
        left_s = self._until_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        self._sock.settimeout(left_s)
        return self._raw.readinto(into)

    def close(self) -> None:
        self._raw.close()
        super().close()
