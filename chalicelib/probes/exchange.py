"""One HTTP request of a probe with its redirects, within one deadline.

The deadline covers the whole exchange, not each read, so a server cannot drip its answer for longer. Whatever bytes a
server sends, the outcome is an answer or the reason why there is none, and the bytes received are limited. The name of
each hop is resolved and checked (`address`), and the connection uses the address that was checked. TLS is verified
against the host of the URL. `verdict` decides what the answer means. Start at `exchange`.

Hand-written because HTTP libraries resolve the host again when they connect, and limit each read, not the exchange.
"""

import codecs
import http.client
import io
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urljoin

from chalicelib.domain.errors import BadInput
from chalicelib.domain.sources.probe import Probe, Target, target
from chalicelib.probes.address import Address, Closed, Network, Resolve, reachable
from chalicelib.probes.certificate import ends_at
from chalicelib.probes.cookies import Cookies

AGENT = "Overdue-Probe"
MOST_REDIRECTS = 5
MOST_BYTES = 65_536
MOST_HEAD_BYTES = 262_144  # of one hop, received for its header and for the interim answers (1xx) before it
MOST_BODY_BYTES = 4 * MOST_BYTES  # received for the first 64 kB of text: chunks of a single byte take six
MOST_INTERIM = 10
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SWITCHING = 101  # the only 1xx that is final: the connection switches to another protocol
_CHARSET = re.compile(
    r';\s*charset\s*=\s*"?([^\s;"]{1,40})', re.IGNORECASE | re.ASCII
)  # short, because Python caches each name permanently
_LONGEST_TYPE = 1_000  # characters of Content-Type that are parsed
_NO_CHARSETS = {"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "mbcs", "oem"}  # codecs only
_HEADER_LINES = 100  # as many as http.client takes


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeNetwork:
    """How a probe gets out."""

    resolve: Resolve
    opened: Sequence[Network]  # inside networks that may be asked
    tls: ssl.SSLContext


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A whole answer, or its first 64 kB."""

    status: int
    text: str
    is_cut: bool
    took: timedelta
    certificate_ends: datetime | None  # the earliest of all hops; None: no TLS


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """No whole answer came in time; `why` says so in a person's words."""

    why: str
    took: timedelta


Exchange = Answered | Unanswered


class NoAnswer(Exception):
    """The exchange has come to its end without an answer; the message says why."""


def exchange(probe: Probe, way: ProbeNetwork) -> Exchange:
    """Ask once. Takes at most the probe's timeout; all that can go wrong with a server is an outcome, no error."""
    began_s = time.monotonic()
    try:
        status, text, is_cut, ends = _asked(probe, way, began_s + probe.timeout.total_seconds())
    except NoAnswer as error:
        return Unanswered(why=_printable(str(error)), took=_since(began_s))
    return Answered(status=status, text=text, is_cut=is_cut, took=_since(began_s), certificate_ends=ends)


def _printable(text: str) -> str:
    """The text without terminal control characters: parts of it may come from the server."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


def _since(began_s: float) -> timedelta:
    return timedelta(seconds=time.monotonic() - began_s)


def _asked(probe: Probe, way: ProbeNetwork, until_s: float) -> tuple[int, str, bool, datetime | None]:
    """The last answer of a chain of redirects, and the earliest end of its certificates."""
    at, method, headers, ends = target(probe.url), str(probe.method), probe.headers, list[datetime]()
    url, cookies = probe.url, Cookies()
    for _ in range(MOST_REDIRECTS + 1):
        with _connected(at, way, probe.timeout, until_s) as (connection, certificate_ends):
            ends += [] if certificate_ends is None else [certificate_ends]
            request = _request(method, at, headers, cookies.header(at))
            response = _sent(connection, request, method, probe.timeout, until_s)
            to = response.getheader("Location")
            if not (probe.follow_redirects and to and response.status in _REDIRECTS):
                text, is_cut = _read(response, probe.timeout)
                return response.status, text, is_cut, min(ends, default=None)
            cookies.take(response.headers.get_all("Set-Cookie", ()), of=at)
        url, there = _redirected(url, to)
        if there.origin != at.origin:
            headers = ()  # they may be secrets, meant for the first origin
        if response.status == 303 or (response.status in (301, 302) and method == "POST"):
            method = "HEAD" if method == "HEAD" else "GET"
        at = there
    raise NoAnswer(f"no answer: more than {MOST_REDIRECTS} redirects")


def _redirected(url: str, to: str) -> tuple[str, Target]:
    """Resolve a `Location` against a URL."""
    try:
        there = urljoin(url, to)
        return there, target(there)
    except BadInput as error:
        raise NoAnswer(f"no answer: redirected to where no probe goes: {error}") from error
    except ValueError as error:  # an unbalanced bracket, or brackets around something that is no address
        raise NoAnswer(f"no answer: redirected to an invalid URL: {_shown(to)}") from error


def _shown(text: str) -> str:
    """The beginning of a text from a server, in quotes."""
    return f'"{text}"' if len(text) <= 100 else f'"{text[:100]}…"'


def _request(method: str, at: Target, headers: Sequence[tuple[str, str]], cookies: str) -> bytes:
    """The request's bytes. `cookies` join the probe's own in one header, as RFC 6265 (5.4) allows only one."""
    own = [value for name, value in headers if name.lower() == "cookie"]
    if cookies and own:
        headers = [pair for pair in headers if pair[0].lower() != "cookie"]
    if cookies:
        headers = [*headers, ("Cookie", "; ".join([*own, cookies]))]
    ours = {"User-Agent": AGENT, "Accept": "*/*"}
    given = {name.lower() for name, _ in headers}
    lines = [f"{method} {at.path} HTTP/1.1", f"Host: {at.authority}"]
    lines += [f"{name}: {value}" for name, value in ours.items() if name.lower() not in given]
    lines += [f"{name}: {value}" for name, value in headers]
    lines += ["Accept-Encoding: identity", "Connection: close"]
    lines += ["Content-Length: 0"] if method == "POST" else []
    return "\r\n".join([*lines, "", ""]).encode("ascii")


@contextmanager
def _connected(
    at: Target, way: ProbeNetwork, timeout: timedelta, until_s: float
) -> Iterator[tuple[socket.socket, datetime | None]]:
    """Connect to the first of the host's addresses that accepts, with TLS for https.

    Also returns when the certificate ends; None without one.
    """
    with _told(timeout, "no connection"):
        addresses = _looked_up(at, way, until_s)
        plain = _first(addresses, at.port, until_s)
    with plain:
        if at.scheme == "http":
            yield plain, None
            return
        with _told(timeout, "no TLS"):
            plain.settimeout(_left_s(until_s))
            secured = way.tls.wrap_socket(plain, server_hostname=at.host)
        with secured:
            with _told(timeout, "no TLS"):
                ends = ends_at(secured.getpeercert() or {})
            yield secured, ends


def _looked_up(at: Target, way: ProbeNetwork, until_s: float) -> list[Address]:
    """The open addresses of a host. A resolver knows no deadline, so it gets a thread that may be left behind: it ends
    when the resolver gives up.
    """
    found: list[list[Address] | Exception] = []

    def look() -> None:
        try:
            found.append(reachable(at.host, at.port, resolve=way.resolve, opened=way.opened))
        except Exception as error:  # noqa: BLE001  # it is raised again below, in the thread that waits
            found.append(error)

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    looking.join(_left_s(until_s))
    match found:
        case []:
            raise NoAnswer(f"no answer: the DNS did not tell the address of {at.host} in time")
        case [socket.gaierror() as error]:
            raise NoAnswer(f"no answer: {at.host} has no address in the DNS ({error.strerror})") from error
        case [UnicodeError() as error]:
            raise NoAnswer(f"no answer: {at.host[:100]} is not a valid host name") from error
        case [Closed() as error]:
            raise NoAnswer(f"no answer: {error}") from error
        case [Exception() as error]:
            raise error
        case [list() as addresses]:
            return addresses
        case _:
            raise AssertionError("a look-up has one outcome")


def _first(addresses: Sequence[Address], port: int, until_s: float) -> socket.socket:
    """A connection to the first that takes one, the time that is left shared out. Raises what the last one said."""
    for number, address in enumerate(addresses, start=1):
        share_s = _left_s(until_s) / (len(addresses) - number + 1)
        try:
            return socket.create_connection((str(address), port), timeout=share_s)
        except OSError:
            if number == len(addresses):
                raise
    raise AssertionError("a host that is reachable has an address")


def _sent(
    connection: socket.socket, request: bytes, method: str, timeout: timedelta, until_s: float
) -> http.client.HTTPResponse:
    """The header of the answer to a request. Interim answers, such as 103 Early Hints, are skipped."""
    with _told(timeout, "nothing came"):
        connection.settimeout(_left_s(until_s))
        connection.sendall(request)
        stream = _Stream(_Reads(connection, until_s))
        for _ in range(MOST_INTERIM + 1):
            response = http.client.HTTPResponse(stream, method=method)  # type: ignore[arg-type]  # makefile is all it needs
            response.begin()
            if not 100 <= response.status < 200 or response.status == _SWITCHING:
                stream.raw.allow(MOST_BODY_BYTES, "its chunks are too small: 256 kB came for less than 64 kB of text")
                return response
    raise NoAnswer(f"no answer: more than {MOST_INTERIM} interim answers (1xx) came instead")


def _read(response: http.client.HTTPResponse, timeout: timedelta) -> tuple[str, bool]:
    """The text of an answer, and whether it has been cut at 64 kB."""
    with _told(timeout, "the answer was not complete"):
        body = response.read(MOST_BYTES)
        is_cut = len(body) == MOST_BYTES
        if not is_cut and response.length:
            raise http.client.IncompleteRead(body, response.length)
    return _decoded(body, response.headers.get("Content-Type", "")), is_cut


def _decoded(body: bytes, content_type: str) -> str:
    """The text decoded with its charset; with UTF-8 if the charset is missing or unknown."""
    found = _CHARSET.search(content_type[:_LONGEST_TYPE])
    charset = found[1] if found else "utf-8"
    try:
        known = codecs.lookup(charset).name
        if known.replace("_", "-") in _NO_CHARSETS:
            raise NoAnswer(f"no answer: its charset {_shown(charset)} is not a text encoding")
        return body.decode(known, "replace")
    except LookupError:  # also for a codec between bytes and bytes, such as zip
        return body.decode("utf-8", "replace")
    except ValueError as error:  # a NUL within the name
        raise NoAnswer(f"no answer: its charset {_shown(charset)} is not a text encoding") from error


def _left_s(until_s: float) -> float:
    """The seconds until then. Raises TimeoutError when there are none: a timeout of 0 would mean "do not wait"."""
    left_s = until_s - time.monotonic()
    if left_s <= 0:
        raise TimeoutError
    return left_s


class _Reads(io.RawIOBase):
    """A socket whose reads have one deadline and a limit on the total number of bytes."""

    def __init__(self, connection: socket.socket, until_s: float) -> None:
        self._connection, self._until_s = connection, until_s
        self.allow(MOST_HEAD_BYTES, "its header is larger than 256 kB")

    def allow(self, left_bytes: int, exceeded: str) -> None:
        """Allow so many more bytes. `exceeded` is the reason to give if the answer has more."""
        self._left_bytes, self._exceeded = left_bytes, exceeded

    def readable(self) -> bool:
        """As RawIOBase wants it."""
        return True

    def readinto(self, buffer: Any) -> int:
        """One read, for as long as is left."""
        if self._left_bytes <= 0:
            raise NoAnswer(f"no answer: {self._exceeded}")
        self._connection.settimeout(_left_s(self._until_s))
        received = self._connection.recv_into(buffer)
        self._left_bytes -= received
        return received


class _Stream(io.BufferedReader):
    """A stream from which several answers are read, one after the other."""

    raw: _Reads

    def makefile(self, _: str) -> io.BufferedReader:
        """Return itself, as HTTPResponse expects of a socket."""
        return self

    def close(self) -> None:
        """Do nothing: the stream is needed for the next answer. The opener closes the socket."""


@contextmanager
def _told(timeout: timedelta, late: str) -> Iterator[None]:
    """What goes wrong within the block, in a person's words; `late` is what has not happened by the deadline."""
    try:
        yield
    except TimeoutError as error:
        raise NoAnswer(f"no answer: {late} within {timeout.total_seconds():g} s") from error
    except ssl.SSLCertVerificationError as error:
        raise NoAnswer(f"TLS: {error.verify_message.rstrip('.')}") from error
    except ssl.SSLError as error:
        raise NoAnswer(f"TLS: {(error.reason or 'broken off').replace('_', ' ').lower()}") from error
    except http.client.RemoteDisconnected as error:
        raise NoAnswer("no answer: the connection was closed before one came") from error
    except http.client.IncompleteRead as error:
        raise NoAnswer("no answer: the connection was closed in the midst of it") from error
    except http.client.LineTooLong as error:
        raise NoAnswer("no answer: a line of its header is longer than 64 kB") from error
    except (http.client.HTTPException, ValueError) as error:  # ValueError: a chunk's length that is no number
        if str(error).endswith(" headers"):  # "got more than 100 headers", which has no class of its own
            raise NoAnswer(f"no answer: its header has more than {_HEADER_LINES} lines") from error
        raise NoAnswer(f"no answer: what came is not HTTP ({type(error).__name__})") from error
    except ConnectionError as error:
        raise NoAnswer(f"no answer: {(error.strerror or 'connection broken').lower()}") from error
    except OSError as error:
        raise NoAnswer(f"no answer: {(error.strerror or type(error).__name__).lower()}") from error
