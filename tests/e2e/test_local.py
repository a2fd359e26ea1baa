"""The whole path as a newcomer walks it: the real command, the real curl, the alert."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

OVERDUE = Path(sys.executable).with_name("overdue")
pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")


@contextmanager
def local(tmp_path: Path, *arguments: str) -> Iterator[dict[str, Any]]:
    """`overdue local` on a free port; what its ready file says."""
    ready_file = tmp_path / "ready.json"
    command = [str(OVERDUE), "local", "--port", "0", "--ready-file", str(ready_file), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            eventually(ready_file.exists, while_running=process)
            yield json.loads(ready_file.read_text()) | {"process": process}
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(20)


def eventually(
    holds: Callable[[], bool], *, most_s: float = 30.0, while_running: subprocess.Popen[str] | None = None
) -> None:
    """Wait until something holds; what is waited for happens in another process."""
    end = time.monotonic() + most_s
    while not holds():
        assert time.monotonic() < end, "it did not come to pass in time"
        assert while_running is None or while_running.poll() is None, "the service has ended"
        time.sleep(0.05)


def curl(*arguments: str) -> str:
    """The real curl; its output. Fails as a job's would."""
    return subprocess.run(
        ["curl", "-fsS", "--noproxy", "*", "-m", "20", *arguments], check=True, capture_output=True, text=True
    ).stdout


def inbox(ready: dict[str, Any]) -> list[dict[str, Any]]:
    alerts: list[dict[str, Any]] = json.loads(curl(f"{ready['inbox']}.json"))
    return alerts


def test_a_job_that_stops_pinging_is_missed_and_its_return_is_told(tmp_path: Path) -> None:
    with local(tmp_path, "--speed", "60") as ready:
        url = f"{ready['ping']}/{ready['check']}"

        assert curl(url) == "OK"
        eventually(lambda: len(inbox(ready)) == 1)
        assert curl(url, "--data-binary", "back again") == "OK"
        eventually(lambda: len(inbox(ready)) >= 2)

        up, down = inbox(ready)[-2:]
        assert (down["kind"], down["reason"], down["check"]["name"]) == ("down", "missed", "first-check")
        assert up["kind"] == "up"
        assert "first-check" in curl(ready["inbox"])
        printed = stopped(ready["process"])
    assert f"curl -fsS {url}" in printed
    assert "DOWN first-check: missed" in printed


def stopped(process: subprocess.Popen[str]) -> str:
    """End it as Ctrl-C does; what it printed."""
    process.send_signal(signal.SIGINT)
    printed, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "Traceback" not in printed
    return printed


def test_a_check_is_made_by_its_first_ping_and_a_failure_told_at_once(tmp_path: Path) -> None:
    with local(tmp_path) as ready:
        url = f"{ready['ping']}/{ready['ping_key']}/invoices"

        assert curl(f"{url}?create=1&period=1h") == "Created"
        assert curl(f"{url}/75", "--data-raw", "disk full\n") == "OK"

        [alert] = inbox(ready)
        assert alert["subject"] == "DOWN invoices: failed, exit status 75"
        assert "disk full" in alert["text"]


def test_the_ready_file_holds_what_a_client_needs_and_is_for_its_owner_only(tmp_path: Path) -> None:
    with local(tmp_path) as ready:
        assert {"base", "ping", "api", "inbox", "api_key", "readonly_key", "ping_key", "check"} <= ready.keys()
        assert (tmp_path / "ready.json").stat().st_mode & 0o077 == 0

    assert not (tmp_path / "ready.json").exists()


def test_a_busy_port_is_told_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [OVERDUE, "local", "--port", str(port)], capture_output=True, text=True, timeout=60, cwd=tmp_path
        )

    assert done.returncode == 1
    assert f"{port}" in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--dynamodb", "http://127.0.0.1:9"], 1, "no DynamoDB answers at http://127.0.0.1:9"),
        (["--dynamodb", "nonsense"], 1, "no DynamoDB answers at nonsense"),
        (["--speed", "1e308"], 1, "speed 1e+308 is not above 0 and at most 36000"),
        (["--speed", "0"], 1, "speed 0 is not above 0"),
        (["--ready-file", "/no/such/folder/ready.json"], 2, "there is no folder /no/such/folder"),
    ],
)
def test_what_cannot_be_started_is_told_without_a_traceback(
    tmp_path: Path, arguments: list[str], status: int, said: str
) -> None:
    done = subprocess.run(
        [OVERDUE, "local", "--port", "0", *arguments], capture_output=True, text=True, timeout=60, cwd=tmp_path
    )

    assert (done.returncode, done.stdout) == (status, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_terminal_that_knows_only_ascii_is_told_of_a_job_with_an_accent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    with local(tmp_path) as ready:
        curl(f"{ready['ping']}/{ready['check']}/3", "--data-raw", "café 😀")
        eventually(lambda: len(inbox(ready)) == 1)
        printed = stopped(ready["process"])

    assert "caf? ?" in printed


def test_a_persons_aws_credentials_are_never_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "nothing-there"))

    with local(tmp_path) as ready:
        assert curl(f"{ready['ping']}/{ready['check']}") == "OK"


def test_the_demo_tells_its_story_and_the_right_alerts_arrive() -> None:
    done = subprocess.run(
        [OVERDUE, "demo"], capture_output=True, text=True, timeout=120, env={**os.environ, "NO_COLOR": "1"}
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "UP fx-rates" in done.stdout
    assert done.stderr == ""
