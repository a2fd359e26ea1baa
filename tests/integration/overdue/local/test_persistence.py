"""A local server whose folder outlives it. Each runs as a process of its own, some with a clock that is ahead."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from chalicelib.domain.errors import OverdueError
from overdue.local.engines import dynalite
from overdue.local.persistence import kept

OVERDUE = Path(sys.executable).with_name("overdue")
STARTING_S, ENDING_S = 60.0, 20.0
AHEAD = """
import sys
from datetime import timedelta
from pathlib import Path
from overdue.local.clock import Clock
from overdue.local.run import running
from overdue.local.discovery import ready_file

class Ahead(Clock):
    def now(self):
        return super().now() + timedelta(hours=float(sys.argv[1]))

with running(port=0, clock=Ahead(1.0), dynamodb_url=None, keep=Path("kept"), on_alert=lambda alert: None) as ready:
    with ready_file(Path("ready.json"), ready):
        sys.stdin.read()
"""
on_dynalite = pytest.mark.skipif(not dynalite.is_installed(), reason="needs Node 20 and dynalite: make dynalite")
about_dynalite = pytest.mark.about_dynalite


@contextmanager
def started(command: list[str | Path], directory: Path, *, ended_by: signal.Signals | None) -> Iterator[dict[str, Any]]:
    """A server in this directory; what its ready file says. It ends by a signal, or when nobody listens any more."""
    ready = directory / "ready.json"
    ready.unlink(missing_ok=True)  # of one that was killed
    with (
        (directory / "output.txt").open("w+") as output,
        subprocess.Popen(command, cwd=directory, stdin=subprocess.PIPE, stdout=output, stderr=output) as process,
    ):
        try:
            end = time.monotonic() + STARTING_S
            while not ready.exists():
                assert process.poll() is None, (directory / "output.txt").read_text()
                assert time.monotonic() < end, "the server was not ready in time"
                time.sleep(0.05)
            yield json.loads(ready.read_text())
        finally:
            if ended_by is not None:
                process.send_signal(ended_by)
            assert process.stdin is not None
            process.stdin.close()
            process.wait(ENDING_S)


def keeping(directory: Path, *, ended_by: signal.Signals = signal.SIGINT) -> Any:
    """`overdue local --keep kept`."""
    command: list[str | Path] = [OVERDUE, "local", "--port", "0", "--keep", "kept", "--ready-file", "ready.json"]
    return started(command, directory, ended_by=ended_by)


def ahead(directory: Path, *, hours: float) -> Any:
    """The same, so many hours from now."""
    return started([sys.executable, "-c", AHEAD, str(hours)], directory, ended_by=None)


def fetched(url: str, **headers: str) -> bytes:
    body: bytes = build_opener(ProxyHandler({})).open(Request(url, headers=headers), timeout=20).read()
    return body


def checks(ready: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The checks of a server as its API shows them, by name."""
    said = json.loads(fetched(f"{ready['api']}/v3/checks/", **{"X-Api-Key": ready["api_key"]}))
    return {check["name"]: check for check in said["checks"]}


@on_dynalite
@about_dynalite
@pytest.mark.parametrize("ended_by", [signal.SIGINT, signal.SIGKILL])
def test_checks_pings_and_keys_are_there_after_a_restart(tmp_path: Path, ended_by: signal.Signals) -> None:
    with keeping(tmp_path, ended_by=ended_by) as before:
        assert fetched(f"{before['ping']}/{before['check']}") == b"OK"
        assert fetched(f"{before['ping']}/{before['ping_key']}/nightly?create=1&period=1d") == b"Created"
        shown = checks(before)

    with keeping(tmp_path) as after:
        names = ("check", "api_key", "readonly_key", "ping_key")
        assert [after[name] for name in names] == [before[name] for name in names]
        assert checks(after).keys() == {"first-check", "nightly"}
        told = ("status", "n_pings", "last_ping", "next_ping", "unique_key")
        assert [[checks(after)[name].get(each) for each in told] for name in shown] == [
            [shown[name].get(each) for each in told] for name in shown
        ]
        assert fetched(f"{after['ping']}/{before['ping_key']}/nightly") == b"OK"
        assert checks(after)["nightly"]["n_pings"] == 2


