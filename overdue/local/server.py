"""The local HTTP server: each request goes to the app as its event, or to a local page.

Start at `serve`. werkzeug's server, which moto brings along, does the HTTP; `gateway` makes events of requests. One
request per connection: werkzeug does not keep connections alive. Nothing is logged for a request, since ping addresses
are secrets; an exception of a handler goes to stderr.

Hand-written is what werkzeug lacks: an error instead of an exit if it cannot listen, a stop that waits for the requests
under way, plain-text errors, the path and headers as they came, and a deadline for silent clients.
"""

import errno
import os
import socket
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from werkzeug.exceptions import ClientDisconnected
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.wrappers import Request, Response

from chalicelib.domain.errors import OverdueError
from overdue.local import gateway
from overdue.local.clock import Clock
from overdue.local.engines import access

Handler = Callable[[dict[str, Any], Any], Mapping[str, Any]]
LocalRoutes = Mapping[str, Callable[[Request], Response]]

BROKEN = b'{"message": "Internal Server Error"}'
STOPPING_S = 5.0
LAST_WORDS_S = 1.0  # of silence, until a client whose request is malformed is cut off


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: `base` is its URL without a slash at the end."""

    base: str
    port: int
    _listener: "_Listener"
    _thread: threading.Thread

    def stop(self) -> None:
        """Stop listening, and wait for the requests under way: 5 seconds at most, about 50 ms when idle."""
        self._listener.shutdown()
        self._thread.join()
        self._listener.wait_until_idle(STOPPING_S)


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

    `local_routes` are exact paths that never reach the handler. `timeout_s` is how long a client may stay silent within
    its request. Raises OverdueError if the server cannot listen there.
    """
    with _listening(host, port) as listening:
        bound_port: int = listening.getsockname()[1]
        base = f"http://{_reachable(host)}:{bound_port}"
        app = _App(handler=handler, clock=clock, local_routes=local_routes, base=base, port=bound_port)
        # The socket is ours because werkzeug ends the process when it cannot listen.
        listener = _Listener(host, bound_port, app, _Connection, fd=listening.fileno())
    listener.timeout_s = timeout_s
    thread = threading.Thread(
        target=listener.serve_forever, kwargs={"poll_interval": 0.05}, name="overdue-local", daemon=True
    )
    thread.start()
    return Server(base, bound_port, listener, thread)


def _listening(host: str, port: int) -> socket.socket:
    if not 0 <= port <= 65_535:
        raise OverdueError(f"port {port} is not within 0–65535")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=128)
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
            return f"cannot listen on {host}, port {port}: {os.strerror(error.errno) if error.errno else error}"


def _reachable(host: str) -> str:
    """The host as it stands in a URL; all addresses are reached by the loopback one."""
    host = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"[{host}]" if ":" in host else host


@dataclass(frozen=True, slots=True, kw_only=True)
class _App:
    """The WSGI application: the local routes, and the app behind API Gateway."""

    handler: Handler
    clock: Clock
    local_routes: LocalRoutes
    base: str
    port: int

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        try:
            answer = gateway.refusal(request) or self._answer(request)
        except ClientDisconnected:
            answer = Response("the body did not arrive in time\n", HTTPStatus.REQUEST_TIMEOUT)
        except Exception:  # noqa: BLE001  # whatever a handler raises, its neighbours go on
            traceback.print_exc()
            answer = Response(BROKEN, HTTPStatus.INTERNAL_SERVER_ERROR, content_type="application/json")
        answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer(environ, start_response)

    def _answer(self, request: Request) -> Response:
        """Call the local route or the app. A request for another host is refused before either of them sees it."""
        host = request.environ.get("HTTP_HOST")
        if not access.is_this_server(host, port=self.port):
            text = (
                f"This local server answers requests for {self.base} and for other loopback names with the same port, "
                f'not for Host "{(host or "")[:100]}".\n'
            )
            return Response(text, HTTPStatus.MISDIRECTED_REQUEST)
        path, _ = gateway.target(request)
        route = self.local_routes.get(path)
        if route is not None:
            return route(request)
        event = gateway.event(request, epoch_ms=self.clock.epoch_ms(), base=self.base)
        return gateway.answer(self.handler(event, gateway.Context(aws_request_id=str(uuid4()))))


class _Listener(ThreadedWSGIServer):
    """Ends silent connections, and counts the requests under way, so that a stop can wait for them."""

    timeout_s: float

    def __init__(self, *args: Any, **given: Any) -> None:
        self._under_way = 0
        self._changed = threading.Condition()
        super().__init__(*args, **given)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        connection.settimeout(self.timeout_s)
        return connection, address

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """One more request, while the block runs."""
        with self._changed:
            self._under_way += 1
        try:
            yield
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify_all()

    def wait_until_idle(self, most_s: float) -> None:
        """Wait until no request is under way, `most_s` seconds at most."""
        with self._changed:
            self._changed.wait_for(lambda: not self._under_way, timeout=most_s)


class _Connection(WSGIRequestHandler):
    """One connection, one request."""

    server: _Listener
    default_request_version = "HTTP/1.0"  # of a request line without a version: an answer always has a head
    error_content_type = "text/plain; charset=utf-8"
    error_message_format = "%(explain)s\n"

    def run_wsgi(self) -> None:
        self.request_version = self.protocol_version  # an HTTP/0.9 answer would have no head
        with self.server.under_way():
            try:
                super().run_wsgi()
            except ValueError:  # the target is no URL, such as http://[
                self.send_error(HTTPStatus.BAD_REQUEST)

    def make_environ(self) -> dict[str, Any]:
        # RAW_URI again, since http.server takes two slashes at the start for one.
        raw = {"RAW_URI": self.requestline.split()[1], gateway.RAW_HEADERS: self.headers}
        return super().make_environ() | raw

    def handle_expect_100(self) -> bool:
        return True  # `run_wsgi` sends it

    def send_response(self, code: int, message: str | None = None) -> None:  # noqa: ARG002
        super().send_response(code)  # with its usual phrase: http.server's own would repeat the request line

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        super().send_error(code, message, explain)
        # Closing with bytes unread would reset the connection, and the client might lose the answer.
        self.connection.settimeout(LAST_WORDS_S)
        while self.connection.recv(65_536):
            pass

    def version_string(self) -> str:
        return "Overdue"

    def log_request(self, *_: Any) -> None:
        """Log nothing."""

    def log(self, *_: Any) -> None:
        """Log nothing."""
