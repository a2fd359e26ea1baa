"""urllib handlers that enforce a deadline for the whole answer; urllib's own timeout restarts with each piece.

Loaded with the first request, since it imports http.client. Start at `InTime`.
"""

import socket
import time
from http.client import HTTPConnection, HTTPResponse
from io import BufferedReader, RawIOBase
from typing import TYPE_CHECKING, Any
from urllib.request import AbstractHTTPHandler, HTTPHandler, HTTPSHandler

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


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
