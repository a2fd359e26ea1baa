"""The command line as an operator uses it, against a local server, with no setting at all."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.service import OVERDUE, Service, done, environment, run, service


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with service(tmp_path_factory.mktemp("checkout")) as running:
        yield running


def overdue(local: Service, *arguments: str) -> str:
    """A command that must succeed, in the directory in which the server was started."""
    return done([OVERDUE, *arguments], cwd=local.directory)


def as_json(local: Service, *arguments: str) -> Any:
    return json.loads(overdue(local, *arguments, "--json"))


def test_a_check_from_its_making_to_its_end(local: Service) -> None:
    url = overdue(local, "checks", "add", "Ledger export", "--every", "1h", "--tags", "prod").strip()
    assert url.startswith(local.url("/ping/"))

    assert overdue(local, "ping", "Ledger export", "--body", "exported 7 rows") == "OK\n"
    assert as_json(local, "checks", "show", "ledger-export")["status"] == "up"
    assert overdue(local, "pings", "ledger-export", "--body", "1") == "exported 7 rows"
    [ping] = as_json(local, "pings", "ledger-export")
    assert (ping["n"], ping["type"]) == (1, "success")

    overdue(local, "checks", "edit", "ledger-export", "--schedule", "@daily", "--tz", "Europe/Berlin", "--grace", "2h")
    edited = as_json(local, "checks", "show", "ledger-export")
    assert (edited["schedule"], edited["tz"], edited["grace"]) == ("0 0 * * *", "Europe/Berlin", 7200)

    overdue(local, "ping", "ledger-export", "--fail")
    assert [flip["reason"] for flip in as_json(local, "flips", "ledger-export")] == ["failed", None]
    assert [line.split("\t")[1] for line in overdue(local, "flips", "ledger-export").splitlines()] == [
        "BECAME",
        "✕ down, failed",
        "● up",
    ]
    assert "\nwhy        The job reported a failure at " in overdue(local, "checks", "show", "ledger-export")
    overdue(local, "checks", "pause", "ledger-export")
    assert as_json(local, "checks", "list", "--status", "paused")[0]["slug"] == "ledger-export"
    overdue(local, "checks", "resume", "ledger-export")

    overdue(local, "checks", "delete", "ledger-export", "--yes")
    gone = run([OVERDUE, "checks", "show", "ledger-export"], cwd=local.directory)
    assert (gone.returncode, gone.stdout) == (1, "")
    assert 'No check is called "ledger-export"' in gone.stderr


def test_limits_of_our_own_are_set_and_taken_away(local: Service) -> None:
    overdue(local, "checks", "add", "Limited", "--max-runtime", "2h", "--min-count", "500", "--count-window", "1h")
    check = as_json(local, "checks", "show", "limited")
    assert (check["max_runtime"], check["min_count"], check["count_window"]) == (7200, 500, 3600)

    overdue(local, "checks", "edit", "limited", "--max-runtime", "off")
    assert as_json(local, "checks", "show", "limited")["max_runtime"] is None


def test_a_job_is_watched_from_its_first_run(local: Service) -> None:
    ended = run(
        [OVERDUE, "exec", "nightly", "--create", "--every", "1d", "--", "sh", "-c", "echo no space left; exit 75"],
        cwd=local.directory,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (75, "no space left\n", "")

    check = as_json(local, "checks", "show", "nightly")
    assert (check["status"], check["reason"], check["timeout"]) == ("down", "failed", 86400)
    fail, start = as_json(local, "pings", "nightly")
    assert (fail["type"], start["type"]) == ("fail", "start")
    assert fail["rid"] == start["rid"]
    assert fail["duration"] >= 0
    assert overdue(local, "pings", "nightly", "--body", "2") == "no space left\n"


def test_a_wish_that_cannot_be_granted_is_told_and_the_job_runs(local: Service) -> None:
    ended = run([OVERDUE, "exec", "vague", "--create", "--every", "1 day", "--", "echo", "ran"], cwd=local.directory)

    assert (ended.returncode, ended.stdout) == (0, "ran\n")
    assert 'period "1 day" is not a duration: write seconds (600), or 10m, 1h, 1d, 1w' in ended.stderr
    assert "vague" not in [check["slug"] for check in as_json(local, "checks", "list")]


def test_channels_are_listed(local: Service) -> None:
    assert [channel["name"] for channel in as_json(local, "channels", "list")] == ["inbox"]


def ask(local: Service, key: str) -> int:
    """What the API answers to a key."""
    status = done(
        ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", f"X-Api-Key: {key}", local.url("/api/v3/checks/")]
    )
    return int(status)


def test_keys_are_made_rotated_and_revoked(local: Service) -> None:
    first = overdue(local, "keys", "add", "laptop").strip()
    assert ask(local, first) == 200

    second = as_json(local, "keys", "rotate", "laptop", "--overlap", "1h")["key"]
    assert (ask(local, first), ask(local, second)) == (200, 200)
    listed = [key for key in as_json(local, "keys", "list") if key["name"] == "laptop"]
    assert {key["prefix"]: key["expires"] is None for key in listed} == {first[:4]: False, second[:4]: True}

    third = as_json(local, "keys", "rotate", second[:4], "--overlap", "0")["key"]
    assert ask(local, third) == 200
    fourth = overdue(local, "keys", "add", "phone").strip()
    overdue(local, "keys", "revoke", "phone", "--yes")
    assert ask(local, fourth) == 401


def test_keys_see_only_their_project_and_only_what_their_scope_allows(local: Service) -> None:
    overdue(local, "projects", "add", "billing")
    assert as_json(local, "projects", "list") == ["billing", "default"]
    theirs = overdue(local, "keys", "add", "--project", "billing").strip()
    looks = overdue(local, "keys", "add", "--project", "billing", "--scope", "read-only").strip()
    pings = overdue(local, "keys", "add", "--project", "billing", "--scope", "ping").strip()

    key = {"OVERDUE_URL": local.ready["base"], "OVERDUE_API_KEY": theirs, "OVERDUE_PING_KEY": pings}
    there = {"cwd": "/", "env": environment(**key)}
    assert json.loads(done([OVERDUE, "checks", "list", "--json"], **there)) == []
    assert done([OVERDUE, "ping", "invoices", "--create"], **there) == "Created\n"
    assert [check["slug"] for check in json.loads(done([OVERDUE, "checks", "list", "--json"], **there))] == ["invoices"]
    assert "invoices" not in [check["slug"] for check in as_json(local, "checks", "list")]

    looking = {"cwd": "/", "env": environment(**(key | {"OVERDUE_API_KEY": looks}))}
    assert "uuid" not in json.loads(done([OVERDUE, "checks", "show", "invoices", "--json"], **looking))
    refused = run([OVERDUE, "checks", "pause", "invoices"], **looking)
    assert refused.returncode == 1
    assert "overdue keys add" in refused.stderr


def test_the_file_that_makes_settings_unnecessary_is_private_and_gone_afterwards(tmp_path: Path) -> None:
    with service(tmp_path) as running:
        found = tmp_path / ".overdue" / "local.json"
        assert found.stat().st_mode & 0o777 == 0o600
        assert json.loads(found.read_text())["base"] == running.ready["base"]
    assert not found.exists()

    after = run([OVERDUE, "checks", "list"], cwd=tmp_path)
    assert (after.returncode, after.stdout) == (1, "")
    assert "overdue local" in after.stderr


@pytest.mark.parametrize("arguments", [["checks", "list"], ["checks", "list", "--json"], ["--help"], ["keys", "list"]])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_result_that_cannot_be_written_is_told_in_one_line(
    local: Service, arguments: list[str], unbuffered: str
) -> None:
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [OVERDUE, *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=local.directory,
            env=environment(PYTHONUNBUFFERED=unbuffered),
        )

    assert ended.stderr == "Error: the result could not be written: no space left on device\n"
    assert ended.returncode == 1


@pytest.mark.parametrize("arguments", [["checks", "list"], ["checks", "show", "first-check", "--json"], ["--help"]])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_goes_away_is_no_trouble(local: Service, arguments: list[str], unbuffered: str) -> None:
    reads, writes = os.pipe()
    os.close(reads)
    try:
        ended = subprocess.run(
            [OVERDUE, *arguments],
            stdout=writes,
            stderr=subprocess.PIPE,
            text=True,
            cwd=local.directory,
            env=environment(PYTHONUNBUFFERED=unbuffered),
        )
    finally:
        os.close(writes)

    assert ended.stderr == ""


def test_a_command_without_stdout_does_its_work(local: Service) -> None:
    ended = run(["sh", "-c", 'exec "$0" checks list >&-', OVERDUE], cwd=local.directory)

    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_terminal_that_knows_few_characters_gets_its_list_and_whole_json(local: Service) -> None:
    overdue(local, "checks", "add", "日本", "--slug", "nihon")
    poor = {"cwd": local.directory, "env": environment(PYTHONIOENCODING="latin-1")}

    assert "? new" in done([OVERDUE, "checks", "list"], **poor)
    assert json.loads(done([OVERDUE, "checks", "show", "nihon", "--json"], **poor))["name"] == "日本"


def test_a_jobs_words_may_be_any_bytes_and_ours_may_not(local: Service) -> None:
    job: list[str | bytes | Path] = [OVERDUE, "exec", "bytes", "--create", "--", "printf", "%s", b"\xff"]
    ended = subprocess.run(job, capture_output=True, cwd=local.directory, env=environment())
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"\xff", b"")

    refused = run([OVERDUE, "checks", "list", "--tag", b"\xff"], cwd=local.directory)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert r'the argument "\xff" behind --tag is not valid UTF-8' in refused.stderr


def test_a_directory_that_is_gone_is_named(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    ended = run(["sh", "-c", 'rmdir "$PWD"; exec "$0" checks list', OVERDUE], cwd=gone)

    assert (ended.returncode, ended.stderr) == (1, "Error: this directory is gone: change to another\n")
