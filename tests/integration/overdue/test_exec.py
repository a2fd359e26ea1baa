"""`overdue exec` as a process, against a server with scripted answers."""

import fcntl
import os
import pty
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.stand_in import Asked, Says, StandIn, stand_in

OVERDUE = Path(sys.executable).with_name("overdue")
KEY = "pingpingpingpingpingpi"
CODE = "7f0e8d4c-1b2a-4c3d-8e9f-0123456789ab"


def environment(base: str | None) -> dict[str, str]:
    """The environment without this machine's settings of Overdue."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OVERDUE_")}
    ours = {"OVERDUE_CONFIG": os.devnull, "OVERDUE_PING_KEY": KEY} | ({"OVERDUE_URL": base} if base else {})
    return kept | ours


def run(base: str | None, *arguments: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Run `overdue exec` to its end, without a terminal."""
    if "input" not in options:
        options.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run(
        [OVERDUE, "exec", *arguments],
        capture_output=True,
        env=environment(base),
        timeout=60,
        start_new_session=True,
        **options,
    )


@contextmanager
def started(base: str, *arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Start `overdue exec` and kill it when the block ends."""
    with subprocess.Popen(
        [OVERDUE, "exec", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(base),
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def rids(server: StandIn) -> set[str]:
    return {parse_qs(urlsplit(each.path).query)["rid"][0] for each in server.asked}


def test_a_success_sends_a_start_and_an_end_with_output_and_one_run_id() -> None:
    with stand_in() as server:
        done = run(server.base, "nightly", "--", "echo", "all is well")

    assert (done.returncode, done.stdout, done.stderr) == (0, b"all is well\n", b"")
    assert server.paths() == [f"/ping/{KEY}/nightly/start", f"/ping/{KEY}/nightly"]
    assert server.asked[1].body == b"all is well\n"
    assert len(rids(server)) == 1


@pytest.mark.parametrize("status", [1, 75, 255])
def test_an_exit_status_is_sent_and_returned(status: int) -> None:
    with stand_in() as server:
        done = run(server.base, "nightly", "--", "sh", "-c", f"echo disk full >&2; exit {status}")

    assert (done.returncode, done.stdout, done.stderr) == (status, b"", b"disk full\n")
    assert server.paths()[1] == f"/ping/{KEY}/nightly/{status}"
    assert server.asked[1].body == b"disk full\n"


def test_a_server_that_answers_200_but_is_not_overdue_causes_a_warning() -> None:
    with stand_in(lambda _: Says(body="<html>Please sign in to this network</html>")) as server:
        done = run(server.base, "nightly", "--", "sh", "-c", "exit 4")

    assert done.returncode == 4
    assert b"this is not an answer of Overdue; check the URL" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("check", "path"),
    [(CODE, f"/ping/{CODE}"), (CODE.upper(), f"/ping/{CODE}"), ("{base}/ping/" + CODE, f"/ping/{CODE}")],
)
def test_a_code_and_a_ping_url_need_no_key(check: str, path: str) -> None:
    with stand_in() as server:
        done = run(server.base, check.format(base=server.base), "--", "true")

    assert (done.returncode, done.stderr) == (0, b"")
    assert server.paths() == [f"{path}/start", path]


def test_a_check_is_created_only_with_the_create_option() -> None:
    with stand_in() as server:
        run(server.base, "a", "--", "true")
        run(
            server.base, "a", "--create", "--schedule", "@daily", "--tz", "Europe/Berlin", "--grace", "2h", "--", "true"
        )

    queries = [parse_qs(urlsplit(each.path).query) for each in server.asked]
    assert [query.get("create") for query in queries] == [None, None, ["1"], ["1"]]
    assert {name: queries[2][name] for name in ("schedule", "tz", "grace")} == {
        "schedule": ["0 0 * * *"],
        "tz": ["Europe/Berlin"],
        "grace": ["2h"],
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["x"], "Missing argument"),
        (["x", "--every", "1d", "--", "true"], "add --create"),
        (["x", "--create", "--every", "1d", "--schedule", "0 2 * * *", "--", "true"], "exclude each other"),
        (["x", "--bogus", "--", "true"], "No such option"),
    ],
)
def test_wrong_usage_is_reported_before_anything_runs(arguments: list[str], message: str) -> None:
    done = run(None, *arguments)

    assert (done.returncode, done.stdout) == (2, b"")
    assert message in done.stderr.decode()


def test_output_passes_unchanged_with_stdout_and_stderr_separate() -> None:
    every_byte = "import os; os.write(1, bytes(range(256)) * 4096); os.write(2, bytes(range(255, -1, -1)) * 4096)"
    with stand_in() as server:
        done = run(server.base, "nightly", "--", sys.executable, "-c", every_byte)

    assert done.stdout == bytes(range(256)) * 4096
    assert done.stderr == bytes(range(255, -1, -1)) * 4096
    assert len(server.asked[1].body) == 10_000


def test_output_appears_as_soon_as_it_is_written() -> None:
    with stand_in() as server, started(server.base, "x", "--", "sh", "-c", "printf now; exec sleep 60") as process:
        assert process.stdout is not None
        assert process.stdout.read(3) == b"now"


def test_only_the_last_10_kb_are_sent_or_less_if_the_server_accepts_less() -> None:
    script = "for i in $(seq 1 5000); do echo line $i; done"
    with stand_in() as server:
        run(server.base, "nightly", "--", "sh", "-c", script)
    with stand_in(lambda _: Says(headers={"Ping-Body-Limit": "100"})) as small:
        run(small.base, "nightly", "--", "sh", "-c", script)

    assert len(server.asked[1].body) == 10_000
    assert server.asked[1].body.endswith(b"line 4999\nline 5000\n")
    assert len(small.asked[1].body) == 100


def test_the_job_reads_our_stdin() -> None:
    with stand_in() as server:
        done = run(server.base, "nightly", "--", "wc", "-c", input=b"x" * 300_000)

    assert done.stdout.strip() == b"300000"


def test_a_job_whose_reader_goes_away_ends_as_it_would_without_us() -> None:
    with stand_in() as server, started(server.base, "x", "--", "yes") as process:
        assert process.stdout is not None
        process.stdout.read(1000)
        process.stdout.close()
        assert process.wait(20) == 128 + signal.SIGPIPE
    assert server.paths()[1].endswith("/141")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_reaches_the_job_and_its_children_and_is_reported(number: signal.Signals) -> None:
    script = "sleep 60 & echo $!; wait; echo never"  # SIGINT also ends the shell, which is not a background job
    with stand_in() as server, started(server.base, "x", "--", "bash", "-c", script) as process:
        assert process.stdout is not None
        grandchild = int(process.stdout.readline())
        process.send_signal(number)
        assert process.wait(20) == 128 + number

    assert server.paths()[1] == f"/ping/{KEY}/x/{128 + number}"
    if number is not signal.SIGINT:  # a shell makes its background jobs ignore SIGINT
        assert not still_runs(grandchild)
    else:
        with suppress(ProcessLookupError):  # the signal may have arrived before the shell did that
            os.kill(grandchild, signal.SIGKILL)


def still_runs(pid: int) -> bool:
    end = time.monotonic() + 5
    while time.monotonic() < end:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return False
        except FileNotFoundError:
            return False
        time.sleep(0.02)
    return True


def test_a_job_that_handles_a_signal_chooses_its_exit_status() -> None:
    script = "trap 'echo caught; exit 9' TERM; echo ready; while :; do sleep 0.05; done"
    with stand_in() as server, started(server.base, "x", "--", "bash", "-c", script) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.terminate()
        assert process.wait(20) == 9
        assert process.stdout.read() == b"caught\n"


def test_a_signal_that_nohup_ignores_stays_ignored() -> None:
    with stand_in() as server:
        command = ["nohup", str(OVERDUE), "exec", "x", "--", "sh", "-c", "kill -HUP $$; echo lives"]
        done = subprocess.run(
            command, capture_output=True, stdin=subprocess.DEVNULL, env=environment(server.base), timeout=30
        )

    assert (done.returncode, done.stdout) == (0, b"lives\n")


def test_the_job_inherits_an_open_lock(tmp_path: Path) -> None:
    lock = os.open(tmp_path / "lock", os.O_CREAT | os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)
    with stand_in() as server:
        done = run(server.base, "x", "--", "sh", "-c", f"test -e /dev/fd/{lock} && echo held", pass_fds=[lock])
    os.close(lock)

    assert done.stdout == b"held\n"


@pytest.mark.parametrize(("mode", "status"), [(None, 127), (0o644, 126)])
def test_a_command_that_cannot_run_has_the_exit_status_of_a_shell(
    tmp_path: Path, mode: int | None, status: int
) -> None:
    command = tmp_path / "job"
    if mode is not None:
        command.write_text("#!/bin/sh\n")
        command.chmod(mode)
    with stand_in() as server:
        done = run(server.base, "nightly", "--", str(command))

    assert done.returncode == status
    assert str(command) in done.stderr.decode()
    assert server.paths() == [f"/ping/{KEY}/nightly/start", f"/ping/{KEY}/nightly/{status}"]
    assert str(command).encode() in server.asked[1].body


def test_a_server_that_is_down_adds_only_one_line_on_stderr() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    began = time.monotonic()
    done = run(f"http://127.0.0.1:{port}", "nightly", "--", "sh", "-c", "echo out; echo err >&2; exit 3")

    assert (done.returncode, done.stdout) == (3, b"out\n")
    err, warning = done.stderr.decode().splitlines()
    assert err == "err"
    assert warning.endswith("does not answer: connection refused). The job itself was not affected.")
    assert time.monotonic() - began < 6


def test_a_server_that_never_answers_delays_only_the_end_and_not_for_long() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        done = run(
            f"http://127.0.0.1:{silent.getsockname()[1]}",
            "x",
            "--",
            sys.executable,
            "-c",
            "import time; print(time.time())",
        )
        took_s = time.monotonic() - began

    assert done.returncode == 0
    assert time.time() - float(done.stdout) > 4  # the job ran at once, without waiting for the start ping
    assert took_s < 8
    assert done.stderr.decode().count("overdue: ") == 1


def test_a_signal_after_the_job_ends_the_wait_for_the_server() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        started(f"http://127.0.0.1:{silent.getsockname()[1]}", "x", "--", "echo", "done") as process,
    ):
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        time.sleep(0.5)  # until it waits only for the server, which nothing shows
        began = time.monotonic()
        process.terminate()
        assert process.wait(20) == 0
        assert time.monotonic() - began < 2
        assert b"end ping not confirmed (a signal arrived)" in process.stderr.read()


@contextmanager
def slow_to_confirm() -> Iterator[tuple[StandIn, threading.Event, threading.Event]]:
    """A server that sets the first event when an end ping arrives and confirms it once the second event is set."""
    has_arrived, may_answer = threading.Event(), threading.Event()

    def hold(asked: Asked) -> Says:
        if "/start" not in asked.path:
            has_arrived.set()
            may_answer.wait(10)
        return Says()

    with stand_in(hold) as server:
        yield server, has_arrived, may_answer


def test_a_job_ended_by_timeout_sends_its_end_ping_although_each_signal_arrives_twice() -> None:
    with stand_in(lambda asked: Says(after_s=0.0 if "/start" in asked.path else 1.0)) as server:
        done = subprocess.run(
            ["timeout", "2", OVERDUE, "exec", "x", "--", "sleep", "60"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=environment(server.base),
            start_new_session=True,
            timeout=30,
        )

    assert (done.returncode, done.stderr) == (124, b"")
    assert server.paths() == [f"/ping/{KEY}/x/start", f"/ping/{KEY}/x/143"]


def test_a_repeat_of_the_signal_that_ended_the_job_does_not_cancel_the_end_ping() -> None:
    script = "echo runs; exec sleep 60"
    with (
        slow_to_confirm() as (server, has_arrived, may_answer),
        started(server.base, "x", "--", "sh", "-c", script) as process,
    ):
        assert process.stdout is not None
        process.stdout.readline()
        process.terminate()
        assert has_arrived.wait(10)
        process.terminate()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
        may_answer.set()
        assert process.wait(20) == 143
        assert process.stderr is not None
        assert process.stderr.read() == b""


def test_a_slow_start_ping_does_not_delay_the_job() -> None:
    def slow_start(asked: Asked) -> Says:
        return Says(after_s=2.0 if "/start" in asked.path else 0.0)

    with (
        stand_in(slow_start) as server,
        started(server.base, "x", "--", "sh", "-c", "echo at once; sleep 60") as process,
    ):
        assert process.stdout is not None
        began = time.monotonic()
        process.stdout.readline()
        assert time.monotonic() - began < 1.5


def test_a_transient_refusal_is_retried_without_a_warning() -> None:
    refused: list[str] = []

    def busy_at_first(asked: Asked) -> Says:
        path = asked.path.partition("?")[0]
        if path in refused:
            return Says()
        refused.append(path)
        return Says(503, "try again in a few seconds", {"Retry-After": "1"})

    with stand_in(busy_at_first) as server:
        done = run(server.base, "x", "--", "sleep", "3")

    assert (done.returncode, done.stderr) == (0, b"")
    assert server.paths() == [f"/ping/{KEY}/x/start"] * 2 + [f"/ping/{KEY}/x"] * 2
    assert len(rids(server)) == 1


def test_a_permanent_refusal_is_not_retried_and_the_warning_says_what_to_do() -> None:
    with stand_in(lambda _: Says(404, "not found")) as server:
        done = run(server.base, "x", "--", "false")

    assert done.returncode == 1
    assert len(server.asked) == 2
    [warning] = done.stderr.decode().splitlines()
    assert "use --create to create a check" in warning
    assert KEY not in warning


def test_the_same_failure_of_both_pings_is_reported_once() -> None:
    refusal = 'period "bogus" is not a duration: write seconds (600), or 10m, 1h, 1d, 1w'
    with stand_in(lambda _: Says(400, refusal)) as server:
        done = run(server.base, "new", "--create", "--every", "bogus", "--", "true")

    assert done.returncode == 0
    [warning] = done.stderr.decode().splitlines()
    assert warning.startswith("overdue: start and end pings failed (")
    assert warning.count("is not a duration") == 1


def test_without_settings_the_job_runs_and_one_line_says_what_is_missing(tmp_path: Path) -> None:
    done = run(None, "nightly", "--", "sh", "-c", "echo ran; exit 4", cwd=tmp_path)

    assert (done.returncode, done.stdout) == (4, b"ran\n")
    assert "Set OVERDUE_URL" in done.stderr.decode()


def test_exec_does_not_wait_for_a_process_that_the_job_leaves_behind() -> None:
    began = time.monotonic()
    with stand_in() as server:
        done = run(server.base, "x", "--", "sh", "-c", "sleep 30 & echo $!")
    os.kill(int(done.stdout), signal.SIGKILL)

    assert time.monotonic() - began < 10
    assert server.paths()[1] == f"/ping/{KEY}/x"


def test_at_a_terminal_the_job_gets_a_terminal_and_its_keys() -> None:
    script = "import sys, time; print(sys.stdout.isatty(), flush=True); time.sleep(60)"
    with stand_in() as server:
        terminal, childs = pty.openpty()
        take_terminal = (
            "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", take_terminal, OVERDUE, "exec", "x", "--", sys.executable, "-c", script],
            stdin=childs,
            stdout=childs,
            stderr=childs,
            env=environment(server.base),
            start_new_session=True,
        )
        os.close(childs)
        shown = _read_until(terminal, b"\n")
        os.write(terminal, b"\x03")
        _read_until(terminal, b"KeyboardInterrupt")
        status = process.wait(20)
        os.close(terminal)

    assert shown == b"True\r\n"
    assert status == 128 + signal.SIGINT
    assert server.paths()[1] == f"/ping/{KEY}/x/130"


def _read_until(terminal: int, wanted: bytes) -> bytes:
    read = b""
    end = time.monotonic() + 20
    while wanted not in read and time.monotonic() < end:
        if select.select([terminal], [], [], 1)[0]:
            read += os.read(terminal, 1024)
    return read


def test_exec_does_not_import_modules_that_only_other_commands_need() -> None:
    heavy = "boto3 botocore moto chalice rich pynamodb croniter urllib.request"
    script = (
        "import sys, overdue.cli.main, overdue.cli.jobs.execute, overdue.exec.job, overdue.cli.settings\n"
        f"print([name for name in {heavy.split()!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)

    assert done.stdout == "[]\n"


def test_exec_runs_in_a_deleted_directory_with_closed_streams(tmp_path: Path) -> None:
    script = f"cd {tmp_path}; rmdir {tmp_path}; '{OVERDUE}' exec x -- sh -c 'exit 3' <&- >&- 2>&-"
    done = subprocess.run(["sh", "-c", script], env=environment(None), start_new_session=True, timeout=30)

    assert done.returncode == 3
