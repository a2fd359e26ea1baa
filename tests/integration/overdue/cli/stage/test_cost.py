"""`overdue cost` on a stage in moto, with usage of known figures."""

import json
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result

from overdue.aws.usage import by_protocol
from overdue.cli.main import main
from tests.integration.conftest import Deployment
from tests.integration.overdue.aws_stage import ACCOUNT, AwsStage, a_stage

WHY = "it knows neither stacks nor backups: these tests need moto's whole account"
pytestmark = [pytest.mark.not_on_dynalite(WHY), pytest.mark.on_moto(WHY)]


def overdue(*arguments: str) -> Result:
    known = {"OVERDUE_CONFIG": os.devnull, "AWS_REGION": "us-east-1"}
    return CliRunner().invoke(main, ("cost", "--stage", "test", *arguments), env=known, catch_exceptions=False)


@pytest.fixture
def stage(deployment: Deployment) -> AwsStage:
    deployment.add()
    deployment.add(name="other")
    stage = a_stage()
    sns = stage.client("sns")
    alerts = f"arn:aws:sns:{ACCOUNT}:overdue-test-alerts"
    sns.subscribe(TopicArn=alerts, Protocol="https", Endpoint="https://hooks.example.com/1")
    return stage


def use(stage: AwsStage) -> None:
    now = datetime.now(UTC) - timedelta(seconds=2)  # moto counts whole seconds
    stage.count("Count", 2_000_000, at=now, namespace="AWS/ApiGateway", ApiId="a1b2c3")
    stage.count("Pings", 1_900_000, at=now)
    stage.count("Invocations", 2_000_000, at=now, namespace="AWS/Lambda", FunctionName="overdue-test-api")
    stage.count("Duration", 16_000_000, at=now, namespace="AWS/Lambda", FunctionName="overdue-test-api")  # ms
    writes = "ConsumedWriteCapacityUnits"
    stage.count(writes, 3_000_000, at=now, namespace="AWS/DynamoDB", TableName="overdue-test-checks")
    stage.count(
        writes,
        1_000_000,
        at=now,
        namespace="AWS/DynamoDB",
        TableName="overdue-test-checks",
        GlobalSecondaryIndexName="due",
    )
    stage.count("NumberOfMessagesPublished", 1000, at=now, namespace="AWS/SNS", TopicName="overdue-test-alerts")
    stage.count("NumberOfNotificationsDelivered", 2000, at=now, namespace="AWS/SNS", TopicName="overdue-test-alerts")
    stage.count("NumberOfMessagesPublished", 999, at=now, namespace="AWS/SNS", TopicName="overdue-test2-alerts")


def counted(document: dict[str, Any]) -> dict[str, float]:
    return {line["name"]: line["quantity"] for line in document["lines"]}


def test_usage_is_counted_and_priced(stage: AwsStage) -> None:
    use(stage)

    document = json.loads(overdue("--json").stdout)

    found = counted(document)
    assert found["HTTP API requests"] == 2_000_000
    assert found["Lambda invocations"] == 2_000_000
    assert found["Lambda GB-seconds (arm64)"] == 4000  # 16,000 s at a quarter of a GB
    assert found["DynamoDB write units"] == 4_000_000  # table and index
    assert found["SNS publishes"] == 1000
    assert found["SNS deliveries by https"] == 1000  # the other half went to the tests' queue, free
    assert (found["Alarms"], found["Dashboards"], found["KMS keys"], found["Metrics of our own"]) == (2, 1, 1, 2)
    so_far = {line["name"]: line["so_far"] for line in document["lines"]}
    assert so_far["HTTP API requests"] == 2.0
    assert so_far["DynamoDB write units"] == 2.5
    assert (document["checks"], document["pings"]) == (2, 1_900_000)
    assert document["prices"]["fits_region"] is True


def test_a_table_ends_with_the_total_and_notes_go_to_stderr(stage: AwsStage) -> None:
    use(stage)

    done = overdue()

    head, *_, total = [line.split("\t") for line in done.stdout.splitlines()]
    assert head == ["ITEM, USD", "NUMBER", "SO FAR", "MONTH", "LESS FREE"]
    assert total[0] == "Total"
    assert "Prices of us-east-1, 2026-11-25." in done.stderr
    assert "for each of 2 checks" in done.stderr
    assert "for 1,000 of 1900000 pings" in done.stderr


@pytest.mark.usefixtures("deployment")
def test_a_stage_that_is_not_there_has_no_cost() -> None:
    done = overdue()

    assert (done.exit_code, done.stdout) == (1, "")
    assert "There is no stage test in us-east-1" in done.stderr


@pytest.mark.usefixtures("stage")
def test_a_month_before_the_stage_is_refused() -> None:
    done = overdue("--month", "2020-01")

    assert done.exit_code == 1
    assert "and cost nothing in 2020-01" in done.stderr


def test_deliveries_are_spread_over_confirmed_subscriptions_and_only_paid_protocols_count() -> None:
    def one(protocol: str, arn: str = "arn:x") -> dict[str, str]:
        return {"Protocol": protocol, "SubscriptionArn": arn}

    subscribed = [one("email"), one("https"), one("https"), one("sqs"), one("email", "PendingConfirmation")]

    assert by_protocol(400, subscribed) == {"sns_email": 100, "sns_https": 200}
    assert by_protocol(400, []) == {}
