"""The timeout covers the whole answer, even if the server sends it byte by byte."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from overdue.client.http import Unreachable, send

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"


@contextmanager
def dripping(first: bytes) -> Iterator[str]:
    """The URL of a server that sends `first` at once and then one byte every 20 ms."""
    is_over = threading.Event()

    def drip() -> None:
        sock, _ = server.accept()
        with sock:
            sock.sendall(first)
            while not is_over.wait(0.02):
                try:
                    sock.sendall(b"x")
                except OSError:  # the client has given up
                    return

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            is_over.set()
            thread.join()


@pytest.mark.parametrize("first", [HEAD, b"HTTP/1.1 200 OK\r\nX-Drip: "], ids=["its body", "its headers"])
def test_the_timeout_covers_an_answer_that_arrives_byte_by_byte(first: bytes) -> None:
    with dripping(first) as url:
        began_s = time.monotonic()
        with pytest.raises(Unreachable) as raised:
            send("GET", f"{url}/api/v3/checks/", body=None, headers={}, timeout_s=0.4)
        took_s = time.monotonic() - began_s

    assert str(raised.value) == f"{url} does not answer: timed out"
    assert 0.3 < took_s < 5


def test_an_answer_that_arrives_in_pieces_is_complete() -> None:
    with dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{") as url:
        assert send("GET", url, body=None, headers={}, timeout_s=10).body == b"{xxxxxxx"
