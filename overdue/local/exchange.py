"""One HTTP/1.1 exchange: a request read from a stream, an answer as bytes.

Decides what is refused before anybody is asked: malformed, too large, without a length. Start at `read`. The
limits are API Gateway's (10,240 bytes of request line and headers) and Lambda's (6 MB of event). What becomes of
a request is `server`'s business.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from http import HTTPStatus
from typing import BinaryIO
from urllib.parse import parse_qs, unquote

HEAD_LIMIT_BYTES = 10_240
BODY_LIMIT_BYTES = 6 * 1024 * 1024

TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
REQUEST_LINE = re.compile(rb"(" + TOKEN + rb") ([!-~\x80-\xff]+) HTTP/([0-9])\.([0-9])")
HEADER = re.compile(rb"(" + TOKEN + rb"):[ \t]*([^\0\r\n]*)")
ABSOLUTE_FORM = re.compile(r"https?://([^/?]*)", re.IGNORECASE)
WITHOUT_BODY = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
OURS_ALONE = (
    "content-length",
    "transfer-encoding",
    "connection",
    "date",
    "x-content-type-options",
)  # headers that no handler sets


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalRequest:
    """A request as it came, its path and parameters percent-decoded, what is no UTF-8 replaced."""

    method: str
    path: str
    query: str  # as it came, without the question mark
    headers: tuple[tuple[str, str], ...]
    body: bytes
    peer: str  # the address that it came from
    keeps_alive: bool

    def header(self, name: str) -> str | None:
        """The value of a header, the last one if it came repeatedly; None: it did not come."""
        return next((value for key, value in reversed(self.headers) if key.lower() == name), None)

    def parameters(self) -> dict[str, list[str]]:
        """The query's parameters, empty ones too."""
        return parse_qs(self.query, keep_blank_values=True)

    def parameter(self, name: str, default: str) -> str:
        """The last value of a parameter."""
        return self.parameters().get(name, [default])[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalAnswer:
    """What goes back. Length, date and connection are added when it is written."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class RefusedError(Exception):
    """A request that nobody is asked about; the connection ends with the answer."""

    def __init__(self, status: HTTPStatus, text: str) -> None:
        super().__init__(text)
        self.answer = plain(status, text)


def plain(status: int, text: str) -> LocalAnswer:
    """An answer of one line of text."""
    headers = (("Content-Type", "text/plain; charset=utf-8"),)
    return LocalAnswer(status=status, headers=headers, body=f"{text}\n".encode())


def read(stream: BinaryIO, *, peer: str, go_on: Callable[[], None]) -> LocalRequest | None:
    """The next request; None when the other side ended before it was complete.

    `go_on` is called when the client waits to be told that its body is wanted. Raises RefusedError, and
    TimeoutError from the stream.
    """
    lines = _head(stream)
    if lines is None:
        return None
    method, target, is_1_1 = _request_line(lines[0])
    headers = tuple(_header(line) for line in lines[1:])
    if len(_values(headers, "host")) not in ((1,) if is_1_1 else (0, 1)):
        raise RefusedError(HTTPStatus.BAD_REQUEST, "a request has one Host header")
    length = _length(headers)
    if length and is_1_1 and "100-continue" in _values(headers, "expect"):
        go_on()
    body = stream.read(length)
    if len(body) < length:
        return None
    authority, target = _origin_form(target)
    if authority is not None:
        headers = (*(pair for pair in headers if pair[0].lower() != "host"), ("Host", authority))
    path, _, query = target.partition("?")
    return LocalRequest(
        method=method,
        path=unquote(path, errors="replace"),
        query=query,
        headers=headers,
        body=body,
        peer=peer,
        keeps_alive=_keeps_alive(headers, is_1_1=is_1_1),
    )


def _head(stream: BinaryIO) -> list[bytes] | None:
    """The request line and the header lines, without their ends. Empty lines before them are skipped."""
    lines: list[bytes] = []
    left = HEAD_LIMIT_BYTES
    while True:
        line = stream.readline(left + 1)
        left -= len(line)
        if left < 0:
            text = f"request line and headers exceed {HEAD_LIMIT_BYTES} bytes"
            raise RefusedError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, text)
        if not line.endswith(b"\n"):
            return None
        line = line.removesuffix(b"\n").removesuffix(b"\r")
        if line:
            lines.append(line)
        elif lines:
            return lines


def _request_line(line: bytes) -> tuple[str, str, bool]:
    """Method, target, and whether the client speaks HTTP/1.1."""
    match = REQUEST_LINE.fullmatch(line)
    if match is None:
        raise RefusedError(HTTPStatus.BAD_REQUEST, "the request line is not: METHOD /path HTTP/1.1")
    method, target, major, minor = match.groups()
    if major != b"1":
        raise RefusedError(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, "only HTTP/1.1 and HTTP/1.0 are spoken here")
    return method.decode("ascii"), target.decode("utf-8", "replace"), minor != b"0"


def _header(line: bytes) -> tuple[str, str]:
    """One header. A continued line, a space before the colon and control characters are how requests are smuggled."""
    match = HEADER.fullmatch(line)
    if match is None:
        raise RefusedError(HTTPStatus.BAD_REQUEST, "a header line is not: Name: value")
    return match[1].decode("ascii"), match[2].rstrip(b" \t").decode("latin-1")


def _values(headers: tuple[tuple[str, str], ...], name: str) -> list[str]:
    return [value.lower() for key, value in headers if key.lower() == name]


def _length(headers: tuple[tuple[str, str], ...]) -> int:
    if _values(headers, "transfer-encoding"):
        text = "a chunked body is not taken here: send it with its Content-Length"
        raise RefusedError(HTTPStatus.LENGTH_REQUIRED, text)
    lengths = _values(headers, "content-length")
    if not lengths:
        return 0
    if len(lengths) > 1 or not re.fullmatch("[0-9]+", lengths[0]):
        raise RefusedError(HTTPStatus.BAD_REQUEST, "Content-Length is not one whole number")
    digits = lengths[0].lstrip("0") or "0"
    if len(digits) > len(str(BODY_LIMIT_BYTES)) or int(digits) > BODY_LIMIT_BYTES:
        text = f"the body exceeds {BODY_LIMIT_BYTES} bytes"
        raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, text)
    return int(digits)


def _origin_form(target: str) -> tuple[str | None, str]:
    """The target as path and query, and the authority of an absolute form, which replaces Host (RFC 9112, 3.2.2).

    Two slashes stay two.
    """
    if target.startswith("/"):
        return None, target
    origin = ABSOLUTE_FORM.match(target)
    if origin is None:
        raise RefusedError(HTTPStatus.BAD_REQUEST, "the request target is not a path")
    rest = target[origin.end() :]
    return origin[1], rest if rest.startswith("/") else f"/{rest}"


def _keeps_alive(headers: tuple[tuple[str, str], ...], *, is_1_1: bool) -> bool:
    wishes = {wish.strip() for value in _values(headers, "connection") for wish in value.split(",")}
    return "close" not in wishes and (is_1_1 or "keep-alive" in wishes)


def written(answer: LocalAnswer, *, method: str, at: datetime, closes: bool) -> bytes:
    """The answer in one piece, so that it leaves in one packet. A HEAD's has the length, not the body.

    Raises ValueError for a header that cannot be sent, UnicodeEncodeError for one beyond Latin-1.
    """
    status = f"HTTP/1.1 {answer.status} {_phrase(answer.status)}".rstrip()
    lines = [status, f"Date: {format_datetime(at, usegmt=True)}"]
    lines += [_header_line(*pair) for pair in answer.headers if pair[0].lower() not in OURS_ALONE]
    lines.append("X-Content-Type-Options: nosniff")
    has_body = answer.status not in WITHOUT_BODY
    if has_body:
        lines.append(f"Content-Length: {len(answer.body)}")
    lines.append(f"Connection: {'close' if closes else 'keep-alive'}")
    head = "\r\n".join((*lines, "", "")).encode("latin-1")
    return head + answer.body if has_body and method != "HEAD" else head


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _header_line(name: str, value: str) -> str:
    line = f"{name}: {value}"
    if not HEADER.fullmatch(line.encode("latin-1")):
        raise ValueError(f"header {line!r} cannot be sent: it has control characters, or no proper name")
    return line
