"""One HTTP request to Overdue, by the standard library alone, and what came back.

Carries, decides nothing: every status is an answer, none is an error. Redirects are not followed, since urllib would
take the key along to wherever they point; loopback is never asked through a proxy. Start at `send`.

No HTTP library because `overdue exec` starts before every job, and `requests` takes twice as long to import as this.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from chalicelib.domain.errors import OverdueError


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
    from overdue.client.transport import exchange  # imports urllib: 25 ms, for which no job shall wait

    try:
        status, received, content = exchange(
            method, url, body=body, headers={"User-Agent": "overdue-cli", **headers}, timeout_s=timeout_s
        )
    except (OSError, ValueError) as error:
        raise Unreachable(f"{origin(url)} does not answer: {_why(error)}") from error
    return Answer(status=status, headers=received, body=content)


def origin(url: str) -> str:
    """Scheme and host of a URL: what may be shown of one that holds a key or a code."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _why(error: Exception) -> str:
    reason = getattr(error, "reason", error)  # URLError wraps what has happened
    if isinstance(reason, TimeoutError):
        return "it took too long"
    if isinstance(reason, OSError) and reason.strerror:
        return reason.strerror.lower()
    return str(reason) or type(reason).__name__
