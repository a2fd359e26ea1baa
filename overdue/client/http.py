"""Send one HTTP request to Overdue with the standard library and return the answer. Start at `send`.

Every status is an answer; the caller decides which ones are errors. Redirects are not followed, since urllib would
send the key to wherever they point. Loopback addresses are never reached through a proxy.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chalicelib.domain.errors import OverdueError

if TYPE_CHECKING:
    from urllib.request import OpenerDirector

LOOPBACK = ("127.0.0.1", "::1", "localhost")
LARGEST_BYTES = 64 * 1024 * 1024


class Unreachable(OverdueError):
    """No answer arrived; the server may or may not have received the request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP answer. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_good(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    def text(self, max_chars: int) -> str:
        """The beginning of the body, on one line."""
        return " ".join(self.body.decode("utf-8", "replace").split())[:max_chars]


def send(method: str, url: str, *, body: bytes | None, headers: Mapping[str, str], timeout_s: float) -> Answer:
    """Send one request, without retries. Raises Unreachable.

    The whole answer must arrive within `timeout_s`, even if it arrives in pieces. Connecting may take that long for
    each address of the host; the timeout of name resolution is the system's.
    """
    # Imported here so that `exec` starts the job first: these take 25 ms.
    from http.client import HTTPException
    from urllib.request import Request

    until_s = time.monotonic() + timeout_s
    try:
        request = Request(url, data=body, method=method, headers={"User-Agent": "overdue-cli", **headers})  # noqa: S310
        with _opener(url, until_s).open(request, timeout=timeout_s) as response:
            return Answer(
                status=response.status,
                headers={name.lower(): value for name, value in response.headers.items()},
                body=response.read(LARGEST_BYTES),
            )
    except (OSError, HTTPException, ValueError) as error:
        raise Unreachable(f"{origin(url)} does not answer: {_why(error)}") from error


def origin(url: str) -> str:
    """The scheme and host of a URL: the part that may be shown, since the rest can hold a key or a code."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _opener(url: str, until_s: float) -> "OpenerDirector":
    """An opener without urllib's redirect and error handlers, and without TLS (20 ms to load) for plain http."""
    from urllib.request import OpenerDirector, ProxyHandler

    from overdue.client.deadline import InTimeHttp, InTimeHttps

    parts = urlsplit(url)
    opener = OpenerDirector()
    if parts.hostname not in LOOPBACK:
        opener.add_handler(ProxyHandler())
    opener.add_handler(InTimeHttp(until_s))
    if parts.scheme == "https":
        opener.add_handler(InTimeHttps(until_s))
    return opener


def _why(error: Exception) -> str:
    reason = getattr(error, "reason", error)  # URLError wraps the cause
    if isinstance(reason, TimeoutError):
        return "timed out"
    if isinstance(reason, OSError) and reason.strerror:
        return reason.strerror.lower()
    return str(reason) or type(reason).__name__
