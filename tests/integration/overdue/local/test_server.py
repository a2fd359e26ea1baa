import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from werkzeug.wrappers import Request, Response

from chalicelib.domain.errors import OverdueError
from overdue.local.clock import Clock
from overdue.local.server import Handler, Server, serve

Event = dict[str, Any]
Serve = Callable[..., Server]


def echo(event: Event, context: Any) -> dict[str, Any]:
    """Answers with its event."""
    assert context.aws_request_id
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(event)}


def hello(request: Request) -> Response:
    return Response(f"hello {request.method} {request.args.get('name', 'nobody')}\n")


@pytest.fixture
def serving() -> Iterator[Serve]:
    servers: list[Server] = []

    def start(handler: Handler = echo, *, timeout_s: float = 10.0) -> Server:
        routes = {"/hello": hello}
        servers.append(
            serve(handler, host="127.0.0.1", port=0, clock=Clock(1), local_routes=routes, timeout_s=timeout_s)
        )
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(scope="module")
def echoing() -> Iterator[Server]:
    server = serve(echo, host="127.0.0.1", port=0, clock=Clock(1), local_routes={})
    yield server
    server.stop()


@contextmanager
def connected(server: Server) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        yield connection


def named(server: Server, request: bytes) -> bytes:
    return request.replace(b"Host: x\r\n", f"Host: localhost:{server.port}\r\n".encode())


def everything(connection: socket.socket) -> bytes:
    """All that comes until the server ends the connection."""
    return b"".join(iter(lambda: connection.recv(65_536), b""))


def answered(server: Server, request: bytes) -> bytes:
    """What comes back for these bytes and then the end of them. Their Host x is the server's own."""
    with connected(server) as connection:
        connection.sendall(named(server, request))
        connection.shutdown(socket.SHUT_WR)
        return everything(connection)


