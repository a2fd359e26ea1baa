"""The local HTTP server: sockets, threads and patience; each request goes to the app as its event, or to a local page.

Start at `serve`. How a request is read stands in `exchange`, how it becomes an event in `gateway`. Nothing is
logged for a request, since ping addresses are secrets; an exception of a handler goes to stderr.
"""

import errno
import io
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any
from uuid import uuid4

from chalicelib.domain.errors import OverdueError
from overdue.local import exchange, gateway
from overdue.local.clock import Clock
from overdue.local.engines import access
from overdue.local.exchange import LocalAnswer, LocalRequest, RefusedError

Handler = Callable[[dict[str, Any], Any], Mapping[str, Any]]
LocalRoutes = Mapping[str, Callable[[LocalRequest], LocalAnswer]]

BROKEN = LocalAnswer(
    status=HTTPStatus.INTERNAL_SERVER_ERROR,
    headers=(("Content-Type", "application/json"),),
    body=b'{"message": "Internal Server Error"}',
)
LAST_WORDS_S = 1.0  # for a client to end a body that was refused, and to read why
DRAIN_LIMIT_BYTES = 32 * 1024 * 1024
STOPPING_S = 5.0


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: `base` is its URL without a slash at the end."""

    base: str
    port: int
    _listener: "_Listener"

    def stop(self) -> None:
        """Take no more requests, let those under way end (5 seconds at most), close. About 50 ms when idle."""
        self._listener.shutdown()
        self._listener.server_close()
        self._listener.end_connections()


def serve(
    handler: Handler,
    *,
    host: str,
    port: int,
    clock: Clock,
    local_routes: LocalRoutes,
    timeout_s: float = 30.0,
) -> Server:
    """Serve in threads of its own until stopped. Port 0 takes a free one.

    `local_routes` are exact paths that never reach the handler. `timeout_s` is how long a client may take to send
    a request, to read its answer, or to say nothing. Raises OverdueError when it cannot listen there.
    """
    listener = _listen(host, port)
    bound_port: int = listener.server_address[1]
    base = f"http://{_reachable(host)}:{bound_port}"
    listener.app = _App(handler=handler, clock=clock, local_routes=local_routes, base=base, port=bound_port)
    listener.timeout_s = timeout_s
    thread = threading.Thread(
        target=listener.serve_forever, kwargs={"poll_interval": 0.05}, name="overdue-local", daemon=True
    )
    thread.start()
    return Server(base, bound_port, listener)


def _listen(host: str, port: int) -> "_Listener":
    try:
        return _Listener((host, port), _Connection)
    except OverflowError as error:
        raise OverdueError(f"port {port} is not within 0–65535") from error
    except OSError as error:
        raise OverdueError(_why_not(error, host, port)) from error


def _why_not(error: OSError, host: str, port: int) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return (
                f"port {port} of {host} is in use by another program: stop that one, or choose another port "
                "with --port (0 takes any that is free)"
            )
        case errno.EACCES:
            return f"port {port} is reserved for the system's own services: choose one from 1024 on with --port"
        case _:
            return f"cannot listen on {host}, port {port}: {error.strerror or error}"


def _reachable(host: str) -> str:
    """The host as it stands in a URL; all addresses are reached by the loopback one."""
    host = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"[{host}]" if ":" in host else host


@dataclass(frozen=True, slots=True, kw_only=True)
class _App:
    """Whom to ask for an answer."""

    handler: Handler
    clock: Clock
    local_routes: LocalRoutes
    base: str
    port: int

    def answer(self, request: LocalRequest) -> LocalAnswer:
        """Call the local route or the app. A request for another host is refused before either of them sees it."""
        host = request.header("host")
        if not access.is_this_server(host, port=self.port):
            return exchange.plain(
                HTTPStatus.MISDIRECTED_REQUEST,
                f"This local server answers requests for {self.base} and for other loopback names with the same port, "
                f'not for Host "{(host or "")[:100]}".',
            )
        route = self.local_routes.get(request.path)
        if route is not None:
            return route(request)
        event = gateway.event(request, epoch_ms=self.clock.epoch_ms(), base=self.base)
        return gateway.answer(self.handler(event, gateway.Context(aws_request_id=str(uuid4()))))


class _Listener(ThreadingTCPServer):
    """Takes connections, and knows those that are open."""

    # Elsewhere this lets two servers share a port; on Linux it only forgets the connections of a server that
    # has ended, so that one can start again at once.
    allow_reuse_address = sys.platform == "linux"
    request_queue_size = 128
    daemon_threads = True
    app: _App
    timeout_s: float

    def __init__(self, address: tuple[str, int], connection: "type[_Connection]") -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.is_stopping = False
        self._open: set[socket.socket] = set()
        self._changed = threading.Condition()
        super().__init__(address, connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._changed:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self._changed:
            self._open.discard(request)
            self._changed.notify_all()

    def end_connections(self) -> None:
        """Read nothing more from anybody, and wait for the answers that are being made."""
        with self._changed:
            self.is_stopping = True
            for each in self._open:
                try:
                    each.shutdown(socket.SHUT_RD)
                except OSError:  # the other side was faster
                    continue
            self._changed.wait_for(lambda: not self._open, timeout=STOPPING_S)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """A client that went away or fell asleep is no news; all else is our bug."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            traceback.print_exc()


