"""A probe: what Overdue asks of a URL, by itself, instead of waiting for a job's ping
(docs/reference/rules.md, rule 20).

Start at `Probe`. A check with one is a simple check whose period is the probe's: from then on, all rules hold for it as
for any other, and a prober that is dead shows as a miss. When a probe is due is decided here (`is_due`); how it is
done, and what its answer means, in `chalicelib.probes`.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args
from urllib.parse import quote, urlsplit

from chalicelib.domain.field_errors import FieldError
from chalicelib.domain.ids import Code

Method = Literal["GET", "HEAD", "POST", "OPTIONS"]
METHODS: tuple[Method, ...] = get_args(Method)

SHORTEST_EVERY = timedelta(minutes=1)  # the prober comes once a minute
LONGEST_EVERY = timedelta(days=1)
LONGEST_TIMEOUT = timedelta(seconds=20)
MOST_CERTIFICATE_DAYS = 365
LONGEST_URL = 2_000  # characters, as of the next two
LONGEST_TEXT = 500
LONGEST_HEADERS = 2_000  # all of them together
ROOM = timedelta(minutes=5)  # what a default grace has beyond one probe that is lost
NEW_FOR = timedelta(seconds=10)  # it takes a while until a row that has just been written is read

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, section 5.6.2
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e]*")
_OWN_HEADERS = frozenset({"host", "connection", "content-length", "transfer-encoding", "accept-encoding", "upgrade"})
_UNWRITTEN = re.compile(r"[\x00-\x20\x7f\\]")  # browsers and libraries disagree on what these mean in a URL
_STATUS = re.compile(r"([1-5])xx|([1-5][0-9]{2})(?:-([1-5][0-9]{2}))?")
_AS_IT_IS = "/%:@!$&'()*+,;=~-._"  # in a path; what else there is gets percent-encoded
_ORIGIN_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What is asked, how often, and which answer is good."""

    url: str
    method: Method = "GET"
    headers: tuple[tuple[str, str], ...] = ()  # may hold secrets
    expect_status: str = "200"  # a status, a class, a range, or several with commas: "200", "2xx", "200-204,301"
    expect_text: str = ""  # within the first 64 kB of the answer
    timeout: timedelta = timedelta(seconds=10)  # for all of it: name, connection, redirects, answer
    every: timedelta = SHORTEST_EVERY
    follow_redirects: bool = True
    certificate_days: int = 14  # one that expires sooner is a failure; 0: only one that has expired is
    slow: timedelta | None = None  # an answer that takes longer is a failure; None: only the timeout counts


