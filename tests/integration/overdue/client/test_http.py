"""A server that drips its answer is not waited for longer than one that says nothing."""

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
    """Says this at once, and from then on a byte every 20 ms; its URL."""
    is_over = threading.Event()

    def drip() -> None:
        sock, _ = server.accept()
        with sock:
            sock.sendall(first)
            while not is_over.wait(0.02):
                try:
                    sock.sendall(b"x")
                except OSError:  # it waits no longer
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
def test_an_answer_that_drips_has_no_more_time_than_one_that_does_not(first: bytes) -> None:
    with dripping(first) as url:
        began_s = time.monotonic()
        with pytest.raises(Unreachable) as told:
            send("GET", f"{url}/api/v3/checks/", body=None, headers={}, timeout_s=0.4)
        took_s = time.monotonic() - began_s

    assert str(told.value) == f"{url} does not answer: it took too long"
    assert 0.3 < took_s < 5


def test_an_answer_that_comes_in_pieces_is_whole() -> None:
    with dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{") as url:
        assert send("GET", url, body=None, headers={}, timeout_s=10).body == b"{xxxxxxx"
