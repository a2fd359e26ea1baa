"""`overdue local` as a process of its own, for tests that meet it as a client does."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

OVERDUE = Path(sys.executable).with_name("overdue")
STARTING_S, ENDING_S = 60.0, 20.0


@contextmanager
def conforming(directory: Path) -> Iterator[dict[str, str]]:
    """A server on a free port, with the channels and the second project of the suite; what its ready file says."""
    ready = directory / "ready.json"
    command = [str(OVERDUE), "local", "--conformance", "--port", "0", "--ready-file", str(ready)]
    with (directory / "output.txt").open("w+") as output:
        process = subprocess.Popen(command, cwd=directory, stdout=output, stderr=subprocess.STDOUT)
        try:
            end = time.monotonic() + STARTING_S
            while not ready.exists():
                assert process.poll() is None, "the server has ended before it was ready"
                assert time.monotonic() < end, "the server was not ready in time"
                time.sleep(0.05)
            yield json.loads(ready.read_text())
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(ENDING_S)
        output.seek(0)
        said = output.read()
    assert "Traceback" not in said, said