@dataclass(frozen=True, slots=True)
class Target:
    """A URL taken apart: what to connect to, and what to ask there."""

    scheme: Literal["http", "https"]
    host: str  # in ASCII, without brackets
    port: int
    path: str  # with its query, percent-encoded

    @property
    def origin(self) -> tuple[str, str, int]:
        """What secrets may be sent to once they have been sent to it."""
        return (self.scheme, self.host, self.port)

    @property
    def authority(self) -> str:
        """The Host that is asked for."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _ORIGIN_PORTS[self.scheme] else f"{host}:{self.port}"


def default_grace(every: timedelta) -> timedelta:
    """The grace of a probed check unless one is given: a single probe that is lost makes no miss."""
    return every + ROOM


def sound(probe: Probe) -> Probe:
    """The probe, if it can be done. Raises FieldError."""
    target(probe.url)
    statuses(probe.expect_status)
    if probe.method not in METHODS:
        raise _bad("method", f'method "{probe.method[:20]}": use {", ".join(METHODS)}')
    if not SHORTEST_EVERY <= probe.every <= LONGEST_EVERY or probe.every % SHORTEST_EVERY:
        raise _bad(
            "every", f"every {_seconds(probe.every)} s: a probe comes every whole minute, 60 s, up to every 86,400 s"
        )
    if not timedelta(seconds=1) <= probe.timeout <= LONGEST_TIMEOUT:
        raise _bad("timeout", f"timeout {_seconds(probe.timeout)} s: a probe may take 1 to 20 s")
    if probe.slow is not None and not timedelta(0) < probe.slow < probe.timeout:
        raise _bad("slow", f"slow {_seconds(probe.slow)} s: it must be below the timeout, {_seconds(probe.timeout)} s")
    if not 0 <= probe.certificate_days <= MOST_CERTIFICATE_DAYS:
        raise _bad("certificate_days", f"certificate_days {probe.certificate_days}: use 0 to {MOST_CERTIFICATE_DAYS}")
    if len(probe.expect_text) > LONGEST_TEXT:
        raise _bad("expect_text", f"expect_text has {len(probe.expect_text)} characters, {LONGEST_TEXT} are allowed")
    if probe.expect_text and probe.method == "HEAD":
        raise _bad("expect_text", "expect_text: an answer to HEAD has no text. Use GET")
    _insist_on_headers(probe.headers)
    return probe


def _bad(part: str, detail: str) -> FieldError:
    """A probe that cannot be done; `detail` names the value and says what to do."""
    return FieldError(f"probe.{part}", "not_valid", detail=detail)


def _insist_on_headers(headers: tuple[tuple[str, str], ...]) -> None:
    for name, value in headers:
        if _TOKEN.fullmatch(name) is None:
            raise _bad("headers", f'header "{name[:40]}" is no name of a header')
        if name.lower() in _OWN_HEADERS:
            raise _bad("headers", f'header "{name}" is set by the probe itself: leave it out')
        if _HEADER_VALUE.fullmatch(value) is None:
            raise _bad("headers", f'header "{name}": its value may hold printable ASCII only')
    if sum(len(name) + len(value) for name, value in headers) > LONGEST_HEADERS:
        raise _bad("headers", f"headers are longer than {LONGEST_HEADERS} characters together")


def target(url: str) -> Target:
    """A URL taken apart. Raises FieldError for all that a probe does not ask: it names the URL up to its query."""
    shown = re.sub("//[^/]*@", "//", re.split("[?#]", url)[0])[:100]
    if len(url) > LONGEST_URL:
        raise _bad("url", f'url "{shown}…" has {len(url)} characters, {LONGEST_URL} are allowed')
    if _UNWRITTEN.search(url):
        raise _bad("url", "url holds a blank, a backslash or a control character: percent-encode it")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        host = host if ":" in host else host.encode("idna").decode()  # it refuses what the resolver would
    except ValueError as error:  # UnicodeError is one
        raise _bad("url", "url is not a URL: write one such as https://example.com/health") from error
    if "@" in parts.netloc:
        raise _bad("url", "url holds a user name or a password: send them in a header, such as Authorization")
    if parts.scheme not in ("http", "https"):
        raise _bad("url", f'url "{shown}": a probe asks http:// and https:// only')
    if not host or port == 0 or not re.fullmatch(r"[0-9a-z._:-]+", host):
        raise _bad("url", f'url "{shown}" names no host that can be asked')
    scheme: Literal["http", "https"] = "https" if parts.scheme == "https" else "http"
    path = quote(parts.path or "/", safe=_AS_IT_IS)
    query = "?" + quote(parts.query, safe=_AS_IT_IS + "?") if parts.query else ""
    return Target(scheme, host, port or _ORIGIN_PORTS[scheme], path + query)


def statuses(text: str) -> tuple[range, ...]:
    """The statuses that are good ones. Raises FieldError."""
    found = []
    for part in text.split(","):
        match = _STATUS.fullmatch(part.strip())
        if match is None:
            raise _bad("expect_status", f'expect_status "{text[:40]}": write 200, 2xx, 200-299, or several with commas')
        family, first, last = match.groups()
        low, high = (int(family) * 100, int(family) * 100 + 99) if family else (int(first), int(last or first))
        if high < low:
            raise _bad("expect_status", f'expect_status "{text[:40]}": {high} is below {low}')
        found.append(range(low, high + 1))
    return tuple(found)


def is_due(code: Code, every: timedelta, *, made_at: datetime, after: datetime, until: datetime) -> bool:
    """Whether a probe falls into the time after one instant and up to another; several count as one.

    Its instants are spread by its code, so that all that come hourly do not come at once; nothing has to be written
    to remember them. One that has just been made or edited is due at once.
    """
    if after - NEW_FOR < made_at <= until:
        return True
    phase = timedelta(seconds=int(code[:8], 16) % int(every.total_seconds()))
    epoch = datetime(1970, 1, 1, tzinfo=UTC) + phase
    return (until - epoch) // every > (after - epoch) // every


def _seconds(span: timedelta) -> str:
    return f"{span.total_seconds():g}"
