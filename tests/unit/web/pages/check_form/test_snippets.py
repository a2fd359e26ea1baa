"""The lines that let a job report: each with its check's address, and some of them really run."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from chalicelib.domain.config import Config
from chalicelib.domain.schedule.occurrences import AnyOf, Cron, Every, OnCalendar
from chalicelib.web.pages.check_form.snippets import Snippet, crons_of, snippets
from tests.builders import days, hours, minutes
from tests.stand_in import stand_in

URL = "https://overdue.example.com/ping/7f0e8d4c-1b2a-4c3d-8e9f-0123456789ab"
CONFIG = Config(slug="nightly_backup", schedule=Cron("30 2 * * *", "Europe/Berlin"), tz="Europe/Berlin")


def of(label: str, config: Config = CONFIG, url: str = URL) -> str:
    return next(each.text for each in snippets(config, url) if each.label == label)


def test_there_is_one_for_each_place_with_the_address_in_it() -> None:
    found: tuple[Snippet, ...] = snippets(CONFIG, URL)
    assert [each.label for each in found] == [
        "bash", "cron", "systemd", "Kubernetes", "GitHub Actions", "Python", "Node", "PowerShell",
    ]  # fmt: skip
    assert all(URL in each.text for each in found)
    assert len({each.id for each in found}) == 8


def test_places_that_have_a_schedule_get_it_with_its_zone() -> None:
    assert of("cron").startswith("CRON_TZ=Europe/Berlin\n30 2 * * *  /usr/local/bin/nightly_backup.sh; curl ")
    assert 'schedule: "30 2 * * *"\n  timeZone: Europe/Berlin\n' in of("Kubernetes")
    assert "\n  name: nightly-backup\n" in of("Kubernetes"), "Kubernetes takes no underscore"
    assert "every day at 02:30" in of("systemd")


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        (minutes(1), ("* * * * *",)),
        (minutes(15), ("*/15 * * * *",)),
        (hours(1), ("0 * * * *",)),
        (hours(6), ("0 */6 * * *",)),
        (days(1), ("0 0 * * *",)),
        (days(7), ("0 0 * * 0",)),
        (minutes(7), ()),
        (hours(5), ()),
        (days(30), ()),
    ],
)
def test_a_period_is_cron_where_cron_can_say_it(period: object, expected: tuple[str, ...]) -> None:
    assert crons_of(Config(schedule=Every(period))) == expected  # type: ignore[arg-type]


def test_what_cron_cannot_say_is_left_to_be_written() -> None:
    config = Config(slug="x", schedule=OnCalendar("Mon *-*-* 02:00:30", "UTC"))
    assert of("cron", config).splitlines()[1] == (
        "# expected at the times of “Mon *-*-* 02:00:30”: write that instead of M H * * *"
    )
    both = Config(slug="x", schedule=AnyOf((Cron("0 2 * * *"), Cron("0 14 * * *"))))
    assert [line[:10] for line in of("cron", both).splitlines()[1:]] == ["0 2 * * * ", "0 14 * * *"]


def test_a_check_that_counts_items_is_told_how_many() -> None:
    counting = Config(slug="x", min_count=500, count_window=minutes(30))
    for label in ("bash", "Python", "Node", "PowerShell"):
        assert "count=" in of(label, counting)
        assert "count=" not in of(label)


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
@pytest.mark.parametrize(("status", "ending"), [(0, "/0"), (3, "/3")])
def test_the_shells_lines_tell_start_end_and_output(tmp_path: Path, status: int, ending: str) -> None:
    job = tmp_path / "nightly_backup.sh"
    job.write_text(f"#!/bin/sh\necho 'it said so'\nexit {status}\n")
    job.chmod(0o755)
    with stand_in() as server:
        done = subprocess.run(
            ["sh", "-c", of("bash", url=f"{server.base}/ping/x")], cwd=tmp_path, check=False, timeout=30
        )
    start, end = server.asked
    assert done.returncode == status
    assert start.path.startswith("/ping/x/start?rid=")
    assert end.path == start.path.replace("/start", ending)
    assert end.body == b"it said so\n"


@pytest.mark.parametrize(("body", "status", "ending"), [("pass", 0, "/ping/x"), ("1 / 0", 1, "/ping/x/fail")])
def test_pythons_lines_do(tmp_path: Path, body: str, status: int, ending: str) -> None:
    with stand_in() as server:
        script = f"def job():\n    {body}\n\n{of('Python', url=f'{server.base}/ping/x')}"
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=tmp_path, check=False, capture_output=True, timeout=30
        )
    assert done.returncode == status
    assert [each.path for each in server.asked] == ["/ping/x/start", ending]


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")
@pytest.mark.parametrize(("body", "status", "ending"), [("", 0, "/ping/x"), ("throw Error('no');", 1, "/ping/x/fail")])
def test_nodes_lines_do(tmp_path: Path, body: str, status: int, ending: str) -> None:
    with stand_in() as server:
        script = f"const job = async () => {{ {body} }};\n{of('Node', url=f'{server.base}/ping/x')}"
        (tmp_path / "job.mjs").write_text(script)
        done = subprocess.run(["node", "job.mjs"], cwd=tmp_path, check=False, capture_output=True, timeout=30)
    assert done.returncode == status
    assert server.paths() == ["/ping/x/start", ending]


def test_github_and_kubernetes_read_what_they_get() -> None:
    [step] = yaml.safe_load(of("GitHub Actions"))
    assert step["env"] == {"PING": "${{ secrets.OVERDUE_NIGHTLY_BACKUP }}"}
    job = yaml.safe_load(of("Kubernetes"))
    [container] = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    assert container["env"] == [{"name": "PING", "value": URL}]
    assert job["spec"]["schedule"] == "30 2 * * *"
