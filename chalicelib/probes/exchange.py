"""One exchange by HTTP: a question with its redirects, and what came of it, within one deadline.

The deadline holds for all of it, not for each read: a server that drips is cut off. Each hop's name is resolved and
judged anew (`address`), and the connection goes to the address that was judged. TLS is verified against the host of
the URL. What the answer means is `verdict`'s business. Start at `exchange`.
"""

import http.client
import io
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
from chalicelib.domain.probe import Probe, Target, target
from chalicelib.probes.address import Address, Closed, Network, Resolve, reachable
from chalicelib.probes.certificate import ends_at

AGENT = "Overdue-Probe"
MOST_REDIRECTS = 5
MOST_BYTES = 65_536
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_VERIFIED = "certificate verify failed: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
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


def exchange(probe: Probe, way: Way) -> Exchange:
    """Ask once. Takes at most the probe's timeout; all that can go wrong with a server is an outcome, no error."""
    began_s = time.monotonic()
    try:
        status, text, is_cut, ends = _asked(probe, way, began_s + probe.timeout.total_seconds())
    except NoAnswer as error:
        return Unanswered(why=str(error), took=_since(began_s))
    return Answered(status=status, text=text, is_cut=is_cut, took=_since(began_s), certificate_ends=ends)


def _since(began_s: float) -> timedelta:
    return timedelta(seconds=time.monotonic() - began_s)


def _asked(probe: Probe, way: Way, until_s: float) -> tuple[int, str, bool, datetime | None]:
    """The last answer of a chain of redirects, and the earliest end of its certificates."""
    at, method, headers, ends = target(probe.url), str(probe.method), probe.headers, list[datetime]()
    url = probe.url
    for _ in range(MOST_REDIRECTS + 1):
        with _connected(at, way, probe.timeout, until_s) as connection:
            if isinstance(connection, ssl.SSLSocket):
                ends.append(ends_at(connection.getpeercert() or {}))
            response = _sent(connection, _request(method, at, headers), method, probe.timeout, until_s)
            to = response.getheader("Location")
            if not (probe.follow_redirects and to and response.status in _REDIRECTS):
                text, is_cut = _read(response, probe.timeout)
                return response.status, text, is_cut, min(ends, default=None)
        url = urljoin(url, to)
        there = _redirected(url)
        if there.origin != at.origin:
            headers = ()  # they may be secrets, meant for the first origin
        if response.status == 303 or (response.status in (301, 302) and method == "POST"):
            method = "HEAD" if method == "HEAD" else "GET"
        at = there
    raise NoAnswer(f"no answer: more than {MOST_REDIRECTS} redirects")


def _redirected(url: str) -> Target:
    try:
        return target(url)
    except BadInput as error:
        raise NoAnswer(f"no answer: redirected to where no probe goes: {error}") from error


def _request(method: str, at: Target, headers: Sequence[tuple[str, str]]) -> bytes:
    ours = {"User-Agent": AGENT, "Accept": "*/*"}
    given = {name.lower() for name, _ in headers}
    lines = [f"{method} {at.path} HTTP/1.1", f"Host: {at.authority}"]
    lines += [f"{name}: {value}" for name, value in ours.items() if name.lower() not in given]
    lines += [f"{name}: {value}" for name, value in headers]
    lines += ["Accept-Encoding: identity", "Connection: close"]
    lines += ["Content-Length: 0"] if method == "POST" else []
    return "\r\n".join([*lines, "", ""]).encode("ascii")


@contextmanager
def _connected(at: Target, way: Way, timeout: timedelta, until_s: float) -> Iterator[socket.socket]:
    """A connection to the first of the host's addresses that takes one, with TLS where the URL wants it."""
    with _told(timeout, "no connection"):
        addresses = _looked_up(at, way, until_s)
        plain = _first(addresses, at.port, until_s)
    with plain:
        if at.scheme == "http":
            yield plain
            return
        with _told(timeout, "no TLS"):
            plain.settimeout(_left_s(until_s))
            secured = way.tls.wrap_socket(plain, server_hostname=at.host)
        with secured:
            yield secured


def _looked_up(at: Target, way: Way, until_s: float) -> list[Address]:
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
    with _told(timeout, "nothing came"):
        connection.settimeout(_left_s(until_s))
        connection.sendall(request)
        response = http.client.HTTPResponse(_Until(connection, until_s), method=method)  # type: ignore[arg-type]  # all that it needs of a socket
        response.begin()
    return response


def _read(response: http.client.HTTPResponse, timeout: timedelta) -> tuple[str, bool]:
    """The text of an answer, and whether it has been cut at 64 kB."""
    with _told(timeout, "the answer was not complete"):
        body = response.read(MOST_BYTES)
        is_cut = len(body) == MOST_BYTES
        if not is_cut and response.length:
            raise http.client.IncompleteRead(body, response.length)
    charset = response.headers.get_content_charset("utf-8")
    try:
        return body.decode(charset, "replace"), is_cut
    except LookupError:  # a charset that nobody knows
        return body.decode("utf-8", "replace"), is_cut


def _left_s(until_s: float) -> float:
    """The seconds until then. Raises TimeoutError when there are none: a timeout of 0 would mean "do not wait"."""
    left_s = until_s - time.monotonic()
    if left_s <= 0:
        raise TimeoutError
    return left_s


class _Until:
    """A socket for HTTPResponse whose reads, all together, end at a deadline."""

    def __init__(self, connection: socket.socket, until_s: float) -> None:
        self._reads = _Reads(connection, until_s)

    def makefile(self, _: str) -> io.BufferedReader:
        """What HTTPResponse reads from."""
        return io.BufferedReader(self._reads)


class _Reads(io.RawIOBase):
    def __init__(self, connection: socket.socket, until_s: float) -> None:
        self._connection, self._until_s = connection, until_s

    def readable(self) -> bool:
        """As RawIOBase wants it."""
        return True

    def readinto(self, buffer: Any) -> int:
        """One read, for as long as is left."""
        self._connection.settimeout(_left_s(self._until_s))
        return self._connection.recv_into(buffer)


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
    except (http.client.HTTPException, ValueError) as error:  # ValueError: a chunk's length that is no number
        raise NoAnswer(f"no answer: what came is not HTTP ({type(error).__name__})") from error
    except ConnectionError as error:
        raise NoAnswer(f"no answer: {(error.strerror or 'connection broken').lower()}") from error
    except OSError as error:
        raise NoAnswer(f"no answer: {(error.strerror or type(error).__name__).lower()}") from error
