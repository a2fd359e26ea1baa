"""A hostile request as bytes for a socket, framed as it should be or not; and an answer as it comes back."""

import socket
from dataclasses import dataclass, replace
from random import Random

from tests.fuzz.hostile import Hostile

ANSWER_S = 20.0


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back; no status: the connection ended without a word."""

    status: int | None
    headers: dict[str, str]
    body: bytes
    was_owed: bool = True  # an answer is, to whatever has a head that ends


NONE = Answered(None, {}, b"")


def raw(request: Hostile, chance: Random, *, port: int) -> bytes:
    """The request as it would be sent; now and then with a frame that asks to be misread."""
    headers = [*request.headers, ("Host", f"127.0.0.1:{port}"), ("Connection", "close")]
    length = str(len(request.body))
    line_end, version = "\r\n", "HTTP/1.1"
    match chance.randrange(40):
        case 0:
            headers.append(("Transfer-Encoding", "chunked"))
        case 1:
            length = chance.choice(("-1", "+5", "0x10", "1e3", "٣", "", "99999999999999999999", "5, 5", "5\t6"))
        case 2:
            headers.append(("Content-Length", str(len(request.body) + 7)))
        case 3:
            line_end = chance.choice(("\n", "\r", "\r\r\n", "\n\n"))
        case 4:
            version = chance.choice(("HTTP/1.0", "HTTP/2.0", "HTTP/0.9", "http/1.1", "HTTP/1.1 ", ""))
        case 5:
            headers.append(
                chance.choice((("Bad Name", "x"), ("", "x"), ("X:Y", "z"), (" X", "folded"), ("X-Nul", "a\0b")))
            )
        case 6:
            headers.append(("X-Long", "a" * 11_000))
        case 7:
            headers.append(("Host", "another.example.com"))
        case _:
            pass
    headers.append(("Content-Length", length))
    lines = [f"{request.verb} {request.target} {version}", *(f"{name}: {value}" for name, value in headers), "", ""]
    return line_end.join(lines).encode("utf-8", "surrogatepass") + request.body


def exchanged(port: int, sent: bytes) -> Answered:
    """Send it, say that it was all, and read what comes until the other side ends."""
    with socket.create_connection(("127.0.0.1", port), timeout=ANSWER_S) as connection:
        received = b""
        try:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65_536):
                received += piece
        except (ConnectionError, OSError) as error:
            if isinstance(error, TimeoutError):
                raise
        return replace(parsed(received), was_owed=has_a_head(sent))


def has_a_head(sent: bytes) -> bool:
    """Whether it has an empty line, which ends the head. Without one it is no HTTP, and is still to be awaited."""
    return b"\n\r\n" in sent or b"\n\n" in sent


def parsed(received: bytes) -> Answered:
    """The first answer of those that came."""
    head, _, body = received.partition(b"\r\n\r\n")
    if head.startswith(b"HTTP/1.1 100"):
        head, _, body = body.partition(b"\r\n\r\n")
    if not head:
        return NONE
    first, *lines = head.decode("latin-1").split("\r\n")
    protocol, status, *_ = first.split(" ", 2)
    assert protocol == "HTTP/1.1", first
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Answered(int(status), headers, body)
