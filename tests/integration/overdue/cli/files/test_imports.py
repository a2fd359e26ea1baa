"""`overdue import`, from files, from a crontab program, and from a server that speaks Healthchecks' API."""

import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from overdue.checks_file.file import read
from overdue.cli.main import main
from tests.stand_in import Says, stand_in

CHECK = {
    "name": "Backup",
    "slug": "backup",
    "tags": "",
    "desc": "",
    "grace": 3600,
    "n_pings": 0,
    "status": "new",
    "started": False,
    "last_ping": None,
    "next_ping": None,
    "timeout": 3600,
    "uuid": "7f0e8d4c-1b2a-4c3d-8e9f-0123456789ab",
    "channels": "a1",
}


def run(*arguments: str, **given: Any) -> Result:
    return CliRunner().invoke(main, ["import", *arguments], **given)


def test_a_crontab_comes_from_a_file_or_from_stdin(tmp_path: Path) -> None:
    file = tmp_path / "mine"
    file.write_text("0 2 * * * /bin/backup.sh\n")
    for found in (run("crontab", str(file), "--tz", "Asia/Tokyo"), run("crontab", "-", input=file.read_text())):
        assert [each.slug for each in read(found.stdout, name="x")] == ["backup"]
    assert "machine's zone" in run("crontab", str(file)).stderr
    assert run("crontab", str(file), "--tz", "Asia/Tokyo").stderr == ""


def test_whether_a_user_stands_before_each_command_can_be_said(tmp_path: Path) -> None:
    file = tmp_path / "cron"
    file.write_text("0 2 * * * root /bin/backup.sh\n")
    assert "backup:" in run("crontab", str(file)).stdout
    assert "root:" in run("crontab", str(file), "--user").stdout


def test_ones_own_crontab_is_asked_of_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "crontab"
    program.write_text('#!/bin/sh\n[ "$1" = -l ] && echo "0 2 * * * /bin/backup.sh"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert "# crontab:1: /bin/backup.sh" in run("crontab", "-l").stdout
    program.write_text("#!/bin/sh\necho no crontab for me >&2; exit 1\n")
    refused = run("crontab", "-l")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "crontab -l did not do it: no crontab for me" in refused.stderr
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    assert "no crontab program here" in run("crontab", "-l").stderr


@pytest.mark.parametrize("arguments", [(), ("-l", "file"), ("nowhere",)])
def test_a_crontab_must_be_there(arguments: tuple[str, ...]) -> None:
    assert run("crontab", *arguments).exit_code == 2


def test_the_checks_of_a_healthchecks_server_are_read_with_its_key() -> None:
    answers = {
        "/api/v3/checks/": {"checks": [CHECK]},
        "/api/v3/channels/": {"channels": [{"id": "a1", "name": "ops", "kind": "email"}]},
    }
    with stand_in(lambda asked: Says(body=answers[asked.path.partition("?")[0]])) as server:
        found = run("healthchecks", "--url", server.base, "--api-key", "secret", "--tag", "prod")
    assert "# alerted there: ops (email)\n  backup:\n    name: Backup\n    every: 1h\n" in found.stdout
    assert [each.path for each in server.asked] == ["/api/v3/checks/?tag=prod", "/api/v3/channels/"]
    assert {each.headers["x-api-key"] for each in server.asked} == {"secret"}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Says(401, {"error": "wrong api key"}), "does not know this API key"),
        (Says(500, "oops"), "did not do it (500): oops"),
        (Says(200, "<html>"), "is no Healthchecks API"),
        (Says(200, {"checks": [{"name": 1}]}), "is no Healthchecks API"),
    ],
)
def test_a_server_that_gives_no_checks_is_told_of(answer: Says, words: str) -> None:
    with stand_in(lambda _: answer) as server:
        refused = run("healthchecks", "--url", server.base, "--api-key", "secret")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert words in refused.stderr


def test_a_key_is_needed_and_a_url_must_be_one() -> None:
    assert run("healthchecks").exit_code == 2
    assert "is not the address of a server" in run("healthchecks", "--url", "x", "--api-key", "k").stderr