def the_event(answer: bytes) -> Event:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    found: Event = json.loads(body)
    return found


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        pytest.param(b"/ping/x", "/ping/x", None, id="a path"),
        pytest.param(b"/a%20b/%C3%A9", "/a b/é", None, id="percent-encoded UTF-8 arrives decoded"),
        pytest.param(b"/\xc3\xa9?q=\xc3\xa9", "/é", {"q": ["é"]}, id="raw UTF-8 too"),
        pytest.param(b"/%ff%zz%", "/\N{REPLACEMENT CHARACTER}%zz%", None, id="no UTF-8, no percent sequence"),
        pytest.param(b"/\xff", "/\N{REPLACEMENT CHARACTER}", None, id="a raw byte that is no UTF-8"),
        pytest.param(b"/a%00b", "/a\0b", None, id="an encoded NUL is the app's to refuse"),
        pytest.param(b"//evil.example/x", "//evil.example/x", None, id="two slashes stay two"),
        pytest.param(b"/a/../b", "/a/../b", None, id="dots stay dots"),
        pytest.param(b"/x%3Fa", "/x", None, id="an encoded question mark cuts the path"),
        pytest.param(b"http://localhost:PORT/x?a=1", "/x", {"a": ["1"]}, id="a proxy's absolute form"),
        pytest.param(b"HTTP://127.0.0.1:PORT", "/", None, id="an absolute form without path"),
        pytest.param(b"http://LOCALHOST:PORT?a=", "/", {"a": [""]}, id="an absolute form with a query only"),
        pytest.param(b"/x?a=1&a=2&b&%ff=%ff", "/x", {"a": ["1", "2"], "b": [""], "�": ["�"]}, id="a query"),
    ],
)
def test_a_target_becomes_path_and_parameters(
    echoing: Server, target: bytes, path: str, query: dict[str, list[str]] | None
) -> None:
    target = target.replace(b"PORT", str(echoing.port).encode())
    event = the_event(answered(echoing, b"GET " + target + b" HTTP/1.1\r\nHost: x\r\n\r\n"))
    assert event["path"] == event["requestContext"]["path"] == path
    assert event["multiValueQueryStringParameters"] == query
    assert event["requestContext"]["identity"]["sourceIp"] == "127.0.0.1"


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\n", 400, id="TLS"),
        pytest.param(b"PUT /\r\n\r\n", 400, id="no version"),
        pytest.param(b"GET /\r\n\r\n", 421, id="HTTP/0.9, which has no Host"),
        pytest.param(b"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505, id="HTTP/2 without upgrade"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, id="HTTP/2 with prior knowledge"),
        pytest.param(b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", 400, id="a space in the target"),
        pytest.param(b"GET http://[x/ HTTP/1.1\r\nHost: x\r\n\r\n", 400, id="a target that is no URL"),
        pytest.param(b"GET / HTTP/1.1x\r\nHost: x\r\n\r\n", 400, id="a version that is none"),
        pytest.param(b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 400, id="the asterisk"),
        pytest.param(b"CONNECT h:443 HTTP/1.1\r\nHost: x\r\n\r\n", 400, id="a tunnel"),
        pytest.param(b"GET ftp://h/x HTTP/1.1\r\nHost: x\r\n\r\n", 400, id="another scheme"),
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", 421, id="no Host"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 421, id="two Hosts"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", 400, id="a continued header"),
        pytest.param(b"GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400, id="a space before the colon"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\nA: \0\r\n\r\n", 400, id="a NUL in a header"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\nnonsense\r\n\r\n", 400, id="a header without colon"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\n: nameless\r\n\r\n", 400, id="a header without name"),
        pytest.param(b"GET / HTTP/1.1\r\n folded: x\r\nHost: x\r\n\r\n", 400, id="a continuation of nothing"),
        pytest.param(b"GET /" + b"a" * 10_300 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 431, id="a long target"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 2000 + b"\r\n", 431, id="many headers"),
    ],
)
def test_what_is_no_request_is_refused_in_plain_text_and_ends_the_connection(
    echoing: Server, request_bytes: bytes, status: int
) -> None:
    answer = answered(echoing, request_bytes + b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"\r\nConnection: close\r\n" in answer
    assert b"\r\nContent-Type: text/plain" in answer
    assert b"<" not in answer
    assert answer.count(b"\r\nContent-Length: ") == 1  # one answer
    assert b"smuggled" not in answer


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param(b"Content-Length: -1", 400, id="negative"),
        pytest.param(b"Content-Length: +5", 400, id="with a sign"),
        pytest.param(b"Content-Length: 5_0", 400, id="with an underscore"),
        pytest.param(b"Content-Length: 0x5", 400, id="hexadecimal"),
        pytest.param(b"Content-Length: \xb2", 400, id="a digit, but not an ASCII one"),
        pytest.param(b"Content-Length:", 400, id="empty"),
        pytest.param(b"Content-Length: 5, 5", 400, id="a list"),
        pytest.param(b"Content-Length: 5\r\nContent-Length: 5", 400, id="twice"),
        pytest.param(b"Content-Length: 5\r\ncontent-length: 6", 400, id="twice and different"),
        pytest.param(b"Content-Length: 6291457", 413, id="a byte over 6 MB"),
        pytest.param(b"Content-Length: " + b"9" * 5000, 413, id="beyond all integers"),
        pytest.param(b"Transfer-Encoding: chunked", 411, id="chunked"),
        pytest.param(b"Transfer-Encoding: gzip\r\nContent-Length: 5", 411, id="any coding"),
    ],
)
def test_a_body_of_no_acceptable_length_is_refused(echoing: Server, headers: bytes, status: int) -> None:
    request = b"POST / HTTP/1.1\r\nHost: x\r\n" + headers + b"\r\n\r\nhello"
    answer = answered(echoing, request)
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"\r\nConnection: close\r\n" in answer


def test_a_body_of_6_mb_is_taken(serving: Serve) -> None:
    seen: list[int] = []

    def handler(event: Event, _context: Any) -> dict[str, Any]:
        seen.append(len(event["body"]))
        return {"statusCode": 200, "body": "OK"}

    body = b"a" * 6_291_456
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 6291456\r\n\r\n"
    assert answered(serving(handler), head + body).startswith(b"HTTP/1.1 200 ")
    assert seen == [6_291_456]


