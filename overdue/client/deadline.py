"""An answer by a deadline, however it drips: urllib's own timeout begins anew with each piece that comes.

Carries, decides nothing. Loaded with the first request, since it brings http.client along. Start at `InTime`.
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
    """Answers must have come in full at `until_s` on the steady clock; else TimeoutError."""

    def __init__(self, until_s: float) -> None:
        super().__init__()
        self.until_s = until_s

    def do_open(self, http_class: Any, req: Any, **given: Any) -> HTTPResponse:
        """What urllib does, with answers of ours."""

        def connection(host: str, **more: Any) -> HTTPConnection:
            made: HTTPConnection = http_class(host, **more)
            made.response_class = self._answer  # type: ignore[assignment]  # called just as a class would be
            return made

        return super().do_open(connection, req, **given)

    def _answer(self, sock: socket.socket, *arguments: Any, **given: Any) -> HTTPResponse:
        answer = HTTPResponse(sock, *arguments, **given)
        answer.fp = BufferedReader(_Pieces(sock, answer.fp.detach(), self.until_s))
        return answer


class InTimeHttp(InTime, HTTPHandler):
    """For http."""


class InTimeHttps(InTime, HTTPSHandler):
    """For https."""


class _Pieces(RawIOBase):
    """What a socket brings; each piece has only the time that is left."""

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
