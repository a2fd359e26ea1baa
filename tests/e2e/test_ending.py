"""Ctrl-C ends the local server within three seconds, whatever it is doing; a second one ends it at once."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

OVERDUE = Path(sys.executable).with_name("overdue")
WITHIN_S = 3.0
BUSY = """
import sys, threading
from concurrent.futures import ThreadPoolExecutor

def burn():
    while True:
        pass

pool = ThreadPoolExecutor(1)  # at its end, Python waits for its thread, as for a sweep's
pool.submit(burn)

from overdue.cli.main import main
main(["local", "--port", "0", "--ready-file", sys.argv[1]])
"""


@contextmanager
def served(tmp_path: Path, *, is_busy: bool = False) -> Iterator[tuple["subprocess.Popen[str]", dict[str, str]]]:
    """A local server, and what its ready file says."""
    ready = tmp_path / "ready.json"
    overdue = [str(Path(sys.executable).with_name("overdue")), "local", "--port", "0", "--ready-file", str(ready)]
    command = [sys.executable, "-c", BUSY, str(ready)] if is_busy else overdue
    with subprocess.Popen(
        command, cwd=tmp_path, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        give_up_s = time.monotonic() + 90
        while not ready.exists() and process.poll() is None and time.monotonic() < give_up_s:
            time.sleep(0.05)
        try:
            yield process, json.loads(ready.read_text())
        finally:
            process.kill()


def ended_after_s(process: "subprocess.Popen[str]") -> float:
    """How long it runs on after a Ctrl-C."""
    began_s = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.wait(30)
    return time.monotonic() - began_s


def test_an_open_connection_does_not_hold_it(tmp_path: Path) -> None:
    with served(tmp_path) as (process, ready):
        port = int(ready["base"].rpartition(":")[2])
        with (
            socket.create_connection(("127.0.0.1", port)) as kept,
            socket.create_connection(("127.0.0.1", port)) as half,
        ):
            kept.sendall(f"GET /ping/x HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: keep-alive\r\n\r\n".encode())
            kept.recv(1_000)
            half.sendall(b"GET /pin")

            assert ended_after_s(process) < WITHIN_S

        assert process.returncode == 0
        assert not (tmp_path / "ready.json").exists()
        assert not (tmp_path / ".overdue" / "local.json").exists()


def test_code_that_runs_on_does_not_hold_it(tmp_path: Path) -> None:
    with served(tmp_path, is_busy=True) as (process, _):
        assert ended_after_s(process) < WITHIN_S
        assert process.returncode == 0
        assert not (tmp_path / "ready.json").exists()


def test_a_webhook_that_never_answers_does_not_hold_it(tmp_path: Path) -> None:
    with served(tmp_path) as (process, ready), socket.create_server(("127.0.0.1", 0)) as silent:
        hook = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        subprocess.run(
            [OVERDUE, "channels", "add", "hook", hook, "--stage", "local"], cwd=tmp_path, check=True, timeout=60
        )
        build_opener(ProxyHandler({})).open(f"{ready['ping']}/{ready['check']}", timeout=20).close()
        port = int(ready["base"].rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as pinging:
            pinging.sendall(f"GET /ping/{ready['check']}/fail HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
            silent.settimeout(20)
            with silent.accept()[0]:  # the alert is on its way, and stays there
                assert ended_after_s(process) < WITHIN_S


def test_a_second_one_ends_it_at_once(tmp_path: Path) -> None:
    with served(tmp_path, is_busy=True) as (process, _):
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)

        assert ended_after_s(process) < 1.5

        assert process.returncode in (-signal.SIGINT, 0)
