"""`overdue apply` and `overdue export` against a server that keeps what it is told, and what it was asked."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from overdue.cli.main import main
from tests.stand_in import Asked, Says, stand_in

BLANK = {
    "name": "",
    "tags": "",
    "desc": "",
    "grace": 3600,
    "n_pings": 0,
    "status": "new",
    "started": False,
    "last_ping": None,
    "next_ping": None,
    "channels": "",
    "every_channel": False,
    "zone": "UTC",
    "timeout": 86400,
}


@dataclass
class Kept:
    """The checks of a project, by code; writes fail from a given one on."""

    checks: dict[str, dict[str, Any]] = field(default_factory=dict)
    writes: int = 0
    fails_at: int | None = None
    asked: list[Asked] = field(default_factory=list)

    def __call__(self, asked: Asked) -> Says:
        path = asked.path.partition("?")[0].removeprefix("/api/v3/")
        if asked.method == "GET" and path == "channels/":
            return Says(body={"channels": [{"id": "a1", "name": "ops", "kind": "email"}]})
        if asked.method == "GET":
            return Says(body={"checks": list(self.checks.values())})
        if self.writes == self.fails_at:
            return Says(503, {"error": "DynamoDB is away"})
        self.writes += 1
        code = path.removeprefix("checks/")
        if asked.method == "DELETE":
            return Says(body=self.checks.pop(code))
        code = code or f"7f0e8d4c-1b2a-4c3d-8e9f-{len(self.checks):012}"
        said = asked.json()
        said |= {"every_channel": said["channels"] == "*"} if "channels" in said else {}
        said |= {"zone": said["tz"]} if "tz" in said else {}
        said |= {"escalation": said["escalation"] or []} if "escalation" in said else {}
        self.checks[code] = BLANK | {"uuid": code} | self.checks.get(code, {}) | said
        return Says(body=self.checks[code])


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    found = Kept()
    with stand_in(found) as running:
        found.asked = running.asked
        monkeypatch.chdir(tmp_path)
        for name, value in (("URL", running.base), ("API_KEY", "k" * 32), ("CONFIG", "/dev/null")):
            monkeypatch.setenv(f"OVERDUE_{name}", value)
        yield found


def apply(source: str, *options: str) -> Result:
    return CliRunner().invoke(main, ["apply", "-", *options], input=source)


def test_a_file_is_applied_and_a_second_time_there_is_nothing_to_do(kept: Kept) -> None:
    first = apply("checks: {a: {every: 1h}, b: {channels: [ops]}}")
    assert (first.exit_code, first.stdout.splitlines()[-1]) == (0, "Applied: 2 created.")
    assert [check["slug"] for check in kept.checks.values()] == ["a", "b"]
    again = apply("checks: {a: {every: 1h}, b: {channels: [a1]}}")
    assert (again.exit_code, again.stdout) == (0, "Nothing to do: 2 checks are as the file says.\n")
    assert kept.writes == 2


def test_500_unchanged_checks_are_one_request(kept: Kept) -> None:
    source = "checks:\n" + "".join(
        f"  job-{number}: {{schedule: '0 2 * * *', tz: Asia/Tokyo}}\n" for number in range(500)
    )
    for number in range(500):
        code = f"7f0e8d4c-1b2a-4c3d-8e9f-{number:012}"
        known = {"uuid": code, "slug": f"job-{number}", "name": f"job-{number}", "schedule": "0 2 * * *"}
        kept.checks[code] = BLANK | known | {"zone": "Asia/Tokyo", "every_channel": True, "channels": "a1"}
    assert apply(source).stdout == "Nothing to do: 500 checks are as the file says.\n"
    assert [(each.method, each.path) for each in kept.asked] == [("GET", "/api/v3/checks/")]


def test_a_dry_run_shows_the_plan_and_writes_nothing(kept: Kept) -> None:
    shown = apply("checks: {a: {every: 1h}}", "--dry-run")
    assert (shown.exit_code, kept.writes) == (0, 0)
    assert shown.stdout == "+ create a\n    every  1h\n\n1 to create, 0 unchanged.\n"


def test_nothing_is_deleted_unless_it_is_said_twice(kept: Kept) -> None:
    apply("checks: {a: , b: }")
    left = apply("checks: {a: }")
    assert "left alone: b." in left.stdout
    asked = apply("checks: {a: }", "--prune")
    assert (asked.exit_code, len(kept.checks)) == (1, 2)
    assert "Delete 1 check with its history (b)? Say --yes" in asked.stderr
    assert apply("checks: {a: }", "--prune", "--yes").exit_code == 0
    assert [check["slug"] for check in kept.checks.values()] == ["a"]


def test_where_it_stops_it_says_how_far_it_came_and_the_next_time_goes_on(kept: Kept) -> None:
    kept.fails_at = 2
    source = "checks: {a: , b: , c: , d: }"
    stopped = apply(source)
    assert stopped.exit_code == 1
    assert "Stopped at: create c." in stopped.stderr
    assert "DynamoDB is away" in stopped.stderr
    assert "Applied (2): create a; create b." in stopped.stderr
    assert "Not tried (1): create d." in stopped.stderr
    kept.fails_at = None
    assert apply(source).stdout.splitlines()[-1] == "Applied: 2 created."


def test_an_invalid_file_is_wrong_usage_and_no_request(kept: Kept) -> None:
    refused = apply("checks:\n  a: {every: 1 hour}\n  b: {evry: 1h}\n")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr.splitlines() == [
        'stdin:2: a: every "1 hour" is not a duration: write seconds (600), or 10m, 1h, 1d, 1w',
        'stdin:3: b: there is no field "evry": did you mean every?',
        "Nothing was changed: 2 errors in the file.",
    ]
    assert kept.asked == []


def test_a_channel_that_there_is_not_is_an_error_of_the_file(kept: Kept) -> None:
    refused = apply("checks:\n  a:\n    channels: [opps]\n")
    assert refused.exit_code == 2
    assert refused.stderr.startswith('stdin:3: there is no channel "opps". There are: ops\n')
    assert kept.writes == 0


def test_channels_that_there_are_not_are_told_beside_all_else_that_is_wrong(kept: Kept) -> None:
    found = apply("checks:\n  a:\n    grace: 1 hour\n    channels: [nosuch, ops]\n  b: {depends_on: [gone]}\n")
    assert found.exit_code == 2
    assert found.stderr.splitlines() == [
        'stdin:3: a: grace "1 hour" is not a duration: write seconds (600), or 10m, 1h, 1d, 1w',
        'stdin:4: there is no channel "nosuch". There are: ops',
        'stdin:5: b: depends_on: there is no check "gone", in the file or outside it',
        "Nothing was changed: 3 errors in the file.",
    ]
    assert [asked.method for asked in kept.asked] == ["GET", "GET"]


@pytest.mark.usefixtures("kept")
def test_what_is_wrong_with_a_file_is_told_also_where_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVERDUE_URL", "http://127.0.0.1:1")
    found = apply("checks: {a: {grace: 1 hour, channels: [ops]}}")
    assert found.exit_code == 2
    assert "could not be looked up" in found.stderr
    assert "stdin:1: a: grace" in found.stderr


def test_a_file_that_there_is_not_is_wrong_usage(kept: Kept, tmp_path: Path) -> None:
    assert CliRunner().invoke(main, ["apply", "nowhere.yaml"]).exit_code == 2
    (tmp_path / "checks.yaml").write_text("checks: {A: }")
    refused = CliRunner().invoke(main, ["apply", "checks.yaml"])
    assert refused.stderr.startswith("checks.yaml:1: ")
    assert kept.asked == []


def test_json_is_one_document_also_where_it_stops(kept: Kept) -> None:
    kept.fails_at = 1
    stopped = apply("checks: {a: , b: }", "--json")
    found = json.loads(stopped.stdout)
    assert (found["create"], found["applied"]) == (["a", "b"], [{"step": "create", "slug": "a"}])
    assert (found["failed"]["slug"], stopped.exit_code) == ("b", 1)


def test_an_export_leaves_out_what_holds_anyway_and_says_what_no_file_can_hold(kept: Kept) -> None:
    apply("checks: {a: {every: 90m, channels: [ops]}, b: }")
    kept.checks["9a0e8d4c-1b2a-4c3d-8e9f-0123456789ab"] = BLANK | {
        "uuid": "9a0e8d4c-1b2a-4c3d-8e9f-0123456789ab",
        "slug": "",
        "name": "Without",
    }
    written = CliRunner().invoke(main, ["export"])
    body = re.sub(r"^# .*\n", "", written.stdout)
    assert body == "version: 1\n\nchecks:\n  a:\n    every: 90m\n    channels: [ops]\n  b: {}\n"
    assert written.stderr.startswith('Left out: "Without", it has no slug.')
    assert apply(written.stdout).stdout.startswith("Nothing to do: 2 checks")


def test_a_read_only_key_can_export_nothing_that_could_be_applied(kept: Kept) -> None:
    kept.checks["x"] = BLANK | {"slug": "a", "unique_key": "f" * 40}
    refused = CliRunner().invoke(main, ["export"])
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "read-only" in refused.stderr


def test_the_schema_needs_neither_a_file_nor_a_server() -> None:
    assert json.loads(CliRunner().invoke(main, ["apply", "--schema"]).stdout)["title"] == "Overdue checks"
