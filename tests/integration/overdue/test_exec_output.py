"""A job under `overdue exec` notices an output that cannot be written as the bare job would."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.integration.overdue.test_exec import OVERDUE, environment, run, still_runs
from tests.stand_in import StandIn, stand_in

FULL = Path("/dev/full")
NO_SPACE = b"overdue: the job's output could not be written: no space left on device\n"


def in_a_shell(server: StandIn, line: str) -> subprocess.CompletedProcess[bytes]:
    """Run a line of bash in which $exec means `overdue exec x --`."""
    return subprocess.run(
        ["bash", "-c", line],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        env=environment(server.base) | {"exec": f"{OVERDUE} exec x --"},
        start_new_session=True,
        timeout=60,
    )


@pytest.mark.skipif(not FULL.exists(), reason="needs Linux's /dev/full")
def test_a_full_disk_turns_a_success_into_a_reported_failure() -> None:
    with stand_in() as server:
        done = in_a_shell(server, "$exec echo hi >/dev/full")

    assert (done.returncode, done.stderr) == (1, NO_SPACE)
    assert server.paths()[1].endswith("/x/1")
    assert server.asked[1].body == b"hi\nthe job's output could not be written: no space left on device"


@pytest.mark.skipif(not FULL.exists(), reason="needs Linux's /dev/full")
def test_a_full_disk_does_not_stop_the_job(tmp_path: Path) -> None:
    with stand_in() as server:
        done = in_a_shell(server, f"$exec sh -c 'echo 1; sleep 1; echo 2; touch {tmp_path}/done; exit 3' >/dev/full")

    assert (done.returncode, done.stderr) == (3, NO_SPACE)
    assert (tmp_path / "done").exists()


@pytest.mark.skipif(not FULL.exists(), reason="needs Linux's /dev/full")
def test_a_job_that_writes_endlessly_to_a_full_disk_ends() -> None:
    with stand_in() as server:
        done = in_a_shell(server, "$exec yes >/dev/full")

    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, NO_SPACE)


@pytest.mark.skipif(not FULL.exists(), reason="needs Linux's /dev/full")
def test_the_exit_status_shows_a_full_disk_even_if_the_warning_cannot_be_written() -> None:
    with stand_in() as server:
        done = in_a_shell(server, "$exec echo hi >/dev/full 2>&1")

    assert done.returncode == 1


@pytest.mark.parametrize(
    ("line", "status"),
    [("$exec sh -c 'test -e /dev/fd/1' >&-", 1), ("$exec sh -c 'test -e /dev/fd/0' <&-", 1), ("$exec echo hi >&-", 1)],
)
def test_a_closed_stream_is_closed_for_the_job_as_well(line: str, status: int) -> None:
    with stand_in() as server:
        done = in_a_shell(server, line)

    assert done.returncode == status
    assert server.paths()[1].endswith(f"/x/{status}")


@pytest.mark.parametrize(
    ("line", "status"),
    [
        pytest.param("$exec echo hi | true", 141, id="the reader is gone before the job starts"),
        pytest.param("$exec sh -c 'sleep 1; echo hi' | true", 141, id="the reader is gone before the job writes"),
        pytest.param("$exec sh -c 'trap \"\" PIPE; sleep 1; echo hi; exit 0' | true", 0, id="the job ignores it"),
        pytest.param("$exec seq 3 | head -1", 0, id="all output was written before the reader went away"),
        pytest.param("$exec seq 20000 | head -1", 141, id="more than a pipe holds"),
        pytest.param("$exec seq 1000000 | head -1", 141, id="much more"),
    ],
)
def test_a_job_notices_a_missing_reader_as_the_bare_job_does(line: str, status: int) -> None:
    with stand_in() as server:
        done = in_a_shell(server, f"{line}; exit ${{PIPESTATUS[0]}}")

    assert done.returncode == status
    assert b"overdue:" not in done.stderr
    assert server.paths()[1].endswith(f"/x/{status}" if status else "/x")


def test_two_streams_into_one_file_keep_their_order(tmp_path: Path) -> None:
    with stand_in() as server:
        in_a_shell(server, f"$exec sh -c 'for i in $(seq 50); do echo o; echo e >&2; done' >{tmp_path}/log 2>&1")

    assert (tmp_path / "log").read_bytes() == b"o\ne\n" * 50
    assert server.asked[1].body == b"o\ne\n" * 50


def test_a_process_left_behind_cannot_delay_the_end_by_writing(tmp_path: Path) -> None:
    began = time.monotonic()
    with stand_in() as server:
        done = run(server.base, "x", "--", "sh", "-c", f"yes & echo $! >{tmp_path}/pid")

    assert done.returncode == 0
    assert time.monotonic() - began < 20
    assert not still_runs(int((tmp_path / "pid").read_text()))  # its next write ended it


def test_a_signal_ends_the_copying_of_output_that_nobody_reads() -> None:
    reader, writer = os.pipe()
    with stand_in() as server:
        process = subprocess.Popen(
            [
                OVERDUE,
                "exec",
                "x",
                "--",
                "sh",
                "-c",
                "echo $$ >&2; exec seq 20000",
            ],  # more than one pipe, less than two
            stdin=subprocess.DEVNULL,
            stdout=writer,
            stderr=subprocess.PIPE,
            env=environment(server.base),
            start_new_session=True,
        )
        os.close(writer)
        assert process.stderr is not None
        assert not still_runs(int(process.stderr.readline()))
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
        process.terminate()
        warning = process.stderr.read()
        process.wait(20)
    os.close(reader)

    process.stderr.close()
    assert process.returncode == 1
    assert b"a signal arrived before it was read" in warning


def test_the_exit_status_is_known_even_if_our_parent_ignores_sigchld() -> None:
    ignoring = (
        "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])"
    )
    with stand_in() as server:
        done = in_a_shell(server, f"python3 -c '{ignoring}' $exec false")

    assert done.returncode == 1


def test_a_script_without_an_interpreter_line_runs_in_a_shell(tmp_path: Path) -> None:
    script = tmp_path / "job"
    script.write_text('echo "ran with $1"\nexit 5\n')
    script.chmod(0o755)
    with stand_in() as server:
        done = run(server.base, "x", "--", str(script), "this")

    assert (done.returncode, done.stdout) == (5, b"ran with this\n")


def test_a_missing_interpreter_is_not_reported_as_a_missing_script(tmp_path: Path) -> None:
    script = tmp_path / "job"
    script.write_text("#!/no/such/interpreter\n")
    script.chmod(0o755)
    with stand_in() as server:
        done = run(server.base, "x", "--", str(script))

    assert done.returncode == 126
    assert b"the interpreter in its #! line was not found" in done.stderr


def test_exec_works_with_more_open_files_than_select_supports() -> None:
    many = 'ulimit -n 4096 && for n in $(seq 3 1100); do eval "exec $n</dev/null"; done'
    with stand_in() as server:
        done = in_a_shell(server, f"{many}; $exec echo many")

    assert (done.returncode, done.stdout) == (0, b"many\n")


def test_too_little_memory_stops_the_monitoring_but_not_the_job() -> None:
    with stand_in() as server:
        done = in_a_shell(server, "ulimit -v 60000; $exec echo ran")

    assert (done.returncode, done.stdout) == (0, b"ran\n")