@on_dynalite
@about_dynalite
def test_what_fell_due_while_it_was_not_running_is_told_once_and_at_its_true_instant(tmp_path: Path) -> None:
    with ahead(tmp_path, hours=0) as ready:
        for query in ("hourly?create=1&period=1h&grace=5m", "daily?create=1&period=1d&grace=5m"):
            fetched(f"{ready['ping']}/{ready['ping_key']}/{query}")
        pinged_at = datetime.fromisoformat(checks(ready)["hourly"]["last_ping"])

    with ahead(tmp_path, hours=3) as ready:
        alerts = json.loads(eventually(f"{ready['inbox']}.json"))
        found = checks(ready)
        assert [(alert["kind"], alert["reason"], alert["check"]["name"]) for alert in alerts] == [
            ("down", "missed", "hourly")
        ]
        late = datetime.fromisoformat(alerts[0]["at"]) - pinged_at
        assert timedelta(minutes=65) <= late < timedelta(minutes=65, seconds=1)
        assert (found["hourly"]["status"], found["daily"]["status"]) == ("down", "up")

    with ahead(tmp_path, hours=3.1) as ready:
        assert checks(ready)["hourly"]["status"] == "down"
        assert fetched(f"{ready['ping']}/{ready['ping_key']}/hourly") == b"OK"
        [alert] = json.loads(eventually(f"{ready['inbox']}.json"))
        assert (alert["kind"], alert["check"]["name"]) == ("up", "hourly")


def eventually(url: str) -> bytes:
    """The inbox, once something is in it."""
    end = time.monotonic() + STARTING_S
    while (body := fetched(url)).strip() == b"[]":
        assert time.monotonic() < end, "no alert came"
        time.sleep(0.05)
    return body


@on_dynalite
@about_dynalite
def test_a_folder_is_one_servers_at_a_time_and_its_owners_alone(tmp_path: Path) -> None:
    with keeping(tmp_path):
        second = refused(tmp_path, "--keep", "kept")
    assert "--keep kept: another local server keeps its data there" in second.stderr
    assert [path.stat().st_mode & 0o077 for path in (tmp_path / "kept", tmp_path / "kept" / "keys.json")] == [0, 0]


@on_dynalite
@about_dynalite
def test_a_file_of_keys_that_is_none_is_told_and_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "keys.json").write_text('{"rw": 1')
    assert "keys.json does not hold the keys of a local server" in refused(tmp_path, "--keep", "kept").stderr
    assert (tmp_path / "kept" / "keys.json").read_text() == '{"rw": 1'


def refused(directory: Path, *arguments: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    """`overdue local` that does not start; it says why in one line."""
    done = subprocess.run(
        [OVERDUE, "local", "--port", "0", *arguments],
        capture_output=True,
        text=True,
        timeout=STARTING_S,
        cwd=directory,
        env=os.environ | environ,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.strip().splitlines()) == 1
    return done


def test_without_node_it_says_what_to_install(tmp_path: Path) -> None:
    said = refused(tmp_path, "--keep", "kept", PATH=str(tmp_path)).stderr
    assert 'there is no "node" on the PATH' in said
    assert "install Node 20 or newer (https://nodejs.org), then dynalite with: make" in said


@pytest.mark.skipif(not dynalite.is_installed(), reason="needs Node 20")
def test_without_dynalite_it_says_how_to_get_it(tmp_path: Path) -> None:
    with (
        pytest.raises(OverdueError, match=r"dynalite, .* is not installed\. Install it with: make -C .* dynalite"),
        dynalite.serving(None, package=tmp_path / "nothing"),
    ):
        pass


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "--keep file/kept: not a directory" in refused(tmp_path, "--keep", "file/kept").stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--speed", "60"), "--keep is for real time"),
        (("--dynamodb", "http://127.0.0.1:9"), "--keep and --dynamodb name two places"),
    ],
)
def test_what_does_not_go_together_with_keeping_is_wrong_usage(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = subprocess.run(
        [OVERDUE, "local", "--keep", "kept", *arguments], capture_output=True, text=True, timeout=60, cwd=tmp_path
    )
    assert done.returncode == 2
    assert said in done.stderr
    assert not (tmp_path / "kept").exists()


def test_a_folder_that_every_user_can_change_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)

    with pytest.raises(OverdueError, match="every user can write into this folder"), kept(tmp_path):
        pass

    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)

    with pytest.raises(OverdueError, match="belongs to another user"), kept(tmp_path):
        pass

    assert list(tmp_path.iterdir()) == []


@on_dynalite
@about_dynalite
def test_the_tables_are_for_their_owner_only_in_a_folder_that_others_can_read(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir(mode=0o755)
    tmp_path.chmod(0o755)

    with kept(tmp_path):
        assert (tmp_path / "tables").stat().st_mode & 0o077 == 0
