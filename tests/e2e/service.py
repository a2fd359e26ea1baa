"""A local server as a process of its own, as people run it; and `overdue` beside it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OVERDUE = Path(sys.executable).with_name("overdue")
STARTING_S = 60.0


@dataclass(frozen=True)
class Service:
    """What its ready file says, and where it was started."""

    ready: dict[str, Any]
    directory: Path

    def url(self, path: str) -> str:
        """An address of this server."""
        return f"{self.ready['base']}{path}"


@contextmanager
def service(directory: Path, *arguments: str) -> Iterator[Service]:
    """`overdue local` on a free port, started in a directory; ended at the end."""
    ready_file = directory / "ready.json"
    command: list[str | Path] = [OVERDUE, "local", "--port", "0", "--ready-file", ready_file, *arguments]
    with (
        (directory / "local.log").open("wb") as log,
        subprocess.Popen(command, cwd=directory, stdout=log, stderr=subprocess.STDOUT, env=environment()) as process,
    ):
        try:
            end = time.monotonic() + STARTING_S
            while not ready_file.exists():
                assert process.poll() is None, (directory / "local.log").read_text()
                assert time.monotonic() < end, "it did not start in time"
                time.sleep(0.05)
            yield Service(json.loads(ready_file.read_text()), directory)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(20)


def environment(**more: str) -> dict[str, str]:
    """This process's, without settings and without a proxy."""
    left_out = ("OVERDUE_", "AWS_", "HC_", "HEALTHCHECK")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    return kept | {"OVERDUE_CONFIG": os.devnull, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"} | more


def run(command: list[Any], **given: Any) -> "subprocess.CompletedProcess[str]":
    """A program to its end, with its output as text."""
    given.setdefault("env", environment())
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, start_new_session=True, stdin=subprocess.DEVNULL, **given
    )


def done(command: list[Any], **given: Any) -> str:
    """The same, and it must succeed: its output."""
    ended = run(command, **given)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout
