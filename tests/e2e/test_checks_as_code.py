"""Checks as code as an operator uses them: the page's own example, real commands, a real server."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from overdue.checks_file.fields import FIELDS
from tests.e2e.service import OVERDUE, Service, done, run, service

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "how-to" / "checks-as-code.md").read_text()
REFERENCE = (DOCS / "reference" / "checks-file.md").read_text()


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with service(tmp_path_factory.mktemp("checkout")) as running:
        yield running


def overdue(local: Service, *arguments: str) -> str:
    return done([OVERDUE, *arguments], cwd=local.directory)


def test_the_example_of_the_page_is_applied_exported_and_found_unchanged(local: Service) -> None:
    example = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[0]
    file = local.directory / "checks.yaml"
    file.write_text(example.replace("ops-email", "inbox"))  # the one channel that a local server has

    assert overdue(local, "apply", "checks.yaml").endswith("Applied: 4 created.\n")
    assert overdue(local, "apply", "checks.yaml").startswith("Nothing to do: 4 checks are as the file says.\n")
    check = json.loads(overdue(local, "checks", "show", "nightly-backup", "--json"))
    assert (check["schedule"], check["zone"], check["grace"]) == ("0 2 * * *", "Europe/Berlin", 3600)
    assert (check["max_runtime"], check["tags"], check["every_channel"]) == (7200, "prod db", False)

    exported = local.directory / "exported.yaml"
    exported.write_text(overdue(local, "export"))
    assert overdue(local, "apply", "exported.yaml", "--prune", "--yes") == (
        "Nothing to do: 5 checks are as the file says.\n"
    )

    file.write_text(file.read_text().replace("every: 5m", "every: 10m").replace("  heartbeat:\n", ""))
    changed = overdue(local, "apply", "checks.yaml", "--prune", "--yes")
    assert "~ change invoice-worker\n    every  5m → 10m\n" in changed
    assert changed.endswith("Applied: 1 changed, 2 deleted.\n")


def test_another_server_is_imported_as_healthchecks_would_be(local: Service) -> None:
    file = "checks: {moved: {schedule: '0 5 * * *', tz: Asia/Tokyo, tags: [a, b], success_kw: OK, manual_resume: true}}"
    (local.directory / "moved.yaml").write_text(file)
    overdue(local, "apply", "moved.yaml")
    address, key = local.ready["base"], local.ready["api_key"]
    found = overdue(local, "import", "healthchecks", "--url", address, "--api-key", key, "--tag", "a")
    (local.directory / "imported.yaml").write_text(found)
    assert "# alerted there: inbox (" in found
    assert overdue(local, "apply", "imported.yaml").startswith("Nothing to do: 1 check is as the file says.\n")


def test_a_server_that_is_gone_is_told_and_nothing_is_lost(local: Service) -> None:
    (local.directory / "none.yaml").write_text("checks: {}")
    gone = run(
        [OVERDUE, "apply", "none.yaml", "--url", "http://127.0.0.1:9", "--api-key", "k" * 32], cwd=local.directory
    )
    assert gone.returncode == 1
    assert gone.stderr.startswith("Error: http://127.0.0.1:9 does not answer")


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_is_in_the_reference(field: str) -> None:
    assert f"`{field}`" in REFERENCE
