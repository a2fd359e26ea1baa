"""The packaged notifier, unpacked into an empty folder: it delivers with nothing else importable.

Botocore is not in its package: Lambda's image brings it, and it is made only to read the channels.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from zipfile import ZipFile

import pytest

from overdue.deploy.packaging.wheels import THIS_MACHINE
from tests.packaged import packaged

PROGRAM = """
import json, sys
task, url = sys.argv[1:]
sys.path[:] = [task, *(each for each in sys.path if "site-packages" not in each)]
import notifier.handler
from notifier.sending import send
document = {"kind": "down", "subject": "DOWN: nightly", "text": "It was expected at 02:00."}
print(send(url, document, remaining_s=lambda: 60.0, sleep=lambda _: None).is_ok)
"""


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A web hook on loopback: its address, and what it was told."""
    told: list[dict[str, str]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Hook) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"json://127.0.0.1:{server.server_port}/", told
        server.shutdown()
        thread.join()


def test_the_unpacked_notifier_delivers(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, receiver: tuple[str, list[dict[str, str]]]
) -> None:
    url, told = receiver
    with ZipFile(packaged(tmp_path_factory, THIS_MACHINE).notifier.path) as archive:
        archive.extractall(tmp_path)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", PROGRAM, str(tmp_path), url],
        cwd=tmp_path,
        env={"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("True\n", "", 0)
    assert [(each["title"], each["message"]) for each in told] == [("DOWN: nightly", "It was expected at 02:00.")]
