"""`overdue logs` on the log groups of a stage in moto."""

import json
import os
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner, Result

from overdue.cli.main import main
from tests.integration.conftest import Deployment
from tests.integration.overdue.aws_stage import AwsStage, a_stage

WHY = "it knows neither stacks nor backups: these tests need moto's whole account"
pytestmark = [pytest.mark.not_on_dynalite(WHY), pytest.mark.on_moto(WHY)]


@pytest.fixture
def stage(deployment: Deployment) -> AwsStage:  # noqa: ARG001  # its tables and topics
    stage = a_stage()
    now = datetime.now(UTC)
    metrics = {"_aws": {"CloudWatchMetrics": []}, "Pings": 1}
    stage.write(
        "api", {"event": "ping_refused", "level": "info", "why": "no such check"}, at=now - timedelta(minutes=3)
    )
    stage.write("api", metrics, "START RequestId: 1", at=now - timedelta(minutes=2, seconds=30))
    stage.write("sweep", {"event": "swept", "level": "info", "looked_at": 3}, at=now - timedelta(minutes=2))
    stage.write("api", {"event": "bug", "level": "error", "traceback": "KeyError"}, at=now - timedelta(minutes=1))
    stage.write("canary", {"event": "canary_sang", "level": "info"}, at=now - timedelta(hours=2))
    return stage


def overdue(*arguments: str) -> Result:
    known = {"OVERDUE_CONFIG": os.devnull, "AWS_REGION": "us-east-1"}
    return CliRunner().invoke(main, ("logs", "--stage", "test", *arguments), env=known, catch_exceptions=False)


def without_time(text: str) -> list[str]:
    return [line[25:] for line in text.splitlines() if not line.startswith("  ")]


@pytest.mark.usefixtures("stage")
def test_what_all_functions_said_is_merged_without_metrics() -> None:
    done = overdue()

    assert (done.exit_code, done.stderr) == (0, "")
    assert without_time(done.stdout) == [
        'api      ping_refused why="no such check"',
        "sweep    swept looked_at=3",
        "api      ERROR bug",
    ]
    assert done.stdout.endswith("  KeyError\n")


@pytest.mark.usefixtures("stage")
def test_one_function_a_time_and_a_text_may_be_asked_for() -> None:
    assert without_time(overdue("--function", "canary", "--since", "3h").stdout) == ["canary   canary_sang"]
    assert without_time(overdue("--filter", "KEYERROR").stdout) == ["api      ERROR bug"]
    nothing = overdue("--function", "notifier")
    assert (nothing.stdout, nothing.stderr) == ("", "Nothing within the last 10m.\n")


@pytest.mark.usefixtures("stage")
def test_json_is_one_document() -> None:
    found = json.loads(overdue("--json", "--function", "sweep").stdout)

    assert [each["event"] for each in found] == ["swept"]
    assert (found[0]["function"], found[0]["looked_at"]) == ("sweep", 3)


@pytest.mark.usefixtures("deployment")
def test_a_stage_without_logs_is_told() -> None:
    done = overdue()

    assert (done.exit_code, done.stdout) == (1, "")
    assert "There is no log group /aws/lambda/overdue-test-" in done.stderr


def test_a_bad_duration_is_wrong_usage_before_aws_is_asked() -> None:
    done = overdue("--since", "soon")

    assert done.exit_code == 2
    assert '--since "soon" is not a duration' in done.stderr
