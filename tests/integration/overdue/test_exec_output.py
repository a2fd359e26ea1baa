"""What a job of `overdue exec` notices of an output that cannot be written: what it would notice by itself."""

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
    """Run a line of bash in which $exec stands for us."""
    return subprocess.run(
        ["bash", "-c", line],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        env=environment(server.base) | {"exec": f"{OVERDUE} exec x --"},
        start_new_session=True,
        timeout=60,
    )


@pytest.mark.skipif(not FULL.exists(), reason="needs Linux's /dev/full")
def test_output_that_meets_a_full_disk_makes_a_success_a_failure_that_is_told() -> None:
    with stand_in() as server:
        done = in_a_shell(server, "$exec echo hi >/dev/full")

    assert (done.returncode, done.stderr) == (1, NO_SPACE)
    assert server.paths()[1].endswith("/x/1")
    assert server.asked[1].body == b"hi\nthe job's output could not be written: no space left on device"


@pytest.mark.skipif(not FULL.exists(), reason="needs Linux's /dev/full")
def test_a_full_disk_does_not_keep_a_job_from_its_work(tmp_path: Path) -> None:
    with stand_in() as server:
        done = in_a_shell(server, f"$exec sh -c 'echo 1; sleep 1; echo 2; touch {tmp_path}/done; exit 3' >/dev/full")

    assert (done.returncode, done.stderr) == (3, NO_SPACE)
    assert (tmp_path / "done").exists()


@pytest.mark.skipif(not FULL.exists(), reason="needs Linux's /dev/full")
def test_a_job_that_writes_without_end_to_a_full_disk_ends() -> None:
    with stand_in() as server:
        done = in_a_shell(server, "$exec yes >/dev/full")

    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, NO_SPACE)


@pytest.mark.skipif(not FULL.exists(), reason="needs Linux's /dev/full")
def test_where_even_the_warning_cannot_be_written_the_exit_status_tells() -> None:
    with stand_in() as server:
        done = in_a_shell(server, "$exec echo hi >/dev/full 2>&1")

    assert done.returncode == 1


@pytest.mark.parametrize(
    ("line", "status"),
    [("$exec sh -c 'test -e /dev/fd/1' >&-", 1), ("$exec sh -c 'test -e /dev/fd/0' <&-", 1), ("$exec echo hi >&-", 1)],
)
def test_a_stream_that_is_closed_is_closed_for_the_job_too(line: str, status: int) -> None:
    with stand_in() as server:
        done = in_a_shell(server, line)

    assert done.returncode == status
    assert server.paths()[1].endswith(f"/x/{status}")


@pytest.mark.parametrize(
    ("line", "status"),
    [
        pytest.param("$exec echo hi | true", 141, id="the reader has gone before the job starts"),
        pytest.param("$exec sh -c 'sleep 1; echo hi' | true", 141, id="and before it writes"),
        pytest.param("$exec sh -c 'trap \"\" PIPE; sleep 1; echo hi; exit 0' | true", 0, id="which it may not mind"),
        pytest.param("$exec seq 3 | head -1", 0, id="all was written before the reader went"),
        pytest.param("$exec seq 20000 | head -1", 141, id="more than a pipe holds"),
        pytest.param("$exec seq 1000000 | head -1", 141, id="much more"),
    ],
)
def test_a_reader_that_goes_is_noticed_as_the_bare_job_notices_it(line: str, status: int) -> None:
    with stand_in() as server:
        done = in_a_shell(server, f"{line}; exit ${{PIPESTATUS[0]}}")

    assert done.returncode == status
    assert b"overdue:" not in done.stderr
    assert server.paths()[1].endswith(f"/x/{status}" if status else "/x")


def test_two_streams_that_go_to_one_place_keep_their_order(tmp_path: Path) -> None:
    with stand_in() as server:
        in_a_shell(server, f"$exec sh -c 'for i in $(seq 50); do echo o; echo e >&2; done' >{tmp_path}/log 2>&1")

    assert (tmp_path / "log").read_bytes() == b"o\ne\n" * 50
    assert server.asked[1].body == b"o\ne\n" * 50


def test_a_process_that_the_job_leaves_behind_cannot_keep_it_by_talking(tmp_path: Path) -> None:
    began = time.monotonic()
    with stand_in() as server:
        done = run(server.base, "x", "--", "sh", "-c", f"yes & echo $! >{tmp_path}/pid")

    assert done.returncode == 0
    assert time.monotonic() - began < 20
    assert not still_runs(int((tmp_path / "pid").read_text()))  # its next write has ended it


def test_a_signal_ends_the_copying_of_what_nobody_reads() -> None:
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
        said = process.stderr.read()
        process.wait(20)
    os.close(reader)

    process.stderr.close()
    assert process.returncode == 1
    assert b"a signal came before anybody had read it" in said


def test_an_exit_status_is_known_where_our_parent_ignores_the_end_of_children() -> None:
    ignoring = (
        "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])"
    )
    with stand_in() as server:
        done = in_a_shell(server, f"python3 -c '{ignoring}' $exec false")

    assert done.returncode == 1


def test_a_script_without_a_first_line_for_its_shell_runs_as_from_a_shell(tmp_path: Path) -> None:
    script = tmp_path / "job"
    script.write_text('echo "ran with $1"\nexit 5\n')
    script.chmod(0o755)
    with stand_in() as server:
        done = run(server.base, "x", "--", str(script), "this")

    assert (done.returncode, done.stdout) == (5, b"ran with this\n")


def test_a_script_whose_interpreter_is_missing_is_not_said_to_be_missing_itself(tmp_path: Path) -> None:
    script = tmp_path / "job"
    script.write_text("#!/no/such/interpreter\n")
    script.chmod(0o755)
    with stand_in() as server:
        done = run(server.base, "x", "--", str(script))

    assert done.returncode == 126
    assert b"its interpreter, after #!, is not there" in done.stderr


def test_more_open_files_than_select_can_bear_are_no_obstacle() -> None:
    many = 'ulimit -n 4096 && for n in $(seq 3 1100); do eval "exec $n</dev/null"; done'
    with stand_in() as server:
        done = in_a_shell(server, f"{many}; $exec echo many")

    assert (done.returncode, done.stdout) == (0, b"many\n")


def test_a_lack_of_memory_costs_the_monitoring_and_not_the_job() -> None:
    with stand_in() as server:
        done = in_a_shell(server, "ulimit -v 60000; $exec echo ran")

    assert (done.returncode, done.stdout) == (0, b"ran\n")
