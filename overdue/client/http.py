"""One HTTP request to Overdue, by the standard library alone, and what came back.

Carries, decides nothing: every status is an answer, none is an error. Redirects are not followed, since urllib would
take the key along to wherever they point; loopback is never asked through a proxy. Start at `send`.

No HTTP library because `overdue exec` starts before every job, and `requests` takes twice as long to import as this.
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
    """No answer came; whether the request arrived is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_good(self) -> bool:
        """Whether it says that all went well."""
        return 200 <= self.status < 300

    def text(self, most: int) -> str:
        """The beginning of the body, on one line."""
        return " ".join(self.body.decode("utf-8", "replace").split())[:most]


def send(method: str, url: str, *, body: bytes | None, headers: Mapping[str, str], timeout_s: float) -> Answer:
    """Ask once. All of the answer must be here within `timeout_s`, however it drips. Raises Unreachable.

    Connecting has so long for each address of a host, and finding those is up to the system.
    """
    # Here because a job shall be running before its monitoring has been loaded: 25 ms.
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
    """Scheme and host of a URL: what may be shown of one that holds a key or a code."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _opener(url: str, until_s: float) -> "OpenerDirector":
    """Without urllib's handlers of redirects and errors, and without TLS, 20 ms, where none is needed."""
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
    reason = getattr(error, "reason", error)  # URLError wraps what has happened
    if isinstance(reason, TimeoutError):
        return "it took too long"
    if isinstance(reason, OSError) and reason.strerror:
        return reason.strerror.lower()
    return str(reason) or type(reason).__name__