class _Patient(io.RawIOBase):
    """A socket's bytes up to a deadline, however slowly they drip in."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.deadline_s = 0.0  # of the steady clock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left_s = self.deadline_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        self._connection.settimeout(left_s)
        return self._connection.recv_into(buffer)


class _Connection(StreamRequestHandler):
    """One connection: request after request until one side ends it."""

    disable_nagle_algorithm = True
    server: _Listener

    def handle(self) -> None:
        with io.BufferedReader(_Patient(self.connection)) as stream:
            while not self.server.is_stopping and self._exchange(stream):
                pass

    def _exchange(self, stream: "io.BufferedReader[_Patient]") -> bool:
        """Read one request and answer it: whether another may follow."""
        stream.raw.deadline_s = time.monotonic() + self.server.timeout_s
        if not stream.peek(1):
            return False
        stream.raw.deadline_s = time.monotonic() + self.server.timeout_s
        try:
            request = exchange.read(stream, peer=self.client_address[0], go_on=self._go_on)
        except RefusedError as refused:
            self._refuse(refused.answer)
            return False
        except TimeoutError:
            self._refuse(exchange.plain(HTTPStatus.REQUEST_TIMEOUT, "the request did not arrive in time"))
            return False
        if request is None:
            return False
        closes = not request.keeps_alive or self.server.is_stopping
        self._send(self._answer(request, closes=closes))
        return not closes

    def _go_on(self) -> None:
        self._send(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _answer(self, request: LocalRequest, *, closes: bool) -> bytes:
        app = self.server.app
        try:
            answer = app.answer(request)
            return exchange.written(answer, method=request.method, at=app.clock.now(), closes=closes)
        except Exception:  # noqa: BLE001  # whatever a handler raises, its neighbours go on
            traceback.print_exc()
            return exchange.written(BROKEN, method=request.method, at=app.clock.now(), closes=closes)

    def _refuse(self, answer: LocalAnswer) -> None:
        """Answer, then let the client end what it is sending: closing at once would tear the answer from its hands."""
        self._send(exchange.written(answer, method="", at=self.server.app.clock.now(), closes=True))
        self.connection.shutdown(socket.SHUT_WR)
        until_s, left = time.monotonic() + LAST_WORDS_S, DRAIN_LIMIT_BYTES
        while left > 0 and (left_s := until_s - time.monotonic()) > 0:
            self.connection.settimeout(left_s)
            received = len(self.connection.recv(65_536))
            if not received:
                return
            left -= received

    def _send(self, piece: bytes) -> None:
        self.connection.settimeout(self.server.timeout_s)
        self.connection.sendall(piece)