def test_a_client_that_sends_too_much_at_once_can_still_read_why(echoing: Server) -> None:
    body = b"a" * 7_000_000
    answer = answered(echoing, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 7000000\r\n\r\n" + body)
    assert answer.endswith(b"the body exceeds 6291456 bytes\n")


def test_a_client_that_goes_on_sending_after_what_is_no_request_can_still_read_why(echoing: Server) -> None:
    answer = answered(echoing, b"GET / HTTP/9.9\r\n" + b"a" * 10_000_000)
    assert answer.startswith(b"HTTP/1.1 505 ")
    assert answer.endswith(b"\r\n\r\nCannot fulfill request\n")


def test_a_head_of_just_10_240_bytes_is_taken(echoing: Server) -> None:
    head = named(echoing, b"GET / HTTP/1.1\r\nHost: x\r\nA: \r\n\r\n")
    fill = b"b" * (10_240 - len(head))
    assert the_event(answered(echoing, head.replace(b"A: ", b"A: " + fill)))["path"] == "/"
    longer = answered(echoing, head.replace(b"A: ", b"A: b" + fill))
    assert longer.startswith(b"HTTP/1.1 431 ")


def test_a_client_that_waits_for_100_continue_is_told_to_go_on(echoing: Server) -> None:
    with connected(echoing) as connection:
        head = (
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n"
            b"Expect: 100-continue\r\nConnection: close\r\n\r\n"
        )
        connection.sendall(named(echoing, head))
        assert connection.recv(65_536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"hello")
        assert the_event(everything(connection))["body"] == "hello"


def test_a_client_that_waits_with_too_much_is_refused_before_it_has_sent_it(echoing: Server) -> None:
    request = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\nExpect: 100-continue\r\n\r\n"
    with connected(echoing) as connection:
        connection.sendall(request)
        assert b"\r\n\r\nHTTP/1.1 413 " in connection.recv(65_536) + connection.recv(65_536)


@pytest.mark.parametrize("verb", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "get"])
def test_any_verb_reaches_the_app_as_it_is(echoing: Server, verb: str) -> None:
    answer = answered(echoing, f"{verb} / HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert the_event(answer)["httpMethod"] == verb


def test_a_head_request_gets_the_length_without_the_body(serving: Serve) -> None:
    def handler(_event: Event, _context: Any) -> dict[str, Any]:
        return {"statusCode": 200, "headers": {"Content-Length": "999", "X-Own": "1"}, "body": "four"}

    answer = answered(serving(handler), b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b"\r\nContent-Length: 4\r\n" in answer
    assert b"\r\nX-Own: 1\r\n" in answer
    assert b"999" not in answer
    assert answer.endswith(b"\r\n\r\n")


def test_204_has_neither_body_nor_length(serving: Serve) -> None:
    answer = answered(serving(lambda _e, _c: {"statusCode": 204}), b"OPTIONS / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 204 No Content\r\n")
    assert b"Content-Length" not in answer


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param({"statusCode": 200, "headers": {"X": "a\r\nSet-Cookie: b"}}, id="a split header"),
        pytest.param({"statusCode": 200, "headers": {"X": "€"}}, id="a header beyond Latin-1"),
        pytest.param({"statusCode": 200, "body": 5}, id="a body that is no text"),
        pytest.param({"body": "OK"}, id="no status"),
        pytest.param(None, id="nothing"),
    ],
)
def test_a_response_that_cannot_be_sent_is_a_500_and_told_on_stderr(
    serving: Serve, answers: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = answered(serving(lambda _e, _c: answers), b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
    assert answer.endswith(b'\r\n\r\n{"message": "Internal Server Error"}')
    assert b"Set-Cookie" not in answer
    assert "Traceback" in capfd.readouterr().err


def test_an_exception_of_the_app_is_a_500_told_on_stderr_and_the_next_request_is_answered(
    serving: Serve, capfd: pytest.CaptureFixture[str]
) -> None:
    def handler(event: Event, context: Any) -> dict[str, Any]:
        if event["path"] == "/broken":
            raise RuntimeError("the reason")
        return echo(event, context)

    server = serving(handler)
    broken = answered(server, b"GET /broken HTTP/1.1\r\nHost: x\r\n\r\n")
    assert broken.startswith(b"HTTP/1.1 500 ")
    assert broken.endswith(b'{"message": "Internal Server Error"}')
    assert the_event(answered(server, b"GET /whole HTTP/1.1\r\nHost: x\r\n\r\n"))["path"] == "/whole"
    assert "RuntimeError: the reason" in capfd.readouterr().err


def test_no_request_is_logged_since_ping_addresses_are_secrets(
    echoing: Server, capfd: pytest.CaptureFixture[str]
) -> None:
    answered(echoing, b"GET /ping/secret HTTP/1.1\r\nHost: x\r\n\r\n")
    answered(echoing, b"GET secret HTTP/1.1\r\nHost: x\r\n\r\n")
    with connected(echoing) as connection:
        connection.sendall(b"GET /secret HTTP/1.1\r\n")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "request_bytes",
    [
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", id="HTTP/1.1"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n", id="HTTP/1.1 with keep-alive"),
        pytest.param(b"GET / HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n", id="HTTP/1.0 with keep-alive"),
    ],
)
def test_a_connection_has_one_request_and_says_so(echoing: Server, request_bytes: bytes) -> None:
    answer = answered(echoing, request_bytes + b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b"\r\nConnection: close\r\n" in answer
    assert answer.count(b"HTTP/1.1 200 OK\r\n") == 1
    assert b"smuggled" not in answer


def test_20_clients_at_once_each_get_their_own_answer(echoing: Server) -> None:
    server = echoing
    wrong: list[str] = []

    def client(number: int) -> None:
        for turn in range(20):
            path = f"/{number}/{turn}"
            event = the_event(answered(server, f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()))
            if event["path"] != path:
                wrong.append(path)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_body_that_stops_half_way_is_ended_with_408(serving: Serve) -> None:
    server = serving(timeout_s=0.1)
    with connected(server) as connection:
        connection.sendall(named(server, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe"))
        assert everything(connection).startswith(b"HTTP/1.1 408 Request Timeout\r\n")


@pytest.mark.parametrize("sent", [b"", b"GET /pin", b"GET / HTTP/1.1\r\nHost: x\r\n"])
def test_a_connection_that_falls_silent_is_ended_without_a_word(serving: Serve, sent: bytes) -> None:
    with connected(serving(timeout_s=0.1)) as connection:
        connection.sendall(sent)
        assert everything(connection) == b""


def test_local_pages_never_reach_the_app(serving: Serve) -> None:
    def handler(_event: Event, _context: Any) -> dict[str, Any]:
        return {"statusCode": 404, "body": "the app"}

    server = serving(handler)
    page = answered(server, b"POST /hello?name=%C3%A9 HTTP/1.1\r\nHost: x\r\n\r\n")
    assert page.endswith("\r\n\r\nhello POST é\n".encode())
    for path in (b"/hello/", b"/hello/x", b"/Hello"):
        assert answered(server, b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n\r\n").endswith(b"the app")


def test_a_busy_port_is_named_with_what_to_do(echoing: Server) -> None:
    port = echoing.port
    with pytest.raises(OverdueError) as caught:
        serve(echo, host="127.0.0.1", port=port, clock=Clock(1), local_routes={})
    assert str(caught.value) == (
        f"port {port} of 127.0.0.1 is in use by another program: stop that one, or choose another port "
        "with --port (0 takes any that is free)"
    )


@pytest.mark.parametrize(
    ("host", "port", "why"),
    [
        ("127.0.0.1", 65_536, "port 65536 is not within 0–65535"),
        ("192.0.2.1", 0, "cannot listen on 192.0.2.1, port 0: "),
    ],
)
def test_a_place_where_nobody_can_listen_is_an_error_to_act_on(host: str, port: int, why: str) -> None:
    with pytest.raises(OverdueError, match=why):
        serve(echo, host=host, port=port, clock=Clock(1), local_routes={})


def test_a_port_is_free_again_at_once_when_the_server_has_stopped(serving: Serve) -> None:
    first = serving()
    with connected(first) as connection:
        connection.sendall(named(first, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
        assert connection.recv(65_536)
        with connected(first) as silent:
            silent.sendall(b"GET /pin")
            began_s = time.monotonic()
            first.stop()
            assert time.monotonic() - began_s < 1.0  # nobody waits for a client that does not end its request
    again = serve(echo, host="127.0.0.1", port=first.port, clock=Clock(1), local_routes={})
    again.stop()


def test_stopping_lets_an_answer_under_way_go_out(serving: Serve) -> None:
    asked, go = threading.Event(), threading.Event()

    def handler(_event: Event, _context: Any) -> dict[str, Any]:
        asked.set()
        assert go.wait(5)
        return {"statusCode": 200, "body": "the last answer"}

    server = serving(handler)
    with connected(server) as connection:
        connection.sendall(named(server, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
        assert asked.wait(5)
        stopping = threading.Thread(target=server.stop)
        stopping.start()
        stopping.join(0.2)
        assert stopping.is_alive()
        go.set()
        assert everything(connection).endswith(b"the last answer")
        stopping.join()


@pytest.mark.parametrize("name", ["localhost", "LocalHost", "127.0.0.1", "[::1]"])
def test_a_loopback_name_with_the_bound_port_is_answered(echoing: Server, name: str) -> None:
    request = f"GET / HTTP/1.1\r\nHost: {name}:{echoing.port}\r\n\r\n"
    assert the_event(answered(echoing, request.encode()))["path"] == "/"


@pytest.mark.parametrize(
    "head",
    [
        pytest.param("/hello HTTP/1.1\r\nHost: rebound.example:PORT", id="DNS rebinding: a name that leads here"),
        pytest.param("/hello HTTP/1.1\r\nHost: rebound.example", id="the same, without a port"),
        pytest.param("/hello HTTP/1.1\r\nHost: localhost", id="no port"),
        pytest.param("/hello HTTP/1.1\r\nHost: localhost:1", id="another port"),
        pytest.param("/hello HTTP/1.1\r\nHost: localhost.rebound.example:PORT", id="loopback at its beginning"),
        pytest.param("/hello HTTP/1.1\r\nHost: rebound.example@localhost:PORT", id="loopback at its end"),
        pytest.param("/hello HTTP/1.1\r\nHost: 0.0.0.0:PORT", id="any address"),
        pytest.param("/hello HTTP/1.0", id="no Host"),
        pytest.param(
            "http://rebound.example:PORT/hello HTTP/1.1\r\nHost: localhost:PORT", id="the target's authority counts"
        ),
    ],
)
def test_another_host_is_refused_by_every_route_of_the_local_server(serving: Serve, head: str) -> None:
    def never(_event: Event, _context: Any) -> dict[str, Any]:
        raise AssertionError("it was asked")

    server = serving(never)
    for path in ("/hello", "/ping/x"):
        request = f"GET {head}\r\n\r\n".replace("PORT", str(server.port)).replace("/hello", path)
        answer = answered(server, request.encode())
        assert answer.startswith(b"HTTP/1.1 421 Misdirected Request\r\n")
        assert f"answers requests for {server.base} ".encode() in answer


def test_all_addresses_are_reached_by_loopback() -> None:
    server = serve(echo, host="0.0.0.0", port=0, clock=Clock(1), local_routes={})
    assert server.base == f"http://127.0.0.1:{server.port}"
    server.stop()


def test_the_time_of_a_request_is_the_services_own() -> None:
    clock = Clock(36_000)
    server = serve(echo, host="127.0.0.1", port=0, clock=clock, local_routes={})
    before = clock.epoch_ms()
    event = the_event(answered(server, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
    assert before <= event["requestContext"]["requestTimeEpoch"] <= clock.epoch_ms()
    server.stop()
