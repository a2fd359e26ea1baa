"""`overdue doctor` on a stage in moto: well, ill in one respect after the other, and with a permission missing."""

import json
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from click.testing import CliRunner, Result
from moto.cloudwatch.models import cloudwatch_backends

from chalicelib.domain.channels import Channel
from chalicelib.store.registry import projects
from overdue.cli.main import main
from tests.integration.conftest import Deployment
from tests.integration.overdue.aws_stage import ACCOUNT, AwsStage, a_stage
from tests.stand_in import Asked, Says, stand_in

WHY = "it knows neither stacks nor backups: these tests need moto's whole account"
pytestmark = [pytest.mark.not_on_dynalite(WHY), pytest.mark.on_moto(WHY)]
ALERTS = f"arn:aws:sns:{ACCOUNT}:overdue-test-alerts"
Finding = dict[str, Any]


@pytest.fixture
def stage(deployment: Deployment) -> AwsStage:  # noqa: ARG001  # its tables and topics
    for channel in projects.Registry().channels("default", now=datetime.now(UTC)):
        projects.remove_channel("default", channel.id)
    made = a_stage()
    a_channel("ops-queue", "sqs", "arn:aws:sqs:us-east-1:123456789012:alerts")
    return made


def a_channel(name: str, kind: str, endpoint: str, *, subscription: str | None = None) -> None:
    sns = boto3.client("sns", region_name="us-east-1")
    found = sns.subscribe(TopicArn=ALERTS, Protocol=kind, Endpoint=endpoint, ReturnSubscriptionArn=True)
    arn = found["SubscriptionArn"] if subscription is None else subscription
    channel = Channel(id=f"id-{name}", name=name, kind=kind, target=endpoint, subscription=arn)
    projects.add_channel("default", channel, now=datetime.now(UTC))


def overdue(*arguments: str, url: str, **environ: str | None) -> Result:
    known = {"OVERDUE_CONFIG": os.devnull, "AWS_REGION": "us-east-1", "OVERDUE_URL": url, "COLUMNS": "120"}
    words = ("doctor", "--stage", "test", "--no-drift", *arguments)
    return CliRunner().invoke(main, words, env=known | environ, catch_exceptions=False)


def healthy(asked: Asked) -> Says:
    return Says(body={"status": "ok"}) if asked.path == "/api/v3/status" else Says(404)


def examined(expected_exit: int) -> dict[str, list[Finding]]:
    """What is found, by what it is about."""
    with stand_in(healthy) as server:
        done = overdue("--json", url=server.base)
    assert (done.exit_code, done.stderr) == (expected_exit, "")
    found: dict[str, list[Finding]] = {}
    for each in json.loads(done.stdout)["findings"]:
        found.setdefault(each["about"], []).append(each)
    return found


def the_bad(found: dict[str, list[Finding]]) -> list[tuple[str, str, str]]:
    return [(each["about"], each["level"], each["found"]) for some in found.values() for each in some if each["mend"]]


def test_a_stage_in_good_health_has_nothing_to_mend(stage: AwsStage) -> None:  # noqa: ARG001
    found = examined(0)

    assert the_bad(found) == []
    assert {each["level"] for some in found.values() for each in some} == {"ok"}
    assert [*found] == [
        *("credentials", "clock", "stack", "tables", "backups", "expiry", "schedule", "last sweep", "functions"),
        *("runtime", "dead letters", "channels", "operators", "alarms", "base URL"),
    ]
    assert found["channels"][0]["found"] == "ready: ops-queue"
    assert found["alarms"][0]["found"] == "2, none in ALARM"
    assert "account 123456789012, region us-east-1, stage test" in found["credentials"][0]["found"]


def test_each_finding_is_a_line_with_what_mends_it_in_a_pipe(stage: AwsStage) -> None:
    stage.client("events").disable_rule(Name="rule-of-sweep")

    with stand_in(healthy) as server:
        done = overdue(url=server.base)

    assert done.exit_code == 1
    head, *lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert head == ["LEVEL", "ABOUT", "FOUND", "MEND"]
    assert lines[-1] == [
        "error",
        "schedule",
        "the rule that invokes overdue-test-sweep is disabled",
        "aws events enable-rule --name rule-of-sweep --region us-east-1",
    ]
    assert "1 error, 16 ok." in done.stderr


def test_a_stage_that_is_not_there_is_one_error_and_no_other_is_looked_for(deployment: Deployment) -> None:  # noqa: ARG001
    found = examined(1)

    assert [*found] == ["credentials", "clock", "stack"]
    assert found["stack"][0]["found"] == "there is no stack overdue-test in us-east-1"
    assert found["stack"][0]["mend"].startswith("overdue deploy --stage test")


