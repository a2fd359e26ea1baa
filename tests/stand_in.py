"""A tiny HTTP server on loopback that answers as it is told, and remembers what it was asked."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str  # with its query
    headers: dict[str, str]  # names in lower case
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Says:
    """An answer; `after_s` is how long it takes."""

    status: int = 200
    body: bytes | str | object = b"OK"
    headers: dict[str, str] = field(default_factory=dict)
    after_s: float = 0.0


Answering = Callable[[Asked], Says]


@dataclass
class StandIn:
    """A running one: `base` is its URL."""

    base: str
    asked: list[Asked]

    def paths(self) -> list[str]:
        """What was asked, in order, without queries."""
        return [each.path.partition("?")[0] for each in self.asked]


@contextmanager
def stand_in(answering: Answering = lambda _: Says()) -> Iterator[StandIn]:
    """Answer until the block ends."""
    asked: list[Asked] = []

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Asked(self.command, self.path, headers, body)
            asked.append(request)
            says = answering(request)
            time.sleep(says.after_s)
            content = says.body if isinstance(says.body, bytes | str) else json.dumps(says.body)
            content = content.encode() if isinstance(content, str) else content
            try:
                self.send_response(says.status)
                for name, value in says.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
            except OSError:  # it has not waited
                pass

        do_GET = do_POST = do_DELETE = _answer  # noqa: N815  # the names that the library calls

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield StandIn(f"http://127.0.0.1:{server.server_port}", asked)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
