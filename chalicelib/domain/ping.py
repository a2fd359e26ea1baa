"""What a ping says: its signal, read from URL, verb and body (docs/reference/wire.md, Pings; the filters).

What follows from a signal is decided in `receive`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.domain.check import Check, Status
from chalicelib.domain.config import Filters

LONGEST_OUTPUT = 120  # characters kept in the check
LONGEST_TAIL = 1_000  # characters told in an alert
MOST_TAIL_LINES = 10
ALARM_SCHEME = "cloudwatch"


class Signal(StrEnum):
    """What a ping says. `ign` is a request that the check's filters ignore."""

    SUCCESS = "success"
    START = "start"
    FAIL = "fail"
    LOG = "log"
    IGN = "ign"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """One request about a check. Its body is cut at the limit; what it ended with is kept apart."""

    at: datetime  # when the request was made, by API Gateway's clock
    signal: Signal  # what its URL says; `heard` tells what it means
    exit_status: int | None = None
    rid: str = ""
    count: int | None = None  # items processed
    body: bytes = b""
    cut_end: bytes = b""  # the last bytes of a body that was cut: the end is where the error stands
    method: str = "GET"
    scheme: str = "https"
    remote_addr: str = ""
    ua: str = ""
    took: timedelta | None = None  # a probe's latency; None: a job's ping, whose run tells how long it took

    @property
    def end(self) -> bytes:
        """The end of what it said, whether or not it was cut."""
        return self.cut_end or self.body

    @property
    def is_from_alarm(self) -> bool:
        """Whether a CloudWatch alarm reported, not a job."""
        return self.scheme == ALARM_SCHEME


def heard(check: Check, ping: Ping) -> Signal:
    """What this ping means to this check, its filters applied."""
    filters = check.config.filters
    if filters.methods == "POST" and ping.method != "POST":
        return Signal.IGN
    if check.status is Status.PAUSED and check.config.manual_resume:
        return Signal.IGN
    if check.config.group is not None:
        return Signal.IGN  # its members tell
    return _said_by_body(filters, ping.body) if filters.http_body else ping.signal


def _said_by_body(filters: Filters, body: bytes) -> Signal:
    """The keywords of a body, whatever the URL said: failure goes before success, success before start."""
    text = body.decode("utf-8", "replace")
    for keywords, signal in (
        (filters.failure_kw, Signal.FAIL),
        (filters.success_kw, Signal.SUCCESS),
        (filters.start_kw, Signal.START),
    ):
        if any(word.strip() and word.strip() in text for word in keywords.split(",")):
            return signal
    return Signal.FAIL if filters.default_fail else Signal.IGN


def last_words(body: bytes) -> str:
    """The end of a body, at most 120 characters: what a row of an overview shows."""
    return body.rstrip()[-4 * LONGEST_OUTPUT :].decode("utf-8", "replace").strip()[-LONGEST_OUTPUT:]


def tail(body: bytes) -> str:
    """The last ten lines of a body, at most 1,000 characters: what an alert tells."""
    text = body.rstrip(b"\r\n")[-4 * LONGEST_TAIL :].decode("utf-8", "replace").strip("\n")
    return "\n".join(text.splitlines()[-MOST_TAIL_LINES:])[-LONGEST_TAIL:]