def test_what_protects_the_data_is_missed(stage: AwsStage) -> None:
    dynamodb = stage.client("dynamodb")
    dynamodb.update_table(TableName="overdue-test-checks", DeletionProtectionEnabled=False)
    off = {"PointInTimeRecoveryEnabled": False}
    dynamodb.update_continuous_backups(TableName="overdue-test-registry", PointInTimeRecoverySpecification=off)
    expiry = {"AttributeName": "expires_at", "Enabled": False}
    dynamodb.update_time_to_live(TableName="overdue-test-history", TimeToLiveSpecification=expiry)

    found = examined(0)

    assert the_bad(found) == [
        ("tables", "warning", "overdue-test-checks is not protected from deletion"),
        ("backups", "warning", "overdue-test-registry has no point-in-time recovery"),
        ("expiry", "warning", "overdue-test-history never deletes old pings and flips: its time to live is DISABLED"),
    ]
    assert "update-table --table-name overdue-test-checks --deletion-protection-enabled" in found["tables"][0]["mend"]


def test_a_sweep_that_stopped_is_an_error_and_one_that_read_not_all_is_told_apart(stage: AwsStage) -> None:
    now = datetime.now(UTC)
    cloudwatch_backends["123456789012"]["us-east-1"].metric_data.clear()
    assert the_bad(examined(1)) == [
        (
            "last sweep",
            "error",
            "no complete sweep within 3 h: missed runs are not detected and alerts are not repeated",
        )
    ]
    stage.count("Swept", 1, at=now - timedelta(minutes=40))
    stage.write("sweep", {"event": "swept", "unread_shards": 1}, at=now - timedelta(minutes=1))

    [(about, level, said)] = the_bad(examined(1))

    assert (about, level) == ("last sweep", "error")
    assert said.startswith("the last complete sweep was 4")
    assert said.endswith("but could not read all checks")


def test_dead_letters_are_counted_and_the_commands_read_and_drop_them(stage: AwsStage) -> None:
    sqs = stage.client("sqs")
    url = sqs.get_queue_url(QueueName="overdue-test-undelivered")["QueueUrl"]
    for _ in range(3):
        sqs.send_message(QueueUrl=url, MessageBody="{}")

    found = examined(1)

    assert the_bad(found) == [
        ("dead letters", "error", "3 in overdue-test-undelivered: alerts that SNS could not deliver")
    ]
    assert f"aws sqs purge-queue --queue-url {url} --region us-east-1" in found["dead letters"][0]["mend"]


def test_a_channel_whose_subscription_is_gone_is_named(stage: AwsStage) -> None:  # noqa: ARG001
    a_channel("ops-email", "email", "ops@example.com", subscription=f"{ALERTS}:gone")

    [(about, level, said)] = the_bad(examined(1))

    assert (about, level) == ("channels", "error")
    assert "channel ops-email of project default (email ops@example.com): its subscription is gone" in said


def test_an_alarm_that_is_on_and_one_that_tells_nobody_are_found(stage: AwsStage) -> None:
    cloudwatch, (one, other) = stage.client("cloudwatch"), sorted(stage.alarms)
    cloudwatch.set_alarm_state(AlarmName=one, StateValue="ALARM", StateReason="it is so")
    cloudwatch.disable_alarm_actions(AlarmNames=[other])

    found = the_bad(examined(1))

    assert [(about, level) for about, level, _ in found] == [("alarms", "error"), ("alarms", "warning")]
    assert f"{one} has been in ALARM for" in found[0][2]
    assert "No sweep has finished for 3 minutes" in found[0][2]
    assert other in found[1][2]


def test_a_stage_that_answers_500_is_an_error(stage: AwsStage) -> None:  # noqa: ARG001
    with stand_in(lambda _: Says(500, {"error": "bug"})) as server:
        done = overdue("--json", url=server.base)

    assert done.exit_code == 1
    [bad] = [each for each in json.loads(done.stdout)["findings"] if each["mend"]]
    assert bad["found"].endswith('/api/v3/status answers 500: {"error": "bug"}')


@pytest.mark.usefixtures("deployment")
def test_without_credentials_the_reason_and_the_url_are_all_that_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    nowhere = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull}

    with stand_in(healthy) as server:
        done = overdue("--json", url=server.base, AWS_SHARED_CREDENTIALS_FILE=os.devnull, **nowhere)

    assert done.exit_code == 1
    found = json.loads(done.stdout)["findings"]
    assert [(each["about"], each["level"]) for each in found] == [("credentials", "error"), ("base URL", "ok")]
    assert found[0]["found"].startswith("No AWS credentials")
