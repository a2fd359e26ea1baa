"""Send one HTTP request to Overdue with the standard library and return the answer. Start at `send`.

Every status is an answer; the caller decides which ones are errors. Redirects are not followed, since urllib would
send the key to wherever they point. Loopback addresses are never reached through a proxy. Start at `send`.

No HTTP library, because `overdue exec` starts before every job, and `requests` takes twice as long to import as this.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from chalicelib.domain.errors import OverdueError


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
    from overdue.client.transport import exchange  # imports urllib (25 ms): `exec` starts the job first

    try:
        status, received, content = exchange(
            method, url, body=body, headers={"User-Agent": "overdue-cli", **headers}, timeout_s=timeout_s
        )
    except (OSError, ValueError) as error:
        raise Unreachable(f"{origin(url)} does not answer: {_why(error)}") from error
    return Answer(status=status, headers=received, body=content)


def origin(url: str) -> str:
    """The scheme and host of a URL: the part that may be shown, since the rest can hold a key or a code."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _why(error: Exception) -> str:
    reason = getattr(error, "reason", error)  # URLError wraps the cause
    if isinstance(reason, TimeoutError):
        return "timed out"
    if isinstance(reason, OSError) and reason.strerror:
        return reason.strerror.lower()
    return str(reason) or type(reason).__name__
